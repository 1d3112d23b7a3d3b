package cow

import (
	"cmp"
	"iter"
	"slices"
)

// Sizes. A bucket holds loadMax keys on average before one bucket is split; the bucket next to
// be split holds up to twice that. With 500,000 keys there are some 83,000 buckets in 1,300
// pages, and a snapshot copies 10 KiB of page pointers.
const (
	bucketsMin  = 1024
	loadMax     = 6
	pageBits    = 6
	pageBuckets = 1 << pageBits
)

// An item is a key with its value. The hash is kept, so that a split need not compute it again.
type item[K ~string, V any] struct {
	hash uint64
	key  K
	val  V
}

// A bucket owns its slice's array if gen is the map's; otherwise a Frozen may be reading it.
type bucket[K ~string, V any] struct {
	gen   uint64
	items []item[K, V]
}

// A page is the unit in which the table of buckets is copied.
type page[K ~string, V any] struct {
	gen     uint64
	buckets [pageBuckets]bucket[K, V]
}

// table is what a Map and a Frozen have in common: where a key lies.
type table[K ~string, V any] struct {
	pages []*page[K, V]
	count int    // buckets in use; pages hold at least as many
	mask  uint64 // smallest 2^n - 1 that is >= count-1
	keys  int
}

// A Map is a hash map that can be frozen. Make it with New. One goroutine writes, and freezes it; while none does, any number may read.
type Map[K ~string, V any] struct {
	table[K, V]
	gen uint64
}

// New returns an empty Map.
func New[K ~string, V any]() *Map[K, V] {
	m := &Map[K, V]{gen: 1}
	m.count = bucketsMin
	m.mask = bucketsMin - 1
	for range bucketsMin / pageBuckets {
		m.pages = append(m.pages, &page[K, V]{gen: m.gen})
	}
	return m
}

// Get returns the value of k, and whether there is one.
func (t *table[K, V]) Get(k K) (V, bool) {
	h := Hash(k)
	n := t.slot(h)
	items := t.pages[n>>pageBits].buckets[n&(pageBuckets-1)].items
	if i := find(items, h, k); i >= 0 {
		return items[i].val, true
	}
	var zero V
	return zero, false
}

// Len is the number of keys.
func (t *table[K, V]) Len() int { return t.keys }

// Put makes v the value of k.
func (m *Map[K, V]) Put(k K, v V) {
	h := Hash(k)
	b := m.bucket(m.slot(h))
	if i := find(b.items, h, k); i >= 0 {
		m.own(b, 0)
		b.items[i].val = v
		return
	}
	m.own(b, 1)
	b.items = append(b.items, item[K, V]{hash: h, key: k, val: v})
	m.keys++
	if m.keys > m.count*loadMax {
		m.split()
	}
}

// Delete takes k out and reports whether it was there.
func (m *Map[K, V]) Delete(k K) bool {
	h := Hash(k)
	n := m.slot(h)
	// Looked up before anything is copied: a key that is not there costs nothing.
	i := find(m.pages[n>>pageBits].buckets[n&(pageBuckets-1)].items, h, k)
	if i < 0 {
		return false
	}
	b := m.bucket(n)
	m.own(b, 0)
	last := len(b.items) - 1
	b.items[i] = b.items[last]
	b.items[last] = item[K, V]{} // or the array would keep the value alive
	b.items = b.items[:last]
	m.keys--
	return true
}

// Snapshot returns the map as it is now. It copies the page pointers (one for 64 buckets) and
// nothing else; afterwards each page and each bucket is copied when it is first written.
func (m *Map[K, V]) Snapshot() *Frozen[K, V] {
	f := &Frozen[K, V]{table: m.table}
	// The array of pages is copied, for the writer replaces pages in its own.
	f.pages = append([]*page[K, V](nil), m.pages...)
	m.gen++
	return f
}

// Sorted goes through the map as it is when the loop begins, ascending by key. The loop's body
// may write to the map and will not see what it wrote. It sorts a copy of the keys and values, in
// time n log n, and changes nothing of the map: while nobody writes, any number of goroutines may
// go through it, as they may look with Get.
func (m *Map[K, V]) Sorted() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		all := make([]item[K, V], 0, m.keys)
		for _, p := range m.pages {
			for b := range p.buckets {
				all = append(all, p.buckets[b].items...)
			}
		}
		slices.SortFunc(all, func(a, b item[K, V]) int { return cmp.Compare(a.key, b.key) })
		for i := range all {
			if !yield(all[i].key, all[i].val) {
				return
			}
		}
	}
}
