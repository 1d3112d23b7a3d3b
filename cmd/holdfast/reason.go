package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type reasonCmd struct {
	List    reasonListCmd    `cmd:"" help:"List the reasons that people give for what they do with goods, at head office or as a node has heard them."`
	Set     reasonSetCmd     `cmd:"" help:"Set a reason, or change one: for what it is given, which way units go for it, who has to approve, what becomes of them."`
	End     reasonEndCmd     `cmd:"" help:"End a reason: nobody may give it any more. What was done for it stays so."`
	Figures reasonFiguresCmd `cmd:"" help:"Add up by reason what was adjusted in a time, by hand and by counts: of a site, or of the whole company."`
}

const (
	pathReasons       = "/v1/policy/reasons"
	pathReasonFigures = "/v1/adjustments/reasons"
)

type reasonListCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists the reasons by code.
func (c *reasonListCmd) Run(h *house) error {
	l := lister[contract.ReasonList, contract.Reason]{
		path: pathReasons, rows: func(p *contract.ReasonList) *[]contract.Reason { return &p.Reasons }, next: func(*contract.ReasonList) string { return "" },
		columns: "CODE\tWAY\tGOODS\tAPPROVED\tFOR\tMEANS",
		row: func(w io.Writer, r *contract.Reason) {
			approve := "no"
			if r.Approve {
				approve = "yes"
			}
			acts := r.For
			if len(acts) == 0 {
				acts = []string{"adjustment", "count"}
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Code, or(r.Way, "-"), or(r.Goods, "-"), approve, strings.Join(acts, ","), or(r.Text, "-"))
		},
	}
	return l.run(h, &c.access, "reasons", c.JSON)
}

type reasonSetCmd struct {
	access
	Code    string `arg:"" help:"What people give, for example damaged."`
	Way     string `arg:"" optional:"" help:"Of adjustments and counts. in: units are found. out: units are gone. Or both."`
	Text    string `help:"What it means, for people." placeholder:"TEXT"`
	Approve bool   `help:"Another person than who does it has to approve."`
	Blocked bool   `help:"The units stay in their bin, blocked, until somebody has looked: holdfast blocked inspect. Without it they leave the book, or are fit to be sold."`
	Reason  string `help:"Why it is set; it is kept in the history." placeholder:"TEXT"`
	By      string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`

	For []string `help:"What it is given for: adjustment, count, return, inspection, short_pick, undelivered; several with commas. Default: adjustment and count." placeholder:"ACT"`
}

// Help stands below the flags' usage.
func (*reasonSetCmd) Help() string {
	return "holdfast reason set damaged out --approve --blocked --text 'broken or wet' --reason 'one word a thing' --to HQ. holdfast reason set too-small --for return. " +
		"As long as no reason is set for an act, it takes any text; from the first one on it takes one of the list, also at a site that is cut off. --reason and --by are for head office; a node that stands alone keeps no history."
}

// Run sets the reason. Run again it changes nothing.
func (c *reasonSetCmd) Run(h *house) error {
	v := contract.Reason{Code: c.Code, Text: c.Text, Way: c.Way, Approve: c.Approve, For: c.For}
	if c.Blocked {
		v.Goods = "blocked"
	}
	return putReasons(h, &c.access, signedFor(map[string]any{"reasons": []contract.Reason{v}}, c.Reason, c.By), "set reason "+c.Code, c.JSON)
}

type reasonEndCmd struct {
	access
	Code   string `arg:"" help:"The reason's code."`
	Reason string `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By     string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON   bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run ends the reason.
func (c *reasonEndCmd) Run(h *house) error {
	return putReasons(h, &c.access, signedFor(map[string]any{"end": []string{c.Code}}, c.Reason, c.By), "end reason "+c.Code, c.JSON)
}

func putReasons(h *house, a *access, in map[string]any, what string, asJSON bool) error {
	var out contract.ReasonList
	if err := a.call(h, http.MethodPut, pathReasons, "", in, &out); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return printed(h, asJSON, out, "reasons that stand: %d", len(out.Reasons))
}

// An adjustedTime is which adjustments are asked for.
type adjustedTime struct {
	Since string `help:"Booked at or after this time or day, such as 2027-01-31; default from the beginning." placeholder:"DAY"`
	Until string `help:"And before this one." placeholder:"DAY"`
	SKU   string `name:"sku" help:"Only of this SKU." placeholder:"SKU"`
	Site  string `help:"At head office: only at this site." placeholder:"SITE"`
}

// query gives the words of a call.
func (c *adjustedTime) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"since": c.Since, "until": c.Until, "sku": c.SKU, "site": c.Site} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
}

type reasonFiguresCmd struct {
	access
	adjustedTime
	JSON bool `name:"json" help:"Print one JSON object as the last line."`

	ByDay bool `help:"What was done with goods, by day, act and reason: also what came back, was inspected, was not found on a pick, or was not delivered."`
}

// Run adds up the pages.
func (c *reasonFiguresCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	all := contract.ReasonFigures{Reasons: []contract.ReasonFigure{}}
	q := c.query()
	if c.ByDay {
		q.Set("by", "day")
	}
	for {
		var page contract.ReasonFigures
		if _, err := cl.Do(h.ctx, http.MethodGet, pathReasonFigures+"?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("add up adjustments: %w", callFault(err, c.To))
		}
		all.Add(&page)
		all.Currency, all.TrimmedSeq = page.Currency, max(all.TrimmedSeq, page.TrimmedSeq)
		if page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	if c.ByDay {
		return c.days(h, &all)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "REASON\tADJUSTMENTS\tFOUND\tGONE\tBLOCKED\tPROMISED\tCOST\tMEANS")
	for i := range all.Reasons {
		r := &all.Reasons[i]
		cost := pricing.Text(r.Cost, all.Currency)
		if r.UncostedQty > 0 {
			cost += fmt.Sprintf(" and %d without a cost", r.UncostedQty)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.Reason, r.Entries, r.FoundQty, r.GoneQty, r.BlockedQty, r.ShortfallQty, cost, or(r.Text, "-"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return tellTrimmed(h, all.TrimmedSeq)
}

// days prints the rows of days.
func (*reasonFiguresCmd) days(h *house, all *contract.ReasonFigures) error {
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "DAY\tACT\tREASON\tDID\tENTRIES\tLINES\tQTY\tMEANS")
	for i := range all.Days {
		r := &all.Days[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.Day, r.Act, or(r.Reason, "-"), r.Did, r.Entries, r.Lines, r.Qty, or(r.Text, "-"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return tellTrimmed(h, all.TrimmedSeq)
}

// tellTrimmed says what a site's journal does not go back to.
func tellTrimmed(h *house, trimmed uint64) error {
	if trimmed == 0 {
		return nil
	}
	_, err := fmt.Fprintf(h.stderr, "entries up to %d are not here any more: head office has them\n", trimmed)
	return err
}
