package hq_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// site gives the row of the site that the test means.
func (c *cluster) site(id string) hq.SiteRow {
	c.t.Helper()
	var rows hq.SiteRows
	c.must(200, 0, "GET", "/v1/sites", "", nil, &rows)
	for _, row := range rows {
		if string(row.Site.Site) == id {
			return row
		}
	}
	c.t.Fatalf("got %+v, want %s among them", rows, id)
	return hq.SiteRow{}
}

func TestASiteThatIsInTouchIsDeclaredLostByForceOnly(t *testing.T) {
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Office.OnlineFor = time.Hour })
	leeds := c.addSite("leeds", "counter", 1)
	c.addSite("bath", "counter", 2)
	leeds.hello()
	if _, err := leeds.pull(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	status, _, raw := c.send(0, "POST", "/v1/sites/leeds/declare-lost", "", hq.SignedRequest{Reason: "a slip"}, nil)
	var p contract.Problem
	if err := json.Unmarshal(raw, &p); err != nil || status != 409 || p.Code != contract.CodeSiteInTouch || !strings.Contains(p.Hint, "force") {
		t.Fatalf("in touch: got %d %s, want 409 %s that names the way out", status, raw, contract.CodeSiteInTouch)
	}
	if row := c.site("leeds"); row.State != contract.SiteOnline {
		t.Errorf("refused: got %+v, want it online as before", row)
	}
	var row hq.SiteRow
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", hq.LostRequest{SignedRequest: hq.SignedRequest{Reason: "a thief has it"}, Force: true}, &row)
	if row.State != contract.SiteLost {
		t.Errorf("by force: got %+v, want it lost", row)
	}
	// Once more, by a script that was cut off before its answer and knows of no force.
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", hq.SignedRequest{Reason: "a thief has it"}, nil)
	c.must(200, 0, "POST", "/v1/sites/bath/declare-lost", "", hq.SignedRequest{Reason: "never opened"}, &row)
	if row.State != contract.SiteLost {
		t.Errorf("never heard of: got %+v, want it lost", row)
	}
}

func TestASiteThatHasGoneQuietIsDeclaredLostWithoutForce(t *testing.T) {
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Office.OnlineFor = time.Nanosecond })
	leeds := c.addSite("leeds", "counter", 1)
	leeds.hello()
	c.eventually("leeds is offline", func() error {
		if row := c.site("leeds"); row.State != contract.SiteOffline {
			return fmt.Errorf("%+v", row)
		}
		return nil
	})
	var row hq.SiteRow
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", hq.SignedRequest{Reason: "burnt down"}, &row)
	if row.State != contract.SiteLost || !row.Frozen {
		t.Errorf("got %+v, want it lost, and frozen", row)
	}
}
