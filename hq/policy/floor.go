package policy

import "github.com/holdfast-stock/holdfast/ledger"

// A Floor says "never below": so many units of the matching SKUs are not lent to others. An empty
// field matches everything, so a zero Floor with Units is a rule for the whole company.
type Floor struct {
	Site     ledger.SiteID
	SKU      ledger.SKU
	Category string
	Units    ledger.Qty
}

// NeverBelow is the highest of the floors that match, 0 where none does. The highest, not the
// nearest match: whoever sets a floor may rely on it whatever else is set.
func NeverBelow(floors []Floor, site ledger.SiteID, sku ledger.SKU, category string) ledger.Qty {
	var never ledger.Qty
	for _, f := range floors {
		if (f.Site == "" || f.Site == site) && (f.SKU == "" || f.SKU == sku) && (f.Category == "" || f.Category == category) {
			never = max(never, f.Units)
		}
	}
	return never
}

// Lendable is what a site may be asked for of what it has available.
func Lendable(available, floor ledger.Qty) ledger.Qty {
	return max(available-max(floor, 0), 0)
}

// ToHQ is what a site allots to HQ of what it has available, in the entry that receives it: with a
// counter nothing, without one all but the floor.
func ToHQ(counter bool, available, floor ledger.Qty) ledger.Qty {
	if counter {
		return 0
	}
	return Lendable(available, floor)
}
