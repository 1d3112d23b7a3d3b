package hq_test

import (
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// days gives days from now, as the API writes them; from the same now, also if midnight passes.
func days() func(n int) string {
	today := machine.DayOf(time.Now())
	return func(n int) string { return (today + machine.Day(n)).String() }
}

const po812 = "/v1/expected/PO%20812"

func po(due string, qty int64) hq.ExpectedRequest {
	return hq.ExpectedRequest{Supplier: "Acme", Site: "hull", Due: due, Lines: []hq.ExpectedLine{{SKU: "TAP-22", Qty: qty}}}
}

// backorder places an order that may wait.
func (c *cluster) backorder(key string, qty ledger.Qty, needBy string) contract.Order {
	c.t.Helper()
	in, o := orderOf("TAP-22", qty), contract.Order{}
	in.Shortage, in.NeedBy = "backorder", needBy
	c.must(201, 0, "POST", "/v1/orders", key, in, &o)
	return o
}

func TestWhichPromisesSlipIfADeliveryIsLateIsOneCall(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 3, 1)
	inDays := days()
	f := c.follower()
	var put hq.ExpectedChanged
	c.must(200, f, "PUT", po812, "", po(inDays(5), 6), &put)
	if put.Reference != "PO 812" || put.Status != "expected" || put.PromiseBy != inDays(5) || put.LateLines != 0 || put.Version != 1 || put.By != "owner" || len(put.Slips.List) != 0 {
		t.Errorf("got %+v, want it expected, promised by its own day, for nothing is known of its supplier", put)
	}
	first := c.backorder("k-1", 4, inDays(6))
	second := c.backorder("k-2", 9, "")
	if got, want := first.Lines[0].Promised, []contract.Promised{{Reference: "PO 812", Qty: 3, By: inDays(5)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("the answer: got %+v, want %+v", got, want)
	}
	asked := func(i int, in any) (out hq.WhatIfAnswer) {
		t.Helper()
		c.must(200, i, "POST", po812+"/what-if", "", in, &out)
		return out
	}
	ask := asked(f, `{"days_late":2}`)
	want := hq.Slips{Missed: 1, List: []hq.Slip{
		{Order: first.ID, Line: 1, SKU: "TAP-22", Qty: 3, Reference: "PO 812", OldBy: inDays(5), NewBy: inDays(7), NeedBy: inDays(6), Missed: true},
		{Order: second.ID, Line: 1, SKU: "TAP-22", Qty: 3, Reference: "PO 812", OldBy: inDays(5), NewBy: inDays(7)}}}
	if !reflect.DeepEqual(ask.Slips, want) || ask.Due != inDays(7) || ask.PromiseBy != inDays(7) {
		t.Errorf("two days late: got %+v, want %+v", ask, want)
	}
	if got := asked(0, `{"lines":[{"sku":"TAP-22","qty":2}]}`).Slips; len(got.List) != 2 || got.List[0].Qty != 1 || got.List[0].NewBy != "" || !got.List[0].Missed || got.List[1].Qty != 3 {
		t.Errorf("two come: got %+v, want 1 and 3 without a date", got)
	}
	if got := asked(0, `{"lines":[{"sku":"TAP-22","qty":0}]}`).Slips; len(got.List) != 2 || got.List[0].Qty != 3 {
		t.Errorf("nothing comes: got %+v, want all of it without a date", got)
	}
	if got := asked(0, hq.WhatIfRequest{Due: inDays(5)}); len(got.Slips.List) != 0 {
		t.Errorf("as it is: got %+v, want nothing", got)
	}
	var one hq.Expected
	c.must(200, f, "GET", po812, "", nil, &one)
	promises := []hq.ExpectedPromise{{Order: first.ID, Line: 1, Qty: 3, By: inDays(5)}, {Order: second.ID, Line: 1, Qty: 3, By: inDays(5)}}
	if l := one.Lines[0]; one.Version != 1 || l.Left != 6 || l.Promised != 6 || !reflect.DeepEqual(l.Promises, promises) {
		t.Errorf("got %+v, want it as it was, promised to %+v", one, promises)
	}
	c.must(200, f, "PUT", po812, "", po(inDays(7), 6), &put)
	if put.Version != 2 || !reflect.DeepEqual(put.Slips, want) {
		t.Errorf("late: got %+v, want what the question was answered with", put.Slips)
	}
	var es hq.ExceptionList
	c.must(200, 0, "GET", "/v1/exceptions?what=promise_slips", "", nil, &es)
	if len(es.Exceptions) != 1 || es.Exceptions[0].Owner == "" || !strings.Contains(es.Exceptions[0].Why, string(first.ID)) {
		t.Errorf("got %+v, want one that names the order", es)
	}
	c.arrives(hull, first.ID, inDays(7))
}

// arrives has 5 of the delivery come in, of which the order is served.
func (c *cluster) arrives(hull *site, id ledger.OrderID, due string) {
	c.t.Helper()
	out := hull.decide(&ledger.Receive{ID: "d", Reference: "PO 812", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5, Bin: ledger.BinDefault}}})
	if out.Err != nil {
		c.t.Fatal(out.Err)
	}
	hull.push()
	var o contract.Order
	c.must(200, 0, "GET", "/v1/orders/"+string(id), "", nil, &o)
	if l := o.Lines[0]; o.Status != ledger.StatusAllocated || len(l.Promised) != 0 || len(l.Reserved) != 1 || l.Reserved[0].Qty != 4 {
		c.t.Errorf("got %+v, want all of it reserved with the push", o)
	}
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	want := &contract.DueIn{Qty: 1, Promised: 1, Deliveries: []contract.Due{{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: due, By: due, Qty: 1, Promised: 1}}}
	if !reflect.DeepEqual(stock.DueIn, want) {
		c.t.Errorf("got %+v, want %+v", stock.DueIn, want)
	}
}

func TestAnAnswerToAnOrderKeepsWhatItWasPromised(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	inDays := days()
	c.must(200, 0, "PUT", po812, "", po(inDays(5), 6), nil)
	in := orderOf("TAP-22", 3)
	in.NeedBy = inDays(5) // to be refused otherwise
	_, _, first := c.send(0, "POST", "/v1/orders", "k", in, nil)
	c.must(200, 0, "POST", po812+"/cancel", "", hq.ExpectedCancel{Reason: "lost at sea"}, nil)
	status, h, again := c.send(0, "POST", "/v1/orders", "k", in, nil)
	if status != 201 || h.Get(contract.HeaderReplayed) != "true" || string(first) != string(again) || !strings.Contains(string(first), `"promised":[{"reference":"PO 812","qty":2,`) {
		t.Errorf("got %d %s, want the first answer %s", status, again, first)
	}
	var list contract.OrderList
	c.must(200, 0, "GET", "/v1/orders?status=backordered", "", nil, &list)
	if len(list.Orders) != 1 || len(list.Orders[0].Lines[0].Promised) != 0 || list.Orders[0].Lines[0].Backordered != 2 {
		t.Errorf("got %+v, want it to wait without a promise", list)
	}
	in.NeedBy = inDays(4)
	if status, _, raw := c.send(0, "POST", "/v1/orders", "l", in, nil); status != 409 || !strings.Contains(string(raw), "stock_short") {
		t.Errorf("needed before: got %d %s, want 409 stock_short", status, raw)
	}
}

func TestDeliveriesAreListedBySiteSupplierAndSKU(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	inDays := days()
	c.must(200, 0, "PUT", "/v1/items/PIPE", "", contract.ItemRequest{Name: "Copper pipe"}, nil)
	c.addSite("york", "counter", 2).hello()
	two := po(inDays(2), 1)
	two.Lines = append(two.Lines, hq.ExpectedLine{SKU: "PIPE", Qty: 2}, hq.ExpectedLine{SKU: "TAP-22", Qty: 4})
	c.must(200, 0, "PUT", "/v1/expected/A", "", two, nil)
	york := po(inDays(1), 3)
	york.Site, york.Supplier = "york", "Bolt & Co"
	c.must(200, 0, "PUT", "/v1/expected/B%2F1", "", york, nil)
	c.must(200, 0, "PUT", "/v1/expected/C", "", po(inDays(3), 3), nil)
	c.must(200, 0, "POST", "/v1/expected/C/cancel", "", `{}`, nil)
	for query, want := range map[string][]string{
		"":                    {"A", "B/1"},
		"?all=true":           {"A", "B/1", "C"},
		"?site=york":          {"B/1"},
		"?supplier=Acme":      {"A"},
		"?sku=PIPE":           {"A"},
		"?sku=TAP-22&limit=1": {"A", "B/1"},
		"?sku=NONE":           nil,
	} {
		var got []string
		for path := "/v1/expected" + query; path != ""; {
			var page hq.ExpectedList
			c.must(200, 0, "GET", path, "", nil, &page)
			for _, d := range page.Deliveries {
				got = append(got, d.Reference)
			}
			if path = ""; page.NextCursor != "" {
				path = "/v1/expected" + query + "&cursor=" + url.QueryEscape(page.NextCursor)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	var one hq.Expected
	c.must(200, 0, "GET", "/v1/expected/A", "", nil, &one)
	if len(one.Lines) != 2 || one.Lines[1].SKU != "TAP-22" || one.Lines[1].Qty != 5 {
		t.Errorf("got %+v, want the lines of one SKU added up", one.Lines)
	}
	c.must(200, 0, "GET", "/v1/expected/C", "", nil, &one)
	if one.Status != "cancelled" || one.Lines[0].Left != 0 {
		t.Errorf("got %+v, want it cancelled, with nothing to come", one)
	}
}

func TestADeliveryThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 1)
	inDays := days()
	c.must(200, 0, "PUT", po812, "", po(inDays(5), 6), nil)
	change := func(f func(*hq.ExpectedRequest)) hq.ExpectedRequest {
		r := po(inDays(5), 6)
		f(&r)
		return r
	}
	for name, row := range map[string]struct {
		method, path string
		in           any
		want         string
	}{
		"no supplier":       {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Supplier = "" }), "400 bad_value"},
		"no such site":      {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Site = "bath" }), "400 unknown_site"},
		"no day":            {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Due = "tomorrow" }), "400 bad_value"},
		"no lines":          {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Lines = nil }), "400 bad_value"},
		"no goods":          {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Lines[0].Qty = 0 }), "400 bad_value"},
		"no item":           {"PUT", po812, change(func(r *hq.ExpectedRequest) { r.Lines[0].SKU = "NONE-1" }), "400 unknown_sku"},
		"a field":           {"PUT", po812, `{"colour":"red"}`, "400 unknown_field"},
		"a long reference":  {"PUT", "/v1/expected/" + strings.Repeat("x", 300), po(inDays(5), 6), "400 bad_value"},
		"nobody's":          {"GET", "/v1/expected/PO-1", nil, "404 not_found"},
		"cancel nobody's":   {"POST", "/v1/expected/PO-1/cancel", `{}`, "404 not_found"},
		"ask of nobody's":   {"POST", "/v1/expected/PO-1/what-if", `{"days_late":1}`, "404 not_found"},
		"two days":          {"POST", po812 + "/what-if", `{"days_late":1,"due":"2030-01-01"}`, "400 bad_value"},
		"ten years":         {"POST", po812 + "/what-if", `{"days_late":4000}`, "400 bad_value"},
		"before all days":   {"POST", po812 + "/what-if", `{"due":"1960-01-01"}`, "400 bad_value"},
		"below zero":        {"POST", po812 + "/what-if", `{"lines":[{"sku":"TAP-22","qty":-1}]}`, "400 bad_value"},
		"at no site":        {"POST", po812 + "/what-if", `{"site":"bath"}`, "400 unknown_site"},
		"a page of nothing": {"GET", "/v1/expected?limit=0", nil, "400 bad_value"},
		"neither":           {"GET", "/v1/expected?all=maybe", nil, "400 bad_value"},
	} {
		if got := c.refusal(0, row.method, row.path, row.in); got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
	var one hq.Expected
	c.must(200, 0, "GET", po812, "", nil, &one)
	if one.Version != 1 {
		t.Errorf("after all that: got version %d, want 1", one.Version)
	}
}

// A server of an older build would not follow, and would promise otherwise.
func TestDeliveriesWaitForEveryServersBuild(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 2, true, func(int) ledger.Network { return nil }, nil)
	inDays := days()
	c.servers[1-c.leader()].upgrade()
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	c.addSite("hull", "warehouse", 1).hello()
	c.eventually("a delivery is refused", func() error {
		if got := c.refusal(c.leader(), "PUT", po812, po(inDays(5), 6)); got != "503 not_ready" {
			return errors.New(got)
		}
		return nil
	})
	for _, s := range c.servers {
		if s.older {
			s.upgrade()
		}
	}
	c.must(200, 0, "PUT", po812, "", po(inDays(5), 6), nil) // asks again until it is taken
}
