package node

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Bounds of a connection. A body is bounded where it is read, an event stream by eventWriteMax.
const (
	headerBytesMax = 16 << 10
	headerWait     = 5 * time.Second
	readWait       = 15 * time.Second
	writeWait      = 15 * time.Second
	idleWait       = 2 * time.Minute
)

// web is the node's API and page.
type web struct {
	*Node
	token     secret
	position  *position
	sessions  *sessions
	seen      *seen
	gather    prometheus.Gatherer
	slots     chan struct{} // requests being served
	readers   chan struct{} // event streams
	closing   chan struct{} // closed when the server shuts down: event streams end
	document  func() []byte // OpenAPI, made when it is first asked for: a node that starts has better to do
	templates *template.Template
	handler   http.Handler
	inFlight  *inFlight
	browser   *door.Browser
	turnstile *door.Turnstile
	conns     *door.Connections
}

func newWeb(n *Node, token string, gather prometheus.Gatherer) *web {
	s := &web{Node: n, token: secretOf(token), position: &position{book: n.book}, sessions: newSessions(n.env), seen: newSeen(), gather: gather,
		slots: make(chan struct{}, n.cfg.RequestsMax), readers: make(chan struct{}, n.cfg.EventsMax), closing: make(chan struct{}), templates: pageTemplates(),
		inFlight: newInFlight(), browser: door.NewBrowser(n.cfg.Names...),
		turnstile: door.NewTurnstile(n.env.Clock, n.cfg.Limits, n.metrics.limited), conns: door.NewConnections(n.env.Clock, n.cfg.Limits.Connections, n.metrics.limited)}
	s.document = sync.OnceValue(func() []byte {
		return contract.OpenAPI(contract.Info{Title: "Holdfast node", Version: "1",
			Description: "Stock and orders of one site. Quantities are integers of the base unit; times are RFC 3339 in UTC."}, Routes())
	})
	s.handler = s.router()
	return s
}

// Handler is the API and the page without a listener, for tests and for the simulator.
func (n *Node) Handler() http.Handler { return n.web.handler }

// A call decodes, calls one method and encodes. Its error becomes an answer in the wrapper.
type call func(http.ResponseWriter, *http.Request) error

// routes is the table of contents: every call, the function that serves it, and what the
// OpenAPI document says of it.
func (s *web) routes() []route {
	return append([]route{
		{"POST", "/v1/orders", s.placeOrder, docPlaceOrder}, // first: most requests are this one
		{"POST", "/v1/orders/bulk", s.placeBulk, docPlaceBulk},

		{"GET", "/healthz", s.healthz, docHealth},
		{"GET", "/readyz", s.readyz, docReady},
		{"GET", "/metrics", s.metricsPage, docMetrics},
		{"GET", "/openapi.json", s.openapi, docOpenAPI},

		{"GET", "/v1/status", s.status, docStatus},
		{"GET", "/v1/events", s.events, docEvents},
		{"GET", "/v1/entries", s.entries, docEntries},
		{"GET", "/v1/history", s.history, docHistory},
		{"GET", "/v1/backup", s.backup, docBackup},

		{"GET", "/v1/items", s.searchItems, docSearchItems},
		{"GET", "/v1/items/{sku}", s.item, docItem},
		{"PUT", "/v1/items/{sku}", s.putItem, docPutItem},
		{"POST", "/v1/items/bulk", s.putItems, docPutItems},
		{"GET", "/v1/items/{sku}/price", s.itemPrice, docItemPrice},

		{"GET", "/v1/stock/{sku}", s.stock, docStock},
		{"POST", "/v1/receipts", s.receive, docReceive},
		{"POST", "/v1/adjustments", s.adjust, docAdjust},
		{"POST", "/v1/counts", s.count, docCount},
		{"GET", "/v1/counts/sheet", s.countSheet, docCountSheet},

		{"POST", "/v1/transfers", s.makeTransfer, docMakeTransfer},
		{"GET", "/v1/transfers/{id}", s.getTransfer, docGetTransfer},
		{"POST", "/v1/transfers/{id}/dispatch", s.dispatchTransfer, docDispatchTransfer},
		{"POST", "/v1/transfers/{id}/cancel", s.cancelTransfer, docCancelTransfer},
		{"POST", "/v1/transfers/{id}/receive", s.receiveTransfer, docReceiveTransfer},

		{"GET", "/v1/purchases", s.listPurchases, docListPurchases},
		{"PUT", "/v1/purchases/{reference}", s.putPurchase, docPutPurchase},
		{"GET", "/v1/purchases/{reference}", s.getPurchase, docGetPurchase},
		{"POST", "/v1/purchases/{reference}/send", s.actOnPurchase(ledger.PurchaseSend), docActOnPurchase("Say that the supplier has a purchase order of this site")},
		{"POST", "/v1/purchases/{reference}/close", s.actOnPurchase(ledger.PurchaseClose), docActOnPurchase("Say that what is due of it will not come")},
		{"POST", "/v1/purchases/{reference}/cancel", s.actOnPurchase(ledger.PurchaseCancel), docActOnPurchase("Call it off, before anything of it has come")},

		{"GET", "/v1/orders", s.listOrders, docListOrders},
		{"GET", "/v1/orders/{id}", s.order, docOrder},
		{"POST", "/v1/orders/{id}/cancel", s.cancelOrder, docCancelOrder},
		{"POST", "/v1/orders/{id}/place", s.placeDraft, docPlaceDraft},
		{"POST", "/v1/orders/{id}/decide", s.decideOrder, docDecideOrder},
		{"POST", "/v1/orders/{id}/amend", s.amendOrder, docAmendOrder},

		{"GET", "/", s.page, docPage},
		{"GET", "/page/{file}", s.asset, docAsset},
		{"POST", "/sign-in", s.signIn, docSignIn},
		{"POST", "/sign-out", s.signOut, docSignOut},
	}, slices.Concat(s.floorRoutes(), s.tillRoutes(), s.customerRoutes(), s.companyRoutes(), s.adjustedRoutes(), s.lotRoutes(), s.userRoutes(), s.carrierRoutes(), s.dropShipRoutes())...)
}

// floorRoutes are the calls of a warehouse's floor: what goes out of the door, and what comes back in.
func (s *web) floorRoutes() []route {
	return []route{
		{"GET", "/v1/fulfilments", s.listFulfilments, docListFulfilments},
		{"GET", "/v1/fulfilments/{id}", s.fulfilment, docFulfilment},
		{"POST", "/v1/fulfilments/{id}/pick", s.pickFulfilment, docPickFulfilment},
		{"POST", "/v1/fulfilments/{id}/reject", s.rejectFulfilment, docRejectFulfilment},
		{"POST", "/v1/fulfilments/{id}/pack", s.packFulfilment, docPackFulfilment},
		{"POST", "/v1/fulfilments/{id}/repack", s.repackFulfilment, docRepackFulfilment},
		{"GET", "/v1/cartons/{sscc}", s.carton, docCarton},
		{"GET", "/v1/cartons/{sscc}/label", s.cartonLabel, docCartonLabel},
		{"POST", "/v1/fulfilments/{id}/dispatch", s.dispatchFulfilment, docDispatchFulfilment},
		{"POST", "/v1/fulfilments/{id}/ready", s.readyFulfilment, docReadyFulfilment},
		{"POST", "/v1/fulfilments/{id}/collect", s.collectFulfilment, docCollectFulfilment},
		{"POST", "/v1/fulfilments/{id}/deliver", s.deliverFulfilment, docDeliverFulfilment},
		{"POST", "/v1/fulfilments/{id}/undelivered", s.undeliveredFulfilment, docUndeliveredFulfilment},
		{"POST", "/v1/fulfilments/{id}/come-back", s.cameBackFulfilment, docCameBackFulfilment},
		{"POST", "/v1/fulfilments/{id}/put-back", s.putBackFulfilment, docPutBackFulfilment},

		{"POST", "/v1/pick-lists", s.takePickList, docTakePickList},
		{"GET", "/v1/pick-lists", s.listPickLists, docListPickLists},
		{"GET", "/v1/pick-lists/{id}", s.onePickList, docPickList},
		{"POST", "/v1/pick-lists/{id}/release", s.releasePickList, docReleasePickList},

		{"POST", "/v1/returns", s.takeBack, docTakeBack},
		{"GET", "/v1/returns", s.listReturns, docListReturns},
		{"GET", "/v1/returns/{id}", s.oneReturn, docReturn},
		{"POST", "/v1/returns/{id}/inspect", s.inspectReturn, docInspectReturn},

		{"GET", "/v1/blocked", s.listBlocked, docListBlocked},
		{"POST", "/v1/blocked/inspect", s.inspectBlocked, docInspectBlocked},

		{"POST", "/v1/moves", s.moveBins, docMoveBins},
		{"GET", "/v1/put-away", s.putAway, docPutAway},
	}
}

// tillRoutes are the calls of a till: what orders are paid with, drawers, the end of the day.
func (s *web) tillRoutes() []route {
	return []route{
		{"POST", "/v1/payments", s.pay, docPay},
		{"GET", "/v1/payments/{id}", s.payments, docPayments},
		{"POST", "/v1/refunds", s.refund, docRefund},
		{"POST", "/v1/exchanges", s.exchange, docExchange},
		{"POST", "/v1/refund-claims", s.claimRefund, docClaimRefund},
		{"POST", "/v1/refund-claims/at-risk", s.refundAtRisk, docRefundAtRisk},
		{"GET", "/v1/drawers", s.drawers, docDrawers},
		{"POST", "/v1/drawers/{till}/open", s.openDrawer, docOpenDrawer},
		{"POST", "/v1/drawers/{till}/pay-in", s.payIn, docPayIn},
		{"POST", "/v1/drawers/{till}/pay-out", s.payOut, docPayOut},
		{"POST", "/v1/drawers/{till}/close", s.closeDrawer, docCloseDrawer},
		{"POST", "/v1/days/end", s.endDay, docEndDay},
		{"GET", "/v1/days/{day}", s.day, docDay},
	}
}

// customerRoutes are the calls about customers, and about what this site holds of head office's own.
func (s *web) customerRoutes() []route {
	return []route{
		{"GET", "/v1/customers", s.customers, docCustomers},
		{"GET", "/v1/customers/{customer}", s.customer, docCustomer},
		{"PUT", "/v1/customers/{customer}", s.putCustomer, docPutCustomer},
		{"POST", "/v1/customers/{customer}/erase", s.eraseCustomer, docEraseCustomer},
		{"GET", "/v1/assets", s.assets, docAssets},
		{"GET", "/v1/assets/{asset}", s.oneAsset, docOneAsset},
		{"POST", "/v1/assets/{asset}/charge", s.chargeAsset, docChargeAsset},
		{"POST", "/v1/assets/{asset}/release", s.releaseAsset, docReleaseAsset},
		{"POST", "/v1/assets/{asset}/pay", s.payAsset, docPayAsset},
		{"POST", "/v1/assets/{asset}/load", s.loadAsset, docLoadAsset},
	}
}

type route struct {
	method string
	path   string
	serve  call
	doc    func() contract.Route
}

func (rt *route) entry() entry {
	switch {
	case rt.path == "/healthz", rt.path == "/readyz":
		return probed
	case rt.doc().Open:
		return open
	case rt.path == "/v1/events", rt.path == "/v1/backup":
		return streamed
	default:
		return guarded
	}
}

// Routes lists the calls as the OpenAPI document has them.
func Routes() []contract.Route {
	var s *web // its methods are only named here
	table := s.routes()
	out := make([]contract.Route, len(table))
	for i, rt := range table {
		out[i] = rt.doc()
		out[i].Method, out[i].Path = rt.method, rt.path
	}
	return out
}

// router serves the routes. Paths are matched as they were written, for a SKU may hold an
// encoded slash. mux finds the route; what it would do next is to copy the request twice, to hang
// the route and the path's variables on it, and here nobody asks for the route, nor most routes
// for variables.
func (s *web) router() http.Handler {
	r := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, rt := range s.routes() {
		r.Methods(rt.method).Path(rt.path).Handler(s.wrap(rt.method+" "+rt.path, rt.entry(), needs[rt.method+" "+rt.path], rt.serve))
	}
	r.NotFoundHandler = s.wrap("none", guarded, door.SignedIn, func(http.ResponseWriter, *http.Request) error { return errNoRoute })
	r.MethodNotAllowedHandler = s.wrap("none", guarded, door.SignedIn, func(http.ResponseWriter, *http.Request) error { return errBadMethod })
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var found mux.RouteMatch
		r.Match(req, &found) // never nothing: what no route takes has a handler too
		if len(found.Vars) > 0 {
			req = mux.SetURLVars(req, found.Vars)
		}
		found.Handler.ServeHTTP(w, req)
	})
}

// run serves on l until ctx ends; requests under way then have StopWait to end, and as long again
// once they have been cut off. The book is not closed before.
func (s *web) run(ctx context.Context, l net.Listener) error {
	srv := &http.Server{Handler: s.handler, ReadHeaderTimeout: headerWait, ReadTimeout: readWait, WriteTimeout: writeWait,
		IdleTimeout: idleWait, MaxHeaderBytes: headerBytesMax, ConnContext: door.ConnContext, ErrorLog: s.errorLog()}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	var errs []error
	cut := func() {
		if err := srv.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close server: %w", err))
		}
	}
	select {
	case err := <-served:
		errs = append(errs, fmt.Errorf("serve: %w", err))
		close(s.closing)
		cut()
	case <-ctx.Done():
		close(s.closing)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopWait)
		defer cancel()
		if srv.Shutdown(bounded) != nil {
			cut() // who has not finished by now; what was begun in the book ends there
		}
		<-served
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopWait)
	defer cancel()
	if err := s.inFlight.wait(last); err != nil {
		errs = append(errs, fmt.Errorf("wait for the last requests: %w", err))
	}
	return errors.Join(errs...)
}
