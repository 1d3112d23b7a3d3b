package node

import "github.com/holdfast-stock/holdfast/sync/door"

// needs says which permission each call needs; roles have them by the door's table. A call that is not here is the
// administrator's alone, and a test says so. DESIGN.md has it printed ("Who may call what").
var needs = map[string]door.Permission{
	"GET /healthz": door.Anybody, "GET /readyz": door.Anybody, "GET /openapi.json": door.Anybody,
	"POST /v1/sign-in": door.Anybody, "POST /v1/sign-out": door.Anybody, "POST /sign-in": door.Anybody, "POST /sign-out": door.Anybody,

	"GET /v1/users": door.Users, "GET /v1/users/{user}": door.Users, "PUT /v1/users/{user}": door.Users, "GET /v1/devices": door.Users, "GET /v1/me": door.SignedIn,

	"GET /metrics": door.Measure, "GET /v1/backup": door.Operate,
	"GET /v1/status": door.Look, "GET /v1/events": door.Look, "GET /": door.Look, "GET /page/{file}": door.Look,
	"GET /v1/entries": door.Journal, "GET /v1/history": door.Journal,

	"GET /v1/items": door.Look, "GET /v1/items/{sku}": door.Look, "GET /v1/items/{sku}/price": door.Look,
	"PUT /v1/items/{sku}": door.Items, "POST /v1/items/bulk": door.Items,

	"GET /v1/stock/{sku}": door.Look, "GET /v1/counts/sheet": door.Look, "GET /v1/put-away": door.Look, "GET /v1/blocked": door.Look,
	"POST /v1/receipts": door.Receive, "POST /v1/moves": door.Receive,
	"POST /v1/adjustments": door.Adjust, "POST /v1/blocked/inspect": door.Adjust,
	"POST /v1/counts": door.Count, "GET /v1/counts": door.Journal, "GET /v1/adjustments/reasons": door.Journal,

	"GET /v1/lots": door.Look, "GET /v1/lots/{sku}/{lot}": door.Look, "GET /v1/serials/{sku}/{lot}": door.Look, "POST /v1/recalls": door.Adjust,

	"POST /v1/transfers": door.Transfer, "POST /v1/transfers/{id}/cancel": door.Transfer, "GET /v1/transfers/{id}": door.Look,
	"POST /v1/transfers/{id}/dispatch": door.Receive, "POST /v1/transfers/{id}/receive": door.Receive,

	"GET /v1/purchases": door.Look, "GET /v1/purchases/{reference}": door.Look,
	"PUT /v1/purchases/{reference}": door.Buy, "POST /v1/purchases/{reference}/send": door.Buy,
	"POST /v1/purchases/{reference}/close": door.Buy, "POST /v1/purchases/{reference}/cancel": door.Buy,

	"GET /v1/drop-shipments": door.Look, "GET /v1/drop-shipments/{id}": door.Look,
	"POST /v1/drop-shipments/{id}/confirm": door.Buy, "POST /v1/drop-shipments/{id}/dispatch": door.Buy,
	"POST /v1/drop-shipments/{id}/refuse": door.Buy, "POST /v1/drop-shipments/{id}/come-back": door.Buy,

	"POST /v1/orders": door.Sell, "POST /v1/orders/bulk": door.Sell, "GET /v1/orders": door.Look, "GET /v1/orders/{id}": door.Look,
	"POST /v1/orders/{id}/cancel": door.Sell, "POST /v1/orders/{id}/place": door.Sell, "POST /v1/orders/{id}/amend": door.Sell,
	"POST /v1/orders/{id}/decide": door.Decide,

	"GET /v1/fulfilments": door.Look, "GET /v1/fulfilments/{id}": door.Look,
	"GET /v1/cartons/{sscc}": door.Look, "GET /v1/cartons/{sscc}/label": door.Look,
	"POST /v1/fulfilments/{id}/pick": door.Pick, "POST /v1/fulfilments/{id}/reject": door.Pick,
	"POST /v1/fulfilments/{id}/pack": door.Pick, "POST /v1/fulfilments/{id}/repack": door.Pick, "POST /v1/fulfilments/{id}/put-back": door.Pick,
	"POST /v1/fulfilments/{id}/dispatch": door.HandOver, "POST /v1/fulfilments/{id}/ready": door.HandOver,
	"POST /v1/fulfilments/{id}/collect": door.HandOver, "POST /v1/fulfilments/{id}/deliver": door.HandOver,
	"POST /v1/fulfilments/{id}/undelivered": door.HandOver, "POST /v1/fulfilments/{id}/come-back": door.HandOver,
	"GET /v1/carriers": door.Look, "GET /v1/carriers/{carrier}/manifest": door.Look, "GET /v1/carriers/{carrier}/manifest/last": door.Look,
	"POST /v1/carriers/{carrier}/manifest/close": door.HandOver, "POST /v1/carriers/{carrier}/manifest/strike": door.HandOver,
	"POST /v1/pick-lists": door.Pick, "GET /v1/pick-lists": door.Look, "GET /v1/pick-lists/{id}": door.Look, "POST /v1/pick-lists/{id}/release": door.Pick,

	"POST /v1/returns": door.TakeBack, "GET /v1/returns": door.Look, "GET /v1/returns/{id}": door.Look, "POST /v1/returns/{id}/inspect": door.Adjust,

	"POST /v1/payments": door.Sell, "GET /v1/payments/{id}": door.Look, "POST /v1/refunds": door.Refund, "POST /v1/exchanges": door.Sell, "POST /v1/refund-claims": door.Refund, "POST /v1/refund-claims/at-risk": door.Risk,
	"GET /v1/drawers": door.Look, "POST /v1/drawers/{till}/open": door.Till, "POST /v1/drawers/{till}/close": door.Till,
	"POST /v1/drawers/{till}/pay-in": door.Cash, "POST /v1/drawers/{till}/pay-out": door.Cash,
	"POST /v1/days/end": door.Cash, "GET /v1/days/{day}": door.Journal,

	"GET /v1/customers": door.LookCustomers, "GET /v1/customers/{customer}": door.LookCustomers,
	"PUT /v1/customers/{customer}": door.Customers, "POST /v1/customers/{customer}/erase": door.Erase,
	"GET /v1/assets": door.Look, "GET /v1/assets/{asset}": door.Look,
	"POST /v1/assets/{asset}/charge": door.Credit, "POST /v1/assets/{asset}/release": door.Credit,
	"POST /v1/assets/{asset}/pay": door.Credit, "POST /v1/assets/{asset}/load": door.Credit,

	"GET /v1/policy/company": door.Look, "PUT /v1/policy/company": door.Policy,
	"GET /v1/policy/checks": door.Look, "PUT /v1/policy/checks": door.Policy,
	"GET /v1/policy/reasons": door.Look, "PUT /v1/policy/reasons": door.Policy, "GET /v1/policy/least-days": door.Look, "PUT /v1/policy/least-days": door.Policy,
}

// Calls lists each call with what it needs.
func Calls() []door.Call {
	var s *web // its methods are only named here
	out := []door.Call{}
	for _, rt := range s.routes() {
		out = append(out, door.Call{Method: rt.method, Path: rt.path, Needs: needs[rt.method+" "+rt.path]})
	}
	return out
}
