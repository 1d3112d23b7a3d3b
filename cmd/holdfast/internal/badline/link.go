package badline

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

const (
	pieceMax  = 32 << 10
	dialWait  = 2 * time.Second
	hangWait  = 10 * time.Second
	echoMax   = 256 << 10       // of what one side said that can be repeated
	echoWait  = 2 * time.Second // for the answers to a repeat, which nobody reads
	echoesMax = 8               // repeats of one connection
)

// A link is one connection through the line.
type link struct {
	cancel   context.CancelFunc
	up, down way

	mu     sync.Mutex // guards what is below
	ends   []net.Conn
	broken bool
}

// A way is one direction of a link. Its goroutine alone uses it.
type way struct {
	rng    *rand.Rand
	isUp   bool
	said   []byte // by the client so far, for repeats; nil where it is too much
	echoes int
}

func (l *link) add(end net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		reset(end)
		return false
	}
	l.ends = append(l.ends, end)
	return true
}

// sever breaks both ends. It may be called twice.
func (l *link) sever() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = true
	for _, end := range l.ends {
		reset(end)
	}
	l.ends = nil
}

// reset closes a connection so that its peer sees it broken, not ended.
func reset(end net.Conn) {
	if tcp, ok := end.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a connection that is closed
	}
	_ = end.Close()
}

// serve carries one connection to its end.
func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	l := &link{cancel: cancel, ends: []net.Conn{client}, up: way{isUp: true, said: []byte{}}}
	var all sync.WaitGroup
	defer all.Wait()
	defer l.sever()
	all.Go(func() {
		<-ctx.Done()
		l.sever()
	})
	if !p.enter(l) {
		return
	}
	defer p.leave(l)
	target, err := p.dial(ctx)
	if err != nil || !l.add(target) {
		return
	}
	var both sync.WaitGroup
	carry := func(w *way, to, from net.Conn) {
		if p.carry(ctx, w, to, from, &all) != nil {
			l.sever()
		}
	}
	both.Go(func() { carry(&l.up, target, client) })
	both.Go(func() { carry(&l.down, client, target) })
	both.Wait()
	l.finish()
}

// finish ends both ends in the orderly way, where none is broken.
func (l *link) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = true
	for _, end := range l.ends {
		_ = end.Close() // the bytes are with the peer's kernel
	}
	l.ends = nil
}

func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	addr := p.cfg.Target()
	if addr == "" {
		return nil, errors.New("no target")
	}
	d := net.Dialer{Timeout: dialWait}
	return d.DialContext(ctx, "tcp", addr)
}

var (
	errReset = errors.New("the line broke")
	errLost  = errors.New("a piece was lost for good")
)

// carry forwards one way until its sender has ended or the line breaks.
func (p *Proxy) carry(ctx context.Context, w *way, to, from net.Conn, echoes *sync.WaitGroup) error {
	buf := make([]byte, pieceMax)
	for {
		n, readErr := from.Read(buf)
		f, err := p.open(ctx, w)
		if err != nil {
			return err
		}
		if n > 0 {
			p.pieces.Add(1)
			if err := p.harm(ctx, w, f, buf[:n], echoes); err != nil {
				return err
			}
			if _, err := to.Write(buf[:n]); err != nil {
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

// open waits until the way is not dead and gives the faults of that moment.
func (p *Proxy) open(ctx context.Context, w *way) (Faults, error) {
	for {
		f, changed := p.now()
		if dead := w.isUp && f.NoUp || !w.isUp && f.NoDown; !dead {
			return f, ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
}

// harm does to a piece what the faults say.
func (p *Proxy) harm(ctx context.Context, w *way, f Faults, piece []byte, echoes *sync.WaitGroup) error {
	if w.said != nil {
		if w.said = append(w.said, piece...); len(w.said) > echoMax {
			w.said = nil
		}
	}
	// Every chance is drawn for every piece, so that a change of one shifts no other.
	lose, repeat, breaks, corrupt, wait := w.rng.Float64(), w.rng.Float64(), w.rng.Float64(), w.rng.Float64(), w.rng.Float64()
	bit := w.rng.IntN(8 * len(piece))
	if f.Delay > 0 {
		p.delayed.Add(1)
		if err := pause(ctx, time.Duration(wait*2*float64(f.Delay))); err != nil {
			return err
		}
	}
	if breaks < f.Reset {
		p.reset.Add(1)
		return errReset
	}
	if lose < f.Lose {
		p.lost.Add(1)
		return errors.Join(errLost, pause(ctx, p.cfg.Hang))
	}
	if repeat < f.Repeat && len(w.said) > 0 && w.echoes < echoesMax {
		w.echoes++
		p.repeated.Add(1)
		said := append([]byte(nil), w.said...)
		echoes.Go(func() { p.echo(ctx, said) })
	}
	if corrupt < f.Corrupt {
		p.corrupted.Add(1)
		piece[bit/8] ^= 1 << (bit % 8)
	}
	return nil
}

// echo says again what a client said, on a connection of its own.
func (p *Proxy) echo(ctx context.Context, said []byte) {
	ctx, cancel := context.WithTimeout(ctx, echoWait)
	defer cancel()
	c, err := p.dial(ctx)
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer c.Close()
	if _, err := c.Write(said); err == nil {
		_, _ = io.Copy(io.Discard, c) // until the target or the time ends it
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
