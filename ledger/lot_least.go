package ledger

import (
	"fmt"
	"strings"
)

// Whoever buys may want goods that are good for so many days yet: a shop that has to sell them again, a hospital. A request says until when a lot has to
// be good at least; lots that are over before are passed over for it, whatever leaves first otherwise, and so are units of no lot, of which nobody can say.
// What keeps is good for ever. It is asked of goods that are taken, picked or sent, and of none that have left.

// A wanting is units of a SKU of which too few are good for long enough.
type wanting struct {
	sku        SKU
	want, have Qty
	level      *Level
}

// A Lasting is until when lots have to be good at least. The zero Lasting asks for nothing.
type Lasting struct {
	All Expiry         // of every article that Of does not name; 0: they need not
	Of  map[SKU]Expiry // likewise
}

// For is until when lots of an article have to be good; 0: they need not.
func (l Lasting) For(sku SKU) Expiry {
	if x, named := l.Of[sku]; named {
		return x
	}
	return l.All
}

// lasts says whether a lot of an article is good for long enough.
func (m *moves) lasts(sku SKU, x Expiry) bool {
	least := m.least.For(sku)
	return least == 0 || x == 0 || x >= least
}

// takeLasting takes q off the shelf of the lots that are good for long enough, first expired first, and names them. What there is too little of is
// refused once all moves are made (fit), but where it is a wish: an ask that head office has answered has to end.
func (m *moves) takeLasting(l *Level, sku SKU, q Qty) (left Qty) {
	want := q
	for i := range l.Lots {
		t := &l.Lots[i]
		if !m.lasts(sku, t.Expiry) {
			continue
		}
		for _, at := range t.At {
			if at.Kind != Sellable {
				continue
			}
			n := min(q, at.Qty-m.tookOf(sku, t.Lot, at.LotPlace))
			if n < 1 {
				continue
			}
			m.add(sku, Account{Kind: Sellable, Ref: at.Ref}, -n)
			m.lots = append(m.lots, LotMove{SKU: sku, Lot: t.Lot, Qty: n, From: at.LotPlace, Serial: t.Serial})
			q -= n
		}
	}
	if q > 0 && !m.wishes {
		m.wanting = append(m.wanting, wanting{sku, want, want - q, l})
	}
	return q
}

// tooShort refuses units of which too few are good for long enough, in words for whoever stands before the shelf.
func (m *moves) tooShort() error {
	w := &m.wanting[0]
	var over []string
	for i := range w.level.Lots {
		t := &w.level.Lots[i]
		if q := t.in(Sellable); q > 0 && !m.lasts(w.sku, t.Expiry) {
			if len(over) == lotWordsMost {
				over = append(over, "and more")
				break
			}
			over = append(over, fmt.Sprintf("%s (%d, until %s)", t.Lot, q, t.Expiry))
		}
	}
	rest := "the others are of no lot that the book knows"
	if len(over) > 0 {
		rest = "these are over sooner: " + strings.Join(over, ", ")
	}
	return &LotError{SKU: w.sku, Why: fmt.Sprintf("%d of %s are wanted that are good until %s at least, and %d here are; %s. Take fewer, have the rest served from elsewhere, or ask whether others will do", w.want, w.sku, m.least.For(w.sku), w.have, rest)}
}

// unlasting refuses a lot that somebody has named and that is not good for long enough.
func (m *moves) unlasting(level *Level, sku SKU, n *LotQty) error {
	over := n.Expiry
	if level != nil {
		if t := level.Lot(n.Lot); t != nil && t.Expiry != 0 {
			over = t.Expiry
		}
	}
	if m.lasts(sku, over) {
		return nil
	}
	return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("lot %s of %s is good until %s, and it is wanted until %s at least: put it back, and take another", n.Lot, sku, over, m.least.For(sku))}
}

// LeastDaysMax bounds how many days of life somebody may want.
const LeastDaysMax = DetailDaysMax
