package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

type expectedCmd struct {
	List   expectedListCmd   `cmd:"" help:"List what is due in at head office."`
	Put    expectedPutCmd    `cmd:"" help:"Say what a supplier is to bring, or change it."`
	Cancel expectedCancelCmd `cmd:"" help:"Expect a delivery no more."`
	WhatIf expectedWhatIfCmd `cmd:"" name:"what-if" help:"Ask whose promise slips if a delivery is late, short or away. Nothing is changed."`
}

type expectedListCmd struct {
	access
	Site     string `help:"Only what comes in there." placeholder:"NAME"`
	Supplier string `help:"Only this supplier's." placeholder:"NAME"`
	SKU      string `name:"sku" help:"Only what still brings it." placeholder:"SKU"`
	All      bool   `help:"Also what is received or cancelled."`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// expectedPage is how many deliveries are fetched at a time.
const expectedPage = 500

// Run lists the deliveries, page by page.
func (c *expectedListCmd) Run(h *house) error {
	l := lister[hq.ExpectedList, hq.Expected]{
		path: "/v1/expected", query: url.Values{"site": {c.Site}, "supplier": {c.Supplier}, "sku": {c.SKU}, "all": {flagWord(c.All)}}, limit: expectedPage,
		rows:    func(p *hq.ExpectedList) *[]hq.Expected { return &p.Deliveries },
		next:    func(p *hq.ExpectedList) string { return p.NextCursor },
		columns: "REFERENCE\tSUPPLIER\tSITE\tDUE\tPROMISED BY\tSTATE\tVERSION\tGOODS",
		row: func(w io.Writer, d *hq.Expected) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.Reference, d.Supplier, d.Site, d.Due, or(d.PromiseBy, "-"), d.Status, d.Version, dueGoods(d))
		},
	}
	return l.run(h, &c.access, "deliveries", c.JSON)
}

// flagWord is a flag as a query has it; "" where it is not set.
func flagWord(set bool) string {
	if set {
		return "true"
	}
	return ""
}

func or(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

// dueGoods says what a delivery brings, as far as a line of a list goes.
func dueGoods(d *hq.Expected) string {
	var parts []string
	for i := range d.Lines {
		l := &d.Lines[i]
		if i == linesShown {
			parts = append(parts, fmt.Sprintf("and %d lines more", len(d.Lines)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s (%d came, %d promised)", l.Qty, l.SKU, l.Came, l.Promised))
	}
	return strings.Join(parts, "; ")
}

// expectedPath is the address of a delivery.
func expectedPath(ref string) string { return "/v1/expected/" + url.PathEscape(ref) }

// expectedLines reads words such as TAP-22=40.
func expectedLines(words []string) ([]hq.ExpectedLine, error) {
	var out []hq.ExpectedLine
	for _, word := range words {
		sku, qty, ok := strings.Cut(word, "=")
		n, err := strconv.ParseInt(qty, 10, 64)
		if _, bad := ledger.ParseSKU(sku); !ok || err != nil || bad != nil {
			return nil, fmt.Errorf("%w: %q is no line such as TAP-22=40", errUsage, word)
		}
		out = append(out, hq.ExpectedLine{SKU: sku, Qty: n})
	}
	return out, nil
}

type expectedPutCmd struct {
	access
	Reference string   `arg:"" help:"The delivery's name, for example PO 812: goods received under it count against it."`
	Lines     []string `arg:"" name:"sku=qty" help:"What it is to bring in all, for example TAP-22=40. It takes the place of what was said before."`
	Supplier  string   `help:"Who brings it; how late it is as a rule is learnt by this name." required:"" placeholder:"NAME"`
	Site      string   `help:"Where it comes in." required:"" placeholder:"NAME"`
	Due       string   `help:"The day, UTC." required:"" placeholder:"2026-12-10"`
	Reason    string   `help:"Why it is changed; it is kept." placeholder:"TEXT"`
	By        string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Seen      *uint64  `help:"The delivery's version as you saw it in the list, 0 where there was none: if somebody has changed it since, nothing is changed. Default: the one that is there now." placeholder:"N"`
	JSON      bool     `name:"json" help:"Print one JSON object as the last line."`
}

// seen is the version of a delivery that a change of it names: the one that was said, else the one that is there now, 0 for none. So what
// is changed by somebody else at this very moment is not overwritten either.
func (a *access) seen(h *house, ref string, said *uint64) (*uint64, error) {
	if said != nil {
		return said, nil
	}
	var now hq.Expected
	err := a.call(h, http.MethodGet, expectedPath(ref), "", nil, &now)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusNotFound {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at delivery %s: %w", ref, err)
	}
	return &now.Version, nil
}

// Run puts the delivery. Run again it changes nothing.
func (c *expectedPutCmd) Run(h *house) error {
	lines, err := expectedLines(c.Lines)
	if err != nil {
		return err
	}
	seen, err := c.seen(h, c.Reference, c.Seen)
	if err != nil {
		return err
	}
	in := hq.ExpectedRequest{Supplier: c.Supplier, Site: c.Site, Due: c.Due, Lines: lines, Reason: c.Reason, By: signer(c.By), Version: seen}
	var out hq.ExpectedChanged
	if err := c.call(h, http.MethodPut, expectedPath(c.Reference), "", in, &out); err != nil {
		return fmt.Errorf("put delivery %s: %w", c.Reference, err)
	}
	return tellExpected(h, c.JSON, &out)
}

// tellExpected prints a delivery that was changed.
func tellExpected(h *house, asJSON bool, out *hq.ExpectedChanged) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	late := "nothing is known of its supplier's lateness"
	if out.LateLines > 0 {
		late = fmt.Sprintf("with %s that %s is late by as a rule", howMany(int(out.LateDays), "day"), out.Supplier)
	}
	switch out.Status {
	case "expected":
		fmt.Fprintf(h.stdout, "delivery %s of %s is due at %s on %s, and promised by %s (%s); version %d\n", out.Reference, out.Supplier, out.Site, out.Due, out.PromiseBy, late, out.Version)
	default:
		fmt.Fprintf(h.stdout, "delivery %s of %s is %s\n", out.Reference, out.Supplier, out.Status)
	}
	return tellSlips(h.stdout, &out.Slips, "")
}

// tellSlips prints whose promises slip, or "would ".
func tellSlips(to io.Writer, s *hq.Slips, would string) error {
	n := len(s.List) + s.More
	one := "slips"
	if would != "" {
		one = would + "slip"
	}
	switch n {
	case 0:
		_, err := fmt.Fprintln(to, "no promise", one)
		return err
	case 1:
		fmt.Fprintf(to, "1 promise %s, %s\n", one, missedWords(n, s.Missed))
	default:
		fmt.Fprintf(to, "%d promises %sslip, %s\n", n, would, missedWords(n, s.Missed))
	}
	w := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ORDER\tLINE\tGOODS\tFROM\tTO\tNEEDED BY")
	for i := range s.List {
		l := &s.List[i]
		need := or(l.NeedBy, "-")
		if l.Missed {
			need += " (missed)"
		}
		fmt.Fprintf(w, "%s\t%d\t%d %s\t%s\t%s\t%s\n", l.Order, l.Line, l.Qty, l.SKU, l.OldBy, or(l.NewBy, "no date"), need)
	}
	if s.More > 0 {
		fmt.Fprintf(w, "and %d more\n", s.More)
	}
	return w.Flush()
}

// missedWords says how many of n promises come too late for their orders.
func missedWords(n, missed int) string {
	switch {
	case n == 1 && missed == 1:
		return "past the day it is needed by"
	case n == 1:
		return "and not past the day it is needed by"
	case missed == 1:
		return "1 of them past the day it is needed by"
	default:
		return fmt.Sprintf("%d of them past the day they are needed by", missed)
	}
}

type expectedCancelCmd struct {
	access
	Reference string  `arg:"" help:"The delivery's name."`
	Reason    string  `help:"Why; it is kept." placeholder:"TEXT"`
	By        string  `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Seen      *uint64 `help:"As in put." placeholder:"N"`
	JSON      bool    `name:"json" help:"Print one JSON object as the last line."`
}

// Run cancels the delivery. Run again it changes nothing.
func (c *expectedCancelCmd) Run(h *house) error {
	seen, err := c.seen(h, c.Reference, c.Seen)
	if err != nil {
		return err
	}
	in := hq.ExpectedCancel{Reason: c.Reason, By: signer(c.By), Version: seen}
	var out hq.ExpectedChanged
	if err := c.call(h, http.MethodPost, expectedPath(c.Reference)+"/cancel", "", in, &out); err != nil {
		return fmt.Errorf("cancel delivery %s: %w", c.Reference, err)
	}
	return tellExpected(h, c.JSON, &out)
}

type expectedWhatIfCmd struct {
	access
	Reference string   `arg:"" help:"The delivery's name."`
	Lines     []string `arg:"" optional:"" name:"sku=qty" help:"Other quantities of these, for example TAP-22=30; the rest is as it is."`
	DaysLate  *int64   `help:"It comes so many days after the day it is due." placeholder:"N"`
	Due       string   `help:"It comes on this day, UTC." placeholder:"2026-12-12"`
	Canceled  bool     `name:"cancelled" help:"Nothing of it comes any more."`
	JSON      bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run asks.
func (c *expectedWhatIfCmd) Run(h *house) error {
	lines, err := expectedLines(c.Lines)
	if err != nil {
		return err
	}
	in := hq.WhatIfRequest{Due: c.Due, DaysLate: c.DaysLate, Lines: lines, Cancel: c.Canceled}
	var out hq.WhatIfAnswer
	if err := c.call(h, http.MethodPost, expectedPath(c.Reference)+"/what-if", "", in, &out); err != nil {
		return fmt.Errorf("ask about delivery %s: %w", c.Reference, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	return tellSlips(h.stdout, &out.Slips, "would ")
}
