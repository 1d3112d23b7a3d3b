package cutproxy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/relay"
)

// A Mode says how a link behaves.
type Mode uint8

// The modes of a link.
const (
	ModeOpen   Mode = 0 // forwards
	ModeReset  Mode = 1 // breaks what is open and each new connection, as a router that refuses does
	ModeSilent Mode = 2 // keeps and accepts connections and forwards nothing, as a dead router does
)

// Config says what a Proxy joins.
type Config struct {
	Addr     string        // where to listen, on loopback; port 0 picks one
	Target   func() string // where to forward to, asked for each connection; "" breaks it. It must be safe for concurrent calls
	ConnsMax int           // connections open at once, at least 1
}

// Counts are a Proxy's figures since Listen.
type Counts struct {
	Accepted int64 // connections taken and meant to be forwarded
	Refused  int64 // connections broken at once: the link was cut, or no target answered
	Cut      int64 // connections that a cut broke
	Open     int64 // connections open now
	Up       int64 // bytes forwarded to the target, counted before the target can answer them
	Down     int64 // bytes forwarded from the target, counted before the client can read them
}

// A Proxy forwards connections until its link is cut. Make one with Listen, then Run it.
type Proxy struct {
	cfg   Config
	relay *relay.Relay

	accepted, refused, cut, up, down atomic.Int64

	mu      sync.Mutex // guards all below
	mode    Mode
	changed chan struct{} // closed and replaced when mode changes
	links   map[*relay.Link]struct{}
}

// Listen takes the address and returns a Proxy whose link is open. It starts no goroutine: until Run,
// connections wait in the kernel's queue.
func Listen(ctx context.Context, cfg Config) (*Proxy, error) {
	if cfg.Target == nil || cfg.ConnsMax < 1 {
		return nil, errors.New("listen for a link: a target and room for a connection are needed")
	}
	r, err := relay.Listen(ctx, cfg.Addr, cfg.ConnsMax)
	if err != nil {
		return nil, fmt.Errorf("listen for a link: %w", err)
	}
	return &Proxy{cfg: cfg, relay: r, changed: make(chan struct{}), links: map[*relay.Link]struct{}{}}, nil
}

// Addr returns the address that stands for the target.
func (p *Proxy) Addr() string { return p.relay.Addr() }

// Run forwards until ctx ends and then returns nil. It may be called once. When it returns, the
// listener and all connections are closed, and no goroutine of p is alive.
func (p *Proxy) Run(ctx context.Context) error {
	if err := p.relay.Run(ctx, p.serve); err != nil {
		return fmt.Errorf("run link: %w", err)
	}
	return nil
}

// Close gives the address up. It may be called twice, and is needed only where Run is not called.
func (p *Proxy) Close() error {
	if err := p.relay.Close(); err != nil {
		return fmt.Errorf("close link: %w", err)
	}
	return nil
}

// Cut puts the link into ModeReset or ModeSilent. With ModeReset it breaks what is open before it
// returns. A link that is cut may be cut again in the other mode.
func (p *Proxy) Cut(mode Mode) {
	p.mu.Lock()
	p.set(mode)
	var broken []*relay.Link
	if mode == ModeReset {
		for l := range p.links {
			broken = append(broken, l)
		}
	}
	p.mu.Unlock()
	for _, l := range broken {
		l.Sever()
		p.cut.Add(1)
	}
}

// Heal opens the link. What stood still in ModeSilent goes on where it stopped.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(ModeOpen)
}

// Mode returns how the link behaves now.
func (p *Proxy) Mode() Mode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode
}

// Counts returns the figures so far.
func (p *Proxy) Counts() Counts {
	p.mu.Lock()
	open := len(p.links)
	p.mu.Unlock()
	return Counts{
		Accepted: p.accepted.Load(), Refused: p.refused.Load(), Cut: p.cut.Load(), Open: int64(open),
		Up: p.up.Load(), Down: p.down.Load(),
	}
}

// set changes the mode and wakes who waits for a change. The caller holds mu.
func (p *Proxy) set(mode Mode) {
	if p.mode == mode {
		return
	}
	p.mode = mode
	close(p.changed)
	p.changed = make(chan struct{})
}

// pass waits until bytes may flow. It returns false when ctx ended, that is when the connection is
// broken or Run is over.
func (p *Proxy) pass(ctx context.Context) bool {
	for {
		p.mu.Lock()
		mode, changed := p.mode, p.changed
		p.mu.Unlock()
		if mode != ModeSilent {
			return ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
