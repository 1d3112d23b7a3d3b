package contract_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestNamesAreKnownToTheLetter(t *testing.T) {
	cases := map[string]struct {
		body  string
		into  any
		field string
	}{
		"an order":                 {`{"Lines":[{"sku":"A","qty":1}]}`, new(contract.OrderRequest), "Lines"},
		"both at once":             {`{"customer":"a","Customer":"b","lines":[]}`, new(contract.OrderRequest), "Customer"},
		"a line":                   {`{"lines":[{"sku":"A","qty":1},{"SKU":"A","qty":1}]}`, new(contract.OrderRequest), "SKU"},
		"a price":                  {`{"lines":[{"sku":"A","unit_price":{"Amount":1}}]}`, new(contract.OrderRequest), "Amount"},
		"an address":               {`{"ship_to":{"Country":"GB"}}`, new(contract.OrderRequest), "Country"},
		"a long s":                 {`{"ſhip_to":{}}`, new(contract.OrderRequest), "ſhip_to"},
		"a bulk of orders":         {`{"Orders":[]}`, new(contract.BulkRequest), "Orders"},
		"a key of a bulk":          {`{"orders":[{"order":{"X":[{"Y":null}]},"KEY":"a"}]}`, new(contract.BulkRequest), "KEY"},
		"a receipt":                {`{"reference":"a","lines":[{"sku":"A","Qty":1}]}`, new(contract.ReceiptRequest), "Qty"},
		"an item behind its codes": {`{"barcodes":["1","2"],"price":null,"Name":"Tap"}`, new(contract.ItemRequest), "Name"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := codeOf(t, contract.Decode([]byte(c.body), c.into), "leeds")
			if p.Code != contract.CodeUnknownField || p.Field != c.field {
				t.Errorf("got %s of %q, want unknown_field of %q", p.Code, p.Field, c.field)
			}
		})
	}
}

// A bulk of items at head office is made like this.
func TestTheNamesOfAnEmbeddedStructAreItsOwn(t *testing.T) {
	type named struct {
		SKU string `json:"sku"`
		contract.ItemRequest
	}
	var in struct {
		Items []named `json:"items"`
	}
	const body = `{"items":[{"sku":"A","name":"Tap","price":{"amount":1,"currency":"GBP"}}]}`
	if err := contract.Decode([]byte(body), &in); err != nil || len(in.Items) != 1 || in.Items[0].Name != "Tap" {
		t.Errorf("got %+v and %v, want one item", in, err)
	}
	for wrong, field := range map[string]string{`{"items":[{"Name":"Tap"}]}`: "Name", `{"items":[{"price":{"Amount":1}}]}`: "Amount", `{"items":[{"ItemRequest":{}}]}`: "ItemRequest"} {
		if p := codeOf(t, contract.Decode([]byte(wrong), &in), "leeds"); p.Code != contract.CodeUnknownField || p.Field != field {
			t.Errorf("%s: got %s of %q, want unknown_field of %q", wrong, p.Code, p.Field, field)
		}
	}
}

func TestANameMayBeWrittenWithEscapes(t *testing.T) {
	var req contract.OrderRequest
	if err := contract.Decode([]byte(`{"\u0063ustomer":"a","ship_to":null,"lines":null}`), &req); err != nil || req.Customer != "a" {
		t.Errorf("got %q and %v, want a", req.Customer, err)
	}
}
