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
)

func countColumns() []Column {
	return []Column{
		countBin:     {Name: "bin"},
		countSKU:     {Name: "sku", Also: []string{"stock_code", "stockcode"}, Needed: true},
		countCounted: {Name: "counted", Also: []string{"qty", "quantity"}, Needed: true},
		countAt:      {Name: "at"},
		countPack:    {Name: "pack"},
		countLoose:   {Name: "loose"},
	}
}

// CountsMax bounds the lines of one count.
const CountsMax = ledger.LinesMax

// Counts is a sheet that was filled in.
type Counts struct {
	At    string // the position that the rows name; "" where none does
	Lines []contract.CountLine
	Empty int // rows in which nothing was written
}

// ReadCounts reads a filled-in sheet: bin, sku, counted, at; with a pack, counted is how many whole ones, and loose what
// lies beside them in units. A row of which nothing is written under counted was not counted, and is left out. All rows
// are of one position. The error is a *Fault where a row cannot be taken.
func ReadCounts(src io.Reader) (Counts, error) {
	var out Counts
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
		out.Lines = append(out.Lines, contract.CountLine{SKU: plain(row.Field(countSKU)), Bin: plain(row.Field(countBin)), Counted: &q,
			Pack: plain(row.Field(countPack)), Loose: ledger.Qty(loose)})
	}
}

// WriteSheet writes rows to be filled in, as ReadCounts reads them.
func WriteSheet(dst io.Writer, at string, rows []contract.SheetRow) error {
	w := csv.NewWriter(dst)
	if err := w.Write([]string{"bin", "sku", "name", "expected", "counted", "at"}); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		expected := ""
		if r.Expected != nil {
			expected = strconv.FormatInt(int64(*r.Expected), 10)
		}
		// A position looks like a number: quoted for the spreadsheet, it stays as it is.
		if err := w.Write([]string{defused(string(r.Bin)), defused(string(r.SKU)), defused(r.Name), expected, "", "'" + at}); err != nil {
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
