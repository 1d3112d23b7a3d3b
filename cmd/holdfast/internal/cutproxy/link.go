package cutproxy

import (
	"context"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/relay"
)

// serve carries one connection to its end.
func (p *Proxy) serve(ctx context.Context, l *relay.Link) {
	if !p.enter(l) {
		p.refused.Add(1)
		return
	}
	defer p.leave(l)
	p.accepted.Add(1)
	if !p.pass(ctx) {
		return
	}
	target, err := relay.Dial(ctx, p.cfg.Target())
	if err != nil {
		if ctx.Err() == nil {
			p.refused.Add(1)
		}
		return
	}
	up, down := l.Join(target, p.way(ctx, &p.up), p.way(ctx, &p.down))
	p.up.Add(-int64(up))
	p.down.Add(-int64(down))
}

// enter lists the link, unless the proxy breaks what comes.
func (p *Proxy) enter(l *relay.Link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode == ModeReset {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) leave(l *relay.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// way holds what comes, an end or an error too, while the link is silent. A piece is counted before it
// is written: who has heard a byte finds it counted.
func (p *Proxy) way(ctx context.Context, count *atomic.Int64) relay.Way {
	return func(piece []byte) error {
		if !p.pass(ctx) {
			return context.Canceled
		}
		count.Add(int64(len(piece)))
		return nil
	}
}
