package node_test

import (
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A client takes a 400 for the last word: it must not get one because a new or a replaced node has
// not fetched the catalogue yet.
func TestASKUIsNotUnknownBeforeTheItemsHaveCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := openHub(t, w)
		items := h.items
		h.items = nil
		s := openShop(t, w, joinConfig)
		waitFor(t, "the line to be up", func() bool { st := s.node.Status(); return st.State == "open" && st.Link.Online })
		calls := map[string]string{
			"/v1/orders":      `{` + line("TAP-22", 1) + `}`,
			"/v1/receipts":    `{` + line("TAP-22", 1) + `}`,
			"/v1/adjustments": `{"reason":"found",` + line("TAP-22", 1) + `}`,
		}
		coded := `{"lines":[{"barcode":"5012345678900","qty":1}]}`
		if p := as[contract.Problem](t, s.do("POST", "/v1/orders", coded, key("coded")), 503); p.Code != contract.CodeNotReady {
			t.Errorf("by barcode: got %s, want %s", p.Code, contract.CodeNotReady)
		}
		for path, body := range calls {
			if p := as[contract.Problem](t, s.do("POST", path, body, key("k"+path)), 503); p.Code != contract.CodeNotReady {
				t.Errorf("%s: got %s, want %s", path, p.Code, contract.CodeNotReady)
			}
		}
		h.mu.Lock()
		h.items = append(items, ledger.Item{SKU: "PIPE-15", Name: "Pipe", Version: 2})
		h.mu.Unlock()
		waitFor(t, "the items to be here", func() bool { return s.node.Status().ItemVersion == 2 })
		for _, path := range []string{"/v1/receipts", "/v1/orders", "/v1/adjustments"} { // under the same key
			if got := s.do("POST", path, calls[path], key("k"+path)); got.status != 201 {
				t.Errorf("%s: got %d %s, want 201", path, got.status, got.body)
			}
		}
		if p := as[contract.Problem](t, s.do("POST", "/v1/orders", `{`+line("NONE-1", 1)+`}`, key("none")), 400); p.Code != contract.CodeUnknownSKU {
			t.Errorf("got %s, want %s", p.Code, contract.CodeUnknownSKU)
		}
	})
}
