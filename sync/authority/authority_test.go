package authority_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"flag"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

var update = flag.Bool("update", false, "write golden files anew")

var start = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func newState(t *testing.T) authority.State {
	t.Helper()
	s, err := authority.New("c1", rand.Reader, start)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rotated(t *testing.T, s authority.State, at time.Time) authority.State {
	t.Helper()
	s, err := s.Rotate(rand.Reader, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func leaf(t *testing.T, s authority.State, at time.Time) []*x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := authority.Request(key, []string{"10.0.0.11", "leeds.example"}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := s.Issue(identity.Name{Company: "c1", Role: identity.RoleSite, Who: "leeds", Epoch: 1}, r, rand.Reader, at)
	if err != nil {
		t.Fatal(err)
	}
	var out []*x509.Certificate
	for _, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// Whoever renews in time is believed by whoever renews in time, on every day of a rotation, whichever roots each has heard of.
func TestARotationLocksNobodyOut(t *testing.T) {
	before := newState(t)
	after := rotated(t, before, start.Add(5*24*time.Hour))
	const day = 24 * time.Hour
	// What a process holds that renewed last on day d.
	as := func(d int) (authority.State, time.Time) {
		at := start.Add(time.Duration(d) * day)
		if d < 5 {
			return before, at
		}
		return after, at
	}
	life := int(authority.Life / day)
	for today := 0; today < 4*life; today += 3 {
		now := start.Add(time.Duration(today)*day + time.Hour)
		for _, mine := range []int{today, today - life/3, today - life*2/3, today - life + 1} {
			for _, theirs := range []int{today, today - life/2, today - life*2/3, today - life + 1} {
				if mine < 0 || theirs < 0 {
					continue
				}
				s, at := as(mine)
				trust := s.Trust(at)
				s, at = as(theirs)
				if _, err := trust.Peer(leaf(t, s, at), x509.ExtKeyUsageClientAuth, now); err != nil {
					t.Fatalf("day %d: who renewed on day %d does not believe who did on day %d: %v", today, mine, theirs, err)
				}
			}
		}
	}
	end := start.Add(5*day + 2*authority.Life + time.Hour)
	trust := after.Trust(end)
	if _, err := trust.Peer(leaf(t, before, end), x509.ExtKeyUsageClientAuth, end); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("the old root when all that it signed has ended: got %v, want it refused", err)
	}
	for want, at := range map[authority.Stage]time.Time{authority.StageSigning: start, authority.StageLeaving: end.Add(-2 * time.Hour), authority.StageOver: end} {
		if got := after.Stage(0, at); got != want {
			t.Errorf("the old root at %v: got %s, want %s", at, got, want)
		}
	}
	if got := after.Stage(1, start.Add(6*day)); got != authority.StageKnown {
		t.Errorf("the new root: got %s, want known", got)
	}
}

func TestServersComeToHoldTheSame(t *testing.T) {
	s := newState(t)
	a, b := rotated(t, s, start.Add(time.Hour)), rotated(t, s, start.Add(2*time.Hour))
	ab, err1 := a.Join(b)
	ba, err2 := b.Join(a)
	again, err3 := ab.Join(ba)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	one, _ := ab.Marshal()
	for _, other := range []authority.State{ba, again} {
		if two, _ := other.Marshal(); !bytes.Equal(one, two) {
			t.Error("got two states, want one")
		}
	}
	if len(ab.Generations) != 3 {
		t.Errorf("got %d generations, want 3", len(ab.Generations))
	}
	if _, err := s.Join(authority.State{Company: "c2"}); err == nil {
		t.Error("another company's: got nil, want it refused")
	}
	for range authority.GenerationsMax {
		if s, err1 = s.Rotate(rand.Reader, start); err1 != nil {
			return
		}
	}
	t.Error("got more generations than there may be")
}

// An authority is rotated as long as the company lives: what nobody's certificate hangs on makes room. A server that has slept through it
// all, and one that keeps an old copy, bring nothing back.
func TestAnAuthorityIsRotatedForEver(t *testing.T) {
	s := newState(t)
	slept, now := s, start
	var held []*x509.Certificate // of a process that renewed last in the middle of its certificate's life
	for i := range 3 * authority.GenerationsMax {
		now = now.Add(authority.Life + 24*time.Hour)
		was := s
		s = rotated(t, s, now)
		if n := len(s.Generations); n > 4 {
			t.Fatalf("rotation %d: got %d generations, want those that certificates may hang on", i, n)
		}
		before, after := was.Trust(now), s.Trust(now)
		for _, root := range before.Roots {
			if !slices.ContainsFunc(after.Roots, root.Equal) {
				t.Errorf("rotation %d: a root that is believed was dropped", i)
			}
		}
		if held != nil {
			trust := s.Trust(now)
			if _, err := trust.Peer(held, x509.ExtKeyUsageClientAuth, now); err != nil {
				t.Errorf("rotation %d: a certificate that has not ended: got %v", i, err)
			}
		}
		held = leaf(t, s, now.Add(authority.Life/2))
		if i == authority.GenerationsMax/2 {
			slept = s
		}
	}
	for what, old := range map[string]authority.State{"from before everything": newState(t), "one that slept": slept} {
		if old.Kept(now).Same(s) {
			t.Fatalf("%s: got the same, want an old one", what)
		}
	}
	joined, err := s.Kept(now).Join(slept.Kept(now))
	if err != nil || !joined.Kept(now).Same(s.Kept(now)) {
		t.Errorf("joined with one that slept: got %d generations, %v; want the %d that there are", len(joined.Kept(now).Generations), err, len(s.Kept(now).Generations))
	}
	other, err := slept.Kept(now).Join(s.Kept(now))
	if err != nil || !other.Kept(now).Same(s.Kept(now)) {
		t.Errorf("one that slept, joined: got %d generations, %v", len(other.Kept(now).Generations), err)
	}
	many := newState(t)
	for err = nil; err == nil; {
		var next authority.State
		if next, err = many.Rotate(rand.Reader, start.Add(time.Hour)); err == nil {
			many = next
		}
	}
	no, ok := errors.AsType[*ledger.FormError](err)
	if !ok {
		t.Fatalf("too many at once: got %v", err)
	}
	at, rest, _ := strings.Cut(strings.TrimPrefix(no.Why[strings.Index(no.Why, "is over at "):], "is over at "), ": ")
	when, parsed := time.Parse(time.RFC3339, at)
	if full := strings.Replace(no.Error(), at, "THEN", 1); full != "authority has 16 generations, as many as it keeps, and certificates of each may be about. The oldest is over at THEN: rotate again then" {
		t.Errorf("got %q", full)
	}
	if len(many.Generations) != authority.GenerationsMax || rest != "rotate again then" || parsed != nil {
		t.Fatalf("too many at once: got %d generations, %v; want when there is room", len(many.Generations), err)
	}
	if _, err := many.Rotate(rand.Reader, when.Add(-time.Minute)); err == nil {
		t.Error("before the moment that was told: got it rotated")
	}
	if _, err := many.Rotate(rand.Reader, when.Add(time.Minute)); err != nil {
		t.Errorf("at the moment that was told: got %v", err)
	}
}

func TestOnesOwnAuthorityIsTaken(t *testing.T) {
	s, own := newState(t), newState(t)
	g := own.Generations[0]
	later := start.Add(time.Second + authority.Life) // taken in the very second in which the other began: it comes behind it
	took, err := s.Take(g.Cert, g.Key, start)
	if err != nil {
		t.Fatal(err)
	}
	if took.Signing(later).Fingerprint() != g.Fingerprint() || took.Signing(later.Add(-time.Second)).Fingerprint() == g.Fingerprint() {
		t.Error("it does not sign from the moment on at which it is known everywhere")
	}
	for what, f := range map[string]func() (authority.State, error){
		"a key that is not its own": func() (authority.State, error) { return s.Take(g.Cert, s.Generations[0].Key, start) },
		"a process's certificate":   func() (authority.State, error) { return s.Take(leaf(t, own, start)[0], g.Key, start) },
		"one that ends soon": func() (authority.State, error) {
			return s.Take(g.Cert, g.Key, start.Add(authority.RootLife-authority.Life))
		},
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: got nil, want it refused", what)
		}
	}
}

func TestARequestIsOfWhoeverHasTheKey(t *testing.T) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r, err := authority.Request(key, []string{"10.0.0.11"}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(r.Raw)
	forged[len(forged)-1] ^= 1
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, other)
	if err != nil {
		t.Fatal(err)
	}
	many, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: make([]string, authority.HostsMax+1)}, key)
	if err != nil {
		t.Fatal(err)
	}
	for what, raw := range map[string][]byte{"forged": forged, "cut": r.Raw[:20], "none": nil, "a key of another curve": der, "too many hosts": many} {
		if _, err := authority.ParseRequest(raw); err == nil {
			t.Errorf("%s: got nil, want it refused", what)
		}
	}
	if _, err := authority.ParseRequest(r.Raw); err != nil {
		t.Error(err)
	}
	if _, err := newState(t).Issue(identity.Name{Company: "c2", Role: identity.RoleHQ, Who: "x"}, r, rand.Reader, start); err == nil {
		t.Error("a name of another company: got nil, want it refused")
	}
	crowd, anywhere := *r, *r
	crowd.DNSNames, anywhere.IPAddresses = slices.Repeat([]string{"leeds.example.com"}, authority.HostsMax), []net.IP{net.IPv4zero}
	for want, asked := range map[string]*x509.CertificateRequest{"names has 9 hosts; a certificate has room for 8": &crowd, "names has 0.0.0.0, which is no machine's address": &anywhere} {
		if _, err := newState(t).Issue(identity.Name{Company: "c1", Role: identity.RoleHQ, Who: "x"}, asked, rand.Reader, start); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for what, hosts := range map[string]*x509.CertificateRequest{
		"a name with a star":        {DNSNames: []string{"*.example.com"}},
		"a star alone":              {DNSNames: []string{"*"}},
		"no name":                   {DNSNames: []string{""}},
		"a name with a port":        {DNSNames: []string{"hq.example.com:8090"}},
		"every address":             {IPAddresses: []net.IP{net.IPv4zero}},
		"every address, of IPv6":    {IPAddresses: []net.IP{net.IPv6unspecified}},
		"an address of a group":     {IPAddresses: []net.IP{net.ParseIP("224.0.0.1")}},
		"a good one, and a bad one": {DNSNames: []string{"leeds.example.com", "*.example.com"}},
	} {
		der, err := x509.CreateCertificateRequest(rand.Reader, hosts, key)
		if err != nil {
			continue // not even a request
		}
		asked, err := x509.ParseCertificateRequest(der)
		if err != nil {
			continue
		}
		if chain, err := newState(t).Issue(identity.Name{Company: "c1", Role: identity.RoleHQ, Who: "x"}, asked, rand.Reader, start); err == nil {
			c, _ := x509.ParseCertificate(chain[0])
			t.Errorf("%s: got a certificate for %v, want it refused whoever signs", what, authority.Says(c))
		}
	}
	if _, err := (authority.State{}).Issue(identity.Name{}, r, rand.Reader, start); err == nil {
		t.Error("without an authority: got nil, want it refused")
	}
}

// The golden file is an authority of two generations, made for this test and nothing else.
func TestAnAuthorityIsReadAsItWasWritten(t *testing.T) {
	const path = "testdata/authority.pem"
	if *update {
		raw, err := rotated(t, newState(t), start.Add(time.Hour)).Marshal()
		if err == nil {
			err = os.WriteFile(path, raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := authority.Parse(golden)
	if err != nil || s.Company != "c1" || len(s.Generations) != 2 || !s.Generations[1].Since.Equal(start.Add(time.Hour)) {
		t.Fatalf("got %d generations of %q, %v", len(s.Generations), s.Company, err)
	}
	if again, err := s.Marshal(); err != nil || !bytes.Equal(again, golden) {
		t.Errorf("got other bytes than were read, %v", err)
	}
}

func FuzzParse(f *testing.F) {
	golden, err := os.ReadFile("testdata/authority.pem")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, err := authority.ParseRequest(raw); err == nil && r.PublicKey == nil {
			t.Error("a request without a key")
		}
		s, err := authority.Parse(raw)
		if err != nil {
			return
		}
		out, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := authority.Parse(out)
		if err != nil || len(again.Generations) != len(s.Generations) {
			t.Errorf("got %d generations, %v; want %d", len(again.Generations), err, len(s.Generations))
		}
	})
}
