package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// A refusedPut is a request that no book takes, whatever is in it, and what is said of it.
type refusedPut struct {
	req  ledger.Request
	says string
}

// refuses puts them to the book one after the other: nothing is written.
func (s *stage) refuses(all []refusedPut) {
	s.t.Helper()
	for i, c := range all {
		s.keyed(c.req)
		out := s.core.Decide(c.req, s.now)
		if got := fmt.Sprint(out.Err); got != c.says || s.core.Pending() > 0 {
			s.t.Errorf("row %d, %T: got %q, want %q", i, c.req, got, c.says)
			s.cut()
		}
	}
}

// What is wrong with what is asked of a book is said before anything is written.
func TestARequestThatNoBookTakesIsRefusedInWords(t *testing.T) {
	s := newStage(t, "leeds", true)
	in := func(sku ledger.SKU, q ledger.Qty, lots ...ledger.LotQty) {
		t.Helper()
		if out := s.do(&ledger.Receive{ID: "in " + string(sku), Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q, Bin: "MAIN", Lots: lots}}}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	in("TAP-22", 50)
	order := func(name string, change func(*ledger.Order)) *ledger.Place {
		o := ledger.Order{ID: oid(name), Owner: "leeds", Fulfil: ledger.Collect, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 3}}}
		change(&o)
		return &ledger.Place{Order: o}
	}
	if out := s.do(order("parcel", func(o *ledger.Order) { o.Fulfil = ledger.Deliver })); out.Err != nil {
		t.Fatal(out.Err)
	}
	if out := s.do(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 5}}}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	part, tap := oid("parcel"), ledger.SKU("TAP-22")
	work := func(d ledger.Deed, change func(*ledger.WorkLeg)) *ledger.WorkLeg {
		return changedTo(&ledger.WorkLeg{Order: part, Deed: d}, change)
	}
	back := func(change func(*ledger.TakeBack)) *ledger.TakeBack {
		return changedTo(&ledger.TakeBack{ID: "R-1", Lines: []ledger.BackLine{{SKU: tap, Qty: 1}}}, change)
	}
	swap := func(change func(*ledger.Exchange)) *ledger.Exchange {
		x := &ledger.Exchange{Till: "T1", Reason: "size", Back: ledger.TakeBack{ID: "R-2", Order: oid("sold"), Lines: []ledger.BackLine{{Line: 1, Qty: 1}}},
			Sale: ledger.Place{Order: ledger.Order{ID: oid("swap"), Owner: "leeds", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: tap, Qty: 1}}}}}
		return changedTo(x, change)
	}
	buys := func(act ledger.PurchaseAct, change func(*ledger.OrderGoods)) *ledger.OrderGoods {
		g := &ledger.OrderGoods{Act: act, Order: ledger.Purchase{Reference: "PO-1", Supplier: "MOEN", Site: "leeds", Due: "2026-12-10", Lines: []ledger.PurchaseLine{{SKU: tap, Qty: 1}}}}
		return changedTo(g, change)
	}
	comes := func(lines ...ledger.ReceivedLine) *ledger.ReceiveTransfer {
		return &ledger.ReceiveTransfer{ID: "T-9", From: "york", Lines: lines}
	}
	boxes := func(n int) []gs1.SSCC { return rows(n, func(int) gs1.SSCC { return "340123450000000000" }) }
	s.refuses([]refusedPut{
		{&ledger.Receive{ID: "in"}, "lines has 0 lines; a receipt has 1 to 5000"},
		{&ledger.Receive{ID: "in", Reference: letters(300), Lines: []ledger.ReceiptLine{{SKU: tap, Qty: 1, Bin: "MAIN"}}}, "reference is longer than 255 bytes"},
		{&ledger.Receive{ID: "in", Supplier: "MOEN", Note: letters(300), Lines: []ledger.ReceiptLine{{SKU: tap, Qty: 1, Bin: "MAIN"}}}, "delivery_note is longer than 255 bytes"},
		{&ledger.Receive{Meta: ledger.Meta{Actor: letters(300)}, ID: "in"}, "actor, device or approver is longer than 255 bytes"},
		{&ledger.Adjust{Reason: "found"}, "lines has 0 lines; an adjustment has 1 to 5000"},
		{&ledger.Adjust{Lines: []ledger.AdjustLine{{SKU: tap, Qty: 1, Bin: "MAIN"}}}, "reason is empty, or longer than 255 bytes: say why"},
		{&ledger.Adjust{Reason: "found", Approver: letters(300), Lines: []ledger.AdjustLine{{SKU: tap, Qty: 1, Bin: "MAIN"}}}, "approver is longer than 255 bytes"},
		{&ledger.Adjust{Reason: "gone", Lines: []ledger.AdjustLine{{SKU: tap, Qty: -1}}, Lots: []ledger.LineLot{{Line: 9, LotQty: ledger.LotQty{Lot: "L1", Qty: 1}}}}, "lots name line 9, which there is not"},
		{&ledger.Count{Reason: "cycle"}, "lines has 0 lines; a count has 1 to 5000"},
		{&ledger.Count{Lines: []ledger.CountedLine{{SKU: tap, Bin: "MAIN"}}}, "reason is empty"},
		{&ledger.Count{Reason: "cycle", By: letters(300), Lines: []ledger.CountedLine{{SKU: tap, Bin: "MAIN"}}}, "counted_by is longer than 255 bytes"},
		{&ledger.Count{Reason: "cycle", Tolerance: ledger.Tolerance{Percent: 101}, Lines: []ledger.CountedLine{{SKU: tap, Bin: "MAIN"}}}, "tolerance is not 0 units or more, and 0 to 100 percent"},
		{&ledger.Count{Reason: "cycle", Lines: []ledger.CountedLine{{SKU: tap}}}, "line 1: bin is no bin's name"},
		{&ledger.Count{Reason: "cycle", Lines: []ledger.CountedLine{{SKU: tap, Bin: "MAIN", Lots: []ledger.CountedLot{{Lot: "L1", Counted: -1}}}}}, "line 1: counted is -1 of lot L1; a bin holds 0 to 9007199254740991"},
		{&ledger.InspectBlocked{Reason: "looked"}, "lines has 0 lines; an inspection has 1 to 1000"},
		{&ledger.InspectBlocked{Lines: []ledger.BlockedLine{{SKU: tap, Qty: 1, Do: ledger.Scrap}}}, "reason is empty, or longer than 255 bytes: say why"},
		{&ledger.InspectBlocked{Reason: "looked", By: letters(300), Lines: []ledger.BlockedLine{{SKU: tap, Qty: 1, Do: ledger.Scrap}}}, "by is longer than 255 bytes"},
		{&ledger.HoldLot{SKU: "MELON", Lot: "L1"}, "reason is empty, or longer than 255 bytes: say why"},
		{&ledger.PickLeg{Order: part}, "lines is empty; say what was picked, line by line"},
		{&ledger.PickLeg{Order: part, Lines: []ledger.LegLine{{Line: 0, Qty: 1}}}, "line 1: line is not a line of the order, from 1"},
		{&ledger.PickLeg{Order: part, Lines: rows(5001, func(i int) ledger.LegLine { return ledger.LegLine{Line: i + 1, Qty: 1} })}, "lines has 5001 lines; at most 5000"},
		{&ledger.RejectLeg{Order: part}, "reason is empty, or longer than 255 bytes: say why"},
		{work(0, func(*ledger.WorkLeg) {}), "deed is none that this version knows"},
		{work(ledger.DeedDispatch, func(w *ledger.WorkLeg) { w.Ship.Carrier = letters(300) }), "carrier is longer than 255 bytes"},
		{work(ledger.DeedPack, func(w *ledger.WorkLeg) { w.Cartons = rows(101, func(int) string { return "A" }) }), "cartons has 101; at most 100 are named at once"},
		{work(ledger.DeedPack, func(w *ledger.WorkLeg) { w.Cartons = []string{""} }), "cartons has a name of 0 bytes; 1 to 32 are allowed"},
		{work(ledger.DeedReady, func(*ledger.WorkLeg) {}), "code is empty"},
		{work(ledger.DeedComeBack, func(*ledger.WorkLeg) {}), "id is no return's"},
		{work(ledger.DeedReady, func(w *ledger.WorkLeg) { w.Code, w.Boxes = "A1", boxes(1) }), "cartons play no part in it"},
		{work(ledger.DeedDispatch, func(w *ledger.WorkLeg) { w.Boxes = boxes(101) }), "cartons are more than 100 at once"},
		{work(ledger.DeedPack, func(w *ledger.WorkLeg) { w.Lots = rows(20_001, func(int) ledger.LineLot { return ledger.LineLot{} }) }), "lines move more than 20000 lots or serial numbers at once: divide them over several documents"},
		{back(func(r *ledger.TakeBack) { r.ID = "" }), "id is no return's"},
		{back(func(r *ledger.TakeBack) { r.Order = ledger.OrderID(letters(300)) }), "order is no order's"},
		{back(func(r *ledger.TakeBack) { r.Lines = nil }), "lines has 0 lines; a return has 1 to 1000"},
		{back(func(r *ledger.TakeBack) { r.By = letters(300) }), "by is longer than 255 bytes"},
		{back(func(r *ledger.TakeBack) { r.Order, r.Lines[0] = oid("elsewhere"), ledger.BackLine{Line: 1, Qty: 1} }), "line 1: sku is missing: this book does not know the order, so say what comes back"},
		{&ledger.OnManifest{Act: ledger.ManifestClose}, "carrier is empty"},
		{&ledger.OnManifest{Carrier: "Mail"}, "act is none that this version knows"},
		{&ledger.OnManifest{Act: ledger.ManifestClose, Carrier: "Mail", Day: "soon"}, `day is "soon"; it is a day such as 2026-12-10`},
		{&ledger.OnManifest{Act: ledger.ManifestClose, Carrier: letters(300)}, "carrier is longer than 255 bytes"},
		{&ledger.ActOnDrawer{Till: "T1", Act: 99}, "act is not open, pay_in, pay_out or close"},
		{&ledger.ActOnDrawer{Till: "T1", Act: ledger.DrawerClose, Currency: "GBP"}, "currency and the smallest coin are said when a drawer is opened"},
		{&ledger.ActOnDrawer{Till: "T1", Act: ledger.DrawerIn, Amount: 1, Reason: letters(300)}, "reason is longer than 255 bytes"},
		{&ledger.Pay{Order: oid("sold"), Till: "T1", Total: 1, Tenders: []ledger.TenderWish{{Kind: 99}}}, "line 1: tender is not cash, card, account, gift_card or store_credit"},
		{&ledger.Pay{Order: oid("sold"), Till: "T1", Total: 1, Tenders: []ledger.TenderWish{{Kind: ledger.TenderAccount, Given: 1}}}, "line 1: given goes with cash: leave it out"},
		{&ledger.AskRefund{Claim: "c", Order: oid("sold"), Till: "T1", Amount: 1, Reason: "broken", Risk: true}, "by is missing: name the supervisor who pays at the company's risk"},
		{swap(func(x *ledger.Exchange) { x.Back.Order = "" }), "order is missing: an exchange is of goods that an order sold. Without a receipt take them back by themselves"},
		{swap(func(x *ledger.Exchange) { x.Back.Order = x.Sale.Order.ID }), "order is the order that is sold"},
		{swap(func(x *ledger.Exchange) {
			x.Tenders = rows(101, func(int) ledger.TenderWish { return ledger.TenderWish{} })
		}), "tenders are more than the 100 that one order is paid with"},
		{order("held", func(o *ledger.Order) { o.Draft = &ledger.Draft{Kind: 99} }), "draft.kind is not parked or quote"},
		{order("held", func(o *ledger.Order) { o.Draft = &ledger.Draft{Kind: ledger.DraftQuote, Until: letters(30)} }), "draft.valid_until is neither a day nor a time"},
		{&ledger.Place{InHand: true, Order: order("hand", func(*ledger.Order) {}).Order}, "in_hand goes with fulfil take only"},
		{&ledger.Place{InHand: true, Approver: letters(300), Order: order("hand", func(o *ledger.Order) { o.Fulfil = ledger.Take }).Order}, "approver is longer than 255 bytes"},
		{&ledger.TellDrop{Order: part, Deed: 99}, "deed is none of a supplier's"},
		{&ledger.TellDrop{Order: part, Deed: ledger.DropConfirm}, "order has no line that a supplier sends"},
		{buys(99, func(*ledger.OrderGoods) {}), "act is none of a person's"},
		{buys(ledger.PurchaseCancel, func(*ledger.OrderGoods) {}), "lines play no part where a purchase order is closed or called off"},
		{buys(ledger.PurchasePut, func(g *ledger.OrderGoods) { g.Reason = letters(300) }), "reason is longer than 255 bytes"},
		{&ledger.MoveAsset{Asset: "risk:leeds", Act: ledger.AssetCharge, Amount: 1, Ref: "r"}, "asset is what this site may pay at the company's risk: only a claim for money uses it"},
		{&ledger.MoveAsset{Asset: "card:GC-1", Act: ledger.AssetPay, Amount: 1, Ref: "r"}, "asset is no account: only what was bought on account is paid for. Load a card instead"},
		{&ledger.MoveAsset{Asset: "credit:ACME", Act: ledger.AssetLoad, Amount: 1, Ref: "r"}, "asset has its limit from head office: only a card is loaded at a site"},
		{&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: "T-2", From: "hull", To: "york", Lines: []ledger.TransferLine{{SKU: tap, Qty: 5}}}}, "from is hull and to is york: this is leeds"},
		{&ledger.DispatchTransfer{ID: "T-1", Cancel: true, Lines: []ledger.TransferLine{{SKU: tap, Sent: 1}}}, "lines are named though nothing leaves"},
		{&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: tap, Sent: 1}, {SKU: tap, Sent: 1}}}, "line 2: sku is named twice: add the two up"},
		{&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: tap, Sent: -1}}}, "line 1: qty is not 0 to 9007199254740991"},
		{&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: tap, Sent: 0}}}, "lines name nothing that leaves: cancel the transfer instead"},
		{&ledger.ReceiveTransfer{ID: "T-1", From: "hull"}, "from is hull, and this transfer is from leeds"},
		{comes(ledger.ReceivedLine{SKU: tap, Came: 1}, ledger.ReceivedLine{SKU: tap, Came: 1}), "line 2: sku is named twice: add the two up"},
		{comes(ledger.ReceivedLine{SKU: tap, Came: -1}), "line 1: received is not 0 to 9007199254740991"},
		{comes(ledger.ReceivedLine{SKU: tap, Came: 1, Damaged: 2}), "line 1: damaged is 2, of 1 that were received: received counts all that came, damaged units too"},
		{comes(), "lines come to 0 with those of the transfer; it has 1 to 1000"},
		{&ledger.ReceiveTransfer{ID: "T-9", From: "york", Cartons: rows(501, func(int) ledger.CameCarton { return ledger.CameCarton{} })}, "cartons are 501; a transfer has at most 500"},
		{comes(rows(1001, func(int) ledger.ReceivedLine { return ledger.ReceivedLine{} })...), "lines has 1001 lines; a transfer has at most 1000"},
	})
}

func changedTo[V any](v *V, change func(*V)) *V { change(v); return v }
