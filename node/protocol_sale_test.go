package node_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// The tests that the protocol owes, by its numbers: what would sell a unit twice, or lose a sale, at
// one site's counter. Each shop ends with an audit of its book.

// holds says what must be on the shelf after everything that a customer was told.
func (s *shop) holds(sku string, hand, available, reserved ledger.Qty) {
	s.t.Helper()
	if st := s.stock(sku); st.OnHand != hand || st.Available != available || st.Reserved != reserved {
		s.t.Errorf("got %d on hand, %d available, %d reserved; want %d, %d, %d", st.OnHand, st.Available, st.Reserved, hand, available, reserved)
	}
}

// TestProtocol08AnAnswerIsRememberedForEver: where ids are forgotten after a week, a till that was in a
// drawer for two sends its sale again and sells twice, and a command that comes twice is carried out
// twice. Here time forgets nothing, nor does the trimming of the journal that the answer stood in.
func TestProtocol08AnAnswerIsRememberedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, trimming)
		s.receive("TAP-22", 5)
		sale, parcel, many := `{`+line("TAP-22", 1)+`}`, `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`, `{`+line("TAP-22", 99)+`}`
		yes := s.do("POST", "/v1/orders", sale, key("sale"))
		no := s.do("POST", "/v1/orders", many, key("short"))
		sent := s.do("POST", "/v1/orders", parcel, key("parcel"))
		cancel := "/v1/orders/" + string(as[contract.Order](t, sent, 201).ID) + "/cancel"
		canceled := s.do("POST", cancel, "", key("cancel"))
		as[contract.Order](t, yes, 201)
		as[contract.Order](t, canceled, 200)
		no.want(t, 409, contract.CodeStockShort)
		borrow := ledger.HQCommand{ID: "place/a/1", Kind: ledger.CommandBorrow, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}}
		h.commands(borrow)
		h.obeyed()
		s.holds("TAP-22", 4, 1, 0)

		s.receipts(40)
		h.mu.Lock()
		h.archive = true
		h.mu.Unlock()
		s.shut() // and its checkpoint
		s.start()
		time.Sleep(2 * time.Hour) // of the bubble
		if st := s.node.Status(); st.TrimmedSeq < 10 {
			t.Fatalf("got a journal trimmed to entry %d, want the answers gone from it", st.TrimmedSeq)
		}
		s.shut()
		time.Sleep(30 * 365 * 24 * time.Hour)
		s.start()
		waitFor(t, "the line to be up", func() bool { return s.node.Status().Link.Online })

		head := s.node.Status().Seq
		yes.same(t, s.do("POST", "/v1/orders", sale, key("sale")))
		no.same(t, s.do("POST", "/v1/orders", many, key("short")))
		sent.same(t, s.do("POST", "/v1/orders", parcel, key("parcel")))
		canceled.same(t, s.do("POST", cancel, "", key("cancel")))
		if got := s.node.Status().Seq; got != head {
			t.Errorf("got entry %d after repeats, want none after %d", got, head)
		}
		h.commands(borrow) // as a head office that was restored derives it again
		h.obeyed()
		s.holds("TAP-22", 16_004, 16_001, 0)
	})
}

// TestProtocol15AnIDStandsForOneContent: a key that answers whatever comes under it tells a customer yes
// for an order that nobody wrote down; one that is overwritten forgets what was promised before. Here
// the second content is refused as such, and changes nothing.
func TestProtocol15AnIDStandsForOneContent(t *testing.T) {
	inShop(t, 9, func(t *testing.T, s *shop) {
		const id = "0193a1b2-0000-7000-8000-000000000001"
		two, three := `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`, `{"fulfil":"deliver",`+line("TAP-22", 3)+`}`
		named := func(order string) string { return `{"id":"` + id + `",` + strings.TrimPrefix(order, "{") }
		order := s.do("POST", "/v1/orders", two, key("k1"))
		own := s.do("POST", "/v1/orders", named(two))
		goods := s.do("POST", "/v1/receipts", `{`+line("TAP-22", 1)+`}`, key("k2"))
		short := s.do("POST", "/v1/orders", `{`+line("TAP-22", 99)+`}`, key("k3"))
		first := as[contract.Order](t, order, 201)
		as[contract.Order](t, own, 201)
		as[contract.Receipt](t, goods, 201)
		short.want(t, 409, contract.CodeStockShort)
		for restart := range 2 {
			head := s.node.Status().Seq
			for _, other := range []struct{ path, body, key string }{
				{"/v1/orders", three, "k1"}, {"/v1/orders", named(two), "k1"}, {"/v1/receipts", `{` + line("TAP-22", 2) + `}`, "k1"},
				{"/v1/orders/" + string(first.ID) + "/cancel", ``, "k1"}, {"/v1/receipts", `{` + line("TAP-22", 2) + `}`, "k2"},
				{"/v1/orders", two, "k2"}, {"/v1/orders", two, "k3"}, {"/v1/adjustments", `{"reason":"count","approver":"beth",` + line("TAP-22", -1) + `}`, "k3"},
			} {
				s.do("POST", other.path, other.body, key(other.key)).want(t, 422, contract.CodeKeyReused)
			}
			s.do("POST", "/v1/orders", named(three)).want(t, 422, contract.CodeKeyReused)
			if got := s.node.Status().Seq; got != head {
				t.Errorf("got entry %d, want none after %d", got, head)
			}
			s.post("/v1/orders", named(two)).want(t, 409, contract.CodeOrderExists)
			s.post("/v1/orders", named(three)).want(t, 409, contract.CodeOrderExists)
			order.same(t, s.do("POST", "/v1/orders", two, key("k1")))
			own.same(t, s.do("POST", "/v1/orders", named(two)))
			goods.same(t, s.do("POST", "/v1/receipts", `{`+line("TAP-22", 1)+`}`, key("k2")))
			short.same(t, s.do("POST", "/v1/orders", `{`+line("TAP-22", 99)+`}`, key("k3")))
			s.holds("TAP-22", 10, 6, 4)
			if restart == 0 {
				s.shut()
				s.start()
			}
		}
	})
}

// TestProtocol16ARefusalIsRememberedLikeAYes: a customer who was told no has bought elsewhere; where only
// a yes is remembered, the till's retry of the same request finds goods that came in since, and sells
// them to nobody. Here the request that was refused stays refused; who still wants it asks anew.
func TestProtocol16ARefusalIsRememberedLikeAYes(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		far, near := anywhere+line("TAP-22", 5)+`}`, `{`+line("TAP-22", 5)+`}`
		h.answers(no)
		asked := s.do("POST", "/v1/orders", far, key("asked"))
		here := s.do("POST", "/v1/orders", near, key("here"))
		sold := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201)
		path := "/v1/orders/" + string(sold.ID) + "/cancel"
		late := s.do("POST", path, "", key("late"))
		asked.want(t, 409, contract.CodeStockShort)
		here.want(t, 409, contract.CodeStockShort)
		late.want(t, 409, contract.CodeOrderCompleted)
		h.answers(from("hull")) // there is enough everywhere by now
		s.receive("TAP-22", 8)
		asks := len(h.asks)
		for restart := range 2 {
			head := s.node.Status().Seq
			asked.same(t, s.do("POST", "/v1/orders", far, key("asked")))
			here.same(t, s.do("POST", "/v1/orders", near, key("here")))
			late.same(t, s.do("POST", path, "", key("late")))
			bulk := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", `{"orders":[{"key":"here","order":`+near+`}]}`), 200)
			if got := bulk.Results[0]; got.HTTPStatus != 409 || got.Problem.Code != contract.CodeStockShort {
				t.Errorf("in a bulk: got %+v, want the refusal again", got)
			}
			if got := s.node.Status().Seq; got != head || len(h.asks) != asks {
				t.Errorf("got entry %d and %d asks after repeats, want none after %d and %d", got, len(h.asks), head, asks)
			}
			if restart == 0 {
				s.shut()
				s.start()
				waitFor(t, "the line to be up", func() bool { return s.node.Status().Link.Online })
			}
		}
		s.holds("TAP-22", 10, 10, 0)
		as[contract.Order](t, s.post("/v1/orders", near), 201) // asked anew
		s.holds("TAP-22", 5, 5, 0)
	})
}

// TestProtocol17AFullQueueRefusesAndDropsNothing: a queue that lets its oldest or newest go loses orders
// whose customers wait for an answer or have one. Here who finds it full is told so, with nothing
// written, and comes again under the same key; who was let in is answered.
func TestProtocol17AFullQueueRefusesAndDropsNothing(t *testing.T) {
	watched(t, func(t *testing.T) {
		const places, crowd = 4, 12
		s := openShop(t, newWorld(), func(c *node.Config) { c.OrdersMax = places })
		s.item("TAP-22")
		s.receive("TAP-22", crowd)
		begun, release := make(chan struct{}), make(chan struct{})
		var first sync.Once
		s.w.Disk.Fail(func(act ledger.Act, _ string) error {
			if act == ledger.ActCommit {
				first.Do(func() {
					close(begun)
					<-release
				})
			}
			return nil
		})
		place := func(i int) said {
			return s.do("POST", "/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 1)+`}`, key(string(rune('a'+i))))
		}
		answers := make([]said, crowd)
		var in sync.WaitGroup
		for i := range places {
			in.Go(func() { answers[i] = place(i) })
			if i == 0 {
				<-begun
			}
		}
		synctest.Wait() // all places are taken
		for i := places; i < crowd; i++ {
			if got := place(i); got.header.Get("Retry-After") == "" {
				t.Errorf("got no Retry-After in %d %s", got.status, got.body)
			} else {
				got.want(t, 503, contract.CodeBusy)
			}
		}
		close(release)
		in.Wait()
		s.holds("TAP-22", crowd, crowd-places, places)
		for i := range answers {
			if again := place(i); i < places {
				answers[i].same(t, again)
			} else {
				answers[i] = again
			}
			as[contract.Order](t, answers[i], 201)
		}
		s.holds("TAP-22", crowd, 0, crowd)
	})
}
