package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// PurchaseLinesMax bounds the lines of a purchase order.
const PurchaseLinesMax = 1_000

// A Purchase is goods that a site has ordered of a supplier, as whoever ordered them wrote it down. What of it has come is head
// office's to say: goods come in under its reference at a site, whoever ordered them.
type Purchase struct {
	Reference string // names it for ever, also on the supplier's delivery note
	Supplier  string
	Site      SiteID         // where it comes in
	Due       string         // the day, UTC, for example 2026-12-10
	Lines     []PurchaseLine // by SKU, each once
	Note      string         // for people
}

// A PurchaseLine is one SKU of a purchase order.
type PurchaseLine struct {
	SKU  SKU
	Qty  Qty    // ordered, in base units
	Due  string // the day it comes on where that is another than the rest's; "" with the rest
	Cost Price  // of so many units; the zero Price where nobody has said
	Pack Packed // as it was ordered; the zero Packed where that was in units
}

// Check refuses what is no purchase order.
func (p *Purchase) Check() error {
	form := func(field, why string, args ...any) error {
		return &FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	if err := CheckPurchaseName(p.Reference); err != nil {
		return err
	}
	if _, err := ParseSite(string(p.Site)); err != nil {
		return err
	}
	switch {
	case p.Supplier == "" || len(p.Supplier) > TextMax:
		return form("supplier", "is empty, or longer than %d bytes", TextMax)
	case len(p.Note) > TextMax:
		return form("note", "is longer than %d bytes", TextMax)
	case len(p.Lines) == 0 || len(p.Lines) > PurchaseLinesMax:
		return form("lines", "has %d lines; a purchase order has 1 to %d", len(p.Lines), PurchaseLinesMax)
	}
	if err := checkPurchaseDay(p.Due); err != nil {
		return err
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		if i > 0 && p.Lines[i-1].SKU >= l.SKU {
			return form("lines", "are not one for each SKU, by SKU")
		}
		if err := l.Check(); err != nil {
			return atLine(err, i)
		}
	}
	_, err := p.Total()
	return err
}

// Total is what a purchase order comes to: the sum of its lines. The zero Money where no line has a cost.
func (p *Purchase) Total() (sum Money, err error) {
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.Cost == (Price{}) {
			continue
		}
		t, err := l.Total()
		if err != nil {
			return Money{}, atLine(err, i)
		}
		if sum.Currency == "" {
			sum.Currency = t.Currency
		}
		if sum.Currency != t.Currency {
			return Money{}, atLine(&FormError{Field: "cost", Why: fmt.Sprintf("is in %s, and a line before it in %s: order in one currency", t.Currency, sum.Currency)}, i)
		}
		if sum.Amount += t.Amount; sum.Amount > pricing.AmountMax {
			return Money{}, &FormError{Field: "lines", Why: "come to more money than can be counted"}
		}
	}
	return sum, nil
}

// Total is what a line comes to: exact, and rounded once, to the nearest minor unit, half of one up.
func (l *PurchaseLine) Total() (Money, error) {
	n, err := pricing.Total(l.Cost.Amount, l.Cost.Per, int64(l.Qty))
	if err != nil {
		return Money{}, &FormError{Field: "cost", Why: fmt.Sprintf("of %d units is more than can be counted", l.Qty)}
	}
	return Money{Amount: n, Currency: l.Cost.Currency}, nil
}

// CheckPurchaseName refuses what cannot name a purchase order.
func CheckPurchaseName(ref string) error {
	if ref == "" || len(ref) > TextMax || strings.ContainsRune(ref, 0) {
		return &FormError{Field: "reference", Why: fmt.Sprintf("is empty, or longer than %d bytes", TextMax)}
	}
	return nil
}

func checkPurchaseDay(day string) error {
	if at, err := time.Parse(time.DateOnly, day); err != nil || at.Year() < 1971 || at.Year() > 2269 {
		return &FormError{Field: "due", Why: fmt.Sprintf("is %q; it is a day such as 2026-12-10", day)}
	}
	return nil
}

// Check refuses what is no line of a purchase order.
func (l *PurchaseLine) Check() error {
	if _, err := ParseSKU(string(l.SKU)); err != nil {
		return err
	}
	if err := CheckQty(l.Qty); err != nil {
		return err
	}
	if l.Due != "" {
		if err := checkPurchaseDay(l.Due); err != nil {
			return err
		}
	}
	if l.Pack != (Packed{}) && (len(l.Pack.Name) > PackNameMax || !l.Pack.Says(l.Qty)) {
		return &FormError{Field: "pack", Why: fmt.Sprintf("%d of %d is not the line's %d units", l.Pack.Count, l.Pack.Units, l.Qty)}
	}
	c := &l.Cost
	if *c != (Price{}) && (c.Amount < 0 || c.Per < 1 || len(c.Currency) != 3 || c.Tax != "") {
		return &FormError{Field: "cost", Why: "is not whole minor units, 0 or more, of a currency such as GBP for 1 or more units, without tax"}
	}
	return nil
}
