package ledger_test

import (
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// soldTaps hands over ten taps that come to 35.96, paid in cash.
func soldTaps(t *testing.T) (*stage, ledger.Order) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 10
		drawer T1 open 0 => session 1, 0 in it`)
	o := pricedOrder("sold", ledger.Refuse)
	o.Channel, o.Fulfil = "till", ledger.Take
	if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`pay sold T1 0 cash= => T1-1-000001`)
	return s, o
}

// back brings so many of the taps back.
func (s *stage) back(o *ledger.Order, n int, q ledger.Qty) {
	s.t.Helper()
	if out := s.do(&ledger.TakeBack{ID: ledger.ReturnID(oid("r" + string(rune('0'+n)))), Order: o.ID, Lines: []ledger.BackLine{{Line: 1, Qty: q}}}); out.Err != nil {
		s.t.Fatal(out.Err)
	}
}

// What was given back of goods that came back is not due, so nobody takes the money again.
func TestWhatWasGivenBackOfReturnedGoodsIsNotDueAgain(t *testing.T) {
	s, o := soldTaps(t)
	s.back(&o, 1, 4)
	s.play(`
		pay sold T1 0 cash=       => overpaid want=0 have=-1439
		refund sold T1 1=1439     => T1-1-000002
		paid sold                 => paid of 2157: cash 3596 back 1439
		pay sold T1 0 cash=       => overpaid want=0 have=0
		refund sold T1 1=100      => T1-1-000003
		paid sold                 => deposit of 2157: cash 3596 back 1539
		pay sold T1 0 card=       => T1-1-000004`)
	s.back(&o, 2, 6)
	s.play(`
		refund sold T1 1= 2c=     => T1-1-000005
		pay sold T1 0 cash=       => overpaid want=0 have=0`)
}

// A book that does not know the order cannot know what of it came back: who takes money after a refund says what is to be paid now.
func TestAfterARefundOfAnotherBooksOrderSomebodySaysWhatItCosts(t *testing.T) {
	newStage(t, "leeds", true).play(`
		drawer T1 open 0          => session 1, 0 in it
		pay o T1 1000 cash=       => T1-1-000001
		refund o T1 1=400         => T1-1-000002
		pay o T1 0 cash=          => total is missing: some was given back since it was told, and this book does not know what the order costs now
		pay o T1 1000 cash=       => T1-1-000003`)
}

// Whatever components of kits come back, in whatever order: the shares are never below 0, never more than the kits came to, and all of them are the whole.
func TestTheComponentsOfAKitShareWhatItCostsExactly(t *testing.T) {
	kits := partsIn{"SET": {{"TAP", 1}, {"PIPE", 2}, {"CLIP", 4}}}
	r := rand.New(rand.NewPCG(4, 6))
	for range 300 {
		n := ledger.Qty(1 + r.IntN(5))
		o := ledger.Order{Lines: []ledger.Line{{SKU: "SET", Qty: n, Price: pounds(int64(1 + r.IntN(5000)))}}}
		o.Lines[0].Charge = priced(o.Lines[0].Price, n, ledger.Charge{From: ledger.PriceItem, Tax: vat, OffPPM: int64(r.IntN(500_000)), OffWhy: "trade day"})
		if err := o.Explode(kits.of); err != nil {
			t.Fatal(err)
		}
		var units []int
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Taken = l.Qty
			for range l.Qty {
				units = append(units, i)
			}
		}
		whole, last, given := o.Totals().Total(), o.ToPay().Total(), int64(0)
		if last != whole {
			t.Fatalf("got %d to pay before anything came back, want %d", last, whole)
		}
		r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		for _, i := range units {
			o.Lines[i].Returned++
			left := o.ToPay()
			if share := last - left.Total(); share < 0 {
				t.Fatalf("a unit of %s has a share of %d", o.Lines[i].SKU, share)
			} else if given += share; left.Net < 0 || left.Tax < 0 {
				t.Fatalf("got %+v to pay", left)
			}
			last = left.Total()
		}
		if given != whole || last != 0 {
			t.Fatalf("all components came back: %d was given back of %d, %d is to be paid", given, whole, last)
		}
	}
}
