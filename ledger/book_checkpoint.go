package ledger

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/mapped"
)

// Bounds of what waits for a checkpoint, in memory and in the journal's tail. A checkpoint is
// due after BookConfig.CheckpointEvery entries or dirtyMax records, whichever comes first. While
// one is being written the writer goes on; behindMax times as much, and it waits for it.
const (
	dirtyMax  = 16_384
	behindMax = 2
)

// fullRetry is the pause between two tries to write a checkpoint to a disk that is full.
const fullRetry = time.Second

// handOver packs what has changed, if a checkpoint is due and none is being written, and leaves
// it to keepCheckpoints. The caller holds mu and no entry is pending.
func (b *Book) handOver() {
	if !b.due(1) || b.handed.Load() != nil {
		return
	}
	b.handed.Store(pack(b.core.State))
	b.sinceCheck = 0
	ring(b.ready)
}

// due says whether times as much waits for a checkpoint as makes one due. The caller holds mu.
func (b *Book) due(times int) bool {
	return b.sinceCheck >= times*b.cfg.CheckpointEvery || b.sinceCheck > 0 && b.core.State.dirtyRecords() >= times*dirtyMax
}

// awaitCheckpoint keeps the writer back while the checkpoint is too far behind: memory and the
// tail that the next opening replays stay bounded. It may not be called under mu or inside a
// transaction: the checkpoint may have to remap the file. A full disk it does not wait for.
func (b *Book) awaitCheckpoint() {
	for b.tooFarBehind() && !b.full.Load() {
		select {
		case <-b.landed:
		case <-b.broken:
			return
		case <-b.stopped:
			return
		}
	}
}

func (b *Book) tooFarBehind() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.handed.Load() != nil && b.due(behindMax)
}

// keepCheckpoints writes what is handed over until quit is closed. A checkpoint may be late or
// missing at any time: the journal's tail replays it.
func (b *Book) keepCheckpoints(quit <-chan struct{}) {
	for {
		err := b.landParcel() // another failure has stopped the book, which ends Run
		var again <-chan time.Time
		stop := func() {}
		if errors.Is(err, ErrFull) {
			again, stop = b.env.Clock.After(fullRetry)
			ring(b.landed) // whoever waits looks again, and sees that the disk is full
		}
		if err == nil && b.mergeRuns() {
			select {
			case <-quit:
				return
			default: // what is handed over meanwhile comes first, then the next slice
				continue
			}
		}
		select {
		case <-quit:
			stop()
			return
		case <-b.ready:
		case <-again:
		}
		stop()
	}
}

// landParcel writes what was handed over, if there is anything, in one commit. Only then may
// look-ups rely on the files: they take the parcel first and open their transaction after.
func (b *Book) landParcel() error {
	p := b.handed.Load()
	if p == nil {
		return nil
	}
	err := b.storeParcel(p)
	b.full.Store(errors.Is(err, ErrFull))
	if err != nil {
		return err
	}
	b.handed.Store(nil)
	ring(b.landed)
	b.release()
	return nil
}

// storeParcel writes the parcel's runs, whose files nobody knows until the commit names them. A sealed index that had no room on
// the disk has that commit in memory all the same, and brings it to the disk before the next one: its runs stay.
func (b *Book) storeParcel(p *parcel) error {
	if old := b.failed.Load(); old != nil {
		return fmt.Errorf("%w: %w", ErrClosed, old.err)
	}
	if err := b.settle(); err != nil {
		return err
	}
	c, err := b.runs.add(p)
	if err != nil && !errors.Is(err, ErrFull) {
		return b.fail(fmt.Errorf("%s: %w", ActCheckpoint, err))
	}
	if err != nil {
		return err
	}
	err = b.commit(ActCheckpoint, func(tx *bbolt.Tx) error { return p.store(tx, c.lists()) })
	after := error(nil)
	switch {
	case err == nil:
		after = b.runs.land(c)
	case errors.Is(err, ErrFull) && b.ahead():
		after = b.runs.leave(c)
	case errors.Is(err, ErrFull):
		after = b.runs.abort(c)
	}
	if after != nil {
		return b.fail(fmt.Errorf("%s: %w", ActCheckpoint, after))
	}
	return err
}

// release hands back the index's pages that were looked at: the system keeps them as long as it
// has room. A system that cannot is no fault of the book.
func (b *Book) release() { _ = mapped.Release(b.db.DB) }

// lastCheckpoint writes all that has changed when the book is closed. Run has ended; the caller
// holds mu. For want of room it is left out: the next opening replays a longer tail.
func (b *Book) lastCheckpoint() error {
	err := b.landParcel()
	if err == nil && b.sinceCheck > 0 {
		b.handed.Store(pack(b.core.State))
		b.sinceCheck = 0
		err = b.landParcel()
	}
	if errors.Is(err, ErrFull) {
		return nil
	}
	return err
}

// ring wakes whoever waits at a doorbell of one place.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
