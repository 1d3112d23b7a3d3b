package hq_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// The tests that the protocol owes, by its numbers: what would sell a unit twice, or lose a sale, when
// the servers of head office change places.

// stocked puts units of TAP-22 into a warehouse of a cluster's.
func stocked(c *cluster, units ledger.Qty) *site {
	c.t.Helper()
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.at = c.leader()
	hull.hello()
	hull.receive("TAP-22", units)
	hull.push()
	return hull
}

// ends lets the warehouse serve what head office has promised, and holds its shelf against the orders
// whose customers were told yes, its journal against an audit, and so each server's copy of it.
func (c *cluster) ends(hull *site, units ledger.Qty, told map[ledger.OrderID]ledger.Qty) {
	c.t.Helper()
	hull.at = c.leader()
	hull.push()
	var promised ledger.Qty
	for id, qty := range told {
		var o contract.Order
		c.must(200, hull.at, "GET", "/v1/orders/"+string(id), "", nil, &o)
		if o.Status != ledger.StatusAllocated {
			c.t.Errorf("order %s: got %s, want allocated as its customer was told", id, o.Status)
		}
		promised += qty
	}
	c.eventually("all that was promised is reserved", func() error {
		if _, err := hull.pull(50 * time.Millisecond); err != nil {
			return err
		}
		if l, _ := hull.core.State.Level("TAP-22"); l.Reserved != promised || l.OnHand() != units || l.AllottedTo(ledger.HolderHQ) != units-promised {
			return fmt.Errorf("%d promised, %+v at the warehouse", promised, l)
		}
		return hull.tryPush()
	})
	a := ledger.NewAuditor(hull.id)
	for _, f := range hull.frames {
		if err := a.Frame(ledger.EncodeFrame(f)); err != nil {
			c.t.Errorf("audit of %s: %v", hull.id, err)
		}
	}
	for i, s := range c.servers {
		if s.stopped() {
			s.start()
		}
		c.eventually("every server has the journal", func() error { return c.sameJournal(i, hull) })
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(c.t, s.cfg.Dir)
	}
}

// TestProtocol14WhatIsUnsureIsAskedAgainUnderItsID: an answer that is lost is no answer. Who takes it for
// a no and asks again under a new id buys twice what was written all the same. Here the client is told
// that it cannot be known, and the id, sent again, tells: the order is there once, whatever happened.
func TestProtocol14WhatIsUnsureIsAskedAgainUnderItsID(t *testing.T) {
	t.Parallel()
	t.Run("leadership is lost", leadershipIsLost)
	for act, landed := range map[ledger.Act]bool{ledger.ActCommit: false, ledger.ActWitness: true} {
		t.Run("the disk fails at "+string(act), func(t *testing.T) { commitIsLost(t, act, landed) })
	}
}

// leadershipIsLost cuts a leader off so that the others get an order from it, and it hears of none
// that they have it.
func leadershipIsLost(t *testing.T) {
	c, w := startCuttable(t, nil)
	hull := stocked(c, 5)
	c.eventually("a leader that nobody answers has the order", func() error {
		w.mend()
		old := c.leader()
		w.lose(old, true, false)
		status, _, raw := c.send(old, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), nil)
		var p contract.Problem
		if err := json.Unmarshal(raw, &p); err != nil || status != http.StatusServiceUnavailable {
			t.Fatalf("got %d %s, want 503: it was told before that no order was taken", status, raw)
		}
		if p.Code == contract.CodeNoLeader { // the machine is slow, and others had chosen another before
			return errors.New("the order was not taken")
		}
		if p.Code != contract.CodeUnsure {
			t.Errorf("got %s, want it unsure", raw)
		}
		return nil
	})
	w.mend()
	at := c.leader()
	var o, other contract.Order
	h := c.must(201, at, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), &o)
	t.Logf("the order had got through: %q", h.Get(contract.HeaderReplayed))
	c.must(201, at, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), &other)
	if other.ID != o.ID {
		t.Errorf("asked once more: got order %s, want %s again", other.ID, o.ID)
	}
	c.must(409, at, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 3), nil) // it is another order, and 2 are left
	c.ends(hull, 5, map[ledger.OrderID]ledger.Qty{o.ID: 3})
}

// commitIsLost fails a site's disk under a sale. Whether the sale has landed only the disk knows.
func commitIsLost(t *testing.T, act ledger.Act, landed bool) {
	w, cfg := testworld.New(7), ledger.BookConfig{Site: "leeds", Dir: t.TempDir()}
	sale := &ledger.Place{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("k")), Request: ledger.DigestOf([]byte("r"))},
		Order: ledger.Order{ID: "01900000-0000-7000-8000-000000000001", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 3}}}}
	open := func() (*ledger.Book, func() error) {
		t.Helper()
		w.Reboot()
		b, err := ledger.OpenBook(w.Env(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		return b, func() error {
			stop()
			return errors.Join(<-ended, b.Close())
		}
	}
	b, shut := open()
	for _, req := range []ledger.Request{&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}},
		&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5}}}} {
		if out, err := b.Do(t.Context(), req); err != nil || out.Err != nil {
			t.Fatal(err, out.Err)
		}
	}
	w.Disk.FailOn(act)
	if _, err := b.Do(t.Context(), sale); !errors.Is(err, ledger.ErrUnsure) {
		t.Errorf("got %v, want %v", err, ledger.ErrUnsure)
	}
	w.Disk.Fail(nil) // a disk that heals does not make it known
	if _, err := b.Do(t.Context(), sale); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("before it is opened again: got %v, want %v", err, ledger.ErrClosed)
	}
	if err := shut(); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want the failure", err)
	}
	b, shut = open()
	for i := range 2 {
		out, err := b.Do(t.Context(), sale)
		if err != nil || out.Err != nil || out.Replayed != (landed || i > 0) {
			t.Errorf("again: got replayed %t, %v, %v; want it %t", out.Replayed, out.Err, err, landed || i > 0)
		}
	}
	if l, _ := b.Level("TAP-22"); l.OnHand() != 2 {
		t.Errorf("got %d on hand, want 2: sold once", l.OnHand())
	}
	if err := shut(); err != nil {
		t.Error(err)
	}
	if _, err := ledger.AuditBook(w.Env(), cfg.Dir, nil); err != nil {
		t.Errorf("audit: %v", err)
	}
}

// TestProtocol21ANewLeaderAnswersBehindItsBarrier: a server that wins an election has all that was
// committed in its log, and need not have applied it: answering then, it does not know an order that
// its customer was told yes for, and counts its units as there. Here it says that nobody leads yet
// until it has caught up. The others are held up in what they apply; then the leader goes.
func TestProtocol21ANewLeaderAnswersBehindItsBarrier(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	hull := stocked(c, 5)
	old := c.leader()
	for i, s := range c.servers {
		if i != old {
			s.lag.begin(t)
		}
	}
	hull.receive("TAP-22", 1)
	hull.push() // the others keep its frames, and come no further
	var o contract.Order
	c.must(201, old, "POST", "/v1/orders", "k", orderOf("TAP-22", 4), &o)
	c.servers[old].end()
	at := -1
	c.eventually("another wins the election, and its first entry is committed", func() error {
		for i, s := range c.servers {
			var st hq.Status
			if !s.stopped() && c.call(i, "GET", "/v1/status", "", nil, &st) == 200 && st.Role == "leader" && st.Commit == st.Last {
				at = i
				return nil
			}
		}
		return errors.New("none has")
	})
	path := "/v1/orders/" + string(o.ID)
	asks := []struct {
		method, path, key string
		in                any
	}{
		{"GET", path, "", nil}, {"GET", "/v1/stock/TAP-22", "", nil}, {"POST", "/v1/orders", "k", orderOf("TAP-22", 4)},
		{"POST", "/v1/orders", "k-2", orderOf("TAP-22", 4)}, {"POST", path + "/cancel", "k-3", nil},
	}
	for round := range 40 { // it may be that it has not yet heard that it leads
		for _, a := range asks {
			status, h, raw := c.send(at, a.method, a.path, a.key, a.in, nil)
			if status != http.StatusServiceUnavailable || !strings.Contains(string(raw), "no_leader") || h.Get("Retry-After") == "" {
				t.Fatalf("round %d, %s %s of a leader that has not caught up: got %d %s, want 503 no_leader", round, a.method, a.path, status, raw)
			}
		}
	}
	for _, s := range c.servers {
		s.lag.end()
	}
	var again contract.Order
	if h := c.must(201, at, "POST", "/v1/orders", "k", orderOf("TAP-22", 4), &again); again.ID != o.ID || h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("once it has: got order %s, replayed %q, want %s again", again.ID, h.Get(contract.HeaderReplayed), o.ID)
	}
	if _, _, raw := c.answer(at, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 4), nil); !strings.Contains(string(raw), `"have":2`) {
		t.Errorf("another order: got %s, want 2 to be had", raw)
	}
	c.ends(hull, 6, map[ledger.OrderID]ledger.Qty{o.ID: 4})
}

// TestProtocol22AServerWhoseDiskWasLostIsANewOne: under its old id a server without its log would vote as
// if it had it, and elect a leader that lacks what was answered on the strength of that log. Here it has
// another id: it takes no part before the cluster, which still has a quorum of those that remember,
// has let the old one go. The order below is in two logs of three, and one of the two is lost.
func TestProtocol22AServerWhoseDiskWasLostIsANewOne(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	hull := stocked(c, 5)
	at := c.leader()
	lost, behind := 1, 2
	switch at {
	case 1:
		lost, behind = 2, 0
	case 2:
		lost, behind = 1, 0
	}
	c.servers[behind].end()
	var o contract.Order
	c.must(201, at, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), &o)
	emptied := c.servers[lost]
	id := emptied.ID()
	emptied.end()
	if err := os.RemoveAll(emptied.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	c.servers[at].end()

	// The one that remembers is down. Whom the emptied one asks to be let in is a door that counts.
	inside, err := url.Parse("http://" + c.servers[at].cfg.Listen)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(inside)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(door.Close)
	emptied.cfg.Join = door.URL
	c.servers[behind].start()
	emptied.start()
	if emptied.ID() == id {
		t.Fatalf("got id %s again, want a new one", id)
	}
	c.eventually("the emptied server stands outside and asks to be let in", func() error {
		if n := asked.Load(); n < 4 {
			return fmt.Errorf("asked %d times", n)
		}
		return nil
	})
	if status, _, raw := c.send(behind, "GET", "/v1/orders/"+string(o.ID), "", nil, nil); status == 200 || status == 404 {
		t.Errorf("asked of the two that do not have the order: got %d %s, want no answer", status, raw)
	}
	c.servers[at].start()
	c.eventually("the new one has taken the place of the old", func() error {
		var list hq.ServerList
		c.call(at, "GET", "/v1/servers", "", nil, &list)
		if len(list.Servers) != 3 || strings.Contains(fmt.Sprint(list), id) || !strings.Contains(fmt.Sprint(list), emptied.ID()) {
			return fmt.Errorf("%+v", list)
		}
		if status := c.call(lost, "GET", "/v1/orders/"+string(o.ID)+"?read=local", "", nil, nil); status != 200 {
			return fmt.Errorf("the order: %d", status)
		}
		return nil
	})
	if h := c.must(201, lost, "POST", "/v1/orders", "k", orderOf("TAP-22", 3), nil); h.Get(contract.HeaderReplayed) != "true" {
		t.Error("the order again: got it placed, want its first answer")
	}
	c.must(409, lost, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 3), nil)
	c.ends(hull, 5, map[ledger.OrderID]ledger.Qty{o.ID: 3})
}

// A lag holds a server up in what it applies: it has put frames of a site's where they are kept, and
// waits there. Its raft goes on, and so does all that looks at what it has applied.
type lag struct {
	gate  atomic.Pointer[chan struct{}]
	ahead atomic.Int64 // by how much the clock goes ahead of the world's
}

func (l *lag) begin(t testing.TB) {
	gate := make(chan struct{})
	l.gate.Store(&gate)
	t.Cleanup(l.end)
}

func (l *lag) end() {
	if gate := l.gate.Swap(nil); gate != nil {
		close(*gate)
	}
}

// lagged is a clock by which the journal store, when it waits for room, waits for the lag's end.
type lagged struct {
	ledger.Clock
	*lag
}

func (c lagged) Wall() time.Time { return c.Clock.Wall().Add(time.Duration(c.ahead.Load())) }

func (c lagged) After(d time.Duration) (<-chan time.Time, func()) {
	const bufferWait = 30 * time.Second // the journal store's; nothing else waits so long
	if gate := c.gate.Load(); gate != nil && d == bufferWait {
		<-*gate
	}
	return c.Clock.After(d)
}
