package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order of head office's own that should wait is turned away under its key, with what can be done, and goes through under a supervisor's name.
func TestAnOrderOfHeadOfficesThatShouldWaitIsTurnedAwayUnderItsKey(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	bulk := contract.Check{Name: "bulk", Kind: "quantity", Limit: 5, Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h", Override: true}
	checks := func(in hq.ChecksRequest) {
		in.SignedRequest = hq.SignedRequest{Reason: "80,000 mugs", By: "beth"}
		c.must(200, 0, "PUT", "/v1/policy/checks", "", in, nil)
	}
	checks(hq.ChecksRequest{Checks: []contract.Check{bulk}})
	order := func(qty int, more ...string) map[string]any {
		o := map[string]any{"fulfil": "deliver", "lines": []any{map[string]any{"sku": "TAP-22", "qty": qty}}}
		if len(more) > 0 {
			o["override"] = map[string]any{"by": more[0], "reason": more[1]}
		}
		return o
	}
	const hint = "A supervisor may let it through: send it again under a new key, with their name and the reason in override."
	p := c.no(409, contract.CodeCheckRefused, "POST", "/v1/orders", "six", order(6))
	if p.Detail != "Line 1 is for 6 of TAP-22 in all; more than 5 is out of the ordinary." || p.Hint != hint || p.Review == nil || p.Review.Owner != "sales" {
		t.Errorf("got %q, %q, %+v", p.Detail, p.Hint, p.Review)
	}
	if p := c.no(400, contract.CodeBadValue, "POST", "/v1/orders", "why", order(6, "beth", "")); p.Detail != "override.reason is empty; say why." {
		t.Errorf("got %q", p.Detail)
	}
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "over", order(6, "beth", "the bar next door"), &o)
	if r := o.Review; r == nil || r.Status != "released" || r.By != "beth" || r.Reason != "the bar next door" {
		t.Errorf("got %s, %+v; want it taken under beth's name", o.Status, o.Review)
	}
	checks(hq.ChecksRequest{End: []string{"bulk"}})
	again := c.no(409, contract.CodeCheckRefused, "POST", "/v1/orders", "six", order(6)) // a no stands, also where nothing would trip now
	if again.Detail != p.Detail {
		t.Errorf("got %q the second time, want %q", again.Detail, p.Detail)
	}
}
