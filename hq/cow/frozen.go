package cow

import (
	"cmp"
	"iter"
	"slices"
)

// A Frozen is a Map as it was at one moment. It never changes, and any number of goroutines may
// read it. It keeps alive what it shares with the map; drop it when it has been written out.
type Frozen[K ~string, V any] struct {
	table[K, V]
}

// Sorted goes through the snapshot, ascending by key. It sorts when the loop begins, in time
// n log n and with one pointer a key.
func (f *Frozen[K, V]) Sorted() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, it := range f.sorted() {
			if !yield(it.key, it.val) {
				return
			}
		}
	}
}

// sorted may point into the buckets, for those of a Frozen are never written again.
func (f *Frozen[K, V]) sorted() []*item[K, V] {
	all := make([]*item[K, V], 0, f.keys)
	for _, p := range f.pages {
		for b := range p.buckets {
			items := p.buckets[b].items
			for i := range items {
				all = append(all, &items[i])
			}
		}
	}
	slices.SortFunc(all, func(a, b *item[K, V]) int { return cmp.Compare(a.key, b.key) })
	return all
}
