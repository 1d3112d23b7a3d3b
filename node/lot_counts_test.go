package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestACountAndAnAdjustmentAreByLot(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2004-01-01","bin":"A"},{"sku":"MILK","qty":3,"lot":"LATE","expiry":"2005-01-01","bin":"A"},
			{"sku":"DRILL-9","qty":3,"serials":["S1","S2","S3"],"bin":"B"}]}`), 201)
		sheet := as[contract.CountSheet](t, s.get("/v1/counts/sheet?bin=A"), 200)
		if len(sheet.Rows) != 1 || len(sheet.Rows[0].Lots) != 2 || sheet.Rows[0].Lots[0] != (contract.SheetLot{Lot: "SOON", Expiry: "2004-01-01", Expected: 4}) {
			t.Fatalf("got %+v, want both lots", sheet.Rows)
		}
		if blind := as[contract.CountSheet](t, s.get("/v1/counts/sheet?bin=A&blind=true"), 200); blind.Rows[0].Lots != nil || blind.Rows[0].Expected != nil {
			t.Errorf("blind: got %+v, want neither units nor lots", blind.Rows[0])
		}
		// One is sold while somebody scans label by label: one of SOON is missing, one of LATE more than the book has.
		as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"MILK","qty":1}]}`), 201)
		body := `{"at":"` + sheet.At + `","counted_by":"ann","lines":[{"barcode":"(01)05012345678900(10)SOON","bin":"A","counted":2},{"barcode":"(01)05012345678900(17)050101(10)LATE","bin":"A","counted":4},
			{"barcode":"https://id.gs1.org/01/05012345678900/10/SOON","bin":"A","counted":1}]}`
		first := s.do("POST", "/v1/counts", body, key("c"))
		got := as[contract.Count](t, first, 201)
		if len(got.Lines) != 1 || got.Lines[0].Counted != 7 || got.Lines[0].Variance != 0 || len(got.Lines[0].Lots) != 2 ||
			got.Lines[0].Lots[0] != (contract.LotCounted{Lot: "SOON", Counted: 3, Expected: 4, Variance: -1, Moved: -1}) || got.Lines[0].Lots[1].Variance != 1 {
			t.Errorf("got %+v, want one of the one missing and one of the other found", got.Lines)
		}
		if len(got.Lots) != 2 || got.Lots[0] != (contract.LotAdjusted{SKU: "MILK", Lot: "SOON", Bin: "A", Qty: -1}) || got.Lots[1].Qty != 1 {
			t.Errorf("got %+v, want what was adjusted of each", got.Lots)
		}
		first.same(t, s.do("POST", "/v1/counts", body, key("c")))
		if again := as[contract.Count](t, s.post("/v1/counts", body), 201); again.Lots != nil {
			t.Errorf("got %+v, want nothing left to adjust", again.Lots)
		}
		story := as[contract.LotStory](t, s.get("/v1/lots/MILK/SOON"), 200)
		if last := story.Events[len(story.Events)-1]; story.OnHand != 2 || last.Kind != ledger.KindCounted.String() {
			t.Errorf("got %d on hand and %+v last, want 2 and the count", story.OnHand, last)
		}

		// A lot that nobody ever saw here is a slip of the pen, typed or scanned; but on purpose.
		slip := "Line 1: lot or serial number LATER of MILK was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of MILK here are SOON (2 in A), LATE (4 in A)."
		for _, line := range []string{`{"sku":"MILK","bin":"A","counted":6,"lots":[{"lot":"LATER","qty":1}]}`, `{"barcode":"(01)05012345678900(10)LATER","bin":"A","counted":1}`} {
			for _, also := range []string{"", `,"counted_by":"ann","recounted_by":"beth"`, `,"preview":true`} {
				p := as[contract.Problem](t, s.post("/v1/counts", `{"lines":[`+line+`]`+also+`}`), 400)
				if p.Detail != slip || p.Field != "lines[0].lot" || p.Hint == "" {
					t.Errorf("%s: got %q of %s (%s), want %q", also, p.Detail, p.Field, p.Hint, slip)
				}
			}
		}
		if got := as[contract.Count](t, s.post("/v1/counts", `{"preview":true,"new_lots":true,"lines":[{"sku":"MILK","bin":"A","counted":6,"lots":[{"lot":"LATER","qty":1}]}]}`), 200); len(got.Lots) != 3 {
			t.Errorf("got %+v, want the new lot found and both others gone", got.Lots)
		}

		// By hand: what is named, else what leaves first; and the answer says which.
		out := as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"spoiled","lines":[{"sku":"MILK","qty":-1},{"barcode":"(01)05012345678900(10)LATE","qty":-2,"bin":"A"}]}`), 201)
		if len(out.Lots) != 2 || out.Lots[0].Lot != "LATE" || out.Lots[0].Qty != -2 || out.Lots[1].Lot != "SOON" || out.Lots[1].Qty != -1 {
			t.Errorf("got %+v, want two of the one and one of the other", out.Lots)
		}
		for body, want := range map[string]string{
			`{"reason":"found","lines":[{"sku":"MILK","qty":1}]}`:                                               "Line 1: MILK (Milk) is kept by lot: say which, or scan the label that has it.",
			`{"reason":"found","lines":[{"sku":"DRILL-9","qty":1}]}`:                                            "Line 1: DRILL-9 (Drill) is kept by serial number: scan each unit.",
			`{"reason":"found","lines":[{"sku":"TAP-22","qty":1,"lots":[{"lot":"L"}]}]}`:                        "Line 1: TAP-22 (A TAP-22) is kept neither by lot nor by serial number. Leave them out.",
			`{"reason":"stolen","lines":[{"sku":"DRILL-9","qty":-1}]}`:                                          "Line 1: say which serial number of DRILL-9 is gone. Who does not know scans what is left: a count by serial number finds out; here are S1 (1 in B), S2 (1 in B), S3 (1 in B).",
			`{"reason":"stolen","lines":[{"sku":"MILK","qty":-1,"lots":[{"lot":"NONE"}]}]}`:                     "Line 1: lot NONE of MILK is not here to be sold, or 1 of it are not; here are SOON (1 in A), LATE (2 in A).",
			`{"reason":"found","lines":[{"barcode":"(01)05012345678924(21)S1","qty":1}]}`:                       "Line 1: serial number S1 of DRILL-9 is here already, in bin B: scan the label of this unit again.",
			`{"reason":"found","lines":[{"sku":"MILK","qty":1,"lots":[{"lot":"SOON","expiry":"2004-02-01"}]}]}`: "Line 1: lot SOON of MILK is good until 2004-01-01 by the book, and 2004-02-01 by what was said: look at the label again.",
			`{"reason":"found","lines":[{"barcode":"(01)05012345678900(10)LATER","qty":1}]}`:                    strings.Replace(slip, "SOON (2 in A), LATE (4 in A)", "SOON (1 in A), LATE (2 in A)", 1),
		} {
			if p := as[contract.Problem](t, s.post("/v1/adjustments", body), 400); p.Detail != want {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		if out := as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"found","new_lots":true,"lines":[{"barcode":"(01)05012345678900(10)LATER","qty":1}]}`), 201); len(out.Lots) != 1 || out.Lots[0].Lot != "LATER" {
			t.Errorf("on purpose: got %+v, want it found", out.Lots)
		}
		// The drill that nobody finds, unit by unit.
		got = as[contract.Count](t, s.post("/v1/counts", `{"lines":[{"barcode":"(01)05012345678924(21)S3","bin":"B"},{"barcode":"(01)05012345678924(21)S1","bin":"B"}]}`), 201)
		if len(got.Lots) != 1 || got.Lots[0].Lot != "S2" || got.Lots[0].Qty != -1 {
			t.Errorf("got %+v, want the one that is missing", got.Lots)
		}
		p := as[contract.Problem](t, s.post("/v1/counts", `{"lines":[{"sku":"DRILL-9","bin":"B","counted":1}]}`), 400)
		if want := "Line 1: say which serial number of DRILL-9 is gone. Who does not know scans what is left: a count by serial number finds out; here are S1 (1 in B), S3 (1 in B)."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
	})
}
