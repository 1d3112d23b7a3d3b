package node_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// The ways in which others have lost goods or money, each tried here through the public API. cmd/holdfast/scars_test.go lists them all.

// TestAReplyThatWasLostAfterTheCommitIsGivenAgain: the sale is on the disk, nobody heard of it, the node dies; the till sends it again.
func TestAReplyThatWasLostAfterTheCommitIsGivenAgain(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		first := s.do("POST", "/v1/orders", `{`+line("TAP-22", 2)+`}`, key("sale"))
		s.shut()
		s.start()
		first.same(t, s.do("POST", "/v1/orders", `{`+line("TAP-22", 2)+`}`, key("sale")))
		s.holds("TAP-22", 3, 3, 0)
	})
}

// TestVoidThenDeleteRestocksOnce: an order that is cancelled and then cancelled again by another hand, and a sale whose goods come back twice.
func TestVoidThenDeleteRestocksOnce(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		kept := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect",`+line("TAP-22", 2)+`}`), 201)
		s.holds("TAP-22", 5, 3, 2)
		as[contract.Order](t, s.post("/v1/orders/"+string(kept.ID)+"/cancel", ``), 200)
		s.post("/v1/orders/"+string(kept.ID)+"/cancel", ``).want(t, 409, contract.CodeOrderCanceled)
		s.holds("TAP-22", 5, 5, 0)

		sold := as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 2)+`}`), 201)
		s.post("/v1/orders/"+string(sold.ID)+"/cancel", ``).want(t, 409, contract.CodeOrderCompleted)
		back := fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":2,"disposition":"restock"}]}`, sold.ID)
		as[contract.Return](t, s.post("/v1/returns", back), 201)
		s.post("/v1/returns", back).want(t, 409, contract.CodeOverReturned)
		s.holds("TAP-22", 5, 5, 0)
	})
}

// TestCompletingAPartPaidOrderTakesStockOnce: money that comes in parts moves no goods, and goods that leave leave once.
func TestCompletingAPartPaidOrderTakesStockOnce(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		as[contract.Drawer](t, s.post("/v1/drawers/T1/open", `{"float":1000,"currency":"GBP"}`), 200)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect",`+line("TAP-22", 2)+`}`), 201)
		part := "/v1/fulfilments/" + contract.FulfilmentID(o.ID, "leeds")
		pay := func(more string) said {
			return s.post("/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","total":2000,%s}`, o.ID, more))
		}
		as[contract.Payments](t, pay(`"deposit":true,"tenders":[{"tender":"cash","amount":500}]`), 201)
		s.holds("TAP-22", 5, 3, 2)
		as[contract.FulfilmentAnswer](t, s.post(part+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		code := as[contract.FulfilmentAnswer](t, s.post(part+"/ready", `{}`), 200).Code
		as[contract.Payments](t, pay(`"tenders":[{"tender":"card","ref":"slip 7"}]`), 201)
		pay(`"tenders":[{"tender":"card","ref":"slip 7"}]`).want(t, 409, contract.CodeOverpaid)
		s.holds("TAP-22", 5, 3, 2)
		as[contract.FulfilmentAnswer](t, s.post(part+"/collect", `{"code":"`+code+`"}`), 200)
		s.post(part+"/collect", `{"code":"`+code+`"}`)
		s.post("/v1/orders/"+string(o.ID)+"/cancel", ``).want(t, 409, contract.CodeOrderCompleted)
		s.holds("TAP-22", 3, 3, 0)
	})
}

// TestFulfillingFromASiteOtherThanTheReservedOneIsImpossible: a part of an order names the site that reserved it, and no other hands it over.
func TestFulfillingFromASiteOtherThanTheReservedOneIsImpossible(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		for _, deed := range []string{`pick {"lines":[{"line":1,"qty":2}]}`, `pack {}`, `ready {}`, `dispatch {}`, `put-back {}`, `deliver {}`} {
			var act, body string
			if _, err := fmt.Sscanf(deed, "%s %s", &act, &body); err != nil {
				t.Fatal(err)
			}
			p := s.post("/v1/fulfilments/"+contract.FulfilmentID(o.ID, "york")+"/"+act, body).want(t, 404, contract.CodeNotFound)
			if p.Detail != "This site serves no such part of an order, or has served all of it." || p.Hint == "" {
				t.Errorf("%s: got %q, hint %q", act, p.Detail, p.Hint)
			}
		}
		s.holds("TAP-22", 5, 3, 2)
	})
}

// TestPacksOfAllSizesComeToTheUnitsThatAChildWouldCount: goods come in by the case, are counted in cases and loose units, sold by case and unit, and come back by the
// unit: on hand is always what a child would count.
func TestPacksOfAllSizesComeToTheUnitsThatAChildWouldCount(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		as[contract.Item](t, s.do("PUT", "/v1/items/NAIL", `{"name":"Nail","packs":[{"name":"CASE","units":7},{"name":"PALLET","units":343}]}`), 200)
		units := 0
		is := func(after string) {
			t.Helper()
			if st := s.stock("NAIL"); int(st.OnHand) != units || int(st.Available) != units {
				t.Errorf("after %s: got %d on hand and %d available, want %d", after, st.OnHand, st.Available, units)
			}
		}
		for n := 1; n <= 4; n++ {
			as[contract.Receipt](t, s.post("/v1/receipts", fmt.Sprintf(`{"lines":[{"sku":"NAIL","pack":"PALLET","qty":1},{"sku":"NAIL","pack":"CASE","qty":%d},{"sku":"NAIL","qty":%d}]}`, n, n)), 201)
			units += 343 + 7*n + n
			is("a receipt")
			sold := as[contract.Order](t, s.post("/v1/orders", fmt.Sprintf(`{"lines":[{"sku":"NAIL","pack":"CASE","qty":%d},{"sku":"NAIL","qty":%d}]}`, 2*n, n)), 201)
			units -= 14*n + n
			is("a sale")
			as[contract.Return](t, s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":3,"disposition":"restock"}]}`, sold.ID)), 201)
			units += 3
			is("a return")
			as[contract.Count](t, s.post("/v1/counts", fmt.Sprintf(`{"lines":[{"sku":"NAIL","pack":"CASE","counted":%d,"loose":%d}]}`, units/7, units%7)), 201)
			is("a count that finds what there is")
			as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"broken","lines":[{"sku":"NAIL","pack":"CASE","qty":-1}]}`), 201)
			units -= 7
			is("a case that broke")
		}
	})
}

// TestOneBadRecordBlocksNothing: of a channel's orders those that are sound are taken, whatever stands among them.
func TestOneBadRecordBlocksNothing(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		got := as[contract.BulkAnswer](t, s.post("/v1/orders/bulk", `{"orders":[{"key":"1","order":{`+line("TAP-22", 1)+`}},{"key":"2","order":{"lines":"none"}},`+
			`{"key":"3","order":{`+line("NOWHERE", 1)+`}},{"key":"4","order":{`+line("TAP-22", 9)+`}},{"key":"5","order":{`+line("TAP-22", 2)+`}}]}`), 200)
		for i, want := range []int{201, 400, 400, 409, 201} {
			if r := got.Results[i]; r.HTTPStatus != want || want != 201 && (r.Problem == nil || r.Problem.Detail == "") {
				t.Errorf("order %d: got %d %+v, want %d and why", i+1, r.HTTPStatus, r.Problem, want)
			}
		}
		s.holds("TAP-22", 2, 2, 0)
	})
}
