package machine_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestWhatIsReservedForAnOrderThatDoesNotCountOnItIsReleasedOnce has a warehouse that was waived tell of a
// reservation that head office has forgotten. Meanwhile another one serves the order.
func TestWhatIsReservedForAnOrderThatDoesNotCountOnItIsReleasedOnce(t *testing.T) {
	b := company(t, "hull", "york")
	b.waits("leeds", order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}))
	before := encode(t, b.m)
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
	reserved := b.obeys("hull")
	b.ok(reserved) // leeds never hears of it

	b.goesBack(before)
	b.attests("leeds")
	b.attests("york")
	b.ok(&machine.Waive{Site: "hull", By: "olga", Reason: "the line is down for days", At: at})
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 york 2"), At: at})
	b.talk("york")
	b.talk("leeds")
	b.attests("hull", reserved)
	queue := b.m.Commands("hull", 0, 9)
	if len(queue) != 1 || queue[0].Kind != ledger.CommandRelease || queue[0].Order != orderB || queue[0].Owner != "leeds" ||
		!slices.Equal(queue[0].Lines, []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}) {
		t.Fatalf("got %+v queued to hull, want a release of 2", queue)
	}

	// Another life compares again before hull has heard of it.
	b.goesBack(encode(t, b.m))
	for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
		b.attests(id)
	}
	if got := b.m.Commands("hull", 0, 9); len(got) != 1 || got[0].ID != queue[0].ID {
		t.Errorf("got %+v queued to hull, want the one release", got)
	}
	b.talk("hull")
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 || s.Level.Reserved != 0 {
		t.Errorf("got held %d, reserved %d at hull, want 5, 0", s.Held, s.Level.Reserved)
	}
	if o, _ := b.m.Order(orderB); o.Status != ledger.StatusAllocated || len(o.Lines[0].Away) != 1 || o.Lines[0].Away[0].Site != "york" {
		t.Errorf("got %s, %+v, want it served by york", o.Status, o.Lines[0].Away)
	}
	b.audit()
}

// TestAReleaseThatIsForgottenIsFollowed says that head office does not go on counting on what a release of
// a life that is gone has freed.
func TestAReleaseThatIsForgottenIsFollowed(t *testing.T) {
	for name, owner := range map[string]ledger.SiteID{"an order of head office's": ledger.HQ, "a shop's order": "leeds"} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull")
			o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2})
			if owner == ledger.HQ {
				b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2"), At: at})
			} else {
				b.waits("leeds", o)
				b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
			}
			b.talk("hull")
			b.talk("leeds")
			hull := b.cores["hull"].State
			c := ledger.HQCommand{H: hull.HQ, Number: hull.Commands.Number + 1, ID: "leeds/1/9/1.0", Kind: ledger.CommandRelease,
				Order: orderB, Owner: owner, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}
			c.Hash = ledger.ChainCommand(hull.Commands.Hash, &c)
			b.decides("hull", &ledger.Obey{Command: c})

			b.goesBack(encode(t, b.m))
			b.meets("hull")
			rec, _ := b.m.Order(orderB)
			if owner == ledger.HQ && rec.Waiting(1) != 2 {
				t.Errorf("got %+v, want 2 waiting again", rec.Lines[0])
			}
			b.decides("hull", &ledger.Attest{})
			b.ok(b.cut("hull"))
			b.attests("leeds")
			if owner == ledger.HQ {
				b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
			}
			b.talk("hull")
			b.talk("leeds")
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 3 || s.Level.Reserved != 2 {
				t.Errorf("got held %d, reserved %d at hull, want 3, 2: it is served anew", s.Held, s.Level.Reserved)
			}
			b.audit()
		})
	}
}
