package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// atlantis is an order to collect where nothing is.
const atlantis = `{"fulfil":"collect","shortage":"backorder","collect_at":"atlantis","lines":[{"sku":"TAP-22","qty":1}]}`

// listed waits until the shop has heard the company's sites.
func listed(t *testing.T, s *shop, h *hub) {
	t.Helper()
	h.mu.Lock()
	h.sites = ledger.SiteList{Version: 7, Sites: []ledger.ListedSite{{ID: "hull"}, {ID: "leeds", Counter: true}, {ID: "york", Counter: true}}}
	h.mu.Unlock()
	h.bell <- struct{}{}
	// A list is no entry; that it is here shows in what is refused while the line is down.
	waitFor(t, "the list of sites", func() bool { return s.node.Status().SitesKnown == 3 })
}

// refusedWithoutAnEntry posts the order twice: bad input is not remembered, and leaves nothing.
func refusedWithoutAnEntry(t *testing.T, s *shop, what string) {
	t.Helper()
	before := s.node.Status()
	for range 2 {
		if p := s.do("POST", "/v1/orders", atlantis, key("k")).want(t, 400, contract.CodeUnknownSite); p.Field != "collect_at" || p.Detail == "" {
			t.Errorf("%s: got field %q, %q, want collect_at and what to do", what, p.Field, p.Detail)
		}
	}
	bulk := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", `{"orders":[{"key":"b","order":`+atlantis+`}]}`), 200)
	if r := bulk.Results[0]; r.HTTPStatus != 400 || r.Problem == nil || r.Problem.Code != contract.CodeUnknownSite {
		t.Errorf("%s: in bulk: got %+v, want 400", what, r)
	}
	if after := s.node.Status(); after.Seq != before.Seq || after.OpenAsks != 0 || after.OpenOrders != 0 {
		t.Errorf("%s: got entry %d and %+v, want none after %d", what, after.Seq, after, before.Seq)
	}
}

func TestASiteThatIsNotListedIsRefusedWithNoEntryOnlineAndOff(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(no)
		listed(t, s, h)
		refusedWithoutAnEntry(t, s, "connected")
		h.mu.Lock()
		if n := len(h.asks); n != 0 {
			t.Errorf("connected: got %d asks, want none", n)
		}
		if n := len(h.looks); n != 3 || h.looks[0].Other != "atlantis" {
			t.Errorf("connected: got looks %+v, want one for each order", h.looks)
		}
		h.mu.Unlock()
		s.w.net.setCut(hqAddr, true)
		refusedWithoutAnEntry(t, s, "cut off")
		s.shut()
		s.start()
		refusedWithoutAnEntry(t, s, "cut off and started again")
		// A site that is listed may be named, cut off or not.
		o := as[contract.Order](t, s.do("POST", "/v1/orders", strings.Replace(atlantis, "atlantis", "york", 1), key("y")), 201)
		if o.Status != "backordered" || !o.Offline {
			t.Errorf("got %+v, want the order for york backordered, offline", o)
		}
	})
}

func TestASiteThatWasJustAddedIsAskedFor(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.answers(no)
		listed(t, s, h)
		h.mu.Lock()
		h.fresh = "atlantis"
		h.mu.Unlock()
		o := as[contract.Order](t, s.do("POST", "/v1/orders", atlantis, key("k")), 201)
		if o.Status != "backordered" || o.Offline {
			t.Errorf("got %+v, want the order taken: head office has added the site", o)
		}
	})
}

func TestWithoutAListOfSitesHeadOfficeFindsOut(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		if o := as[contract.Order](t, s.do("POST", "/v1/orders", atlantis, key("k")), 201); o.Status != "backordered" {
			t.Errorf("got %+v, want it backordered: nobody can say that there is no such site", o)
		}
	})
}
