package sheet

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of a file.
const (
	RowsMax    = 2_000_000
	lineMax    = 64 << 10 // bytes of a line
	rowLines   = 8        // lines that one row's quotes may hold together
	columnsMax = 256
)

// A Column is a field to look for, by its name or another that it goes by.
type Column struct {
	Name   string
	Also   []string
	Needed bool // a file without it cannot be read
}

// A Fault is a row that cannot be taken, and why, in words for people.
type Fault struct {
	Line     int // from 1, the heading included
	Document string
	Why      string
}

func (f *Fault) Error() string {
	if f.Document != "" {
		return fmt.Sprintf("line %d (%s): %s", f.Line, f.Document, f.Why)
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Why)
}

// A Row is one row's fields, without the spaces around them.
type Row struct {
	Line   int
	fields []string
	at     []int // of each Column, its place among fields; -1 where the file has none
	book   bool  // it is of a workbook, whose cells nobody has to defuse
}

// Field gives the field of the column with that index; "" where the file has none.
func (r Row) Field(column int) string {
	at := r.at[column]
	switch {
	case at < 0:
		return ""
	case r.book:
		return strings.TrimSpace(r.fields[at])
	default:
		return armed(strings.TrimSpace(r.fields[at]))
	}
}

// A Reader reads one file, in one pass, for one goroutine.
type Reader struct {
	src       *bufio.Reader
	table     Table // of a workbook; nil of a CSV
	separator byte
	at        []int
	heading   []string
	width     int
	line      int // the last line handed out of the source, from 1
	rows      int
	strays    []Stray
	again     []text // lines that were read ahead for a row that did not close
	ended     bool
}

// text is one line of the source.
type text struct {
	line  int
	bytes string
	fits  bool
}

// NewReader reads the heading and finds the columns in it. passed are columns that a file of ours has for people: nobody reads them, and they are no strays.
func NewReader(src io.Reader, columns []Column, passed ...string) (*Reader, error) {
	r, err := newReader(src, columns)
	if err == nil {
		r.strays = straysOf(r.heading, columns, passed)
	}
	return r, err
}

func newReader(src io.Reader, columns []Column) (*Reader, error) {
	if t, ok := src.(Table); ok {
		return newBookReader(t, columns)
	}
	plain, err := Unpack(src)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	r := &Reader{src: plain}
	heading, err := r.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("read heading: the file is empty")
		}
		return nil, fmt.Errorf("read heading: %w", err)
	}
	if !heading.fits {
		return nil, fmt.Errorf("read heading: it is longer than %d bytes", lineMax)
	}
	if err := r.findColumns(heading.bytes, columns); err != nil {
		return nil, fmt.Errorf("read heading: %w", err)
	}
	return r, nil
}

// Unpack looks through gzip if the source starts as gzip does.
func Unpack(src io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(src, lineMax)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, lineMax), nil
}

// findColumns takes the separator with which the heading has all that is needed.
func (r *Reader) findColumns(heading string, columns []Column) error {
	heading = strings.TrimPrefix(heading, "\ufeff")
	var missing error
	for _, separator := range []byte{',', ';', '\t'} {
		fields, err := split(heading, separator, nil)
		if err == nil {
			var at []int
			if at, err = place(fields, columns); err == nil {
				r.separator, r.at, r.width, r.heading = separator, at, len(fields), fields
				return nil
			}
		}
		// The separator that cuts the heading most is the one that was meant.
		if missing == nil || len(fields) > r.width {
			missing, r.width = err, len(fields)
		}
	}
	return missing
}

func place(fields []string, columns []Column) ([]int, error) {
	at := make([]int, len(columns))
	for c, column := range columns {
		at[c] = -1
		for i, field := range fields {
			if !column.goesBy(strings.TrimSpace(field)) {
				continue
			}
			if at[c] >= 0 {
				return nil, fmt.Errorf("two columns are called %s", column.Name)
			}
			at[c] = i
		}
		if at[c] < 0 && column.Needed {
			return nil, fmt.Errorf("column %s is missing", column.Name)
		}
	}
	return at, nil
}

func (c Column) goesBy(name string) bool {
	for _, known := range append([]string{c.Name}, c.Also...) {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

// DecimalComma says that a comma does not divide this file's fields, so it may stand in a price.
func (r *Reader) DecimalComma() bool { return r.separator != ',' }

// Rows says how many rows were read so far, faults included.
func (r *Reader) Rows() int { return r.rows }

// Next gives the next row. A *Fault costs that row only; io.EOF is the end of the file.
func (r *Reader) Next() (Row, error) {
	if r.table != nil {
		return r.bookRow()
	}
	for {
		first, err := r.next()
		if err != nil {
			return Row{}, err
		}
		if first.fits && strings.TrimSpace(first.bytes) == "" {
			continue
		}
		if r.rows == RowsMax {
			return Row{}, fmt.Errorf("read line %d: a file has at most %d rows; cut it in parts", first.line, RowsMax)
		}
		r.rows++
		if !first.fits {
			return Row{}, &Fault{Line: first.line, Why: fmt.Sprintf("the line is longer than %d bytes", lineMax)}
		}
		return r.row(first)
	}
}

// row reads the row that begins with a line, and puts back what it looked at in vain.
func (r *Reader) row(first text) (Row, error) {
	whole := first.bytes
	var ahead []text
	for {
		fields, err := split(whole, r.separator, make([]string, 0, r.width))
		if errors.Is(err, errOpenQuote) && len(ahead) < rowLines-1 {
			more, readErr := r.next()
			if readErr == nil && more.fits && len(whole)+len(more.bytes) < lineMax {
				ahead = append(ahead, more)
				whole += "\n" + more.bytes
				continue
			}
			if readErr == nil {
				ahead = append(ahead, more)
			} else if !errors.Is(readErr, io.EOF) {
				return Row{}, readErr
			}
		}
		if err == nil && len(fields) != r.width {
			err = fmt.Errorf("%d fields where the heading has %d", len(fields), r.width)
		}
		if err != nil {
			// A copy in front of what was put back earlier and not yet read again.
			r.again = append(append([]text(nil), ahead...), r.again...)
			return Row{}, &Fault{Line: first.line, Why: err.Error()}
		}
		return Row{Line: first.line, fields: fields, at: r.at}, nil
	}
}

// next gives one line without its end.
func (r *Reader) next() (text, error) {
	if len(r.again) > 0 {
		t := r.again[0]
		r.again = r.again[1:]
		return t, nil
	}
	if r.ended {
		return text{}, io.EOF
	}
	raw, err := r.src.ReadSlice('\n')
	t := text{line: r.line + 1, fits: true}
	if errors.Is(err, bufio.ErrBufferFull) {
		t.fits = false
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.src.ReadSlice('\n')
		}
		raw = nil
	}
	if errors.Is(err, io.EOF) {
		r.ended = true
		if len(raw) == 0 && t.fits {
			return text{}, io.EOF
		}
	} else if err != nil {
		return text{}, fmt.Errorf("read line %d: %w", t.line, err)
	}
	r.line++
	t.bytes = toUTF8(string(bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))))
	return t, nil
}
