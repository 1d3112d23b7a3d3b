package hq_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A trusting is a cluster over TLS whose callers are told apart by their certificates.
type trusting struct {
	*cluster
	state authority.State // as the first server keeps it
}

func startTrusting(t *testing.T) *trusting { return startTrustingOf(t, 2) }

func startTrustingOf(t *testing.T, n int) *trusting {
	t.Helper()
	c := &cluster{t: t, http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	t.Cleanup(c.http.CloseIdleConnections)
	out := &trusting{cluster: c}
	for i := range n {
		s := &server{t: t, cfg: hq.Config{Dir: filepath.Join(t.TempDir(), "hq"), Name: fmt.Sprintf("hq-%d", i+1), Listen: "127.0.0.1:0", RaftListen: "127.0.0.1:0", TLS: true,
			Bootstrap: i == 0, Heartbeat: 500 * time.Millisecond, JournalMap: 1 << 20, PullWait: time.Second, StopWait: time.Second}}
		if i > 0 {
			token := out.give("hq")
			env, _ := world()
			if err := hq.Enrol(t.Context(), env, s.cfg.Dir, token, func(err error) { t.Log(err) }); err != nil {
				t.Fatal(err)
			}
			if err := hq.Enrol(t.Context(), env, filepath.Join(t.TempDir(), "another"), token, func(err error) { t.Log(err) }); !refusedFor(err, "used up") {
				t.Errorf("a token that was used: got %v", err)
			}
			s.cfg.Join = token.Servers[0]
		}
		c.servers = append(c.servers, s)
		s.start()
		if i == 0 {
			raw, err1 := os.ReadFile(filepath.Join(s.cfg.Dir, hq.OwnerTokenFile))
			keys, err2 := os.ReadFile(filepath.Join(s.cfg.Dir, hq.AuthorityFile))
			state, err3 := authority.Parse(keys)
			if err := errors.Join(err1, err2, err3); err != nil {
				t.Fatal(err)
			}
			c.token, out.state = strings.TrimSpace(string(raw)), state
		}
		c.eventually("the servers know each other", func() error {
			var list hq.ServerList
			if status := c.call(0, "GET", "/v1/servers", "", nil, &list); status != 200 || len(list.Servers) != i+1 {
				return fmt.Errorf("%d: %+v", status, list)
			}
			return nil
		})
	}
	return out
}

func refusedFor(err error, words string) bool {
	no, ok := errors.AsType[*enrol.RefusedError](err)
	return ok && strings.Contains(no.Detail, words)
}

// give has head office give a join token.
func (c *trusting) give(who string) identity.Token {
	c.t.Helper()
	var out hq.JoinTokenGiven
	c.must(http.StatusCreated, 0, "POST", "/v1/join-tokens", "", hq.JoinTokenRequest{For: who, By: "beth"}, &out)
	return c.parse(out.Token)
}

func (c *trusting) parse(text string) identity.Token {
	c.t.Helper()
	token, err := identity.ParseToken(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

// enrol gets a site's papers by a token.
func (c *trusting) enrol(token identity.Token) (*identity.Papers, error) {
	env, _ := world()
	folder := enrol.Folder{Env: env, Dir: c.t.TempDir()}
	if _, err := folder.Join(c.t.Context(), token, nil, []string{"127.0.0.1"}, func(err error) { c.t.Log(err) }); err != nil {
		return nil, err
	}
	papers, _, err := folder.Papers()
	return papers, err
}

// made are papers that head office's own keys sign, without its knowledge, at another moment.
func (c *trusting) made(state authority.State, n identity.Name, at time.Time) *identity.Papers {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	csr, err1 := authority.Request(key, nil, rand.Reader)
	ders, err2 := state.Issue(n, csr, rand.Reader, at)
	if err := errors.Join(err1, err2); err != nil {
		c.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(ders[0])
	if err != nil {
		c.t.Fatal(err)
	}
	return &identity.Papers{Name: n, Chain: tls.Certificate{Certificate: ders, PrivateKey: key, Leaf: leaf}, Trust: c.state.Trust(time.Now())}
}

// hello says hello for a site at server i, until it is answered by one that leads; papers nil: without a certificate.
// headers go with it.
func (c *trusting) hello(i int, site ledger.SiteID, papers *identity.Papers, headers ...string) (status int, verdict wire.Verdict) {
	c.t.Helper()
	c.eventually("a leader hears it", func() error {
		if status, verdict = c.helloOnce(i, site, papers, headers...); status == http.StatusServiceUnavailable {
			return errors.New("there is none")
		}
		return nil
	})
	return status, verdict
}

func (c *trusting) helloOnce(i int, site ledger.SiteID, papers *identity.Papers, headers ...string) (status int, verdict wire.Verdict) {
	c.t.Helper()
	conf := &tls.Config{InsecureSkipVerify: true}
	if papers != nil {
		conf = identity.NewKeeper(papers, time.Now).Client(identity.IsHQ)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: conf}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	r, err := wire.NewRequest(c.t.Context(), c.servers[i].URL()+wire.PathHello, &wire.Hello{Site: site, NodeKey: [16]byte{1}, Boot: [16]byte{byte(len(headers) + 1)}, VersionMin: wire.VersionMin, VersionMax: wire.VersionMax})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, wire.VerdictNone
	}
	defer resp.Body.Close()
	var reply wire.Welcome
	if resp.StatusCode == http.StatusOK {
		if err := wire.ReadReply(resp, &reply); err != nil {
			c.t.Fatal(err)
		}
	}
	return resp.StatusCode, reply.Verdict
}

func (c *trusting) addSite(site string) identity.Token {
	c.t.Helper()
	var out hq.SiteAdded
	c.must(http.StatusCreated, 1, "POST", "/v1/sites", "add-"+site, hq.SiteRequest{Site: site, Kind: "counter"}, &out)
	return c.parse(out.Token)
}

// The red team's list, as far as it knocks at head office's doors. Server 1 follows: what is said to it is passed on, and
// nobody's name gets better on the way.
func TestNobodySpeaksForASiteThatIsNotTheirs(t *testing.T) {
	c := startTrusting(t)
	leedsToken := c.addSite("leeds")
	lost := c.addSite("york") // the site was added, and its token lost with the answer, or never given: the same request gives one that is good
	yorkToken := c.addSite("york")
	if _, err := c.enrol(lost); !refusedFor(err, "another was given in its place") {
		t.Errorf("a token that was lost on the way: got %v, want it to be worth nothing", err)
	}
	leeds, err := c.enrol(leedsToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.enrol(leedsToken); !refusedFor(err, "used up") {
		t.Errorf("a token that was used: got %v", err)
	}
	name := func(site string, epoch ledger.Epoch) identity.Name {
		return identity.Name{Company: c.state.Company, Role: identity.RoleSite, Who: site, Epoch: epoch}
	}
	for i := range 2 {
		if status, verdict := c.hello(i, "leeds", leeds); status != http.StatusOK || verdict != wire.VerdictOK {
			t.Errorf("leeds at server %d: got %d, %v", i, status, verdict)
		}
		old := time.Now().Add(-authority.Life - time.Hour)
		self, err := authority.New(c.state.Company, rand.Reader, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for what, try := range map[string]struct {
			papers *identity.Papers
			site   ledger.SiteID
			want   int // 0: no connection
		}{
			"another site's identity":   {leeds, "york", http.StatusUnauthorized},
			"no identity":               {nil, "leeds", http.StatusUnauthorized},
			"an expired certificate":    {c.made(c.state, name("leeds", 1), old), "leeds", 0},
			"a self-made certificate":   {c.made(self, name("leeds", 1), time.Now()), "leeds", 0},
			"a site that nobody knows":  {c.made(c.state, name("hull", 1), time.Now()), "hull", http.StatusUnauthorized},
			"a server for a site":       {c.made(c.state, identity.Name{Company: c.state.Company, Role: identity.RoleHQ, Who: "hq-9"}, time.Now()), "leeds", http.StatusUnauthorized},
			"a site with a name on top": {leeds, "york", http.StatusUnauthorized},
		} {
			var headers []string
			if strings.HasSuffix(what, "on top") {
				headers = []string{"Holdfast-Site: " + name("york", 1).String(), "Authorization: Bearer " + c.token}
			}
			if got, _ := c.hello(i, try.site, try.papers, headers...); got != try.want {
				t.Errorf("%s at server %d: got %d, want %d", what, i, got, try.want)
			}
		}
	}
	for i := range 2 {
		next, err := c.renew(i, leeds)
		if err != nil || next.Name != name("leeds", 1) || !next.Ends().After(time.Now().Add(authority.Life-time.Hour)) {
			t.Errorf("renewed at server %d: got %+v, %v; want leeds in the epoch that its hello was given", i, next, err)
		}
	}
	if _, err := c.renew(1, c.made(c.state, name("hull", 1), time.Now())); err == nil {
		t.Error("a site that nobody knows renewed: got nil, want it refused")
	}
	c.plain()
	c.raftPort(leeds)
	c.fenced(leeds, yorkToken)
	c.comesBack()
}

// comesBack restores head office from a backup. Without the authority, which is in none, it does not start; with the copy that somebody
// has kept, the nodes that have certificates go on.
func (c *trusting) comesBack() {
	t := c.t.(*testing.T)
	bath, err := c.enrol(c.addSite("bath"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(c.servers[0].cfg.Dir, hq.AuthorityFile))
	if err != nil {
		t.Fatal(err)
	}
	raw := c.backup(0)
	for _, s := range c.servers {
		s.end()
	}
	_, dir, err := restoreHQ(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("PRIVATE KEY")) {
		t.Error("a backup has the authority's key")
	}
	cfg := c.servers[0].cfg
	cfg.Dir, cfg.Name, cfg.Listen, cfg.RaftListen, cfg.Bootstrap = dir, "hq-new", "127.0.0.1:0", "127.0.0.1:0", false
	env, _ := world()
	if _, err := hq.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !errors.Is(err, hq.ErrPlain) {
		t.Errorf("without the authority: got %v, want it not to start", err)
	}
	older, err := c.state.Marshal() // of before the rotation that the backup knows of
	if err != nil {
		t.Fatal(err)
	}
	c.keepAuthority(dir, older)
	if _, err := hq.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !isOld(err) {
		t.Errorf("with an old copy of the authority: got %v, want it not to start", err)
	}
	c.keepAuthority(dir, kept)
	again := &trusting{c.anew(dir), c.state}
	again.helloLies("bath", bath)
	if status, _ := again.hello(0, "bath", bath); status != http.StatusOK {
		t.Errorf("a node that has its certificate from before: got %d", status)
	}
	again.servers[0].end()
	c.begunAnew(bath)
}

// begunAnew begins head office with nothing but a copy of the authority, of before it was rotated: whoever has a certificate believes it
// while the generation that it has signs, and is let in once somebody has added their site.
func (c *trusting) begunAnew(bath *identity.Papers) {
	t := c.t.(*testing.T)
	older, err := c.state.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, cfg: c.servers[0].cfg}
	s.cfg.Dir, s.cfg.Name, s.cfg.Listen, s.cfg.RaftListen, s.cfg.Bootstrap = t.TempDir(), "hq-anew", "127.0.0.1:0", "127.0.0.1:0", true
	if err := os.WriteFile(filepath.Join(s.cfg.Dir, hq.AuthorityFile), older, 0o600); err != nil {
		t.Fatal(err)
	}
	out := &trusting{&cluster{t: t, http: c.http, servers: []*server{s}}, c.state}
	s.start()
	raw, err := os.ReadFile(filepath.Join(s.cfg.Dir, hq.OwnerTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	out.token = strings.TrimSpace(string(raw))
	if status, _ := out.hello(0, "bath", bath); status != http.StatusUnauthorized {
		t.Errorf("a site that this head office has never heard of: got %d", status)
	}
	out.must(http.StatusCreated, 0, "POST", "/v1/sites", "add-bath", hq.SiteRequest{Site: "bath", Kind: "counter"}, nil)
	if status, verdict := out.hello(0, "bath", bath); status != http.StatusOK || verdict != wire.VerdictOK {
		t.Errorf("once it was added, by the certificate that it has: got %d, %v", status, verdict)
	}
}

// renew asks for the next certificate at server i, with the papers that are there.
func (c *trusting) renew(i int, papers *identity.Papers) (next *identity.Papers, err error) {
	c.t.Helper()
	return c.renewFor(i, papers, "127.0.0.1")
}

// renewFor asks for a certificate that is good for hosts.
func (c *trusting) renewFor(i int, papers *identity.Papers, hosts ...string) (next *identity.Papers, err error) {
	c.t.Helper()
	key, err := enrol.KeyOf(papers)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, hosts, rand.Reader)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: identity.NewKeeper(papers, time.Now).Client(identity.IsHQ)}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var a enrol.Answer
	c.eventually("a leader answers", func() error {
		a, err = enrol.Post(c.t.Context(), client, c.servers[i].URL()+enrol.PathRenew, enrol.Request{CSR: csr.Raw})
		if _, refused := errors.AsType[*enrol.RefusedError](err); refused {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	env, _ := world()
	return enrol.Folder{Env: env, Dir: c.t.TempDir()}.Take(a, key, "")
}

// plain knocks without TLS.
func (c *trusting) plain() {
	for _, at := range []string{c.servers[0].cfg.Listen, c.servers[0].cfg.RaftListen} {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", c.token)
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		if strings.Contains(string(answer), "200 OK") || strings.Contains(string(answer), "seq") {
			c.t.Errorf("plain HTTP to %s: got %s", at, answer)
		}
	}
}

// raftPort knocks at the servers' own port with a site's certificate.
func (c *trusting) raftPort(papers *identity.Papers) {
	conn, err := tls.Dial("tcp", c.servers[0].cfg.RaftListen, identity.NewKeeper(papers, time.Now).Client(identity.IsHQ))
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Errorf("a site at raft's port: got %d bytes, %v; want to be turned away", n, err)
	}
}

// fenced replaces leeds's node, and revokes york's token.
func (c *trusting) fenced(old *identity.Papers, york identity.Token) {
	t := c.t.(*testing.T)
	c.must(http.StatusOK, 1, "POST", "/v1/join-tokens/"+york.ID.String()+"/revoke", "", hq.SignedRequest{By: "beth", Reason: "printed twice"}, nil)
	if _, err := c.enrol(york); !refusedFor(err, "revoked") {
		t.Errorf("a revoked token: got %v", err)
	}
	forged := york
	forged.Secret[0] ^= 1
	const guesses = 20
	before := c.servers[0].AppliedForTest()
	for range guesses {
		if _, err := c.enrol(forged); !refusedFor(err, "does not know") {
			t.Errorf("a guessed token: got %v", err)
		}
	}
	if now := c.servers[0].AppliedForTest(); now-before >= guesses {
		t.Errorf("%d guessed tokens: got %d entries of the log, want none of theirs", guesses, now-before)
	}
	var out hq.SiteAdded
	c.must(http.StatusOK, 0, "POST", "/v1/sites/leeds/token", "", hq.SignedRequest{By: "beth", Reason: "its disk is lost"}, &out)
	c.eventually("a fenced certificate shakes no hands any more, to say hello or to be renewed", func() error { // 401 as long as this server has not heard of it, and never more
		switch status, _ := c.hello(0, "leeds", old); status {
		case 0:
			return nil
		case http.StatusUnauthorized:
			return errors.New("got 401")
		default:
			t.Errorf("a fenced certificate: got %d", status)
			return nil
		}
	})
	fresh, err := c.enrol(c.parse(out.Token))
	if err != nil || fresh.Name.Epoch != old.Name.Epoch+2 {
		t.Errorf("the new node: got %v, %v; want the epoch after the site's", fresh, err)
	}
	c.must(http.StatusOK, 0, "POST", "/v1/sites/leeds/declare-lost", "lost", hq.LostRequest{SignedRequest: hq.SignedRequest{By: "beth", Reason: "burnt down"}}, nil)
	if _, err := c.renew(0, fresh); !refusedFor(err, "revoked") {
		t.Errorf("a lost site's renewal: got %v, want it refused", err)
	}
	var list hq.JoinTokenList
	c.must(http.StatusOK, 1, "POST", "/v1/authority/rotate", "", hq.RotateRequest{By: "beth", Reason: "a disk was stolen"}, nil)
	var acts contract.History
	for _, call := range []string{"/v1/join-tokens", "/revoke", "/v1/authority/rotate"} { // what no walk of calls can do without TLS
		if c.must(http.StatusOK, 1, "GET", "/v1/history?of="+call, "", nil, &acts); len(acts.Acts) == 0 || acts.Acts[0].By != "owner" || !strings.Contains(acts.Acts[0].What, "signed by beth") {
			t.Errorf("%s: got %+v, want an act that beth has signed", call, acts.Acts)
		}
	}
	if c.must(http.StatusOK, 1, "GET", "/v1/join-tokens", "", nil, &list); len(list.Tokens) != 5 {
		t.Errorf("got %d tokens, want 5", len(list.Tokens))
	}
	c.signsAsThemselves()
}

// signsAsThemselves has somebody who has signed in give a join token, and revoke it, in another's name: it is theirs.
func (c *trusting) signsAsThemselves() {
	owner := c.token
	defer func() { c.token = owner }()
	c.must(http.StatusOK, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"administrator"}, Password: "correct horse"}, nil)
	var in contract.SignedIn
	c.must(http.StatusOK, 0, "POST", "/v1/sign-in", "", contract.SignInRequest{User: "olga", Password: "correct horse"}, &in)
	c.token = in.Token
	var out hq.JoinTokenGiven
	c.must(http.StatusCreated, 1, "POST", "/v1/join-tokens", "", hq.JoinTokenRequest{For: "hq", By: "beth"}, &out)
	var over hq.JoinTokenRow
	c.must(http.StatusOK, 1, "POST", "/v1/join-tokens/"+out.ID+"/revoke", "", hq.SignedRequest{By: "beth", Reason: "printed twice"}, &over)
	if out.Given.By != "olga" || over.Over == nil || over.Over.By != "olga" {
		c.t.Errorf("got given by %q, and %+v, want both olga's", out.Given.By, over.Over)
	}
	if p := c.no(http.StatusBadRequest, contract.CodeBadValue, "POST", "/v1/join-tokens", "", hq.JoinTokenRequest{For: "hq", Reason: strings.Repeat("x", 4096)}); !strings.HasPrefix(p.Detail, "reason is longer than ") {
		c.t.Errorf("a long reason: got %q", p.Detail)
	}
}

// A node that is sent to a rogue head office tells it nothing: the token's root is looked for before the secret is sent.
func TestARogueHeadOfficeHearsNoSecret(t *testing.T) {
	self, err := authority.New("c-1", rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := &trusting{cluster: &cluster{t: t}, state: self}
	rogue := c.made(self, identity.Name{Company: "c-1", Role: identity.RoleHQ, Who: "hq-1"}, time.Now())
	old, err := authority.New("c-1", rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	rogue.Chain.Certificate = append(rogue.Chain.Certificate, old.Generations[0].Cert.Raw) // as a server whose authority was rotated does, and as whoever has seen it may
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	srv := &http.Server{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		heard <- string(raw)
	})}
	go func() { _ = srv.Serve(tls.NewListener(l, identity.NewKeeper(rogue, time.Now).Server())) }()
	defer srv.Close()
	token := identity.Token{Role: identity.RoleSite, Site: "leeds", Root: identity.Fingerprint{1}, Ends: time.Now().Add(time.Hour), Servers: []string{"https://" + l.Addr().String()}}
	if _, err := c.enrol(token); !errors.Is(err, identity.ErrForeign) || strings.Contains(err.Error(), token.Text()) {
		t.Errorf("got %v, want that it is not the token's", err)
	}
	token.Root = old.Generations[0].Fingerprint()
	if _, err := c.enrol(token); !refusedFor(err, "rotated since") || strings.Contains(err.Error(), token.Text()) {
		t.Errorf("it shows the token's root beside its own: got %v, want that the authority may have been rotated", err)
	} else if no, _ := errors.AsType[*enrol.RefusedError](err); !strings.Contains(no.Hint, "hq token add") {
		t.Errorf("got %q, want what to do", no.Hint)
	}
	select {
	case text := <-heard:
		t.Errorf("it heard %s", text)
	default:
	}
}

func TestThereIsNoPlainTextButOnLoopback(t *testing.T) {
	env, _ := world()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t"), []byte("hf_0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := hq.Config{Dir: dir, Name: "hq-1", Listen: "0.0.0.0:0", URL: "https://10.0.0.11:1", RaftListen: "127.0.0.1:0", Join: "https://10.0.0.12:1", TokenFile: filepath.Join(dir, "t")}
	if _, err := hq.Open(env, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !errors.Is(err, hq.ErrPlain) {
		t.Errorf("got %v, want that it is not served in the clear", err)
	}
	if _, err := hq.InitAuthority(env, dir); err != nil {
		t.Error(err)
	}
	if _, err := hq.InitAuthority(env, dir); err == nil {
		t.Error("an authority over another: got nil")
	}
	info, err := os.Stat(filepath.Join(dir, hq.AuthorityFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want mode 0600", info, err)
	}
}
