package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A Holding is what this site may promise of another site's stock without asking: Site has
// allotted it to this one, head office has said so, and it is not drawn yet.
type Holding struct {
	Site SiteID
	SKU  SKU
	Qty  Qty
}

type holding struct {
	site SiteID
	sku  SKU
}

// Holdings lists what this site holds of others, by site and SKU.
func (s *State) Holdings() []Holding {
	out := make([]Holding, 0, len(s.holdings))
	for _, h := range slices.SortedFunc(maps.Keys(s.holdings), compareHoldings) {
		out = append(out, Holding{h.site, h.sku, s.holdings[h]})
	}
	return out
}

func compareHoldings(a, b holding) int {
	return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.sku, b.sku))
}

// hold changes a holding by q; one of nothing is not kept.
func (s *State) hold(h holding, q Qty) error {
	have, err := AddQty(s.holdings[h], q)
	if err != nil {
		return err
	}
	if have < 0 {
		return fmt.Errorf("draws %d more of %s from %s than is held", -have, h.sku, h.site)
	}
	if s.dirty.holdings[h.sku] = s.Seq + 1; have == 0 {
		delete(s.holdings, h)
	} else {
		s.holdings[h] = have
	}
	return nil
}

func (s *State) foldDraws(draws []Draw) error {
	for _, d := range draws {
		if d.Qty < 1 || d.Qty > QtyMax {
			return fmt.Errorf("draws %d of %s", d.Qty, d.SKU)
		}
		if err := s.hold(holding{d.Site, d.SKU}, -d.Qty); err != nil {
			return err
		}
	}
	return nil
}

// draw serves what is short of an order from what this site holds of others: from where it is
// collected first, then from whom it holds most. Head office learns of it by the entry and commands
// the owner. The draws are in the body; they are taken when it is folded.
func (s *State) draw(b *OrderBody) {
	o := &b.Order
	if len(s.holdings) == 0 || !o.Anywhere && !s.elsewhere(o) {
		return
	}
	held := s.holdingsFor(o)
	legs := o.legs()
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, h := range s.drawable(o, held[l.SKU]) {
			q := min(h.Qty, l.Qty-l.Promised())
			if q == 0 || legs == LegsMax || len(l.Away) == legsPerLineMax {
				break
			}
			h.Qty -= q
			legs++
			l.AddAway(h.Site, q)
			b.Draws = append(b.Draws, Draw{Line: i + 1, Site: h.Site, SKU: l.SKU, Qty: q})
		}
	}
}

// elsewhere says whether the order is collected at another site.
func (s *State) elsewhere(o *Order) bool { return o.CollectAt != "" && o.CollectAt != s.Site }

// holdingsFor copies the holdings of the SKUs of an order.
func (s *State) holdingsFor(o *Order) map[SKU][]*Holding {
	out := make(map[SKU][]*Holding, len(o.Lines))
	for i := range o.Lines {
		out[o.Lines[i].SKU] = nil
	}
	for h, q := range s.holdings {
		if _, wanted := out[h.sku]; wanted && h.site != HQ {
			out[h.sku] = append(out[h.sku], &Holding{h.site, h.sku, q})
		}
	}
	return out
}

// drawable ranks what is left of the holdings of one SKU for an order, best first.
func (s *State) drawable(o *Order, held []*Holding) []*Holding {
	held = slices.DeleteFunc(slices.Clone(held), func(h *Holding) bool {
		return h.Qty == 0 || !o.Anywhere && h.Site != o.CollectAt
	})
	there := func(h *Holding) int {
		if h.Site == o.CollectAt {
			return 0
		}
		return 1
	}
	slices.SortFunc(held, func(a, b *Holding) int {
		return cmp.Or(cmp.Compare(there(a), there(b)), cmp.Compare(b.Qty, a.Qty), cmp.Compare(a.Site, b.Site))
	})
	return held
}
