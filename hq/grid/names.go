package grid

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/cow"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Names numbers the sites and SKUs of the Maps that are made with it. Make it with NewNames.
type Names struct {
	sites, skus words
	rank        []uint32 // of each site by number: its place among all by name
}

// NewNames knows no name yet.
func NewNames() *Names { return &Names{} }

func (n *Names) site(name ledger.SiteID) (uint32, bool) { return n.sites.find(string(name)) }
func (n *Names) sku(name ledger.SKU) (uint32, bool)     { return n.skus.find(string(name)) }

// NumberOf gives the number of a SKU that is in a Map of these names. It is of this process: it follows from the order in
// which names came.
func (n *Names) NumberOf(name ledger.SKU) uint32 {
	id, ok := n.sku(name)
	if !ok {
		panic("grid: a SKU has no number that is in a table")
	}
	return id
}

// SKU gives the SKU of a number.
func (n *Names) SKU(number uint32) ledger.SKU { return ledger.SKU(n.skus.name(number)) }

// number gives the numbers of a key, new ones where need be.
func (n *Names) number(k Key) (site, sku uint32) {
	site, ok := n.site(k.Site)
	if !ok {
		site = n.sites.add(string(k.Site))
		n.rerank()
	}
	return site, n.skus.add(string(k.SKU))
}

// rerank makes the places of sites anew: sites are few, and a new one is rare.
func (n *Names) rerank() {
	n.rank = n.sites.ranks()
}

// A text is names by number: pageNames of them behind one another in one string. It has two pointers a
// page where strings of their own would have one a name.
type text struct {
	pages []string
	ends  []uint32 // where each name ends in its page
}

const pageNames = 64

func (t *text) name(id uint32) string {
	p := t.pages[id/pageNames]
	if id%pageNames == 0 {
		return p[:t.ends[id]]
	}
	return p[t.ends[id-1]:t.ends[id]]
}

// ranks gives the place of each name among all.
func (t *text) ranks() []uint32 {
	out := make([]uint32, len(t.ends))
	for at, id := range t.sorted() {
		out[id] = uint32(at)
	}
	return out
}

// sorted gives the numbers of all names, by name.
func (t *text) sorted() []uint32 {
	out := make([]uint32, len(t.ends))
	for i := range out {
		out[i] = uint32(i)
	}
	slices.SortFunc(out, func(a, b uint32) int { return strings.Compare(t.name(a), t.name(b)) })
	return out
}

// words finds the number of a name, by a table of slots that is probed one after the other.
type words struct {
	text
	shared bool     // a Frozen has pages too
	slots  []uint64 // upper half of a name's hash, its number + 1; 0: nothing. A power of two
}

const slotsMin = 64

func (w *words) find(name string) (uint32, bool) {
	if len(w.slots) == 0 {
		return 0, false
	}
	h := cow.Hash(name)
	for i := h; ; i++ {
		s := w.slots[i&uint64(len(w.slots)-1)]
		if s == 0 {
			return 0, false
		}
		if id := uint32(s) - 1; s>>32 == h>>32 && w.name(id) == name {
			return id, true
		}
	}
}

// add gives the number of a name, a new one where it has none.
func (w *words) add(name string) uint32 {
	if id, ok := w.find(name); ok {
		return id
	}
	id := uint32(len(w.ends))
	if id%pageNames == 0 {
		w.pages = append(w.pages, name)
		w.ends = append(w.ends, uint32(len(name)))
	} else {
		if w.shared {
			w.pages, w.shared = slices.Clone(w.pages), false
		}
		p := &w.pages[len(w.pages)-1]
		*p += name
		w.ends = append(w.ends, uint32(len(*p)))
	}
	if 2*len(w.ends) > len(w.slots) {
		w.slots = make([]uint64, max(2*len(w.slots), slotsMin))
		for id := range w.ends {
			w.fill(uint32(id))
		}
	} else {
		w.fill(id)
	}
	return id
}

func (w *words) fill(id uint32) {
	h := cow.Hash(w.name(id))
	i := h
	for w.slots[i&uint64(len(w.slots)-1)] != 0 {
		i++
	}
	w.slots[i&uint64(len(w.slots)-1)] = h>>32<<32 | uint64(id+1)
}

// freeze gives the names as they are. What is appended to ends afterwards lies behind what the copy has.
func (w *words) freeze() text {
	w.shared = true
	return text{pages: slices.Clip(w.pages), ends: slices.Clip(w.ends)}
}

// A sequence is numbers of SKUs by name, in parts of at most partMax, so that one that comes between
// the others moves few of them.
type sequence struct {
	parts [][]uint32 // none is empty
	n     int
}

const partMax = 512

// find gives the part and the place in it where id is, or would be.
func (s *sequence) find(t *text, name string) (part, at int, ok bool) {
	part, ok = slices.BinarySearchFunc(s.parts, name, func(p []uint32, name string) int { return strings.Compare(t.name(p[0]), name) })
	if ok {
		return part, 0, true
	}
	part = max(part-1, 0)
	if len(s.parts) == 0 {
		return 0, 0, false
	}
	p := s.parts[part]
	if strings.Compare(t.name(p[len(p)-1]), name) < 0 { // they often come ascending
		return part, len(p), false
	}
	at, ok = slices.BinarySearchFunc(p, name, func(id uint32, name string) int { return strings.Compare(t.name(id), name) })
	return part, at, ok
}

// add puts id in its place; it must not be there.
func (s *sequence) add(t *text, id uint32) {
	part, at, _ := s.find(t, t.name(id))
	s.n++
	if len(s.parts) == 0 {
		s.parts = [][]uint32{{id}}
		return
	}
	p := s.parts[part]
	switch {
	case len(p) < partMax:
		s.parts[part] = slices.Insert(p, at, id)
	case at == len(p) && part == len(s.parts)-1: // at the end what is full stays full
		s.parts = append(s.parts, []uint32{id})
	default:
		right := append(make([]uint32, 0, partMax), p[partMax/2:]...)
		s.parts[part] = p[:partMax/2]
		s.parts = slices.Insert(s.parts, part+1, right)
		if at > partMax/2 {
			part, at = part+1, at-partMax/2
		}
		s.parts[part] = slices.Insert(s.parts[part], at, id)
	}
}

// remove takes id out; it must be there.
func (s *sequence) remove(t *text, id uint32) {
	part, at, _ := s.find(t, t.name(id))
	s.n--
	if s.parts[part] = slices.Delete(s.parts[part], at, at+1); len(s.parts[part]) == 0 {
		s.parts = slices.Delete(s.parts, part, part+1)
	}
}

// at gives the i-th.
func (s *sequence) at(i int) uint32 {
	for _, p := range s.parts {
		if i < len(p) {
			return p[i]
		}
		i -= len(p)
	}
	panic("grid: no such place in a sequence")
}

// from goes through the numbers behind the name after.
func (s *sequence) from(t *text, after ledger.SKU) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		part, at, found := s.find(t, string(after))
		if found {
			at++
		}
		for ; part < len(s.parts); part, at = part+1, 0 {
			for _, id := range s.parts[part][at:] {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// after lists the names behind after, at most limit.
func (s *sequence) after(t *text, after ledger.SKU, limit int) []ledger.SKU {
	out := make([]ledger.SKU, 0, min(limit, s.n))
	for id := range s.from(t, after) {
		if len(out) == limit {
			break
		}
		out = append(out, ledger.SKU(t.name(id)))
	}
	return out
}

// check says whether there are n, ascending.
func (s *sequence) check(t *text, n int) error {
	have, before := 0, ""
	for _, p := range s.parts {
		for _, id := range p {
			if name := t.name(id); have > 0 && name <= before {
				return fmt.Errorf("%s does not follow %s", name, before)
			} else {
				have, before = have+1, name
			}
		}
	}
	if have != n || s.n != n {
		return fmt.Errorf("has %d and counts %d, there are %d", have, s.n, n)
	}
	return nil
}
