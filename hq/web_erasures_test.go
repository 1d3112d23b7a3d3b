package hq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Whoever erases a person is told which node has done it, which has not and whom to ask: one that is there, by what it says that it
// has stored; one that was lost, by who signs for its disk.
func TestWhoHasNotForgottenAPersonIsAskedFor(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	c.must(201, 0, "POST", "/v1/sites", "never", hq.SiteRequest{Site: "bath", Kind: "counter"}, nil) // has no node: nobody is to be forgotten there
	leeds, york := c.addSite("leeds", "counter", 1), c.addSite("york", "counter", 2)
	leeds.hello()
	york.hello()
	var put contract.Customer
	c.must(200, 0, "PUT", "/v1/customers/ACME-1", "", map[string]any{"name": "Ada"}, &put)
	c.must(200, 0, "POST", "/v1/customers/ACME-1/erase", "e", hq.EraseRequest{Reason: "by letter", By: "olga"}, &put)
	list := func(query string) (out hq.ErasureList, where string) {
		c.must(200, 0, "GET", "/v1/erasures"+query, "", nil, &out)
		for _, e := range out.Erasures {
			where += e.State
			for _, s := range e.Sites {
				where += fmt.Sprintf("; %s %d %s", s.Site, s.Epoch, s.State)
			}
		}
		return out, where
	}
	out, where := list("?open=true")
	if where != "outstanding; leeds 1 outstanding; york 1 outstanding" || out.Open != 1 || out.Erasures[0].Asked.By != "olga" || len(out.Erasures[0].Backups) != 1 {
		t.Errorf("at first: got %s, %+v", where, out)
	}
	if ask := out.Erasures[0].Sites[0].Ask; !strings.Contains(ask, "whoever runs leeds") {
		t.Errorf("got %q, want whom to ask", ask)
	}
	if out, _ := list("?overdue=true"); len(out.Erasures) != 0 || out.Open != 1 {
		t.Errorf("overdue on the first day: got %+v", out)
	}
	for _, s := range []*site{leeds, york} {
		for _, stored := range []uint64{put.Version - 1, put.Version} { // before the erasure, and with it
			var reply wire.PullReply
			if err := s.post(wire.PathPull, &wire.Pull{Site: s.id, Head: s.head(), HQ: s.core.State.HQ, Customers: stored + 1}, &reply); err != nil {
				t.Fatal(err)
			}
			if want := "outstanding; leeds 1 outstanding; york 1 outstanding"; s == leeds && stored < put.Version {
				if _, where := list(""); where != want {
					t.Errorf("leeds had it before: got %s, want %s", where, want)
				}
			}
		}
		if s == leeds {
			if _, where := list(""); where != "outstanding; leeds 1 erased; york 1 outstanding" {
				t.Errorf("leeds has erased: got %s", where)
			}
		}
	}
	if _, where := list(""); where != "in_backups; leeds 1 erased; york 1 erased" {
		t.Errorf("both have erased: got %s", where)
	}
	c.must(200, 0, "POST", "/v1/customers/ACME-1/erase", "e", hq.EraseRequest{Reason: "by letter"}, nil)
	c.must(200, 0, "PUT", "/v1/customers/BOLT-2", "", map[string]any{"name": "Bo"}, nil)
	c.must(200, 0, "POST", "/v1/customers/BOLT-2/erase", "e2", hq.EraseRequest{Reason: "by telephone"}, nil)
	c.must(200, 0, "POST", "/v1/sites/york/declare-lost", "l", hq.LostRequest{SignedRequest: hq.SignedRequest{By: "beth", Reason: "stolen"}}, nil)
	if out, where := list("?limit=1"); where != "in_backups; leeds 1 erased; york 1 erased" || out.NextCursor == "" {
		t.Errorf("the first page: got %s, %+v", where, out)
	} else if out, where = list("?limit=1&cursor=" + out.NextCursor); where != "outstanding; leeds 1 outstanding; york 1 outstanding" || !strings.Contains(out.Erasures[0].Sites[1].Why, "declared lost by beth") {
		t.Errorf("the second page: got %s", where)
	}
	answer := hq.AnswerForRequest{Site: "york", Epoch: 1, SignedRequest: hq.SignedRequest{By: "olga"}}
	c.no(400, contract.CodeBadValue, "POST", "/v1/erasures/answer", "a", answer)
	answer.Reason = "found, and its disk shredded"
	c.must(200, 0, "POST", "/v1/erasures/answer", "a", answer, nil)
	answer.Epoch = 7
	c.no(400, contract.CodeBadValue, "POST", "/v1/erasures/answer", "b", answer)
	if _, where := list(""); !strings.HasSuffix(where, "outstanding; leeds 1 outstanding; york 1 answered_for") {
		t.Errorf("somebody answers for york: got %s", where)
	}
	if status := c.call(0, http.MethodGet, "/v1/erasures?cursor=x", "", nil, nil); status != 400 {
		t.Errorf("a cursor that no list gave: got %d", status)
	}
	_, _, figures := c.send(0, "GET", "/metrics", "", nil, nil)
	if !strings.Contains(string(figures), "hq_erasures_open 1") || !strings.Contains(string(figures), "hq_erasures_overdue 0") {
		t.Error("the figures do not say that one is open and none overdue")
	}
}
