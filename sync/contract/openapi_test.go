package contract_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func sampleRoutes() []contract.Route {
	return []contract.Route{
		{Method: "POST", Path: "/v1/orders", Summary: "Place an order", Key: contract.KeyRequired, Request: contract.OrderRequest{},
			Answers: []contract.Answer{{Status: 201, About: "Accepted", Body: contract.Order{}}}, Codes: []contract.Code{contract.CodeStockShort}},
		{Method: "POST", Path: "/v1/orders/bulk", Summary: "Place many", Request: contract.BulkRequest{},
			Answers: []contract.Answer{{Status: 200, About: "Each stands alone", Body: contract.BulkAnswer{}}}},
		{Method: "GET", Path: "/v1/sites", Summary: "All sites", Answers: []contract.Answer{{Status: 200, About: "Sites", Body: []contract.Site{}}}},
		{Method: "GET", Path: "/v1/stock/{sku}", Summary: "Stock", Query: []contract.Param{{Name: "limit", About: "rows", Integer: true}},
			Answers: []contract.Answer{{Status: 200, About: "Stock", Body: contract.HQStock{}}}, Codes: []contract.Code{contract.CodeNotFound}},
		{Method: "GET", Path: "/readyz", Summary: "Ready", Open: true, Answers: []contract.Answer{{Status: 200, About: "Yes", Media: "text/plain"}}},
	}
}

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	raw := contract.OpenAPI(contract.Info{Title: "Test", Version: "1"}, sampleRoutes())
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatalf("validate: %v\n%s", err, raw)
	}
	if again := contract.OpenAPI(contract.Info{Title: "Test", Version: "1"}, sampleRoutes()); string(again) != string(raw) {
		t.Error("got two documents for one list of routes, want the same bytes")
	}
	op := doc.Paths.Value("/v1/orders").Post
	for _, status := range []string{"201", "400", "401", "409", "413", "422", "500", "503"} {
		if op.Responses.Value(status) == nil {
			t.Errorf("got no %s among the answers to an order, want it", status)
		}
	}
	if got := doc.Paths.Value("/readyz").Get.Security; got == nil || len(*got) != 0 {
		t.Errorf("got security %v for an open call, want an empty list", got)
	}
}

func TestTheDocumentKnowsTheFieldsAndTheirLimits(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required             []string
				AdditionalProperties any
				Properties           map[string]struct {
					Type  any
					Enum  []string
					Items struct {
						Properties map[string]struct {
							Maximum float64
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(contract.OpenAPI(contract.Info{}, sampleRoutes()), &doc); err != nil {
		t.Fatal(err)
	}
	order := doc.Components.Schemas["OrderRequest"]
	if len(order.Required) != 1 || order.Required[0] != "lines" {
		t.Errorf("got required %v, want lines alone", order.Required)
	}
	if got := order.Properties["fulfil"].Enum; len(got) != 3 {
		t.Errorf("got fulfil %v, want its three words", got)
	}
	if got := order.Properties["lines"].Items.Properties["qty"].Maximum; got != 1<<53-1 {
		t.Errorf("got a largest qty of %v, want 2^53-1", got)
	}
	if got := order.Properties["lines"].Type; got != "array" {
		t.Errorf("got lines of type %v, want array", got)
	}
	if _, ok := doc.Components.Schemas["HQStock"].Properties["on_hand"]; !ok {
		t.Error("got no on_hand in the stock at head office, want the embedded figures")
	}
}

func FuzzDecodeOrder(f *testing.F) {
	f.Add([]byte(`{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP"}}],"from":"any"}`))
	f.Add([]byte(`{"lines":[[[{"sku":1.5}]]]}`))
	f.Add([]byte(`{"a":{"b":[1,2,{"c":null}]},"lines":[{"qty":1e400}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var req contract.OrderRequest
		err := contract.Decode(body, &req)
		if err == nil {
			_, err = req.Ledger(contract.NodeDefaults())
		}
		if err == nil {
			return
		}
		p, ok := contract.FromLedger(err, "leeds")
		if !ok {
			t.Fatalf("got %v, want a problem", err)
		}
		if p.Status < 400 || p.Detail == "" {
			t.Fatalf("got %s, want a status and words", p.JSON())
		}
	})
}
