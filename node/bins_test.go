package node_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Goods land where goods come in, are listed until they are put away, and what was scanned is held against what was said.
func TestGoodsInIsPutAway(t *testing.T) {
	inShopOf(t, func(c *node.Config) { c.GoodsIn = []ledger.Bin{"DOCK", "DOCK-2"} }, func(t *testing.T, s *shop) {
		s.put("TAP-22", `{"name":"Basin tap","barcodes":["5012345678900"],"packs":[{"name":"CASE","units":6,"barcodes":["15012345678907"]}]}`)
		s.put("PIPE", `{"name":"Copper pipe","barcodes":["96385074"]}`)
		s.binned(t, `{"sku":"TAP-22","qty":8},{"sku":"PIPE","qty":2,"bin":"DOCK-2"},{"sku":"TAP-22","qty":1,"bin":"A-01"}`)
		first := as[contract.PutAwayList](t, s.get("/v1/put-away?limit=1"), 200)
		if len(first.PutAway) != 1 || first.PutAway[0].Bin != "DOCK" || first.PutAway[0].SKU != "TAP-22" || first.PutAway[0].Qty != 8 || first.PutAway[0].To != "A-01" || first.PutAway[0].Name != "Basin tap" {
			t.Fatalf("got %+v, want eight taps, to A-01", first.PutAway)
		}
		rest := as[contract.PutAwayList](t, s.get("/v1/put-away?limit=1&cursor="+first.NextCursor), 200)
		if len(rest.PutAway) != 1 || rest.PutAway[0].Bin != "DOCK-2" || rest.PutAway[0].To != "" {
			t.Fatalf("got %+v, want the pipes, to nowhere yet", rest.PutAway)
		}
		for body, want := range map[string]string{
			`{"lines":[{"sku":"TAP-22","barcode":"96385074","qty":1,"from":"DOCK","to":"A-01"}]}`:                       "Line 1 wants TAP-22 (Basin tap); PIPE (Copper pipe) was scanned. Nothing was moved.",
			`{"lines":[{"sku":"TAP-22","qty":1,"from":"DOCK","to":"A-01","to_scanned":"A-02"}]}`:                        "Line 1 goes into bin A-01; the label of A-02 was scanned. Nothing was moved.",
			`{"lines":[{"sku":"TAP-22","qty":9,"from":"DOCK","to":"A-01"}]}`:                                            "Line 1: 9 of TAP-22 are to leave bin DOCK, where 8 lie that may be sold. Nothing was moved.",
			`{"lines":[{"sku":"TAP-22","qty":1,"from":"DOCK","to":"A-01","blocked":true}]}`:                             "Line 1: 1 of TAP-22 are to leave bin DOCK, where 0 lie that are blocked and no return's. Nothing was moved.",
			`{"lines":[{"sku":"TAP-22","qty":9,"from":"A-01","to":"B"},{"sku":"PIPE","qty":9,"from":"A-01","to":"B"}]}`: "Line 1: 9 of TAP-22 are to leave bin A-01, where 1 lie that may be sold. 1 more lines are short. Nothing was moved.",
		} {
			p := s.post("/v1/moves", body)
			if got := as[contract.Problem](t, p, 409); got.Detail != want || got.Hint == "" || got.Code != contract.CodeBinShort && got.Code != contract.CodeWrongScan {
				t.Errorf("got %s %q (%s), want %q and a way out", got.Code, got.Detail, got.Hint, want)
			}
		}
		for body, code := range map[string]contract.Code{
			`{"lines":[]}`: contract.CodeBadValue,
			`{"lines":[{"sku":"TAP-22","qty":1,"to":"A-01"}]}`:                                         contract.CodeBadValue,
			`{"lines":[{"sku":"TAP-22","qty":1,"from":"DOCK","to":"DOCK"}]}`:                           contract.CodeBadValue,
			`{"lines":[{"barcode":"4006381333931","qty":1,"from":"DOCK","to":"A-01"}]}`:                contract.CodeUnknownBarcode,
			`{"lines":[{"sku":"TAP-22","pack":"BOX","qty":1,"from":"DOCK","to":"A-01"}]}`:              contract.CodeUnknownPack,
			`{"lines":[{"sku":"TAP-22","qty":1,"from":"DOCK","to":"A-01","shelf":"x"}]}`:               contract.CodeUnknownField,
			`{"lines":[{"sku":"TAP-22","barcode":"4006381333931","qty":1,"from":"DOCK","to":"A-01"}]}`: contract.CodeUnknownBarcode,
		} {
			s.post("/v1/moves", body).want(t, 400, code)
		}
		s.do("POST", "/v1/moves", `{"lines":[{"sku":"TAP-22","qty":1,"from":"DOCK","to":"A-01"}]}`).want(t, 400, contract.CodeKeyMissing)
		// A case is scanned, and is six; sent again it is done once.
		const body = `{"by":"dora","lines":[{"sku":"TAP-22","barcode":"15012345678907","qty":1,"from":"DOCK","to":"A-01","to_scanned":"A-01"},{"barcode":"96385074","qty":2,"from":"DOCK-2","to":"B-07"}]}`
		moved := s.do("POST", "/v1/moves", body, key("m"))
		got := as[contract.BinMoveAnswer](t, moved, 201)
		if len(got.Lines) != 2 || got.Lines[0].Qty != 6 || got.Lines[0].Pack == nil || got.Lines[0].Pack.Name != "CASE" || got.By != "dora" {
			t.Errorf("got %+v, want a case of six moved", got)
		}
		s.put("PIPE", `{"name":"Copper pipe"}`) // its label is another's by now
		moved.same(t, s.do("POST", "/v1/moves", body, key("m")))
		if list := as[contract.PutAwayList](t, s.get("/v1/put-away"), 200); len(list.PutAway) != 1 || list.PutAway[0].Qty != 2 {
			t.Errorf("got %+v, want two taps left", list.PutAway)
		}
		if st := s.stock("TAP-22"); st.OnHand != 9 || st.Available != 9 {
			t.Errorf("got %+v, want the figures as they were", st)
		}
		s.get("/v1/put-away?cursor=x").want(t, 400, contract.CodeBadValue)
	})
}

// A node without a goods-in bin has nothing to put away, and goods lie in MAIN.
func TestWithoutAGoodsInBinNothingIsToBePutAway(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		if list := as[contract.PutAwayList](t, s.get("/v1/put-away"), 200); len(list.PutAway) != 0 {
			t.Errorf("got %+v, want nothing", list.PutAway)
		}
		as[contract.BinMoveAnswer](t, s.post("/v1/moves", `{"lines":[{"sku":"TAP-22","qty":3,"from":"MAIN","to":"A-01"}]}`), 201)
	})
}
