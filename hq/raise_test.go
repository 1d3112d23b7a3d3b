package hq_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func (s *server) known() (k ledger.Kind) {
	s.View(func(m *machine.Machine) { k = m.Known() })
	return k
}

func (s *server) build(of string) (b machine.Build) {
	s.View(func(m *machine.Machine) {
		for _, srv := range m.Servers() {
			if srv.URL == of {
				b = srv.Build
			}
		}
	})
	return b
}

// upgrade starts a server that was of an older build as one of this.
func (s *server) upgrade() {
	s.t.Helper()
	s.end()
	s.older = false
	s.start()
}

// A cluster is moved to this build one server after the other, the leader last or not. A kind that is
// raised while a server does not know it would be folded by the others, and kept by that one.
func TestKindsAreRaisedWhenEveryServerHasTheBuild(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 3, true, func(int) ledger.Network { return nil }, nil)
	for i, s := range c.servers {
		at := c.leader()
		if got := c.servers[at].known(); got != machine.New().Known() {
			t.Fatalf("%d of 3 upgraded: got kinds up to %d, want them as they were", i, got)
		}
		if _, err := c.servers[at].RaiseForTest(); err != nil {
			t.Error(err)
		}
		if got := c.servers[at].known(); got != machine.New().Known() {
			t.Fatalf("%d of 3 upgraded, and the leader has looked: got kinds up to %d, want them as they were", i, got)
		}
		s.upgrade()
		c.eventually("it has told of its build", func() error {
			if got := c.servers[c.leader()].build(s.URL()); got != machine.ThisBuild() {
				return fmt.Errorf("known as %+v", got)
			}
			return nil
		})
	}
	c.eventually("the kinds are raised at every server", func() error {
		for _, s := range c.servers {
			if got := s.known(); got != ledger.KindLast {
				return fmt.Errorf("%s knows up to %d", s.cfg.Name, got)
			}
		}
		return nil
	})
}

// A server that was put back to an older build, or that a leader of an older build has taken down, says
// nothing of what it can apply: what was said before no longer holds.
func TestAServerThatSaysNothingOfItsBuildHasAnOlderOne(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	s := c.servers[0]
	for say, want := range map[string]machine.Build{"": {}, "16": {}, "x.y": {}, "70000.1": {}, "16.23": {Entries: 16, Commands: 23}, "17.25.later": {Entries: 17, Commands: 25}} {
		if got := hq.ReadBuildForTest(say); got != want {
			t.Errorf("%q: got %+v, want %+v", say, got, want)
		}
	}
	if got := s.build(s.URL()); got != machine.ThisBuild() {
		t.Errorf("got %+v, want what this build can apply", got)
	}
	list := hq.ServerList{}
	c.must(200, 0, "GET", "/v1/servers", "", nil, &list)
	me := list.Servers[0]
	c.must(200, 0, "POST", "/v1/servers", "", hq.ServerRequest{Name: me.Name, URL: me.URL, RaftURL: me.Raft}, nil)
	if got := s.build(s.URL()); got != (machine.Build{}) {
		t.Errorf("got %+v, want nothing known of it", got)
	}
	if oldest, err := s.RaiseForTest(); err != nil || oldest != me.Name {
		t.Errorf("got %q, %v, want the server named that the kinds wait for", oldest, err)
	}
}
