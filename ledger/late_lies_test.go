package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A fact that names what no rule allows was written by no book: it alone is refused, and the next one is told.
func TestAFactThatNoBookWroteIsRefusedAloneAndPanicsNowhere(t *testing.T) {
	shelf := ledger.LotPlace{Kind: ledger.Sellable, Ref: "MAIN"}
	gone := ledger.LotPlace{Kind: ledger.Customer}
	lot := func(change func(*ledger.LotMove)) func(*ledger.Entry, *ledger.Order) {
		return func(e *ledger.Entry, _ *ledger.Order) {
			v := ledger.LotMove{SKU: "TAP-22", Lot: "L1", Qty: 1, From: shelf, To: gone}
			change(&v)
			e.Lots = []ledger.LotMove{v}
		}
	}
	uses := func(list ...ledger.AssetID) func(*ledger.Entry, *ledger.Order) {
		return func(_ *ledger.Entry, o *ledger.Order) { o.Uses = list }
	}
	many := make([]ledger.AssetID, 17)
	for i := range many {
		many[i] = ledger.AssetID(fmt.Sprintf("promo:P%d", i))
	}
	for name, lie := range map[string]func(*ledger.Entry, *ledger.Order){
		"a use of no asset":             uses("nonsense"),
		"a use of a credit":             uses("credit:ACME"),
		"one use twice":                 uses("promo:A", "promo:A"),
		"more uses than an order has":   uses(many...),
		"no units of a lot":             lot(func(v *ledger.LotMove) { v.Qty = 0 }),
		"less than no units of a lot":   lot(func(v *ledger.LotMove) { v.Qty = -1 }),
		"more of a lot than counts":     lot(func(v *ledger.LotMove) { v.Qty = ledger.QtyMax + 1 }),
		"a lot of no name":              lot(func(v *ledger.LotMove) { v.Lot = "" }),
		"a lot with a long name":        lot(func(v *ledger.LotMove) { v.Lot = ledger.LotID(strings.Repeat("L", 1000)) }),
		"a lot of no SKU":               lot(func(v *ledger.LotMove) { v.SKU = "" }),
		"two units of a serial number":  lot(func(v *ledger.LotMove) { v.Qty, v.Serial = 2, true }),
		"a lot out of an account":       lot(func(v *ledger.LotMove) { v.From.Kind = ledger.Available }),
		"a lot into an account of none": lot(func(v *ledger.LotMove) { v.To.Kind = 250 }),
		"a lot from a place too long":   lot(func(v *ledger.LotMove) { v.From.Ref = strings.Repeat("B", 1000) }),
		"more moves than an entry has":  func(e *ledger.Entry, _ *ledger.Order) { e.Lots = make([]ledger.LotMove, ledger.LotMovesMax+1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(`receive TAP-22 3 L1:3`)
			fact := func(id string, seq ledger.Seq) (*ledger.Entry, *ledger.Order) {
				o := ledger.Order{ID: oid(id), Owner: "leeds", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1, Taken: 1}}}
				b := &ledger.OrderBody{Order: o}
				return &ledger.Entry{Kind: ledger.KindPlaced, Seq: seq, Ref: string(o.ID), Body: b}, &b.Order
			}
			e, o := fact("a", 9)
			lie(e, o)
			before := s.core.Head().Seq
			if out := s.late(e); out.Err == nil || s.core.Head().Seq != before {
				t.Errorf("got %v at entry %d, want it refused, and nothing written behind %d", verdict(out), s.core.Head().Seq, before)
			}
			next, _ := fact("b", 10)
			if out := s.late(next); out.Err != nil {
				t.Errorf("got %v for the fact behind it, want it told", out.Err)
			}
			s.play(`level TAP-22 => hand=2 available=2 reserved=0 hq=0`)
			s.whole("TAP-22")
		})
	}
}

// What is taken displaces promises and takes their units, or does neither: more lots than fit in one entry cost nobody an order.
func TestMoreLotsThanFitInAnEntryDisplaceNobody(t *testing.T) {
	const each, skus = 201, 100
	s := newStage(t, "leeds", true)
	o := ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse}
	var gone []ledger.AdjustLine
	for n := range skus {
		sku := ledger.SKU(fmt.Sprintf("DRILL-%02d", n))
		r := ledger.ReceiptLine{SKU: sku, Qty: each, Bin: "MAIN"}
		for i := range each {
			r.Lots = append(r.Lots, ledger.LotQty{Lot: ledger.LotID(fmt.Sprintf("S%06d", i)), Qty: 1, Serial: true})
		}
		if out := s.do(&ledger.Receive{ID: string(sku), Lines: []ledger.ReceiptLine{r}}); out.Err != nil {
			t.Fatal(out.Err)
		}
		o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: each})
		gone = append(gone, ledger.AdjustLine{SKU: sku, Qty: -each})
	}
	if out := s.do(&ledger.Place{Order: o}); verdict(out) != "allocated" {
		t.Fatalf("got %s", verdict(out))
	}
	before := s.core.Head().Seq
	if out := s.do(&ledger.Adjust{Reason: "burnt", Approver: "sue", Lines: gone}); out.Err == nil || s.core.Head().Seq != before {
		t.Errorf("got %s at entry %d, want it refused, and nothing written behind %d", verdict(out), s.core.Head().Seq, before)
	}
	e := &ledger.Entry{Kind: ledger.KindAdjusted, Seq: 9, Ref: "burnt", Body: &ledger.AdjustedBody{Reason: "burnt", Approver: "sue", Lines: gone}}
	if out := s.late(e); out.Err != nil { // it has happened: the lots are named as far as there is room
		t.Errorf("got %v, want the loss told", out.Err)
	}
	s.play(`level DRILL-00 => hand=0 available=0 reserved=0 hq=0`)
}
