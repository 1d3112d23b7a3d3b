package raftlog

import (
	"fmt"
	"math"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"
)

// logFill is how full bbolt leaves a page that it splits. Entries come at the right-hand edge
// only, so nothing is ever inserted into a page that was left behind.
const logFill = 0.95

// StoreLog appends one entry.
func (s *Store) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs appends logs, whose indexes must follow one another, all or none of them. An entry
// that is too large is refused and leaves the store as it was.
func (s *Store) StoreLogs(logs []*raft.Log) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.Err(); err != nil || len(logs) == 0 {
		return err
	}
	// Encoded before anything is written, so that a refusal costs nothing.
	recs, first := make([][]byte, len(logs)), logs[0].Index
	for i, l := range logs {
		if l.Index == 0 || l.Index == math.MaxUint64 || l.Index != first+uint64(i) {
			return fmt.Errorf("store raft entries: %d at place %d after %d: %w", l.Index, i, first, ErrHole)
		}
		var err error
		if recs[i], err = encodeEntry(l); err != nil {
			return err
		}
	}
	if err := s.makeRoom(first); err != nil {
		return err
	}
	if !s.tail.takes(recs) { // full, or the append is larger than a tail
		return s.move(ActStore, first, recs, func(*bolt.Tx) error { return nil })
	}
	if err := s.write(recs); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken(first, recs)
	return nil
}

// makeRoom decides whether an append may begin at index, and drops the log if it is obsolete.
// DESIGN.md tells how raft comes to each of these. The caller holds writer.
func (s *Store) makeRoom(index uint64) error {
	switch {
	case s.span.empty() && s.wiped != 0 && index == s.wiped+1:
		// Raft has not noticed that its log was emptied. Were this append let in, the entries
		// between the snapshot and here would be missing after every restart, too.
		return s.fail(fmt.Errorf("store raft entry %d: the log up to %d was deleted: %w", index, s.wiped, ErrOutOfStep))
	case s.span.empty():
		return nil
	case index <= s.span.last:
		return s.fail(fmt.Errorf("store raft entry %d: the log ends at %d: %w", index, s.span.last, ErrOutOfStep))
	case index == s.span.last+1:
		return nil
	default:
		// A snapshot reaches up to index-1, and the process ended before the log was emptied.
		if err := s.settle(); err != nil {
			return err
		}
		return s.cutDown(0)
	}
}
