package tape

import (
	"errors"
	"os"
	"sync"
)

// shelfMax bounds the segments that are held open for readers, with their marks: 16 files and,
// at 16 MiB each, some 70 KB.
const shelfMax = 16

// A shelf holds the segments that were read last. A file on it outlives its removal for as
// long as somebody reads it.
type shelf struct {
	mu     sync.Mutex // guards what stands below
	held   map[*segment]*held
	uses   uint64
	closed bool
}

// A held is one segment open for reading.
type held struct {
	seg  *segment
	file *os.File
	// Guarded by shelf.mu:
	readers int
	used    uint64 // the shelf's count at its last use
	dropped bool   // off the shelf: the last reader closes it

	indexing sync.Mutex // guards marks; held while they are read
	marks    []mark     // of a sealed segment; nil until somebody looked a number up
}

// take gives the segment open, until it is put back.
func (s *shelf) take(disk Disk, seg *segment) (*held, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.uses++
	h := s.held[seg]
	if h == nil {
		f, err := disk.OpenFile(seg.path, os.O_RDONLY, 0)
		if err != nil {
			return nil, err
		}
		h = &held{seg: seg, file: f}
		if s.held == nil {
			s.held = map[*segment]*held{}
		}
		s.held[seg] = h
	}
	h.readers++
	h.used = s.uses
	s.evict()
	return h, nil
}

// evict takes off what was used longest ago and has no reader, where there is too much.
func (s *shelf) evict() {
	if len(s.held) <= shelfMax {
		return
	}
	var oldest *held
	for _, h := range s.held {
		if h.readers == 0 && (oldest == nil || h.used < oldest.used) {
			oldest = h
		}
	}
	if oldest != nil {
		_ = s.remove(oldest) // nothing was written through it
	}
}

func (s *shelf) put(h *held) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.readers--
	if h.readers > 0 || !h.dropped {
		return nil
	}
	return h.file.Close()
}

// drop takes the segment off the shelf.
func (s *shelf) drop(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.held[seg]; h != nil {
		_ = s.remove(h) // nothing was written through it
	}
}

func (s *shelf) remove(h *held) error {
	delete(s.held, h.seg)
	h.dropped = true
	if h.readers > 0 {
		return nil
	}
	return h.file.Close()
}

func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for _, h := range s.held {
		errs = append(errs, s.remove(h))
	}
	return errors.Join(errs...)
}

// index gives the marks of a sealed segment, whose last number is before next: from its footer,
// or where a crash or damage has left none, from the headers of its records.
func (h *held) index(s *scanner, next uint64) ([]mark, error) {
	h.indexing.Lock()
	defer h.indexing.Unlock()
	if h.marks != nil {
		return h.marks, nil
	}
	b := make([]byte, footerRoom(h.seg.size))
	if _, err := h.file.ReadAt(b, h.seg.room()); err == nil {
		if f, ok := decodeFooter(h.seg.header, b); ok && f.last == next-1 {
			h.marks = f.marks
			return h.marks, nil
		}
	}
	marks, err := s.index(next)
	if err != nil {
		return nil, err
	}
	h.marks = marks
	return marks, nil
}
