package machine_test

import (
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
