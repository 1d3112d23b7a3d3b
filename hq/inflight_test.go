package hq

// White-box: no route of ours outlives its connection for long, so the test brings one that does.

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// oneLine is a listener with one connection to come.
type oneLine struct {
	conns  chan net.Conn
	closed chan struct{}
	shut   atomic.Bool
}

func (l *oneLine) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneLine) Close() error {
	if !l.shut.Swap(true) {
		close(l.closed)
	}
	return nil
}

func (l *oneLine) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func TestNoRequestOutlivesTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		stuck bool // for longer than anybody waits
		want  error
	}{"a slow one": {false, nil}, "a stuck one": {true, context.DeadlineExceeded}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, there := net.Pipe()
				defer client.Close()
				l := &oneLine{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
				l.conns <- there
				s := &Server{cfg: Config{StopWait: time.Second}, log: slog.New(slog.NewTextHandler(io.Discard, nil)), listener: l, inFlight: newInFlight(),
					conns: door.NewConnections(testworld.New(1).Env().Clock, 1, func(string) {})}
				begun, release := make(chan struct{}), make(chan struct{})
				var done atomic.Bool
				handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
					if !s.inFlight.enter() {
						t.Error("got the first request refused")
					}
					defer s.inFlight.leave()
					close(begun)
					<-release // hears of no context
					done.Store(true)
				})
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- s.runHandler(ctx, handler) }()
				go func() {
					_, _ = client.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
					_, _ = http.ReadResponse(bufio.NewReader(client), nil) // there is none: it was cut off
				}()
				<-begun
				cancel()
				if !c.stuck {
					time.Sleep(s.cfg.StopWait * 3 / 2) // of the bubble: nobody waits
					select {
					case err := <-ended:
						t.Fatalf("run ended with %v while a request was served", err)
					default:
					}
					close(release)
				}
				if err := <-ended; !errors.Is(err, c.want) || done.Load() == c.stuck {
					t.Errorf("got %v with the request done %v, want %v", err, done.Load(), c.want)
				}
				if c.stuck {
					close(release)
				}
			})
		})
	}
}

func TestAServerThatIsClosingTakesNoRequest(t *testing.T) {
	c := &Server{inFlight: newInFlight(), metrics: newMetrics(), log: slog.New(slog.DiscardHandler)}
	c.env.Clock = still{}
	if err := c.inFlight.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	c.serve(route{Route: contract.Route{Method: get, Path: "/x"}, do: func(http.ResponseWriter, *http.Request) error {
		t.Error("got it served, want it refused")
		return nil
	}}).ServeHTTP(rec, httptest.NewRequest(get, "/x", nil))
	if rec.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", rec.Code)
	}
}

type still struct{}

func (still) Wall() time.Time                                { return time.Time{} }
func (still) Mono() time.Duration                            { return 0 }
func (still) After(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }
