package contract

import (
	"fmt"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// A Draft is what an order says of itself as long as nobody has placed it: a parked sale, or a quote.
type Draft struct {
	Kind       string `json:"kind" jsonschema:"parked or quote"`
	ValidUntil string `json:"valid_until,omitempty" jsonschema:"of a quote: the last day, where the site is, or the RFC 3339 time, on which it may be placed; left out, for ever"`
	HoldPrices bool   `json:"hold_prices,omitempty" jsonschema:"of a quote with valid_until: its prices hold until then; else it is priced anew when it is placed"`
	Note       string `json:"note,omitempty" jsonschema:"for whoever finds it; at most 255 bytes"`
	Number     string `json:"number,omitempty" jsonschema:"in answers: its number as a draft; the order has one of its own"`
	Expired    bool   `json:"expired,omitempty" jsonschema:"in answers: valid_until is past"`

	Lots []LineLot `json:"lots,omitempty" jsonschema:"in answers: the lots and serial numbers that its lines were scanned with. None is set aside; they are taken when it is placed, unless others are named then"`
}

// PlaceRequest places a draft.
type PlaceRequest struct {
	Reprice  bool      `json:"reprice,omitempty" jsonschema:"at today's prices, also where a quote holds others or has expired"`
	Override *Override `json:"override,omitempty" jsonschema:"who lets it through where it trips a check that allows that, and why"`
	Lots     []LineLot `json:"lots,omitempty" jsonschema:"fulfil take: which lots, or serial numbers, the customer takes: a draft sets none aside. Left out: those that it remembers"`
}

// Taken is the lots that it names of the lines of a draft.
func (r *PlaceRequest) Taken(o *ledger.Order, c Catalogue) ([]ledger.LineLot, error) {
	return c.lineLots(r.Lots, func(line int) (ledger.SKU, bool) {
		if line < 1 || line > len(o.Lines) {
			return "", false
		}
		return o.Lines[line-1].SKU, true
	})
}

// Check refuses an override of nobody.
func (r *PlaceRequest) Check() error { return r.Override.check() }

func (d *Draft) ledger() *ledger.Draft {
	if d == nil {
		return nil
	}
	kind := ledger.DraftParked
	if d.Kind == "quote" {
		kind = ledger.DraftQuote
	}
	until, _ := needBy(d.ValidUntil) // check has read it
	return &ledger.Draft{Kind: kind, Until: until, Hold: d.HoldPrices, Note: d.Note}
}

func (d *Draft) check() error {
	if d == nil {
		return nil
	}
	switch {
	case d.Kind != "parked" && d.Kind != "quote":
		return &ledger.FormError{Field: "draft.kind", Why: fmt.Sprintf("is %q; it is parked or quote", clip(d.Kind))}
	case d.Number != "" || d.Expired || len(d.Lots) > 0:
		return &ledger.FormError{Field: "draft", Why: "has a number, expired or lots, which only answers have: lots stand with the lines"}
	}
	if _, err := needBy(d.ValidUntil); err != nil {
		return &ledger.FormError{Field: "draft.valid_until", Why: "is neither a day such as 2026-11-30 nor an RFC 3339 time"}
	}
	return CheckText("draft.note", d.Note, ledger.DraftNoteMax)
}

func renderDraft(o *ledger.Order) *Draft {
	d := o.Draft
	if d == nil {
		return nil
	}
	out := &Draft{Kind: "parked", ValidUntil: d.Until, HoldPrices: d.Hold, Note: d.Note}
	if d.Kind == ledger.DraftQuote {
		out.Kind = "quote"
	}
	if d.Serial > 0 {
		out.Number = (&ledger.Order{Owner: o.Owner, Serial: d.Serial}).Number()
	}
	for _, n := range d.Lots {
		out.Lots = append(out.Lots, LineLot{n.Line, string(n.Lot), n.Qty})
	}
	return out
}

// Expires says of a draft that is open whether its day is past.
func (o *Order) Expires(from *ledger.Order, now time.Time, zone *time.Location) {
	if o.Draft != nil && o.Status == ledger.StatusDraft {
		o.Draft.Expired = from.Draft.Over(now, now.In(zone).Format(time.DateOnly))
	}
}

func fromDraft(e *ledger.DraftError) *Problem {
	if e.Status == ledger.StatusDraft {
		return New(CodeQuoteExpired, fmt.Sprintf("Quote %s was good until %s.", e.Number, e.Until))
	}
	if e.Status == ledger.StatusCanceled {
		return New(CodeDraftPlaced, fmt.Sprintf("%s was put away, or cancelled.", e.Number))
	}
	return New(CodeDraftPlaced, fmt.Sprintf("It was placed before, as order %s, which is %s.", e.Number, e.Status))
}

// Reprice prices an order that was drafted as if it came now. What the client said of a price or a rate stays, and so do discounts; a line that the item says
// nothing of any more keeps what it had.
func Reprice(o *ledger.Order, p Pricing) error {
	want := pricing.Want{Group: o.Group, Day: p.day(p.Now)}
	find := func(q ledger.Qty) func([]pricing.Row) int {
		return func(rows []pricing.Row) int {
			want.Qty = int64(q)
			return pricing.Find(rows, want)
		}
	}
	again := func(sku ledger.SKU, q ledger.Qty, price *ledger.Price, was **ledger.Charge, line int) error {
		item, _ := p.Item(sku)
		now, from := listed(item, find(q))
		if from == 0 || *was != nil && (*was).From == ledger.PriceSaid {
			return nil
		}
		var c ledger.Charge
		if *was != nil {
			c = **was
		}
		if c.From = from; !c.TaxSaid && item.Detail != nil {
			c.Tax = item.Detail.Tax
		}
		if cost, err := pricing.Total(now.Amount, now.Per, int64(q)); err == nil && c.OffPPM == 0 {
			c.Sum.Off = min(c.Sum.Off, cost)
		}
		if err := c.Fix(now, q); err != nil {
			return atLine(err, line-1)
		}
		*price, *was = now, &c
		return nil
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if k, _ := o.KitOf(i + 1); k != nil {
			continue
		}
		if err := again(l.SKU, l.Qty, &l.Price, &l.Charge, i+1); err != nil {
			return err
		}
	}
	o.Kits = append([]ledger.Kit(nil), o.Kits...)
	for i := range o.Kits {
		k := &o.Kits[i]
		if err := again(k.SKU, k.Qty, &k.Price, &k.Charge, k.Line); err != nil {
			return err
		}
	}
	return nil
}

func (d *Draft) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "kind":
			return had.first(0) && quickText(q, &d.Kind)
		case "valid_until":
			return had.first(1) && quickText(q, &d.ValidUntil)
		case "hold_prices":
			return had.first(2) && q.truth(&d.HoldPrices)
		case "note":
			return had.first(3) && quickText(q, &d.Note)
		default:
			return false
		}
	})
}

func (d *Draft) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"kind":`...), d.Kind)
	b = appendGiven(b, `,"valid_until":`, d.ValidUntil)
	if d.HoldPrices {
		b = strconv.AppendBool(append(b, `,"hold_prices":`...), true)
	}
	b = appendGiven(b, `,"note":`, d.Note)
	b = appendGiven(b, `,"number":`, d.Number)
	if d.Expired {
		b = strconv.AppendBool(append(b, `,"expired":`...), true)
	}
	for i, n := range d.Lots {
		if b = append(b, ','); i == 0 {
			b = append(b, `"lots":[`...)
		}
		b = strconv.AppendInt(append(b, `{"line":`...), int64(n.Line), 10)
		b = appendText(append(b, `,"lot":`...), n.Lot)
		if n.Qty != 0 {
			b = strconv.AppendInt(append(b, `,"qty":`...), int64(n.Qty), 10)
		}
		b = append(b, '}')
	}
	if len(d.Lots) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}
