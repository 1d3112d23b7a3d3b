package machine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// waitingAt has leeds keep two orders that wait for sales, and tell head office of them.
func waitingAt(b *bench) {
	b.t.Helper()
	b.site("leeds", true)
	b.receive("leeds", 5, "TAP-22")
	for _, id := range []ledger.OrderID{orderA, orderB} {
		b.decides("leeds", &ledger.Place{Order: order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Verdict: &ledger.Verdict{Wait: time.Hour,
			Review: ledger.Review{Owner: "sales", Default: ledger.RulingCancel, Trips: []ledger.Trip{{Check: "bulk", Kind: ledger.CheckQuantity}, {Check: "margin", Kind: ledger.CheckCost}}}}})
	}
	b.talk("leeds")
}

// Whoever is to decide about an order that waits reads of it at head office until it is decided, and then who did. Nothing is served of it before.
func TestAnOrderThatWaitsIsAnExceptionOfItsOwnerUntilItIsDecided(t *testing.T) {
	b := newBench(t)
	waitingAt(b)
	waiting := func(want int) (rows []*machine.Exception) {
		t.Helper()
		for _, e := range b.m.Exceptions(9) {
			if e.What == "order_waiting" && !e.Resolved.Done() {
				rows = append(rows, e)
			}
		}
		if len(rows) != want {
			t.Fatalf("got %d that wait, want %d: %q", len(rows), want, b.exceptions())
		}
		return rows
	}
	for _, e := range waiting(2) {
		if e.Owner != "sales" || e.Site != "leeds" || !strings.HasSuffix(e.Why, "waits for sales: it trips bulk, margin. If nobody decides by "+at.Add(time.Hour).Format(time.RFC3339)+", it is to be: cancel") {
			t.Errorf("got %s of %s: %s", e.Owner, e.Site, e.Why)
		}
		if rec, ok := b.m.Order(e.Order); ok {
			t.Errorf("got order %+v at head office, want none: nobody has placed it", rec)
		}
	}
	b.restarts()
	b.says("leeds", &ledger.Place{Order: ledger.Order{ID: orderA}, Released: &ledger.Released{By: "beth", Reason: "they paid"}})
	if left := waiting(1); left[0].Order != orderB {
		t.Errorf("got %s waiting, want the other", left[0].Order)
	}
	if o, _ := b.cores["leeds"].State.Order(orderA); o.Status != ledger.StatusAllocated {
		t.Errorf("got %s in its book, want it placed", o.Status)
	}
	b.says("leeds", &ledger.RuleOut{Order: orderB, By: "olga", Reason: "a typing error"})
	waiting(0)
	want := map[ledger.OrderID][2]string{orderA: {"beth", "release: they paid"}, orderB: {"olga", "cancel: a typing error"}}
	for _, e := range b.m.Exceptions(9) {
		if got := [2]string{e.Resolved.By, e.Resolved.Reason}; e.What == "order_waiting" && got != want[e.Order] {
			t.Errorf("got %q of %s, want %q", got, e.Order, want[e.Order])
		}
	}
	if _, ok := b.m.Order(orderB); ok {
		t.Error("got the order that was ruled out at head office, want none")
	}
	b.says("leeds", &ledger.CancelOrder{Order: orderA}) // for the audit: what a shop alone serves, head office has no record of
	b.audit()
}
