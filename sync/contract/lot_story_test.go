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
