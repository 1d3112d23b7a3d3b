package authority

import (
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// HostsMax bounds the hosts of one certificate.
const HostsMax = 8

// hostMax bounds a host's name, in bytes (RFC 1035).
const hostMax = 253

// Hosts are what a process that listens at an address is called by: its machine's own, the address where it is one alone, and the names
// that it was told, without what no certificate can say: an address with a zone. The first HostsMax of them go into its certificate.
func Hosts(listen string, names ...string) []string {
	out := []string{"localhost", "127.0.0.1"}
	host, _, _ := net.SplitHostPort(listen) // none that can be read is none
	for _, h := range append([]string{host}, names...) {
		h = strings.TrimSuffix(h, ".")
		if ip := net.ParseIP(h); CheckHost(h) == nil && (ip == nil || !ip.IsUnspecified()) && !slices.ContainsFunc(out, func(have string) bool { return SameHost(have, h) }) {
			out = append(out, h)
		}
	}
	return out
}

// CheckHost says what is wrong with a host's name or address, or nil.
func CheckHost(text string) error {
	name := strings.TrimSuffix(text, ".")
	bad := func() error {
		return &ledger.FormError{Field: "names", Why: fmt.Sprintf("has %q, which is neither a host's name nor an address; a port does not belong to it", text)}
	}
	if net.ParseIP(name) != nil {
		return nil
	}
	if name == "" || len(name) > hostMax {
		return bad()
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return bad()
		}
	}
	return nil
}

// checkHosts refuses a request for what is nobody's host alone: a name with a star is good for others' too, and an address that stands for
// every one is nobody's. Whoever signs leaves out what is another's (hq's leaveHosts); this is what no certificate of ours says, whoever signs.
func checkHosts(request *x509.CertificateRequest) error {
	if n := len(request.DNSNames) + len(request.IPAddresses); n > HostsMax {
		return &ledger.FormError{Field: "names", Why: fmt.Sprintf("has %d hosts; a certificate has room for %d", n, HostsMax)}
	}
	for _, name := range request.DNSNames {
		if err := CheckHost(name); err != nil {
			return err
		}
	}
	for _, ip := range request.IPAddresses {
		if ip.IsUnspecified() || ip.IsMulticast() {
			return &ledger.FormError{Field: "names", Why: fmt.Sprintf("has %s, which is no machine's address", ip)}
		}
	}
	return nil
}

// Lacks gives those of hosts that a certificate does not say.
func Lacks(c *x509.Certificate, hosts []string) (out []string) {
	says := Says(c)
	for _, h := range hosts {
		if !slices.ContainsFunc(says, func(said string) bool { return SameHost(said, h) }) {
			out = append(out, h)
		}
	}
	return out
}

// Says gives the hosts that a certificate is good for.
func Says(c *x509.Certificate) []string {
	out := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	return out
}

// SameHost compares names whatever their case and with or without the dot at their end, and addresses however they are written.
func SameHost(a, b string) bool {
	a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
	x, y := net.ParseIP(a), net.ParseIP(b)
	return x != nil && x.Equal(y) || x == nil && y == nil && strings.EqualFold(a, b)
}
