package node_test

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/authority"
)

// everywhere listens on loopback and says that it is reached from anywhere.
type everywhere struct{ testworld.Loopback }

type open struct{ net.Listener }

func (open) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 5), Port: 8080} }

func (e everywhere) Listen(network, address string) (net.Listener, error) {
	l, err := e.Loopback.Listen(network, address)
	return open{l}, err
}

func openedAnywhere(t *testing.T, w *testworld.World, cfg node.Config) (*node.Node, error) {
	t.Helper()
	env := w.Env()
	env.Network = everywhere{}
	env.Random = func(string) io.Reader { return rand.Reader }
	n, err := node.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil {
		t.Cleanup(func() { _ = n.Close() })
	}
	return n, err
}

func TestANodeIsNotReachedInTheClear(t *testing.T) {
	cfg := node.Config{Site: "leeds", Dir: t.TempDir(), Listen: "127.0.0.1:0", HQ: []string{"http://hq:1"}, Join: "hf_secret"}
	if _, err := openedAnywhere(t, testworld.New(1), cfg); !errors.Is(err, node.ErrPlain) {
		t.Errorf("got %v, want that it is not served in the clear", err)
	}
}

// A site that stands alone has nobody to give it a certificate: it makes its own, and anew when two thirds are over.
func TestASiteThatStandsAloneProvesItselfToItsTills(t *testing.T) {
	w := testworld.New(1)
	cfg := node.Config{Site: "leeds", Dir: t.TempDir(), Listen: "127.0.0.1:0", Standalone: true, Counter: true}
	leaf := func() *x509.Certificate {
		n, err := openedAnywhere(t, w, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		roots, err := os.ReadFile(filepath.Join(cfg.Dir, "ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		certs, err := authority.ParseCerts(roots)
		if err != nil {
			t.Fatal(err)
		}
		site, _, err := node.Enrolled(w.Env(), cfg.Dir)
		if err != nil || site != ledger.SiteID("leeds") || n.URL() != "https://10.0.0.5:8080" {
			t.Errorf("got %s at %s, %v", site, n.URL(), err)
		}
		pool := x509.NewCertPool()
		pool.AddCert(certs[0])
		raw, err := os.ReadFile(filepath.Join(cfg.Dir, "identity.pem"))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := authority.ParseCerts(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chain[0].Verify(x509.VerifyOptions{Roots: pool, DNSName: "localhost", CurrentTime: w.Clock.Wall()}); err != nil {
			t.Errorf("a till that believes ca.pem: %v", err)
		}
		return chain[0]
	}
	first := leaf()
	if again := leaf(); !again.Equal(first) {
		t.Error("it made another certificate a moment later")
	}
	w.Clock.Advance(authority.Life * 2 / 3)
	if again := leaf(); again.Equal(first) || !again.NotAfter.After(first.NotAfter) {
		t.Errorf("when two thirds are over: got the one until %v, want a later one", again.NotAfter)
	}
	cfg.Site = "york"
	if _, err := openedAnywhere(t, w, cfg); err == nil {
		t.Error("another site with the folder's certificate: got nil, want it refused")
	}
}

// A node says in its certificate what it is told that it is called by, from the next start on; what it is called by and the certificate does
// not say, it tells at its start and on its status.
func TestACertificateSaysWhatTheNodeIsCalledBy(t *testing.T) {
	w := testworld.New(1)
	cfg := node.Config{Site: "leeds", Dir: t.TempDir(), Listen: "0.0.0.0:0", Standalone: true, Counter: true}
	var log strings.Builder
	open := func(names ...string) (leaf *x509.Certificate, url string) {
		t.Helper()
		cfg.Names = names
		log.Reset()
		env := w.Env()
		env.Network = anyAddress{}
		env.Random = func(string) io.Reader { return rand.Reader }
		n, err := node.Open(env, cfg, slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		url = n.URL()
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(cfg.Dir, "identity.pem"))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := authority.ParseCerts(raw)
		if err != nil {
			t.Fatal(err)
		}
		return chain[0], url
	}
	first, _ := open()
	if !strings.Contains(log.String(), "does not say how other machines call this node") || !strings.Contains(log.String(), "start it with --names") {
		t.Errorf("on every address, under no name: got %s", log.String())
	}
	named, url := open("203.0.113.7", "Stock.example.com")
	for _, host := range []string{"203.0.113.7", "stock.example.com", "localhost"} {
		if err := named.VerifyHostname(host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if named.Equal(first) || url != "https://203.0.113.7:8080" || strings.Contains(log.String(), "certificate") {
		t.Errorf("told its names: got %s and %s", url, log.String())
	}
	if again, _ := open("stock.example.com"); !again.Equal(named) {
		t.Error("a name less: got another certificate, want the one that says it")
	}
	many := []string{"a.test", "b.test", "c.test", "d.test", "e.test", "f.test", "g.test"}
	if _, _ = open(many...); !strings.Contains(log.String(), "lacks=[g.test]") {
		t.Errorf("one name more than there is room for: got %s", log.String())
	}
	cfg.Names = []string{"leeds:8080"}
	if err, want := cfg.Validate(), `names has "leeds:8080", which is neither a host's name nor an address; a port does not belong to it`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	for _, name := range []string{"", "https://leeds", "leeds:8080", "le eds", "-leeds", strings.Repeat("a", 64), "[::1]"} {
		cfg.Names = []string{name}
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "neither a host's name nor an address") {
			t.Errorf("%q: got %v, want it refused", name, err)
		}
	}
	if _, err := ledger.AuditBook(w.Env(), cfg.Dir, nil); err != nil {
		t.Errorf("audit: %v", err)
	}
}

// anyAddress listens on loopback and says that it does so on every address.
type anyAddress struct{ testworld.Loopback }

type unspecified struct{ net.Listener }

func (unspecified) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 8080} }

func (e anyAddress) Listen(network, _ string) (net.Listener, error) {
	l, err := e.Loopback.Listen(network, "127.0.0.1:0")
	return unspecified{l}, err
}
