package contract_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A unit is under the warranty of its last sale, whichever site sold it, and of none where it came back to whichever site.
func TestAWarrantyIsOfTheLastSaleThatDidNotComeBack(t *testing.T) {
	shelf, customer := ledger.LotPlace{Kind: ledger.Sellable, Ref: "MAIN"}, ledger.LotPlace{Kind: ledger.Customer}
	type row struct {
		site  ledger.SiteID
		order ledger.OrderID
		day   int
		back  bool
	}
	for name, c := range map[string]struct {
		rows []row // site by site, as they are told
		want ledger.OrderID
	}{
		"sold once":                              {[]row{{"york", "a", 1, false}}, "a"},
		"back at another site":                   {[]row{{"leeds", "a", 1, false}, {"york", "a", 2, true}}, ""},
		"back at an earlier one, and sold there": {[]row{{"leeds", "a", 2, true}, {"leeds", "b", 3, false}, {"york", "a", 1, false}}, "b"},
		"back, and sold to the first again":      {[]row{{"leeds", "a", 1, false}, {"leeds", "a", 2, true}, {"leeds", "a", 3, false}}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			tale := contract.NewLotTale("DRILL-9", "SN1")
			for i, r := range c.rows {
				move := ledger.LotMove{SKU: "DRILL-9", Lot: "SN1", From: shelf, To: customer, Qty: 1, Serial: true}
				if r.back {
					move.From, move.To = move.To, move.From
				}
				tale.Row(r.site, &ledger.LotRow{Epoch: 1, Seq: ledger.Seq(i + 1), At: time.Date(2026, 1, r.day, 9, 0, 0, 0, time.UTC), Order: r.order, Moves: []ledger.LotMove{move}})
			}
			got := ledger.OrderID("")
			if story, _ := tale.Story(nil); story.Warranty != nil {
				got = story.Warranty.Order
			}
			if got != c.want {
				t.Errorf("got the warranty of order %q, want %q", got, c.want)
			}
		})
	}
}

// What left with a transfer is on its way until it has come, is missed or is back, whichever site is read first.
func TestTheStoryOfALotFollowsItOverATransfer(t *testing.T) {
	bin := ledger.LotPlace{Kind: ledger.Sellable, Ref: "MAIN"}
	to := func(site string) ledger.LotPlace { return ledger.LotPlace{Kind: ledger.Transit, Ref: site} }
	lost := ledger.LotPlace{Kind: ledger.Loss, Ref: ledger.TransferMissing}
	row := func(k ledger.Kind, ref string, q ledger.Qty, from, to ledger.LotPlace) *ledger.LotRow {
		return &ledger.LotRow{Epoch: 1, Kind: k, Ref: ref, Moves: []ledger.LotMove{{SKU: "MILK", Lot: "L7", Qty: q, From: from, To: to}}}
	}
	left := row(ledger.KindTransferDispatched, "T-1", 5, bin, to("york"))
	came := row(ledger.KindTransferReceived, "T-1", 3, to("leeds"), bin)
	for name, c := range map[string]struct {
		leeds, york []*ledger.LotRow
		way         ledger.Qty
	}{
		"left":               {leeds: []*ledger.LotRow{left}, way: 5},
		"some came":          {leeds: []*ledger.LotRow{left}, york: []*ledger.LotRow{came}, way: 2},
		"the rest is gone":   {leeds: []*ledger.LotRow{left, row(ledger.KindObeyed, "transfer/T-1/settle", 2, to("york"), lost)}, york: []*ledger.LotRow{came}},
		"it came back":       {leeds: []*ledger.LotRow{left, row(ledger.KindTransferReceived, "T-1", 5, to("york"), bin)}},
		"told late":          {leeds: []*ledger.LotRow{row(ledger.KindLate, "T-1", 5, bin, to("york"))}, york: []*ledger.LotRow{row(ledger.KindLate, "T-1", 5, to("leeds"), bin)}},
		"came, not heard of": {york: []*ledger.LotRow{came}},
	} {
		for _, first := range []ledger.SiteID{"leeds", "york"} {
			tale := contract.NewLotTale("MILK", "L7")
			for i := range 2 {
				site, rows := ledger.SiteID("leeds"), c.leeds
				if (first == "leeds") == (i == 1) {
					site, rows = "york", c.york
				}
				for _, r := range rows {
					tale.Row(site, r)
				}
			}
			got := ledger.Qty(0)
			story, _ := tale.Story(nil)
			for _, w := range story.OnWay {
				if got += w.Qty; w.From != "leeds" || w.To != "york" || w.Transfer != "T-1" {
					t.Errorf("%s: got %+v, want it from leeds to york", name, w)
				}
			}
			if got != c.way {
				t.Errorf("%s, %s first: got %d on their way, want %d", name, first, got, c.way)
			}
		}
	}
}
