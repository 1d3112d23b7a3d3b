package machine_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A site's order of own taps, some of which wait for head office, beside a sofa that its supplier sends: head office serves the taps, tells each word of the
// supplier's once, and knows of no sofa in any stock, in no promise and due in nowhere.
func TestWhatASupplierSendsIsToldOnceAndIsNoStock(t *testing.T) {
	b := listening(t, machine.EventKinds()...)
	o := order("01900000-0000-7000-8000-000000000001", ledger.Backorder)
	o.Fulfil, o.Anywhere, o.Owner = ledger.Deliver, true, ""
	o.Lines = []ledger.Line{{SKU: "TAP-22", Qty: 7}, {SKU: "SOFA", Qty: 4, Drop: &ledger.DropShip{Supplier: "Oak", LeadDays: 3}}}
	b.decides("leeds", &ledger.Place{Order: o})
	tell := func(deed ledger.DropDeed, q ledger.Qty, due string) {
		t.Helper()
		b.decides("leeds", &ledger.TellDrop{Order: o.ID, Deed: deed, Lines: []ledger.CommandLine{{Line: 2, Qty: q}}, Due: due, Reason: "no oak left", By: "olga"})
		b.talk("leeds")
	}
	b.talk("leeds")
	from := b.m.EventsEnd() + 1
	tell(ledger.DropConfirm, 4, "2027-05-01")
	tell(ledger.DropSend, 1, "")
	tell(ledger.DropRefuse, 1, "")
	b.decides("leeds", &ledger.CancelOrder{Order: o.ID})
	b.talk("leeds")
	tell(ledger.DropSend, 2, "")
	words, _ := b.kept(from)
	want := []string{"order.delayed 1", "order.dispatched 1", "exception.raised 1", "order.dispatched 1", "exception.raised 1"}
	if words = slices.DeleteFunc(words, func(w string) bool { return !slices.Contains(want, w) }); !slices.Equal(words, want) {
		t.Errorf("got %v, want %v", words, want)
	}
	for what, why := range map[string]string{
		"drop_ship_refused": "Oak does not send 1 SOFA of order LEEDS-000001: no oak left. Tell its customer, and give back what was paid for it",
		"drop_ship_over":    "Oak has sent 2 units of order LEEDS-000001 that it did not count on any more: have them back, or charge for them",
	} {
		if all := b.raised(what); len(all) != 1 || all[0].Why != why || all[0].Order != o.ID {
			t.Errorf("%s: got %+v, want it once: %s", what, all, why)
		}
	}
	for _, site := range []ledger.SiteID{"leeds", "hull"} {
		if s, known := b.m.Stock(site, "SOFA"); known && (s.Level.OnHand() != 0 || s.Level.Reserved != 0) {
			t.Errorf("%s: got %+v, want no sofa", site, s)
		}
	}
	b.restarts()
}

// A supplier's word that is of nothing, which no book writes, stops no server: the mirror goes on without it.
func TestASuppliersWordOfNothingDoesNotFit(t *testing.T) {
	b := shops(t)
	o := order("01900000-0000-7000-8000-000000000001", ledger.Backorder)
	o.Fulfil, o.Owner, o.Serial, o.TakenAt = ledger.Deliver, "york", 1, at
	o.Lines = []ledger.Line{{SKU: "SOFA", Qty: 4, Drop: &ledger.DropShip{Supplier: "Oak"}}}
	for _, body := range []*ledger.DropBody{{Deed: ledger.DropRefuse}, {Deed: ledger.DropSend, Over: 3}, {Deed: 9, Lines: []ledger.CommandLine{{Line: 1, SKU: "SOFA", Qty: 1}}}, {Refusal: ledger.RefusedDrop}} {
		if body.Supplier = "Oak"; body.Refusal == "" {
			body.Order = &o
		}
		s, _ := b.m.Site("york")
		before := len(b.raised("does_not_fit"))
		b.m.Apply(machine.Marshal(next(s, stored(s, &ledger.Entry{Kind: ledger.KindDropShip, Ref: string(o.ID), Body: body}))))
		if got := len(b.raised("does_not_fit")); got != before+1 {
			t.Errorf("%+v: got %d told of %d before, want it told that it does not fit", body, got, before)
		}
	}
	b.restarts()
}

// What a book notes for itself of a supplier's despatches in a life that is lost is its own: head office's record has the bytes that a build which passes
// over it gives it, and refuses what that build refuses.
func TestWhatABookHeardOfASupplierIsNoPartOfTheRecord(t *testing.T) {
	records := map[ledger.Qty][]byte{}
	for _, heard := range []ledger.Qty{0, 2, 3, -1} {
		b := shops(t)
		o := order("01900000-0000-7000-8000-000000000001", ledger.Backorder)
		o.Fulfil, o.Anywhere, o.Owner, o.Serial, o.TakenAt, o.Wait, o.Status = ledger.Deliver, true, "york", 1, at, ledger.WaitHQ, ledger.StatusBackordered
		o.Lines = []ledger.Line{{SKU: "TAP-22", Qty: 1000, Backordered: 1000}, {SKU: "SOFA", Qty: 4, Drop: &ledger.DropShip{Supplier: "Oak", Open: 4}}}
		push := func(e *ledger.Entry) {
			t.Helper()
			s, _ := b.m.Site("york")
			b.m.Apply(machine.Marshal(next(s, stored(s, e))))
			if told := b.raised("does_not_fit"); len(told) > 0 {
				t.Fatalf("got %+v, want it folded", told)
			}
		}
		push(&ledger.Entry{Kind: ledger.KindPlaced, Ref: string(o.ID), Body: &ledger.OrderBody{Order: *o.Clone()}})
		says := &ledger.DropBody{Deed: ledger.DropSend, Supplier: "Oak", Lines: []ledger.CommandLine{{Line: 2, SKU: "SOFA", Qty: 2}}, Note: "DN 1"}
		o.Lines[1].Taken, o.Lines[1].Drop = 2, &ledger.DropShip{Supplier: "Oak", Open: 2, Sent: 2, Heard: heard}
		push(&ledger.Entry{Kind: ledger.KindLate, Ref: string(o.ID), Body: &ledger.LateBody{Origin: ledger.Origin{Site: "york", Epoch: 1, Seq: 4}, Was: ledger.KindDropShip, Order: &o, Drop: says}})
		got, known := b.m.Order(o.ID)
		if !known || got.Lines[1].Drop.Sent != 2 {
			t.Fatalf("got %+v, want an order of which 2 are sent", got)
		}
		records[heard] = ledger.MarshalOrder(&got.Order)
		if !bytes.Equal(records[heard], records[0]) {
			t.Errorf("heard %d: got the record\n%x\nwant\n%x", heard, records[heard], records[0])
		}
		b.restarts()
	}
}

// A site that is cut off promises by a day what it has ordered, and its supplier is late: head office tells the customer once, by the entry that says so.
func TestASitesOwnPromiseThatSlipsIsToldOnce(t *testing.T) {
	b := listening(t, machine.EventDelayed)
	o := order("01900000-0000-7000-8000-000000000001", ledger.Refuse)
	o.Owner, o.Fulfil, o.Anywhere, o.Customer, o.NeedBy, o.TakenAt = "", ledger.Collect, false, "C-1", (today + 3).String(), at
	o.Lines = []ledger.Line{{SKU: "TAP-22", Qty: 7}}
	p := buys("PO 1", 3, 9)
	p.Order.Site = "leeds"
	b.decides("leeds", &ledger.OrderGoods{Act: ledger.PurchaseSend, Order: p.Order, By: "sue"})
	b.decides("leeds", &ledger.Place{Order: o})
	p.Order.Due = (today + 5).String()
	b.decides("leeds", &ledger.OrderGoods{Act: ledger.PurchaseSend, Order: p.Order, By: "sue"})
	b.decides("leeds", &ledger.OrderGoods{Act: ledger.PurchaseSend, Order: p.Order, By: "sue"})
	b.talk("leeds")
	var told []machine.Event
	for n := uint64(1); n <= b.m.EventsEnd(); n++ {
		if e, ok := b.m.EventAt(n); ok {
			told = append(told, *e)
		}
	}
	if len(told) != 1 || told[0].Order != o.ID || told[0].Due != today+5 || told[0].Customer != "C-1" || told[0].Number != "LEEDS-000001" || told[0].Lines[0].Qty != 2 {
		t.Errorf("got %+v, want the customer told once of the two that come later", told)
	}
}

// An order of head office's own that its supplier sends is told as one of a site's is: each word once, under one id, also where it comes again.
func TestWhatASupplierSaysToHeadOfficeIsToldOnce(t *testing.T) {
	b := listening(t, machine.EventKinds()...)
	o := order("01900000-0000-7000-8000-000000000009", ledger.Refuse)
	o.Lines = []ledger.Line{{SKU: "SOFA", Qty: 4, Drop: &ledger.DropShip{Supplier: "Oak", LeadDays: 3}}}
	b.ok(&machine.Place{Order: o, Key: digest("o"), Request: digest("r"), At: at})
	if got, known := b.m.Order(o.ID); !known || got.Status != ledger.StatusAllocated || got.Lines[0].Drop.Open != 4 || got.Lines[0].Drop.Due == "" {
		t.Fatalf("got %+v, want all of it asked of the supplier", got)
	}
	from := b.m.EventsEnd() + 1
	for n, says := range []machine.SupplierSays{
		{Deed: ledger.DropConfirm, Due: "2099-05-01"},
		{Deed: ledger.DropSend, Lines: []ledger.CommandLine{{Line: 1, Qty: 1}}, Note: "DN 1"},
		{Deed: ledger.DropRefuse, Reason: "no oak left"},
	} {
		says.Order, says.By, says.Key, says.Request, says.At = o.ID, "olga", digest(string(rune('a'+n))), digest("r"), at
		for range 2 {
			if res := b.ok(&says); res.Answer.Err() != nil {
				t.Fatalf("%s: got %v", says.Deed, res.Answer.Err())
			}
		}
	}
	words, _ := b.kept(from)
	want := []string{"order.delayed 4", "order.dispatched 1", "exception.raised 3"}
	for i, w := range words {
		if len(words) != len(want) || w[:len(w)-2] != want[i][:len(want[i])-2] {
			t.Fatalf("got %v, want %v", words, want)
		}
	}
	if got, _ := b.m.Order(o.ID); got.Status != ledger.StatusCompleted || got.Lines[0].Declined != 3 || got.Lines[0].Taken != 1 {
		t.Errorf("got %s of %+v, want one sent and three declined", got.Status, got.Lines[0])
	}
	if id, booked := b.m.DropNote("HQ-000001-S1", "dn1"); !booked || id != o.ID {
		t.Errorf("got %s, %t; want the order of the note", id, booked)
	}
	b.restarts()
}
