package raftlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
)

const smallMap = 1 << 20

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "raft.db") }

func open(t testing.TB, path string, opts raftlog.Options) *raftlog.Store {
	t.Helper()
	opts.OpenFile = os.OpenFile
	s, err := raftlog.Open(path, opts)
	if err != nil {
		t.Fatalf("open: got %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: got %v, want nil", err)
		}
	})
	return s
}

// reopen is a restart of the server.
func reopen(t testing.TB, s *raftlog.Store, path string) *raftlog.Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: got %v, want nil", err)
	}
	return open(t, path, raftlog.Options{})
}

func entry(index, term uint64) *raft.Log {
	return &raft.Log{
		Index: index, Term: term, Type: raft.LogCommand,
		Data: fmt.Appendf(nil, "%d/%d", index, term),
	}
}

func entries(first, last, term uint64) []*raft.Log {
	var logs []*raft.Log
	for i := first; i <= last; i++ {
		logs = append(logs, entry(i, term))
	}
	return logs
}

func store(t testing.TB, s *raftlog.Store, logs []*raft.Log) {
	t.Helper()
	if err := s.StoreLogs(logs); err != nil {
		t.Fatalf("store %d to %d: got %v, want nil", logs[0].Index, logs[len(logs)-1].Index, err)
	}
}

// holds checks that the log is exactly first to last, both as told and as read.
func holds(t testing.TB, s *raftlog.Store, first, last, term uint64) {
	t.Helper()
	gotFirst, err1 := s.FirstIndex()
	gotLast, err2 := s.LastIndex()
	if gotFirst != first || gotLast != last || err1 != nil || err2 != nil {
		t.Fatalf("log: got %d to %d (%v, %v), want %d to %d", gotFirst, gotLast, err1, err2, first, last)
	}
	var l raft.Log
	for i := first; i <= last && first != 0; i++ {
		if err := s.GetLog(i, &l); err != nil || !reflect.DeepEqual(&l, entry(i, term)) {
			t.Fatalf("entry %d: got %+v, %v, want %+v", i, l, err, entry(i, term))
		}
	}
	for _, i := range []uint64{0, first - 1, last + 1} {
		if i >= first && i <= last && first != 0 {
			continue
		}
		if err := s.GetLog(i, &l); err != raft.ErrLogNotFound { // bare: raft compares with ==
			t.Fatalf("entry %d: got %v, want %v", i, err, raft.ErrLogNotFound)
		}
	}
}

func TestEntriesAreThereAfterARestart(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	holds(t, s, 0, 0, 0)
	store(t, s, entries(1, 3, 7))
	if err := s.StoreLog(entry(4, 7)); err != nil {
		t.Fatalf("store one: got %v, want nil", err)
	}
	if err := s.StoreLogs(nil); err != nil {
		t.Fatalf("store none: got %v, want nil", err)
	}
	holds(t, s, 1, 4, 7)
	holds(t, reopen(t, s, path), 1, 4, 7)
}

func TestEveryFieldOfAnEntryIsKept(t *testing.T) {
	s := open(t, file(t), raftlog.Options{})
	for i, want := range []raft.Log{
		{Index: 1, Term: math.MaxUint64, Type: raft.LogConfiguration, Data: []byte{0}, Extensions: []byte("x"), AppendedAt: time.Unix(1, 2).UTC()},
		{Index: 2, Type: raft.LogNoop},
		{Index: 3, Type: 255, Extensions: bytes.Repeat([]byte{1}, 100_000), AppendedAt: time.Unix(-5, 0).UTC()},
	} {
		if err := s.StoreLog(&want); err != nil {
			t.Fatalf("store: got %v, want nil", err)
		}
		var got raft.Log
		if err := s.GetLog(uint64(i+1), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	}
	late := &raft.Log{Index: 4, AppendedAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	store(t, s, []*raft.Log{late})
	var got raft.Log
	if err := s.GetLog(4, &got); err != nil || !got.AppendedAt.IsZero() {
		t.Fatalf("a moment that 64 bits cannot hold: got %v, %v, want the zero time", got.AppendedAt, err)
	}
}

func TestAnAppendMustContinueTheLog(t *testing.T) {
	tests := map[string]struct {
		logs   []*raft.Log
		want   error
		breaks bool
	}{
		"a batch with a hole":       {[]*raft.Log{entry(6, 1), entry(8, 1)}, raftlog.ErrHole, false},
		"a batch that goes back":    {[]*raft.Log{entry(6, 1), entry(5, 1)}, raftlog.ErrHole, false},
		"index 0":                   {[]*raft.Log{entry(0, 1)}, raftlog.ErrHole, false},
		"the last index of all":     {[]*raft.Log{entry(math.MaxUint64, 1)}, raftlog.ErrHole, false},
		"an index that is there":    {[]*raft.Log{entry(5, 2)}, raftlog.ErrOutOfStep, true},
		"an index before the first": {[]*raft.Log{entry(2, 2)}, raftlog.ErrOutOfStep, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			s := open(t, path, raftlog.Options{})
			store(t, s, entries(3, 5, 1))
			if err := s.StoreLogs(tt.logs); !errors.Is(err, tt.want) {
				t.Fatalf("store: got %v, want %v", err, tt.want)
			}
			if broken := s.Err() != nil; broken != tt.breaks {
				t.Fatalf("broken: got %t (%v), want %t", broken, s.Err(), tt.breaks)
			}
			holds(t, reopen(t, s, path), 3, 5, 1)
		})
	}
}

func TestAnEntryThatIsTooLargeIsRefused(t *testing.T) {
	s := open(t, file(t), raftlog.Options{})
	half := make([]byte, raftlog.EntryMax/2+1)
	err := s.StoreLogs([]*raft.Log{entry(1, 1), {Index: 2, Data: half, Extensions: half}})
	if err == nil || !strings.Contains(err.Error(), "entry 2") {
		t.Fatalf("got %v, want an error that names entry 2", err)
	}
	holds(t, s, 0, 0, 0)
	store(t, s, entries(1, 2, 1))
}

func TestDeletionLeavesNoHole(t *testing.T) {
	tests := map[string]struct {
		lo, hi      uint64
		first, last uint64
		want        error
	}{
		"the old end":             {1, 14, 15, 20, nil},
		"the old end, exactly":    {10, 14, 15, 20, nil},
		"the new end":             {15, 20, 10, 14, nil},
		"the new end, and beyond": {15, math.MaxUint64, 10, 14, nil},
		"everything":              {10, 20, 0, 0, nil},
		"far more":                {0, math.MaxUint64, 0, 0, nil},
		"one of the middle":       {15, 15, 10, 20, raftlog.ErrHole},
		"below the log":           {1, 9, 10, 20, nil},
		"above the log":           {21, 30, 10, 20, nil},
		"nothing":                 {14, 13, 10, 20, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			s := open(t, path, raftlog.Options{})
			store(t, s, entries(10, 20, 1))
			if err := s.DeleteRange(tt.lo, tt.hi); !errors.Is(err, tt.want) {
				t.Fatalf("delete: got %v, want %v", err, tt.want)
			}
			holds(t, s, tt.first, tt.last, 1)
			holds(t, reopen(t, s, path), tt.first, tt.last, 1)
		})
	}
	s := open(t, file(t), raftlog.Options{})
	if err := s.DeleteRange(0, 0); err != nil {
		t.Fatalf("delete from an empty log: got %v, want nil", err)
	}
}

func TestACutOffEndIsAppendedToAgain(t *testing.T) {
	for _, from := range []uint64{1, 5} { // from 1 the conflict takes the whole log
		path := file(t)
		s := open(t, path, raftlog.Options{})
		store(t, s, entries(1, 9, 2))
		if err := s.DeleteRange(from, 9); err != nil {
			t.Fatalf("delete: got %v, want nil", err)
		}
		store(t, s, entries(from, 12, 3))
		s = reopen(t, s, path)
		if err := s.DeleteRange(1, from-1); err != nil {
			t.Fatalf("delete: got %v, want nil", err)
		}
		holds(t, s, from, 12, 3)
	}
}

func TestALongDeletionThatACrashInterruptsLeavesNoHole(t *testing.T) {
	crash := errors.New("power cut")
	tests := map[string]struct {
		lo, hi      uint64
		first, last uint64 // after one transaction has landed
	}{
		"everything, from the top":  {1, 6000, 1, 6000 - 2048},
		"the new end, from the top": {1000, 6000, 1, 6000 - 2048},
		"the old end":               {1, 5000, 2049, 6000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path, deletions := file(t), 0
			s := open(t, path, raftlog.Options{Fault: func(act raftlog.Act, landed bool) error {
				if act == raftlog.ActDelete && !landed {
					if deletions++; deletions == 2 {
						return crash
					}
				}
				return nil
			}})
			store(t, s, entries(1, 6000, 1))
			if err := s.DeleteRange(tt.lo, tt.hi); !errors.Is(err, crash) {
				t.Fatalf("delete: got %v, want %v", err, crash)
			}
			s = reopen(t, s, path)
			holds(t, s, tt.first, tt.last, 1)
			if err := s.DeleteRange(tt.lo, tt.hi); err != nil {
				t.Fatalf("delete again: got %v, want nil", err)
			}
		})
	}
}

func TestTheOldEndIsTrimmedBesideAppendsAndReads(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 10_000, 1))
	var both sync.WaitGroup
	both.Go(func() {
		if err := s.DeleteRange(1, 9_000); err != nil {
			t.Errorf("delete: got %v, want nil", err)
		}
	})
	both.Go(func() {
		var l raft.Log
		for i := uint64(1); i <= 10_000; i++ {
			if err := s.GetLog(i, &l); err != nil && (i > 9_000 || err != raft.ErrLogNotFound) {
				t.Errorf("entry %d: got %v, want it, or not found while it is deleted", i, err)
			}
		}
	})
	for i := uint64(10_001); i <= 10_020; i++ {
		if err := s.StoreLog(entry(i, 1)); err != nil {
			t.Errorf("store %d: got %v, want nil", i, err)
		}
	}
	both.Wait()
	holds(t, s, 9_001, 10_020, 1)
	holds(t, reopen(t, s, path), 9_001, 10_020, 1)
}

func TestTheStoreIsOpenedOnce(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	if _, err := raftlog.Open(path, raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap, LockWait: time.Millisecond}); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("second open: got %v, want an error that names %s", err, path)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close: got %v, want nil", err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close again: got %v, want nil", err)
	}
	for name, err := range calls(s) {
		if !errors.Is(err, raftlog.ErrClosed) {
			t.Errorf("%s: got %v, want %v", name, err, raftlog.ErrClosed)
		}
	}
}

// calls makes every call that can fail.
func calls(s *raftlog.Store) map[string]error {
	_, first := s.FirstIndex()
	_, last := s.LastIndex()
	_, get := s.Get([]byte("k"))
	_, getUint64 := s.GetUint64([]byte("k"))
	return map[string]error{
		"FirstIndex":  first,
		"LastIndex":   last,
		"GetLog":      s.GetLog(1, new(raft.Log)),
		"StoreLog":    s.StoreLog(entry(1, 1)),
		"StoreLogs":   s.StoreLogs(entries(1, 2, 1)),
		"DeleteRange": s.DeleteRange(1, 2),
		"Set":         s.Set([]byte("k"), nil),
		"Get":         get,
		"SetUint64":   s.SetUint64([]byte("k"), 1),
		"GetUint64":   getUint64,
		"Err":         s.Err(),
	}
}

func TestAFailedCommitStopsTheStore(t *testing.T) {
	bad := errors.New("input/output error")
	acts := map[raftlog.Act]func(*raftlog.Store) error{
		raftlog.ActStore:  func(s *raftlog.Store) error { return s.StoreLog(entry(4, 1)) },
		raftlog.ActDelete: func(s *raftlog.Store) error { return s.DeleteRange(3, 3) },
		raftlog.ActSet:    func(s *raftlog.Store) error { return s.SetUint64([]byte("CurrentTerm"), 2) },
	}
	for act, do := range acts {
		for _, landed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s landed=%t", act, landed), func(t *testing.T) {
				path, armed := file(t), false
				s := open(t, path, raftlog.Options{Fault: func(a raftlog.Act, l bool) error {
					if armed && a == act && l == landed {
						return bad
					}
					return nil
				}})
				store(t, s, entries(1, 3, 1))
				select {
				case <-s.Failed():
					t.Fatal("failed before the fault")
				default:
				}
				armed = true
				if err := do(s); !errors.Is(err, bad) || !strings.HasPrefix(err.Error(), string(act)) {
					t.Fatalf("%s: got %v, want %v after the act", act, err, bad)
				}
				armed = false
				<-s.Failed()
				for name, err := range calls(s) {
					if !errors.Is(err, bad) {
						t.Errorf("%s afterwards: got %v, want %v", name, err, bad)
					}
				}
				s = reopen(t, s, path)
				last := uint64(3)
				if landed && act == raftlog.ActStore {
					last = 4
				}
				if landed && act == raftlog.ActDelete {
					last = 2
				}
				holds(t, s, 1, last, 1)
			})
		}
	}
}

func TestANewFileIsMadeDurableBeforeItIsUsed(t *testing.T) {
	path, bad := file(t), errors.New("input/output error")
	synced := ""
	refuse := raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap, SyncDir: func(string) error { return bad }}
	if _, err := raftlog.Open(path, refuse); !errors.Is(err, bad) {
		t.Fatalf("open: got %v, want %v", err, bad)
	}
	fail := raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap, Fault: func(a raftlog.Act, landed bool) error {
		if a == raftlog.ActCreate && !landed {
			return bad
		}
		return nil
	}}
	if _, err := raftlog.Open(path, fail); !errors.Is(err, bad) {
		t.Fatalf("open: got %v, want %v", err, bad)
	}
	s := open(t, path, raftlog.Options{SyncDir: func(dir string) error { synced = dir; return nil }})
	if want := filepath.Dir(path); synced != want {
		t.Fatalf("synced: got %q, want %q", synced, want)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close: got %v, want nil", err)
	}
	open(t, path, refuse) // an old file needs no sync of its directory
}

// tamper changes the file behind the store's back.
func tamper(t *testing.T, path string, f func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatalf("open: got %v, want nil", err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatalf("tamper: got %v, want nil", err)
	}
}

func TestALogWithAHoleIsNotOpened(t *testing.T) {
	tests := map[string]func(*bolt.Bucket) error{
		"a lost key":    func(b *bolt.Bucket) error { return b.Delete([]byte{0, 0, 0, 0, 0, 0, 0, 3}) },
		"index 0":       func(b *bolt.Bucket) error { return b.Put(make([]byte, 8), []byte{1}) },
		"a foreign key": func(b *bolt.Bucket) error { return b.Put([]byte("abc"), []byte{1}) },
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			s := open(t, path, raftlog.Options{})
			store(t, s, entries(1, 5, 1))
			if err := s.Close(); err != nil {
				t.Fatalf("close: got %v, want nil", err)
			}
			tamper(t, path, func(tx *bolt.Tx) error { return act(tx.Bucket([]byte("log"))) })
			if s, err := raftlog.Open(path, raftlog.Options{OpenFile: os.OpenFile, MapSize: smallMap}); err == nil {
				t.Fatalf("open: got nil, want an error (%v)", s.Close())
			}
		})
	}
}

func TestEveryFlippedBitOfARecordIsNoticed(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 2, 1))
	if err := errors.Join(s.Set([]byte("k"), []byte("v")), s.Close()); err != nil {
		t.Fatalf("set and close: got %v, want nil", err)
	}
	key := []byte{0, 0, 0, 0, 0, 0, 0, 2}
	flip := func(bucket string, key []byte, bit int) (bits int) {
		tamper(t, path, func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			rec := bytes.Clone(b.Get(key))
			rec[bit/8] ^= 1 << (bit % 8)
			bits = len(rec) * 8
			return b.Put(key, rec)
		})
		return bits
	}
	for bit, bits := 0, 1; bit < bits; bit++ {
		bits = flip("log", key, bit)
		s := open(t, path, raftlog.Options{})
		var l raft.Log
		err := s.GetLog(2, &l)
		if d, ok := errors.AsType[*raftlog.DamagedError](err); !ok || d.Index != 2 || !strings.Contains(err.Error(), "entry 2") {
			t.Fatalf("bit %d: got %+v, %v, want a DamagedError of entry 2", bit, l, err)
		}
		if err := errors.Join(s.GetLog(1, &l), s.Close()); err != nil {
			t.Fatalf("the entry beside it: got %v, want nil", err)
		}
		flip("log", key, bit)
	}
	flip("stable", []byte("k"), 8*5)
	s = open(t, path, raftlog.Options{})
	_, err := s.Get([]byte("k"))
	if d, ok := errors.AsType[*raftlog.DamagedError](err); !ok || d.Key != "k" || !strings.Contains(err.Error(), `"k"`) {
		t.Fatalf("stable value: got %v, want a DamagedError of k", err)
	}
}

func TestARecordUnderAnotherKeyIsNoticed(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	store(t, s, entries(1, 2, 1))
	if err := s.Close(); err != nil {
		t.Fatalf("close: got %v, want nil", err)
	}
	tamper(t, path, func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("log"))
		return b.Put([]byte{0, 0, 0, 0, 0, 0, 0, 2}, bytes.Clone(b.Get([]byte{0, 0, 0, 0, 0, 0, 0, 1})))
	})
	s = open(t, path, raftlog.Options{})
	if err := s.GetLog(2, new(raft.Log)); err == nil || errors.Is(err, raft.ErrLogNotFound) {
		t.Fatalf("got %v, want a DamagedError", err)
	}
}

func TestTheWeightOfTheLogIsKnown(t *testing.T) {
	path := file(t)
	s := open(t, path, raftlog.Options{})
	// heavy has entries that carry so many bytes, from index on, and what their records weigh.
	heavy := func(index uint64, sizes ...int) (logs []*raft.Log, weight int64) {
		for i, n := range sizes {
			logs = append(logs, &raft.Log{Index: index + uint64(i), Term: 1, Data: make([]byte, n)})
			weight += int64(n)
		}
		return logs, weight
	}
	weighs := func(what string, s *raftlog.Store, entries int, data int64) {
		t.Helper()
		const head = 38 // of a record: version, checksum and the fixed fields
		if got, want := s.Bytes(), data+int64(entries)*head; got != want {
			t.Fatalf("%s: got %d bytes, want %d", what, got, want)
		}
	}
	first, weight := heavy(1, 100, 2000, 30_000)
	store(t, s, first)
	weighs("appended", s, 3, weight)
	more, added := heavy(4, 5, 50_000)
	store(t, s, more)
	weighs("appended again", s, 5, weight+added)
	for bytes, want := range map[int64]uint64{0: 1, 50_037: 1, 50_038: 1, 50_080: 1, 50_081: 2, 80_118: 2, 80_119: 3, 1 << 40: 5} {
		if n, err := s.Newest(bytes, 9); n != want || err != nil {
			t.Errorf("newest within %d bytes: got %d, %v, want %d", bytes, n, err, want)
		}
	}
	if n, err := s.Newest(1<<40, 2); n != 2 || err != nil {
		t.Errorf("newest, at most 2: got %d, %v, want 2", n, err)
	}
	if err := s.HandBack(); err != nil {
		t.Errorf("hand back: got %v, want nil", err)
	}
	if err := s.DeleteRange(1, 2); err != nil {
		t.Fatal(err)
	}
	weighs("the old end is gone", s, 3, 80_005)
	if err := s.DeleteRange(5, 5); err != nil {
		t.Fatal(err)
	}
	weighs("the new end is gone", s, 2, 30_005)
	s = reopen(t, s, path)
	weighs("opened again", s, 2, 30_005)
	if err := s.DeleteRange(0, 9); err != nil {
		t.Fatal(err)
	}
	weighs("empty", s, 0, 0)
}
