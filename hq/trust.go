package hq

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// AuthorityFile holds the company's authority with its keys; mode 0600. It is in no backup of ours.
const AuthorityFile = "authority.pem"

// authorityEach is how often a server asks the others what they have of the authority, and looks whether its own
// certificate is to be renewed.
const authorityEach = time.Minute

// foreignEach is how often it is told of a server that cannot be levelled with.
const foreignEach = time.Hour

// ErrPlain says that a server would be reached in the clear from other machines.
var ErrPlain = errors.New("there is no plain text but on loopback, and this folder has no authority")

// A trust is this server's part in who may speak for whom. A server without one speaks in the clear, on loopback.
type trust struct {
	keeper   *identity.Keeper
	key      crypto.Signer // of this process; its certificates are made here
	who      identity.Name
	hosts    []string
	refusals *identity.Refusals

	mu        sync.Mutex // guards what follows, and is held while the file is written
	state     authority.State
	foreign   bool                            // another server is under a root that this one does not know
	foreignAt time.Duration                   // when that was told last
	seen      map[string][]string             // by URL of another server, the hosts that its certificate is good for
	leftAt    map[ledger.SiteID]time.Duration // when it was told last what a site's certificate does not say; no more than there are sites
}

// openTrust reads the authority of the folder, or begins one with a company that is reached from other machines.
func (s *Server) openTrust() error {
	folder := enrol.Folder{Env: s.env, Dir: s.cfg.Dir}
	raw, err := folder.Read(AuthorityFile)
	if err != nil {
		return err
	}
	var state authority.State
	switch {
	case raw != nil:
		if state, err = authority.Parse(raw); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Join(s.cfg.Dir, AuthorityFile), err)
		}
		if err := notOlder(folder, state); err != nil {
			return err
		}
	case s.cfg.TLS || !identity.Loopback(s.listener.Addr()) || !identity.Loopback(s.raftListener.Addr()):
		past, err := exists(s.env.Disk, filepath.Join(s.cfg.Dir, RaftFile))
		if err != nil {
			return err
		}
		if !s.cfg.Bootstrap || past {
			return ErrPlain
		}
		if state, err = beginAuthority(folder); err != nil {
			return err
		}
	default:
		return nil
	}
	t := &trust{state: state, who: identity.Name{Company: state.Company, Role: identity.RoleHQ, Who: s.cfg.Name}, hosts: s.cfg.hosts()}
	if n := authority.HostsMax; len(t.hosts) > n {
		s.log.LogAttrs(context.Background(), slog.LevelWarn, "certificate has no room for all that this server is called by", slog.Any(keyLacks, t.hosts[n:]))
		t.hosts = t.hosts[:n]
	}
	if t.key, err = enrol.NewKey(s.env); err != nil {
		return err
	}
	papers, err := t.papers(s.env)
	if err != nil {
		return err
	}
	t.keeper = identity.NewKeeper(papers, s.env.Clock.Wall)
	t.refusals = s.refusals
	s.trust = t
	return folder.Write(enrol.RootsFile, rootsPEM(papers.Trust))
}

// InitAuthority begins an authority in the folder of a server that does not run, for a company that had none.
func InitAuthority(env ledger.Env, dir string) (identity.Fingerprint, error) {
	folder := enrol.Folder{Env: env, Dir: dir}
	if raw, err := folder.Read(AuthorityFile); err != nil || raw != nil {
		return identity.Fingerprint{}, errors.Join(err, fmt.Errorf("begin authority: %s has one", dir))
	}
	state, err := beginAuthority(folder)
	if err != nil {
		return identity.Fingerprint{}, err
	}
	return state.Generations[0].Fingerprint(), nil
}

func beginAuthority(folder enrol.Folder) (authority.State, error) {
	var raw [4]byte
	random := folder.Env.Random("authority")
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return authority.State{}, fmt.Errorf("draw company's name: %w", err)
	}
	state, err := authority.New("c-"+hex.EncodeToString(raw[:]), random, folder.Env.Clock.Wall())
	if err != nil {
		return authority.State{}, err
	}
	roots := rootsPEM(state.Trust(folder.Env.Clock.Wall()))
	return state, errors.Join(keepAuthority(folder, state), folder.Write(enrol.RootsFile, roots))
}

func keepAuthority(folder enrol.Folder, state authority.State) error {
	raw, err := state.Marshal()
	if err != nil {
		return err
	}
	return folder.Write(AuthorityFile, raw)
}

// hosts are what a browser may call this server by.
func (c *Config) hosts() []string {
	return authority.Hosts(c.Listen, append([]string{hostOf(c.URL)}, c.Names...)...)
}

// papers makes this server a certificate, by the authority as it is now.
func (t *trust) papers(env ledger.Env) (*identity.Papers, error) {
	t.mu.Lock()
	state := t.state
	t.mu.Unlock()
	now, random := env.Clock.Wall(), env.Random("authority")
	csr, err := authority.Request(t.key, t.hosts, random)
	if err != nil {
		return nil, err
	}
	ders, err := state.Issue(t.who, csr, random, now)
	if err != nil {
		return nil, err
	}
	roots := state.Trust(now).Roots
	var chain []*x509.Certificate
	for _, der := range ders {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("read own certificate: %w", err)
		}
		chain = append(chain, c)
	}
	for _, r := range roots { // a token may have pinned any of them
		if !slices.ContainsFunc(chain, r.Equal) {
			chain = append(chain, r)
		}
	}
	return enrol.Papers(chain, t.key, roots)
}

func rootsPEM(t identity.Trust) []byte {
	var ders [][]byte
	for _, r := range t.Roots {
		ders = append(ders, r.Raw)
	}
	return authority.MarshalCert(ders...)
}

// change puts what f makes of the authority in its place, without what is over, and keeps it.
func (s *Server) change(f func(authority.State) (authority.State, error)) (authority.State, error) {
	t := s.trust
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.env.Clock.Wall()
	state, err := f(t.state.Kept(now))
	if state = state.Kept(now); err != nil || state.Same(t.state) {
		return t.state, err
	}
	if err := keepAuthority(enrol.Folder{Env: s.env, Dir: s.cfg.Dir}, state); err != nil {
		return t.state, err
	}
	t.state = state
	return state, nil
}

func (t *trust) now() authority.State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// authoritySoon is when a server that has started asks the others first, and how soon again as long as it has not heard what its own log says:
// one that slept through a rotation, or has an old authority, is told so at once.
const authoritySoon = time.Second

// runTrust keeps this server's certificate young, and what it has of the authority level with the others.
func (s *Server) runTrust(ctx context.Context) error {
	if s.trust == nil {
		return nil
	}
	for wait := authoritySoon; s.pause(ctx, wait); {
		if wait = authoritySoon; s.past.over(s.raft.AppliedIndex(), s.fsm) {
			wait = authorityEach
		}
		s.level(ctx)
		if err := s.dropOver(); err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "old generations of the authority not dropped", slog.Any(keyErr, err))
		}
		if err := s.freshen(); err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "own certificate not renewed", slog.Any(keyErr, err))
		}
	}
	return nil
}

// level takes what the other servers have of the authority. One that is under a root which this server does not know is told of, once an
// hour: neither of the two gets anything of the other any more, and a person has to bring the one together with the rest.
func (s *Server) level(ctx context.Context) {
	foreign, others := "", s.others()
	s.trust.forget(others)
	for _, to := range others {
		err := s.joinAuthority(ctx, to)
		if err == nil || ctx.Err() != nil {
			continue
		}
		s.log.LogAttrs(ctx, slog.LevelDebug, "authority of another server not read", slog.String(keyURL, to), slog.Any(keyErr, err))
		if errors.Is(err, identity.ErrForeign) {
			foreign = to
		}
	}
	if _, old := s.givenUnderAnother(); old && foreign == "" {
		foreign = s.url
	}
	t, now := s.trust, s.env.Clock.Mono()
	t.mu.Lock()
	tells := foreign != "" && (!t.foreign || now-t.foreignAt >= foreignEach)
	if t.foreign = foreign != ""; tells {
		t.foreignAt = now
	}
	t.mu.Unlock()
	if tells {
		s.log.LogAttrs(ctx, slog.LevelError, "another server is under an authority that this one does not know", slog.String(keyURL, foreign),
			slog.String(keyHint, "where this is the server itself, join tokens were given under a root that it lacks; this server slept through a rotation, or its authority.pem is an old copy: holdfast hq token add hq at a server that is well, then start this one once with --join TOKEN; its folder stays. If the other slept, it is the other that needs this"))
	}
}

// figures puts when the newest generation was made known, and whether another server is under a root that this one does not know.
func (t *trust) figures(put func(string, float64, ...string)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	newest, foreign := t.state.Generations[len(t.state.Generations)-1].Since, t.foreign
	t.mu.Unlock()
	put("hq_authority_newest_timestamp_seconds", float64(newest.Unix()))
	put("hq_authority_foreign", truth(foreign))
}

// dropOver drops what nobody believes any more, where there is no other server to join with, too.
func (s *Server) dropOver() error {
	_, err := s.change(func(ours authority.State) (authority.State, error) { return ours, nil })
	return err
}

// freshen makes this server a new certificate where two thirds of the old one's life are over, where the roots have
// changed, or where another generation has begun to sign: tokens name that one, and whoever has one wants to be shown it.
func (s *Server) freshen() error {
	now := s.env.Clock.Wall()
	old, state := s.trust.keeper.Papers(), s.trust.now()
	roots := state.Trust(now)
	signed := bytes.Equal(old.Chain.Certificate[1], state.Signing(now).Cert.Raw)
	if signed && now.Before(old.RenewAt()) && slices.EqualFunc(roots.Roots, old.Trust.Roots, (*x509.Certificate).Equal) {
		return nil
	}
	p, err := s.trust.papers(s.env)
	if err != nil {
		return err
	}
	s.trust.keeper.Put(p)
	return enrol.Folder{Env: s.env, Dir: s.cfg.Dir}.Write(enrol.RootsFile, rootsPEM(p.Trust))
}

// joinAuthority takes what another server has of the authority.
func (s *Server) joinAuthority(ctx context.Context, to string) error {
	ctx, cancel := context.WithTimeout(ctx, announceWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to+pathAuthority, nil)
	if err != nil {
		return fmt.Errorf("ask for authority: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask for authority: %w", err)
	}
	defer answer.Body.Close()
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		s.trust.saw(to, answer.TLS.PeerCertificates[0])
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, authority.MarshalMax+1))
	if err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("ask for authority: answered %d", answer.StatusCode))
	}
	theirs, err := authority.Parse(raw)
	if err != nil {
		return err
	}
	_, err = s.change(func(ours authority.State) (authority.State, error) { return ours.Join(theirs.Kept(s.env.Clock.Wall())) })
	return err
}

// Enrol prepares the folder of a server that joins by a token: authority and owner's token come over a line that the
// token's root has proved. It waits for head office as long as ctx lets it. A folder whose authority has that root is left as it is, and so
// is one that this very token has prepared, unless that was cut short: it then asks once more, with the key that it asked with. One whose authority has it not slept through a rotation, or holds an old copy: it gets the
// authority of today, and the server is who it was.
func Enrol(ctx context.Context, env ledger.Env, dir string, t identity.Token, waits func(error)) error {
	if t.Role != identity.RoleHQ {
		return &ledger.FormError{Field: "join token", Why: "is for the site " + string(t.Site) + ", and this is a server of head office: have one given for hq"}
	}
	if err := env.Disk.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	folder := enrol.Folder{Env: env, Dir: dir}
	ours, err := enrolled(folder, t)
	if err != nil || ours == nil {
		return err
	}
	a, err := folder.JoinAgain(ctx, t, nil, nil, waits)
	if err != nil {
		return err
	}
	state, err := authority.Parse([]byte(a.Authority))
	if err != nil {
		return err
	}
	if strings.TrimSpace(a.OwnerToken) == "" {
		return errNoToken
	}
	if ours.Company != "" && ours.Company != state.Company {
		return &ledger.FormError{Field: "join token", Why: fmt.Sprintf("is of the company %s, and this folder is of %s: name another --dir", state.Company, ours.Company)}
	}
	if err := writeSmall(env.Disk, filepath.Join(dir, OwnerTokenFile), a.OwnerToken); err != nil {
		return err
	}
	return keepAuthority(folder, state) // last: with it the folder counts as enrolled
}

// enrolled gives the authority that a token is to bring up to date, the zero State where there is none; nil where the folder needs nothing.
func enrolled(folder enrol.Folder, t identity.Token) (*authority.State, error) {
	raw, err := folder.Read(AuthorityFile)
	if err != nil || raw == nil {
		return &authority.State{}, err
	}
	ours, err := authority.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(folder.Dir, AuthorityFile), err)
	}
	_, used, err := folder.Papers()
	if err != nil || (used == t.ID.String() || ours.Has(t.Root)) && notOlder(folder, ours) == nil {
		return nil, err
	}
	return &ours, nil
}

// secured is a listener as this server serves on it.
func (s *Server) secured(l net.Listener) net.Listener {
	if s.trust == nil {
		return l
	}
	return tls.NewListener(l, s.trust.keeper.Server(s.notFenced))
}

// notFenced refuses a site's certificate of an epoch that is closed while hands are shaken, as far as this server has heard. What comes
// over a connection that was made before is held against it at each message, and by the leader (speaksFor).
func (s *Server) notFenced(n identity.Name) error {
	if n.Role == identity.RoleSite && looked(s, func(m *machine.Machine) ledger.Epoch { return m.Trusted(ledger.SiteID(n.Who)).Fence }) > n.Epoch {
		return identity.ErrFenced
	}
	return nil
}

// errorLog is where net/http says what went wrong with a connection.
func (s *Server) errorLog() *log.Logger {
	return log.New(s.refusals, "", 0)
}

// forServers secures calls to other servers; nil where they go in the clear.
func (s *Server) forServers() *tls.Config {
	if s.trust == nil {
		return nil
	}
	return s.trust.keeper.Client(identity.IsHQ)
}

// shake secures a connection between servers' rafts. accepted is it where the other end has begun.
func (t *trust) shake(c net.Conn, dialled bool) (secured net.Conn, accepted *tls.Conn) {
	if dialled {
		return tls.Client(c, t.keeper.Client(identity.IsHQ)), nil
	}
	accepted = tls.Server(c, t.keeper.Peers(identity.IsHQ))
	return accepted, accepted
}

// headerSite says which site a request came from that a server passes on. It is believed of servers alone.
const headerSite = "Holdfast-Site"

// caller is who a request comes from, by certificate; a site's that another server has passed on counts as the site's.
func (s *Server) caller(r *http.Request) (identity.Name, bool) {
	n, ok := identity.PeerOf(r.TLS, s.env.Clock.Wall())
	if !ok || n.Role != identity.RoleHQ || r.Header.Get(headerSite) == "" {
		return n, ok
	}
	site, err := identity.ParseName(r.Header.Get(headerSite))
	return site, err == nil && site.Role == identity.RoleSite && site.Company == n.Company
}

// speaksFor says whether the request comes from the node of a site, with a certificate that is not fenced.
func (s *Server) speaksFor(r *http.Request, site ledger.SiteID) bool {
	n, ok := s.caller(r)
	if !ok || n.Role != identity.RoleSite || n.Who != string(site) {
		return false
	}
	return looked(s, func(m *machine.Machine) bool {
		_, known := m.Site(site)
		return known && n.Epoch >= m.Trusted(site).Fence
	})
}

// isServer says whether the request comes from another server; in the clear the owner's token has to do.
func (s *Server) isServer(r *http.Request) bool {
	if s.trust == nil {
		return true
	}
	n, ok := identity.PeerOf(r.TLS, s.env.Clock.Wall())
	return ok && n.Role == identity.RoleHQ
}
