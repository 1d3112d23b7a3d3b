package grid

import (
	"iter"
	"strings"
)

// SortedInParts is Sorted with another bound than refsMax, of which a test would have to be very large.
func (f *Frozen) SortedInParts(rows int) iter.Seq2[Key, []byte] { return f.sorted(rows) }

// Faults are what Check is to find: each spoils a table that has rows, and a long value.
func Faults() map[string]func(*Map) {
	return map[string]func(*Map){
		"a long value is gone": func(m *Map) {
			for k := range m.long.Sorted() {
				m.long.Delete(k)
				return
			}
		},
		"a long value of no row": func(m *Map) { m.long.Put(longOf(key{1 << 30, 1}), strings.Repeat("x", valueLong)) },
		"a long value that is short": func(m *Map) {
			for k := range m.long.Sorted() {
				m.long.Put(k, "x")
				return
			}
		},
		"a page over its room":      func(m *Map) { m.shelves[0].pages[0].used = roomBytes + 1 },
		"a page that ends in a row": func(m *Map) { m.shelves[0].pages[0].used-- },
	}
}
