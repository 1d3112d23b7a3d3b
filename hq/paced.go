package hq

import (
	"io"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	workMost = 10 * time.Millisecond // how long a snapshot is worked at before it rests as long
	restMost = 30 * time.Second      // how long one snapshot rests in all; from then on it is worked at without a rest
)

// A paced writer counts what is written through it, and rests as long as whoever writes has worked: a snapshot is in no hurry, and orders
// that are placed beside it need the processor too. What it rests in all is bounded, for as long as it lasts
// it keeps the state of its beginning in memory.
type paced struct {
	w     io.Writer
	clock ledger.Clock
	ended <-chan struct{} // no rest from then on; nil: never
	rest  time.Duration   // what is left of it
	woke  time.Duration   // when the last rest ended, by the clock's Mono
	n     int64           // bytes written
}

func (p *paced) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	if worked := p.clock.Mono() - p.woke; err == nil && worked >= workMost {
		p.pause(min(worked, p.rest))
	}
	return n, err
}

// pause rests for d, or until everything ends.
func (p *paced) pause(d time.Duration) {
	if p.rest -= d; d > 0 {
		fired, stop := p.clock.After(d)
		defer stop()
		select {
		case <-fired:
		case <-p.ended:
			p.rest = 0
		}
	}
	p.woke = p.clock.Mono()
}
