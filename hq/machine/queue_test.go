package machine_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// waiting lists the orders that wait, in their turn, where there is enough for all.
func (b *bench) waiting() (out []ledger.OrderID) {
	for _, o := range b.m.Waiting(func(ledger.SKU, ledger.SiteID) ledger.Qty { return 1000 }, nil, 100) {
		out = append(out, o.ID)
	}
	return out
}

func TestWhoWaitsIsServedInTurn(t *testing.T) {
	want := []ledger.Order{ // in their turn
		{ID: orderN(9), Priority: 9, TakenAt: day(9)},
		{ID: orderN(8), Priority: 5, NeedBy: "2026-02-01", TakenAt: day(8)},
		{ID: orderN(3), Priority: 5, NeedBy: "2026-02-02", TakenAt: day(1)},
		{ID: orderN(7), Priority: 5, NeedBy: "2026-02-02", TakenAt: day(2)},
		{ID: orderN(5), Priority: 5, TakenAt: day(0)},
		{ID: orderN(6), Priority: 5, TakenAt: day(0)},
		{ID: orderN(2), Priority: 5, TakenAt: day(0).Add(time.Millisecond)},
		{ID: orderN(1), TakenAt: day(-1)},
	}
	for seed := range uint64(20) {
		b := newBench(t)
		b.site("hull", false)
		for _, i := range rand.New(rand.NewPCG(seed, 3)).Perm(len(want)) {
			o := order(want[i].ID, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
			o.Priority, o.NeedBy, o.TakenAt = want[i].Priority, want[i].NeedBy, want[i].TakenAt
			b.ok(&machine.Place{Order: o, Key: digest(string(o.ID)), At: at})
		}
		got := b.waiting()
		if !slices.EqualFunc(got, want, func(id ledger.OrderID, o ledger.Order) bool { return id == o.ID }) {
			t.Fatalf("seed %d: got %v, want the most urgent first, then need by, then taken at, then id", seed, got)
		}
		if one := b.m.Waiting(func(ledger.SKU, ledger.SiteID) ledger.Qty { return 1 }, nil, 100); len(one) != 1 || one[0].ID != want[0].ID {
			t.Fatalf("where one unit is there: got %d orders, want the first alone", len(one))
		}
		b.restarts()
	}
}

// A book may tell its order anew, with another place in the queue.
func TestATurnFollowsTheOrder(t *testing.T) {
	b := newBench(t)
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	told := func(k ledger.Kind, n, priority int) {
		e := ordered(k, n, day(0), ledger.Line{SKU: "TAP-22", Qty: 1})
		o := &e.Body.(*ledger.OrderBody).Order
		o.Wait, o.Priority = ledger.WaitHQ, priority
		b.writes("leeds", e)
	}
	told(ledger.KindPlaced, 1, 0)
	told(ledger.KindPlaced, 2, 0)
	if got := b.waiting(); !slices.Equal(got, []ledger.OrderID{orderN(1), orderN(2)}) {
		t.Fatalf("got %v, want the first first", got)
	}
	told(ledger.KindDisplaced, 2, 5)
	if got := b.waiting(); !slices.Equal(got, []ledger.OrderID{orderN(2), orderN(1)}) {
		t.Errorf("more urgent: got %v, want it first, and once", got)
	}
	b.restarts()
}
