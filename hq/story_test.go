package hq_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func orderOf(sku string, qty ledger.Qty) contract.OrderRequest {
	return contract.OrderRequest{Lines: []contract.LineRequest{{SKU: sku, Qty: qty}}}
}

// warehouse makes a company of one warehouse with units of TAP-22.
func warehouse(t testing.TB, servers int, units ledger.Qty) (*cluster, *site) {
	t.Helper()
	c := startCluster(t, servers, nil)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", units)
	hull.push()
	return c, hull
}

func TestAnOrderIsServedFromAWarehouseOnceAndExplained(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 3, 10)
	f := c.follower()
	var o contract.Order
	c.must(201, f, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), &o)
	want := contract.Reserved{Site: "hull", Qty: 3}
	if o.Owner != ledger.HQ || o.Status != ledger.StatusAllocated || o.Ack != contract.Shared || len(o.Lines[0].Reserved) != 1 || o.Lines[0].Reserved[0] != want {
		t.Fatalf("got %+v, want 3 from hull, shared", o)
	}
	status, h, raw := c.answer(0, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), nil)
	var again contract.Order
	if err := json.Unmarshal(raw, &again); err != nil || status != 201 || again.ID != o.ID || h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("again: got %d %q %s, want the first answer, replayed", status, h.Get(contract.HeaderReplayed), raw)
	}
	if status, _, raw := c.answer(0, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 4), nil); status != 422 || !strings.Contains(string(raw), "key_reused") {
		t.Errorf("another order under the key: got %d %s, want 422 key_reused", status, raw)
	}
	hull.obey(1)
	var stock contract.HQStock
	c.must(200, f, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.OnHand != 10 || stock.Reserved != 3 || stock.Promisable.Sure.Qty != 7 || stock.Sites[0].AllottedHQ != 7 {
		t.Errorf("stock: got %+v, want 10 on hand, 3 reserved, 7 sure", stock)
	}
	var e contract.Explanation
	c.must(200, f, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &e)
	if len(e.Lines) != 1 || len(e.Lines[0].Chosen) != 1 || e.Lines[0].Chosen[0] != want {
		t.Errorf("explain: got %+v, want hull chosen", e)
	}
	short, _, raw := c.answer(f, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 8), nil)
	if short != 409 || !strings.Contains(string(raw), `"have":7`) {
		t.Errorf("too many: got %d %s, want 409 with 7 to be had", short, raw)
	}
	if status, h, _ := c.answer(f, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 8), nil); status != 409 || h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("the refusal again: got %d %q, want 409 replayed", status, h.Get(contract.HeaderReplayed))
	}
	c.must(200, f, "POST", "/v1/orders/"+string(o.ID)+"/cancel", "k-3", nil, &o)
	if o.Status != ledger.StatusCanceled {
		t.Errorf("cancelled: got %s", o.Status)
	}
	if status, _, raw := c.answer(f, "POST", "/v1/orders/"+string(o.ID)+"/cancel", "k-4", nil, nil); status != 409 || !strings.Contains(string(raw), "order_cancelled") {
		t.Errorf("cancelled again: got %d %s, want 409 order_cancelled", status, raw)
	}
	hull.obey(2)
	c.must(200, f, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.Reserved != 0 || stock.Promisable.Sure.Qty != 10 {
		t.Errorf("after the cancel: got %+v, want all 10 sure", stock)
	}
}

// attend pulls for a site until the test ends, as a node does.
func (s *site) attend() {
	ctx, cancel := context.WithCancel(context.Background())
	var g sync.WaitGroup
	g.Add(1)
	go func() {
		defer g.Done()
		for ctx.Err() == nil {
			if _, err := s.pull(500 * time.Millisecond); err != nil {
				time.Sleep(20 * time.Millisecond)
				continue
			}
			_ = s.tryPush() // what is not taken now is taken the next time
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		g.Wait()
	})
}

// ask has the site place a short order and ask head office about it.
func (s *site) ask(sku ledger.SKU, qty ledger.Qty, deadline time.Duration) (ledger.OrderID, *wire.AskReply, error) {
	s.t.Helper()
	id, err := ledger.NewOrderID(time.Now(), zeros{})
	if err != nil {
		s.t.Fatal(err)
	}
	o := ledger.Order{ID: id, Owner: s.id, Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: time.Now(),
		Lines: []ledger.Line{{SKU: sku, Qty: qty}}}
	out := s.decide(&ledger.Place{Order: o, AskHQ: true})
	body, ok := out.Entry.Body.(*ledger.OrderBody)
	if out.Err != nil || !ok || out.Entry.Kind != ledger.KindAsked {
		s.t.Fatalf("place: got %v %v, want it asked", out.Entry, out.Err)
	}
	var reply wire.AskReply
	err = s.post(wire.PathAsk, &wire.Ask{Site: s.id, Head: s.head(), ID: body.Ask, Order: id, Whole: true,
		Lines: []wire.AskLine{{Line: 1, SKU: sku, Qty: qty}}, DeadlineMS: deadline.Milliseconds()}, &reply)
	if err != nil {
		return id, nil, err
	}
	if !reply.Yes {
		s.decide(&ledger.AbandonAsk{Order: id, Ask: body.Ask})
	} else if out := s.decide(&ledger.AcceptAsk{Order: id, Ask: body.Ask, Legs: reply.Legs}); out.Err != nil {
		s.t.Fatal(out.Err)
	}
	return id, &reply, nil
}

// borrow asks, again and again under new orders, until head office says yes.
func (s *site) borrow(sku ledger.SKU, qty ledger.Qty) (id ledger.OrderID, reply *wire.AskReply) {
	s.t.Helper()
	s.c.eventually(fmt.Sprintf("%s is lent %d %s", s.id, qty, sku), func() (err error) {
		if id, reply, err = s.ask(sku, qty, 2*time.Second); err == nil && !reply.Yes {
			err = errors.Join(fmt.Errorf("%+v", reply), s.tryPush()) // head office hears that the ask is over
		}
		return err
	})
	return id, reply
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	binary.BigEndian.PutUint64(p[:8], uint64(time.Now().UnixNano()))
	return len(p), nil
}

func shops(t testing.TB, tune func(*hq.Config)) (c *cluster, leeds, york *site) {
	t.Helper()
	c = startCluster(t, 3, tune)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	leeds, york = c.addSite("leeds", "counter", 1), c.addSite("york", "counter", 2)
	leeds.hello()
	york.hello()
	york.receive("TAP-22", 5)
	york.push()
	return c, leeds, york
}

func TestAShopIsLentUnitsByAnotherWhileItsCustomerWaits(t *testing.T) {
	t.Parallel()
	c, leeds, york := shops(t, nil)
	leeds.at = c.follower()
	york.at = (leeds.at + 1) % 3
	york.attend()
	c.eventually("york is online", func() error {
		var sites []hq.SiteRow
		c.must(200, 0, "GET", "/v1/sites", "", nil, &sites)
		if sites[1].State != contract.SiteOnline {
			return fmt.Errorf("%+v", sites)
		}
		return nil
	})
	if _, reply := leeds.borrow("TAP-22", 2); len(reply.Legs) != 1 || reply.Legs[0] != (ledger.AskLeg{Line: 1, Site: "york", Qty: 2}) {
		t.Fatalf("ask: got %+v, want 2 from york", reply)
	}
	leeds.push()
	c.eventually("york has reserved them", func() error {
		var stock contract.HQStock
		c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock)
		if stock.Reserved != 2 || stock.Available != 3 {
			return fmt.Errorf("%+v", stock)
		}
		return nil
	})
	// More than there is: no, and nothing stays taken.
	var reply *wire.AskReply
	c.eventually("an answer", func() (err error) {
		_, reply, err = leeds.ask("TAP-22", 9, 300*time.Millisecond)
		return err
	})
	if reply.Yes {
		t.Errorf("ask for too many: got %+v, want no", reply)
	}
}

func TestANewLeaderAnswersTheSites(t *testing.T) {
	t.Parallel()
	c, leeds, york := shops(t, nil)
	old := c.leader()
	leeds.at, york.at = (old+1)%3, (old+1)%3
	york.attend()
	c.servers[old].end()
	c.leader()
	leeds.borrow("TAP-22", 1) // of the new leader
	leeds.push()
}

func TestABackorderIsServedWhenGoodsComeIn(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 1)
	var o contract.Order
	in := orderOf("TAP-22", 4)
	in.Shortage = ledger.Backorder
	c.must(201, 0, "POST", "/v1/orders", "k-1", in, &o)
	if o.Status != ledger.StatusBackordered || o.Lines[0].Backordered != 3 {
		t.Fatalf("got %+v, want 3 backordered", o)
	}
	hull.receive("TAP-22", 3)
	hull.push()
	c.eventually("the rest is allocated", func() error {
		c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, &o)
		if o.Status != ledger.StatusAllocated {
			return fmt.Errorf("%+v", o)
		}
		return nil
	})
	hull.obey(2)
}

func TestAnOrderOfASiteIsCancelledByTheSiteOrNotAtAll(t *testing.T) {
	t.Parallel()
	c, leeds, york := shops(t, nil)
	york.attend()
	leeds.at = c.leader()
	id, _ := leeds.borrow("TAP-22", 1)
	leeds.push()
	path := "/v1/orders/" + string(id) + "/cancel"
	status, h, raw := c.answer(c.follower(), "POST", path, "k-1", nil, nil)
	if status != 503 || !strings.Contains(string(raw), "owner_unreachable") || h.Get("Retry-After") == "" {
		t.Fatalf("away: got %d %s, want 503 owner_unreachable", status, raw)
	}
	// cancel sends until the answer is the one that is to come, and takes none of the others for it.
	cancel := func(want int, code string, others ...string) (h http.Header) {
		c.eventually(fmt.Sprint("the cancel is answered with ", want, " ", code), func() error {
			var status int
			var raw []byte
			if status, h, raw = c.send(c.follower(), "POST", path, "k-2", nil, nil); status == want && bytes.Contains(raw, []byte(code)) {
				return nil
			}
			for _, other := range append(others, "owner_unreachable", "no_leader", "busy") {
				if status == 503 && bytes.Contains(raw, []byte(other)) || status == 0 {
					return fmt.Errorf("%d %s", status, raw)
				}
			}
			t.Fatalf("cancel: got %d %s, want %d %s", status, raw, want, code)
			return nil
		})
		return h
	}
	var called atomic.Int64
	silent := leeds.answerCalls(func(call *wire.Call) *wire.CallReply {
		if called.Add(1); call.Cancel != id {
			t.Errorf("got a call to cancel %s, want %s", call.Cancel, id)
		}
		return nil
	})
	cancel(503, "unsure") // the site has it, and says nothing
	silent()
	if called.Load() == 0 {
		t.Error("got no call at the site, want one")
	}
	leeds.answerCalls(func(call *wire.Call) *wire.CallReply {
		return &wire.CallReply{Site: leeds.id, ID: call.ID, Status: 200, Body: []byte(`{"status":"cancelled"}`), Replayed: true}
	})
	if h := cancel(200, "cancelled", "unsure"); h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("answered: got %q, want the site's 200, which it says is a repeat", h.Get(contract.HeaderReplayed))
	}
}

func TestAServerThatGotASnapshotFetchesTheJournals(t *testing.T) {
	t.Parallel()
	c, leeds, _ := shops(t, func(cfg *hq.Config) {
		cfg.SnapshotEach, cfg.SnapshotThreshold, cfg.TrailingLogs = 100*time.Millisecond, 8, 2
	})
	behind := c.follower()
	leeds.at = c.leader()
	c.servers[behind].end()
	for range 40 {
		leeds.receive("TAP-22", 1)
		leeds.push()
	}
	leader := c.servers[leeds.at]
	// A second snapshot is of a later entry, so what the first one covered is gone from the log.
	c.eventually("the leader has dropped its log", func() error {
		leeds.receive("TAP-22", 1)
		leeds.push()
		entries, err := filepath.Glob(leader.cfg.Dir + "/snapshots/*")
		if err != nil || len(entries) < 2 {
			return fmt.Errorf("%v %v", entries, err)
		}
		return nil
	})
	c.servers[behind].start()
	c.eventually("the journal is whole again", func() error { return c.sameJournal(behind, leeds) })
	// And it survives a restart: what was fetched is on disk.
	for i := range c.servers {
		if i != behind && i != leeds.at {
			c.servers[i].end()
			c.servers[i].start()
			c.eventually("it has the journal as before", func() error { return c.sameJournal(i, leeds) })
		}
	}
	for i := range c.servers {
		c.servers[i].end()
	}
	for _, s := range c.servers {
		env, _ := world()
		reports, err := journal.Audit(env, s.cfg.Dir, nil)
		if err != nil || len(reports) != 2 || reports[0].Head.Position != leeds.head() || reports[0].Missing != 0 {
			t.Errorf("%s: got %+v, %v, want leeds whole to %d", s.cfg.Name, reports, err, leeds.head().Seq)
		}
	}
}

// sameJournal compares what server i has of a site's journal with the site's own frames.
func (c *cluster) sameJournal(i int, s *site) error {
	status, _, raw := c.send(i, "GET", "/link/v1/journal?site="+string(s.id)+"&after=0", "", nil, nil)
	if status != http.StatusOK {
		return fmt.Errorf("answered %d %s", status, raw)
	}
	for n, f := range s.frames {
		want := ledger.EncodeFrame(f)
		if len(raw) < 4+len(want) || !bytes.Equal(raw[4:4+len(want)], want) {
			return fmt.Errorf("frame %d of %d is not there", n, len(s.frames))
		}
		raw = raw[4+len(want):]
	}
	return nil
}

func TestAWrongTokenOpensNothing(t *testing.T) {
	t.Parallel()
	c, _, york := shops(t, nil)
	good := york.token
	for name, token := range map[string]string{"none": "", "another": "x" + good, "the owner's": c.token} {
		york.token = token
		err := york.post(wire.PathHello, &wire.Hello{VersionMin: 1, VersionMax: 1, Site: york.id}, &wire.Welcome{})
		if err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("%s: got %v, want 401", name, err)
		}
	}
	c.token = good
	for site, want := range map[string]int{"york": 200, "leeds": 401, "nowhere": 401} {
		if status := c.call(0, "GET", "/link/v1/journal?site="+site+"&after=0", "", nil, nil); status != want {
			t.Errorf("york's token for the journal of %s: got %d, want %d", site, status, want)
		}
	}
	if status := c.call(0, "GET", "/v1/sites", "", nil, nil); status != 401 {
		t.Errorf("a site's token on the API: got %d, want 401", status)
	}
}
