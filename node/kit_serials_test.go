package node_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A set with a drill in it: which drill was sold is known as if it had been sold by itself, and which comes back.
func TestTheSerialNumbersOfAKitsComponentsAreSaidAtTheSaleAndAtTheReturn(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		s.lotted(t)
		s.put("SET-D", `{"name":"Drill set","barcodes":["5012345678931"],"kit":[{"sku":"TAP-22","qty":1},{"sku":"DRILL-9","qty":2},{"sku":"MILK","qty":1}]}`)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"DRILL-9","qty":5,"serials":["S1","S2","S3","S4","S5"]},{"sku":"MILK","qty":2,"lot":"A"},{"sku":"MILK","qty":2,"lot":"B"}]}`), 201)
		sell := func(lots string) string {
			return `{"lines":[{"sku":"TAP-22","qty":1},{"sku":"SET-D","qty":1,"lots":[` + lots + `]}]}`
		}
		for lots, want := range map[string]string{
			``:                             "Line 2: DRILL-9 (Drill) is kept by serial number: scan each of the 2; 0 are named.",
			`{"sku":"DRILL-9","lot":"S1"}`: "Line 2: DRILL-9 (Drill) is kept by serial number: scan each of the 2; 1 are named.",
			`{"lot":"S1"},{"lot":"S2"}`:    "Line 2: SET-D (Drill set) is a kit: say with each lot, or serial number, which of its components it is of, 1 TAP-22, 2 DRILL-9, 1 MILK.",
			`{"sku":"PIPE","lot":"S1"}`:    "Line 2: SET-D (Drill set) has no PIPE in it; it is made of 1 TAP-22, 2 DRILL-9, 1 MILK.",
			`{"sku":"TAP-22","lot":"S1"}`:  "Line 2: TAP-22 (A TAP-22) is kept neither by lot nor by serial number. Leave them out.",
			`{"barcode":"5012345678924"}`:  "Line 2: the label of DRILL-9 (Drill) has no lot and no serial number: say which.",
			`{"sku":"DRILL-9","lot":"S1"},{"sku":"DRILL-9","lot":"S9"}`: "Line 3: serial number S9 of DRILL-9 is not here to be sold, or 1 of it are not; here are S1 (1 in MAIN), S2 (1 in MAIN), S3 (1 in MAIN), S4 (1 in MAIN), S5 (1 in MAIN).",
		} {
			p := s.post("/v1/orders", sell(lots))
			if got := as[contract.Problem](t, p, 400); got.Detail != want {
				t.Errorf("%s: got %q, want %q", lots, got.Detail, want)
			}
		}
		const two = `{"sku":"DRILL-9","lot":"S4"},{"barcode":"(01)05012345678924(21)S2"},{"sku":"MILK","lot":"B"}`
		sold := s.do("POST", "/v1/orders", sell(two), key("sale"))
		o := as[contract.Order](t, sold, 201)
		sold.same(t, s.do("POST", "/v1/orders", sell(two), key("sale")))
		if got := kitOf(o.Lines[1]); got != "2: 1 SET-D completed (2: 1 TAP-22 completed) (3: 2 DRILL-9 completed) (4: 1 MILK completed)" {
			t.Fatalf("got %s", got)
		}
		for _, serial := range []string{"S2", "S4"} {
			story := as[contract.LotStory](t, s.get("/v1/serials/DRILL-9/"+serial), 200)
			if story.OnHand != 0 || story.Warranty == nil || story.Warranty.Order != o.ID {
				t.Errorf("%s: got %+v, want it sold with the order, under warranty", serial, story)
			}
		}
		if got := s.lots(t, "/v1/lots?sku=MILK"); len(got) != 2 || got[0].Lot != "A" || got[0].OnHand != 2 || got[1].OnHand != 1 {
			t.Errorf("got %+v, want one of B gone", got)
		}

		// One drill of the set comes back, and then the set without it is no whole set.
		back := func(line string) string { return fmt.Sprintf(`{"order":%q,"lines":[%s]}`, o.ID, line) }
		one := as[contract.Return](t, s.post("/v1/returns", back(`{"line":3,"barcode":"(01)05012345678924(21)S2"}`)), 201)
		if len(one.Lines) != 1 || one.Lines[0].Lots[0].Lot != "S2" {
			t.Errorf("got %+v, want S2", one.Lines)
		}
		if p := s.post("/v1/returns", back(`{"line":2,"sku":"SET-D","qty":1}`)); p.status != 409 {
			t.Errorf("a whole set, of which a drill is back: got %d %s, want it refused", p.status, p.body)
		}
		for line, want := range map[string]string{
			`{"line":2,"qty":1}`:                "Line 1: sku is missing: line 2 is of the kit SET-D, so say which component of it comes back.",
			`{"line":1,"sku":"SET-D","qty":1}`:  "Line 1: sku is SET-D; line 1 of the order is TAP-22.",
			`{"line":2,"sku":"SET-D","qty":-1}`: "Line 1: qty is -1 kits; some come back, and no more than a book counts.",
		} {
			if p := as[contract.Problem](t, s.post("/v1/returns", back(line)), 400); p.Detail != want {
				t.Errorf("%s: got %q, want %q", line, p.Detail, want)
			}
		}

		// A whole set comes back by its own label.
		o = as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"SET-D","qty":1,"lots":[{"sku":"DRILL-9","lot":"S1"},{"sku":"DRILL-9","lot":"S3"}]}]}`), 201)
		whole := back(`{"line":1,"barcode":"5012345678931","qty":1,"disposition":"restock","lots":[{"sku":"DRILL-9","lot":"S3"},{"sku":"DRILL-9","lot":"S1"}]}`)
		first := s.do("POST", "/v1/returns", whole, key("whole"))
		r := as[contract.Return](t, first, 201)
		if len(r.Lines) != 3 || r.Lines[1].SKU != "DRILL-9" || r.Lines[1].Qty != 2 || len(r.Lines[1].Lots) != 2 || r.Lines[2].Restocked != 1 {
			t.Errorf("got %+v, want its three components", r.Lines)
		}
		first.same(t, s.do("POST", "/v1/returns", whole, key("whole")))
		here := map[ledger.LotID]ledger.Qty{}
		for _, l := range s.lots(t, "/v1/lots?sku=DRILL-9") {
			here[l.Lot] = l.OnHand
		}
		if want := (map[ledger.LotID]ledger.Qty{"S1": 1, "S2": 1, "S3": 1, "S5": 1}); !maps.Equal(here, want) {
			t.Errorf("got %v, want %v: all but S4", here, want)
		}
	})
}
