package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// bring takes goods in at a site under a reference.
func (b *bench) bring(site ledger.SiteID, ref string, lines ...ledger.ReceiptLine) {
	b.t.Helper()
	b.bringAt(site, at, ref, lines...)
}

func (b *bench) bringAt(site ledger.SiteID, when time.Time, ref string, lines ...ledger.ReceiptLine) {
	b.t.Helper()
	if out := b.cores[site].Decide(&ledger.Receive{ID: "d", Reference: ref, Lines: lines}, when); out.Err != nil {
		b.t.Fatal(out.Err)
	}
}

// today is the day of the bench.
var today = machine.DayOf(at)

// expect is a delivery of taps to hull.
func expect(ref string, in machine.Day, q ledger.Qty) *machine.Expect {
	return &machine.Expect{Reference: ref, Supplier: "Acme", Site: "hull", Due: today + in, Lines: []machine.DueLine{{SKU: "TAP-22", Qty: q}}, By: "beth", At: at}
}

// nth is an order's id, made of a number.
func nth(n int) ledger.OrderID {
	return ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", 0x100+n))
}

// wants places an order of head office's own for taps, of which nothing is there; the nth was taken n seconds after the first.
func (b *bench) wants(n int, q ledger.Qty, change ...func(*ledger.Order)) machine.Result {
	b.t.Helper()
	o := order(nth(n), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: q})
	o.TakenAt = at.Add(time.Duration(n) * time.Second)
	for _, f := range change {
		f(&o)
	}
	return b.apply(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), At: at})
}

// promised says what an order is promised, for example "4 PO 812 2026-01-08".
func (b *bench) promised(n int) string {
	var words []string
	for _, r := range b.m.PromisesTo(nth(n)) {
		words = append(words, strings.TrimSpace(fmt.Sprintf("%d %s %s", r.Qty, r.Reference, r.By)))
	}
	return strings.Join(words, ", ")
}

func (b *bench) check(n int, want string) {
	b.t.Helper()
	if got := b.promised(n); got != want {
		b.t.Errorf("order %d: got %q promised, want %q", n, got, want)
	}
}

// due is a bench with a warehouse.
func due(t testing.TB) *bench {
	b := newBench(t)
	b.site("hull", false)
	b.talk("hull")
	return b
}

func TestWhatIsDueInIsPromisedFirstComeFirstServed(t *testing.T) {
	b := due(t)
	b.wants(1, 4)
	b.ok(expect("PO 812", 3, 10))
	b.check(1, "4 PO 812 2026-01-08")
	res := b.wants(2, 8)
	b.check(2, "6 PO 812 2026-01-08")
	if got := res.Answer.Promised; len(got) != 1 || got[0].Qty != 6 || got[0].Reference != "PO 812" || got[0].By != today+3 {
		t.Errorf("the client is told of %+v, want 6 of PO 812", got)
	}
	urgent := b.wants(3, 5, func(o *ledger.Order) { o.Priority = 9 })
	if b.check(3, ""); urgent.Err != nil {
		t.Error(urgent.Err)
	}
	b.ok(expect("PO 813", 9, 4))
	b.check(2, "6 PO 812 2026-01-08") // what stands is taken away by nobody, and the urgent one is the next
	b.check(3, "4 PO 813 2026-01-14")
	b.ok(&machine.Cancel{Order: nth(1), Key: digest("c"), Request: digest("c"), At: at})
	b.check(3, "4 PO 812 2026-01-08, 1 PO 813 2026-01-14")
	b.check(2, "6 PO 812 2026-01-08, 2 PO 813 2026-01-14")
	b.restarts()
}

func TestWhatArrivesGoesToWhomItWasPromised(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 6))
	b.wants(1, 4)
	b.wants(2, 3)
	b.wants(3, 5, func(o *ledger.Order) { o.Priority = 9 })
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 2, Bin: "A"}, ledger.ReceiptLine{SKU: "TAP-22", Qty: 3, Bin: "B"})
	b.talk("hull")
	for n, want := range map[int]ledger.Qty{1: 4, 2: 1, 3: 0} {
		o, _ := b.m.Order(nth(n))
		if got := o.Lines[0].Promised(); got != want {
			t.Errorf("order %d: got %d reserved of 5 that came, want %d", n, got, want)
		}
	}
	b.check(1, "")
	b.check(2, "1 PO 812 2026-01-08")
	if e, ok := b.m.Explained(nth(1)); !ok || !strings.Contains(opened(t, e).Lines[0].Candidates[0].Why, "PO 812") {
		t.Errorf("got %+v, want the delivery named", e)
	}
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 9})
	b.talk("hull")
	b.check(2, "")
	stock, _ := b.m.Stock("hull", "TAP-22")
	if d, _ := b.m.Delivery("PO 812"); stock.Held != 8 || d.Lines[0].Came != 14 || d.Closed == 0 {
		t.Errorf("got %d held, %+v; want the 8 beyond what was promised held, and the delivery over", stock.Held, d)
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got %v, want no exception", got)
	}
	b.restarts()
}

func TestWhatComesToACounterIsBorrowedForWhomItWasPromised(t *testing.T) {
	b := due(t)
	b.site("york", true)
	b.talk("york")
	c := expect("PO 812", 3, 6)
	c.Site = "york"
	b.ok(c)
	b.wants(1, 4)
	b.bring("york", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 6})
	b.ok(b.cut("york"))
	cs := b.m.Commands("york", 0, 9)
	if len(cs) != 1 || cs[0].Kind != ledger.CommandBorrow || cs[0].Order != nth(1) || cs[0].Lines[0].Qty != 4 {
		t.Fatalf("got %+v, want 4 borrowed for the order", cs)
	}
	b.talk("york")
	r, ok := b.m.Request(machine.SubjectOfFill(nth(1)))
	if !ok || r.Open() || len(r.Tied) != 1 || r.Tied[0].Qty != 4 {
		t.Fatalf("got %+v, want 4 tied to the order", r)
	}
	b.ok(&machine.Fill{Order: nth(1), Using: r.For, Legs: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "york", Qty: 4}}, At: at})
	b.check(1, "")
	b.restarts()
}

func TestALineThatIsLateOrShortIsPromisedAnewAndSaysWhoSlips(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 10))
	b.ok(expect("PO 813", 9, 3))
	b.wants(1, 6, func(o *ledger.Order) { o.NeedBy = "2026-01-09" })
	b.wants(2, 4)
	late := expect("PO 812", 5, 10)
	want := []machine.Slip{
		{Order: nth(1), Line: 1, SKU: "TAP-22", Reference: "PO 812", Qty: 6, Old: today + 3, New: today + 5, NeedBy: "2026-01-09"},
		{Order: nth(2), Line: 1, SKU: "TAP-22", Reference: "PO 812", Qty: 4, Old: today + 3, New: today + 5},
	}
	if got, err := b.m.WhatIf(late); err != nil || !reflect.DeepEqual(got, want) || !got[0].Missed() || got[1].Missed() {
		t.Errorf("what if it is late: got %+v (%v), want %+v, the first too late", got, err, want)
	}
	b.check(1, "6 PO 812 2026-01-08") // nothing was changed by the question
	if res := b.ok(late); !reflect.DeepEqual(res.Slips, want) || res.Version != 2 {
		t.Errorf("late: got %+v, want what the what-if said", res)
	}
	b.check(1, "6 PO 812 2026-01-10")
	if res := b.ok(expect("PO 812", 5, 8)); len(res.Slips) != 1 || res.Slips[0] != (machine.Slip{Order: nth(2), Line: 1, SKU: "TAP-22", Reference: "PO 812", Qty: 2, Old: today + 5, New: today + 9}) {
		t.Errorf("short: got %+v, want 2 of the second order's at the next delivery", res.Slips)
	}
	if res := b.ok(&machine.Expect{Reference: "PO 812", Cancel: true, By: "beth", At: at}); len(res.Slips) != 3 {
		t.Errorf("cancelled: got %+v, want one unit more at the next delivery and the rest without a date", res.Slips)
	}
	b.check(1, "1 PO 813 2026-01-14")
	b.check(2, "2 PO 813 2026-01-14")
	es := b.m.Exceptions(9)
	if len(es) != 3 || es[2].What != "promise_slips" || es[2].Owner == "" || es[2].Site != "hull" ||
		!strings.Contains(es[2].Why, string(nth(1))+" line 1, 6 TAP-22: 2026-01-08 to 2026-01-10, needed by 2026-01-09") {
		t.Errorf("got %+v, want an exception that names the orders and their dates", es)
	}
	b.restarts()
}

func TestASlipThatIsLongIsCounted(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 100))
	for n := range 30 {
		b.wants(n, 1)
	}
	b.ok(expect("PO 812", 4, 100))
	if why := b.m.Exceptions(1)[0].Why; strings.Count(why, "2026-01-09") != 20 || !strings.HasSuffix(why, "and 10 more") {
		t.Errorf("got %q, want 20 named and the rest counted", why)
	}
}

// A line counts as it has come whole; what is promised later has the days that 80 of 100 lines were late by at most.
func TestASuppliersLatenessIsLearntFromItsLines(t *testing.T) {
	b := due(t)
	for i, days := range []int{0, 1, 7, 2, 3} {
		ref := fmt.Sprintf("PO %d", i)
		b.ok(expect(ref, 0, 2))
		b.bringAt("hull", at, ref, ledger.ReceiptLine{SKU: "TAP-22", Qty: 1})
		b.bringAt("hull", at.Add(time.Duration(days)*24*time.Hour), ref, ledger.ReceiptLine{SKU: "TAP-22", Qty: 1})
		b.talk("hull")
	}
	if days, lines := b.m.Lateness("Acme"); days != 3 || lines != 5 {
		t.Errorf("got %d days of %d lines, want 3 of 5", days, lines)
	}
	if days, lines := b.m.Lateness("nobody"); days != 0 || lines != 0 {
		t.Errorf("got %d days of %d lines, want none without a history", days, lines)
	}
	b.ok(expect("PO 812", 3, 4))
	b.wants(1, 14) // 10 of them are there, and wait to be planned
	b.check(1, "4 PO 812 2026-01-11")
	for i := range machine.LatenessKept {
		ref := fmt.Sprintf("SO %d", i)
		c := expect(ref, 0, 1)
		c.Lines[0].SKU = "PIPE"
		b.ok(c)
		b.bring("hull", ref, ledger.ReceiptLine{SKU: "PIPE", Qty: 1})
		b.ok(b.cut("hull"))
	}
	if days, lines := b.m.Lateness("Acme"); days != 0 || lines != machine.LatenessKept {
		t.Errorf("got %d days of %d lines, want the latest only", days, lines)
	}
	b.check(1, "4 PO 812 2026-01-11") // what was promised stays promised
	b.restarts()
}

func TestWhatIsOverdueHasNoDateUntilItIsChanged(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 1, 5))
	b.ok(expect("PO 813", 9, 2))
	b.wants(1, 4)
	b.wants(2, 1)
	if b.m.Lapsed(today + 1) {
		t.Error("a promise has lapsed on its own day")
	}
	if !b.m.Lapsed(today + 2) {
		t.Error("a promise has not lapsed on the day after")
	}
	tomorrow := &machine.Overdue{At: at.Add(48 * time.Hour)}
	if res := b.ok(tomorrow); len(res.Slips) != 3 {
		t.Errorf("got %+v, want 2 at the next delivery, 2 and 1 without a date", res.Slips)
	}
	b.check(1, "2 PO 813 2026-01-14, 2 PO 812")
	b.check(2, "1 PO 812")
	if res := b.ok(tomorrow); len(res.Slips) != 0 || len(b.m.Exceptions(9)) != 1 {
		t.Errorf("again: got %+v and %v, want nothing more said", res.Slips, b.exceptions())
	}
	b.wants(3, 2)
	b.check(3, "2 PO 812")
	moved := expect("PO 812", 4, 5)
	moved.At = tomorrow.At
	b.ok(moved)
	b.check(1, "2 PO 812 2026-01-09, 2 PO 813 2026-01-14")
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 5})
	b.talk("hull")
	b.check(3, "")
	b.restarts()
}

func TestAnOrderIsTakenWhereItsNeedByAllowsIt(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 5))
	by := func(day string, s ledger.Shortage) func(*ledger.Order) {
		return func(o *ledger.Order) { o.NeedBy, o.Shortage = day, s }
	}
	for name, res := range map[string]machine.Result{
		"without a date":      b.wants(1, 2, by("", ledger.Refuse)),
		"needed before":       b.wants(1, 2, by("2026-01-07", ledger.Refuse)),
		"more than comes":     b.wants(1, 6, by("2026-01-08", ledger.Refuse)),
		"to be confirmed":     b.wants(1, 2, by("2026-01-08", ledger.Confirm)),
		"a part too early":    b.wants(1, 2, by("2026-01-07T10:00:00Z", ledger.Partial)),
		"collected elsewhere": b.wants(1, 2, by("2026-01-08", ledger.Refuse), func(o *ledger.Order) { o.Fulfil, o.CollectAt = ledger.Collect, "york" }),
	} {
		if !errors.Is(res.Err, machine.ErrConflict) {
			t.Errorf("%s: got %v, want %v", name, res.Err, machine.ErrConflict)
		}
	}
	res := b.wants(1, 2, by("2026-01-08", ledger.Refuse))
	if res.Err != nil || res.Answer.Order.Status != ledger.StatusBackordered || len(res.Answer.Promised) != 1 {
		t.Fatalf("got %+v, want the order to wait for what is due in", res)
	}
	res = b.wants(2, 9, by("2026-01-08T09:00:00Z", ledger.Partial))
	if o := res.Answer.Order; res.Err != nil || o.Lines[0].Backordered != 3 {
		t.Errorf("got %+v, want the 3 that are left of what is due in, and no more waited for", o)
	}
	b.check(2, "3 PO 812 2026-01-08")
	b.restarts()
}

func TestAnOrderIsPromisedOnlyWhereItIsCollected(t *testing.T) {
	b := due(t)
	b.site("york", true)
	b.ok(expect("PO 812", 3, 5))
	b.wants(1, 2, func(o *ledger.Order) { o.Fulfil, o.CollectAt = ledger.Collect, "york" })
	b.check(1, "")
	moved := expect("PO 812", 3, 5)
	moved.Site = "york"
	b.ok(moved)
	b.check(1, "2 PO 812 2026-01-08")
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 5})
	b.ok(b.cut("hull"))
	b.check(1, "2 PO 812 2026-01-08")
	if got := b.exceptions(); !slices.Contains(got, "delivery_elsewhere") {
		t.Errorf("got %v, want somebody told that it came elsewhere", got)
	}
	b.restarts()
}

func TestADeliveryPutAgainChangesNothing(t *testing.T) {
	b := due(t)
	if res := b.ok(expect("PO 812", 3, 5)); res.Version != 1 {
		t.Errorf("got version %d, want 1", res.Version)
	}
	before, _ := b.m.Delivery("PO 812")
	again := expect("PO 812", 3, 5)
	again.By, again.At = "carl", at.Add(time.Hour)
	res := b.ok(again)
	if after, _ := b.m.Delivery("PO 812"); res.Version != 1 || after != before {
		t.Errorf("got %+v, want %+v as it was", after, before)
	}
	b.ok(&machine.Expect{Reference: "PO 812", Cancel: true, By: "beth", At: at})
	if res := b.ok(&machine.Expect{Reference: "PO 812", Cancel: true, By: "carl", At: at}); res.Version != 2 {
		t.Errorf("cancelled again: got version %d, want 2", res.Version)
	}
	b.ok(expect("PO 812", 3, 5))
	if d, _ := b.m.Delivery("PO 812"); d.Canceled || d.Closed != 0 || b.m.Expected() != 1 {
		t.Errorf("got %+v, want it expected again", d)
	}
	b.restarts()
}

func TestADeliveryBeyondItsBoundsChangesNothing(t *testing.T) {
	b := due(t)
	many := make([]machine.DueLine, machine.DeliveryLinesMax+1)
	for i := range many {
		many[i] = machine.DueLine{SKU: ledger.SKU(fmt.Sprintf("P%06d", i)), Qty: 1}
	}
	for name, c := range map[string]*machine.Expect{
		"nobody":          {Reference: "R", Supplier: "A", Site: "hull", Due: 1, Lines: many[:1]},
		"no reference":    {Supplier: "A", Site: "hull", Due: 1, Lines: many[:1], By: "beth"},
		"no supplier":     {Reference: "R", Site: "hull", Due: 1, Lines: many[:1], By: "beth"},
		"no day":          {Reference: "R", Supplier: "A", Site: "hull", Lines: many[:1], By: "beth"},
		"beyond all days": {Reference: "R", Supplier: "A", Site: "hull", Due: 1 << 40, Lines: many[:1], By: "beth"},
		"no lines":        {Reference: "R", Supplier: "A", Site: "hull", Due: 1, By: "beth"},
		"too many lines":  {Reference: "R", Supplier: "A", Site: "hull", Due: 1, Lines: many, By: "beth"},
		"a SKU twice":     {Reference: "R", Supplier: "A", Site: "hull", Due: 1, Lines: []machine.DueLine{many[0], many[0]}, By: "beth"},
		"no SKU":          {Reference: "R", Supplier: "A", Site: "hull", Due: 1, Lines: []machine.DueLine{{SKU: "\x00", Qty: 1}}, By: "beth"},
		"no goods":        {Reference: "R", Supplier: "A", Site: "hull", Due: 1, Lines: []machine.DueLine{{SKU: "P"}}, By: "beth"},
		"no such site":    {Reference: "R", Supplier: "A", Site: "leeds", Due: 1, Lines: many[:1], By: "beth"},
		"not there":       {Reference: "R", Cancel: true, By: "beth"},
	} {
		if res := b.apply(c); res.Err == nil || b.m.Expected() != 0 {
			t.Errorf("%s: got %v and %d deliveries, want a refusal and none", name, res.Err, b.m.Expected())
		}
	}
	for i := range machine.DueOfSKUMax {
		b.m.Apply(machine.Marshal(expect(fmt.Sprintf("PO %d", i), 3, 1)))
	}
	if res := b.apply(expect("one more", 3, 1)); res.Err == nil || b.m.Expected() != machine.DueOfSKUMax {
		t.Errorf("got %v and %d deliveries, want one SKU in no more than %d", res.Err, b.m.Expected(), machine.DueOfSKUMax)
	}
	b.ok(expect("PO 7", 4, 2))
	b.restarts()
}

func TestDeliveriesThatAreOverAreForgottenTheFirstFirst(t *testing.T) {
	b := due(t)
	for i := range machine.DeliveriesClosedMax + 3 {
		b.m.Apply(machine.Marshal(expect(fmt.Sprintf("PO %d", i), 3, 1)))
		b.m.Apply(machine.Marshal(&machine.Expect{Reference: fmt.Sprintf("PO %d", i), Cancel: true, By: "beth", At: at}))
	}
	_, first := b.m.Delivery("PO 2")
	_, kept := b.m.Delivery("PO 3")
	if all, _ := b.m.Deliveries("", 1<<20, nil); first || !kept || len(all) != machine.DeliveriesClosedMax {
		t.Errorf("got %d deliveries, the third there: %t, the fourth: %t; want the latest %d", len(all), first, kept, machine.DeliveriesClosedMax)
	}
	b.bring("hull", "PO 500", ledger.ReceiptLine{SKU: "TAP-22", Qty: 1}) // it is over already
	b.talk("hull")
	if all, _ := b.m.Deliveries("", 1<<20, nil); len(all) != machine.DeliveriesClosedMax {
		t.Errorf("got %d deliveries after one that is over was changed, want all %d still", len(all), machine.DeliveriesClosedMax)
	}
	b.ok(expect("PO 3", 3, 1))
	b.restarts()
}

// Promises hold no units: another life keeps them, and what it learns of the orders changes them.
func TestAnotherLifeKeepsWhatIsPromisedOfWhatIsDueIn(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 5))
	b.wants(1, 4)
	b.ok(&machine.Reincarnate{Random: [16]byte{7}, Why: "restored", At: at})
	b.check(1, "4 PO 812 2026-01-08")
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 1})
	b.ok(b.cut("hull")) // nothing of a frozen site is given
	b.check(1, "4 PO 812 2026-01-08")
	if stock, _ := b.m.Stock("hull", "TAP-22"); stock.Held != 1 {
		t.Errorf("got %d held, want the one that came kept for its turn", stock.Held)
	}
	b.ok(&machine.Cancel{Order: nth(1), Key: digest("c"), Request: digest("c"), At: at})
	b.check(1, "")
	m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil || m.Expected() != 1 {
		t.Errorf("got %v and no delivery, want it in the snapshot", err)
	}
}

func TestWhatArrivesWhereNothingMoreIsServedIsHandedToNobody(t *testing.T) {
	for name, row := range map[string]struct {
		terms machine.Terms
		first ledger.Qty // of the first of two orders for 2, what is reserved at once; of the second nothing is
	}{
		"the day has room for one": {machine.Terms{Site: "hull", Capacity: 1}, 2},
		"it is stopped":            {machine.Terms{Site: "hull", Stopped: "stocktaking"}, 0},
		"it sends nothing":         {machine.Terms{Site: "hull", NoDeliver: true}, 0},
		"not this article":         {machine.Terms{Site: "hull", SKUs: []ledger.SKU{"TAP-22"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := due(t)
			b.ok(&machine.SetSourcing{Terms: []machine.Terms{row.terms}, By: "beth", Reason: "x", At: at})
			b.ok(expect("PO 812", 3, 4))
			b.wants(1, 2)
			b.wants(2, 2)
			b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 4})
			b.talk("hull")
			first, _ := b.m.Order(nth(1))
			second, _ := b.m.Order(nth(2))
			if first.Lines[0].Promised() != row.first || second.Lines[0].Promised() != 0 {
				t.Errorf("got %d and %d reserved, want %d and none", first.Lines[0].Promised(), second.Lines[0].Promised(), row.first)
			}
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 4-row.first {
				t.Errorf("got %d held, want the rest kept for its turn", s.Held)
			}
			b.restarts()
		})
	}
}

// What a class has kept for it is promised to nobody else of what is due in, and handed to nobody else when it comes: a purchase order in parts, class by class.
func TestWhatIsKeptForAClassIsHandedToNoOther(t *testing.T) {
	b := due(t)
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitMinimum, SKU: "TAP-22", Qty: 4}}},
		{Name: "silver"}, {Name: "staff", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 1}}}}})
	of := func(class string, priority int) func(*ledger.Order) {
		return func(o *ledger.Order) { o.Class, o.Priority = class, priority }
	}
	b.wants(1, 8, of("silver", 0))
	b.wants(2, 2, of("gold", 0))
	b.wants(3, 3, of("staff", 9))
	b.wants(4, 1, of("silver", 5))
	b.ok(&machine.Purchase{Act: ledger.PurchaseSend, By: "beth", At: at, Order: ledger.Purchase{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: "2026-01-08", Lines: []ledger.PurchaseLine{{SKU: "TAP-22", Qty: 16}}}})
	b.check(2, "2 PO 812 2026-01-08")
	b.check(4, "1 PO 812 2026-01-08")
	b.check(1, "8 PO 812 2026-01-08")
	b.check(3, "1 PO 812 2026-01-08") // of 5 that are left 4 are kept
	reserved := func(when string, want map[int]ledger.Qty) {
		t.Helper()
		for n, q := range want {
			if o, _ := b.m.Order(nth(n)); o.Lines[0].Promised() != q {
				t.Errorf("%s: order %d: got %d reserved, want %d", when, n, o.Lines[0].Promised(), q)
			}
		}
	}
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 7})
	b.talk("hull")
	reserved("7 of 16 came", map[int]ledger.Qty{1: 0, 2: 2, 3: 0, 4: 1})
	b.check(1, "8 PO 812 2026-01-08")
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 9})
	b.talk("hull")
	reserved("all came", map[int]ledger.Qty{1: 8, 2: 2, 3: 1, 4: 1})
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Promisable() != 4 || !b.m.Limited("TAP-22") {
		t.Errorf("got %d that can be promised, want the 4 that are kept", s.Promisable())
	}
	if got := b.m.Allowed("staff", "TAP-22", 0, at).All; got != 0 {
		t.Errorf("staff may have %d more today, want none: what was handed to it counts", got)
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got %v, want nothing to slip", got)
	}
	b.restarts()
}
