package hq_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A write is one call that changes something at head office. ID is put in the place of ID in its path: what the write
// before it made.
type write struct {
	call, path, body string
	makes            string // the field of the answer that is the next ID
}

// writes changes something by each call that can. Reasons why others cannot stand in unacted.
func writes() []write {
	const why = `,"reason":"spring"}`
	return []write{
		{call: "PUT /v1/users/{user}", path: "/v1/users/ann", body: `{"roles":["cashier"]` + why},
		{call: "PUT /v1/policy/company", body: `{"currency":"GBP"` + why},
		{call: "PUT /v1/items/{sku}", path: "/v1/items/TAP-22", body: `{"name":"Tap","price":{"amount":1299,"currency":"GBP"}}`},
		{call: "POST /v1/items/bulk", body: `{"items":[{"sku":"TAP-22","name":"Tap"},{"sku":"PIPE","name":"Pipe"}]}`},
		{call: "POST /v1/sites", body: `{"site":"goole","kind":"counter"}`},
		{call: "PUT /v1/sites/{site}", path: "/v1/sites/goole", body: `{"rank":3,"reason":"nearer"}`},
		{call: "POST /v1/sites/{site}/token", path: "/v1/sites/goole/token", body: `{"reason":"disk lost"}`},
		{call: "POST /v1/allotments", body: `{"sku":"TAP-22","owner":"hull","holder":"leeds","qty":2}`},
		{call: "PUT /v1/expected/{reference}", path: "/v1/expected/D-1", body: `{"supplier":"Acme","site":"hull","due":"2099-12-10","lines":[{"sku":"TAP-22","qty":3}]` + why},
		{call: "POST /v1/expected/{reference}/cancel", path: "/v1/expected/D-1/cancel", body: `{"reason":"spring"}`},
		{call: "PUT /v1/purchases/{reference}", path: "/v1/purchases/PO-1", body: `{"supplier":"Acme","site":"hull","due":"2099-12-10","lines":[{"sku":"TAP-22","qty":3}]}`},
		{call: "POST /v1/purchases/{reference}/send", path: "/v1/purchases/PO-1/send", body: `{}`},
		{call: "POST /v1/purchases/{reference}/cancel", path: "/v1/purchases/PO-1/cancel", body: `{}`},
		{call: "PUT /v1/policy/rules", body: `{"rules":[{"kind":"reorder_at","site":"leeds","sku":"TAP-22","qty":4},{"kind":"reorder_to","site":"leeds","sku":"TAP-22","qty":9}]` + why},
		{call: "POST /v1/reorder", body: `{"site":"leeds","sku":"TAP-22","from":"hull"}`},
		{call: "PUT /v1/recalls/{sku}/{lot}", path: "/v1/recalls/TAP-22/L7", body: `{"reason":"spring"}`},
		{call: "POST /v1/transfers", body: `{"from":"hull","to":"leeds","lines":[{"sku":"TAP-22","qty":1}]}`},
		{call: "PUT /v1/customers/{customer}", path: "/v1/customers/C1", body: `{"name":"Ann"}`},
		{call: "POST /v1/customers/bulk", body: `{"customers":[{"customer":"C2","name":"Bob"}]}`},
		{call: "PUT /v1/assets/{asset}", path: "/v1/assets/credit:C1", body: `{"limit":500` + why},
		{call: "POST /v1/assets/{asset}/allot", path: "/v1/assets/credit:C1/allot", body: `{"site":"leeds","amount":100}`},
		{call: "POST /v1/customers/{customer}/erase", path: "/v1/customers/C2/erase", body: `{"reason":"spring"}`},
		{call: "PUT /v1/policy", body: `{"cover_days":3` + why},
		{call: "PUT /v1/policy/sites", body: `{"sites":[{"site":"hull","capacity":5}]` + why},
		{call: "PUT /v1/policy/zones", body: `{"zones":[{"country":"GB","site":"hull","cost":3}]` + why},
		{call: "PUT /v1/policy/classes", body: `{"classes":[{"name":"gold"}]` + why},
		{call: "PUT /v1/policy/presets", body: `{"presets":[{"class":"gold","preset":"nearest"}]` + why},
		{call: "PUT /v1/policy/checks", body: `{"checks":[{"name":"gb","kind":"address","then":"refuse","site":"leeds"}]` + why},
		{call: "PUT /v1/policy/least-days", body: `{"rules":[{"category":"dairy","days":5}]` + why},
		{call: "PUT /v1/policy/reasons", body: `{"reasons":[{"code":"damaged","way":"out"}]` + why},
		{call: "POST /v1/webhooks", body: `{"to":"https://example.com/hook","events":["order.confirmed"]}`, makes: "id"},
		{call: "POST /v1/webhooks/{id}/remove", path: "/v1/webhooks/ID/remove", body: `{}`},
		{call: "PUT /v1/erasures/rotation", body: `{"days":30` + why},
		{call: "POST /v1/sites/{site}/declare-lost", path: "/v1/sites/goole/declare-lost", body: `{"reason":"burnt down"}`},
		{call: "POST /v1/sites/{site}/write-off", path: "/v1/sites/goole/write-off", body: `{"reason":"burnt down"}`},
	}
}

// unacted are the calls that make no act there, each with why.
func unacted() map[string]string {
	const owns = "an order names its people itself: looked at below"
	const trust = "needs TLS: TestNobodySpeaksForASiteThatIsNotTheirs"
	const stuck = "needs something stuck: it goes the way of webhooks' remove, whose command it is"
	const supplier = "needs an order that a supplier sends, whose story names who took its word down: TestHeadOfficeSellsWhatASupplierSends"
	return map[string]string{
		"POST /v1/orders": owns, "POST /v1/orders/bulk": owns, "POST /v1/orders/{id}/cancel": owns, "POST /v1/orders/{id}/amend": owns,
		"POST /v1/orders/{id}/decide": "needs an order that waits: TestAnOrderOfHeadOfficesWaitsForSomebodysWord",
		"POST /v1/join-tokens":        trust, "POST /v1/join-tokens/{id}/revoke": trust, "POST /v1/authority/rotate": trust,
		"POST /v1/webhooks/{id}/resend": stuck, "POST /v1/webhooks/{id}/drop": stuck,
		"POST /v1/servers":       "a server asks for it about itself, with the owner's token",
		"POST /v1/servers/probe": "changes nothing", "POST /v1/webhooks/{id}/test": "sends a letter, and changes nothing",
		"POST /v1/expected/{reference}/what-if": "changes nothing", "POST /v1/policy/what-if": "changes nothing",
		"POST /v1/transfers/{id}/dispatch": "is refused: the site's node does it", "POST /v1/transfers/{id}/receive": "is refused: the site's node does it",
		"POST /v1/transfers/{id}/approve": "needs a site that asks: looked at below", "POST /v1/transfers/{id}/refuse": "needs a site that asks: its command is approve's",
		"POST /v1/sites/{site}/waive":          "needs a second life of head office: its command is signed as declare-lost's is",
		"POST /v1/sites/{site}/lift":           "needs a site that is avoided: looked at below",
		"POST /v1/exceptions/{id}/resolve":     "needs an exception: looked at below",
		"POST /v1/assets/{asset}/pay":          "needs something owed: its command is that of allot",
		"POST /v1/purchases/{reference}/close": "needs goods that came: its command is that of send and cancel",
		"POST /v1/erasures/answer":             "needs a node that is gone: its command is that of the rotation",
		"POST /v1/drop-shipments/{id}/confirm": supplier, "POST /v1/drop-shipments/{id}/dispatch": supplier, "POST /v1/drop-shipments/{id}/refuse": supplier, "POST /v1/drop-shipments/{id}/come-back": supplier,
		"POST /link/v1/state":   "servers tell each other",
		"POST /link/v1/archive": "servers tell each other",
	}
}

// A desk is somebody who has signed in at a device of head office, with a second person beside them.
type desk struct {
	*cluster
	token, approval string
}

func (d *desk) do(method, path, key, body string, into any) int {
	d.t.Helper()
	r, err := http.NewRequest(method, d.servers[0].URL()+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if d.approval != "" {
		r.Header.Set(contract.HeaderApproval, d.approval)
	}
	res, err := d.http.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		d.t.Fatal(err)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil || res.StatusCode >= 300 {
		d.t.Errorf("%s %s: got %d %s (%v)", method, path, res.StatusCode, raw, err)
	}
	return res.StatusCode
}

func (c *cluster) desk(user, role string) *desk {
	c.t.Helper()
	var device contract.User
	c.must(200, 0, "PUT", "/v1/users/desk-1", "", contract.UserRequest{Kind: "device", NewToken: true}, &device)
	for id, role := range map[string]string{user: role, "otto": "administrator"} {
		c.must(200, 0, "PUT", "/v1/users/"+id, "", contract.UserRequest{Roles: &[]string{role}, Password: id + "'s own words"}, nil)
	}
	d := &desk{cluster: c, token: device.Token}
	var in contract.SignedIn
	if raw := fmt.Sprintf(`{"user":%q,"password":%q}`, user, user+"'s own words"); d.do("POST", "/v1/sign-in", "", raw, &in) != 200 || in.Device != "desk-1" {
		c.t.Fatalf("got %+v, want %s signed in at desk-1", in, user)
	}
	d.token, d.approval = in.Token, "otto:otto's own words"
	return d
}

// acts are those behind number, which must all name who, where, and by whose leave.
func (d *desk) acts(behind uint64, call string) uint64 {
	d.t.Helper()
	approver, _, _ := strings.Cut(d.approval, ":")
	var h contract.History
	d.must(200, 0, "GET", "/v1/history?limit=20", "", nil, &h)
	if len(h.Acts) == 0 || h.Acts[0].Number == behind {
		d.t.Errorf("%s: got no act", call)
		return behind
	}
	for _, a := range h.Acts {
		if a.Number > behind && (a.By != "olga" || a.Device != "desk-1" || a.Approver != approver || !strings.HasPrefix(a.Call, strings.SplitN(call, "{", 2)[0])) {
			d.t.Errorf("%s: got %+v, want it olga's, at desk-1, approved by %q", call, a, approver)
		}
	}
	return h.Acts[0].Number
}

// Whatever is changed at head office names who did it, at which device, and who approved it. A call that is new has to be
// in one of the two tables.
func TestEachChangeNamesWhoWhereAndByWhoseLeave(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	hull := c.addSite("hull", "warehouse", 1)
	c.addSite("leeds", "counter", 2)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", contract.ItemRequest{Name: "Tap"}, nil)
	hull.hello()
	hull.receive("TAP-22", 20)
	hull.push()
	d := c.desk("olga", "administrator")
	var h contract.History
	c.must(200, 0, "GET", "/v1/history?limit=1", "", nil, &h)
	last, id, done := h.Acts[0].Number, "", map[string]bool{}
	approval := d.approval
	for i, w := range writes() {
		if d.approval = ""; i%5 == 0 { // each costs a hash
			d.approval = approval
		}
		method, path, _ := strings.Cut(w.call, " ")
		if w.path != "" {
			path = strings.ReplaceAll(w.path, "ID", id)
		}
		var made map[string]any
		d.do(method, path, w.call, w.body, &made)
		last, done[w.call] = d.acts(last, w.call), true
		if w.makes != "" {
			id = fmt.Sprint(made[w.makes])
		}
	}
	for _, call := range hq.Calls() {
		name := call.Method + " " + call.Path
		if why := unacted()[name]; call.Method != "GET" && call.Needs != door.Anybody && call.Needs != door.Linked && done[name] == (why != "") {
			t.Errorf("%s: done %v, and why not: %q; put it into one of the tables", name, done[name], why)
		}
	}
	d.approval = approval
	d.ordersNameTheirPeople(hull, last)
}

// ordersNameTheirPeople places, amends and cancels, and has what its site does not find seen to.
func (d *desk) ordersNameTheirPeople(hull *site, last uint64) {
	t := d.t
	var o contract.Order
	d.do("POST", "/v1/orders", "o-1", `{"lines":[{"sku":"TAP-22","qty":2}]}`, &o)
	d.do("POST", "/v1/orders/bulk", "o-2", `{"orders":[{"key":"o-3","order":{"lines":[{"sku":"TAP-22","qty":1}]}}]}`, nil)
	story := func(id ledger.OrderID) (out []string) {
		var e contract.Explanation
		d.must(200, 0, "GET", "/v1/orders/"+string(id)+"/explain", "", nil, &e)
		for _, s := range e.Story {
			out = append(out, fmt.Sprintf("%s by %s at %s, %s", s.What, s.By, s.Device, s.Approver))
		}
		return out
	}
	if got := story(o.ID); len(got) != 1 || got[0] != "placed by olga at desk-1, otto" {
		t.Errorf("got %q", got)
	}
	var list contract.OrderList
	d.must(200, 0, "GET", "/v1/orders", "", nil, &list)
	for _, v := range list.Orders {
		if got := story(v.ID); len(got) == 0 || got[0] != "placed by olga at desk-1, otto" {
			t.Errorf("%s: got %q", v.ID, got)
		}
	}
	d.do("POST", "/v1/orders/"+string(o.ID)+"/amend", "a-1", fmt.Sprintf(`{"version":%d,"lines":[{"line":1,"qty":1}]}`, max(o.Version, 1)), nil)
	last = d.acts(last, "POST /v1/orders/")
	d.do("POST", "/v1/orders/"+string(o.ID)+"/cancel", "c-1", ``, nil)
	d.acts(last, "POST /v1/orders/")
	if got := strings.Join(story(o.ID), "; "); got != "placed by olga at desk-1, otto; amended by olga at desk-1, otto; cancelled by olga at desk-1, otto" {
		t.Errorf("got %q", got)
	}
	// What somebody at a site asks for of an order of head office's is theirs, at their till.
	d.do("POST", "/v1/orders", "o-5", `{"lines":[{"sku":"TAP-22","qty":1}]}`, &o)
	var passed wire.ForwardReply
	if err := hull.post(wire.PathForward, &wire.Forward{Site: hull.id, Head: hull.head(), Cancel: o.ID, Actor: "ann", Device: "till-1", Approver: "beth",
		Key: ledger.DigestOf([]byte("ann's")), Request: ledger.DigestOf([]byte("cancel")), DeadlineMS: 10_000}, &passed); err != nil || passed.Status != 200 {
		t.Fatalf("got %+v, %v, want it cancelled", passed, err)
	}
	if got := strings.Join(story(o.ID), "; "); got != "placed by olga at desk-1, otto; cancelled by ann at till-1, beth" {
		t.Errorf("got %q", got)
	}
	var h contract.History
	d.must(200, 0, "GET", "/v1/history?limit=1", "", nil, &h)
	if a := h.Acts[0]; a.By != "ann" || a.Device != "till-1" || a.Approver != "beth" || a.Call != "POST /v1/orders/"+string(o.ID)+"/cancel" {
		t.Errorf("got %+v, want it ann's", a)
	}
	last = h.Acts[0].Number
	d.do("POST", "/v1/orders", "o-4", `{"lines":[{"sku":"TAP-22","qty":1}]}`, &o)
	d.eventually("hull will not serve it", func() error {
		if _, err := hull.pull(0); err != nil {
			return err
		}
		return hull.decide(&ledger.RejectLeg{Order: o.ID, Reason: "bent"}).Err
	})
	hull.push()
	var open hq.ExceptionList
	d.must(200, 0, "GET", "/v1/exceptions", "", nil, &open)
	if len(open.Exceptions) == 0 {
		t.Fatal("got no exception of what was rejected")
	}
	d.do("POST", fmt.Sprintf("/v1/exceptions/%d/resolve", open.Exceptions[0].ID), "", `{"note":"counted"}`, nil)
	last = d.acts(last, "POST /v1/exceptions/")
	d.do("POST", "/v1/sites/hull/lift", "", `{"sku":"TAP-22","reason":"counted"}`, nil)
	d.acts(last, "POST /v1/sites/")
}

// An act that somebody may not do alone is done with a second person's password, as at a till with a PIN: by the table of
// the door, in the same words, and never by a PIN, by oneself, or for a program.
func TestHeadOfficeActsAreApprovedByASecondPerson(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	d := c.desk("sue", "supervisor")
	owner, approval := c.token, d.approval
	limit := func(by string) contract.Problem {
		t.Helper()
		c.token, d.approval = d.token, ""
		r, err := http.NewRequest("PUT", c.servers[0].URL()+"/v1/items/TAP-22", strings.NewReader(`{"name":"Tap"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+d.token)
		if by != "" {
			r.Header.Set(contract.HeaderApproval, by)
		}
		res, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var p contract.Problem
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	pass, secret := d.token, "Have them type their name and PIN, or at head office their password, and send the request again with the header Holdfast-Approval: NAME:PIN."
	if p := limit(""); p.Code != contract.CodeApproverNeeded || p.Hint != secret || p.Detail != "sue may not do this alone: it takes an office or an administrator." {
		t.Errorf("got %+v", p)
	}
	for by, want := range map[string]contract.Code{"otto:4711": contract.CodeApprovalWrong, "sue:sue's own words": contract.CodeApprovalWrong, "otto": contract.CodeApprovalWrong, approval: ""} {
		if p := limit(by); p.Code != want {
			t.Errorf("approved by %s: got %+v, want %s", by, p, want)
		}
	}
	c.token = owner
	var program contract.User
	c.must(200, 0, "PUT", "/v1/users/shop", "", contract.UserRequest{Kind: "program", Roles: &[]string{"supervisor"}}, &program)
	d.token = program.Token
	if p := limit(approval); p.Code != contract.CodeForbidden {
		t.Errorf("a program with somebody's password: got %+v, want that nobody can approve it", p)
	}
	d.token, c.token = pass, owner
	left := "lost"
	c.must(200, 0, "PUT", "/v1/users/desk-1", "", contract.UserRequest{Disabled: &left}, nil)
	if p := limit(approval); p.Code != contract.CodeNoIdentity {
		t.Errorf("at a device that was turned away: got %+v", p)
	}
}
