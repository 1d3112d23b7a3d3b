package ledger

// A BlockedGoods is what of one SKU lies blocked in one bin.
type BlockedGoods struct {
	SKU      SKU
	Bin      Bin
	Qty      Qty
	Returned Qty // of Qty, what open returns have there: it is inspected with them
}

// Blocked lists what lies blocked, by SKU behind after, at most so many SKUs, all bins of each.
func (b *Book) Blocked(after SKU, limit int) (out []BlockedGoods, more bool) {
	b.mu.RLock()
	defer b.seen()
	s := b.core.State
	skus := s.blocked.behind(after, false)
	if more = len(skus) > limit; more {
		skus = skus[:limit]
	}
	var lines []BlockedLine
	for _, sku := range skus {
		for _, in := range s.levels[sku].Bins {
			if in.Blocked > 0 {
				out = append(out, BlockedGoods{SKU: sku, Bin: in.Bin, Qty: in.Blocked})
				lines = append(lines, BlockedLine{SKU: sku, Bin: in.Bin})
			}
		}
	}
	returned := s.blockedOfReturns(lines)
	for i := range out {
		out[i].Returned = returned[binOf{out[i].SKU, out[i].Bin}]
	}
	return out, more
}
