package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestDesignHasTheDropShipTable(t *testing.T) {
	standsInDesign(t, "drop ships", ledger.DropRows())
}

// dropOrder is a delivery of own taps beside sofas and lamps that their suppliers send.
func dropOrder(name string, taps, sofas, lamps ledger.Qty) ledger.Order {
	return ledger.Order{ID: oid(name), Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Customer: "C-1", DeliverTo: "home", Lines: []ledger.Line{
		{SKU: "A", Qty: taps},
		{SKU: "SOFA", Qty: sofas, Drop: &ledger.DropShip{Supplier: "Oak & Co", LeadDays: 10}},
		{SKU: "LAMP", Qty: lamps, Drop: &ledger.DropShip{Supplier: "Lux"}}}}
}

func tells(name, supplier string, deed ledger.DropDeed, lines ...ledger.CommandLine) *ledger.TellDrop {
	return &ledger.TellDrop{Order: oid(name), Supplier: supplier, Deed: deed, Lines: lines, Reason: map[bool]string{true: "no oak left"}[deed == ledger.DropRefuse], By: "olga"}
}

func units(line int, q ledger.Qty) ledger.CommandLine { return ledger.CommandLine{Line: line, Qty: q} }

// dropped says how the lines of an order stand that suppliers send.
func dropped(o *ledger.Order) string {
	words := []string{string(o.Status)}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Drop != nil {
			words = append(words, fmt.Sprintf("%d %s: open %d confirmed %d sent %d over %d declined %d back %d due %s", i+1, l.Status(), l.Drop.Open, l.Drop.Confirmed, l.Drop.Sent, l.Over, l.Declined, l.Returned, l.Drop.Due))
		}
	}
	return strings.Join(words, "; ")
}

func TestALineThatItsSupplierSendsGoesFromItsAskingToItsEnd(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 5)
	o := dropOrder("o-1", 2, 3, 1)
	placed := d.must(&ledger.Place{Order: o})
	say := func(what string, r ledger.Request, want string) {
		t.Helper()
		if out := d.do(r); out.Err != nil {
			t.Fatalf("%s: %v", what, out.Err)
		}
		got, err := d.book.Order(o.ID)
		if err != nil || dropped(got) != want {
			t.Errorf("%s: got %q (%v), want %q", what, dropped(got), err, want)
		}
	}
	day := placed.Entry.At.AddDate(0, 0, 10).Format("2006-01-02")
	lamp := "3 at_supplier: open 1 confirmed 0 sent 0 over 0 declined 0 back 0 due "
	say("confirmed in part", tells("o-1", "Oak & Co", ledger.DropConfirm, units(2, 2)), "allocated; 2 at_supplier: open 3 confirmed 2 sent 0 over 0 declined 0 back 0 due "+day+"; "+lamp)
	later := tells("o-1", "oak & co", ledger.DropConfirm)
	later.Due = "2027-03-01"
	say("the rest, and later", later, "allocated; 2 at_supplier: open 3 confirmed 3 sent 0 over 0 declined 0 back 0 due 2027-03-01; "+lamp)
	sent := tells("o-1", "Oak & Co", ledger.DropSend, units(2, 1))
	sent.Note, sent.Ship = "DN 7", ledger.Shipment{Carrier: "Post", Tracking: "T1"}
	say("one has left", sent, "allocated; 2 at_supplier: open 2 confirmed 2 sent 1 over 0 declined 0 back 0 due 2027-03-01; "+lamp)
	again := *sent
	again.Note = "dn7"
	if out := d.do(&again); out.Err == nil || !errors.As(out.Err, new(*ledger.NoteError)) {
		t.Errorf("the same note typed by another clerk: got %v, want that it was booked before", out.Err)
	}
	if e, err := d.book.DropNote(o.Number()+"-S9", "dn 7"); e != nil || err != nil {
		t.Errorf("the note under another reference: got %v, %v", e, err)
	}
	say("one is refused", tells("o-1", "Oak & Co", ledger.DropRefuse, units(2, 1)), "allocated; 2 at_supplier: open 1 confirmed 1 sent 1 over 0 declined 1 back 0 due 2027-03-01; "+lamp)
	if out := d.do(tells("o-1", "Oak & Co", ledger.DropSend, units(2, 2))); out.Err == nil || out.Err.(*ledger.DropError).Lines[0].Have != 1 {
		t.Errorf("more than is open: got %v, want that there is 1", out.Err)
	}
	say("cancelled", &ledger.CancelOrder{Order: o.ID}, "completed; 2 cancelled: open 0 confirmed 0 sent 1 over 0 declined 1 back 0 due 2027-03-01; 3 cancelled: open 0 confirmed 0 sent 0 over 0 declined 0 back 0 due ")
	d.reopen() // a closed order is looked up
	say("the lamp had left", tells("o-1", "Lux", ledger.DropSend), "completed; 2 cancelled: open 0 confirmed 0 sent 1 over 0 declined 1 back 0 due 2027-03-01; 3 cancelled: open 0 confirmed 0 sent 1 over 1 declined 0 back 0 due ")
	stands, err := d.book.Order(o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := d.book.DropNote(stands.DropReference("Oak & Co"), "Dn7"); err != nil || e == nil || e.Ref != string(o.ID) {
		t.Errorf("a note of a closed order, by its reference: got %v, %v; want the entry that booked it", e, err)
	}
	passed := tells("o-1", "Lux", ledger.DropConfirm)
	passed.Due = d.world.Clock.Wall().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	if out := d.do(passed); out.Err == nil || !strings.Contains(out.Err.Error(), "which has passed: name "+d.world.Clock.Wall().UTC().Format("2006-01-02")+", or a later day") {
		t.Errorf("a day that has passed: got %v, want it refused", out.Err)
	}
	say("it is back at the supplier", tells("o-1", "Lux", ledger.DropBack), "completed; 2 cancelled: open 0 confirmed 0 sent 1 over 0 declined 1 back 0 due 2027-03-01; 3 cancelled: open 0 confirmed 0 sent 1 over 1 declined 0 back 1 due ")
	back := &ledger.TakeBack{ID: "01900000-0000-7000-8000-0000000000b1", Order: o.ID, Lines: []ledger.BackLine{{Line: 2, SKU: "SOFA", Qty: 1}}}
	say("the sofa comes back here", back, "completed; 2 cancelled: open 0 confirmed 0 sent 1 over 0 declined 1 back 1 due 2027-03-01; 3 cancelled: open 0 confirmed 0 sent 1 over 1 declined 0 back 1 due ")
	if out := d.do(tells("o-1", "Oak & Co", ledger.DropBack)); out.Err == nil {
		t.Error("a sofa that is here cannot come back to its supplier, too")
	}
}

func TestWhatNoSupplierCanSendIsRefusedWithItsWords(t *testing.T) {
	d := newDesk(t)
	take := dropOrder("o-1", 1, 1, 1)
	take.Fulfil = ledger.Take
	whole := dropOrder("o-2", 1, 1, 1)
	whole.Complete = true
	for what, v := range map[string]struct {
		do   ledger.Request
		want string
	}{
		"in the hand":     {&ledger.Place{Order: take}, "line 2: sku is sent by its supplier, Oak & Co: take it as an order of its own, with fulfil deliver"},
		"as a whole":      {&ledger.Place{Order: whole}, "line 2: sku is sent by its supplier, Oak & Co: an order that leaves as a whole (complete) cannot hold it"},
		"no such order":   {tells("o-9", "", ledger.DropSend), ledger.ErrOrderUnknown.Error()},
		"without a why":   {&ledger.TellDrop{Order: oid("o-1"), Deed: ledger.DropRefuse}, "reason is empty: say why the supplier does not send it"},
		"a day of a send": {&ledger.TellDrop{Order: oid("o-1"), Deed: ledger.DropSend, Due: "2027-01-01"}, "due goes with the supplier's yes only"},
	} {
		if out := d.do(v.do); out.Err == nil || out.Err.Error() != v.want {
			t.Errorf("%s: got %v, want %q", what, out.Err, v.want)
		}
	}
	d.must(&ledger.Place{Order: dropOrder("o-3", 1, 1, 1)})
	if out := d.do(tells("o-3", "", ledger.DropSend)); out.Err == nil || !strings.Contains(out.Err.Error(), "2 suppliers send lines") {
		t.Errorf("one of two suppliers: got %v, want to be asked which", out.Err)
	}
	if out := d.do(tells("o-3", "Lux", ledger.DropSend, units(2, 1))); out.Err == nil || !strings.Contains(out.Err.Error(), "no line of the order that Lux sends") {
		t.Errorf("the other one's line: got %v, want that it is not Lux's", out.Err)
	}
}

// A dropModel is a line as an honest clerk would keep it on paper, unit by unit.
type dropModel struct{ asked, confirmed, sent, refused, off, over, back ledger.Qty }

func (m *dropModel) take(from []*ledger.Qty, to *ledger.Qty, q ledger.Qty) bool {
	sum := ledger.Qty(0)
	for _, f := range from {
		sum += *f
	}
	if q > sum || sum == 0 {
		return false
	}
	for _, f := range from {
		n := min(q, *f)
		*f, *to, q = *f-n, *to+n, q-n
	}
	return true
}

func (m *dropModel) do(deed ledger.DropDeed, q ledger.Qty) bool {
	switch deed {
	case ledger.DropConfirm:
		n := min(q, m.asked) // another day for what is confirmed changes no unit
		if q > m.asked+m.confirmed || q == 0 {
			return false
		}
		m.asked, m.confirmed = m.asked-n, m.confirmed+n
		return true
	case ledger.DropSend:
		off := m.off
		ok := m.take([]*ledger.Qty{&m.confirmed, &m.asked, &m.off}, &m.sent, q)
		m.over += off - m.off
		return ok
	case ledger.DropRefuse:
		return m.take([]*ledger.Qty{&m.asked, &m.confirmed}, &m.refused, q)
	default:
		return m.take([]*ledger.Qty{&m.sent}, &m.back, q)
	}
}

// Whatever suppliers say of orders, in whatever sequence, with repeats, cancels and in two lives of the book: each line is as a clerk's paper has it,
// what was ordered is the sum of all that became of it, and no own unit moves for it.
func TestNoOwnUnitMovesForWhatASupplierSends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorkshop(t, true)
		w.do(t, &ledger.Receive{ID: "r", Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 3}}})
		models := map[ledger.OrderID]map[int]*dropModel{}
		check := func(w *workshop) {
			for id, lines := range models {
				o, ok := w.core.State.Order(id)
				if !ok {
					continue // closed, and put away
				}
				for line, m := range lines {
					l := &o.Lines[line-1]
					got := dropModel{l.Drop.Open - l.Drop.Confirmed, l.Drop.Confirmed, l.Drop.Sent - l.Drop.Back, l.Declined, 0, l.Over, l.Drop.Back}
					want := *m
					want.off = 0
					if got != want || l.Drop.Open+l.Taken+l.Declined+m.off+l.Over != l.Qty || l.Taken+l.Over != l.Drop.Sent {
						t.Fatalf("%s line %d: got %+v, want %+v, of %d", id, line, got, want, l.Qty)
					}
				}
			}
			for _, e := range w.past.entries {
				for _, p := range e.Postings {
					if p.SKU == "SOFA" || p.SKU == "LAMP" {
						t.Fatalf("entry %d %s moves %d of %s", e.Seq, e.Kind, p.Qty, p.SKU)
					}
				}
			}
		}
		for n := range rapid.IntRange(1, 3).Draw(t, "orders") {
			o := dropOrder(fmt.Sprint("o-", n), drawQty(t, 3), drawQty(t, 5), drawQty(t, 2))
			w.do(t, &ledger.Place{Order: *o.Clone(), AskHQ: false})
			models[o.ID] = map[int]*dropModel{2: {asked: o.Lines[1].Qty}, 3: {asked: o.Lines[2].Qty}}
			for range rapid.IntRange(0, 12).Draw(t, "words") {
				line, deed, q := rapid.IntRange(2, 3).Draw(t, "line"), ledger.DropDeed(rapid.IntRange(0, 4).Draw(t, "deed")), drawQty(t, 3)
				if deed == 0 {
					if out := w.do(t, &ledger.CancelOrder{Order: o.ID}); out.Err == nil {
						for _, m := range models[o.ID] {
							m.off, m.asked, m.confirmed = m.off+m.asked+m.confirmed, 0, 0
						}
					}
					continue
				}
				r := tells(fmt.Sprint("o-", n), map[int]string{2: "Oak & Co", 3: "Lux"}[line], deed, units(line, q))
				if out, ok := w.do(t, r), models[o.ID][line].do(deed, q); ok != (out.Err == nil) {
					t.Fatalf("%s %d of line %d: got %v, the paper says %t", deed, q, line, out.Err, ok)
				}
			}
			check(w)
		}
		next := newWorkshop(t, true)
		next.do(t, &ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true, Rebuilt: true}})
		for seq := range w.core.State.Seq {
			if e := w.past.entries[rapid.Just(seq+1).Draw(t, "seq")]; e.Kind != ledger.KindReceipt {
				next.tell(t, e)
			}
		}
		check(next)
	})
}

// What a supplier was asked to send in one life of a book, and own stock or another supplier in the other, was promised twice. The book that stands keeps its
// word; the other one's is told as a second order under the id, and what was handed over of it has gone.
func TestAnItemThatASupplierSendsInOneLifeOnlyWasPromisedTwice(t *testing.T) {
	own, sent := dropOrder("o-1", 1, 2, 1), dropOrder("o-1", 1, 2, 1)
	own.Lines[1].Drop = nil
	other := dropOrder("o-1", 1, 2, 1)
	other.Lines[1].Drop = &ledger.DropShip{Supplier: "Elm & Co"}
	for what, v := range map[string]struct{ first, then ledger.Order }{
		"own stock, then a supplier": {own, sent}, "a supplier, then own stock": {sent, own}, "another supplier": {sent, other},
	} {
		t.Run(what, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				was, next := newWorkshop(t, true), newWorkshop(t, true)
				for _, w := range []*workshop{was, next} {
					w.do(t, &ledger.Receive{ID: "r", Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 3}, {SKU: "SOFA", Qty: 3}}})
				}
				was.do(t, &ledger.Place{Order: *v.first.Clone()})
				next.do(t, &ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
				if out := next.do(t, &ledger.Place{Order: *v.then.Clone()}); out.Err != nil {
					t.Fatal(out.Err)
				}
				before, _ := next.core.State.Order(v.then.ID)
				stands := dropped(before)
				for seq := range was.core.State.Seq {
					if e := was.past.entries[rapid.Just(seq+1).Draw(t, "seq")]; e.Kind == ledger.KindPlaced {
						next.tell(t, e)
					}
				}
				o, _ := next.core.State.Order(v.then.ID)
				last := next.past.entries[next.core.State.Seq]
				b, ok := last.Body.(*ledger.LateBody)
				if dropped(o) != stands || !ok || b.Refusal != ledger.RefusedExists {
					t.Fatalf("got %q by entry %d %s %+v, want %q, and the other one told as an order of its own", dropped(o), last.Seq, last.Kind, last.Body, stands)
				}
			})
		})
	}
}
