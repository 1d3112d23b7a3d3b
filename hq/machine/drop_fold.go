package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// dropShip folds a supplier's word on lines of a site's own order that it sends straight to the customer. No unit of stock has anything to do with it: head
// office only tells, and follows the order where it knows it for its other lines.
func (f *folding) dropShip(b *ledger.DropBody) error {
	if err := b.Fits(f.e); err != nil || b.Refusal != "" {
		return err
	}
	o, over := b.Order, b.Over
	if err := f.fits(o); err != nil {
		return err
	}
	if o.Canceling() != nil {
		if _, err := f.ended(o); err != nil {
			return err
		}
	} else if _, known := f.m.orders.get(o.ID); known {
		f.rebook(o)
	} else {
		f.wrote(o.ID)
	}
	if b.Deed == ledger.DropRefuse {
		l := b.Lines[0]
		f.raise("drop_ship_refused", l.SKU, o.ID, fmt.Sprintf("%s does not send %d %s of order %s%s: %s. Tell its customer, and give back what was paid for it", b.Supplier, l.Qty, l.SKU, o.Number(), andMore(len(b.Lines)), b.Reason))
	}
	if over > 0 {
		f.raise("drop_ship_over", b.Lines[0].SKU, o.ID, fmt.Sprintf("%s has sent %d units of order %s that it did not count on any more: have them back, or charge for them", b.Supplier, over, o.Number()))
	}
	return nil
}

// andMore says how many lines there are beside the first one.
func andMore(lines int) string {
	switch lines {
	case 1:
		return ""
	case 2:
		return ", and another line"
	default:
		return fmt.Sprintf(", and %d other lines", lines-1)
	}
}

// dropEvents tells the customer what a supplier has said: it has left, comes later than was said, or nothing of the order is to be had. Where the rest of the
// order comes, a person tells what does not: there is an exception.
func (f *folding) dropEvents(b *ledger.DropBody) {
	k := EventKind(0)
	switch {
	case b.Refusal != "" || b.Order == nil:
	case b.Deed == ledger.DropSend:
		k = EventDispatched
	case b.Later:
		k = EventDelayed
	case b.Deed == ledger.DropRefuse && b.Order.Status == ledger.StatusDeclined:
		k = EventDeclined
	}
	if k == 0 || !f.m.tellsOf(k) {
		return
	}
	e := ofOrder(k, b.Order)
	e.At, e.Site, e.ID, e.Ship, e.Why = f.e.At, f.site, f.entryID(k, string(b.Order.ID)), b.Ship, cutWhy(b.Reason)
	if k == EventDelayed {
		e.Due, _ = ParseDay(b.Due) // of an entry that fits, a day
	}
	for _, l := range b.Lines {
		e.addLine(EventLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	f.m.happened(e)
}
