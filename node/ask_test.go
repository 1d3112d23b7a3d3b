package node_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// joined runs a test in a bubble, at a shop of a company, with 3 of TAP-22 on its shelf.
func joined(t *testing.T, test func(*testing.T, *shop, *hub)) {
	t.Helper()
	joinedWith(t, nil, test)
}

func joinedWith(t *testing.T, change func(*node.Config), test func(*testing.T, *shop, *hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, change)
		s.receive("TAP-22", 3)
		test(t, s, h)
	})
}

const anywhere = `{"fulfil":"deliver","from":"any",`

func TestAShortOrderIsServedByAnotherSite(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(from("hull"))
		o := as[contract.Order](t, s.post("/v1/orders", anywhere+line("TAP-22", 5)+`}`), 201)
		if o.Status != "allocated" || o.Offline || len(o.Lines[0].Reserved) != 2 || o.Lines[0].Reserved[1] != (contract.Reserved{Site: "hull", Qty: 2}) {
			t.Errorf("got %+v, want 3 from leeds and 2 from hull", o)
		}
		if len(o.Fulfilments) != 2 || o.Fulfilments[0].ID != string(o.ID)+"@hull" {
			t.Errorf("got %+v, want a fulfilment each", o.Fulfilments)
		}
		if a := h.asks[0]; len(a.Lines) != 1 || a.Lines[0] != (wire.AskLine{Line: 1, SKU: "TAP-22", Qty: 2}) || !a.Whole || a.Only != "" {
			t.Errorf("got ask %+v, want the 2 that are short, whole, from anywhere", a)
		}
		waitFor(t, "head office to have the journal", func() bool { return s.node.Status().Link.Unshared == 0 })
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Ack != contract.Shared {
			t.Errorf("got ack %s, want shared: head office has all", got.Ack)
		}
	})
}

// Who may serve an order, and by when, hangs on more than its lines: the ask says all that the order says of it.
func TestAnAskSaysForWhomItIs(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(from("hull"))
		as[contract.Order](t, s.post("/v1/orders", anywhere+`"channel":"phone","customer":"c-9","class":"trade","need_by":"2026-12-10","ship_to":{"country":"GB","postcode":"LS1 4AP","lat_e6":53795000,"lon_e6":-1548000},`+
			line("TAP-22", 5)+`}`), 201)
		want := wire.AskFor{Fulfil: ledger.Deliver, Channel: "phone", Customer: "c-9", Class: "trade", NeedBy: "2026-12-10",
			ShipTo: ledger.Address{Country: "GB", Postcode: "LS1 4AP", LatE6: 53795000, LonE6: -1548000}}
		if len(h.asks) != 1 || h.asks[0].For != want {
			t.Errorf("got asks %+v, want one for %+v", h.asks, want)
		}
	})
}

func TestAnOrderFromHereIsNotAskedAbout(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.post("/v1/orders", `{`+line("TAP-22", 5)+`}`).want(t, 409, contract.CodeStockShort)
		if len(h.asks) != 0 {
			t.Errorf("got %d asks, want none: the shop has all of its own shelf", len(h.asks))
		}
	})
}

func TestHeadOfficesNoIsAnAnswer(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(no)
		p := s.post("/v1/orders", anywhere+line("TAP-22", 5)+`}`).want(t, 409, contract.CodeStockShort)
		if p.Lines[0].Have != 3 || p.Detail != "Only 3 left in Leeds." {
			t.Errorf("got %+v, want 3 of 5", p)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{"shortage":"backorder","fulfil":"deliver","from":"any",`+line("TAP-22", 5)+`}`), 201)
		if o.Status != "backordered" || o.Lines[0].Backordered != 2 || o.Offline {
			t.Errorf("got %+v, want 2 backordered, online", o)
		}
	})
}

func TestANodeThatLosesHeadOfficeInAnAskAnswersInTime(t *testing.T) {
	cut := func(s *shop) func(*http.Request, *wire.Ask) wire.AskReply {
		return func(r *http.Request, a *wire.Ask) wire.AskReply {
			s.w.net.setCut(hqAddr, true)
			return silent(r, a)
		}
	}
	cases := map[string]struct {
		ask func(*shop) func(*http.Request, *wire.Ask) wire.AskReply
		min time.Duration
	}{
		"a head office that says nothing": {func(*shop) func(*http.Request, *wire.Ask) wire.AskReply { return silent }, 300 * time.Millisecond},
		"a line that is cut":              {cut, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			joined(t, func(t *testing.T, s *shop, h *hub) {
				h.answers(c.ask(s))
				began := time.Now()
				refused := s.do("POST", "/v1/orders", anywhere+line("TAP-22", 5)+`}`, key("k"))
				took := time.Since(began)
				p := refused.want(t, 409, contract.CodeStockShort)
				if took < c.min || took > 400*time.Millisecond {
					t.Errorf("got an answer after %v, want %v to 400ms", took, c.min)
				}
				if p.Hint == "" || p.Lines[0].Have != 3 {
					t.Errorf("got %+v, want what is here and that head office could not be asked", p)
				}
				// The line is known to be down now: the next one is answered at once.
				began = time.Now()
				o := as[contract.Order](t, s.post("/v1/orders", `{"shortage":"partial","fulfil":"deliver","from":"any",`+line("TAP-22", 5)+`}`), 201)
				if took := time.Since(began); took > 50*time.Millisecond || !o.Offline || o.Lines[0].Reserved[0].Qty != 3 {
					t.Errorf("got %+v after %v, want 3 reserved, offline, at once", o, took)
				}
				refused.same(t, s.do("POST", "/v1/orders", anywhere+line("TAP-22", 5)+`}`, key("k")))
			})
		})
	}
}

func TestASiteSellsItsOwnWhileItIsCutOff(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be known down", func() bool { return !s.node.Status().Link.Online })
		o := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		if o.Status != "completed" || !o.Offline {
			t.Errorf("got %+v, want completed, offline", o)
		}
		if st := s.stock("TAP-22"); st.Promisable.Sure.Qty != 2 || st.Promisable.Ask != nil {
			t.Errorf("got %+v, want sure alone", st.Promisable)
		}
		s.shut()
		s.start() // a node that starts without a line sells, too
		as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		s.w.net.setCut(hqAddr, false)
		waitFor(t, "head office to have all", func() bool { st := s.node.Status(); return st.Link.Online && st.Link.Unshared == 0 })
		if n := len(h.kinds); h.kinds[n-1] != ledger.KindPlaced && h.kinds[n-1] != ledger.KindBoot {
			t.Errorf("got %v, want the sale at head office", h.kinds)
		}
	})
}

func TestAClientThatHangsUpLeavesNoAskOpen(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply {
			time.Sleep(200 * time.Millisecond) // of the bubble
			return from("hull")(r, a)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		body := anywhere + line("TAP-22", 5) + `}`
		if got, err := s.try("POST", "/v1/orders", body, key("k"), func(r *http.Request) { *r = *r.WithContext(ctx) }); err == nil {
			t.Fatalf("got %d %s, want to have hung up", got.status, got.body)
		}
		// The same key while head office is being asked waits for that answer.
		o := as[contract.Order](t, s.do("POST", "/v1/orders", body, key("k")), 201)
		if o.Status != "allocated" || len(h.asks) != 1 {
			t.Errorf("got %s after %d asks, want allocated after one", o.Status, len(h.asks))
		}
		if st := s.node.Status(); st.OpenAsks != 0 {
			t.Errorf("got %d open asks, want none", st.OpenAsks)
		}
	})
}

func TestAnOrderBeingAskedAboutCannotBeCancelledYet(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(silent)
		const id = "0193a1b2-0000-7000-8000-000000000001"
		ended := make(chan said, 1)
		go func() {
			ended <- s.do("POST", "/v1/orders", `{"id":"`+id+`","fulfil":"deliver","from":"any",`+line("TAP-22", 5)+`}`)
		}()
		time.Sleep(100 * time.Millisecond) // of the bubble: the ask is under way
		if p := s.post("/v1/orders/"+id+"/cancel", ""); p.header.Get("Retry-After") == "" {
			t.Errorf("got no Retry-After in %d %s", p.status, p.body)
		} else {
			p.want(t, 503, contract.CodeInProgress)
		}
		if o := as[contract.Order](t, s.get("/v1/orders/"+id), 200); o.Status != "sourcing" || len(o.Lines[0].Reserved)+len(o.Fulfilments) != 0 {
			t.Errorf("got %+v, want sourcing, with nothing promised", o)
		}
		(<-ended).want(t, 409, contract.CodeStockShort)
		s.get("/v1/orders/"+id).want(t, 404, contract.CodeNotFound)
	})
}

func TestAYesThatDoesNotFitPromisesNothing(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply {
			out := from("hull")(r, a)
			out.Legs[0].Qty += 10
			return out
		})
		s.post("/v1/orders", anywhere+line("TAP-22", 5)+`}`).want(t, 409, contract.CodeStockShort)
		if st := s.stock("TAP-22"); st.Reserved != 0 || st.Available != 3 {
			t.Errorf("got %+v, want nothing reserved", st)
		}
	})
}

func TestANodeThatDiesInAnAskSellsTheUnitsAgain(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(silent)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.try("POST", "/v1/orders", anywhere+line("TAP-22", 5)+`}`, key("k"))
		}()
		time.Sleep(100 * time.Millisecond) // of the bubble: the ask is under way
		s.shut()                           // brings it to its end first
		<-done
		s.w.net.setCut(hqAddr, true)
		s.start()
		if st := s.stock("TAP-22"); st.Available != 3 || s.node.Status().OpenAsks != 0 {
			t.Errorf("got %+v, want all 3 available and no ask open", st)
		}
		s.do("POST", "/v1/orders", anywhere+line("TAP-22", 5)+`}`, key("k")).want(t, 409, contract.CodeStockShort)
	})
}

func TestAnOrderForASiteThatDoesNotExistIsBadInput(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(func(_ *http.Request, a *wire.Ask) wire.AskReply {
			if a.Only != "atlantis" {
				t.Errorf("got ask %+v, want atlantis alone", a)
			}
			return wire.AskReply{Verdict: wire.VerdictOK, Why: wire.WhyUnknownSite}
		})
		body := `{"fulfil":"collect","shortage":"backorder","collect_at":"atlantis",` + line("TAP-22", 1) + `}`
		for range 2 { // it is not remembered
			if p := s.do("POST", "/v1/orders", body, key("k")).want(t, 400, contract.CodeUnknownSite); p.Field != "collect_at" {
				t.Errorf("got field %q, want collect_at", p.Field)
			}
		}
		if st := s.node.Status(); st.OpenAsks != 0 || st.OpenOrders != 0 {
			t.Errorf("got %+v, want nothing open", st)
		}
	})
}

func TestStockElsewhereIsToldWithItsAge(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		st := s.stock("TAP-22")
		if st.Promisable.Ask == nil || st.Promisable.Ask.Qty != 7 || st.Promisable.Likely.Qty != 3 || st.Promisable.Likely.AgeMS != 60_000 {
			t.Errorf("got %+v, want 7 to be asked for and 3 likely, a minute old", st.Promisable)
		}
		if st := as[contract.NodeStock](t, s.get("/v1/stock/TAP-22?only=here"), 200); st.Promisable.Ask != nil {
			t.Errorf("got %+v, want sure alone", st.Promisable)
		}
		s.get("/v1/stock/TAP-22?only=there").want(t, 400, contract.CodeBadValue)
		s.get("/v1/stock/NONE-1").want(t, 404, contract.CodeNotFound)
		s.do("PUT", "/v1/items/TAP-22", `{"name":"x"}`).want(t, 409, contract.CodeOwnedByHQ)
		if p := s.do("PUT", "/v1/users/ann", `{}`).want(t, 409, contract.CodeOwnedByHQ); p.Detail != "Users, programs and devices are set at head office." || !strings.Contains(p.Hint, "holdfast user") {
			t.Errorf("got %+v, want it to speak of users", p)
		}
		if p := s.do("PUT", "/v1/customers/c-1", `{}`).want(t, 409, contract.CodeOwnedByHQ); p.Detail != "Customers are set at head office." {
			t.Errorf("got %+v, want it to speak of customers", p)
		}
	})
}

const theirs = "/v1/orders/0193a1b2-0000-7000-8000-00000000aaaa/cancel"

func TestACancelIsPassedOnToTheOwner(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.forward = func(_ *http.Request, f *wire.Forward) wire.ForwardReply {
			if f.Key == (ledger.Digest{}) || f.Request == (ledger.Digest{}) || f.Actor != "owner" {
				t.Errorf("got %+v, want the key, the request and the actor", f)
			}
			return wire.ForwardReply{Verdict: wire.VerdictOK, Status: 409, Body: contract.New(contract.CodeOrderCanceled, "").JSON()}
		}
		first := s.post(theirs, "")
		first.want(t, 409, contract.CodeOrderCanceled)
		h.forward = func(*http.Request, *wire.Forward) wire.ForwardReply {
			return wire.ForwardReply{Verdict: wire.VerdictOK, Status: 409, Body: contract.New(contract.CodeOrderCanceled, "").JSON(), Replayed: true}
		}
		again := s.post(theirs, "")
		if first.header.Get(contract.HeaderReplayed) != "" || again.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("got %q first and %q again, want only the repeat marked", first.header.Get(contract.HeaderReplayed), again.header.Get(contract.HeaderReplayed))
		}
		h.forward = func(r *http.Request, _ *wire.Forward) wire.ForwardReply {
			<-r.Context().Done()
			return wire.ForwardReply{}
		}
		s.post(theirs, "").want(t, 503, contract.CodeUnsure)
		waitFor(t, "the line to be up again", func() bool { return s.node.Status().Link.Online })
		h.forward = func(*http.Request, *wire.Forward) wire.ForwardReply {
			return wire.ForwardReply{Verdict: wire.VerdictOK, Status: 200, Body: []byte("<html>")}
		}
		s.post(theirs, "").want(t, 503, contract.CodeUnsure)
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be known down", func() bool { return !s.node.Status().Link.Online })
		head := s.node.Status().Seq
		s.post(theirs, "").want(t, 503, contract.CodeOwnerUnreachable)
		if got := s.node.Status().Seq; got != head {
			t.Errorf("got entry %d, want none after %d", got, head)
		}
	})
}

func TestHeadOfficesCancelIsAnsweredAsAClients(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		c := wire.Call{ID: [16]byte{1}, DeadlineMS: 1000, Cancel: o.ID, Actor: "hq owner", Key: ledger.Digest{1}, Request: ledger.Digest{2}}
		got := h.call(c)
		var canceled contract.Order
		if err := json.Unmarshal(got.Body, &canceled); err != nil || got.Status != 200 || got.Replayed || canceled.Status != "cancelled" {
			t.Fatalf("got %d %s, want 200 and the order cancelled", got.Status, got.Body)
		}
		c.ID = [16]byte{2}
		if again := h.call(c); again.Status != 200 || string(again.Body) != string(got.Body) || !again.Replayed {
			t.Errorf("got %d %s, replayed %v, want the first answer again", again.Status, again.Body, again.Replayed)
		}
		c.ID, c.Key = [16]byte{3}, ledger.Digest{3}
		if no := h.call(c); no.Status != 409 {
			t.Errorf("got %d %s, want 409", no.Status, no.Body)
		}
	})
}

func TestHeadOfficesVerdictQuarantines(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.mu.Lock()
		h.verdict = wire.VerdictFork
		h.mu.Unlock()
		s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`) // pushed and judged, unless the push before it was
		waitFor(t, "the quarantine", func() bool { return s.node.Status().State == "quarantined" })
		s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`).want(t, 503, contract.CodeQuarantined)
		s.get("/readyz").want(t, 503, contract.CodeNotReady)
		s.post("/v1/receipts", `{"lines":[{"sku":"TAP-22","qty":1}]}`).want(t, 503, contract.CodeQuarantined)
		if l := s.node.Status().Link; l.Verdict != "fork" {
			t.Errorf("got verdict %q, want fork", l.Verdict)
		}
	})
}

func TestASiteWithoutAnEpochPromisesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openShop(t, w, joinConfig)
		if st := s.node.Status(); st.State != "not_opened" || st.Link.ContactAgo != -1 {
			t.Errorf("got %+v, want not opened, and no contact ever", st)
		}
		s.do("POST", "/v1/orders/0193a1b2-0000-7000-8000-00000000aaaa/cancel", "", key("k")).want(t, 503, contract.CodeNotOpened)
		s.get("/readyz").want(t, 503, contract.CodeNotReady)
		if n := slices.Index([]int{200}, s.get("/healthz").status); n != 0 {
			t.Error("got no health, want the process alive")
		}
	})
}
