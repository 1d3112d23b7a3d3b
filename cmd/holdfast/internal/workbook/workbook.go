// Package workbook reads and writes the rows of a spreadsheet's workbook (XLSX).
//
// It is the one door to excelize. What rows mean is package sheet's, which knows nothing of workbooks: its targets would else fuzz a zip and an
// XML reader that are somebody else's.
package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// The limits of a workbook. It is a zip: a small file may be large inside.
const (
	bookMax     = 64 << 20  // bytes of the file
	bookOpenMax = 256 << 20 // of all that is in it
	rowsMax     = 1_048_576 // of a sheet, the heading included
)

// Is says whether bytes begin a zip, as every workbook does.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// A Reader reads the first sheet of a workbook, row by row.
type Reader struct {
	file *excelize.File
	rows *excelize.Rows
	line int
}

// Open opens a workbook. excelize panics on some that are broken: that is a fault of the file's, not of this program's.
func Open(src io.Reader) (t *Reader, err error) {
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
		return nil, errors.Join(fmt.Errorf("open the first sheet of the workbook: %w", err), file.Close())
	}
	return &Reader{file: file, rows: rows}, nil
}

func broken(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the workbook is broken: %v", p)
	}
}

// NextRow gives the cells of the next row and its number, from 1; io.EOF behind the last. Cells are as they are stored: numbers without their
// format.
func (t *Reader) NextRow() (cells []string, line int, err error) {
	defer broken(&err)
	if !t.rows.Next() {
		if err := t.rows.Error(); err != nil {
			return nil, 0, fmt.Errorf("read row %d: %w", t.line+1, err)
		}
		return nil, 0, io.EOF
	}
	t.line++
	if cells, err = t.rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
		return nil, 0, fmt.Errorf("read row %d: %w", t.line, err)
	}
	return cells, t.line, nil
}

// Read says that a workbook is no text.
func (t *Reader) Read([]byte) (int, error) {
	return 0, errors.New("the file is a workbook, and is read by its rows")
}

// Close lets go of the workbook.
func (t *Reader) Close() error { return errors.Join(t.rows.Close(), t.file.Close()) }

// A Writer writes a workbook of one sheet.
type Writer struct {
	file  *excelize.File
	sheet *excelize.StreamWriter
	out   io.Writer
	rows  int
}

// NewWriter begins a workbook, which is written to out by Close.
func NewWriter(out io.Writer) (*Writer, error) {
	file := excelize.NewFile()
	sheet, err := file.NewStreamWriter(file.GetSheetName(0))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Writer{file: file, sheet: sheet, out: out}, nil
}

// PutRow writes a row: numbers as numbers, texts as texts, which no spreadsheet runs.
func (w *Writer) PutRow(cells []any) error {
	if w.rows++; w.rows > rowsMax {
		return fmt.Errorf("write row: a sheet has at most %d rows; write CSV", rowsMax)
	}
	return w.sheet.SetRow(fmt.Sprint("A", w.rows), cells)
}

// Close writes the workbook.
func (w *Writer) Close() error {
	err := w.sheet.Flush()
	if err == nil {
		err = w.file.Write(w.out)
	}
	return errors.Join(err, w.file.Close())
}
