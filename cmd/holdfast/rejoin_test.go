//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A desk of head office for one site: it keeps the journal as it came, judges each hello by its head,
// gives epochs, and can have the process killed that sends its n-th message from now on.
type officeDesk struct {
	t *testing.T

	mu      sync.Mutex // guards what stands below
	down    bool
	epoch   ledger.Epoch
	stored  ledger.Position
	frames  [][]byte
	attest  bool
	rejoins int
	left    int    // messages until the kill; 0: none
	kill    func() // of the process that talks
}

var deskH = ledger.Incarnation{Counter: 1, Random: [16]byte{4}}

func (o *officeDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if o.left > 0 {
		if o.left--; o.left == 0 {
			o.kill()
			return
		}
	}
	switch r.URL.Path {
	case wire.PathHello:
		read := &wire.Hello{}
		if wire.ReadRequest(r, read) == nil {
			_ = wire.WriteReply(w, o.welcome(read))
		}
	case wire.PathRejoin:
		o.rejoins++
		o.epoch, o.attest = o.epoch+1, true
		_ = wire.WriteReply(w, &wire.RejoinReply{Verdict: wire.VerdictOK, H: deskH, Epoch: o.epoch, Counter: true, Stored: o.stored})
	case wire.PathJournal:
		after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
		for _, raw := range o.frames { // one a page
			if f, err := ledger.DecodeFrame(raw); err == nil && f.End().Seq > ledger.Seq(after) {
				_ = wire.WriteFrames(w, [][]byte{raw})
				return
			}
		}
	case wire.PathPush:
		read := &wire.Push{}
		if wire.ReadRequest(r, read) == nil {
			o.take(read)
			_ = wire.WriteReply(w, &wire.PushReply{Verdict: wire.VerdictOK, Stored: o.stored})
		}
	case wire.PathPull:
		read := &wire.Pull{}
		if wire.ReadRequest(r, read) == nil {
			reply := &wire.PullReply{Verdict: wire.VerdictOK, H: deskH, Stored: o.stored, Issued: ledger.Cursor{H: deskH}, Attest: o.attest, RefVersion: 1}
			if read.RefVersion == 0 {
				reply.Items = []ledger.Item{{SKU: "TAP-22", Name: "Tap", Version: 1}}
			}
			_ = wire.WriteReply(w, reply)
		}
	}
}

func (o *officeDesk) welcome(m *wire.Hello) *wire.Welcome {
	w := &wire.Welcome{Verdict: wire.VerdictOK, Version: 1, H: deskH, Epoch: o.epoch, Counter: true, Stored: o.stored, Issued: ledger.Cursor{H: deskH}, Attest: o.attest}
	switch {
	case m.Head.Seq > 0 && m.Head.Epoch < o.epoch:
		w.Verdict, w.Why = wire.VerdictClosedEpoch, "the site has another epoch now"
	case m.Head.Seq < o.stored.Seq:
		w.Verdict, w.Why = wire.VerdictBehind, "a later head was shown"
	}
	return w
}

func (o *officeDesk) take(m *wire.Push) {
	for _, raw := range m.Frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil || f.Verify() != nil {
			o.t.Errorf("push: got %v, want a sound frame", err)
			return
		}
		if f.End().Seq <= o.stored.Seq {
			continue
		}
		if f.First != o.stored.Seq+1 || f.Before != o.stored.Hash {
			o.t.Errorf("push: frame %d does not follow entry %d", f.First, o.stored.Seq)
			return
		}
		entries, err := f.Open()
		if err != nil {
			o.t.Error(err)
		}
		for _, e := range entries {
			o.attest = o.attest && e.Kind != ledger.KindAttested
		}
		o.stored, o.frames = f.End(), append(o.frames, raw)
	}
}

// A process is a node of the real program.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	dir  string
	gone chan struct{}
}

func startProcess(t *testing.T, bin, dir, hqURL, join string, more ...string) *process {
	t.Helper()
	return startSite(t, bin, "leeds", dir, hqURL, join, more...)
}

func startSite(t *testing.T, bin, site, dir, hqURL, join string, more ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir, gone: make(chan struct{})}
	p.cmd = exec.CommandContext(t.Context(), bin, append([]string{"node", "--dir", dir, "--site", site, "--listen", "127.0.0.1:0", "--hq", hqURL, "--join", join}, more...)...)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		_, p.url, _ = strings.Cut(lines.Text(), " serves at ")
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = p.cmd.Wait() // it is killed, mostly
		close(p.gone)
	}()
	return p
}

func (p *process) end(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig) // it may have gone
	<-p.gone
}

// call gives what the node answers; ok is false where it does not, for it was killed.
func (p *process) call(method, path, key, body string, into any) (status int, ok bool) {
	p.t.Helper()
	token, err := os.ReadFile(filepath.Join(p.dir, node.OwnerTokenFile))
	if err != nil {
		return 0, false
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		return 0, false
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if key != "" {
		r.Header.Set(contract.HeaderKey, key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	if into != nil && json.NewDecoder(resp.Body).Decode(into) != nil {
		return 0, false
	}
	return resp.StatusCode, true
}

func (p *process) sell(key string, qty int) {
	p.t.Helper()
	if status, ok := p.call("POST", "/v1/orders", key, fmt.Sprintf(`{"lines":[{"sku":"TAP-22","qty":%d}]}`, qty), nil); !ok || status != 201 {
		p.t.Fatalf("sale %s: got %d, want it taken", key, status)
	}
}

// settled waits until the site is open and head office has all; false where the process ended first.
func (p *process) settled() (open bool) {
	p.t.Helper()
	eventually(p.t, "the site to be open", func() bool {
		select {
		case <-p.gone:
			return true
		default:
		}
		var st contract.NodeStatus
		_, ok := p.call("GET", "/v1/status", "", "", &st)
		open = ok && st.State == "open" && st.Rebuild == nil && st.Link.Online && st.Link.Unshared == 0 && st.ItemVersion > 0
		return open
	})
	return open
}

// eventually asks again until it is so, for a minute.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("waited a minute in vain for %s", what)
}

// The folder is copied back from before the last sales, the shop sells on cut off, and then the node is killed
// at its first message to head office, at its second, and so on until none of its messages is left.
func TestARestoredNodeIsRebuiltThoughItIsKilledAtEachMessage(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts and kills a dozen processes")
	}
	bin := buildHoldfast(t)
	o := &officeDesk{t: t, epoch: 1}
	server := httptest.NewServer(o)
	defer server.Close()
	dir, backup := filepath.Join(t.TempDir(), "leeds"), filepath.Join(t.TempDir(), "backup")
	p := startProcess(t, bin, dir, server.URL, "join")
	p.settled()
	if status, _ := p.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":10}]}`, nil); status != 201 {
		t.Fatalf("receipt: got %d, want 201", status)
	}
	p.sell("before", 3)
	p.settled()
	p.end(syscall.SIGTERM)
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	p = startProcess(t, bin, dir, server.URL, "join")
	p.settled()
	for i := range 4 {
		p.sell(fmt.Sprint("shared", i), 1)
		p.settled()
	}
	p.end(syscall.SIGTERM)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	o.set(func() { o.down = true })
	p = startProcess(t, bin, dir, server.URL, "join")
	p.sell("own", 2)
	p.end(syscall.SIGKILL)
	o.set(func() { o.down = false })

	kills := 0
	for n := 1; ; n++ {
		pid := make(chan int, 1)
		o.set(func() {
			o.left, o.kill = n, func() { _ = syscall.Kill(<-pid, syscall.SIGKILL) }
		})
		p = startProcess(t, bin, dir, server.URL, "join")
		pid <- p.cmd.Process.Pid
		if p.settled() {
			break
		}
		kills++
		<-p.gone
	}
	o.set(func() { o.left = 0 })
	var stock contract.NodeStock
	if _, ok := p.call("GET", "/v1/stock/TAP-22", "", "", &stock); !ok || stock.Available != 1 {
		t.Errorf("got %d available, want 10-3-4-2", stock.Available)
	}
	for _, key := range []string{"before", "own"} { // as they were sent first
		p.sell(key, map[string]int{"before": 3, "own": 2}[key])
	}
	if _, ok := p.call("GET", "/v1/stock/TAP-22", "", "", &stock); !ok || stock.Available != 1 {
		t.Errorf("got %d available after repeats, want 1", stock.Available)
	}
	p.end(syscall.SIGTERM)
	if kills < 6 || o.rejoins == 0 {
		t.Errorf("got %d kills and %d rejoins, want one kill at each message", kills, o.rejoins)
	}
	for _, of := range []string{dir, filepath.Join(dir, "before-epoch-"+fmt.Sprint(o.epoch))} {
		if out, err := exec.CommandContext(t.Context(), bin, "audit", of).CombinedOutput(); err != nil {
			t.Errorf("audit %s: got %v: %s", filepath.Base(of), err, out)
		}
	}
}

func (o *officeDesk) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}
