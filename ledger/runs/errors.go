package runs

import (
	"errors"
	"fmt"
	"syscall"
)

// The answers that are the set's state.
var (
	// ErrClosed says that the set was closed.
	ErrClosed = errors.New("set of runs is closed")
	// ErrFull says that the disk has no room for the run. Nothing is left of it; the set goes on
	// once there is room.
	ErrFull = errors.New("no room on the disk for another run")
	// ErrStale says that the list is not of these files: one that it names is not there, or is
	// another run. Whoever can make the set anew does so.
	ErrStale = errors.New("the list of runs is not of these files")
)

const hint = "take this file away: what it held is then made anew from the journal"

// A DamageError says that what is on the disk is not what was written and synced there. It is
// never the trace of a crash.
type DamageError struct {
	File string // full path
	Page int64  // of 4 KiB each, from 0
	Why  string
	Hint string // what can be done
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("damaged %s at page %d: %s; %s", e.File, e.Page, e.Why, e.Hint)
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
