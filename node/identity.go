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
	"strconv"
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
	renewSoon    = time.Second // after a start, of one that lacks a host
	renewRefused = time.Hour
)

// authorityFile holds the authority of a site that stands alone, with its keys; mode 0600.
const authorityFile = "authority.pem"

// Enrol gives the folder of c a certificate by a join token, at c.HQ or where the token says that head office is, and waits for head office as long as ctx lets
// it. A token that the folder's certificate was got by is not used again.
func Enrol(ctx context.Context, env ledger.Env, c *Config, t identity.Token, waits func(error)) error {
	if t.Role != identity.RoleSite {
		return &ledger.FormError{Field: "join token", Why: "is for a server of head office, and this is a site's node: have one given for the site"}
	}
	if err := env.Disk.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	_, err := enrol.Folder{Env: env, Dir: c.Dir}.Join(ctx, t, c.HQ, c.certified(), waits)
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

// certified are what tills and browsers may call the node by, as far as a certificate has room for them.
func (c *Config) certified() []string {
	hosts := authority.Hosts(c.Listen, c.Names...)
	return hosts[:min(len(hosts), authority.HostsMax)]
}

// openIdentity reads the node's papers; a site that stands alone and is reached from other machines makes its own.
func (n *Node) openIdentity() error {
	folder := enrol.Folder{Env: n.env, Dir: n.cfg.Dir}
	n.refusals = identity.NewRefusals(n.log, n.env.Clock.Mono)
	p, _, err := folder.Papers()
	if err != nil {
		return err
	}
	if n.cfg.Standalone && (p == nil || n.renewsNow(p)) && (p != nil || !identity.Loopback(n.listener.Addr())) {
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
		return &ledger.FormError{Field: "site", Why: fmt.Sprintf("is %s, and the folder's certificate is %s's: name that site, or another folder (--dir)", n.cfg.Site, p.Name.Who)}
	}
	for _, s := range n.cfg.HQ {
		if !strings.HasPrefix(s, "https://") {
			return &ledger.FormError{Field: "hq", Why: fmt.Sprintf("has %s, and this node has a certificate: give the https address of head office", s)}
		}
	}
	n.keeper = identity.NewKeeper(p, n.env.Clock.Wall)
	n.sayHosts(p)
	return nil
}

// renewsNow says whether papers are to be made anew: two thirds of their life are over, or they do not say what the node is called by.
func (n *Node) renewsNow(p *identity.Papers) bool {
	return !n.env.Clock.Wall().Before(p.RenewAt()) || len(authority.Lacks(p.Chain.Leaf, n.cfg.certified())) > 0
}

// sayHosts tells an operator what the node is called by and its certificate does not say: whoever looks at it turns away there.
func (n *Node) sayHosts(p *identity.Papers) {
	said, lacks := authority.Says(p.Chain.Leaf), authority.Lacks(p.Chain.Leaf, authority.Hosts(n.cfg.Listen, n.cfg.Names...))
	tcp, ok := n.listener.Addr().(*net.TCPAddr)
	ctx := context.Background()
	switch everywhere := ok && tcp.IP.IsUnspecified(); {
	case everywhere && len(n.cfg.Names) == 0:
		n.log.LogAttrs(ctx, slog.LevelWarn, "certificate does not say how other machines call this node", slog.Any(keyHosts, said),
			slog.String(keyHint, "tills and browsers believe it by what it says alone: start it with --names and its address or name there, such as --names 203.0.113.7"))
	case len(lacks) > 0:
		n.log.LogAttrs(ctx, slog.LevelWarn, "certificate lacks what this node is called by", slog.Any(keyHosts, said), slog.Any(keyLacks, lacks),
			slog.String(keyHint, "it is asked for as soon as the node runs. A public name or address that is new comes with a join token alone: holdfast hq token add "+string(n.cfg.Site)+
				" at head office, then start this with --join TOKEN. What head office's own servers are called by no node gets: give this one another name. A certificate says at most "+strconv.Itoa(authority.HostsMax)))
	}
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
	csr, err := authority.Request(key, n.cfg.certified(), random)
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

// URL is how the node is reached: where it listens on every address, by the first name that it was told.
func (n *Node) URL() string {
	addr := n.Addr().String()
	if tcp, ok := n.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() && len(n.cfg.Names) > 0 {
		addr = net.JoinHostPort(n.cfg.Names[0], strconv.Itoa(tcp.Port))
	}
	if n.keeper == nil {
		return "http://" + addr
	}
	return "https://" + addr
}

// runIdentity has the certificate renewed when two thirds of its life are over, and once where it lacks what the node is called by. The
// site sells on whatever comes of it.
func (n *Node) runIdentity(ctx context.Context) error {
	if n.keeper == nil {
		return nil
	}
	var said string // of what was logged last, and when
	var saidAt time.Duration
	lacking, wait := len(authority.Lacks(n.keeper.Papers().Chain.Leaf, n.cfg.certified())) > 0, renewEach
	if lacking {
		wait = renewSoon
	}
	for {
		fired, stop := n.env.Clock.After(wait)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-fired:
		}
		wait = renewEach
		p := n.keeper.Papers()
		if n.env.Clock.Wall().Before(p.RenewAt()) && !lacking {
			continue
		}
		next, err := n.renew(ctx, p)
		if err == nil {
			n.keeper.Put(next)
			if lacking || len(authority.Lacks(next.Chain.Leaf, n.cfg.certified())) > 0 {
				n.sayHosts(next) // head office may have left some out; it is not asked again before the certificate is due
				lacking = false
			}
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
	out := &contract.CertificateStatus{State: "good", Ends: contract.Moment(p.Ends()), Hosts: authority.Says(p.Chain.Leaf),
		Lacks: authority.Lacks(p.Chain.Leaf, authority.Hosts(n.cfg.Listen, n.cfg.Names...))}
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
	csr, err := authority.Request(key, n.cfg.certified(), n.env.Random("identity"))
	if err != nil {
		return nil, err
	}
	a, err := n.link.Renew(ctx, csr.Raw)
	if err != nil {
		return nil, err
	}
	return folder.Take(a, key, token)
}
