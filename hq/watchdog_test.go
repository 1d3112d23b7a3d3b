package hq_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/raftlog"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// hang makes a server's writes to raft's log wait until release.
func (s *server) hang() (release func()) {
	goOn := make(chan struct{})
	s.disk.Slow(func(act ledger.Act) {
		if act == ledger.Act(raftlog.ActStore) {
			<-goOn
		}
	})
	done := false
	release = func() {
		if !done {
			done = true
			s.disk.Slow(nil)
			close(goOn)
		}
	}
	s.t.Cleanup(release)
	return release
}

func TestALeaderWhoseDiskHangsLeadsNoMore(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, func(cfg *hq.Config) { cfg.HangMax = 500 * time.Millisecond })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	hull.receive("TAP-22", 10)
	hull.push()
	old := c.leader()
	release := c.servers[old].hang()
	// The order that finds the disk hanging: nobody knows what becomes of it, its key will.
	go func() { _, _, _ = c.send(old, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), nil) }()
	c.eventually("another leads", func() error {
		for i := range c.servers {
			var st hq.Status
			if i == old || c.call(i, "GET", "/v1/status", "", nil, &st) != 200 || st.Role != "leader" || !st.Ready {
				continue
			}
			hull.at = i
			return nil
		}
		return errors.New("none of the others")
	})
	var o contract.Order
	c.must(201, hull.at, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), &o)
	if status, _, raw := c.send(old, "GET", "/v1/sites", "", nil, nil); status == 200 {
		t.Errorf("the server that hangs answers for head office: %s", raw)
	}

	release()
	c.eventually("the one that hung follows, with all that was decided meanwhile", func() error {
		var st hq.Status
		if status := c.call(old, "GET", "/v1/status", "", nil, &st); status != 200 || st.Role != "follower" || !st.Ready {
			return fmt.Errorf("%d %+v", status, st)
		}
		if status := c.call(old, "GET", "/v1/orders/"+string(o.ID)+"?read=local", "", nil, nil); status != 200 {
			return fmt.Errorf("order: %d", status)
		}
		return nil
	})
	var stock contract.HQStock
	c.must(200, hull.at, "GET", "/v1/stock/TAP-22", "", nil, &stock)
	if stock.Promisable.Sure.Qty != 7 {
		t.Errorf("got %d left to promise, want 7: the order was placed once", stock.Promisable.Sure.Qty)
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}
