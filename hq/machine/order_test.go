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
