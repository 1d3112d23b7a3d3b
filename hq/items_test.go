package hq_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func named(name string, codes ...string) contract.ItemRequest {
	return contract.ItemRequest{Name: name, Barcodes: codes}
}

// no sends a request that must be refused, and gives the problem.
func (c *cluster) no(status int, code contract.Code, method, path, key string, in any) contract.Problem {
	c.t.Helper()
	got, _, raw := c.answer(0, method, path, key, in, nil)
	var p contract.Problem
	if err := json.Unmarshal(raw, &p); err != nil || got != status || p.Code != code {
		c.t.Fatalf("%s %s: got %d %s, want %d %s", method, path, got, raw, status, code)
	}
	return p
}

func (c *cluster) scan(code string) (out contract.ItemList) {
	c.t.Helper()
	c.must(200, 0, "GET", "/v1/items?barcode="+url.QueryEscape(code), "", nil, &out)
	return out
}

func TestHeadOfficeKnowsAnyScan(t *testing.T) {
	c, hull := warehouse(t, 1, 10)
	for _, code := range []string{"5012345678900", "05012345678900", "]E05012345678900", "]C1010501234567890010L7", "https://id.gs1.org/01/05012345678900/10/L7?17=271200"} {
		if got := c.scan(code); len(got.Items) != 1 || got.Items[0].SKU != "TAP-22" || got.Scan.GTIN != "05012345678900" {
			t.Errorf("%s: got %+v, want TAP-22", code, got)
		}
	}
	if got := c.scan("https://id.gs1.org/01/05012345678900/10/L7?17=271200").Scan; got.Lot != "L7" || got.Expiry != "2027-12-31" {
		t.Errorf("got %+v, want the lot and the day", got)
	}
	if p := c.no(400, contract.CodeBadValue, "GET", "/v1/items?barcode="+url.QueryEscape("(01)05012345678901"), "", nil); !strings.Contains(p.Detail, "call for 0") {
		t.Errorf("got %q, want the right digit", p.Detail)
	}
	coded := contract.OrderRequest{Lines: []contract.LineRequest{{Barcode: "(01)05012345678900(21)S", Qty: 3}}}
	var o, again contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", coded, &o)
	if o.Lines[0].SKU != "TAP-22" || o.Lines[0].Reserved[0].Qty != 3 {
		t.Errorf("got %+v, want 3 of TAP-22", o.Lines)
	}
	hull.obey(1)
	var amended contract.Order
	qty := ledger.Qty(1)
	c.must(200, 0, "POST", "/v1/orders/"+string(o.ID)+"/amend", "am", contract.AmendRequest{Version: 1, Lines: []contract.AmendLine{{Barcode: "5012345678900", Qty: &qty}}}, &amended)
	if len(amended.Lines) != 2 || amended.Lines[1].SKU != "TAP-22" {
		t.Errorf("got %+v, want a second line of TAP-22", amended.Lines)
	}
	c.no(400, contract.CodeUnknownBarcode, "POST", "/v1/orders", "k2", contract.OrderRequest{Lines: []contract.LineRequest{{Barcode: "96385074", Qty: 1}}})
	p := c.no(400, contract.CodeBadValue, "POST", "/v1/orders", "k3", contract.OrderRequest{Lines: []contract.LineRequest{{SKU: "TAP-22", Barcode: "5012345678900", Qty: 1}}})
	if p.Field != "lines[0].barcode" || !strings.Contains(p.Detail, "one of the two") {
		t.Errorf("got %+v, want one of the two asked for", p)
	}
	// The barcode has gone to another item; a repeat of the order is still the first order.
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", named("Basin tap"), nil)
	c.must(201, 0, "POST", "/v1/orders", "k", coded, &again)
	if again.ID != o.ID {
		t.Errorf("got order %s, want %s again", again.ID, o.ID)
	}
}

func TestABarcodeIsOneItems(t *testing.T) {
	c := startCluster(t, 1, nil)
	p := c.no(400, contract.CodeBadValue, "PUT", "/v1/items/A", "", named("A", "5012345678901"))
	if p.Field != "barcodes[0]" || !strings.Contains(p.Detail, "ends with 1 where 0 is right") {
		t.Errorf("got %+v, want the right digit", p)
	}
	c.must(200, 0, "PUT", "/v1/items/A", "", named("A", "5012345678900"), nil)
	c.must(200, 0, "PUT", "/v1/items/B", "", named("B", "96385074"), nil)
	if p := c.no(409, contract.CodeBarcodeTaken, "PUT", "/v1/items/B", "", named("B", "05012345678900")); !strings.Contains(p.Detail, "is on A already") {
		t.Errorf("got %q, want A named", p.Detail)
	}
	bulk := func(items ...contract.BulkItem) (got []int) {
		var out contract.BulkItemsAnswer
		c.must(200, 0, "POST", "/v1/items/bulk", "", contract.BulkItems{Items: items}, &out)
		for _, r := range out.Results {
			got = append(got, r.HTTPStatus)
		}
		return got
	}
	item := func(sku string, codes ...string) contract.BulkItem {
		return contract.BulkItem{SKU: sku, ItemRequest: named(sku, codes...)}
	}
	// One is refused, the others are set.
	if got := bulk(item("C", "5012345678900"), item("D", "D-1"), item("E", "D-1"), item("bad sku")); !slices.Equal(got, []int{409, 200, 409, 400}) {
		t.Errorf("got %v, want C, E and the bad one refused", got)
	}
	// A and B change codes in one list, in an order in which one by one would not do.
	if got := bulk(item("A", "96385074"), item("B", "5012345678900")); !slices.Equal(got, []int{200, 200}) {
		t.Errorf("got %v, want both set", got)
	}
	if got := c.scan("96385074"); len(got.Items) != 1 || got.Items[0].SKU != "A" {
		t.Errorf("got %+v, want A", got.Items)
	}
}

func TestOfTwoThatWantOneBarcodeAtOnceOneGetsIt(t *testing.T) {
	c := startCluster(t, 1, nil)
	for round := range 10 {
		code := fmt.Sprint("CODE-", round)
		got := make([]int, 8)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				got[i] = c.call(0, "PUT", fmt.Sprintf("/v1/items/R%d-%d", round, i), "", named("x", code), nil)
			})
		}
		all.Wait()
		slices.Sort(got)
		if !slices.Equal(got, []int{200, 409, 409, 409, 409, 409, 409, 409}) || len(c.scan(code).Items) != 1 {
			t.Errorf("got %v and %d items with the barcode, want one", got, len(c.scan(code).Items))
		}
	}
}

// Lists from before this was checked: both are told, and each may be changed while it keeps what it has.
func TestABarcodeThatTwoItemsHadStaysTold(t *testing.T) {
	c := startCluster(t, 1, nil)
	old := []ledger.Item{{SKU: "A", Name: "A", Barcodes: []string{"5012345678900"}, Tracking: ledger.TrackNone}, {SKU: "B", Name: "B", Barcodes: []string{"05012345678900"}, Tracking: ledger.TrackNone}}
	if _, err := c.servers[0].Propose(t.Context(), machine.Marshal(&machine.PutItems{Items: old})); err != nil {
		t.Fatal(err)
	}
	if got := c.scan("5012345678900"); len(got.Items) != 2 {
		t.Errorf("got %+v, want both", got.Items)
	}
	p := c.no(400, contract.CodeBarcodeShared, "POST", "/v1/orders", "k", contract.OrderRequest{Lines: []contract.LineRequest{{Barcode: "5012345678900", Qty: 1}}})
	if !strings.Contains(p.Detail, "on A and B") {
		t.Errorf("got %q, want both named", p.Detail)
	}
	c.must(200, 0, "PUT", "/v1/items/A", "", named("A, cheaper", "5012345678900"), nil)
	c.no(409, contract.CodeBarcodeTaken, "PUT", "/v1/items/C", "", named("C", "5012345678900"))
	c.must(200, 0, "PUT", "/v1/items/A", "", named("A"), nil)
	if got := c.scan("5012345678900"); len(got.Items) != 1 || got.Items[0].SKU != "B" {
		t.Errorf("got %+v, want B alone", got.Items)
	}
}

// TestNoListGivesACodeTwice plays lists against a plain shelf of items: whatever is taken, no code
// comes to be two items' that was not before, and nothing is refused where nothing would be shared.
func TestNoListGivesACodeTwice(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	shelf := map[ledger.SKU][]string{}
	bearersOf := func(shelf map[ledger.SKU][]string) contract.Finder {
		return func(code string) (out []ledger.SKU) {
			for _, sku := range []ledger.SKU{"A", "B", "C", "D", "E"} {
				if slices.ContainsFunc(shelf[sku], func(c string) bool { return gs1.Key(c) == gs1.Key(code) }) {
					out = append(out, sku)
				}
			}
			return out
		}
	}
	codes := []string{"1", "2", "96385074", "0000096385074", "5"}
	refusals := 0
	for round := range 20_000 {
		if round%500 == 0 { // a list from before this was checked
			shelf = map[ledger.SKU][]string{"A": {"1"}, "B": {"1", "2"}}
		}
		var list []ledger.Item
		for range 1 + rnd.IntN(4) {
			it := ledger.Item{SKU: ledger.SKU(rune('A' + rnd.IntN(5)))}
			for range rnd.IntN(3) {
				it.Barcodes = append(it.Barcodes, codes[rnd.IntN(len(codes))])
			}
			list = append(list, it)
		}
		refused := hq.TakenForTest(list, func(sku ledger.SKU) []string { return shelf[sku] }, bearersOf(shelf))
		after, whole := map[ledger.SKU][]string{}, map[ledger.SKU][]string{}
		for sku, have := range shelf {
			after[sku], whole[sku] = have, have
		}
		for i, it := range list {
			whole[it.SKU] = it.Barcodes
			if refused[i] == nil {
				after[it.SKU] = it.Barcodes
			}
		}
		sound := true
		for _, code := range codes {
			before, now := bearersOf(shelf)(code), bearersOf(after)(code)
			if len(now) > 1 && slices.ContainsFunc(now, func(sku ledger.SKU) bool { return !slices.Contains(before, sku) }) {
				t.Fatalf("round %d: %s is on %v after %+v of which %v was refused, and was on %v", round, code, now, list, refused, before)
			}
			sound = sound && len(bearersOf(whole)(code)) <= 1
		}
		skus := map[ledger.SKU]bool{}
		for _, it := range list {
			skus[it.SKU] = true
		}
		if sound && len(skus) == len(list) && len(refused) > 0 {
			t.Fatalf("round %d: %+v on %v shares nothing, and %v was refused", round, list, shelf, refused)
		}
		refusals += len(refused)
		shelf = after
	}
	if refusals < 1000 {
		t.Errorf("got %d refusals, want the rule to have been tried", refusals)
	}
}

// Behind items of which nobody knows the next wait for a barrier; once, and where there is a quorum.
func TestItemsBehindUnsureOnesWaitForABarrier(t *testing.T) {
	c := startCluster(t, 1, nil)
	c.must(200, 0, "PUT", "/v1/items/A", "", named("A", "A-1"), nil)
	c.servers[0].UnsureItemsForTest()
	c.no(409, contract.CodeBarcodeTaken, "PUT", "/v1/items/B", "", named("B", "A-1"))
	c.must(200, 0, "PUT", "/v1/items/B", "", named("B", "B-1"), nil)
}
