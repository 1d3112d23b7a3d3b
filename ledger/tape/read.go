package tape

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
)

// Read gives the record that holds number, checked. Its bytes are in buf where that is large
// enough (it may be nil), else in a slice of their own. ErrTrimmed, ErrAhead, *DamageError.
func (t *Tape) Read(number uint64, buf []byte) (Record, error) {
	l := t.Lookups()
	r, err := l.Read(number, buf)
	if err := errors.Join(err, l.Close()); err != nil {
		return Record{}, err
	}
	return r, nil
}

func (c *Cursor) read(number uint64) (Record, error) {
	if err := c.seek(number); err != nil {
		return Record{}, err
	}
	return c.Next()
}

// A Cursor reads forward. It is for one goroutine.
type Cursor struct {
	t     *Tape
	next  uint64 // number that the next record begins at; before the first, any number in it
	until uint64 // number after the last that is known to be in this segment
	held  *held  // nil before the first record
	off   int64
	scan  scanner
}

// Cursor gives the records forward from the one that holds number from; 0 means First. Close it.
func (t *Tape) Cursor(from uint64) *Cursor {
	if from == 0 {
		from = t.First()
	}
	return &Cursor{t: t, next: from, scan: scanner{ahead: readAhead}}
}

// Next gives the next record, checked; its bytes are good until the next call. io.EOF says that
// there is no more yet: after further appends Next goes on. ErrTrimmed says that Trim has
// overtaken the cursor.
func (c *Cursor) Next() (Record, error) {
	if c.held == nil {
		if err := c.seek(c.next); err != nil {
			if errors.Is(err, ErrAhead) {
				err = io.EOF
			}
			return Record{}, err
		}
	}
	if c.next == c.until {
		if err := c.extend(); err != nil {
			return Record{}, err
		}
	}
	r, ok, err := c.scan.record(c.off, c.next)
	if err != nil {
		return Record{}, err
	}
	if !ok || r.Last() >= c.until {
		return Record{}, c.scan.damage(c.off, c.next, whyRecord)
	}
	c.off += c.scan.cost
	c.next = r.Last() + 1
	return r, nil
}

// seek goes to the record that holds number: the segment by its name, the place in it by its
// marks, then from header to header.
func (c *Cursor) seek(number uint64) error {
	v, err := c.t.view()
	if err != nil {
		return err
	}
	i, err := v.find(number)
	if err != nil {
		return err
	}
	stays := c.held != nil && c.held.seg == v.segments[i]
	if stays { // what was read of it is good still: what is on the tape does not change
		c.scan.limit, c.until = v.limits(i)
	} else if err := c.enter(v, i); err != nil {
		return err
	}
	marks := v.marks
	if i < len(v.segments)-1 {
		marks, err = c.held.index(&c.scan, c.until)
	}
	if err == nil {
		from := marks[sort.Search(len(marks), func(i int) bool { return marks[i].first > number })-1]
		if stays && c.next > from.first && c.next <= number {
			from = mark{c.next, c.off}
		}
		c.off, c.next, err = c.scan.seek(from, number)
	}
	if err != nil {
		return errors.Join(err, c.Close()) // so that Next comes here again
	}
	return nil
}

// enter opens segment i of the view.
func (c *Cursor) enter(v view, i int) error {
	if err := c.Close(); err != nil {
		return err
	}
	h, err := c.t.shelf.take(c.t.env.Disk, v.segments[i])
	if errors.Is(err, fs.ErrNotExist) && c.t.First() > v.segments[i].first { // between view and take
		return fmt.Errorf("number %d: %w", c.next, ErrTrimmed)
	}
	if err != nil {
		return fmt.Errorf("read tape: %w", err)
	}
	limit, until := v.limits(i)
	c.held, c.until = h, until
	c.scan.reset(h.file, h.seg, limit)
	return nil
}

// extend finds out what has come since: more in this segment, or the next one.
func (c *Cursor) extend() error {
	v, err := c.t.view()
	if err != nil {
		return err
	}
	i, err := v.find(c.next)
	if errors.Is(err, ErrAhead) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	if v.segments[i] == c.held.seg {
		c.scan.limit, c.until = v.limits(i)
		return nil
	}
	if err := c.enter(v, i); err != nil {
		return err
	}
	c.off = headerSize // c.next is its first: the segment before ended there
	return nil
}

// Close frees what the cursor holds. It may be called twice.
func (c *Cursor) Close() error {
	h := c.held
	if h == nil {
		return nil
	}
	c.held = nil
	return c.t.shelf.put(h)
}
