package ledger

import (
	"errors"
	"fmt"
	"math"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// PriceFrom says who said what a unit costs.
type PriceFrom uint8

// Who says a price. The zero PriceFrom is nobody.
const (
	PriceSaid PriceFrom = 1 // whoever put the order
	PriceItem PriceFrom = 2 // the item's own price
	PriceList PriceFrom = 3 // a row of the item's price list
)

// A Charge is what the units of a line come to, with Line.Price for its price: all that a receipt says of them. It is worked out
// when the order is put to its book, from what the item costs then or from what the client says, and stands in the order from
// there on: prices and rates that change later change nothing that was sold. A line without one is not priced. It is never changed once it is made.
type Charge struct {
	From     PriceFrom
	Why      string // why somebody said another price; "" where nothing was said
	OffPPM   int64  // millionths off; 0 where nothing is off, or an amount
	OffWhy   string // why something is taken off
	Approver string // who let it be taken off, as they were named
	Tax      TaxRate
	TaxSaid  bool // by whoever put the order; else it is the item's

	Sum pricing.Sum // of all units that the line is for, in the price's currency
}

// Bounds of the texts of charges, in bytes: of each, and of all those of one order. With them an entry about the largest order stays
// within FrameBytesLone.
const (
	ChargeTextMax  = 128
	chargeTextsMax = 64 << 10
)

// deal is what the units of a line are sold at.
func (c *Charge) deal(p Price, q Qty) pricing.Deal {
	d := pricing.Deal{Amount: p.Amount, Per: p.Per, Qty: int64(q), OffPPM: c.OffPPM, TaxPPM: c.Tax.PPM, Included: p.Tax != "excluded"}
	if c.OffPPM == 0 {
		d.Off = c.Sum.Off
	}
	return d
}

// Fix works out the sum of a charge that is being made, for q units at p. Of c.Sum only Off is read, where an amount is taken off.
// A price that does not say whether it has the tax in it has.
func (c *Charge) Fix(p Price, q Qty) error {
	sum, err := c.deal(p, q).Sum()
	if err != nil {
		return chargeError(err)
	}
	c.Sum = sum
	return nil
}

func chargeError(err error) error {
	switch {
	case errors.Is(err, pricing.ErrTooMuch):
		return &FormError{Field: "unit_price", Why: fmt.Sprintf("makes more than %d minor units of one order; order fewer, or in several", int64(pricing.AmountMax))}
	case errors.Is(err, pricing.ErrOff):
		return &FormError{Field: "discount", Why: "is more than the line costs"}
	default:
		return &FormError{Field: "unit_price", Why: err.Error()}
	}
}

// SetQty makes the line one for q units, at the price, the rates and the share off that it has. What was off as an amount stays
// off, as far as the units cost that much. Of a sum that cannot be counted it says so, and nothing has changed.
func (l *Line) SetQty(q Qty) error {
	if l.Charge != nil && q != l.Qty {
		c := *l.Charge
		if c.OffPPM == 0 && c.Sum.Off > 0 {
			cost, err := pricing.Total(l.Price.Amount, l.Price.Per, int64(q))
			if err != nil {
				return chargeError(err)
			}
			c.Sum.Off = min(c.Sum.Off, cost)
		}
		if err := c.Fix(l.Price, q); err != nil {
			return err
		}
		l.Charge = &c
	}
	l.Qty = q
	return nil
}

// Owed is how many units of the line the customer is to pay for: what is promised, handed over or waits. What was declined, given up
// or never wanted costs nothing; what came back afterwards stays in it (ToPay).
func (l *Line) Owed() Qty {
	if l.Canceled {
		return l.Taken
	}
	return min(l.Qty, l.Promised()+l.Backordered)
}

// Due is what is to be paid for the line; nothing of one that is not priced.
func (l *Line) Due() pricing.Sum {
	if l.Charge == nil {
		return pricing.Sum{}
	}
	return l.Charge.Sum.Part(int64(l.Owed()), int64(l.Qty))
}

// Owed is how many kits the customer is to pay for, of an order with these lines: as Line.Owed, where of a kit of which something was
// given up nothing is owed.
func (k *Kit) Owed(lines []Line) Qty {
	return k.Whole(func(line int) Qty { return lines[line-1].Owed() })
}

// Due is what is to be paid for the kits.
func (k *Kit) Due(lines []Line) pricing.Sum {
	if k.Charge == nil {
		return pricing.Sum{}
	}
	return k.Charge.Sum.Part(int64(k.Owed(lines)), int64(k.Qty))
}

// Totals is what an order comes to. Currency is "" where no line is priced.
type Totals struct {
	Currency string
	pricing.Sum
	Unpriced int // lines that nobody has said a price of
}

// Totals adds up what is to be paid for the order, line by line. A kit is one line, and its components cost nothing beside it.
func (o *Order) Totals() Totals {
	return o.totals(o.DueOf, func(k *Kit, _ []Line) pricing.Sum { return o.DueOfKit(k) })
}

// Unplaced says whether the order is a draft, or waits for somebody's word: nothing of it is promised yet.
func (o *Order) Unplaced() bool { return o.Status == StatusDraft || o.Status == StatusWaiting }

// DueOf is what is to be paid for one of its lines; of an order that is not placed yet, what it is offered for: all that was asked for.
func (o *Order) DueOf(l *Line) pricing.Sum {
	if l.Charge != nil && o.Unplaced() {
		return l.Charge.Sum
	}
	return l.Due()
}

// DueOfKit is DueOf of one of its kits.
func (o *Order) DueOfKit(k *Kit) pricing.Sum {
	if k.Charge != nil && o.Unplaced() {
		return k.Charge.Sum
	}
	return k.Due(o.Lines)
}

// Asked adds up what all that was asked for comes to, whatever is promised of it, or was given up.
func (o *Order) Asked() Totals {
	of := func(c *Charge) (sum pricing.Sum) {
		if c != nil {
			sum = c.Sum
		}
		return sum
	}
	return o.totals(func(l *Line) pricing.Sum { return of(l.Charge) }, func(k *Kit, _ []Line) pricing.Sum { return of(k.Charge) })
}

// ToPay adds up what is to be paid for what the customer keeps: Totals less the share of all that came back. So what was given back of it is
// not due again.
func (o *Order) ToPay() Totals { return o.totals((*Line).kept, (*Kit).kept) }

func (o *Order) totals(ofLine func(*Line) pricing.Sum, ofKit func(*Kit, []Line) pricing.Sum) (t Totals) {
	priced := func(c *Charge, p *Price, due pricing.Sum) {
		if c == nil {
			t.Unpriced++
			return
		}
		t.Currency = p.Currency
		t.Sum.Off, t.Sum.Net, t.Sum.Tax = t.Sum.Off+due.Off, t.Sum.Net+due.Net, t.Sum.Tax+due.Tax // Check bounds the sum
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if k, component := o.KitOf(i + 1); k == nil {
			priced(l.Charge, &l.Price, ofLine(l))
		} else if component == 0 {
			priced(k.Charge, &k.Price, ofKit(k, o.Lines))
		}
	}
	return t
}

// kept is what is to be paid for the units of the line that have not come back.
func (l *Line) kept() pricing.Sum {
	if l.Charge == nil {
		return pricing.Sum{}
	}
	return l.Charge.Sum.Part(int64(max(0, l.Owed()-l.Returned)), int64(l.Qty))
}

// kept is what is to be paid for the kits, less what came back of them: each unit of a component, whichever, is the same share of what they come to.
// So the shares of all their units are the whole of it, in whatever order they come back.
func (k *Kit) kept(lines []Line) pricing.Sum {
	if k.Charge == nil {
		return pricing.Sum{}
	}
	kits := k.Owed(lines)
	var kept, all Qty
	for _, p := range k.Components {
		kept += kits*p.Qty - min(lines[p.Line-1].Returned, kits*p.Qty)
		all += k.Qty * p.Qty
	}
	return k.Charge.Sum.Part(int64(kept), int64(all))
}

// Priced says whether any line of the order has a price that was frozen with it.
func (o *Order) Priced() bool {
	for i := range o.Lines {
		if o.Lines[i].Charge != nil {
			return true
		}
	}
	for i := range o.Kits {
		if o.Kits[i].Charge != nil {
			return true
		}
	}
	return false
}

// CheckCharges refuses an order whose charges do not follow from their prices, are in two currencies, or come to more than money is
// counted in. The sums are worked out anew: a charge that was tampered with, or made by a fault of ours, is found.
func (o *Order) CheckCharges() error {
	var currency string
	var all pricing.Sum
	texts := 0
	check := func(c *Charge, p Price, q Qty, line int) error {
		if c == nil {
			return nil
		}
		texts += len(c.Why) + len(c.OffWhy) + len(c.Approver)
		again := *c
		err := again.Fix(p, q)
		if err == nil && again.Sum != c.Sum {
			err = &FormError{Field: "unit_price", Why: "comes to another amount than the line says"}
		}
		if err == nil {
			if all, err = all.Add(c.Sum); err != nil {
				err = chargeError(err)
			}
		}
		switch {
		case err != nil:
		case len(p.Currency) != 3:
			err = &FormError{Field: "unit_price", Why: "has no currency, such as GBP"}
		case currency != "" && p.Currency != currency:
			err = &FormError{Field: "unit_price", Why: fmt.Sprintf("is in %s, and another line's in %s; an order is in one currency: give unit_price in %s", p.Currency, currency, currency)}
		case texts > chargeTextsMax:
			err = &FormError{Field: "discount", Why: fmt.Sprintf("has a reason too many: those of one order may have %d bytes together", chargeTextsMax)}
		case len(c.Why) > ChargeTextMax || len(c.OffWhy) > ChargeTextMax || len(c.Approver) > ChargeTextMax:
			err = &FormError{Field: "discount", Why: fmt.Sprintf("has a text that is longer than %d bytes", ChargeTextMax)}
		}
		if currency = p.Currency; err != nil {
			return atLine(err, line-1)
		}
		return nil
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if err := check(l.Charge, l.Price, l.Qty, i+1); err != nil {
			return err
		}
	}
	for i := range o.Kits {
		k := &o.Kits[i]
		if err := check(k.Charge, k.Price, k.Qty, k.Line); err != nil {
			return err
		}
	}
	return nil
}

// MarshalCharge gives a charge's bytes where it stands alone.
func MarshalCharge(c *Charge) []byte {
	var w rowWriter
	w.charge(c)
	return w.buf
}

// UnmarshalCharge reads what MarshalCharge wrote, now or ever.
func UnmarshalCharge(b []byte) (*Charge, error) {
	r := newRowReader(b, scanElementsMax, nil)
	c := r.charge()
	if c == nil && r.err == nil {
		r.refuse("no charge")
	}
	if err := r.done("charge"); err != nil {
		return nil, err
	}
	return c, nil
}

// charge writes what a line comes to, and nil where it is not priced.
func (w *rowWriter) charge(c *Charge) {
	if c == nil {
		w.null()
		return
	}
	w.row(func() {
		w.uint(uint64(c.From))
		w.int(c.Sum.Net)
		w.int(c.Sum.Tax)
		w.int(c.Tax.PPM)
		w.bool(c.Tax.Known)
		w.int(c.Sum.Off)
		w.int(c.OffPPM)
		w.str(c.OffWhy)
		w.word(c.Approver)
		w.str(c.Why)
		w.bool(c.TaxSaid)
	})
	w.keep()
}

func (r *rowReader) charge() *Charge {
	if r.null() {
		return nil
	}
	c := &Charge{}
	r.row(0, func() {
		c.From = PriceFrom(r.upTo(math.MaxUint8))
		c.Sum.Net, c.Sum.Tax, c.Tax.PPM, c.Tax.Known = r.int(), r.int(), r.int(), r.bool()
		c.Sum.Off, c.OffPPM, c.OffWhy, c.Approver, c.Why = r.int(), r.int(), r.str(), r.word(), r.str()
		c.TaxSaid = r.bool()
	})
	if s := c.Sum; r.err == nil && (s.Net < 0 || s.Tax < 0 || s.Off < 0 || s.Net > pricing.AmountMax || s.Tax > pricing.AmountMax || s.Off > pricing.AmountMax || c.Tax.PPM < 0 || c.OffPPM < 0) {
		r.refuse("a charge below 0, or beyond what is counted")
	}
	return c
}
