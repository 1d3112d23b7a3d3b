package ledger

import "time"

// SiteLot is a lot of a SKU as a site has it.
type SiteLot struct {
	SKU SKU
	Lot
}

// Lots lists the lots here by SKU behind after, and in a SKU as they leave; all lots of a SKU at once, so a page has at least limit lots where
// there are more. only is one SKU; "": all.
func (b *Book) Lots(after, only SKU, limit int) (out []SiteLot, more bool) {
	b.mu.RLock()
	defer b.seen()
	levels := b.core.State.levels
	names := []SKU{only}
	if only == "" {
		names = sortedKeys(levels)
	}
	for _, sku := range names {
		l := levels[sku]
		if l == nil || l.Lots == nil || sku <= after {
			continue
		}
		if len(out) >= limit {
			return out, true
		}
		for _, t := range cloneLots(l.Lots) {
			out = append(out, SiteLot{sku, t})
		}
	}
	return out, false
}

// LotsDue says whether the last day of some lot on a shelf may be over.
func (b *Book) LotsDue(now time.Time) bool {
	b.mu.RLock()
	defer b.seen()
	due := b.core.State.due
	return due != 0 && due.Past(DayOf(now))
}
