package contract_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestHeadOfficeHasNoGoodsInTheHand(t *testing.T) {
	in := contract.OrderRequest{InHand: true, Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: 1}}}
	if _, err := in.Ledger(contract.NodeDefaults()); err != nil {
		t.Errorf("at a node: got %v, want it taken", err)
	}
	_, err := in.Ledger(contract.HQDefaults())
	if p, ok := errors.AsType[*contract.Problem](err); !ok || p.Code != contract.CodeNotSupported || p.Field != "in_hand" {
		t.Errorf("at head office: got %v, want %s", err, contract.CodeNotSupported)
	}
}
