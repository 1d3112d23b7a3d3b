package machine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func at2(line int, sku ledger.SKU, site ledger.SiteID) []allocate.Leg {
	return []allocate.Leg{{Line: line, SKU: sku, Site: site, Qty: 1}}
}

// crossed is two orders for a tap and a pipe, of which each has its tap where the other one has its pipe.
func crossed(t *testing.T) *bench {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.site(id, false)
		b.receive(id, 1, "TAP-22")
		b.receive(id, 1, "PIPE")
		b.talk(id)
	}
	b.site("leeds", true)
	for i, id := range []ledger.OrderID{orderA, orderB} {
		sites := []ledger.SiteID{"hull", "york", "hull"}[i:]
		b.ok(&machine.Place{Order: order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}, ledger.Line{SKU: "PIPE", Qty: 1}), Key: digest(string(id)), Request: digest("k"),
			Legs: slices.Concat(at2(1, "TAP-22", sites[0]), at2(2, "PIPE", sites[1])), At: at})
	}
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.talk(id)
		b.talk(id)
	}
	return b
}

// uncross has them change their pipes.
func uncross(b *bench) *machine.Exchange {
	x, _ := b.m.Order(orderA)
	y, _ := b.m.Order(orderB)
	return &machine.Exchange{At: at, Sides: []machine.Side{
		{Order: orderA, Plans: x.Plans, Drop: at2(2, "PIPE", "york"), Gets: at2(2, "PIPE", "hull"), Why: "one parcel fewer"},
		{Order: orderB, Plans: y.Plans, Drop: at2(2, "PIPE", "hull"), Gets: at2(2, "PIPE", "york"), Why: "one parcel fewer"}}}
}

func (b *bench) servedFrom(id ledger.OrderID, want ...ledger.SiteID) {
	b.t.Helper()
	o, _ := b.m.Order(id)
	var got []ledger.SiteID
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			got = append(got, away.Site)
		}
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("order %s: got it served from %v, want %v", id, got, want)
	}
}

// TestUnitsChangeHandsWhenAllAreLetGo: what one site has let go is held for the order that had it, and does nobody else.
func TestUnitsChangeHandsWhenAllAreLetGo(t *testing.T) {
	b := crossed(t)
	b.ok(uncross(b))
	b.talk("york")
	b.servedFrom(orderA, "hull", "york")
	b.servedFrom(orderB, "york", "hull")
	if st, _ := b.m.Stock("york", "PIPE"); st.Holds != 1 || st.Promisable() != 0 {
		t.Errorf("got %+v, want the pipe held for its order", st)
	}
	if mv, _ := b.m.Moving(orderA); mv == nil || len(mv.Kept) != 1 || mv.With != orderB {
		t.Errorf("got %+v, want the pipe kept", mv)
	}
	m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	b.talk("hull")
	b.servedFrom(orderA, "hull", "hull")
	b.servedFrom(orderB, "york", "york")
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.talk(id)
		if st, _ := b.m.Stock(id, "PIPE"); st.Holds != 0 || st.Drawn != 0 || st.Level.Reserved != 1 {
			t.Errorf("%s: got %+v, want the pipe reserved", id, st)
		}
	}
	if b.m.Moved(orderA, at) != 1 || b.m.Moved(orderB, at) != 1 {
		t.Error("want both moved once")
	}
}

// TestAnExchangeThatDoesNotFitChangesNothing, whatever of it does not: both sides are checked before anything is drawn.
// TestWhichSiteAnswersFirstNamesNothing: a head office that went back in time may hear of the sites the other way round, and what they have
// reserved by then has to be what it would have reserved now.
func TestWhichSiteAnswersFirstNamesNothing(t *testing.T) {
	told := func(sites ...ledger.SiteID) (out []string) {
		b := crossed(t)
		b.ok(uncross(b))
		for _, id := range sites {
			b.talk(id)
		}
		for _, id := range []ledger.OrderID{orderA, orderB} {
			o, _ := b.m.Order(id)
			for _, l := range o.Legs {
				if l.State == machine.LegCanceled {
					continue
				}
				out = append(out, string(l.Site)+" "+string(l.SKU)+" "+l.Command)
			}
		}
		slices.Sort(out)
		return out
	}
	one, other := told("york", "hull"), told("hull", "york")
	if !slices.Equal(one, other) || len(one) != 4 {
		t.Errorf("york first: got %q, hull first: %q; want the same four", one, other)
	}
}

// TestALineThatTwoSitesLetGoIsNotMovedAlone: whoever answered first would say what is reserved where.
func TestALineThatTwoSitesLetGoIsNotMovedAlone(t *testing.T) {
	for name, tt := range map[string]struct {
		drops []allocate.Leg
		want  bool
	}{
		"two sites, one line":   {slices.Concat(at2(1, "PIPE", "hull"), at2(1, "PIPE", "york")), false},
		"two sites, two lines":  {slices.Concat(at2(1, "PIPE", "hull"), at2(2, "TAP-22", "york")), true},
		"one site, one line":    {at2(1, "PIPE", "hull"), true},
		"one site, named twice": {slices.Concat(at2(1, "PIPE", "hull"), at2(1, "PIPE", "hull")), true},
	} {
		if got := machine.EachLineOnce(tt.drops); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestAnExchangeThatDoesNotFitChangesNothing(t *testing.T) {
	b := crossed(t)
	b.receive("hull", 1, "PIPE")
	b.talk("hull")
	for name, spoil := range map[string]func(*machine.Exchange){
		"one side":                   func(c *machine.Exchange) { c.Sides = c.Sides[:1] },
		"an order with itself":       func(c *machine.Exchange) { c.Sides[1].Order = orderA },
		"an order that is none":      func(c *machine.Exchange) { c.Sides[1].Order = orderC },
		"another plan of the first":  func(c *machine.Exchange) { c.Sides[0].Plans++ },
		"another plan of the second": func(c *machine.Exchange) { c.Sides[1].Plans++ },
		"nothing that changes hands": func(c *machine.Exchange) { c.Sides[0].Gets, c.Sides[1].Gets = nil, nil },
		"what the other one keeps":   func(c *machine.Exchange) { c.Sides[1].Drop, c.Sides[1].Gets = nil, nil },
		"more than is let go":        func(c *machine.Exchange) { c.Sides[0].Gets[0].Qty = 2 },
		"less than is let go":        func(c *machine.Exchange) { c.Sides[0].Gets = nil },
		"more than the site has":     func(c *machine.Exchange) { c.Sides[0].Drop[0].Qty = 2 },
		"from a site that is none":   func(c *machine.Exchange) { c.Sides[0].Drop[0].Site = "bath" },
		"a line that is none":        func(c *machine.Exchange) { c.Sides[0].Gets[0].Line = 3 },
		"another article":            func(c *machine.Exchange) { c.Sides[0].Gets[0].SKU = "TAP-22" },
		"from a site to itself":      func(c *machine.Exchange) { c.Sides[0].Gets, c.Sides[1].Gets = c.Sides[1].Gets, c.Sides[0].Gets },
		"more than can be promised":  func(c *machine.Exchange) { c.Sides[0].Gets, c.Sides[0].Legs = nil, at2(2, "PIPE", "bath") },
		"no parcel fewer": func(c *machine.Exchange) {
			c.Sides[0].Gets, c.Sides[1].Gets = nil, nil
			c.Sides[0].Legs = at2(2, "PIPE", "hull")
		},
		"what is let go and not got again": func(c *machine.Exchange) { c.Sides[1].Gets = nil },
	} {
		c := uncross(b)
		if spoil(c); !errors.Is(b.apply(c).Err, machine.ErrConflict) {
			t.Errorf("%s: got them exchanged, want a conflict", name)
		}
		if _, moving := b.m.Moving(orderA); moving {
			t.Fatalf("%s: something has moved", name)
		}
	}
	b.ok(uncross(b))
	if !errors.Is(b.apply(uncross(b)).Err, machine.ErrConflict) {
		t.Error("while they are exchanged: got them exchanged once more")
	}
}

// TestAnExchangeIsCalledOffAsAWhole: where one of the two is planned anew, cancelled or rejected meanwhile each has its own again.
func TestAnExchangeIsCalledOffAsAWhole(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*bench)
		a, b []ledger.SiteID
	}{
		"the other one is cancelled": {func(b *bench) { b.ok(&machine.Cancel{Order: orderB, Key: digest("c"), At: at}) }, []ledger.SiteID{"hull", "york"}, nil},
		"it is cancelled itself":     {func(b *bench) { b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at}) }, nil, []ledger.SiteID{"york", "hull"}},
		"the other one is amended": {func(b *bench) {
			b.ok(&machine.Amend{Order: orderB, Version: 1, Key: digest("c"), Request: digest("c"), Lines: []machine.AmendLine{{Line: 2, Qty: 0}}, At: at})
		}, []ledger.SiteID{"hull", "york"}, []ledger.SiteID{"york"}},
		"the other site rejects its part": {func(b *bench) {
			if out := b.cores["hull"].Decide(&ledger.RejectLeg{Order: orderB, Reason: "bent"}, at); out.Err != nil {
				b.t.Fatal(out.Err)
			}
		}, []ledger.SiteID{"hull", "york"}, []ledger.SiteID{"york"}},
		"the other site is given up": {func(b *bench) { b.ok(&machine.DeclareLost{Site: "hull", Reason: "burnt down", By: "olga", At: at}) }, []ledger.SiteID{"hull", "york"}, []ledger.SiteID{"york", "hull"}},
	} {
		for _, first := range []bool{true, false} { // before york has let go, and after
			b := crossed(t)
			b.ok(uncross(b))
			if first {
				c.act(b)
			}
			b.talk("york")
			if !first {
				c.act(b)
			}
			for range 3 {
				b.talk("york")
				if site, _ := b.m.Site("hull"); b.m.Closed(site) == "" {
					b.talk("hull")
				}
			}
			b.servedFrom(orderA, c.a...)
			b.servedFrom(orderB, c.b...)
			if _, moving := b.m.Moving(orderA); moving {
				t.Errorf("%s: order a still moves", name)
			}
			if st, _ := b.m.Stock("york", "PIPE"); st.Holds != 0 || st.Drawn != 0 || len(c.a) == 2 && st.Level.Reserved != 1 {
				t.Errorf("%s: got %+v at york", name, st)
			}
		}
	}
}

// giving is orders a, of a class that gives up and waits for what is not there, with the one tap, and b, which waits for it and is
// needed by a day.
func giving(t *testing.T, again machine.Again, change func(a, b *ledger.Order)) *bench {
	b := newBench(t)
	b.site("york", false)
	b.site("hull", false)
	b.receive("york", 1, "TAP-22")
	b.talk("york")
	b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold"}, {Name: "slow", Again: again}}})
	x, y := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}), order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
	x.Class, x.TakenAt, y.Class, y.TakenAt, y.NeedBy = "slow", at, "gold", at, "2030-01-01"
	if change != nil {
		change(&x, &y)
	}
	b.ok(&machine.Place{Order: x, Key: digest("a"), Request: digest("a"), Legs: at2(1, "TAP-22", "york"), At: at})
	b.ok(&machine.Place{Order: y, Key: digest("b"), Request: digest("b"), At: at})
	b.talk("york")
	b.talk("york")
	return b
}

func giveUp(b *bench) *machine.Exchange {
	x, _ := b.m.Order(orderA)
	y, _ := b.m.Order(orderB)
	return &machine.Exchange{At: at, Sides: []machine.Side{
		{Order: orderB, Plans: y.Plans, Gets: at2(1, "TAP-22", "york"), Why: "whole"},
		{Order: orderA, Plans: x.Plans, Drop: at2(1, "TAP-22", "york"), Why: "gives up"}}}
}

// TestAnOrderGivesUpOnlyWhatItWasAcceptedTo: its class gave up when it was taken, its customer waits for what is not there and needs
// it by no day, and the other one is more important, is needed by one, and is whole by it.
func TestAnOrderGivesUpOnlyWhatItWasAcceptedTo(t *testing.T) {
	b := giving(t, machine.AgainGiveUp, nil)
	b.ok(giveUp(b))
	b.talk("york")
	b.servedFrom(orderA)
	b.servedFrom(orderB, "york")
	o, _ := b.m.Order(orderA)
	if o.Status != ledger.StatusBackordered || o.Waiting(1) != 1 || o.Canceling() != nil {
		t.Errorf("got %+v, want it to wait", o)
	}
	told := false
	for _, e := range b.m.Exceptions(100) {
		told = told || e.What == "gave_up" && e.Order == orderA && e.SKU == "TAP-22" && e.Owner != ""
	}
	if !told {
		t.Error("nobody is to tell the customer")
	}
	b.receive("hull", 1, "TAP-22") // it is served again as soon as there is something
	b.talk("hull")
	b.ok(&machine.Fill{Order: orderA, Legs: at2(1, "TAP-22", "hull"), At: at})

	for name, c := range map[string]struct {
		again  machine.Again
		change func(a, b *ledger.Order)
		late   func(*bench, *machine.Exchange)
	}{
		"a class that keeps":             {again: machine.AgainImprove},
		"a class that may move":          {again: machine.AgainMayMove},
		"a class that is pinned":         {again: machine.AgainPinned},
		"one that was to be whole":       {again: machine.AgainGiveUp, change: func(a, _ *ledger.Order) { a.Shortage = ledger.Refuse }},
		"one that takes a part":          {again: machine.AgainGiveUp, change: func(a, _ *ledger.Order) { a.Shortage = ledger.Partial }},
		"one that is needed by a day":    {again: machine.AgainGiveUp, change: func(a, _ *ledger.Order) { a.NeedBy = "2030-02-01" }},
		"one that keeps what comes":      {again: machine.AgainGiveUp, change: func(a, _ *ledger.Order) { a.Priority = 9 }},
		"one of four weeks":              {again: machine.AgainGiveUp, late: func(_ *bench, c *machine.Exchange) { c.At = at.Add(machine.YieldsFor) }},
		"for one that is as important":   {again: machine.AgainGiveUp, change: func(_, b *ledger.Order) { b.Class = "slow" }},
		"for one that is less important": {again: machine.AgainGiveUp, change: func(_, b *ledger.Order) { b.Class = "" }},
		"for one that is not late":       {again: machine.AgainGiveUp, change: func(_, b *ledger.Order) { b.NeedBy = "" }},
		"for one that is not whole by it": {again: machine.AgainGiveUp, change: func(_, b *ledger.Order) {
			b.Lines = append(b.Lines, ledger.Line{SKU: "PIPE", Qty: 1})
		}},
		"a class that gives up by now": {again: machine.AgainMayMove, late: func(b *bench, _ *machine.Exchange) {
			b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold"}, {Name: "slow", Again: machine.AgainGiveUp}}})
		}},
		"a class that does no more": {again: machine.AgainGiveUp, late: func(b *bench, _ *machine.Exchange) {
			b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold"}, {Name: "slow"}}})
		}},
	} {
		b := giving(t, c.again, c.change)
		x := giveUp(b)
		if c.late != nil {
			c.late(b, x)
		}
		if !errors.Is(b.apply(x).Err, machine.ErrConflict) {
			t.Errorf("%s: got it given up, want a conflict", name)
		}
	}
}

// TestOnlyWhatMayMoveComesInMoreParcels, and only for one that is as important and is whole by it.
func TestOnlyWhatMayMoveComesInMoreParcels(t *testing.T) {
	for name, c := range map[string]struct {
		again machine.Again
		class string
		want  error
	}{
		"may move, for a higher class":       {machine.AgainMayMove, "gold", nil},
		"may move, for its own class":        {machine.AgainMayMove, "slow", nil},
		"may move, for a lower class":        {machine.AgainMayMove, "", machine.ErrConflict},
		"gives up, so it may move":           {machine.AgainGiveUp, "gold", nil},
		"keeps or improves":                  {machine.AgainImprove, "gold", machine.ErrConflict},
		"gets no more, so it keeps what has": {machine.AgainNoMore, "gold", machine.ErrConflict},
	} {
		b := newBench(t)
		for _, id := range []ledger.SiteID{"hull", "york"} {
			b.site(id, false)
			b.receive(id, 1, "TAP-22")
			b.receive(id, 1, "PIPE")
			b.talk(id)
		}
		b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold"}, {Name: "slow", Again: c.again}}})
		x, y := order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}, ledger.Line{SKU: "PIPE", Qty: 1}), order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
		x.Class, y.Class, y.Fulfil, y.CollectAt = "slow", c.class, ledger.Collect, "york"
		b.ok(&machine.Place{Order: x, Key: digest("a"), Request: digest("a"), Legs: slices.Concat(at2(1, "TAP-22", "york"), at2(2, "PIPE", "york")), At: at})
		b.ok(&machine.Place{Order: y, Key: digest("b"), Request: digest("b"), At: at})
		b.talk("york")
		b.talk("york")
		o, _ := b.m.Order(orderA)
		p, _ := b.m.Order(orderB)
		res := b.apply(&machine.Exchange{At: at.Add(time.Minute), Sides: []machine.Side{
			{Order: orderB, Plans: p.Plans, Gets: at2(1, "TAP-22", "york"), Why: "whole"},
			{Order: orderA, Plans: o.Plans, Drop: at2(1, "TAP-22", "york"), Legs: at2(1, "TAP-22", "hull"), Why: "makes room"}}})
		if !errors.Is(res.Err, c.want) || c.want == nil && res.Err != nil {
			t.Errorf("%s: got %v, want %v", name, res.Err, c.want)
			continue
		}
		for range 3 {
			b.talk("york")
			b.talk("hull")
		}
		if c.want == nil {
			b.servedFrom(orderA, "hull", "york")
			b.servedFrom(orderB, "york")
		} else {
			b.servedFrom(orderA, "york", "york")
		}
	}
}

const (
	orderD = "01900000-0000-7000-8000-00000000000d"
	orderE = "01900000-0000-7000-8000-00000000000e"
)

// exchanges has an order that gives up change places with one like gold, which is as far as york has let the tap go and hull has not
// yet let go what else it was told to.
func (b *bench) exchanges(gold ledger.Order) {
	b.receive("hull", 9, "TAP-22")
	b.receive("york", 1, "PIPE")
	b.talk("hull")
	b.talk("york")
	x, y := order(orderE, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}, ledger.Line{SKU: "PIPE", Qty: 1}), gold
	x.Class, y.ID, y.NeedBy, y.Lines = "silver", orderD, "2030-01-01", []ledger.Line{{SKU: "TAP-22", Qty: 1}, {SKU: "PIPE", Qty: 1}}
	b.ok(&machine.Place{Order: x, Key: digest("e"), Request: digest("e"), Legs: slices.Concat(at2(1, "TAP-22", "hull"), at2(2, "PIPE", "york")), At: at})
	b.ok(&machine.Place{Order: y, Key: digest("d"), Request: digest("d"), At: at})
	for range 2 {
		b.talk("hull")
		b.talk("york")
	}
	b.ok(&machine.Exchange{At: at, Sides: []machine.Side{
		{Order: orderD, Plans: 1, Gets: slices.Concat(at2(1, "TAP-22", "hull"), at2(2, "PIPE", "york")), Why: "whole"},
		{Order: orderE, Plans: 1, Drop: slices.Concat(at2(1, "TAP-22", "hull"), at2(2, "PIPE", "york")), Why: "gives up"}}})
	b.talk("york")
	b.talk("york")
}

// TestASnapshotKeepsAnExchange that is under way, what is kept for it, and who gives up.
func TestASnapshotKeepsAnExchange(t *testing.T) {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.site(id, false)
	}
	b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold"}, {Name: "silver", Again: machine.AgainGiveUp}}})
	gold := order(orderD, ledger.Backorder)
	gold.Class = "gold"
	b.exchanges(gold)
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_exchanged", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, m), encode(t, b.m)) {
		t.Error("a restored machine encodes to other bytes")
	}
	if mv, moving := m.Moving(orderE); !moving || mv.With != orderD || len(mv.Kept) != 1 || len(mv.Asked) != 2 || mv.Plans != 2 {
		t.Errorf("got %+v, want a pipe that is kept until hull has let the tap go", mv)
	}
	if o, _ := m.Order(orderE); !o.Yields {
		t.Error("got an order that gives up nothing")
	}
}
