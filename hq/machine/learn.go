package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// After a new life head office learns from the sites' entries what it had promised: each embeds the
// whole command that it answers.

// obeyedBefore folds the entry that answers a command of an earlier life. Where the command is
// kept here, it is answered now; otherwise nothing was counted down for it, and its postings have
// said what it came to.
func (f *folding) obeyedBefore(b *ledger.ObeyedBody) error {
	c := &b.Command
	for _, l := range c.Lines { // nothing is here to compare them with
		if l.Line < 0 || l.Line > ledger.LinesMax || c.Kind != ledger.CommandRecall && ledger.CheckQty(l.Qty) != nil {
			return fmt.Errorf("command %s names %d of %s for line %d", c.ID, l.Qty, l.SKU, l.Line)
		}
	}
	s := f.m.editSite(f.site)
	if kept, ok := f.m.unkeep(s, c.ID); ok {
		if !b.Repeat {
			f.rebook(b.Order)
		}
		f.answered(kept, b)
		return nil
	}
	if b.Repeat {
		return nil // the first entry with the id has told
	}
	switch c.Kind {
	case ledger.CommandReserve, ledger.CommandDraw:
		if c.Owner == f.site {
			f.rebook(b.Order)
			return nil
		}
		return f.relearn(b)
	case ledger.CommandNote, ledger.CommandLose:
		f.rebook(b.Order)
	case ledger.CommandCancel:
		f.uncounted(c)
	default:
		f.passing(c, b, false)
	}
	return nil
}

// relearn notes the legs that a forgotten command has reserved at the site, or has not.
func (f *folding) relearn(b *ledger.ObeyedBody) error {
	c := &b.Command
	if b.Refused == ledger.RefusedCanceled {
		return nil
	}
	o, ok := f.m.editOrder(c.Order)
	if ok && o.Owner != c.Owner {
		return fmt.Errorf("order %s of %s is reserved for as one of %s", c.Order, o.Owner, c.Owner)
	}
	if !ok {
		if owner, _, taken := f.m.OwnerOf(c.Order); taken && owner != c.Owner {
			return fmt.Errorf("order %s of %s is reserved for as one of %s", c.Order, owner, c.Owner)
		}
		if _, valid := ledger.ParseUUID(c.Order); !valid {
			return fmt.Errorf("a command for order %q", c.Order)
		}
		o = f.m.learn(&ledger.Order{ID: c.Order, Owner: c.Owner, Fulfil: ledger.Deliver, Shortage: ledger.Partial, TakenAt: f.e.At, Status: ledger.StatusAllocated})
		o.Relearned = true
		if c.Owner == ledger.HQ {
			f.raise("relearned", "", c.Order, "head office has forgotten the order and knows of it by its reservations only: the client may send it again")
		}
	}
	state := LegReserved
	if b.Refused != "" {
		state = LegRefused
	}
	for _, l := range c.Lines {
		o.Legs = append(o.Legs, Leg{Line: l.Line, SKU: l.SKU, Site: f.site, Qty: l.Qty, State: state, Command: c.ID})
	}
	if o.Canceling() != nil && state == LegReserved {
		f.m.letGo(o, &f.why)
		return nil
	}
	// A plan filled the order: its owner may not have heard of it. One that drew or asked knows.
	if _, known := f.m.sites.get(o.Owner); known && o.Canceling() == nil && strings.HasPrefix(c.ID, string(c.Order)+"/") {
		f.m.noteOf(o, f.site, c.Lines, c.ID)
	}
	if state == LegRefused && o.Canceling() == nil {
		f.lose(o, 0, c.Lines)
	}
	f.m.absorb(o)
	return nil
}

// lineFor gives a line of an order that was relearned, made as far as its legs tell of it.
func (o *Order) lineFor(l *Leg) *ledger.Line {
	for len(o.Lines) < l.Line && o.Relearned {
		o.Lines = append(o.Lines, ledger.Line{})
	}
	if l.Line > len(o.Lines) {
		return nil
	}
	line := &o.Lines[l.Line-1]
	if line.SKU == "" && o.Relearned {
		line.SKU = l.SKU
	}
	if line.SKU != l.SKU {
		return nil
	}
	return line
}

// absorb lets the legs that an order has at other sites count on its lines, where the lines do not
// name them yet: they wait for that much less.
func (m *Machine) absorb(o *Order) {
	if o.Canceling() != nil {
		return
	}
	for i := range o.Legs {
		leg := &o.Legs[i]
		if leg.State != LegSent && leg.State != LegReserved || leg.Site == o.Owner {
			continue
		}
		line := o.lineFor(leg)
		if line == nil {
			continue
		}
		q := o.live(leg.Line, leg.Site) - awayAt(line, leg.Site)
		if q <= 0 {
			continue
		}
		if o.Relearned {
			line.Qty += max(0, q-(line.Qty-line.Promised()))
		}
		waits := min(q, line.Backordered)
		line.Backordered -= waits
		if room := line.Qty - line.Promised() - line.Backordered; room > 0 {
			line.AddAway(leg.Site, min(q, room))
		}
	}
	o.Settle()
}

// live is what an order's legs bring for a line from a site.
func (o *Order) live(line int, site ledger.SiteID) (sum ledger.Qty) {
	for _, l := range o.Legs {
		if l.Line == line && l.Site == site && (l.State == LegSent || l.State == LegReserved) {
			sum += l.Qty
		}
	}
	return sum
}

func awayAt(l *ledger.Line, site ledger.SiteID) ledger.Qty {
	for _, away := range l.Away {
		if away.Site == site {
			return away.Qty
		}
	}
	return 0
}

// sent is how much of a leg a command of that id has reserved already, or could not.
func (o *Order) sent(leg allocate.Leg, id string) (sum ledger.Qty) {
	for _, l := range o.Legs {
		if l.Command != id || l.Line != leg.Line || l.Site != leg.Site || l.State == LegCanceled {
			continue
		}
		sum += l.Qty
	}
	return min(sum, leg.Qty)
}

// relearned says whether an order is known by its reservations only.
func (f *folding) relearned(id ledger.OrderID) bool {
	o, ok := f.m.orders.get(id)
	return ok && o.Relearned
}

// learnOwn makes a record of an order of the site's, or completes the one of its reservations.
func (f *folding) learnOwn(o *ledger.Order) *Order {
	rec, ok := f.m.editOrder(o.ID)
	if !ok {
		return f.m.learn(o)
	}
	rec.Order, rec.Relearned = *o.Clone(), false
	f.m.bereave(rec)
	return rec
}

// rebook takes the book's word for an order of the site's: what it names is so. What head office
// has on its way to the book stays counted.
func (f *folding) rebook(o *ledger.Order) {
	if o == nil {
		return
	}
	if err := f.fits(o); err != nil {
		f.raise("does_not_fit", "", o.ID, err.Error())
		return
	}
	f.wrote(o.ID)
	rec, ok := f.m.editOrder(o.ID)
	if !ok || rec.Owner != f.site || rec.Canceling() != nil {
		return
	}
	rec.Order, rec.Relearned = *o.Clone(), false
	f.m.bereave(rec)
	for i := range rec.Legs {
		l := &rec.Legs[i]
		if l.State == LegSent && l.Site == rec.Owner && l.Line <= len(rec.Lines) {
			line := &rec.Lines[l.Line-1]
			n := min(l.Qty, line.Backordered)
			line.Here, line.Backordered = line.Here+n, line.Backordered-n
		}
	}
	f.m.absorb(rec)
}

// uncounted follows a cancel that head office has forgotten: of an order of its own it is the whole
// order, of a site's the book will tell the rest.
func (f *folding) uncounted(c *ledger.HQCommand) {
	o, ok := f.m.editOrder(c.Order)
	if !ok || o.Owner != c.Owner {
		return
	}
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Site == f.site && (l.State == LegSent || l.State == LegReserved) {
			l.State = LegCanceled
		}
	}
	if o.Owner == ledger.HQ && o.Canceling() == nil {
		f.m.letGo(o, &f.why)
		o.cancelLines()
	}
}

// complete sends what the books of sites count on and no command brings: it was promised in an
// earlier life, and its command was lost. All that can be known is here by now.
func (m *Machine) complete(why *cause, at time.Time) {
	for _, id := range m.openOrders() {
		o, _ := m.editOrder(id)
		switch {
		case o.Relearned && o.Owner != ledger.HQ:
			m.raise(Exception{What: "orphan", Site: o.Owner, Order: id, Why: "units are reserved for an order that its book does not know"}, at)
		case o.Owner != ledger.HQ:
			m.completeOrder(o, why, at)
		}
	}
}

func (m *Machine) completeOrder(o *Order, why *cause, at time.Time) {
	var legs []allocate.Leg
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, away := range l.Away {
			q := away.Qty - o.live(i+1, away.Site)
			site, known := m.sites.get(away.Site)
			if q <= 0 || !known || m.silent(site) {
				continue // what it has carried out will be told
			}
			stock := m.editStock(away.Site, l.SKU)
			if stock.Held < q {
				m.raise(Exception{What: "not_held", Site: away.Site, SKU: l.SKU, Order: o.ID, Why: fmt.Sprintf("line %d counts on %d from %s, %d are held", i+1, q, away.Site, stock.Held)}, at)
				continue
			}
			stock.Held -= q
			legs = append(legs, allocate.Leg{Line: i + 1, SKU: l.SKU, Site: away.Site, Qty: q})
		}
	}
	m.reserve(o, legs, why.decidedAt)
}

// openOrders lists the orders that can still change, by id, also those that this command has staged.
func (m *Machine) openOrders() []ledger.OrderID {
	var out []ledger.OrderID
	for _, h := range m.derived.heads {
		if h.status != ledger.StatusCanceled && h.status != ledger.StatusCompleted {
			out = append(out, h.id)
		}
	}
	for _, id := range m.orders.keys {
		out = append(out, id)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(id ledger.OrderID) bool {
		o, ok := m.orders.get(id)
		return !ok || o.Canceling() != nil
	})
}
