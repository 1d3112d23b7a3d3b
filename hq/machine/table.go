package machine

import (
	"iter"

	"github.com/holdfast-stock/holdfast/hq/cow"
)

// rows is where a table keeps what has landed: a cow.Map, packedRows, or gridRows.
type rows[K comparable, V any] interface {
	Get(K) (V, bool)
	Put(K, V)
	Delete(K) bool
	Len() int
}

// A table is a map whose writes are staged until the command, or the entry, that makes them has
// been found to fit as a whole. Values are immutable: a changed record is a new one.
type table[K comparable, V any] struct {
	rows[K, V]
	staged []touch[K, V] // in order of first touch
	places map[K]int     // of the keys in staged; nil while these are few enough to look through
	// landed is told of each change as it is committed; it keeps what is derived. May be nil.
	landed func(k K, old V, had bool, val V, has bool)
}

// A touch is what a key is to become.
type touch[K comparable, V any] struct {
	key K
	val V
	has bool // false: deleted
}

// stagedFew is how many writes are looked through one by one. Most commands touch less of a table.
const stagedFew = 8

// A plainTable is a table of values as they are.
type plainTable[K ~string, V any] struct {
	*table[K, V]
	plain *cow.Map[K, V]
}

func newTable[K ~string, V any]() plainTable[K, V] {
	m := cow.New[K, V]()
	return plainTable[K, V]{&table[K, V]{rows: m}, m}
}

func (t plainTable[K, V]) Sorted() iter.Seq2[K, V]     { return t.plain.Sorted() }
func (t plainTable[K, V]) Snapshot() *cow.Frozen[K, V] { return t.plain.Snapshot() }

func (t *table[K, V]) get(k K) (V, bool) {
	if i := t.place(k); i >= 0 {
		return t.staged[i].val, t.staged[i].has
	}
	return t.Get(k)
}

func (t *table[K, V]) put(k K, v V) { t.stage(touch[K, V]{key: k, val: v, has: true}) }
func (t *table[K, V]) del(k K)      { t.stage(touch[K, V]{key: k}) }

// place is where k stands in staged; -1 where it does not.
func (t *table[K, V]) place(k K) int {
	if t.places != nil {
		if i, ok := t.places[k]; ok {
			return i
		}
		return -1
	}
	for i := range t.staged {
		if t.staged[i].key == k {
			return i
		}
	}
	return -1
}

// touched are the keys of what is staged, in order of first touch.
func (t *table[K, V]) touched() []K {
	out := make([]K, len(t.staged))
	for i := range t.staged {
		out[i] = t.staged[i].key
	}
	return out
}

func (t *table[K, V]) stage(w touch[K, V]) {
	if i := t.place(w.key); i >= 0 {
		t.staged[i] = w
		return
	}
	t.staged = append(t.staged, w)
	switch {
	case t.places != nil:
		t.places[w.key] = len(t.staged) - 1
	case len(t.staged) > stagedFew:
		t.places = map[K]int{}
		for i := range t.staged {
			t.places[t.staged[i].key] = i
		}
	}
}

func (t *table[K, V]) commit() {
	for i := range t.staged {
		w := &t.staged[i]
		var old V
		var had bool
		if t.landed != nil {
			old, had = t.Get(w.key)
		}
		if w.has {
			t.Put(w.key, w.val)
		} else {
			t.Delete(w.key)
		}
		if t.landed != nil {
			t.landed(w.key, old, had, w.val, w.has)
		}
	}
	t.drop()
}

// drop forgets what is staged. Room for many is let go with it: few commands touch as much.
func (t *table[K, V]) drop() {
	if t.places != nil {
		t.staged, t.places = nil, nil
		return
	}
	clear(t.staged)
	t.staged = t.staged[:0]
}
