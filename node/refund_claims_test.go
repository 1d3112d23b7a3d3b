package node_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order of another site comes back: the cashier asks, is told to wait, and gives back what was granted. Cut off, a supervisor pays as far as the site may.
func TestACashierGivesBackWhatAnotherSiteTook(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		const order = "01900000-0000-7000-8000-0000000000aa"
		as[contract.Drawer](t, s.post("/v1/drawers/T1/open", `{"float":10000,"currency":"GBP"}`), 200)
		s.post("/v1/refunds", `{"order":"`+order+`","till":"T1","reason":"broken","tenders":[{"number":1}]}`).want(t, 409, contract.CodeNothingPaid)
		s.get("/v1/payments/"+order).want(t, 404, contract.CodeNotFound)
		for body, code := range map[string]contract.Code{
			`{"order":"x","till":"T1","amount":5,"reason":"r"}`:                                            contract.CodeBadValue,
			`{"order":"` + order + `","till":"T1","amount":0,"reason":"r"}`:                                contract.CodeBadValue,
			`{"order":"` + order + `","till":"T1","amount":5}`:                                             contract.CodeBadValue,
			`{"order":"` + order + `","till":"T1","amount":5,"reason":"r","a":1}`:                          contract.CodeUnknownField,
			`{"order":"` + order + `","till":"T1","amount":5,"reason":"` + strings.Repeat("r", 129) + `"}`: contract.CodeBadValue,
		} {
			s.post("/v1/refund-claims", body).want(t, 400, code)
		}
		s.post("/v1/refund-claims", `{"order":"`+order+`","till":"T9","amount":500,"reason":"broken"}`).want(t, 409, contract.CodeDrawerClosed)
		const ask = `{"order":"` + order + `","till":"T1","amount":500,"reason":"broken","by":"beth"}`
		first := s.do(http.MethodPost, "/v1/refund-claims", ask, key("ask"))
		asked := as[contract.Payments](t, first, 201)
		if len(asked.Claims) != 1 || asked.Claims[0].Status != "asked" || len(asked.Tenders) != 0 {
			t.Fatalf("got %+v, want it asked for", asked)
		}
		first.same(t, s.do(http.MethodPost, "/v1/refund-claims", ask, key("ask")))
		h.commands(ledger.HQCommand{ID: "york/1/9/0/answer", Kind: ledger.CommandRefund, Order: order, Owner: "york", Site: "leeds", Return: ledger.ReturnID(asked.Claims[0].Claim), Reason: "GBP",
			Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 300}, {Line: int(ledger.TenderStoreCredit), SKU: "card:8817", Qty: 100}}})
		h.obeyed()
		got := as[contract.Payments](t, s.get("/v1/payments/"+order), 200)
		if c := got.Claims[0]; c.Status != "part_granted" || c.Granted != 400 || c.Owner != "york" || len(got.Tenders) != 2 || got.Tenders[0].From != "york" || got.Tenders[0].Left != 300 || got.Tenders[1].Ref != "8817" || got.Tenders[0].Receipt != "" {
			t.Fatalf("got %+v, want 300 in cash and 100 of a card from york", got)
		}
		back := as[contract.Payments](t, s.post("/v1/refunds", `{"order":"`+order+`","till":"T1","reason":"broken","tenders":[{"number":1},{"number":2}]}`), 201)
		if back.PaidBack != 300 || back.Paid != 0 {
			t.Errorf("got %+v, want 300 paid back in cash", back)
		}
		p := s.post("/v1/refunds", `{"order":"`+order+`","till":"T1","reason":"broken","tenders":[{"number":1}]}`).want(t, 409, contract.CodeOverRefunded)
		if p.Detail != "Tender 1, cash: all of it was given back already. Nothing was given back." {
			t.Errorf("got %q", p.Detail)
		}
		h.w.net.setCut(hqAddr, true)
		const risky = `{"order":"` + order + `","till":"T1","amount":700,"reason":"broken","by":"sue","at_risk":true}`
		no := s.post("/v1/refund-claims", risky).want(t, 409, contract.CodeAssetShort)
		if no.Detail != "What leeds may pay at the company's risk is 0.00 GBP, and 7.00 GBP was to be paid. Nothing was paid." || !strings.Contains(no.Hint, "asset allot risk:leeds") {
			t.Errorf("got %q (%q)", no.Detail, no.Hint)
		}
		s.post("/v1/refund-claims", strings.Replace(risky, `"by":"sue",`, "", 1)).want(t, 400, contract.CodeBadValue)
		s.post("/v1/assets/risk:leeds/charge", `{"amount":5,"reference":"r-1"}`).want(t, 400, contract.CodeBadValue)
	})
}
