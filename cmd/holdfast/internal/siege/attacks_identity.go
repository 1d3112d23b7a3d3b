package siege

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/vault"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func identityAttacks() []attack {
	return []attack{
		{"york's certificate speaks for leeds", func(ctx context.Context, t *town) error { return t.speaks(ctx, t.stolen["york"], "leeds") }},
		{"the node of hull, which was declared lost, goes on", lostNode},
		{"the disk of hull is opened with hull's certificate", lostDisk},
		{"nobody asks for what opens a book, and york for what opens leeds'", othersBook},
		{"nobody speaks for leeds", func(ctx context.Context, t *town) error { return t.speaks(ctx, nil, "leeds") }},
		{"a certificate that has ended", endedCertificate},
		{"a certificate of an epoch that is closed: another node has bath's place", fencedCertificate},
		{"a certificate of an authority that somebody has made", madeCertificate},
		{"a site's certificate at raft's door", siteAtRaft},
		{"york's join token once more", usedToken},
		{"a head office that somebody has put up is asked by a new node", rogueOffice},
		{"a batch of leeds' journal, sent again by whoever stole its node", batchAgain},
		{"an order's key with another order", keyAgain},
	}
}

// hello is what a node says first.
func (t *town) hello(ctx context.Context, cl *http.Client, site string) (said, error) {
	r, err := wire.NewRequest(ctx, t.office.URL+wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: ledger.SiteID(site), NodeKey: [16]byte{1}, Boot: [16]byte{2}, WallMS: time.Now().UnixMilli()})
	if err != nil {
		return said{}, err
	}
	return t.send(cl, r)
}

// speaks wants whoever has the papers not to be let in as a site.
func (t *town) speaks(ctx context.Context, p *identity.Papers, site string) error {
	got, err := t.hello(ctx, as(p), site)
	if err != nil {
		return err
	}
	return got.want("hello as "+site, http.StatusUnauthorized, http.StatusForbidden)
}

// lostNode wants a stolen node to be told nothing: no epoch to write under, no command, no list of users, no next certificate.
func lostNode(ctx context.Context, t *town) error {
	cl := as(t.stolen["hull"])
	defer cl.CloseIdleConnections()
	r, err := wire.NewRequest(ctx, t.office.URL+wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: "hull", NodeKey: [16]byte{1}, Boot: [16]byte{2}, WallMS: time.Now().UnixMilli()})
	if err != nil {
		return err
	}
	res, err := cl.Do(r)
	if err != nil {
		return err
	}
	var welcome wire.Welcome
	err = wire.ReadReply(res, &welcome)
	if err := res.Body.Close(); err != nil {
		return err
	}
	if err == nil && welcome.Verdict == wire.VerdictOK {
		return errors.New("hello as hull: got a welcome")
	}
	csr, err := newRequest()
	if err != nil {
		return err
	}
	return t.refused(ctx, "the next certificate", cl, http.MethodPost, t.office.URL+enrol.PathRenew, "", encode(enrol.Request{CSR: csr}), []int{http.StatusUnauthorized, http.StatusForbidden})
}

// releases asks head office for what opens a book, as whoever has the papers.
func (t *town) releases(ctx context.Context, p *identity.Papers, q vault.ReleaseRequest) (said, error) {
	cl := as(p)
	return t.ask(ctx, cl, http.MethodPost, t.office.URL+vault.PathRelease, "", encode(q), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
}

// lostDisk wants whoever has the disk of a node that was declared lost to be given nothing that opens it, not even by a secret drawn anew.
func lostDisk(ctx context.Context, t *town) error {
	got, err := t.releases(ctx, t.stolen["hull"], vault.ReleaseRequest{Book: strings.Repeat("ab", 16)})
	if err != nil {
		return err
	}
	return got.want("the key of hull's book", http.StatusForbidden)
}

// othersBook wants what opens a book to go to its own site's node alone: york is told what opens no book but york's.
func othersBook(ctx context.Context, t *town) error {
	leeds, _, err := (enrol.Folder{Env: world.New(), Dir: t.shopDir()}).Papers()
	if err != nil {
		return err
	}
	q := vault.ReleaseRequest{Book: strings.Repeat("cd", 16)}
	got, err := t.releases(ctx, nil, q)
	if err != nil {
		return err
	}
	if err := got.want("nobody", http.StatusUnauthorized, http.StatusForbidden); err != nil {
		return err
	}
	var ours, theirs vault.ReleaseAnswer
	for to, p := range map[*vault.ReleaseAnswer]*identity.Papers{&ours: leeds, &theirs: t.stolen["york"]} {
		if got, err = t.releases(ctx, p, q); err != nil {
			return err
		}
		if err := errors.Join(got.want("its own", http.StatusOK), json.Unmarshal([]byte(got.body), to)); err != nil {
			return err
		}
	}
	if len(ours.Wrapping) != 32 || bytes.Equal(ours.Wrapping, theirs.Wrapping) || ours.Of == theirs.Of {
		return errors.New("york was given what opens leeds' book")
	}
	return nil
}

// shaken wants a certificate to be refused while hands are shaken: there is no answer at all.
func (t *town) shaken(ctx context.Context, p *identity.Papers) error {
	if got, err := t.hello(ctx, as(p), "leeds"); err == nil {
		return fmt.Errorf("got %d %.200s, want no handshake", got.status, got.body)
	}
	return nil
}

// issued makes papers for leeds by an authority, as of a moment.
func issued(state authority.State, at time.Time) (*identity.Papers, error) {
	env := world.New()
	key, err := enrol.NewKey(env)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, []string{"localhost"}, env.Random("siege"))
	if err != nil {
		return nil, err
	}
	chain, err := state.Issue(identity.Name{Company: state.Company, Role: identity.RoleSite, Who: "leeds"}, csr, env.Random("siege"), at)
	if err != nil {
		return nil, err
	}
	certs, err := authority.ParseCerts(authority.MarshalCert(chain...))
	if err != nil {
		return nil, err
	}
	return enrol.Papers(certs, key, certs)
}

func (t *town) authority() (authority.State, error) {
	raw, err := os.ReadFile(filepath.Join(t.officeDir(), "authority.pem"))
	if err != nil {
		return authority.State{}, err
	}
	return authority.Parse(raw)
}

func endedCertificate(ctx context.Context, t *town) error {
	state, err := t.authority()
	if err != nil {
		return err
	}
	state.Generations[0].Since = time.Now().Add(-2 * authority.Life)
	p, err := issued(state, time.Now().Add(-authority.Life-time.Hour))
	if err != nil {
		return err
	}
	return t.shaken(ctx, p)
}

func madeCertificate(ctx context.Context, t *town) error {
	ours, err := t.authority()
	if err != nil {
		return err
	}
	state, err := authority.New(ours.Company, world.New().Random("siege"), time.Now())
	if err != nil {
		return err
	}
	p, err := issued(state, time.Now())
	if err != nil {
		return err
	}
	return t.shaken(ctx, p)
}

// fencedCertificate wants a certificate that was good to shake no hands from the moment on at which another node is let in for its site.
func fencedCertificate(ctx context.Context, t *town) error {
	before, err := t.hello(ctx, as(t.stolen["bath"]), "bath")
	if err != nil {
		return fmt.Errorf("while it is bath's: %w", err)
	}
	if err := before.want("hello while it is bath's", http.StatusOK); err != nil {
		return err
	}
	var out hq.SiteAdded
	if _, err := t.hq.Do(ctx, http.MethodPost, "/v1/sites/bath/token", "", hq.SignedRequest{Reason: "its node was stolen", By: "olga"}, &out); err != nil {
		return err
	}
	t.secret("the join token of bath's next node", out.Token)
	return t.shaken(ctx, t.stolen["bath"])
}

func siteAtRaft(ctx context.Context, t *town) error {
	p := t.stolen["york"]
	c, err := (&net.Dialer{Timeout: callWait}).DialContext(ctx, "tcp", t.raft)
	if err != nil {
		return err
	}
	defer c.Close()
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{p.Chain}, MinVersion: tls.VersionTLS13}) // #nosec G402 -- as all of siege
	if err := c.SetDeadline(time.Now().Add(rawWait)); err != nil {
		return err
	}
	if err := s.HandshakeContext(ctx); err != nil {
		return nil
	}
	if n, err := s.Read(make([]byte, 1)); err == nil { // with TLS 1.3 the other end's no comes behind our handshake
		return fmt.Errorf("got %d bytes of raft", n)
	}
	return nil
}

func usedToken(ctx context.Context, t *town) error {
	token, err := identity.ParseToken(t.used)
	if err != nil {
		return err
	}
	csr, err := newRequest()
	if err != nil {
		return err
	}
	_, err = enrol.Ask(ctx, world.New(), token, t.hq.URLs, csr)
	if _, refused := errors.AsType[*enrol.RefusedError](err); !refused {
		return fmt.Errorf("got %v, want it refused", err)
	}
	return nil
}

func newRequest() ([]byte, error) {
	env := world.New()
	key, err := enrol.NewKey(env)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, []string{"localhost"}, env.Random("siege"))
	if err != nil {
		return nil, err
	}
	return csr.Raw, nil
}

// rogueOffice sends a new node to a head office that somebody has put up: it must not tell it the token.
func rogueOffice(ctx context.Context, t *town) error {
	r, err := t.openRogue()
	if err != nil {
		return err
	}
	token, err := identity.ParseToken(t.used)
	if err != nil {
		return errors.Join(err, r.stop())
	}
	csr, err := newRequest()
	if err != nil {
		return errors.Join(err, r.stop())
	}
	_, err = enrol.Ask(ctx, world.New(), token, []string{r.url}, csr)
	if closed := r.stop(); err == nil || r.heard.Load() > 0 || r.dialled.Load() == 0 {
		return fmt.Errorf("got %v, %d connections and %d requests there, %w; want the node to come and say nothing", err, r.dialled.Load(), r.heard.Load(), closed)
	}
	return nil
}

// batchAgain sends the first entries of leeds once more, with leeds' own certificate. Head office has them, and says so.
func batchAgain(ctx context.Context, t *town) error {
	p, _, err := (enrol.Folder{Env: world.New(), Dir: t.shopDir()}).Papers()
	if err != nil {
		return err
	}
	r, err := wire.NewJournalRequest(ctx, t.office.URL, "leeds", 0)
	if err != nil {
		return err
	}
	cl := as(p)
	defer cl.CloseIdleConnections()
	res, err := cl.Do(r)
	if err != nil {
		return err
	}
	frames, err := wire.ReadFrames(res.Body, 1)
	if err := errors.Join(err, res.Body.Close()); err != nil || len(frames) == 0 {
		return fmt.Errorf("fetch the journal: %d frames, %w", len(frames), err)
	}
	before, err := t.onHand(ctx)
	if err != nil {
		return err
	}
	if r, err = wire.NewRequest(ctx, t.office.URL+wire.PathPush, &wire.Push{Site: "leeds", Epoch: 1, Head: ledger.Position{Epoch: 1, Seq: 1}, Frames: frames[:1]}); err != nil {
		return err
	}
	if _, err := t.send(cl, r); err != nil {
		return err
	}
	after, err := t.onHand(ctx)
	if err != nil || after > before {
		return fmt.Errorf("got %d on hand at head office after %d, %w: the batch counted twice", after, before, err)
	}
	return nil
}

// onHand is what head office has of leeds' stock: it only falls while leeds sells.
func (t *town) onHand(ctx context.Context) (int64, error) {
	var st struct {
		OnHand int64 `json:"on_hand"`
	}
	_, err := t.hq.Do(ctx, http.MethodGet, "/v1/stock/"+sku, "", nil, &st)
	return st.OnHand, err
}

func keyAgain(ctx context.Context, t *town) error {
	order := func(qty int) []byte {
		return []byte(fmt.Sprintf(`{"lines":[{"sku":%q,"qty":%d}]}`, sku, qty))
	}
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "captured") }
	first, err := t.ask(ctx, t.http, http.MethodPost, t.shop.URL+"/v1/orders", t.leeds.Token, order(1), key)
	if err != nil {
		return err
	}
	again, err := t.ask(ctx, t.http, http.MethodPost, t.shop.URL+"/v1/orders", t.leeds.Token, order(1), key)
	if err != nil {
		return err
	}
	if first.body != again.body || again.header.Get("Idempotent-Replayed") != "true" || !strings.Contains(first.body, `"id"`) {
		return fmt.Errorf("the same again: got %.200s, want the first answer", again.body)
	}
	return t.refused(ctx, "another order", t.http, http.MethodPost, t.shop.URL+"/v1/orders", t.leeds.Token, order(2), []int{http.StatusUnprocessableEntity}, key)
}
