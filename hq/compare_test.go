package hq_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestWhoeverIsNotOfTheMajorityIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		voters   int
		sums     map[string]string
		wrong    string
		majority bool
	}{
		"all agree":                            {3, map[string]string{"a": "1", "b": "1", "c": "1"}, "", true},
		"two agree and one has not told":       {3, map[string]string{"a": "1", "b": "1"}, "", true},
		"one has told":                         {3, map[string]string{"a": "1"}, "", false},
		"one of three is another":              {3, map[string]string{"a": "1", "b": "2", "c": "1"}, "b", true},
		"three of three are others":            {3, map[string]string{"a": "1", "b": "2", "c": "3"}, "a b c", false},
		"two of three have told and differ":    {3, map[string]string{"a": "1", "b": "2"}, "a b", false},
		"two of two differ":                    {2, map[string]string{"a": "1", "b": "2"}, "a b", false},
		"two of four against two":              {4, map[string]string{"a": "1", "b": "2", "c": "1", "d": "2"}, "a b c d", false},
		"three of five agree and two do not":   {5, map[string]string{"a": "1", "b": "2", "c": "1", "d": "3", "e": "1"}, "b d", true},
		"two of five agree, one is another":    {5, map[string]string{"a": "1", "b": "2", "c": "1"}, "a b c", false},
		"nobody has told":                      {3, nil, "", false},
		"of four three agree, and one has not": {4, map[string]string{"a": "1", "b": "1", "c": "1"}, "", true},
	} {
		wrong, majority := hq.JudgeForTest(c.voters, c.sums)
		if got := strings.Join(wrong, " "); got != c.wrong || majority != c.majority {
			t.Errorf("%s: got %q, majority %t; want %q, %t", name, got, majority, c.wrong, c.majority)
		}
	}
}

// TestAMajorityThatComesLaterIsRaised: two of three differ, and the third tells when they have been raised already.
func TestAMajorityThatComesLaterIsRaised(t *testing.T) {
	for name, c := range map[string]struct {
		index    uint64
		alone    bool
		oldIndex uint64
		oldAlone bool
		want     bool
	}{
		"the same again":                            {7, false, 7, false, false},
		"a majority agrees by now":                  {7, true, 7, false, true},
		"a majority agrees, again":                  {7, true, 7, true, false},
		"of what a majority agrees nobody is sure":  {7, false, 7, true, false},
		"a later checkpoint":                        {8, false, 7, false, true},
		"a later checkpoint, with a majority":       {8, true, 7, false, true},
		"a later checkpoint, again with a majority": {8, true, 7, true, true},
		"a later checkpoint, not so sure any more":  {8, false, 7, true, false},
		"an earlier checkpoint":                     {6, true, 7, false, false},
	} {
		if got := hq.SaysMoreThanForTest(c.index, c.alone, c.oldIndex, c.oldAlone); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}

// often has the servers compare their states all the time.
func often(cfg *hq.Config) { cfg.CheckpointEach = 100 * time.Millisecond }

func (s *server) status() hq.Status {
	var st hq.Status
	c := &cluster{t: s.t, http: http.DefaultClient, servers: []*server{s}}
	raw, err := os.ReadFile(filepath.Join(s.cfg.Dir, hq.OwnerTokenFile))
	if err != nil {
		s.t.Fatal(err)
	}
	c.token = strings.TrimSpace(string(raw))
	if got := c.call(0, "GET", "/v1/status", "", nil, &st); got != 200 {
		s.t.Fatalf("status of %s: got %d", s.cfg.Name, got)
	}
	return st
}

// agree waits until all servers have found their states to be one at a checkpoint that is still to come.
func (c *cluster) agree() {
	c.t.Helper()
	var from uint64
	for _, s := range c.servers {
		from = max(from, s.status().Last)
	}
	n := 0
	c.eventually("the states of all servers are compared", func() error {
		n++ // a checkpoint is due only where something has changed
		if status := c.call(c.leader(), "PUT", fmt.Sprintf("/v1/items/CHECK-%d", n), "", named("Basin tap"), nil); status != 200 {
			return fmt.Errorf("item: %d", status)
		}
		for _, s := range c.servers {
			if st := s.status(); st.Differs != 0 || st.Agreed <= from {
				return fmt.Errorf("%s: agreed at %d, differs at %d, want an entry after %d", s.cfg.Name, st.Agreed, st.Differs, from)
			}
		}
		return nil
	})
}

// differing lists the open exceptions of servers whose state is another one.
func (c *cluster) differing(at int) (rows []hq.ExceptionRow) {
	c.t.Helper()
	var list hq.ExceptionList
	c.must(200, at, "GET", "/v1/exceptions?what=state_differs", "", nil, &list)
	return list.Exceptions
}

// stranger is an act that only one server carries out.
func stranger() machine.Command {
	return &machine.PutItems{Items: []ledger.Item{{SKU: "STRAY", Name: "Nobody set this"}}, At: time.UnixMilli(1).UTC()}
}

func TestAServerWithAnotherStateGoesOutOfService(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"follower", "leader"} {
		t.Run(who, func(t *testing.T) {
			c := startCluster(t, 3, often)
			c.agree()
			bad := c.leader()
			if who == "follower" {
				bad = (bad + 1) % 3
			}
			s := c.servers[bad]
			if err := s.PlantForTest(stranger()); err != nil {
				t.Fatal(err)
			}
			c.must(200, (bad+1)%3, "PUT", "/v1/items/TAP-22", "", tap, nil) // a checkpoint is due only where something has changed
			c.eventually("it is out of service", func() error {
				if st := s.status(); st.Differs == 0 || st.Ready {
					return fmt.Errorf("got %+v", st)
				}
				return nil
			})
			c.outOfService(bad)
			at, id := (bad+1)%3, s.ID()
			c.eventually("head office raises it", func() error {
				entry := fmt.Sprintf("entry %d ", s.status().Differs)
				if got := c.differing(at); !names(got, id) || !slices.ContainsFunc(got, func(e hq.ExceptionRow) bool { return strings.Contains(e.Why, entry) }) {
					return fmt.Errorf("got %+v, want those that name %s, and its entry", got, id)
				}
				return nil
			})
			// Also after a restart; and the others go on.
			s.end()
			env, _ := world()
			if v, err := hq.Survive(env, s.cfg.Dir, slog.New(slog.DiscardHandler)); err == nil {
				t.Errorf("it is taken for one that may go on alone: %v", v.Close())
			}
			s.start()
			c.outOfService(bad)
			c.must(200, at, "PUT", "/v1/items/PIPE-15", "", named("Pipe"), nil)
			c.replace(bad)
			c.agree()
			if got := c.differing(at); !names(got, id) {
				t.Errorf("got %+v, want its exceptions, for a person to close, and no other", got)
			}
		})
	}
}

// names says whether there are exceptions, all of one server and with an owner: a server may be found out at two checkpoints
// before it stands aside.
func names(all []hq.ExceptionRow, id string) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(e hq.ExceptionRow) bool { return !strings.Contains(e.Why, id) || e.Owner == "" })
}

// outOfService has a server say what it may, and nothing else.
func (c *cluster) outOfService(i int) {
	c.t.Helper()
	for path, want := range map[string]int{"/healthz": 200, "/v1/status": 200, "/metrics": 200, "/readyz": 503, "/v1/sites": 503, "/v1/items/TAP-22?read=local": 503,
		"/v1/backup": 503, "/v1/servers": 503} {
		if got, _, raw := c.send(i, "GET", path, "", nil, nil); got != want || got == 503 && !strings.Contains(string(raw), "--join") {
			c.t.Errorf("%s: got %d %.200s, want %d", path, got, raw, want)
		}
	}
	_, _, raw := c.send(i, "GET", "/metrics", "", nil, nil)
	if !strings.Contains(string(raw), "\nhq_state_differs 1\n") || !strings.Contains(string(raw), "\nhq_leader 0\n") {
		c.t.Error("the figures do not say that it is out of service")
	}
}

// replace starts a server with a new folder at the addresses of an old one, as README says.
func (c *cluster) replace(i int) {
	c.t.Helper()
	s := c.servers[i]
	if !s.stopped() {
		s.end()
	}
	if err := os.RemoveAll(s.cfg.Dir); err != nil {
		c.t.Fatal(err)
	}
	other := c.servers[(i+1)%len(c.servers)]
	s.cfg.Bootstrap, s.cfg.Join, s.cfg.TokenFile = false, other.URL(), filepath.Join(other.cfg.Dir, hq.OwnerTokenFile)
	s.start()
	c.eventually("it is one of three again", func() error {
		var list hq.ServerList
		if status := c.call((i+1)%len(c.servers), "GET", "/v1/servers", "", nil, &list); status != 200 ||
			!slices.ContainsFunc(list.Servers, func(r hq.ServerRow) bool { return r.Name == s.ID() }) {
			return fmt.Errorf("%d %+v", status, list)
		}
		return nil
	})
}

func TestWithoutAMajorityAllAreToldAndNobodyStops(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 2, often)
	c.agree()
	at := c.leader()
	other := c.servers[1-at]
	if err := other.PlantForTest(stranger()); err != nil {
		t.Fatal(err)
	}
	c.must(200, at, "PUT", "/v1/items/TAP-22", "", tap, nil)
	c.eventually("head office raises it", func() error {
		got := c.differing(c.leader())
		if len(got) == 0 || !strings.Contains(got[0].Why, "no majority") {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	for _, s := range c.servers {
		if st := s.status(); st.Differs != 0 || !st.Ready {
			t.Errorf("%s: got %+v, want it in service", s.cfg.Name, st)
		}
	}
}

// While a server has an older build nothing is marked: it would not know the command.
func TestNothingIsComparedBeforeEveryServerCan(t *testing.T) {
	t.Parallel()
	c := startClusterOf(t, 3, true, func(int) ledger.Network { return nil }, often)
	for i := range c.servers {
		at := c.leader()
		if err := c.servers[at].CheckpointForTest(); err != nil && !errors.Is(err, hq.ErrNoLeader) {
			t.Error(err)
		}
		for k := range c.servers {
			if _, _, raw := c.send(k, "GET", "/metrics", "", nil, nil); !strings.Contains(string(raw), "\nhq_state_sum_seconds_count 0\n") {
				t.Fatalf("%d of 3 upgraded: server %d has summed up its state", i, k)
			}
		}
		c.servers[i].upgrade()
		c.eventually("it has told of its build", func() error {
			if got := c.servers[c.leader()].build(c.servers[i].URL()); got != machine.ThisBuild() {
				return fmt.Errorf("known as %+v", got)
			}
			return nil
		})
	}
	c.agree()
}

// Servers that come and go, lead and follow, are sent snapshots and begin anew have one state all the same.
func TestServersThatComeAndGoHaveOneState(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, func(cfg *hq.Config) {
		often(cfg)
		cfg.SnapshotEach, cfg.SnapshotThreshold, cfg.TrailingLogs = 50*time.Millisecond, 16, 4
	})
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	placed := 0
	trade := func(n int) { // with an order each, so that what follows is not only counters
		for range n {
			placed++
			hull.at = c.leader()
			hull.receive("TAP-22", 3)
			hull.push()
			c.must(201, hull.at, "POST", "/v1/orders", fmt.Sprint("k-", placed), orderOf("TAP-22", 1), nil)
		}
	}
	trade(5)
	c.agree()
	for name, act := range map[string]func(){
		"the leader hands over": func() {
			if err := c.servers[c.leader()].TransferForTest(); err != nil {
				t.Logf("handing over: %v", err)
			}
		},
		"the leader restarts": func() {
			s := c.servers[c.leader()]
			s.end()
			s.start()
		},
		"a follower misses more than the log keeps": func() {
			s := c.servers[c.follower()]
			s.end()
			trade(30)
			s.start()
		},
		"a follower loses its disk": func() { c.replace(c.follower()) },
	} {
		trade(3)
		act()
		trade(3)
		c.agree()
		if got := c.differing(c.leader()); len(got) != 0 {
			t.Errorf("%s: got %+v, want no alarm", name, got)
		}
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}

// A head office that begins again from a backup has one state, whoever joins it.
func TestARestoredHeadOfficeHasOneState(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, often)
	hull := c.addSite("hull", "warehouse", 1)
	hull.hello()
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	hull.receive("TAP-22", 9)
	hull.push()
	c.must(201, 0, "POST", "/v1/orders", "k-1", orderOf("TAP-22", 2), nil)
	c.agree()
	raw := c.backup(0)
	for _, s := range c.servers {
		s.end()
	}
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	n := c.anew(dir)
	n.join()
	n.join()
	hull.adopts(n)
	n.agree()
	if got := n.differing(n.leader()); len(got) != 0 {
		t.Errorf("got %+v, want no alarm", got)
	}
	for _, s := range n.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}
