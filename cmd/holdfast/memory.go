package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sync/errgroup"
)

// How a node and a head office server hold their memory. They serve small machines, so what may
// lie about between two collections is bounded: three times what is live, up to the process's room, and
// three tenths of what is live where that is more. With less, a small process that sells would collect
// again and again: an order cost a fifth more processor time at the runtime's own measure, as much
// again as is live. A node's room grows with what is live, for each collection looks at all of that.
// What is live is looked at after each collection: one that finds two hashes of PINs being worked out, 38 MiB in a node that has 10, would let four times
// that lie about until the next look else.
// What a burst has left is given back once the burst is over: left to itself the
// runtime keeps it until the next collection, which an idle process has every 2 minutes, and lets
// go of it slowly then.
const (
	headroomMost  = 300 // percent of what is live
	headroomLeast = 30
	hqMemory      = 2 << 30 // what a server takes at most, by its goal

	runtimePercent = 100 // what the runtime begins with

	calmEach   = 10 * time.Second // how often it is looked what is live, and whether a burst is over
	calmBytes  = 4 << 20          // allocated in calmEach at most: nothing is going on
	burstBytes = 16 << 20         // allocated since memory was given back: it is worth while again
)

// A room is what a process may leave about, in bytes: as much as is live, within these bounds.
type room struct{ least, most uint64 }

// The rooms of a node and of a server, whose state is larger; and what an order leaves behind there is more.
func nodeRoom() room { return room{48 << 20, 128 << 20} }
func hqRoom() room   { return room{160 << 20, 160 << 20} }

// lean runs serve with that policy. GOGC in the environment goes before the headroom.
func lean(ctx context.Context, r room, serve func(context.Context) error) error {
	g, gctx := errgroup.WithContext(ctx)
	served, done := context.WithCancel(gctx)
	g.Go(func() error {
		defer done()
		return serve(ctx)
	})
	g.Go(func() error {
		tidy(served, r)
		return nil
	})
	return g.Wait()
}

// tidy keeps to the headroom, and gives memory back after each burst, until ctx ends.
func tidy(ctx context.Context, r room) {
	tick := time.NewTicker(calmEach)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	ours := os.Getenv("GOGC") == ""
	percent := runtimePercent
	keep := func() {
		metrics.Read(sample)
		if want := r.headroom(sample[1].Value.Uint64()); ours && differs(want, percent) {
			percent = want
			debug.SetGCPercent(percent)
		}
	}
	keep()
	collected := collections(ctx)
	var b burst
	for {
		select {
		case <-ctx.Done():
			return
		case <-collected:
			keep()
			continue
		case <-tick.C:
		}
		keep()
		if b.over(sample[0].Value.Uint64()) {
			debug.FreeOSMemory()
		}
	}
}

// differs says whether a percentage is another one than is set, by an eighth: to set it stops the process for a moment.
func differs(want, set int) bool { return max(want, set)*7 > min(want, set)*8 }

// A sentinel is collected by the next collection.
type sentinel struct{ _ [64]byte }

// collections knocks after each collection until ctx ends. What has happened before a knock is heard is one knock.
func collections(ctx context.Context) <-chan struct{} {
	knock := make(chan struct{}, 1)
	var leave func()
	leave = func() {
		runtime.AddCleanup(new(sentinel), func(again func()) {
			if ctx.Err() != nil {
				return
			}
			select {
			case knock <- struct{}{}:
			default:
			}
			again()
		}, leave)
	}
	leave()
	return knock
}

// headroom is the collector's percentage for so many bytes that are live.
func (r room) headroom(live uint64) int {
	live = max(live, 1)
	return int(min(max(min(max(live, r.least), r.most)*100/live, headroomLeast), headroomMost))
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
