package hq_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// These tests run real servers over the loopback with the real clock: raft has no seam for one.

type clock struct{ start time.Time }

func (clock) Wall() time.Time       { return time.Now().UTC() }
func (c clock) Mono() time.Duration { return time.Since(c.start) }
func (clock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

func world() (ledger.Env, *testworld.World) {
	w := testworld.New(1)
	env := w.Env()
	env.Clock = clock{time.Now()}
	env.Random = func(string) io.Reader { return rand.Reader }
	return env, w
}

// A server is one server of a test's cluster; it may be stopped and started again.
type server struct {
	t       testing.TB
	cfg     hq.Config
	disk    *testworld.Disk
	network ledger.Network // nil: the loopback as it is
	lag     lag
	older   bool // of a build that knows no kinds but the first
	*hq.Server
	stop func() error
}

type cluster struct {
	t       testing.TB
	token   string
	servers []*server
	http    *http.Client
}

// patience bounds every wait of these tests; a loaded machine is slow.
const patience = 30 * time.Second

func startCluster(t testing.TB, n int, tune func(*hq.Config)) *cluster {
	t.Helper()
	return startClusterOn(t, n, func(int) ledger.Network { return nil }, tune)
}

// startClusterOn starts a cluster whose servers reach each other through networks of the test's.
func startClusterOn(t testing.TB, n int, network func(i int) ledger.Network, tune func(*hq.Config)) *cluster {
	t.Helper()
	return startClusterOf(t, n, false, network, tune)
}

// startClusterOf starts a cluster of this build or of an older one.
func startClusterOf(t testing.TB, n int, older bool, network func(i int) ledger.Network, tune func(*hq.Config)) *cluster {
	t.Helper()
	c := &cluster{t: t, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(c.http.CloseIdleConnections)
	for i := range n {
		cfg := hq.Config{Dir: filepath.Join(t.TempDir(), "hq"), Name: fmt.Sprintf("hq-%d", i+1), Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0",
			Heartbeat: 250 * time.Millisecond, JournalMap: 1 << 20, PullWait: 2 * time.Second, StopWait: 2 * time.Second, CallWait: time.Second}
		if tune != nil {
			tune(&cfg)
		}
		if i == 0 {
			cfg.Bootstrap = true
		} else {
			cfg.Join, cfg.TokenFile = c.servers[0].URL(), filepath.Join(c.servers[0].cfg.Dir, hq.OwnerTokenFile)
		}
		s := &server{t: t, cfg: cfg, network: network(i), older: older}
		c.servers = append(c.servers, s)
		s.start()
		if i == 0 {
			raw, err := os.ReadFile(filepath.Join(cfg.Dir, hq.OwnerTokenFile))
			if err != nil {
				t.Fatal(err)
			}
			c.token = strings.TrimSpace(string(raw))
		}
		c.eventually(fmt.Sprintf("%d servers in the cluster", i+1), func() error {
			var list hq.ServerList
			if status := c.call(0, "GET", "/v1/servers", "", nil, &list); status != 200 || len(list.Servers) != i+1 {
				return fmt.Errorf("%d: %+v", status, list)
			}
			return nil
		})
	}
	return c
}

func (s *server) start() {
	s.t.Helper()
	env, w := world()
	env.Clock = lagged{env.Clock, &s.lag}
	if s.network != nil {
		env.Network = s.network
	}
	log := slog.New(slog.NewTextHandler(testLog{s.t, s.cfg.Name}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	srv, err := hq.Open(env, s.cfg, log, prometheus.NewRegistry())
	for end := time.Now().Add(patience); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(end); { // a test beside this one has it
		time.Sleep(50 * time.Millisecond)
		srv, err = hq.Open(env, s.cfg, log, prometheus.NewRegistry())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if s.older {
		srv.OlderForTest()
	}
	s.Server, s.disk = srv, w.Disk
	// The same addresses after a restart.
	s.cfg.Listen, s.cfg.RaftListen = srv.URL()[strings.Index(srv.URL(), "//")+2:], srv.RaftAddr()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	var first error
	stopped := false
	s.stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			first = errors.Join(<-ended, srv.Close())
		}
		return first
	}
	s.t.Cleanup(func() {
		if err := s.stop(); err != nil && !s.t.Failed() {
			s.t.Logf("%s ended with %v", s.cfg.Name, err)
		}
	})
}

// testLog shows the servers' log beside a test that fails.
type testLog struct {
	t    testing.TB
	name string
}

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s %s", l.name, bytes.TrimSpace(p))
	return len(p), nil
}

// eventually tries until it holds. Raft is made of timeouts, so these tests must wait for it.
func (c *cluster) eventually(what string, try func() error) {
	c.t.Helper()
	end := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("%s: not within %v: %v", what, patience, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// call asks server i and decodes the answer where into is not nil; 0 where there was none.
func (c *cluster) call(i int, method, path, key string, in, into any) int {
	c.t.Helper()
	status, _, _ := c.send(i, method, path, key, in, into)
	return status
}

func (c *cluster) send(i int, method, path, key string, in, into any) (int, http.Header, []byte) {
	c.t.Helper()
	var body io.Reader
	switch v := in.(type) {
	case nil:
	case string:
		body = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.servers[i].URL()+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return 0, nil, nil
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, nil
	}
	if into != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(raw, into); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return res.StatusCode, res.Header, raw
}

// passing are the refusals that pass by themselves: the servers of a busy machine may choose
// another leader at any moment.
var passing = []contract.Code{contract.CodeNoLeader, contract.CodeNotReady, contract.CodeBusy, contract.CodeUnsure}

// answer sends until there is an answer that lasts, as a client does, under the one key.
func (c *cluster) answer(i int, method, path, key string, in, into any) (status int, h http.Header, raw []byte) {
	c.t.Helper()
	c.eventually(method+" "+path+" is answered", func() error {
		status, h, raw = c.send(i, method, path, key, in, into)
		var p contract.Problem
		if status == 0 || status == http.StatusServiceUnavailable && json.Unmarshal(raw, &p) == nil && slices.Contains(passing, p.Code) {
			return fmt.Errorf("%d %s", status, raw)
		}
		return nil
	})
	return status, h, raw
}

// must calls and expects a status, which is none that passes.
func (c *cluster) must(want, i int, method, path, key string, in, into any) http.Header {
	c.t.Helper()
	got, h, raw := c.answer(i, method, path, key, in, into)
	if got != want {
		c.t.Fatalf("%s %s at %d: got %d %s, want %d", method, path, i, got, raw, want)
	}
	return h
}

// leader finds the server that leads and answers.
func (c *cluster) leader() int {
	c.t.Helper()
	at := -1
	c.eventually("a leader", func() error {
		for i, s := range c.servers {
			var st hq.Status
			if s.stopped() || c.call(i, "GET", "/v1/status", "", nil, &st) != 200 || st.Role != "leader" || !st.Ready {
				continue
			}
			at = i
			return nil
		}
		return errors.New("none leads")
	})
	return at
}

func (s *server) stopped() bool { return s.Server == nil }

// end stops a server as SIGTERM would.
func (s *server) end() {
	s.t.Helper()
	if err := s.stop(); err != nil {
		s.t.Fatalf("%s: run gave %v, want nil", s.cfg.Name, err)
	}
	s.Server = nil
}

func (c *cluster) follower() int {
	return (c.leader() + 1) % len(c.servers)
}

// goroutines lists the stacks that are ours or raft's.
func goroutines() []string {
	buf := make([]byte, 4<<20)
	var out []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if (strings.Contains(g, "holdfast/hq.") || strings.Contains(g, "hashicorp/raft.") || strings.Contains(g, "hq/journal.")) &&
			!strings.Contains(g, "testing.tRunner") {
			out = append(out, g)
		}
	}
	return out
}
