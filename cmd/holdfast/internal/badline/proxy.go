package badline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/relay"
)

// Faults says what is wrong with a line. Chances are of 1, for each piece of at most 32 KiB.
type Faults struct {
	Far     time.Duration // each piece waits so long: the way of a line that is well but long
	Delay   time.Duration // each piece waits up to twice as long
	Lose    float64
	Repeat  float64
	Reset   float64
	Corrupt float64
	NoUp    bool // nothing goes to the target
	NoDown  bool // nothing comes from it
	Refuse  bool // connections are broken, new ones at once
}

// Counts are what a line did since Listen.
type Counts struct {
	Pieces, Delayed, Lost, Repeated, Reset, Corrupted int64
}

// Config says what a Proxy joins.
type Config struct {
	Addr   string        // where to listen, on loopback; port 0 picks one
	Target func() string // where to forward to; asked for each connection, safe for concurrent calls
	Seed   uint64        // of the faults; what the processes say when is their own
	Hang   time.Duration // until a connection that lost a piece breaks; default 10s
}

// ConnsMax bounds the connections that a line has open at once; further ones wait.
const ConnsMax = 512

// A Proxy is one line. Make it with Listen, then Run it.
type Proxy struct {
	cfg   Config
	relay *relay.Relay

	pieces, delayed, lost, repeated, reset, corrupted atomic.Int64

	mu      sync.Mutex // guards all below
	faults  Faults
	changed chan struct{} // closed and replaced by Set
	links   map[*relay.Link]struct{}
	serial  uint64
}

// Listen takes the address. It starts no goroutine.
func Listen(ctx context.Context, cfg Config) (*Proxy, error) {
	if cfg.Target == nil {
		return nil, errors.New("listen for a line: it has no target")
	}
	if cfg.Hang == 0 {
		cfg.Hang = hangWait
	}
	r, err := relay.Listen(ctx, cfg.Addr, ConnsMax)
	if err != nil {
		return nil, fmt.Errorf("listen for a line: %w", err)
	}
	return &Proxy{cfg: cfg, relay: r, changed: make(chan struct{}), links: map[*relay.Link]struct{}{}}, nil
}

// Addr returns the address that stands for the target.
func (p *Proxy) Addr() string { return p.relay.Addr() }

// Set puts these faults in place of the ones before. Refuse breaks what is open before it returns.
func (p *Proxy) Set(f Faults) {
	p.mu.Lock()
	p.faults = f
	close(p.changed)
	p.changed = make(chan struct{})
	var broken []*relay.Link
	if f.Refuse {
		for l := range p.links {
			broken = append(broken, l)
		}
	}
	p.mu.Unlock()
	for _, l := range broken {
		l.Sever()
	}
}

// Counts returns what the line has done so far.
func (p *Proxy) Counts() Counts {
	return Counts{Pieces: p.pieces.Load(), Delayed: p.delayed.Load(), Lost: p.lost.Load(),
		Repeated: p.repeated.Load(), Reset: p.reset.Load(), Corrupted: p.corrupted.Load()}
}

// Run forwards until ctx ends and then returns nil. It may be called once.
func (p *Proxy) Run(ctx context.Context) error {
	if err := p.relay.Run(ctx, p.serve); err != nil {
		return fmt.Errorf("run line: %w", err)
	}
	return nil
}

func (p *Proxy) now() (Faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.changed
}

// enter lists a link and gives its ways random numbers of their own; false where the line refuses it.
func (p *Proxy) enter(l *relay.Link) (up, down *way, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.Refuse {
		return nil, nil, false
	}
	p.serial++
	up = &way{isUp: true, said: []byte{}, rng: rand.New(rand.NewPCG(p.cfg.Seed, 2*p.serial))}
	down = &way{rng: rand.New(rand.NewPCG(p.cfg.Seed, 2*p.serial+1))}
	p.links[l] = struct{}{}
	return up, down, true
}

func (p *Proxy) leave(l *relay.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}
