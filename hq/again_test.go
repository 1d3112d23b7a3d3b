package hq_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// TestAnOrderIsMovedByTheLeader: what could only come in two parcels comes in one when goods are in, the explanation says that it
// was moved and why, and the figures count it.
func TestAnOrderIsMovedByTheLeader(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Office.AgainEach, cfg.Office.OnlineFor = time.Millisecond, time.Minute })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	pipe := tap
	pipe.Name, pipe.Barcodes = "Pipe", nil
	c.must(200, 0, "PUT", "/v1/items/PIPE-3", "", pipe, nil)
	hull, york := c.addSite("hull", "warehouse", 1), c.addSite("york", "warehouse", 2)
	for _, s := range []*site{hull, york} {
		s.hello()
		s.receive(map[ledger.SiteID]ledger.SKU{"hull": "TAP-22", "york": "PIPE-3"}[s.id], 5)
		s.push()
	}
	var o, now contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k-1", contract.OrderRequest{Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: 2}, {SKU: "PIPE-3", Qty: 1}}}, &o)
	if len(o.Fulfilments) != 2 {
		t.Fatalf("got %+v, want two parcels", o.Fulfilments)
	}
	hull.obey(1)
	york.obey(1)
	hull.receive("PIPE-3", 1)
	hull.push()
	path := "/v1/orders/" + string(o.ID)
	c.eventually("york is told to let go", func() error {
		if _, err := york.pull(50 * time.Millisecond); err != nil {
			return err
		}
		if err := york.tryPush(); err != nil {
			return err
		}
		if c.must(200, 0, "GET", path, "", nil, &now); len(now.Fulfilments) != 1 || now.Fulfilments[0].Site != "hull" || now.Status != ledger.StatusAllocated || now.Version != 1 {
			return fmt.Errorf("got %+v", now)
		}
		return nil
	})
	var e contract.Explanation
	c.must(200, 0, "GET", path+"/explain", "", nil, &e)
	if !strings.HasPrefix(e.Moved, "moved from york to hull: one parcel fewer") || !strings.HasPrefix(e.Lines[1].Candidates[0].Why, e.Moved) {
		t.Errorf("got %+v, want it said", e)
	}
	_, _, raw := c.answer(0, "GET", "/metrics", "", nil, nil)
	for _, want := range []string{`hq_replan_total{what="moves"} 1`, `hq_replan_total{what="parcels"} 1`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	hull.obey(2)
	var stock contract.HQStock
	c.must(200, 0, "GET", "/v1/stock/PIPE-3", "", nil, &stock)
	if stock.Reserved != 1 || stock.Promisable.Sure.Qty != 5 {
		t.Errorf("got %+v, want 1 reserved and 5 sure", stock)
	}
}
