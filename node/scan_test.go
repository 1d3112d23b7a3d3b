package node_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *shop) scan(code string) contract.ItemList {
	s.t.Helper()
	return as[contract.ItemList](s.t, s.get("/v1/items?barcode="+url.QueryEscape(code)), 200)
}

// One number, however it is printed and whatever the scanner makes of it, finds the item; what else
// the code says stands beside it.
func TestAnyScanFindsTheItem(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		as[contract.Item](t, s.do("PUT", "/v1/items/MILK", `{"name":"Milk","barcodes":["416000336108","SHELF-7"]}`), 200)
		for _, code := range []string{
			"416000336108", "0416000336108", "00416000336108", "]E00416000336108", "SHELF-7", "]A0SHELF-7", " 416000336108\r",
			"(01)00416000336108(10)L7", "]C1010041600033610810L7\x1d21S1", "\x1d010041600033610817271200", "]d20100416000336108",
			"https://id.gs1.org/01/00416000336108/10/L7", "https://dairy.example/gtin/416000336108?17=271200", "010041600033610817271200",
		} {
			if got := s.scan(code); len(got.Items) != 1 || got.Items[0].SKU != "MILK" {
				t.Errorf("%q: got %+v, want the milk", code, got.Items)
			}
		}
		got := s.scan("]C1010041600033610810L7\x1d17271200" + "11270101" + "21S1\x1d3012")
		if fmt.Sprintf("%+v", *got.Scan) != "{GTIN:00416000336108 Lot:L7 Serial:S1 Expiry:2027-12-31 BestBefore: Produced:2027-01-01 Qty:12 SSCC: "+
			"Elements:[{AI:01 Value:00416000336108} {AI:10 Value:L7} {AI:17 Value:271200} {AI:11 Value:270101} {AI:21 Value:S1} {AI:30 Value:12}] Fault:}" {
			t.Errorf("got %+v", *got.Scan)
		}
		pallet := s.scan("(00)395212340000000007(02)00416000336108(37)48")
		if len(pallet.Items) != 1 || pallet.Scan.SSCC != "395212340000000007" || pallet.Scan.Qty != 48 {
			t.Errorf("got %+v, want a pallet of 48", pallet)
		}
		if got := s.scan("SHELF-7"); got.Scan != nil {
			t.Errorf("got %+v beside a code of the shop's own, want nothing", got.Scan)
		}
		// Digits may still be being typed; what says of itself that it is GS1's is refused with the reason.
		if got := s.scan("416000336109"); len(got.Items) != 0 || !strings.Contains(got.Scan.Fault, "call for 8") {
			t.Errorf("got %+v, want nothing and the right digit", got)
		}
		if got := s.scan("999"); len(got.Items) != 0 || got.Scan != nil {
			t.Errorf("got %+v, want nothing", got)
		}
		for code, why := range map[string]string{"(01)00416000336109": "call for 8", "]C10100": "length", "]Z9123": "identifier", "https://id.gs1.org/01/00416000336109": "call for 8"} {
			if p := s.get("/v1/items?barcode="+url.QueryEscape(code)).want(t, 400, contract.CodeBadValue); p.Field != "barcode" || !strings.Contains(p.Detail, why) {
				t.Errorf("%s: got %q, want the reason %q", code, p.Detail, why)
			}
		}
	})
}

func TestABarcodeIsCheckedAndOneItems(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		put := func(sku string, codes string) said {
			return s.do("PUT", "/v1/items/"+sku, `{"name":"`+sku+`","barcodes":[`+codes+`]}`)
		}
		p := put("A", `"own","5012345678901"`).want(t, 400, contract.CodeBadValue)
		if p.Field != "barcodes[1]" || !strings.Contains(p.Detail, "ends with 1 where 0 is right") {
			t.Errorf("got %q, %q; want the second barcode and the right digit", p.Field, p.Detail)
		}
		put("A", `"(00)395212340000000007"`).want(t, 400, contract.CodeBadValue)
		put("A", `"]A0"`).want(t, 400, contract.CodeBadValue)
		if got := as[contract.Item](t, put("A", `"]C1010501234567890010LOT","123456","12345670"`), 200); fmt.Sprint(got.Barcodes) != "[5012345678900 123456 12345670]" {
			t.Errorf("got %v, want the GTIN of the scan, and the rest as it was", got.Barcodes)
		}
		p = put("B", `"05012345678900"`).want(t, 409, contract.CodeBarcodeTaken)
		if !strings.Contains(p.Detail, "is on A already") || p.Hint == "" || p.Field != "barcodes" {
			t.Errorf("got %+v, want the other item named and a way on", p)
		}
		as[contract.Item](t, put("A", ``), 200)
		as[contract.Item](t, put("B", `"05012345678900"`), 200)
	})
}

// A till, a delivery and a count may say the barcode instead of the SKU.
func TestLinesMayNameTheirBarcode(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.item("PLUG")
		as[contract.Item](t, s.do("PUT", "/v1/items/MILK", `{"name":"Milk","barcodes":["416000336108"]}`), 200)
		delivery := `{"lines":[{"barcode":"]C1010041600033610810L7","qty":5},{"sku":"PLUG","qty":2}]}`
		in := s.do("POST", "/v1/receipts", delivery, key("in"))
		as[contract.Receipt](t, in, 201)
		as[contract.Adjustment](t, s.post("/v1/adjustments", `{"reason":"spilt","lines":[{"barcode":"0416000336108","qty":-1}]}`), 201)
		sale := `{"lines":[{"barcode":"(01)00416000336108(21)S","qty":2,"unit_price":{"amount":90,"currency":"GBP"}},{"sku":"PLUG","qty":1}]}`
		sold := s.do("POST", "/v1/orders", sale, key("out"))
		if o := as[contract.Order](t, sold, 201); o.Lines[0].SKU != "MILK" || o.Lines[1].SKU != "PLUG" {
			t.Errorf("got %+v, want milk and a plug", o.Lines)
		}
		if got := s.stock("MILK").OnHand; got != 2 {
			t.Errorf("got %d milk, want 2", got)
		}
		// A repeat is answered as it was first, also when the barcode has gone to another item since.
		as[contract.Item](t, s.do("PUT", "/v1/items/MILK", `{"name":"Milk"}`), 200)
		in.same(t, s.do("POST", "/v1/receipts", delivery, key("in")))
		sold.same(t, s.do("POST", "/v1/orders", sale, key("out")))
		s.do("POST", "/v1/receipts", delivery, key("new")).want(t, 400, contract.CodeUnknownBarcode)
		s.do("POST", "/v1/receipts", `{"lines":[{"barcode":"x","qty":1}]}`, key("in")).want(t, 422, contract.CodeKeyReused)
		if got := s.stock("MILK").OnHand; got != 2 {
			t.Errorf("got %d milk, want 2 still", got)
		}
	})
}

// Lists from before barcodes were checked may have one on two items. Nobody guesses.
func TestASharedBarcodeIsSaidNotGuessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, nil)
		h.mu.Lock()
		h.items = append(h.items, ledger.Item{SKU: "TAP-OLD", Name: "Tap", Barcodes: []string{"05012345678900"}, Version: 2})
		h.mu.Unlock()
		waitFor(t, "the items to be here", func() bool { return s.node.Status().ItemVersion == 2 })
		if got := s.scan("]E05012345678900"); len(got.Items) != 2 {
			t.Errorf("got %+v, want both", got.Items)
		}
		p := s.post("/v1/orders", `{"lines":[{"barcode":"5012345678900","qty":1}]}`).want(t, 400, contract.CodeBarcodeShared)
		if !strings.Contains(p.Detail, "TAP-22 and TAP-OLD") || p.Hint == "" {
			t.Errorf("got %q, want both named", p.Detail)
		}
		h.mu.Lock()
		h.items = append(h.items, ledger.Item{SKU: "TAP-22", Name: "Tap, 22 mm", Version: 3})
		h.mu.Unlock()
		waitFor(t, "the change to be here", func() bool { return s.node.Status().ItemVersion == 3 })
		if got := s.scan("5012345678900"); len(got.Items) != 1 || got.Items[0].SKU != "TAP-OLD" {
			t.Errorf("got %+v, want the other one alone", got.Items)
		}
	})
}
