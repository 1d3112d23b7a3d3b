package node_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *shop) put(sku, body string) contract.Item {
	s.t.Helper()
	return as[contract.Item](s.t, s.do("PUT", "/v1/items/"+sku, body), 200)
}

const milk = `{"name":"Milk","barcodes":["416000336108"],"packs":[{"name":"CASE","units":12,"barcodes":["10416000336105"]},{"name":"PALLET","units":480}]}`

// A delivery, a count, an adjustment and a sale may be told in packs, by the pack's name or by a scan of it. What
// was told stands beside the units.
func TestALineMayNameAPack(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		in := as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","pack":"case","qty":3},{"barcode":"416000336108","qty":1},{"barcode":"(01)10416000336105","qty":1}]}`), 201)
		if fmt.Sprintf("%+v", in.Packs) != "[{Line:1 SKU:MILK Pack:{Name:CASE Units:12 Qty:3 Loose:0} Qty:36} {Line:3 SKU:MILK Pack:{Name:CASE Units:12 Qty:1 Loose:0} Qty:12}]" {
			t.Errorf("got %+v, want the two lines of cases", in.Packs)
		}
		if got := s.stock("MILK").OnHand; got != 49 {
			t.Errorf("got %d on hand, want 49", got)
		}
		gone := as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"dropped","lines":[{"sku":"MILK","pack":"CASE","qty":-1}]}`), 201)
		if l := gone.Lines[0]; l.Qty != -12 || l.Pack == nil || l.Pack.Qty != -1 {
			t.Errorf("got %+v, want a case of 12 gone", l)
		}
		counted := as[contract.Count](t, s.post("/v1/counts", `{"lines":[{"barcode":"10416000336105","counted":2,"loose":11}]}`), 201)
		if l := counted.Lines[0]; l.Counted != 35 || l.Variance != -2 || l.Pack.Qty != 2 || l.Pack.Loose != 11 {
			t.Errorf("got %+v, want 2 cases and 11 counted", l)
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"MILK","pack":"10416000336105","qty":2},{"barcode":"416000336108","qty":3}]}`), 201)
		if l := o.Lines[0]; l.Qty != 24 || l.Pack == nil || *l.Pack != (contract.Packed{Name: "CASE", Units: 12, Qty: 2}) || o.Lines[1].Qty != 3 || o.Lines[1].Pack != nil {
			t.Errorf("got %+v, want two cases and three bottles", o.Lines)
		}
		if got := s.stock("MILK").OnHand; got != 8 {
			t.Errorf("got %d on hand, want 8", got)
		}
	})
}

// Each no says what is so and what can be done, and nothing has moved.
func TestAPackThatCannotBeMeantIsRefused(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		for name, c := range map[string]struct {
			path, body string
			code       contract.Code
			says       string
		}{
			"no such pack":          {"/v1/receipts", `{"lines":[{"sku":"MILK","pack":"BOX","qty":1}]}`, contract.CodeUnknownPack, "Line 1: MILK comes in no pack BOX. It comes in CASE of 12, PALLET of 480."},
			"no pack at all":        {"/v1/orders", `{"lines":[{"sku":"TAP-22","pack":"CASE","qty":1}]}`, contract.CodeUnknownPack, "Line 1: TAP-22 comes in no pack CASE."},
			"two packs":             {"/v1/receipts", `{"lines":[{"barcode":"10416000336105","pack":"PALLET","qty":1}]}`, contract.CodeBadValue, "give one of the two"},
			"too many units":        {"/v1/receipts", `{"lines":[{"sku":"MILK","pack":"PALLET","qty":9007199254740991}]}`, contract.CodeBadValue, "more units than a book counts"},
			"loose and no pack":     {"/v1/counts", `{"lines":[{"sku":"MILK","counted":2,"loose":1}]}`, contract.CodeBadValue, "goes with a pack"},
			"loose below nothing":   {"/v1/counts", `{"lines":[{"sku":"MILK","pack":"CASE","counted":2,"loose":-1}]}`, contract.CodeBadValue, "is below 0"},
			"a pack of no item":     {"/v1/orders", `{"lines":[{"sku":"NONE","pack":"CASE","qty":1}]}`, contract.CodeUnknownSKU, "no item NONE"},
			"nothing counted there": {"/v1/counts", `{"lines":[{"sku":"MILK","pack":"CASE","loose":1}]}`, contract.CodeBadValue, "is missing"},
		} {
			if p := s.post(c.path, c.body).want(t, 400, c.code); !strings.Contains(p.Detail, c.says) {
				t.Errorf("%s: got %q, want it to say %q", name, p.Detail, c.says)
			}
		}
		if got := s.stock("MILK").OnHand; got != 0 {
			t.Errorf("got %d on hand, want nothing", got)
		}
	})
}

func TestAnItemThatCannotBeMeantIsRefused(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		for body, want := range map[string]string{
			`{"name":"x","packs":[{"name":"two words","units":2}]}`:                                                    "packs[0].name is not one word",
			`{"name":"x","packs":[{"name":"CASE","units":0}]}`:                                                         "a pack has 1 to",
			`{"name":"x","packs":[{"name":"CASE","units":2},{"name":"case","units":3}]}`:                               "is called already",
			`{"name":"x","barcodes":["A1"],"packs":[{"name":"CASE","units":2,"barcodes":["A1"]}]}`:                     "a scan could not tell which",
			`{"name":"x","packs":[{"name":"CASE","units":2,"barcodes":["5012345678901"]}]}`:                            "ends with 1 where 0 is right",
			`{"name":"x","variant_of":"X"}`:                                                                            "variant_of is not the SKU of another item",
			`{"name":"x","substitutes":["A","A"]}`:                                                                     "substitutes[1]",
			`{"name":"x","shelf_life_days":-1}`:                                                                        "shelf_life_days is not 0 to",
			`{"name":"x","lead_time_days":99999}`:                                                                      "lead_time_days is not 0 to",
			`{"name":"x","tax_rate_ppm":-1}`:                                                                           "200000 is 20 %",
			`{"name":"x","prices":[{"min_qty":3}]}`:                                                                    "prices[0].price is missing",
			`{"name":"x","prices":[{"from":"2026-13-01","price":{"amount":1,"currency":"GBP"}}]}`:                      "is not a day",
			`{"name":"x","prices":[{"from":"2026-02-01","until":"2026-01-01","price":{"amount":1,"currency":"GBP"}}]}`: "before 2026-02-01",
			`{"name":"x","attributes":{"":"red"}}`:                                                                     "attributes has one without a name",
			`{"name":"x","kit":[{"sku":"X","qty":1}]}`:                                                                 "is the kit itself",
			`{"name":"x","kit":[{"sku":"TAP-22","qty":0}]}`:                                                            "a kit has 1 to",
			`{"name":"x","kit":[{"sku":"TAP-22","qty":1},{"sku":"TAP-22","qty":1}]}`:                                   "is TAP-22 again",
		} {
			if p := s.do("PUT", "/v1/items/X", body).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, want) {
				t.Errorf("%s: got %q, want it to say %q", body, p.Detail, want)
			}
		}
		p := s.do("PUT", "/v1/items/X", `{"name":"x","kit":[{"sku":"NONE","qty":1}]}`).want(t, 400, contract.CodeUnknownSKU)
		if p.Field != "kit[0].sku" || !strings.Contains(p.Hint, "add the components of a kit before the kit") {
			t.Errorf("got %+v, want the component named and a way on", p)
		}
		s.put("SET", `{"name":"Set","kit":[{"sku":"TAP-22","qty":1}]}`)
		if p := s.do("PUT", "/v1/items/X", `{"name":"x","kit":[{"sku":"SET","qty":1}]}`).want(t, 400, contract.CodeIsKit); !strings.Contains(p.Detail, "which is a kit itself") {
			t.Errorf("got %+v", p)
		}
	})
}

// TestProtocol26APackSizeIsChangedWhileUnitsAreOut: whatever was told in cases of 12 stays what it was when a case
// has 10, also in what comes of it afterwards and in a repeat; what is told from then on is in cases of 10.
func TestProtocol26APackSizeIsChangedWhileUnitsAreOut(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		delivery := `{"lines":[{"sku":"MILK","pack":"CASE","qty":5}]}`
		in := s.do("POST", "/v1/receipts", delivery, key("in"))
		as[contract.Receipt](t, in, 201)
		wish := `{"fulfil":"collect","shortage":"backorder","lines":[{"sku":"MILK","pack":"CASE","qty":2}]}`
		ordered := s.do("POST", "/v1/orders", wish, key("out"))
		o := as[contract.Order](t, ordered, 201)
		waits := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","shortage":"backorder","lines":[{"sku":"MILK","pack":"CASE","qty":4}]}`), 201)
		s.put("MILK", strings.Replace(milk, `"units":12`, `"units":10`, 1))

		in.same(t, s.do("POST", "/v1/receipts", delivery, key("in")))
		ordered.same(t, s.do("POST", "/v1/orders", wish, key("out")))
		for id, cases := range map[ledger.OrderID]ledger.Qty{o.ID: 2, waits.ID: 4} {
			l := as[contract.Order](t, s.get("/v1/orders/"+string(id)), 200).Lines[0]
			if l.Qty != 12*cases || l.Pack == nil || *l.Pack != (contract.Packed{Name: "CASE", Units: 12, Qty: cases}) {
				t.Errorf("got %+v of %+v, want %d cases of 12 still", l, l.Pack, cases)
			}
		}
		s.holds("MILK", 60, 0, 60)
		// One case of 12 is not there; the rest of the order that waits is filled from the next delivery, in units.
		as[contract.FulfilmentAnswer](t, s.post("/v1/fulfilments/"+contract.FulfilmentID(o.ID, "leeds")+"/pick", `{"lines":[{"line":1,"short":12}]}`), 200)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","pack":"CASE","qty":1}]}`), 201)
		as[contract.Order](t, s.post("/v1/orders/"+string(o.ID)+"/cancel", ``), 200)
		as[contract.Order](t, s.post("/v1/orders/"+string(waits.ID)+"/cancel", ``), 200)
		s.holds("MILK", 58, 58, 0) // 60 - 12 + 10
	})
}

// What an article costs depends on who buys, how many and when.
func TestAPriceIsSaidForACustomerAQuantityAndADay(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.put("BOLT", `{"name":"Bolt","price":{"amount":10,"currency":"GBP"},"tax_rate_ppm":200000,"prices":[`+
			`{"min_qty":100,"price":{"amount":850,"per":100,"currency":"GBP"}},`+
			`{"group":"trade","price":{"amount":9,"currency":"GBP"}},`+
			`{"group":"trade","min_qty":100,"from":"2026-01-01","until":"2026-01-31","price":{"amount":777,"per":100,"currency":"GBP"}}]}`)
		for query, want := range map[string]string{
			"":                                   "10 GBP for 0, 10",
			"?qty=99":                            "10 GBP for 0, 990",
			"?qty=101":                           "850 GBP for 100, 859", // 858.5 is rounded up
			"?qty=101&group=trade":               "9 GBP for 0, 909",
			"?qty=101&group=trade&at=2026-01-31": "777 GBP for 100, 785",
			"?qty=101&group=trade&at=2026-02-01": "9 GBP for 0, 909",
			"?qty=150&group=nobody":              "850 GBP for 100, 1275",
		} {
			got := as[contract.PriceAnswer](t, s.get("/v1/items/BOLT/price"+query), 200)
			if said := fmt.Sprintf("%d %s for %d, %d", got.Price.Amount, got.Price.Currency, got.Price.Per, got.Total.Amount); said != want || *got.TaxRatePPM != 200_000 {
				t.Errorf("%s: got %s, want %s", query, said, want)
			}
		}
		s.get("/v1/items/NONE/price").want(t, 404, contract.CodeNotFound)
		if p := s.get("/v1/items/TAP-22/price").want(t, 404, contract.CodeNoPrice); p.Detail != "TAP-22 has no price for that customer, quantity and day." || p.Hint == "" {
			t.Errorf("got %+v, want it said", p)
		}
		for _, query := range []string{"?qty=0", "?qty=-1", "?qty=x", "?at=monday", "?qty=9007199254740991"} {
			s.get("/v1/items/BOLT/price"+query).want(t, 400, contract.CodeBadValue)
		}
		s.get("/v1/items/BOLT/price?qyt=1").want(t, 400, contract.CodeUnknownField)
	})
}

// Whatever an item says of itself comes back as it was put, and is found by.
func TestAnItemIsFoundByWhatItSays(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		body := `{"name":"Shirt","unit":"each","packs":[{"name":"BUNDLE","units":5,"barcodes":["SHIRT-5"]}],"variant_of":"SHIRT","attributes":{"size":"M","colour":"Racing Green"},` +
			`"substitutes":["SHIRT-L"],"shelf_life_days":9,"supplier":"Acme & Sons","lead_time_days":14,"tax_rate_ppm":0,"prices":[{"group":"staff","price":{"amount":500,"currency":"GBP"}}]}`
		first := s.put("SHIRT-M", body)
		if again := as[contract.Item](t, s.get("/v1/items/SHIRT-M"), 200); fmt.Sprintf("%+v", again.Attributes) != fmt.Sprintf("%+v", first.Attributes) ||
			again.Supplier != "Acme & Sons" || again.TaxRatePPM == nil || *again.TaxRatePPM != 0 || again.ShelfLifeDays != 9 || len(again.Prices) != 1 {
			t.Errorf("got %+v, want what was put", again)
		}
		for _, q := range []string{"racing", "shirt-5", "acme", "size%20m"} {
			if got := as[contract.ItemList](t, s.get("/v1/items?q="+q), 200); len(got.Items) != 1 || got.Items[0].SKU != "SHIRT-M" {
				t.Errorf("%s: got %+v, want the shirt", q, got.Items)
			}
		}
		if got := s.scan("SHIRT-5"); len(got.Items) != 1 || got.Items[0].SKU != "SHIRT-M" {
			t.Errorf("got %+v, want the shirt by its bundle", got.Items)
		}
		s.do("PUT", "/v1/items/OTHER", `{"name":"x","barcodes":["SHIRT-5"]}`).want(t, 409, contract.CodeBarcodeTaken)
	})
}
