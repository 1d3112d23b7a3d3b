package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

func pounds(amount int64) ledger.Price {
	return ledger.Price{Money: ledger.Money{Amount: amount, Currency: "GBP"}, Tax: "excluded"}
}

var vat = ledger.TaxRate{Known: true, PPM: 200_000}

// pricedOrder is an order of 10 taps at 3.33 each, a tenth off, with its tax on top.
func pricedOrder(id string, s ledger.Shortage) ledger.Order {
	l := ledger.Line{SKU: "TAP-22", Qty: 10, Price: pounds(333)}
	l.Charge = priced(l.Price, l.Qty, ledger.Charge{From: ledger.PriceItem, Tax: vat, OffPPM: 100_000, OffWhy: "trade day"})
	return ledger.Order{ID: oid(id), Channel: "web", Fulfil: ledger.Deliver, Shortage: s, Lines: []ledger.Line{l}}
}

// What an order comes to is frozen when it is placed, and follows it through all that becomes of it.
func TestWhatAnOrderComesToStandsInEveryEntryOfIt(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 4`)
	o := pricedOrder("p1", ledger.Backorder)
	want := pricing.Sum{Off: 333, Net: 2997, Tax: 599} // 599.4
	if got := o.Lines[0].Charge.Sum; got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`
		receive TAP-22 3
		receive TAP-22 3
	`)
	if out := s.do(&ledger.CancelOrder{Order: o.ID}); out.Err != nil {
		t.Fatal(out.Err)
	}
	widened, seen := 0, 0
	for _, e := range s.entries {
		if b, ok := e.Body.(*ledger.WordsBody); ok && e.Kind == ledger.KindMoney && b.Words == ledger.WordsMoney {
			widened++
		}
		b, ok := e.Body.(*ledger.OrderBody)
		if !ok {
			continue
		}
		if seen++; widened != 1 {
			t.Errorf("entry %d %s: got %d entries before it that say that money follows, want 1", e.Seq, e.Kind, widened)
		}
		if c := b.Order.Lines[0].Charge; c == nil || c.Sum != want {
			t.Errorf("entry %d %s: got %+v, want %+v", e.Seq, e.Kind, c, want)
		}
	}
	if seen < 4 { // placed, filled twice, cancelled
		t.Errorf("got %d entries of the order, want 4", seen)
	}
}

// An order that nobody has priced is stored as it always was: no word of money is in the journal.
func TestAnOrderWithoutPricesLeavesTheJournalAsItWas(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 4
		deliver o1 TAP-22 2 => allocated
	`)
	for _, e := range s.entries {
		if e.Kind == ledger.KindMoney {
			t.Errorf("got entry %d of kind %s, want none", e.Seq, e.Kind)
		}
	}
}

func TestOfAnOrderIsPaidWhatIsServedOrWaits(t *testing.T) {
	whole := priced(pounds(100), 7, ledger.Charge{From: ledger.PriceItem, Tax: vat})
	for name, c := range map[string]struct {
		line ledger.Line
		want pricing.Sum
	}{
		"all of it is here":        {ledger.Line{Qty: 7, Here: 7}, pricing.Sum{Net: 700, Tax: 140}},
		"some of it waits":         {ledger.Line{Qty: 7, Here: 2, Backordered: 5}, pricing.Sum{Net: 700, Tax: 140}},
		"other sites have it":      {ledger.Line{Qty: 7, Away: []ledger.Leg{{Site: "york", Qty: 3}}, Taken: 4}, pricing.Sum{Net: 700, Tax: 140}},
		"the rest is not wanted":   {ledger.Line{Qty: 7, Here: 3}, pricing.Sum{Net: 300, Tax: 60}},
		"the rest was declined":    {ledger.Line{Qty: 7, Here: 1, Declined: 6}, pricing.Sum{Net: 100, Tax: 20}},
		"nothing of it is left":    {ledger.Line{Qty: 7, Canceled: true}, pricing.Sum{}},
		"cancelled, some had left": {ledger.Line{Qty: 7, Taken: 2, Canceled: true}, pricing.Sum{Net: 200, Tax: 40}},
		"it came back":             {ledger.Line{Qty: 7, Taken: 7, Returned: 7}, pricing.Sum{Net: 700, Tax: 140}},
	} {
		c.line.Price, c.line.Charge = pounds(100), whole
		o := ledger.Order{Lines: []ledger.Line{c.line, {SKU: "PIPE", Qty: 1}}}
		if got := o.Totals(); got.Sum != c.want || got.Currency != "GBP" || got.Unpriced != 1 {
			t.Errorf("%s: got %+v, want %+v and a line without a price", name, got, c.want)
		}
	}
}

func TestALineForAnotherQuantityKeepsItsPriceItsRatesAndItsDiscount(t *testing.T) {
	share := pricedOrder("p1", ledger.Refuse).Lines[0]
	if err := share.SetQty(5); err != nil || share.Charge.Sum != (pricing.Sum{Off: 167, Net: 1498, Tax: 300}) { // 166.5, 299.6
		t.Errorf("got %+v, %v; want half of it", share.Charge.Sum, err)
	}
	amount := ledger.Line{Qty: 3, Price: pounds(100)}
	amount.Charge = priced(amount.Price, 3, ledger.Charge{From: ledger.PriceSaid, OffWhy: "voucher", Sum: pricing.Sum{Off: 250}})
	first := amount.Charge
	if err := amount.SetQty(2); err != nil || amount.Charge.Sum != (pricing.Sum{Off: 200}) {
		t.Errorf("got %+v, %v; want no more off than it costs", amount.Charge.Sum, err)
	}
	if first.Sum != (pricing.Sum{Off: 250, Net: 50}) {
		t.Errorf("got %+v, want what others hold unchanged", first.Sum)
	}
	dear := ledger.Line{Qty: 1, Price: pounds(pricing.AmountMax)}
	dear.Charge = priced(dear.Price, 1, ledger.Charge{From: ledger.PriceItem})
	if err := dear.SetQty(2); err == nil || dear.Qty != 1 {
		t.Errorf("got %v and %d, want it refused and nothing changed", err, dear.Qty)
	}
}

func TestAChargeThatDoesNotFollowFromItsPriceIsRefused(t *testing.T) {
	change := func(f func(o *ledger.Order)) ledger.Order {
		o := pricedOrder("p1", ledger.Refuse)
		second := ledger.Line{SKU: "PIPE", Qty: 1, Price: pounds(pricing.AmountMax - 10_000)}
		second.Charge = priced(second.Price, 1, ledger.Charge{From: ledger.PriceItem})
		o.Lines = append(o.Lines, second)
		f(&o)
		return o
	}
	charge := func(l *ledger.Line, f func(c *ledger.Charge)) {
		c := *l.Charge
		f(&c)
		l.Charge = &c
	}
	good := change(func(*ledger.Order) {})
	if err := good.Check(); err != nil {
		t.Fatalf("got %v, want it taken", err)
	}
	for name, c := range map[string]struct {
		o    ledger.Order
		line int
		why  string
	}{
		"a penny less":     {change(func(o *ledger.Order) { charge(&o.Lines[0], func(c *ledger.Charge) { c.Sum.Net-- }) }), 1, "another amount"},
		"no tax":           {change(func(o *ledger.Order) { charge(&o.Lines[0], func(c *ledger.Charge) { c.Sum.Tax = 0 }) }), 1, "another amount"},
		"more off":         {change(func(o *ledger.Order) { charge(&o.Lines[0], func(c *ledger.Charge) { c.OffPPM = 2_000_000 }) }), 1, "more than the line costs"},
		"another currency": {change(func(o *ledger.Order) { o.Lines[1].Price.Currency = "EUR" }), 2, "one currency: give unit_price in GBP"},
		"no currency":      {change(func(o *ledger.Order) { o.Lines[0].Price.Currency = "" }), 1, "no currency"},
		"a long reason": {change(func(o *ledger.Order) {
			charge(&o.Lines[0], func(c *ledger.Charge) { c.OffWhy = strings.Repeat("x", 129) })
		}), 1, "longer than 128"},
		"more than is money": {change(func(o *ledger.Order) { o.Lines[0].Charge = nil; o.Lines = append(o.Lines, o.Lines[1]) }), 3, "order fewer"},
	} {
		err := c.o.Check()
		if fe, ok := errors.AsType[*ledger.FormError](err); !ok || fe.Line != c.line || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want line %d refused: %s", name, err, c.line, c.why)
		}
	}
}

// Of a kit that is given up in part nothing is owed, and its components cost nothing beside it.
func TestAKitIsPaidAsOne(t *testing.T) {
	o := samplePriced()
	o.Lines[0].Here, o.Lines[0].Qty = 3, 3
	o.Lines[2].Here, o.Lines[2].Backordered = 6, 0
	if got := o.Totals(); got.Net != 6247+2962 || got.Tax != 1250+148 || got.Off != 156 || got.Unpriced != 0 {
		t.Errorf("got %+v", got)
	}
	o.Lines[2].Here = 5 // a component of the third kit is not wanted any more
	if got := o.Kits[0].Owed(o.Lines); got != 2 {
		t.Errorf("got %d kits to be paid for, want 2", got)
	}
}
