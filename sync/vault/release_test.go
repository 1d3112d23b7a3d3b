package vault_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

// A leap is a clock that a wait moves on at once.
type leap struct {
	begun time.Time
	gone  time.Duration
}

func (c *leap) Wall() time.Time     { return c.begun.Add(c.gone) }
func (c *leap) Mono() time.Duration { return c.gone }
func (c *leap) After(d time.Duration) (<-chan time.Time, func()) {
	c.gone += d
	fired := make(chan time.Time, 1)
	fired <- c.Wall()
	return fired, func() {}
}

// A cut line reaches nobody.
type cut struct{ dials int }

var errCut = errors.New("the line is cut")

func (c *cut) Dial(context.Context, string, string) (net.Conn, error) { c.dials++; return nil, errCut }
func (*cut) Listen(string, string) (net.Listener, error)              { return nil, errCut }

// office is head office as leeds sees it over a cut line.
func office(t *testing.T, servers ...string) (*vault.Office, *leap, *cut) {
	t.Helper()
	clock, line := &leap{begun: now}, new(cut)
	env := testworld.New(1).Env()
	env.Clock, env.Network = clock, line
	state, err := authority.New("acme", rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := enrol.NewKey(env)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := authority.Request(key, nil, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ders, err := state.Issue(identity.Name{Company: "acme", Role: identity.RoleSite, Who: "leeds"}, csr, rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := authority.ParseCerts(authority.MarshalCert(ders...))
	if err != nil {
		t.Fatal(err)
	}
	papers, err := enrol.Papers(chain, key, chain[1:])
	if err != nil {
		t.Fatal(err)
	}
	return &vault.Office{Env: env, Papers: papers, Servers: servers}, clock, line
}

// A node that is cut off at a start asks again with pauses that grow, says each time why and for how long, and gives up when its wait is over.
func TestANodeThatIsCutOffAsksForAWhile(t *testing.T) {
	f, _ := sample(t)
	o, clock, line := office(t, "https://hq-1:1", "https://hq-2:1")
	var pauses []time.Duration
	_, err := o.Ask(t.Context(), f.Request(), 2*time.Minute, func(err error, pause time.Duration) bool {
		if !errors.Is(err, errCut) {
			t.Errorf("got %v, want why", err)
		}
		pauses = append(pauses, pause/time.Second)
		return true
	})
	away, ok := errors.AsType[*vault.AwayError](err)
	if !ok || away.Tries != 9 || line.dials != 18 || !errors.Is(err, errCut) || clock.gone != 2*time.Minute {
		t.Errorf("got %v after %d dials and %v, want 9 rounds of two servers within two minutes", err, line.dials, clock.gone)
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 30, 30, 29}; !slices.Equal(pauses, want) {
		t.Errorf("got pauses of %d s, want %d", pauses, want)
	}
	o, _, line = office(t, "https://hq-1:1")
	if _, err := o.Ask(t.Context(), f.Request(), time.Hour, func(error, time.Duration) bool { return false }); err == nil || line.dials != 1 {
		t.Errorf("who would rather type: got %v after %d dials, want one", err, line.dials)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := o.Ask(ended, f.Request(), time.Hour, func(error, time.Duration) bool { return true }); err == nil {
		t.Error("a process that is told to stop: got an answer")
	}
}

// What cannot get better by waiting is said at once.
func TestANodeDoesNotWaitForANo(t *testing.T) {
	f, _ := sample(t)
	for words, change := range map[string]func(*vault.Office, *leap){
		"certificate has ended": func(_ *vault.Office, c *leap) { c.gone = authority.Life },
		"in the clear":          func(o *vault.Office, _ *leap) { o.Servers = []string{"http://hq-1:1"} },
		"where head office is":  func(o *vault.Office, _ *leap) { o.Servers = nil },
	} {
		o, clock, line := office(t, "https://hq-1:1")
		change(o, clock)
		_, err := o.Ask(t.Context(), f.Request(), time.Hour, func(error, time.Duration) bool { t.Error("it waits"); return false })
		if no, ok := errors.AsType[*vault.RefusedError](err); !ok || !strings.Contains(no.Detail, words) || no.Hint == "" || line.dials > 0 {
			t.Errorf("%s: got %v after %d dials", words, err, line.dials)
		}
	}
}

var _ ledger.Clock = (*leap)(nil)
