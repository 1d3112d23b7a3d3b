package identity

import (
	"net"
	"net/netip"
	"strings"
)

// Loopback says whether a listening address, host:port, is reached from this machine alone. There is no plain text
// anywhere else.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
