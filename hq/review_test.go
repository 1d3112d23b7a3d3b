package hq_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// checking is a company of which head office stops what is out of the ordinary. Setting says what such an order does.
func checking(t *testing.T) (c *cluster, hull *site, setting func(c contract.Check), order func(qty int, more ...string) map[string]any) {
	c, hull = warehouse(t, 1, 10)
	setting = func(check contract.Check) {
		check.Name, check.Kind, check.Limit = "bulk", "quantity", 5
		c.must(200, 0, "PUT", "/v1/policy/checks", "", hq.ChecksRequest{SignedRequest: hq.SignedRequest{Reason: "80,000 mugs", By: "beth"}, Checks: []contract.Check{check}}, nil)
	}
	return c, hull, setting, func(qty int, more ...string) map[string]any {
		o := map[string]any{"fulfil": "deliver", "lines": []any{map[string]any{"sku": "TAP-22", "qty": qty}}}
		if len(more) > 0 {
			o["override"] = map[string]any{"by": more[0], "reason": more[1]}
		}
		return o
	}
}

// An order of head office's own that its checks refuse is turned away under its key, with what can be done, and goes through under a supervisor's name.
func TestAnOrderOfHeadOfficesThatIsRefusedIsTurnedAwayUnderItsKey(t *testing.T) {
	t.Parallel()
	c, _, setting, order := checking(t)
	setting(contract.Check{Then: "refuse", Override: true})
	const hint = "A supervisor may let it through: send it again under a new key, with their name and the reason in override."
	p := c.no(409, contract.CodeCheckRefused, "POST", "/v1/orders", "six", order(6))
	if p.Detail != "Line 1 is for 6 of TAP-22 in all; more than 5 is out of the ordinary." || p.Hint != hint || p.Review == nil {
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
	c.must(200, 0, "PUT", "/v1/policy/checks", "", hq.ChecksRequest{SignedRequest: hq.SignedRequest{Reason: "enough", By: "beth"}, End: []string{"bulk"}}, nil)
	again := c.no(409, contract.CodeCheckRefused, "POST", "/v1/orders", "six", order(6)) // a no stands, also where nothing would trip now
	if again.Detail != p.Detail {
		t.Errorf("got %q the second time, want %q", again.Detail, p.Detail)
	}
}

// An id is one order's: another one under it is told so, and not what its checks would say, for no supervisor could let it through.
func TestAnotherOrderUnderAnIDThatIsTakenIsToldSo(t *testing.T) {
	t.Parallel()
	c, _, setting, order := checking(t)
	named := func(id string, qty int) map[string]any {
		o := order(qty)
		o["id"] = id
		return o
	}
	const waits, placed = "01900000-0000-7000-8000-0000000000e1", "01900000-0000-7000-8000-0000000000e2"
	var o contract.Order
	setting(contract.Check{Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h"})
	if c.must(201, 0, "POST", "/v1/orders", "waits", named(waits, 6), &o); o.Status != ledger.StatusWaiting {
		t.Fatalf("got %s, want it to wait", o.Status)
	}
	c.must(201, 0, "POST", "/v1/orders", "placed", named(placed, 2), &o)
	for _, then := range []contract.Check{{Then: "refuse"}, {Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h"}} {
		setting(then)
		for _, id := range []string{waits, placed} {
			key := then.Then + id
			for range 2 { // remembered under its key
				c.no(409, contract.CodeOrderExists, "POST", "/v1/orders", key, named(id, 7))
			}
		}
	}
	if c.must(200, 0, "GET", "/v1/orders/"+waits, "", nil, &o); o.Status != ledger.StatusWaiting || o.Lines[0].Qty != 6 {
		t.Errorf("got %s of %d, want the first order to wait as before", o.Status, o.Lines[0].Qty)
	}
	setting(contract.Check{Then: "refuse"})
	c.no(409, contract.CodeCheckRefused, "POST", "/v1/orders", "free", named("01900000-0000-7000-8000-0000000000e3", 7))
}

// One that is to wait is listed with its owner, what is to be done and when, takes nothing from anybody meanwhile, and is decided about once.
func TestAnOrderOfHeadOfficesWaitsForSomebodysWord(t *testing.T) {
	t.Parallel()
	c, hull, setting, order := checking(t)
	setting(contract.Check{Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h", Override: true})
	wait := func(key string, qty int) (o contract.Order) {
		c.must(201, 0, "POST", "/v1/orders", key, order(qty), &o)
		if o.Status != ledger.StatusWaiting || o.Review == nil || o.Review.Owner != "sales" || o.Review.Default != "cancel" || o.Review.Due == "" || len(o.Lines[0].Reserved) != 0 {
			t.Fatalf("got %s, %+v; want it to wait for sales", o.Status, o.Review)
		}
		return o
	}
	six, seven, nine := wait("six", 6), wait("seven", 7), wait("nine", 9)
	if again := wait("six", 6); again.ID != six.ID || again.Number != six.Number {
		t.Errorf("got %s, want the first answer", again.Number)
	}
	var list contract.OrderList
	c.must(200, 0, "GET", "/v1/orders?status=waiting", "", nil, &list)
	var told hq.ExceptionList
	c.must(200, 0, "GET", "/v1/exceptions", "", nil, &told)
	if len(list.Orders) != 3 || len(told.Exceptions) != 3 || told.Exceptions[0].Owner != "sales" || !strings.Contains(told.Exceptions[0].Why, "waits for sales: it trips bulk") {
		t.Errorf("got %d listed, %+v told", len(list.Orders), told.Exceptions)
	}
	var stock contract.HQStock
	if c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock); stock.Promisable.Sure.Qty != 10 {
		t.Errorf("got %d to promise, want all 10", stock.Promisable.Sure.Qty)
	}
	at := func(o *contract.Order, what string) string { return fmt.Sprintf("/v1/orders/%s/%s", o.ID, what) }
	word := func(what string) contract.RulingRequest {
		return contract.RulingRequest{Decision: what, By: "beth", Reason: "called them"}
	}
	c.no(409, contract.CodeOrderState, "POST", at(&seven, "amend"), "a", amendTo(1, lineTo(1, 2)))
	c.no(400, contract.CodeBadValue, "POST", at(&six, "decide"), "w", contract.RulingRequest{Decision: "release", By: "beth"})
	c.no(404, contract.CodeNotFound, "POST", "/v1/orders/01900000-0000-7000-8000-0000000000ff/decide", "w", word("release"))
	var o contract.Order
	for range 2 { // a repeat gets the first answer
		c.must(200, 0, "POST", at(&six, "decide"), "yes", word("release"), &o)
		if o.Status != ledger.StatusAllocated || o.Number != six.Number || o.Review.Status != "released" || o.Review.By != "beth" || o.Lines[0].Reserved[0].Qty != 6 {
			t.Errorf("got %s %s, %+v; want 6 reserved", o.Number, o.Status, o.Review)
		}
	}
	if p := c.no(409, contract.CodeNotWaiting, "POST", at(&six, "decide"), "no", word("cancel")); !strings.HasPrefix(p.Detail, "beth has released order "+six.Number+" already") {
		t.Errorf("got %q", p.Detail)
	}
	p := c.no(409, contract.CodeStockShort, "POST", at(&nine, "decide"), "nine yes", word("release"))
	if p.Detail != "Only 4 can be promised." {
		t.Errorf("got %q, want it to wait on", p.Detail)
	}
	part := word("release")
	part.Shortage = ledger.Partial
	if c.must(200, 0, "POST", at(&nine, "decide"), "nine part", part, &o); o.Lines[0].Reserved[0].Qty != 4 {
		t.Errorf("got %+v, want the 4 there are", o.Lines[0])
	}
	var desk contract.User
	c.must(200, 0, "PUT", "/v1/users/desk", "", contract.UserRequest{Kind: "program", Roles: &[]string{"supervisor"}, NewToken: true}, &desk)
	owner := c.token
	c.token = desk.Token
	if c.must(200, 0, "POST", at(&seven, "decide"), "seven no", word("cancel"), &o); o.Status != ledger.StatusCanceled || o.Review.Status != "cancelled" || o.Review.By != "desk" {
		t.Errorf("got %s, %+v; want it cancelled by who called, whomever they name", o.Status, o.Review)
	}
	c.token = owner
	var acts contract.History
	if c.must(200, 0, "GET", "/v1/history?limit=1", "", nil, &acts); len(acts.Acts) != 1 || acts.Acts[0].By == "" || !strings.HasSuffix(acts.Acts[0].Call, at(&seven, "decide")) {
		t.Errorf("got %+v, want whose act it was", acts.Acts)
	}
	eight := wait("eight", 8)
	c.must(200, 0, "POST", at(&eight, "cancel"), "away", nil, nil)
	if c.must(200, 0, "GET", "/v1/exceptions", "", nil, &told); len(told.Exceptions) != 0 {
		t.Errorf("got %+v, want nobody waited for", told.Exceptions)
	}
	hull.obey(2)
	hull.push()
	if c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock); stock.Reserved != 10 {
		t.Errorf("got %d reserved, want 10", stock.Reserved)
	}
}

// Nobody decides: what the check says is done when it is due, in nobody's name. One that there are not the goods for is cancelled.
func TestWhatNobodyDecidesIsDoneWhenItIsDue(t *testing.T) {
	t.Parallel()
	c, _, setting, order := checking(t)
	var release, short, cancel contract.Order
	setting(contract.Check{Then: "wait", Owner: "sales", Default: "release", WaitFor: "4h"})
	c.must(201, 0, "POST", "/v1/orders", "release", order(6), &release)
	c.must(201, 0, "POST", "/v1/orders", "short", order(60), &short)
	setting(contract.Check{Then: "wait", Owner: "sales", Default: "cancel", WaitFor: "4h"})
	c.must(201, 0, "POST", "/v1/orders", "cancel", order(7), &cancel)
	c.servers[0].lag.ahead.Store(int64(5 * time.Hour))
	for id, want := range map[ledger.OrderID]string{release.ID: "allocated nobody decided", short.ID: "cancelled nobody decided, and stock is short by now", cancel.ID: "cancelled nobody decided"} {
		c.eventually("what is due is done", func() error {
			var o contract.Order
			c.must(200, 0, "GET", "/v1/orders/"+string(id), "", nil, &o)
			if got := fmt.Sprint(o.Status, " ", o.Review.Reason); got != want || o.Review.By != "" {
				return fmt.Errorf("got %q by %q, want %q", got, o.Review.By, want)
			}
			return nil
		})
	}
}
