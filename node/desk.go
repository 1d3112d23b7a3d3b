package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// asker is head office as the desk needs it. Ask gives up when ctx ends.
type asker interface {
	Online() bool
	Ask(ctx context.Context, ask wire.Ask) (wire.AskReply, error)
}

// A desk takes orders. Each order is decided by a goroutine of the desk's own, not by the
// request's: a client that hangs up in the middle of an ask must not leave one open.
type desk struct {
	book    *ledger.Book
	hq      asker // nil where there is none
	clock   ledger.Clock
	log     *slog.Logger
	metrics *metrics
	askWait time.Duration
	jobs    chan *job // unbuffered: who waits here is bounded by the requests served at once
	slots   chan struct{}
	stopped chan struct{} // closed when Run has returned
}

type job struct {
	place *ledger.Place
	done  chan decided // holds one
}

type decided struct {
	out ledger.Outcome
	err error
}

// closeRetry is the pause before a full queue is tried again with the entry that closes an
// ask. Unlike a new order it is never given up while the book's writer lives.
const closeRetry = 5 * time.Millisecond

func newDesk(book *ledger.Book, hq asker, env ledger.Env, cfg Config, log *slog.Logger, m *metrics) *desk {
	return &desk{book: book, hq: hq, clock: env.Clock, log: log, metrics: m, askWait: cfg.AskWait,
		jobs: make(chan *job), slots: make(chan struct{}, cfg.OrdersMax), stopped: make(chan struct{})}
}

// run decides orders until ctx ends and all that were begun are decided. alive ends with the
// book's writer, which must outlive ctx unless its disk failed: an ask that cannot be closed
// stays open until the next start drops it.
func (d *desk) run(ctx, alive context.Context) error {
	defer close(d.stopped)
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case j := <-d.jobs:
			select {
			case d.slots <- struct{}{}:
			default:
				j.done <- decided{err: ledger.ErrBusy}
				continue
			}
			all.Go(func() {
				defer func() { <-d.slots }()
				// What was begun is brought to its end, also while the node is closing.
				out, err := d.decide(alive, j.place)
				j.done <- decided{out, err}
			})
		}
	}
}

// place hands an order to the desk and waits for its entry. A caller whose ctx ends first is
// told ErrUnsure; the order is decided all the same and its key knows.
func (d *desk) place(ctx context.Context, p *ledger.Place) (ledger.Outcome, error) {
	j := &job{place: p, done: make(chan decided, 1)}
	select {
	case d.jobs <- j:
	case <-d.stopped:
		return ledger.Outcome{}, ledger.ErrClosed
	case <-ctx.Done():
		return ledger.Outcome{}, ctx.Err()
	}
	select {
	case got := <-j.done:
		return got.out, got.err
	case <-ctx.Done():
		return ledger.Outcome{}, errors.Join(ledger.ErrUnsure, ctx.Err())
	}
}

// decide brings one order to its entry.
func (d *desk) decide(ctx context.Context, p *ledger.Place) (ledger.Outcome, error) {
	p.AskHQ = d.hq != nil && d.hq.Online()
	out, err := d.first(ctx, p)
	if err != nil || out.Err != nil || out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		return out, err
	}
	body, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok {
		panic("node: an ask whose entry holds no order")
	}
	return d.ask(ctx, body)
}

// first puts the order to the book. While the same key is being asked about, it waits for that
// answer, no longer than an ask may take.
func (d *desk) first(ctx context.Context, p *ledger.Place) (ledger.Outcome, error) {
	var late <-chan time.Time
	for {
		changed := d.book.Changed()
		out, err := d.book.Do(ctx, p)
		if err != nil || !errors.Is(out.Err, ledger.ErrInProgress) {
			return out, err
		}
		if late == nil {
			var stop func()
			late, stop = d.clock.After(d.askWait)
			defer stop()
		}
		select {
		case <-changed:
		case <-late:
			return out, nil
		case <-ctx.Done():
			return out, nil
		}
	}
}
