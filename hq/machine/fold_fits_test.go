package machine_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// writes pushes one entry of a site as if its book had written it.
func (b *bench) writes(site ledger.SiteID, e *ledger.Entry) {
	b.t.Helper()
	s, _ := b.m.Site(site)
	b.ok(next(s, stored(s, e)))
}

// restarts says whether head office could begin again from a snapshot of what it has.
func (b *bench) restarts() {
	b.t.Helper()
	if _, err := machine.Restore(bytes.NewReader(encode(b.t, b.m))); err != nil {
		b.t.Errorf("restored: got %v, want no error", err)
	}
}

func TestAnOrderThatDoesNotAddUpIsNotRecorded(t *testing.T) {
	for name, spoil := range map[string]func(*ledger.Order){
		"more waits than is wanted":   func(o *ledger.Order) { o.Lines[0].Backordered = 5 },
		"less than nothing waits":     func(o *ledger.Order) { o.Lines[0].Backordered = -1 },
		"less than nothing is here":   func(o *ledger.Order) { o.Lines[0].Here = -1 },
		"less than nothing was taken": func(o *ledger.Order) { o.Lines[0].Taken, o.Lines[0].Here = -1, 1 },
		"promised and waiting":        func(o *ledger.Order) { o.Lines[0].Here = 1 },
		"a leg of nothing":            func(o *ledger.Order) { o.Lines[0].Away = []ledger.Leg{{Site: "york"}} },
		"a leg at home": func(o *ledger.Order) {
			o.Lines[0].Backordered, o.Lines[0].Away = 0, []ledger.Leg{{Site: "hull", Qty: 1}}
		},
		"two legs from one site": func(o *ledger.Order) {
			o.Lines[0].Qty, o.Lines[0].Away = 3, []ledger.Leg{{Site: "york", Qty: 1}, {Site: "york", Qty: 1}}
		},
		"a sum that wraps":   func(o *ledger.Order) { o.Lines[0].Away = []ledger.Leg{{Site: "york", Qty: math.MaxInt64}} },
		"no lines":           func(o *ledger.Order) { o.Lines = nil },
		"an id that is none": func(o *ledger.Order) { o.ID = "x" },
		"a line of nothing":  func(o *ledger.Order) { o.Lines[0].Qty, o.Lines[0].Backordered = 0, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.ok(b.cut("hull"))
			o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1, Backordered: 1})
			o.Owner, o.Status, o.Wait = "hull", ledger.StatusBackordered, ledger.WaitHQ
			spoil(&o)
			b.writes("hull", &ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: o}})
			if got := b.exceptions(); !slices.Equal(got, []string{"does_not_fit"}) {
				t.Errorf("got exceptions %q, want does_not_fit", got)
			}
			if _, _, ok := b.m.OwnerOf(o.ID); ok {
				t.Error("the order is known, want it passed over")
			}
			b.restarts()
		})
	}
}

func TestACancelOfAnotherWishDoesNotFit(t *testing.T) {
	for name, spoil := range map[string]func(*ledger.Order){
		"it still waits":    func(o *ledger.Order) { o.Status, o.Lines[0].Backordered = ledger.StatusBackordered, 1 },
		"it has lost lines": func(o *ledger.Order) { o.Lines = o.Lines[:1] },
		"it wants more":     func(o *ledger.Order) { o.Lines[1].Qty++ },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.ok(b.cut("hull"))
			o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1, Backordered: 1}, ledger.Line{SKU: "PIPE", Qty: 1, Backordered: 1})
			o.Owner, o.Status, o.Wait = "hull", ledger.StatusBackordered, ledger.WaitHQ
			b.writes("hull", &ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: o}})
			gone := *o.Clone()
			for i := range gone.Lines {
				gone.Lines[i].Backordered, gone.Lines[i].Canceled = 0, true
			}
			gone.Settle()
			spoil(&gone)
			b.writes("hull", &ledger.Entry{Kind: ledger.KindCanceled, Body: &ledger.OrderBody{Order: gone}})
			if got := b.exceptions(); !slices.Equal(got, []string{"does_not_fit"}) {
				t.Errorf("got exceptions %q, want does_not_fit", got)
			}
			if rec, _ := b.m.Order(orderB); rec.Waiting(1) != 1 || rec.Waiting(2) != 1 {
				t.Errorf("got %d and %d waiting, want 1 and 1", rec.Waiting(1), rec.Waiting(2))
			}
			b.restarts()
		})
	}
}

func TestAnAskOfAnotherSiteCannotBeClosed(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	b.talk("leeds")
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	hold := samples()["hold"].(*machine.Hold)
	hold.Ask, hold.Order = out.Entry.Body.(*ledger.OrderBody).Ask, orderB
	b.ok(hold)
	o := order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})
	o.Owner = "hull"
	b.writes("hull", &ledger.Entry{Kind: ledger.KindAskAbandoned, Body: &ledger.OrderBody{Order: o, Ask: hold.Ask, Refusal: ledger.RefusedShort}})
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Holds != 2 {
		t.Errorf("got %d held for the ask, want 2 still", s.Holds)
	}
	if got := b.exceptions(); !slices.Equal(got, []string{"does_not_fit"}) {
		t.Errorf("got exceptions %q, want does_not_fit", got)
	}
	b.restarts()
}

func TestACommandIsDoneWithWhateverIsSaidBesides(t *testing.T) {
	bad := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1, Backordered: 5})
	bad.Owner = "york"
	for name, body := range map[string]ledger.ObeyedBody{
		"an order that does not add up": {Order: &bad},
		"lent and not posted":           {Done: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 9}}},
		"less than nothing lent":        {Done: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: -9}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("leeds", true)
			b.site("york", true)
			b.ok(b.cut("york"))
			b.ok(b.cut("leeds"))
			borrow := samples()["borrow"].(*machine.Borrow)
			borrow.Ask.Seq = 99
			borrow.For = machine.SubjectOfAsk(borrow.Ask)
			b.ok(borrow)
			body.Command = b.m.Commands("york", 0, 1)[0]
			b.writes("york", &ledger.Entry{Kind: ledger.KindObeyed, Body: &body})
			if got := b.exceptions(); !slices.Equal(got, []string{"does_not_fit"}) {
				t.Errorf("got exceptions %q, want does_not_fit", got)
			}
			if s, _ := b.m.Site("york"); s.Ack.Number != 1 || len(b.m.Commands("york", 0, 9)) != 0 {
				t.Errorf("got %d answered, want 1 and none left", s.Ack.Number)
			}
			if r, ok := b.m.Request(borrow.For); !ok || r.Open() || len(r.Tied) != 0 {
				t.Errorf("got request %+v, want it answered with nothing", r)
			}
			b.restarts()
		})
	}
}
