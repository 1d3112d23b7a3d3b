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
		f.raise("drop_ship_refused", b.Lines[0].SKU, o.ID, refusedWords(b, 0))
	}
	if over > 0 {
		f.raise("drop_ship_over", b.Lines[0].SKU, o.ID, overWords(b))
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
	if b.Refusal != "" || b.Order == nil {
		return
	}
	if e, ok := f.m.supplierEvent(b, b.Order); ok {
		e.At, e.Site, e.ID = f.e.At, f.site, f.entryID(e.Kind, string(b.Order.ID))
		f.m.happened(e)
	}
}
