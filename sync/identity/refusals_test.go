package identity_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/identity"
)

func TestARefusalIsSaidOnce(t *testing.T) {
	var out bytes.Buffer
	now := time.Duration(0)
	r := identity.NewRefusals(slog.New(slog.NewTextHandler(&out, nil)), func() time.Duration { return now })
	said := func() int { return strings.Count(out.String(), "connection refused") }
	for port := range 5 {
		r.Refused(fmt.Sprintf("10.0.0.9:%d", 4000+port), errors.New("tls: bad certificate"))
		_, _ = fmt.Fprintf(r, "http: TLS handshake error from 10.0.0.9:%d: EOF\n", 5000+port)
	}
	if said() != 2 {
		t.Errorf("got %d lines, want one for each reason:\n%s", said(), out.String())
	}
	now = time.Hour
	r.Refused("10.0.0.9:1", errors.New("EOF"))
	if said() != 3 {
		t.Errorf("an hour later: got %d lines, want 3", said())
	}
	for host := range 1000 {
		r.Refused(fmt.Sprintf("10.1.%d.%d:1", host/250, host%250), errors.New("EOF"))
	}
	if said() > 3+256 {
		t.Errorf("got %d lines of 1000 hosts, want at most 256 more", said())
	}
}

// Of a handshake that failed, net/http says both ports: what is one reason must be told once all the same.
func TestAFailedHandshakeIsOneReasonWhateverItsPorts(t *testing.T) {
	var out strings.Builder
	r := identity.NewRefusals(slog.New(slog.NewTextHandler(&out, nil)), func() time.Duration { return 0 })
	for port := range 300 {
		fmt.Fprintf(r, "http: TLS handshake error from 192.0.2.7:%d: read tcp 10.0.0.1:8443->192.0.2.7:%d: i/o timeout\n", port, port)
	}
	if n := strings.Count(out.String(), "connection refused"); n != 1 || !strings.Contains(out.String(), `why="i/o timeout"`) {
		t.Errorf("got %d lines of one address and reason, want 1:\n%.400s", n, out.String())
	}
}
