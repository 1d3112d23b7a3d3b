package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// must puts requests to the book, none of which it may refuse.
func (s *stage) must(all ...ledger.Request) {
	s.t.Helper()
	for i, r := range all {
		if out := s.do(r); out.Err != nil {
			s.t.Fatalf("request %d, %T: %v", i, r, out.Err)
		}
	}
}

// puts is as must, of many: what is written is audited in one go, and none of them is repeated.
func (s *stage) puts(n int, r func(i int) ledger.Request) {
	s.t.Helper()
	for i := range n {
		req := r(i)
		s.keyed(req)
		if out := s.core.Decide(req, s.now); out.Err != nil {
			s.t.Fatalf("request %d, %T: %v", i, req, out.Err)
		}
		if s.core.Pending() > 0 && i%200 == 199 {
			s.cut()
		}
	}
	s.cut()
}

// fills takes one unit of each SKU into as many bins as one SKU can lie in.
func (s *stage) fills(skus ...ledger.SKU) {
	s.t.Helper()
	for _, sku := range skus {
		for first := 0; first < ledger.BinsMax; first += ledger.LinesMax {
			s.must(&ledger.Receive{ID: fmt.Sprint(sku, first), Lines: rows(ledger.LinesMax, func(i int) ledger.ReceiptLine {
				return ledger.ReceiptLine{SKU: sku, Qty: 1, Bin: ledger.Bin(fmt.Sprint("B-", first+i))}
			})})
		}
	}
}

func opens(till ledger.TillID, amount int64) *ledger.ActOnDrawer {
	return &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: till, Amount: amount, Currency: "GBP"}
}

func sells(name string, lines ...ledger.Line) *ledger.Place {
	return &ledger.Place{Order: ledger.Order{ID: oid(name), Owner: "leeds", Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: lines}}
}

func delivers(name string, lines ...ledger.Line) *ledger.Place {
	p := sells(name, lines...)
	p.Order.Fulfil = ledger.Deliver
	return p
}

// A shelf, a part, a manifest and an order have room for so much and no more: the one that is too many is told so, and what can be done.
func TestGoodsThatThereIsNoRoomForAreRefusedInWords(t *testing.T) {
	t.Run("bins", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.fills("TAP")
		s.must(&ledger.TakeBack{ID: "R-1", Lines: []ledger.BackLine{{SKU: "TAP", Qty: 1, Bin: "B-1"}}})
		s.must(&ledger.ReceiveTransfer{ID: "T-1", From: "york", Lines: []ledger.ReceivedLine{{SKU: "TAP", Bin: "B-2", Came: 1, Damaged: 1}}})
		s.refuses([]refusedPut{
			{&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 1, Bin: "NEW"}}}, "line 1: bin would be one more than the 10000 that one SKU can lie in: put it where it lies already"},
			{&ledger.Inspect{Return: "R-1", Reason: "whole", Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.Restock, Qty: 1, Bin: "NEW"}}}, "line 1: bin would be one more than the 10000 that one SKU can lie in: put it where it lies already"},
			{&ledger.InspectBlocked{Reason: "whole", Lines: []ledger.BlockedLine{{SKU: "TAP", Qty: 1, Bin: "B-2", Do: ledger.Restock, To: "NEW"}}}, "line 1: to_bin would be one more than the 10000 that one SKU can lie in: put it where it lies already"},
		})
	})
	t.Run("postings", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		skus := []ledger.SKU{"A", "B", "C", "D"}
		s.fills(skus...)
		var lines []ledger.Line
		for _, sku := range skus {
			lines = append(lines, ledger.Line{SKU: sku, Qty: ledger.BinsMax})
		}
		s.refuses([]refusedPut{{sells("all", lines...), "lines take from so many bins that they need 40012 postings; at most 40000 fit in one entry: divide them over several documents"}})
	})
	t.Run("cartons", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 600}}}, delivers("o", ledger.Line{SKU: "TAP", Qty: 501}),
			&ledger.PickLeg{Order: oid("o"), Lines: []ledger.LegLine{{Line: 1, Qty: 501}}})
		box := func(i int) *ledger.WorkLeg {
			n, err := gs1.NewSSCC(3, "5012345", uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			return &ledger.WorkLeg{Order: oid("o"), Deed: ledger.DeedPack, Into: []ledger.Carton{{SSCC: n, Lines: []ledger.CartonLine{{Line: 1, Qty: 1}}}}}
		}
		s.puts(500, func(i int) ledger.Request { return box(i) })
		s.refuses([]refusedPut{{box(500), "cartons would be 501 of this part of the order; at most 500: pack more into each"}})
		_, err := ledger.CartonNumbers{Prefix: "5012345", Range: "7"}.SSCC(1, 1<<40)
		if got, want := fmt.Sprint(err), "cartons have used up the numbers that epoch 1 of this site has under the prefix 50123457: give its node another range (holdfast node --carton-range)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("shipments", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 3000}}})
		for i := range 21 { // of which each leaves in as many parcels as one part may
			name := fmt.Sprint("o", i)
			s.must(delivers(name, ledger.Line{SKU: "TAP", Qty: 100}), &ledger.PickLeg{Order: oid(name), Lines: []ledger.LegLine{{Line: 1, Qty: 100}}}, &ledger.WorkLeg{Order: oid(name), Deed: ledger.DeedPack})
			s.puts(100, func(int) ledger.Request {
				return &ledger.WorkLeg{Order: oid(name), Deed: ledger.DeedDispatch, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}, Ship: ledger.Shipment{Carrier: "Post"}}
			})
		}
		s.puts(ledger.ManifestMax, func(i int) ledger.Request { return strikes("Post", uint64(i+1)) })
		s.refuses([]refusedPut{{strikes("Post", ledger.ManifestMax+1), "shipment would be one more than the 2000 that are struck off before a manifest is closed: close it first"}})
	})
	t.Run("returns", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.puts(1001, func(i int) ledger.Request {
			return &ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(fmt.Sprint("S-", i)), Qty: 1}}}
		})
		all := rows(1001, func(i int) ledger.LegLine { return ledger.LegLine{Line: i + 1, Qty: 1} })
		s.must(delivers("o", rows(1001, func(i int) ledger.Line { return ledger.Line{SKU: ledger.SKU(fmt.Sprint("S-", i)), Qty: 1} })...),
			&ledger.PickLeg{Order: oid("o"), Lines: all}, &ledger.WorkLeg{Order: oid("o"), Deed: ledger.DeedPack},
			&ledger.WorkLeg{Order: oid("o"), Deed: ledger.DeedDispatch, Ship: ledger.Shipment{Carrier: "Post"}})
		back := func(id ledger.ReturnID, n int) *ledger.WorkLeg {
			return &ledger.WorkLeg{Order: oid("o"), Deed: ledger.DeedComeBack, Return: id, Reason: "nobody in", Lines: all[:n]}
		}
		serials := rows(1001, func(i int) ledger.LotQty {
			return ledger.LotQty{Lot: ledger.LotID(fmt.Sprint("N-", i)), Qty: 1, Serial: true}
		})
		s.must(&ledger.TakeBack{ID: "R-1", Lines: []ledger.BackLine{{SKU: "S-1", Qty: 1}}})
		s.refuses([]refusedPut{
			{back("R-2", 1001), "lines are 1001; name at most 1000 at once"},
			{back("R-1", 1), "id is another return's: give this one its own"},
			{&ledger.TakeBack{ID: "R-1", Lines: []ledger.BackLine{{SKU: "S-1", Qty: 1}}}, "id is another return's: give this one its own"},
			{&ledger.TakeBack{ID: "R-3", Lines: []ledger.BackLine{{SKU: "S-2", Qty: 1001, Do: ledger.Restock, Lots: serials}}}, "lines say what is to be done with 1001 lots; at most 1000 at once: leave disposition out, and inspect them afterwards"},
		})
	})
	t.Run("purchases", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		put := func(i int) ledger.Request { return orders(ledger.PurchasePut, "PO-1", ledger.Qty(1+i%2)) }
		s.puts(ledger.PurchaseVersionsMax, put)
		s.refuses([]refusedPut{
			{put(ledger.PurchaseVersionsMax), "reference was changed 10000 times; order under another one"},
			{&ledger.Receive{ID: "in", Reference: "PO-1", Close: true, Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 1}}}, "close goes with an order that its supplier has: send it first (holdfast purchase send)"},
		})
	})
	t.Run("transfers", func(t *testing.T) {
		lots := func(n int, serials bool) []ledger.TransferLot {
			return rows(n, func(i int) ledger.TransferLot {
				return ledger.TransferLot{Lot: ledger.LotID(fmt.Sprint("N-", i)), Sent: 1, Serial: serials}
			})
		}
		moves := func(lots []ledger.TransferLot) error {
			q := ledger.Qty(len(lots))
			return (&ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{{SKU: "TAP", Qty: q, Sent: q, Lots: lots}}}).Check()
		}
		_, whole := (&ledger.DispatchTransfer{ID: "T-1", Cartons: []ledger.WayCarton{{SSCC: sscc("A"), Goods: []ledger.WayGoods{{SKU: "TAP", Lot: "L1", Qty: 1}}}},
			Lots: rows(5000, func(i int) ledger.SKULot { return ledger.SKULot{SKU: "TAP", LotQty: ledger.LotQty{Lot: "L2", Qty: 1}} })}).Whole()
		saysSo(t, []unfit{
			{moves(lots(5001, true)), "lines have more than 5000 lots and serial numbers: send them with several transfers"},
			{moves(append(lots(1, false), lots(1, false)...)), "line 1: lots name N-0 twice: add the two up"},
			{whole, "lots are 5001 with those in cartons; a transfer has at most 5000: divide them over several"},
		})
	})
}

// A till is told what is wrong with money that it takes or gives back.
func TestMoneyThatThereIsNoRoomForIsRefusedInWords(t *testing.T) {
	card := func(n int, amount int64) []ledger.TenderWish {
		return rows(n, func(int) ledger.TenderWish {
			return ledger.TenderWish{Kind: ledger.TenderCard, Amount: amount, Ref: "R-1"}
		})
	}
	deposit := func(name string, n int) *ledger.Pay {
		return &ledger.Pay{Order: oid(name), Till: "T1", Total: 100_000, Deposit: true, Tenders: card(n, 10)}
	}
	t.Run("tills", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.puts(ledger.TillsMax, func(i int) ledger.Request { return opens(ledger.TillID(fmt.Sprint("T", i)), 5) })
		euro := opens("T-more", 5)
		euro.Currency = "EUR"
		s.refuses([]refusedPut{
			{opens("T-more", 5), "till would be one more than the 1000 that a site can have: use the name of one that is there"},
			{euro, "currency is EUR; the tills of this site take GBP"},
			{&ledger.Pay{Order: oid("x"), Till: "T1", Total: 5, Currency: "EUR", Tenders: card(1, 5)}, "currency is EUR; the tills of this site take GBP"},
		})
	})
	t.Run("amounts", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(opens("T1", 0))
		price := ledger.Price{Money: ledger.Money{Amount: pricing.AmountMax, Currency: "GBP"}}
		s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 9}}},
			sells("dear", ledger.Line{SKU: "TAP", Qty: 1, Price: price, Charge: priced(price, 1, ledger.Charge{From: ledger.PriceSaid, Tax: vat})}))
		s.refuses([]refusedPut{{&ledger.Pay{Order: oid("dear"), Till: "T1", Tenders: card(1, 5)}, "total of the order is more than the 1000000000000 minor units that a till takes: divide it over several orders"}})
	})
	t.Run("tenders", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(opens("T1", 100_000), deposit("elsewhere", 60))
		s.refuses([]refusedPut{{deposit("elsewhere", 60), "tenders are more than one order can have: 100, in 1000 receipts. Take the rest with fewer"}})
		back := func(int) ledger.Request {
			return &ledger.Refund{Order: oid("elsewhere"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 1, Ref: "R-2"}}}
		}
		s.puts(5, back)
		for tender := 2; tender <= 40; tender++ { // of each card 5
			s.puts(5, func(i int) ledger.Request {
				return &ledger.Refund{Order: oid("elsewhere"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: tender, Amount: 1, Ref: "R-2"}}}
			})
		}
		s.refuses([]refusedPut{
			{back(0), "tenders are more than can be given back of one order, in 200 acts: give back more at once"},
			{&ledger.AskRefund{Claim: "c-1", Order: oid("elsewhere"), Till: "T1", Amount: 1, Reason: "broken", By: "sue", Risk: true}, "order has been paid and given back here as often as one order can be: give it back without risk, and wait for head office's answer"},
		})
	})
	t.Run("others", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(opens("T1", 100_000),
			&ledger.Pay{Order: oid("credit"), Till: "T1", Total: 50, For: "credit:ACME", Tenders: card(1, 50)},
			&ledger.AskRefund{Claim: "c-1", Order: oid("away"), Till: "T1", Amount: 1, Reason: "broken"})
		s.refuses([]refusedPut{
			{deposit("credit", 1), "order is the id of another payment: give each one of its own"},
			{&ledger.AskRefund{Claim: "c-2", Order: oid("credit"), Till: "T1", Amount: 1, Reason: "broken", By: "sue", Risk: true}, "order is the id of another payment: name the order that the goods were sold with"},
			{&ledger.AskRefund{Claim: "c-1", Order: oid("away"), Till: "T1", Amount: 1, Reason: "broken"}, "claim is another claim's: give this one its own"},
		})
	})
	t.Run("exchanges", func(t *testing.T) {
		s := newStage(t, "leeds", true)
		s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 999}}}, opens("T1", 100_000),
			sells("sold", ledger.Line{SKU: "TAP", Qty: 500}), &ledger.Pay{Order: oid("sold"), Till: "T1", Total: 600, Tenders: card(60, 10)})
		n := 0
		swap := func(credit int64) *ledger.Exchange {
			n++
			x := &ledger.Exchange{Till: "T1", Reason: "size", Credit: credit, Total: 1, Back: ledger.TakeBack{ID: ledger.ReturnID(fmt.Sprint("R-", n)), Order: oid("sold"), Lines: []ledger.BackLine{{Line: 1, Qty: 1}}}}
			x.Sale = *sells(fmt.Sprint("new", n), ledger.Line{SKU: "TAP", Qty: 1})
			return x
		}
		s.refuses([]refusedPut{{swap(0), "credit is missing: this book does not know what the goods that come back cost. Say what they are worth, as the receipt has it"}})
		for tender := 2; tender <= 200; tender++ { // one act less than there may be
			s.puts(1, func(i int) ledger.Request {
				return &ledger.Refund{Order: oid("sold"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1 + tender%50, Amount: 1, Ref: "R-2"}}}
			})
		}
		less := swap(5)
		less.Refunds = []ledger.TenderMove{{Tender: 60, Ref: "R-3"}}
		s.refuses([]refusedPut{{less, "order has been given back of as often as one order can be: 200 times. Take the goods back and sell the others, each by itself"}})
	})
}
