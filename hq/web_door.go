package hq

import (
	"github.com/holdfast-stock/holdfast/sync/door"
)

// needs says which permission each call of a user needs; roles have them by the door's table. A call that is not here is
// the administrator's alone, and a test says so. DESIGN.md has it printed ("Who may call what"). What is open to all, and
// what is between sites and servers, routes say themselves.
var needs = map[string]door.Permission{
	"GET /metrics": door.Measure, "GET /v1/backup": door.Operate,
	"GET /v1/status": door.Look, "GET /v1/events": door.Look, "GET /v1/board": door.Look, "GET /v1/me": door.SignedIn,
	"GET /v1/users": door.Users, "GET /v1/users/{user}": door.Users, "PUT /v1/users/{user}": door.Users, "GET /v1/devices": door.Users,

	"GET /v1/items": door.Look, "GET /v1/items/{sku}": door.Look, "GET /v1/items/{sku}/price": door.Look, "GET /v1/stock/{sku}": door.Look,
	"PUT /v1/items/{sku}": door.Items, "POST /v1/items/bulk": door.Items,

	"POST /v1/orders": door.Sell, "POST /v1/orders/bulk": door.Sell, "POST /v1/orders/{id}/cancel": door.Sell, "POST /v1/orders/{id}/amend": door.Sell, "POST /v1/orders/{id}/decide": door.Decide,
	"GET /v1/orders": door.Look, "GET /v1/orders/{id}": door.Look, "GET /v1/orders/{id}/explain": door.Look,

	"GET /v1/sites": door.Look, "GET " + pathKnew: door.Operate, "GET /v1/servers": door.Look, "GET /v1/demand": door.Look, "GET /v1/avoidances": door.Look,
	"GET /v1/allotments": door.Look, "GET /v1/exceptions": door.Look, "GET /v1/expected": door.Look, "GET /v1/expected/{reference}": door.Look,
	"POST /v1/sites": door.Operate, "PUT /v1/sites/{site}": door.Operate, "POST /v1/sites/{site}/token": door.Operate, "POST /v1/sites/{site}/declare-lost": door.Operate,
	"POST /v1/sites/{site}/write-off": door.Operate, "POST /v1/sites/{site}/waive": door.Operate,
	"POST /v1/servers": door.Operate, "POST /v1/servers/probe": door.Operate,
	"POST /v1/join-tokens": door.Operate, "GET /v1/join-tokens": door.Operate, "POST /v1/join-tokens/{id}/revoke": door.Operate,
	"GET /v1/authority": door.Look, "POST /v1/authority/rotate": door.Operate, "GET " + pathAuthority: door.Operate,
	"POST " + pathState: door.Operate, "POST " + pathArchive: door.Operate,
	"POST /v1/sites/{site}/lift": door.Decide, "POST /v1/exceptions/{id}/resolve": door.Decide,
	"POST /v1/allotments": door.Policy, "PUT /v1/expected/{reference}": door.Buy, "POST /v1/expected/{reference}/cancel": door.Buy,
	"POST /v1/expected/{reference}/what-if": door.Look,

	"GET " + pathPurchases: door.Look, "GET " + pathPurchases + "/{reference}": door.Look, "PUT " + pathPurchases + "/{reference}": door.Buy,
	"POST " + pathPurchases + "/{reference}/send": door.Buy, "POST " + pathPurchases + "/{reference}/close": door.Buy, "POST " + pathPurchases + "/{reference}/cancel": door.Buy,
	"GET " + pathDropShips: door.Look, "GET " + pathDropShips + "/{id}": door.Look, "POST " + pathDropShips + "/{id}/confirm": door.Buy, "POST " + pathDropShips + "/{id}/dispatch": door.Buy,
	"POST " + pathDropShips + "/{id}/refuse": door.Buy, "POST " + pathDropShips + "/{id}/come-back": door.Buy,
	"GET " + pathReorder: door.Look, "POST " + pathReorder: door.Buy,
	"GET " + pathLot: door.Look, "GET " + pathSerial: door.Look, "GET /v1/recalls": door.Look, "GET " + pathRecall: door.Look, "PUT " + pathRecall: door.Adjust,
	"GET " + pathTransfers: door.Look, "GET " + pathTransfers + "/{id}": door.Look, "POST " + pathTransfers: door.Transfer,
	"POST " + pathTransfers + "/{id}/approve": door.Transfer, "POST " + pathTransfers + "/{id}/refuse": door.Transfer,
	"POST " + pathTransfers + "/{id}/dispatch": door.Receive, "POST " + pathTransfers + "/{id}/receive": door.Receive,

	"GET /v1/customers": door.LookCustomers, "GET /v1/customers/{customer}": door.LookCustomers, "PUT /v1/customers/{customer}": door.Customers,
	"POST /v1/customers/bulk": door.Customers, "POST /v1/customers/{customer}/erase": door.Erase,
	"GET " + pathErasures: door.Journal, "POST " + pathErasures + "/answer": door.Erase, "PUT " + pathErasures + "/rotation": door.Erase,
	"GET /v1/assets": door.Look, "GET /v1/assets/{asset}": door.Look, "PUT /v1/assets/{asset}": door.Limits,
	"POST /v1/assets/{asset}/allot": door.Limits, "POST /v1/assets/{asset}/pay": door.Credit,
	"GET /v1/days": door.Journal, "GET " + pathSiteJournal: door.Journal, "GET " + pathHeads: door.Journal,

	"GET /v1/policy": door.Look, "GET /v1/policy/rules": door.Look, "GET /v1/policy/sites": door.Look, "GET /v1/policy/zones": door.Look,
	"GET /v1/policy/presets": door.Look, "GET /v1/policy/classes": door.Look, "GET /v1/policy/company": door.Look, "GET /v1/policy/checks": door.Look, "GET /v1/policy/reasons": door.Look, "GET /v1/policy/least-days": door.Look, "GET /v1/counts": door.Journal, "GET /v1/adjustments/reasons": door.Journal,
	"GET /v1/policy/history": door.Journal, "GET " + pathHistory: door.Journal, "POST /v1/policy/what-if": door.Look,
	"PUT /v1/policy": door.Policy, "PUT /v1/policy/rules": door.Policy, "PUT /v1/policy/sites": door.Policy, "PUT /v1/policy/zones": door.Policy,
	"PUT /v1/policy/presets": door.Policy, "PUT /v1/policy/classes": door.Policy, "PUT /v1/policy/company": door.Policy, "PUT /v1/policy/checks": door.Policy, "PUT /v1/policy/reasons": door.Policy, "PUT /v1/policy/least-days": door.Policy,

	"GET " + pathWebhooks: door.Look, "GET " + pathWebhooks + "/{id}": door.Look, "GET " + pathDead: door.Look, "POST " + pathWebhooks: door.Policy,
	"POST " + pathWebhooks + "/{id}/remove": door.Policy, "POST " + pathWebhooks + "/{id}/test": door.Policy,
	"POST " + pathWebhooks + "/{id}/resend": door.Policy, "POST " + pathWebhooks + "/{id}/drop": door.Policy,
}

// needs is what a caller must be permitted to.
func (rt *route) needs() door.Permission {
	switch rt.who {
	case forAll:
		return door.Anybody
	case forSites:
		return door.Linked
	default:
		return needs[rt.Method+" "+rt.Path]
	}
}

// Calls lists each call with what it needs.
func Calls() []door.Call {
	var s *Server // its methods are only named here
	out := []door.Call{}
	for _, rt := range s.routes() {
		out = append(out, door.Call{Method: rt.Method, Path: rt.Path, Needs: rt.needs()})
	}
	return out
}
