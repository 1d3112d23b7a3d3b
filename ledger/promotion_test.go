package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

const spring = ledger.AssetID("promo:SPRING")

// springOrder is an order of two lines that are cheaper in spring.
func springOrder(n int, f ledger.Fulfil) ledger.Order {
	o := ledger.Order{ID: oid(fmt.Sprint("spring", n)), Channel: "till", Fulfil: f, Shortage: ledger.Refuse, Anywhere: true}
	for range 2 {
		l := ledger.Line{SKU: "TAP-22", Qty: 1, Price: pounds(1000)}
		l.Charge = priced(l.Price, l.Qty, ledger.Charge{From: ledger.PriceItem, Tax: vat, OffPPM: 100_000, OffWhy: string(spring)})
		o.Lines = append(o.Lines, l)
	}
	return o
}

func TestAPromotionIsUsedOnceByAnOrderAndNoFurtherThanItIsAllotted(t *testing.T) {
	d := newCreditDesk(t)
	d.does(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 100}}})
	d.given(ledger.CommandCredit, string(spring), 1)
	held := func(want ledger.Qty) {
		t.Helper()
		if got := d.core.State.AssetHeld(spring); got != want {
			t.Errorf("%d uses are left, want %d", got, want)
		}
	}
	first := &ledger.Place{Meta: ledger.Meta{Key: fill16(1), Request: fill16(2)}, Order: springOrder(1, ledger.Deliver)}
	for range 2 { // the second is a repeat
		if out := d.does(first); out.Err != nil {
			t.Fatal(out.Err)
		}
		held(0)
	}
	no := d.does(&ledger.Place{Meta: ledger.Meta{Key: fill16(3), Request: fill16(2)}, Order: springOrder(2, ledger.Take)})
	if e, ok := errors.AsType[*ledger.AssetError](no.Err); !ok || e.Asset != spring || e.Refusal != ledger.RefusedAssetShort || no.Entry.Kind != ledger.KindRefused {
		t.Errorf("got %+v, want it refused: none is left", no)
	}
	if out := d.does(&ledger.CancelOrder{Order: first.Order.ID}); out.Err != nil {
		t.Fatal(out.Err)
	}
	held(1)
	if again := d.does(&ledger.Place{Meta: ledger.Meta{Key: fill16(3), Request: fill16(2)}, Order: springOrder(2, ledger.Take)}); !again.Replayed || again.Err == nil {
		t.Errorf("got %+v, want the first answer", again)
	}
	if out := d.does(&ledger.Place{Meta: ledger.Meta{Key: fill16(4), Request: fill16(2)}, Order: springOrder(2, ledger.Take)}); out.Err != nil {
		t.Fatal(out.Err)
	}
	held(0)
	o := springOrder(3, ledger.Take)
	o.Lines[1].Charge = priced(o.Lines[1].Price, 1, ledger.Charge{From: ledger.PriceItem, Tax: vat, OffPPM: 100_000, OffWhy: "promo: spring sale"})
	if out := d.does(&ledger.Place{Order: o}); out.Entry != nil || out.Err == nil || out.Err.(*ledger.FormError).Field != "discount" {
		t.Errorf("got %+v, want bad input: it names no promotion", out)
	}
}

// What head office cannot serve of an order taken without a promise is declined: with it goes what the order used of a promotion.
func TestAPromotionOfADeclinedOrderIsFreeAgain(t *testing.T) {
	d := newCreditDesk(t)
	d.given(ledger.CommandCredit, string(spring), 1)
	o := springOrder(1, ledger.Deliver)
	o.Shortage = ledger.Confirm
	d.does(&ledger.Place{Order: o})
	if got := d.core.State.AssetHeld(spring); got != 0 {
		t.Fatalf("%d uses are left, want 0", got)
	}
	for n, want := range []ledger.Qty{0, 1} { // line by line: one line may still be served
		c := ledger.HQCommand{ID: fmt.Sprint("decline", n), Kind: ledger.CommandDecline, Order: o.ID, Owner: "leeds", Lines: []ledger.CommandLine{{Line: n + 1, SKU: "TAP-22", Qty: 1}}}
		if b := d.obeys(c); b.Refused != "" {
			t.Fatalf("refused: %s", b.Refused)
		}
		if got := d.core.State.AssetHeld(spring); got != want {
			t.Errorf("declined line %d: %d uses are left, want %d", n+1, got, want)
		}
	}
}

// An order of a build that counted no uses has the same discount, and was charged nothing: so nothing of it is free when it is cancelled.
func TestNothingIsFreedThatWasNeverCharged(t *testing.T) {
	d := newCreditDesk(t)
	o := springOrder(1, ledger.Deliver)
	for i := range o.Lines {
		o.Lines[i].Backordered = 1
	}
	was := &ledger.Entry{Kind: ledger.KindPlaced, Epoch: 1, Seq: 1000, At: deskMoment, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o}}
	d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 1000, Hash: ledger.Hash{3}}, Entry: was})
	if out := d.does(&ledger.CancelOrder{Order: o.ID}); out.Err != nil {
		t.Fatal(out.Err)
	}
	if held, owing := d.core.State.AssetHeld(spring), d.core.State.AssetOwing(spring); held != 0 || owing != 0 {
		t.Errorf("%d uses are left and %d owed, want none of either", held, owing)
	}
}

// An order that was cancelled in this life, and handed over in the other, was given with its promotion after all.
func TestAnOrderThatLeftInTheOtherLifeHasUsedItsPromotion(t *testing.T) {
	d := newCreditDesk(t)
	d.does(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 10}}})
	d.given(ledger.CommandCredit, string(spring), 2)
	d.does(&ledger.Place{Order: springOrder(1, ledger.Deliver)})
	d.does(&ledger.CancelOrder{Order: oid("spring1")})
	o := springOrder(1, ledger.Deliver)
	for i := range o.Lines {
		o.Lines[i].Taken = 1
	}
	o.Status, o.Uses = ledger.StatusCompleted, []ledger.AssetID{spring}
	was := &ledger.Entry{Kind: ledger.KindPlaced, Epoch: 1, Seq: 1000, At: deskMoment, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o}}
	for range 2 {
		d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 1000, Hash: ledger.Hash{3}}, Entry: was})
		if got := d.core.State.AssetHeld(spring); got != 1 {
			t.Errorf("%d uses are left, want 1", got)
		}
	}
}

// So has one that was cancelled in this life and collected in the other, in two parts: its goods and its promotion count once.
func TestAnOrderThatLeftInPartsInTheOtherLifeCountsOnce(t *testing.T) {
	there, d := newCreditDesk(t), newCreditDesk(t)
	for _, s := range []*creditDesk{there, d} {
		s.does(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 10}}})
		s.given(ledger.CommandCredit, string(spring), 2)
		o := springOrder(1, ledger.Collect)
		o.Lines = o.Lines[:1]
		if err := o.Lines[0].SetQty(3); err != nil {
			t.Fatal(err)
		}
		o.Uses = nil
		if out := s.does(&ledger.Place{Order: o}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	d.does(&ledger.CancelOrder{Order: oid("spring1")})
	hands := func(deed ledger.Deed, q ledger.Qty) *ledger.Entry {
		out := there.does(&ledger.WorkLeg{Order: oid("spring1"), Deed: deed, Code: "4711", Lines: []ledger.LegLine{{Line: 1, Qty: q}}})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		return out.Entry
	}
	there.does(&ledger.PickLeg{Order: oid("spring1"), Lines: []ledger.LegLine{{Line: 1, Qty: 3}}})
	hands(ledger.DeedReady, 3)
	for n, e := range []*ledger.Entry{hands(ledger.DeedCollect, 1), hands(ledger.DeedCollect, 2)} {
		want := []ledger.Qty{9, 7}[n]
		for range 2 {
			d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{3}}, Entry: e})
			l, _ := d.core.State.Level("TAP-22")
			if held := d.core.State.AssetHeld(spring); l.OnHand() != want || held != 1 {
				t.Errorf("told of part %d: %d lie here and %d uses are left, want %d and 1", n+1, l.OnHand(), held, want)
			}
		}
	}
}

// Whatever is placed, asked about, given up, dropped, refused, repeated, cancelled or told late: as many uses are counted as there are orders that were taken
// and not cancelled.
func TestAsManyUsesAreCountedAsThereAreOrders(t *testing.T) {
	overs := ledger.Qty(0)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 12))
		d := newCreditDesk(t)
		d.does(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 12}}})
		given, twice, live := ledger.Qty(0), ledger.Qty(0), map[ledger.OrderID]bool{}
		open := func(id ledger.OrderID) (ledger.OpenAsk, bool) {
			for _, a := range d.core.State.OpenAsks() {
				if a.Order == id {
					return a, true
				}
			}
			return ledger.OpenAsk{}, false
		}
		for i := range 80 {
			n := r.IntN(14)
			o := springOrder(n, []ledger.Fulfil{ledger.Take, ledger.Deliver}[r.IntN(2)])
			switch k := r.IntN(10); {
			case k == 0:
				d.given(ledger.CommandCredit, string(spring), 2)
				given += 2
			case k < 5:
				key := ledger.DigestOf([]byte(fmt.Sprint(n, r.IntN(3))))
				out := d.does(&ledger.Place{Meta: ledger.Meta{Key: key, Request: key}, Order: o, AskHQ: r.IntN(2) == 0, InHand: o.Fulfil == ledger.Take && r.IntN(3) == 0})
				if out.Err == nil && !out.Replayed {
					live[o.ID] = true
				}
			case k < 7:
				if a, ok := open(o.ID); ok {
					if out := d.does(&ledger.AbandonAsk{Order: o.ID, Ask: a.Ask, Offline: true, Drop: r.IntN(2) == 0}); out.Err != nil || out.Entry.Body.(*ledger.OrderBody).Dropped {
						delete(live, o.ID)
					}
				}
			case k < 8:
				was := &ledger.Entry{Kind: ledger.KindPlaced, Epoch: 1, Seq: ledger.Seq(1000 + i), At: deskMoment, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o}}
				for j := range o.Lines {
					was.Body.(*ledger.OrderBody).Order.Lines[j].Taken = 1
				}
				was.Body.(*ledger.OrderBody).Order.Settle()
				was.Body.(*ledger.OrderBody).Order.Uses = []ledger.AssetID{spring}
				mine, known := d.core.State.Order(o.ID)
				out := d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: was.Seq, Hash: ledger.Hash{byte(i), 3}}, Entry: was})
				if out.Err == nil && !known {
					live[o.ID] = true
				}
				if out.Err == nil && known && mine.Status == ledger.StatusCanceled && !out.Replayed { // its goods left all the same
					twice++
				}
			default:
				out := d.does(&ledger.CancelOrder{Order: o.ID})
				if out.Err == nil && out.Entry.Kind == ledger.KindCanceled && out.Entry.Body.(*ledger.OrderBody).Order.Status == ledger.StatusCanceled {
					delete(live, o.ID)
				}
			}
			held, owing := d.core.State.AssetHeld(spring), d.core.State.AssetOwing(spring)
			if overs += owing; given-held+owing != ledger.Qty(len(live))+twice {
				t.Fatalf("seed %d, act %d: %d were given, %d are left and %d owed; want %d used by orders %v", seed, i, given, held, owing, len(live), live)
			}
		}
	}
	if overs == 0 {
		t.Error("no late order used more than was held")
	}
}
