package contract_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A site serves what leaves its own shelf: what a supplier has sent is no fulfilment of it.
func TestWhatASupplierSendsIsNoFulfilmentOfASite(t *testing.T) {
	own := ledger.Line{SKU: "TAP-22"} // cancelled
	sent := ledger.Line{SKU: "SOFA", Qty: 1, Taken: 1, Drop: &ledger.DropShip{Supplier: "Oak Ltd", Sent: 1}}
	o := ledger.Order{ID: "o-1", Owner: "leeds", Fulfil: ledger.Deliver, Lines: []ledger.Line{own, sent}}
	if got := contract.RenderOrder(&o, contract.Seen{}).Fulfilments; len(got) != 0 {
		t.Errorf("got %+v, want none", got)
	}
	o.Lines[0].Taken = 2
	if got := contract.RenderOrder(&o, contract.Seen{}).Fulfilments; len(got) != 1 || got[0].Status != contract.FulfilmentDispatched {
		t.Errorf("got %+v, want one of leeds, dispatched", got)
	}
}
