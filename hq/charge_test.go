package hq_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order of head office's own is priced as a site's is. An amendment keeps the price, the rate and the discount of a line, whatever the item costs by
// now, and a line that it adds has the price of the day.
func TestAnOrderOfHeadOfficesIsPricedAndAmended(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10) // TAP-22
	price := func(sku ledger.SKU, amount, rate int64) {
		c.must(200, 0, "PUT", "/v1/items/"+string(sku), "", contract.ItemRequest{Name: string(sku), Price: &contract.Price{Amount: amount, Currency: "GBP", Tax: "excluded"},
			ItemDetail: contract.ItemDetail{TaxRatePPM: &rate}}, nil)
	}
	price("TAP-22", 1000, 200_000)
	price("PIPE", 300, 50_000)
	hull.receive("PIPE", 5)
	hull.push()
	says := func(o contract.Order) (out string) {
		for _, l := range o.Lines {
			out += fmt.Sprintf("%d %s %s %d+%d; ", l.Qty, l.SKU, l.Charge.From, l.Charge.Net, l.Charge.Tax)
		}
		return out + fmt.Sprintf("%d+%d=%d", o.Totals.Net, o.Totals.Tax, o.Totals.Total)
	}
	var o, again contract.Order
	in := orderOfLines(contract.LineRequest{SKU: "TAP-22", Qty: 3, Discount: &contract.Discount{PPM: 100_000, Reason: "trade day", Approver: "beth"}})
	in.DeliverTo = "addr-1"
	c.must(201, 0, "POST", "/v1/orders", "k-1", in, &o)
	if got := says(o); got != "3 TAP-22 item 2700+540; 2700+540=3240" || o.DeliverTo != "addr-1" || o.Lines[0].Charge.Discount.Approver != "beth" {
		t.Fatalf("got %s of %+v", got, o)
	}
	price("TAP-22", 5, 0)
	qty := ledger.Qty(2)
	path := "/v1/orders/" + string(o.ID) + "/amend"
	added := contract.AmendLine{SKU: "PIPE", Qty: &qty}
	c.must(200, 0, "POST", path, "a-1", amendTo(1, lineTo(1, 5), added), &o)
	const want = "5 TAP-22 item 4500+900; 2 PIPE item 600+30; 5100+930=6030"
	if got := says(o); got != want {
		t.Errorf("raised: got %s, want %s", got, want)
	}
	c.must(200, 0, "POST", path, "a-2", amendTo(2, lineTo(1, 1)), &o)
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, &again)
	const less = "1 TAP-22 item 900+180; 2 PIPE item 600+30; 1500+210=1710"
	if a, b := says(o), says(again); a != less || b != less {
		t.Errorf("lowered: got %s and %s, want %s", a, b, less)
	}
	c.no(400, contract.CodeBadValue, "POST", path, "a-3", amendTo(3, contract.AmendLine{Line: 1, Qty: &qty, Why: "x"}))
	c.must(200, 0, "POST", "/v1/orders/"+string(o.ID)+"/cancel", "off", nil, &o)
	if o.Totals.Total != 0 {
		t.Errorf("cancelled: got %+v, want nothing to pay", o.Totals)
	}
}
