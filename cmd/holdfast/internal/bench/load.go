package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Load is what clients do for a while.
type Load struct {
	Clients int
	Warm    time.Duration // not measured, at the beginning
	For     time.Duration // measured
	// Each does one thing and checks it; client counts from 0. Calls with one client number do
	// not overlap. An error ends the load.
	Each func(ctx context.Context, client int) error
	Tick func(done uint64) // told now and then how many are done in all; may be nil
	// Stop, where not nil, ends the load when it is closed, if that comes before For is over. What was
	// done until then counts.
	Stop <-chan struct{}
}

// Figures are what a load gave.
type Figures struct {
	Ops     uint64 // begun and ended while it was measured
	Elapsed time.Duration
	Times   Histogram
}

// PerSecond is the rate.
func (f *Figures) PerSecond() float64 {
	if f.Elapsed <= 0 {
		return 0
	}
	return float64(f.Ops) / f.Elapsed.Seconds()
}

// tickEach is how often Tick is told.
const tickEach = 200 * time.Millisecond

// Run puts the load on, and returns when every client has ended. What is under way at the end is
// waited for and not counted.
func (l *Load) Run(ctx context.Context) (*Figures, error) {
	g, gctx := errgroup.WithContext(ctx)
	begin := time.Now().Add(l.Warm)
	end := &endTime{at: begin.Add(l.For)}
	parts := make([]Figures, l.Clients)
	done := make([]paddedCount, l.Clients)
	for c := range l.Clients {
		g.Go(func() error { return l.client(gctx, c, begin, end, &parts[c], &done[c]) })
	}
	ticked := make(chan struct{})
	stop := make(chan struct{})
	go func() { // ends below
		defer close(ticked)
		l.tick(stop, done)
	}()
	go func() { // ends below, too
		select {
		case <-l.Stop:
			end.now()
		case <-stop:
		}
	}()
	err := g.Wait()
	close(stop)
	<-ticked
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("measure: %w", ctx.Err())
	}
	sum := &Figures{Elapsed: max(end.get().Sub(begin), 0)}
	for i := range parts {
		sum.Ops += parts[i].Ops
		sum.Times.Merge(&parts[i].Times)
	}
	return sum, nil
}

// An endTime is when a load ends; it may be brought forward.
type endTime struct {
	mu sync.RWMutex // guards at
	at time.Time
}

func (e *endTime) get() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.at
}

func (e *endTime) now() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := time.Now(); now.Before(e.at) {
		e.at = now
	}
}

func (l *Load) client(ctx context.Context, c int, begin time.Time, end *endTime, f *Figures, done *paddedCount) error {
	for ctx.Err() == nil {
		started := time.Now()
		if !started.Before(end.get()) {
			return nil
		}
		if err := l.Each(ctx, c); err != nil {
			return err
		}
		done.Add(1)
		ended := time.Now()
		if !started.Before(begin) && !ended.After(end.get()) {
			f.Ops++
			f.Times.Add(ended.Sub(started))
		}
	}
	return ctx.Err()
}

func (l *Load) tick(stop <-chan struct{}, done []paddedCount) {
	if l.Tick == nil {
		return
	}
	t := time.NewTicker(tickEach)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			var sum uint64
			for i := range done {
				sum += done[i].Load()
			}
			l.Tick(sum)
		}
	}
}
