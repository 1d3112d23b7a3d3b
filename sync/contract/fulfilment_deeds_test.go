package contract_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What is said of lots is taken as it is said, or refused: no quantity is made of one that there cannot be, and no list is without an end.
func TestLotsThatADeedCannotHaveAreRefused(t *testing.T) {
	many := make([]contract.LotQty, ledger.LotMovesMax+1)
	for i := range many {
		many[i].Lot = "A"
	}
	for name, lots := range map[string][]contract.LotQty{"fewer than none": {{Lot: "A", Qty: -3}}, "more than an entry holds": many} {
		r := contract.PackRequest{Lines: []contract.HandledLine{{Line: 1, Qty: 3, Lots: lots}}}
		var form *ledger.FormError
		if _, err := r.Ledger("o-1"); !errors.As(err, &form) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	r := contract.PackRequest{Lines: []contract.HandledLine{{Line: 1, Qty: 1, Lots: []contract.LotQty{{Lot: "A"}}}}}
	if out, err := r.Ledger("o-1"); err != nil || len(out.Lots) != 1 || out.Lots[0].Qty != 1 {
		t.Errorf("got %+v, %v; want one of lot A", out, err)
	}
}
