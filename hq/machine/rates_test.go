package machine_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// learning is a bench at which demand is learnt, with leeds, a counter.
func learning(t testing.TB) *bench {
	b := newBench(t)
	set := machine.DefaultSettings()
	set.By, set.At = "head office", at
	b.ok(&set)
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	return b
}

func orderN(n int) ledger.OrderID {
	return ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", 0x1000+n))
}

// ordered is an entry of leeds about a delivery order of its own.
func ordered(k ledger.Kind, n int, at time.Time, lines ...ledger.Line) *ledger.Entry {
	o := order(orderN(n), ledger.Backorder, lines...)
	o.Owner, o.Status, o.Wait = "leeds", ledger.StatusBackordered, ledger.WaitHere
	for i := range o.Lines {
		o.Lines[i].Backordered = o.Lines[i].Qty
	}
	return &ledger.Entry{Kind: k, At: at, Body: &ledger.OrderBody{Order: o}}
}

func day(n int) time.Time { return at.AddDate(0, 0, n) }

func TestDemandIsWhatDeliveryOrdersWant(t *testing.T) {
	b := learning(t)
	tap := ledger.Line{SKU: "TAP-22", Qty: 2}
	b.writes("leeds", ordered(ledger.KindPlaced, 1, day(0), tap, ledger.Line{SKU: "PIPE", Qty: 5}, tap))
	refused := ordered(ledger.KindRefused, 2, day(0), tap)
	refused.Body.(*ledger.OrderBody).Refusal = ledger.RefusedShort
	b.writes("leeds", refused)
	for name, spoil := range map[string]func(*ledger.OrderBody){
		"goods taken along":             func(o *ledger.OrderBody) { o.Order.Fulfil = ledger.Take },
		"to be collected":               func(o *ledger.OrderBody) { o.Order.Fulfil = ledger.Collect },
		"an id that is taken":           func(o *ledger.OrderBody) { o.Refusal = ledger.RefusedExists },
		"an order that is none at all":  func(o *ledger.OrderBody) { o.Refusal, o.Order.Lines = ledger.RefusedShort, nil },
		"one that nobody was answered":  func(o *ledger.OrderBody) { o.Refusal, o.Dropped = ledger.RefusedShort, true },
		"a quantity beyond all bounds":  func(o *ledger.OrderBody) { o.Refusal, o.Order.Lines[0].Qty = ledger.RefusedShort, -1<<62 },
		"a SKU that is none, and short": func(o *ledger.OrderBody) { o.Refusal, o.Order.Lines[0].SKU = ledger.RefusedShort, "\x00" },
	} {
		e := ordered(ledger.KindPlaced, 100+len(name), day(0), tap)
		body := e.Body.(*ledger.OrderBody)
		if spoil(body); body.Refusal != "" {
			e.Kind = ledger.KindRefused
		}
		b.writes("leeds", e)
		if got := b.m.DemandFor("leeds", "TAP-22", day(0)); got.Orders != 2*1000/28 {
			t.Fatalf("%s: got %+v, want it not to count", name, got)
		}
	}
	if got, want := b.m.DemandFor("leeds", "TAP-22", day(0)), (machine.Demand{Orders: 2000 / 28, Units: 6000 / 28}); got != want {
		t.Errorf("got %+v, want %+v: two orders, of four and two", got, want)
	}
	if got, want := b.m.DemandFor("leeds", "PIPE", day(0)), (machine.Demand{Orders: 1000 / 28, Units: 5000 / 28}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	b.writes("leeds", ordered(ledger.KindCanceled, 1, day(0)))
	if got := b.m.DemandFor("leeds", "PIPE", day(0)); got.Orders != 1000/28 {
		t.Errorf("cancelled: got %+v, want what was asked for", got)
	}
	b.restarts()
}

func TestDemandComesToTheOrdersOfADayAndIsForgotten(t *testing.T) {
	b := learning(t)
	n := 0
	for d := range 200 {
		for range 3 {
			n++
			b.writes("leeds", ordered(ledger.KindPlaced, n, day(d), ledger.Line{SKU: "TAP-22", Qty: 1}))
		}
	}
	if got := b.m.DemandFor("leeds", "TAP-22", day(199)).Orders; got < 2900 || got > 3100 {
		t.Errorf("after 200 days of 3 orders: got %d thousandths a day, want about 3000", got)
	}
	if got := b.m.DemandFor("leeds", "TAP-22", day(199+28)).Orders; got < 950 || got > 1250 {
		t.Errorf("28 days later: got %d thousandths a day, want about 3000/e", got)
	}
	if got := b.m.DemandFor("leeds", "TAP-22", day(100)).Orders; got < 2900 {
		t.Errorf("asked by a clock that is late: got %d, want nothing taken away", got)
	}
	e := stored(siteOf(b, "leeds"), ordered(ledger.KindPlaced, n+1, day(900), ledger.Line{SKU: "PIPE", Qty: 1}))
	p := next(siteOf(b, "leeds"), e)
	p.At = day(900)
	b.ok(p)
	if got := b.m.Rated("leeds", "", 9); len(got) != 1 || got[0] != "PIPE" {
		t.Errorf("two years later: got demand for %v, want it only for what was ordered since", got)
	}
	b.restarts()
}

func siteOf(b *bench, id ledger.SiteID) *machine.Site {
	s, _ := b.m.Site(id)
	return s
}

// The same journal in pushes of any size, from a state restored on the way too, comes to the same.
func TestDemandIsTheSameHoweverAJournalIsPushed(t *testing.T) {
	one, many := learning(t), learning(t)
	var all [][]byte
	s := siteOf(one, "leeds")
	for n := range 60 {
		e := ordered(ledger.KindPlaced, n, day(n/7).Add(-time.Duration(n%3)*40*time.Hour), ledger.Line{SKU: ledger.SKU(fmt.Sprintf("P-%d", n%5)), Qty: 1})
		e.Seq, e.Epoch = s.Stored.Seq+ledger.Seq(n)+1, s.Epoch
		all = append(all, ledger.MarshalEntry(e))
	}
	one.ok(next(s, all...))
	for from := 0; from < len(all); from += 11 {
		many.ok(next(siteOf(many, "leeds"), all[from:min(from+11, len(all))]...))
		m, err := machine.Restore(bytes.NewReader(encode(t, many.m)))
		if err != nil {
			t.Fatal(err)
		}
		many.m = m
	}
	again := next(s, all[:20]...)
	again.Before = s.Stored
	many.apply(again) // an old push, come late
	skus := one.m.Rated("leeds", "", 9)
	if len(skus) != 5 {
		t.Errorf("got demand for %v, want five", skus)
	}
	for _, sku := range skus {
		if got, want := many.m.DemandFor("leeds", sku, day(9)), one.m.DemandFor("leeds", sku, day(9)); got != want || got.Orders == 0 {
			t.Errorf("%s: got %+v in pieces, %+v at once", sku, got, want)
		}
	}
}

func TestALateFactIsDemandedOnce(t *testing.T) {
	b := learning(t)
	tap := ledger.Line{SKU: "TAP-22", Qty: 1}
	b.writes("leeds", ordered(ledger.KindPlaced, 1, day(0), tap))
	late := func(n int) {
		e := ordered(ledger.KindLate, n, day(1), tap)
		o := e.Body.(*ledger.OrderBody).Order
		e.Body = &ledger.LateBody{Was: ledger.KindPlaced, Order: &o, Origin: ledger.Origin{Site: "leeds"}}
		b.writes("leeds", e)
	}
	late(1) // it was pushed before its epoch ended
	if got := b.m.DemandFor("leeds", "TAP-22", day(0)).Orders; got != 1000/28 {
		t.Errorf("known before: got %d, want it counted once", got)
	}
	late(2)
	late(2)
	if got := b.m.DemandFor("leeds", "TAP-22", day(1)).Orders; got != (1000-36+1000)/28 {
		t.Errorf("not known before: got %d, want one order more", got)
	}
	b.restarts()
}

func TestNothingIsLearntBeforeThereAreSettings(t *testing.T) {
	b := newBench(t)
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	b.writes("leeds", ordered(ledger.KindPlaced, 1, day(0), ledger.Line{SKU: "TAP-22", Qty: 1}))
	if got := b.m.Rated("leeds", "", 9); len(got) != 0 {
		t.Errorf("got demand for %v: the servers of an older build would have none", got)
	}
}

func TestHeadOfficeLearnsWhatItIsAskedForItself(t *testing.T) {
	b := learning(t)
	b.site("hull", false)
	b.receive("hull", 3, "TAP-22")
	b.talk("hull")
	o := order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})
	b.ok(&machine.Place{Order: o, Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
	b.ok(&machine.Place{Order: o, Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
	o.ID = orderB
	short := []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 2, Have: 1}}
	b.ok(&machine.Refuse{For: machine.SubjectOfOrder(orderB, digest("l")), Order: o, Key: digest("l"), Refusal: ledger.RefusedShort, Shorts: short, At: at})
	if got, want := b.m.DemandFor(ledger.HQ, "TAP-22", at), (machine.Demand{Orders: 2000 / 28, Units: 4000 / 28}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	b.restarts()
}
