package node

// White-box: no route of ours outlives its connection for long, so the test brings one that does.

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
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
				n := openNode(t, testworld.New(6), nil)
				begun, release := make(chan struct{}), make(chan struct{})
				var done atomic.Bool
				n.web.handler = n.web.wrap("x", open, door.Anybody, func(http.ResponseWriter, *http.Request) error {
					close(begun)
					<-release // hears of no context
					done.Store(true)
					return nil
				})
				l := &oneLine{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
				client, server := net.Pipe()
				defer client.Close()
				l.conns <- server
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- n.web.run(ctx, l) }()
				go func() {
					_, _ = client.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
					_, _ = http.ReadResponse(bufio.NewReader(client), nil) // there is none: it was cut off
				}()
				<-begun
				cancel()
				if !c.stuck {
					time.Sleep(n.cfg.StopWait * 3 / 2) // of the bubble: nobody waits
					select {
					case err := <-ended:
						t.Fatalf("run ended with %v while a request was served", err)
					default:
					}
					close(release)
				}
				err := <-ended
				if !errors.Is(err, c.want) || done.Load() == c.stuck {
					t.Errorf("got %v with the request done %v, want %v", err, done.Load(), c.want)
				}
				if c.stuck {
					if err == nil || !strings.Contains(err.Error(), "last requests") {
						t.Errorf("got %v, want it to say what was waited for", err)
					}
					close(release)
				}
			})
		})
	}
}
