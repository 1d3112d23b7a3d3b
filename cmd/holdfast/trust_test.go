package main

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// A laterClock is ahead by some days, and its waits are short.
type laterClock struct {
	ledger.Clock
	ahead time.Duration
}

func (c laterClock) Wall() time.Time { return c.Clock.Wall().Add(c.ahead) }
func (c laterClock) After(d time.Duration) (<-chan time.Time, func()) {
	return c.Clock.After(min(d, 100*time.Millisecond))
}

// A node renews its certificate once two thirds of its life are over, and nobody has to ask it.
func TestANodeRenewsItsCertificateByItself(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	hqDir, dir := t.TempDir(), t.TempDir()
	server, err := hq.Open(world.New(), hq.Config{Dir: hqDir, Name: "hq1", Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", Bootstrap: true, TLS: true, JournalMap: 1 << 20}, quiet, registry(hqDir))
	if err != nil {
		t.Fatal(err)
	}
	start(t, server)
	raw, err := os.ReadFile(filepath.Join(hqDir, enrol.RootsFile))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := authority.ParseCerts(raw)
	if err != nil {
		t.Fatal(err)
	}
	cl := &client.Client{URLs: []string{server.URL()}, Token: readToken(t, hqDir), HTTP: client.NewHTTP(10*time.Second, roots...), Tries: 200, Retry: 100 * time.Millisecond}
	var added hq.SiteAdded
	if _, err := cl.Do(t.Context(), http.MethodPost, "/v1/sites", "k", hq.SiteRequest{Site: "leeds", Kind: "counter"}, &added); err != nil {
		t.Fatal(err)
	}
	token, err := identity.ParseToken(added.Token)
	if err != nil {
		t.Fatal(err)
	}
	env, cfg := world.New(), node.Config{Site: "leeds", Dir: dir, Listen: "127.0.0.1:0", HQ: []string{server.URL()}}
	if err := node.Enrol(t.Context(), env, &cfg, token, func(err error) { t.Log(err) }); err != nil {
		t.Fatal(err)
	}
	papers := func() *identity.Papers {
		p, _, err := enrol.Folder{Env: env, Dir: dir}.Papers()
		if err != nil || p == nil {
			t.Fatalf("read papers: got %v, %v", p, err)
		}
		return p
	}
	first := papers()
	now := env.Clock
	env.Clock = laterClock{now, authority.Life + time.Hour} // cut off for too long: nobody believes it, and it says so
	n, err := node.Open(env, cfg, quiet, registry(dir))
	if err != nil {
		t.Fatal(err)
	}
	if c := n.Status().Certificate; c == nil || c.State != "ended" || c.Ends == "" {
		t.Errorf("got %+v, want it said that the certificate has ended", c)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	env.Clock = laterClock{now, authority.Life*2/3 + time.Hour}
	if n, err = node.Open(env, cfg, quiet, registry(dir)); err != nil {
		t.Fatal(err)
	}
	if c := n.Status().Certificate; c == nil || c.State != "due" {
		t.Errorf("got %+v, want it said that the certificate is due", c)
	}
	start(t, n)
	for end := time.Now().Add(30 * time.Second); papers().Ends().Equal(first.Ends()); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got the certificate until %v still, want a later one", first.Ends())
		}
	}
	if c := n.Status().Certificate; c.Why != "" {
		t.Errorf("got %+v, want no reason why it is not renewed", c)
	}
	if next := papers(); next.Name.Who != "leeds" || next.Ends().Before(first.Ends()) {
		t.Errorf("got %v until %v, want leeds beyond %v", next.Name, next.Ends(), first.Ends())
	}
}
