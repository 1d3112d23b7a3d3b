package contract

import (
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// A Discount is what is taken off a line: an amount off all of its units, or a share.
type Discount struct {
	Amount   *Money `json:"amount,omitempty" jsonschema:"off the whole line, as its price is said: with the tax, or without. This or ppm"`
	PPM      int64  `json:"ppm,omitempty" jsonschema:"millionths off, 100000 is 10 %"`
	Reason   string `json:"reason" jsonschema:"why; needed. promo:NAME uses that promotion once for the order, as far as the site may: where none is left the order is turned away"`
	Approver string `json:"approver,omitempty" jsonschema:"who lets it be taken off: somebody who may decide"`
}

// Charge is what the units of a line come to, as it was when the order was taken: its price, in unit_price, its discount and its tax stand from there on.
type Charge struct {
	Currency   string    `json:"currency"`
	From       string    `json:"price_from" jsonschema:"said, item or list: by whoever sent the order, the item's own price, or a row of its price list"`
	Reason     string    `json:"price_reason,omitempty"`
	Approver   string    `json:"price_approver,omitempty" jsonschema:"who let the price be; with a discount it stands there"`
	Discount   *Discount `json:"discount,omitempty"`
	Net        int64     `json:"net" jsonschema:"minor units without tax, of the units that are to be paid for: qty less what was declined, given up or never wanted"`
	TaxRatePPM *int64    `json:"tax_rate_ppm,omitempty" jsonschema:"millionths; absent where nobody has said: then tax is 0"`
	Tax        int64     `json:"tax" jsonschema:"rounded once a line, to the nearest minor unit, half of one up"`
	Total      int64     `json:"total" jsonschema:"net and tax"`
}

// Totals is what an order comes to, line by line.
type Totals struct {
	Currency string `json:"currency"`
	Discount int64  `json:"discount,omitempty" jsonschema:"what is taken off, as the prices are said"`
	Net      int64  `json:"net"`
	Tax      int64  `json:"tax"`
	Total    int64  `json:"total" jsonschema:"the sum of the lines' totals"`
	Unpriced int    `json:"unpriced,omitempty" jsonschema:"lines that nobody has said a price of: the total is without them"`
}

// Pricing is what lines are priced by: the items, and the day that their prices are to hold on.
type Pricing struct {
	Item func(ledger.SKU) (*ledger.Item, bool)
	Now  time.Time // of an order that does not say when it was taken

	// Percent is by how much of what a line costs by itself a discount, or a price that somebody says, may lower it before a named person
	// must have let it be; 0: by all of it.
	Percent int

	Company *ledger.Company // whose currency all money is in, and when the site's days begin; nil: any, and UTC
}

// day is the trading day of a moment, where the order is taken.
func (p *Pricing) day(at time.Time) string {
	if p.Company == nil {
		return at.UTC().Format(time.DateOnly)
	}
	return at.In(p.Company.Location()).Format(time.DateOnly)
}

// foreign refuses a line, from 0, whose price is in another currency than the company's.
func (p *Pricing) foreign(l *ledger.Line, line int) error {
	if p.Company == nil {
		return nil
	}
	return atLine(p.Company.Foreign("unit_price.currency", l.Price.Currency), line)
}

// Charge says what each line of o comes to, o being r's order as Ledger gave it, before kits are taken apart. What the client does not say
// the item says: the price for the group, for so many units of the line, on the day that it was where the order was taken. A line that neither has
// said a price of stays without.
func (r *OrderRequest) Charge(o *ledger.Order, p Pricing) error {
	at := o.TakenAt
	if at.IsZero() {
		at = p.Now
	}
	want := pricing.Want{Group: o.Group}
	var room []ledger.Charge // of all lines together
	for i := range o.Lines {
		l, in := &o.Lines[i], &r.Lines[i]
		item, _ := p.Item(l.SKU)
		find := func(rows []pricing.Row) int {
			if want.Day == "" {
				want.Day = p.day(at)
			}
			want.Qty = int64(l.Qty)
			return pricing.Find(rows, want)
		}
		c, known, err := in.charge(l, item, find)
		if err == nil && known {
			err = p.approved(&c, l, item, find, i+1)
		}
		if err != nil {
			return atLine(err, i)
		}
		if err := p.foreign(l, i); err != nil {
			return err
		}
		if known {
			if room == nil {
				room = make([]ledger.Charge, 0, len(o.Lines)-i)
			}
			room = append(room, c)
			l.Charge = &room[len(room)-1]
		}
	}
	return nil
}

// charge works out what one line comes to; known is false where it has no price. item may be nil.
func (in *LineRequest) charge(l *ledger.Line, item *ledger.Item, find func([]pricing.Row) int) (c ledger.Charge, known bool, err error) {
	switch {
	case in.Why != "" && in.UnitPrice == nil:
		return c, false, &ledger.FormError{Field: "price_reason", Why: "goes with unit_price: say the price, or leave the reason out"}
	case in.Approver != "" && in.UnitPrice == nil:
		return c, false, &ledger.FormError{Field: "price_approver", Why: "goes with unit_price; who lets a discount be stands in it"}
	case in.UnitPrice != nil:
		if err := CheckText("price_reason", in.Why, ledger.ChargeTextMax); err != nil {
			return c, false, err
		}
		if err := CheckText("price_approver", in.Approver, ledger.ChargeTextMax); err != nil {
			return c, false, err
		}
		c.From, c.Why, c.Approver = ledger.PriceSaid, in.Why, in.Approver
	default:
		l.Price, c.From = listed(item, find)
	}
	if c.From == 0 {
		if in.Discount != nil || in.TaxPPM != nil {
			return c, false, &ledger.FormError{Field: "unit_price", Why: "is missing: nobody has said what the item costs, and a discount or a tax is of a price"}
		}
		return c, false, nil
	}
	switch {
	case in.TaxPPM != nil && (*in.TaxPPM < 0 || *in.TaxPPM > ledger.TaxPPMMax):
		return c, false, &ledger.FormError{Field: "tax_rate_ppm", Why: fmt.Sprintf("is not 0 to %d; 200000 is 20 %%", ledger.TaxPPMMax)}
	case in.TaxPPM != nil:
		c.Tax, c.TaxSaid = ledger.TaxRate{Known: true, PPM: *in.TaxPPM}, true
	case item != nil && item.Detail != nil:
		c.Tax = item.Detail.Tax
	}
	if err := in.Discount.into(&c, l.Price.Currency); err != nil {
		return c, false, err
	}
	if err := c.Fix(l.Price, l.Qty); err != nil {
		return c, false, err
	}
	return c, true, nil
}

// approved refuses a line, from 1, that is lowered further than a cashier may by themselves, where nobody is named who let it be.
func (p *Pricing) approved(c *ledger.Charge, l *ledger.Line, item *ledger.Item, find func([]pricing.Row) int, line int) error {
	if p.Percent == 0 || c.Approver != "" || c.From != ledger.PriceSaid && c.Sum.Off == 0 {
		return nil
	}
	cost, err := pricing.Total(l.Price.Amount, l.Price.Per, int64(l.Qty))
	if err != nil {
		return nil // Fix has said so
	}
	should, is := cost, cost-c.Sum.Off
	if own, from := listed(item, find); from != 0 && c.From == ledger.PriceSaid && own.Currency == l.Price.Currency && (own.Tax == "excluded") == (l.Price.Tax == "excluded") {
		if should, err = pricing.Total(own.Amount, own.Per, int64(l.Qty)); err != nil {
			return nil // it cannot be sold at its own price anyway
		}
	}
	least, _ := pricing.Total(should, 100, int64(100-p.Percent))
	if is >= least {
		return nil
	}
	no := New(CodeApprovalNeeded, fmt.Sprintf("Line %d costs %s and is to be sold at %s. More than %d %% off needs somebody who may let it be.", line, pricing.Text(should, l.Price.Currency), pricing.Text(is, l.Price.Currency), p.Percent))
	no.Field, no.Line = fmt.Sprintf("lines[%d].discount", line-1), line
	return no
}

// listed is what an item costs by itself; from nobody where it says nothing.
func listed(item *ledger.Item, find func([]pricing.Row) int) (ledger.Price, ledger.PriceFrom) {
	if item == nil {
		return ledger.Price{}, 0
	}
	if item.Detail != nil && len(item.Detail.Prices) > 0 {
		if at := find(item.Detail.Prices); at >= 0 {
			r := &item.Detail.Prices[at]
			return ledger.Price{Money: ledger.Money{Amount: r.Amount, Currency: r.Currency}, Per: r.Per, Tax: r.Tax}, ledger.PriceList
		}
	}
	if len(item.Price.Currency) != 3 {
		return ledger.Price{}, 0
	}
	return item.Price, ledger.PriceItem
}

// into writes a discount into a charge, or says what is wrong with it.
func (d *Discount) into(c *ledger.Charge, currency string) error {
	if d == nil {
		return nil
	}
	switch {
	case (d.Amount == nil) == (d.PPM == 0):
		return &ledger.FormError{Field: "discount", Why: "is an amount off the line, or millionths off in ppm: give one of the two"}
	case d.Amount != nil && (d.Amount.Amount < 1 || d.Amount.Amount > pricing.AmountMax):
		return &ledger.FormError{Field: "discount.amount", Why: fmt.Sprintf("is not 1 to %d minor units", int64(pricing.AmountMax))}
	case d.Amount != nil && d.Amount.Currency != currency:
		return &ledger.FormError{Field: "discount.amount", Why: fmt.Sprintf("is not in %s, as the price is", currency)}
	case d.PPM < 0 || d.PPM > pricing.PPM:
		return &ledger.FormError{Field: "discount.ppm", Why: fmt.Sprintf("is not 1 to %d; 100000 is 10 %%", pricing.PPM)}
	case d.Reason == "":
		return &ledger.FormError{Field: "discount.reason", Why: "is missing; say why something is taken off"}
	}
	if err := CheckText("discount.reason", d.Reason, ledger.ChargeTextMax); err != nil {
		return err
	}
	if err := CheckText("discount.approver", d.Approver, ledger.ChargeTextMax); err != nil {
		return err
	}
	if d.Approver != "" && c.Approver != "" && d.Approver != c.Approver {
		return &ledger.FormError{Field: "discount.approver", Why: "is another person than price_approver; one answers for a line"}
	}
	if c.OffPPM, c.OffWhy = d.PPM, d.Reason; d.Approver != "" {
		c.Approver = d.Approver
	}
	if d.Amount != nil {
		c.Sum.Off = d.Amount.Amount
	}
	return nil
}

// Charge says what the lines that r adds come to, at the prices of a group today.
func (a *Amendment) Charge(r *AmendRequest, group string, p Pricing) error {
	want := pricing.Want{Group: group, Day: p.day(p.Now)}
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Line != 0 {
			continue
		}
		item, _ := p.Item(l.SKU)
		want.Qty = int64(l.Qty)
		line := ledger.Line{SKU: l.SKU, Qty: l.Qty, Price: l.Price}
		c, known, err := (&LineRequest{UnitPrice: r.Lines[i].UnitPrice, Why: r.Lines[i].Why}).charge(&line, item, func(rows []pricing.Row) int { return pricing.Find(rows, want) })
		if err != nil {
			return atLine(err, i)
		}
		if err := p.foreign(&line, i); err != nil {
			return err
		}
		if l.Price = line.Price; known {
			l.Charge = &c
		}
	}
	return nil
}

// Approvers gives each field in which the request names who lets something of it be, and whom; those that are empty are left out.
func (r *OrderRequest) Approvers() iter.Seq2[string, string] {
	return func(yield func(field, who string) bool) {
		if r.Approver != "" && !yield("approver", r.Approver) {
			return
		}
		for i := range r.Lines {
			l := &r.Lines[i]
			if l.Approver != "" && !yield(fmt.Sprintf("lines[%d].price_approver", i), l.Approver) {
				return
			}
			if l.Discount != nil && l.Discount.Approver != "" && !yield(fmt.Sprintf("lines[%d].discount.approver", i), l.Discount.Approver) {
				return
			}
		}
	}
}

// Charges says whether the request says something of prices that a build before them does not know.
func (r *OrderRequest) Charges() bool {
	for i := range r.Lines {
		if l := &r.Lines[i]; l.Why != "" || l.Approver != "" || l.Discount != nil || l.TaxPPM != nil {
			return true
		}
	}
	return r.PriceGroup != "" || r.DeliverTo != "" || r.BillTo != ""
}

// receiptLine is what a line shows of its price, in one allocation for all lines.
type receiptLine struct {
	charge Charge
	price  Price
}

// charge shows what the order comes to.
func (o *Order) charge(from *ledger.Order) {
	room := make([]receiptLine, len(o.Lines))
	for i := range o.Lines {
		l, to := &o.Lines[i], &room[i]
		if k, _ := from.KitOf(l.Line); k != nil {
			l.Charge = renderCharge(&to.charge, k.Charge, k.Price, from.DueOfKit(k))
			continue
		}
		line := &from.Lines[l.Line-1]
		if l.Charge = renderCharge(&to.charge, line.Charge, line.Price, from.DueOf(line)); l.Charge != nil {
			p := &line.Price
			to.price = Price{Amount: p.Amount, Currency: p.Currency, Per: p.Per, Tax: p.Tax}
			l.UnitPrice = &to.price
		}
	}
	t := from.Totals()
	o.Totals = &Totals{Currency: t.Currency, Discount: t.Off, Net: t.Net, Tax: t.Tax, Total: t.Total(), Unpriced: t.Unpriced}
}

// renderCharge shows a charge with what is due of it, in out.
func renderCharge(out *Charge, c *ledger.Charge, p ledger.Price, due pricing.Sum) *Charge {
	if c == nil {
		return nil
	}
	*out = Charge{Currency: p.Currency, From: priceFrom(c.From), Reason: c.Why, Net: due.Net, Tax: due.Tax, Total: due.Total()}
	if c.Tax.Known {
		out.TaxRatePPM = &c.Tax.PPM
	}
	if out.Approver = c.Approver; c.OffWhy != "" {
		out.Approver = ""
		out.Discount = &Discount{Amount: &Money{Amount: due.Off, Currency: p.Currency}, PPM: c.OffPPM, Reason: c.OffWhy, Approver: c.Approver}
	}
	return out
}

// priceFrom is the contract's word for who said a price.
func priceFrom(f ledger.PriceFrom) string {
	switch f {
	case ledger.PriceSaid:
		return "said"
	case ledger.PriceItem:
		return "item"
	case ledger.PriceList:
		return "list"
	default: // a newer build's
		return "other"
	}
}

func (c *Charge) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"currency":`...), c.Currency)
	b = appendText(append(b, `,"price_from":`...), c.From)
	b = appendGiven(b, `,"price_reason":`, c.Reason)
	b = appendGiven(b, `,"price_approver":`, c.Approver)
	if c.Discount != nil {
		b = c.Discount.appendJSON(append(b, `,"discount":`...))
	}
	b = strconv.AppendInt(append(b, `,"net":`...), c.Net, 10)
	if c.TaxRatePPM != nil {
		b = strconv.AppendInt(append(b, `,"tax_rate_ppm":`...), *c.TaxRatePPM, 10)
	}
	b = strconv.AppendInt(append(b, `,"tax":`...), c.Tax, 10)
	b = strconv.AppendInt(append(b, `,"total":`...), c.Total, 10)
	return append(b, '}')
}

// appendJSON writes a discount as it is answered: its amount is always given.
func (d *Discount) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if d.Amount != nil {
		b = strconv.AppendInt(append(b, `"amount":{"amount":`...), d.Amount.Amount, 10)
		b = append(appendText(append(b, `,"currency":`...), d.Amount.Currency), `},`...)
	}
	if d.PPM != 0 {
		b = append(strconv.AppendInt(append(b, `"ppm":`...), d.PPM, 10), ',')
	}
	b = appendText(append(b, `"reason":`...), d.Reason)
	return append(appendGiven(b, `,"approver":`, d.Approver), '}')
}

func (t *Totals) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"currency":`...), t.Currency)
	if t.Discount != 0 {
		b = strconv.AppendInt(append(b, `,"discount":`...), t.Discount, 10)
	}
	b = strconv.AppendInt(append(b, `,"net":`...), t.Net, 10)
	b = strconv.AppendInt(append(b, `,"tax":`...), t.Tax, 10)
	b = strconv.AppendInt(append(b, `,"total":`...), t.Total, 10)
	if t.Unpriced != 0 {
		b = strconv.AppendInt(append(b, `,"unpriced":`...), int64(t.Unpriced), 10)
	}
	return append(b, '}')
}
