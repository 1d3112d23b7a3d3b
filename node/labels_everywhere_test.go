package node_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// takesBarcode says whether a body has a barcode somewhere.
func takesBarcode(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return takesBarcode(t.Elem(), seen)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == "barcode" || f.IsExported() && takesBarcode(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// One label says article, lot, day and how many, in each of the forms that scanners and phones give it.
var labelForms = []string{
	"(01)05012345678900(17)051231(10)L7",
	`]C1010501234567890017051231` + `10L7`,
	"https://id.gs1.org/01/05012345678900/10/L7?17=051231",
}

// Each call that takes a barcode takes a GS1 element string and a Digital Link URI, and what these say of a lot.
func TestEachCallThatTakesABarcodeTakesALabel(t *testing.T) {
	calls := map[string]struct {
		path, body string // LABEL stands for one
		has        string // what is in its answer

		no        int    // it is refused for what is no fault of the label
		elsewhere string // the test that shows it
	}{
		"POST /v1/receipts":                  {path: "", body: `{"lines":[{"barcode":"LABEL(30)9","bin":"A"}]}`, has: `"seq"`},
		"POST /v1/orders":                    {path: "", body: `{"lines":[{"barcode":"LABEL","qty":1}]}`, has: `"completed"`},
		"POST /v1/orders/bulk":               {path: "", body: `{"orders":[{"key":"KEY","order":{"lines":[{"barcode":"LABEL","qty":1}]}}]}`, has: `"completed"`},
		"POST /v1/adjustments":               {path: "", body: `{"reason":"spoiled","lines":[{"barcode":"LABEL","qty":-1}]}`, has: `"lots":[{"sku":"MILK","lot":"L7","bin":"A","qty":-1}]`},
		"POST /v1/counts":                    {path: "", body: `{"preview":true,"lines":[{"barcode":"LABEL","bin":"A","counted":5}]}`, has: `"lots":[{"lot":"L7","expiry":"2005-12-31","counted":5`},
		"POST /v1/moves":                     {path: "", body: `{"lines":[{"barcode":"LABEL","from":"A","to":"B","qty":1}]}`, has: `"to":"B"`},
		"POST /v1/blocked/inspect":           {path: "", body: `{"reason":"seen","lines":[{"barcode":"LABEL","bin":"Q","qty":1,"disposition":"block"}]}`, has: `"sku":"MILK"`},
		"POST /v1/exchanges":                 {path: "", body: `{"order":"019ac3f1-0000-7000-8000-000000000001","till":"1","reason":"wrong","lines":[{"line":1,"barcode":"LABEL","qty":1}],"sale":{"lines":[{"barcode":"LABEL","qty":1}]}}`, has: `"not_found"`, no: 404},
		"POST /v1/orders/{id}/amend":         {path: "/v1/orders/OPEN/amend", body: `{"lines":[{"barcode":"LABEL","qty":1}]}`, has: `"not_amendable"`, no: 409}, // what the label says was read before
		"PUT /v1/purchases/{reference}":      {path: "/v1/purchases/PO-NTH", body: `{"supplier":"Dairy","site":"leeds","due":"2000-02-01","lines":[{"barcode":"LABEL","qty":1}]}`, has: `"sku":"MILK"`},
		"POST /v1/transfers":                 {elsewhere: "TestATransferSaysWhichLotsLeaveAndCome"},
		"POST /v1/transfers/{id}/dispatch":   {elsewhere: "TestATransferSaysWhichLotsLeaveAndCome"},
		"POST /v1/transfers/{id}/receive":    {elsewhere: "TestATransferSaysWhichLotsLeaveAndCome"},
		"POST /v1/fulfilments/{id}/pick":     {path: "PART/pick", body: `{"lines":[{"line":1,"qty":1,"barcode":"LABEL"}]}`, has: `"lot":"L7"`},
		"POST /v1/fulfilments/{id}/dispatch": {path: "PICKED/dispatch", body: `{"carrier":"DPD","check":[{"barcode":"LABEL"}]}`, has: `"dispatched"`},
		"POST /v1/returns":                   {path: "", body: `{"lines":[{"barcode":"LABEL","qty":1}]}`, has: `"lots":[{"lot":"L7","qty":1`},
		"POST /v1/recalls":                   {path: "", body: `{"barcode":"LABEL","reason":"glass","release":true}`, has: `"lot":"L7"`},
	}
	for _, rt := range node.Routes() {
		if rt.Request == nil || !takesBarcode(reflect.TypeOf(rt.Request), map[reflect.Type]bool{}) {
			continue
		}
		if _, ok := calls[rt.Method+" "+rt.Path]; !ok {
			t.Errorf("%s %s takes a barcode, and no label is shown to it", rt.Method, rt.Path)
		}
	}
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":3,"lot":"L7","expiry":"2005-12-31","bin":"Q"}]}`)
		s.post("/v1/recalls", `{"sku":"MILK","lot":"L7","reason":"glass in it"}`)
		s.post("/v1/recalls", `{"sku":"MILK","lot":"L7","reason":"it was another one","release":true}`)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":50,"lot":"OLD","expiry":"2004-01-01","bin":"A"},{"sku":"MILK","qty":50,"lot":"L7","expiry":"2005-12-31","bin":"A"}]}`), 201)
		for name, c := range calls {
			if c.elsewhere != "" {
				continue
			}
			for nth, label := range labelForms {
				method, path, _ := strings.Cut(name, " ")
				if c.path != "" {
					path = c.path
				}
				path = s.named(t, path, nth)
				body := strings.NewReplacer("LABEL(30)9", label+[]string{"(30)9", "\\u001d309", "&30=9"}[nth], "LABEL", label, "KEY", fmt.Sprint("bulk", nth)).Replace(c.body)
				if got := s.do(method, path, body, key(fmt.Sprint(name, nth))); got.status >= 300 && got.status != c.no || !strings.Contains(string(got.body), c.has) {
					t.Errorf("%s %s: got %d %s, want it taken with %s", name, body, got.status, got.body, c.has)
				}
			}
		}
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/OLD"), 200); got.OnHand != 50 {
			t.Errorf("got %d of the lot that leaves first, want all 50: labels name the other", got.OnHand)
		}
	})
}

// named makes the order that a path is about: a part to be picked, or one that is picked, or an open order.
func (s *shop) named(t *testing.T, path string, nth int) string {
	order := `{"fulfil":"deliver","lines":[{"sku":"MILK","qty":1}]}`
	switch {
	case strings.HasPrefix(path, "PART"), strings.HasPrefix(path, "PICKED"):
		_, part := s.part(t, order)
		at, deed, _ := strings.Cut(path, "/")
		if at == "PICKED" {
			as[contract.FulfilmentAnswer](t, s.post(part+"/pick", `{"lines":[{"line":1,"qty":1,"lots":[{"lot":"L7"}]}]}`), 200)
			as[contract.FulfilmentAnswer](t, s.post(part+"/pack", `{}`), 200)
		}
		return part + "/" + deed
	case strings.Contains(path, "OPEN"):
		o, _ := s.part(t, order)
		return strings.Replace(path, "OPEN", string(o.ID), 1)
	default:
		return strings.Replace(path, "NTH", fmt.Sprint(nth), 1)
	}
}

// A till sells exactly the lot that was scanned, and nothing of one that is over or held, whatever is in the hand: with words for a cashier.
func TestATillSellsTheLotThatWasScanned(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2004-01-01","bin":"A"},{"sku":"MILK","qty":3,"lot":"LATE","expiry":"2005-01-01","bin":"B"},
			{"sku":"MILK","qty":3,"lot":"BAD","bin":"B"},{"sku":"DRILL-9","qty":2,"serials":["S1","S2"]}]}`), 201)
		s.post("/v1/recalls", `{"sku":"MILK","lot":"BAD","reason":"glass in it"}`)
		o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"barcode":"(01)05012345678900(10)LATE(30)2"},{"barcode":"(01)05012345678924(21)S2"}]}`), 201)
		story := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200)
		if len(story.Orders) != 1 || story.Orders[0].Order != o.ID || story.Orders[0].Qty != 2 {
			t.Errorf("got %+v, want two of the lot that was scanned", story.Orders)
		}
		if got := as[contract.LotStory](t, s.get("/v1/serials/DRILL-9/S2"), 200); got.Warranty == nil || got.Warranty.Order != o.ID {
			t.Errorf("got %+v, want the unit with its order", got)
		}
		for body, want := range map[string]string{
			`{"lines":[{"barcode":"(01)05012345678900(10)BAD","qty":1}]}`:                                  "Line 1: lot BAD of MILK is held: glass in it. Nothing of it may be sold: put it aside, and take another; here are SOON (4 in A), LATE (1 in B).",
			`{"in_hand":true,"approver":"beth","lines":[{"barcode":"(01)05012345678900(10)BAD","qty":1}]}`: "Line 1: lot BAD of MILK is held: glass in it. Nothing of it may be sold: put it aside, and take another; here are SOON (4 in A), LATE (1 in B).",
			`{"lines":[{"barcode":"(01)05012345678900(17)991231(10)OVER","qty":1}]}`:                       "Line 1: lot OVER of MILK was good until 1999-12-31. Nothing of it may be sold: put it aside, and take another; here are SOON (4 in A), LATE (1 in B).",
			`{"lines":[{"barcode":"(01)05012345678900(10)NONE","qty":1}]}`:                                 "Line 1: lot NONE of MILK is not here to be sold, or 1 of it are not; here are SOON (4 in A), LATE (1 in B).",
			`{"lines":[{"sku":"DRILL-9","qty":1}]}`:                                                        "Line 1: DRILL-9 (Drill) is kept by serial number: scan each of the 1; 0 are named.",
			`{"lines":[{"barcode":"(01)05012345678924(21)S2","qty":1}]}`:                                   "Line 1: serial number S2 of DRILL-9 is not here to be sold, or 1 of it are not; here are S1 (1 in MAIN).",
			`{"lines":[{"sku":"TAP-22","qty":1,"lots":[{"lot":"L"}]}]}`:                                    "Line 1: TAP-22 (A TAP-22) is kept neither by lot nor by serial number. Leave them out.",
			`{"fulfil":"collect","lines":[{"sku":"MILK","qty":1,"lots":[{"lot":"SOON"}]}]}`:                "lots go with fulfil take only: of goods that leave later the lot is named when they are picked.",
		} {
			if p := as[contract.Problem](t, s.post("/v1/orders", body), 400); p.Detail != want {
				t.Errorf("%s: got %q, want %q", body, p.Detail, want)
			}
		}
		// What leaves later has its lots named when it is picked: there a label names the article.
		as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","lines":[{"barcode":"(01)05012345678900(10)LATE","qty":1}]}`), 201)
		// A parked sale sets nothing aside: which lots it takes is said when it is placed.
		d := as[contract.Order](t, s.post("/v1/orders", `{"draft":{"kind":"parked"},"lines":[{"sku":"MILK","qty":1}]}`), 201)
		as[contract.Order](t, s.post("/v1/orders/"+string(d.ID)+"/place", `{"lots":[{"line":1,"lot":"LATE"}]}`), 201)
		if got := as[contract.LotStory](t, s.get("/v1/lots/MILK/LATE"), 200); got.OnHand != 0 || len(got.Orders) != 2 {
			t.Errorf("got %d on hand and %+v, want the last one with the sale that was parked", got.OnHand, got.Orders)
		}
	})
}
