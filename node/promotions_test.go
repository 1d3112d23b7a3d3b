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
		h.needs(func(n *wire.Need) ledger.Qty { return n.Amount })
		const order = `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1000,"currency":"GBP"},"discount":{"ppm":100000,"reason":"promo:SPRING"}}]}`
		as[contract.Order](t, s.post("/v1/orders", order), 201)
		h.w.net.setCut(hqAddr, true)
		no := s.do(http.MethodPost, "/v1/orders", order, key("none"))
		p := no.want(t, 409, contract.CodeAssetShort)
		if p.Detail != "Promotion SPRING has been given here as often as it may be." || p.Hint == "" {
			t.Errorf("got %q (%q)", p.Detail, p.Hint)
		}
		no.same(t, s.do(http.MethodPost, "/v1/orders", order, key("none")))
	})
}
