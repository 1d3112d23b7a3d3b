package node_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A customer who sells the goods again gets what lasts: at the counter, on the pick list and at the pick; and whoever picks is told why another lot is not
// for this one. The world's day is in 2000.
func TestACustomerGetsLotsThatLastLongEnough(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/SHOP-1", `{"name":"Corner shop","least_days":1800}`), 200)
		if p := s.do("PUT", "/v1/customers/SHOP-2", `{"name":"x","least_days":-1}`).want(t, 400, contract.CodeBadValue); p.Detail != "least_days is not 0 to 36500." {
			t.Errorf("got %q", p.Detail)
		}
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2002-01-01","bin":"A"},{"sku":"MILK","qty":4,"lot":"LATE","expiry":"2009-01-01","bin":"B"}]}`), 201)
		lots := func() map[ledger.LotID]ledger.Qty {
			out := map[ledger.LotID]ledger.Qty{}
			for _, l := range s.lots(t, "/v1/lots?sku=MILK") {
				out[l.Lot] = l.OnHand
			}
			return out
		}
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"SHOP-1","lines":[{"sku":"MILK","qty":1}]}`), 201)
		if got := lots(); got["SOON"] != 4 || got["LATE"] != 3 {
			t.Errorf("got %v, want one of LATE taken", got)
		}
		as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"MILK","qty":1}]}`), 201)
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"SHOP-1","least_days":0,"lines":[{"sku":"MILK","qty":1}]}`), 201)
		if got := lots(); got["SOON"] != 2 || got["LATE"] != 3 {
			t.Errorf("got %v, want two of SOON taken: by nobody's account, and by one who takes any", got)
		}
		p := as[contract.Problem](t, s.post("/v1/orders", `{"customer":"SHOP-1","lines":[{"sku":"MILK","qty":4}]}`), 400)
		if want := "4 of MILK are wanted that are good until 2004-12-05 at least, and 3 here are; these are over sooner: SOON (2, until 2002-01-01). Take fewer, have the rest served from elsewhere, or ask whether others will do."; p.Code != contract.CodeLotWrong || p.Detail != want {
			t.Errorf("got %s %q, want %q", p.Code, p.Detail, want)
		}
		if p := s.post("/v1/orders", `{"least_days":36501,"lines":[{"sku":"MILK","qty":1}]}`).want(t, 400, contract.CodeBadValue); p.Detail != "least_days is not 0 to 36500." {
			t.Errorf("got %q", p.Detail)
		}

		_, path := s.part(t, `{"customer":"SHOP-1","fulfil":"deliver","lines":[{"sku":"MILK","qty":2},{"sku":"TAP-22","qty":1}]}`)
		list := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201)
		if len(list.Rows) != 2 || list.Rows[0].Bin != "B" || list.Rows[0].Lot != "LATE" || list.Rows[0].Qty != 2 {
			t.Errorf("got %+v, want two of LATE, and the tap", list.Rows)
		}
		p = as[contract.Problem](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2,"lots":[{"lot":"SOON","qty":1}]}]}`), 400)
		if want := "Line 1: lot SOON of MILK is good until 2002-01-01, and it is wanted until 2004-12-05 at least: put it back, and take another."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		got := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		if len(got.Lots) != 1 || got.Lots[0].Lot != "LATE" || got.Lots[0].Qty != 2 {
			t.Errorf("got %+v, want two of LATE", got.Lots)
		}
	})
}
