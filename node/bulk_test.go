package node_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// bulkOf writes a bulk request of the orders, each under the key of its number.
func bulkOf(orders ...string) string {
	for i, o := range orders {
		orders[i] = fmt.Sprintf(`{"key":"%d","order":%s}`, i, o)
	}
	return `{"orders":[` + strings.Join(orders, ",") + `]}`
}

// verdicts says in a word what each order of a bulk got.
func verdicts(a contract.BulkAnswer) (all []string) {
	for _, r := range a.Results {
		switch {
		case r.Problem != nil:
			all = append(all, fmt.Sprintf("%d %s", r.HTTPStatus, r.Problem.Code))
		default:
			all = append(all, fmt.Sprintf("%d %s", r.HTTPStatus, r.Order.Status))
		}
	}
	return all
}

func TestKeysCountWithinABulk(t *testing.T) {
	inShop(t, 9, func(t *testing.T, s *shop) {
		two, one := `{`+line("TAP-22", 2)+`}`, `{`+line("TAP-22", 1)+`}`
		body := `{"orders":[{"key":"a","order":` + two + `},{"key":"a","order":` + two + `},{"key":"a","order":` + one + `},` +
			`{"key":"a","order":{"lines":[]}},{"key":"b","order":{"lines":[]}},{"key":"b","order":` + one + `}]}`
		for _, b := range []string{"400 bad_value", "422 key_reused"} { // the second time all keys are known
			want := "[201 completed 201 completed 422 key_reused 422 key_reused " + b + " 201 completed]"
			got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", body), 200)
			if said := fmt.Sprint(verdicts(got)); said != want {
				t.Fatalf("got %s, want %s", said, want)
			}
			if got.Results[0].Order.ID != got.Results[1].Order.ID {
				t.Errorf("got orders %s and %s under one key, want one", got.Results[0].Order.ID, got.Results[1].Order.ID)
			}
		}
		if st := s.stock("TAP-22"); st.OnHand != 6 {
			t.Errorf("got %d on hand, want 6: each key sold once", st.OnHand)
		}
	})
}

func TestOneBadOrderSpoilsNoOther(t *testing.T) {
	good := `{` + line("TAP-22", 1) + `}`
	for name, c := range map[string]struct{ bad, want string }{
		"an unknown field":      {`{"colour":1}`, "400 unknown_field"},
		"a name in capitals":    {`{"Lines":[]}`, "400 unknown_field"},
		"no object":             {`[1]`, "400 wrong_type"},
		"nothing":               {`null`, "400 wrong_type"},
		"an article of nowhere": {`{` + line("NONE-1", 1) + `}`, "400 unknown_sku"},
		"too many":              {`{` + line("TAP-22", 99) + `}`, "409 stock_short"},
		"escapes":               {`{"customer":"M\u00fcller","ship_to":null,` + line("TAP-22", 1) + `}`, "201 completed"},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, 9, func(t *testing.T, s *shop) {
				got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", bulkOf(good, c.bad, good)), 200)
				if said, want := fmt.Sprint(verdicts(got)), "[201 completed "+c.want+" 201 completed]"; said != want {
					t.Errorf("got %s, want %s", said, want)
				}
			})
		})
	}
}

func TestABulkIsBounded(t *testing.T) {
	inShop(t, 5000, func(t *testing.T, s *shop) {
		orders := func(n int) []string {
			all := make([]string, n)
			for i := range all {
				all[i] = `{` + line("TAP-22", 1) + `}`
			}
			return all
		}
		head := s.node.Status().Seq
		s.do("POST", "/v1/orders/bulk", bulkOf(orders(contract.BulkMax+1)...)).want(t, 400, contract.CodeBadValue)
		s.do("POST", "/v1/orders/bulk", `{"orders":[`+strings.Repeat(" ", contract.BodyMax)+`]}`).want(t, 413, contract.CodeBodyTooLarge)
		s.do("POST", "/v1/orders/bulk", `{"orders":[{"key":"a","order":{"lines":[`).want(t, 400, contract.CodeBadJSON)
		if got := s.node.Status().Seq; got != head {
			t.Errorf("got entry %d, want none after %d", got, head)
		}
		commits := len(s.w.Disk.Acts())
		got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", bulkOf(orders(contract.BulkMax)...)), 200)
		for i, r := range got.Results {
			if r.HTTPStatus != 201 || r.Key != fmt.Sprint(i) || r.Order.Seq != head+uint64(i)+1 {
				t.Fatalf("order %d: got %+v, want key %d at entry %d: they are decided in their order", i, r, i, head+uint64(i)+1)
			}
		}
		if n := len(s.w.Disk.Acts()) - commits; n > 2*8 { // a commit and a witness each, perhaps a checkpoint
			t.Errorf("got %d acts of the disk for 1000 orders, want a few commits", n)
		}
	})
}

func TestShortOrdersOfABulkAskFewAtATime(t *testing.T) {
	for name, c := range map[string]struct {
		ordersMax int
		most      int
	}{"with room": {0, 16}, "at a small desk": {5, 5}, "at a desk for one": {1, 1}} {
		t.Run(name, func(t *testing.T) {
			joinedWith(t, func(n *node.Config) { n.OrdersMax = c.ordersMax }, func(t *testing.T, s *shop, h *hub) {
				var mu sync.Mutex
				now, most := 0, 0
				h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply {
					mu.Lock()
					now++
					most = max(most, now)
					mu.Unlock()
					time.Sleep(20 * time.Millisecond) // of the bubble
					mu.Lock()
					now--
					mu.Unlock()
					return from("hull")(r, a)
				})
				orders := make([]string, 100)
				for i := range orders {
					orders[i] = anywhere + line("TAP-22", 5) + `}`
					if i%4 == 0 {
						orders[i] = `{"fulfil":"deliver","shortage":"backorder",` + line("TAP-22", 5) + `}`
					}
				}
				got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", bulkOf(orders...)), 200)
				for i, r := range got.Results {
					if r.HTTPStatus != 201 || i%4 > 0 && r.Order.Status != "allocated" {
						t.Fatalf("order %d: got %d %+v %+v, want it served from hull", i, r.HTTPStatus, r.Order, r.Problem)
					}
				}
				if most > c.most || most == 0 {
					t.Errorf("got %d asks at once, want 1 to %d", most, c.most)
				}
				if st := s.node.Status(); st.OpenAsks != 0 {
					t.Errorf("got %d open asks, want none", st.OpenAsks)
				}
			})
		})
	}
}

func TestABulkWaitsForAnAskUnderOneOfItsKeys(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply {
			time.Sleep(100 * time.Millisecond) // of the bubble
			return from("hull")(r, a)
		})
		short := anywhere + line("TAP-22", 5) + `}`
		got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", `{"orders":[{"key":"a","order":`+short+`},{"key":"a","order":`+short+`}]}`), 200)
		if said := fmt.Sprint(verdicts(got)); said != "[201 allocated 201 allocated]" || got.Results[0].Order.ID != got.Results[1].Order.ID || len(h.asks) != 1 {
			t.Errorf("got %s after %d asks, want one order twice, asked about once", said, len(h.asks))
		}
	})
}

func TestAClientThatHangsUpInABulkLeavesNoAskOpen(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(func(r *http.Request, a *wire.Ask) wire.AskReply {
			time.Sleep(200 * time.Millisecond) // of the bubble
			return from("hull")(r, a)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		short := anywhere + line("TAP-22", 5) + `}`
		if got, err := s.try("POST", "/v1/orders/bulk", bulkOf(short, short), func(r *http.Request) { *r = *r.WithContext(ctx) }); err == nil {
			t.Fatalf("got %d %s, want to have hung up", got.status, got.body)
		}
		got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", bulkOf(short, short)), 200)
		if said := fmt.Sprint(verdicts(got)); said != "[201 allocated 201 allocated]" || len(h.asks) != 2 {
			t.Errorf("got %s after %d asks, want both decided by the first asks", said, len(h.asks))
		}
		if st := s.node.Status(); st.OpenAsks != 0 {
			t.Errorf("got %d open asks, want none", st.OpenAsks)
		}
	})
}

func TestABulkAtAStoppedBookSaysSoOfEach(t *testing.T) {
	inShop(t, 9, func(t *testing.T, s *shop) {
		s.wants = testworld.ErrDisk
		s.w.Disk.FailOn(ledger.ActCommit)
		one := `{` + line("TAP-22", 1) + `}`
		for range 2 { // in flight, and behind it
			got := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", bulkOf(one, one)), 200)
			if said := fmt.Sprint(verdicts(got)); said != "[503 book_stopped 503 book_stopped]" {
				t.Errorf("got %s, want book_stopped of each", said)
			}
		}
	})
}
