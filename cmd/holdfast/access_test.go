package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
)

// The names of a certificate are a stranger's words until it is known who signed it.
func TestTheNamesOfAStrangersCertificateDoNothingOnATerminal(t *testing.T) {
	for _, c := range []struct {
		cert x509.Certificate
		want string
	}{
		{x509.Certificate{DNSNames: []string{"\x1b]0;owned\x07", "shop.example.com", "*.example.com", "a b"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 7)}},
			"the certificate that it shows says shop.example.com, 192.0.2.7: if the server is yours, call it so, or start it with --names till"},
		{x509.Certificate{DNSNames: []string{"\x1b[2J"}}, "the certificate that it shows says no name at all; if the server is yours, start it with --names till"},
	} {
		err := callFault(fmt.Errorf("call: %w", x509.HostnameError{Certificate: &c.cert, Host: "till"}), []string{"https://till"})
		h, ok := errors.AsType[*hinted](err)
		if !ok || h.hint != c.want {
			t.Errorf("got %v, want the hint %q", err, c.want)
		}
		if said := client.Plain(err.Error()); strings.ContainsAny(said, "\x1b\x07") {
			t.Errorf("got %q, which a terminal obeys", said)
		}
	}
}
