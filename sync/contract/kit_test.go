package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// setsOf is an order of three sets of a tap and two pipes, and of two cases of taps.
func setsOf() *ledger.Order {
	return &ledger.Order{ID: "01900000-0000-7000-8000-00000000000a", Serial: 1, Owner: "leeds", Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Status: ledger.StatusBackordered,
		Lines: []ledger.Line{{SKU: "TAP", Qty: 3, Here: 2, Away: []ledger.Leg{{Site: "hull", Qty: 1}}},
			{SKU: "TAP", Qty: 24, Here: 24, Pack: &ledger.Packed{Name: "CASE", Units: 12, Count: 2}},
			{SKU: "PIPE", Qty: 6, Here: 4, Away: []ledger.Leg{{Site: "hull", Qty: 1}}, Backordered: 1}},
		Kits: []ledger.Kit{{Line: 1, SKU: "SET", Qty: 3, Pack: &ledger.Packed{Name: "TRAY", Units: 3, Count: 1}, Price: ledger.Price{Money: ledger.Money{Amount: 2499, Currency: "GBP"}},
			Components: []ledger.KitComponent{{Line: 1, Qty: 1}, {Line: 3, Qty: 2}}}}}
}

// What is written by hand is what encoding/json would write, of kits and packs too.
func TestAKitIsWrittenAsAnyLine(t *testing.T) {
	o := contract.RenderOrder(setsOf(), contract.Seen{Seq: 7, Ack: contract.Shared})
	o.Promise(3, contract.Promised{Reference: "PO 1", Qty: 1, By: "2026-12-01"})
	o.Promise(2, contract.Promised{Reference: "PO 2", Qty: 2})
	want, err := json.Marshal(&o)
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.TrimSpace(o.JSON()); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	l := o.Lines[0]
	if len(o.Lines) != 2 || l.Status != ledger.StatusBackordered || l.Backordered != 1 || fmt.Sprint(l.Reserved) != "[{leeds 2}]" || len(l.Kit) != 2 ||
		l.Kit[1].Promised[0].Reference != "PO 1" || o.Lines[1].Promised[0].Reference != "PO 2" {
		t.Errorf("got %+v, want two sets whole in Leeds, and one that waits for a pipe", o.Lines)
	}
}

// An amendment is in units: where the quantity is another, the packs that were asked for are no more.
func TestPacksAreShownAsLongAsTheySayTheQuantity(t *testing.T) {
	o := setsOf()
	if got := contract.RenderOrder(o, contract.Seen{}).Lines[1].Pack; got == nil || *got != (contract.Packed{Name: "CASE", Units: 12, Qty: 2}) {
		t.Errorf("got %+v, want 2 cases of 12", got)
	}
	o.Lines[1].Qty = 23
	if got := contract.RenderOrder(o, contract.Seen{}).Lines[1].Pack; got != nil {
		t.Errorf("got %+v, want no packs of 23 units", got)
	}
}

func TestANoNamesTheComponentsThatAreShort(t *testing.T) {
	for name, c := range map[string]struct {
		shorts []ledger.Short
		at     ledger.SiteID
		want   string
	}{
		"one component":  {[]ledger.Short{{Line: 3, SKU: "PIPE", Want: 6, Have: 5}}, "leeds", "Only 2 of the kit SET can be made: 5 of 6 PIPE left in Leeds."},
		"both":           {[]ledger.Short{{Line: 1, SKU: "TAP", Want: 3, Have: 0}, {Line: 3, SKU: "PIPE", Want: 6, Have: 5}}, ledger.HQ, "None of the kit SET can be made: 0 of 3 TAP can be promised, 5 of 6 PIPE can be promised."},
		"and a line":     {[]ledger.Short{{Line: 2, SKU: "TAP", Want: 24, Have: 20}, {Line: 3, SKU: "PIPE", Want: 6, Have: 1}}, "leeds", "2 lines are short. Only 20 of TAP left in Leeds."},
		"a kit and then": {[]ledger.Short{{Line: 1, SKU: "TAP", Want: 3, Have: 1}, {Line: 2, SKU: "TAP", Want: 24, Have: 0}}, "leeds", "2 lines are short. Only 1 of the kit SET can be made: 1 of 3 TAP left in Leeds."},
	} {
		p := codeOf(t, &ledger.ShortError{Lines: c.shorts, Kits: setsOf().Kits}, c.at)
		if p.Detail != c.want || p.Code != contract.CodeStockShort {
			t.Errorf("%s: got %q, want %q", name, p.Detail, c.want)
		}
	}
}
