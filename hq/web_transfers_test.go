package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// transferOf is the body that has taps sent from the warehouse.
func transferOf(id string, qty ledger.Qty) contract.TransferRequest {
	return contract.TransferRequest{ID: id, From: "hull", To: "leeds", Lines: []contract.TransferWish{{SKU: "TAP-22", Qty: qty}}}
}

func TestHeadOfficeMakesAndListsTransfers(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	c.addSite("leeds", "counter", 1)
	held := func() ledger.Qty {
		var st contract.HQStock
		c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &st)
		return st.Promisable.Sure.Qty
	}
	all := held()
	var made, again contract.Transfer
	c.must(201, 0, "POST", "/v1/transfers", "k-1", transferOf("T-1", 1), &made)
	c.must(201, 0, "POST", "/v1/transfers", "k-1", transferOf("T-1", 1), &again)
	if made.Status != "approved" || again.Status != "approved" || made.Lines[0].Qty != 1 || held() != all-1 {
		t.Errorf("got %+v and %+v, want one taken from what is promised", made, again)
	}
	c.no(409, contract.CodeStockShort, "POST", "/v1/transfers", "k-2", transferOf("T-2", all+1))
	c.no(409, contract.CodeTransferState, "POST", "/v1/transfers", "k-3", transferOf("T-1", 1))
	c.no(422, contract.CodeKeyReused, "POST", "/v1/transfers", "k-1", transferOf("T-4", 1))
	bad := transferOf("T-5", 1)
	bad.To = "bath"
	c.no(400, contract.CodeUnknownSite, "POST", "/v1/transfers", "k-4", bad)
	c.no(404, contract.CodeNotFound, "POST", "/v1/transfers/T-9/approve", "k-5", contract.JudgeRequest{})
	c.no(409, contract.CodeTransferState, "POST", "/v1/transfers/T-1/approve", "k-6", contract.JudgeRequest{})
	c.no(404, contract.CodeNotFound, "POST", "/v1/transfers/T-1/dispatch", "k-7", map[string]any{})
	var list contract.TransferList
	c.must(200, 0, "GET", "/v1/transfers?open=true&from=hull&sku=TAP-22", "", nil, &list)
	if len(list.Transfers) != 1 || list.Transfers[0].ID != "T-1" {
		t.Errorf("got %+v, want the one that is open", list)
	}
	c.no(400, contract.CodeBadValue, "GET", "/v1/transfers?status=gone", "", nil)
}
