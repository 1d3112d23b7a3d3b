package hq_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAnOrderWaitsForTheLevelThatItWants(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "archive")
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Archive, cfg.DurableWait = archive, patience/2 })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 10)
	hull.push()
	wants := func(level contract.Durable) contract.OrderRequest {
		o := orderOf("TAP-22", 1)
		o.Durable = level
		return o
	}
	var o contract.Order
	for _, level := range []contract.Durable{"", contract.Accepted, contract.Shared} {
		if c.must(201, 0, "POST", "/v1/orders", "k"+string(level), wants(level), &o); o.Ack != contract.Shared {
			t.Errorf("%s: got %s, want shared", level, o.Ack)
		}
	}
	// The site carries its commands out while the order waits.
	for _, level := range []contract.Durable{contract.Owner, contract.Archived} {
		answered := make(chan contract.Order, 1)
		go func() {
			var o contract.Order
			c.must(201, 0, "POST", "/v1/orders", "w"+string(level), wants(level), &o)
			answered <- o
		}()
		hull.obey(hull.core.State.Commands.Number + 1)
		for done := false; !done; {
			select {
			case o := <-answered:
				done = true
				if o.Ack != level {
					t.Errorf("got %s, want %s", o.Ack, level)
				}
			case <-time.After(20 * time.Millisecond): // what is obeyed may have been an earlier order's
				if _, err := hull.pull(20 * time.Millisecond); err == nil {
					hull.push()
				}
			}
		}
	}
}

func TestAnOrderStandsThoughItsLevelIsNotReachedInTime(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.DurableWait = 50 * time.Millisecond })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 10)
	hull.push()
	in := orderOf("TAP-22", 1)
	in.Durable = contract.Owner
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", in, &o) // the site is not asked: it never obeys
	if o.Ack != contract.Shared {
		t.Errorf("got %s, want shared: nobody has carried it out", o.Ack)
	}
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID), "", nil, nil)
	hull.obey(1)
	var again contract.Order
	h := c.must(201, 0, "POST", "/v1/orders", "k", in, &again)
	if again.ID != o.ID || again.Ack != contract.Owner || h.Get(contract.HeaderReplayed) != "true" {
		t.Errorf("again: got %s %s, want the same order at level owner", again.ID, again.Ack)
	}
}
