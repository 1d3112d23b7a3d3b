package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// part places an order and gives the path of its part.
func (s *shop) part(t *testing.T, order string) (contract.Order, string) {
	t.Helper()
	o := as[contract.Order](t, s.post("/v1/orders", order), 201)
	return o, "/v1/fulfilments/" + o.Fulfilments[0].ID
}

func TestAParcelGoesOutAndIsFollowed(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 3)+`}`)
		steps := []struct{ act, body, status string }{
			{"pick", `{"lines":[{"line":1,"qty":3}]}`, "picked"},
			{"pack", `{"contents":[{"sscc":"340123450000000000","lines":[{"line":1,"qty":2}]},{"sscc":"350123450700000026","lines":[{"line":1,"qty":1}]}]}`, "packed"},
			{"dispatch", `{"cartons":["340123450000000000"],"carrier":"Royal Mail","service":"48","tracking":"AB 1"}`, "packed"},
			{"dispatch", `{}`, "dispatched"},
			{"undelivered", `{"reason":"nobody in","cartons":["350123450700000026"]}`, "undelivered"},
			{"deliver", `{"cartons":["340123450000000000"]}`, "undelivered"},
		}
		for i, step := range steps {
			first := s.do("POST", path+"/"+step.act, step.body, key(string(rune('a'+i))))
			as[contract.FulfilmentAnswer](t, first, 200)
			first.same(t, s.do("POST", path+"/"+step.act, step.body, key(string(rune('a'+i)))))
			if got := as[contract.SiteFulfilment](t, s.get(path), 200); string(got.Status) != step.status {
				t.Errorf("after %s: got %+v, want %s", step.act, got, step.status)
			}
		}
		got := as[contract.SiteFulfilment](t, s.get(path), 200)
		if l := got.Lines[0]; l.Qty != 0 || l.Undelivered != 1 || l.Delivered != 2 || len(got.Shipments) != 1 || got.Shipments[0].Tracking != "AB 1" {
			t.Errorf("got %+v, want one coming back and two delivered", got)
		}
		first := s.do("POST", path+"/come-back", `{"bin":"RETURNS"}`, key("back"))
		back := as[contract.FulfilmentAnswer](t, first, 200)
		first.same(t, s.do("POST", path+"/come-back", `{"bin":"RETURNS"}`, key("back")))
		if r := as[contract.Return](t, s.get("/v1/returns/"+string(back.Return)), 200); r.Status != "received" || r.Order != o.ID || r.Reason != "undelivered" || r.Lines[0].Bin != "RETURNS" {
			t.Errorf("got %+v, want a return of the order", r)
		}
		p := s.post("/v1/returns", `{"order":"`+string(o.ID)+`","lines":[{"line":1,"qty":3}]}`).want(t, 409, contract.CodeOverReturned)
		if p.Detail != "Line 1, TAP-22: 3 sold, 1 came back before, 2 can still come back; 3 were named. Nothing was changed." {
			t.Errorf("got %q", p.Detail)
		}
		if st := s.stock("TAP-22"); st.OnHand != 3 || st.Blocked != 1 || st.Available != 2 || st.Reserved != 0 || st.Picked != 0 {
			t.Errorf("got %+v, want what came back blocked", st)
		}
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Status != "completed" || got.Fulfilments[0].Status != "dispatched" {
			t.Errorf("got %+v, want it completed", got)
		}
		s.post("/v1/orders/"+string(o.ID)+"/cancel", ``).want(t, 409, contract.CodeOrderCompleted)
		if got := as[contract.SiteFulfilment](t, s.get(path), 200); got.Lines[0].Qty != 3 || got.Status != "dispatched" {
			t.Errorf("got %+v, want what was handed over", got)
		}
	})
}

// What a customer has brought to the counter before the carrier comes with it is counted once: the clerk is told what to say instead.
func TestAParcelThatWasTakenBackAtTheCounterComesBackOnce(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		o, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{}`), 200)
		as[contract.Return](t, s.post("/v1/returns", `{"order":"`+string(o.ID)+`","lines":[{"line":1,"qty":2}]}`), 201)
		p := s.post(path+"/come-back", `{"lines":[{"line":1,"qty":2}]}`).want(t, 409, contract.CodeOverReturned)
		if want := "Line 1, TAP-22: 2 sold, 2 came back before, 0 can still come back; 2 were named. They were taken back as a return already: " +
			"say that they are delivered instead, and they are counted once. Nothing was changed."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/deliver", `{}`), 200)
		if st := s.stock("TAP-22"); st.OnHand != 2 || st.Blocked != 2 {
			t.Errorf("got %+v, want the two once", st)
		}
	})
}

func TestACustomerCollectsWithACode(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o, path := s.part(t, `{"fulfil":"collect",`+line("TAP-22", 2)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		first := as[contract.FulfilmentAnswer](t, s.post(path+"/ready", `{"lines":[{"line":1,"qty":1}]}`), 200)
		second := as[contract.FulfilmentAnswer](t, s.post(path+"/ready", `{}`), 200)
		if len(first.Code) != 6 || first.Code != second.Code {
			t.Errorf("got codes %q and %q, want one of six digits", first.Code, second.Code)
		}
		wrong := "000000"
		if first.Code == wrong {
			wrong = "000001"
		}
		no := s.post(path+"/collect", `{"code":"`+wrong+`"}`)
		no.want(t, 409, contract.CodeOrderState)
		if !strings.Contains(string(no.body), "This is not the code of this order. Ask for the code in the customer's message") || strings.Contains(string(no.body), first.Code) {
			t.Errorf("got %s, want a word for the counter, without the code", no.body)
		}
		if list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments?status=ready"), 200); len(list.Fulfilments) != 1 || list.Fulfilments[0].Code != first.Code {
			t.Errorf("got %+v, want it listed with its code", list)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/collect", `{"code":"`+first.Code+`"}`), 200)
		s.post(path+"/collect", `{"code":"`+first.Code+`"}`).want(t, 404, contract.CodeNotFound)
		if st := s.stock("TAP-22"); st.OnHand != 3 || st.Reserved != 0 {
			t.Errorf("got %+v, want two gone", st)
		}
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Status != "completed" || got.Fulfilments[0].Status != "collected" {
			t.Errorf("got %+v, want it collected", got)
		}
	})
}

// Each refusal says what is so, and what can be done.
func TestWhatCannotBeDoneWithAPartIsSaidSo(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		_, path := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 3)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":1}]}`), 200)
		for _, c := range []struct {
			act, body string
			code      contract.Code
			words     string
		}{
			{"pack", `{"lines":[{"line":1,"qty":2}]}`, contract.CodeOrderState, "Line 1: 2 of TAP-22 are named, 1 are picked and not packed yet. Pick them first."},
			{"dispatch", `{}`, contract.CodeOrderState, "This part of the order is picking: none of it is packed. Pick and pack them first, or dispatch what is packed."},
			{"collect", `{"code":"1"}`, contract.CodeOrderState, "none of it is ready to be collected. Pick them and say that they are ready first"},
			{"deliver", `{}`, contract.CodeOrderState, "none of it is on the way. Dispatch them first; what is delivered is delivered once."},
			{"undelivered", `{"reason":"x"}`, contract.CodeOrderState, "none of it is on the way."},
			{"come-back", `{}`, contract.CodeOrderState, "none of it is on its way back. Say first what was not delivered, or name the lines; what a customer brings back is a return."},
			{"put-back", `{}`, contract.CodeOrderState, "none of it is in hand: what has left, or lies on the shelf, cannot be put back."},
			{"pick", `{"lines":[{"line":1,"qty":3}]}`, contract.CodeOrderState, "Line 1: 3 of TAP-22 are named, 2 are to be served from here."},
			{"pack", `{"cartons":["340123450000000001"]}`, contract.CodeBadValue, "is no SSCC"},
			{"pack", `{"lines":[]}`, contract.CodeBadValue, "or is left out for all"},
			{"collect", `{}`, contract.CodeBadValue, "ask the customer for it"},
			{"undelivered", `{}`, contract.CodeBadValue, "say why it could not be delivered"},
			{"come-back", `{"bin":"a b"}`, contract.CodeBadValue, "bin"},
			{"put-back", `{"lines":[{"line":1,"qty":0}]}`, contract.CodeBadValue, "leave the line out, or say how many"},
			{"dispatch", `{"carrier":"` + strings.Repeat("x", 300) + `"}`, contract.CodeBadValue, "carrier"},
			{"dispatch", `{"driver":"x"}`, contract.CodeUnknownField, "driver"},
		} {
			no := s.post(path+"/"+c.act, c.body)
			status := 409
			if c.code != contract.CodeOrderState {
				status = 400
			}
			no.want(t, status, c.code)
			if !strings.Contains(string(no.body), c.words) {
				t.Errorf("%s %s: got %s, want %q", c.act, c.body, no.body, c.words)
			}
		}
		s.post("/v1/fulfilments/x@leeds/pack", `{}`).want(t, 404, contract.CodeNotFound)
		s.get("/v1/fulfilments/x@leeds").want(t, 404, contract.CodeNotFound)
		s.get("/v1/fulfilments?status=lost").want(t, 400, contract.CodeBadValue)
		s.do("POST", path+"/pack", `{}`).want(t, 400, contract.CodeKeyMissing)
		if st := s.stock("TAP-22"); st.OnHand != 5 || st.Reserved != 3 || st.Picked != 1 {
			t.Errorf("got %+v, want nothing moved", st)
		}
	})
}

func TestHeadOfficesPartIsHandedOverHere(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		id := ledger.OrderID("0193a1b2-0000-7000-8000-0000000000aa")
		borrow, reserve := told(ledger.CommandBorrow, 1, id, 3), told(ledger.CommandReserve, 2, id, 3)
		borrow.Owner, reserve.Owner = ledger.HQ, ledger.HQ
		h.commands(borrow, reserve)
		waitFor(t, "the part to be reserved", func() bool { return s.node.Status().Commands == 2 })
		path := "/v1/fulfilments/" + string(id) + "@leeds"
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(path+"/pack", `{}`), 200)
		if got := as[contract.FulfilmentAnswer](t, s.post(path+"/dispatch", `{}`), 200); got.Owner != ledger.HQ || got.Status != "dispatched" {
			t.Errorf("got %+v, want it dispatched for head office", got)
		}
		if st := s.stock("TAP-22"); st.OnHand != 0 || st.Reserved != 0 || st.Picked != 0 {
			t.Errorf("got %+v, want all of it gone", st)
		}
		if list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments"), 200); len(list.Fulfilments) != 0 {
			t.Errorf("got %+v, want nothing to do", list)
		}
		if list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments?status=dispatched"), 200); len(list.Fulfilments) != 1 {
			t.Errorf("got %+v, want it on the way", list)
		}
	})
}
