package node

// White-box: what happens to the book between an ask and its end is otherwise a matter of chance.

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// meanwhile is a head office that lets something happen before it answers.
type meanwhile struct {
	act   func()
	reply func(wire.Ask) wire.AskReply
}

func (meanwhile) Online() bool { return true }
func (m meanwhile) Ask(_ context.Context, a wire.Ask) (wire.AskReply, error) {
	m.act()
	return m.reply(a), nil
}

// deskOf gives an open desk at a counter that asks hq, with its book's writer running.
func deskOf(t *testing.T, hq *meanwhile) *desk {
	t.Helper()
	w := testworld.New(11)
	n := openNode(t, w, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.book.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
	d := newDesk(n.book, hq, w.Env(), Config{OrdersMax: 1}, n.log, n.metrics)
	taking, stopTaking := context.WithCancel(t.Context())
	taken := make(chan error, 1)
	go func() { taken <- d.run(taking, ctx) }()
	t.Cleanup(func() { // before the writer's end, as the node does
		stopTaking()
		if err := <-taken; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
	putIn(t, d, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
	return d
}

func putIn(t *testing.T, d *desk, req ledger.Request) {
	t.Helper()
	if out, err := d.book.Do(t.Context(), req); err != nil || out.Err != nil {
		t.Fatalf("%T: got %v, %v; want it done", req, out.Err, err)
	}
}

func yesFromHull(a wire.Ask) wire.AskReply {
	out := wire.AskReply{Verdict: wire.VerdictOK, Yes: true}
	for _, l := range a.Lines {
		out.Legs = append(out.Legs, ledger.AskLeg{Line: l.Line, Site: "hull", Qty: l.Qty})
	}
	return out
}

func noMore(wire.Ask) wire.AskReply { return wire.AskReply{Verdict: wire.VerdictOK} }

func noTimely(wire.Ask) wire.AskReply { return wire.AskReply{Verdict: wire.VerdictLater} }

const askedOrder = ledger.OrderID("01900000-0000-7000-8000-00000000aaaa")

func TestAnAskThatCannotBeDecidedIsDropped(t *testing.T) {
	for name, reply := range map[string]func(wire.Ask) wire.AskReply{"a yes": yesFromHull, "a no": noMore, "no answer": noTimely} {
		t.Run(name, func(t *testing.T) {
			hq := &meanwhile{reply: reply}
			d := deskOf(t, hq)
			order := ledger.Order{ID: askedOrder, Fulfil: ledger.Take, Shortage: ledger.Partial, Anywhere: true}
			var skus []ledger.SKU
			for n := range 5 {
				sku := ledger.SKU(fmt.Sprint("S", n))
				skus = append(skus, sku)
				order.Lines = append(order.Lines, ledger.Line{SKU: sku, Qty: 9001})
				putIn(t, d, &ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: sku, Qty: 9000, Bin: "Z"}}})
			}
			hq.act = func() { // goods come in, to bins that are picked from before Z
				for _, sku := range skus {
					for part := range 2 {
						r := &ledger.Receive{}
						for i := range 4500 {
							r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: sku, Qty: 1, Bin: ledger.Bin(fmt.Sprint("B", part*4500+i))})
						}
						putIn(t, d, r)
					}
				}
			}
			key := ledger.DigestOf([]byte("k"))
			out, err := d.place(t.Context(), &ledger.Place{Meta: ledger.Meta{Key: key}, Order: order})
			if _, ok := errors.AsType[*ledger.FormError](out.Err); err != nil || !ok {
				t.Errorf("got %v, %v; want the form refused", out.Err, err)
			}
			if v := d.book.View(); v.OpenAsks != 0 || v.OpenOrders != 0 {
				t.Errorf("got %+v, want no ask left open", v)
			}
			if l, _ := d.book.Level("S0"); l.Reserved != 0 || l.Available != 18_000 {
				t.Errorf("got %d reserved and %d available, want all 18000 free", l.Reserved, l.Available)
			}
			small := ledger.Order{ID: askedOrder, Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "S0", Qty: 1}}}
			if out, err := d.place(t.Context(), &ledger.Place{Meta: ledger.Meta{Key: key}, Order: small}); err != nil || out.Err != nil {
				t.Errorf("its key again: got %v, %v; want it free", out.Err, err)
			}
		})
	}
}

func TestAnAskThatQuarantineOvertakesIsAnsweredSo(t *testing.T) {
	for name, reply := range map[string]func(wire.Ask) wire.AskReply{"a yes": yesFromHull, "a no": noMore, "no answer": noTimely} {
		t.Run(name, func(t *testing.T) {
			hq := &meanwhile{reply: reply}
			d := deskOf(t, hq)
			hq.act = func() { d.book.Quarantine("head office says fork") }
			p := &ledger.Place{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("k"))}, Order: ledger.Order{ID: askedOrder,
				Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Anywhere: true, Lines: []ledger.Line{{SKU: "A", Qty: 1}}}}
			for _, who := range []string{"the first", "its retry"} {
				if out, err := d.place(t.Context(), p); err != nil || !errors.Is(out.Err, ledger.ErrQuarantined) {
					t.Errorf("%s: got %v, %v; want %v", who, out.Err, err, ledger.ErrQuarantined)
				}
			}
		})
	}
}
