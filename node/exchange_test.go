package node_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A customer brings one of two taps back and takes a dearer one, and then the other for a cheaper one. Each is one act: what is refused has moved nothing.
func TestGoodsAreExchangedForTheDifference(t *testing.T) {
	inShop(t, 6, func(t *testing.T, s *shop) {
		s.opened(t)
		tap := func(q, price int) string {
			return fmt.Sprintf(`"lines":[{"sku":"TAP-22","qty":%d,"unit_price":{"amount":%d,"currency":"GBP","tax":"included"}}]`, q, price)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{`+tap(2, 500)+`}`), 201)
		as[contract.Payments](t, s.post("/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","tenders":[{"tender":"card","amount":300,"ref":"R-1"},{"tender":"cash"}]}`, o.ID)), 201)
		wish := func(q, price int, more string) string {
			return fmt.Sprintf(`{"order":%q,"till":"T1","reason":"too small","lines":[{"line":1,"qty":%d,"disposition":"restock"}],"sale":{%s}%s}`, o.ID, q, tap(1, price), more)
		}
		stock, money := s.stock("TAP-22"), string(s.get("/v1/drawers").body)
		for name, c := range map[string]struct {
			body   string
			status int
			code   contract.Code
			says   string
		}{
			"more than was sold": {wish(3, 800, ""), 409, contract.CodeOverReturned, "More comes back"},
			"not enough goods":   {strings.Replace(wish(1, 800, ""), `"qty":1,"unit`, `"qty":5,"unit`, 1), 409, contract.CodeStockShort, "Only 4 left in Leeds."},
			"no difference":      {wish(1, 800, ""), 409, contract.CodePartPaid, "3.00"},
			"too much of it":     {wish(1, 800, `,"tenders":[{"tender":"cash","amount":301}]`), 409, contract.CodeOverpaid, "3.00"},
			"a closed drawer":    {strings.Replace(wish(1, 800, ""), "T1", "T2", 1), 409, contract.CodeDrawerClosed, "T2"},
			"no refund":          {wish(1, 200, ""), 400, contract.CodeBadValue, "300 are to be given back"},
			"a refund too much":  {wish(1, 800, `,"refund":[{"number":2}]`), 400, contract.CodeBadValue, "is not due"},
			"sent, not taken":    {strings.Replace(wish(1, 800, ""), `"sale":{`, `"sale":{"fulfil":"deliver","ship_to":{"country":"GB","postcode":"LS1 1AA"},`, 1), 400, contract.CodeBadValue, "by itself"},
			"no receipt":         {strings.Replace(wish(1, 800, ""), string(o.ID), "", 1), 400, contract.CodeBadValue, "order"},
		} {
			p := s.do("POST", "/v1/exchanges", c.body, key(name)).want(t, c.status, c.code)
			if words := p.Detail + " " + p.Title; !strings.Contains(words, c.says) || c.status == 409 && p.Hint == "" {
				t.Errorf("%s: got %q (%q), want %q and a way out", name, p.Detail, p.Hint, c.says)
			}
			if strings.Contains(p.Hint, "partial") || strings.Contains(p.Hint, "backorder") {
				t.Errorf("%s: got the hint %q: goods in the hand are neither taken in part nor waited for", name, p.Hint)
			}
			s.do("POST", "/v1/exchanges", c.body, key(name)).want(t, c.status, c.code)
			if got := string(s.get("/v1/drawers").body); got != money {
				t.Errorf("%s: got %s, want no money moved", name, got)
			}
			if got := s.stock("TAP-22"); got.OnHand != stock.OnHand || got.Available != stock.Available || got.Blocked != stock.Blocked {
				t.Errorf("%s: got %+v, want no goods moved", name, got)
			}
		}

		first := s.do("POST", "/v1/exchanges", wish(1, 800, `,"tenders":[{"tender":"cash","given":500}]`), key("dearer"))
		p := as[contract.Payments](t, first, 201)
		if x := p.Exchange; x == nil || x.Credit != 500 || x.Moved != 500 || x.Back != 0 || x.Receipt != "" || p.Status != "paid" || p.Total != 800 || p.Change != 200 || p.Receipt == "" || len(p.Tenders) != 3 || p.Tenders[0].Tender != "card" {
			t.Fatalf("got %+v (%+v), want 3.00 by card and 2.00 in cash moved, 3.00 paid", p, p.Exchange)
		}
		first.same(t, s.do("POST", "/v1/exchanges", wish(1, 800, `,"tenders":[{"tender":"cash","given":500}]`), key("dearer")))
		if got := as[contract.Payments](t, s.get("/v1/payments/"+string(o.ID)), 200); got.Paid != 500 || got.Total != 500 || got.Due != 0 {
			t.Errorf("got %+v, want 5.00 left of it, for the tap that is kept", got)
		}
		p = as[contract.Payments](t, s.post("/v1/exchanges", wish(1, 200, `,"refund":[{"number":2}]`)), 201)
		if x := p.Exchange; x == nil || x.Moved != 200 || x.Back != 300 || x.Coins != 300 || x.Receipt == "" || p.Status != "paid" || p.Order == o.ID {
			t.Fatalf("got %+v (%+v), want 2.00 moved and 3.00 given back", p, p.Exchange)
		}
		s.post("/v1/refunds", `{"order":"`+string(o.ID)+`","till":"T1","reason":"again","tenders":[{"number":2}]}`).want(t, 409, contract.CodeOverRefunded)
		if got := s.stock("TAP-22"); got.OnHand != 4 || got.Available != 4 {
			t.Errorf("got %+v, want four of six: two are with the customer", got)
		}
		if d := as[contract.DrawerList](t, s.get("/v1/drawers"), 200).Drawers[0]; d.Expected != 1000+700+300-300 {
			t.Errorf("got %+v, want 17.00", d)
		}
	})
}

// Cut off from head office, a cashier exchanges goods for others that cost as much, or more, alone; where some is given back it takes a supervisor's PIN.
func TestACashierExchangesAloneUnlessMoneyGoesOut(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		ann, approved := s.employs(h)
		s.receive("TAP-22", 6)
		s.opened(t)
		h.w.net.setCut(hqAddr, true)
		o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":2,"unit_price":{"amount":500,"currency":"GBP"}}]}`, ann), 201)
		as[contract.Payments](t, s.post("/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","tenders":[{"tender":"cash"}]}`, o.ID), ann), 201)
		wish := func(price int, more string) string {
			return fmt.Sprintf(`{"order":%q,"till":"T1","reason":"too small","lines":[{"line":1,"qty":1,"disposition":"restock"}],"sale":{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":%d,"currency":"GBP"}}]}%s}`, o.ID, price, more)
		}
		p := s.post("/v1/exchanges", wish(200, `,"refund":[{"number":1}]`), ann).want(t, 403, contract.CodeApproverNeeded)
		if p.Detail != "ann may not do this alone: it takes a supervisor or an administrator." {
			t.Errorf("got %q", p.Detail)
		}
		if even := as[contract.Payments](t, s.post("/v1/exchanges", wish(500, ""), ann), 201); even.Exchange.Back != 0 || even.Exchange.Moved != 500 || even.Status != "paid" {
			t.Errorf("got %+v of %+v, want it even", even.Exchange, even)
		}
		if less := as[contract.Payments](t, s.post("/v1/exchanges", wish(200, `,"refund":[{"number":1}]`), ann, approved), 201); less.Exchange.Back != 300 || less.Exchange.Coins != 300 {
			t.Errorf("got %+v, want 3.00 given back", less.Exchange)
		}
		h.w.net.setCut(hqAddr, false)
		waitFor(t, "the journal to be there", func() bool { return s.node.Status().Link.Online })
	})
}
