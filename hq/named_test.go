package hq_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Who lets a price be at head office is somebody who may, as at a site. Whoever has signed in has them prove it; the owner's token and programs prove
// nothing, and may name nobody else. Before anybody is known, a name is a word.
func TestWhoeverIsNamedAtHeadOfficeMayLetItBe(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 100)
	const said = `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP"},"price_approver":"NAME"}]}`
	const off = `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":9,"currency":"GBP"},"discount":{"ppm":500000,"reason":"worn","approver":"NAME"}}]}`
	keys := 0
	order := func(body, named string, into any) int {
		keys++
		status, _, raw := c.answer(0, "POST", "/v1/orders", fmt.Sprint("named ", keys), strings.ReplaceAll(body, "NAME", named), nil)
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s: got %d %s: %v", named, status, raw, err)
		}
		return status
	}
	var o contract.Order
	if got := order(said, "the manager", &o); got != 201 || o.Lines[0].Charge.Approver != "the manager" {
		t.Fatalf("nobody is known yet: got %d %+v", got, o)
	}
	d := c.desk("sue", "supervisor") // and otto, an administrator
	c.must(200, 0, "PUT", "/v1/users/ann", "", contract.UserRequest{Roles: &[]string{"cashier"}}, nil)
	owner := c.token
	for named, ok := range map[string]bool{"owner": true, "sue": true, "otto": true, "ann": false, "desk-1": false, "the manager": false} {
		for body, field := range map[string]string{said: "lines[0].price_approver", off: "lines[0].discount.approver"} {
			var p contract.Problem
			if ok {
				if got := order(body, named, &o); got != 201 {
					t.Errorf("%s: got %d", named, got)
				}
			} else if got := order(body, named, &p); got != 400 || p.Code != contract.CodeBadValue || p.Field != field || !strings.Contains(p.Detail, "names "+named+", who is nobody here that may let this be: it takes ") {
				t.Errorf("%s: got %d %+v, want field %s", named, got, p, field)
			}
		}
	}
	c.token = d.token
	var p contract.Problem
	if got := order(said, "otto", &p); got != 400 || !strings.Contains(p.Detail, "names otto, who has not approved this: leave it out, for you may yourself, or have them type their name and secret") {
		t.Errorf("sue names otto, who knows nothing of it: got %d %+v", got, p)
	}
	if got := order(said, "sue", &o); got != 201 {
		t.Errorf("her own word: got %d", got)
	}
	if got := d.do("POST", "/v1/orders", "approved", strings.ReplaceAll(said, "NAME", "otto"), &o); got != 201 || o.Lines[0].Charge.Approver != "otto" {
		t.Errorf("otto has approved: got %d %+v", got, o)
	}
	c.token = owner
	if p := c.no(400, contract.CodeBadValue, "POST", "/v1/orders", "bulk?", `{"override":{"by":"the manager","reason":"x"},"lines":[{"sku":"TAP-22","qty":1}]}`); p.Field != "override.by" {
		t.Errorf("an override of nobody's: got %+v", p)
	}
	var many contract.BulkAnswer
	c.must(200, 0, "POST", "/v1/orders/bulk", "many", `{"orders":[{"key":"m-1","order":`+strings.ReplaceAll(said, "NAME", "the manager")+`}]}`, &many)
	if many.Results[0].Problem == nil || many.Results[0].Problem.Field != "lines[0].price_approver" {
		t.Errorf("one of many: got %+v", many.Results[0])
	}
	var list contract.OrderList
	c.must(200, 0, "GET", "/v1/orders?limit=100", "", nil, &list)
	if len(list.Orders) != 9 { // 1 before anybody was known, 6 of the owner's, 2 of sue's
		t.Errorf("got %d orders, want 9", len(list.Orders))
	}
}
