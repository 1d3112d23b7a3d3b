package node

import (
	"context"
	"errors"
	"sync"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of many orders that come together.
const (
	togetherMax = 256 // put to the book at once, so that a till's order never waits behind more
	openMax     = 64  // the same while head office may be asked: of them that wait for it, too
	asksMax     = 16  // of those that are asked about at once: half of what the line takes
)

// placeAll brings orders that came together to their entries; each stands alone. They are put to
// the book in their order, so many at a time. While head office may be asked these are few, for
// each of them may become an ask that holds stock until it ends. A caller whose ctx ends is told
// so of each order that is not decided; an ask under way is decided all the same.
func (d *desk) placeAll(ctx context.Context, places []*ledger.Place) []decided {
	results := make([]decided, len(places))
	all := &together{desk: d, room: make(chan struct{}, openMax), line: make(chan struct{}, asksMax)}
	err := d.enter()
	if err == nil {
		defer d.leave()
		defer all.late.Wait()
	}
	for at := 0; at < len(places); {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			results[at].err = err
			at++
			continue
		}
		at += all.next(ctx, places[at:], results[at:])
	}
	return results
}

// together is many orders on their way.
type together struct {
	*desk
	late sync.WaitGroup // those that wait for head office
	room chan struct{}  // for openMax of those
	line chan struct{}  // for asksMax of those
}

// next puts the next orders to the book and says how many those were.
func (t *together) next(ctx context.Context, places []*ledger.Place, results []decided) int {
	n, slots := min(len(places), togetherMax), 0
	online := t.hq != nil && t.hq.Online()
	if online {
		slots = t.take(min(n, t.free()))
		n = max(slots, 1) // one alone goes in the slot that the call has itself
	}
	reqs := make([]ledger.Request, n)
	for i, p := range places[:n] {
		p.AskHQ = online && !p.InHand
		reqs[i] = p
	}
	leave := func() {
		if slots > 0 {
			<-t.slots
		}
	}
	for i, got := range t.book.DoAll(context.WithoutCancel(ctx), reqs) {
		out, err := got.Outcome, got.Err
		if !asked(out, err) && (err != nil || !errors.Is(out.Err, ledger.ErrInProgress)) {
			leave()
			results[i] = decided{out, err}
			continue
		}
		t.room <- struct{}{}
		t.late.Go(func() {
			defer func() { <-t.room }()
			results[i] = t.finish(ctx, places[i], out, leave)
		})
	}
	if online && slots == 0 {
		t.late.Wait() // the call's own slot is free again
	}
	return n
}

// free says how many more orders may come to wait for head office. There is always one: others
// are waited for.
func (t *together) free() int {
	t.room <- struct{}{}
	<-t.room
	return max(1, openMax-len(t.room))
}

// take takes up to want of the desk's slots.
func (t *together) take(want int) (got int) {
	for got < want {
		select {
		case t.slots <- struct{}{}:
			got++
		default:
			return got
		}
	}
	return got
}

// finish brings an order to its end that head office is, or is to be, asked about. Its slot is
// left when that has come, whether the caller waits or not.
func (t *together) finish(ctx context.Context, p *ledger.Place, out ledger.Outcome, leave func()) decided {
	var err error
	if out.Err != nil { // somebody else's ask under the same key
		out, err = t.first(ctx, p)
	}
	if !asked(out, err) {
		leave()
		return decided{out, err}
	}
	t.under.again()
	t.line <- struct{}{}
	out, err = t.wait(ctx, t.passOn(out, p, func() {
		<-t.line
		leave()
		t.under.leave()
	}))
	return decided{out, err}
}
