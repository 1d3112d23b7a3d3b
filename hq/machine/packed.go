package machine

import (
	"fmt"
	"iter"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

// packedRows keeps most values as the bytes that a snapshot has of them, a third to an eighth of
// what they take otherwise. One that was just written is whole for a while, for it is likely to be
// looked at and written again; one that hot says is looked at often stays so. How a value is kept
// is no part of the state.
type packedRows[K ~string, V any] struct {
	cells *cow.Map[K, cell[V]]
	form  packing[K, V]

	warm []warmed[K, V] // put last, the oldest first
	load int            // the weight of warm
	room coder          // for what is packed
}

// A packing says how values of one kind are packed, and when.
type packing[K ~string, V any] struct {
	pack    func(*coder, K, *V)
	unpack  func([]byte) (*V, error)
	weight  func(*V) int  // of a value that is whole
	hot     func(*V) bool // it stays whole
	warmMax int           // weight of the values put last that are whole
}

// A cell is a value, whole or packed.
type cell[V any] struct {
	whole  *V
	packed string
}

type warmed[K ~string, V any] struct {
	key K
	val *V
}

func (r *packedRows[K, V]) Get(k K) (*V, bool) {
	c, ok := r.cells.Get(k)
	if !ok {
		return nil, false
	}
	return r.form.open(c), true
}

// open gives the value of a cell. What is packed was packed here, so it opens.
func (f *packing[K, V]) open(c cell[V]) *V {
	if c.whole != nil {
		return c.whole
	}
	v, err := f.unpack([]byte(c.packed))
	if err != nil {
		panic(fmt.Sprintf("machine: a record does not open that was packed here: %v", err))
	}
	return v
}

func (r *packedRows[K, V]) Put(k K, v *V) {
	if r.form.warmMax == 0 {
		r.cells.Put(k, r.packed(k, v))
		return
	}
	r.cells.Put(k, cell[V]{whole: v})
	r.warm = append(r.warm, warmed[K, V]{k, v})
	for r.load += r.form.weight(v); r.load > r.form.warmMax; {
		r.cool()
	}
}

// cool packs the value that was put first of the warm ones, unless it was replaced meanwhile.
func (r *packedRows[K, V]) cool() {
	w := r.warm[0]
	r.warm[0] = warmed[K, V]{} // or the array would keep it alive
	r.warm = r.warm[1:]
	r.load -= r.form.weight(w.val)
	if c, ok := r.cells.Get(w.key); ok && c.whole == w.val && !r.form.hot(w.val) {
		r.cells.Put(w.key, r.packed(w.key, w.val))
	}
}

// packed gives the cell of a value that is packed.
func (r *packedRows[K, V]) packed(k K, v *V) cell[V] {
	return cell[V]{packed: string(r.room.written(func(c *coder) { r.form.pack(c, k, v) }))}
}

func (r *packedRows[K, V]) Delete(k K) bool { return r.cells.Delete(k) }
func (r *packedRows[K, V]) Len() int        { return r.cells.Len() }

// A packedTable is a table whose values are packed.
type packedTable[K ~string, V any] struct {
	*table[K, *V]
	packed *packedRows[K, V]
}

func newPackedTable[K ~string, V any](form packing[K, V]) packedTable[K, V] {
	r := &packedRows[K, V]{cells: cow.New[K, cell[V]](), form: form}
	return packedTable[K, V]{&table[K, *V]{rows: r}, r}
}

// Sorted goes through the table as it is when the loop begins, ascending by key.
func (t packedTable[K, V]) Sorted() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for k, c := range t.packed.cells.Sorted() {
			if !yield(k, t.packed.form.open(c)) {
				return
			}
		}
	}
}

// Snapshot takes the table as it is.
func (t packedTable[K, V]) Snapshot() *frozenPacked[K, V] {
	return &frozenPacked[K, V]{cells: t.packed.cells.Snapshot(), pack: t.packed.form.pack}
}

// frozenPacked is a packed table at one moment.
type frozenPacked[K ~string, V any] struct {
	cells *cow.Frozen[K, cell[V]]
	pack  func(*coder, K, *V)
}

// records gives the records of all values, ascending by key. Each stands where the one before stood.
func (f *frozenPacked[K, V]) records() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var room coder
		for k, c := range f.cells.Sorted() {
			b := append(room.out[:0], c.packed...)
			if room.out = b; c.whole != nil {
				b = room.written(func(w *coder) { f.pack(w, k, c.whole) })
			}
			if !yield(b) {
				return
			}
		}
	}
}
