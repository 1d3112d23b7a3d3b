package office_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Of two who release an order at once the second is told that it waits no longer, and costs no command.
func TestAnOrderIsReleasedOnce(t *testing.T) {
	c := newCompany(t, 1, "hull*")
	due := c.now.Add(4 * time.Hour)
	o := ledger.Order{ID: c.orderID(), Owner: ledger.HQ, Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Backorder, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 3}}, TakenAt: c.now,
		Review: &ledger.Review{Trips: []ledger.Trip{{Check: "bulk", Kind: ledger.CheckQuantity}}, Owner: "sales", Default: ledger.RulingCancel, Due: due}}
	c.propose(&machine.AwaitWord{Order: o, Key: ledger.DigestOf([]byte("wait")), At: c.now})
	word := *o.Review
	word.Ruling, word.By, word.Reason = ledger.RulingRelease, "beth", "known"
	o.Review = &word
	proposed := 0
	c.heard = func(machine.Command) { proposed++ }
	for i, want := range []error{nil, ledger.ErrOrderExists} {
		out, done, err := c.off.TryPlace(t.Context(), c.now, &office.Placing{Order: *o.Clone(), Key: ledger.DigestOf([]byte{byte(i)}), Word: true}, true)
		if !done || !errors.Is(err, want) || out.Err != nil || proposed != 1 {
			t.Errorf("release %d: got %v, %v, %d commands; want %v and one in all", i+1, err, out.Err, proposed, want)
		}
	}
}
