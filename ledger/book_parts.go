package ledger

import (
	"slices"
	"strings"
)

// A ServedPart is what this site serves of an order, as far as anything of it is here or with a carrier.
type ServedPart struct {
	Order     OrderID
	Owner     SiteID // the book that owns the order: this site, another one, or head office
	State     FulfilState
	Lines     []PartLine
	Code      string // that its customer has to bring; "" while nothing was ready
	Shipments []Shipment
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

// Leaves sums by article what a dispatch of lines takes: none is all that is packed.
func (p *ServedPart) Leaves(lines []LegLine) map[SKU]Qty {
	out := map[SKU]Qty{}
	for i := range p.Lines {
		l := &p.Lines[i]
		q := l.At[StagePacked]
		if len(lines) > 0 {
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
	return out
}

// part gives what this site serves of an order.
func (s *State) part(id OrderID) (ServedPart, bool) {
	l, err := s.leg(id)
	if err != nil {
		return ServedPart{}, false
	}
	out := ServedPart{Order: id, Owner: l.owner, State: l.state(), Code: l.work.Code, Shipments: slices.Clone(l.work.Shipments)}
	for _, n := range l.all() {
		at := l.at(n.Line)
		out.Lines = append(out.Lines, PartLine{Line: n.Line, SKU: at.SKU, Reserved: l.reserved(n.Line).Qty, At: at.At})
	}
	slices.SortFunc(out.Lines, func(a, b PartLine) int { return a.Line - b.Line })
	return out, len(out.Lines) > 0
}

// Part gives what this site serves of an order. ok is false where nothing of it is here, or with a carrier, any more.
func (b *Book) Part(id OrderID) (p ServedPart, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.core.State.part(id)
}

// Parts lists what this site serves, by order behind after, at most so many that keep wants. keep must not call the book.
func (b *Book) Parts(after OrderID, limit int, keep func(*ServedPart) bool) (out []ServedPart) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.core.State
	ids := make([]OrderID, 0, len(s.served)+s.open)
	for id := range s.served {
		ids = append(ids, id)
	}
	for id, o := range s.orders {
		if o.isOpen() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b OrderID) int { return strings.Compare(string(a), string(b)) })
	for _, id := range slices.Compact(ids) {
		if id <= after {
			continue
		}
		if len(out) == limit {
			return out
		}
		if p, ok := s.part(id); ok && keep(&p) {
			out = append(out, p)
		}
	}
	return out
}
