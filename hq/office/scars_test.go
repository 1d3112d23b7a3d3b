package office_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TestAMultiSiteSplitSumsToExactlyWhatWasOrdered: whatever lies where, an order that is split over warehouses is promised and waits for as many units
// together as were ordered, in head office's record, in the answer and in the books that reserve them.
func TestAMultiSiteSplitSumsToExactlyWhatWasOrdered(t *testing.T) {
	c := trading(t, "hull* goole* ripon* leeds")
	lies := map[ledger.SiteID]ledger.Qty{"hull": 5, "goole": 3, "ripon": 4}
	for _, id := range []ledger.SiteID{"hull", "goole", "ripon"} {
		c.sites[id].receive("TAP", lies[id])
	}
	c.talk("hull", "goole", "ripon", "leeds")
	for _, q := range []ledger.Qty{7, 4, 6} { // the first two take all but one of the twelve
		p := c.wish(q, ledger.Backorder)
		if out, done := c.tries(p, true); !done || out.Err != nil {
			t.Fatalf("order of %d: got done %t, %v", q, done, out.Err)
		}
		c.talk("hull", "goole", "ripon", "leeds")
		o, ok := c.m.Order(p.Order.ID)
		if !ok {
			t.Fatal("head office does not know the order")
		}
		var legs, away ledger.Qty
		for _, l := range o.Legs {
			legs += l.Qty
		}
		for _, l := range o.Lines[0].Away {
			away += l.Qty
		}
		if away+o.Lines[0].Backordered != q || legs != away {
			t.Errorf("order of %d: got %d of legs, %d promised and %d waiting; want them to be %d together", q, legs, away, o.Lines[0].Backordered, q)
		}
		var reserved ledger.Qty
		for id := range lies {
			if v, here := c.sites[id].core.State.Served(p.Order.ID); here {
				for _, l := range v.Lines {
					reserved += l.Qty
				}
			}
		}
		if reserved != away {
			t.Errorf("order of %d: the books reserve %d, want %d", q, reserved, away)
		}
	}
	c.auditEverySite()
}
