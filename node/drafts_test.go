package node_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// TestTwoTabsOnOneTillPlaceAParkedSaleOnce, cut off, and a restart between.
func TestTwoTabsOnOneTillPlaceAParkedSaleOnce(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		parked := as[contract.Order](t, s.post("/v1/orders", `{"draft":{"kind":"parked","note":"has gone for her purse"},"lines":[{"sku":"PIPE","qty":3,"discount":{"ppm":100000,"reason":"staff"}}]}`), 201)
		if parked.Status != "draft" || parked.Draft.Number != "LEEDS-000001" || parked.Lines[0].Reserved == nil || len(parked.Lines[0].Reserved) != 0 || len(parked.Fulfilments) != 0 {
			t.Fatalf("got %+v", parked)
		}
		s.holds("PIPE", 100, 100, 0)
		list := as[contract.OrderList](t, s.get("/v1/orders?status=draft"), 200)
		if len(list.Orders) != 1 || list.Orders[0].Draft.Note != "has gone for her purse" || s.node.Status().Drafts != 1 || s.node.Status().OpenOrders != 0 {
			t.Errorf("got %+v, want the parked sale", list)
		}
		s.put("PIPE", `{"name":"Pipe","price":{"amount":300,"currency":"GBP","per":3}}`)
		s.shut()
		s.start()
		path := "/v1/orders/" + string(parked.ID) + "/place"
		first := s.do("POST", path, ``, key("tab 1"))
		o := as[contract.Order](t, first, 201)
		if o.Status != "completed" || o.ID != parked.ID || o.Number != "LEEDS-000002" || charged(o) != "3 PIPE at 300 item: 270+0=270 off 30 staff; 270+0=270 GBP" {
			t.Errorf("got %s of %+v, want it sold at today's price", charged(o), o)
		}
		first.same(t, s.do("POST", path, ``, key("tab 1")))
		p := s.do("POST", path, ``, key("tab 2")).want(t, 409, contract.CodeDraftPlaced)
		if p.Detail != "It was placed before, as order LEEDS-000002, which is completed." {
			t.Errorf("got %q", p.Detail)
		}
		s.holds("PIPE", 97, 97, 0)
		if s.node.Status().Drafts != 0 {
			t.Errorf("got %d drafts, want none", s.node.Status().Drafts)
		}
		s.post(path, `{"reprice":"x"}`).want(t, 400, contract.CodeWrongType)
		s.do("POST", path, ``).want(t, 400, contract.CodeKeyMissing)
		s.post("/v1/orders/01900000-0000-7000-8000-0000000000ff/place", ``).want(t, 404, contract.CodeNotFound)
	})
}

func TestAQuoteHoldsItsPricesUntilItsDay(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		const was, now = "3 PIPE at 250 item: 250+0=250; 1 CLIP at 7 said: 7+0=7; 257+0=257 GBP", "3 PIPE at 600 item: 500+100=600; 1 CLIP at 7 said: 7+0=7; 507+100=607 GBP"
		quote := func(draft string) string {
			o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","draft":`+draft+`,"lines":[{"sku":"PIPE","qty":3},{"sku":"CLIP","qty":1,"unit_price":{"amount":7,"currency":"GBP"}}]}`), 201)
			if got := charged(o); got != was {
				t.Errorf("the quote says %s, want %s: nothing is promised of it, and it costs what it is offered for", got, was)
			}
			return "/v1/orders/" + string(o.ID)
		}
		day := time.Now().UTC().Format(time.DateOnly)
		held := quote(`{"kind":"quote","valid_until":"` + day + `","hold_prices":true}`)
		open := quote(`{"kind":"quote","valid_until":"` + day + `"}`)
		anew := quote(`{"kind":"quote","valid_until":"` + day + `","hold_prices":true}`)
		over := quote(`{"kind":"quote","valid_until":"` + day + `","hold_prices":true}`)
		s.put("PIPE", `{"name":"Pipe","price":{"amount":600,"currency":"GBP","per":3},"tax_rate_ppm":200000}`)
		for name, c := range map[string]struct{ path, body, want string }{"held": {held, ``, was}, "open": {open, ``, now}, "anew": {anew, `{"reprice":true}`, now}} {
			if got := charged(as[contract.Order](t, s.post(c.path+"/place", c.body), 201)); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
		time.Sleep(24 * time.Hour)
		if o := as[contract.Order](t, s.get(over), 200); !o.Draft.Expired || o.Status != ledger.StatusDraft {
			t.Errorf("got %+v, want it expired", o)
		}
		p := s.post(over+"/place", ``).want(t, 409, contract.CodeQuoteExpired)
		if p.Detail != fmt.Sprintf("Quote LEEDS-000004 was good until %s.", day) || p.Hint == "" {
			t.Errorf("got %+v", p)
		}
		if got := charged(as[contract.Order](t, s.post(over+"/place", `{"reprice":true}`), 201)); got != now {
			t.Errorf("got %s, want %s", got, now)
		}
	})
}

func TestADraftIsPutAway(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"draft":{"kind":"parked"},"lines":[{"sku":"PIPE","qty":3}]}`), 201)
		gone := as[contract.Order](t, s.post("/v1/orders/"+string(o.ID)+"/cancel", ``), 200)
		if gone.Status != "cancelled" {
			t.Errorf("got %+v, want it cancelled", gone)
		}
		p := s.post("/v1/orders/"+string(o.ID)+"/place", ``).want(t, 409, contract.CodeDraftPlaced)
		if p.Detail != "LEEDS-000001 was put away, or cancelled." {
			t.Errorf("got %q", p.Detail)
		}
		for name, c := range map[string]struct{ draft, field string }{
			"no kind": {`{}`, "draft.kind"}, "another kind": {`{"kind":"wish"}`, "draft.kind"}, "a day of words": {`{"kind":"quote","valid_until":"soon"}`, "draft.valid_until"},
			"held for ever": {`{"kind":"quote","hold_prices":true}`, "draft.hold_prices"}, "parked until": {`{"kind":"parked","valid_until":"2030-01-01"}`, "draft.valid_until"},
			"its number": {`{"kind":"parked","number":"L-1"}`, "draft"},
		} {
			if p := s.post("/v1/orders", `{"draft":`+c.draft+`,"lines":[{"sku":"PIPE","qty":3}]}`).want(t, 400, contract.CodeBadValue); p.Field != c.field {
				t.Errorf("%s: got %+v, want %s", name, p, c.field)
			}
		}
		s.post("/v1/orders", `{"in_hand":true,"draft":{"kind":"parked"},"lines":[{"sku":"PIPE","qty":3}]}`).want(t, 400, contract.CodeBadValue)
	})
}
