package hq

// White-box: whether raft's queue or the machine is behind is to be seen nowhere else.

import (
	"testing"

	"github.com/hashicorp/raft"
)

// A server that has just started knows nothing as long as its machine has not what was on disk, also where raft has handed it on, and
// where what came last is an entry that no machine gets.
func TestAPastIsOverOnceTheMachineHasIt(t *testing.T) {
	t.Parallel()
	log, snapshots := raft.NewInmemStore(), raft.NewInmemSnapshotStore()
	for i, kind := range []raft.LogType{raft.LogCommand, raft.LogCommand, raft.LogNoop, raft.LogConfiguration} {
		if err := log.StoreLog(&raft.Log{Index: uint64(i) + 1, Term: 1, Type: kind}); err != nil {
			t.Fatal(err)
		}
	}
	p, err := pastOf(log, snapshots)
	if err != nil || p != (past{last: 4, command: 2}) {
		t.Fatalf("got %+v, %v", p, err)
	}
	f := &fsm{}
	for _, at := range []struct {
		handed, applied uint64
		want            bool
	}{{0, 0, false}, {4, 0, false}, {4, 1, false}, {3, 2, false}, {4, 2, true}, {9, 8, true}} {
		if f.applied.Store(at.applied); p.over(at.handed, f) != at.want {
			t.Errorf("handed %d and applied %d: got %t", at.handed, at.applied, !at.want)
		}
	}
	f.applied.Store(0)
	if f.sums.restores.Add(1); !p.over(4, f) {
		t.Error("got the past not over with a newer snapshot of the leader's")
	}

	// What is in this server's snapshot is not handed on again.
	sink, err := snapshots.Create(1, 2, 1, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	if p, err = pastOf(log, snapshots); err != nil || p != (past{last: 4, restores: 1}) {
		t.Errorf("got %+v, %v", p, err)
	}
	if f := (&fsm{}); !p.over(4, f) {
		t.Error("got the past not over where all of it is in the snapshot")
	}
	if p, err := pastOf(raft.NewInmemStore(), raft.NewInmemSnapshotStore()); err != nil || !p.over(0, &fsm{}) {
		t.Errorf("a new server: got %+v, %v", p, err)
	}
}
