package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cellMax bounds a cell, in characters: a spreadsheet's own limit.
const cellMax = 32_767

// A Head is a column that is written.
type Head struct {
	Name   string
	Number bool // a spreadsheet may reckon with it
}

// A Writer writes one file, row by row. What a spreadsheet would run as a formula it does not: in a CSV it is defused, in a workbook it is text.
type Writer struct {
	heads []Head
	csv   *csv.Writer
	grid  Grid
	rows  int
}

// A Grid takes rows of texts and numbers, as a workbook does.
type Grid interface {
	PutRow(cells []any) error
	Close() error
}

// NewWriter writes the heading of a CSV file.
func NewWriter(out io.Writer, heads []Head) (*Writer, error) {
	w := &Writer{heads: heads, csv: csv.NewWriter(out)}
	return w, w.heading()
}

// NewGridWriter writes the heading of a workbook.
func NewGridWriter(grid Grid, heads []Head) (*Writer, error) {
	w := &Writer{heads: heads, grid: grid}
	return w, w.heading()
}

func (w *Writer) heading() error {
	names := make([]string, len(w.heads))
	for i, h := range w.heads {
		names[i] = h.Name
	}
	return w.write(names, false)
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
	out := make([]any, len(cells))
	for i, c := range cells {
		if out[i] = c; body && w.heads[i].Number && isNumber(c) {
			if n, err := strconv.ParseFloat(c, 64); err == nil && strconv.FormatFloat(n, 'f', -1, 64) == c {
				out[i] = n
			}
		}
	}
	return w.grid.PutRow(out)
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
	return w.grid.Close()
}
