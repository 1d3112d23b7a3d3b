package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type companyCmd struct {
	Show companyShowCmd `cmd:"" help:"Show the company's currency, and in which time zones its sites' days begin."`
	Set  companySetCmd  `cmd:"" help:"Set the currency, which can be done once, and time zones."`
}

const pathCompany = "/v1/policy/company"

type companyShowCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run prints what holds: of head office, or as a node has heard it.
func (c *companyShowCmd) Run(h *house) error {
	var out contract.Company
	if err := c.call(h, http.MethodGet, pathCompany, "", nil, &out); err != nil {
		return fmt.Errorf("show company: %w", err)
	}
	return printed(h, c.JSON, out, "%s", companyText(&out))
}

func companyText(c *contract.Company) string {
	lines := []string{"currency " + or(c.Currency, "not set")}
	for _, z := range c.TimeZones {
		lines = append(lines, z.Site+" "+z.TimeZone)
	}
	if len(c.TimeZones) == 0 {
		lines = append(lines, "days begin in UTC")
	}
	return strings.Join(lines, "\n")
}

type companySetCmd struct {
	access
	Currency string   `help:"Three capital letters. It can be set once: all money is counted in it." placeholder:"GBP"`
	Zone     []string `help:"In which time zone a site's days begin; hq for head office's own orders, nothing behind = for UTC." placeholder:"SITE=ZONE"`
	Reason   string   `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By       string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*companySetCmd) Help() string {
	return "holdfast company set --currency GBP --zone leeds=Europe/London --reason 'we open' --to HQ. Days of price lists, of quotes and of trading begin where the site is. " +
		"At a node that stands alone there is no history: --reason and --by are for head office."
}

// Run sets what is said. Run again it changes nothing.
func (c *companySetCmd) Run(h *house) error {
	in := map[string]any{}
	if c.Currency != "" {
		in["currency"] = c.Currency
	}
	var zones []contract.SiteZone
	for _, text := range c.Zone {
		site, zone, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("%w: %q is not SITE=ZONE", errUsage, text)
		}
		zones = append(zones, contract.SiteZone{Site: site, TimeZone: zone})
	}
	if zones != nil {
		in["time_zones"] = zones
	}
	if len(in) == 0 {
		return fmt.Errorf("%w: nothing is said that is to be otherwise: give --currency or --zone", errUsage)
	}
	var out contract.Company
	if err := c.call(h, http.MethodPut, pathCompany, "", signedFor(in, c.Reason, c.By), &out); err != nil {
		return fmt.Errorf("set company: %w", err)
	}
	return printed(h, c.JSON, out, "%s", companyText(&out))
}

// signedFor puts to a change who signs it, and why, where that is said: a node that stands alone keeps neither.
func signedFor(in map[string]any, reason, by string) map[string]any {
	if reason != "" {
		in["reason"], in["by"] = reason, signer(by)
	}
	return in
}

type checkCmd struct {
	List checkListCmd `cmd:"" help:"List the checks that orders are held against, at head office or as a node has heard them."`
	Set  checkSetCmd  `cmd:"" help:"Set a check, or change one: what it looks at, and what becomes of an order that trips it."`
	End  checkEndCmd  `cmd:"" help:"End a check."`
}

const pathChecks = "/v1/policy/checks"

type checkListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the checks by name.
func (c *checkListCmd) Run(h *house) error {
	l := lister[contract.CheckList, contract.Check]{
		path: pathChecks, rows: func(p *contract.CheckList) *[]contract.Check { return &p.Checks }, next: func(*contract.CheckList) string { return "" },
		columns: "NAME\tKIND\tLIMIT\tOF\tAT\tTHEN\tOWNER\tIF NOBODY DECIDES\tOVERRIDE",
		row:     checkRow,
	}
	return l.run(h, &c.access, "checks", c.JSON)
}

func checkRow(w io.Writer, c *contract.Check) {
	limit, due, over := "-", "-", "no"
	if c.Limit != 0 {
		limit = fmt.Sprint(c.Limit)
	}
	if c.Then == "wait" {
		due = c.Default + " after " + c.WaitFor
	}
	if c.Override {
		over = "yes"
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Kind, limit, or(c.SKU+c.Category, "-"), or(c.Site, "everywhere"), c.Then, or(c.Owner, "-"), due, over)
}

type checkSetCmd struct {
	access
	Name     string `arg:"" help:"What the check is called, for example bulk-mugs."`
	Kind     string `arg:"" help:"address, customer_unknown, customer_blocked, credit, below_cost, quantity, value or unpriced."`
	Limit    int64  `help:"Of quantity: units of one article in one order. Of value: minor units, with tax. Of below_cost: percent that a line has to bring beyond its cost." placeholder:"N"`
	Site     string `help:"Only orders of this site, or of hq; default everybody's." placeholder:"NAME"`
	SKU      string `name:"sku" help:"Of quantity and below_cost: only this article." placeholder:"SKU"`
	Category string `help:"Of quantity and below_cost: only articles of this category." placeholder:"NAME"`
	Refuse   bool   `help:"Turn such an order away. Without it the order waits for --owner."`
	Override bool   `help:"A named person may let such an order through at once, with a reason."`
	Owner    string `help:"Who is to decide about orders that wait: a role or a name." placeholder:"WHO"`
	Default  string `help:"What is done if nobody decides: release or cancel." placeholder:"WORD"`
	WaitFor  string `name:"wait-for" help:"And how long after the order came: 30m, 4h, 72h; 1 minute to 30 days." placeholder:"TIME"`
	Reason   string `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By       string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*checkSetCmd) Help() string {
	return "holdfast check set bulk quantity --limit 1000 --owner sales --default cancel --wait-for 4h --override --reason '80,000 mugs' --to HQ. " +
		"An order that waits reserves nothing and is not accepted: holdfast order list --waiting lists such orders, and holdfast order decide says what becomes of one. " +
		"What is handed over at once cannot wait; such an order is turned away. --reason and --by are for head office; a node that stands alone keeps no history."
}

// Run sets the check. Run again it changes nothing.
func (c *checkSetCmd) Run(h *house) error {
	v := contract.Check{Name: c.Name, Kind: c.Kind, Limit: c.Limit, Site: c.Site, SKU: c.SKU, Category: c.Category, Then: "wait", Override: c.Override, Owner: c.Owner, Default: c.Default, WaitFor: c.WaitFor}
	if c.Refuse {
		v.Then = "refuse"
	}
	return putChecks(h, &c.access, signedFor(map[string]any{"checks": []contract.Check{v}}, c.Reason, c.By), "set check "+c.Name, c.JSON)
}

type checkEndCmd struct {
	access
	Name   string `arg:"" help:"The check's name."`
	Reason string `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run ends the check. Orders that wait for it go on waiting for somebody's word.
func (c *checkEndCmd) Run(h *house) error {
	return putChecks(h, &c.access, signedFor(map[string]any{"end": []string{c.Name}}, c.Reason, c.By), "end check "+c.Name, c.JSON)
}

func putChecks(h *house, a *access, in map[string]any, what string, asJSON bool) error {
	var out contract.CheckList
	if err := a.call(h, http.MethodPut, pathChecks, "", in, &out); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return printed(h, asJSON, out, "checks that stand: %d", len(out.Checks))
}
