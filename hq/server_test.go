package hq_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"log/slog"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

var tap = contract.ItemRequest{Name: "Basin tap", Barcodes: []string{"5012345678900"}, Price: &contract.Price{Amount: 1299, Currency: "GBP"}}

func TestThreeServersAreOneHeadOffice(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	f := c.follower()
	// A write at a follower is the leader's; a read anywhere sees it.
	c.must(200, f, "PUT", "/v1/items/TAP-22", "", tap, nil)
	for i := range c.servers {
		var got contract.Item
		h := c.must(200, i, "GET", "/v1/items/TAP-22", "", nil, &got)
		if got.Name != tap.Name || h.Get("Holdfast-Read") != "leader" {
			t.Errorf("server %d: got %q read from %q, want %q from leader", i, got.Name, h.Get("Holdfast-Read"), tap.Name)
		}
	}
	c.eventually("the follower has it too", func() error {
		status, h, raw := c.send(f, "GET", "/v1/items/TAP-22?read=local", "", nil, nil)
		if status != 200 || !strings.HasPrefix(h.Get("Holdfast-Read"), "local; age_ms=") {
			return fmt.Errorf("%d %q %s", status, h.Get("Holdfast-Read"), raw)
		}
		return nil
	})
}

func TestANewLeaderGoesOn(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	old := c.leader()
	c.servers[old].end()
	at := c.leader()
	if at == old {
		t.Fatal("a stopped server leads")
	}
	c.must(200, at, "GET", "/v1/items/TAP-22", "", nil, nil)
	c.must(200, at, "PUT", "/v1/items/PIPE-15", "", named("Pipe"), nil)
	c.servers[old].start() // the same directory: the same raft id, and nobody has to be asked
	c.eventually("the old leader has what it missed", func() error {
		if status := c.call(old, "GET", "/v1/items/PIPE-15?read=local", "", nil, nil); status != 200 {
			return fmt.Errorf("%d", status)
		}
		return nil
	})
	var list hq.ServerList
	c.must(200, old, "GET", "/v1/servers", "", nil, &list)
	if len(list.Servers) != 3 {
		t.Errorf("got %d servers, want 3: %+v", len(list.Servers), list)
	}
}

func TestWithoutAQuorumNobodyIsAnsweredButLocally(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, func(cfg *hq.Config) { cfg.ProposeWait = time.Second })
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	at := c.leader()
	for i, s := range c.servers {
		if i != at {
			s.end()
		}
	}
	c.eventually("it gives up the lead", func() error {
		status, h, raw := c.send(at, "GET", "/v1/items/TAP-22", "", nil, nil)
		if status != 503 || !strings.Contains(string(raw), "no_leader") || h.Get("Retry-After") == "" {
			return fmt.Errorf("got %d %s", status, raw)
		}
		return nil
	})
	if status, _, raw := c.send(at, "PUT", "/v1/items/TAP-23", "", named("Tap"), nil); status != 503 {
		t.Errorf("a write: got %d %s, want 503", status, raw)
	}
	c.must(200, at, "GET", "/v1/items/TAP-22?read=local", "", nil, nil)
	c.eventually("it says that it is not ready", func() error { // raft steps down a moment after it has failed to reach a quorum
		if status := c.call(at, "GET", "/readyz", "", nil, nil); status != 503 {
			return fmt.Errorf("readyz: got %d, want 503", status)
		}
		return nil
	})
	if status := c.call(at, "GET", "/healthz", "", nil, nil); status != 200 {
		t.Errorf("healthz: got %d, want 200", status)
	}
}

// Raft gives a server that starts its log back once it hears how much of it was committed. Until then it knows of no item, and
// must not say that there is none.
func TestAServerThatKnowsNothingYetSaysSo(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	for _, s := range c.servers {
		s.end()
	}
	c.servers[1].start()
	for _, path := range []string{"/v1/items/TAP-22?read=local", "/v1/orders?read=local"} {
		if status, _, raw := c.send(1, "GET", path, "", nil, nil); status != 503 || !strings.Contains(string(raw), "not_ready") {
			t.Errorf("%s: got %d %s, want 503 not_ready", path, status, raw)
		}
	}
	c.servers[2].start()
	c.eventually("it knows what there is", func() error {
		if status, _, raw := c.send(1, "GET", "/v1/items/TAP-22?read=local", "", nil, nil); status != 200 {
			return fmt.Errorf("got %d %s", status, raw)
		}
		return nil
	})
}

func TestNothingOutlivesRun(t *testing.T) {
	t.Parallel()
	before := len(goroutines())
	c := startCluster(t, 3, nil)
	c.must(200, c.follower(), "PUT", "/v1/items/TAP-22", "", tap, nil)
	for _, s := range c.servers {
		s.end()
	}
	c.http.CloseIdleConnections()
	c.eventually("all goroutines have ended", func() error {
		if now := goroutines(); len(now) > before {
			return fmt.Errorf("%d are left, want %d: %s", len(now), before, strings.Join(now, "\n\n"))
		}
		return nil
	})
}

func TestABrokenJournalStoreStopsTheServer(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	c.must(200, 0, "PUT", "/v1/items/TAP-22", "", tap, nil)
	site := c.addSite("leeds", "counter", 1)
	site.hello()
	c.servers[0].disk.FailOn(journal.ActCommit)
	site.receive("TAP-22", 1)
	c.eventually("it stops", func() error {
		_ = site.tryPush() // it may stop before it answers
		if c.call(0, "GET", "/healthz", "", nil, nil) != 0 {
			return errors.New("it answers")
		}
		return nil
	})
	if err := c.servers[0].stop(); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want %v", err, testworld.ErrDisk)
	}
}

func TestAWrongConfigurationIsToldInOneGo(t *testing.T) {
	err := (&hq.Config{Name: "hq 1", Listen: "0.0.0.0:8090", RaftListen: "nowhere", Join: "ftp://x", Heartbeat: time.Millisecond, LogBytes: -1 << 40}).Validate()
	for _, want := range []string{"dir is empty", `name "hq 1"`, "no host that others can reach", `raft listen "nowhere"`, `join "ftp://x"`, "heartbeat is 1ms", "a limit is below 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	if err := (&hq.Config{Dir: "d", Name: "a", Listen: "127.0.0.1:1", RaftListen: "127.0.0.1:2", Bootstrap: true, Join: "http://x:1"}).Validate(); err == nil {
		t.Error("bootstrap and join: got nil, want an error")
	}
}

func TestAJoiningServerNeedsTheToken(t *testing.T) {
	env, _ := world()
	cfg := hq.Config{Dir: t.TempDir(), Name: "hq-2", Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", Join: "http://127.0.0.1:1", JournalMap: 1 << 20}
	if _, err := hq.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), "owner's token") {
		t.Errorf("no token: got %v, want it to ask for the owner's token", err)
	}
}

func TestTheOwnersTokenIsReadableByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	info, err := os.Stat(filepath.Join(c.servers[0].cfg.Dir, hq.OwnerTokenFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want 0600", info.Mode(), err)
	}
}

func TestARequestIsPassedOnOnce(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	f := c.follower()
	r, err := http.NewRequest("GET", c.servers[f].URL()+"/v1/sites", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	for forwarded, want := range map[string]int{"": 200, "hq-9": 503} {
		if r.Header.Del("Holdfast-Forwarded"); forwarded != "" {
			r.Header.Set("Holdfast-Forwarded", forwarded)
		}
		c.eventually(fmt.Sprintf("passed on by %q before, it is answered with %d", forwarded, want), func() error {
			res, err := c.http.Do(r)
			if err != nil {
				return err
			}
			if res.Body.Close(); res.StatusCode != want {
				return fmt.Errorf("got %d", res.StatusCode)
			}
			return nil
		})
	}
	if status := c.call(f, "POST", "/v1/orders", "k", `{"lines":[`+strings.Repeat(" ", 2<<20)+`]}`, nil); status != 413 {
		t.Errorf("2 MiB through a follower: got %d, want 413", status)
	}
}
