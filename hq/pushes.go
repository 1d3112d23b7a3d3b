package hq

import (
	"context"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Bounds of what sites push at once.
const (
	pushesMax    = 64                     // pushes being read or applied
	pushBytesMax = 24 << 20               // of their frames, once read; one push is always let in
	pushTurnWait = 500 * time.Millisecond // for a place, and for what goes before
)

// pushQueueName is what metrics call it.
const pushQueueName = "pushes"

// pushes is what sites push to this leader. It bounds what that takes of memory, and brings
// each site's pushes to raft in the order of its journal: they come over connections of their
// own, and one that overtook another would find a gap and be sent again.
//
// It decides nothing: the machine takes what fits, whatever came to it in which order.
type pushes struct {
	reading chan struct{} // one place for each push

	mu      sync.Mutex // guards what follows
	bytes   int
	lines   map[ledger.SiteID]*pushLine
	changed chan struct{} // closed and replaced when a wait may be over
}

// A pushLine is one site's pushes that wait or are being applied.
type pushLine struct {
	n    int
	upTo ledger.Seq // end of the last one that raft has been given; 0 where what is stored says it
}

func newPushes() *pushes {
	return &pushes{reading: make(chan struct{}, pushesMax), lines: map[ledger.SiteID]*pushLine{}, changed: make(chan struct{})}
}

// enter waits a little for a place to read a push in, and says whether there is one. leave must
// follow a true.
func (p *pushes) enter(ctx context.Context, clock ledger.Clock) bool {
	select {
	case p.reading <- struct{}{}:
		return true
	default:
	}
	fired, stop := clock.After(pushTurnWait)
	defer stop()
	select {
	case p.reading <- struct{}{}:
		return true
	case <-fired:
	case <-ctx.Done():
	}
	return false
}

func (p *pushes) leave() { <-p.reading }

// A pushTurn is one push on its way to raft.
type pushTurn struct {
	p     *pushes
	site  ledger.SiteID
	end   ledger.Seq // 0 where its last frame cannot be read: the machine says so
	bytes int
}

// turn waits until m's turn has come: its bytes find room, and raft has been given what goes
// before it. stored says what the machine has of the site. One that waits too long for what goes
// before it goes all the same, and is answered with the gap; ErrBusy says that there is no room.
// done must follow where there is no error.
func (p *pushes) turn(ctx context.Context, clock ledger.Clock, m *wire.Push, stored func() ledger.Seq) (*pushTurn, error) {
	t := &pushTurn{p: p, site: m.Site, end: pushEnd(m)}
	for _, f := range m.Frames {
		t.bytes += len(f)
	}
	fired, stop := clock.After(pushTurnWait)
	defer stop()
	in, late := false, false
	has := ledger.Seq(0)
	for {
		p.mu.Lock()
		if !in && (p.bytes == 0 || p.bytes+t.bytes <= pushBytesMax) {
			in = true
			p.bytes += t.bytes
			if p.lines[m.Site] == nil {
				p.lines[m.Site] = &pushLine{}
			}
			p.lines[m.Site].n++
		}
		mine := in && (late || m.Before.Seq <= max(has, p.lines[m.Site].upTo))
		changed := p.changed
		p.mu.Unlock()
		if mine {
			return t, nil
		}
		if now := stored(); in && now > has { // not under mu: the machine may be busy for a while
			has = now
			continue
		}
		var err error
		select {
		case <-changed:
			continue
		case <-fired:
			late = true
			if in {
				continue
			}
			err = ledger.ErrBusy
		case <-ctx.Done():
			err = ctx.Err()
		}
		if in {
			t.done(0)
		}
		return nil, err
	}
}

// pushEnd is the number of the last entry of a push.
func pushEnd(m *wire.Push) ledger.Seq {
	if len(m.Frames) == 0 {
		return 0
	}
	f, err := ledger.DecodeFrame(m.Frames[len(m.Frames)-1])
	if err != nil {
		return 0
	}
	return f.End().Seq
}

// proposed says that raft has been given the push: the next one may follow.
func (t *pushTurn) proposed() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	line := t.p.lines[t.site]
	line.upTo = max(line.upTo, t.end)
	t.p.ring()
}

// done ends the push. Where it did not come to be stored, what went behind it found a gap, and
// the site goes on from what is stored.
func (t *pushTurn) done(stored ledger.Seq) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.p.bytes -= t.bytes
	line := t.p.lines[t.site]
	if stored < t.end {
		line.upTo = 0
	}
	if line.n--; line.n == 0 {
		delete(t.p.lines, t.site)
	}
	t.p.ring()
}

// ring wakes all who wait. mu is held.
func (p *pushes) ring() {
	close(p.changed)
	p.changed = make(chan struct{})
}
