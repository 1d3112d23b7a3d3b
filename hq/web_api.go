package hq

import (
	"maps"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// doc gives what the document says of a call. What is not in details takes nothing and answers
// nothing but its status.
func doc(method, path, summary string) contract.Route {
	r := details()[method+" "+path]
	r.Method, r.Path, r.Summary = method, path, summary
	if len(r.Answers) == 0 {
		r.Answers = []contract.Answer{{Status: http.StatusOK, About: "Done."}}
	}
	return r
}

func text(param, about string) contract.Param { return contract.Param{Name: param, About: about} }

// reads are the parameters of a read, with where it is answered.
func reads(more ...contract.Param) []contract.Param {
	return append(more, text("read", "leader (certain; the default) or local (this server's, with its age in the header "+headerRead+")"))
}

func paged(more ...contract.Param) []contract.Param {
	return reads(append(more, text("cursor", "next_cursor of the page before"), contract.Param{Name: "limit", About: "rows, 1 to 1000", Integer: true})...)
}

func ok(about string, body any) []contract.Answer {
	return []contract.Answer{{Status: http.StatusOK, About: about, Body: body}}
}

func media(about, kind string) []contract.Answer {
	return []contract.Answer{{Status: http.StatusOK, About: about, Media: kind}}
}

// details lists the calls by method and path, with what they take and give.
func details() map[string]contract.Route {
	const pageKind, linkKind = "text/html", "application/msgpack"
	lead := []contract.Code{contract.CodeNoLeader}
	readCodes := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	oneCodes := append([]contract.Code{contract.CodeNotFound}, readCodes...)
	placing := []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeStockShort, contract.CodeOrderExists,
		contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeUnknownSite, contract.CodeNotSupported}
	out := map[string]contract.Route{
		"GET /healthz":      {Open: true, Answers: media("It is.", "text/plain")},
		"GET /readyz":       {Open: true, Answers: media("It can.", "text/plain"), Codes: []contract.Code{contract.CodeNotReady}},
		"GET /metrics":      {Answers: media("Prometheus text.", "text/plain")},
		"GET /openapi.json": {Open: true, Answers: media("OpenAPI 3.1.", "application/json")},
		"GET /v1/status":    {Query: reads(), Answers: ok("The figures.", Status{})},
		"GET /v1/events":    {Answers: media("Events called board, each with the body of /v1/board.", "text/event-stream")},
		"GET /v1/backup":    {Answers: media("The backup, whole only if its last record is there. The token is in it, so a session is not enough; one is read at a time.", "application/octet-stream"), Codes: []contract.Code{contract.CodeForbidden, contract.CodeNotReady, contract.CodeBusy, contract.CodeNoLeader}},
		"GET /v1/board":     {Answers: ok("The board.", Board{})},

		"PUT /v1/items/{sku}":  {Request: contract.ItemRequest{}, Answers: ok("The item.", contract.Item{}), Codes: append([]contract.Code{contract.CodeNotSupported, contract.CodeBarcodeTaken, contract.CodeUnknownSKU, contract.CodeIsKit}, lead...)},
		"POST /v1/items/bulk":  {Key: contract.KeyTaken, Request: contract.BulkItems{}, Answers: ok(contract.AboutBulkItems, contract.BulkItemsAnswer{}), Codes: lead},
		"GET /v1/items":        {Query: paged(text("q", "part of a SKU, name, barcode, category, supplier or attribute"), text("barcode", "any scan of the article: its digits, elements as (01)...(10)... or with FNC1 (%1D), scanner data with its symbology identifier, a Digital Link URI, or a code of your own; scan says what else it said")), Answers: ok("Items by SKU.", contract.ItemList{}), Codes: readCodes},
		"GET /v1/items/{sku}":  {Query: reads(), Answers: ok("The item.", contract.Item{}), Codes: oneCodes},
		"GET /v1/stock/{sku}":  {Query: reads(), Answers: ok("The stock.", contract.HQStock{}), Codes: oneCodes},
		"POST /v1/orders":      {Key: contract.KeyRequired, Request: contract.OrderRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "Accepted; a quorum has it. With durable it waits 10 s at most for owner or archived; the order stands all the same, and ack says what was reached.", Body: contract.Order{}}}, Codes: placing},
		"POST /v1/orders/bulk": {Request: contract.BulkRequest{}, Answers: ok("A result for each order.", contract.BulkAnswer{}), Codes: lead},
		"GET /v1/orders": {Query: paged(text("status", "only orders in this state"), text("since", "only orders taken since"),
			text("site", "the orders of this site: all that its book owns, also those that are no business of head office's, and those that promise units of it. A page may have fewer rows than limit, and still not be the last"),
			text("open", "true: only orders that are neither completed nor cancelled")), Answers: ok("Orders by id.", contract.OrderList{}), Codes: append([]contract.Code{contract.CodeUnknownSite, contract.CodeNotReady}, readCodes...)},
		"GET /v1/orders/{id}":     {Query: reads(), Answers: ok("The order, whichever book owns it, as head office has heard of it.", contract.Order{}), Codes: append([]contract.Code{contract.CodeNotReady}, oneCodes...)},
		"GET /v1/sites":           {Query: reads(), Answers: ok("The sites by name.", SiteRows{}), Codes: readCodes},
		"PUT /v1/sites/{site}":    {Key: contract.KeyTaken, Request: SiteSetRequest{}, Answers: ok("The site as it is now.", SiteRow{}), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeUnknownSite, contract.CodeSiteExists, contract.CodeNotReady}},
		"POST /v1/sites":          {Key: contract.KeyRequired, Request: SiteRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: "Added. The token is shown this once.", Body: SiteAdded{}}}, Codes: []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeSiteExists}},
		"GET /v1/servers":         {Query: reads(), Answers: ok("The servers.", ServerList{}), Codes: readCodes},
		"POST /v1/servers":        {Key: contract.KeyTaken, Request: ServerRequest{}, Answers: ok("The servers, with this one. Idempotent by content: a server is admitted once, with or without a key, and another request under a used key is done as any other.", ServerList{}), Codes: lead},
		"POST /v1/servers/probe":  {Answers: ok("A quorum has it.", Probe{}), Codes: append([]contract.Code{contract.CodeBusy}, lead...)},
		"GET " + pathJournal:      {Query: []contract.Param{text("site", "whose journal"), text("after", "entries after this one")}, Answers: media("Frames, each behind its length in 4 bytes.", "application/octet-stream"), Codes: []contract.Code{contract.CodeBadValue}},
		"GET /":                   {Open: true, Answers: media("The page, or the form to sign in.", pageKind)},
		"GET /assets/{name}":      {Open: true, Answers: media("A style sheet or a script.", "text/css"), Codes: []contract.Code{contract.CodeNotFound}},
		"POST /sign-in":           {Open: true, Answers: []contract.Answer{{Status: http.StatusSeeOther, About: "To the page, with a session."}}, Codes: []contract.Code{contract.CodeForbidden}},
		"POST /sign-in/pass":      {Open: true, Answers: media("The token, once: it is a sign-in of its own, to be sent as Authorization: Bearer with each call. 403, with the form to sign in, where no person is signed in at the page.", "text/html")},
		"POST /sign-out":          {Open: true, Answers: []contract.Answer{{Status: http.StatusSeeOther, About: "To the page, without a session."}}},
		"POST /link/v1/reply":     {Answers: []contract.Answer{{Status: http.StatusNoContent, About: "Taken."}}, Codes: lead},
		"POST " + pathState:       {Request: StateTold{}, Answers: ok("This server's.", StateTold{}), Codes: []contract.Code{contract.CodeBadValue}},
		"POST " + pathArchive:     {Answers: media("Where the archive ends.", linkKind), Codes: []contract.Code{contract.CodeNotFound, contract.CodeNotReady}},
		"POST " + wire.PathRejoin: {Answers: media("The epoch, and what the book is rebuilt from.", linkKind), Codes: lead},
		"POST /link/v1/hello":     {Answers: media("A welcome.", linkKind), Codes: lead},
		"POST /link/v1/push":      {Answers: media("What a quorum has.", linkKind), Codes: lead},
		"POST /link/v1/pull":      {Answers: media("Commands, items and calls.", linkKind), Codes: lead},
		"POST /link/v1/ask":       {Answers: media("A hold, or no.", linkKind), Codes: lead},
		"POST /link/v1/look":      {Answers: media("What others have.", linkKind), Codes: lead},
		"POST " + wire.PathNeed:   {Answers: media("What is coming.", linkKind), Codes: lead},
		"POST /link/v1/forward":   {Answers: media("The owner's answer.", linkKind), Codes: lead},
	}
	for _, some := range []map[string]contract.Route{operating(), allocating(), companyDetails(), reasonDetails(), leastDetails(), adjustedDetails(), transferring(), hooking(), expecting(), purchasing(), reordering(), lotting(oneCodes), sourcingRoutes(), pricing(readCodes), customerDetails(), trusting(), userDetails(), evidence(), knowing(), historyDetails(), openidDetails(), erasing(), dropShipping()} {
		maps.Copy(out, some)
	}
	maps.Copy(out, releasing())
	out["POST /v1/orders/{id}/cancel"] = contract.Route{Key: contract.KeyRequired, Answers: ok("Cancelled.", contract.Order{}),
		Codes: []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeNotFound, contract.CodeOrderCanceled, contract.CodeOwnerUnreachable}}
	out["POST /v1/orders/{id}/amend"] = contract.Route{Key: contract.KeyRequired, Request: contract.AmendRequest{},
		Answers: ok("Amended, as a whole: only the difference has moved. What is wanted more is planned as a new order would be, from the sites that serve this one first; quantity 0 gives a line up.", contract.Order{}),
		Codes: []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeNotFound, contract.CodeOrderCanceled, contract.CodeOrderChanged, contract.CodeLineFixed,
			contract.CodeStockShort, contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeNotAmendable, contract.CodeNotReady}}
	out["POST /v1/orders/{id}/decide"] = contract.Route{Key: contract.KeyRequired, Request: contract.RulingRequest{},
		Answers: ok("The order, sourced as if it came now, at the prices that it had, or cancelled. Where there are not the goods for it, it goes on waiting.", contract.Order{}),
		Codes:   []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeNotFound, contract.CodeStockShort, contract.CodeNotWaiting}}
	out["GET /v1/days"] = contract.Route{Query: paged(text("site", "only the days of this site")), Answers: ok("Days by site and number.", contract.DayList{}),
		Codes: append([]contract.Code{contract.CodeUnknownSite}, readCodes...)}
	out["GET /v1/orders/{id}/explain"] = contract.Route{Query: reads(), Answers: ok("The reasons.", contract.Explanation{}), Codes: oneCodes}
	return out
}

// pricing are the calls about what items cost.
func pricing(readCodes []contract.Code) map[string]contract.Route {
	return map[string]contract.Route{"GET /v1/items/{sku}/price": {
		Query:   reads(text("qty", "units; left out: 1"), text("group", "the customer's; left out: of none"), text("at", "a day, or a moment; left out: now")),
		Answers: ok("The price. A row of the customer's own group comes before one for everybody, then the largest quantity that is reached, then the one that began last, then the lower price; the item's own price where no row holds.", contract.PriceAnswer{}),
		Codes:   append([]contract.Code{contract.CodeNotFound, contract.CodeNoPrice}, readCodes...)}}
}

// openAPI is the document of all routes but the link's own, whose bodies it could not describe.
func (s *Server) openAPI() []byte {
	var routes []contract.Route
	for _, rt := range s.routes() {
		if rt.who != forSites && !strings.HasPrefix(rt.Path, "/link/") {
			routes = append(routes, rt.Route)
		}
	}
	return contract.OpenAPI(contract.Info{Title: "Holdfast head office", Version: "1",
		Description: "Orders of the whole company, arbitrated by a small cluster. Any server may be asked: what the leader has to answer is passed on to it."}, routes)
}

func (s *Server) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.openAPI()) // a client that has gone needs no answer
	return nil
}
