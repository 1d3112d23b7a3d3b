package ledger

import (
	"cmp"
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
