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
	staged map[K]change[V]
	keys   []K // of staged, in order of first touch, so that commit does not follow map order
	// landed is told of each change as it is committed; it keeps what is derived. May be nil.
	landed func(k K, old V, had bool, val V, has bool)
}

type change[V any] struct {
	val V
	has bool // false: deleted
}

// A plainTable is a table of values as they are.
type plainTable[K ~string, V any] struct {
	*table[K, V]
	plain *cow.Map[K, V]
}

func newTable[K ~string, V any]() plainTable[K, V] {
	m := cow.New[K, V]()
	return plainTable[K, V]{&table[K, V]{rows: m, staged: map[K]change[V]{}}, m}
}

func (t plainTable[K, V]) Sorted() iter.Seq2[K, V]     { return t.plain.Sorted() }
func (t plainTable[K, V]) Snapshot() *cow.Frozen[K, V] { return t.plain.Snapshot() }

func (t *table[K, V]) get(k K) (V, bool) {
	if c, ok := t.staged[k]; ok {
		return c.val, c.has
	}
	return t.Get(k)
}

func (t *table[K, V]) put(k K, v V) { t.stage(k, change[V]{val: v, has: true}) }
func (t *table[K, V]) del(k K)      { t.stage(k, change[V]{}) }

func (t *table[K, V]) stage(k K, c change[V]) {
	if _, ok := t.staged[k]; !ok {
		t.keys = append(t.keys, k)
	}
	t.staged[k] = c
}

func (t *table[K, V]) commit() {
	for _, k := range t.keys {
		c := t.staged[k]
		var old V
		var had bool
		if t.landed != nil {
			old, had = t.Get(k)
		}
		if c.has {
			t.Put(k, c.val)
		} else {
			t.Delete(k)
		}
		if t.landed != nil {
			t.landed(k, old, had, c.val, c.has)
		}
	}
	t.drop()
}

func (t *table[K, V]) drop() {
	clear(t.staged)
	t.keys = t.keys[:0]
}
