package raftlog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
)

// words is a state machine: the data of every command, in order.
type words struct {
	mu  sync.Mutex
	all []string
}

func (w *words) Apply(l *raft.Log) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(l.Data))
	return len(w.all)
}

func (w *words) Snapshot() (raft.FSMSnapshot, error) {
	return frozenWords(w.said()), nil
}

func (w *words) Restore(r io.ReadCloser) error {
	var all []string
	if err := errors.Join(json.NewDecoder(r).Decode(&all), r.Close()); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = all
	return nil
}

func (w *words) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}

type frozenWords []string

func (f frozenWords) Persist(sink raft.SnapshotSink) error {
	return errors.Join(json.NewEncoder(sink).Encode([]string(f)), sink.Close())
}

func (frozenWords) Release() {}

// server is raft on a Store; a restart keeps file and snapshots and loses memory.
type server struct {
	t       testing.TB
	path    string
	snaps   *raft.InmemSnapshotStore
	members raft.Configuration

	store *raftlog.Store
	fsm   *words
	raft  *raft.Raft
	trans *raft.InmemTransport
}

func newServer(t testing.TB, ids ...raft.ServerID) *server {
	s := &server{t: t, path: file(t), snaps: raft.NewInmemSnapshotStore()}
	for _, id := range ids {
		s.members.Servers = append(s.members.Servers, raft.Server{ID: id, Address: raft.ServerAddress(id)})
	}
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.store = open(s.t, s.path, raftlog.Options{})
	s.fsm = &words{}
	_, s.trans = raft.NewInmemTransport("a")
	conf := raft.DefaultConfig()
	conf.LocalID = "a"
	conf.LogOutput = io.Discard
	err := raft.BootstrapCluster(conf, s.store, s.store, s.snaps, s.trans, s.members)
	if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
		s.t.Fatalf("bootstrap: got %v, want nil", err)
	}
	if s.raft, err = raft.NewRaft(conf, s.fsm, s.store, s.store, s.snaps, s.trans); err != nil {
		s.t.Fatalf("new raft: got %v, want nil", err)
	}
	r := s.raft // a test that fails must not leave it running, or the bubble hides the failure
	s.t.Cleanup(func() { _ = r.Shutdown().Error() })
}

func (s *server) stop() {
	s.t.Helper()
	if err := errors.Join(s.raft.Shutdown().Error(), s.trans.Close(), s.store.Close()); err != nil {
		s.t.Fatalf("stop: got %v, want nil", err)
	}
}

func TestASingleServerHasItsLogAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, "a")
		s.start()
		lead := func() {
			t.Helper()
			if leads := <-s.raft.LeaderCh(); !leads {
				t.Fatal("leadership: got false, want true")
			}
		}
		lead()
		want := []string{"one", "two", "three"}
		for i, word := range want {
			f := s.raft.Apply([]byte(word), time.Second)
			if err := f.Error(); err != nil || f.Response() != i+1 {
				t.Fatalf("apply %s: got %v, %v, want %d", word, f.Response(), err, i+1)
			}
		}
		last, err := s.store.LastIndex()
		if err != nil || last < 4 { // the members and three words, at least
			t.Fatalf("last index: got %d, %v, want 4 or more", last, err)
		}
		s.stop()

		s.start()
		if got, err := s.store.LastIndex(); got != last || err != nil {
			t.Fatalf("last index after a restart: got %d, %v, want %d", got, err, last)
		}
		lead()
		if err := s.raft.Barrier(time.Second).Error(); err != nil {
			t.Fatalf("barrier: got %v, want nil", err)
		}
		if got := s.fsm.said(); !slices.Equal(got, want) {
			t.Fatalf("applied after a restart: got %q, want %q", got, want)
		}
		if err := s.raft.Snapshot().Error(); err != nil {
			t.Fatalf("snapshot: got %v, want nil", err)
		}
		s.stop()

		s.start()
		lead()
		if err := s.raft.Apply([]byte("four"), time.Second).Error(); err != nil {
			t.Fatalf("apply on a snapshot: got %v, want nil", err)
		}
		if got, want := s.fsm.said(), append(want, "four"); !slices.Equal(got, want) {
			t.Fatalf("applied on a snapshot: got %q, want %q", got, want)
		}
		s.stop()
	})
}

// boss speaks to a follower as its leader b would.
type boss struct {
	t     testing.TB
	s     *server
	trans *raft.InmemTransport
}

func bossOf(t testing.TB, s *server) boss {
	_, trans := raft.NewInmemTransport("b")
	trans.Connect("a", s.trans)
	return boss{t, s, trans}
}

func (b boss) header() raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte("b"), Addr: b.trans.EncodePeer("b", "b")}
}

// send appends first to last, of one term, after prev, and says all of them are committed.
func (b boss) send(prev, prevTerm, first, last, term uint64) bool {
	b.t.Helper()
	req := raft.AppendEntriesRequest{
		RPCHeader: b.header(), Term: 9, PrevLogEntry: prev, PrevLogTerm: prevTerm,
		Entries: entries(first, last, term), LeaderCommitIndex: last,
	}
	var resp raft.AppendEntriesResponse
	if err := b.trans.AppendEntries("a", "a", &req, &resp); err != nil {
		b.t.Fatalf("append %d to %d: got %v, want an answer", first, last, err)
	}
	return resp.Success
}

// install sends a snapshot that ends at last and says the words of 2 to last.
func (b boss) install(last, term uint64) {
	b.t.Helper()
	data, err := json.Marshal(said(2, last, term))
	if err != nil {
		b.t.Fatal(err)
	}
	req := raft.InstallSnapshotRequest{
		RPCHeader: b.header(), SnapshotVersion: raft.SnapshotVersionMax, Term: 9,
		LastLogIndex: last, LastLogTerm: term, Size: int64(len(data)),
		Configuration: raft.EncodeConfiguration(b.s.members), ConfigurationIndex: 1,
	}
	var resp raft.InstallSnapshotResponse
	if err := b.trans.InstallSnapshot("a", "a", &req, &resp, strings.NewReader(string(data))); err != nil || !resp.Success {
		b.t.Fatalf("install snapshot at %d: got %t, %v, want true", last, resp.Success, err)
	}
}

func said(first, last, term uint64) []string {
	var all []string
	for i := first; i <= last; i++ {
		all = append(all, fmt.Sprintf("%d/%d", i, term))
	}
	return all
}

// says waits, in the bubble, until the state machine has taken what it was given.
func (b boss) says(want ...[]string) {
	b.t.Helper()
	synctest.Wait()
	if got, want := b.s.fsm.said(), slices.Concat(want...); !slices.Equal(got, want) {
		b.t.Fatalf("applied: got %q, want %q", got, want)
	}
}

func (b boss) must(ok bool, what string) {
	b.t.Helper()
	if !ok {
		b.t.Fatalf("%s: got a refusal, want success (store: %v)", what, b.s.store.Err())
	}
}

func TestASnapshotAheadOfTheLogIsFollowedByAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, "a", "b")
		s.start()
		b := bossOf(t, s)
		b.must(b.send(1, 1, 2, 10, 2), "append 2 to 10")
		b.install(50, 2)
		holds(t, s.store, 0, 0, 0)
		b.must(b.send(50, 2, 51, 60, 2), "append 51 to 60")
		holds(t, s.store, 51, 60, 2)
		b.says(said(2, 60, 2))
		s.stop()

		s.start()
		b = bossOf(t, s)
		b.must(b.send(60, 2, 61, 61, 2), "append 61 after a restart")
		b.says(said(2, 61, 2))
		s.stop()
	})
}

// Without the refusal the log would be entry 11 alone above a snapshot that ends at 5, and raft
// would panic on the missing 6 now and after each restart.
func TestALateSnapshotCostsARestartAndNoEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, "a", "b")
		s.start()
		b := bossOf(t, s)
		b.must(b.send(1, 1, 2, 10, 2), "append 2 to 10")
		b.install(5, 2)
		if b.send(10, 2, 11, 11, 2) {
			t.Fatal("append 11 after the log was emptied: got success, want a refusal")
		}
		<-s.store.Failed()
		if err := s.store.Err(); !errors.Is(err, raftlog.ErrOutOfStep) {
			t.Fatalf("store: got %v, want %v", err, raftlog.ErrOutOfStep)
		}
		s.stop()

		s.start()
		holds(t, s.store, 0, 0, 0)
		b = bossOf(t, s)
		b.must(b.send(5, 2, 6, 11, 2), "append 6 to 11 after a restart")
		b.says(said(2, 11, 2))
		holds(t, s.store, 6, 11, 2)
		s.stop()
	})
}

// This is the state of raft's issue 697. A log that kept its entries would refuse for ever.
func TestALogOfAnotherHistoryIsGoneAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, "a", "b")
		s.start()
		if err := s.store.StoreLogs(entries(2, 10, 2)); err != nil { // never committed
			t.Fatalf("store: got %v, want nil", err)
		}
		s.stop()

		s.start()
		b := bossOf(t, s)
		b.install(5, 3)
		holds(t, s.store, 0, 0, 0)
		s.stop()

		s.start()
		b = bossOf(t, s)
		b.must(b.send(5, 3, 6, 12, 3), "append 6 to 12 after a restart")
		b.says(said(2, 12, 3))
		s.stop()
	})
}

func TestACrashBetweenSnapshotAndEmptyingIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, "a", "b")
		s.start()
		b := bossOf(t, s)
		b.install(50, 2)
		s.stop()

		// The log as it was before it was emptied.
		old := open(t, s.path, raftlog.Options{})
		store(t, old, entries(2, 10, 2))
		if err := old.Close(); err != nil {
			t.Fatalf("close: got %v, want nil", err)
		}

		s.start()
		holds(t, s.store, 2, 10, 2)
		b = bossOf(t, s)
		b.must(b.send(50, 2, 51, 52, 2), "append 51 and 52")
		holds(t, s.store, 51, 52, 2)
		b.says(said(2, 52, 2))
		s.stop()
	})
}
