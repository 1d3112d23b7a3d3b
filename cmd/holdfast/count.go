package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type countCmd struct {
	Sheet countSheetCmd `cmd:"" help:"List what is to be counted, by bin. Count a bin with its sheet before you: what is sold from then on is no difference."`
	List  countListCmd  `cmd:"" help:"List the counts of a time, what differed and which lots were missing or found: of a site, or of the whole company."`
	Post  countPostCmd  `cmd:"" help:"Say what was counted: what differs from the book is adjusted, and who loses a promise by it is named."`
}

type countSheetCmd struct {
	access
	Bin        string `help:"Only this bin." placeholder:"BIN"`
	SKU        string `name:"sku" help:"Only this SKU; one that lies nowhere has a row of 0." placeholder:"SKU"`
	Category   string `help:"Only items of this category." placeholder:"NAME"`
	MovedSince string `help:"Only what has moved since, and was not counted since: a time such as 2027-01-31T08:00:00Z, a day of the site's, or a place in its journal, EPOCH.SEQ." placeholder:"TIME"`
	Blind      bool   `help:"Without what the book expects."`
	CSV        bool   `name:"csv" help:"As a CSV file to fill in, for count post --file."`
	JSON       bool   `name:"json" help:"Print one JSON object as the last line."`
}

// countPage is how many rows are fetched at a time.
const countPage = 500

// Run lists the sheet, page by page. The position is that of the first page: what moves while the rest is fetched has moved
// since.
func (c *countSheetCmd) Run(h *house) error {
	q := url.Values{"limit": {strconv.Itoa(countPage)}}
	for name, v := range map[string]string{"bin": c.Bin, "sku": c.SKU, "category": c.Category, "moved_since": c.MovedSince} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if c.Blind {
		q.Set("blind", "true")
	}
	cl, err := c.client()
	if err != nil {
		return err
	}
	all := contract.CountSheet{Rows: []contract.SheetRow{}}
	for {
		var page contract.CountSheet
		if _, err := cl.Do(h.ctx, http.MethodGet, "/v1/counts/sheet?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("list what is to be counted: %w", callFault(err, c.To))
		}
		if all.At == "" {
			all.At = page.At
		}
		all.Rows = append(all.Rows, page.Rows...)
		if page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	switch {
	case c.JSON:
		return json.NewEncoder(h.stdout).Encode(all)
	case c.CSV:
		return sheet.WriteSheet(h.stdout, all.At, all.Rows)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BIN\tSKU\tNAME\tEXPECTED")
	for i := range all.Rows {
		r := &all.Rows[i]
		expected := "-"
		if r.Expected != nil {
			expected = strconv.FormatInt(int64(*r.Expected), 10)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Bin, r.SKU, r.Name, expected)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(h.stdout, "%d rows; send them back with --at %s\n", len(all.Rows), all.At)
	return err
}

type countPostCmd struct {
	access
	Lines       []string `arg:"" optional:"" name:"sku[@bin]=counted" help:"What was counted, for example TAP-22@A-01=7; without a bin, in the usual one. An empty bin is 0. By lot MILK@A-01=4@LOT7:2027-01-31, each lot a word of its own, and by serial number DRILL-9@A-01=2@SN1,SN2: what is named is all that lies there."`
	File        string   `help:"A sheet that was filled in: CSV with bin, sku, counted and at, and lot and expiry of what is counted by lot. Rows without a number under counted were not counted." type:"existingfile" placeholder:"FILE"`
	At          string   `help:"The place in the site's journal at which it was counted, as the sheet has it; default now." placeholder:"EPOCH.SEQ"`
	By          string   `help:"Who counted; default the user that runs this." placeholder:"NAME"`
	RecountedBy string   `help:"Who counted again what differed by more than the tolerance: another person." placeholder:"NAME"`
	Approver    string   `help:"Who approved it." placeholder:"NAME"`
	Reason      string   `help:"The reason of the adjustment; default counted." placeholder:"WORD"`
	NewBins     bool     `help:"Units may lie in a bin in which the book has nothing."`
	NewLots     bool     `help:"Units may be of a lot, or have a serial number, that this site never saw. Without it such a one is refused: it may be a slip of the pen."`
	Preview     bool     `help:"Only say what would be booked."`
	JSON        bool     `name:"json" help:"Print one JSON object as the last line."`
}

// countLines reads words such as TAP-22@A-01=7.
func countLines(words []string) ([]contract.CountLine, error) {
	var out []contract.CountLine
	for _, word := range words {
		what, q, lots, err := lottedWord(word, "TAP-22@A-01=7")
		if err != nil {
			return nil, err
		}
		sku, bin, _ := strings.Cut(what, "@")
		out = append(out, contract.CountLine{SKU: sku, Bin: bin, Counted: &q, Lots: lots})
	}
	return out, nil
}

// request reads what was counted, and where.
func (c *countPostCmd) request() (contract.CountRequest, error) {
	in := contract.CountRequest{At: c.At, Reason: c.Reason, CountedBy: signer(c.By), RecountedBy: c.RecountedBy, Approver: c.Approver,
		NewBins: c.NewBins, NewLots: c.NewLots, Preview: c.Preview}
	if (c.File == "") == (len(c.Lines) == 0) {
		return in, fmt.Errorf("%w: give either lines such as TAP-22@A-01=7 or --file", errUsage)
	}
	if c.File == "" {
		var err error
		in.Lines, err = countLines(c.Lines)
		return in, err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return in, err
	}
	defer file.Close() // read only: nothing can be lost
	counts, err := sheet.ReadCounts(file)
	if err != nil {
		return in, fmt.Errorf("read %s: %w", c.File, err)
	}
	if len(counts.Lines) == 0 {
		return in, withHint(fmt.Errorf("read %s: nothing is counted in it", c.File), "write what was counted into the column counted; an empty bin is 0")
	}
	if in.Lines = counts.Lines; in.At == "" {
		in.At = counts.At
	}
	return in, nil
}

// Run sends the count. The same count sent again, of the same place, changes nothing; without a place it is one of now, and
// another each time.
func (c *countPostCmd) Run(h *house) error {
	in, err := c.request()
	if err != nil {
		return err
	}
	if in.At == "" {
		var now contract.CountSheet
		if err := c.call(h, http.MethodGet, "/v1/counts/sheet?limit=1&blind=true", "", nil, &now); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		in.At = now.At
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("count-%x", ledger.DigestOf(body))
	var out contract.Count
	if err := c.call(h, http.MethodPost, "/v1/counts", key, in, &out); err != nil {
		if r, ok := errors.AsType[*client.Refusal](err); ok {
			tellAgainst(h, r)
		}
		return fmt.Errorf("count: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	return tellCount(h, &out)
}

// tellAgainst names the lines that a count was refused for, on the standard error.
func tellAgainst(h *house, r *client.Refusal) {
	var lines []contract.CountAgainst
	if len(r.Counts) == 0 || json.Unmarshal(r.Counts, &lines) != nil {
		return
	}
	for _, l := range lines {
		fmt.Fprintf(h.stderr, "line %d: %s in %s, counted %d", l.Line, l.SKU, l.Bin, l.Counted)
		switch n := l.Newer; {
		case n == nil:
		case n.Counted != nil:
			fmt.Fprintf(h.stderr, "; counted again at %s: %d", n.At, *n.Counted)
		default:
			fmt.Fprintf(h.stderr, "; see entry %d", n.Seq)
		}
		fmt.Fprintln(h.stderr)
	}
}

// linesThatDiffer counts the lines that differ from the book, and those among them of which the units add up and lie in other lots than the book says.
func linesThatDiffer(out *contract.Count) (all, lots int) {
	for i := range out.Lines {
		l := &out.Lines[i]
		switch swapped := slices.ContainsFunc(l.Lots, func(t contract.LotCounted) bool { return t.Variance != 0 }); {
		case l.Variance != 0:
			all++
		case swapped:
			all, lots = all+1, lots+1
		}
	}
	return all, lots
}

// tellCount prints what differs, and whose promise it takes.
func tellCount(h *house, out *contract.Count) error {
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BIN\tSKU\tCOUNTED\tEXPECTED\tVARIANCE\tMOVED SINCE\t")
	differ := ""
	if all, lots := linesThatDiffer(out); lots == 0 {
		differ = fmt.Sprintf("%d of %d lines differ", all, len(out.Lines))
	} else {
		differ = fmt.Sprintf("%d of %d lines differ, %d of them only in their lots,", all, len(out.Lines), lots)
	}
	for i := range out.Lines {
		l := &out.Lines[i]
		note := ""
		if l.Shortfall > 0 {
			note = fmt.Sprintf("%d are promised and not there", l.Shortfall)
		}
		if l.Recount {
			note = strings.TrimPrefix(note+"; another person must count it again", "; ")
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%+d\t%+d\t%s\n", l.Bin, l.SKU, l.Counted, l.Expected, l.Variance, l.Moved, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range out.Lines {
		for _, t := range out.Lines[i].Lots {
			if t.Variance != 0 {
				fmt.Fprintf(h.stdout, "lot %s of %s in %s: counted %d, expected %d\n", t.Lot, out.Lines[i].SKU, out.Lines[i].Bin, t.Counted, t.Expected)
			}
		}
	}
	if out.Seq > 0 {
		tellAdjusted(h, out.Lots)
	}
	for _, d := range out.Displaced {
		fmt.Fprintf(h.stdout, "order %s of %s now lacks %d of %s (line %d): it waits again\n", d.Order, d.Owner, d.Qty, d.SKU, d.Line)
	}
	if out.Seq == 0 {
		_, err := fmt.Fprintf(h.stdout, "%s at %s; nothing was changed\n", differ, out.At)
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "%s at %s; booked as entry %d\n", differ, out.At, out.Seq)
	return err
}
