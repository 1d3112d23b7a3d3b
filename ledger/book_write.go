package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// groupMax bounds the requests that one commit answers; bytes are bounded by frames. A group
// grows until it has as many, so requests that came together (DoAll) may double it.
const groupMax = 1024

// A waiter is one request in the queue, or many that came together.
type waiter struct {
	req  Request
	out  Outcome
	err  error
	many []*waiter     // instead of a request
	done chan struct{} // nil where another of the many rings
}

// join adds a waiter's requests to a group.
func (w *waiter) join(group []*waiter) []*waiter {
	if w.many != nil {
		return append(group, w.many...)
	}
	return append(group, w)
}

// answered wakes who waits.
func (w *waiter) answered() {
	if w.done != nil {
		close(w.done)
	}
}

// Do puts a request to the writer and waits until its entries are on disk. The error is
// ErrClosed, ErrBusy, ErrUnsure or ctx's; a refusal is the outcome's own. Once a request is
// queued it may land even if ctx ends: the caller is told ErrUnsure and its key decides.
func (b *Book) Do(ctx context.Context, req Request) (Outcome, error) {
	w := &waiter{req: req, done: make(chan struct{})}
	if err := b.await(ctx, w); err != nil {
		return Outcome{}, err
	}
	return w.out, w.err
}

// Run is the writer: it takes what has queued, decides it in memory, lands it in the journal
// and answers. It returns nil when ctx ends, or the failure that stopped the book. Requests left
// in the queue are answered with ErrClosed: none of them was decided. A book is run once.
func (b *Book) Run(ctx context.Context) error {
	if !b.running.CompareAndSwap(false, true) {
		return ErrClosed
	}
	var others sync.WaitGroup
	quit := make(chan struct{})
	others.Go(func() { b.keepCheckpoints(quit) })
	defer close(b.stopped)
	defer b.drain()
	defer others.Wait()
	defer close(quit)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	others.Go(func() {
		if err := b.tape.Prepare(ctx); err != nil {
			_ = b.fail(fmt.Errorf("prepare journal: %w", err)) // noted: it ends Run
		}
	})
	group := make([]*waiter, 0, groupMax)
	for {
		clear(group)
		group = group[:0]
		select {
		case <-ctx.Done():
			return nil
		case <-b.broken:
			return b.stoppedBy(b.failed.Load().err)
		case w := <-b.queue:
			group = w.join(group)
		}
	more:
		for len(group) < groupMax {
			select {
			case w := <-b.queue:
				group = w.join(group)
			default:
				break more
			}
		}
		err := b.write(group)
		for _, w := range group {
			if err != nil && w.err == nil {
				w.err = fmt.Errorf("%w: %w", ErrUnsure, err)
			}
			w.answered()
		}
		if err != nil {
			return b.stoppedBy(err)
		}
	}
}

func (b *Book) stoppedBy(err error) error {
	return fmt.Errorf("book of %s stopped: %w", b.cfg.Site, err)
}

func (b *Book) drain() {
	for {
		select {
		case w := <-b.queue:
			for _, one := range w.join(nil) {
				one.err = ErrClosed
				one.answered()
			}
		default:
			return
		}
	}
}

// write decides and lands one group. Readers go on while the disk is at work, and whoever has seen what it does not hold yet
// waits for it (seen).
func (b *Book) write(group []*waiter) error {
	b.awaitCheckpoint()
	b.landing.Lock()
	defer b.landing.Unlock()
	frames, err := b.decideGroup(group)
	if err != nil {
		return err
	}
	return b.land(frames)
}

// decideGroup decides a group in memory and gives what is to land.
func (b *Book) decideGroup(group []*waiter) ([]*Frame, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.Err(); err != nil {
		for _, w := range group {
			w.err = err // never decided
		}
		return nil, err
	}
	b.handOver() // what was due while another was being written
	for _, w := range group {
		w.out = b.decide(w.req)
	}
	b.past.done()
	if b.quarantine != "" && b.core.Pending() > 0 {
		if err := b.keepQuarantine(); err != nil {
			return nil, err
		}
	}
	return b.cut(), nil
}

// decide answers one request from memory. On a disk without room, for the next checkpoint or for
// the journal's next file, nothing new is promised; where even the room that is kept for the rest
// runs out, or so much waits for the checkpoint that memory would grow without bound, nothing at
// all is decided.
func (b *Book) decide(req Request) Outcome {
	if b.quarantine != "" && !inHand(req) {
		return b.core.known(req, ErrQuarantined)
	}
	if b.noRoomFor(req) {
		return b.core.known(req, ErrFull)
	}
	return b.core.Decide(req, b.env.Clock.Wall())
}

func (b *Book) noRoomFor(req Request) bool {
	if promises(req) {
		return b.full.Load() || b.noRoom(roomPromises)
	}
	return b.full.Load() && b.handed.Load() != nil && b.due(behindMax) || b.noRoom(roomAll)
}

// inHand says whether a request is a sale of goods that the customer holds. They leave the shop
// whatever the book says, so a book in quarantine writes that down, on its own chain: once the site
// is rebuilt it is a fact told late.
func inHand(req Request) bool {
	p, ok := req.(*Place)
	return ok && p.InHand
}

// promises says whether a request would make a new promise. The rest records what has happened,
// as a sale of goods in the hand has, or ends what was begun.
func promises(req Request) bool {
	switch r := req.(type) {
	case *Place:
		return !r.InHand
	case *MoveAsset:
		return r.Act == AssetCharge || r.Act == AssetLoad
	default:
		return false
	}
}

// commit runs f in one transaction. It holds disk from looking for a failure to noting its own:
// bbolt would go on committing on top of a transaction whose sync has failed. ErrFull says that
// the disk had no room for the pages: it stops nobody. Nothing has changed, but of a sealed index, whose commit is in memory and goes
// to the disk before the next.
func (b *Book) commit(act Act, f func(*bbolt.Tx) error) error {
	b.disk.Lock()
	defer b.disk.Unlock()
	if old := b.failed.Load(); old != nil {
		return fmt.Errorf("%w: %w", ErrClosed, old.err)
	}
	err := b.env.Disk.Before(act, b.db.Path())
	before := 0
	if err == nil {
		before, err = b.update(f)
	}
	if err != nil && act != ActQuarantine && b.fullBefore(err, before) {
		return fmt.Errorf("%s: %w", act, ErrFull)
	}
	if err != nil {
		return b.fail(fmt.Errorf("%s: %w", act, err))
	}
	return nil
}

// update gives the number of the transaction, or 0 if it was not begun.
func (b *Book) update(f func(*bbolt.Tx) error) (number int, err error) {
	returned := false
	err = guard(b.db.Path(), func() error {
		err := b.db.Update(func(tx *bbolt.Tx) error {
			number = tx.ID()
			return f(tx)
		})
		returned = true
		return err
	})
	if !returned {
		b.wrecked.Store(true)
	}
	return number, err
}

// fullBefore says whether transaction number ended with err for want of room for its pages, before
// its meta page was written. bbolt then goes on as if it had never been. A sync that finds no room
// is a failed sync like any other.
func (b *Book) fullBefore(err error, number int) bool {
	if errors.Is(err, ErrFull) { // a sealed index at its bound
		return true
	}
	if !tape.IsFull(err) {
		return false
	}
	if _, waits := errors.AsType[*noRoomError](err); number == 0 || waits {
		return true
	}
	if pe, ok := errors.AsType[*fs.PathError](err); !ok || pe.Op != "write" {
		return false
	}
	landed := true
	return b.view(func(tx *bbolt.Tx) error { landed = tx.ID() >= number; return nil }) == nil && !landed
}

// fail stops the book for good: memory is ahead of the disk, and what a failed sync left there
// nobody knows (reliability: a failed fdatasync is not a rollback).
func (b *Book) fail(err error) error {
	if b.failed.CompareAndSwap(nil, &failure{err}) {
		close(b.broken)
	}
	return err
}

// Err says why the book takes no more requests, or nil. It takes no lock: a request must not
// wait for the commit under way before it may queue for the next.
func (b *Book) Err() error {
	if f := b.failed.Load(); f != nil {
		return fmt.Errorf("%w: %w", ErrClosed, f.err)
	}
	if b.closed.Load() {
		return ErrClosed
	}
	return nil
}
