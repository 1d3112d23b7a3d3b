package raftlog

import (
	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"
)

// FirstIndex is the index of the oldest entry, 0 if there is none.
func (s *Store) FirstIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return 0, s.err
	}
	return s.span.first, nil
}

// LastIndex is the index of the newest entry, 0 if there is none.
func (s *Store) LastIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return 0, s.err
	}
	return s.span.last, nil
}

// Bytes is what the entries of the log take, with the heads of their records.
func (s *Store) Bytes() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bytes
}

// Newest counts the entries from the newest back whose records fit in so many bytes together, at
// least 1 and at most most.
func (s *Store) Newest(bytes int64, most uint64) (n uint64, err error) {
	s.mu.RLock()
	kept, broken := s.held, s.err
	s.mu.RUnlock()
	if broken != nil {
		return 0, broken
	}
	for i := len(kept.recs) - 1; i >= 0 && n < most; i-- {
		if bytes -= int64(len(kept.recs[i])); bytes < 0 {
			return max(n, 1), nil
		}
		n++
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(logBucket()).Cursor()
		for k, v := c.Last(); k != nil && n < most; k, v = c.Prev() {
			if index, ok := indexIn(k); !ok || kept.at(index) != nil {
				continue // the mark, or it was moved here meanwhile
			}
			if bytes -= int64(len(v)); bytes < 0 {
				break
			}
			n++
		}
		return nil
	})
	return max(n, 1), err
}

// GetLog fills l with the entry at index. It answers raft.ErrLogNotFound, bare, if there is
// none (raft then sends a snapshot), and a *DamagedError if there is one that cannot be trusted.
func (s *Store) GetLog(index uint64, l *raft.Log) error {
	read := func(rec []byte) error {
		if err := decodeEntry(index, rec, l); err != nil {
			return &DamagedError{Index: index, Reason: err}
		}
		return nil
	}
	s.mu.RLock()
	rec, err := s.held.at(index), s.err
	s.mu.RUnlock()
	switch {
	case err != nil:
		return err
	case rec != nil:
		return read(rec)
	}
	return s.view(logBucket(), indexKey(index), raft.ErrLogNotFound, read)
}

// view hands the record at key to read, or answers missing. What read is given dies with the
// transaction.
func (s *Store) view(bucket, key []byte, missing error, read func(rec []byte) error) error {
	if err := s.Err(); err != nil {
		return err
	}
	err := s.db.View(func(tx *bolt.Tx) error {
		rec := tx.Bucket(bucket).Get(key)
		if rec == nil {
			return missing
		}
		return read(rec)
	})
	// A write may have failed since, or the file been closed: then what was read may be what
	// the failed write left, and the answer is the failure.
	if broken := s.Err(); broken != nil {
		return broken
	}
	return err
}
