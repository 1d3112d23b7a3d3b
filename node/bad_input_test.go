package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestBadInputIsRefusedWithNothingHalfDone(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{"sku":"TAP-22","qty":1},`, 5001), ",")
	order, receipt := "/v1/orders", "/v1/receipts"
	cases := map[string]struct {
		path   string
		body   string
		opts   []with
		status int
		code   contract.Code
		field  string
	}{
		"an unknown SKU":               {order, `{` + line("NONE-1", 1) + `}`, nil, 400, contract.CodeUnknownSKU, "lines[0].sku"},
		"an unknown SKU on line 2":     {order, `{"lines":[{"sku":"TAP-22","qty":1},{"sku":"NONE-1","qty":1}]}`, nil, 400, contract.CodeUnknownSKU, "lines[1].sku"},
		"zero":                         {order, `{` + line("TAP-22", 0) + `}`, nil, 400, contract.CodeBadValue, "lines[0].qty"},
		"a negative quantity":          {order, `{` + line("TAP-22", -1) + `}`, nil, 400, contract.CodeBadValue, "lines[0].qty"},
		"beyond 2^53-1":                {order, `{"lines":[{"sku":"TAP-22","qty":9007199254740992}]}`, nil, 400, contract.CodeBadValue, "lines[0].qty"},
		"beyond 64 bits":               {order, `{"lines":[{"sku":"TAP-22","qty":99999999999999999999}]}`, nil, 400, contract.CodeWrongType, "lines[0].qty"},
		"lines that overflow together": {order, `{"lines":[{"sku":"TAP-22","qty":9007199254740991},{"sku":"TAP-22","qty":1}]}`, nil, 400, contract.CodeBadValue, "lines[1].qty"},
		"a fraction":                   {order, `{"lines":[{"sku":"TAP-22","qty":1.5}]}`, nil, 400, contract.CodeWrongType, "lines[0].qty"},
		"5,001 lines":                  {order, `{"lines":[` + many + `]}`, nil, 400, contract.CodeBadValue, "lines"},
		"no lines":                     {order, `{}`, nil, 400, contract.CodeBadValue, "lines"},
		"2 MiB":                        {order, `{"customer":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, contract.CodeBodyTooLarge, ""},
		"a wrong type":                 {order, `{"lines":"TAP-22"}`, nil, 400, contract.CodeWrongType, "lines"},
		"an unknown field":             {order, `{"colour":"red",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeUnknownField, "colour"},
		"not JSON":                     {order, `lines=1`, nil, 400, contract.CodeBadJSON, ""},
		"a key of 300 characters":      {order, `{` + line("TAP-22", 1) + `}`, []with{key(strings.Repeat("k", 300))}, 400, contract.CodeBadKey, ""},
		"durable shared":               {order, `{"durable":"shared",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeNotSupported, "durable"},
		"reserve_for":                  {order, `{"reserve_for":"15m",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeNotSupported, "reserve_for"},
		"an unknown site":              {order, `{"fulfil":"collect","collect_at":"Atlantis",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeUnknownSite, "collect_at"},
		"a site of no company":         {order, `{"fulfil":"collect","collect_at":"atlantis",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeUnknownSite, "collect_at"},
		"taken in 2099":                {order, `{"taken_at":"2099-01-01T00:00:00Z",` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeBadValue, "taken_at"},
		"a wrong token":                {order, `{` + line("TAP-22", 1) + `}`, []with{header("Authorization", "Bearer no")}, 401, contract.CodeNoIdentity, ""},
		"no token":                     {order, `{` + line("TAP-22", 1) + `}`, []with{header("Authorization", "")}, 401, contract.CodeNoIdentity, ""},
		"half a position":              {order, `{` + line("TAP-22", 1) + `}`, []with{header(contract.HeaderPosition, "leeds/1")}, 400, contract.CodeBadValue, contract.HeaderPosition},
		"a receipt of an unknown SKU":  {receipt, `{` + line("NONE-1", 1) + `}`, nil, 400, contract.CodeUnknownSKU, "lines[0].sku"},
		"a receipt of nothing":         {receipt, `{"lines":[]}`, nil, 400, contract.CodeBadValue, "lines"},
		"a receipt of zero":            {receipt, `{` + line("TAP-22", 0) + `}`, nil, 400, contract.CodeBadValue, "lines[0].qty"},
		"a receipt beyond 2^53-1":      {receipt, `{` + line("TAP-22", 9007199254740991) + `}`, nil, 400, contract.CodeBadValue, "lines[0].qty"},
		"a receipt's unknown field":    {receipt, `{"colour":1,` + line("TAP-22", 1) + `}`, nil, 400, contract.CodeUnknownField, "colour"},
		"a receipt's wrong bin":        {receipt, `{"lines":[{"sku":"TAP-22","qty":1,"bin":"a b"}]}`, nil, 400, contract.CodeBadValue, "lines[0].bin"},
		"an unknown barcode":           {order, `{"lines":[{"sku":"TAP-22","qty":1},{"barcode":"5012345678900","qty":1}]}`, nil, 400, contract.CodeUnknownBarcode, "lines[1].barcode"},
		"a barcode that is torn":       {order, `{"lines":[{"barcode":"]C101050123","qty":1}]}`, nil, 400, contract.CodeUnknownBarcode, "lines[0].barcode"},
		"a barcode beside its SKU":     {order, `{"lines":[{"sku":"TAP-22","barcode":"50TAP-22","qty":1}]}`, nil, 400, contract.CodeBadValue, "lines[0].barcode"},
		"a barcode of 5,000 bytes":     {order, `{"lines":[{"barcode":"` + strings.Repeat("7", 5000) + `","qty":1}]}`, nil, 400, contract.CodeBadValue, "lines[0].barcode"},
		"neither SKU nor barcode":      {order, `{"lines":[{"qty":1}]}`, nil, 400, contract.CodeBadValue, "lines[0].sku"},
		"a receipt of an unknown code": {receipt, `{"lines":[{"barcode":"5012345678900","qty":1}]}`, nil, 400, contract.CodeUnknownBarcode, "lines[0].barcode"},
		"a receipt of both":            {receipt, `{"lines":[{"sku":"TAP-22","barcode":"50TAP-22","qty":1}]}`, nil, 400, contract.CodeBadValue, "lines[0].barcode"},
		"an adjustment of no item":     {"/v1/adjustments", `{"reason":"found","lines":[{"barcode":"5012345678900","qty":1}]}`, nil, 400, contract.CodeUnknownBarcode, "lines[0].barcode"},
		"a bulk request's field":       {order + "/bulk", `{"order":[]}`, nil, 400, contract.CodeUnknownField, "order"},
	}
	inShop(t, 5, func(t *testing.T, s *shop) {
		before := s.node.Status().Seq
		for name, c := range cases {
			p := s.post(c.path, c.body, c.opts...).want(t, c.status, c.code)
			if p.Field != c.field {
				t.Errorf("%s: got field %q, want %q (%s)", name, p.Field, c.field, p.Detail)
			}
			if after := s.node.Status().Seq; after != before {
				t.Fatalf("%s: got entry %d, want none after %d", name, after, before)
			}
		}
		if st := s.stock("TAP-22"); st.Available != 5 || st.Reserved != 0 {
			t.Errorf("got %+v, want all 5 available", st)
		}
	})
}

func TestTheLargestOrderIsTaken(t *testing.T) {
	inShop(t, 5000, func(t *testing.T, s *shop) {
		lines := strings.TrimSuffix(strings.Repeat(`{"sku":"TAP-22","qty":1,"unit_price":{"amount":1299,"currency":"GBP","tax":"included"}},`, 5000), ",")
		if o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[`+lines+`]}`), 201); len(o.Lines) != 5000 || o.Status != "completed" {
			t.Errorf("got %d lines, %s, want 5000, completed", len(o.Lines), o.Status)
		}
	})
}
