package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of counts.
const (
	countBin = iota
	countSKU
	countCounted
	countAt
	countPack
	countLoose
	countLot
	countExpiry
)

func countColumns() []Column {
	return []Column{
		countBin:     {Name: "bin"},
		countSKU:     {Name: "sku", Also: []string{"stock_code", "stockcode"}, Needed: true},
		countCounted: {Name: "counted", Also: []string{"qty", "quantity"}, Needed: true},
		countAt:      {Name: "at"},
		countPack:    {Name: "pack"},
		countLoose:   {Name: "loose"},
		countLot:     {Name: "lot", Also: []string{"serial"}},
		countExpiry:  {Name: "expiry", Also: []string{"best_before", "use_by"}},
	}
}

// CountsMax bounds the lines of one count.
const CountsMax = ledger.LinesMax

// Counts is a sheet that was filled in.
type Counts struct {
	At    string // the position that the rows name; "" where none does
	Lines []contract.CountLine
	Empty int // rows in which nothing was written

	first map[[2]string]int  // by SKU and bin, the first line
	none  map[[2]string]bool // whether that one only says that a lot is not there
}

// ReadCounts reads a filled-in sheet: bin, sku, counted, at; with a pack, counted is how many whole ones, and loose what
// lies beside them in units; with a lot, it is how many of that. A row of which nothing is written under counted was not counted, and is left out. All rows
// are of one position. The error is a *Fault where a row cannot be taken.
func ReadCounts(src io.Reader) (Counts, error) {
	out := Counts{first: map[[2]string]int{}, none: map[[2]string]bool{}}
	r, err := NewReader(src, countColumns())
	if err != nil {
		return out, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		fault := func(why string, args ...any) (Counts, error) {
			return out, &Fault{Line: row.Line, Document: clip(row.Field(countSKU)), Why: fmt.Sprintf(why, args...)}
		}
		at, text := plain(row.Field(countAt)), row.Field(countCounted)
		if text == "" {
			out.Empty++
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fault("counted %q is not a whole number of 0 or more", clip(text))
		}
		if at != out.At && len(out.Lines) > 0 {
			return fault("it was counted at %q, the rows before it at %q: send each sheet by itself", clip(at), clip(out.At))
		}
		if out.At = at; len(out.Lines) == CountsMax {
			return fault("a count has at most %d rows: send it in parts", CountsMax)
		}
		loose := int64(0)
		if text := row.Field(countLoose); text != "" {
			if loose, err = strconv.ParseInt(text, 10, 64); err != nil || loose < 0 {
				return fault("loose %q is not a whole number of 0 or more", clip(text))
			}
		}
		q := ledger.Qty(n)
		line := contract.CountLine{SKU: plain(row.Field(countSKU)), Bin: plain(row.Field(countBin)), Counted: &q, Pack: plain(row.Field(countPack)), Loose: ledger.Qty(loose)}
		out.add(line, plain(row.Field(countLot)), row.Field(countExpiry))
	}
}

// add takes a line in. Of a lot that is not there nothing is named: its row says no more than that its bin was counted.
func (c *Counts) add(l contract.CountLine, lot, expiry string) {
	key := [2]string{l.SKU, l.Bin}
	first, again := c.first[key]
	switch {
	case lot != "" && *l.Counted > 0:
		l.Lots = []contract.LotQty{{Lot: ledger.LotID(lot), Qty: *l.Counted, Expiry: expiry}}
	case lot != "" && again:
		return
	case lot == "" && again && c.none[key]: // what has no label beside lots that are all gone
		c.Lines[first], c.none[key] = l, false
		return
	}
	if !again {
		c.first[key] = len(c.Lines)
	}
	c.none[key] = lot != "" && *l.Counted == 0
	c.Lines = append(c.Lines, l)
}

// WriteSheet writes rows to be filled in, as ReadCounts reads them.
func WriteSheet(dst io.Writer, at string, rows []contract.SheetRow) error {
	w := csv.NewWriter(dst)
	if err := w.Write([]string{"bin", "sku", "name", "expected", "counted", "at", "lot", "expiry"}); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		write := func(expected *ledger.Qty, lot, expiry string) error {
			text := ""
			if expected != nil {
				text = strconv.FormatInt(int64(*expected), 10)
			}
			// A position looks like a number: quoted for the spreadsheet, it stays as it is.
			return w.Write([]string{defused(string(r.Bin)), defused(string(r.SKU)), defused(r.Name), text, "", "'" + at, defused(lot), expiry})
		}
		plain := r.Expected
		for _, t := range r.Lots {
			if err := write(&t.Expected, string(t.Lot), t.Expiry); err != nil {
				return err
			}
			rest := *plain - t.Expected
			plain = &rest
		}
		if plain != nil && *plain == 0 && len(r.Lots) > 0 {
			continue
		}
		if err := write(plain, "", ""); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// defused keeps a spreadsheet from running a text as a formula.
func defused(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// plain is what defused was given.
func plain(s string) string { return strings.TrimPrefix(s, "'") }
