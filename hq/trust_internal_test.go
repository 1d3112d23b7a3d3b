// White box: a server's certificate changes within a minute of a day that no test waits for.
package hq

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// A rotation stands in no journal: the log is where it is found who began it, and why.
func TestTheLogKeepsWhoRotatedTheAuthority(t *testing.T) {
	s := trusted(t, testworld.New(1))
	var log strings.Builder
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	rotate := func(body string) (*httptest.ResponseRecorder, error) {
		w := httptest.NewRecorder()
		return w, s.postRotate(w, httptest.NewRequest("POST", "/v1/authority/rotate", strings.NewReader(body)))
	}
	if _, err := rotate(`{"by":"beth"}`); err == nil || len(s.trust.now().Generations) != 1 || log.Len() > 0 {
		t.Errorf("for no reason: got %v and %q, want it refused", err, log.String())
	}
	if w, err := rotate(`{"by":"beth","reason":"a disk was stolen"}`); err != nil || w.Code != 200 {
		t.Fatalf("got %d, %v", w.Code, err)
	}
	state := s.trust.now()
	if len(state.Generations) != 2 {
		t.Fatalf("got %d generations, want 2", len(state.Generations))
	}
	for _, want := range []string{"by=beth", `reason="a disk was stolen"`, "root=" + state.Generations[1].Fingerprint().String()} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got %q, want %s in it", log.String(), want)
		}
	}
}

// Whoever comes with a token is shown a certificate of the root that tokens name, on each day of a rotation.
func TestATokenNamesTheRootThatServersShow(t *testing.T) {
	w := testworld.New(1)
	s := trusted(t, w)
	env := s.env
	for day := range 100 {
		if day == 5 {
			var err error
			if s.trust.state, err = s.trust.state.Rotate(rand.Reader, env.Clock.Wall()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.freshen(); err != nil {
			t.Fatal(err)
		}
		named := s.trust.now().Signing(env.Clock.Wall()).Cert
		pinned := identity.Trust{Company: "c-1", Roots: []*x509.Certificate{named}}
		if _, err := pinned.Peer([]*x509.Certificate{s.trust.keeper.Papers().Chain.Leaf}, x509.ExtKeyUsageServerAuth, env.Clock.Wall()); err != nil {
			t.Fatalf("day %d: got %v by the root that a token names", day, err)
		}
		w.Clock.Jump(24 * time.Hour)
	}
}

// A join token from before a rotation is taken while the generation that it names signs. One whose day has the moment in it at which the
// next one begins to sign is refused by whoever came with it, who is told so: that it is not taken for another company's.
func TestATokenOfBeforeARotationIsTakenOrSaysWhy(t *testing.T) {
	w := testworld.New(1)
	s := trusted(t, w)
	pinned := func(token identity.Fingerprint) error {
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		go func() { _ = tls.Server(there, s.trust.keeper.Server()).HandshakeContext(t.Context()) }() // ends with the pipe
		return tls.Client(here, identity.Pinned(token, s.env.Clock.Wall, func(identity.Trust) {})).HandshakeContext(t.Context())
	}
	given := func() identity.Fingerprint { return s.trust.now().Signing(s.env.Clock.Wall()).Fingerprint() }
	before := given()
	if _, err := s.change(func(state authority.State) (authority.State, error) {
		return state.Rotate(rand.Reader, s.env.Clock.Wall())
	}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Jump(23 * time.Hour)
	if err := errors.Join(s.freshen(), pinned(before)); err != nil {
		t.Errorf("23 hours after the rotation began: got %v, want the token taken", err)
	}
	w.Clock.Jump(authority.Life - 24*time.Hour)
	last := given()
	w.Clock.Jump(2 * time.Hour)
	if next := given(); last != before || next == last {
		t.Fatal("the next generation does not sign now")
	}
	if err := s.freshen(); err != nil {
		t.Fatal(err)
	}
	if err := pinned(last); !errors.Is(err, identity.ErrRotated) {
		t.Errorf("given an hour before the next one began to sign: got %v, want to be told that", err)
	}
	if err := pinned(given()); err != nil {
		t.Errorf("one that is given now: got %v", err)
	}
	if err := pinned(identity.Fingerprint{1}); errors.Is(err, identity.ErrRotated) || !errors.Is(err, identity.ErrForeign) {
		t.Errorf("another company's: got %v", err)
	}
}

// A token that is given in the minute in which another generation begins to sign names the root that is shown from then on: the server's own
// certificate is made anew before, and not at its next look.
func TestATokenIsGivenUnderTheCertificateThatIsShown(t *testing.T) {
	w := testworld.New(1)
	s := trusted(t, w)
	if _, err := s.change(func(state authority.State) (authority.State, error) {
		return state.Rotate(rand.Reader, s.env.Clock.Wall())
	}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Jump(authority.Life + time.Minute)
	root, err := s.namesRoot()
	if err != nil {
		t.Fatal(err)
	}
	if shown := s.trust.keeper.Papers().Chain.Certificate[1]; root != identity.FingerprintOf(shown) || root != s.trust.state.Generations[1].Fingerprint() {
		t.Errorf("got a token that names %.12s under a certificate of %.12s, want the generation that signs now", root, identity.FingerprintOf(shown))
	}
}

// The key of a generation that is over goes from the disk, at a head office of one server, too, whom nobody gives anything to join.
func TestAServerAloneDropsWhatIsOver(t *testing.T) {
	w := testworld.New(1)
	s := trusted(t, w)
	if _, err := s.change(func(state authority.State) (authority.State, error) {
		return state.Rotate(rand.Reader, s.env.Clock.Wall())
	}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		on   time.Duration
		want int
	}{{2 * authority.Life, 2}, {2 * time.Hour, 1}} { // the clock of whoever believes it may be an hour behind
		w.Clock.Jump(step.on)
		if err := s.dropOver(); err != nil {
			t.Fatal(err)
		}
		raw, err := enrol.Folder{Env: s.env, Dir: s.cfg.Dir}.Read(AuthorityFile)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := authority.Parse(raw); err != nil || len(kept.Generations) != step.want {
			t.Errorf("%v on: got %d generations on the disk (%v), want %d", step.on, len(kept.Generations), err, step.want)
		}
	}
}

// A server's certificate says what it is called by: its URL, the one address that it listens on, and the names that it was told.
func TestAServersCertificateSaysItsNames(t *testing.T) {
	s := trusted(t, testworld.New(1))
	cfg := Config{Listen: "10.0.0.11:8090", URL: "https://hq.internal:8090", Names: []string{"hq.example.com", "203.0.113.9"}}
	s.trust.hosts = cfg.hosts()
	papers, err := s.trust.papers(s.env)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "10.0.0.11", "hq.internal", "hq.example.com", "203.0.113.9"} {
		if err := papers.Chain.Leaf.VerifyHostname(host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// trusted is a server that has an authority, and nothing else.
func trusted(t *testing.T, w *testworld.World) *Server {
	t.Helper()
	env := w.Env()
	env.Random = func(string) io.Reader { return rand.Reader }
	s := &Server{env: env, cfg: Config{Dir: t.TempDir(), Name: "hq-1"}, trust: &trust{}}
	var err error
	if s.trust.state, err = authority.New("c-1", rand.Reader, env.Clock.Wall()); err != nil {
		t.Fatal(err)
	}
	if s.trust.key, err = enrol.NewKey(env); err != nil {
		t.Fatal(err)
	}
	s.trust.who = identity.Name{Company: "c-1", Role: identity.RoleHQ, Who: "hq-1"}
	papers, err := s.trust.papers(env)
	if err != nil {
		t.Fatal(err)
	}
	s.trust.keeper = identity.NewKeeper(papers, env.Clock.Wall)
	return s
}
