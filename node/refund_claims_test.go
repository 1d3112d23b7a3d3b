package node_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
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
	})
}

// employs has head office tell a site of a till, a cashier and a supervisor, and signs the cashier in at the till.
func (s *shop) employs(h *hub) (ann, approved with) {
	random := rand.NewChaCha8([32]byte{7})
	secrets := door.NewSecrets(h.w.Clock, random)
	pin := func(text string) string {
		out, err := secrets.Hash(s.t.Context(), text)
		if err != nil {
			s.t.Fatal(err)
		}
		return out
	}
	token, kept, err := door.NewToken(random, "till-1")
	if err != nil {
		s.t.Fatal(err)
	}
	h.mu.Lock()
	h.users = ledger.People{Version: 7, Users: []ledger.User{
		{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier), PIN: pin("4711")},
		{ID: "beth", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Supervisor), PIN: pin("9035")},
		{ID: "till-1", Kind: ledger.UserDevice, Token: kept}}}
	h.mu.Unlock()
	h.ring()
	waitFor(s.t, "the users", func() bool { return s.get("/v1/me", bearing(token)).status != http.StatusUnauthorized })
	return s.signIn(token, "ann", "4711"), header(contract.HeaderApproval, "beth:9035")
}

// Cut off, a cashier pays money back that another site took, at the company's risk: with a supervisor's PIN, and as far as the site may. The owner's answer
// makes it good and frees so much again; what it does not stand for stays at risk.
func TestASupervisorPaysAtTheCompanysRiskWhileTheLineIsDown(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		const order, path = "01900000-0000-7000-8000-0000000000aa", "/v1/refund-claims/at-risk"
		ann, approved := s.employs(h)
		as[contract.Drawer](t, s.post("/v1/drawers/T1/open", `{"float":10000,"currency":"GBP"}`, ann), 200)
		risky := func(amount int) string {
			return fmt.Sprintf(`{"order":%q,"till":"T1","amount":%d,"reason":"broken","by":"ann"}`, order, amount)
		}
		h.w.net.setCut(hqAddr, true)
		p := s.post(path, risky(700), ann).want(t, 403, contract.CodeApproverNeeded)
		if p.Detail != "ann may not do this alone: it takes a supervisor or an administrator." || !strings.Contains(p.Hint, "PIN") {
			t.Errorf("got %q (%q)", p.Detail, p.Hint)
		}
		no := s.post(path, risky(700), ann, approved).want(t, 409, contract.CodeAssetShort)
		if no.Detail != "What leeds may pay at the company's risk is 0.00 GBP, and 7.00 GBP was to be paid. Nothing was paid." || !strings.Contains(no.Hint, "asset allot risk:leeds") {
			t.Errorf("got %q (%q)", no.Detail, no.Hint)
		}
		s.post("/v1/assets/risk:leeds/charge", `{"amount":5,"reference":"r-1"}`).want(t, 400, contract.CodeBadValue)
		h.w.net.setCut(hqAddr, false)
		h.commands(ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: "risk:leeds", Qty: 1000}}})
		h.obeyed()
		h.w.net.setCut(hqAddr, true)

		paid := s.do(http.MethodPost, path, risky(700), ann, approved, key("risk"))
		got := as[contract.Payments](t, paid, 201)
		if got.PaidBack != 700 || len(got.Tenders) != 1 || !got.Tenders[0].AtRisk || got.Tenders[0].Left != 0 || got.Claims[0].Status != "asked" || got.Receipt == "" {
			t.Fatalf("got %+v, want 700 paid back in cash, at risk", got)
		}
		paid.same(t, s.do(http.MethodPost, path, risky(700), ann, approved, key("risk")))
		s.post(path, risky(301), ann, approved).want(t, 409, contract.CodeAssetShort)
		held := func(want ledger.Qty) {
			t.Helper()
			if a := as[contract.AssetHeld](t, s.get("/v1/assets/risk:leeds", ann), 200); a.Held != want {
				t.Errorf("got %+v, want %d held", a, want)
			}
		}
		held(300)
		list := as[contract.EntryList](t, s.get("/v1/entries"), 200).Entries
		if e := list[len(list)-2]; e.Actor != "ann" || e.Device != "till-1" || e.Approver != "beth" {
			t.Errorf("got %+v, want ann's, which beth approved", e)
		}
		if d := as[contract.DrawerList](t, s.get("/v1/drawers", ann), 200).Drawers[0]; d.Expected != 9300 {
			t.Errorf("got %+v, want 93.00 in it", d)
		}
		h.w.net.setCut(hqAddr, false)
		h.commands(ledger.HQCommand{ID: "york/1/9/0/answer", Kind: ledger.CommandRefund, Order: order, Owner: "york", Site: "leeds", Return: ledger.ReturnID(got.Claims[0].Claim), Reason: "GBP",
			Lines: []ledger.CommandLine{{Line: int(ledger.TenderCard), Qty: 450}}})
		h.obeyed()
		held(750)
		got = as[contract.Payments](t, s.get("/v1/payments/"+order, ann), 200)
		if c := got.Claims[0]; c.Status != "part_granted" || c.Granted != 450 || got.Tenders[0].Settled != 450 {
			t.Errorf("got %+v, want 450 of it made good", got)
		}
		s.post("/v1/refunds", `{"order":"`+order+`","till":"T1","reason":"again","tenders":[{"number":1}]}`, ann, approved).want(t, 409, contract.CodeOverRefunded)
	})
}
