package node_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestProtocol24AShortPickIsToldAndNotOfferedAgain(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		o := as[contract.Order](t, s.post("/v1/orders", anywhere+line("TAP-22", 3)+`}`), 201)
		list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments?status=reserved"), 200)
		if len(list.Fulfilments) != 1 || list.Fulfilments[0].ID != o.Fulfilments[0].ID || list.Fulfilments[0].Lines[0].Qty != 3 {
			t.Fatalf("got %+v, want the order's part", list.Fulfilments)
		}
		path := "/v1/fulfilments/" + list.Fulfilments[0].ID
		first := s.do("POST", path+"/pick", `{"lines":[{"line":1,"qty":1,"short":2}]}`, key("p"))
		got := as[contract.FulfilmentAnswer](t, first, 200)
		if got.Owner != "leeds" || got.Order != o.ID || len(got.Lines) != 1 || got.Lines[0] != (contract.FulfilledLine{Line: 1, SKU: "TAP-22", Qty: 1, Short: 2}) {
			t.Errorf("got %+v, want 1 found and 2 short", got)
		}
		first.same(t, s.do("POST", path+"/pick", `{"lines":[{"line":1,"qty":1,"short":2}]}`, key("p")))
		if st := s.stock("TAP-22"); st.OnHand != 1 || st.Available != 0 || st.Reserved != 1 || st.Shortfall != 0 {
			t.Errorf("got %+v, want 1 reserved and none free", st)
		}
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Status != "backordered" || got.Lines[0].Backordered != 2 {
			t.Errorf("got %+v, want 2 waiting for head office", got)
		}
		h.commands(told(ledger.CommandNote, 1, o.ID, 2))
		waitFor(t, "head office to serve it from elsewhere", func() bool { return s.node.Status().Commands == 1 })
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Status != "allocated" || len(got.Lines[0].Reserved) != 2 {
			t.Errorf("got %+v, want it whole again", got)
		}
		no := s.do("POST", path+"/pick", `{"lines":[{"line":1,"short":2}]}`, key("q"))
		no.want(t, 409, contract.CodeOrderState)
		no.same(t, s.do("POST", path+"/pick", `{"lines":[{"line":1,"short":2}]}`, key("q")))
		as[contract.FulfilmentAnswer](t, s.post(path+"/reject", `{"reason":"the lift is broken"}`), 200)
		if st := s.stock("TAP-22"); st.OnHand != 1 || st.Available != 0 || st.Picked != 1 {
			t.Errorf("got %+v, want what was rejected still in hand", st)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/put-back", `{}`), 200)
		if st := s.stock("TAP-22"); st.OnHand != 1 || st.Available != 1 || st.Picked != 0 {
			t.Errorf("got %+v, want what was put back free again", st)
		}
		s.post(path+"/reject", `{"reason":"again"}`).want(t, 404, contract.CodeNotFound)
	})
}

func TestAnotherBooksPartIsPickedAndRejectedHere(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		id := ledger.OrderID("0193a1b2-0000-7000-8000-0000000000aa")
		borrow, reserve := told(ledger.CommandBorrow, 1, id, 3), told(ledger.CommandReserve, 2, id, 3)
		borrow.Owner, reserve.Owner = ledger.HQ, ledger.HQ
		h.commands(borrow, reserve)
		waitFor(t, "the part to be reserved", func() bool { return s.node.Status().Commands == 2 })
		list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments"), 200)
		if len(list.Fulfilments) != 1 || list.Fulfilments[0].Owner != ledger.HQ || list.Fulfilments[0].Order != id || list.Fulfilments[0].Lines[0].Qty != 3 {
			t.Fatalf("got %+v, want head office's order", list.Fulfilments)
		}
		path := "/v1/fulfilments/" + list.Fulfilments[0].ID
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":1,"short":1}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/reject", `{"reason":"too heavy","lines":[{"line":1,"qty":1}]}`), 200)
		list = as[contract.FulfilmentList](t, s.get("/v1/fulfilments"), 200)
		if len(list.Fulfilments) != 1 || list.Fulfilments[0].Lines[0].Qty != 1 {
			t.Errorf("got %+v, want 1 left of it", list.Fulfilments)
		}
		if st := s.stock("TAP-22"); st.OnHand != 2 || st.Available != 1 || st.Reserved != 1 {
			t.Errorf("got %+v, want one gone, one free and one reserved", st)
		}
	})
}

func TestFulfilmentsComeInPages(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.receive("TAP-22", 20)
		var commands []ledger.HQCommand
		for i := range 3 {
			own := fmt.Sprintf(`{"id":"0193a1b2-0000-7000-8000-00000000000%d","fulfil":"collect",`, 2*i)
			as[contract.Order](t, s.post("/v1/orders", own+line("TAP-22", 1)+`}`), 201)
			id := ledger.OrderID(fmt.Sprintf("0193a1b2-0000-7000-8000-00000000000%d", 2*i+1))
			borrow, reserve := told(ledger.CommandBorrow, uint64(2*i+1), id, 1), told(ledger.CommandReserve, uint64(2*i+2), id, 1)
			borrow.Owner, reserve.Owner = ledger.HQ, ledger.HQ
			commands = append(commands, borrow, reserve)
		}
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		h.commands(commands...)
		waitFor(t, "the parts to be reserved", func() bool { return s.node.Status().Commands == 6 })
		for limit := 1; limit < 8; limit++ {
			var ids []ledger.OrderID
			for cursor := ""; ; {
				page := as[contract.FulfilmentList](t, s.get(fmt.Sprintf("/v1/fulfilments?limit=%d&cursor=%s", limit, cursor)), 200)
				for _, f := range page.Fulfilments {
					ids = append(ids, f.Order)
				}
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
			if len(ids) != 6 {
				t.Errorf("pages of %d: got %v, want all six once", limit, ids)
			}
			for i, id := range ids {
				if want := ledger.OrderID(fmt.Sprintf("0193a1b2-0000-7000-8000-00000000000%d", i)); id != want {
					t.Errorf("pages of %d: got %s at %d, want %s", limit, id, i, want)
				}
			}
		}
		if got := as[contract.FulfilmentList](t, s.get("/v1/fulfilments?status=collected"), 200); len(got.Fulfilments) != 1 || got.Fulfilments[0].Status != "collected" {
			t.Errorf("got %+v, want the sale", got.Fulfilments)
		}
	})
}

func TestAFulfilmentThatIsNotHereOrSaidBadlyIsRefused(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		path := "/v1/fulfilments/" + string(o.ID)
		for name, c := range map[string]struct {
			path, body string
			status     int
			code       contract.Code
		}{
			"another site's":   {path + "@york/pick", `{"lines":[{"line":1,"short":1}]}`, 404, contract.CodeNotFound},
			"no id":            {"/v1/fulfilments/x@leeds/pick", `{"lines":[{"line":1,"short":1}]}`, 404, contract.CodeNotFound},
			"nothing":          {path + "@leeds/pick", `{"lines":[]}`, 400, contract.CodeBadValue},
			"no units":         {path + "@leeds/pick", `{"lines":[{"line":1,"qty":0}]}`, 400, contract.CodeBadValue},
			"line 0":           {path + "@leeds/pick", `{"lines":[{"line":0,"short":2}]}`, 400, contract.CodeBadValue},
			"an unknown field": {path + "@leeds/pick", `{"lines":[{"line":1,"lost":2}]}`, 400, contract.CodeUnknownField},
			"no such line":     {path + "@leeds/pick", `{"lines":[{"line":2,"short":2}]}`, 409, contract.CodeOrderState},
			"rejects nothing":  {path + "@leeds/reject", `{"reason":"x","lines":[]}`, 400, contract.CodeBadValue},
			"no reason":        {path + "@leeds/reject", `{}`, 400, contract.CodeBadValue},
			"only here":        {path + "@leeds/reject", `{"reason":"x"}`, 409, contract.CodeOrderState},
		} {
			t.Log(name)
			s.post(c.path, c.body).want(t, c.status, c.code)
		}
		s.do("POST", path+"@leeds/pick", `{"lines":[{"line":1,"short":1}]}`).want(t, 400, contract.CodeKeyMissing)
		if st := s.stock("TAP-22"); st.OnHand != 3 || st.Reserved != 2 {
			t.Errorf("got %+v, want nothing moved", st)
		}
	})
}
