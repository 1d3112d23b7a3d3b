package tape

import (
	"errors"
	"fmt"
)

// The answers that are the tape's state.
var (
	// ErrNoTape says that the folder holds no segment: Create makes the first. A crash in
	// Create can leave this too. Whoever has a checkpoint of such a tape has lost it.
	ErrNoTape = errors.New("no tape here")
	// ErrClosed says that the tape was closed.
	ErrClosed = errors.New("tape is closed")
	// ErrReadOnly says that the tape was opened to be read.
	ErrReadOnly = errors.New("tape is open for reading only")
	// ErrFull says that the record does not fit and that the disk has no room for another
	// segment. Nothing was written; the tape goes on once there is room.
	ErrFull = errors.New("no room on the disk for another segment")
	// ErrTooLarge says that a record is longer than RecordMax.
	ErrTooLarge = errors.New("record is too large")
	// ErrTrimmed says that the number was on the tape and has been trimmed.
	ErrTrimmed = errors.New("number has been trimmed")
	// ErrAhead says that the number is not on the tape yet.
	ErrAhead = errors.New("number is not on the tape yet")
)

// A DamageError says that what is on the disk is not what was written and synced there. It is
// never the trace of a crash.
type DamageError struct {
	File   string // full path
	Offset int64  // where in it; 0 is the header
	Number uint64 // first number that cannot be trusted; 0 where none can be named
	Why    string
	Hint   string // what can be done
}

func (e *DamageError) Error() string {
	text := fmt.Sprintf("damaged %s at byte %d", e.File, e.Offset)
	if e.Number > 0 {
		text += fmt.Sprintf(" (number %d)", e.Number)
	}
	text += ": " + e.Why
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}
