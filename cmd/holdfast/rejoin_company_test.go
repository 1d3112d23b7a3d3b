//go:build unix

package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A headOffice is one of one server.
type headOffice struct {
	t   *testing.T
	cmd *exec.Cmd
	dir string
	url string
}

// startHQ runs head office with an item.
func startHQ(t *testing.T, bin string) *headOffice {
	t.Helper()
	return startHQIn(t, bin, filepath.Join(t.TempDir(), "hq"), "127.0.0.1:0", "--bootstrap")
}

// startHQIn starts head office in a folder.
func startHQIn(t *testing.T, bin, dir, listen string, more ...string) *headOffice {
	t.Helper()
	o := &headOffice{t: t, dir: dir}
	o.cmd = exec.CommandContext(t.Context(), bin, append([]string{"hq", "--dir", o.dir, "--name", "hq-1", "--listen", listen, "--raft-listen", "127.0.0.1:0"}, more...)...)
	out, err := o.cmd.StdoutPipe()
	if err == nil {
		err = o.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.cmd.Process.Kill(); _ = o.cmd.Wait() })
	lines := bufio.NewScanner(out)
	for o.url == "" && lines.Scan() {
		_, o.url, _ = strings.Cut(lines.Text(), " serves at ")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	var item any
	eventually(t, "head office to have a leader", func() bool { return o.ask("PUT", "/v1/items/TAP-22", `{"name":"Tap"}`, &item) })
	return o
}

// ask says whether head office has done it.
func (o *headOffice) ask(method, path, body string, into any) bool {
	o.t.Helper()
	token, err := os.ReadFile(filepath.Join(o.dir, "owner.token"))
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set(contract.HeaderKey, path+body)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode/100 == 2 && json.NewDecoder(resp.Body).Decode(into) == nil
}

// add makes a site known and gives its join token.
func (o *headOffice) add(site, kind string) string {
	o.t.Helper()
	var added struct {
		Token string `json:"token"`
	}
	eventually(o.t, "the site to be added", func() bool { return o.ask("POST", "/v1/sites", `{"site":"`+site+`","kind":"`+kind+`"}`, &added) })
	return added.Token
}

// raised gives what head office has exceptions of at a site.
func (o *headOffice) raised(site string) (what []string) {
	o.t.Helper()
	var list hq.ExceptionList
	if !o.ask("GET", "/v1/exceptions", "", &list) {
		o.t.Fatal("got no exceptions")
	}
	for _, e := range list.Exceptions {
		if string(e.Site) == site {
			what = append(what, e.What)
		}
	}
	return what
}

func (p *process) status() (st contract.NodeStatus) {
	p.t.Helper()
	p.call("GET", "/v1/status", "", "", &st)
	return st
}

func (p *process) stock() ledger.Qty {
	p.t.Helper()
	var s contract.NodeStock
	if _, ok := p.call("GET", "/v1/stock/TAP-22", "", "", &s); !ok {
		p.t.Fatal("got no stock")
	}
	return s.Available
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "leeds")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// Against a real head office: a folder copied back, one copied to a second machine, one emptied.
func TestASiteThatWentBackInTimeIsRebuiltByHeadOffice(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	bin := buildHoldfast(t)
	office := startHQ(t, bin)
	url, join := office.url, office.add("leeds", "counter")
	dir := filepath.Join(t.TempDir(), "leeds")
	open := func(dir string, more ...string) *process { return startProcess(t, bin, dir, url, join, more...) }

	p := open(dir)
	p.settled()
	p.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":20}]}`, nil)
	p.sell("first", 1)
	p.settled()
	p.end(syscall.SIGTERM)
	hourAgo := copyFolder(t, dir)
	p = open(dir)
	p.settled()
	p.sell("second", 2)
	p.settled()
	p.end(syscall.SIGTERM)

	t.Log("copied back from an hour ago")
	dir = copyFolder(t, hourAgo)
	p = open(dir)
	p.settled()
	if got := p.stock(); got != 17 || p.status().Epoch != 2 {
		t.Errorf("got %d available in epoch %d, want 20-1-2 in epoch 2", got, p.status().Epoch)
	}
	p.sell("second", 2) // its first answer
	p.sell("third", 3)
	p.settled()

	t.Log("copied to a second machine while the first one sells")
	twin := open(copyFolder(t, hourAgo))
	eventually(t, "the copy to be refused", func() bool {
		st := twin.status()
		return st.State == "quarantined" && st.Rebuild != nil && st.Rebuild.Why != ""
	})
	if status, _ := twin.call("POST", "/v1/orders", "twin", `{"lines":[{"sku":"TAP-22","qty":1}]}`, nil); status != 503 {
		t.Errorf("the copy: got %d, want it to promise nothing", status)
	}
	p.sell("fourth", 1)
	twin.end(syscall.SIGTERM)
	p.settled()
	p.end(syscall.SIGTERM)

	t.Log("emptied, and replaced")
	old := dir
	dir = filepath.Join(t.TempDir(), "leeds")
	p = open(dir, "--replace")
	p.settled()
	if got := p.stock(); got != 13 {
		t.Errorf("got %d available, want 20-1-2-3-1", got)
	}
	p.sell("fifth", 1)
	if got := office.raised("leeds"); slices.Contains(got, "stranger") || !slices.Contains(got, "reissued") {
		t.Errorf("got the exceptions %q, want the new epoch's and no stranger's: the node was sent by a person", got)
	}
	p.end(syscall.SIGTERM)
	p = open(dir, "--replace") // the word is used up
	p.settled()
	if got := p.status().Epoch; got != 3 {
		t.Errorf("got epoch %d, want 3", got)
	}
	p.end(syscall.SIGTERM)
	late := open(old) // the one that was replaced comes back
	eventually(t, "the old one to be fenced", func() bool { return late.status().State != "open" && late.status().Link.Why != "" })
	eventually(t, "it to be told that its epoch is closed", func() bool {
		st := late.status()
		return st.Link.Verdict == "closed epoch" && st.Rebuild != nil && strings.Contains(st.Rebuild.Why, "closed epoch") && strings.Contains(st.Rebuild.Why, "End this one")
	})
	if status, ok := late.call("POST", "/v1/orders", "late", `{"lines":[{"sku":"TAP-22","qty":1}]}`, nil); ok && status == 201 {
		t.Error("the old one took an order, want none")
	}
	late.end(syscall.SIGTERM)
	for _, of := range []string{dir, old} {
		if out, err := exec.CommandContext(t.Context(), bin, "audit", of).CombinedOutput(); err != nil {
			t.Errorf("audit: got %v: %s", err, out)
		}
	}
}

// There is nothing to be rebuilt of a site that no node has joined.
func TestANodeReplacesOneThatNeverJoined(t *testing.T) {
	bin := buildHoldfast(t)
	o := startHQ(t, bin)
	dir := filepath.Join(t.TempDir(), "york")
	p := startSite(t, bin, "york", dir, o.url, o.add("york", "counter"), "--replace")
	p.settled()
	p.call("POST", "/v1/receipts", "in", `{"lines":[{"sku":"TAP-22","qty":2}]}`, nil)
	p.sell("first", 1)
	p.settled()
	p.end(syscall.SIGTERM)
	if out, err := exec.CommandContext(t.Context(), bin, "audit", dir).CombinedOutput(); err != nil {
		t.Errorf("audit: %v: %s", err, out)
	}
}
