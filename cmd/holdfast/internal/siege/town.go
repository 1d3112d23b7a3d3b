package siege

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

const (
	callWait  = 20 * time.Second
	readyWait = time.Minute
	sku       = "TAP-22"
	tills     = 8
	pin       = "718293640517" // of everybody at the tills: twelve digits that are nothing else
	password  = "correct horse battery staple"
)

// A town is head office, the node of leeds, and what three sites have to show. york and hull have certificates and no
// process: their nodes were stolen.
type town struct {
	dir      string
	profiles string // folder for them; "": none
	office   *bench.Child
	shop     *bench.Child
	logs     map[string]*lines // of each process
	roots    []*x509.Certificate
	http     *http.Client
	post     *postOffice   // where head office sends mail by
	flood    *flood        // of connections; nil: nobody pours
	rogue    *rogue        // a head office that nobody has to believe
	eaves    *eavesdropper // on the line from leeds to head office
	raft     string        // where head office's servers reach each other
	hq       *client.Client
	leeds    *client.Client
	stolen   map[string]*identity.Papers // york's, and hull's, which was declared lost since
	used     string                      // york's join token, used up
	devices  []string                    // the tokens of the tills
	signedIn []string                    // the tokens of who is signed in there
	roles    map[string]string           // programs' tokens, by role

	mu      sync.Mutex        // guards what follows
	secrets map[string]string // by what they are
	heard   bytes.Buffer      // what anybody was answered, but where a secret is what was asked for
}

// lines keeps what a process logs.
type lines struct {
	mu  sync.Mutex // guards raw
	raw bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.String()
}

func (t *town) secret(what, value string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secrets[what] = value
	return value
}

// hears keeps what somebody was answered.
func (t *town) hears(answer []byte) {
	const most = 32 << 20
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.heard.Len() < most {
		t.heard.Write(answer)
	}
}

// open starts everything. Close the town also after an error.
func (t *town) open(ctx context.Context) error {
	t.secrets, t.logs, t.stolen, t.roles = map[string]string{}, map[string]*lines{"head office": {}, "leeds": {}}, map[string]*identity.Papers{}, map[string]string{}
	for _, step := range []func(context.Context) error{t.openOffice, t.openLines, t.openSites, t.openTills} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *town) close() error {
	var errs []error
	for _, c := range []*bench.Child{t.shop, t.office} {
		if c != nil {
			errs = append(errs, c.Stop())
		}
	}
	if t.post != nil {
		errs = append(errs, t.post.close())
		t.hears([]byte(t.post.text()))
	}
	if t.rogue != nil {
		errs = append(errs, t.rogue.stop())
	}
	if t.eaves != nil {
		errs = append(errs, t.eaves.close())
	}
	t.post, t.rogue, t.eaves = nil, nil, nil
	return errors.Join(errs...)
}

// openLines puts up whoever stands between leeds and head office.
func (t *town) openLines(context.Context) (err error) {
	if t.rogue, err = t.openRogue(); err != nil {
		return err
	}
	t.eaves, err = t.openEavesdropper()
	return err
}

func (t *town) officeDir() string { return filepath.Join(t.dir, "hq1") }
func (t *town) shopDir() string   { return filepath.Join(t.dir, "leeds") }

func (t *town) openOffice(ctx context.Context) (err error) {
	listen, err := host.FreeAddr()
	if err != nil {
		return err
	}
	if t.raft, err = host.FreeAddr(); err != nil {
		return err
	}
	mail := filepath.Join(t.dir, "mail.password")
	if err := os.WriteFile(mail, []byte(t.secret("the mail server's password", "smtp-only-for-the-post-office")), 0o600); err != nil {
		return err
	}
	if t.post, err = openPost(); err != nil {
		return err
	}
	t.office, err = bench.StartLogged(ctx, t.logs["head office"], t.profiled("hq", "--dir", t.officeDir(), "--name", "hq1", "--listen", listen, "--raft-listen", t.raft,
		"--bootstrap", "--tls", "--smtp", t.post.l.Addr().String(), "--smtp-from", "shop@example.com", "--smtp-user", "shop", "--smtp-password-file", mail, "--log-level", "debug")...)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(t.officeDir(), enrol.RootsFile))
	if err != nil {
		return fmt.Errorf("read roots: %w", err)
	}
	if t.roots, err = authority.ParseCerts(raw); err != nil {
		return err
	}
	t.http = client.NewHTTP(callWait, t.roots...)
	token, err := t.ownerToken(t.officeDir())
	if err != nil {
		return err
	}
	t.hq = &client.Client{URLs: []string{t.office.URL}, Token: token, HTTP: t.http, Tries: 50}
	if err := t.ready(ctx, t.hq); err != nil {
		return err
	}
	if _, err := t.hq.Do(ctx, http.MethodPut, "/v1/items/"+sku, "", contract.ItemRequest{Name: "Tap"}, nil); err != nil {
		return err
	}
	hook := contract.WebhookRequest{To: "https://127.0.0.1:1/", Secret: t.secret("a webhook's secret", "whsec_c2llZ2Utc2llZ2Utc2llZ2Utc2llZ2Utc2llZ2U=")}
	if _, err = t.hq.Do(ctx, http.MethodPost, "/v1/webhooks", "hook", hook, nil); err != nil {
		return err
	}
	_, err = t.hq.Do(ctx, http.MethodPost, "/v1/webhooks", "mail", contract.WebhookRequest{To: "mailto:buyer@example.com"}, nil)
	return err
}

func (t *town) ownerToken(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "owner.token"))
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return t.secret("the owner's token of "+filepath.Base(dir), strings.TrimSpace(string(raw))), nil
}

func (t *town) ready(ctx context.Context, cl *client.Client) error {
	return bench.Until(ctx, readyWait, func() (bool, error) {
		_, err := cl.Do(ctx, http.MethodGet, "/readyz", "", nil, nil)
		return err == nil, nil
	})
}

// openSites adds four sites. leeds gets a node; the papers of the others are got by whoever has their tokens.
func (t *town) openSites(ctx context.Context) error {
	for _, site := range []string{"leeds", "york", "hull", "bath"} {
		var added hq.SiteAdded
		if _, err := t.hq.Do(ctx, http.MethodPost, "/v1/sites", "site-"+site, hq.SiteRequest{Site: site, Kind: bench.Counter}, &added); err != nil {
			return err
		}
		token, err := identity.ParseToken(t.secret("the join token of "+site, added.Token))
		if err != nil {
			return err
		}
		if site == "leeds" {
			if err := t.openShop(ctx, added.Token); err != nil {
				return err
			}
			continue
		}
		cfg := node.Config{Site: ledger.SiteID(site), Dir: filepath.Join(t.dir, site), Listen: "127.0.0.1:0", HQ: t.hq.URLs}
		if err := node.Enrol(ctx, world.New(), &cfg, token, func(error) {}); err != nil {
			return err
		}
		if t.stolen[site], _, err = (enrol.Folder{Env: world.New(), Dir: cfg.Dir}).Papers(); err != nil {
			return err
		}
		if site == "york" {
			t.used = added.Token
		}
	}
	_, err := t.hq.Do(ctx, http.MethodPost, "/v1/sites/hull/declare-lost", "lost-hull", hq.SignedRequest{Reason: "stolen", By: "olga"}, nil)
	return err
}

func (t *town) openShop(ctx context.Context, token string) (err error) {
	listen, err := host.FreeAddr()
	if err != nil {
		return err
	}
	if err := t.startShop(ctx, "--listen", listen, "--join="+token); err != nil {
		return err
	}
	owner, err := t.ownerToken(t.shopDir())
	if err != nil {
		return err
	}
	t.leeds = &client.Client{URLs: []string{t.shop.URL}, Token: owner, HTTP: t.http, Tries: 50}
	if err := t.ready(ctx, t.leeds); err != nil {
		return err
	}
	if err := bench.Until(ctx, readyWait, func() (bool, error) {
		_, err := t.leeds.Do(ctx, http.MethodGet, "/v1/items/"+sku, "", nil, nil)
		return err == nil, nil
	}); err != nil {
		return fmt.Errorf("wait for the item at leeds: %w", err)
	}
	_, err = t.leeds.Do(ctx, http.MethodPost, "/v1/receipts", "goods", map[string]any{"reference": "DN-1", "lines": []any{map[string]any{"sku": sku, "qty": 10_000_000}}}, nil)
	return err
}

func (t *town) startShop(ctx context.Context, args ...string) (err error) {
	t.shop, err = bench.StartLogged(ctx, t.logs["leeds"], t.profiled(append([]string{"node", "--dir", t.shopDir(), "--log-level", "debug"}, args...)...)...)
	return err
}

// profiled has a process write where its processor time goes, if anybody asked for that.
func (t *town) profiled(args ...string) []string {
	if t.profiles == "" {
		return args
	}
	return append(args, "--cpu-profile", filepath.Join(t.profiles, args[0]+".prof"))
}

// restartShop kills the node and starts it again where it was.
func (t *town) restartShop(ctx context.Context) error {
	listen := strings.TrimPrefix(t.shop.URL, "https://")
	if err := t.shop.Kill(); err != nil {
		return err
	}
	t.http.CloseIdleConnections()
	if err := t.startShop(ctx, "--listen", listen, "--hq", t.lines()); err != nil {
		return err
	}
	return t.ready(ctx, t.leeds)
}

// openTills sets who may call, and signs somebody in at each till.
func (t *town) openTills(ctx context.Context) error {
	set := func(id string, in contract.UserRequest) (out contract.User, err error) {
		_, err = t.hq.Do(ctx, http.MethodPut, "/v1/users/"+id, "", in, &out)
		return out, err
	}
	for i := range tills {
		device, err := set(fmt.Sprintf("till-%d", i), contract.UserRequest{Kind: "device"})
		if err != nil {
			return err
		}
		t.devices = append(t.devices, t.secret(fmt.Sprintf("the token of till %d", i), device.Token))
		if _, err := set(fmt.Sprintf("ann-%d", i), contract.UserRequest{Roles: &[]string{"cashier"}, PIN: t.secret("a PIN", pin)}); err != nil {
			return err
		}
	}
	if _, err := set("olga", contract.UserRequest{Roles: &[]string{"office"}, Password: t.secret("a password", password)}); err != nil {
		return err
	}
	if _, err := set("sue", contract.UserRequest{Roles: &[]string{"supervisor"}, PIN: t.secret("a PIN that approves", supervisorPIN)}); err != nil {
		return err
	}
	if _, err := set("victor", contract.UserRequest{Roles: &[]string{"cashier"}, PIN: t.secret("a PIN that is guessed", "908172635409")}); err != nil {
		return err
	}
	for _, role := range ledger.AllRoles.Names() {
		program, err := set("p-"+strings.ReplaceAll(role, "_", "-"), contract.UserRequest{Kind: "program", Roles: &[]string{role}})
		if err != nil {
			return err
		}
		t.roles[role] = t.secret("the token of a program as "+role, program.Token)
	}
	for i, token := range t.devices {
		var in contract.SignedIn
		at := &client.Client{URLs: t.leeds.URLs, Token: token, HTTP: t.http}
		if err := bench.Until(ctx, readyWait, func() (bool, error) { // users come with the next pull
			_, err := at.Do(ctx, http.MethodPost, "/v1/sign-in", "", contract.SignInRequest{User: fmt.Sprintf("ann-%d", i), PIN: pin}, &in)
			return err == nil, nil
		}); err != nil {
			return fmt.Errorf("sign in at till %d: %w", i, err)
		}
		t.signedIn = append(t.signedIn, t.secret(fmt.Sprintf("a sign-in at till %d", i), in.Token))
	}
	return nil
}

// told is what the book's own list has of orders.
func (t *town) told(ctx context.Context) (map[string]int, error) {
	out, cursor := map[string]int{}, ""
	for {
		var page contract.OrderList
		if _, err := t.leeds.Do(ctx, http.MethodGet, "/v1/orders?limit=1000&cursor="+cursor, "", nil, &page); err != nil {
			return nil, err
		}
		for _, o := range page.Orders {
			out[string(o.ID)]++
		}
		if cursor = page.NextCursor; cursor == "" {
			return out, nil
		}
	}
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil { // texts and numbers
		panic("siege: encode: " + err.Error())
	}
	return raw
}
