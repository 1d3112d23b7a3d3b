package hq_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAPurchaseOrderIsWrittenSentReceivedAndClosedShort(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 1)
	inDays := days()
	const at = "/v1/purchases/PO%20812"
	in := contract.PurchaseRequest{Supplier: "Acme", Site: "hull", Due: inDays(5), By: "olga",
		Lines: []contract.PurchaseWish{{SKU: "TAP-22", Qty: 10, Cost: &contract.Price{Amount: 250, Currency: "GBP"}}}}
	var put hq.PurchaseChanged
	c.must(200, 0, "PUT", at, "", in, &put)
	if put.Status != "draft" || put.Version != 1 || put.By != "olga" || put.Total == nil || put.Total.Amount != 2500 || put.Lines[0].Left != 10 {
		t.Errorf("got %+v, want a draft of 2500", put)
	}
	if _, h, _ := c.send(0, "PUT", at, "", in, nil); h.Get(contract.HeaderReplayed) != "true" {
		t.Error("put again: want it there already")
	}
	o := c.backorder("k-1", 5, "")
	if len(o.Lines[0].Promised) != 0 {
		t.Errorf("got %+v, want nothing promised of a draft", o.Lines[0].Promised)
	}
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.DueIn != nil {
		t.Errorf("got %+v, want nothing due in of a draft", stock.DueIn)
	}
	c.must(200, 0, "POST", at+"/send", "", contract.PurchaseActRequest{}, nil)
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, &o)
	if l := o.Lines[0]; len(l.Promised) != 1 || l.Promised[0].Reference != "PO 812" || l.Promised[0].By != inDays(5) {
		t.Errorf("got %+v, want it promised once it is sent", l)
	}
	c.no(409, contract.CodePurchaseState, "PUT", at, "", in) // as a draft
	if out := hull.decide(&ledger.Receive{ID: "d", Reference: "po812", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 6, Bin: ledger.BinDefault}}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	hull.push()
	var got contract.Purchase
	c.must(200, 0, "GET", at, "", nil, &got)
	if l := got.Lines[0]; got.Status != "partly_received" || l.Received != 6 || l.Left != 4 {
		t.Errorf("got %+v, want 6 of 10 received", got)
	}
	c.no(409, contract.CodePurchaseState, "POST", at+"/cancel", "", contract.PurchaseActRequest{})
	c.must(200, 0, "POST", at+"/close", "", contract.PurchaseActRequest{Reason: "out of production"}, &put)
	if l := put.Lines[0]; put.Status != "closed_short" || l.Short != 4 || l.Left != 0 || put.Reason != "out of production" {
		t.Errorf("got %+v, want 4 closed short", put)
	}
	var list contract.PurchaseList
	c.must(200, 0, "GET", "/v1/purchases?status=closed_short&site=hull&sku=TAP-22", "", nil, &list)
	if len(list.Purchases) != 1 {
		t.Errorf("got %+v, want it listed", list)
	}
	c.must(200, 0, "GET", "/v1/purchases?open=true", "", nil, &list)
	if len(list.Purchases) != 0 {
		t.Errorf("got %+v, want none open", list)
	}
}

func TestWhatIsWrongWithAPurchaseOrderIsSaid(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	inDays := days()
	good := func() contract.PurchaseRequest {
		return contract.PurchaseRequest{Supplier: "Acme", Site: "hull", Due: inDays(5), Status: "sent", Lines: []contract.PurchaseWish{{SKU: "TAP-22", Qty: 10}}}
	}
	for code, spoil := range map[contract.Code]func(*contract.PurchaseRequest){
		contract.CodeUnknownSKU:  func(p *contract.PurchaseRequest) { p.Lines[0].SKU = "NONE" },
		contract.CodeUnknownSite: func(p *contract.PurchaseRequest) { p.Site = "bath" },
		contract.CodeUnknownPack: func(p *contract.PurchaseRequest) { p.Lines[0].Pack = "CASE" },
		contract.CodeBadValue:    func(p *contract.PurchaseRequest) { p.Status = "received" },
	} {
		in := good()
		spoil(&in)
		c.no(400, code, "PUT", "/v1/purchases/PO-1", "", in)
	}
	c.no(404, contract.CodeNotFound, "GET", "/v1/purchases/PO-1", "", nil)
	c.no(404, contract.CodeNotFound, "POST", "/v1/purchases/PO-1/close", "", contract.PurchaseActRequest{})
	c.no(400, contract.CodeBadValue, "GET", "/v1/purchases?status=gone", "", nil)
	c.must(200, 0, "PUT", "/v1/purchases/PO-1", "", good(), nil)
	c.no(400, contract.CodeBadValue, "PUT", "/v1/expected/PO-1", "", hq.ExpectedRequest{Supplier: "Acme", Site: "hull", Due: inDays(5), Lines: []hq.ExpectedLine{{SKU: "TAP-22", Qty: 1}}})
	stale := good()
	stale.Version, stale.Lines[0].Qty = new(uint64), 7 // as if there were none
	if status, _, raw := c.send(0, "PUT", "/v1/purchases/PO-1", "", stale, nil); status != 409 || !strings.Contains(string(raw), `"now":{"reference":"PO-1"`) {
		t.Errorf("got %d %s, want what is there now", status, raw)
	}
}

func TestASuggestionBecomesATransferOrADraftByOneCall(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 5)
	c.addSite("york", "counter", 2).hello()
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", `{"name":"Tap","supplier":"Acme","lead_time_days":3}`, nil)
	c.must(200, 0, "PUT", "/v1/policy/rules", "", hq.PolicyRulesRequest{SignedRequest: hq.SignedRequest{Reason: "the shop is small"}, Rules: []hq.PolicyRule{{Kind: "reorder_at", Site: "york", SKU: "TAP-22", Qty: 2}, {Kind: "reorder_to", Site: "york", SKU: "TAP-22", Qty: 8}}}, nil)
	var list hq.ReorderList
	c.must(200, 0, "GET", "/v1/reorder?site=york", "", nil, &list)
	if len(list.Reorders) != 1 || list.Reorders[0].Want != 8 || len(list.Reorders[0].Transfers) != 1 || list.Reorders[0].Transfers[0] != (hq.ReorderMove{From: "hull", Qty: 5}) ||
		list.Reorders[0].Buy != 3 || list.Reorders[0].Supplier != "Acme" {
		t.Fatalf("got %+v, want 5 from hull, and 3 of Acme", list)
	}
	c.no(400, contract.CodeKeyMissing, "POST", "/v1/reorder", "", hq.ReorderTake{Site: "york", SKU: "TAP-22"})
	c.no(409, contract.CodeNotSuggested, "POST", "/v1/reorder", "k-0", hq.ReorderTake{Site: "hull", SKU: "TAP-22"})
	var bought, again, moved hq.ReorderTaken
	c.must(201, 0, "POST", "/v1/reorder", "k-1", hq.ReorderTake{Site: "york", SKU: "TAP-22", By: "olga"}, &bought)
	c.must(201, 0, "POST", "/v1/reorder", "k-1", hq.ReorderTake{Site: "york", SKU: "TAP-22", By: "olga"}, &again)
	if p := bought.Purchase; p == nil || p.Status != "draft" || p.Lines[0].Qty != 3 || p.Supplier != "Acme" || again.Purchase == nil || again.Purchase.Reference != p.Reference || again.Purchase.Version != 1 {
		t.Fatalf("got %+v and %+v, want one draft of 3", bought.Purchase, again.Purchase)
	}
	c.no(422, contract.CodeKeyReused, "POST", "/v1/reorder", "k-1", hq.ReorderTake{Site: "hull", SKU: "TAP-22"})
	c.must(200, 0, "POST", "/v1/purchases/"+bought.Purchase.Reference+"/cancel", "", contract.PurchaseActRequest{}, nil)
	for range 2 {
		c.must(201, 0, "POST", "/v1/reorder", "k-2", hq.ReorderTake{Site: "york", SKU: "TAP-22", From: "hull"}, &moved)
	}
	if tr := moved.Transfer; tr == nil || tr.Status != "approved" || tr.Lines[0].Qty != 5 {
		t.Fatalf("got %+v, want one transfer of 5", moved.Transfer)
	}
	var all contract.TransferList
	c.must(200, 0, "GET", "/v1/transfers", "", nil, &all)
	if len(all.Transfers) != 1 {
		t.Errorf("got %+v, want the one", all)
	}
	c.no(409, contract.CodeNotSuggested, "POST", "/v1/reorder", "k-3", hq.ReorderTake{Site: "york", SKU: "TAP-22", From: "hull"})
}
