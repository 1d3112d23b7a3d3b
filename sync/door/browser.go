package door

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// What a request is turned away for before anybody is asked who they are.
var (
	ErrCrossOrigin = errors.New("sent by a page of another site")
	ErrNoDevice    = errors.New("not at an enrolled device")
)

// A HostError says that a request was meant for a name that is not this server's.
type HostError struct{ Host string }

func (e *HostError) Error() string { return fmt.Sprintf("host %q is not this server's", e.Host) }

// A Browser keeps out what a browser sends because a page of somebody else's told it to: requests across origins, and
// requests to a name of theirs that they have point here (DNS rebinding). It asks nobody who they are.
type Browser struct {
	cross *http.CrossOriginProtection
	names []string
}

// NewBrowser makes one for a server with some names beside those that it always goes by.
func NewBrowser(names ...string) *Browser {
	b := &Browser{cross: http.NewCrossOriginProtection()}
	for _, n := range names {
		b.names = append(b.names, strings.ToLower(strings.TrimSuffix(n, ".")))
	}
	return b
}

// inside are the ends of names that nobody can register out there (RFC 6761, 6762, 8375, and ICANN's .internal).
var inside = []string{".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test"}

// Check refuses a request that a foreign page may have made.
func (b *Browser) Check(r *http.Request) error {
	if !b.known(r.Host) {
		return &HostError{Host: r.Host}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if b.cross.Check(r) != nil {
		return ErrCrossOrigin
	}
	return nil
}

// known says whether a name is one that only this network, or its operator, can have given to this server: an address, a
// name without a dot, one of an inside domain, or one that it was told.
func (b *Browser) known(host string) bool {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
	}
	host = strings.Trim(host, "[]")
	if Inside(host) { // or an IPv6 address
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.Contains(b.names, strings.ToLower(strings.TrimSuffix(host, ".")))
}

// Inside says whether a name is one that only a local network gives, and nobody outside can register: of one word, or of an inside domain.
func Inside(name string) bool {
	if !strings.Contains(name, ".") {
		return true
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return slices.ContainsFunc(inside, func(end string) bool { return strings.HasSuffix(name, end) })
}

// Secured says whether cookies are to go over TLS only: everywhere but on loopback, where there may be none.
func Secured(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false // no connection of a network: a test, or the simulator
	}
	a, err := netip.ParseAddr(host)
	return err == nil && !a.IsLoopback()
}
