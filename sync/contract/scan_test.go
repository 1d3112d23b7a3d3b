package contract_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What a cashier reads where a line's barcode names no one item.
func TestALineNamesOneItemOrSaysWhyNot(t *testing.T) {
	find := func(code string) []ledger.SKU {
		return map[string][]ledger.SKU{"1": {"A"}, "2": {"A", "B"}, "5": {"A", "B", "C", "D", "E"}}[code]
	}
	for name, c := range map[string]struct {
		line   contract.LineRequest
		code   contract.Code // "" where it is taken
		detail string
	}{
		"one":       {contract.LineRequest{Barcode: "1"}, "", ""},
		"a SKU":     {contract.LineRequest{SKU: "Z"}, "", ""},
		"both":      {contract.LineRequest{SKU: "A", Barcode: "1"}, contract.CodeBadValue, "Line 2: barcode is given beside sku; give one of the two."},
		"torn":      {contract.LineRequest{Barcode: "(01)123"}, contract.CodeUnknownBarcode, `Line 2: the barcode is no item's, and cannot be read: (01) "123" has another length than 14.`},
		"with FNC1": {contract.LineRequest{Barcode: "\x1d37123"}, contract.CodeUnknownBarcode, "Line 2: no item has the barcode <GS>37123."},
		"an own":    {contract.LineRequest{Barcode: "SHELF"}, contract.CodeUnknownBarcode, "Line 2: no item has the barcode SHELF."},
		"misread":   {contract.LineRequest{Barcode: "5012345678901"}, contract.CodeUnknownBarcode, "Line 2: the barcode is no item's, and cannot be read: 5012345678901 ends with the check digit 1, and the digits before it call for 0."},
		"two items": {contract.LineRequest{Barcode: "2"}, contract.CodeBarcodeShared, "Line 2: the barcode 2 is on A and B."},
		"five":      {contract.LineRequest{Barcode: "5"}, contract.CodeBarcodeShared, "Line 2: the barcode 5 is on A, B, C and 2 more."},
	} {
		known := contract.Catalogue{Bearers: find, Item: func(ledger.SKU) (*ledger.Item, bool) { return nil, false }}
		req := contract.OrderRequest{Lines: []contract.LineRequest{{SKU: "FIRST"}, c.line}}
		err := req.Named(known)
		if c.code == "" {
			if err != nil || req.Lines[1].SKU == "" || req.Lines[1].Barcode != "" || req.Named(known) != nil {
				t.Errorf("%s: got %+v, %v; want its SKU, and the same again", name, req.Lines[1], err)
			}
			continue
		}
		p, ok := contract.FromLedger(err, "leeds")
		if !ok || p.Code != c.code || p.Detail != c.detail || p.Line != 2 || p.Field != "lines[1].barcode" || p.Remembered() {
			t.Errorf("%s: got %+v, want %s, %q", name, p, c.code, c.detail)
		}
	}
}

func TestAnItemsBarcodesAreGTINsOrItsOwn(t *testing.T) {
	req := contract.ItemRequest{Name: "x", Barcodes: []string{"]C1010501234567890010L", "416000336108", "SHELF-7", "1234567"}}
	item, err := req.Ledger("A")
	if err != nil || strings.Join(item.Barcodes, " ") != "5012345678900 416000336108 SHELF-7 1234567" {
		t.Errorf("got %v, %v", item.Barcodes, err)
	}
	for code, why := range map[string]string{
		"12345678":               "barcodes[0] is 12345678: 8 digits are read as a GTIN, and this one ends with 8 where 0 is right. A code of your own has a letter in it, or another number of digits",
		"(01)05012345678901":     "barcodes[0] cannot be taken: (01) 05012345678901 ends with the check digit 1, and the digits before it call for 0",
		"":                       "barcodes[0] is empty: scan it, or leave it out",
		"]A0":                    "barcodes[0] is empty: scan it, or leave it out",
		"tab\tin it":             "barcodes[0] has a control character in it",
		strings.Repeat("x", 65):  "barcodes[0] is longer than 64 bytes",
		"(00)395212340000000007": `barcodes[0] cannot be taken: "(00)395212340000000007" names no article: it holds no GTIN under (01)`,
	} {
		_, err := (&contract.ItemRequest{Name: "x", Barcodes: []string{code}}).Ledger("A")
		if form, ok := errors.AsType[*ledger.FormError](err); !ok || form.Error() != why {
			t.Errorf("%q: got %v, want %s", code, err, why)
		}
	}
}

func TestAScanSaysWhatTheCodeSays(t *testing.T) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	got, err := contract.ReadScan("(01)05012345678900(7003)2712312359(15)270600(11)260101", now)
	if err != nil || got.Expiry != "2027-12-31" || got.BestBefore != "2027-06-30" || got.Produced != "2026-01-01" || len(got.Elements) != 4 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := contract.ReadScan("SHELF-7", now); got != nil || err != nil {
		t.Errorf("got %+v, %v of a code of the shop's own, want nothing", got, err)
	}
	if got, err := contract.ReadScan("5012345678901", now); err != nil || got.Fault == "" || got.GTIN != "" {
		t.Errorf("got %+v, %v of a wrong check digit, want its fault", got, err)
	}
	if _, err := contract.ReadScan("]C1"+strings.Repeat("9", 5000), now); err == nil {
		t.Error("5,000 bytes were read")
	}
}
