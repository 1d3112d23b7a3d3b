package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// A Format is how a file is written.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// A Head is a column that is written.
type Head struct {
	Name   string
	Number bool // a spreadsheet may reckon with it
}

// A Writer writes one file, row by row. What a spreadsheet would run as a formula it does not: in a CSV it is defused, in a workbook it is text.
type Writer struct {
	heads []Head
	csv   *csv.Writer
	file  *excelize.File
	sheet *excelize.StreamWriter
	out   io.Writer
	rows  int
}

// NewWriter writes the heading.
func NewWriter(out io.Writer, format Format, heads []Head) (*Writer, error) {
	w := &Writer{heads: heads, out: out}
	switch format {
	case CSV:
		w.csv = csv.NewWriter(out)
	case XLSX:
		w.file = excelize.NewFile()
		sheet, err := w.file.NewStreamWriter(w.file.GetSheetName(0))
		if err != nil {
			return nil, errors.Join(err, w.file.Close())
		}
		w.sheet = sheet
	default:
		return nil, fmt.Errorf("a file is csv or xlsx, not %q", clip(string(format)))
	}
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = h.Name
	}
	return w, w.write(names, false)
}

// Row writes a row. A *Fault costs that row only.
func (w *Writer) Row(cells []string) error {
	if len(cells) != len(w.heads) {
		return fmt.Errorf("write row: %d fields where the heading has %d", len(cells), len(w.heads))
	}
	for i, c := range cells {
		why := ""
		switch {
		case !utf8.ValidString(c):
			why = "is not UTF-8"
		case strings.ContainsFunc(c, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == 0xfffe || r == 0xffff }):
			why = "has a control character in it"
		case utf8.RuneCountInString(c) > cellMax:
			why = fmt.Sprintf("is longer than %d characters", cellMax)
		}
		if why != "" {
			return &Fault{Line: w.rows + 1, Document: clip(cells[0]), Why: w.heads[i].Name + " " + why}
		}
	}
	return w.write(cells, true)
}

// Rows says how many rows were written, the heading not among them.
func (w *Writer) Rows() int { return max(w.rows-1, 0) }

func (w *Writer) write(cells []string, body bool) error {
	w.rows++
	if w.csv != nil {
		out := make([]string, len(cells))
		for i, c := range cells {
			if out[i] = c; !w.heads[i].Number || !isNumber(c) {
				out[i] = defuse(c)
			}
		}
		return w.csv.Write(out)
	}
	if w.rows > bookRowsMax {
		return fmt.Errorf("write row: a sheet has at most %d rows; write CSV", bookRowsMax)
	}
	out := make([]any, len(cells))
	for i, c := range cells {
		if out[i] = c; body && w.heads[i].Number && isNumber(c) {
			if n, err := strconv.ParseFloat(c, 64); err == nil && strconv.FormatFloat(n, 'f', -1, 64) == c {
				out[i] = n
			}
		}
	}
	return w.sheet.SetRow("A"+strconv.Itoa(w.rows), out)
}

// isNumber says whether a cell is digits, with a minus in front or a point between.
func isNumber(c string) bool {
	digits := strings.TrimPrefix(c, "-")
	return digits != "" && strings.Trim(digits, "0123456789.") == "" && strings.Count(digits, ".") <= 1 && digits[0] != '.'
}

// Close writes what is left. The file is whole only where it gives nil.
func (w *Writer) Close() error {
	if w.csv != nil {
		w.csv.Flush()
		return w.csv.Error()
	}
	err := w.sheet.Flush()
	if err == nil {
		err = w.file.Write(w.out)
	}
	return errors.Join(err, w.file.Close())
}
