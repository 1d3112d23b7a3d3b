package tape

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// fullWait is the pause between two tries to make a spare on a full disk.
const fullWait = time.Second

// Prepare makes spare segments ahead of their need until ctx ends, and then returns nil. Where
// the disk is full it tries again each second. Any other return is a fault that has ended the
// tape, or ErrClosed. At most one Prepare may run.
func (t *Tape) Prepare(ctx context.Context) error {
	t.setPreparing(true)
	defer t.setPreparing(false)
	for ctx.Err() == nil {
		if err := t.writable(); err != nil {
			return err
		}
		var again <-chan time.Time
		stop := func() {}
		if t.wantsSpare() {
			err := t.prepareSpare()
			if err != nil && !errors.Is(err, ErrFull) {
				return err
			}
			if err != nil {
				again, stop = t.env.Clock.After(fullWait)
			}
		}
		bell := t.bell
		if again != nil {
			bell = nil // appends ring on and on; the disk is asked once a second
		}
		select {
		case <-ctx.Done():
		case <-t.done:
			stop()
			return ErrClosed
		case <-bell:
		case <-again:
		}
		stop()
	}
	return nil
}

func (t *Tape) setPreparing(is bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.preparing = is
}

// prepareSpare makes a spare unless an append has been quicker.
func (t *Tape) prepareSpare() error {
	t.making.Lock()
	defer t.making.Unlock()
	if err := t.writable(); err != nil || t.spare != nil {
		return err
	}
	return t.makeSpare(1)
}

// wantsSpare says whether more than half of the current segment is used and no spare is ready.
func (t *Tape) wantsSpare() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.spareSize == 0 && t.end-headerSize > (t.current.room()-headerSize)/2
}

// ring wakes Prepare where there is something for it to do.
func (t *Tape) ring() {
	if !t.wantsSpare() {
		return
	}
	select {
	case t.bell <- struct{}{}:
	default:
	}
}

// waitsForRoom says that Prepare has found the disk full and will look again, so that an append
// need not write zeros until the disk is full once more just to say no.
func (t *Tape) waitsForRoom() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.full && t.preparing
}

// makeSpare writes a file of zeros with at least need bytes for records, and syncs it: from
// then on its blocks are its own. It grows with the tape, so that a small site has small files
// and a large one rolls seldom. What a crash or an earlier life left under the spare's name is
// written over in place. On a full disk nothing is left of it, for others need the room.
// The caller holds making.
func (t *Tape) makeSpare(need int64) error {
	t.mu.Lock()
	size := min(max(t.written(), t.cfg.SizeMin), t.cfg.SizeMax)
	t.spareSize = 0
	t.mu.Unlock()
	size = max(roundUp(size), sizeFor(need))
	path := t.path(spareName)
	if t.spare != nil { // too small for this record
		f := t.spare
		t.spare = nil
		if err := f.Close(); err != nil {
			return t.fail(ActPrewrite, path, err)
		}
	}
	err := t.env.before(ActPrewrite, path)
	var f *os.File
	if err == nil {
		f, err = t.prewrite(path, size)
	}
	if IsFull(err) {
		if gone := t.env.Disk.Remove(path); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			return t.fail(ActPrewrite, path, gone)
		}
		err = fmt.Errorf("%w: %w", ErrFull, err)
	} else if err != nil {
		return t.fail(ActPrewrite, path, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full = err != nil; t.full {
		return err
	}
	t.spare, t.spareSize = f, size
	return nil
}

func (t *Tape) prewrite(path string, size int64) (*os.File, error) {
	f, err := t.env.Disk.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err = writeZeros(f, 0, size); err == nil {
		err = f.Truncate(size) // an older spare may have been longer
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
