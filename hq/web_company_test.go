package hq_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// detail asks once, and gives what the problem says to people.
func (c *cluster) detail(i int, method, path string, in any) string {
	c.t.Helper()
	var p contract.Problem
	if _, _, raw := c.send(i, method, path, "", in, nil); json.Unmarshal(raw, &p) != nil {
		c.t.Errorf("%s %s: got %s", method, path, raw)
	}
	return p.Detail
}

// The currency is set once, and all money is held against it; zones and checks have their history, as policy has.
func TestWhatHoldsForTheCompanyIsSetByNameAndItsHistoryIsKept(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	york := c.addSite("york", "counter", 2)
	york.hello()
	why := hq.SignedRequest{Reason: "we open", By: "beth"}
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", contract.ItemRequest{Name: "Tap", Category: "taps", Price: &contract.Price{Amount: 1299, Currency: "GBP"}}, nil)
	set := func(currency string) hq.CompanyRequest {
		return hq.CompanyRequest{Currency: currency, SignedRequest: why}
	}
	for in, want := range map[string]string{"pounds": "currency is not three capital letters, for example GBP.", "EUR": "Item TAP-22 is not priced in EUR: give its prices in EUR first."} {
		if got := c.detail(0, "PUT", "/v1/policy/company", set(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	zones := []contract.SiteZone{{Site: "york", TimeZone: "Europe/London"}, {Site: "hq", TimeZone: "America/New_York"}}
	var now contract.Company
	for range 2 { // the second time changes nothing
		c.must(200, 0, "PUT", "/v1/policy/company", "", hq.CompanyRequest{Currency: "GBP", TimeZones: zones, SignedRequest: why}, &now)
	}
	if now.Currency != "GBP" || len(now.TimeZones) != 2 || now.Version != 5 {
		t.Errorf("got %+v, want it at version 5", now)
	}
	if got := c.detail(0, "PUT", "/v1/policy/company", set("USD")); got != "The company counts in GBP." {
		t.Errorf("got %q", got)
	}
	const foreign = "unit_price.currency is USD; the company counts in GBP: give the amount in GBP."
	order := map[string]any{"lines": []any{map[string]any{"sku": "TAP-22", "qty": 1, "unit_price": map[string]any{"amount": 1, "currency": "USD"}}}}
	var p contract.Problem
	if _, _, raw := c.send(0, "POST", "/v1/orders", "usd", order, nil); json.Unmarshal(raw, &p) != nil || p.Detail != "Line 1: "+foreign || p.Field != "lines[0].unit_price.currency" {
		t.Errorf("got %+v", p)
	}
	if got := c.detail(0, "PUT", "/v1/items/PIPE", contract.ItemRequest{Name: "Pipe", Price: &contract.Price{Amount: 1, Currency: "USD"}}); got != "price.currency is USD; the company counts in GBP: give the amount in GBP." {
		t.Errorf("got %q", got)
	}
	if got := c.detail(0, "PUT", "/v1/policy/company", hq.CompanyRequest{TimeZones: []contract.SiteZone{{Site: "york", TimeZone: "Europe/Yrok"}}, SignedRequest: why}); got != `time_zones has "Europe/Yrok" for york, which is no time zone; give one such as Europe/London.` {
		t.Errorf("got %q", got)
	}

	bulk := contract.Check{Name: "bulk", Kind: "quantity", Limit: 1_000, Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h", Override: true}
	var list contract.CheckList
	c.must(200, 0, "PUT", "/v1/policy/checks", "", hq.ChecksRequest{Checks: []contract.Check{bulk, {Name: "gb", Kind: "address", Then: "refuse", Site: "york"}}, SignedRequest: why}, &list)
	if len(list.Checks) != 2 || list.Checks[0] != bulk {
		t.Errorf("got %+v, want %+v first", list, bulk)
	}
	bad := bulk
	bad.WaitFor = "soon"
	for want, in := range map[string]contract.Check{"checks.bulk.wait_for is no time such as 30m, 4h or 72h.": bad, "There is no item MUG.": {Name: "mugs", Kind: "quantity", Limit: 1, SKU: "MUG", Then: "refuse"},
		`No item is of the category "mugs".`: {Name: "mugs", Kind: "quantity", Limit: 1, Category: "mugs", Then: "refuse"}} {
		if got := c.detail(0, "PUT", "/v1/policy/checks", hq.ChecksRequest{Checks: []contract.Check{in}, SignedRequest: why}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	many := make([]contract.Check, 201) // one more than there can be, and as many in their place
	for i := range many {
		many[i] = contract.Check{Name: fmt.Sprintf("c%d", i), Kind: "quantity", Limit: 1, Then: "refuse"}
	}
	if got, want := c.detail(0, "PUT", "/v1/policy/checks", hq.ChecksRequest{Checks: many[1:], End: []string{"gb"}, SignedRequest: why}), "checks and those to be ended are 201; one request sets 200 at most."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.detail(0, "PUT", "/v1/policy/checks", hq.ChecksRequest{Checks: many[:200], SignedRequest: why}), "checks are more than 100."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.refusal(0, "PUT", "/v1/policy/checks", hq.ChecksRequest{End: []string{"gb"}, Seen: hq.Seen{Version: now.Version}, SignedRequest: why}); got != "409 changed_since" {
		t.Errorf("got %s of a clerk who has seen an older one", got)
	}
	york.company = 1
	reply, err := york.pull(0)
	if err != nil {
		t.Fatal(err)
	}
	york.company = reply.Company.Version
	if again, err := york.pull(0); err != nil || again.Company.Version != 0 || reply.Company.Currency != "GBP" || reply.Company.Zone != "Europe/London" || len(reply.Company.Checks) != 2 {
		t.Errorf("got %+v, want all that concerns york, once", reply.Company)
	}
	c.must(200, 0, "PUT", "/v1/policy/checks", "", hq.ChecksRequest{End: []string{"gb"}, SignedRequest: why}, &list)
	var history hq.PolicyHistory
	c.must(200, 0, "GET", "/v1/policy/history?limit=3", "", nil, &history)
	if got := history.Changes; len(list.Checks) != 1 || got[0].What != "check.gb" || got[0].To != "" || got[2].To != "quantity above 1000 waits for sales, then cancel after 4h0m0s or is let through" || got[2].By != "beth" {
		t.Errorf("got %+v, of %+v", got, list)
	}
}
