package relay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/relay"
)

func TestWhatAWaySaysHappensToEachPiece(t *testing.T) {
	target := echo(t)
	upper := func(piece []byte) error { copy(piece, bytes.ToUpper(piece)); return nil }
	c := dial(t, run(t, func(ctx context.Context, l *relay.Link) {
		to, err := relay.Dial(ctx, target)
		if err != nil {
			t.Errorf("dial: %v", err)
			return
		}
		if up, down := l.Join(to, upper, func([]byte) error { return nil }); up+down != 0 {
			t.Errorf("got %d and %d bytes unsent, want none", up, down)
		}
	}))
	want := bytes.Repeat([]byte("GOODS"), 100_000)
	go func() { _, _ = c.Write(bytes.ToLower(want)); _ = c.CloseWrite() }()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want the %d that were sent, changed on their way", len(got), err, len(want))
	}
}

func TestALinkThatIsOverIsBrokenForBothSides(t *testing.T) {
	target := echo(t)
	errCut := errors.New("cut")
	for name, serve := range map[string]func(context.Context, *relay.Link){
		"nothing served it": func(context.Context, *relay.Link) {},
		"it was severed":    func(_ context.Context, l *relay.Link) { l.Sever(); l.Sever() },
		"a way says so": func(ctx context.Context, l *relay.Link) {
			if to, err := relay.Dial(ctx, target); err == nil {
				l.Join(to, func([]byte) error { return errCut }, func([]byte) error { return nil })
			}
		},
		"it was severed before it was joined": func(ctx context.Context, l *relay.Link) {
			to, err := relay.Dial(ctx, target)
			if err != nil {
				t.Errorf("dial: %v", err)
				return
			}
			defer to.Close()
			l.Sever()
			if ctx.Err() == nil {
				t.Error("got a context that goes on, want it to end with the link")
			}
			l.Join(to, func([]byte) error { return nil }, func([]byte) error { return nil })
			if _, err := to.Write([]byte("x")); err == nil {
				t.Error("got an open target, want it closed")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", run(t, serve).Addr())
			if err == nil { // the reset may come as soon as that
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // it ends a test that hangs
				if _, err = io.WriteString(c, "x"); err == nil {    // who writes takes the news that the read is to bring
					_, err = io.ReadFull(c, make([]byte, 1))
				}
			}
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %v, want a reset", err)
			}
		})
	}
}

func TestRunBreaksWhatIsOpenAndWaitsForIt(t *testing.T) {
	r, err := relay.Listen(t.Context(), "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := false
	began := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- r.Run(ctx, func(ctx context.Context, _ *relay.Link) {
			close(began)
			<-ctx.Done()
			served = true
		})
	}()
	c := dial(t, r)
	<-began
	cancel()
	if err := <-done; err != nil || !served {
		t.Errorf("got %v, served %t, want nil once it was served", err, served)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("close: got %v, want nil", err)
	}
}

func TestNoTargetIsNotDialled(t *testing.T) {
	if c, err := relay.Dial(t.Context(), ""); err == nil {
		t.Errorf("got a connection to %s, want an error", c.RemoteAddr())
	}
}

// run runs a relay until the test ends.
func run(t *testing.T, serve func(context.Context, *relay.Link)) *relay.Relay {
	t.Helper()
	r, err := relay.Listen(t.Context(), "127.0.0.1:0", 4)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, serve) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
	return r
}

func dial(t *testing.T, r *relay.Relay) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // it ends a test that hangs
	return c.(*net.TCPConn)
}

// echo serves what it is sent until the test ends, and returns where.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}
