package badline

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/relay"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

const (
	hangWait  = 10 * time.Second
	echoMax   = 256 << 10       // of what one side said that can be repeated
	echoWait  = 2 * time.Second // for the answers to a repeat, which nobody reads
	echoesMax = 8               // repeats of one connection
)

// A way is one direction of a link. Its goroutine alone uses it.
type way struct {
	rng    *rand.Rand
	isUp   bool
	said   []byte // by the client so far, for repeats; nil where it is too much
	echoes int
}

// serve carries one connection to its end.
func (p *Proxy) serve(ctx context.Context, l *relay.Link) {
	up, down, ok := p.enter(l)
	if !ok {
		return
	}
	defer p.leave(l)
	target, err := relay.Dial(ctx, p.cfg.Target())
	if err != nil {
		return
	}
	var echoes sync.WaitGroup
	defer echoes.Wait()
	defer l.Sever() // it ends the echoes
	spoil := func(w *way) relay.Way {
		return func(piece []byte) error {
			f, err := p.open(ctx, w)
			if err != nil || len(piece) == 0 {
				return err
			}
			p.pieces.Add(1)
			return p.harm(ctx, w, f, piece, &echoes)
		}
	}
	l.Join(target, spoil(up), spoil(down))
}

var (
	errReset = errors.New("the line broke")
	errLost  = errors.New("a piece was lost for good")
)

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
	if f.Delay > 0 || f.Far > 0 {
		p.delayed.Add(1)
		if err := world.Rest(ctx, f.Far+time.Duration(wait*2*float64(f.Delay))); err != nil {
			return err
		}
	}
	if breaks < f.Reset {
		p.reset.Add(1)
		return errReset
	}
	if lose < f.Lose {
		p.lost.Add(1)
		return errors.Join(errLost, world.Rest(ctx, p.cfg.Hang))
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
	c, err := relay.Dial(ctx, p.cfg.Target())
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
