package raftlog

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("raft log is closed")

	// ErrNotFound answers Get and GetUint64 for a key that was never set. Raft compares its
	// text: it must be exactly this.
	ErrNotFound = errors.New("not found")

	// ErrOutOfStep says that raft appends where this log does not end: its memory and the file
	// disagree (DESIGN.md). The store is broken then; a restart makes raft read the file again.
	ErrOutOfStep = errors.New("raft and its log are out of step")

	// ErrHole says that indexes are missing inside the log, or would be.
	ErrHole = errors.New("raft log would have a hole")
)

// A DamagedError says that a stored record cannot be trusted. Raft must not be told that the
// entry is missing, for it would then act as if it had never been there.
type DamagedError struct {
	Index  uint64 // of the log entry; 0 if it is a stable value
	Key    string // of the stable value; empty if it is a log entry
	Reason error
}

func (e *DamagedError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("read raft's %q: %v", e.Key, e.Reason)
	}
	return fmt.Sprintf("read raft entry %d: %v", e.Index, e.Reason)
}

func (e *DamagedError) Unwrap() error { return e.Reason }
