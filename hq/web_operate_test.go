package hq_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
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

func asked(reason string) hq.LostRequest {
	return hq.LostRequest{SignedRequest: hq.SignedRequest{Reason: reason}, UnlessInTouch: true}
}

func TestASiteThatIsInTouchIsNotDeclaredLostWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(cfg *hq.Config) { cfg.Office.OnlineFor = time.Hour })
	leeds := c.addSite("leeds", "counter", 1)
	c.addSite("bath", "counter", 2)
	leeds.hello()
	if _, err := leeds.pull(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	status, _, raw := c.send(0, "POST", "/v1/sites/leeds/declare-lost", "", asked("a slip"), nil)
	var p contract.Problem
	if err := json.Unmarshal(raw, &p); err != nil || status != 409 || p.Code != contract.CodeSiteInTouch || !strings.Contains(p.Hint, "--force") {
		t.Fatalf("in touch: got %d %s, want 409 %s that names the way out", status, raw, contract.CodeSiteInTouch)
	}
	if row := c.site("leeds"); row.State != contract.SiteOnline {
		t.Errorf("refused: got %+v, want it online as before", row)
	}
	var row hq.SiteRow
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", hq.SignedRequest{Reason: "a thief has it"}, &row)
	if row.State != contract.SiteLost {
		t.Errorf("not asked: got %+v, want it lost", row)
	}
	// Once more, by somebody who was cut off before the answer.
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", asked("a thief has it"), nil)
	c.must(200, 0, "POST", "/v1/sites/bath/declare-lost", "", asked("never opened"), &row)
	if row.State != contract.SiteLost {
		t.Errorf("never heard of: got %+v, want it lost", row)
	}
}

func TestASiteThatHasGoneQuietIsDeclaredLost(t *testing.T) {
	t.Parallel()
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
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", asked("burnt down"), &row)
	if row.State != contract.SiteLost || !row.Frozen {
		t.Errorf("got %+v, want it lost, and frozen", row)
	}
}

// The orders of a lost site stay what they are: nobody takes them back. So they are counted where the site is
// listed and where it was raised, and can be listed: those of its own book, and those that it was to serve.
func TestTheOrdersOfALostSiteAreCountedAndListed(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	york := c.addSite("york", "counter", 2)
	york.hello()
	york.receive("TAP-22", 5)
	kept, gone := york.sell("TAP-22", 2), york.sell("TAP-22", 1)
	if out := york.decide(&ledger.CancelOrder{Order: gone}); out.Err != nil {
		t.Fatal(out.Err)
	}
	york.push()
	var served, canceled contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 3), &served)
	c.must(201, 0, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 1), &canceled)
	c.must(200, 0, "POST", "/v1/orders/"+string(canceled.ID)+"/cancel", "k-3", nil, nil)
	hull.obey(3)

	list := func(query string) (ids []ledger.OrderID) {
		t.Helper()
		q := query
		for {
			var page contract.OrderList
			c.must(200, 0, "GET", "/v1/orders?"+q, "", nil, &page)
			for _, o := range page.Orders {
				ids = append(ids, o.ID)
			}
			if page.NextCursor == "" {
				return ids
			}
			q = query + "&cursor=" + page.NextCursor
		}
	}
	for query, want := range map[string][]ledger.OrderID{
		"site=york&open=true": {kept}, "site=york&limit=1": {kept, gone}, "site=york&status=cancelled": {gone},
		"site=hull&open=true": {served.ID}, "site=hull&status=allocated": {served.ID}, "open=true": {served.ID},
	} {
		if got := list(query); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	for query, code := range map[string]contract.Code{"site=bath": contract.CodeUnknownSite, "site=": contract.CodeBadValue, "open=no": contract.CodeBadValue} {
		var p contract.Problem
		status, _, raw := c.send(0, "GET", "/v1/orders?"+query, "", nil, nil)
		if err := json.Unmarshal(raw, &p); err != nil || status != 400 || p.Code != code {
			t.Errorf("%s: got %d %s, want 400 %s", query, status, raw, code)
		}
	}
	for _, of := range []string{"york", "hull"} {
		if row := c.site(of); row.Open != 0 {
			t.Errorf("%s is not lost: got %+v, want no count", of, row)
		}
		var row hq.SiteRow
		c.must(200, 0, "POST", "/v1/sites/"+of+"/declare-lost", "", hq.SignedRequest{Reason: "burnt down"}, &row)
		want := "1 order is open there and stays so: holdfast order list --site " + of + " --open"
		if row.Open != 1 || !strings.HasSuffix(row.Why, want) {
			t.Errorf("%s: got %+v, want 1 open, and %q", of, row, want)
		}
		var list hq.ExceptionList
		if c.must(200, 0, "GET", "/v1/exceptions?what=site_lost&site="+of, "", nil, &list); len(list.Exceptions) != 1 || !strings.HasSuffix(list.Exceptions[0].Why, want) {
			t.Errorf("%s: got %+v, want %q", of, list, want)
		}
	}
	// Somebody has decided: the count follows.
	c.must(200, 0, "POST", "/v1/orders/"+string(served.ID)+"/cancel", "k-4", nil, nil)
	if row := c.site("hull"); row.Open != 0 || strings.Contains(row.Why, "open") {
		t.Errorf("hull: got %+v, want none left", row)
	}
}

// Who waived a site's attest has signed that units may find themselves sold: it is shown for as long as it holds.
func TestWhoWaivedASiteIsShownWhereSitesAreListed(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	raw := c.backup(0)
	c.servers[0].end()
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	n := c.anew(dir)
	if row := n.site("leeds"); row.Waived != nil || !strings.Contains(row.Why, "or for site waive") {
		t.Fatalf("got %+v, want it waited for", row)
	}
	var row hq.SiteRow
	n.must(200, 0, "POST", "/v1/sites/leeds/waive", "", hq.SignedRequest{By: "olga", Reason: "flooded"}, &row)
	for when, row := range map[string]hq.SiteRow{"told": row, "listed": n.site("leeds")} {
		if w := row.Waived; w == nil || w.By != "olga" || w.Reason != "flooded" || !strings.HasSuffix(row.Why, "waived by olga at "+w.At+": flooded") || strings.Contains(row.Why, "waits for this one") {
			t.Errorf("%s: got %+v, want who waived it, and when", when, row)
		}
	}
	if row := n.site("hull"); row.Waived != nil || strings.Contains(row.Why, "waived") {
		t.Errorf("hull: got %+v, want none waived", row)
	}
	n.must(200, 0, "POST", "/v1/sites/hull/declare-lost", "", hq.SignedRequest{By: "olga", Reason: "burnt down"}, nil)
	if row := n.site("hull"); row.Waived != nil || strings.Contains(row.Why, "waived") {
		t.Errorf("hull, lost: got %+v, want it lost, and not said twice", row)
	}
	n.servers[0].end()
	auditJournals(t, dir)
}
