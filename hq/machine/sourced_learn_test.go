package machine_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A supplier does not send a line, which is sourced again as a line of own stock; head office goes back to before that, or to before the order. The goods are
// neither asked of the supplier as well nor left reserved for nobody: the order is served once, as in the life that is lost.
func TestWhatWasSourcedAgainInALifeThatIsLostIsServedOnce(t *testing.T) {
	for name, row := range map[string]struct {
		refused, left ledger.Qty // of 3
		ordered       bool       // the backup knows the order
	}{
		"the order is known":                 {3, 0, true},
		"the order is forgotten":             {3, 0, false},
		"some is the supplier's":             {2, 0, true},
		"some is the supplier's, forgotten":  {2, 0, false},
		"some has left":                      {3, 1, true},
		"some has left, forgotten":           {3, 1, false},
		"all has left":                       {3, 3, true},
		"all has left, and it is forgotten":  {3, 3, false},
		"all that was refused has left":      {2, 2, true},
		"all refused has left and forgotten": {2, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.agrees()
			b.site("hull", false)
			b.receive("hull", 9, "SOFA")
			b.talk("hull")
			before := encode(t, b.m)
			place := &machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "SOFA", Qty: 3, Drop: &ledger.DropShip{Supplier: "Oak"}}), Key: digest("k"), Request: digest("r"), At: at}
			b.ok(place)
			if row.ordered {
				before = encode(t, b.m)
			}
			b.ok(&machine.SupplierSays{Order: orderA, Deed: ledger.DropRefuse, Lines: []ledger.CommandLine{{Line: 1, Qty: row.refused}}, Reason: "none left", Key: digest("s"), Request: digest("s"), At: at})
			b.ok(&machine.Fill{Order: orderA, Legs: plan("2 SOFA hull " + string('0'+rune(row.refused))), At: at})
			pushes := []*machine.Push{b.obeys("hull")}
			b.ok(pushes[0])
			if row.left > 0 {
				b.sendsOf("hull", orderA, 2, row.left)
				pushes = append(pushes, b.cut("hull"))
				b.ok(pushes[1])
			}

			b.goesBack(before)
			b.attests("hull", pushes...)
			if !row.ordered {
				if res := b.ok(place); res.Answer.Err() != nil {
					t.Fatalf("sent again: got %v, want it taken", res.Answer.Err())
				}
			}
			b.talk("hull")
			o, _ := b.m.Order(orderA)
			if len(o.Lines) != 2 {
				t.Fatalf("got %+v, want the line that was sourced again", o.Lines)
			}
			drop, own := o.Lines[0], o.Lines[1]
			if drop.Drop.Open != 3-row.refused || drop.Declined != row.refused || own.Qty != row.refused || own.Promised() != row.refused || own.Taken != row.left {
				t.Errorf("got %+v of %+v, and %+v: want %d asked of the supplier, %d own of which %d have left", drop, drop.Drop, own, 3-row.refused, row.refused, row.left)
			}
			s, _ := b.m.Stock("hull", "SOFA")
			if s.Level.Reserved != row.refused-row.left || s.Level.OnHand() != 9-row.left {
				t.Errorf("got %+v at hull, want %d reserved", s.Level, row.refused-row.left)
			}
			if es := b.raised("drop_ship_refused"); len(es) != 1 || !strings.Contains(es[0].Why, "asked for that much less") || (row.refused == 2) != strings.Contains(es[0].Why, "whether it sends the other 1") {
				t.Errorf("got %+v, want it told once", es)
			}
			if es := b.raised("amended_before"); len(es) != 0 || b.m.VersionOf(orderA) != 1 {
				t.Errorf("got %+v, version %d: want no amendment", es, b.m.VersionOf(orderA))
			}
			b.restarts()
			b.audit()
		})
	}
}

// A line that an amendment added is known by its reservation alone, and so is its order: sent again it is taken, with the line, whether the site keeps the units
// or has let them go.
func TestAForgottenOrderWithALineAddedIsTakenAgain(t *testing.T) {
	for name, row := range map[string]struct {
		gone bool // given up again in the life that is lost
		less bool // the site has less for line 1 than the order wants, so that this life serves the rest
		want string
	}{
		"reserved":                 {false, false, "3 TAP-22 3+0, 1 TAP-22 1+0"},
		"given up":                 {true, false, "3 TAP-22 3+0"},
		"reserved, and some lacks": {false, true, "3 TAP-22 3+0, 1 TAP-22 1+0"},
		"given up, and some lacks": {true, true, "3 TAP-22 3+0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york")
			b.agrees()
			before := encode(t, b.m)
			o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3})
			first, again := plan("1 TAP-22 hull 3"), plan()
			if row.less {
				first, again = plan("1 TAP-22 hull 2"), plan("1 TAP-22 york 1")
			}
			b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Legs: first, At: at})
			b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Request: digest("a"), Lines: []machine.AmendLine{{SKU: "TAP-22", Qty: 1}}, Legs: plan("2 TAP-22 hull 1"), At: at})
			pushes := []*machine.Push{b.obeys("hull")}
			b.ok(pushes[0])
			if row.gone {
				b.ok(&machine.Amend{Order: orderA, Version: 2, Key: digest("g"), Request: digest("g"), Lines: []machine.AmendLine{{Line: 2}}, At: at})
				pushes = append(pushes, b.obeys("hull"))
				b.ok(pushes[1])
			}
			b.goesBack(before)
			b.attests("hull", pushes...)
			b.attests("york")
			b.attests("leeds")
			if res := b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Legs: again, At: at}); res.Answer.Err() != nil {
				t.Fatalf("got %v, want it taken", res.Answer.Err())
			}
			b.talk("hull")
			b.talk("york")
			if got := b.wishOf(orderA); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if n := len(b.raised("amended_before")); (n == 1) == row.gone {
				t.Errorf("got %d told, want what is learnt told", n)
			}
			b.restarts()
			b.audit()
		})
	}
}

// Two lives have added a line of the same number, for another article each. What a site has for the one that is lost is let go, under its own article: a book does
// nothing about one that it has not reserved.
func TestWhatALostLifeAddedUnderANumberThatIsTakenIsLetGo(t *testing.T) {
	for name, serves := range map[string]ledger.SiteID{"all have told": "york", "another has more to tell": "bath"} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york", "bath")
			b.agrees()
			b.receive("hull", 5, "SINK")
			b.talk("hull")
			b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 " + string(serves) + " 1"), At: at})
			b.talk(serves)
			before := encode(t, b.m)
			added := func(key string, sku ledger.SKU, leg string) {
				b.ok(&machine.Amend{Order: orderA, Version: b.m.VersionOf(orderA), Key: digest(key), Request: digest(key), Lines: []machine.AmendLine{{SKU: sku, Qty: 2}}, Legs: plan(leg), At: at})
			}
			added("a", "SINK", "2 SINK hull 2")
			late := b.obeys("hull")
			b.goesBack(before)
			b.attests("york")
			b.attests("leeds")
			for _, site := range []ledger.SiteID{"hull", "bath"} {
				b.ok(&machine.Waive{Site: site, By: "olga", Reason: "the line is down", At: at})
			}
			added("b", "TAP-22", "2 TAP-22 york 2")
			b.talk("york")
			b.attests("hull", late)
			b.talk("hull")
			b.attests("bath")
			b.talk("hull")
			if got := b.wishOf(orderA); got != "1 TAP-22 1+0, 2 TAP-22 2+0" {
				t.Errorf("got %s, want what this life knows", got)
			}
			if s, _ := b.m.Stock("hull", "SINK"); s.Level.Reserved != 0 || s.Held != 5 {
				t.Errorf("got %d of SINK reserved at hull, %d held: want it let go", s.Level.Reserved, s.Held)
			}
			b.restarts()
			b.audit()
		})
	}
}
