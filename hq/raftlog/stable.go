package raftlog

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Bounds of what raft keeps by name: its term, its vote's term and its vote. Bytes.
const (
	stableKeyMax   = 256
	stableValueMax = 64 << 10
)

// Set keeps val under key, durably. Raft must not answer a vote before it returns nil.
func (s *Store) Set(key, val []byte) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.Err(); err != nil {
		return err
	}
	if len(key) == 0 || len(key) > stableKeyMax || len(val) > stableValueMax {
		return fmt.Errorf("set raft's value: key of %d bytes, value of %d: limits are 1 to %d and %d", len(key), len(val), stableKeyMax, stableValueMax)
	}
	rec := append(make([]byte, headerSize, headerSize+len(val)), val...)
	seal(key, rec)
	return s.commit(ActSet, func(tx *bolt.Tx) error {
		return tx.Bucket(stableBucket()).Put(key, rec)
	})
}

// Get returns a copy of the value of key, ErrNotFound if there is none, or a *DamagedError.
func (s *Store) Get(key []byte) ([]byte, error) {
	var val []byte
	err := s.view(stableBucket(), key, ErrNotFound, func(rec []byte) error {
		body, err := unseal(key, rec)
		if err != nil {
			return &DamagedError{Key: string(key), Reason: err}
		}
		val = append([]byte{}, body...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return val, nil
}

// SetUint64 keeps val under key, durably.
func (s *Store) SetUint64(key []byte, val uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, val))
}

// GetUint64 returns the value of key, 0 and ErrNotFound if there is none, or a *DamagedError.
func (s *Store) GetUint64(key []byte) (uint64, error) {
	val, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(val) != 8 {
		return 0, &DamagedError{Key: string(key), Reason: errLength}
	}
	return binary.BigEndian.Uint64(val), nil
}
