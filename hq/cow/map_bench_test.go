package cow_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

const benchKeys = 500_000

func filled() (*cow.Map[name, int], []name) {
	m, keys := cow.New[name, int](), make([]name, benchKeys)
	for i := range keys {
		keys[i] = name(fmt.Sprintf("LEEDS/SKU-%06d", i))
		m.Put(keys[i], i)
	}
	return m, keys
}

// step is prime and far from a divisor of benchKeys, so that puts jump about.
const step = 300_007

func BenchmarkPut(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Put(keys[i], i)
		i = (i + step) % benchKeys
	}
}

// Each round freezes the map and puts 1,000 keys: nearly every put copies its page and bucket.
func BenchmarkPutWithALiveSnapshot(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	i, n := 0, 0
	var live *cow.Frozen[name, int]
	for b.Loop() {
		if n%1000 == 0 {
			live = m.Snapshot()
		}
		m.Put(keys[i], i)
		i = (i + step) % benchKeys
		n++
	}
	if live.Len() != benchKeys {
		b.Fatalf("length: got %d, want %d", live.Len(), benchKeys)
	}
}

func BenchmarkFill500000(b *testing.B) {
	_, keys := filled()
	for b.Loop() {
		m := cow.New[name, int]()
		for i, k := range keys {
			m.Put(k, i)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	m, keys := filled()
	i := 0
	for b.Loop() {
		if _, ok := m.Get(keys[i]); !ok {
			b.Fatalf("get %q: got none, want %d", keys[i], i)
		}
		i = (i + step) % benchKeys
	}
}

func BenchmarkSnapshotOf500000Keys(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	for b.Loop() {
		if f := m.Snapshot(); f.Len() != len(keys) {
			b.Fatalf("length: got %d, want %d", f.Len(), len(keys))
		}
	}
}

func BenchmarkSortedOf500000Keys(b *testing.B) {
	m, keys := filled()
	f := m.Snapshot()
	for b.Loop() {
		n := 0
		for range f.Sorted() {
			n++
		}
		if n != len(keys) {
			b.Fatalf("pairs: got %d, want %d", n, len(keys))
		}
	}
}
