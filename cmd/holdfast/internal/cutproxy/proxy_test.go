package cutproxy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
)

const (
	waitMax = 30 * time.Second      // for what must happen, on a machine that is busy
	quiet   = 50 * time.Millisecond // for what must not
)

func TestALinkForwardsBothWaysAndCounts(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 4})
	body := bytes.Repeat([]byte("stock "), 100_000)
	c := dial(t, p)
	var sent sync.WaitGroup
	sent.Go(func() {
		if _, err := c.Write(body); err != nil {
			t.Errorf("send: %v", err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Errorf("end sending: %v", err)
		}
	})
	got, err := io.ReadAll(c)
	sent.Wait()
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("got %d bytes (%v), want the %d that were sent", len(got), err, len(body))
	}
	size := int64(len(body))
	if n := p.Counts(); n.Accepted != 1 || n.Up != size || n.Down != size || n.Refused != 0 || n.Cut != 0 {
		t.Errorf("got %+v, want 1 connection with %d bytes each way", n, size)
	}
	until(t, "the connection to be gone", func() bool { return p.Counts().Open == 0 })
}

func TestACutThatResetsBreaksWhatIsOpenAndWhatComes(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 4})
	c := dial(t, p)
	say(t, c, "hello")
	p.Cut(cutproxy.ModeReset)
	if err := hear(c, 1, waitMax); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v on an open connection, want a reset", err)
	}
	if err := tryNew(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v on a new connection, want a reset", err)
	}
	if n := p.Counts(); n.Cut != 1 || n.Refused != 1 || p.Mode() != cutproxy.ModeReset {
		t.Errorf("got %+v, want 1 cut and 1 refused", n)
	}
	p.Heal()
	say(t, dial(t, p), "again")
}

func TestASilentCutForwardsNothingAndLosesNothing(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 4})
	old := dial(t, p)
	say(t, old, "hello")
	before := p.Counts()

	p.Cut(cutproxy.ModeSilent)
	fresh := dial(t, p) // accepted: a dead router does not refuse
	for _, c := range []*net.TCPConn{old, fresh} {
		if _, err := io.WriteString(c, "later"); err != nil {
			t.Fatalf("send: %v", err)
		}
		if err := hear(c, 1, quiet); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want silence", err)
		}
	}
	if now := p.Counts(); now.Up != before.Up || now.Down != before.Down {
		t.Errorf("got %+v, want no byte more than %+v", now, before)
	}

	p.Heal()
	for _, c := range []*net.TCPConn{old, fresh} {
		if err := hear(c, len("later"), waitMax); err != nil {
			t.Errorf("got %v after the link healed, want what was sent", err)
		}
	}
}

func TestAnEndOrAResetDoesNotPassASilentLink(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 4})
	c := dial(t, p)
	say(t, c, "hello")
	p.Cut(cutproxy.ModeSilent)
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := hear(c, 1, quiet); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want silence", err)
	}
	p.Heal()
	if err := hear(c, 1, waitMax); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

func TestASilentLinkCanBeResetToo(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 4})
	p.Cut(cutproxy.ModeSilent)
	c := dial(t, p)
	until(t, "the connection to be taken", func() bool { return p.Counts().Open == 1 })
	p.Cut(cutproxy.ModeReset)
	if err := hear(c, 1, waitMax); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}

func TestTheTargetIsAskedForEachConnection(t *testing.T) {
	var mu sync.Mutex
	addr := ""
	p := start(t, cutproxy.Config{ConnsMax: 4, Target: func() string {
		mu.Lock()
		defer mu.Unlock()
		return addr
	}})
	if err := tryNew(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v without a target, want a reset", err)
	}
	mu.Lock()
	addr = echo(t)()
	mu.Unlock()
	say(t, dial(t, p), "hello")
	mu.Lock()
	addr = deadAddr(t)
	mu.Unlock()
	if err := tryNew(p); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v from a target that is down, want a reset", err)
	}
	until(t, "both refusals to be counted", func() bool { return p.Counts().Refused == 2 })
}

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 1})
	first := dial(t, p)
	say(t, first, "hello")
	second := dial(t, p)
	if _, err := io.WriteString(second, "me too"); err != nil {
		t.Fatal(err)
	}
	if err := hear(second, 1, quiet); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v over the limit, want silence", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := hear(second, len("me too"), waitMax); err != nil {
		t.Errorf("got %v once there was room, want an answer", err)
	}
}

func TestNothingOutlivesRun(t *testing.T) {
	for name, mode := range map[string]cutproxy.Mode{
		"open": cutproxy.ModeOpen, "silent": cutproxy.ModeSilent, "reset": cutproxy.ModeReset,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, err := cutproxy.Listen(ctx, cutproxy.Config{Addr: "127.0.0.1:0", Target: echo(t), ConnsMax: 2})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- p.Run(ctx) }()
			c := dial(t, p)
			say(t, c, "hello")
			p.Cut(mode)
			for range 2 { // the second is over the limit
				if c, err := net.Dial("tcp", p.Addr()); err == nil {
					defer func() { _ = c.Close() }()
				}
			}
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
			case <-time.After(waitMax):
				t.Fatal("got no return of Run, want one")
			}
			until(t, "the last goroutine's last step", func() bool { // it has told Run already
				stacks := make([]byte, 1<<20)
				return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "cutproxy.(*")
			})
			if n := p.Counts().Open; n != 0 {
				t.Errorf("got %d open connections after Run, want 0", n)
			}
			if err := hear(c, 1, waitMax); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v on a connection after Run, want it broken", err)
			}
			if err := p.Close(); err != nil {
				t.Errorf("close after Run: %v", err)
			}
		})
	}
}

func TestAFaultOfTheListenerEndsRun(t *testing.T) {
	p, err := cutproxy.Listen(t.Context(), cutproxy.Config{Addr: "127.0.0.1:0", Target: echo(t), ConnsMax: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	target := func() string { return "" }
	for name, cfg := range map[string]cutproxy.Config{
		"every address": {Addr: "0.0.0.0:0", Target: target, ConnsMax: 1},
		"no address":    {Addr: "127.0.0.1:x", Target: target, ConnsMax: 1},
		"no target":     {Addr: "127.0.0.1:0", ConnsMax: 1},
		"no room":       {Addr: "127.0.0.1:0", Target: target},
	} {
		if p, err := cutproxy.Listen(t.Context(), cfg); err == nil {
			t.Errorf("%s: got a link at %s, want an error", name, p.Addr())
		}
	}
}

func TestCutsUnderLoadLeaveWholeAnswersOrErrors(t *testing.T) {
	p := start(t, cutproxy.Config{Target: echo(t), ConnsMax: 8})
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					exchange(t, p.Addr())
				}
			}
		})
	}
	for i := range 200 {
		p.Cut(cutproxy.Mode(1 + i%2))
		runtime.Gosched()
		p.Heal()
	}
	close(stop)
	all.Wait()
	exchange(t, p.Addr())
	until(t, "all connections to be gone", func() bool { return p.Counts().Open == 0 })
}

// exchange sends a body and wants all of it back, or an error; never less without one.
func exchange(t *testing.T, addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(waitMax))
	if _, err := io.WriteString(c, "a body"); err != nil {
		return
	}
	_ = c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(c); err == nil && string(got) != "a body" {
		t.Errorf("got %q without an error, want all or an error", got)
	}
}

// start runs a proxy until the test ends.
func start(t *testing.T, cfg cutproxy.Config) *cutproxy.Proxy {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	p, err := cutproxy.Listen(ctx, cfg)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return p
}

// echo serves what it is sent, until the test ends, and returns where.
func echo(t *testing.T) func() string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() { _ = ln.Close() })
	return func() string { return ln.Addr().String() }
}

// deadAddr returns an address where nobody listens.
func deadAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func dial(t *testing.T, p *cutproxy.Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// tryNew connects and listens. A reset may come so soon that connecting already fails with it.
func tryNew(p *cutproxy.Proxy) error {
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return hear(c.(*net.TCPConn), 1, waitMax)
}

// say sends words and wants them back.
func say(t *testing.T, c *net.TCPConn, words string) {
	t.Helper()
	if _, err := io.WriteString(c, words); err != nil {
		t.Fatal(err)
	}
	if err := hear(c, len(words), waitMax); err != nil {
		t.Fatalf("got %v, want an answer", err)
	}
}

func hear(c *net.TCPConn, n int, wait time.Duration) error {
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, n))
	return err
}

// until waits for what the proxy's own goroutines are about to do. Sockets are not in a synctest
// bubble, so it looks again and again.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitMax)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("got tired of waiting for %s", what)
		}
		runtime.Gosched()
	}
}
