package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Today is the day that head office counts promises from: the leader tells of each as it begins, while something is due in.
func (m *Machine) Today() Day { return m.counters.Today }

// Expected says how many deliveries are expected.
func (m *Machine) Expected() int { return m.derived.due.open }

// Delivery gives a delivery by its reference.
func (m *Machine) Delivery(ref string) (*Delivery, bool) { return m.deliveries.Get(deliveryKey(ref)) }

// ReferenceOf gives the reference that a delivery is known under: ref itself, or the first that is the same but for case and blanks; ref where
// there is none.
func (m *Machine) ReferenceOf(ref string) string {
	if _, known := m.Delivery(ref); known {
		return ref
	}
	if same := m.derived.due.plain[plainReference(ref)]; len(same) > 0 {
		return same[0]
	}
	return ref
}

// Deliveries lists deliveries after the reference after, ascending, at most limit of those that keep lets through (nil: all).
// next is where to go on; "" at the end.
func (m *Machine) Deliveries(after string, limit int, keep func(*Delivery) bool) (out []*Delivery, next string) {
	i, found := slices.BinarySearch(m.derived.due.refs, after)
	if found {
		i++
	}
	for _, ref := range m.derived.due.refs[i:] {
		d, _ := m.deliveries.Get(deliveryKey(ref))
		if keep != nil && !keep(d) {
			continue
		}
		if len(out) == limit {
			return out, out[limit-1].Reference
		}
		out = append(out, d)
	}
	return out, ""
}

// DueOf lists the deliveries that still bring a SKU, the earliest first.
func (m *Machine) DueOf(sku ledger.SKU) []*Delivery {
	var out []*Delivery
	for _, l := range m.dueLines(sku, nil, m.counters.Today) {
		d, _ := m.deliveries.Get(deliveryKey(l.ref))
		out = append(out, d)
	}
	return out
}

// Left is what is still to come of a SKU.
func (d *Delivery) Left(sku ledger.SKU) ledger.Qty { return d.left(sku) }

// Names reports whether a delivery has, or had, a line for a SKU.
func (d *Delivery) Names(sku ledger.SKU) bool { return d.line(sku) != nil }

// Brings reports whether a delivery still brings a SKU.
func (d *Delivery) Brings(sku ledger.SKU) bool { return d.left(sku) > 0 }

// PromisedOn lists what is promised of a SKU of a delivery, in the turn of those who wait.
func (m *Machine) PromisedOn(ref string, sku ledger.SKU) []*DuePromise { return m.promisedOn(ref, sku) }

// PromisedQty is how much of a SKU of a delivery is promised.
func (m *Machine) PromisedQty(ref string, sku ledger.SKU) ledger.Qty {
	return m.derived.due.on[keyOfDue(ref, sku)].sum
}

// PromisesTo lists what an order is promised of what is due in: by line, then the earliest first.
func (m *Machine) PromisesTo(id ledger.OrderID) []*DuePromise {
	keys := m.derived.due.ofOrder[id]
	out := make([]*DuePromise, 0, len(keys))
	for _, k := range keys {
		r, _ := m.promises.Get(k)
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b *DuePromise) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return compareDue(*a, *b)
	})
	return out
}

// Lateness gives by how many days a supplier's deliveries are late as a rule, and from how many lines that was learnt.
func (m *Machine) Lateness(supplier string) (days Day, lines int) {
	s, known := m.suppliers.Get(supplierKey(supplier))
	if !known {
		return 0, 0
	}
	return s.Allowance(), len(s.Late)
}

// WhatIf says which promises would slip if c were given: exactly those that the command would say at that moment. It changes
// nothing.
func (m *Machine) WhatIf(c *Expect) ([]Slip, error) {
	old, known := m.deliveries.Get(deliveryKey(c.Reference))
	if !known {
		return nil, ErrDeliveryUnknown
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, site := m.sites.Get(c.Site); !site && !c.Cancel {
		return nil, &SiteUnknownError{Site: c.Site}
	}
	d := c.applied(old)
	if d == old {
		return nil, nil
	}
	_, slips := m.dueAnew(old, d, m.dayAt(c.At))
	return slips, nil
}

// Lapsed says whether something was promised by a day before the one given.
func (m *Machine) Lapsed(today Day) bool { return len(m.derived.due.lapsed(m, today)) > 0 }

// checkDue looks at what is due in and what of it is promised: no more of a line than is still to come, to no line more than it
// waits for, and nothing is left free that an order waits for.
func (m *Machine) checkDue() error {
	open, lines := 0, 0
	on, left := map[dueKey]ledger.Qty{}, map[dueKey]ledger.Qty{}
	for k, d := range m.deliveries.Sorted() {
		if err := d.check(); err != nil || string(k) != d.Reference {
			return fmt.Errorf("delivery %q: %w", k, err)
		}
		if d.Closed == 0 {
			open, lines = open+1, lines+len(d.Lines)
		}
		for i := range d.Lines {
			left[keyOfDue(d.Reference, d.Lines[i].SKU)] = d.left(d.Lines[i].SKU)
		}
	}
	to := map[turnLine]ledger.Qty{}
	for k, r := range m.promises.Sorted() {
		if r.Qty < 1 || k != keyOfPromise(r) || r.By < 0 {
			return fmt.Errorf("%d of delivery %s are promised to order %s by day %d", r.Qty, r.Reference, r.Order, r.By)
		}
		on[keyOfDue(r.Reference, r.SKU)] += r.Qty
		to[turnLine{r.Order, r.Line}] += r.Qty
		if err := m.checkPromise(r, to[turnLine{r.Order, r.Line}]); err != nil {
			return err
		}
	}
	d := &m.derived.due
	if open != d.open || lines != d.lines || len(d.refs) != m.deliveries.Len() || len(on) != len(d.on) {
		return fmt.Errorf("%d deliveries are listed as expected with %d lines, there are %d with %d", d.open, d.lines, open, lines)
	}
	for k, sum := range on {
		if sum > left[k] || sum != d.on[k].sum {
			return fmt.Errorf("%d %s of delivery %s are promised, counted as %d, and %d are to come", sum, k.sku, k.ref, d.on[k].sum, left[k])
		}
	}
	return m.checkFree()
}

func (d *Delivery) check() error {
	if d.Reference == "" || d.Due < 1 || d.Due > dueDayMax || (d.Closed != 0) != d.over() {
		return fmt.Errorf("due on day %d, ended by command %d, over: %t", d.Due, d.Closed, d.over())
	}
	for i, l := range d.Lines {
		if l.Qty < 0 || l.Qty > ledger.QtyMax || l.Came < 0 || l.Came > ledger.QtyMax || l.Qty+l.Came == 0 || i > 0 && d.Lines[i-1].SKU >= l.SKU {
			return fmt.Errorf("line %d: %d of %q, %d came", i+1, l.Qty, l.SKU, l.Came)
		}
		if l.Short < 0 || l.Short > max(l.Qty-l.Came, 0) || l.Due < 0 || l.Due > dueDayMax {
			return fmt.Errorf("line %d: %d of %d are closed short, %d came, due on day %d", i+1, l.Short, l.Qty, l.Came, l.Due)
		}
	}
	return d.checkOrder()
}

// checkPromise looks at one promise; sum is what its line has been found to be promised.
func (m *Machine) checkPromise(r *DuePromise, sum ledger.Qty) error {
	o, known := m.orders.Get(r.Order)
	d, due := m.deliveries.Get(deliveryKey(r.Reference))
	switch {
	case !known || !due || r.Line < 1 || r.Line > len(o.Lines) || o.Lines[r.Line-1].SKU != r.SKU:
		return fmt.Errorf("%d %s of delivery %s are promised to line %d of order %s, which are not there", r.Qty, r.SKU, r.Reference, r.Line, r.Order)
	case sum > o.firm(r.Line):
		return fmt.Errorf("order %s line %d waits for %d and is promised %d", r.Order, r.Line, o.firm(r.Line), sum)
	case !m.dueTerms(d.Site).may(&o.Order, r.SKU):
		return fmt.Errorf("order %s is promised %s of what comes to %s, which may not serve it", o.ID, r.SKU, d.Site)
	case o.CollectAt != "" && o.CollectAt != d.Site:
		return fmt.Errorf("order %s is collected at %s and is promised what comes to %s", r.Order, o.CollectAt, d.Site)
	}
	return nil
}

// checkFree looks for what is free of what is due in while an order waits for it.
func (m *Machine) checkFree() error {
	for sku := range m.derived.due.of {
		lines := m.dueLines(sku, nil, m.counters.Today)
		for i, l := range lines {
			if l.free == 0 {
				continue
			}
			for _, t := range m.derived.waits[sku] {
				o := m.queued(t)
				if o.CollectAt != "" && o.CollectAt != l.site || !l.may(&o.Order, sku) || freeOf(lines[:i+1], m.keptDue(o.Class, sku)) == 0 {
					continue
				}
				if n := o.unpromised(m, sku); n > 0 {
					return fmt.Errorf("%d %s of delivery %s are free, and order %s waits for %d that it is not promised", l.free, sku, l.ref, o.ID, n)
				}
			}
		}
	}
	return nil
}

// unpromised is what an order waits for of a SKU and is not promised.
func (o *Order) unpromised(m *Machine, sku ledger.SKU) (sum ledger.Qty) {
	for i := range o.Lines {
		if o.Lines[i].SKU == sku {
			sum += o.firm(i + 1)
		}
	}
	for _, k := range m.derived.due.ofOrder[o.ID] {
		if r, ok := m.promises.Get(k); ok && r.SKU == sku {
			sum -= r.Qty
		}
	}
	return sum
}
