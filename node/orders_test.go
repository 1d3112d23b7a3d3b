package node_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// inShop runs a test in a bubble, at a standalone shop with TAP-22 on its shelf.
func inShop(t *testing.T, qty int, test func(*testing.T, *shop)) {
	t.Helper()
	inShopOf(t, nil, func(t *testing.T, s *shop) {
		if qty > 0 {
			s.receive("TAP-22", qty)
		}
		test(t, s)
	})
}

// inShopOf is inShop with nothing in stock, at a node that change has set.
func inShopOf(t *testing.T, change func(*node.Config), test func(*testing.T, *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), change)
		s.item("TAP-22")
		test(t, s)
	})
}

func TestASaleOverTheCounter(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		got := s.post("/v1/orders", `{`+line("TAP-22", 2)+`}`)
		o := as[contract.Order](t, got, 201)
		if o.Status != "completed" || o.Owner != "leeds" || o.Number != "LEEDS-000001" || o.Ack != "accepted" || o.Offline {
			t.Errorf("got %+v, want completed, leeds, LEEDS-000001, accepted, not offline", o)
		}
		if got.header.Get("Location") != "/v1/orders/"+string(o.ID) {
			t.Errorf("got location %q, want the order's", got.header.Get("Location"))
		}
		if st := s.stock("TAP-22"); st.OnHand != 1 || st.Available != 1 || st.Promisable.Sure.Qty != 1 || st.Promisable.Ask != nil || st.Seq != o.Seq {
			t.Errorf("got %+v, want 1 left at entry %d", st, o.Seq)
		}
		if again := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); again.Status != "completed" || again.Lines[0].Taken != 2 {
			t.Errorf("got %+v, want the order as it was placed", again)
		}
	})
}

func TestAShortOrderReservesNothing(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		p := s.post("/v1/orders", `{`+line("TAP-22", 5)+`}`).want(t, 409, contract.CodeStockShort)
		if p.Detail != "Only 3 left in Leeds." || len(p.Lines) != 1 || p.Lines[0].Want != 5 || p.Lines[0].Have != 3 {
			t.Errorf("got %+v, want only 3 left in Leeds, of 5", p)
		}
		// The same SKU on two lines is one claim on one stock.
		p = s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":2},{"sku":"TAP-22","qty":2}]}`).want(t, 409, contract.CodeStockShort)
		if len(p.Lines) != 1 || p.Lines[0].Line != 2 || p.Lines[0].Have != 1 {
			t.Errorf("got %+v, want line 2 to have 1", p.Lines)
		}
		if st := s.stock("TAP-22"); st.Available != 3 || st.Reserved != 0 {
			t.Errorf("got %+v, want all 3 available", st)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{"shortage":"partial",`+line("TAP-22", 5)+`}`), 201)
		if o.Lines[0].Reserved[0].Qty != 3 || o.Lines[0].Status != "short" {
			t.Errorf("got %+v, want 3 of 5", o.Lines[0])
		}
	})
}

func TestABackorderIsFilledByTheNextReceipt(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","shortage":"backorder",`+line("TAP-22", 3)+`}`), 201)
		if o.Status != "backordered" || o.Lines[0].Backordered != 2 || o.Lines[0].Reserved[0].Qty != 1 {
			t.Fatalf("got %+v, want 1 reserved and 2 backordered", o)
		}
		s.receive("TAP-22", 5)
		o = as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200)
		if o.Status != "allocated" || o.Lines[0].Reserved[0].Qty != 3 {
			t.Errorf("got %+v, want 3 reserved", o)
		}
	})
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		order, short := `{`+line("TAP-22", 2)+`}`, `{`+line("TAP-22", 9)+`}`
		first := s.do("POST", "/v1/orders", order, key("k1"))
		no := s.do("POST", "/v1/orders", short, key("k2"))
		no.want(t, 409, contract.CodeStockShort)
		receipt := s.do("POST", "/v1/receipts", `{`+line("TAP-22", 100)+`}`, key("k3"))
		for restart := range 2 {
			head := s.node.Status().Seq
			first.same(t, s.do("POST", "/v1/orders", order, key("k1")))
			no.same(t, s.do("POST", "/v1/orders", short, key("k2"))) // though there is enough by now
			receipt.same(t, s.do("POST", "/v1/receipts", `{`+line("TAP-22", 100)+`}`, key("k3")))
			s.do("POST", "/v1/orders", short, key("k1")).want(t, 422, contract.CodeKeyReused)
			s.do("POST", "/v1/receipts", `{`+line("TAP-22", 2)+`}`, key("k1")).want(t, 422, contract.CodeKeyReused)
			if got := s.node.Status().Seq; got != head {
				t.Errorf("got entry %d after repeats, want none after %d", got, head)
			}
			if restart == 0 {
				s.shut()
				s.start()
			}
		}
	})
}

func TestAnOrderNeedsAKeyOrAnIDOfItsOwn(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`).want(t, 400, contract.CodeKeyMissing)
		s.do("POST", "/v1/receipts", `{`+line("TAP-22", 1)+`}`).want(t, 400, contract.CodeKeyMissing)
		own := `{"id":"0193a1b2-0000-7000-8000-000000000001",` + line("TAP-22", 1) + `}`
		first := s.do("POST", "/v1/orders", own)
		as[contract.Order](t, first, 201)
		first.same(t, s.do("POST", "/v1/orders", own))
		s.do("POST", "/v1/orders", `{"id":"0193a1b2-0000-7000-8000-000000000001",`+line("TAP-22", 2)+`}`).want(t, 422, contract.CodeKeyReused)
		s.post("/v1/orders", own).want(t, 409, contract.CodeOrderExists)
		if st := s.stock("TAP-22"); st.OnHand != 2 {
			t.Errorf("got %d on hand, want 2: the order was sold once", st.OnHand)
		}
	})
}

func TestAUsedKeyIsSaidBeforeWhatIsWrongWithTheBody(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		order := `{` + line("TAP-22", 1) + `}`
		as[contract.Order](t, s.do("POST", "/v1/orders", order, key("k1")), 201)
		head := s.node.Status().Seq
		for _, bad := range []string{`lines=1`, `{"lines":[]}`, `{` + line("NONE-1", 1) + `}`, `{"fulfil":"collect","collect_at":"atlantis",` + line("TAP-22", 1) + `}`} {
			s.do("POST", "/v1/orders", bad, key("k1")).want(t, 422, contract.CodeKeyReused)
		}
		s.do("POST", "/v1/orders", `{"lines":[]}`, key("k2")).want(t, 400, contract.CodeBadValue)
		if got := s.node.Status().Seq; got != head {
			t.Errorf("got entry %d, want none after %d", got, head)
		}
		as[contract.Order](t, s.do("POST", "/v1/orders", order, key("k2")), 201) // a bad body uses no key up
	})
}

func TestACancelFreesOnceAndIsRefusedAfterwards(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		path := "/v1/orders/" + string(o.ID) + "/cancel"
		s.do("POST", path, "").want(t, 400, contract.CodeKeyMissing)
		s.do("POST", path, `{"reason":"x"}`, key("c")).want(t, 400, contract.CodeUnknownField)
		first := s.do("POST", path, "", key("c"))
		if got := as[contract.Order](t, first, 200); got.Status != "cancelled" {
			t.Errorf("got %s, want cancelled", got.Status)
		}
		first.same(t, s.do("POST", path, "", key("c")))
		s.post(path, "{}").want(t, 409, contract.CodeOrderCanceled)
		if st := s.stock("TAP-22"); st.Available != 3 {
			t.Errorf("got %d available, want all 3 back", st.Available)
		}
		sold := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		s.post("/v1/orders/"+string(sold.ID)+"/cancel", "").want(t, 409, contract.CodeOrderCompleted)
		s.post("/v1/orders/0193a1b2-0000-7000-8000-00000000ffff/cancel", "").want(t, 404, contract.CodeNotFound)
		s.post("/v1/orders/7/cancel", "").want(t, 404, contract.CodeNotFound)
		s.post("/v1/orders/"+string(sold.ID)+"/amend", `{"version":1,"lines":[{"line":1,"qty":1}]}`).want(t, 409, contract.CodeNotAmendable)
		s.post("/v1/orders/0193a1b2-0000-7000-8000-00000000ffff/amend", `{"version":1}`).want(t, 409, contract.CodeNotAmendable)
		s.get("/v1/orders/0193a1b2-0000-7000-8000-00000000ffff").want(t, 404, contract.CodeNotFound)
	})
}

func TestBulkOrdersStandAlone(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		body := `{"orders":[{"key":"a","order":{` + line("TAP-22", 1) + `}},{"key":"b","order":{` + line("TAP-22", 9) + `}},` +
			`{"key":"c","order":{"colour":1}},{"order":{` + line("TAP-22", 1) + `}},{"key":"` + strings.Repeat("k", 300) + `","order":{}}]}`
		got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", body), 200)
		want := []string{"201 ", "409 stock_short", "400 unknown_field", "400 key_missing", "400 bad_key"}
		for i, r := range got.Results {
			said := fmt.Sprintf("%d ", r.HTTPStatus)
			if r.Problem != nil {
				said += string(r.Problem.Code)
			}
			if said != want[i] || (r.Order == nil) != (r.Problem != nil) {
				t.Errorf("order %d: got %q, want %q", i, said, want[i])
			}
		}
		alone := s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`, key("a"))
		if o := as[contract.Order](t, alone, 201); o.ID != got.Results[0].Order.ID || alone.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("got order %s, want the one of the bulk again: %s", o.ID, got.Results[0].Order.ID)
		}
		s.post("/v1/orders/bulk", `{"orders":[]}`).want(t, 400, contract.CodeBadValue)
	})
}

func TestOrdersAreListedAndFiltered(t *testing.T) {
	inShop(t, 50, func(t *testing.T, s *shop) {
		var ids []ledger.OrderID
		for range 5 {
			ids = append(ids, as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 1)+`}`), 201).ID)
			waitALittle()
		}
		as[contract.Order](t, s.post("/v1/orders/"+string(ids[1])+"/cancel", ""), 200)
		var got []ledger.OrderID
		for cursor := ""; ; {
			page := as[contract.OrderList](t, s.get("/v1/orders?limit=2&cursor="+cursor), 200)
			for _, o := range page.Orders {
				got = append(got, o.ID)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("got %v, want %v", got, ids)
		}
		if l := as[contract.OrderList](t, s.get("/v1/orders?status=cancelled"), 200); len(l.Orders) != 1 || l.Orders[0].ID != ids[1] {
			t.Errorf("got %+v, want the cancelled one", l.Orders)
		}
		if l := as[contract.OrderList](t, s.get("/v1/orders?newest=true&limit=1"), 200); len(l.Orders) != 1 || l.Orders[0].ID != ids[4] {
			t.Errorf("got %+v, want the last one", l.Orders)
		}
		third := as[contract.Order](t, s.get("/v1/orders/"+string(ids[3])), 200).TakenAt
		if l := as[contract.OrderList](t, s.get("/v1/orders?since="+third), 200); len(l.Orders) != 2 {
			t.Errorf("got %d orders since %s, want 2", len(l.Orders), third)
		}
		for _, bad := range []string{"status=lost", "since=yesterday", "newest=perhaps", "limit=0", "cursor=%21"} {
			s.get("/v1/orders?"+bad).want(t, 400, contract.CodeBadValue)
		}
		s.get("/v1/orders?staus=x").want(t, 400, contract.CodeUnknownField)
	})
}

func TestABookThatCannotWriteStopsAndIsStillRead(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.wants = testworld.ErrDisk
		o := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		s.w.Disk.FailOn(ledger.ActCommit)
		s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`).want(t, 503, contract.CodeBookStopped)
		s.post("/v1/receipts", `{`+line("TAP-22", 1)+`}`).want(t, 503, contract.CodeBookStopped)
		s.do("PUT", "/v1/items/X", `{"name":"x"}`).want(t, 503, contract.CodeBookStopped)
		s.get("/readyz").want(t, 503, contract.CodeNotReady)
		if got := as[contract.NodeStatus](t, s.get("/v1/status"), 200); got.State != "stopped" || got.Seq != o.Seq {
			t.Errorf("got %s at %d, want stopped at %d", got.State, got.Seq, o.Seq)
		}
		as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200)
		if got := s.get("/healthz"); got.status != 200 {
			t.Errorf("got %d, want the process alive", got.status)
		}
	})
}

func TestANodeThatFailsToOpenLetsGoOfWhatItHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openShop(t, w, nil)
		s.shut()
		if err := os.WriteFile(s.dir+"/"+node.OwnerTokenFile, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s.start() // a token that was being written when the power went is drawn again
		if got := s.get("/v1/status"); got.status != http.StatusOK {
			t.Errorf("got %d with the new token, want 200", got.status)
		}
	})
}
