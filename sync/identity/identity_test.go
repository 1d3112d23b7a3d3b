package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestANameHasOneSpelling(t *testing.T) {
	for text, want := range map[string]identity.Name{
		"holdfast://c-4f21/site/leeds?epoch=3": {Company: "c-4f21", Role: identity.RoleSite, Who: "leeds", Epoch: 3},
		"holdfast://c-4f21/site/york?epoch=0":  {Company: "c-4f21", Role: identity.RoleSite, Who: "york"},
		"holdfast://c-4f21/hq/hq-1":            {Company: "c-4f21", Role: identity.RoleHQ, Who: "hq-1"},
	} {
		if got, err := identity.ParseName(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %+v %q, %v; want %+v", text, got, got, err, want)
		}
	}
	for _, text := range []string{
		"", "leeds", "https://c/site/leeds?epoch=3", "holdfast://c/site/leeds", "holdfast://c/site/leeds?epoch=03", "holdfast://c/site/leeds?epoch=-1",
		"holdfast://c/site/leeds?epoch=3&epoch=4", "holdfast://c/site/Leeds?epoch=3", "holdfast://c/site/leeds/york?epoch=3", "holdfast://c/till/t1",
		"holdfast://c/hq/hq-1?epoch=3", "holdfast://c/hq/", "holdfast:///hq/hq-1", "holdfast://C/hq/hq-1", "holdfast://u@c/hq/hq-1", "holdfast://c/hq/hq-1#x",
		"holdfast://c/site/%6ceeds?epoch=3", "holdfast://c/hq/" + strings.Repeat("a", 65),
	} {
		if n, err := identity.ParseName(text); err == nil {
			t.Errorf("%q: got %+v, want it refused", text, n)
		}
	}
}

func sampleToken() identity.Token {
	return identity.Token{ID: identity.TokenID{1, 2, 3, 4, 5, 6, 7, 8}, Secret: [16]byte{9, 9}, Root: identity.Fingerprint{7}, Role: identity.RoleSite, Site: "leeds",
		Ends: time.Unix(1_790_000_000, 0).UTC(), Servers: []string{"https://10.0.0.11:8090", "https://10.0.0.12:8090"}}
}

func TestATokenIsReadAsItWasWritten(t *testing.T) {
	const path = "testdata/token.txt"
	text := sampleToken().Text()
	if *update {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(golden)) != text {
		t.Errorf("got %s, %v; want %s", text, err, golden)
	}
	got, err := identity.ParseToken(strings.TrimSpace(string(golden)))
	if err != nil || fmt.Sprintf("%x", got.Secret) != fmt.Sprintf("%x", sampleToken().Secret) || got.Text() != text || got.Site != "leeds" || len(got.Servers) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(text) > 250 {
		t.Errorf("got %d characters; a QR code on a terminal has room for 250", len(text))
	}
}

func TestATokenThatWasCopiedWrongSaysSo(t *testing.T) {
	text := sampleToken().Text()
	for what, bad := range map[string]string{"cut": text[:len(text)-3], "one letter": strings.Replace(text, "AQEC", "AQED", 1), "another prefix": "hf_" + text[5:], "empty": ""} {
		if _, err := identity.ParseToken(bad); err == nil {
			t.Errorf("%s: got nil, want it refused", what)
		} else if strings.Contains(err.Error(), text[10:]) {
			t.Errorf("%s: the error shows the token: %v", what, err)
		}
	}
	for _, bad := range []func(*identity.Token){
		func(v *identity.Token) { v.Site = "" }, func(v *identity.Token) { v.Role = identity.RoleHQ }, func(v *identity.Token) { v.Role = 9 },
		func(v *identity.Token) { v.Servers = nil }, func(v *identity.Token) { v.Servers = []string{"http://10.0.0.11:8090"} },
		func(v *identity.Token) { v.Servers = []string{"https://u:p@h"} }, func(v *identity.Token) { v.Site = "../x" },
	} {
		v := sampleToken()
		bad(&v)
		if got, err := identity.ParseToken(v.Text()); err == nil {
			t.Errorf("got %+v, want it refused", got)
		}
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	v := sampleToken()
	for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%v %+v %#v %s", v, v, v, v)} {
		if strings.Contains(text, "9, 9") || strings.Contains(text, "09, 0x09") || strings.Contains(text, "0909") || !strings.Contains(text, "0102030405060708") {
			t.Errorf("got %s", text)
		}
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add("holdfast://c-4f21/site/leeds?epoch=3")
	f.Add("holdfast://c-4f21/hq/hq-1")
	f.Add(sampleToken().Text())
	f.Add(`{"version":1,"book":"00112233445566778899aabbccddeeff","wraps":[{"by":"passphrase","made":"2026-11-27T05:00:00Z","salt":"AAAAAAAAAAAAAAAAAAAAAA==","box":"` + strings.Repeat("A", 80) + `","memory_kib":65536,"passes":3,"lanes":1}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := identity.ParseName(text); err == nil && n.String() != text {
			t.Errorf("name: got %q from %q", n, text)
		}
		if v, err := identity.ParseToken(text); err == nil && v.Text() != text {
			t.Errorf("token: got %q from %q", v.Text(), text)
		}
		if v, err := vault.Parse([]byte(text)); err == nil { // what opens a sealed book
			if again, err := vault.Parse(v.Marshal()); err != nil || !reflect.DeepEqual(again.Wraps, v.Wraps) {
				t.Errorf("file of a key: got %v of %q written again", err, text)
			}
		}
	})
}

// A world is one company's authority, and what is drawn and dated in it.
type world struct {
	state authority.State
	now   time.Time
}

func newWorld(t *testing.T, company string) *world {
	t.Helper()
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	s, err := authority.New(company, rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	return &world{s, now}
}

func (w *world) clock() time.Time { return w.now }

func (w *world) papers(t *testing.T, n identity.Name) *identity.Papers {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := authority.Request(key, []string{"127.0.0.1", "till.leeds"}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := w.state.Issue(n, r, rand.Reader, w.now)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	return &identity.Papers{Name: n, Chain: tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}, Trust: w.state.Trust(w.now)}
}

func hqName(company string) identity.Name {
	return identity.Name{Company: company, Role: identity.RoleHQ, Who: "hq-1"}
}

func siteName(company, site string) identity.Name {
	return identity.Name{Company: company, Role: identity.RoleSite, Who: site, Epoch: 2}
}

// meet has two ends shake hands, and gives what each says of the other.
func meet(t *testing.T, server, client *tls.Config) (served, called tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	s, c := tls.Server(a, server), tls.Client(b, client)
	done := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("."))
		}
		if err != nil {
			_ = a.Close()
		}
		done <- err
	}()
	if clientErr = c.Handshake(); clientErr == nil { // TLS 1.3: what the server thinks of the client comes with its first word
		_, clientErr = c.Read(make([]byte, 1))
	}
	if clientErr != nil {
		_ = b.Close()
	}
	serverErr = <-done
	return s.ConnectionState(), c.ConnectionState(), serverErr, clientErr
}

func TestBothEndsAreKnownByName(t *testing.T) {
	w := newWorld(t, "c1")
	hq, leeds := identity.NewKeeper(w.papers(t, hqName("c1")), w.clock), identity.NewKeeper(w.papers(t, siteName("c1", "leeds")), w.clock)
	served, called, err1, err2 := meet(t, hq.Server(), leeds.Client(identity.IsHQ))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if got, ok := identity.PeerOf(&served, w.now); !ok || got != siteName("c1", "leeds") {
		t.Errorf("got %v, %v; want leeds", got, ok)
	}
	if got, ok := identity.PeerOf(&called, w.now); !ok || got != hqName("c1") || called.Version != tls.VersionTLS13 {
		t.Errorf("got %v, %v, version %x; want hq-1 over TLS 1.3", got, ok, called.Version)
	}
	if got, ok := identity.PeerOf(&served, w.now.Add(authority.Life+time.Second)); ok {
		t.Errorf("got %v of a certificate that ended since, want no name", got)
	}
	if got, ok := identity.PeerOf(nil, w.now); ok {
		t.Errorf("got %v without TLS, want no name", got)
	}
}

func TestNobodyElseIsLetIn(t *testing.T) {
	w, other := newWorld(t, "c1"), newWorld(t, "c1")
	foreign := newWorld(t, "c2")
	hq := identity.NewKeeper(w.papers(t, hqName("c1")), w.clock)
	leeds := identity.NewKeeper(w.papers(t, siteName("c1", "leeds")), w.clock)
	later := func() time.Time { return w.now.Add(authority.Life + time.Hour) }
	under := func(papers *identity.Papers, trust identity.Trust) *identity.Papers {
		p := *papers
		p.Trust = trust
		return &p
	}
	trust := w.state.Trust(w.now)
	for what, c := range map[string]struct {
		server, client *tls.Config
		byServer       bool // who refuses
		want           error
	}{
		"a certificate of somebody's own making": {hq.Server(), identity.NewKeeper(under(other.papers(t, siteName("c1", "leeds")), trust), w.clock).Client(identity.IsHQ), true, identity.ErrForeign},
		"another company's":                      {hq.Server(), identity.NewKeeper(under(foreign.papers(t, siteName("c2", "leeds")), trust), w.clock).Client(identity.IsHQ), true, identity.ErrForeign},
		"one that has ended":                     {identity.NewKeeper(w.papers(t, hqName("c1")), later).Server(), leeds.Client(identity.IsHQ), true, identity.ErrEnded},
		"a site on the servers' port":            {hq.Peers(identity.IsHQ), leeds.Client(identity.IsHQ), true, &identity.NotAllowedError{}},
		"a site that plays head office":          {leeds.Server(), leeds.Client(identity.IsHQ), false, &identity.NotAllowedError{}},
		"a rogue head office":                    {identity.NewKeeper(other.papers(t, hqName("c1")), w.clock).Server(), leeds.Client(identity.IsHQ), false, identity.ErrForeign},
		"nobody on the servers' port":            {hq.Peers(identity.IsHQ), identity.Pinned(identity.FingerprintOf(trust.Roots[0].Raw), w.clock, func(identity.Trust) {}), true, nil},
		"an older TLS":                           {hq.Server(), &tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}, true, nil},
	} {
		t.Run(what, func(t *testing.T) {
			_, _, serverErr, clientErr := meet(t, c.server, c.client)
			err := clientErr
			if c.byServer {
				err = serverErr
			}
			if err == nil || clientErr == nil {
				t.Fatalf("got server %v, client %v; want it refused", serverErr, clientErr)
			}
			if _, named := c.want.(*identity.NotAllowedError); named {
				if _, ok := errors.AsType[*identity.NotAllowedError](err); !ok {
					t.Errorf("got %v, want that it is not allowed", err)
				}
			} else if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestACertificateCarriesOneName(t *testing.T) {
	w := newWorld(t, "c1")
	g := w.state.Signing(w.now)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := url.Parse(siteName("c1", "leeds").String())
	b, _ := url.Parse(siteName("c1", "york").String())
	trust := w.state.Trust(w.now)
	for what, uris := range map[string][]*url.URL{"two": {a, b}, "none": nil, "a web address": {{Scheme: "https", Host: "c1"}}} {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: w.now, NotAfter: w.now.Add(time.Hour), URIs: uris,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, g.Cert, key.Public(), g.Key)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := trust.Peer([]*x509.Certificate{leaf}, x509.ExtKeyUsageClientAuth, w.now); !errors.Is(err, identity.ErrNameless) {
			t.Errorf("%s: got %v, %v; want no name", what, n, err)
		}
	}
	if n, err := trust.Peer(trust.Roots, x509.ExtKeyUsageClientAuth, w.now); err == nil {
		t.Errorf("the root itself: got %v, want it refused", n)
	}
}

func TestTheFirstCallIsPinned(t *testing.T) {
	w, other := newWorld(t, "c1"), newWorld(t, "c1")
	root := w.state.Signing(w.now).Fingerprint()
	hq := identity.NewKeeper(w.papers(t, hqName("c1")), w.clock)
	var found identity.Trust
	_, _, err1, err2 := meet(t, hq.Server(), identity.Pinned(root, w.clock, func(v identity.Trust) { found = v }))
	if err := errors.Join(err1, err2); err != nil || found.Company != "c1" || len(found.Roots) != 1 || !bytes.Equal(found.Roots[0].Raw, w.state.Generations[0].Cert.Raw) {
		t.Errorf("got %v, %v; want the root of c1", found.Company, err)
	}
	for what, server := range map[string]*identity.Keeper{
		"a rogue head office":              identity.NewKeeper(other.papers(t, hqName("c1")), w.clock),
		"a site":                           identity.NewKeeper(w.papers(t, siteName("c1", "leeds")), w.clock),
		"a rogue that shows the root, too": identity.NewKeeper(showing(other.papers(t, hqName("c1")), w.state.Generations[0].Cert.Raw), w.clock),
	} {
		_, _, _, err := meet(t, server.Server(), identity.Pinned(root, w.clock, func(identity.Trust) { t.Errorf("%s: was believed", what) }))
		if err == nil {
			t.Errorf("%s: got nil, want it refused", what)
		}
	}
}

// showing adds a certificate to what is shown.
func showing(p *identity.Papers, der []byte) *identity.Papers {
	p.Chain.Certificate = append(p.Chain.Certificate, der)
	return p
}

func TestLoopbackIsThisMachineAlone(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "127.9.9.9:1": true, "[::ffff:127.0.0.1]:80": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "10.0.0.1:80": false} {
		at, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := identity.Loopback(at); got != want {
			t.Errorf("%s: got %v, want %v", addr, got, want)
		}
	}
}
