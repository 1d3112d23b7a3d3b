// White box: a server's certificate changes within a minute of a day that no test waits for.
package hq

import (
	"crypto/rand"
	"crypto/x509"
	"io"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// Whoever comes with a token is shown a certificate of the root that tokens name, on each day of a rotation.
func TestATokenNamesTheRootThatServersShow(t *testing.T) {
	w := testworld.New(1)
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
	for day := range 100 {
		if day == 5 {
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
