package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Table is a file that gives its rows by itself, as a workbook does. NewReader and all that begins with it takes one for an io.Reader.
type Table interface {
	// NextRow gives the cells of the next row and its number, from 1; io.EOF behind the last.
	NextRow() (cells []string, line int, err error)
}

// fit cuts or fills the cells of a row to a width: a sheet leaves out the empty ones at its end.
func fit(cells []string, width int) ([]string, error) {
	for len(cells) > width {
		if last := cells[len(cells)-1]; strings.TrimSpace(last) != "" {
			return nil, fmt.Errorf("%d fields where the heading has %d", len(cells), width)
		}
		cells = cells[:len(cells)-1]
	}
	for len(cells) < width {
		cells = append(cells, "")
	}
	return cells, nil
}

// bookRow gives the next row of a workbook, as Next does.
func (r *Reader) bookRow() (Row, error) {
	for {
		cells, line, err := r.table.NextRow()
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, err
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if r.rows++; r.rows > RowsMax {
			return Row{}, fmt.Errorf("read line %d: a file has at most %d rows; cut it in parts", line, RowsMax)
		}
		if cells, err = fit(cells, r.width); err != nil {
			return Row{}, &Fault{Line: line, Why: err.Error()}
		}
		return Row{Line: line, fields: cells, at: r.at, book: true}, nil
	}
}

// newBookReader reads the heading of a workbook.
func newBookReader(t Table, columns []Column) (*Reader, error) {
	for {
		cells, _, err := t.NextRow()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("read heading: the first sheet is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("read heading: %w", err)
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if len(cells) > columnsMax {
			return nil, fmt.Errorf("read heading: %w", errColumns)
		}
		at, err := place(cells, columns)
		if err != nil {
			return nil, fmt.Errorf("read heading: %w", err)
		}
		return &Reader{table: t, at: at, width: len(cells), heading: cells, separator: '\t'}, nil
	}
}
