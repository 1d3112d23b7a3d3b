package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The limits of a workbook. It is a zip: a small file may be large inside.
const (
	bookMax     = 64 << 20  // bytes of the file
	bookOpenMax = 256 << 20 // of all that is in it
	bookRowsMax = 1_048_576 // of a sheet, the heading included
	cellMax     = 32_767    // characters of a cell
)

// A table reads the first sheet of a workbook, row by row.
type table struct {
	file *excelize.File
	rows *excelize.Rows
	line int
}

// isBook says whether bytes begin a zip, as every workbook does.
func isBook(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// openTable opens a workbook. Its reader panics on some that are broken: that is a fault of the file's, not of this program's.
func openTable(src io.Reader) (t *table, err error) {
	defer broken(&err)
	raw, err := io.ReadAll(io.LimitReader(src, bookMax+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > bookMax {
		return nil, fmt.Errorf("the workbook is larger than %d MiB; cut it in parts, or save it as CSV", bookMax>>20)
	}
	file, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{RawCellValue: true, UnzipSizeLimit: bookOpenMax, UnzipXMLSizeLimit: bookOpenMax})
	if err != nil {
		return nil, fmt.Errorf("the file is no workbook: %w", err)
	}
	names := file.GetSheetList()
	if len(names) == 0 {
		return nil, errors.Join(errors.New("the workbook has no sheet"), file.Close())
	}
	rows, err := file.Rows(names[0])
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sheet %s: %w", clip(names[0]), err), file.Close())
	}
	return &table{file: file, rows: rows}, nil
}

func broken(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the workbook is broken: %v", p)
	}
}

// next gives the cells of the next row and its number, from 1; io.EOF behind the last. Cells are as they are stored: numbers without their format.
func (t *table) next() (cells []string, line int, err error) {
	defer broken(&err)
	if !t.rows.Next() {
		if err := t.rows.Error(); err != nil {
			return nil, 0, fmt.Errorf("read row %d: %w", t.line+1, err)
		}
		return nil, 0, errors.Join(io.EOF, t.rows.Close())
	}
	t.line++
	if cells, err = t.rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
		return nil, 0, fmt.Errorf("read row %d: %w", t.line, err)
	}
	return cells, t.line, nil
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
		cells, line, err := r.table.next()
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
func newBookReader(src io.Reader, columns []Column) (*Reader, error) {
	t, err := openTable(src)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	for {
		cells, _, err := t.next()
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
		return &Reader{table: t, at: at, width: len(cells), separator: '\t'}, nil
	}
}
