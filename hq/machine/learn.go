package machine

import (
	"fmt"
	"slices"

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
		f.answered(kept, b)
		f.rebook(b.Order)
		if slices.Equal(kept.Lines, c.Lines) {
			return nil
		}
		if f.m.saysPrice() {
			f.answersAgain(kept) // or more: the site hears what it has heard another sum of
		}
		return f.claimsForgotten(b) // the owner's book, made anew, has handed over less under the same id
	}
	if b.Repeat || s.Parked != "" && f.m.queuedAs(s, c.ID) {
		f.rebook(b.Order)
		if b.Repeat {
			f.answersAgain(c)
		}
		return f.claimsForgotten(b) // the first entry with the id has told the rest, or one that repeats it will
	}
	switch c.Kind {
	case ledger.CommandReserve, ledger.CommandDraw:
		if c.Owner != f.site {
			return f.relearn(b)
		}
		f.rebook(b.Order)
	case ledger.CommandNote, ledger.CommandLose, ledger.CommandDecline, ledger.CommandHandedOver:
		f.rebook(b.Order)
	case ledger.CommandTakeBack, ledger.CommandRefund:
		f.rebook(b.Order)
		f.tookBack(c, b)
		return f.claimsForgotten(b)
	case ledger.CommandCancel:
		f.uncounted(c)
	case ledger.CommandRelease:
		f.released(c, b)
	case ledger.CommandTransfer:
		f.transferred(c, b)
	case ledger.CommandPurchase:
		return f.boughtElse(c, b)
	default:
		f.passing(c, b, false)
	}
	return nil
}

// queuedAs says whether a command of that id is queued to a site. Of one whose stream was parked the book was made
// anew, and so what was kept was given again, before it was read that it had been carried out.
func (m *Machine) queuedAs(s *Site, id string) bool {
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		if c, ok := m.commands.get(keyOfCommand(s.ID, n)); ok && c.ID == id {
			return true
		}
	}
	return false
}

// released follows a release that head office has forgotten. An order of its own that counts on the units
// now, since it was sent again, waits for others.
func (f *folding) released(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	o, known := f.m.editOrder(c.Order)
	if !known {
		return
	}
	less := f.m.ByTerms() && ofAmendment(c)
	for _, l := range b.Done {
		f.m.shrink(o, l.Line, f.site, l.Qty, LegCanceled)
		if less && o.Canceling() == nil && !o.Relearned && l.Line <= len(o.Lines) {
			f.m.lowered(o.ID, l.Line)
		}
		if o.Owner != ledger.HQ || l.Line > len(o.Lines) || o.Canceling() != nil {
			continue
		}
		if q := awayAt(&o.Lines[l.Line-1], f.site) - f.m.live(o, l.Line, f.site); q > 0 {
			o.Lines[l.Line-1].Backordered += o.withdraw(l.Line-1, f.site, q)
			o.Wait = ledger.WaitHQ
		}
	}
	o.Settle()
	f.m.parcelsBack(o.ID, f.site)
	if less {
		f.m.settleOrder(o, &f.why, f.push.At)
	}
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
	switch {
	case b.Refused != "":
		state = LegRefused
	case c.Kind == ledger.CommandDraw:
		f.drawnBefore(o, c)
	}
	if o.Relearned && f.m.takesUp() && c.Customer != "" {
		o.Customer = c.Customer
	}
	for _, l := range c.Lines {
		o.Legs = append(o.Legs, Leg{Line: l.Line, SKU: l.SKU, Site: f.site, Qty: l.Qty, State: state, Command: c.ID})
	}
	if o.awaits() && !o.Relearned && f.m.takesUp() { // somebody has let it go, or it was due
		f.m.ruled(o, ledger.RulingRelease, ownerHQ, "a life of head office that is lost has released it", f.push.At)
		f.m.takeUp(o, f.push.At)
	}
	if state == LegReserved {
		f.m.giveAgain(o.ID, f.site, f.e.At, f.push.At)
	}
	if f.m.over(o) && state == LegReserved {
		f.m.letGo(o, &f.why)
		return nil
	}
	f.m.settleOrder(o, &f.why, f.push.At)
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

// live is what an order's legs bring for a line from a site.
func (m *Machine) live(o *Order, line int, site ledger.SiteID) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Line == line && l.Site == site && l.live() && !m.strayed(o, l) {
			sum += l.Qty
		}
	}
	return sum
}

// reservedAt is what a site has said that it reserved for a line.
func (m *Machine) reservedAt(o *Order, line int, site ledger.SiteID) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Line == line && l.Site == site && l.State == LegReserved && !m.strayed(o, l) {
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
	f.classed(o)
	rec, ok := f.m.editOrder(o.ID)
	if !ok {
		return f.m.learn(o)
	}
	f.m.restate(rec, o)
	return rec
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
	f.m.parcelsBack(o.ID, f.site)
	if o.Owner == ledger.HQ && o.Canceling() == nil {
		if o.awaits() && f.m.takesUp() {
			f.m.ruled(o, ledger.RulingCancel, ownerHQ, "it was cancelled in a life of head office that is lost", f.push.At)
		}
		f.m.letGo(o, &f.why)
		o.cancelLines()
	}
}

// Settle says how the order stands, as the ledger's does. One that is known by its reservations only is
// cancelled by a cancel alone: what is lost of it may have been promised from elsewhere, or will be.
func (o *Order) Settle() {
	if o.Relearned && o.awaits() {
		return // whatever its sites have for it
	}
	o.Order.Settle()
	if o.Relearned && o.Status == ledger.StatusCanceled && !slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Canceled }) {
		o.Status = ledger.StatusAllocated
	}
}

// openOrders lists the orders that can still change, by id, also those that this command has staged.
func (m *Machine) openOrders() []ledger.OrderID {
	var out []ledger.OrderID
	w := m.derived.heads.behind("")
	for h := w.next(); h != nil; h = w.next() {
		if h.status != ledger.StatusCanceled && h.status != ledger.StatusCompleted {
			out = append(out, h.id)
		}
	}
	out = append(out, m.orders.touched()...)
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(id ledger.OrderID) bool {
		o, ok := m.orders.get(id)
		return !ok || o.Canceling() != nil
	})
}
