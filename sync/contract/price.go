package contract

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// PriceAnswer says what an article costs a customer.
type PriceAnswer struct {
	SKU        ledger.SKU `json:"sku"`
	Qty        ledger.Qty `json:"qty" jsonschema:"units"`
	Group      string     `json:"group,omitempty"`
	At         string     `json:"at" jsonschema:"the day that was asked for"`
	Price      Price      `json:"price" jsonschema:"of per units"`
	Total      Money      `json:"total" jsonschema:"of qty units: exact, and rounded once, to the nearest minor unit, half of one up"`
	Row        *PriceRow  `json:"row,omitempty" jsonschema:"of the price list; left out where the item's own price holds"`
	TaxRatePPM *int64     `json:"tax_rate_ppm,omitempty" jsonschema:"millionths; left out where nobody has said"`
}

// Money is whole minor units of a currency.
type Money struct {
	Amount   int64  `json:"amount" jsonschema:"whole minor units of the currency"`
	Currency string `json:"currency" jsonschema:"ISO 4217, for example GBP"`
}

// ReadPriceQuery reads qty (1 where nothing is said), group and at, a day or a moment; now where nothing is said. The day of a moment is
// the one that it is in the zone.
func ReadPriceQuery(q url.Values, now time.Time, zone *time.Location) (w pricing.Want, err error) {
	w = pricing.Want{Group: q.Get("group"), Qty: 1, Day: now.In(zone).Format(time.DateOnly)}
	if err := CheckText("group", w.Group, ledger.DetailTextMax); err != nil {
		return w, err
	}
	if text := q.Get("qty"); text != "" {
		if w.Qty, err = strconv.ParseInt(text, 10, 64); err != nil || w.Qty < 1 || w.Qty > int64(ledger.QtyMax) {
			return w, &ledger.FormError{Field: "qty", Why: fmt.Sprintf("is not a whole number of 1 to %d", ledger.QtyMax)}
		}
	}
	if text := q.Get("at"); text != "" {
		at, err := Since("at", text)
		if err != nil {
			return w, err
		}
		if w.Day = text; len(text) > len(time.DateOnly) {
			w.Day = at.In(zone).Format(time.DateOnly)
		}
	}
	return w, nil
}

// PriceOf says what an item costs.
func PriceOf(item *ledger.Item, w pricing.Want) (PriceAnswer, error) {
	out := PriceAnswer{SKU: item.SKU, Qty: ledger.Qty(w.Qty), Group: w.Group, At: w.Day}
	price := RenderPrice(item.Price)
	if d := item.Detail; d != nil {
		if d.Tax.Known {
			out.TaxRatePPM = &d.Tax.PPM
		}
		if at := pricing.Find(d.Prices, w); at >= 0 {
			r := &d.Prices[at]
			price = rowPrice(r)
			out.Row = &PriceRow{Group: r.Group, MinQty: ledger.Qty(r.MinQty), From: r.From, Until: r.Until, Price: price}
		}
	}
	if price == nil {
		p := New(CodeNoPrice, fmt.Sprintf("%s has no price for that customer, quantity and day.", item.SKU))
		return out, p
	}
	total, err := pricing.Total(price.Amount, price.Per, w.Qty)
	if errors.Is(err, pricing.ErrTooMuch) {
		return out, &ledger.FormError{Field: "qty", Why: fmt.Sprintf("costs more than %d minor units; ask for less", int64(pricing.AmountMax))}
	}
	out.Price, out.Total = *price, Money{Amount: total, Currency: price.Currency}
	return out, err
}
