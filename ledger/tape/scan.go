package tape

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// readAhead is what a cursor asks of the disk at a time; readNear is for a lookup.
const (
	readAhead = 1 << 20
	readNear  = 64 << 10
)

// A scanner reads one segment's file forward through a buffer, which grows for a record that
// is larger.
type scanner struct {
	f     *os.File
	seg   *segment
	seed  uint32
	limit int64 // nothing at or beyond it is read
	ahead int
	buf   []byte
	base  int64  // offset in the file of buf[0]
	cost  int64  // on the disk, of the record that was read last
	text  []byte // of that record, where it was sealed
}

// reset turns the scanner to another file and keeps its buffer.
func (s *scanner) reset(f *os.File, seg *segment, limit int64) {
	s.f, s.seg, s.seed, s.limit = f, seg, seg.seed(), limit
	s.buf, s.base = s.buf[:0], 0
}

// at gives n bytes of the file from off, good until the next call. The caller keeps
// off+n <= limit.
func (s *scanner) at(off, n int64) ([]byte, error) {
	if off < s.base || off+n > s.base+int64(len(s.buf)) {
		if err := s.fill(off, n); err != nil {
			return nil, err
		}
	}
	return s.buf[off-s.base:][:n], nil
}

func (s *scanner) fill(off, n int64) error {
	want := min(max(n, int64(s.ahead)), s.limit-off)
	if int64(cap(s.buf)) < want {
		s.buf = make([]byte, want)
	}
	s.buf, s.base = s.buf[:want], off
	got, err := s.f.ReadAt(s.buf, off)
	if int64(got) == want {
		return nil
	}
	s.buf = s.buf[:0]
	if errors.Is(err, io.EOF) {
		return s.damage(off+int64(got), 0, "the file is cut off")
	}
	return fmt.Errorf("read tape: %w", err)
}

// head reads the header of the record that should begin at off with number first. False says
// that it does not.
func (s *scanner) head(off int64, first uint64) (recordHeader, bool, error) {
	if off+recordHead > s.limit {
		return recordHeader{}, false, nil
	}
	b, err := s.at(off, recordHead)
	if err != nil {
		return recordHeader{}, false, err
	}
	h, ok := readHead(s.seed, b)
	return h, ok && h.first == first && off+h.cost() <= s.limit, nil
}

// record reads and checks the record that should begin at off with number first.
func (s *scanner) record(off int64, first uint64) (Record, bool, error) {
	h, ok, err := s.head(off, first)
	if !ok || err != nil {
		return Record{}, false, err
	}
	b, err := s.at(off, h.cost())
	if err != nil || !h.checks(s.seed, b) {
		return Record{}, false, err
	}
	s.cost = h.cost()
	r := h.record(b)
	if s.seg.box != nil {
		// It is what was written, so it is no write that was cut short: somebody has altered it, or the key is another.
		if s.text, err = s.seg.box.Open(s.text[:0], r.Bytes, place(r)); err != nil {
			return Record{}, false, s.damage(off, first, "the key of this book does not open the record: it was altered, or is another book's")
		}
		r.Bytes = s.text
	}
	return r, true, nil
}

func (s *scanner) damage(off int64, number uint64, why string) error {
	return &DamageError{File: s.seg.path, Offset: off, Number: number, Why: why, Hint: hintRestore}
}

const whyRecord = "the record that was written here does not check"

// seek steps over headers from mark m to the record that holds number: where it stands, and
// the number it begins at.
func (s *scanner) seek(m mark, number uint64) (int64, uint64, error) {
	off, first := m.at, m.first
	for {
		h, ok, err := s.head(off, first)
		switch {
		case err != nil:
			return 0, number, err
		case !ok:
			return 0, number, s.damage(off, first, whyRecord)
		case number < h.next():
			return off, first, nil
		}
		off, first = off+h.cost(), h.next()
	}
}

// index makes the marks of a segment from its records' headers, up to the number next or to
// where they stop.
func (s *scanner) index(next uint64) ([]mark, error) {
	var marks []mark
	off, first := int64(headerSize), s.seg.first
	for first < next {
		h, ok, err := s.head(off, first)
		if err != nil {
			return nil, err
		}
		marks = withMark(marks, mark{first, off}) // also where it does not check: seek says so
		if !ok {
			break
		}
		off, first = off+h.cost(), h.next()
	}
	return marks, nil
}
