package hq_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAKeyThatAddedASiteAddsNoOther(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	leeds := hq.SiteRequest{Site: "leeds", Kind: "counter", Rank: 1}
	var first, again hq.SiteAdded
	c.must(201, 0, "POST", "/v1/sites", "k", leeds, &first)
	for _, other := range []hq.SiteRequest{{Site: "leeds", Kind: "counter", Rank: 2}, {Site: "york", Kind: "counter", Rank: 1}} {
		status, _, raw := c.send(0, "POST", "/v1/sites", "k", other, nil)
		var p contract.Problem
		if err := json.Unmarshal(raw, &p); err != nil || status != 422 || p.Code != contract.CodeKeyReused {
			t.Errorf("%+v: got %d %s, want 422 %s", other, status, raw, contract.CodeKeyReused)
		}
	}
	c.must(201, 0, "POST", "/v1/sites", "k", leeds, &again) // the answer that held the first token was lost
	if again.Site != "leeds" || again.Token == first.Token {
		t.Errorf("the same again: got %+v, want leeds with a new token", again)
	}
	var sites hq.SiteRows
	c.must(200, 0, "GET", "/v1/sites", "", nil, &sites)
	if len(sites) != 1 || sites[0].Rank != 1 {
		t.Errorf("got %+v, want leeds alone, as it was first", sites)
	}
}

// While a server has an older build nobody sets what a site is: that server would pass the command over, and know another company than the rest.
func TestASiteIsSetOnceEveryServerKnowsHow(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 1, true, func(int) ledger.Network { return nil }, nil)
	c.addSite("hull", "warehouse", 1)
	rank := 3
	nearer := hq.SiteSetRequest{Rank: &rank, SignedRequest: hq.SignedRequest{By: "beth", Reason: "nearer"}}
	rankOf := func() int {
		var rows hq.SiteRows
		if c.must(200, 0, "GET", "/v1/sites", "", nil, &rows); len(rows) != 1 {
			t.Fatalf("got %+v, want hull alone", rows)
		}
		return rows[0].Rank
	}
	if p := c.problemOf(0, "PUT", "/v1/sites/hull", "", nearer); p.Status != 503 || p.Code != contract.CodeNotReady || !strings.Contains(p.Detail, "Not every server of head office has this build yet.") || rankOf() != 1 {
		t.Errorf("got %+v and rank %d, want it to wait for the servers, and hull as it was", p, rankOf())
	}
	c.servers[0].upgrade()
	if c.must(200, 0, "PUT", "/v1/sites/hull", "", nearer, nil); rankOf() != rank {
		t.Errorf("got rank %d once every server knows how, want %d", rankOf(), rank)
	}
	c.servers[0].end()
	auditJournals(t, c.servers[0].cfg.Dir)
}
