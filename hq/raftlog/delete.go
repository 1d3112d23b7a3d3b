package raftlog

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// deleteSlice bounds the keys that one transaction deletes. Raft trims the old end of its log
// beside the appends of a busy leader: between two slices these get their turn.
const deleteSlice = 2048

// DeleteRange deletes the entries from lo to hi, both included. What is not there is no error.
// The range must reach one end of the log, or it would leave a hole: then it is refused.
//
// A crash part of the way leaves a shorter log without holes.
func (s *Store) DeleteRange(lo, hi uint64) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.Err(); err != nil {
		return err
	}
	sp := s.span // only a writer changes it
	switch {
	case sp.empty() || lo > hi || hi < sp.first || lo > sp.last:
		return nil
	case lo > sp.first && hi < sp.last:
		return fmt.Errorf("delete raft entries %d to %d of %d to %d: %w", lo, hi, sp.first, sp.last, ErrHole)
	}
	if err := s.settle(); err != nil {
		return err
	}
	switch {
	case hi >= sp.last:
		// The end of the log, or all of it. Top down: were the low entries of the whole
		// log deleted first, a crash would leave its top alone above a snapshot.
		if err := s.cutDown(lo); err != nil {
			return err
		}
		if lo <= sp.first {
			s.mu.Lock()
			s.wiped = sp.last
			s.mu.Unlock()
		}
		return nil
	default:
		return s.cutUp(hi)
	}
}

// cutDown deletes from the last entry down to index, in slices. The caller holds writer.
func (s *Store) cutDown(index uint64) error {
	for !s.span.empty() && s.span.last >= index {
		from := max(index, s.span.first)
		if s.span.last-from >= deleteSlice {
			from = s.span.last - deleteSlice + 1
		}
		if err := s.drop(span{from, s.span.last}, s.span.below(from)); err != nil {
			return err
		}
	}
	return nil
}

// cutUp deletes from the first entry up to index, in slices. The caller holds writer, which is
// let go between two slices; what happened meanwhile is looked at afresh.
func (s *Store) cutUp(index uint64) error {
	for !s.span.empty() && s.span.first <= index {
		to := min(index, s.span.last)
		if to-s.span.first >= deleteSlice {
			to = s.span.first + deleteSlice - 1
		}
		if err := s.drop(span{s.span.first, to}, s.span.above(to)); err != nil {
			return err
		}
		s.writer.Unlock()
		s.writer.Lock()
		if err := s.Err(); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes the entries of gone in one transaction, each by its own key: to ask a cursor for
// the first key again and again walks over every page that was emptied before.
func (s *Store) drop(gone, rest span) error {
	var bytes int64
	err := s.commit(ActDelete, func(tx *bolt.Tx) error {
		b := tx.Bucket(logBucket())
		b.FillPercent = logFill
		for index := gone.first; index <= gone.last; index++ {
			bytes += int64(len(b.Get(indexKey(index))))
			if err := b.Delete(indexKey(index)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.span, s.bytes = rest, s.bytes-bytes
	return nil
}
