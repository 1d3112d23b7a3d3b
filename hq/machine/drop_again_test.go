package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Head office goes back to before an order, of which a site serves some; meanwhile the items say that a supplier sends it. Its client sends it again: what the
// site has reserved, or sent, is not asked of a supplier as well.
func TestWhatASiteServesIsNotAskedOfASupplierAsWell(t *testing.T) {
	for name, left := range map[string]ledger.Qty{"all left": 3, "some left": 2, "none left": 0} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.receive("hull", 9, "TAP-22")
			b.talk("hull")
			before := encode(t, b.m)
			place := func(drop *ledger.DropShip, legs ...string) *machine.Place {
				return &machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3, Drop: drop}), Key: digest("k"), Legs: plan(legs...), At: at}
			}
			b.ok(place(nil, "1 TAP-22 hull 3"))
			pushes := []*machine.Push{b.obeys("hull")}
			b.ok(pushes[0])
			if left > 0 {
				b.sends("hull", orderA, left)
				pushes = append(pushes, b.cut("hull"))
				b.ok(pushes[1])
			}
			b.goesBack(before)
			b.attests("hull", pushes...)
			b.ok(place(&ledger.DropShip{Supplier: "Oak"}))
			b.talk("hull")
			l, asked := b.line(orderA), ledger.Qty(0)
			if l.Drop != nil {
				asked = l.Drop.Open
			}
			s, _ := b.m.Stock("hull", "TAP-22")
			if s.Level.Reserved != 3-left || s.Level.OnHand() != 9-left || asked != 0 {
				t.Errorf("of 3, %d have left, %d are reserved, and %d asked of a supplier: %+v", 9-s.Level.OnHand(), s.Level.Reserved, asked, l)
			}
			b.restarts()
			b.audit()
		})
	}
}

// Less is wanted of what a supplier was asked for, and all of it leaves: what the order did not count on any more is over, is told, and is counted once.
func TestWhatASupplierSendsBeyondAnAmendmentIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		to   ledger.Qty // what is wanted in the end, in steps
		left ledger.Qty
	}{"less": {3, 3}, "nothing": {0, 0}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
			b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "SOFA", Qty: 5, Drop: &ledger.DropShip{Supplier: "Oak"}}, ledger.Line{SKU: "DESK", Qty: 1, Drop: &ledger.DropShip{Supplier: "Oak"}}), Key: digest("k"), Request: digest("r"), At: at})
			for n, q := range []ledger.Qty{4, c.to} {
				key := digest(string(rune('a' + n)))
				if res := b.ok(&machine.Amend{Order: orderA, Version: uint64(n) + 1, Lines: []machine.AmendLine{{Line: 1, Qty: q}}, Key: key, Request: key, At: at}); res.Answer.Err() != nil {
					t.Fatal(res.Answer.Err())
				}
			}
			b.restarts()
			sends := func(key string, q ledger.Qty) error {
				return b.ok(&machine.SupplierSays{Order: orderA, Deed: ledger.DropSend, Lines: []ledger.CommandLine{{Line: 1, Qty: q}}, Key: digest(key), Request: digest(key), At: at}).Answer.Err()
			}
			if err := sends("six", 6); err == nil {
				t.Error("got no error for one more than was ever asked for")
			}
			if err := sends("five", 5); err != nil {
				t.Fatalf("got %v, want what has left taken down", err)
			}
			if l := b.line(orderA); l.Drop.Sent != 5 || l.Taken != c.left || l.Over != 5-c.left || l.Drop.Open != 0 {
				t.Errorf("got %+v of %+v, want %d counted on and the rest over", l, l.Drop, c.left)
			}
			if err := sends("again", 1); err == nil {
				t.Error("got no error for more than was ever asked for")
			}
			if all := b.raised("drop_ship_over"); len(all) != 1 {
				t.Errorf("got %+v, want it told once", all)
			}
			b.restarts()
		})
	}
}

// Two lines of one article are not sourced again from the same units.
func TestWhatIsSourcedAgainIsCountedOnce(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	b.site("hull", false)
	b.receive("hull", 4, "SOFA")
	b.talk("hull")
	oak := func() *ledger.DropShip { return &ledger.DropShip{Supplier: "Oak"} }
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "SOFA", Qty: 3, Drop: oak()}, ledger.Line{SKU: "SOFA", Qty: 3, Drop: oak()}), Key: digest("k"), Request: digest("r"), At: at})
	if res := b.ok(&machine.SupplierSays{Order: orderA, Deed: ledger.DropRefuse, Reason: "no oak left", Key: digest("s"), Request: digest("s"), At: at}); res.Answer.Err() != nil {
		t.Fatal(res.Answer.Err())
	}
	o, _ := b.m.Order(orderA)
	var again, declined ledger.Qty
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Drop == nil {
			again += l.Qty
		} else {
			declined += l.Declined
		}
	}
	if again != 4 || declined != 6 {
		t.Errorf("got %d sourced again and %d declined, want the 4 that there are and 6: %+v", again, declined, o.Lines)
	}
	b.restarts()
	b.audit()
}
