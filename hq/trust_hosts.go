package hq

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// leaveHosts takes out of a site's request what is a host of head office's, whichever of its servers: a browser would take its node for head
// office. So it does with what is no host's name, above all one with a star, which would be good for head office's as well. A node beside a
// server on one machine is reached by another name, or by loopback, which is everybody's own. Of what is left it takes out what the node may
// not have. It gives what it took out.
func (s *Server) leaveHosts(csr *x509.CertificateRequest, may func(host string) bool) (left []string) {
	hosts := s.companyHosts()
	ours := func(host string) bool {
		ip := net.ParseIP(host)
		return !authority.SameHost(host, "localhost") && (ip == nil || !ip.IsLoopback()) &&
			slices.ContainsFunc(hosts, func(own string) bool { return authority.SameHost(own, host) })
	}
	leaves := func(host string) bool {
		out := authority.CheckHost(host) != nil || ours(host) || !may(host)
		if out {
			left = append(left, host)
		}
		return out
	}
	csr.DNSNames = slices.DeleteFunc(csr.DNSNames, leaves)
	csr.IPAddresses = slices.DeleteFunc(csr.IPAddresses, func(ip net.IP) bool { return leaves(ip.String()) })
	return left
}

// anyHost is what a node may have that an operator lets in: a join token is that operator's word.
func anyHost(string) bool { return true }

// ownHost is what a node may have that renews: what its certificate says already, and what only a local network gives. Whoever has stolen it
// would else be certified for another site's host, or for a web site, to whoever believes the company's roots. had is nil where it is unknown.
func ownHost(had *x509.Certificate) func(host string) bool {
	return func(host string) bool {
		return had != nil && len(authority.Lacks(had, []string{host})) == 0 || insideHost(host)
	}
}

// shared is what carriers give those behind one address of theirs (RFC 6598), and many a company its VPN.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// insideHost says whether a name or an address means a machine of a local network, whoever says it, and nobody outside can have it.
func insideHost(host string) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return door.Inside(host)
	}
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// headerShown is the certificate, DER in base64, by which a site asked the server that passes its renewal on. It is looked at anew: a server of
// an older build passes on whatever stands there.
const headerShown = "Holdfast-Site-Certificate"

// shownBy is the certificate by which site n asks for its next one; nil where a server of an older build has passed the request on and does not say.
func (s *Server) shownBy(r *http.Request, n identity.Name) *x509.Certificate {
	now := s.env.Clock.Wall()
	if direct, ok := identity.PeerOf(r.TLS, now); ok && direct.Role == identity.RoleSite {
		return r.TLS.PeerCertificates[0]
	}
	der, err := base64.StdEncoding.DecodeString(r.Header.Get(headerShown))
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	who, err := s.trust.keeper.Papers().Trust.Peer([]*x509.Certificate{c}, x509.ExtKeyUsageClientAuth, now)
	if err != nil || who != n {
		return nil
	}
	return c
}

// leftEach is how long what was left out of a site's certificates is told no more.
const leftEach = time.Hour

// tellLeft tells what a site's certificate does not say though its node asked, once an hour for each site: the node tells it, too, and says what to do.
func (s *Server) tellLeft(ctx context.Context, site ledger.SiteID, left []string) {
	if len(left) == 0 || !s.trust.tells(site, s.env.Clock.Mono()) {
		return
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "hosts left out of a site's certificate", slog.String(keySite, string(site)), slog.Any(keyHosts, left),
		slog.String(keyHint, "what is new and public is certified for a node that is let in by a token: holdfast hq token add "+string(site)+". If nobody gave its node that name, somebody else may have the node: holdfast site declare-lost "+string(site)))
}

func (t *trust) tells(site ledger.SiteID, now time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, told := t.leftAt[site]
	if told && now-last < leftEach {
		return false
	}
	if t.leftAt == nil {
		t.leftAt = map[ledger.SiteID]time.Duration{}
	}
	t.leftAt[site] = now
	return true
}

// companyHosts are what servers of head office are called by, as far as this one knows: its own names, where each server is reached, and what
// the certificates of those say that it has asked since it started.
func (s *Server) companyHosts() []string {
	hosts := slices.Concat([]string{hostOf(s.url)}, s.cfg.Names, s.trust.hosts)
	for _, u := range s.others() {
		hosts = append(hosts, hostOf(u))
	}
	s.trust.mu.Lock()
	defer s.trust.mu.Unlock()
	for _, says := range s.trust.seen {
		hosts = append(hosts, says...)
	}
	return hosts
}

// saw keeps what another server's certificate, which has been believed, is good for.
func (t *trust) saw(url string, c *x509.Certificate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string][]string{}
	}
	t.seen[url] = authority.Says(c)
}

// forget drops what certificates said of servers that are not among urls any more.
func (t *trust) forget(urls []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.seen, func(url string, _ []string) bool { return !slices.Contains(urls, url) })
}
