package hq_test

import (
	"encoding/json"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
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
