package hq

import (
	"crypto/x509"
	"maps"
	"net"
	"slices"

	"github.com/holdfast-stock/holdfast/sync/authority"
)

// leaveHosts takes out of a site's request what is a host of head office's, whichever of its servers: a browser would take its node for head
// office. So it does with what is no host's name, above all one with a star, which would be good for head office's as well. A node beside a
// server on one machine is reached by another name, or by loopback, which is everybody's own.
func (s *Server) leaveHosts(csr *x509.CertificateRequest) {
	hosts := s.companyHosts()
	ours := func(host string) bool {
		ip := net.ParseIP(host)
		return !authority.SameHost(host, "localhost") && (ip == nil || !ip.IsLoopback()) &&
			slices.ContainsFunc(hosts, func(own string) bool { return authority.SameHost(own, host) })
	}
	csr.DNSNames = slices.DeleteFunc(csr.DNSNames, func(name string) bool { return authority.CheckHost(name) != nil || ours(name) })
	csr.IPAddresses = slices.DeleteFunc(csr.IPAddresses, func(ip net.IP) bool { return ours(ip.String()) })
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
