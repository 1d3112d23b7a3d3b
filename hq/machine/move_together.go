package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// exchangeMax is how many orders one exchange is of.
const exchangeMax = 2

// together says whether a move is one side of an exchange, or of one that was called off.
func (mv *Moving) together() bool { return mv.With != "" || mv.Off }

// names says whether a move waits for a site, or a side of an exchange has to do with it at all.
func (mv *Moving) names(site ledger.SiteID) bool {
	return slices.ContainsFunc(mv.Drops, func(d Drop) bool { return d.Site == site }) || mv.With != "" &&
		slices.ContainsFunc(slices.Concat(mv.Legs, mv.Asked, mv.Gets), func(l allocate.Leg) bool { return l.Site == site })
}

// letGoTogether follows what a site has let go for an exchange: it is held for the order that had it, which goes on counting on
// it, until everything is let go. What the site owed has been paid out of it first: that much the order has lost.
func (f *folding) letGoTogether(o *Order, mv *Moving, c *ledger.HQCommand, done []ledger.CommandLine) {
	all := sumOfLines(c.Lines)
	var again []allocate.Leg
	for _, l := range done {
		if l.Line < 1 || l.Line > len(o.Lines) || o.Canceling() != nil {
			continue
		}
		line := &o.Lines[l.Line-1]
		stock := f.m.editStock(f.site, line.SKU)
		n := min(l.Qty, awayAt(line, f.site), f.m.reservedAt(o, l.Line, f.site))
		has := min(n, stock.Promisable())
		f.m.shrink(o, l.Line, f.site, has, LegLetGo)
		f.m.shrink(o, l.Line, f.site, n-has, LegCanceled)
		if lost := o.withdraw(l.Line-1, f.site, n-has); lost > 0 {
			line.Backordered += lost
			o.Wait = ledger.WaitHQ
		}
		if has == 0 {
			continue
		}
		stock.Held -= has
		stock.Holds += has
		all -= has
		again = append(again, allocate.Leg{Line: l.Line, SKU: line.SKU, Site: f.site, Qty: has})
	}
	mv.Kept = append(mv.Kept, again...)
	o.Settle()
	if mv.Off || all > 0 {
		f.m.callOff(mv, &f.why)
		return
	}
	other, _ := f.m.editMoving(mv.With)
	if len(mv.Drops)+len(other.Drops) == 0 && !f.m.changeHands(mv, other, f) {
		f.m.callOff(mv, &f.why)
	}
}

func sumOfLines(lines []ledger.CommandLine) (sum ledger.Qty) {
	for _, l := range lines {
		sum += l.Qty
	}
	return sum
}

// callOff ends an exchange of which nothing comes: each order has its own again.
func (m *Machine) callOff(mv *Moving, why *cause) {
	if other, together := m.editMoving(mv.With); together {
		other.With = ""
		m.callOffOne(other, why)
	}
	mv.With = ""
	m.callOffOne(mv, why)
}

// callOffOne has an order's units reserved again where they were let go. The record stays until its sites have answered.
func (m *Machine) callOffOne(mv *Moving, why *cause) {
	o, _ := m.editOrder(mv.Order)
	m.free(mv.Legs, why)
	for _, l := range mv.Kept {
		o.handsOver(l)
		m.editStock(l.Site, l.SKU).Holds -= l.Qty
	}
	m.reserveAnew(o, mv, mv.Kept, againTold, why)
	was := *mv
	mv.Off, mv.Legs, mv.Gets, mv.Asked, mv.Kept = true, nil, nil, nil, nil
	if len(mv.Drops) == 0 {
		m.moves.del(mv.Order)
	}
	m.parcelsOver(&was)
}

// What a move has reserved: as it says, or where the order was served before.
const (
	movedTold = "move"
	againTold = "stay"
)

// reserveAnew reserves at each site what an order counts on there by now; the units have been taken. A head office that went back
// in time folds the entries that this comes of a second time, before or after it has read that the site reserved it then, and those of
// several sites in another order: another one may be the last of an exchange. So the id says of which move it is, and what is
// reserved, and not which entry it came of, nor the version that it is for, which a life may know by another number: the site does it once, and
// knows it again. Where head office has read of it, it is not sent.
func (m *Machine) reserveAnew(o *Order, mv *Moving, legs []allocate.Leg, what string, why *cause) {
	for _, part := range bySite(legs) {
		if !slices.ContainsFunc(part, func(l allocate.Leg) bool { return m.live(o, l.Line, l.Site) < awayAt(&o.Lines[l.Line-1], l.Site) }) {
			for _, l := range part {
				m.editStock(l.Site, l.SKU).Held += l.Qty // that entry took it from what is held
			}
			continue
		}
		id := mv.told(part, what)
		if why.e == nil || slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.Command == id }) {
			id = m.marked(o, o.Lines, part, why.decided()) // by a command, which a life that forgets it does not carry out; or it was let go again since
		}
		m.reserveAs(o, part, func([]allocate.Leg) string { return id })
	}
}

// told is the id of what a move reserves at a site. Another move of the order has another moment or plan.
func (mv *Moving) told(part []allocate.Leg, what string) string {
	words := [][]byte{[]byte(what), []byte(part[0].Site)}
	for _, l := range summed(part) {
		words = append(words, fmt.Appendf(nil, "%d %s %d", l.Line, l.SKU, l.Qty))
	}
	d := ledger.DigestOf(words...)
	return fmt.Sprintf("%s/%d.%d/%x", mv.Order, mv.Plans, mv.At.UnixMilli(), d[:8])
}

// handsOver ends the legs that were let go and held: other ones come in their place.
func (o *Order) handsOver(l allocate.Leg) {
	q := l.Qty
	for i := range o.Legs {
		if leg := &o.Legs[i]; leg.State == LegLetGo && leg.Line == l.Line && leg.Site == l.Site && q > 0 {
			n := min(q, leg.Qty)
			q -= n
			o.cut(i, n)
		}
	}
}

// fitsStill says whether an order is as the exchange has it, and all of what it was to let go is held. Whether sites are frozen plays no
// part: a head office that went back in time folds the last of these entries while they are, and must come to what it came to before, for
// the sites have carried that out. A site that is given up ends the exchange when that is signed.
func (m *Machine) fitsStill(mv *Moving, o *Order) bool {
	if o.Plans != mv.Plans || o.Canceling() != nil || sumOfLegs(mv.Kept) != sumOfLegs(mv.Asked) {
		return false
	}
	left := summedByLine(mv.Kept)
	for _, l := range slices.Concat(mv.Legs, mv.Gets) {
		if left[l.Line] -= l.Qty; left[l.Line]+o.Waiting(l.Line) < 0 {
			return false
		}
	}
	return true
}

func sumOfLegs(legs []allocate.Leg) (sum ledger.Qty) {
	for _, l := range legs {
		sum += l.Qty
	}
	return sum
}

// changeHands has both orders served as the exchange says, in one step. It says whether they still are as it has them; otherwise
// nothing has changed.
func (m *Machine) changeHands(mv, other *Moving, f *folding) bool {
	o, _ := m.editOrder(mv.Order)
	p, _ := m.editOrder(other.Order)
	if !m.fitsStill(mv, o) || !m.fitsStill(other, p) {
		return false
	}
	for _, s := range [...]*Moving{mv, other} { // first all is held for nobody, then it is taken: neither comes first
		for _, l := range slices.Concat(s.Legs, s.Kept) {
			stock := m.editStock(l.Site, l.SKU)
			stock.Holds -= l.Qty
			stock.Held += l.Qty
		}
	}
	f.served(mv, o, p)
	f.served(other, p, o)
	m.moves.del(mv.Order)
	m.moves.del(other.Order)
	m.parcelsOver(mv)
	m.parcelsOver(other)
	return true
}

// served has one order of an exchange served as that says. What it has less waits, and somebody tells its customer.
func (f *folding) served(mv *Moving, o, by *Order) {
	less := map[int]ledger.Qty{}
	for _, l := range mv.Kept {
		o.handsOver(l)
		less[l.Line] += o.withdraw(l.Line-1, l.Site, l.Qty)
	}
	legs := slices.Concat(mv.Legs, mv.Gets)
	for _, l := range legs {
		f.m.editStock(l.Site, l.SKU).Held -= l.Qty
		line := &o.Lines[l.Line-1]
		n := min(l.Qty, less[l.Line])
		less[l.Line] -= n
		line.Fill(l.Qty - n)
		line.AddAway(l.Site, l.Qty)
	}
	f.m.reserveAnew(o, mv, legs, movedTold, &f.why)
	for i := range o.Lines {
		q := less[i+1]
		if q == 0 {
			continue
		}
		o.Lines[i].Backordered += q
		o.Wait = ledger.WaitHQ
		f.raise("gave_up", o.Lines[i].SKU, o.ID, fmt.Sprintf("line %d waits for %d: they went to order %s of class %s, which is needed by %s. Tell the customer", i+1, q, by.ID, by.Class, by.NeedBy))
	}
	o.Settle()
}

// checkMoves looks at the moves that are under way.
func (m *Machine) checkMoves() error {
	for id, mv := range m.moves.Sorted() {
		o, ok := m.orders.Get(id)
		if !ok || o.Canceling() != nil || mv.Order != id {
			return fmt.Errorf("order %s is moved, and is not there, or over", id)
		}
		waits := len(mv.Drops)
		if mv.With != "" {
			other, ok := m.moves.Get(mv.With)
			if !ok || other.With != id {
				return fmt.Errorf("order %s is exchanged with %s, and that is not", id, mv.With)
			}
			waits += len(other.Drops)
		} else if len(mv.Kept)+len(mv.Gets) > 0 || mv.Off && len(mv.Legs) > 0 {
			return fmt.Errorf("order %s is not exchanged, and %d are kept for it, %d to come", id, sumOfLegs(mv.Kept), sumOfLegs(mv.Gets))
		}
		if waits == 0 {
			return fmt.Errorf("order %s is moved, and nobody lets it go", id)
		}
	}
	return m.checkKept()
}

// checkKept holds the legs that were let go against what is held for them.
func (m *Machine) checkKept() error {
	for id, o := range m.orders.Sorted() {
		kept := map[place]ledger.Qty{}
		if mv, ok := m.moves.Get(id); ok {
			for _, l := range mv.Kept {
				kept[place{l.Line, l.Site}] += l.Qty
			}
		}
		for i := range o.Legs {
			if l := &o.Legs[i]; l.State == LegLetGo {
				kept[place{l.Line, l.Site}] -= l.Qty
			}
		}
		for at, q := range kept {
			if q != 0 {
				return fmt.Errorf("order %s line %d: %d more are held of what %s let go than its legs say", id, at.line, q, at.site)
			}
		}
	}
	return nil
}
