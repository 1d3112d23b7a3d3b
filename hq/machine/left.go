package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What has left a site, with a carrier or its customer, is served for good: no leg of it is live any more, so nothing releases it,
// brings it again or plans it anew. A leg that has left stays with the order, for in another life of head office it is what says so.

// whatUndelivered is the word for a part of an order that its carrier brings back.
const whatUndelivered = "undelivered"

// work folds what hands have done with a part of an order.
func (f *folding) work(b *ledger.WorkBody) error {
	if b.Refusal != "" {
		return nil
	}
	id := ledger.OrderID(f.e.Ref)
	if o := b.Order; o != nil {
		if err := f.fits(o); err != nil {
			return err
		}
		if o.ID != id {
			return fmt.Errorf("it is about order %s, and holds order %s", id, o.ID)
		}
		f.retold(o)
		if !slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Here > 0 }) {
			f.m.parcelsEnd(id, f.site, false, anyParcel)
		}
	} else if err := f.left(id, b.Left()); err != nil {
		return err
	}
	if b.Deed == ledger.DeedFail {
		f.undelivered(id, b)
	}
	return nil
}

// left folds what has left the site of another book's order: it is handed over, and whoever owns the order is told.
func (f *folding) left(id ledger.OrderID, lines []ledger.CommandLine) error {
	if len(lines) == 0 {
		return nil
	}
	for _, l := range lines {
		if l.Line < 1 || l.Line > ledger.LinesMax || ledger.CheckQty(l.Qty) != nil {
			return fmt.Errorf("%d of line %d have left", l.Qty, l.Line)
		}
	}
	o, ok := f.m.editOrder(id)
	if !ok {
		return fmt.Errorf("units of order %s have left, which nobody is known to have ordered", id)
	}
	for _, l := range lines {
		o.leave(l, f.site)
	}
	switch {
	case o.Status == ledger.StatusCanceled:
		for _, l := range lines {
			if o.Owner == ledger.HQ && l.Line <= len(o.Lines) && o.Lines[l.Line-1].SKU == l.SKU {
				o.Lines[l.Line-1].HandOver(f.site, l.Qty) // it counts on nothing: so much can come back
			}
			f.raise("left_cancelled", l.SKU, id, leftCanceled(l.Qty, l.Line, f.site))
		}
	case f.settled(o):
		f.m.handedOver(o, f.site, &f.why, f.push.At, f.why.named()+"/left")
		o.Settle()
		if o.Canceling() != nil { // nothing of it is left to do
			f.m.letGo(o, &f.why)
		}
	}
	if !f.m.serves(id, f.site) {
		f.m.parcelsEnd(id, f.site, false, anyParcel)
	}
	return nil
}

// leftUntold follows a book that does not take down what has left for an order of its own. It is told again when it next speaks of the
// order, and not before: a build that does not know the command would be told for ever.
func (f *folding) leftUntold(b *ledger.ObeyedBody) {
	c := &b.Command
	if f.recordable(b.Order) {
		f.wrote(c.Order)
	}
	switch {
	case b.Refused == ledger.RefusedCanceled && b.Order != nil: // it was cancelled before the word came
		f.leftOver(b)
	case b.Refused == ledger.RefusedUnknown:
		f.raise("left_untold", "", c.Order, fmt.Sprintf("units of the order have left %s, which its own site cannot write down: bring that site's build up to date", c.Site))
	}
}

// leftOver has somebody see to what has left another site for an order that its own book has closed meanwhile, as far as the order
// does not count it.
func (f *folding) leftOver(b *ledger.ObeyedBody) {
	c := &b.Command
	for _, l := range c.Lines {
		if l.Line < 1 || l.Line > len(b.Order.Lines) {
			continue
		}
		if q := l.Qty - b.Order.Lines[l.Line-1].SentBy(c.Site); q > 0 {
			f.m.raise(Exception{What: "left_cancelled", Site: c.Site, SKU: l.SKU, Order: c.Order, Why: leftCanceled(q, l.Line, c.Site)}, f.push.At)
		}
	}
}

func leftCanceled(q ledger.Qty, line int, site ledger.SiteID) string {
	return fmt.Sprintf("%d of line %d left %s although the order is cancelled: have them back, or charge for them", q, line, site)
}

// undelivered has somebody at the site see to what its carrier brings back.
func (f *folding) undelivered(id ledger.OrderID, b *ledger.WorkBody) {
	var q ledger.Qty
	for _, v := range b.Moves {
		q += min(v.Qty, ledger.QtyMax-q)
	}
	sku := ledger.SKU("")
	if len(b.Moves) > 0 {
		sku = b.Moves[0].SKU
	}
	f.m.raise(Exception{What: whatUndelivered, Site: f.site, Seq: f.e.Seq, SKU: sku, Order: id, Owner: string(f.site),
		Why: cutText(fmt.Sprintf("%d could not be delivered (%s) and come back: they are blocked until somebody has looked at them. Ask the customer, and send them anew or pay back", q, b.Reason))}, f.push.At)
}

// leave ends legs of a line at a site, for their units have left. What no leg has reserved there has left all the same: the legs say so.
func (o *Order) leave(line ledger.CommandLine, site ledger.SiteID) {
	q := line.Qty
	for i := len(o.Legs) - 1; i >= 0 && q > 0; i-- {
		l := &o.Legs[i]
		if l.Line != line.Line || l.Site != site || l.State != LegReserved {
			continue
		}
		n := min(q, l.Qty)
		q -= n
		if n == l.Qty {
			l.State = LegLeft
			continue
		}
		l.Qty -= n
		o.addLeft(line, site, n, l.Command)
	}
	if q > 0 {
		o.addLeft(line, site, q, "")
	}
}

// addLeft counts units that have left with those of the same command: parts of a leg may leave one by one.
func (o *Order) addLeft(line ledger.CommandLine, site ledger.SiteID, q ledger.Qty, command string) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.State == LegLeft && l.Line == line.Line && l.Site == site && l.Command == command {
			l.Qty += q
			return
		}
	}
	o.Legs = append(o.Legs, Leg{Line: line.Line, SKU: line.SKU, Site: site, Qty: q, State: LegLeft, Command: command})
}

// leftOf is what has left a site of a line.
func (o *Order) leftOf(line int, site ledger.SiteID) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.State == LegLeft && l.Line == line && l.Site == site {
			sum += l.Qty
		}
	}
	return sum
}

// leftFrom lists the sites that something has left from, ascending.
func (o *Order) leftFrom() (sites []ledger.SiteID) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.State == LegLeft && l.Site != o.Owner {
			sites = insert(sites, l.Site)
		}
	}
	return sites
}

// settleLeft has an order know what has left for it from sites that have told all they know.
func (m *Machine) settleLeft(o *Order, why *cause, at time.Time) {
	for _, site := range o.leftFrom() {
		if m.told(site) {
			m.handedOver(o, site, why, at, "")
		}
	}
}

// handedOver has an order's lines take down what has left a site for them, as far as they do not know it yet, and tells the book that owns the
// order. It is told a level, so it may be told under any id: under the one named, or under that of the decision.
func (m *Machine) handedOver(o *Order, site ledger.SiteID, why *cause, at time.Time, id string) {
	var news []ledger.CommandLine
	for i := range o.Legs {
		leg := &o.Legs[i]
		if leg.State != LegLeft || leg.Site != site || slices.ContainsFunc(news, func(l ledger.CommandLine) bool { return l.Line == leg.Line }) {
			continue
		}
		line := o.lineFor(leg)
		if line == nil {
			continue
		}
		all := o.leftOf(leg.Line, site)
		q := all - line.SentBy(site)
		if q <= 0 {
			continue
		}
		if o.Relearned {
			line.Qty += max(0, q-awayAt(line, site)-(line.Qty-line.Promised()))
		}
		over := line.HandOver(site, q)
		if room := min(over, line.Qty-line.Promised()-line.Backordered-line.Declined); room > 0 && (o.Owner == ledger.HQ || o.Relearned) {
			line.Taken += room // it was not promised it, and has it
			over -= room
		}
		if over > 0 {
			m.raise(Exception{What: "left_twice", Site: site, SKU: line.SKU, Order: o.ID,
				Why: fmt.Sprintf("%d of line %d left %s, and the order is served from elsewhere: have them back", over, leg.Line, site)}, at)
		}
		news = append(news, ledger.CommandLine{Line: leg.Line, SKU: line.SKU, Qty: all})
	}
	if _, known := m.sites.get(o.Owner); !known || len(news) == 0 || o.Relearned {
		return
	}
	if id == "" {
		id = why.decided() + "/left"
	}
	m.issue(o.Owner, ledger.HQCommand{ID: id, Kind: ledger.CommandHandedOver, Order: o.ID, Owner: o.Owner, Site: site, Lines: news})
}
