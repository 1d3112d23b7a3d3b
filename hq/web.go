package hq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// access says who may call; place says which server answers.
type (
	access uint8
	place  uint8
)

const (
	forOwner access = iota // the owner's token; a read also with a session
	forSites               // a site's join token: the handler knows which site speaks
	forAll                 // nobody is asked

	here       place = iota // this server, whatever it is
	atLeader                // the leader; others pass it on
	readable                // the leader, and certain; or, with read=local, this server
	preferably              // the leader; this server where there is none
)

// A route is one call: how it is documented, who may, where, and what is done.
type route struct {
	contract.Route
	who  access
	at   place
	long bool // waits for something to happen: has bounds of its own
	do   func(http.ResponseWriter, *http.Request) error
}

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
)

// routes is the table of contents of the API. /openapi.json is made from it.
func (s *Server) routes() []route {
	return append([]route{
		{doc(get, "/healthz", "Is the process alive"), forAll, here, false, s.getHealth},
		{doc(get, "/readyz", "Can this server answer"), forAll, here, false, s.getReady},
		{doc(get, "/metrics", "Figures for Prometheus"), forOwner, here, false, s.getMetrics},
		{doc(get, "/openapi.json", "This document"), forAll, here, false, s.getOpenAPI},

		{doc(get, "/v1/status", "This server in a few figures"), forOwner, here, false, s.getStatus},
		{doc(get, "/v1/events", "What changes, as server-sent events"), forOwner, preferably, true, s.getEvents},
		{doc(get, "/v1/backup", "A copy of all that makes up this server, as of now, for holdfast restore"), forOwner, here, true, s.getBackup},
		{doc(get, "/v1/board", "What the page shows, once"), forOwner, preferably, false, s.getBoard},

		{doc(put, "/v1/items/{sku}", "Set an item"), forOwner, atLeader, false, s.putItem},
		{doc(post, "/v1/items/bulk", "Set many items"), forOwner, atLeader, false, s.postItems},
		{doc(get, "/v1/items", "Find items"), forOwner, readable, false, s.getItems},
		{doc(get, "/v1/items/{sku}", "One item"), forOwner, readable, false, s.getItem},
		{doc(get, "/v1/items/{sku}/price", "What an item costs a customer"), forOwner, readable, false, s.getItemPrice},
		{doc(get, "/v1/stock/{sku}", "One item's stock in the whole company"), forOwner, readable, false, s.getStock},

		{doc(post, "/v1/orders", "Place an order"), forOwner, atLeader, false, s.postOrder},
		{doc(post, "/v1/orders/bulk", "Place many orders, each for itself"), forOwner, atLeader, false, s.postOrders},
		{doc(get, "/v1/orders", "List orders"), forOwner, readable, false, s.getOrders},
		{doc(get, "/v1/orders/{id}", "One order"), forOwner, readable, false, s.getOrder},
		{doc(post, "/v1/orders/{id}/cancel", "Cancel an order"), forOwner, atLeader, false, s.postCancel},
		{doc(post, "/v1/orders/{id}/amend", "Change what an order is for"), forOwner, atLeader, false, s.postAmend},
		{doc(post, "/v1/orders/{id}/decide", "Say what becomes of an order that waits for somebody's word"), forOwner, atLeader, false, s.postDecide},
		{doc(get, "/v1/orders/{id}/explain", "Why an order was sourced as it was"), forOwner, readable, false, s.getExplain},

		{doc(get, "/v1/sites", "List sites"), forOwner, readable, false, s.getSites},
		{doc(post, "/v1/sites", "Add a site"), forOwner, atLeader, false, s.postSite},
		{doc(post, "/v1/sites/{site}/token", "Give a site whose disk is lost a new join token"), forOwner, atLeader, false, s.postToken},
		{doc(post, "/v1/sites/{site}/declare-lost", "Give a site up"), forOwner, atLeader, false, s.postDeclareLost},
		{doc(post, "/v1/sites/{site}/write-off", "Return to its owners what a lost site holds"), forOwner, atLeader, false, s.postWriteOff},
		{doc(post, "/v1/sites/{site}/waive", "Wait no longer for a site to attest"), forOwner, atLeader, false, s.postWaive},
		{doc(post, "/v1/sites/{site}/lift", "Have a site planned from again that did not serve something"), forOwner, atLeader, false, s.postLift},
		{doc(get, "/v1/avoidances", "List what is not planned from sites for a while, and why"), forOwner, readable, false, s.getAvoidances},
		{doc(get, "/v1/allotments", "List what sites may promise of each other's stock"), forOwner, readable, false, s.getAllotments},
		{doc(post, "/v1/allotments", "Let one site promise another's stock"), forOwner, atLeader, false, s.postAllotment},
		{doc(get, "/v1/expected", "List what suppliers are to bring"), forOwner, readable, false, s.getExpected},
		{doc(put, "/v1/expected/{reference}", "Say what a supplier is to bring"), forOwner, atLeader, false, s.putExpected},
		{doc(get, "/v1/expected/{reference}", "One delivery, and who is promised it"), forOwner, readable, false, s.getOneExpected},
		{doc(post, "/v1/expected/{reference}/cancel", "Expect a delivery no more"), forOwner, atLeader, false, s.cancelExpected},
		{doc(post, "/v1/expected/{reference}/what-if", "Ask which promises slip if a delivery changes"), forOwner, readable, false, s.postWhatIf},
		{doc(get, "/v1/demand", "List how much a site is asked for"), forOwner, readable, false, s.getDemand},
		{doc(get, "/v1/exceptions", "List what somebody must look at"), forOwner, readable, false, s.getExceptions},
		{doc(post, "/v1/exceptions/{id}/resolve", "Say that an exception was seen to"), forOwner, atLeader, false, s.postResolve},
		{doc(get, "/v1/servers", "List the servers of head office"), forOwner, readable, false, s.getServers},
		{doc(post, "/v1/servers", "Admit a server"), forOwner, atLeader, false, s.postServer},
		{doc(post, "/v1/servers/probe", "Commit nothing, and say how long that took"), forOwner, atLeader, false, s.postProbe},

		{doc(post, "/link/v1/hello", "A site begins its conversation"), forSites, atLeader, false, s.linkHello},
		{doc(post, wire.PathRejoin, "A site asks for an epoch of its own"), forSites, atLeader, false, s.linkRejoin},
		{doc(post, "/link/v1/push", "A site sends its journal"), forSites, atLeader, false, s.linkPush},
		{doc(post, "/link/v1/pull", "A site waits for commands and items"), forSites, atLeader, true, s.linkPull},
		{doc(post, "/link/v1/reply", "A site answers a call"), forSites, atLeader, false, s.linkReply},
		{doc(post, "/link/v1/ask", "A site asks for units, now"), forSites, atLeader, true, s.linkAsk},
		{doc(post, "/link/v1/look", "A site asks what others have"), forSites, atLeader, false, s.linkLook},
		{doc(post, wire.PathNeed, "A site asks for credit, or what is on a card, now"), forSites, atLeader, false, s.linkNeed},
		{doc(post, "/link/v1/forward", "A site passes a cancel on"), forSites, atLeader, false, s.linkForward},
		{doc(get, pathJournal, "A site fetches its own journal, and another server any"), forSites, here, false, s.linkJournal},
		{doc(post, pathState, "Servers tell each other the digests of their states"), forOwner, here, false, s.linkState},
		{doc(post, pathArchive, "The leader has its deputy copy to the archive"), forOwner, here, false, s.linkArchive},

		{doc(get, "/", "The page"), forAll, here, false, s.getPage},
		{doc(get, "/assets/{name}", "What the page is made of"), forAll, here, false, s.getAsset},
		{doc(post, "/sign-in", "Sign in to the page"), forAll, here, false, s.postSignIn},
		{doc(post, "/sign-out", "Sign out of the page"), forAll, here, false, s.postSignOut},
	}, slices.Concat(s.transferRoutes(), s.policyRoutes(), s.webhookRoutes(), s.dayRoutes(),
		s.customerRoutes(), s.purchaseRoutes(), s.reorderRoutes(), s.trustRoutes(), s.lotRoutes(), s.userRoutes(), s.evidenceRoutes(), s.knewRoutes(), s.historyRoutes(), s.reasonRoutes(), s.leastRoutes(), s.adjustedRoutes(), s.openidRoutes(), s.erasureRoutes(), s.releaseRoutes(), s.dropShipRoutes())...)
}

// policyRoutes are the calls about how head office allocates.
func (s *Server) policyRoutes() []route {
	return []route{
		{doc(get, "/v1/policy", "How head office allocates"), forOwner, readable, false, s.getPolicy},
		{doc(put, "/v1/policy", "Change how head office allocates"), forOwner, atLeader, false, s.putPolicy},
		{doc(get, "/v1/policy/rules", "List what is kept at sites"), forOwner, readable, false, s.getPolicyRules},
		{doc(put, "/v1/policy/rules", "Say what is kept at sites"), forOwner, atLeader, false, s.putPolicyRules},
		{doc(get, "/v1/policy/sites", "List what sites serve, and when"), forOwner, readable, false, s.getPolicySites},
		{doc(put, "/v1/policy/sites", "Say what sites serve, and when"), forOwner, atLeader, false, s.putPolicySites},
		{doc(get, "/v1/policy/zones", "List what parcels cost"), forOwner, readable, false, s.getPolicyZones},
		{doc(put, "/v1/policy/zones", "Say what parcels cost"), forOwner, atLeader, false, s.putPolicyZones},
		{doc(get, "/v1/policy/presets", "List what weighs most for classes and channels"), forOwner, readable, false, s.getPolicyPresets},
		{doc(put, "/v1/policy/presets", "Say what weighs most for classes and channels"), forOwner, atLeader, false, s.putPolicyPresets},
		{doc(get, "/v1/policy/classes", "List the classes of orders"), forOwner, readable, false, s.getClasses},
		{doc(put, "/v1/policy/classes", "Say which classes of orders there are"), forOwner, atLeader, false, s.putClasses},
		{doc(get, "/v1/policy/company", "Currency and time zones"), forOwner, readable, false, s.getCompany},
		{doc(put, "/v1/policy/company", "Set the company's currency, once, and the time zones of sites"), forOwner, atLeader, false, s.putCompany},
		{doc(get, "/v1/policy/checks", "List the checks that orders are held against"), forOwner, readable, false, s.getChecks},
		{doc(put, "/v1/policy/checks", "Say what orders are held against, and what becomes of those that trip it"), forOwner, atLeader, false, s.putChecks},
		{doc(get, "/v1/policy/history", "Who changed how head office allocates"), forOwner, readable, false, s.getPolicyHistory},
		{doc(post, "/v1/policy/what-if", "What orders would come to under other settings"), forOwner, readable, false, s.postPolicyWhatIf},
	}
}

// handler routes. Names in paths may hold any character, so paths are matched as they were sent.
func (s *Server) handler() http.Handler {
	router := mux.NewRouter().UseEncodedPath()
	routes := s.routes()
	for _, rt := range routes {
		router.Handle(rt.Path, s.serve(rt)).Methods(rt.Method)
	}
	router.NotFoundHandler = s.serve(noRoute(contract.New(contract.CodeNotFound, "")))
	router.MethodNotAllowedHandler = s.serve(noRoute(contract.New(contract.CodeBadMethod, "")))
	return router
}

// noRoute answers what no route takes. It is one call to the figures, whatever was asked for.
func noRoute(p *contract.Problem) route {
	return route{contract.Route{Method: "ANY", Path: "none"}, forAll, here, false, func(http.ResponseWriter, *http.Request) error { return p }}
}

// Bounds of a connection.
const (
	headerWait = 5 * time.Second
	bodyWait   = 30 * time.Second
	answerWait = time.Minute // after the header; what takes longer says so
	idleWait   = 2 * time.Minute
	headerMax  = 32 << 10
)

// runWeb serves the API until ctx ends.
func (s *Server) runWeb(ctx context.Context) error { return s.runHandler(ctx, s.handler()) }

// runHandler serves until ctx ends; requests then have StopWait to end by themselves, and as long
// again once they have been cut off. Nothing that they use is closed before.
func (s *Server) runHandler(ctx context.Context, handler http.Handler) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, WriteTimeout: answerWait, IdleTimeout: idleWait, MaxHeaderBytes: headerMax,
		BaseContext: func(net.Listener) context.Context { return context.WithValue(base, closingKey{}, ctx.Done()) },
		ConnContext: door.ConnContext,
		ErrorLog:    s.errorLog(),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.secured(s.conns.Listener(s.listener))) }()
	var err error
	select {
	case err = <-served:
		err = errors.Join(err, server.Close())
	case <-ctx.Done():
		grace, done := context.WithTimeout(base, s.cfg.StopWait)
		defer done()
		if server.Shutdown(grace) != nil {
			err = server.Close() // those that did not end by themselves
		}
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	cut()
	last, done := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopWait)
	defer done()
	if e := s.inFlight.wait(last); e != nil {
		err = errors.Join(err, fmt.Errorf("wait for the last requests: %w", e))
	}
	return err
}

// closingKey finds what is closed when the server begins to stop, for requests that wait long.
type closingKey struct{}

func closing(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return ch // nil where there is none: never
}
