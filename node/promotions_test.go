package node_test

import (
	"net/http"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// While the line is up a promotion is asked for; cut off, it is given as often as the site holds it.
func TestAPromotionIsGivenAsOftenAsTheSiteMay(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		as[contract.Receipt](t, s.post("/v1/receipts", `{"reference":"D-1","lines":[{"sku":"TAP-22","qty":9}]}`), 201)
		asked := 0
		h.needs(func(n *wire.Need) ledger.Qty { asked++; return n.Amount })
		const order = `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1000,"currency":"GBP"},"discount":{"ppm":100000,"reason":"promo:SPRING"}}]}`
		as[contract.Order](t, s.do(http.MethodPost, "/v1/orders", order, key("first")), 201)
		h.mu.Lock()
		before := asked
		h.mu.Unlock()
		as[contract.Order](t, s.do(http.MethodPost, "/v1/orders", order, key("first")), 201)
		if h.mu.Lock(); before == 0 || asked != before { // a use that nobody will give would lie at this site
			t.Errorf("head office was asked %d times, and %d by a repeat; want none by a repeat", before, asked-before)
		}
		h.mu.Unlock()
		h.w.net.setCut(hqAddr, true)
		no := s.do(http.MethodPost, "/v1/orders", order, key("none"))
		p := no.want(t, 409, contract.CodeAssetShort)
		if p.Detail != "Promotion SPRING has been given here as often as it may be." || p.Hint == "" {
			t.Errorf("got %q (%q)", p.Detail, p.Hint)
		}
		no.same(t, s.do(http.MethodPost, "/v1/orders", order, key("none")))
	})
}
