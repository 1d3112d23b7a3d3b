package hq

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// flushWait bounds how long a snapshot waits for the journal store.
const flushWait = 2 * time.Minute

// fsm is raft's state machine: it lets commands at the machine, gives the frames that they
// bring to the journal store, and rings whoever waits. Raft calls it from one goroutine.
type fsm struct {
	journal *journal.Store
	clock   ledger.Clock
	metrics *metrics
	changed *bell  // rung after each batch
	sites   *bells // rung for sites with commands, or with news of items or sites
	gaps    *bell  // rung when the journal store may lack frames
	broken  chan error
	ended   chan struct{} // closed once the server's work has ended: nothing rests any more. May be nil

	snapshotBytes atomic.Int64 // of the last snapshot written by this process
	sums          summing
	applied       atomic.Uint64 // the last command that the machine has

	mu sync.RWMutex // guards m
	m  *machine.Machine
}

var _ raft.BatchingFSM = (*fsm)(nil)

// view lets f read the machine; f must not keep it, block or propose.
func (f *fsm) view(read func(*machine.Machine)) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	read(f.m)
}

// ApplyBatch applies committed entries. What it returns is what the proposer gets.
func (f *fsm) ApplyBatch(logs []*raft.Log) []any {
	begun := f.clock.Mono()
	out := make([]any, len(logs))
	var wake []ledger.SiteID
	items := false
	for i, l := range logs {
		if l.Type != raft.LogCommand {
			continue
		}
		f.mu.Lock() // for each by itself: an ask must not wait for a whole backlog to be folded
		res := f.m.Apply(l.Data)
		if res.Checkpoint {
			f.sums.fix(l.Index, f.m, f.clock.Mono())
		}
		f.mu.Unlock()
		f.applied.Store(l.Index)
		f.keep(res.Frames)
		res.Frames = nil // nobody else needs them, and a proposer may hold its result for a while
		out[i] = res
		wake = append(wake, res.Wake...)
		items = items || res.Version > 0 || res.Listed
	}
	f.sites.ring(wake)
	if items {
		f.sites.ringAll()
	}
	f.changed.ring()
	f.metrics.applied(len(logs), f.clock.Mono()-begun)
	return out
}

// keep gives frames to the journal store. Raft's log has them until a snapshot, and no snapshot
// is finished before the journal store has them: a failure here stops the server and loses nothing.
func (f *fsm) keep(frames []machine.StoredFrame) {
	for _, fr := range frames {
		if err := f.journal.Append(journal.Record{Site: fr.Site, First: fr.First, Last: fr.Last, Frame: fr.Bytes, Lots: fr.Lots}); err != nil {
			f.fail(err)
			return
		}
	}
}

// fail tells Run that the server cannot go on. Raft itself has no way to be told.
func (f *fsm) fail(err error) {
	select {
	case f.broken <- fmt.Errorf("keep journal: %w", err):
	default: // the first one is told
	}
}

// Apply is what raft calls where it does not batch.
func (f *fsm) Apply(l *raft.Log) any { return f.ApplyBatch([]*raft.Log{l})[0] }

// Snapshot freezes the machine; raft goes on while Persist writes it out.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &frozen{fsm: f, state: f.m.Freeze()}, nil
}

// Restore replaces the machine by a snapshot: at start, or where the leader has dropped the
// entries that this server lacks. The journals are not in it.
func (f *fsm) Restore(from io.ReadCloser) error {
	defer from.Close() // read only
	m, err := machine.Restore(from)
	if err != nil {
		return fmt.Errorf("restore snapshot: %w", err)
	}
	f.mu.Lock()
	f.m = m
	f.sums.restores.Add(1)
	f.mu.Unlock()
	f.sites.ringAll()
	f.changed.ring()
	f.gaps.ring()
	return nil
}

type frozen struct {
	fsm   *fsm
	state *machine.Frozen
}

// Persist writes the snapshot. Raft may drop its log once this has returned nil, so the journal
// store comes first.
func (z *frozen) Persist(sink raft.SnapshotSink) error {
	begun := z.fsm.clock.Mono()
	ctx, cancel := context.WithTimeout(context.Background(), flushWait) // raft passes no context
	defer cancel()
	err := z.fsm.journal.Flush(ctx)
	if err == nil {
		out := &paced{w: sink, clock: z.fsm.clock, ended: z.fsm.ended, rest: restMost, woke: z.fsm.clock.Mono()}
		err = z.state.Encode(out)
		z.fsm.snapshotBytes.Store(out.n)
	}
	if err != nil {
		if cancelErr := sink.Cancel(); cancelErr != nil {
			return fmt.Errorf("write snapshot: %w (and drop it: %w)", err, cancelErr)
		}
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := sink.Close(); err != nil {
		return fmt.Errorf("finish snapshot: %w", err)
	}
	z.fsm.metrics.snapshot(z.fsm.clock.Mono() - begun)
	return nil
}

func (z *frozen) Release() {}
