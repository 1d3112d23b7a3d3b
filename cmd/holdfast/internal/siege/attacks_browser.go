package siege

import (
	"context"
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

func browserAttacks(browser string) []attack {
	if browser == "" {
		return nil
	}
	return []attack{{"a page of another origin, in a browser that is signed in: forms, fetches, a name that leads here", func(ctx context.Context, t *town) error {
		return t.browsed(ctx, browser)
	}}}
}

// browserWait is for a browser to start, and for its page to have tried everything.
const browserWait = time.Minute

// reboundName leads to this machine, for the browser alone.
const reboundName = "rebound.example"

// evilQty is of the orders that the page tries to place, and of no other.
const evilQty = 977

// A hostile is the server of a page of somebody else's, on the same host as the town: a browser has the cookies of all ports of a host,
// and calls the page of the same site, so nothing but its origin tells it from the town's own.
type hostile struct {
	town    *town
	page    *template.Template
	cookies []string // Set-Cookie, as the town gave them
	told    chan map[string]string
	carried chan string // the cookies that came with a request that the page made to another origin
}

//go:embed hostile.html
var hostilePage string

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		for _, c := range h.cookies {
			w.Header().Add("Set-Cookie", c)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		rebound := strings.Replace(h.town.shop.URL, "127.0.0.1", reboundName, 1)
		_ = h.page.Execute(w, map[string]any{"Places": []string{h.town.shop.URL, h.town.office.URL}, "Rebound": rebound, "SKU": sku, "Qty": evilQty}) // a browser that has gone is seen below
	case "/carried":
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<16))
		select {
		case h.carried <- r.Header.Get("Cookie"):
		default:
		}
	case "/told":
		var told map[string]string
		if json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&told) == nil {
			select {
			case h.told <- told:
			default:
			}
		}
	default:
		http.NotFound(w, r)
	}
}

// serve serves h over TLS at two ports of its own, which are two origins.
func (h *hostile) serve() (pages [2]string, stop func() error, err error) {
	env := world.New()
	state, err1 := authority.New("elsewhere", env.Random("siege"), time.Now())
	key, err2 := enrol.NewKey(env)
	if err := errors.Join(err1, err2); err != nil {
		return pages, nil, err
	}
	csr, err := authority.Request(key, []string{"127.0.0.1"}, env.Random("siege"))
	if err != nil {
		return pages, nil, err
	}
	chain, err := state.Issue(identity.Name{Company: state.Company, Role: identity.RoleHQ, Who: "elsewhere"}, csr, env.Random("siege"), time.Now())
	if err != nil {
		return pages, nil, err
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key}}}
	srv := &http.Server{ReadHeaderTimeout: callWait, ErrorLog: silent(), Handler: h}
	ended := make(chan error, len(pages))
	stop = func() error {
		errs := []error{srv.Close()}
		for _, p := range pages {
			if p != "" {
				errs = append(errs, ignoreClosed(<-ended))
			}
		}
		return errors.Join(errs...)
	}
	for i := range pages {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return pages, nil, errors.Join(err, stop())
		}
		pages[i] = "https://" + l.Addr().String()
		go func() { ended <- srv.Serve(tls.NewListener(l, conf)) }()
	}
	return pages, stop, nil
}

// browsed signs a browser in at the node and at head office, and has it look at a page of another origin, which does what it can with
// that. Nothing may come of it: each request is refused, no answer is read, nobody is signed out, and no book has an order of it.
func (t *town) browsed(ctx context.Context, browser string) (err error) {
	at, office, err := t.signedInAtPages(ctx)
	if err != nil {
		return fmt.Errorf("sign in at the pages: %w", err)
	}
	h := &hostile{town: t, told: make(chan map[string]string, 1), carried: make(chan string, 1), cookies: append(at.set, office.set...)}
	if h.page, err = template.New("hostile").Parse(hostilePage); err != nil {
		return err
	}
	pages, stop, err := h.serve()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	before, err := t.refusals(ctx)
	if err != nil {
		return err
	}
	told, err := t.look(ctx, browser, h, pages[0]+"/?other="+url.QueryEscape(pages[1]))
	if err != nil {
		return err
	}
	carried := ""
	select {
	case carried = <-h.carried: // before what the page has told; not at all where the browser kept the page from it
	default:
	}
	if !strings.Contains(carried, at.value) || !strings.Contains(carried, office.value) {
		return errors.New("the browser sends no cookies to another origin of its host: it tries nothing")
	}
	for what, became := range told {
		if became != "blocked" {
			return fmt.Errorf("the page tried %s: %s, want it to learn nothing", what, became)
		}
	}
	after, err := t.refusals(ctx)
	if err != nil {
		return err
	}
	const least = 3 * 3 // a fetch that asks nobody first, and two forms: at the node, at head office, and at the node by another name
	if after-before < least {
		return fmt.Errorf("%d requests of the page came and were refused, want %d at least: it tried nothing", after-before, least)
	}
	for _, in := range []*signedPage{at, office} {
		if err := t.refused(ctx, "the page itself, still signed in", as(nil), http.MethodGet, in.url+"/v1/status", "", nil, []int{http.StatusOK}, func(r *http.Request) { r.Header.Set("Cookie", in.cookie) }); err != nil {
			return err
		}
	}
	return t.noneOfEvil(ctx)
}

// look runs a browser until the page has told what became of its tries.
func (t *town) look(ctx context.Context, browser string, h *hostile, page string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, browserWait)
	defer cancel()
	profile := filepath.Join(t.dir, "browser")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		return nil, err
	}
	running, end := context.WithCancel(ctx)
	defer end()
	cmd := exec.CommandContext(running, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--ignore-certificate-errors", "--host-resolver-rules=MAP "+reboundName+" 127.0.0.1", "--remote-debugging-port=0", "--user-data-dir="+profile, page)
	var says lines
	cmd.Stderr, cmd.WaitDelay = &says, time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case told := <-h.told:
		end()
		<-ended
		return told, nil
	case err := <-ended:
		return nil, fmt.Errorf("the browser ended: %w: %.1000s", err, says.text())
	case <-ctx.Done():
		<-ended
		return nil, fmt.Errorf("the page told nothing: %w: %.1000s", ctx.Err(), says.text())
	}
}

// A signedPage is a page that somebody is signed in at.
type signedPage struct {
	url    string
	set    []string // Set-Cookie
	cookie string   // as it goes with a request
	value  string   // of the session
}

// signedInAtPages signs sue in at the node's page, in a browser of a device of its own, and olga at head office's.
func (t *town) signedInAtPages(ctx context.Context) (at, office *signedPage, err error) {
	var device contract.User
	if _, err := t.hq.Do(ctx, http.MethodPut, "/v1/users/browser-1", "", contract.UserRequest{Kind: "device"}, &device); err != nil {
		return nil, nil, err
	}
	if err := bench.Until(ctx, readyWait, func() (bool, error) { // it comes with the next pull
		cl := &client.Client{URLs: t.leeds.URLs, Token: device.Token, HTTP: t.http}
		var in contract.SignedIn
		_, err := cl.Do(ctx, http.MethodPost, "/v1/sign-in", "", contract.SignInRequest{User: "sue", PIN: supervisorPIN}, &in)
		return err == nil, nil
	}); err != nil {
		return nil, nil, err
	}
	at, office = &signedPage{url: t.shop.URL}, &signedPage{url: t.office.URL}
	for _, step := range []struct {
		p    *signedPage
		form url.Values
	}{
		{at, url.Values{"token": {t.secret("the token of the browser's device", device.Token)}}},
		{at, url.Values{"user": {"sue"}, "pin": {supervisorPIN}}},
		{office, url.Values{"user": {"olga"}, "password": {password}}},
	} {
		if err := t.form(ctx, step.p, step.form); err != nil {
			return nil, nil, err
		}
	}
	t.secret("the session of a page of leeds", at.value)
	t.secret("the session of a page of head office", office.value)
	return at, office, nil
}

// form sends a page's sign-in form and keeps the cookies.
func (t *town) form(ctx context.Context, p *signedPage, form url.Values) error {
	got, err := t.ask(ctx, as(nil), http.MethodPost, p.url+"/sign-in", "", []byte(form.Encode()), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if p.cookie != "" {
			r.Header.Set("Cookie", p.cookie)
		}
	})
	if err != nil {
		return err
	}
	if err := got.want("the sign-in form of "+p.url, http.StatusSeeOther); err != nil {
		return err
	}
	for _, set := range got.header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(set, ";")
		_, p.value, _ = strings.Cut(pair, "=")
		p.set = append(p.set, set)
		if p.cookie != "" {
			pair = p.cookie + "; " + pair
		}
		p.cookie = pair
	}
	return nil
}

// refusals counts the orders and sign-outs that node and head office have turned away, for whatever reason.
func (t *town) refusals(ctx context.Context) (n int, err error) {
	for _, cl := range []*client.Client{t.leeds, t.hq} {
		a, err := cl.Do(ctx, http.MethodGet, "/metrics", "", nil, nil)
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(a.Body)) {
			var count float64
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok && strings.Contains(name, "_request_seconds_count{") && strings.Contains(name, `="4`) &&
				(strings.Contains(name, `"POST /v1/orders"`) || strings.Contains(name, `"POST /sign-out"`)) {
				if _, err := fmt.Sscan(value, &count); err != nil {
					return 0, fmt.Errorf("read %s: %w", line, err)
				}
				n += int(count)
			}
		}
	}
	return n, nil
}

// noneOfEvil looks for an order of the page in both books.
func (t *town) noneOfEvil(ctx context.Context) error {
	for _, cl := range []*client.Client{t.leeds, t.hq} {
		for cursor := ""; ; {
			var page contract.OrderList
			if _, err := cl.Do(ctx, http.MethodGet, "/v1/orders?limit=1000&cursor="+cursor, "", nil, &page); err != nil {
				return err
			}
			for _, o := range page.Orders {
				for _, l := range o.Lines {
					if l.Qty == evilQty {
						return fmt.Errorf("order %s was placed by the page", o.ID)
					}
				}
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
	}
	return nil
}
