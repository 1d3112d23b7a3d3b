package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// ErrPlain says that a node would be reached in the clear from other machines.
var ErrPlain = errors.New("there is no plain text but on loopback, and this node has no certificate")

// How often a node looks whether its certificate is to be renewed, and how long it rests after a no.
const (
	renewEach    = time.Minute
	renewRefused = time.Hour
)

// authorityFile holds the authority of a site that stands alone, with its keys; mode 0600.
const authorityFile = "authority.pem"

// Enrol gives the folder of c a certificate by a join token, at c.HQ or where the token says that head office is, and waits for head office as long as ctx lets
// it. A token that the folder's certificate was got by is not used again.
func Enrol(ctx context.Context, env ledger.Env, c *Config, t identity.Token, waits func(error)) error {
	if t.Role != identity.RoleSite {
		return &ledger.FormError{Field: "join token", Why: "is for a server of head office, and this is a site's node"}
	}
	if err := env.Disk.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	_, err := enrol.Folder{Env: env, Dir: c.Dir}.Join(ctx, t, c.HQ, hostsOf(c.Listen), waits)
	return err
}

// Enrolled says for which site the folder has a certificate, and where head office is; "" where it has none.
func Enrolled(env ledger.Env, dir string) (site ledger.SiteID, servers []string, err error) {
	folder := enrol.Folder{Env: env, Dir: dir}
	p, _, err := folder.Papers()
	if err != nil || p == nil {
		return "", nil, err
	}
	servers, err = folder.Servers()
	return ledger.SiteID(p.Name.Who), servers, err
}

// hostsOf are what tills and browsers may call the node by.
func hostsOf(listen string) []string {
	out := []string{"localhost", "127.0.0.1"}
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && host != "" && (ip == nil || !ip.IsUnspecified()) && !slices.Contains(out, host) {
		out = append(out, host)
	}
	return out
}

// openIdentity reads the node's papers; a site that stands alone and is reached from other machines makes its own.
func (n *Node) openIdentity() error {
	folder := enrol.Folder{Env: n.env, Dir: n.cfg.Dir}
	n.refusals = identity.NewRefusals(n.log, n.env.Clock.Mono)
	p, _, err := folder.Papers()
	if err != nil {
		return err
	}
	if n.cfg.Standalone && (p == nil || !n.env.Clock.Wall().Before(p.RenewAt())) && (p != nil || !identity.Loopback(n.listener.Addr())) {
		if p, err = n.ownPapers(folder); err != nil {
			return err
		}
	}
	switch {
	case p == nil && !identity.Loopback(n.listener.Addr()):
		return ErrPlain
	case p == nil:
		return nil
	case p.Name.Role != identity.RoleSite || p.Name.Who != string(n.cfg.Site):
		return &ledger.FormError{Field: "site", Why: fmt.Sprintf("is %s, and the folder's certificate is %s's", n.cfg.Site, p.Name.Who)}
	}
	for _, s := range n.cfg.HQ {
		if !strings.HasPrefix(s, "https://") {
			return &ledger.FormError{Field: "hq", Why: fmt.Sprintf("has %s, and this node has a certificate: head office is at an https address", s)}
		}
	}
	n.keeper = identity.NewKeeper(p, n.env.Clock.Wall)
	return nil
}

// ownPapers makes a site that stands alone a certificate, by an authority of its own.
func (n *Node) ownPapers(folder enrol.Folder) (*identity.Papers, error) {
	random, now := n.env.Random("identity"), n.env.Clock.Wall()
	raw, err := folder.Read(authorityFile)
	if err != nil {
		return nil, err
	}
	var state authority.State
	if raw != nil {
		state, err = authority.Parse(raw)
	} else if state, err = authority.New("alone-"+string(n.cfg.Site[:min(len(n.cfg.Site), 24)]), random, now); err == nil {
		if raw, err = state.Marshal(); err == nil {
			err = folder.Write(authorityFile, raw)
		}
	}
	if err != nil {
		return nil, err
	}
	key, err := enrol.NewKey(n.env)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, hostsOf(n.cfg.Listen), random)
	if err != nil {
		return nil, err
	}
	chain, err := state.Issue(identity.Name{Company: state.Company, Role: identity.RoleSite, Who: string(n.cfg.Site)}, csr, random, now)
	if err != nil {
		return nil, err
	}
	root := authority.MarshalCert(state.Generations[0].Cert.Raw)
	return folder.Take(enrol.Answer{Certificate: string(authority.MarshalCert(chain...)), Roots: string(root)}, key, "")
}

// secured is the listener as the node serves on it.
func (n *Node) secured(l net.Listener) net.Listener {
	if n.keeper == nil {
		return l
	}
	return tls.NewListener(l, n.keeper.Server())
}

// forHQ secures the line to head office; nil where it goes in the clear.
func (n *Node) forHQ() *tls.Config {
	if n.keeper == nil {
		return nil
	}
	return n.keeper.Client(identity.IsHQ)
}

// errorLog is where net/http says what went wrong with a connection.
func (n *Node) errorLog() *log.Logger {
	return log.New(n.refusals, "", 0)
}

// URL is how the node is reached.
func (n *Node) URL() string {
	if n.keeper == nil {
		return "http://" + n.Addr().String()
	}
	return "https://" + n.Addr().String()
}

// runIdentity has the certificate renewed when two thirds of its life are over. The site sells on whatever comes of it.
func (n *Node) runIdentity(ctx context.Context) error {
	if n.keeper == nil {
		return nil
	}
	var said string // of what was logged last, and when
	var saidAt time.Duration
	for wait := renewEach; ; {
		fired, stop := n.env.Clock.After(wait)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-fired:
		}
		wait = renewEach
		p := n.keeper.Papers()
		if n.env.Clock.Wall().Before(p.RenewAt()) {
			continue
		}
		next, err := n.renew(ctx, p)
		if err == nil {
			n.keeper.Put(next)
			n.unproved.Store(nil)
			said = ""
			n.log.LogAttrs(ctx, slog.LevelInfo, "certificate renewed", slog.Time("ends", next.Ends()))
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		why := err.Error()
		n.unproved.Store(&why)
		level := slog.LevelWarn
		if !n.env.Clock.Wall().Before(p.Ends()) {
			level = slog.LevelError // head office lets it in no more: somebody has to give a join token
		}
		if now, line := n.env.Clock.Mono(), level.String()+why; line != said || now-saidAt >= renewRefused {
			said, saidAt = line, now
			n.log.LogAttrs(ctx, level, "certificate not renewed", slog.Time("ends", p.Ends()), slog.Any(keyErr, err))
		}
		if _, refused := errors.AsType[*enrol.RefusedError](err); refused {
			wait = renewRefused
		}
	}
}

// certificateLeft is for how many seconds the node can prove itself still.
func (n *Node) certificateLeft() float64 {
	if n.keeper == nil {
		return math.Inf(1)
	}
	return n.keeper.Papers().Ends().Sub(n.env.Clock.Wall()).Seconds()
}

// certificateStatus says how long the node can prove itself; nil where it has nothing to do so by.
func (n *Node) certificateStatus() *contract.CertificateStatus {
	if n.keeper == nil {
		return nil
	}
	p, now := n.keeper.Papers(), n.env.Clock.Wall()
	out := &contract.CertificateStatus{State: "good", Ends: contract.Moment(p.Ends())}
	switch {
	case !now.Before(p.Ends()):
		out.State = "ended"
	case !now.Before(p.RenewAt()):
		out.State = "due"
	}
	if why := n.unproved.Load(); why != nil {
		out.Why = *why
	}
	return out
}

func (n *Node) renew(ctx context.Context, p *identity.Papers) (*identity.Papers, error) {
	folder := enrol.Folder{Env: n.env, Dir: n.cfg.Dir}
	if n.link == nil {
		return n.ownPapers(folder)
	}
	_, token, err := folder.Papers()
	if err != nil {
		return nil, err
	}
	key, err := enrol.KeyOf(p)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, hostsOf(n.cfg.Listen), n.env.Random("identity"))
	if err != nil {
		return nil, err
	}
	a, err := n.link.Renew(ctx, csr.Raw)
	if err != nil {
		return nil, err
	}
	return folder.Take(a, key, token)
}
