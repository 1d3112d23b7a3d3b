package machine_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A site's orders are those of its own book, with a record here or without one, and those that promise
// units of it; of each page nothing is left out and nothing comes twice.
func TestTheOrdersOfASiteAreItsOwnAndThoseItServes(t *testing.T) {
	b := newBench(t)
	leeds := b.site("leeds", true)
	york := b.site("york", true)
	b.site("hull", false)
	for _, id := range []ledger.SiteID{"leeds", "york", "hull"} {
		b.receive(id, 5, "TAP-22")
	}
	b.talk("hull")
	place := samples()["place"].(*machine.Place) // of head office's own, served by hull
	place.Using = ""
	b.ok(place)
	leeds.Decide(&ledger.Place{Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	b.ok(b.cut("leeds"))
	york.Decide(&ledger.Place{Order: order(orderC, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	b.ok(b.cut("york"))
	restored, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*machine.Machine{"as it is": b.m, "restored": restored} {
		for site, want := range map[ledger.SiteID][]ledger.OrderID{"hull": {place.Order.ID}, "leeds": {orderB}, "york": {orderC}, "bath": nil} {
			for most := 1; most <= 4; most++ {
				var got []ledger.OrderID
				for after, steps := ledger.OrderID(""), 0; steps == 0 || after != ""; steps++ {
					rows, next := m.OrdersOf(site, after, most, nil)
					for _, r := range rows {
						got = append(got, r.ID)
						if owner, _, _ := m.OwnerOf(r.ID); r.Order == nil && (owner != site || r.Seq == 0) {
							t.Errorf("%s: got %+v of %s without a record, want it in the journal of %s", name, r, owner, site)
						}
					}
					after = next
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s, %d at a time: got %q, want %q", name, site, most, got, want)
				}
			}
		}
		none, _ := m.OrdersOf("hull", "", 10, func(ledger.Status, time.Time) bool { return false })
		if len(none) != 0 {
			t.Errorf("%s: got %+v, want what keep lets through", name, none)
		}
	}
}
