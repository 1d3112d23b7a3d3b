package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// An order of a site's and what other sites have reserved for it stand in different books, and
// each may go back in time by itself. What the owner's book says of the order is so, together with
// what is on its way to it; what a site's book says of its reservations is so. Where the two do not
// agree, once both have told all they know, the owner is told of what serves it, or that it is not
// served, and what nobody counts on is let go.

// told says whether a site's book has told all it knows: what it has not named it does not have.
// One that is being made anew, or has not attested under this life, has more to tell.
func (m *Machine) told(site ledger.SiteID) bool {
	s, known := m.sites.get(site)
	return known && s.Frozen == ""
}

// restate takes the word of its book for a site's order. What is on its way to the book is counted
// as done.
func (m *Machine) restate(rec *Order, o *ledger.Order) {
	rec.Order, rec.Relearned = *o.Clone(), false
	for _, c := range m.telling(rec) {
		for _, l := range c.Lines {
			if l.Line > len(rec.Lines) {
				continue
			}
			line := &rec.Lines[l.Line-1]
			switch {
			case c.Kind == ledger.CommandLose:
				line.Backordered += rec.withdraw(l.Line-1, c.Site, l.Qty)
				rec.Wait = ledger.WaitHQ
			case c.Kind == ledger.CommandNote:
				if n := min(l.Qty, line.Backordered); n > 0 {
					line.Fill(n)
					line.AddAway(c.Site, n)
				}
			case c.Kind == ledger.CommandDecline:
				line.Decline(l.Qty)
			case c.Kind == ledger.CommandHandedOver:
				if n := l.Qty - line.SentBy(c.Site); n > 0 {
					line.HandOver(c.Site, n)
				}
			default: // reserves at the owner
				n := min(l.Qty, line.Backordered)
				line.Fill(n)
				line.Here += n
			}
		}
	}
	if rec.Canceling() == nil {
		rec.Settle()
	}
}

// telling lists the commands that change an order in its owner's book and are not answered yet.
func (m *Machine) telling(o *Order) []*ledger.HQCommand {
	s, known := m.sites.get(o.Owner)
	if !known {
		return nil
	}
	var out []*ledger.HQCommand
	add := func(c *ledger.HQCommand, ok bool) {
		if !ok || c.Order != o.ID {
			return
		}
		switch c.Kind {
		case ledger.CommandLose, ledger.CommandNote, ledger.CommandDecline, ledger.CommandHandedOver:
			out = append(out, c)
		case ledger.CommandReserve:
			if c.Owner == o.Owner {
				out = append(out, c)
			}
		}
	}
	for n := uint64(1); n <= s.Kept; n++ {
		add(m.kept.get(keyOfCommand(o.Owner, n)))
	}
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		add(m.commands.get(keyOfCommand(o.Owner, n)))
	}
	return out
}

// ordered notes that a command's entry says how an order of the site's stands. Where the command did what
// it was to do, and head office knows the order, that has been counted when it was sent.
func (f *folding) ordered(b *ledger.ObeyedBody) {
	if o := b.Order; o != nil && b.Command.Kind == ledger.CommandHandedOver && b.Refused != "" {
		f.leftUntold(b)
	} else if o == nil || b.Repeat || b.Refused != "" || declinedLess(b) || !f.m.told(f.site) {
		f.rebook(o)
	} else if f.recordable(o) {
		f.wrote(o.ID)
	}
}

// recordable says whether an order of the site's fits, and raises what does not: the command is done
// with all the same, or every later one would stay unanswered here.
func (f *folding) recordable(o *ledger.Order) bool {
	err := f.fits(o)
	if err != nil {
		f.raise("does_not_fit", "", o.ID, err.Error())
	}
	return err == nil
}

// rebook takes the book's word for an order of the site's.
func (f *folding) rebook(o *ledger.Order) {
	if o == nil || !f.recordable(o) {
		return
	}
	f.wrote(o.ID)
	rec, ok := f.m.editOrder(o.ID)
	if !ok || rec.Owner != f.site || rec.Canceling() != nil && !rec.Relearned { // an orphan may be told of late
		return
	}
	f.m.restate(rec, o)
	if rec.Canceling() != nil { // declined meanwhile, in a life that did not know of what other sites have for it
		f.m.letGo(rec, &f.why)
		return
	}
	f.m.settleOrder(rec, &f.why, f.push.At)
}

// reconcile compares the orders that some sites own or serve with what is reserved for them. The sites
// have just told all they know.
func (m *Machine) reconcile(sites []ledger.SiteID, why *cause, at time.Time) {
	among := func(id ledger.SiteID) bool { return slices.Contains(sites, id) }
	for _, id := range m.openOrders() {
		o, _ := m.orders.get(id)
		if among(o.Owner) || m.isLowered(id) || slices.ContainsFunc(o.servedBy(), among) || m.learnsLines() && slices.ContainsFunc(o.leftFrom(), among) {
			o, _ = m.editOrder(id)
			m.settleOrder(o, why, at)
		}
	}
}

// settleOrder makes an order and what is reserved for it agree, as far as the books of its owner
// and of the sites that serve it have told all they know.
func (m *Machine) settleOrder(o *Order, why *cause, at time.Time) {
	switch {
	case m.over(o):
		return
	case o.Relearned && (o.Owner == ledger.HQ || !m.told(o.Owner)):
		m.absorb(o, "") // its client may send it again, its book may tell of it
		return
	case o.Owner != ledger.HQ && !m.told(o.Owner):
		return
	case o.Relearned:
		m.raise(Exception{What: "orphan", Site: o.Owner, Order: o.ID, Why: "units were reserved for an order that its book does not know: they are let go"}, at)
		m.letGo(o, why)
		o.cancelLines()
		return
	}
	m.settleLearning(o, nil, why, at)
}

// settleLearning is settleOrder for an order that somebody stands for. learnt says what has been learnt of its wish already.
func (m *Machine) settleLearning(o *Order, learnt []string, why *cause, at time.Time) {
	learns, before := m.learnable(o), !m.learnsLines()
	if learns && !before {
		learnt = slices.Concat(learnt, m.learnLines(o, at), m.astray(o, why, at))
	}
	m.settleLeft(o, why, at)
	if o.Settle(); o.Canceling() != nil { // all of it has left
		m.letGo(o, why)
		m.tellAmended(o, learnt, at)
		return
	}
	var over []string
	if before {
		if learns = m.learnable(o); learns {
			learnt = m.learnLinesBefore(o)
		}
	}
	if learns {
		m.wantDenied(o, at)
		var more []string
		more, over = m.wantMore(o)
		learnt = append(learnt, more...)
	}
	for _, site := range o.servedBy() {
		if !m.told(site) {
			continue // what it has carried out will be told
		}
		if lines := m.absorb(o, site); len(lines) > 0 {
			m.noteOf(o, site, lines, why.decided())
		}
		m.bringAgain(o, site, why, at)
		m.surplus(o, site, why)
	}
	if learns {
		learnt = append(learnt, m.wantLess(o)...)
	}
	if learns && before {
		learnt = append(learnt, m.astrayBefore(o, why)...)
	}
	o.Settle()
	m.tellAmended(o, learnt, at)
	m.tellOver(o, over, at)
}

// servedBy lists the other sites that serve an order, or are said to, ascending.
func (o *Order) servedBy() []ledger.SiteID {
	var sites []ledger.SiteID
	for _, l := range o.Legs {
		if l.Site != o.Owner && l.live() {
			sites = insert(sites, l.Site)
		}
	}
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			sites = insert(sites, away.Site)
		}
	}
	return sites
}

func (l *Leg) live() bool {
	return l.State == LegSent || l.State == LegReserved || l.State == LegLetGo
}

// absorb lets the legs that an order has at other sites, or at the only one named, count on its
// lines where the lines do not name them yet: they wait for that much less. It gives what it added.
func (m *Machine) absorb(o *Order, only ledger.SiteID) (added []ledger.CommandLine) {
	for i := range o.Legs {
		leg := &o.Legs[i]
		if !leg.live() || leg.Site == o.Owner || only != "" && leg.Site != only {
			continue
		}
		line := o.lineFor(leg)
		if line == nil || line.Canceled && o.Owner == ledger.HQ && m.marks() { // a line that was given up has no room
			continue
		}
		q := m.live(o, leg.Line, leg.Site) - awayAt(line, leg.Site)
		if q <= 0 {
			continue
		}
		if o.Relearned {
			line.Qty += max(0, q-(line.Qty-line.Promised()))
		}
		n := min(q, line.Backordered)
		line.Fill(n)
		if o.Owner == ledger.HQ || o.Relearned { // of what it cut there is room
			n = max(n, min(q, line.Qty-line.Promised()-line.Backordered-line.Declined))
		}
		if n > 0 {
			line.AddAway(leg.Site, n)
			added = append(added, ledger.CommandLine{Line: leg.Line, SKU: leg.SKU, Qty: n})
		}
	}
	o.Settle()
	return added
}

// bringAgain sends what an order counts on from a site and no command brings: it was promised in an
// earlier life, and its command was lost. Where it is not held any more its owner is told, and the
// line waits again: the site has said that the units are gone, or no book is left of the promise.
func (m *Machine) bringAgain(o *Order, site ledger.SiteID, why *cause, at time.Time) {
	var legs []allocate.Leg
	var gone []ledger.CommandLine
	suffix := ""
	for i := range o.Lines {
		line := &o.Lines[i]
		q := awayAt(line, site) - m.live(o, i+1, site)
		if q <= 0 {
			continue
		}
		stock := m.editStock(site, line.SKU)
		have := min(q, max(stock.Held, 0))
		if stock.Held -= have; have > 0 {
			legs = append(legs, allocate.Leg{Line: i + 1, SKU: line.SKU, Site: site, Qty: have})
		}
		if have == q {
			continue
		}
		if suffix = "/lost"; !slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.Line == i+1 && l.Site == site && l.State == LegRefused }) {
			suffix = "/not_held"
			m.raise(Exception{What: "not_held", Site: site, SKU: line.SKU, Order: o.ID, Why: fmt.Sprintf("line %d counts on %d from %s, %d are held", i+1, q, site, have)}, at)
		}
		line.Backordered += o.withdraw(i, site, q-have)
		o.Wait = ledger.WaitHQ
		gone = append(gone, ledger.CommandLine{Line: i + 1, SKU: line.SKU, Qty: q - have})
	}
	if m.reserve(o, legs, why.decidedAt); len(legs) > 0 {
		m.giveAgain(o.ID, site, at, at)
	}
	if len(gone) > 0 {
		m.loseAt(o, site, why.decided()+suffix, gone)
	}
}

// surplus lets go what a site has reserved for an order beyond what its lines count on. What it has for a line that is not the order's, or is of
// another article, astray lets go: its book would do nothing about an article that it has not reserved there.
func (m *Machine) surplus(o *Order, site ledger.SiteID, why *cause) {
	var over []ledger.CommandLine
	for i := range o.Lines {
		line := &o.Lines[i]
		if q := m.reservedAt(o, i+1, site) - awayAt(line, site); q > 0 { // of the line's own article alone
			m.shrink(o, i+1, site, q, LegCanceled)
			over = append(over, ledger.CommandLine{Line: i + 1, SKU: line.SKU, Qty: q})
		}
	}
	if len(over) > 0 {
		m.releaseAt(o, site, over, why)
	}
}
