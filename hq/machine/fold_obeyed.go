package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// legsRefusedMax bounds how often HQ looks for another site for the legs of one order: a site
// that refuses what its own journal says it has would otherwise be asked for ever.
const legsRefusedMax = 10

// obeyed folds the entry that answers a command. The command is done with: it is the next one
// that the site had to embed, and it is deleted here (DESIGN.md says why earlier than protocol.md does).
func (f *folding) obeyed(b *ledger.ObeyedBody) error {
	c := &b.Command
	if c.H.Known() && c.H.Counter < f.m.counters.H.Counter {
		return f.obeyedBefore(b)
	}
	s := f.m.editSite(f.site)
	given, ok := f.m.commands.get(keyOfCommand(f.site, c.Number))
	switch {
	case c.H != f.m.counters.H:
		return fmt.Errorf("command %d is of life %d of head office", c.Number, c.H.Counter)
	case c.Number != s.Ack.Number+1 || !ok:
		return fmt.Errorf("command %d is not the one after %d", c.Number, s.Ack.Number)
	case given.Hash != c.Hash || given.ID != c.ID || given.Kind != c.Kind:
		return fmt.Errorf("command %d is another one than was given", c.Number)
	}
	s.Ack = ledger.Cursor{H: c.H, Number: c.Number, Hash: c.Hash}
	f.m.commands.del(keyOfCommand(f.site, c.Number))
	f.answered(given, b)
	f.ordered(b)
	return nil
}

// answered counts up again what head office had counted down for a command, and follows what the
// site says came of it.
func (f *folding) answered(given *ledger.HQCommand, b *ledger.ObeyedBody) {
	if draws(given) {
		for _, l := range given.Lines {
			stock := f.m.editStock(f.site, l.SKU)
			// What a site would not take back is not offered to it again: somebody looks.
			if given.Kind != ledger.CommandGiveBack {
				f.touch(f.site, l.SKU)
			}
			stock.draw(given.Kind, -l.Qty)
			stock.Held += l.Qty
		}
		f.offerAgain(given, b)
	}
	switch given.Kind {
	case ledger.CommandBorrow:
		done := b.Done
		if err := f.lendings(done); err != nil {
			f.raise("does_not_fit", "", given.Order, err.Error())
			done = nil
		}
		f.m.lent(f.site, given.Number, subjectOf(given.ID), done)
	case ledger.CommandReserve, ledger.CommandDraw:
		f.reserved(given, b)
	case ledger.CommandGiveBack:
		f.refused(given, b)
	case ledger.CommandNote, ledger.CommandLose, ledger.CommandDecline, ledger.CommandHandedOver: // the entry says how the order stands
	case ledger.CommandTakeBack, ledger.CommandRefund:
		f.tookBack(given, b)
	case ledger.CommandRelease: // it was counted when it was sent, but for a move's
		if isMove(given) {
			f.letGoOf(given, b)
		}
		f.letGoBy(given)
	case ledger.CommandCancel:
		f.letGoBy(given)
	case ledger.CommandTransfer:
		f.passedOver(given, b)
		f.transferred(given, b)
	case ledger.CommandPurchase:
		if err := f.boughtElse(given, b); err != nil {
			f.raise("does_not_fit", "", "", err.Error())
		}
	default:
		f.passing(given, b, true)
	}
}

// offerAgain gives back what is left of units of which the site has lost some, and so refused the
// whole. There are fewer of them each time, so it comes to an end.
func (f *folding) offerAgain(given *ledger.HQCommand, b *ledger.ObeyedBody) {
	if given.Kind != ledger.CommandGiveBack || b.Refused == "" {
		return
	}
	less := slices.ContainsFunc(given.Lines, func(l ledger.CommandLine) bool { return f.m.editStock(f.site, l.SKU).Held < l.Qty })
	for _, l := range given.Lines {
		if less {
			f.touch(f.site, l.SKU)
		}
	}
}

// refused tells of a refusal that nobody expects.
func (f *folding) refused(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	if b.Refused != "" && !f.over(c.Order) {
		f.raise("refused", "", c.Order, fmt.Sprintf("%s %s: %s", c.Kind, c.ID, b.Refused))
	}
}

// over says whether an order is cancelled, so that a refusal surprises nobody. One of which
// goods were handed over before is completed by its cancel.
func (f *folding) over(id ledger.OrderID) bool {
	o, ok := f.m.orders.get(id)
	return ok && o.Canceling() != nil
}

// reserved moves the legs of a command on. A site that could not reserve frees the units, by the
// posting it did not make, and the line is sourced anew; only a loss makes that happen, or an
// owner that has cancelled meanwhile.
func (f *folding) reserved(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	o, ok := f.m.editOrder(c.Order)
	if !ok {
		return
	}
	refused := 0
	var lost []ledger.CommandLine
	for i := range o.Legs {
		l := &o.Legs[i]
		if l.State == LegRefused {
			refused++
		}
		if l.Command != c.ID || l.State != LegSent {
			continue
		}
		if b.Refused == "" {
			l.State = LegReserved
			continue
		}
		l.State = LegRefused
		q := f.m.uncovered(o, l.Line, l.Site, l.Qty)
		q = o.withdraw(l.Line-1, l.Site, q)
		if b.Refused == ledger.RefusedNotAllotted && refused < legsRefusedMax {
			o.Wait = ledger.WaitHQ
			o.Lines[l.Line-1].Backordered += q
		}
		if q > 0 {
			lost = append(lost, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
		}
		f.raise("leg_refused", l.SKU, o.ID, fmt.Sprintf("%s could not reserve %d for line %d: %s", l.Site, l.Qty, l.Line, b.Refused))
	}
	if b.Refused != "" {
		f.m.parcelsBack(o.ID, f.site)
	}
	if b.Refused != "" && o.Canceling() == nil {
		f.lose(o, 0, lost)
		o.Settle()
		f.m.tell(o.ID, Step{What: StepRefused, At: f.push.At, Site: f.site, Why: string(b.Refused), Lines: linesOf(lost), Exception: f.m.counters.Exceptions})
	}
	if b.Refused == "" && o.Owner != f.site && o.Canceling() == nil && f.m.told(f.site) && (o.Owner == ledger.HQ || f.m.told(o.Owner)) {
		f.m.surplus(o, f.site, &f.why) // another leg may serve the line already
	}
}

// uncovered is how much of q no other leg of a site brings for a line that counts on it.
func (m *Machine) uncovered(o *Order, line int, site ledger.SiteID, q ledger.Qty) ledger.Qty {
	switch {
	case line > len(o.Lines):
		return 0
	case site == o.Owner: // its book counts by itself
		return q
	}
	return min(q, max(0, awayAt(&o.Lines[line-1], site)-m.live(o, line, site)))
}
