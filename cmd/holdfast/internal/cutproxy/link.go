package cutproxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialWait   = 2 * time.Second // for the target to take a connection
	bufferSize = 32 << 10        // bytes under way in one direction
)

// link is one connection through the proxy: the client's end and, once dialled, the target's.
type link struct {
	cancel context.CancelFunc // ends what waits for this link

	mu       sync.Mutex // guards all below; taken after Proxy.mu or alone
	ends     []net.Conn
	isBroken bool
}

// add puts an end under the link, or breaks that end if the link is broken.
func (l *link) add(end net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isBroken {
		reset(end)
		return false
	}
	l.ends = append(l.ends, end)
	return true
}

// sever breaks both ends with a reset, so that each side learns of it at once. It may be called twice.
func (l *link) sever() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isBroken = true
	for _, end := range l.ends {
		reset(end)
	}
	l.ends = nil
}

// finish closes both ends in the orderly way, after each has said that it is done.
func (l *link) finish() {
	defer l.cancel() // after the ends are closed: what waits for it resets those that are not
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isBroken = true
	for _, end := range l.ends {
		_ = end.Close() // the bytes are with the peer's kernel; there is nothing left to lose
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

// serve carries one connection to its end.
func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	l := &link{cancel: cancel, ends: []net.Conn{client}}
	// Run's end severs the link from here, and sever or finish, one of which always runs, ends ctx.
	var watch sync.WaitGroup
	watch.Go(func() {
		<-ctx.Done()
		l.sever()
	})
	defer watch.Wait()
	defer cancel()

	if !p.enter(l) {
		p.refused.Add(1)
		l.sever()
		return
	}
	defer p.leave(l)
	p.accepted.Add(1)
	if !p.pass(ctx) {
		return
	}
	target, err := p.dial(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.refused.Add(1)
		}
		l.sever()
		return
	}
	if !l.add(target) {
		return
	}
	p.join(ctx, l, client, target)
}

// enter lists the link, unless the proxy breaks what comes.
func (p *Proxy) enter(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode == ModeReset {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) leave(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	addr := p.cfg.Target()
	if addr == "" {
		return nil, errors.New("no target")
	}
	d := net.Dialer{Timeout: dialWait}
	return d.DialContext(ctx, "tcp", addr)
}

// join pumps both ways until both are done or one fails.
func (p *Proxy) join(ctx context.Context, l *link, client, target net.Conn) {
	var both sync.WaitGroup
	var failed atomic.Bool
	way := func(to, from net.Conn, count *atomic.Int64) {
		if err := p.pump(ctx, to, from, count); err != nil {
			failed.Store(true)
			l.sever() // frees the other way, too
		}
	}
	both.Go(func() { way(target, client, &p.up) })
	both.Go(func() { way(client, target, &p.down) })
	both.Wait()
	if !failed.Load() {
		l.finish()
	}
}

// pump forwards one way until the sender has ended, and passes that end on. News of any kind, an end
// or an error too, waits while the link is silent.
func (p *Proxy) pump(ctx context.Context, to, from net.Conn, count *atomic.Int64) error {
	buf := make([]byte, bufferSize)
	for {
		n, readErr := from.Read(buf)
		if !p.pass(ctx) {
			return context.Canceled
		}
		if n > 0 {
			count.Add(int64(n)) // before the write: who has heard a byte finds it counted
			if wrote, err := to.Write(buf[:n]); err != nil {
				count.Add(int64(wrote - n))
				return err
			}
		}
		switch {
		case errors.Is(readErr, io.EOF):
			if tcp, ok := to.(*net.TCPConn); ok {
				return tcp.CloseWrite()
			}
			return nil
		case readErr != nil:
			return readErr
		}
	}
}
