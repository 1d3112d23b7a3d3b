package node_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

const paidOrder = "01900000-0000-7000-8000-0000000000aa"

// opened opens the drawer of T1 with 10.00, in coins of 0.05.
func (s *shop) opened(t *testing.T) {
	t.Helper()
	as[contract.Drawer](t, s.post("/v1/drawers/T1/open", `{"float":1000,"currency":"GBP","smallest_coin":5,"by":"anna"}`), 200)
}

// pays pays an order of 20.02 with what is said.
func (s *shop) pays(k, more, tenders string) said {
	return s.do("POST", "/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","total":2002,%s"tenders":[%s]}`, paidOrder, more, tenders), key(k))
}

func TestATillTakesMoneyAndGivesItBackWhileItIsCutOff(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.opened(t)
		first := s.pays("p", "", `{"tender":"card","amount":765,"ref":"TERM-0815"},{"tender":"cash","given":2000}`)
		p := as[contract.Payments](t, first, 201)
		if p.Status != "paid" || p.Paid != 2002 || p.Due != 0 || p.Receipt != "T1-1-000001" || p.Change != 765 || len(p.Tenders) != 2 || p.Currency != "GBP" {
			t.Fatalf("got %+v, want 20.02 paid with 7.65 change", p)
		}
		if cash := p.Tenders[1]; cash.Amount != 1237 || cash.Taken != 1235 || cash.Given != 2000 || cash.Left != 1237 {
			t.Errorf("got %+v, want 12.37 paid by 12.35 in coins", cash)
		}
		first.same(t, s.pays("p", "", `{"tender":"card","amount":765,"ref":"TERM-0815"},{"tender":"cash","given":2000}`))
		back := as[contract.Payments](t, s.post("/v1/refunds", `{"order":"`+paidOrder+`","till":"T1","reason":"broken","tenders":[{"number":2,"amount":500},{"number":1,"ref":"TERM-0816"}]}`), 201)
		if back.Status != "deposit" || back.PaidBack != 500 || back.Receipt != "T1-1-000002" || len(back.Refunds) != 2 || back.Tenders[0].Left != 0 {
			t.Errorf("got %+v, want 5.00 in cash and all of the card given back", back)
		}
		if got := as[contract.Payments](t, s.get("/v1/payments/"+paidOrder), 200); got.Paid != 737 || got.Receipt != "" {
			t.Errorf("got %+v, want 7.37 of it paid", got)
		}
		as[contract.Drawer](t, s.post("/v1/drawers/T1/pay-out", `{"amount":200,"reason":"window cleaner"}`), 200)
		as[contract.Drawer](t, s.post("/v1/drawers/T1/pay-in", `{"amount":100,"reason":"change"}`), 200)
		list := as[contract.DrawerList](t, s.get("/v1/drawers"), 200)
		if len(list.Drawers) != 1 || list.Drawers[0].Expected != 1635 || list.Drawers[0].Cards != 765 || list.Drawers[0].CardRefunds != 765 {
			t.Errorf("got %+v, want 16.35 in the drawer", list)
		}
		closed := as[contract.Drawer](t, s.post("/v1/drawers/T1/close", `{"counted":1630,"reason":"a coin under the till"}`), 200)
		if closed.Status != "closed" || *closed.Difference != -5 || closed.Receipts != 2 {
			t.Errorf("got %+v, want 0.05 missing", closed)
		}
		if got := as[contract.Day](t, s.get("/v1/days/now"), 200); got.Day != 1 || got.Status != "open" || got.Float != 1000 || got.Counted != 1630 {
			t.Errorf("got %+v, want the figures of the day so far", got)
		}
		day := as[contract.Day](t, s.post("/v1/days/end", `{}`), 201)
		sum := int64(0)
		for _, b := range day.Sums {
			sum += b.Amount
		}
		if day.Status != "ended" || sum != 0 || len(day.Tenders) != 2 || day.Tenders[0] != (contract.DayTender{Tender: "cash", Taken: 1237, Refunded: 500, Payments: 1, Refunds: 1}) {
			t.Errorf("got %+v, want the day's figures, 0 together", day)
		}
		if again := as[contract.Day](t, s.get("/v1/days/1"), 200); again.Seq != day.Seq || again.Status != "ended" {
			t.Errorf("got %+v, want day 1 as it ended", again)
		}
	})
}

// Every refusal of money says what is so and what can be done, and changes nothing.
func TestWhatACashierReadsWhereNoMoneyMoves(t *testing.T) {
	const refund = `{"order":"` + paidOrder + `","till":"T1","reason":"broken","tenders":[%s]}`
	for name, c := range map[string]struct {
		paid         string // tenders of the order, where it is paid first
		card         int64  // what is put on card 8817 first
		path, body   string
		status       int
		code         contract.Code
		detail, hint string
	}{
		"the drawer is closed": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T2","total":5,"tenders":[{"tender":"cash"}]}`, status: 409, code: contract.CodeDrawerClosed,
			detail: "The drawer of T2 is closed.", hint: "Open it with its float first"},
		"the drawer is open already": {path: "/v1/drawers/T1/open", body: `{"float":5}`, status: 409, code: contract.CodeDrawerOpen, detail: "The drawer of T1 is open.", hint: "close it first"},
		"a day with an open drawer":  {path: "/v1/days/end", body: `{}`, status: 409, code: contract.CodeDrawerOpen, detail: "The drawer of T1 is open, so the day cannot end.", hint: "close it first"},
		"more than is due": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":1000,"tenders":[{"tender":"cash","amount":1001}]}`, status: 409, code: contract.CodeOverpaid,
			detail: "10.00 GBP is due, and 10.01 GBP was to be taken. Nothing was taken.", hint: "Cash beyond it is change"},
		"nothing is left for a tender": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":1000,"tenders":[{"tender":"cash","amount":1000},{"tender":"card","ref":"R"}]}`,
			status: 409, code: contract.CodeOverpaid, detail: "10.00 GBP is due, and nothing of it is left for the tender without an amount. Nothing was taken.", hint: "Take what is due"},
		"less than is due": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":1000,"tenders":[{"tender":"cash","amount":400}]}`, status: 409, code: contract.CodePartPaid,
			detail: "10.00 GBP is due, and 4.00 GBP was to be taken. Nothing was taken.", hint: "as a deposit"},
		"less cash than is to be paid": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":1002,"tenders":[{"tender":"cash","given":995}]}`, status: 409, code: contract.CodeGivenShort,
			detail: "Tender 1: 10.00 GBP is to be paid in cash, and 9.95 GBP was handed over. Nothing was taken.", hint: "Ask for the rest"},
		"a tender that nobody knows": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"tenders":[{"tender":"cheque"}]}`, status: 400, code: contract.CodeBadValue,
			detail: `Tender 1: tender is "cheque"; it is cash, card, account, gift_card or store_credit.`},
		"a gift card without its number": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"tenders":[{"tender":"gift_card"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "Tender 1: ref is missing: give the number of the card."},
		"the account of nobody": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"tenders":[{"tender":"account"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "Tender 1: ref is missing: this book knows no customer of the order, so say whose account it is."},
		"a gift card with too little on it": {card: 1250, path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":3000,"tenders":[{"tender":"gift_card","ref":"8817"}]}`, status: 409, code: contract.CodeAssetShort,
			detail: "Card 8817 has 12.50 GBP here, 30.00 GBP was asked. Nothing was taken.", hint: "Take 12.50 GBP of it and the rest by another tender"},
		"two tenders of one card": {card: 1250, path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":3000,"tenders":[{"tender":"gift_card","ref":"8817","amount":1000},{"tender":"store_credit","ref":"8817","amount":1000},{"tender":"cash"}]}`,
			status: 409, code: contract.CodeAssetShort, detail: "Card 8817 has 2.50 GBP here, 10.00 GBP was asked. Nothing was taken.", hint: "the rest by another tender"},
		"an account that has nothing here": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":3000,"tenders":[{"tender":"account","ref":"ACME-1"}]}`, status: 409, code: contract.CodeAssetShort,
			detail: "The account of ACME-1 has 0.00 GBP here, 30.00 GBP was asked. Nothing was taken.", hint: "Take another tender"},
		"an account that is paid by a gift card": {card: 1250, path: "/v1/payments", body: `{"for":"credit:ACME-1","till":"T1","total":500,"tenders":[{"tender":"gift_card","ref":"8817"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "Tender 1: tender is not cash or card: an account or a card is paid for with money."},
		"money for a promotion": {path: "/v1/payments", body: `{"for":"promo:SPRING","till":"T1","total":500,"tenders":[{"tender":"cash"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "for is neither an account (credit:CUSTOMER) nor a card (card:NUMBER)."},
		"a card without a reference": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"tenders":[{"tender":"card"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "Tender 1: ref is not 1 to 64 bytes: give the reference of the terminal's slip."},
		"a card's number": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"tenders":[{"tender":"card","ref":"4111 1111 1111 1111"}]}`, status: 400, code: contract.CodeCardNumber,
			detail: "A text holds digits that pass the check of a card's number. Nothing of it was kept.", hint: "Never enter a card's number."},
		"another currency": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","total":5,"currency":"EUR","tenders":[{"tender":"cash"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "currency is EUR; the tills of this site take GBP."},
		"nobody says what it costs": {path: "/v1/payments", body: `{"order":"` + paidOrder + `","till":"T1","tenders":[{"tender":"cash"}]}`, status: 400, code: contract.CodeBadValue,
			detail: "total is missing: this book does not know what the order costs."},
		"nothing was paid here": {path: "/v1/refunds", body: fmt.Sprintf(refund, `{"number":1}`), status: 409, code: contract.CodeNothingPaid,
			detail: "This site has taken no money for this order, so it can give none back.", hint: "The receipt names the till that took it. Ask the book that owns the order"},
		"more back than was paid": {paid: `{"tender":"cash"}`, path: "/v1/refunds", body: fmt.Sprintf(refund, `{"number":1,"amount":2003}`), status: 409, code: contract.CodeOverRefunded,
			detail: "Tender 1, cash: 20.02 GBP of it can still be given back, and 20.03 GBP was named. Nothing was given back.", hint: "Give back what is left"},
		"a tender that is not there": {paid: `{"tender":"cash"}`, path: "/v1/refunds", body: fmt.Sprintf(refund, `{"number":2}`), status: 400, code: contract.CodeBadValue,
			detail: "Tender 1: tender is no tender of the order, which has 1 to 1."},
		"more cash than lies there": {paid: `{"tender":"card","ref":"R"}`, path: "/v1/drawers/T1/pay-out", body: `{"amount":1001,"reason":"bank"}`, status: 409, code: contract.CodeDrawerShort,
			detail: "10.00 GBP lies in the drawer of T1, and 10.01 GBP is to come out. Nothing was taken out.", hint: "Pay cash in first"},
		"cash out for no reason": {path: "/v1/drawers/T1/pay-out", body: `{"amount":5}`, status: 400, code: contract.CodeBadValue, detail: "reason is missing: say what the cash is for."},
		"a refund for no reason": {paid: `{"tender":"cash"}`, path: "/v1/refunds", body: strings.Replace(fmt.Sprintf(refund, `{"number":1}`), `"broken"`, `""`, 1), status: 400, code: contract.CodeBadValue,
			detail: "reason is missing: say why money is given back."},
		"a count that is less": {path: "/v1/drawers/T1/close", body: `{"counted":990}`, status: 409, code: contract.CodeDrawerDiffers,
			detail: "9.90 GBP was counted in the drawer of T1, 0.10 GBP less than expected.", hint: "Count again"},
		"a count that is more": {path: "/v1/drawers/T1/close", body: `{"counted":1010}`, status: 409, code: contract.CodeDrawerDiffers,
			detail: "10.10 GBP was counted in the drawer of T1, 0.10 GBP more than expected.", hint: "with a reason under a new key"},
		"a till of no name": {path: "/v1/drawers/T%201/close", body: `{"counted":5}`, status: 400, code: contract.CodeBadValue, detail: `till has ' ' in it.`},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, 0, func(t *testing.T, s *shop) {
				s.opened(t)
				if c.paid != "" {
					as[contract.Payments](t, s.pays("first", "", c.paid), 201)
				}
				if c.card > 0 {
					as[contract.Payments](t, s.post("/v1/payments", fmt.Sprintf(`{"for":"card:8817","till":"T1","total":%d,"tenders":[{"tender":"cash"}]}`, c.card)), 201)
				}
				before := s.get("/v1/drawers").body
				no := s.do("POST", c.path, c.body, key("no"))
				p := no.want(t, c.status, c.code)
				if p.Detail != c.detail || !strings.Contains(p.Hint, c.hint) {
					t.Errorf("got %q (%q), want %q (%q)", p.Detail, p.Hint, c.detail, c.hint)
				}
				if got := s.get("/v1/drawers").body; string(got) != string(before) {
					t.Errorf("got %s, want the money as it was: %s", got, before)
				}
				if c.status == 409 && c.code != contract.CodeNothingPaid {
					no.same(t, s.do("POST", c.path, c.body, key("no")))
				}
				if !strings.Contains(c.path, "%20") { // the path is read first
					s.do("POST", c.path, c.body).want(t, 400, contract.CodeKeyMissing)
				}
			})
		})
	}
}

func TestACancelledOrderIsNotPaidAndItsDepositGoesBack(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		s.opened(t)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","lines":[{"sku":"TAP-22","qty":1}],"channel":"counter"}`), 201)
		pay := func(k, more string) said {
			return s.do("POST", "/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1",%s"tenders":[{"tender":"cash","amount":500}]}`, o.ID, more), key(k))
		}
		as[contract.Payments](t, pay("a", `"total":2000,"deposit":true,`), 201)
		s.post("/v1/orders/"+string(o.ID)+"/cancel", ``)
		if p := pay("b", `"deposit":true,`).want(t, 409, contract.CodeOrderCanceled); p.Detail != "The order was cancelled, so nothing is to be paid for it." {
			t.Errorf("got %+v", p)
		}
		back := as[contract.Payments](t, s.post("/v1/refunds", fmt.Sprintf(`{"order":%q,"till":"T1","reason":"cancelled","tenders":[{"number":1}]}`, o.ID)), 201)
		if back.Status != "unpaid" || back.PaidBack != 500 {
			t.Errorf("got %+v, want the deposit given back", back)
		}
	})
}

func TestMoneyThatNobodyKnowsOf(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.get("/v1/payments/"+paidOrder).want(t, 404, contract.CodeNotFound)
		s.get("/v1/payments/nonsense").want(t, 404, contract.CodeNotFound)
		s.get("/v1/days/7").want(t, 404, contract.CodeNotFound)
		s.get("/v1/days/yesterday").want(t, 400, contract.CodeBadValue)
		if p := s.post("/v1/drawers/T1/open", `{"float":5}`).want(t, 400, contract.CodeBadValue); p.Detail != "currency is missing: say it when the first drawer of a site is opened, for example GBP." {
			t.Errorf("got %+v", p)
		}
	})
}

// What an order of this site costs its prices say; nobody has to tell it, and nobody can tell another total.
func TestAnOrderIsPaidByItsPrices(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.opened(t)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"take","channel":"counter","lines":[{"sku":"TAP-22","qty":2}]}`), 201)
		pay := func(k, more string) said {
			return s.do("POST", "/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1",%s"tenders":[{"tender":"cash"}]}`, o.ID, more), key(k))
		}
		if p := pay("a", `"total":2500,`).want(t, 400, contract.CodeBadValue); p.Detail != "total is 2500; by its prices 2598 is to be paid for what the customer keeps. Leave it out, or look the order up again." {
			t.Errorf("got %+v", p)
		}
		if p := as[contract.Payments](t, pay("b", ""), 201); p.Status != "paid" || p.Total != 2598 || p.Tenders[0].Taken != 2600 {
			t.Errorf("got %+v, want 25.98 paid by 26.00 in coins", p)
		}
		some := as[contract.Order](t, s.post("/v1/orders", `{"channel":"import","fulfil":"take","lines":[{"sku":"CLIP","qty":2},{"sku":"PIPE","qty":3}]}`), 201)
		for more, detail := range map[string]string{
			"":             "total is missing or too low: 1 lines of the order have no price, and the others come to 250.",
			`"total":249,`: "total is missing or too low: 1 lines of the order have no price, and the others come to 250.",
		} {
			body := fmt.Sprintf(`{"order":%q,"till":"T1",%s"tenders":[{"tender":"cash"}]}`, some.ID, more)
			if p := s.do("POST", "/v1/payments", body, key("c"+more)).want(t, 400, contract.CodeBadValue); p.Detail != detail {
				t.Errorf("got %q, want %q", p.Detail, detail)
			}
		}
		as[contract.Payments](t, s.do("POST", "/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","total":300,"tenders":[{"tender":"cash"}]}`, some.ID), key("d")), 201)
	})
}
