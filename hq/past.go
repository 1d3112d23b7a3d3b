package hq

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// A past is what a server had on disk when this process began. Raft counts an entry as applied once it has handed it to the
// machine's queue (Raft.AppliedIndex says so), so the machine itself is asked how far it is.
type past struct {
	last     uint64 // entry of raft's log
	command  uint64 // the last of them that the machine gets and that is in no snapshot of this server's; 0: there is none
	restores uint64 // how often the state was replaced once raft has read that snapshot
}

// pastOf looks at a log and at the snapshots beside it, before raft begins.
func pastOf(log raft.LogStore, snapshots raft.SnapshotStore) (p past, err error) {
	fail := func(err error) (past, error) { return past{}, fmt.Errorf("look for raft's past: %w", err) }
	first, err := log.FirstIndex()
	if err != nil {
		return fail(err)
	}
	if p.last, err = log.LastIndex(); err != nil {
		return fail(err)
	}
	kept, err := snapshots.List()
	if err != nil {
		return fail(err)
	}
	if len(kept) > 0 {
		first, p.restores = max(first, kept[0].Index+1), 1
	}
	for i := p.last; i >= max(first, 1); i-- {
		var l raft.Log
		if err := log.GetLog(i, &l); err != nil {
			return fail(err)
		}
		if l.Type == raft.LogCommand {
			p.command = i
			break
		}
	}
	return p, nil
}

// over says whether a server stands again where it stood, so that others have said of all that it had on disk that it holds.
// handed is what raft has handed on.
func (p *past) over(handed uint64, f *fsm) bool {
	return handed >= p.last && (f.applied.Load() >= p.command || f.sums.restores.Load() > p.restores)
}
