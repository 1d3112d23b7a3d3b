package hq

// White-box: a leader that dies between taking a request and answering it has to be made.

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// dyingLeader answers the first request and keeps the connection; it takes the second, and is gone.
func dyingLeader(t *testing.T) (*url.URL, chan string) {
	t.Helper()
	l, err := testworld.Loopback{}.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	took := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		if r, err := http.ReadRequest(in); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
		r, err := http.ReadRequest(in)
		_ = l.Close()
		if err == nil {
			took <- r.Method + " " + r.URL.Path
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return &url.URL{Scheme: "http", Host: l.Addr().String()}, took
}

func TestWhatADyingLeaderHasTakenIsUnsure(t *testing.T) {
	env := testworld.New(1).Env()
	s := &Server{env: env, log: slog.New(slog.DiscardHandler)}
	s.client = s.newClient()
	defer s.client.CloseIdleConnections()
	to, took := dyingLeader(t)
	pass := func(method, path string) error {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Idempotency-Key", "k-1")
		return s.passOn(httptest.NewRecorder(), r, to)
	}
	if err := pass("GET", "/v1/sites"); err != nil {
		t.Fatal(err)
	}
	const path = "/v1/orders/0193a1b2-0000-7000-8000-000000000001/cancel"
	if err := pass("POST", path); !errors.Is(err, ledger.ErrUnsure) {
		t.Errorf("a cancel that the leader took: got %v, want %v", err, ledger.ErrUnsure)
	}
	if got := <-took; got != "POST "+path {
		t.Errorf("the leader took %q, want the cancel", got)
	}
	// Where nobody is there at all, nothing can have come of it.
	err := pass("POST", path)
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || !errors.Is(err, ErrNoLeader) {
		t.Errorf("nobody to be dialled: got %v, want %v", err, ErrNoLeader)
	}
}
