package demo

import (
	"maps"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// goodsDay is a company that has moved goods beside its one order, told and journalled alike: a purchase order of 5 of A of which 4 came
// to leeds, a transfer of 3 of B from hull of which one is missing, one of two of A brought back to york, where its claim was granted,
// and a count at leeds that found one A more.
func goodsDay() (*paper, *journals) {
	p, j := sale()
	j.goods = newGoodsFound()
	p.received["leeds"]["A"] += 4
	p.tookIn("leeds", "PO-1", []contract.ReceiptLine{{SKU: "A", Qty: 4}})
	p.ordered("PO-1", "leeds", map[string]int64{"A": 5})
	p.goods.purchases["PO-1"].last = &contract.Purchase{Lines: []contract.PurchaseLine{{SKU: "A", Qty: 5, Received: 4, Short: 1}}}
	byLots := map[string]int64{"KEPT-1 L-1": 2}
	kept := &transferTold{id: "LT-1", from: "leeds", to: "york", sent: map[string]int64{"KEPT-1": 2}, lots: byLots}
	p.sent(kept)
	p.arrivedByLot(kept, map[string]int64{"KEPT-1": 2}, byLots)
	t := &transferTold{id: "T-1", from: "hull", to: "leeds", sent: map[string]int64{"B": 3}}
	p.sent(t)
	p.arrived(t, map[string]int64{"B": 2})
	p.returned("york", &contract.Return{ID: "r-1", Lines: []contract.ReturnLine{{Line: 1, SKU: "A", Qty: 1, Restocked: 1}}})
	p.counted("leeds", &contract.Count{Seq: 9, Lines: []contract.CountedLine{{SKU: "A", Counted: 7, Variance: 1}}})

	posting := func(k ledger.AccountKind, ref string, sku ledger.SKU, q ledger.Qty) ledger.Posting {
		return ledger.Posting{Account: ledger.Account{Kind: k, Ref: ref}, SKU: sku, Qty: q}
	}
	leeds, york, hull := j.goods.at("leeds"), j.goods.at("york"), j.goods.at("hull")
	leeds(1, ledger.KindPlaced, &ledger.OrderBody{Order: ledger.Order{ID: p1}}, posting(ledger.Customer, "", "A", 2))
	leeds(2, ledger.KindReceipt, &ledger.ReceiptBody{Reference: "PO-1"}, posting(ledger.Supplier, "PO-1", "A", -4), posting(ledger.Sellable, "MAIN", "A", 6))
	hull(1, ledger.KindTransferDispatched, &ledger.TransferBody{Transfer: transferOf(ledger.TransferDispatched, 3, 0)}, posting(ledger.Transit, "leeds", "B", 3))
	leeds(3, ledger.KindTransferReceived, &ledger.TransferBody{Transfer: transferOf(ledger.TransferReceived, 3, 2)}, posting(ledger.Transit, "hull", "B", -2))
	settled := transferOf(ledger.TransferSettled, 3, 2)
	hull(2, ledger.KindObeyed, &ledger.ObeyedBody{Transfer: &settled}, posting(ledger.Transit, "leeds", "B", -1))
	york(1, ledger.KindReturned, &ledger.ReturnBody{Return: ledger.Return{ID: "r-1", Order: p1, Claim: ledger.ClaimPending,
		Lines: []ledger.ReturnLine{{Line: 1, SKU: "A", Qty: 1}}}}, posting(ledger.Customer, "", "A", -1))
	york(2, ledger.KindObeyed, &ledger.ObeyedBody{Command: ledger.HQCommand{Kind: ledger.CommandTakeBack, Site: "york", Return: "r-1"},
		Done: []ledger.CommandLine{{Line: 1, SKU: "A", Qty: 1}}})
	leeds(9, ledger.KindCounted, &ledger.AdjustedBody{Count: &ledger.CountBody{At: 8, Lines: []ledger.CountedLine{{SKU: "A", Bin: "MAIN", Counted: 7, Expected: 6}}}},
		posting(ledger.Sellable, "MAIN", "A", 1))
	ofLot := func(s ledger.TransferState, came ledger.Qty) ledger.Transfer {
		return ledger.Transfer{ID: "LT-1", From: "leeds", To: "york", State: s, Lines: []ledger.TransferLine{{SKU: "KEPT-1", Sent: 2, Came: came, Lots: []ledger.TransferLot{{Lot: "L-1", Sent: 2, Came: came}}}}}
	}
	leeds(14, ledger.KindTransferDispatched, &ledger.TransferBody{Transfer: ofLot(ledger.TransferDispatched, 0)}, posting(ledger.Transit, "york", "KEPT-1", 2))
	york(3, ledger.KindTransferReceived, &ledger.TransferBody{Transfer: ofLot(ledger.TransferReceived, 2)}, posting(ledger.Transit, "leeds", "KEPT-1", -2))
	p.left("leeds", "LORRY-1")
	p.manifest("leeds", &contract.Manifest{Carrier: carrier, Number: 1, Parcels: []contract.ManifestParcel{{Shipment: 1, Tracking: "LORRY-1"}}})
	leeds(10, ledger.KindHandedOver, &ledger.WorkBody{Deed: ledger.DeedDispatch, Ship: ledger.Shipment{Carrier: carrier, Tracking: "LORRY-1"}, Shipped: 1})
	p.left("leeds", "LORRY-2")
	p.struckOff("leeds", 2)
	leeds(11, ledger.KindHandedOver, &ledger.WorkBody{Deed: ledger.DeedDispatch, Ship: ledger.Shipment{Carrier: carrier, Tracking: "LORRY-2"}, Shipped: 2})
	leeds(12, ledger.KindManifest, &ledger.ManifestBody{Act: ledger.ManifestStrike, Carrier: carrier, Number: 1, Shipment: 2, Struck: []uint64{2}})
	leeds(13, ledger.KindManifest, &ledger.ManifestBody{Act: ledger.ManifestClose, Carrier: carrier, Number: 1, From: 1, To: 2, Struck: []uint64{2}})
	p.goods.lotOrders = map[ledger.OrderID]bool{p1: true}
	p.lot(lotOf{"KEPT-1", "L-1"}, &lotTold{came: 5, took: map[ledger.OrderID]int64{p1: 2}, back: map[ledger.OrderID]int64{p1: 1},
		story: &contract.LotStory{Came: 5, OnHand: 4, Orders: []contract.LotOrder{{Order: p1, Qty: 2, Returned: 1}}}})
	return p, j
}

// lot is the lot of goodsDay.
func (p *paper) lotOne() *lotTold { return p.goods.lots[lotOf{"KEPT-1", "L-1"}] }

func transferOf(s ledger.TransferState, sent, came ledger.Qty) ledger.Transfer {
	return ledger.Transfer{ID: "T-1", From: "hull", To: "leeds", State: s, Lines: []ledger.TransferLine{{SKU: "B", Sent: sent, Came: came}}}
}

// at writes entries of a site.
func (g *goodsFound) at(site ledger.SiteID) func(ledger.Seq, ledger.Kind, ledger.Body, ...ledger.Posting) {
	return func(seq ledger.Seq, k ledger.Kind, b ledger.Body, list ...ledger.Posting) {
		g.take(site, &ledger.Entry{Seq: seq, Kind: k, Body: b, Postings: list})
	}
}

func TestTheCheckerFindsGoodsThatWentAstray(t *testing.T) {
	type counts struct{ overReturned, unsettled, countsUndone, goodsUntold int64 }
	older := func(at, seq ledger.Seq) func(*paper, *journals) {
		return func(_ *paper, j *journals) {
			j.goods.at("leeds")(seq, ledger.KindCounted, &ledger.AdjustedBody{Count: &ledger.CountBody{At: at, Lines: []ledger.CountedLine{{SKU: "A", Bin: "MAIN", Counted: 6, Expected: 6}}}})
		}
	}
	for name, c := range map[string]struct {
		breakIt func(*paper, *journals)
		want    counts
	}{
		"nothing is wrong":                       {func(*paper, *journals) {}, counts{}},
		"a receipt is not in the journal":        {func(_ *paper, j *journals) { delete(j.goods.receipts, "leeds PO-1") }, counts{goodsUntold: 1}},
		"a receipt was booked twice":             {func(_ *paper, j *journals) { j.goods.receipts["leeds PO-1"]["A"] = 8 }, counts{goodsUntold: 1}},
		"a receipt was told to nobody":           {func(_ *paper, j *journals) { j.goods.receipts["york X"] = map[string]int64{} }, counts{goodsUntold: 1}},
		"head office has more of a purchase":     {func(p *paper, _ *journals) { p.goods.purchases["PO-1"].last.Lines[0].Received = 5 }, counts{goodsUntold: 1}},
		"head office does not know the purchase": {func(p *paper, _ *journals) { p.goods.purchases["PO-1"].last = nil }, counts{goodsUntold: 1}},
		"a transfer left twice":                  {func(_ *paper, j *journals) { j.goods.transfers["T-1"].leaves = 2 }, counts{goodsUntold: 1}},
		"more left than was told":                {func(_ *paper, j *journals) { j.goods.transfers["T-1"].sent["B"] = 4 }, counts{goodsUntold: 1}},
		"less came than was told":                {func(_ *paper, j *journals) { j.goods.transfers["T-1"].came["B"] = 1 }, counts{goodsUntold: 1}},
		"a transfer came, and nobody was told":   {func(p *paper, _ *journals) { p.goods.transfers = nil }, counts{goodsUntold: 2}},
		"another lot left than was told":         {func(_ *paper, j *journals) { j.goods.transfers["LT-1"].lots = map[string]int64{"KEPT-1 L-2": 2} }, counts{goodsUntold: 1}},
		"another lot came than was told":         {func(_ *paper, j *journals) { j.goods.transfers["LT-1"].lotsCame = map[string]int64{"KEPT-1 L-2": 2} }, counts{goodsUntold: 1}},
		"another lot came than left": {func(p *paper, j *journals) {
			p.goods.transfers[0].lotsCame = map[string]int64{"KEPT-1 L-2": 2}
			j.goods.transfers["LT-1"].lotsCame = p.goods.transfers[0].lotsCame
		}, counts{goodsUntold: 1}},
		"nobody has lost what is missing": {func(_ *paper, j *journals) { j.goods.transfers["T-1"].onWay["B"] = 1 }, counts{unsettled: 1}},
		"a return waits for ever":         {func(_ *paper, j *journals) { j.goods.returns["r-1"].last.Claim = ledger.ClaimPending }, counts{unsettled: 1}},
		"a return was taken in twice":     {func(_ *paper, j *journals) { j.goods.returns["r-1"].taken = 2 }, counts{goodsUntold: 1}},
		"a return is not in the journal":  {func(_ *paper, j *journals) { clear(j.goods.returns) }, counts{goodsUntold: 1}},
		"a return was told to nobody":     {func(p *paper, _ *journals) { clear(p.goods.returns) }, counts{goodsUntold: 1}},
		"a return has another quantity":   {func(_ *paper, j *journals) { j.goods.returns["r-1"].last.Lines[0].Qty = 2 }, counts{goodsUntold: 1}},
		"more came back than was sold":    {func(_ *paper, j *journals) { j.goods.out[outOf{p1, "A"}] = -1 }, counts{overReturned: 1}},
		"what came back twice was refused": {func(_ *paper, j *journals) {
			j.goods.out[outOf{p1, "A"}] = -1
			j.goods.returns["r-1"].last.Lines[0].Refused = 1
		}, counts{}},
		"a count is not in the journal":    {func(_ *paper, j *journals) { j.goods.counts = nil }, counts{goodsUntold: 1}},
		"a count found what nobody told":   {func(p *paper, _ *journals) { p.goods.counts[0].Lines[0].Variance = 2 }, counts{goodsUntold: 1}},
		"a count expected something else":  {func(_ *paper, j *journals) { j.goods.counts[0].line.Expected = 5; j.goods.counts[0].line.Counted = 6 }, counts{countsUndone: 1, goodsUntold: 1}},
		"a shipment stands on no manifest": {func(_ *paper, j *journals) { clear(j.goods.carried["leeds"].on) }, counts{goodsUntold: 1}},
		"a shipment stands on two":         {func(_ *paper, j *journals) { j.goods.carried["leeds"].on[1] = 2 }, counts{goodsUntold: 1}},
		"the driver has another manifest":  {func(p *paper, _ *journals) { p.goods.manifests["leeds"][0].Parcels[0].Tracking = "X" }, counts{goodsUntold: 1}},
		"a shipment was told to nobody":    {func(p *paper, _ *journals) { clear(p.goods.shipments["leeds"]) }, counts{goodsUntold: 3}},
		"a shipment is not in the journal": {func(p *paper, _ *journals) { p.left("leeds", "LORRY-3") }, counts{goodsUntold: 1}},
		"what was struck off is carried":   {func(_ *paper, j *journals) { j.goods.carried["leeds"].on[2] = 1 }, counts{goodsUntold: 1}},
		"nobody has heard of a strike":     {func(p *paper, _ *journals) { clear(p.goods.struck) }, counts{goodsUntold: 1}},
		"a strike is not in the journal":   {func(_ *paper, j *journals) { clear(j.goods.carried["leeds"].off) }, counts{goodsUntold: 1}},
		"the driver has what was struck off": {func(p *paper, _ *journals) {
			p.goods.manifests["leeds"][0].Parcels = append(p.goods.manifests["leeds"][0].Parcels, contract.ManifestParcel{Shipment: 2, Tracking: "LORRY-2"})
		}, counts{goodsUntold: 1}},
		"head office does not know the lot": {func(p *paper, _ *journals) { p.lotOne().story = nil }, counts{goodsUntold: 1}},
		"a recall does not find the order":  {func(p *paper, _ *journals) { p.lotOne().story.Orders = nil }, counts{goodsUntold: 2}},
		"an order took more of the lot":     {func(p *paper, _ *journals) { p.lotOne().story.Orders[0].Qty = 3 }, counts{goodsUntold: 2}},
		"units of the lot are nowhere":      {func(p *paper, _ *journals) { p.lotOne().story.OnHand = 3 }, counts{goodsUntold: 1}},
		"the lot is held unasked":           {func(p *paper, _ *journals) { p.lotOne().story.Held = "glass" }, counts{goodsUntold: 1}},
		"an order took of it untold":        {func(p *paper, _ *journals) { clear(p.goods.lotOrders) }, counts{goodsUntold: 1}},
		"an older count came after a newer": {older(7, 12), counts{countsUndone: 1, goodsUntold: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p, j := goodsDay()
			c.breakIt(p, j)
			v := &verdict{}
			v.goodsAgree(p, j.goods)
			if got := (counts{v.overReturned, v.unsettled, v.countsUndone, v.goodsUntold}); got != c.want {
				t.Errorf("got %+v, want %+v; faults: %v", got, c.want, v.faults)
			}
			if r := (&Result{Audit: "ok", OverReturned: v.overReturned, Unsettled: v.unsettled, CountsUndone: v.countsUndone, GoodsUntold: v.goodsUntold}); r.Holds() != (c.want == counts{}) {
				t.Errorf("the result holds: got %t, want %t", r.Holds(), c.want == counts{})
			}
		})
	}
}

// What came back and is fit to be sold again may be promised again, and nothing else of it.
func TestStockIsWhatCameInByWhicheverDoor(t *testing.T) {
	p, _ := goodsDay()
	if got, want := p.stock()["york"], map[string]int64{"A": 1}; !maps.Equal(got, want) {
		t.Errorf("york: got %v, want %v", got, want)
	}
	if got, want := p.stock()["leeds"]["A"], int64(6); got != want {
		t.Errorf("leeds: got %d, want %d", got, want)
	}
}
