package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type countListCmd struct {
	access
	adjustedTime
	Lot   string `help:"Only of this lot, or serial number, of --sku." placeholder:"LOT"`
	ByLot bool   `help:"The differences by lot, added up over all counts, instead of each count."`
	Same  bool   `help:"Also what was counted as the book had it."`
	CSV   bool   `name:"csv" help:"Print as CSV: a row for each line, and one for each of its lots; with --by-lot one for each lot."`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists counts of a site, or of the whole company, page by page.
func (c *countListCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	q := c.query()
	if c.Lot != "" {
		q.Set("lot", c.Lot)
	}
	if c.Same {
		q.Set("same", "true")
	}
	all := contract.CountList{Counts: []contract.CountRow{}, Lots: []contract.LotVariance{}}
	for {
		var page contract.CountList
		if _, err := cl.Do(h.ctx, http.MethodGet, "/v1/counts?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("list counts: %w", callFault(err, c.To))
		}
		all.Counts = append(all.Counts, page.Counts...)
		all.AddLots(page.Lots)
		if all.TrimmedSeq = max(all.TrimmedSeq, page.TrimmedSeq); page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	if err := c.write(h, &all); err != nil {
		return err
	}
	return tellTrimmed(h, all.TrimmedSeq)
}

// heads are the columns of the table, rows its rows.
func (c *countListCmd) heads() []sheet.Head {
	if c.ByLot {
		return []sheet.Head{{Name: "sku"}, {Name: "lot"}, {Name: "counts", Number: true}, {Name: "found", Number: true}, {Name: "gone", Number: true}}
	}
	return []sheet.Head{{Name: "site"}, {Name: "entry", Number: true}, {Name: "time"}, {Name: "by"}, {Name: "reason"}, {Name: "bin"}, {Name: "sku"}, {Name: "lot"},
		{Name: "counted", Number: true}, {Name: "expected", Number: true}, {Name: "variance", Number: true}}
}

func (c *countListCmd) rows(all *contract.CountList) (rows [][]string) {
	if c.ByLot {
		for _, t := range all.Lots {
			rows = append(rows, []string{string(t.SKU), string(t.Lot), strconv.Itoa(t.Counts), fmt.Sprint(t.Found), fmt.Sprint(t.Gone)})
		}
		return rows
	}
	for i := range all.Counts {
		r := &all.Counts[i]
		by := r.CountedBy
		if r.RecountedBy != "" {
			by += ", " + r.RecountedBy
		}
		row := func(bin, sku, lot string, counted, expected, variance ledger.Qty) {
			rows = append(rows, []string{string(r.Site), fmt.Sprint(r.Seq), r.Time, by, r.Reason, bin, sku, lot, fmt.Sprint(counted), fmt.Sprint(expected), fmt.Sprint(variance)})
		}
		if len(r.Lines) == 0 { // it was as the book had it: who asks which counts there were sees it
			row("", "", "", 0, 0, 0)
		}
		for k := range r.Lines {
			l := &r.Lines[k]
			row(string(l.Bin), string(l.SKU), "", l.Counted, l.Counted-l.Variance, l.Variance)
			for _, t := range l.Lots {
				row(string(l.Bin), string(l.SKU), string(t.Lot), t.Counted, t.Expected, t.Variance)
			}
		}
	}
	return rows
}

// write prints the list as a table, or as CSV.
func (c *countListCmd) write(h *house, all *contract.CountList) error {
	if c.CSV {
		w, err := sheet.NewWriter(h.stdout, c.heads())
		if err != nil {
			return err
		}
		for _, row := range c.rows(all) {
			if err := w.Row(row); err != nil {
				return err
			}
		}
		return w.Close()
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	var names []string
	for _, head := range c.heads() {
		names = append(names, strings.ToUpper(head.Name))
	}
	for _, row := range append([][]string{names}, c.rows(all)...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
