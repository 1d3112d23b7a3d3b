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

// A desk takes orders. The request's own goroutine puts its order to the book and stays until it
// is decided there, whether its client does or not: an ask that nobody knows of would stay open.
// Head office is asked in a goroutine of the desk's own, for that may take longer than a client
// waits.
type desk struct {
	book    *ledger.Book
	hq      asker // nil where there is none
	clock   ledger.Clock
	log     *slog.Logger
	metrics *metrics
	askWait time.Duration
	under   *inFlight     // orders under way, asks too
	slots   chan struct{} // one for each of them
	asks    chan *asking  // unbuffered: run takes each at once
}

// asking is an order that head office is to be asked about.
type asking struct {
	body  *ledger.OrderBody
	lots  []ledger.LineLot // that its customer takes
	least ledger.Lasting   // until when others have to be good
	leave func()           // called when the ask has ended
	done  chan decided     // holds one
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
		under: newInFlight(), slots: make(chan struct{}, cfg.OrdersMax), asks: make(chan *asking)}
}

// run asks head office until ctx ends and all orders that were begun are decided. alive ends with
// the book's writer, which must outlive ctx unless its disk failed: an ask that cannot be closed
// stays open until the next start drops it.
func (d *desk) run(ctx, alive context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	closing := ctx.Done()
	for {
		select {
		case <-closing:
			d.under.shutDoor()
			closing = nil
		case <-d.under.idle:
			return nil
		case a := <-d.asks:
			all.Go(func() {
				// What was begun is brought to its end, also while the node is closing.
				out, err := d.ask(alive, a.body, a.lots, a.least)
				a.leave()
				a.done <- decided{out, err}
			})
		}
	}
}

// enter counts an order in; leave must follow nil.
func (d *desk) enter() error {
	if !d.under.enter() {
		return ledger.ErrClosed
	}
	select {
	case d.slots <- struct{}{}:
		return nil
	default:
		d.under.leave()
		return ledger.ErrBusy
	}
}

func (d *desk) leave() {
	<-d.slots
	d.under.leave()
}

// place brings an order to its entry. A caller whose ctx ends while head office is asked is told
// ErrUnsure; the order is decided all the same and its key knows.
func (d *desk) place(ctx context.Context, p *ledger.Place) (ledger.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Outcome{}, err
	}
	if err := d.enter(); err != nil {
		return ledger.Outcome{}, err
	}
	p.AskHQ = d.hq != nil && d.hq.Online() && !p.InHand
	out, err := d.first(ctx, p)
	if !asked(out, err) {
		d.leave()
		return out, err
	}
	return d.wait(ctx, d.passOn(out, p, d.leave))
}

// asked says whether an order has become an open ask.
func asked(out ledger.Outcome, err error) bool {
	return err == nil && out.Err == nil && out.Entry != nil && out.Entry.Kind == ledger.KindAsked
}

// passOn gives an open ask to run, which brings it to its end and then calls leave. Somebody must
// be counted in until then.
func (d *desk) passOn(out ledger.Outcome, p *ledger.Place, leave func()) *asking {
	body, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok {
		panic("node: an ask whose entry holds no order")
	}
	a := &asking{body: body, lots: p.Lots, least: p.Least, leave: leave, done: make(chan decided, 1)}
	d.asks <- a
	return a
}

func (d *desk) wait(ctx context.Context, a *asking) (ledger.Outcome, error) {
	select {
	case got := <-a.done:
		return got.out, got.err
	case <-ctx.Done():
		return ledger.Outcome{}, errors.Join(ledger.ErrUnsure, ctx.Err())
	}
}

// first puts the order to the book. While the same key is being asked about, it waits for that
// answer, no longer than an ask may take. The bell is not asked for before it is needed: an order
// waits for nothing before it queues.
func (d *desk) first(ctx context.Context, p *ledger.Place) (ledger.Outcome, error) {
	staying := context.WithoutCancel(ctx)
	out, err := d.book.Do(staying, p)
	if err != nil || !errors.Is(out.Err, ledger.ErrInProgress) {
		return out, err
	}
	late, stop := d.clock.After(d.askWait)
	defer stop()
	for {
		changed := d.book.Changed()
		out, err := d.book.Do(staying, p)
		if err != nil || !errors.Is(out.Err, ledger.ErrInProgress) {
			return out, err
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
