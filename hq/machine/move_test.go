package machine_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func legOf(site ledger.SiteID, q ledger.Qty) allocate.Leg {
	return allocate.Leg{Line: 1, SKU: "TAP-22", Site: site, Qty: q}
}

// TestAMoveThatDoesNotFitChangesNothing: it takes what the order has, draws as much, knows the plan that it replaces, and is one
// of two a day.
func TestAMoveThatDoesNotFitChangesNothing(t *testing.T) {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.site(id, false)
		b.receive(id, 9, "TAP-22")
		b.talk(id)
	}
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 4}), Key: digest("k"), Request: digest("k"),
		Legs: []allocate.Leg{legOf("hull", 2), legOf("york", 2)}, At: at})
	fits := func() *machine.Move {
		o, _ := b.m.Order(orderA)
		return &machine.Move{Order: orderA, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 2)}, Legs: []allocate.Leg{legOf("hull", 2)}, Why: "one parcel fewer", At: at}
	}
	for name, spoil := range map[string]func(*machine.Move){
		"an order that is none":    func(c *machine.Move) { c.Order = orderB },
		"another plan":             func(c *machine.Move) { c.Plans++ },
		"more than the site has":   func(c *machine.Move) { c.Drop[0].Qty, c.Legs[0].Qty = 3, 3 },
		"less than is let go":      func(c *machine.Move) { c.Legs[0].Qty = 1 },
		"more than is let go":      func(c *machine.Move) { c.Legs[0].Qty = 3 },
		"from a site to itself":    func(c *machine.Move) { c.Legs[0].Site = "york" },
		"from a site that is none": func(c *machine.Move) { c.Drop[0].Site = "bath" },
		"to a site that is none":   func(c *machine.Move) { c.Legs[0].Site = "bath" },
		"another article":          func(c *machine.Move) { c.Drop[0].SKU = "PIPE" },
		"a line that is none":      func(c *machine.Move) { c.Drop[0].Line = 2 },
		"nothing":                  func(c *machine.Move) { c.Drop, c.Legs = nil, nil },
		"more than can be promised": func(c *machine.Move) {
			c.Drop, c.Legs = []allocate.Leg{legOf("york", 2), legOf("york", 2)}, []allocate.Leg{legOf("hull", 4)}
		},
	} {
		c := fits()
		if spoil(c); !errors.Is(b.apply(c).Err, machine.ErrConflict) {
			t.Errorf("%s: got it moved, want a conflict", name)
		}
	}
	b.ok(fits())
	if !errors.Is(b.apply(fits()).Err, machine.ErrConflict) {
		t.Error("while it moves: got it moved once more")
	}
	b.talk("york")
	b.talk("hull")
	back := func(day time.Time) *machine.Move {
		c := fits()
		c.Drop[0].Site, c.Legs[0].Site, c.At = "hull", "york", day
		return c
	}
	b.ok(back(at))
	b.talk("hull")
	b.talk("york")
	if !errors.Is(b.apply(fits()).Err, machine.ErrConflict) {
		t.Error("a third time on one day: got it moved")
	}
	next := fits()
	next.At = at.Add(24 * time.Hour)
	b.ok(next)
	b.talk("york")
	b.talk("hull")
	o, _ := b.m.Order(orderA)
	if l := &o.Lines[0]; l.Promised() != 4 || len(l.Away) != 1 || l.Away[0] != (ledger.Leg{Site: "hull", Qty: 4}) {
		t.Errorf("got %+v, want all of it from hull", l)
	}
}

// moving is an order that moves from york to hull, and the bench that it does so on: some of it stays at bath.
func moving(t *testing.T, commands int) *bench {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"hull", "york", "bath"} {
		b.site(id, false)
		b.receive(id, 9, "TAP-22")
		b.talk(id)
	}
	b.m.AgreedForTest(commands)
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 4}), Key: digest("k"), Request: digest("k"),
		Legs: []allocate.Leg{legOf("york", 3), legOf("bath", 1)}, At: at})
	b.talk("york")
	b.talk("bath")
	o, _ := b.m.Order(orderA)
	b.ok(&machine.Move{Order: orderA, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 3)}, Legs: []allocate.Leg{legOf("hull", 3)}, Why: "nearer", At: at})
	return b
}

// TestAMoveToASiteThatIsDeclaredLostIsCalledOff: what york lets go it reserves again, and the order has no less than before, at sites that serve it.
func TestAMoveToASiteThatIsDeclaredLostIsCalledOff(t *testing.T) {
	lost := &machine.DeclareLost{Site: "hull", Reason: "burnt down", By: "olga", At: at}
	for name, ends := range map[string]func(*bench){
		"before york has said anything": func(b *bench) { b.ok(lost) },
		"before builds agreed on it": func(b *bench) {
			b.m.AgreedForTest(machine.ExchangeCommands)
			b.ok(lost)
			if st, _ := b.m.Stock("hull", "TAP-22"); st.Holds != 3 {
				t.Errorf("got %+v, want it as older builds have it", st)
			}
			b.m.AgreedForTest(machine.MendedForTest)
			b.m.EndMovesToLostForTest(at)
		},
		"and head office is restored": func(b *bench) {
			b.ok(lost)
			m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
			if err != nil {
				t.Fatal(err)
			}
			b.m = m
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := moving(t, machine.MendedForTest)
			ends(b)
			if st, _ := b.m.Stock("hull", "TAP-22"); st.Holds != 0 {
				t.Errorf("got %+v, want nothing held at hull", st)
			}
			b.talk("york") // it lets go, and is told to reserve again
			b.talk("york")
			b.servedFrom(orderA, "york", "bath")
			o, _ := b.m.Order(orderA)
			if _, moves := b.m.Moving(orderA); moves || o.Waiting(1) != 0 || o.Wait != ledger.WaitNone {
				t.Errorf("got %+v, want it served as before, and the move over", o)
			}
			if st, _ := b.m.Stock("york", "TAP-22"); st.Level.Reserved != 3 || st.Holds+st.Drawn != 0 {
				t.Errorf("got %+v at york, want three reserved", st)
			}
		})
	}
}

// TestAnOrderWhoseMoveWasCalledOffMovesAgain, to a site that is there.
func TestAnOrderWhoseMoveWasCalledOffMovesAgain(t *testing.T) {
	b := moving(t, machine.MendedForTest)
	b.ok(&machine.DeclareLost{Site: "hull", Reason: "burnt down", By: "olga", At: at})
	b.talk("york")
	b.talk("york")
	o, _ := b.m.Order(orderA)
	b.ok(&machine.Move{Order: orderA, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 3)}, Legs: []allocate.Leg{legOf("bath", 3)}, Why: "one parcel fewer", At: at})
	b.talk("york")
	b.talk("bath")
	b.servedFrom(orderA, "bath")
}
