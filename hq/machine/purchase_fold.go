package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// purchase follows what a person at a site has done with a purchase order of its book. It was done, so what does not fit is no fault of the
// entry: somebody is told.
func (f *folding) purchase(b *ledger.PurchaseBody) error {
	if err := b.Fits(); err != nil || !b.Done() {
		return err
	}
	c := &Purchase{Act: b.Act, Order: b.Order, By: b.By, Reason: b.Reason, At: f.e.At}
	if c.By == "" {
		c.By = string(f.site)
	}
	if c.Act > ledger.PurchaseSend {
		c.Order.Lines = nil
	}
	ref := c.Order.Reference
	old, known := f.m.deliveries.get(deliveryKey(ref))
	switch {
	case known && old.stray():
		if len(c.Order.Lines) == 0 {
			return nil
		}
	case known && (old.Order == nil || old.Order.Owner != f.site):
		f.raise("purchase_id", "", "", fmt.Sprintf("%s has a purchase order %s of its own, and that is the reference of another one here, for %s: order under another reference, what comes under this one counts for the other", f.site, ref, old.Site))
		return nil
	case !known && len(c.Order.Lines) == 0: // it has been forgotten since it was over
		return nil
	}
	if err := f.purchaseAs(c, old); err != nil {
		f.raise("purchase_refused", "", "", fmt.Sprintf("%s was told to %s purchase order %s, and that does not fit how it stands here: %v; see holdfast purchase show", f.site, c.Act, ref, err))
	}
	return nil
}

// boughtElse follows what a site's book says of a purchase order of its that head office has closed or called off. In a life that has forgotten it, it is learnt.
func (f *folding) boughtElse(c *ledger.HQCommand, b *ledger.ObeyedBody) error {
	ref, act, _ := c.Purchase()
	switch {
	case b.Purchase != nil:
		return f.purchase(b.Purchase)
	case b.Refused == ledger.RefusedUnknown:
		f.raise("refused", "", "", fmt.Sprintf("%s has a build that does not hear that purchase order %s is over, and promises what was to come of it: %s it at its node, too, or bring its build up to date", f.site, ref, act))
	}
	return nil
}

// purchaseAs puts the purchase order as c makes it in the place of old, which may be nil. Who is promised what of it is settled when the entry
// has landed.
func (f *folding) purchaseAs(c *Purchase, old *Delivery) error {
	m := f.m
	if _, site := m.sites.get(c.Order.Site); !site && len(c.Order.Lines) > 0 {
		return fmt.Errorf("there is no site %s", c.Order.Site)
	}
	d, err := c.applied(old, f.site)
	if err != nil || d == old {
		return err
	}
	site, _ := m.sites.get(f.site)
	order := *d.Order
	d.Set.by(&Hand{Device: f.e.Device, Approver: f.e.Approver})
	order.Kept, d.Order = site.Counter && d.Site == f.site, &order
	d.Version++
	m.ended(d)
	if err := m.fitsDue(old, d); err != nil {
		return err
	}
	for i := range d.Lines {
		if sku := d.Lines[i].SKU; d.moved(old, sku) {
			m.derived.due.moved[keyOfDue(d.Reference, sku)] = true
		}
	}
	m.deliveries.put(deliveryKey(d.Reference), d)
	m.forgetDeliveries(d)
	m.dueAt = f.push.At
	return nil
}

// slipEvents tells the orders of the site that are to have later what it had promised them itself, by what was done with a purchase order: once, by the entry
// that says so.
func (f *folding) slipEvents(b *ledger.PurchaseBody) {
	if !f.m.tellsOf(EventDelayed) {
		return
	}
	of := map[ledger.OrderID]*Event{}
	var ids []ledger.OrderID
	for i := range b.Slips {
		s := &b.Slips[i]
		e := of[s.Order]
		by, err := ParseDay(s.By)
		switch {
		case e == nil:
			e = &Event{Kind: EventDelayed, At: f.e.At, Site: f.site, Order: s.Order, Number: s.Of.Number, External: cutText(s.Of.External), Channel: s.Of.Channel, Customer: cutText(s.Of.Customer),
				Due: by, ID: f.entryID(EventDelayed, string(s.Order))}
			of[s.Order], ids = e, append(ids, s.Order)
		case err != nil || e.Due == 0: // some of it has no day
			e.Due = 0
		default:
			e.Due = max(e.Due, by)
		}
		e.addLine(EventLine{Line: s.Line, SKU: s.SKU, Qty: s.Qty})
	}
	for _, id := range ids {
		f.m.happened(*of[id])
	}
}
