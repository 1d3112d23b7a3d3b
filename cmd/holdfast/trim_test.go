package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A farClock is the real one, but that its calendar can be turned on and that whoever waits for a
// minute or more waits for the test.
type farClock struct {
	began time.Time
	due   chan time.Time
	mu    sync.Mutex // guards ahead
	ahead time.Duration
}

func (c *farClock) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *farClock) turnOn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func (c *farClock) Mono() time.Duration { return time.Since(c.began) }

func (c *farClock) After(d time.Duration) (<-chan time.Time, func()) {
	if d >= time.Minute {
		return c.due, func() {}
	}
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// A runner is a server that runs until the test ends or stops it.
type runner interface {
	Run(context.Context) error
	Close() error
}

func start(t *testing.T, r runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// A companyOfOne is one server of head office with an archive, and one site.
type companyOfOne struct {
	t       *testing.T
	dir     string
	clock   *farClock
	head    *hq.Server
	site    *node.Node
	join    string
	stopAll []func()
}

func (c *companyOfOne) env(clock ledger.Clock) ledger.Env {
	env := testworld.New(1).Env()
	env.Clock, env.Random = clock, func(string) io.Reader { return rand.Reader }
	return env
}

func (c *companyOfOne) begin() {
	c.t.Helper()
	var err error
	c.head, err = hq.Open(c.env(&farClock{began: time.Now(), due: make(chan time.Time)}), hq.Config{Dir: filepath.Join(c.dir, "hq"), Name: "hq-1", Listen: "127.0.0.1:0",
		RaftListen: "127.0.0.1:0", Bootstrap: true, Archive: filepath.Join(c.dir, "archive"), JournalMap: 1 << 20, PullWait: time.Second},
		slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		c.t.Fatal(err)
	}
	c.stopAll = append(c.stopAll, start(c.t, c.head))
	c.must(c.head.URL(), "hq", "PUT", "/v1/items/TAP-22", "item", `{"name":"A tap"}`, nil)
	var added hq.SiteAdded
	c.must(c.head.URL(), "hq", "POST", "/v1/sites", "site", `{"site":"leeds","kind":"counter"}`, &added)
	c.join = added.Token
}

// openSite opens the node; what it gives ends it.
func (c *companyOfOne) openSite() (stop func()) {
	c.t.Helper()
	var err error
	c.site, err = node.Open(c.env(c.clock), node.Config{Site: "leeds", Dir: filepath.Join(c.dir, "leeds"), Listen: "127.0.0.1:0", HQ: []string{c.head.URL()},
		Join: c.join, Retention: 90 * 24 * time.Hour, JournalSize: 64 << 10}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		c.t.Fatal(err)
	}
	stop = start(c.t, c.site)
	c.until("the site to be open with its items", func() bool {
		st := c.site.Status()
		return st.State == "open" && st.Link.Online && st.ItemVersion > 0
	})
	return stop
}

func (c *companyOfOne) until(what string, so func() bool) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if so() {
			return
		}
	}
	c.t.Fatalf("waited a minute for %s", what)
}

// must sends until the answer is none that passes by itself, and expects it to be a yes.
func (c *companyOfOne) must(url, dir, method, path, key, body string, into any) (replayed bool) {
	c.t.Helper()
	token, err := os.ReadFile(filepath.Join(c.dir, dir, "owner.token"))
	if err != nil {
		c.t.Fatal(err)
	}
	var status int
	var raw []byte
	c.until(method+" "+path+" to be answered", func() bool {
		r, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		if key != "" {
			r.Header.Set(contract.HeaderKey, key)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		raw, err = io.ReadAll(res.Body)
		status, replayed = res.StatusCode, res.Header.Get(contract.HeaderReplayed) == "true"
		return err == nil && status != http.StatusServiceUnavailable
	})
	if status/100 != 2 {
		c.t.Fatalf("%s %s: got %d %s, want a yes", method, path, status, raw)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			c.t.Fatal(err)
		}
	}
	return replayed
}

func (c *companyOfOne) atSite(method, path, key, body string, into any) bool {
	c.t.Helper()
	return c.must("http://"+c.site.Addr().String(), "leeds", method, path, key, body, into)
}

func (c *companyOfOne) archived() {
	c.t.Helper()
	c.until("the archive to have all of the journal", func() bool {
		st := c.site.Status()
		return st.Link.ArchivedSeq == st.Seq
	})
}

// What is archived leaves the site after its retention, and the archive goes on with it: every old
// answer is still given, and an audit over both finds the chain whole from the first entry.
func TestTheArchiveContinuesATrimmedJournal(t *testing.T) {
	c := &companyOfOne{t: t, dir: t.TempDir(), clock: &farClock{began: time.Now(), due: make(chan time.Time)}}
	c.begin()
	stop := c.openSite()
	var lines []string
	for bin := range 400 {
		lines = append(lines, fmt.Sprintf(`{"sku":"TAP-22","qty":1,"bin":"B-%03d"}`, bin))
	}
	receipt := `{"lines":[` + strings.Join(lines, ",") + `]}`
	sale := `{"lines":[{"sku":"TAP-22","qty":1}]}`
	var first contract.Order
	c.atSite("POST", "/v1/receipts", "receipt", receipt, nil)
	c.atSite("POST", "/v1/orders", "first", sale, &first)
	for i := range 50 {
		c.atSite("POST", "/v1/receipts", fmt.Sprint("receipt ", i), receipt, nil)
	}
	c.archived()
	stop() // and its checkpoint
	stop = c.openSite()
	c.archived()
	c.clock.due <- c.clock.Wall() // a look at once: nothing is old
	c.clock.turnOn(91 * 24 * time.Hour)
	if st := c.site.Status(); st.TrimmedSeq != 0 {
		t.Errorf("got trimmed up to %d before the retention was over", st.TrimmedSeq)
	}
	c.clock.due <- c.clock.Wall()
	c.until("the journal to be trimmed", func() bool { return c.site.Status().TrimmedSeq > 10 })
	var again contract.Order
	if replayed := c.atSite("POST", "/v1/orders", "first", sale, &again); !replayed || again.ID != first.ID {
		t.Errorf("got %+v, replayed %v; want the first answer", again, replayed)
	}
	c.atSite("GET", "/v1/orders/"+string(first.ID), "", "", &again)
	c.must(c.head.URL(), "hq", "GET", "/v1/orders/"+string(first.ID), "", "", &again) // read from head office's journals
	c.atSite("POST", "/v1/orders", "another", sale, nil)
	c.archived()
	stop()
	for _, s := range c.stopAll {
		s()
	}
	c.audits()
}

func (c *companyOfOne) audits() {
	c.t.Helper()
	env := c.env(c.clock)
	leeds, copied := filepath.Join(c.dir, "leeds"), archive.Dir(filepath.Join(c.dir, "archive"), "leeds")
	alone, err := ledger.AuditBook(env, leeds, nil)
	if err != nil || alone.Trimmed == 0 {
		c.t.Errorf("the book alone: got %+v, %v; want it whole behind what was trimmed", alone, err)
	}
	both, err := ledger.AuditWithArchive(env, leeds, copied, nil)
	if err != nil || both.Archived == 0 || both.Entries != uint64(both.Head.Seq) || both.Head != alone.Head || both.Accepted != alone.Accepted {
		c.t.Errorf("with the archive: got %+v, %v; want the chain whole from entry 1", both, err)
	}
	reports, err := journal.Audit(env, filepath.Join(c.dir, "hq"), nil)
	if err != nil || len(reports) != 1 || reports[0].Head.Seq+1 < both.Head.Seq {
		c.t.Errorf("head office: got %+v, %v; want its journals whole", reports, err)
	}
	for args, want := range map[string]string{
		leeds:                          fmt.Sprintf("trimmed up to entry %d, which the archive has", alone.Trimmed),
		leeds + " --archive " + copied: fmt.Sprintf("trimmed up to entry %d, archive up to entry %d", both.Trimmed, both.Archived),
	} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), append([]string{"audit"}, strings.Fields(args)...), &out, &errs); code != exitHolds || !strings.Contains(out.String(), want) {
			c.t.Errorf("audit %s: got %d, %s%s; want %q", args, code, out.String(), errs.String(), want)
		}
	}
}
