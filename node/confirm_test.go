package node_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

const unsure = `{"shortage":"to_be_confirmed","fulfil":"deliver","from":"any",`

// told is the command of head office about an order of leeds.
func told(kind ledger.CommandKind, number uint64, id ledger.OrderID, q ledger.Qty) ledger.HQCommand {
	return ledger.HQCommand{H: hubH, Number: number, ID: string(id) + "/" + kind.String(), Kind: kind, Order: id, Owner: "leeds", Site: "hull",
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: q}}}
}

func TestAnOrderTakenWhileCutOffIsConfirmedOrDeclinedLater(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		first := s.do("POST", "/v1/orders", unsure+line("TAP-22", 5)+`}`, key("k"))
		o := as[contract.Order](t, first, 201)
		l := o.Lines[0]
		if o.Status != "to_be_confirmed" || !o.Offline || l.Reserved[0].Qty != 3 || l.ToConfirm != 2 || l.Backordered != 0 || l.Status != "to_be_confirmed" || o.Shortage != "to_be_confirmed" {
			t.Errorf("got %+v, want 3 promised and 2 to be confirmed", o)
		}
		second := as[contract.Order](t, s.post("/v1/orders", unsure+line("TAP-22", 1)+`}`), 201)
		if st := s.node.Status(); st.ToConfirm != 2 || st.Confirmed != 0 || st.Declined != 0 {
			t.Errorf("got %+v, want two to be confirmed", st)
		}
		s.shut()
		s.start()
		s.w.net.setCut(hqAddr, false)
		waitFor(t, "the line to be up again", func() bool { return s.node.Status().Link.Online })
		h.commands(told(ledger.CommandNote, 1, o.ID, 2), told(ledger.CommandDecline, 2, second.ID, 1))
		waitFor(t, "head office's word", func() bool { return s.node.Status().Commands == 2 })
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Status != "allocated" || got.Lines[0].ToConfirm != 0 || len(got.Lines[0].Reserved) != 2 {
			t.Errorf("got %+v, want it confirmed", got)
		}
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(second.ID)), 200); got.Status != "declined" || got.Lines[0].Declined != 1 || got.Lines[0].Status != "declined" {
			t.Errorf("got %+v, want it declined", got)
		}
		declined := as[contract.OrderList](t, s.get("/v1/orders?status=declined"), 200)
		if len(declined.Orders) != 1 || declined.Orders[0].ID != second.ID {
			t.Errorf("got %+v, want the declined order alone", declined.Orders)
		}
		s.post("/v1/orders/"+string(second.ID)+"/cancel", ``).want(t, 409, contract.CodeOrderState)
		if st := s.node.Status(); st.ToConfirm != 0 || st.Confirmed != 1 || st.Declined != 1 {
			t.Errorf("got %+v, want one confirmed and one declined", st)
		}
		if page := string(s.get("/metrics").body); !strings.Contains(page, "\nnode_orders_confirmed_total 1\n") || !strings.Contains(page, "\nnode_orders_declined_total 1\n") ||
			!strings.Contains(page, "\nnode_book_to_be_confirmed 0\n") {
			t.Errorf("got %s, want the figures of confirmation", page)
		}
		first.same(t, s.do("POST", "/v1/orders", unsure+line("TAP-22", 5)+`}`, key("k")))
	})
}

func TestAnOrderToBeConfirmedIsAskedAboutWhileTheLineIsUp(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(no)
		s.post("/v1/orders", unsure+line("TAP-22", 5)+`}`).want(t, 409, contract.CodeStockShort)
		if a := h.asks[0]; !a.Whole {
			t.Errorf("got ask %+v, want the whole of it", a)
		}
		h.answers(from("hull"))
		if o := as[contract.Order](t, s.post("/v1/orders", unsure+line("TAP-22", 4)+`}`), 201); o.Status != "allocated" || o.Lines[0].ToConfirm != 0 {
			t.Errorf("got %+v, want it promised", o)
		}
		h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply { return silent(r, a) })
		if o := as[contract.Order](t, s.post("/v1/orders", unsure+line("TAP-22", 4)+`}`), 201); o.Status != "to_be_confirmed" || !o.Offline || o.Lines[0].ToConfirm != 4 {
			t.Errorf("got %+v, want it to be confirmed: head office did not answer in time", o)
		}
		waitFor(t, "head office to have the journal", func() bool { return s.node.Status().Link.Unshared == 0 })
		h.mu.Lock()
		defer h.mu.Unlock()
		if words := slices.Index(h.kinds, ledger.KindWords); words < 0 || words > slices.Index(h.kinds, ledger.KindAsked) {
			t.Errorf("got kinds %v, want it said first that such words follow", h.kinds)
		}
	})
}

func TestWhereOnlyThisShopServesItsNoIsCertain(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		s.post("/v1/orders", `{"shortage":"to_be_confirmed",`+line("TAP-22", 2)+`}`).want(t, 409, contract.CodeStockShort)
		if o := as[contract.Order](t, s.post("/v1/orders", `{"shortage":"to_be_confirmed",`+line("TAP-22", 1)+`}`), 201); o.Status != "completed" {
			t.Errorf("got %+v, want it sold", o)
		}
	})
}

func TestWhatAnOrderSaysOfItsRankIsKeptAndShown(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		body := `{"fulfil":"deliver","class":"trade","priority":7,"need_by":"2026-02-01","complete":true,` + line("TAP-22", 1) + `}`
		placed := as[contract.Order](t, s.post("/v1/orders", body), 201)
		s.shut()
		s.start()
		kept := as[contract.Order](t, s.get("/v1/orders/"+string(placed.ID)), 200)
		for _, o := range []contract.Order{placed, kept} {
			if o.Class != "trade" || o.Priority != 7 || o.NeedBy != "2026-02-01" || !o.Complete {
				t.Errorf("got %+v, want class, priority, need_by and complete as they were said", o)
			}
		}
	})
}
