package ledger

import (
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// Codes says whose a barcode is. Codes are told apart by gs1.Key, so that all writings of one
// number are one code. A code is one item's, as long as whoever keeps the items sees to it; lists
// from before that have codes that are several items', and a scan has to say so. The zero Codes is
// empty and ready. It locks nothing.
type Codes[T comparable] struct {
	first map[string]T
	more  map[string][]T // who else, where there is somebody: next to none
}

// Put gives the code to who, beside those who have it.
func (c *Codes[T]) Put(code string, who T) {
	key := gs1.Key(code)
	first, had := c.first[key]
	switch {
	case !had:
		if c.first == nil {
			c.first = map[string]T{}
		}
		c.first[key] = who
	case first != who && !slices.Contains(c.more[key], who):
		if c.more == nil {
			c.more = map[string][]T{}
		}
		c.more[key] = append(c.more[key], who)
	}
}

// Drop takes the code from who, if it was theirs.
func (c *Codes[T]) Drop(code string, who T) {
	key := gs1.Key(code)
	first, had := c.first[key]
	if !had {
		return
	}
	left := slices.DeleteFunc(append([]T{first}, c.more[key]...), func(t T) bool { return t == who })
	delete(c.first, key)
	delete(c.more, key)
	for _, t := range left {
		c.Put(key, t)
	}
}

// Of lists who has the code, however it is written, in no order that says anything.
func (c *Codes[T]) Of(code string) []T {
	key := gs1.Key(code)
	first, had := c.first[key]
	if !had {
		return nil
	}
	return append([]T{first}, c.more[key]...)
}
