package node_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// At the shop that joined there are three taps. What came damaged is listed where it lies, and leaves by a person's word; what is a return's leaves with it.
func TestBlockedGoodsAreListedAndInspected(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		as[contract.Transfer](t, s.post("/v1/transfers/T-1/receive", `{"from":"hull","lines":[{"sku":"TAP-22","received":4,"damaged":3,"bin":"DOCK"}]}`), 200)
		as[contract.Return](t, s.post("/v1/returns", `{"lines":[{"sku":"TAP-22","qty":1,"bin":"DOCK"}]}`), 201)
		list := as[contract.BlockedList](t, s.get("/v1/blocked"), 200)
		if len(list.Blocked) != 1 || list.Blocked[0] != (contract.BlockedStock{SKU: "TAP-22", Bin: "DOCK", Qty: 4, Returned: 1}) {
			t.Fatalf("got %+v, want four in the dock, one of them a return's", list)
		}
		const path = "/v1/blocked/inspect"
		p := s.post(path, `{"reason":"dented","lines":[{"sku":"TAP-22","qty":4,"bin":"DOCK","disposition":"scrap"}]}`).want(t, 409, contract.CodeBlockedShort)
		if want := "Line 1: 3 of TAP-22 are blocked in bin DOCK and no return's; 4 are named. 1 more lie there for returns: inspect these with their return. Nothing was changed."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		body := `{"reason":"dented","by":"dora","lines":[{"sku":"TAP-22","qty":1,"bin":"DOCK","disposition":"restock","to_bin":"A-01"},{"sku":"TAP-22","qty":1,"bin":"DOCK","disposition":"scrap"}]}`
		first := s.do("POST", path, body, key("i"))
		if got := as[contract.BlockedAnswer](t, first, 200); got.By != "dora" || len(got.Lines) != 2 || got.Lines[0].ToBin != "A-01" {
			t.Errorf("got %+v, want what was said", got)
		}
		first.same(t, s.do("POST", path, body, key("i")))
		if st := s.stock("TAP-22"); st.OnHand != 7 || st.Blocked != 2 || st.Available != 5 {
			t.Errorf("got %+v, want one sold again and one gone", st)
		}
		for body, code := range map[string]contract.Code{
			`{"reason":"","lines":[{"sku":"TAP-22","qty":1,"disposition":"scrap"}]}`: contract.CodeBadValue,
			`{"reason":"x","lines":[]}`: contract.CodeBadValue,
			`{"reason":"x","lines":[{"sku":"TAP-22","qty":1,"disposition":"hand_back"}]}`:                 contract.CodeBadValue,
			`{"reason":"x","lines":[{"sku":"TAP-22","qty":1,"disposition":"scrap","to_bin":"A-01"}]}`:     contract.CodeBadValue,
			`{"reason":"x","lines":[{"barcode":"0000000000","qty":1,"disposition":"scrap"}]}`:             contract.CodeUnknownBarcode,
			`{"reason":"x","lines":[{"sku":"TAP-22","qty":1,"disposition":"scrap","bin":"no such bin"}]}`: contract.CodeBadValue,
		} {
			s.post(path, body).want(t, 400, code)
		}
		s.do("POST", path, body).want(t, 400, contract.CodeKeyMissing)
	})
}
