package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

const checksOfAShop = `{"checks":[
	{"name":"bulk","kind":"quantity","limit":50,"then":"wait","owner":"sales","default":"cancel","wait_for":"4h","override":true},
	{"name":"credit","kind":"credit","then":"wait","owner":"accounts","default":"release","wait_for":"2h"},
	{"name":"known","kind":"customer_unknown","then":"refuse"}]}`

// inCheckedShop has a customer with an account, one who is blocked, and checks.
func inCheckedShop(t *testing.T, test func(*testing.T, *shop)) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		as[contract.CheckList](t, s.do("PUT", "/v1/policy/checks", checksOfAShop), 200)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/ACME", `{"name":"Acme Ltd","group":"trade","terms_days":30,"addresses":[{"label":"yard","postcode":"LS1","country":"GB"}]}`), 200)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/C-1", `{"name":"Miller","blocked":"owes since May."}`), 200)
		test(t, s)
	})
}

// What a cashier reads when a check says no, and what can be done.
func TestACashierIsToldWhatACheckSaysAndWhatCanBeDone(t *testing.T) {
	inCheckedShop(t, func(t *testing.T, s *shop) {
		for body, want := range map[string][2]string{
			`{"lines":[{"sku":"PIPE","qty":60}]}`: {"Line 1 is for 60 of PIPE in all; more than 50 is out of the ordinary.",
				"A supervisor may let it through: send it again under a new key, with their name and the reason in override. What is taken along cannot wait: sent with fulfil collect or deliver it waits for sales."},
			`{"customer":"C-1","lines":[{"sku":"PIPE","qty":1}]}`: {"Nothing is sold to customer C-1, who is blocked: their account says why.", "Put right what is said, and send it under a new key."},
			`{"customer":"C-2","lines":[{"sku":"PIPE","qty":1}]}`: {"There is no customer C-2.", "Put right what is said, and send it under a new key."},
		} {
			p := s.post("/v1/orders", body).want(t, 409, contract.CodeCheckRefused)
			if p.Detail != want[0] || p.Hint != want[1] || p.Review == nil || p.Review.Status != "refused" {
				t.Errorf("got %q, %q, %+v", p.Detail, p.Hint, p.Review)
			}
		}
		no := s.do("POST", "/v1/orders", `{"customer":"C-1","lines":[{"sku":"PIPE","qty":1}]}`, key("once"))
		as[contract.Customer](t, s.do("PUT", "/v1/customers/C-1", `{"name":"Miller"}`), 200)
		no.same(t, s.do("POST", "/v1/orders", `{"customer":"C-1","lines":[{"sku":"PIPE","qty":1}]}`, key("once"))) // a no is remembered
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"C-1","lines":[{"sku":"PIPE","qty":1}]}`), 201)
		if p := s.post("/v1/orders", `{"customer":"ACME","fulfil":"deliver","deliver_to":"home","lines":[{"sku":"CLIP","qty":1}]}`).want(t, 400, contract.CodeBadValue); p.Detail != `deliver_to is "home", and customer ACME has no address of that label; it is one of yard.` {
			t.Errorf("got %q", p.Detail)
		}
		if p := s.post("/v1/orders", `{"override":{"by":"beth"},"lines":[{"sku":"PIPE","qty":60}]}`).want(t, 400, contract.CodeBadValue); p.Detail != "override.reason is empty; say why." {
			t.Errorf("got %q", p.Detail)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{"override":{"by":"beth","reason":"the bar next door"},"lines":[{"sku":"PIPE","qty":60}]}`), 201)
		if o.Status != "completed" || o.Review.Status != "released" || o.Review.By != "beth" || o.Review.Reason != "the bar next door" {
			t.Errorf("got %s of %+v, want it sold under beth's name", o.Status, o.Review)
		}
		o = as[contract.Order](t, s.post("/v1/orders", `{"in_hand":true,"customer":"C-3","lines":[{"sku":"PIPE","qty":1}]}`), 201)
		if o.Status != "completed" || o.Review.Reason != "in hand" || o.Review.Trips[0].Check != "known" {
			t.Errorf("got %s of %+v: goods in the hand are sold", o.Status, o.Review)
		}
	})
}

// An order that waits is in a list, is decided by name, and by itself when it is due; its group chose its prices.
func TestAnOrderThatWaitsIsInAListUntilSomebodyDecidesOrItIsDue(t *testing.T) {
	inCheckedShop(t, func(t *testing.T, s *shop) {
		place := func(qty string) contract.Order {
			return as[contract.Order](t, s.post("/v1/orders", `{"customer":"ACME","fulfil":"collect","shortage":"backorder","lines":[{"sku":"TAP-22","qty":`+qty+`}]}`), 201)
		}
		path := func(o contract.Order) string { return "/v1/orders/" + string(o.ID) }
		many := place("80000")
		if r := many.Review; many.Status != "waiting" || r.Status != "waiting" || r.Owner != "accounts" || r.Default != "cancel" || len(r.Trips) != 2 || many.PriceGroup != "trade" || len(many.Lines[0].Reserved) != 0 || len(many.Fulfilments) != 0 {
			t.Fatalf("got %s, %+v", many.Status, r)
		}
		s.holds("TAP-22", 100, 100, 0)
		waitALittle()
		few := place("1")
		if r := few.Review; r.Owner != "accounts" || r.Default != "release" || r.Trips[0].Words != "It comes to 11.99 GBP, and customer ACME may buy for 0.00 GBP more on account." {
			t.Errorf("got %+v", r)
		}
		waitALittle()
		third := place("2")
		list := as[contract.OrderList](t, s.get("/v1/orders?status=waiting"), 200)
		if len(list.Orders) != 3 || list.Orders[0].ID != many.ID || s.node.Status().OpenOrders != 0 {
			t.Errorf("got %+v", list)
		}
		if p := s.post(path(many)+"/decide", `{"decision":"release","by":"","reason":"x"}`).want(t, 400, contract.CodeBadValue); p.Detail != "by is empty: somebody decides." {
			t.Errorf("got %q", p.Detail)
		}
		first := s.do("POST", path(many)+"/decide", `{"decision":"cancel","by":"olga","reason":"eight were meant"}`, key("d"))
		if o := as[contract.Order](t, first, 200); o.Status != "cancelled" || o.Review.Status != "cancelled" || o.Review.By != "olga" {
			t.Errorf("got %s, %+v", o.Status, o.Review)
		}
		first.same(t, s.do("POST", path(many)+"/decide", `{"decision":"cancel","by":"olga","reason":"eight were meant"}`, key("d")))
		p := s.post(path(many)+"/decide", `{"decision":"release","by":"beth","reason":"known"}`).want(t, 409, contract.CodeNotWaiting)
		if !strings.HasPrefix(p.Detail, "olga has cancelled order "+many.Number+" already, at ") || !strings.HasSuffix(p.Detail, "; it is cancelled.") {
			t.Errorf("got %q", p.Detail)
		}
		if o := as[contract.Order](t, s.post(path(third)+"/decide", `{"decision":"release","by":"beth","reason":"they paid"}`), 200); o.Status != "allocated" || o.Number != third.Number || o.Review.Status != "released" || charged(o) != charged(third) {
			t.Errorf("got %s %s of %+v", o.Status, o.Number, o.Review)
		}
		s.shut() // what is due is decided whenever the node is there again
		time.Sleep(3 * time.Hour)
		s.start()
		waitFor(t, "the order to be decided", func() bool {
			return as[contract.Order](t, s.get(path(few)), 200).Status != "waiting"
		})
		if o := as[contract.Order](t, s.get(path(few)), 200); o.Status != "allocated" || o.Review.Status != "released" || o.Review.By != "" || o.Review.Reason != "nobody decided" {
			t.Errorf("got %s, %+v", o.Status, o.Review)
		}
		p = s.post(path(few)+"/decide", `{"decision":"cancel","by":"beth","reason":"x"}`).want(t, 409, contract.CodeNotWaiting)
		if !strings.HasPrefix(p.Detail, "Order "+few.Number+" was released when it was due, at ") {
			t.Errorf("got %q", p.Detail)
		}
		if list := as[contract.OrderList](t, s.get("/v1/orders?status=waiting"), 200); len(list.Orders) != 0 {
			t.Errorf("got %+v, want none", list)
		}
	})
}

// Who is known at the door lets an order through by their own name and right: a cashier has it approved by somebody who may decide, whatever name
// the request gives; of the owner's token that name is taken.
func TestAnOverrideIsTheActOfSomebodyWhoMayDecide(t *testing.T) {
	inCheckedShop(t, func(t *testing.T, s *shop) {
		s.receive("PIPE", 300)
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		s.user("bob", `{"roles":["cashier"],"pin":"4713"}`)
		s.user("sue", `{"roles":["supervisor"],"pin":"4712"}`)
		const body = `{"override":{"by":"the manager","reason":"the bar next door"},"lines":[{"sku":"PIPE","qty":60}]}`
		ann := s.signIn(till, "ann", "4711")
		s.post("/v1/orders", body, ann).want(t, 403, contract.CodeApproverNeeded)
		s.post("/v1/orders", body, ann, header(contract.HeaderApproval, "bob:4713")).want(t, 403, contract.CodeApproverNeeded)
		o := as[contract.Order](t, s.post("/v1/orders", body, ann, header(contract.HeaderApproval, "sue:4712")), 201)
		if o.Review.By != "sue" {
			t.Errorf("got %+v, want it let through by sue", o.Review)
		}
		s.user("shop", `{"kind":"program","roles":["cashier"]}`)
		shop := s.user("shop", `{"new_token":true}`)
		s.post("/v1/orders", body, bearing(shop)).want(t, 403, contract.CodeForbidden)
		sue := s.signIn(till, "sue", "4712")
		if o := as[contract.Order](t, s.post("/v1/orders", body, sue), 201); o.Review.By != "sue" {
			t.Errorf("got %+v, want sue's own name", o.Review)
		}
		s.post("/v1/orders", body).want(t, 400, contract.CodeBadValue) // the owner's token names somebody who may
		named := strings.Replace(body, "the manager", "sue", 1)
		if o := as[contract.Order](t, s.post("/v1/orders", named), 201); o.Review.By != "sue" {
			t.Errorf("got %+v, want the name that was given", o.Review)
		}
	})
}
