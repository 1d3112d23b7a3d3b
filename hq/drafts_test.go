package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A site's draft is no order to head office, parked or put away: it hears of it when it is placed. It keeps none of its own.
func TestADraftOfASitesIsNoOrderBeforeItIsPlaced(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	leeds.receive("TAP-22", 5)
	draft := func(id ledger.OrderID) ledger.Order {
		return ledger.Order{ID: id, Channel: "till", Fulfil: ledger.Collect, Shortage: ledger.Refuse, Draft: &ledger.Draft{Kind: ledger.DraftParked}, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 2}}}
	}
	const placed, away = ledger.OrderID("01900000-0000-7000-8000-0000000000d1"), ledger.OrderID("01900000-0000-7000-8000-0000000000d2")
	leeds.decide(&ledger.Place{Order: draft(placed)})
	leeds.decide(&ledger.Place{Order: draft(away)})
	leeds.push()
	c.no(404, contract.CodeNotFound, "GET", "/v1/orders/"+string(placed), "", nil)
	o := draft(placed)
	leeds.decide(&ledger.Place{Order: o, Drafted: true})
	leeds.decide(&ledger.CancelOrder{Order: away})
	leeds.push()
	var got contract.Order
	c.must(200, 0, "GET", "/v1/orders/"+string(placed), "", nil, &got)
	if got.Status != ledger.StatusAllocated || got.Owner != "leeds" || got.Lines[0].Reserved[0].Qty != 2 || got.Draft == nil || got.Draft.Kind != "parked" {
		t.Errorf("got %+v, want it reserved", got)
	}
	c.no(404, contract.CodeNotFound, "GET", "/v1/orders/"+string(away), "", nil)
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.Reserved != 2 {
		t.Errorf("got %+v, want 2 reserved", stock)
	}
	in := orderOf("TAP-22", 1)
	in.Draft = &contract.Draft{Kind: "quote"}
	p := c.problemOf(0, "POST", "/v1/orders", "k", in)
	if p.Code != contract.CodeNotSupported || p.Field != "draft" || p.Detail != "Head office keeps no drafts and no quotes: the node of a site does, where they can be placed also when the line is down. Nothing was taken." ||
		p.Hint != "Send the same order to the node of the site that sells it, and place it there: what the site lacks comes from elsewhere. Or leave draft out, and head office takes the order now." {
		t.Errorf("got %+v, want to be told who keeps it, and what can be done", p)
	}
}
