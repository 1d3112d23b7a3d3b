package hq_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// sell has the site take an order that it serves by itself.
func (s *site) sell(sku ledger.SKU, qty ledger.Qty) ledger.OrderID {
	s.t.Helper()
	id, err := ledger.NewOrderID(time.Now(), zeros{})
	if err != nil {
		s.t.Fatal(err)
	}
	out := s.decide(&ledger.Place{Order: ledger.Order{ID: id, Owner: s.id, Fulfil: ledger.Deliver, Shortage: ledger.Refuse, TakenAt: time.Now(),
		Lines: []ledger.Line{{SKU: sku, Qty: qty}}}})
	if out.Err != nil || out.Entry.Kind != ledger.KindPlaced {
		s.t.Fatalf("place: got %v %v, want it placed", out.Entry, out.Err)
	}
	return id
}

func TestASitesOwnOrderIsShownFromItsJournal(t *testing.T) {
	t.Parallel()
	c, _, york := shops(t, nil)
	first, other := york.sell("TAP-22", 2), york.sell("TAP-22", 1)
	york.push()
	seq := uint64(york.head().Seq) - 1
	var o contract.Order
	for i := range c.servers {
		c.must(200, i, "GET", "/v1/orders/"+string(first), "", nil, &o)
		if o.ID != first || o.Owner != "york" || o.Status != ledger.StatusAllocated || o.Seq != seq || o.Ack != contract.Shared || o.Lines[0].Qty != 2 {
			t.Errorf("at %d: got %+v, want york's order of 2, shared, of entry %d", i, o, seq)
		}
	}
	if out := york.decide(&ledger.CancelOrder{Order: first}); out.Err != nil {
		t.Fatal(out.Err)
	}
	york.push()
	for id, want := range map[ledger.OrderID]ledger.Status{first: ledger.StatusCanceled, other: ledger.StatusAllocated} {
		if c.must(200, c.follower(), "GET", "/v1/orders/"+string(id), "", nil, &o); o.Status != want {
			t.Errorf("after the cancel: got %s, want %s", o.Status, want)
		}
	}
	c.eventually("a follower shows it by itself", func() error {
		status, h, raw := c.send(c.follower(), "GET", "/v1/orders/"+string(first)+"?read=local", "", nil, &o)
		if status != 200 || o.Status != ledger.StatusCanceled || !strings.HasPrefix(h.Get("Holdfast-Read"), "local") {
			return fmt.Errorf("%d %s", status, raw)
		}
		return nil
	})
}

// The entry that says what was picked of an order is the last one that holds it.
func TestASitesOwnOrderIsShownAfterItWasPickedShort(t *testing.T) {
	t.Parallel()
	c, _, york := shops(t, nil)
	id := york.sell("TAP-22", 2)
	if out := york.decide(&ledger.PickLeg{Order: id, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	york.push()
	for i := range c.servers {
		var o contract.Order
		if c.must(200, i, "GET", "/v1/orders/"+string(id), "", nil, &o); o.ID != id || o.Lines[0].Qty != 2 {
			t.Errorf("at %d: got %+v, want york's order of 2", i, o)
		}
	}
	c.must(200, 0, "GET", "/v1/orders?site=york&open=true", "", nil, nil)
}

func TestACancelOfASitesOwnOrderIsPassedOnToIt(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	york := c.addSite("york", "counter", 2)
	york.hello()
	york.receive("TAP-22", 5)
	id := york.sell("TAP-22", 2)
	york.push()
	path := "/v1/orders/" + string(id) + "/cancel"
	status, _, raw := c.answer(0, "POST", path, "k-1", nil, nil)
	if status != 503 || !strings.Contains(string(raw), "owner_unreachable") {
		t.Fatalf("away: got %d %s, want 503 owner_unreachable", status, raw)
	}
	// A client of another site's comes the same way.
	var r wire.ForwardReply
	err := hull.post(wire.PathForward, &wire.Forward{Site: hull.id, Head: hull.head(), Cancel: id, Actor: "till-1",
		Key: ledger.Digest{1}, Request: ledger.Digest{2}, DeadlineMS: 1000}, &r)
	var p contract.Problem
	if err != nil || json.Unmarshal(r.Body, &p) != nil || r.Status != 503 || p.Code != contract.CodeOwnerUnreachable {
		t.Errorf("away, by hull: got %d %s, %v, want 503 owner_unreachable", r.Status, r.Body, err)
	}
	york.answerCalls(func(call *wire.Call) *wire.CallReply {
		if call.Cancel != id {
			t.Errorf("got a call to cancel %s, want %s", call.Cancel, id)
		}
		return &wire.CallReply{Site: york.id, ID: call.ID, Status: 200, Body: []byte(`{"status":"cancelled"}`)}
	})
	c.eventually("york is there and answers", func() error {
		if status, _, raw = c.send(0, "POST", path, "k-2", nil, nil); status != 200 || !strings.Contains(string(raw), "cancelled") {
			return fmt.Errorf("%d %s", status, raw)
		}
		return nil
	})
}
