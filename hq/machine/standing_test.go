package machine_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// open lists the exceptions of a kind that are open, with the sites that they are of, the latest first.
func (b *bench) open(what string) (out []string) {
	for _, e := range b.m.Exceptions(machine.ExceptionsMax) {
		if e.What == what && !e.Resolved.Done() {
			out = append(out, fmt.Sprintf("%s %s", e.Site, e.Owner))
		}
	}
	return out
}

// TestWhatASiteIsLeftWithWhenItIsStoppedIsSaidUntilItServesAgain: one exception for the site, which somebody owns; and the order is among
// those that lie where they would not be given any more.
func TestWhatASiteIsLeftWithWhenItIsStoppedIsSaidUntilItServesAgain(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	p := placed(1, at)
	p.Legs = []allocate.Leg{legOf("hull", 1)}
	b.ok(p)
	o, _ := b.m.Order(p.Order.ID)
	set := func(term machine.Terms, left int, barred ...ledger.SiteID) {
		t.Helper()
		term.Site = "hull"
		b.ok(&machine.SetSourcing{Terms: []machine.Terms{term}, By: "beth", At: at, Left: []machine.LegsLeft{{Site: "hull", Orders: left}}})
		if got := b.m.BarredAt(o); !reflect.DeepEqual(got, barred) {
			t.Errorf("got %v, want the order to lie wrong at %v", got, barred)
		}
		want := []string{"hull head office"}[:min(left, 1)]
		if got := b.open("legs_left"); len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	set(machine.Terms{Stopped: "flooded"}, 1, "hull")
	set(machine.Terms{Stopped: "flooded, still"}, 1, "hull")
	set(machine.Terms{SKUs: []ledger.SKU{"TAP-22"}}, 1, "hull")
	set(machine.Terms{SKUs: []ledger.SKU{"PIPE"}}, 0)
	set(machine.Terms{Areas: []machine.Area{{Country: "IE"}}}, 0) // the order names no address
	set(machine.Terms{NoDeliver: true}, 1, "hull")
	again, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	b.m = again
	set(machine.Terms{}, 0)
}

// TestAnAddressThatASiteDoesNotSendToIsSaid: what lies there stays, and somebody has to decide.
func TestAnAddressThatASiteDoesNotSendToIsSaid(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	p := placed(1, at)
	p.Legs = []allocate.Leg{legOf("hull", 1)}
	b.ok(p)
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Areas: []machine.Area{{Country: "GB"}}}}})
	goes := func(country string, told int) {
		t.Helper()
		v := b.m.VersionOf(p.Order.ID)
		key := digest(fmt.Sprint("a", v))
		if res := b.ok(&machine.Amend{Order: p.Order.ID, Version: v, Key: key, Request: key, ShipTo: &ledger.Address{Country: country}, At: at}); res.Answer.Err() != nil {
			t.Fatal(res.Answer.Err())
		}
		if got := b.open("legs_left"); len(got) != told {
			t.Errorf("to %s: got %v, want %d", country, got, told)
		}
	}
	goes("FR", 0) // not every server knows of it
	b.ok(&machine.Agree{Commands: machine.AgreeCommands, At: at})
	goes("GB", 0)
	goes("FR", 1)
	goes("GB", 1)
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Areas: []machine.Area{{Country: "GB"}, {Country: "FR"}}}}})
	if got := b.open("legs_left"); len(got) != 0 {
		t.Errorf("hull sends there now: got %v", got)
	}
}

// TestAnOrderOfAClassThatIsNoneStandsAndSomebodyIsTold: the site took it, perhaps cut off, under older settings.
func TestAnOrderOfAClassThatIsNoneStandsAndSomebodyIsTold(t *testing.T) {
	b := newBench(t)
	leeds := b.site("leeds", true)
	n := 0
	take := func(class string) ledger.OrderID {
		n++
		o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
		o.Class = class
		if out := leeds.Decide(&ledger.Place{Order: o}, at); out.Err != nil {
			t.Fatal(out.Err)
		}
		b.ok(b.cut("leeds"))
		return o.ID
	}
	told := func(want int) {
		t.Helper()
		if got := b.open("class_unknown"); len(got) != want {
			t.Errorf("got %v, want %d", got, want)
		}
	}
	b.ok(classes(0, "gold")(0))
	take("ghost")
	told(0) // not every server knows of it
	b.ok(&machine.Agree{Commands: machine.AgreeCommands, At: at})
	ghost, gold := take("ghost"), take("gold")
	told(1)
	take("ghost")
	take("")
	told(1)
	take("spectre")
	told(2)
	var turns []ledger.OrderID
	for _, o := range b.m.Waiting(func(ledger.SKU, ledger.SiteID) ledger.Qty { return 99 }, nil, 99) {
		turns = append(turns, o.ID)
	}
	if len(turns) != n || turns[0] != gold {
		t.Errorf("got %v, want all %d in their turn, the one of a class that is listed first", turns, n)
	}
	b.ok(classes(0, "gold", "ghost")(0))
	told(1)
	if o, ok := b.m.Order(ghost); !ok || o.Class != "ghost" {
		t.Errorf("got %+v, want the order as its book has it", o)
	}
	b.ok(classes(0)(0)) // without a list a class is any word
	told(0)
	take("spectre")
	told(0)
}

// TestGoodsCountForTheirDeliveryHoweverTheirReferenceIsTyped but for the letters themselves; and where two deliveries are meant by it, the
// one that is expected there.
func TestGoodsCountForTheirDeliveryHoweverTheirReferenceIsTyped(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.site("york", false)
	put := func(ref string, site ledger.SiteID) {
		b.ok(&machine.Expect{Reference: ref, Supplier: "Acme", Site: site, Due: machine.DayOf(at) + 3, By: "beth", At: at, Lines: []machine.DueLine{{SKU: "TAP-22", Qty: 9}}})
	}
	came := func(ref string) ledger.Qty {
		t.Helper()
		d, ok := b.m.Delivery(ref)
		if !ok {
			t.Fatalf("no delivery %s", ref)
		}
		return d.Lines[0].Came
	}
	bring := func(typed string) {
		b.bring("hull", typed, ledger.ReceiptLine{SKU: "TAP-22", Qty: 1})
		b.ok(b.cut("hull"))
	}
	put("PO 812", "hull")
	bring("po812")
	if got := came("PO 812"); got != 0 {
		t.Errorf("got %d, want none before every server counts so", got)
	}
	b.ok(&machine.Agree{Commands: machine.AgreeCommands, At: at})
	for i, typed := range []string{"po812", "Po 812", " PO  812", "PO 812"} {
		if bring(typed); came("PO 812") != ledger.Qty(i+1) {
			t.Errorf("after %q: got %d, want %d", typed, came("PO 812"), i+1)
		}
	}
	bring("PO 8l2")
	bring("")
	if got := came("PO 812"); got != 4 {
		t.Errorf("got %d, want what is of another reference not counted", got)
	}
	put("po812", "york")
	if bring("PO812"); came("PO 812") != 5 || came("po812") != 0 {
		t.Errorf("got %d and %d, want it counted for the one that is expected here", came("PO 812"), came("po812"))
	}
	put("po 812", "hull")
	if bring("PO812"); came("PO 812")+came("po 812") != 5 || len(b.open("delivery_unclear")) != 1 {
		t.Errorf("got %d and %d, want neither, and somebody told", came("PO 812"), came("po 812"))
	}
	if got := []string{b.m.ReferenceOf("po 812"), b.m.ReferenceOf("pO812"), b.m.ReferenceOf("PO 9")}; !reflect.DeepEqual(got, []string{"po 812", "PO 812", "PO 9"}) {
		t.Errorf("got %q", got)
	}
}

// TestGoodsWhoseReferenceNearlyFitsAreToldOf: a node does not know what is expected, so whoever typed it could not be told.
func TestGoodsWhoseReferenceNearlyFitsAreToldOf(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.site("york", false)
	for ref, site := range map[string]ledger.SiteID{"PO 812": "hull", "PO 4711": "hull", "PO 9001": "york"} {
		b.ok(&machine.Expect{Reference: ref, Supplier: "Acme", Site: site, Due: machine.DayOf(at) + 3, By: "beth", At: at,
			Lines: []machine.DueLine{{SKU: "TAP-22", Qty: 9}}})
	}
	bring := func(typed string, sku ledger.SKU) int {
		before := len(b.open("delivery_nearly"))
		b.bring("hull", typed, ledger.ReceiptLine{SKU: sku, Qty: 1})
		b.ok(b.cut("hull"))
		return len(b.open("delivery_nearly")) - before
	}
	if bring("PO 8l2", "TAP-22") != 0 {
		t.Error("got it told of before every server does so")
	}
	b.m.AgreedForTest(machine.MendedForTest)
	for typed, want := range map[string]int{"PO 8l2": 1, "po-812": 1, "PO 8122": 1, "PO 182": 1, "OP 4711": 1, "OP 4117": 0, "PO 47": 0, "PO 8": 0, "P": 0, "": 0, " ": 0, "PO 9002": 0,
		"PO 812": 0, "Po812": 0, strings.Repeat("PO 812", 20): 0} {
		if got := bring(typed, "TAP-22"); got != want {
			t.Errorf("%q: got it told of %d times, want %d", typed, got, want)
		}
	}
	if bring("PO 8l2", "PIPE") != 0 {
		t.Error("got it told of goods that nobody expects")
	}
	if bring("PO 8l2", "TAP-22") != 1 {
		t.Fatal("got nothing told")
	}
	e := b.m.Exceptions(1)[0]
	if e.Site != "hull" || !strings.Contains(e.Why, "PO 8l2") || !strings.Contains(e.Why, "PO 812 of Acme") {
		t.Errorf("got %+v, want both references named", e)
	}
	b.ok(&machine.Expect{Reference: "PO 812", Cancel: true, By: "beth", At: at})
	if bring("PO 8l2", "TAP-22") != 0 {
		t.Error("got it told of a delivery that is over")
	}
}
