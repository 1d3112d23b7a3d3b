package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// documents reads rows that belong together: those that follow each other with one name are one document. One bad row takes out
// all of it: half a document is worse than none; a row that cannot be read at all takes out the documents on both sides of
// it, for it may be the end of one or the start of the other. A row whose document has ended further up is a fault.
type documents[T any] struct {
	*Reader
	what   string // a document in words: "order"
	column string // that its name stands in, and where
	at     int
	gather func(*T, Row) error    // adds a row
	whole  func(*T, string) error // looks at all of it, and its name
	ended  map[[8]byte]bool
	open   *document[T]
	torn   int      // line just above that could not be read; 0 where none
	faults []*Fault // of the document that has just ended, to be handed out one by one
	err    error    // what ended the file
}

// A document is rows of one name.
type document[T any] struct {
	name  string
	lines []int
	put   T
	bad   map[int]string // by line
	whole string         // what is wrong with all of it
}

func newDocuments[T any](r *Reader, what, column string, at int) *documents[T] {
	return &documents[T]{Reader: r, what: what, column: column, at: at, ended: map[[8]byte]bool{}}
}

// one is one document in words.
func (s *documents[T]) one() string {
	if strings.IndexByte("aeiou", s.what[0]) >= 0 {
		return "an " + s.what
	}
	return "a " + s.what
}

// next gives the next document, a *Fault for one row, or the end as Reader.Next does.
func (s *documents[T]) next() (*document[T], error) {
	for {
		if len(s.faults) > 0 {
			f := s.faults[0]
			s.faults = s.faults[1:]
			return nil, f
		}
		if s.err != nil && s.open == nil {
			return nil, s.err
		}
		if s.err != nil {
			if d := s.end(); d != nil {
				return d, nil
			}
			continue
		}
		row, err := s.Reader.Next()
		if fault, ok := errors.AsType[*Fault](err); ok {
			s.torn = fault.Line
			if s.open != nil {
				s.open.bad[fault.Line] = fault.Why
				s.open.lines = append(s.open.lines, fault.Line)
				continue
			}
			return nil, fault
		}
		if err != nil {
			s.cut(err)
			continue
		}
		if d := s.take(row); d != nil {
			return d, nil
		}
	}
}

// cut ends the file. When the source broke off, the open document may not be complete.
func (s *documents[T]) cut(err error) {
	s.err = err
	if s.open != nil && !errors.Is(err, io.EOF) {
		s.open.bad[s.open.lines[len(s.open.lines)-1]] = fmt.Sprintf("the file broke off before the %s was complete", s.what)
	}
}

// take files a row under its document and gives the one before it, if that has ended whole.
func (s *documents[T]) take(row Row) (before *document[T]) {
	name, torn := row.Field(s.at), s.torn
	s.torn = 0
	if s.open != nil && s.open.name == name {
		s.add(row)
		return nil
	}
	if s.open != nil {
		before = s.end()
	}
	switch {
	case name == "":
		s.faults = append(s.faults, &Fault{Line: row.Line, Why: fmt.Sprintf("%s is empty; %s is known by it when the file is read again", s.column, s.one())})
	case s.ended[digest8(name)]:
		s.faults = append(s.faults, &Fault{Line: row.Line, Document: clip(name), Why: fmt.Sprintf("its %s has ended further up; the rows of %s stand together", s.what, s.one())})
	default:
		s.open = &document[T]{name: name, bad: map[int]string{}}
		if torn != 0 {
			s.open.whole = fmt.Sprintf("line %d cannot be read and may belong to this %s", torn, s.what)
		}
		s.add(row)
	}
	return before
}

// add adds a row to the open document.
func (s *documents[T]) add(row Row) {
	d := s.open
	d.lines = append(d.lines, row.Line)
	if err := s.gather(&d.put, row); err != nil {
		d.bad[row.Line] = Reason(err)
	}
}

// end closes the open document. What is wrong with it becomes a fault for each of its rows; then it gives nil.
func (s *documents[T]) end() *document[T] {
	d := s.open
	s.open = nil
	s.ended[digest8(d.name)] = true
	if len(d.bad) == 0 && d.whole == "" {
		if err := s.whole(&d.put, d.name); err != nil {
			d.whole = Reason(err)
		}
	}
	if len(d.bad) == 0 && d.whole == "" {
		return d
	}
	for _, line := range d.lines {
		why := d.bad[line]
		if why == "" {
			why = d.whole
		}
		if why == "" {
			why = fmt.Sprintf("another row of its %s cannot be taken", s.what)
		}
		s.faults = append(s.faults, &Fault{Line: line, Document: clip(d.name), Why: why})
	}
	return nil
}
