package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// wishOf says what an order's lines are for, what is promised of each and what waits: "2 TAP-22 2+0".
func (b *bench) wishOf(id ledger.OrderID) string {
	o, _ := b.m.Order(id)
	var words []string
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Canceled {
			words = append(words, "given up")
			continue
		}
		words = append(words, fmt.Sprintf("%d %s %d+%d", l.Qty, l.SKU, l.Promised(), l.Backordered))
	}
	return strings.Join(words, ", ")
}

// raised lists the exceptions of a kind.
func (b *bench) raised(what string) (out []*machine.Exception) {
	for _, e := range b.m.Exceptions(100) {
		if e.What == what {
			out = append(out, e)
		}
	}
	return out
}

// What a life that is lost has amended is learnt by what sites have reserved and let go, and told.
func TestAForgottenAmendmentIsLearntFromItsSites(t *testing.T) {
	from := func(legs string) []allocate.Leg {
		if legs == "" {
			return nil
		}
		return plan(strings.Split(legs, ", ")...)
	}
	for name, row := range map[string]struct {
		legs, more string // of the order, 3 TAP-22, and of the amendment
		lines      []machine.AmendLine
		want, told string
	}{
		"more":                    {"1 TAP-22 hull 3", "1 TAP-22 york 2", []machine.AmendLine{{Line: 1, Qty: 5}}, "5 TAP-22 5+0", "line 1 wants 5 TAP-22, and not 3"},
		"more at the same site":   {"1 TAP-22 hull 3", "1 TAP-22 hull 1", []machine.AmendLine{{Line: 1, Qty: 4}}, "4 TAP-22 4+0", "line 1 wants 4 TAP-22, and not 3"},
		"less":                    {"1 TAP-22 hull 3", "", []machine.AmendLine{{Line: 1, Qty: 1}}, "1 TAP-22 1+0", "line 1 wants 1 TAP-22, and not 3"},
		"less of what waits, too": {"1 TAP-22 hull 2", "", []machine.AmendLine{{Line: 1, Qty: 1}}, "1 TAP-22 1+0", "line 1 wants 1 TAP-22, and not 3"},
		"a line added":            {"1 TAP-22 hull 3", "2 TAP-22 york 2", []machine.AmendLine{{SKU: "TAP-22", Qty: 2}}, "3 TAP-22 3+0, 2 TAP-22 2+0", "line 2 is new, for 2 TAP-22"},
		"one for another":         {"1 TAP-22 hull 3", "2 TAP-22 york 2", []machine.AmendLine{{Line: 1}, {SKU: "TAP-22", Qty: 2}}, "given up, 2 TAP-22 2+0", "line 1 is given up, it was for 3 TAP-22"},
		"all given up":            {"1 TAP-22 hull 2, 1 TAP-22 york 1", "", []machine.AmendLine{{Line: 1}}, "given up", "line 1 is given up, it was for 3 TAP-22"},
	} {
		for _, first := range []ledger.SiteID{"hull", "york"} {
			t.Run(name+", "+string(first)+" first", func(t *testing.T) {
				b := company(t, "hull", "york")
				b.agrees()
				b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Request: digest("k"), Legs: from(row.legs), At: at})
				b.talk("hull")
				b.talk("york")
				before := encode(t, b.m)
				b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Request: digest("a"), Lines: row.lines, Legs: from(row.more), At: at})
				pushes := map[ledger.SiteID]*machine.Push{"hull": b.obeys("hull"), "york": b.obeys("york")}
				b.goesBack(before)
				other := ledger.SiteID("york")
				if first == other {
					other = "hull"
				}
				b.attests(first, pushes[first])
				b.attests(other, pushes[other])
				b.restarts()
				b.attests("leeds")
				if got := b.wishOf(orderA); got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
				if es := b.raised("amended_before"); len(es) != 1 || es[0].Order != orderA || es[0].Owner == "" || !strings.Contains(es[0].Why, row.told) {
					t.Errorf("got %+v, want one that says %q", es, row.told)
				}
				if v := b.m.VersionOf(orderA); v < 3 {
					t.Errorf("got version %d, want one that nobody has seen", v)
				}
				b.talk("hull")
				b.talk("york")
				b.audit()
			})
		}
	}
}

// A move and a fill of the life that is lost bring what an order wants already: that is no amendment.
func TestAForgottenMoveOrFillIsNoAmendment(t *testing.T) {
	for name, act := range map[string]func(*bench){
		"a move": func(b *bench) {
			o, _ := b.m.Order(orderA)
			b.ok(&machine.Move{Order: orderA, Plans: o.Plans, Drop: plan("1 TAP-22 hull 2"), Legs: plan("1 TAP-22 york 2"), Why: "nearer", At: at})
		},
		"a fill": func(b *bench) { b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 york 1"), At: at}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york")
			b.agrees()
			b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
			b.talk("hull")
			before := encode(t, b.m)
			act(b)
			pushes := map[ledger.SiteID]*machine.Push{}
			for _, id := range []ledger.SiteID{"hull", "york"} {
				pushes[id] = b.obeys(id)
				b.ok(pushes[id])
			}
			late := b.obeys("york") // what a move reserves once hull has let go
			b.goesBack(before)
			b.attests("york", pushes["york"], late)
			b.attests("hull", pushes["hull"])
			b.attests("leeds")
			b.talk("hull")
			b.talk("york")
			if o, _ := b.m.Order(orderA); o.Lines[0].Qty != 3 || o.Lines[0].Promised()+o.Lines[0].Backordered != 3 || b.m.VersionOf(orderA) != 1 {
				t.Errorf("got %s, want it for 3 as before", b.wishOf(orderA))
			}
			if es := b.raised("amended_before"); len(es) != 0 {
				t.Errorf("got %+v, want nothing told", es)
			}
			b.audit()
		})
	}
}

// Where this life has served an order from elsewhere before a site told, what that has beside may be an amendment's or not: it is let go, and
// somebody is told.
func TestWhatASiteTellsTooLateIsLetGoAndTold(t *testing.T) {
	b := company(t, "hull", "york")
	b.agrees()
	b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Request: digest("k"), At: at})
	before := encode(t, b.m)
	b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 york 3"), At: at})
	late := b.obeys("york")
	b.goesBack(before)
	b.attests("hull")
	b.attests("leeds")
	b.ok(&machine.Waive{Site: "york", By: "olga", Reason: "the line is down for days", At: at})
	b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 hull 3"), At: at})
	b.talk("hull")
	b.attests("york", late)
	b.talk("york")
	if got := b.wishOf(orderA); got != "3 TAP-22 3+0" {
		t.Errorf("got %s, want it served once", got)
	}
	if es := b.raised("reserved_twice"); len(es) != 1 || es[0].Owner == "" || !strings.Contains(es[0].Why, "what is over is let go") {
		t.Errorf("got %+v, want it told", es)
	}
	if es := b.raised("amended_before"); len(es) != 0 || b.m.VersionOf(orderA) != 1 {
		t.Errorf("got %+v and version %d, want no amendment", es, b.m.VersionOf(orderA))
	}
	b.audit()
}

// Before every server knows how, what was let go waits again: an older build would hold another state.
func TestAForgottenAmendmentWaitsAgainBeforeEveryServerKnows(t *testing.T) {
	b := newBenchOf(t, ledger.KindLast)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 hull 3"), At: at})
	b.talk("hull")
	before := encode(t, b.m)
	b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Request: digest("a"), Lines: []machine.AmendLine{{Line: 1, Qty: 1}}, At: at})
	pushed := b.obeys("hull")
	b.goesBack(before)
	b.attests("hull", pushed)
	if got := b.wishOf(orderA); got != "3 TAP-22 1+2" || len(b.raised("amended_before")) != 0 {
		t.Errorf("got %s, want what was let go to wait", got)
	}
}
