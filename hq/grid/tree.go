package grid

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// Sizes. A page is one of the allocator's own sizes, and small: the first write to it after a snapshot copies
// it whole. 5,000,000 rows of 25 bytes stand in some 80,000 pages and 2,000 shelves.
const (
	pageBytes  = 2048
	roomBytes  = pageBytes - 16 // without what stands before it
	headBytes  = 9              // of a row before its value
	valueMax   = 254            // in a page
	valueLong  = 255            // stands for its length where a value is kept beside the pages
	shelfPages = 64
)

// A key is the numbers of a SKU and a site.
type key struct{ sku, site uint32 }

// compare is the order of rows: by the SKU's number, then by the site's name.
func (k key) compare(rank []uint32, o key) int {
	if n := cmp.Compare(k.sku, o.sku); n != 0 {
		return n
	}
	return cmp.Compare(rank[k.site], rank[o.site])
}

// A page is rows one behind the other: a byte for the length of the value, four for the SKU, four for the
// site, the value.
type page struct {
	gen  uint64
	used int32
	room [roomBytes]byte
}

// A shelf is pages in their order.
type shelf struct {
	gen   uint64
	pages []*page // at least one
	least []key   // of each page
}

// tree is what a Map and a Frozen have in common: the rows.
type tree struct {
	shelves []*shelf
	least   []key // of each shelf
	count   int   // of rows
}

func (t *tree) clone() tree {
	return tree{shelves: slices.Clone(t.shelves), least: slices.Clone(t.least), count: t.count}
}

// find gives the shelf and the page where k is, or would be; -1 where there is no page at all. What comes
// before all others belongs to the first page.
func (t *tree) find(rank []uint32, k key) (shelf, page int) {
	if len(t.shelves) == 0 {
		return -1, 0
	}
	shelf = max(last(t.least, rank, k), 0)
	return shelf, max(last(t.shelves[shelf].least, rank, k), 0)
}

// last finds the last of least that is not above k.
func last(least []key, rank []uint32, k key) int {
	return sort.Search(len(least), func(i int) bool { return least[i].compare(rank, k) > 0 }) - 1
}

func (p *page) key(off int) key {
	return key{binary.LittleEndian.Uint32(p.room[off+1:]), binary.LittleEndian.Uint32(p.room[off+5:])}
}

// size is how many bytes the row at off has.
func (p *page) size(off int) int { return sizeOf(int(p.room[off])) }

func sizeOf(n int) int {
	if n == valueLong {
		return headBytes
	}
	return headBytes + n
}

func (p *page) row(off int) []byte { return p.room[off : off+p.size(off) : off+p.size(off)] }

// find gives the place of k, or the one before which it would be.
func (p *page) find(rank []uint32, k key) (off int, ok bool) {
	for off < int(p.used) {
		if sku := binary.LittleEndian.Uint32(p.room[off+1:]); sku >= k.sku {
			site := binary.LittleEndian.Uint32(p.room[off+5:])
			if sku > k.sku || rank[site] > rank[k.site] {
				return off, false
			}
			if site == k.site {
				return off, true
			}
		}
		off += p.size(off)
	}
	return off, false
}

// from goes through all rows from the first one of a SKU on.
func (t *tree) from(sku uint32) iter.Seq2[key, []byte] {
	return func(yield func(key, []byte) bool) {
		below := func(least []key) int {
			return max(sort.Search(len(least), func(i int) bool { return least[i].sku >= sku })-1, 0)
		}
		s := below(t.least)
		for first := true; s < len(t.shelves); s, first = s+1, false {
			i := 0
			if first {
				i = below(t.shelves[s].least)
			}
			for _, p := range t.shelves[s].pages[i:] {
				for off := 0; off < int(p.used); off += p.size(off) {
					if k := p.key(off); k.sku >= sku && !yield(k, p.row(off)) {
						return
					}
				}
			}
		}
	}
}

// own makes a shelf and a page of it the writer's alone.
func (t *tree) own(gen uint64, s, i int) *page {
	sh := t.ownShelf(gen, s)
	if p := sh.pages[i]; p.gen != gen {
		own := *p
		own.gen = gen
		sh.pages[i] = &own
	}
	return sh.pages[i]
}

func (t *tree) ownShelf(gen uint64, s int) *shelf {
	if sh := t.shelves[s]; sh.gen != gen {
		t.shelves[s] = newShelf(gen, sh.pages, sh.least)
	}
	return t.shelves[s]
}

func newShelf(gen uint64, pages []*page, least []key) *shelf {
	return &shelf{gen: gen, pages: append(make([]*page, 0, shelfPages), pages...), least: append(make([]key, 0, shelfPages), least...)}
}

// put writes a row, and says whether it is a new one.
func (t *tree) put(rank []uint32, gen uint64, k key, v []byte) (isNew bool) {
	n := byte(min(len(v), valueLong))
	if n == valueLong {
		v = nil
	}
	if len(t.shelves) == 0 {
		t.shelves, t.least = []*shelf{newShelf(gen, []*page{{gen: gen}}, []key{k})}, []key{k}
	}
	for {
		s, i := t.find(rank, k)
		p := t.own(gen, s, i)
		off, had := p.find(rank, k)
		was := 0
		if had {
			was = p.size(off)
		}
		grow := headBytes + len(v) - was
		if int(p.used)+grow > roomBytes {
			t.split(gen, s, i, k, off)
			continue
		}
		copy(p.room[off+was+grow:], p.room[off+was:p.used])
		p.used += int32(grow)
		if !had {
			t.count++
		}
		p.room[off] = n
		binary.LittleEndian.PutUint32(p.room[off+1:], k.sku)
		binary.LittleEndian.PutUint32(p.room[off+5:], k.site)
		copy(p.room[off+headBytes:], v)
		if off == 0 {
			t.releast(s, i, k)
		}
		return !had
	}
}

// releast notes that k is the least key of a page.
func (t *tree) releast(s, i int, k key) {
	t.shelves[s].least[i] = k
	if i == 0 {
		t.least[s] = k
	}
}

// split makes room for a row at off in a page that is the writer's: it makes two of it, or, where the row comes behind all
// others, begins a new one: what is full stays full.
func (t *tree) split(gen uint64, s, i int, k key, off int) {
	sh := t.shelves[s]
	p, right := sh.pages[i], &page{gen: gen}
	least := k
	if !(off == int(p.used) && i == len(sh.pages)-1 && s == len(t.shelves)-1) {
		at := 0
		for at < int(p.used)/2 {
			at += p.size(at)
		}
		right.used = int32(copy(right.room[:], p.room[at:p.used]))
		p.used = int32(at)
		least = right.key(0)
	}
	if len(sh.pages) == shelfPages {
		if i == shelfPages-1 && s == len(t.shelves)-1 {
			t.insertShelf(s+1, newShelf(gen, []*page{right}, []key{least}))
			return
		}
		half := newShelf(gen, sh.pages[shelfPages/2:], sh.least[shelfPages/2:])
		clear(sh.pages[shelfPages/2:]) // or the array would keep them alive
		sh.pages, sh.least = sh.pages[:shelfPages/2], sh.least[:shelfPages/2]
		t.insertShelf(s+1, half)
		if i >= shelfPages/2 {
			sh, i = half, i-shelfPages/2
		}
	}
	sh.pages = slices.Insert(sh.pages, i+1, right)
	sh.least = slices.Insert(sh.least, i+1, least)
}

func (t *tree) insertShelf(s int, sh *shelf) {
	t.shelves = slices.Insert(t.shelves, s, sh)
	t.least = slices.Insert(t.least, s, sh.least[0])
}

// delete takes a row out, and says whether there was one. A page that has none left goes.
func (t *tree) delete(rank []uint32, gen uint64, k key) bool {
	s, i := t.find(rank, k)
	if s < 0 {
		return false
	}
	off, ok := t.shelves[s].pages[i].find(rank, k)
	if !ok {
		return false
	}
	p := t.own(gen, s, i)
	n := p.size(off)
	copy(p.room[off:], p.room[off+n:p.used])
	p.used -= int32(n)
	t.count--
	if p.used > 0 {
		if off == 0 {
			t.releast(s, i, p.key(0))
		}
		return true
	}
	sh := t.shelves[s]
	sh.pages, sh.least = slices.Delete(sh.pages, i, i+1), slices.Delete(sh.least, i, i+1)
	switch {
	case len(sh.pages) == 0:
		t.shelves, t.least = slices.Delete(t.shelves, s, s+1), slices.Delete(t.least, s, s+1)
	case i == 0:
		t.least[s] = sh.least[0]
	}
	return true
}
