package ledger

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// An itemStore holds items by SKU and by code as they are stored, one behind the other, with no pointer to any: a shop has 100,000 of them with
// dozens of texts each, and the collector would go through all of these again and again, while somebody waits at a till. An item is read when it is
// asked for, which takes 1 to 3 us; those that are asked for again and again are kept.
//
// It locks nothing. put needs it alone; all else may run beside one another. Make it with newItemStore.
type itemStore struct {
	hash  func(string) uint64
	rows  []itemRow // in the order in which their SKUs came first
	pages [][]byte  // what rows say where to find
	dead  int       // bytes of pages that no row says any more

	bySKU  map[uint64]uint32 // by the hash of a SKU: the first row of that hash, counted from 1; the others are behind it
	byCode hashedRows        // by the hash of what a code is known by

	categories map[string]uint32 // by name, each counted from 1
	grouped    [][]uint32        // rows by category, in the order of their SKUs; nil where it has to be made anew

	kept [itemsKept]atomic.Pointer[Item] // by row
}

// An itemRow is where an item stands: its SKU, and what is stored of it behind that.
type itemRow struct {
	version  uint64
	page     uint32
	from     uint32 // in the page
	size     uint32
	skuSize  uint32
	category uint32 // 0: of none
	other    uint32 // the next row whose SKU has the same hash, counted from 1; 0: there is none
}

const (
	itemsKept    = 4096    // some 3 MB
	itemPageSize = 1 << 20 // bytes; an item that is larger has a page of its own
)

func newItemStore(hash func(string) uint64) *itemStore {
	return &itemStore{hash: hash, bySKU: map[uint64]uint32{}, byCode: hashedRows{first: map[uint64]uint32{}}, categories: map[string]uint32{}}
}

// len is how many items there are.
func (s *itemStore) len() int { return len(s.rows) }

// row finds the row of a SKU.
func (s *itemStore) row(sku SKU) (n uint32, ok bool) {
	for at := s.bySKU[s.hash(string(sku))]; at != 0; at = s.rows[at-1].other {
		if string(s.skuOf(at-1)) == string(sku) {
			return at - 1, true
		}
	}
	return 0, false
}

// skuOf gives the bytes of a row's SKU.
func (s *itemStore) skuOf(n uint32) []byte {
	r := &s.rows[n]
	return s.pages[r.page][r.from : r.from+r.skuSize]
}

// of gives the item of a SKU. It must not be changed.
func (s *itemStore) of(sku SKU) (*Item, bool) {
	n, ok := s.row(sku)
	if !ok {
		return nil, false
	}
	return s.at(n), true
}

// at gives the item of a row.
func (s *itemStore) at(n uint32) *Item {
	place := &s.kept[n%itemsKept]
	if it := place.Load(); it != nil && string(it.SKU) == string(s.skuOf(n)) {
		return it
	}
	r := &s.rows[n]
	it, err := UnmarshalItem(s.pages[r.page][r.from+r.skuSize : r.from+r.size])
	if err != nil {
		panic("ledger: an item that was read once is not to be read again: " + err.Error())
	}
	place.Store(it)
	return it
}

// version is that of a SKU's item; ok is false where there is none.
func (s *itemStore) version(sku SKU) (v uint64, ok bool) {
	n, ok := s.row(sku)
	if !ok {
		return 0, false
	}
	return s.rows[n].version, true
}

// put takes in an item, which UnmarshalItem has read from value, in place of the one of its SKU.
func (s *itemStore) put(item *Item, value []byte) {
	n, had := s.row(item.SKU)
	category := s.categoryOf(item.Category)
	if had {
		for code := range s.at(n).Codes() {
			s.byCode.drop(s.hash(gs1.Key(code)), n)
		}
		s.dead += int(s.rows[n].size)
		if s.rows[n].category != category {
			s.grouped = nil
		}
	} else {
		n = uint32(len(s.rows))
		hash := s.hash(string(item.SKU))
		s.rows = append(s.rows, itemRow{other: s.bySKU[hash]})
		s.bySKU[hash] = n + 1
		if category != 0 {
			s.grouped = nil
		}
	}
	s.kept[n%itemsKept].Store(nil)
	r := &s.rows[n]
	r.version, r.category = item.Version, category
	r.skuSize, r.size = uint32(len(item.SKU)), uint32(len(item.SKU)+len(value))
	r.page, r.from = s.room(int(r.size))
	s.pages[r.page] = append(append(s.pages[r.page], item.SKU...), value...)
	for code := range item.Codes() {
		s.byCode.put(s.hash(gs1.Key(code)), n)
	}
	if s.dead > itemPageSize && s.dead > s.size()/2 {
		s.rewrite()
	}
}

// categoryOf numbers a category.
func (s *itemStore) categoryOf(name string) uint32 {
	if name == "" {
		return 0
	}
	n, ok := s.categories[name]
	if !ok {
		n = uint32(len(s.categories) + 1)
		s.categories[strings.Clone(name)] = n
	}
	return n
}

// room finds a page on which size bytes more have room. What stands on a page stays where it is.
func (s *itemStore) room(size int) (page, from uint32) {
	last := len(s.pages) - 1
	if last < 0 || len(s.pages[last])+size > cap(s.pages[last]) {
		s.pages = append(s.pages, make([]byte, 0, max(size, itemPageSize)))
		last++
	}
	return uint32(last), uint32(len(s.pages[last]))
}

// size is what all pages hold, in bytes.
func (s *itemStore) size() (n int) {
	for _, p := range s.pages {
		n += len(p)
	}
	return n
}

// rewrite leaves out what no row says any more.
func (s *itemStore) rewrite() {
	old := s.pages
	s.pages, s.dead = nil, 0
	for i := range s.rows {
		r := &s.rows[i]
		b := old[r.page][r.from : r.from+r.size]
		r.page, r.from = s.room(len(b))
		s.pages[r.page] = append(s.pages[r.page], b...)
	}
}

// withCode lists the items that have a code, however it is written, by SKU.
func (s *itemStore) withCode(code string) (out []*Item) {
	key := gs1.Key(code)
	s.byCode.each(s.hash(key), func(n uint32) {
		it := s.at(n)
		for have := range it.Codes() {
			if have == key || gs1.Key(have) == key {
				out = append(out, it)
				return
			}
		}
	})
	slices.SortFunc(out, func(a, b *Item) int { return cmp.Compare(a.SKU, b.SKU) })
	return out
}

// in says whether a SKU's item is of a category.
func (s *itemStore) in(category string, sku SKU) bool {
	c := s.categories[category]
	n, ok := s.row(sku)
	return ok && c != 0 && s.rows[n].category == c
}

// group gives the first SKUs of a category, ascending, at most so many, and says how many there are. Where grouped is nil it needs the store alone.
func (s *itemStore) group(category string, most int) (skus []SKU, all int) {
	if s.grouped == nil {
		s.grouped = make([][]uint32, len(s.categories)+1)
		for n := range s.rows {
			if c := s.rows[n].category; c != 0 {
				s.grouped[c] = append(s.grouped[c], uint32(n))
			}
		}
		for _, rows := range s.grouped {
			slices.SortFunc(rows, func(a, b uint32) int { return cmp.Compare(string(s.skuOf(a)), string(s.skuOf(b))) })
		}
	}
	c := s.categories[category]
	if c == 0 || int(c) >= len(s.grouped) {
		return nil, 0
	}
	rows := s.grouped[c]
	for _, n := range rows[:min(len(rows), most)] {
		skus = append(skus, SKU(s.skuOf(n)))
	}
	return skus, len(rows)
}

// hashedRows is rows by a hash: whoever looks one up has to see whether it is one that was meant.
type hashedRows struct {
	first map[uint64]uint32
	more  map[uint64][]uint32 // the others of the hash, where there are some: next to none
}

func (h *hashedRows) put(hash uint64, n uint32) {
	first, had := h.first[hash]
	switch {
	case !had:
		h.first[hash] = n
	case first != n && !slices.Contains(h.more[hash], n):
		if h.more == nil {
			h.more = map[uint64][]uint32{}
		}
		h.more[hash] = append(h.more[hash], n)
	}
}

func (h *hashedRows) drop(hash uint64, n uint32) {
	first, had := h.first[hash]
	if !had {
		return
	}
	others := slices.DeleteFunc(append([]uint32{first}, h.more[hash]...), func(m uint32) bool { return m == n })
	delete(h.first, hash)
	delete(h.more, hash)
	for _, m := range others {
		h.put(hash, m)
	}
}

func (h *hashedRows) each(hash uint64, f func(n uint32)) {
	first, had := h.first[hash]
	if !had {
		return
	}
	f(first)
	for _, n := range h.more[hash] {
		f(n)
	}
}
