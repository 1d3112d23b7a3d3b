package grid_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// filled is 200 sites with 2,500 of 50,000 SKUs each.
func filled() (*grid.Map, []grid.Key) {
	m := grid.New(grid.NewNames())
	var keys []grid.Key
	for s := range 200 {
		for k := range 2500 {
			keys = append(keys, grid.Key{Site: ledger.SiteID(fmt.Sprintf("s%04d", s)), SKU: ledger.SKU(fmt.Sprintf("SKU-%06d", (s*7919+k*20)%50_000))})
			m.Put(keys[len(keys)-1], row)
		}
	}
	return m, keys
}

var row = make([]byte, 16)

// step is prime and far from a divisor of the number of rows, so that keys jump about.
const step = 300_007

func BenchmarkGet(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, ok := m.Get(keys[i]); !ok {
			b.Fatalf("get %v: got none", keys[i])
		}
		i = (i + step) % len(keys)
	}
}

func BenchmarkPut(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Put(keys[i], row)
		i = (i + step) % len(keys)
	}
}

// Each round freezes the table and puts 1,000 rows: nearly every put copies its page.
func BenchmarkPutWithALiveSnapshot(b *testing.B) {
	m, keys := filled()
	b.ReportAllocs()
	i, n := 0, 0
	var live *grid.Frozen
	for b.Loop() {
		if n%1000 == 0 {
			live = m.Snapshot()
		}
		m.Put(keys[i], row)
		i = (i + step) % len(keys)
		n++
	}
	if live.Len() != len(keys) {
		b.Fatalf("length: got %d, want %d", live.Len(), len(keys))
	}
}

func BenchmarkFill500000(b *testing.B) {
	for b.Loop() {
		filled()
	}
}

func BenchmarkOf(b *testing.B) {
	m, _ := filled()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for range m.Of("SKU-000100") {
			n++
		}
	}
	b.ReportMetric(float64(n)/float64(b.N), "rows")
}

func BenchmarkSnapshotOf500000Rows(b *testing.B) {
	m, _ := filled()
	b.ReportAllocs()
	for b.Loop() {
		m.Snapshot()
	}
}

func BenchmarkSortedOf500000Rows(b *testing.B) {
	m, _ := filled()
	f := m.Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		for range f.Sorted() {
		}
	}
}
