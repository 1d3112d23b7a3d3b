package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What a site holds of another one stands in both books: as allotted/holder at the owner, and as what the
// holder may promise. When both have told all they know, with what is on its way to the owner,
//
//	allotted + to be passed on = had + coming - written off + given back + drawn
//
// and coming is what is to be passed on and what the holder is to be told of, less what it was told of before its owner. A
// holder's book that lost an entry of which the owner has the answer counts on more.

// under counts what waits for the owner's answer about a holder: units to be passed on, and units that the
// holder gave back or drew. open says that a write-off is among it. Of what is derived again from entries of an
// earlier life some may be repeats.
func (m *Machine) under(owner *Site, holder ledger.SiteID, sku ledger.SKU) (passing, returning ledger.Qty, open bool) {
	add := func(c *ledger.HQCommand, ok bool) {
		if !ok || c.Site != holder {
			return
		}
		var n ledger.Qty
		for _, l := range c.Lines {
			if l.SKU == sku {
				n += l.Qty
			}
		}
		switch c.Kind {
		case ledger.CommandPassOn:
			passing += n
		case ledger.CommandReturn, ledger.CommandDraw:
			returning += n
		case ledger.CommandWriteOff:
			open = true
		}
	}
	m.undone(owner, add)
	return passing, returning, open
}

// crediting counts what a holder is still to be told of an owner's units.
func (m *Machine) crediting(holder *Site, owner ledger.SiteID, sku ledger.SKU) (sum ledger.Qty) {
	add := func(c *ledger.HQCommand, ok bool) {
		if !ok || c.Kind != ledger.CommandCredit || c.Owner != owner {
			return
		}
		for _, l := range c.Lines {
			if l.SKU == sku {
				sum += l.Qty
			}
		}
	}
	m.undone(holder, add)
	return sum
}

// undone goes through the commands to a site that it has not answered.
func (m *Machine) undone(s *Site, each func(c *ledger.HQCommand, ok bool)) {
	for n := uint64(1); n <= s.Kept; n++ {
		each(m.kept.get(keyOfCommand(s.ID, n)))
	}
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		each(m.commands.get(keyOfCommand(s.ID, n)))
	}
}

// allottedTo is what the owner's book has allotted to a holder.
func (m *Machine) allottedTo(owner, holder ledger.SiteID, sku ledger.SKU) ledger.Qty {
	stock, ok := m.stock.get(keyOfStock(owner, sku))
	if !ok {
		return 0
	}
	return stock.Level.AllottedTo(ledger.Holder(holder))
}

// returnable cuts what a holder gave back to what its owner has left to take back, or will have: the rest has been written
// off or drawn, in entries that a holder's book or head office had lost. A book that has not told all
// is asked when it has (flush).
func (m *Machine) returnable(owner *Site, c *ledger.HQCommand) bool {
	var lines []ledger.CommandLine
	for _, l := range c.Lines {
		passing, returning, _ := m.under(owner, c.Site, l.SKU)
		most := max(0, m.allottedTo(owner.ID, c.Site, l.SKU)+passing-returning)
		if p := m.editPassed(owner.ID, c.Site, l.SKU); l.Qty > most {
			p.Coming = max(p.Coming, min(0, p.Coming+l.Qty-most)) // credited, of a pass on that is lost, and given back
			l.Qty = most
		}
		if l.Qty > 0 {
			lines = append(lines, l)
		}
	}
	c.Lines = lines
	return len(lines) > 0
}

// drawnBefore takes out of the draws that are kept for the site what its entry says it has reserved under
// another id: the holder's book was made anew, and its word of the order, by another entry, came first.
func (f *folding) drawnBefore(o *Order, done *ledger.HQCommand) {
	s := f.m.editSite(f.site)
	for n := uint64(1); n <= s.Kept; n++ {
		k := keyOfCommand(f.site, n)
		kept, ok := f.m.kept.get(k)
		if !ok || kept.Kind != ledger.CommandDraw || kept.Order != done.Order || kept.Owner != done.Owner {
			continue
		}
		c := *kept
		c.Lines = nil
		for _, l := range kept.Lines {
			for _, d := range done.Lines {
				if d.Line == l.Line && d.SKU == l.SKU {
					q := min(l.Qty, d.Qty)
					l.Qty -= q
					o.unsend(c.ID, l.Line, q)
				}
			}
			if l.Qty > 0 {
				c.Lines = append(c.Lines, l)
			}
		}
		if f.m.kept.del(k); len(c.Lines) > 0 {
			f.m.kept.put(k, &c)
		}
	}
}

// unsend takes q from what a command was to reserve for a line.
func (o *Order) unsend(command string, line int, q ledger.Qty) {
	for i := range o.Legs {
		l := &o.Legs[i]
		if l.Command != command || l.Line != line || l.State != LegSent || q == 0 {
			continue
		}
		if l.Qty -= q; l.Qty == 0 {
			l.Qty, l.State = q, LegCanceled
		}
	}
}

// agree compares what some sites hold of others, or others of them. Owners take back what no holder counts on,
// and holders are asked to give up what is not there.
func (m *Machine) agree(sites []ledger.SiteID, why *cause, at time.Time) {
	for _, k := range m.passedKeys() {
		p, ok := m.passed.get(k)
		if !ok || !slices.Contains(sites, p.Owner) && !slices.Contains(sites, p.Holder) {
			continue
		}
		owner, known := m.sites.get(p.Owner)
		holder, ok := m.sites.get(p.Holder)
		if !known || !ok || !m.told(p.Owner) || !m.told(p.Holder) || holder.Lost.Done() {
			continue
		}
		passing, returning, open := m.under(owner, p.Holder, p.SKU)
		if coming := passing + m.crediting(holder, p.Owner, p.SKU); p.Coming > coming {
			p = m.editPassed(p.Owner, p.Holder, p.SKU)
			p.Coming = coming // the rest was credited in an entry that the holder's book and head office have lost
		}
		counted := max(0, p.Has+p.Coming-p.Off)
		allotted := m.allottedTo(p.Owner, p.Holder, p.SKU) + passing
		// What is given back may have been taken back by an entry that came first: each side is given the
		// benefit of that.
		switch more := counted - allotted; {
		case open:
		case allotted-returning > counted:
			m.issue(p.Owner, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandReturn, Site: p.Holder,
				Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: allotted - returning - counted}}})
		case more > 0 && p.Has+p.Coming > 0:
			m.giveUp(m.editPassed(p.Owner, p.Holder, p.SKU), more, why, at)
		}
	}
}

// giveUp asks a holder for units that its owner has not allotted to it.
func (m *Machine) giveUp(p *Passed, more ledger.Qty, why *cause, at time.Time) {
	p.Off += more
	m.raise(Exception{What: "not_held", Site: p.Owner, SKU: p.SKU, Why: fmt.Sprintf("%s may promise %d of %s that are not there: it is asked to give them up", p.Holder, more, p.Owner)}, at)
	m.issue(p.Holder, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: p.Owner,
		Lines: []ledger.CommandLine{{SKU: p.SKU, Qty: max(min(p.Wish, p.Has+p.Coming-p.Off), 0)}}})
}
