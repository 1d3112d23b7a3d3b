package ledger

import (
	"slices"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// A ServedPart is what this site serves of an order, as far as anything of it is here or with a carrier.
type ServedPart struct {
	Order     OrderID
	Owner     SiteID // the book that owns the order: this site, another one, or head office
	State     FulfilState
	Lines     []PartLine
	Code      string // that its customer has to bring; "" while nothing was ready
	Shipments []Shipment
	Cartons   []Carton // here, or with a carrier
	Customer  string   // whose order it is; of another book's as head office has told, "" where it has not
}

// A PartLine is one line of a part: how many of its units are in each stage. Reserved is the sum of those that are to be served
// from here still.
type PartLine struct {
	Line     int // from 1
	SKU      SKU
	Reserved Qty
	At       [stages]Qty // by Stage
}

// Busy says whether there is anything to do with the part here: to pick, pack, hand over or put back.
func (p *ServedPart) Busy() bool {
	return slices.ContainsFunc(p.Lines, func(l PartLine) bool { return l.Reserved+l.At[StagePutBack] > 0 })
}

// SKUOf gives the article of a line; false where nothing of it is here.
func (p *ServedPart) SKUOf(line int) (SKU, bool) {
	for i := range p.Lines {
		if p.Lines[i].Line == line {
			return p.Lines[i].SKU, true
		}
	}
	return "", false
}

// Leaves sums by article what a dispatch of cartons and lines takes, and gives the cartons among it: none of both is all that is packed.
func (p *ServedPart) Leaves(boxes []gs1.SSCC, lines []LegLine) (out map[SKU]Qty, cartons []Carton) {
	all := len(boxes) == 0 && len(lines) == 0
	out = map[SKU]Qty{}
	for i := range p.Cartons {
		c := &p.Cartons[i]
		if c.At != StagePacked || !all && !slices.Contains(boxes, c.SSCC) {
			continue
		}
		cartons = append(cartons, *c)
		for _, l := range c.Lines {
			if !all {
				out[l.SKU] += l.Qty
			}
		}
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		q := l.At[StagePacked]
		if !all {
			q = 0
			for _, n := range lines {
				if n.Line == l.Line {
					q += min(n.Qty, QtyMax)
				}
			}
		}
		if q > 0 {
			out[l.SKU] += q
		}
	}
	return out, cartons
}

// part gives what this site serves of an order.
func (s *State) part(id OrderID) (ServedPart, bool) {
	var p ServedPart
	if !s.readPart(id, &p, &legRoom{}) {
		return ServedPart{}, false
	}
	return p.copied(), true
}

// readPart reads into p what this site serves of an order, its lines into the room that p has for them. Shipments and cartons are the
// state's own, or good until the room is used for the next.
func (s *State) readPart(id OrderID, p *ServedPart, room *legRoom) bool {
	l, err := s.legIn(room, id)
	if err != nil {
		return false
	}
	room.lines = l.lines
	lines := p.Lines[:0]
	for line := range l.each {
		at := l.at(line)
		lines = append(lines, PartLine{Line: line, SKU: at.SKU, Reserved: l.reserved(line).Qty, At: at.At})
	}
	slices.SortFunc(lines, func(a, b PartLine) int { return a.Line - b.Line })
	*p = ServedPart{Order: id, Owner: l.owner, State: l.state(), Lines: lines, Code: l.work.Code, Shipments: l.work.Shipments, Cartons: l.work.Cartons}
	if v, ok := s.served[id]; ok {
		p.Customer = v.Customer
	}
	if l.own != nil {
		p.Customer = l.own.Customer
	}
	return len(lines) > 0
}

// copied shares nothing with what readPart read into.
func (p *ServedPart) copied() ServedPart {
	out := *p
	out.Lines, out.Shipments, out.Cartons = slices.Clone(p.Lines), slices.Clone(p.Shipments), slices.Clone(p.Cartons)
	return out
}

// Part gives what this site serves of an order. ok is false where nothing of it is here, or with a carrier, any more.
func (b *Book) Part(id OrderID) (p ServedPart, ok bool) {
	b.mu.RLock()
	d := &b.core.State.dirty
	defer b.seenUpTo(max(d.orders[id], d.served[id]))
	return b.core.State.part(id)
}

// Bounds of what one list looks at for those it keeps: parts, and those among them that it looks at before it lets who sells come in between.
const (
	partsLook  = 1000
	partsSlice = 100
)

// Parts lists what this site serves, by order behind after, at most so many that keep wants. next is where to go on, or "" at the end: a
// list may hold fewer and still have a next one, for one look goes only so far. Who sells comes in between, so each part is as it is at some moment while the list is made.
// keep must not call the book, nor keep the part that it is shown.
func (b *Book) Parts(after OrderID, limit int, keep func(*ServedPart) bool) (out []ServedPart, next OrderID) {
	l := partList{after: after, limit: limit, keep: keep}
	for over, looked := false, 0; !over && looked < partsLook; looked += partsSlice {
		b.mu.RLock()
		over = l.slice(b.core.State)
		last := over || looked+partsSlice >= partsLook
		if !last {
			b.mu.RUnlock()
			continue
		}
		b.seen() // of what was seen before, too: groups land one behind the other
	}
	return l.out, l.after
}

// A partList is a list of parts that is being made.
type partList struct {
	after OrderID // the last that was looked at; "" again where none is left
	limit int
	keep  func(*ServedPart) bool
	out   []ServedPart
	part  ServedPart // that is looked at
	room  legRoom
}

// slice looks at some more, and says whether the list is done.
func (l *partList) slice(s *State) (over bool) {
	own, others := s.openIDs.behind(l.after, false), s.servedIDs.behind(l.after, false)
	for range partsSlice {
		id, more := mergedFirst(&own, &others)
		if !more {
			l.after = ""
			return true
		}
		if len(l.out) == l.limit {
			return true
		}
		l.after = id
		if s.readPart(id, &l.part, &l.room) && l.keep(&l.part) {
			l.out = append(l.out, l.part.copied())
		}
	}
	return false
}

// mergedFirst takes the first id off two lists.
func mergedFirst(x, y *ascending[OrderID]) (id OrderID, ok bool) {
	switch {
	case len(*x) == 0 && len(*y) == 0:
		return "", false
	case len(*y) == 0 || len(*x) > 0 && (*x)[0] <= (*y)[0]:
		id = (*x)[0]
	default:
		id = (*y)[0]
	}
	for _, l := range []*ascending[OrderID]{x, y} {
		if len(*l) > 0 && (*l)[0] == id {
			*l = (*l)[1:]
		}
	}
	return id, true
}

// mergedLast takes the last id off two lists.
func mergedLast(x, y *ascending[OrderID]) (id OrderID, ok bool) {
	for _, l := range []*ascending[OrderID]{x, y} {
		if n := len(*l); n > 0 && (*l)[n-1] >= id {
			id, ok = (*l)[n-1], true
		}
	}
	for _, l := range []*ascending[OrderID]{x, y} {
		if n := len(*l); n > 0 && (*l)[n-1] == id {
			*l = (*l)[:n-1]
		}
	}
	return id, ok
}
