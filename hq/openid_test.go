package hq_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A provider is a small identity provider: it signs whatever token it is told to, with RS256, and holds PKCE.
type provider struct {
	t      *testing.T
	key    *rsa.PrivateKey // that it shows
	hand   *rsa.PrivateKey // that it signs with
	server *httptest.Server
	asked  url.Values // what the browser came with
	claims map[string]any
	down   bool
	hides  bool              // its keys cannot be had
	says   map[string]string // what it says of itself that is not so
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, hand: key}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.server.Close)
	return p
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	at := p.server.URL
	answer := map[string]any{}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		if p.down {
			http.Error(w, "busy", http.StatusBadGateway)
			return
		}
		answer = map[string]any{"issuer": at, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token", "jwks_uri": at + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}}
		for k, v := range p.says {
			answer[k] = v
		}
	case "/keys":
		if p.hides {
			http.Error(w, "busy", http.StatusBadGateway)
			return
		}
		answer["keys"] = []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes())}}
	case "/token":
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		if b64(sum[:]) != p.asked.Get("code_challenge") || p.asked.Get("code_challenge_method") != "S256" || id != "holdfast" || secret != "s3cret" || r.FormValue("code") != "c-1" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			return
		}
		answer = map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.token()}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) token() string {
	claims := map[string]any{"iss": p.server.URL, "sub": "1", "aud": "holdfast", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": p.asked.Get("nonce"), "preferred_username": "olga"}
	for k, v := range p.claims {
		claims[k] = v
	}
	body, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, p.hand, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(sig)
}

// A traveller is a browser that signs in by the provider.
type traveller struct {
	*cluster
	p       *provider
	cookies map[string]*http.Cookie
}

// goes gets a page, with the browser's cookies, and keeps those that it is given.
func (b *traveller) goes(path string) (status int, location, page string) {
	b.t.Helper()
	return b.sends("GET", path, "", "")
}

// sends sends a form of the page of an origin; "" is head office's own.
func (b *traveller) sends(method, path, form, origin string) (status int, location, page string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.servers[0].URL()+path, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin == "" {
			origin = b.servers[0].URL()
		}
		r.Header.Set("Origin", origin)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	res, err := (&http.Client{Transport: b.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.Name == "holdfast_hq" && c.SameSite != http.SameSiteStrictMode {
			b.t.Errorf("got cookie %+v", c)
		}
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return res.StatusCode, res.Header.Get("Location"), string(raw)
}

// begins goes to the provider and gives the way back.
func (b *traveller) begins() (back string) {
	b.t.Helper()
	status, to, page := b.goes(openid.PathBegin)
	u, err := url.Parse(to)
	if err != nil || status != 303 || !strings.HasPrefix(to, b.p.server.URL+"/auth?") {
		b.t.Fatalf("got %d to %s %s", status, to, page)
	}
	b.p.asked = u.Query()
	return openid.PathBack + "?code=c-1&state=" + url.QueryEscape(b.p.asked.Get("state"))
}

func (b *traveller) board() int {
	b.t.Helper()
	status, _, _ := b.goes("/v1/board")
	return status
}

// The company's identity provider proves who somebody is, and the table of head office says what they may. What it says is
// believed only of our trip, for us, now, in its own hand; the password works still, and whoever is turned away is out.
func TestHeadOfficeSignsInByTheCompanysProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.down = true
	c := startCluster(t, 1, func(cfg *hq.Config) {
		cfg.OpenID = openid.Config{Issuer: p.server.URL, ClientID: "holdfast", Secret: "s3cret"}
	})
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}, Password: "correct horse"}, nil)
	fresh := func() *traveller { return &traveller{cluster: c, p: p, cookies: map[string]*http.Cookie{}} }
	b := fresh()
	if status, _, page := b.goes(openid.PathBegin); status != 503 || !strings.Contains(page, "does not answer. Sign in by name and password") {
		t.Errorf("while it is down: got %d %s", status, page)
	}
	c.must(200, 0, "POST", "/v1/sign-in", "", contract.SignInRequest{User: "olga", Password: "correct horse"}, nil)
	p.down = false
	if _, _, page := b.goes("/"); !strings.Contains(page, `href="/sign-in/oidc"`) {
		t.Errorf("got no button: %s", page)
	}
	back := b.begins()
	kept := b.cookies["holdfast_oidc"]
	if status, _, page := b.goes(back); status != 200 || !strings.Contains(page, "You are signed in") || b.board() != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	again := fresh()
	again.cookies["holdfast_oidc"] = kept
	const over = "was begun in another browser, is over, or was used already. Begin it again."
	if status, _, page := again.goes(back); status != 403 || !strings.Contains(page, over) {
		t.Errorf("a trip that has ended: got %d %s", status, page)
	}
	other := fresh()
	stolen := other.begins()
	if status, _, page := fresh().goes(stolen); status != 403 || !strings.Contains(page, over) {
		t.Errorf("in another browser: got %d %s", status, page)
	}
	const unbelieved = "is not to be believed, and nobody was signed in"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for what, try := range map[string]struct {
		claims map[string]any
		key    *rsa.PrivateKey
		want   string
	}{
		"for another client":   {map[string]any{"aud": "payroll"}, nil, unbelieved},
		"of another issuer":    {map[string]any{"iss": "https://evil.test"}, nil, unbelieved},
		"expired":              {map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}, nil, unbelieved},
		"of another sign-in":   {map[string]any{"nonce": "x"}, nil, unbelieved},
		"in another hand":      {nil, key, unbelieved},
		"of nobody":            {map[string]any{"preferred_username": nil}, nil, unbelieved},
		"of somebody unknown":  {map[string]any{"preferred_username": "<b>eve</b>"}, nil, "you are &#34;&lt;b&gt;eve&lt;/b&gt;&#34;. Nobody here has that name"},
		"of the owner's token": {map[string]any{"preferred_username": "owner"}, nil, "Nobody here has that name"},
	} {
		b := fresh()
		back := b.begins()
		if p.claims = try.claims; try.key != nil {
			p.hand = try.key
		}
		token := p.claims
		status, _, page := b.goes(back)
		if p.claims, p.hand = nil, p.key; status != 403 || !strings.Contains(page, try.want) || b.board() != 401 {
			t.Errorf("%s (%v): got %d %s", what, token, status, page)
		}
	}
	if status, _, page := func() (int, string, string) {
		b := fresh()
		back := b.begins()
		return b.goes(strings.Replace(back, "c-1", "c-2", 1))
	}(); status != 403 || !strings.Contains(page, "did not sign you in") {
		t.Errorf("a code that is not the provider's: got %d %s", status, page)
	}
	left := "left"
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Disabled: &left}, nil)
	if b.board() != 401 {
		t.Error("olga is turned away, and her browser still in")
	}
	back = b.begins()
	if status, _, page := b.goes(back); status != 403 || !strings.Contains(page, "or it is turned away") {
		t.Errorf("olga once she has left: got %d %s", status, page)
	}
}

// Whoever has signed in by the provider does their whole work: they are given what they show with their calls, and what
// they do names them, and the device whose browser it was. A page of another origin is given nothing, nor is the owner's
// session, nor whoever was turned away.
func TestWhoeverSignsInByTheProviderDoesTheirWholeWork(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	c := startCluster(t, 1, func(cfg *hq.Config) {
		cfg.OpenID = openid.Config{Issuer: p.server.URL, ClientID: "holdfast", Secret: "s3cret"}
	})
	owner := c.token
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}}, nil) // no password of ours
	var desk contract.User
	c.must(200, 0, "PUT", "/v1/users/desk-1", "", contract.UserRequest{Kind: "device"}, &desk)
	b := &traveller{cluster: c, p: p, cookies: map[string]*http.Cookie{}}
	if status, _, page := b.sends("POST", "/sign-in/pass", "", ""); status != 403 || !strings.Contains(page, "Nobody is signed in") {
		t.Errorf("nobody: got %d %s", status, page)
	}
	if status, _, page := b.sends("POST", "/sign-in", "token="+url.QueryEscape(desk.Token), ""); status != 303 {
		t.Fatalf("the browser is not enrolled: got %d %s", status, page)
	}
	if status, _, _ := b.goes("/v1/board"); status != 401 {
		t.Errorf("a device alone: got %d for the board, want nobody signed in", status)
	}
	if status, _, page := b.goes(b.begins()); status != 200 {
		t.Fatalf("got %d %s", status, page)
	}
	if status, _, page := b.sends("POST", "/sign-in/pass", "", "https://elsewhere.example"); status != 403 || strings.Contains(page, "hfp_") {
		t.Errorf("a page of another origin: got %d %s", status, page)
	}
	status, _, page := b.sends("POST", "/sign-in/pass", "", "")
	_, rest, found := strings.Cut(page, `value="`)
	pass, _, _ := strings.Cut(rest, `"`)
	if status != 200 || !found || !strings.HasPrefix(pass, "hfp_olga.") || !strings.Contains(page, "done by olga, at desk-1") {
		t.Fatalf("got %d %s", status, page)
	}
	if status, _, _ := b.sends("PUT", "/v1/policy", `{"cover_days":4,"reason":"spring"}`, ""); status != 401 {
		t.Errorf("a change by the page's cookie: got %d, want it to read alone", status)
	}
	c.token = pass
	c.must(200, 0, "PUT", "/v1/policy", "", map[string]any{"cover_days": 4, "reason": "spring"}, nil)
	var h contract.History
	c.must(200, 0, "GET", "/v1/me", "", nil, nil)
	c.token = owner
	c.must(200, 0, "GET", "/v1/history?limit=1", "", nil, &h)
	if a := h.Acts[0]; a.By != "olga" || a.Device != "desk-1" || a.Call != "PUT /v1/policy" {
		t.Errorf("got %+v, want it olga's, at desk-1", a)
	}
	if status, _, page := b.sends("POST", "/sign-in", "token="+url.QueryEscape(owner), ""); status != 303 {
		t.Fatalf("got %d %s", status, page)
	}
	if status, _, page := b.sends("POST", "/sign-in/pass", "", ""); status != 403 || strings.Contains(page, "hfp_") {
		t.Errorf("the owner's session: got %d %s, want no token for it", status, page)
	}
	left := "left"
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Disabled: &left}, nil)
	c.token = pass
	c.no(401, contract.CodeNoIdentity, "GET", "/v1/me", "", nil)
}

// A provider whose keys cannot be had is one that does not answer: it says nothing of what it signed. One that would be
// reached in the clear is not gone to, and a name that can be nobody's here is told so.
func TestWhyAProviderSignsNobodyInIsSaid(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	c := startCluster(t, 1, func(cfg *hq.Config) {
		cfg.OpenID = openid.Config{Issuer: p.server.URL, ClientID: "holdfast", Secret: "s3cret"}
	})
	fresh := func() *traveller { return &traveller{cluster: c, p: p, cookies: map[string]*http.Cookie{}} }
	for _, what := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		p.says = map[string]string{what: "http://id.example.com/x"}
		if status, to, page := fresh().goes(openid.PathBegin); status != 503 || to != "" || !strings.Contains(page, "reached in the clear") {
			t.Errorf("%s in the clear: got %d to %s %s", what, status, to, page)
		}
	}
	p.says = nil
	c.must(200, 0, "PUT", "/v1/users/olga", "", contract.UserRequest{Roles: &[]string{"office"}}, nil)
	b := fresh()
	back := b.begins()
	p.hides = true
	if status, _, page := b.goes(back); status != 503 || !strings.Contains(page, "does not answer") || b.board() != 401 {
		t.Errorf("keys that cannot be had: got %d %s", status, page)
	}
	p.hides = false
	b = fresh()
	back = b.begins()
	p.claims = map[string]any{"preferred_username": "olga@example.com"}
	if status, _, page := b.goes(back); status != 403 || !strings.Contains(page, "nobody can have it: names are") || !strings.Contains(page, "--oidc-claim") {
		t.Errorf("a name with an @: got %d %s", status, page)
	}
	p.claims = nil
	b = fresh()
	if status, _, page := b.goes(b.begins()); status != 200 || b.board() != 200 {
		t.Errorf("once all is well: got %d %s", status, page)
	}
}
