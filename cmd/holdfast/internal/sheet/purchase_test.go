package sheet_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

func purchases(t *testing.T, text string) (out []string) {
	t.Helper()
	s, err := sheet.NewPurchases(strings.NewReader(text), "GBP")
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			out = append(out, fault.Error())
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%v %s %s", p.Lines, p.Name, asJSON(t, p.Put)))
	}
}

func TestRowsOfOneReferenceAreOnePurchaseOrder(t *testing.T) {
	const d = "2026-12-10"
	same(t, purchases(t, "reference,supplier,site,due,sku,barcode,qty,pack,cost,currency,line_due,status,note\n"+
		"PO 1,Acme,hull,"+d+",TAP,,4,,2.50,,,Sent,by lorry\nPO 1,,,,PIPE,,2,CASE,12.50,gbp,2026-12-12,,\n"+
		"PO 2,Acme,hull,"+d+",,15012345678907,1,,,,,,\n"+
		"PO 3,Acme,hull,"+d+",TAP,,0,,,,,,\nPO 3,Acme,hull,"+d+",PIPE,,1,,,,,,\n"+
		"PO 4,Acme,hull,"+d+",TAP,,1,,,,,,\nPO 4,Bolt,hull,"+d+",PIPE,,1,,,,,,\n"+
		"PO 5,Acme,hull,"+d+",TAP,,1,,,,,,\nPO 5,,,,TAP,,1,,,,,,\n"+
		"PO 6,Acme,hull,tomorrow,TAP,,1,,,,,,\n"+
		"PO 7,Acme,hull,"+d+",TAP,,1,,,,,eaten,\n"+
		"PO 8,Acme,hull,"+d+",,,1,,,,,,\n"+
		"PO 9,Acme,hull,"+d+",TAP,,1,CASE,0.0001,,,,\n"+
		"PO 1,Acme,hull,"+d+",TAP,,1,,,,,,\n"), []string{
		`[2 3] PO 1 {"supplier":"Acme","site":"hull","due":"2026-12-10","lines":[{"sku":"TAP","qty":4,"cost":{"amount":250,"currency":"GBP"}},{"sku":"PIPE","pack":"CASE","qty":2,"due":"2026-12-12","cost":{"amount":1250,"currency":"GBP"}}],"status":"sent","note":"by lorry"}`,
		`[4] PO 2 {"supplier":"Acme","site":"hull","due":"2026-12-10","lines":[{"barcode":"15012345678907","qty":1}]}`,
		`line 5 (PO 3): qty is 0`,
		`line 6 (PO 3): another row of its order cannot be taken`,
		`line 7 (PO 4): another row of its order cannot be taken`,
		`line 8 (PO 4): supplier is "Bolt", and "Acme" further up in the same order`,
		`line 9 (PO 5): sku TAP stands on line 1 already: add the two up, or order what has another day or cost under another reference`,
		`line 10 (PO 5): sku TAP stands on line 1 already: add the two up, or order what has another day or cost under another reference`,
		`line 11 (PO 6): due is "tomorrow"; it is a day such as 2026-12-10`,
		`line 12 (PO 7): status is "eaten"; it is draft or sent. What has come is said by receipts, what will not come by close`,
		`line 13 (PO 8): sku and barcode are empty; a line names its article by one of them`,
		`line 14 (PO 9): cost "0.0001" of a pack is finer than the smallest coin`,
		`line 15 (PO 1): its order has ended further up; the rows of an order stand together`,
	})
}
