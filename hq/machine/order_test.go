package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestAnOrderCancelledByALifeThatIsGoneIsPlacedAsCancelled says that a client who sends such an order again gets
// its answer, and nothing is promised to it a second time.
func TestAnOrderCancelledByALifeThatIsGoneIsPlacedAsCancelled(t *testing.T) {
	b := company(t, "hull")
	before := encode(t, b.m)
	place := &machine.Place{Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2"), At: at,
		Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}, ledger.Line{SKU: "TAP-22", Qty: 9})}
	b.ok(place)
	reserved := b.obeys("hull")
	b.ok(reserved)
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), Request: digest("c"), At: at})
	canceled := b.obeys("hull")
	b.ok(canceled)

	b.goesBack(before)
	b.attests("hull", reserved, canceled)
	b.attests("leeds")
	res := b.ok(place)
	if res.Replayed || res.Answer.Refusal != "" || res.Answer.Order.Status != ledger.StatusCanceled || len(res.Answer.Order.Lines) != 2 {
		t.Errorf("got %+v, replayed %t, want it placed, and cancelled whole", res.Answer, res.Replayed)
	}
	if again := b.ok(place); !again.Replayed || again.Answer.Order.Status != ledger.StatusCanceled {
		t.Errorf("once more: got %+v, replayed %t, want the same answer", again.Answer, again.Replayed)
	}
	if o, _ := b.m.Order(orderA); o.Relearned || o.Wait != ledger.WaitNone || len(b.queued("hull")) != 0 {
		t.Errorf("got relearned %t, wait %v, %v queued to hull, want nothing to be done for it", o.Relearned, o.Wait, b.queued("hull"))
	}
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 {
		t.Errorf("got held %d, want 5", s.Held)
	}
	b.audit()
}

// breaks has a warehouse lose all it has.
func (b *bench) breaks(id ledger.SiteID) {
	b.t.Helper()
	b.decides(id, &ledger.Adjust{Reason: "damaged", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -5}}})
}

// An order that head office knows by its reservations only may lose them, and be served from elsewhere before
// its client sends it again. What is on its way counts in the answer.
func TestAnOrderSentAgainCountsOnWhatIsOnItsWay(t *testing.T) {
	b := company(t, "hull", "york")
	before := encode(t, b.m)
	place := &machine.Place{Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2"), At: at,
		Order: order(orderA, ledger.Partial, ledger.Line{SKU: "TAP-22", Qty: 2})}
	b.ok(place)
	reserved := b.obeys("hull")
	b.ok(reserved)
	b.breaks("hull")
	broken := b.cut("hull")

	b.goesBack(before)
	b.attests("hull", reserved, broken)
	b.attests("york")
	b.attests("leeds")
	b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 york 2"), At: at})
	again := *place
	again.Legs = nil
	if l := b.ok(&again).Answer.Order.Lines[0]; l.Promised() != 2 || len(l.Away) != 1 || l.Away[0].Site != "york" {
		t.Errorf("got %+v, want the 2 that york is sent for", l)
	}
	b.talk("york")
	b.audit()
}

// The first that is heard of a forgotten order may be that a site could not serve it. That is no cancel.
func TestAForgottenOrderThatOneSiteRefusedIsServedByAnother(t *testing.T) {
	b := company(t, "hull", "york")
	before := encode(t, b.m)
	place := &machine.Place{Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2", "1 TAP-22 york 2"), At: at,
		Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 4})}
	b.ok(place)
	b.breaks("hull")
	refused, reserved := b.obeys("hull"), b.obeys("york")

	b.goesBack(before)
	b.attests("hull", refused)
	b.attests("york", reserved)
	b.attests("leeds")
	again := *place
	again.Legs = nil
	if l := b.ok(&again).Answer.Order.Lines[0]; l.Promised() != 2 || l.Backordered != 2 {
		t.Errorf("got %+v, want 2 from york, and 2 that wait", l)
	}
	if got := b.queued("york"); len(got) != 0 {
		t.Errorf("got %v queued to york, want what it reserved kept", got)
	}
	b.audit()
}
