package openid

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// PathBegin and PathBack are where a browser begins a trip, and where the provider sends it back to.
const (
	PathBegin = "/sign-in/oidc"
	PathBack  = "/sign-in/oidc/back"
)

// Bounds of a conversation with a provider.
const (
	askWait   = 5 * time.Second // for each request
	answerMax = 1 << 20         // bytes of an answer
	TripLife  = 10 * time.Minute
)

// Config is what an operator says of the provider. The zero one: there is none.
type Config struct {
	Issuer   string // its URL, https; http on loopback alone
	ClientID string
	Secret   string // "" of a client that has none
	Claim    string // which claim of the ID token is the user's id here; default preferred_username
	At       string // base URL by which browsers reach head office; default its own URL

	// Recheck is how long the provider's word that it is somebody holds; then it is asked again. RecheckLeast to RecheckMost, default an hour.
	Recheck time.Duration
}

// How often the provider is asked again. Whoever is turned away there alone is out here after so long.
const (
	RecheckLeast = 5 * time.Minute
	RecheckMost  = 12 * time.Hour
	recheck      = time.Hour
)

// Asked is how long the provider's word holds.
func (c *Config) Asked() time.Duration {
	if c.Recheck == 0 {
		return recheck
	}
	return c.Recheck
}

// On says whether there is a provider.
func (c *Config) On() bool { return c.Issuer != "" }

// Validate reports everything that is wrong with c.
func (c *Config) Validate() error {
	if !c.On() {
		if c.ClientID != "" || c.Secret != "" || c.Claim != "" || c.At != "" || c.Recheck != 0 {
			return errors.New("the identity provider's issuer is missing, and something else is said of it")
		}
		return nil
	}
	var errs []error
	for what, text := range map[string]string{"issuer": c.Issuer, "address for browsers": c.At} {
		if text != "" && !sealed(text) {
			errs = append(errs, fmt.Errorf("the identity provider's %s %q is no https URL", what, text))
		}
	}
	if d := c.Asked(); d < RecheckLeast || d > RecheckMost {
		errs = append(errs, fmt.Errorf("the identity provider is to be asked again after %v, which is not %v to %v", d, RecheckLeast, RecheckMost))
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("the client id at the identity provider is missing"))
	}
	return errors.Join(errs...)
}

// sealed says whether what goes to an address is read by nobody between: it is https, or on this machine.
func sealed(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ErrDown says that the provider did not answer, or not as one does. Another way in has to be taken.
var ErrDown = errors.New("the identity provider does not answer")

// A PlainError says that the provider would be reached in the clear: whoever stands between could sign in as anybody.
type PlainError struct {
	What string // of it, as it names its own parts
	URL  string
}

func (e *PlainError) Error() string {
	return fmt.Sprintf("the identity provider's %s %q is no https URL", e.What, cut(e.URL))
}

// A RefusedError says that nobody is named: by the provider's own word, or because what it said cannot be believed. Why
// is for the log, and holds no secret.
type RefusedError struct {
	Own bool // the provider itself said no
	Why string
}

func (e *RefusedError) Error() string { return "the identity provider named nobody: " + e.Why }

// A Trip is one way to the provider and back. It stays with the browser that began it.
type Trip struct {
	State, Nonce, Verifier string
	Ends                   time.Time // whole seconds
}

// An Issuer is a provider. It is for many goroutines.
type Issuer struct {
	cfg    Config
	client *http.Client
	clock  ledger.Clock

	mu       sync.Mutex // guards what stands below; not held while the provider is asked
	random   io.Reader
	provider *provider // nil until it has answered once
}

// A provider is one as it has described itself.
type provider struct {
	*oidc.Provider
	keys  oidc.KeySet // fetched when one is missing, and kept
	signs []string    // algorithms that it signs with, of those that take a key of its own
}

// New makes one. dial connects, so that the provider is reached as everything else is.
func New(cfg Config, env ledger.Env) *Issuer {
	if cfg.Claim == "" {
		cfg.Claim = "preferred_username"
	}
	t := &http.Transport{DialContext: env.Network.Dial, TLSHandshakeTimeout: askWait, ResponseHeaderTimeout: askWait, MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 4, IdleConnTimeout: time.Minute}
	return &Issuer{cfg: cfg, clock: env.Clock, random: env.Random("openid"), client: &http.Client{Timeout: askWait, Transport: bounded{t}, CheckRedirect: onlySealed}}
}

// redirectsMost is how often the provider may send a request elsewhere.
const redirectsMost = 5

// onlySealed keeps a request from being sent on into the clear.
func onlySealed(r *http.Request, via []*http.Request) error {
	if len(via) > redirectsMost {
		return errors.New("sent on too often")
	}
	if !sealed(r.URL.String()) {
		return &PlainError{What: "redirect", URL: r.URL.Scheme + "://" + r.URL.Host}
	}
	return nil
}

// bounded cuts answers off that are longer than any that a provider gives.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, answerMax)
	}
	return res, err
}

// Close lets go of kept connections.
func (i *Issuer) Close() { i.client.CloseIdleConnections() }

// known gives the provider as it describes itself, asked for until it has answered once. One that would be reached in the
// clear is not taken: PlainError.
func (i *Issuer) known(ctx context.Context) (*provider, error) {
	i.mu.Lock()
	p := i.provider
	i.mu.Unlock()
	if p != nil {
		return p, nil
	}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), i.client) // its keys are fetched with this context later
	found, err := oidc.NewProvider(ctx, i.cfg.Issuer)
	if plain, ok := errors.AsType[*PlainError](err); ok {
		return nil, plain
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDown, cut(err.Error())) // it holds all that was answered
	}
	var said struct {
		Keys  string   `json:"jwks_uri"`
		Signs []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := found.Claims(&said); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDown, cut(err.Error()))
	}
	for _, at := range []PlainError{{"authorization_endpoint", found.Endpoint().AuthURL}, {"token_endpoint", found.Endpoint().TokenURL}, {"jwks_uri", said.Keys}} {
		if !sealed(at.URL) {
			return nil, &at
		}
	}
	p = &provider{Provider: found, keys: oidc.NewRemoteKeySet(ctx, said.Keys)}
	for _, alg := range said.Signs {
		if slices.Contains(ownKeys, alg) {
			p.signs = append(p.signs, alg)
		}
	}
	i.mu.Lock()
	i.provider = p
	i.mu.Unlock()
	return p, nil
}

// ownKeys are the algorithms by which an ID token is signed with a key that only the provider has.
var ownKeys = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// watched are the provider's keys as one ID token is held against them. That they could not be fetched says nothing of
// the token; go-oidc gives that as text alone.
type watched struct {
	oidc.KeySet
	down error
}

func (k *watched) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	if err != nil && strings.HasPrefix(err.Error(), "fetching keys ") {
		k.down = err
	}
	return payload, err
}

// cut is the beginning of what a failure says of an answer, which may be a megabyte long.
func cut(text string) string {
	const most = 300 // bytes
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

func (i *Issuer) oauth(p *provider) *oauth2.Config {
	return &oauth2.Config{ClientID: i.cfg.ClientID, ClientSecret: i.cfg.Secret, Endpoint: p.Endpoint(), RedirectURL: i.cfg.At + PathBack, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// Begin draws a trip, and says where the browser is to go.
func (i *Issuer) Begin(ctx context.Context) (to string, t Trip, err error) {
	p, err := i.known(ctx)
	if err != nil {
		return "", t, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, at := range []*string{&t.State, &t.Nonce, &t.Verifier} {
		if *at, err = door.NewSecret(i.random); err != nil {
			return "", t, fmt.Errorf("begin a sign-in: %w", err)
		}
	}
	t.Ends = i.clock.Wall().Add(TripLife).UTC().Truncate(time.Second)
	return i.oauth(p).AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), t, nil
}

// End changes the code that the browser came back with for an ID token, and gives whom that names.
func (i *Issuer) End(ctx context.Context, t Trip, code string) (who string, err error) {
	p, err := i.known(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, i.client)
	given, err := i.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if no, ok := errors.AsType[*oauth2.RetrieveError](err); ok && no.Response.StatusCode < http.StatusInternalServerError {
		return "", &RefusedError{Own: true, Why: "the code was not taken: " + no.ErrorCode} // not its text, which may hold anything
	}
	if plain, ok := errors.AsType[*PlainError](err); ok {
		return "", plain
	}
	if err != nil {
		return "", fmt.Errorf("%w: the code could not be changed for a token", ErrDown)
	}
	raw, ok := given.Extra("id_token").(string)
	if !ok {
		return "", &RefusedError{Why: "its answer has no ID token"}
	}
	keys := &watched{KeySet: p.keys}
	token, err := oidc.NewVerifier(i.cfg.Issuer, keys, &oidc.Config{ClientID: i.cfg.ClientID, Now: i.clock.Wall, SupportedSigningAlgs: p.signs}).Verify(ctx, raw)
	if err != nil && keys.down != nil {
		return "", fmt.Errorf("%w: the keys that it signs with cannot be had: %s", ErrDown, cut(keys.down.Error()))
	}
	if err != nil {
		return "", &RefusedError{Why: cut(err.Error())}
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.Nonce)) != 1 {
		return "", &RefusedError{Why: "the ID token is of another sign-in: its nonce is not ours"}
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return "", &RefusedError{Why: "its claims cannot be read"}
	}
	if who, ok = claims[i.cfg.Claim].(string); !ok || who == "" {
		return "", &RefusedError{Why: fmt.Sprintf("the ID token has no claim %q", i.cfg.Claim)}
	}
	return who, nil
}
