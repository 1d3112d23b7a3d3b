package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	dialWait   = 2 * time.Second // for the target to take a connection
	bufferSize = 32 << 10        // bytes under way in one direction
)

// A Link is one connection through the relay: the client's end and, once joined, the target's.
type Link struct {
	cancel context.CancelFunc // ends what waits for this link
	client net.Conn

	mu   sync.Mutex // guards all below
	ends []net.Conn
	over bool
}

// Dial connects to a target. "" is none.
func Dial(ctx context.Context, addr string) (net.Conn, error) {
	if addr == "" {
		return nil, errors.New("no target")
	}
	d := net.Dialer{Timeout: dialWait}
	return d.DialContext(ctx, "tcp", addr)
}

// Sever breaks both ends with a reset, so that each side learns of it at once. It may be called twice.
func (l *Link) Sever() {
	l.cancel()
	l.end(reset)
}

// end closes both ends, and any that comes later.
func (l *Link) end(closes func(net.Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, end := range l.ends {
		closes(end)
	}
	l.ends = nil
}

// reset closes a connection so that the peer sees it broken, not ended: an HTTP body that ends early
// must not pass for a whole one.
func reset(end net.Conn) {
	if tcp, ok := end.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a connection that is closed
	}
	_ = end.Close()
}

// add puts the target's end under the link, or breaks that end if the link is over.
func (l *Link) add(end net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		reset(end)
		return false
	}
	l.ends = append(l.ends, end)
	return true
}

// A Way is asked before each piece of one direction goes on, and may change or hold it; with no bytes
// before the news does that its sender has ended or is broken. An error breaks the link.
type Way func(piece []byte) error

// Join takes the target over and forwards both ways until both have ended or one fails. It says how
// many bytes that a way has let pass were not sent.
func (l *Link) Join(target net.Conn, up, down Way) (unsentUp, unsentDown int) {
	if !l.add(target) {
		return 0, 0
	}
	var both sync.WaitGroup
	forward := func(to, from net.Conn, way Way, unsent *int) {
		var err error
		if *unsent, err = pump(to, from, way); err != nil {
			l.Sever() // frees the other way, too
		}
	}
	both.Go(func() { forward(target, l.client, up, &unsentUp) })
	both.Go(func() { forward(l.client, target, down, &unsentDown) })
	both.Wait()
	l.end(func(end net.Conn) { _ = end.Close() }) // the bytes are with the peers' kernels
	return unsentUp, unsentDown
}

// pump forwards one way until the sender has ended, and passes that end on.
func pump(to, from net.Conn, way Way) (unsent int, err error) {
	buf := make([]byte, bufferSize)
	for {
		n, readErr := from.Read(buf)
		if err := way(buf[:n]); err != nil {
			return 0, err
		}
		if n > 0 {
			if wrote, err := to.Write(buf[:n]); err != nil {
				return n - wrote, err
			}
		}
		switch {
		case errors.Is(readErr, io.EOF):
			if tcp, ok := to.(*net.TCPConn); ok {
				return 0, tcp.CloseWrite()
			}
			return 0, nil
		case readErr != nil:
			return 0, readErr
		}
	}
}
