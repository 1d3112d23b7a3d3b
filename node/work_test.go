package node_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// pastCalls are the calls that read, as somebody makes them at a shop with past orders; "" of one that lasts, or is of the process.
var pastCalls = map[string][]string{
	"/healthz": {""}, "/readyz": {""}, "/metrics": {""}, "/openapi.json": {""}, "/v1/events": {""}, "/v1/backup": {""}, "/": {""}, "/page/{file}": {""},
	"/v1/status": {"/v1/status"}, "/v1/entries": {"/v1/entries?limit=20"}, "/v1/me": {"/v1/me"},
	"/v1/items": {"/v1/items?q=tap", "/v1/items?limit=1000"}, "/v1/items/{sku}": {"/v1/items/TAP-22"}, "/v1/items/{sku}/price": {"/v1/items/TAP-22/price?qty=1"},
	"/v1/stock/{sku}": {"/v1/stock/TAP-22"}, "/v1/counts/sheet": {"/v1/counts/sheet?bin=MAIN", "/v1/counts/sheet"},
	"/v1/transfers/{id}": {"/v1/transfers/T-1"}, "/v1/purchases": {"/v1/purchases", "/v1/purchases?open=true"}, "/v1/purchases/{reference}": {"/v1/purchases/PO-1"},
	"/v1/orders": {"/v1/orders?limit=20", "/v1/orders?newest=true&limit=20", "/v1/orders?status=cancelled", "/v1/orders?status=cancelled&newest=true&limit=20", "/v1/orders?status=declined",
		"/v1/orders?status=completed&limit=20", "/v1/orders?status=allocated", "/v1/orders?status=backordered", "/v1/orders?status=draft", "/v1/orders?status=waiting"},
	"/v1/orders/{id}": {"/v1/orders/OLD"}, "/v1/payments/{id}": {"/v1/payments/OLD"}, "/v1/drawers": {"/v1/drawers"}, "/v1/days/{day}": {"/v1/days/now"},
	"/v1/fulfilments": {"/v1/fulfilments", "/v1/fulfilments?status=reserved", "/v1/fulfilments?status=collected&limit=20"}, "/v1/fulfilments/{id}": {"/v1/fulfilments/OLD@leeds"},
	"/v1/cartons/{sscc}": {"/v1/cartons/00350000000000000012"}, "/v1/cartons/{sscc}/label": {"/v1/cartons/00350000000000000012/label"},
	"/v1/pick-lists": {"/v1/pick-lists"}, "/v1/pick-lists/{id}": {"/v1/pick-lists/P-1"}, "/v1/returns": {"/v1/returns"}, "/v1/returns/{id}": {"/v1/returns/OLD"},
	"/v1/blocked": {"/v1/blocked"}, "/v1/put-away": {"/v1/put-away"}, "/v1/customers": {"/v1/customers"}, "/v1/customers/{customer}": {"/v1/customers/C-1"},
	"/v1/assets": {"/v1/assets"}, "/v1/assets/{asset}": {"/v1/assets/credit:C-1"}, "/v1/policy/company": {"/v1/policy/company"}, "/v1/policy/checks": {"/v1/policy/checks"},
	"/v1/drop-shipments": {"/v1/drop-shipments", "/v1/drop-shipments?reference=LEEDS-000001-S1", "/v1/drop-shipments?reference=LEEDS-000001-S1&delivery_note=DN"}, "/v1/drop-shipments/{id}": {"/v1/drop-shipments/OLD"},
	"/v1/lots": {"/v1/lots"}, "/v1/lots/{sku}/{lot}": {"/v1/lots/TAP-22/L1"}, "/v1/serials/{sku}/{lot}": {"/v1/serials/TAP-22/L1"},
	"/v1/carriers": {"/v1/carriers"}, "/v1/carriers/{carrier}/manifest": {"/v1/carriers/Post/manifest"}, "/v1/carriers/{carrier}/manifest/last": {"/v1/carriers/Post/manifest/last"},
	"/v1/users": {"/v1/users"}, "/v1/users/{user}": {"/v1/users/ann"}, "/v1/devices": {"/v1/devices"}, "/v1/history": {"/v1/history?limit=20"},
	"/v1/policy/reasons": {"/v1/policy/reasons"}, "/v1/policy/least-days": {"/v1/policy/least-days"}, "/v1/adjustments/reasons": {"/v1/adjustments/reasons?since=2099-01-01"}, "/v1/counts": {"/v1/counts?since=2099-01-01"}, // without a moment, ledger.AdjustedWalkMax entries a page
}

// No call that reads does more at a shop with sixteen times as many past orders: what it allocates, which is most of what it does, stays what it was. That no
// order is looked at for nothing is held where orders are kept (ledger, TestAListOfAStateLooksAtNoOrderInAnother).
func TestNoCallDoesMoreWithMorePastOrders(t *testing.T) {
	few, many := map[string]float64{}, map[string]float64{}
	const orders, times = 60, 16
	for n, into := range map[int]map[string]float64{orders: few, times * orders: many} {
		inShop(t, 10_000, func(t *testing.T, s *shop) {
			old := ""
			for i := range n {
				body := `{` + line("TAP-22", 1) + `}`
				if i%(n/4) == 0 {
					body = `{"fulfil":"collect",` + line("TAP-22", 1) + `}`
				}
				id := string(as[contract.Order](t, s.post("/v1/orders", body), 201).ID)
				if i%(n/4) == 0 {
					s.post("/v1/orders/"+id+"/cancel", "")
				}
				if i == n/2+1 {
					old = id
				}
			}
			s.shut()
			s.start() // all of them are behind a checkpoint
			call := func(path string) float64 {
				return testing.AllocsPerRun(3, func() {
					r := httptest.NewRequest(http.MethodGet, strings.ReplaceAll(path, "OLD", old), nil)
					r.Host = nodeAddr
					r.Header.Set("Authorization", "Bearer "+s.client.token)
					w := httptest.NewRecorder()
					s.node.Handler().ServeHTTP(w, r)
					if w.Code >= 500 || w.Code == 401 || w.Code == 403 || w.Code == 421 {
						t.Errorf("%s: got %d: %s", path, w.Code, w.Body)
					}
				})
			}
			for _, rt := range node.Routes() {
				paths, known := pastCalls[rt.Path]
				if rt.Method != http.MethodGet {
					continue
				}
				if !known {
					t.Errorf("GET %s is not among the calls whose work is counted", rt.Path)
				}
				for _, path := range paths {
					if path != "" {
						into[path] = call(path)
					}
				}
			}
		})
	}
	for path, was := range few {
		if is := many[path]; is > was*1.3+100 {
			t.Errorf("GET %s: %s", path, fmt.Sprintf("got %.0f allocations with %d past orders, want no more than with %d: %.0f", is, times*orders, orders, was))
		}
	}
}
