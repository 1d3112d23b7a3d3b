package cow_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

type name string

// same compares all that can be asked of a Map or a Frozen with a plain map.
func same(t interface {
	Helper()
	Fatalf(string, ...any)
}, got interface {
	Len() int
	Get(name) (int, bool)
}, sorted func(func(name, int) bool), want map[name]int) {
	t.Helper()
	if got.Len() != len(want) {
		t.Fatalf("length: got %d, want %d", got.Len(), len(want))
	}
	keys := slices.Sorted(maps.Keys(want))
	n := 0
	for k, v := range sorted {
		if n >= len(keys) || k != keys[n] || v != want[k] {
			t.Fatalf("pair %d: got %q=%d, want one of %d pairs in ascending order", n, k, v, len(keys))
		}
		n++
	}
	if n != len(keys) {
		t.Fatalf("pairs: got %d, want %d", n, len(keys))
	}
	for k, v := range want {
		if g, ok := got.Get(k); !ok || g != v {
			t.Fatalf("get %q: got %d %t, want %d true", k, g, ok, v)
		}
	}
}

func TestAnySequenceOfActsAgreesWithAPlainMap(t *testing.T) {
	type pair struct {
		frozen *cow.Frozen[name, int]
		want   map[name]int
	}
	rapid.Check(t, func(t *rapid.T) {
		m, model := cow.New[name, int](), map[name]int{}
		var kept []pair
		// Grown beyond the first split on half of the runs, so that acts also hit split buckets.
		if rapid.Bool().Draw(t, "grown") {
			for i := range 7000 {
				k := name(fmt.Sprint("k", i))
				m.Put(k, i)
				model[k] = i
			}
		}
		key := rapid.Custom(func(t *rapid.T) name {
			return name(fmt.Sprint("k", rapid.IntRange(0, 8000).Draw(t, "key")))
		})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "times") {
					k, v := key.Draw(t, "k"), rapid.Int().Draw(t, "v")
					m.Put(k, v)
					model[k] = v
				}
			},
			"delete": func(t *rapid.T) {
				k := key.Draw(t, "k")
				_, had := model[k]
				if got := m.Delete(k); got != had {
					t.Fatalf("delete %q: got %t, want %t", k, got, had)
				}
				delete(model, k)
				if v, ok := m.Get(k); ok {
					t.Fatalf("get %q after delete: got %d, want none", k, v)
				}
			},
			"snapshot": func(*rapid.T) {
				if len(kept) < 4 {
					kept = append(kept, pair{m.Snapshot(), maps.Clone(model)})
				}
			},
		})
		same(t, m, m.Sorted(), model)
		for _, p := range kept {
			same(t, p.frozen, p.frozen.Sorted(), p.want)
		}
	})
}

func TestAMapGrownTo200000KeysKeepsEveryOne(t *testing.T) {
	m, want := cow.New[name, int](), map[name]int{}
	for i := range 200_000 {
		k := name(fmt.Sprintf("SKU-%06d", i))
		m.Put(k, i)
		want[k] = i
	}
	same(t, m, m.Sorted(), want)
	for i := range 200_000 {
		k := name(fmt.Sprintf("SKU-%06d", i))
		if i%3 == 0 {
			continue
		}
		if !m.Delete(k) {
			t.Fatalf("delete %q: got false, want true", k)
		}
		delete(want, k)
	}
	same(t, m, m.Sorted(), want)
}

func TestASnapshotDoesNotSeeLaterWrites(t *testing.T) {
	m := cow.New[name, int]()
	m.Put("a", 1)
	m.Put("b", 2)
	f := m.Snapshot()
	m.Put("a", 10)
	m.Put("c", 3)
	m.Delete("b")
	same(t, f, f.Sorted(), map[name]int{"a": 1, "b": 2})
	same(t, m, m.Sorted(), map[name]int{"a": 10, "c": 3})
	if v, ok := f.Get("c"); ok {
		t.Fatalf("get of a key put later: got %d, want none", v)
	}
}

func TestASnapshotOfASnapshottedMapIsIndependent(t *testing.T) {
	m := cow.New[name, int]()
	for i := range 3 {
		m.Put("a", i)
		f, g := m.Snapshot(), m.Snapshot()
		m.Put("a", 100)
		same(t, f, f.Sorted(), map[name]int{"a": i})
		same(t, g, g.Sorted(), map[name]int{"a": i})
	}
}

func TestAnEmptyKeyIsAKey(t *testing.T) {
	m := cow.New[name, int]()
	if m.Delete("") {
		t.Fatal("delete from an empty map: got true, want false")
	}
	m.Put("", 7)
	same(t, m, m.Sorted(), map[name]int{"": 7})
}

func TestALoopOverTheMapMayWriteToIt(t *testing.T) {
	m := cow.New[name, int]()
	for i := range 100 {
		m.Put(name(fmt.Sprintf("%03d", i)), i)
	}
	n := 0
	for k, v := range m.Sorted() {
		if v != n {
			t.Fatalf("value of %q: got %d, want %d", k, v, n)
		}
		m.Delete(k)
		m.Put(k+"-new", v)
		n++
	}
	if n != 100 || m.Len() != 100 {
		t.Fatalf("got %d rounds and %d keys, want 100 and 100", n, m.Len())
	}
}

func TestALoopMayStopEarly(t *testing.T) {
	m := cow.New[name, int]()
	m.Put("b", 2)
	m.Put("a", 1)
	for k := range m.Snapshot().Sorted() {
		if k != "a" {
			t.Fatalf("first key: got %q, want %q", k, "a")
		}
		break
	}
}

// Worth its name only under the race detector.
func TestASnapshotIsReadWhileTheMapIsWritten(t *testing.T) {
	const keys = 20_000
	m := cow.New[name, int]()
	k := func(i int) name { return name(fmt.Sprint("k", i)) }
	for i := range keys / 2 {
		m.Put(k(i), 0)
	}
	var readers sync.WaitGroup
	for round := range 4 {
		f := m.Snapshot()
		want := f.Len()
		for range 2 {
			readers.Go(func() {
				n := 0
				for key, v := range f.Sorted() {
					if got, ok := f.Get(key); !ok || got != v || v > round {
						t.Errorf("round %d: %q: got %d %t, want %d, at most the round", round, key, got, ok, v)
						return
					}
					n++
				}
				if n != want {
					t.Errorf("round %d: got %d pairs, want %d", round, n, want)
				}
			})
		}
		for i := range keys {
			if i%7 == round {
				m.Delete(k(i))
			} else {
				m.Put(k(i), round+1)
			}
		}
	}
	readers.Wait()
}
