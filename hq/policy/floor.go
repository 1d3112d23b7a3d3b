package policy

import "github.com/holdfast-stock/holdfast/ledger"

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
