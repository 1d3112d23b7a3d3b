package machine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// An order that waits is placed as the one that it is: another one under its id, which a supervisor has let through at once, is
// refused as for any id that is taken, and who waits goes on waiting.
func TestAnotherOrderUnderTheIDOfOneThatWaitsIsRefused(t *testing.T) {
	b := agreedBench(t)
	o := waiting(order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}))
	b.ok(&machine.AwaitWord{Order: o, Key: digest("wait"), Request: digest("r"), At: at})
	word := func(due time.Time) ledger.Order {
		o := waiting(order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}))
		o.Review.Due, o.Review.Ruling, o.Review.By, o.Review.Reason = due, ledger.RulingRelease, "beth", "known"
		return o
	}
	other := word(time.Time{})
	other.Lines[0].SKU = "PIPE"
	if res := b.apply(&machine.Place{Order: other, Key: digest("other"), Request: digest("r"), At: at}); !errors.Is(res.Err, ledger.ErrOrderExists) {
		t.Errorf("got %v, want that there is one", res.Err)
	}
	if !b.m.Awaits(orderA) {
		t.Error("got it placed, want it to wait")
	}
	b.ok(&machine.Place{Order: word(o.Review.Due), Key: digest("word"), Request: digest("r"), At: at})
	if b.m.Awaits(orderA) {
		t.Error("got it waiting, want it placed")
	}
}

// While head office does not know all that it has promised, an order may be one that it has promised: it cannot wait anew.
func TestNoOrderIsSetAsideWhilePromisesAreUnknown(t *testing.T) {
	b := agreedBench(t)
	b.site("leeds", true)
	b.talk("leeds")
	b.ok(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at})
	o := waiting(order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}))
	if res := b.apply(&machine.AwaitWord{Order: o, Key: digest("wait"), Request: digest("r"), At: at}); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("got %v, want a conflict", res.Err)
	}
}

// An order about which nothing can be decided now leaves the next one its turn, also where one look has room for one alone.
func TestAnOrderThatRestsHidesNoOther(t *testing.T) {
	b := agreedBench(t)
	for i, id := range []ledger.OrderID{orderA, orderB} {
		b.ok(&machine.AwaitWord{Order: waiting(order(id, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3})), Key: digest("wait" + string(id)), Request: ledger.Digest{byte(i)}, At: at})
	}
	turns, now := make(ledger.Turns), at.Add(5*time.Hour)
	for _, want := range []ledger.OrderID{orderA, orderB} {
		due := b.m.DueReviews(now, 1, turns.Rest(now))
		if len(due) != 1 || due[0].ID != want {
			t.Fatalf("got %v, want %s", due, want)
		}
		turns.Failed(want, now)
	}
	if due := b.m.DueReviews(now, 1, turns.Rest(now)); len(due) != 0 {
		t.Errorf("got %v while both rest", due)
	}
}
