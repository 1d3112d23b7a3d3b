package machine

import (
	"iter"

	"github.com/holdfast-stock/holdfast/hq/grid"
)

// A gridded table is one of small values by site and SKU, of which a company has millions: they are kept as
// bytes in pages that the collector does not look into (hq/grid). What is got is opened for whoever asks: a
// copy of its own.
type gridded[V any] struct {
	*table[grid.Key, *V]
	rows *gridRows[V]
}

// A gridding says how values of one kind are kept. How is no part of the state.
type gridding[V any] struct {
	pack   func([]byte, *V) []byte // appends
	unpack func(grid.Key, []byte) *V
}

type gridRows[V any] struct {
	*grid.Map
	form gridding[V]
	room []byte // for the value that is put
}

func newGridded[V any](names *grid.Names, form gridding[V]) gridded[V] {
	r := &gridRows[V]{Map: grid.New(names), form: form}
	return gridded[V]{&table[grid.Key, *V]{rows: r}, r}
}

func (r *gridRows[V]) Get(k grid.Key) (*V, bool) {
	b, ok := r.Map.Get(k)
	if !ok {
		return nil, false
	}
	return r.form.unpack(k, b), true
}

func (r *gridRows[V]) Put(k grid.Key, v *V) {
	r.room = r.form.pack(r.room[:0], v)
	r.Map.Put(k, r.room)
}

// own gives the staged value of k: what is got belongs to the command already.
func (t gridded[V]) own(k grid.Key) (*V, bool) { return edit(t.table, k, func(v *V) *V { return v }) }

// Sorted goes through the table as it is when the loop begins, by site, then SKU.
func (t gridded[V]) Sorted() iter.Seq2[grid.Key, *V] { return t.Snapshot().Sorted() }

// Snapshot takes the table as it is.
func (t gridded[V]) Snapshot() *frozenGrid[V] {
	return &frozenGrid[V]{rows: t.rows.Map.Snapshot(), unpack: t.rows.form.unpack}
}

// frozenGrid is a gridded table at one moment.
type frozenGrid[V any] struct {
	rows   *grid.Frozen
	unpack func(grid.Key, []byte) *V
}

func (f *frozenGrid[V]) Sorted() iter.Seq2[grid.Key, *V] {
	return func(yield func(grid.Key, *V) bool) {
		for k, b := range f.rows.Sorted() {
			if !yield(k, f.unpack(k, b)) {
				return
			}
		}
	}
}
