package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sync/errgroup"
)

// How a node and a head office server hold their memory. They serve small machines, and what they
// hold for long is little beside what passes through them: so the collector runs at half of the
// usual headroom, and what a burst has left is given back once the burst is over. Left to itself
// the runtime keeps it until the next collection, which an idle process has every 2 minutes, and
// lets go of it slowly then.
const (
	headroomPercent = 50               // of what is live; the runtime's own default is 100
	calmEach        = 10 * time.Second // how often it is looked whether a burst is over
	calmBytes       = 4 << 20          // allocated in calmEach at most: nothing is going on
	burstBytes      = 16 << 20         // allocated since memory was given back: it is worth while again
)

// lean runs serve with that policy. GOGC and GOMEMLIMIT in the environment go before it.
func lean(ctx context.Context, serve func(context.Context) error) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(headroomPercent)
	}
	g, gctx := errgroup.WithContext(ctx)
	served, done := context.WithCancel(gctx)
	g.Go(func() error {
		defer done()
		return serve(ctx)
	})
	g.Go(func() error {
		tidy(served)
		return nil
	})
	return g.Wait()
}

// tidy gives memory back after each burst until ctx ends.
func tidy(ctx context.Context) {
	tick := time.NewTicker(calmEach)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var b burst
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		if b.over(sample[0].Value.Uint64()) {
			debug.FreeOSMemory()
		}
	}
}

// A burst follows how much was ever allocated.
type burst struct {
	last, freed uint64 // as of the last look, and as of the last time that memory was given back
}

// over says whether a burst has just ended.
func (b *burst) over(allocated uint64) bool {
	calm := allocated-b.last <= calmBytes
	b.last = allocated
	if !calm || allocated-b.freed < burstBytes {
		return false
	}
	b.freed = allocated
	return true
}
