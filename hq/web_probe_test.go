package hq_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
)

func TestAProbeCommitsNothingAndSaysHowLongThatTook(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	var before, after hq.Status
	c.must(200, c.leader(), "GET", "/v1/status", "", nil, &before)
	var p hq.Probe
	c.must(200, c.follower(), "POST", "/v1/servers/probe", "", nil, &p) // passed on to the leader
	c.must(200, c.leader(), "GET", "/v1/status", "", nil, &after)
	if p.CommitUS <= 0 || after.Commit <= before.Commit {
		t.Errorf("got %d us and the commit index %d after %d, want some time and a higher one", p.CommitUS, after.Commit, before.Commit)
	}
}

func TestAProbeWithoutAQuorumSaysSo(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, func(cfg *hq.Config) { cfg.ProposeWait = time.Second })
	at := c.leader()
	for i, s := range c.servers {
		if i != at {
			s.end()
		}
	}
	if status := c.call(at, "POST", "/v1/servers/probe", "", nil, nil); status != 503 {
		t.Errorf("got %d, want 503", status)
	}
}
