package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
)

type policyCmd struct {
	Show    policyShowCmd    `cmd:"" help:"Show how head office allocates, and the version of its settings."`
	Set     policySetCmd     `cmd:"" help:"Set how head office allocates, or say with --preview what that would come to."`
	Rules   policyRulesCmd   `cmd:"" help:"List the rules: what sites keep, of which articles or categories, and who set it."`
	History policyHistoryCmd `cmd:"" help:"List who changed which setting, when and why, newest first."`
	WhatIf  policyWhatIfCmd  `cmd:"" name:"what-if" help:"Say what orders would have come to under other settings. Nothing is changed."`
}

type policyWhatIfCmd struct {
	access
	policyRuleFlags
	Preset string   `help:"What would weigh most: fewest_parcels, nearest, protect_shops or clear_old." placeholder:"NAME"`
	Close  []string `help:"A site that would serve nothing." placeholder:"SITE"`
	Order  []string `help:"Only this order; several for more." placeholder:"ID"`
	Since  string   `help:"Orders taken since then; default a day ago." placeholder:"TIME"`
	Until  string   `help:"Orders taken before then; default now." placeholder:"TIME"`
	Limit  int      `help:"The latest so many, at most 1000." default:"500"`
	JSON   bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*policyWhatIfCmd) Help() string {
	return "What would it cost to protect York's shelf? holdfast policy what-if --never-below york=5. The same orders are sourced twice on a copy of " +
		"head office's state, as it is set and as it would be; the difference is printed, and the sites and orders that it comes from.\n\n" +
		"--never-below is hard: nobody is lent these units. --keep is a wish, which weighs after parcels; under protect_shops it weighs before everything, and a shop " +
		"for which nothing is set wishes to keep all it has, so --keep with that preset says what it may part with."
}

// Run asks and prints the difference.
func (c *policyWhatIfCmd) Run(h *house) error {
	in := hq.PolicyWhatIf{Orders: c.Order, From: c.Since, To: c.Until, Limit: c.Limit, Under: hq.WhatIfUnder{Preset: c.Preset, Closed: c.Close}}
	var err error
	if in.Under.Rules, err = c.rules(); err != nil {
		return err
	}
	var a hq.PolicyWhatIfAnswer
	if err := c.call(h, http.MethodPost, "/v1/policy/what-if", "", in, &a); err != nil {
		return fmt.Errorf("ask what if: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(a)
	}
	return tellWhatIf(h, &a)
}

// readRule reads SITE=N, SITE:SKU=N or SITE/CATEGORY=N. A site has neither sign in its name, so the first of them ends it.
func readRule(kind machine.RuleKind, text string) (hq.PolicyRule, error) {
	at := strings.LastIndexByte(text, '=')
	qty, err := strconv.ParseInt(text[at+1:], 10, 64)
	if at < 0 || err != nil {
		return hq.PolicyRule{}, fmt.Errorf("%w: %q is not SITE=N, SITE:SKU=N or SITE/CATEGORY=N", errUsage, text)
	}
	rule := hq.PolicyRule{Kind: kind.String(), Site: text[:at], Qty: qty}
	if i := strings.IndexAny(rule.Site, ":/"); i >= 0 {
		what := rule.Site[i+1:]
		if rule.Site[i] == ':' {
			rule.SKU = what
		} else {
			rule.Category = what
		}
		rule.Site = rule.Site[:i]
	}
	return rule, nil
}

// tellWhatIf prints the difference.
func tellWhatIf(h *house, a *hq.PolicyWhatIfAnswer) error {
	fmt.Fprintln(h.stdout, a.Words)
	if a.Orders > 0 {
		fmt.Fprintln(h.stdout, "Both columns are plans made just now, for the orders as they were taken: AS SET by the settings of today, AS ASKED by those asked about. "+
			"How an order was served in fact, and why, says holdfast order explain.")
	}
	if a.More {
		fmt.Fprintf(h.stdout, "Only the latest %d were looked at.\n", a.Orders)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tAS SET\tAS ASKED\tDIFFERENCE")
	for _, row := range []struct {
		what         string
		now, then, d int64
	}{
		{"orders served", a.Before.Served, a.After.Served, a.Difference.Served},
		{"orders refused", a.Before.Refused, a.After.Refused, a.Difference.Refused},
		{"orders short", a.Before.Short, a.After.Short, a.Difference.Short},
		{"parcels", a.Before.Parcels, a.After.Parcels, a.Difference.Parcels},
		{"distance in metres", a.Before.Metres, a.After.Metres, a.Difference.Metres},
		{"cost by zone", a.Before.ZoneCost, a.After.ZoneCost, a.Difference.ZoneCost},
		{"late lines", a.Before.LateLines, a.After.LateLines, a.Difference.LateLines},
		{"units lent by shops", a.Before.BorrowedUnits, a.After.BorrowedUnits, a.Difference.BorrowedUnits},
	} {
		fmt.Fprintf(w, "%s\t%d\t%d\t%+d\n", row.what, row.now, row.then, row.d)
	}
	for _, s := range a.Sites {
		fmt.Fprintf(w, "units from %s\t%d\t%d\t%+d\n", s.Site, s.Before.Units, s.After.Units, s.Changed.Units)
	}
	return w.Flush()
}
