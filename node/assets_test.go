package node_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// needs has head office give so much of what is needed, by the next command.
func (h *hub) needs(mux func(*wire.Need) ledger.Qty) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.need = func(n *wire.Need) wire.NeedReply {
		q := mux(n)
		if q > 0 {
			h.commands(ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(n.Asset), Qty: q}}})
		}
		return wire.NeedReply{Verdict: wire.VerdictOK, Coming: q}
	}
}

func TestAnAccountIsAskedForWhileTheLineIsUpAndUsedWhileItIsDown(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.needs(func(n *wire.Need) ledger.Qty { return n.Amount })
		const charge = "/v1/assets/credit:ACME-1/charge"
		m := as[contract.AssetMoved](t, s.post(charge, `{"amount":700,"reference":"o-1"}`), 201)
		if m.Act != "charge" || m.Charged != 700 {
			t.Errorf("got %+v, want 700 charged: head office was asked", m)
		}
		h.commands(ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: "credit:ACME-1", Qty: 300}}})
		h.obeyed()
		h.w.net.setCut(hqAddr, true)
		as[contract.AssetMoved](t, s.post(charge, `{"amount":200,"reference":"o-2"}`), 201)
		r := s.post(charge, `{"amount":101,"reference":"o-3"}`)
		r.want(t, 409, contract.CodeAssetShort)
		if !strings.Contains(string(r.body), "Only 100 minor units of the credit of ACME-1 are left here, 101 are wanted.") {
			t.Errorf("got %s", r.body)
		}
		if held := as[contract.AssetHeld](t, s.get("/v1/assets/credit:ACME-1"), 200); held.Held != 100 {
			t.Errorf("got %+v, want 100 held", held)
		}
	})
}

func TestACustomerIsCarriedToASiteAndForgottenThere(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		set := func(c ledger.CustomerAccount) {
			h.mu.Lock()
			h.people = []ledger.CustomerAccount{c}
			h.mu.Unlock()
			h.ring()
		}
		set(ledger.CustomerAccount{ID: "C-7", Version: 1, Group: "retail", Person: ledger.Person{Name: "Mrs Miller", Addresses: []ledger.CustomerAddress{{Label: "home", Postcode: "YO1 7HH"}}}})
		waitFor(t, "the customer", func() bool { return s.get("/v1/customers/C-7").status == http.StatusOK })
		if l := as[contract.CustomerList](t, s.get("/v1/customers?q=yo1"), 200); len(l.Customers) != 1 || l.Customers[0].Name != "Mrs Miller" {
			t.Errorf("got %+v, want Mrs Miller", l)
		}
		gone := ledger.CustomerAccount{ID: "C-7", Version: 2, Erased: true, Group: "retail"}
		set(gone)
		waitFor(t, "her to be forgotten", func() bool { return as[contract.Customer](t, s.get("/v1/customers/C-7"), 200).Erased })
		if l := as[contract.CustomerList](t, s.get("/v1/customers?q=miller"), 200); len(l.Customers) != 0 {
			t.Errorf("got %+v, want nobody of that name", l)
		}
		s.do(http.MethodPut, "/v1/customers/C-8", `{"name":"Mr Hill"}`).want(t, 409, contract.CodeOwnedByHQ)
	})
}
