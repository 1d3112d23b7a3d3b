package hq_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// enrolAt gets a site's papers by a token, for hosts.
func (c *trusting) enrolAt(token identity.Token, hosts ...string) *identity.Papers {
	c.t.Helper()
	env, _ := world()
	folder := enrol.Folder{Env: env, Dir: c.t.TempDir()}
	_, err1 := folder.Join(c.t.Context(), token, nil, hosts, func(err error) { c.t.Log(err) })
	papers, _, err2 := folder.Papers()
	if err := errors.Join(err1, err2); err != nil {
		c.t.Fatal(err)
	}
	return papers
}

// A node gets no name of head office's into its certificate: not of the server that signs, not of another, however it is written; and none
// with a star, which would be good for theirs. What is left is its own.
func TestNoNodeIsCertifiedForAHostOfHeadOffices(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	leeds := c.enrolAt(c.addSite("leeds"), "leeds.example.com")
	for i, names := range [][]string{{"hq.example.com"}, {"stock.example.com", "2001:db8::7"}} { // the second starts last: the first asks it
		c.servers[i].end()
		c.servers[i].cfg.Names = names
		c.servers[i].start()
	}
	c.servers[0].end()
	c.servers[0].start()
	asked := []string{"HQ.example.com.", "Stock.Example.com.", "2001:0db8:0::0007", "*.example.com", "leeds.example.com", "10.0.0.21"}
	want := []string{"leeds.example.com", "10.0.0.21"}
	for i := range c.servers {
		c.eventually(fmt.Sprintf("server %d signs what is the node's own", i), func() error {
			got, err := c.renewFor(i, leeds, asked...)
			if err != nil {
				return err
			}
			if says := authority.Says(got.Chain.Leaf); !slices.Equal(says, want) {
				return fmt.Errorf("good for %q, want %q", says, want)
			}
			return nil
		})
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}

// A node that renews keeps the hosts that its certificate says, and gets those of a local network that it is called by from now on. Whatever
// else is new, another site's name, an address on the internet or a web site's, takes a join token; at whichever server it is asked.
func TestARenewalGoesNoFurtherThanTheNodesOwnHosts(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	york := c.enrolAt(c.addSite("york"), "york.example.com", "198.51.100.9")
	leeds := c.enrolAt(c.addSite("leeds"), "leeds.example.com", "203.0.113.7", "2001:db8::7")
	for what, v := range map[string]struct{ asked, want []string }{
		"its own, however written":          {[]string{"LEEDS.example.com.", "203.0.113.7", "2001:0db8:0::0007"}, []string{"LEEDS.example.com.", "203.0.113.7", "2001:db8::7"}},
		"fewer of its own":                  {[]string{"localhost", "leeds.example.com"}, []string{"localhost", "leeds.example.com"}},
		"another site's":                    {[]string{"york.example.com", "198.51.100.9", "leeds.example.com"}, []string{"leeds.example.com"}},
		"a web site's, and those below its": {[]string{"www.example.com", "example.com", "till.leeds.example.com", "localhost"}, []string{"localhost"}},
		"public addresses":                  {[]string{"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::8", "::ffff:8.8.8.8", "127.0.0.1"}, []string{"127.0.0.1"}},
		"with a star":                       {[]string{"*.example.com", "*.local", "*", "localhost"}, []string{"localhost"}},
		"what ends like one of the inside":  {[]string{"leeds.local.example.com", "evil-local.com", "mylan.net", "localhost"}, []string{"localhost"}},
		"new addresses of the inside":       {[]string{"10.0.0.21", "172.31.0.1", "192.168.7.7", "100.127.0.1", "169.254.1.1", "fd00::7", "fe80::7", "127.0.0.2"}, []string{"10.0.0.21", "172.31.0.1", "192.168.7.7", "100.127.0.1", "169.254.1.1", "fd00::7", "fe80::7", "127.0.0.2"}},
		"new names of the inside":           {[]string{"till-1", "leeds.local", "leeds.LAN", "leeds.internal", "leeds.home.arpa"}, []string{"till-1", "leeds.local", "leeds.LAN", "leeds.internal", "leeds.home.arpa"}},
	} {
		for i := range c.servers {
			got, err := c.renewFor(i, leeds, v.asked...)
			if err != nil {
				t.Errorf("%s, at server %d: %v", what, i, err)
			} else if says := authority.Says(got.Chain.Leaf); !slices.Equal(says, v.want) {
				t.Errorf("%s, at server %d: good for %q, want %q", what, i, says, v.want)
			}
		}
	}

	// What a node says of its certificate beside showing it goes for nothing.
	for i := range c.servers {
		a, err := c.renewSaying(i, leeds, http.Header{"Holdfast-Site-Certificate": {base64.StdEncoding.EncodeToString(york.Chain.Certificate[0])}}, "york.example.com", "localhost")
		if err != nil || !slices.Equal(a, []string{"localhost"}) {
			t.Errorf("leeds with york's certificate beside, at server %d: got %q, %v", i, a, err)
		}
	}

	// A server of an older build passes a renewal on without the certificate, or with whatever the node has put there: what is in doubt waits.
	leads := c.leader()
	old := c.made(c.state, identity.Name{Company: c.state.Company, Role: identity.RoleHQ, Who: "hq-2"}, time.Now())
	passed := func(shown []byte, hosts ...string) ([]string, error) {
		t.Helper()
		h := http.Header{"Holdfast-Site": {leeds.Name.String()}, "Holdfast-Forwarded": {"hq-2"}}
		if shown != nil {
			h.Set("Holdfast-Site-Certificate", base64.StdEncoding.EncodeToString(shown))
		}
		return c.renewSaying(leads, old, h, hosts...)
	}
	home, err := authority.New(c.state.Company, rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err1 := enrol.KeyOf(leeds)
	csr, err2 := authority.Request(key, []string{"www.example.com"}, rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	selfMade, err := home.Issue(leeds.Name, csr, rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for what, shown := range map[string][]byte{"none": nil, "york's": york.Chain.Certificate[0], "one made at home": selfMade[0], "no certificate": []byte("x")} {
		if a, err := passed(shown, "www.example.com", "leeds.example.com"); err == nil || !strings.Contains(err.Error(), "answered 503") {
			t.Errorf("passed on with %s: got %q, %v, want it put off", what, a, err)
		}
		if a, err := passed(shown, "localhost", "10.0.0.21"); err != nil || !slices.Equal(a, []string{"localhost", "10.0.0.21"}) {
			t.Errorf("passed on with %s, for what is anybody's: got %q, %v", what, a, err)
		}
	}
	if a, err := passed(leeds.Chain.Certificate[0], "www.example.com", "leeds.example.com"); err != nil || !slices.Equal(a, []string{"leeds.example.com"}) {
		t.Errorf("passed on with its own: got %q, %v", a, err)
	}

	// The way for an operator who gives a node another public name: a join token. From then on it is the node's own.
	again := c.enrolAt(c.give("leeds"), "shop.example.com", "203.0.113.8")
	got, err := c.renewFor(0, again, "shop.example.com", "203.0.113.8", "leeds.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if says, want := authority.Says(got.Chain.Leaf), []string{"shop.example.com", "203.0.113.8"}; !slices.Equal(says, want) {
		t.Errorf("let in by a token under another name: good for %q, want %q", says, want)
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}

// renewSaying asks server i once for a certificate of the papers' key, with headers, and gives the hosts of what it gets.
func (c *trusting) renewSaying(i int, papers *identity.Papers, h http.Header, hosts ...string) ([]string, error) {
	c.t.Helper()
	key, err := enrol.KeyOf(papers)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, hosts, rand.Reader)
	if err != nil {
		return nil, err
	}
	dial := &http.Transport{TLSClientConfig: identity.NewKeeper(papers, time.Now).Client(identity.IsHQ)}
	defer dial.CloseIdleConnections()
	a, err := enrol.Post(c.t.Context(), &http.Client{Transport: says{dial, h}, Timeout: 10 * time.Second}, c.servers[i].URL()+enrol.PathRenew, enrol.Request{CSR: csr.Raw})
	if err != nil {
		return nil, err
	}
	certs, err := authority.ParseCerts([]byte(a.Certificate))
	if err != nil {
		return nil, err
	}
	return authority.Says(certs[0]), nil
}

// A says puts headers on what goes out.
type says struct {
	http.RoundTripper
	h http.Header
}

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	maps.Copy(r.Header, s.h)
	return s.RoundTripper.RoundTrip(r)
}
