package machine_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// sends lets a site pick, pack and dispatch q of an order's line 1.
func (b *bench) sends(id ledger.SiteID, order ledger.OrderID, q ledger.Qty) {
	b.t.Helper()
	b.sendsOf(id, order, 1, q)
}

func (b *bench) sendsOf(id ledger.SiteID, order ledger.OrderID, line int, q ledger.Qty) {
	b.t.Helper()
	b.decides(id, &ledger.PickLeg{Order: order, Lines: []ledger.LegLine{{Line: line, Qty: q}}})
	for _, d := range []ledger.Deed{ledger.DeedPack, ledger.DeedDispatch} {
		b.decides(id, &ledger.WorkLeg{Order: order, Deed: d, Lines: []ledger.LegLine{{Line: line, Qty: q}}})
	}
}

// line is line 1 of an order at head office.
func (b *bench) line(id ledger.OrderID) ledger.Line {
	b.t.Helper()
	o, ok := b.m.Order(id)
	if !ok {
		b.t.Fatalf("order %s is not known", id)
	}
	return o.Lines[0]
}

func TestAnOrderIsCompletedOnceAllOfItHasLeft(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderA, 1)
	b.talk("hull")
	o, _ := b.m.Order(orderA)
	if l := o.Lines[0]; o.Status != ledger.StatusAllocated || l.Taken != 1 || l.SentBy("hull") != 1 || l.Promised() != 2 {
		t.Errorf("got %s, %+v; want one handed over and one to come", o.Status, l)
	}
	b.sends("hull", orderA, 1)
	b.sends("hull", orderB, 1)
	b.talk("hull")
	if o, _ := b.m.Order(orderA); o.Status != ledger.StatusCompleted || o.Lines[0].Taken != 2 {
		t.Errorf("got %s, %+v; want it completed", o.Status, o.Lines[0])
	}
	if got := b.queued("leeds"); !slices.Equal(got, []ledger.CommandKind{ledger.CommandHandedOver}) {
		t.Errorf("got %v, want leeds told of what hull has handed over", got)
	}
	b.talk("leeds")
	b.status(orderB, b.cores["leeds"], ledger.StatusCompleted)
	if own, _ := b.cores["leeds"].State.Order(orderB); own.Lines[0].Taken != 1 || own.Lines[0].SentBy("hull") != 1 || own.Lines[0].TakenHere() != 0 {
		t.Errorf("got %+v, want it handed over by hull", own.Lines[0])
	}
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.OnHand() != 6 || s.Level.Picked != 0 || s.Level.Reserved != 0 || s.Held != 6 {
		t.Errorf("got %+v, want 6 left, all head office's", s)
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got exceptions %q, want none", got)
	}
	b.audit()
}

func TestWhatHasLeftIsNotCancelled(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderA, 1)
	b.talk("hull")
	res := b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at})
	if o := res.Answer.Order; res.Answer.Refusal != "" || o.Status != ledger.StatusCompleted || o.Lines[0].Taken != 1 || !o.Lines[0].Canceled {
		t.Errorf("got %+v, want the rest cancelled", o)
	}
	b.talk("hull")
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.OnHand() != 8 || s.Level.Reserved != 1 || s.Held != 7 {
		t.Errorf("got %+v, want one free again", s)
	}
	if res := b.ok(&machine.Cancel{Order: orderA, Key: digest("d"), At: at}); res.Answer.Refusal != ledger.RefusedState {
		t.Errorf("got %+v, want it refused", res.Answer)
	}
	b.audit()
}

func TestWhatLeavesWhileItsOrderIsCancelledIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		id     ledger.OrderID
		cancel func(*bench)
		want   string
	}{
		"of head office": {orderA, func(b *bench) { b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at}) }, "left_cancelled"},
		"of a site": {orderB, func(b *bench) {
			b.decides("leeds", &ledger.CancelOrder{Order: orderB})
			b.ok(b.cut("leeds"))
		}, "left_cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			c.cancel(b)
			b.sends("hull", c.id, 1)
			b.ok(b.cut("hull"))
			b.talk("hull")
			b.talk("leeds")
			if e := b.asked(c.want); e.Order != c.id || e.Site != "hull" {
				t.Errorf("got %+v, want somebody told to have it back", e)
			}
			b.audit()
		})
	}
}

func TestWhatACarrierBringsBackIsSomebodysToLookAt(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderA, 2)
	b.says("hull", &ledger.WorkLeg{Order: orderA, Deed: ledger.DeedFail, Reason: "nobody in"})
	if e := b.asked("undelivered"); e.Order != orderA || e.Owner != "hull" {
		t.Errorf("got %+v, want hull to see to it", e)
	}
	b.says("hull", &ledger.WorkLeg{Order: orderA, Deed: ledger.DeedComeBack, Return: "01900000-0000-7000-8000-00000000000b"})
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.Blocked != 2 || s.Held != 6 {
		t.Errorf("got %+v, want 2 blocked and nothing more to promise", s)
	}
	b.audit()
}

// Head office goes back to before it knew of a parcel, or of the whole order; hull and leeds tell what they know in either turn. What has
// left is served once.
func TestWhatHasLeftIsServedInEveryLife(t *testing.T) {
	for name, first := range map[string]ledger.SiteID{"hull first": "hull", "leeds first": "leeds"} {
		for when, part := range map[string]bool{"all of it": false, "some of it": true} {
			t.Run(name+", "+when, func(t *testing.T) {
				b := serving(t)
				before := encode(t, b.m)
				q := ledger.Qty(2)
				if part {
					q = 1
				}
				b.sends("hull", orderA, q)
				b.sends("hull", orderB, 1)
				hull := b.cut("hull")
				b.ok(hull)
				leeds := b.obeys("leeds")
				b.ok(leeds)
				b.goesBack(before)
				again := map[ledger.SiteID]*machine.Push{"hull": hull, "leeds": leeds}
				for _, id := range []ledger.SiteID{first, "hull", "leeds"} {
					if again[id] != nil {
						b.attests(id, again[id])
						again[id] = nil
					}
				}
				b.talk("hull")
				b.talk("leeds")
				if l := b.line(orderA); l.Taken != q || l.Promised() != 2 || l.Backordered != 0 {
					t.Errorf("got %+v, want %d handed over of 2", l, q)
				}
				b.status(orderB, b.cores["leeds"], ledger.StatusCompleted)
				if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.Reserved != 2-q || s.Level.OnHand() != 8-q {
					t.Errorf("got %+v, want %d reserved", s.Level, 2-q)
				}
				b.audit()
			})
		}
	}
}

// An order that head office has forgotten as a whole, of which some has left: its client sends it again, and no more than the rest is planned.
func TestAForgottenOrderThatHasLeftIsNotServedAgain(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	before := encode(t, b.m)
	place := func(legs ...string) *machine.Place {
		return &machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3}), Key: digest("k"), Legs: plan(legs...), At: at}
	}
	b.ok(place("1 TAP-22 hull 3"))
	first := b.obeys("hull")
	b.ok(first)
	b.sends("hull", orderA, 2)
	second := b.cut("hull")
	b.ok(second)
	b.goesBack(before)
	b.attests("hull", first, second)
	if o, _ := b.m.Order(orderA); o.Lacks(1, 3) != 0 {
		t.Errorf("got %d lacking, want nothing planned for what has left", o.Lacks(1, 3))
	}
	b.ok(place())
	b.talk("hull")
	if l := b.line(orderA); l.Taken != 2 || l.Promised() != 3 {
		t.Errorf("got %+v, want 2 handed over and 1 to come", l)
	}
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.Reserved != 1 || s.Level.OnHand() != 7 {
		t.Errorf("got %+v, want 1 reserved of 7", s.Level)
	}
	b.audit()
}

// A site whose build does not know the command is told once, and again when it speaks of the order.
func TestABookThatDoesNotTakeItDownIsNotToldForEver(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderB, 1)
	b.talk("hull")
	c := b.m.Commands("leeds", b.cores["leeds"].State.Commands.Number, 1)[0]
	own, _ := b.cores["leeds"].State.Order(orderB)
	b.writes("leeds", &ledger.Entry{Kind: ledger.KindObeyed, Ref: c.ID, Body: &ledger.ObeyedBody{Command: c, Refused: ledger.RefusedUnknown, Order: own}})
	if got := b.m.Commands("leeds", c.Number, 9); len(got) != 0 {
		t.Errorf("got %v, want nothing told before it speaks of the order", got)
	}
	b.asked("left_untold")
}

func TestAnEntryThatMovesWhatNoBookCouldIsNotFolded(t *testing.T) {
	good := ledger.StageMove{Line: 1, SKU: "TAP-22", From: ledger.StagePacked, To: ledger.StageOnTheWay, Qty: 1}
	for name, spoil := range map[string]func(*ledger.WorkBody, *ledger.Entry){
		"line 0":           func(w *ledger.WorkBody, _ *ledger.Entry) { w.Moves[0].Line = 0 },
		"no units":         func(w *ledger.WorkBody, _ *ledger.Entry) { w.Moves[0].Qty = 0 },
		"an order unknown": func(_ *ledger.WorkBody, e *ledger.Entry) { e.Ref = string(orderC) },
		"another order": func(w *ledger.WorkBody, _ *ledger.Entry) {
			o := order(orderC, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1, Taken: 1})
			o.Owner = "hull"
			w.Order = &o
		},
		"another book's order": func(w *ledger.WorkBody, _ *ledger.Entry) {
			o := order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1, Taken: 1})
			o.Owner = "leeds"
			w.Order = &o
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			w := &ledger.WorkBody{Deed: ledger.DeedDispatch, Owner: ledger.HQ, Moves: []ledger.StageMove{good}}
			e := &ledger.Entry{Kind: ledger.KindHandedOver, Ref: string(orderA), Body: w}
			spoil(w, e)
			b.writes("hull", e)
			b.asked("does_not_fit")
			if l := b.line(orderA); l.Taken != 0 {
				t.Errorf("got %+v, want nothing of it folded", l)
			}
		})
	}
}

func TestASnapshotKeepsWhatHasLeft(t *testing.T) {
	b := servingAt(goldenBench(t, ledger.KindPutBack, 40))
	b.sends("hull", orderA, 1)
	b.sends("hull", orderB, 1)
	b.ok(b.cut("hull"))
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_left", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, m); !bytes.Equal(got, encode(t, b.m)) {
		t.Error("a restored machine encodes to other bytes")
	}
	if o, _ := m.Order(orderA); o.Lines[0].SentBy("hull") != 1 || len(o.Legs) != 2 || o.Legs[1].State != machine.LegLeft {
		t.Errorf("got %+v, want one leg that has left", o)
	}
}

// A site's order is cancelled in its own book before the word comes that another site has handed some of it over, which head office heard first.
func TestWhatLeftBeforeItsOwnerCancelledIsTold(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderB, 1)
	b.talk("hull")
	b.decides("leeds", &ledger.CancelOrder{Order: orderB})
	for range 2 {
		b.talk("leeds")
	}
	if e := b.asked("left_cancelled"); e.Order != orderB || e.Site != "hull" {
		t.Errorf("got %+v, want somebody told to have it back", e)
	}
	if got := b.exceptions(); len(got) != 1 {
		t.Errorf("got %q, want it told once", got)
	}
	b.audit()
}

// What left for an order that head office had cancelled, or lowered, meanwhile can come back, and no more than that.
func TestWhatLeftBeyondWhatIsWantedMayComeBack(t *testing.T) {
	for name, change := range map[string]machine.Command{
		"cancelled": &machine.Cancel{Order: orderA, Key: digest("c"), At: at},
		"lowered":   &machine.Amend{Order: orderA, Version: 1, Key: digest("c"), Lines: []machine.AmendLine{{Line: 1, Qty: 1}}, At: at},
	} {
		t.Run(name, func(t *testing.T) {
			b := servingAt(newBenchOf(t, ledger.KindLast))
			b.ok(change)
			b.sends("hull", orderA, 2)
			b.ok(b.cut("hull"))
			b.talk("hull")
			for n := 1; n <= 2; n++ { // three in all, of two that left
				b.decides("leeds", &ledger.TakeBack{ID: returnID(n), Order: orderA, Lines: []ledger.BackLine{{Line: 1, SKU: "TAP-22", Qty: 3 - ledger.Qty(n)}}})
			}
			for range 2 {
				b.talk("leeds")
			}
			granted := ledger.Qty(0)
			for n := 1; n <= 2; n++ {
				r, _ := b.cores["leeds"].State.Returned(returnID(n))
				granted += r.Lines[0].Qty - r.Lines[0].Refused
			}
			if l := b.line(orderA); granted != 2 || l.Returned != 2 {
				t.Errorf("got %d taken back, %+v; want the two that left", granted, l)
			}
			b.restarts()
			b.audit()
		})
	}
}

// All that head office knows of a forgotten order has left: the order is not cancelled by that. What another site has reserved for it stays, and sent again it is what it was.
func TestAForgottenOrderOfWhichAllThatIsKnownHasLeftIsNotGivenUp(t *testing.T) {
	for name, also := range map[string]ledger.Qty{"all of it": 0, "another site has more of it": 2} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york")
			b.agrees()
			before := encode(t, b.m)
			place := &machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3 + also}), Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 3"), At: at}
			if also > 0 {
				place.Legs = plan("1 TAP-22 hull 3", "1 TAP-22 york 2")
			}
			b.ok(place)
			yorks := b.obeys("york")
			hulls := []*machine.Push{b.obeys("hull")}
			b.sends("hull", orderA, 3)
			hulls = append(hulls, b.cut("hull"))
			b.goesBack(before)
			b.attests("hull", hulls...)
			b.attests("york", yorks)
			b.attests("leeds")
			place.Legs = nil
			if res := b.ok(place); res.Answer.Err() != nil || res.Answer.Order.Status == ledger.StatusCanceled {
				t.Errorf("got %v, %s, want it taken as it was", res.Answer.Err(), res.Answer.Order.Status)
			}
			b.talk("hull")
			b.talk("york")
			if l := b.line(orderA); l.Canceled || l.Taken != 3 || l.Promised() != 3+also {
				t.Errorf("got %+v, want 3 handed over and %d to come", l, also)
			}
			b.restarts()
			b.audit()
		})
	}
}
