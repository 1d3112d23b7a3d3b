package machine

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What is due in is promised to those whom its site may serve, by the terms that planners hold to: who is served is the same whether the
// goods are there or on their way. Only what passes by itself plays no part, a full day and a closed one.

// dueTerms are the terms that count for what comes to a site, nil for none.
func (m *Machine) dueTerms(site ledger.SiteID) *Terms {
	if t, ok := m.terms.get(site); ok && m.ByTerms() {
		return t
	}
	return nil
}

// may says whether a site may serve an order a SKU, whenever it has it.
func (t *Terms) may(o *ledger.Order, sku ledger.SKU) bool {
	return t == nil || t.Serves(sku) && !t.bars(o)
}

// travels is how many days after it has come on a day something is with the customer.
func (t *Terms) travels(by Day, o *ledger.Order) Day {
	if t == nil || by == 0 {
		return 0
	}
	return t.Arrival(by, o.Fulfil == ledger.Deliver || o.Fulfil == "") - by
}

// after is the day so many days later; no date stays none.
func (d Day) after(days Day) Day {
	if d == 0 {
		return 0
	}
	return d + days
}

// barredDue lists the SKUs of which an order is promised what comes to a site that may not serve it.
func (m *Machine) barredDue(o *Order) (out []ledger.SKU) {
	if m.terms.Len() == 0 {
		return nil
	}
	for _, k := range m.derived.due.ofOrder[o.ID] {
		r, _ := m.promises.Get(k)
		if d, ok := m.deliveries.get(deliveryKey(r.Reference)); ok && !m.dueTerms(d.Site).may(&o.Order, r.SKU) {
			out = append(out, r.SKU)
		}
	}
	return out
}

// dueElsewhere has what is due in at some sites promised anew, as far as it is promised to whom they may not serve any more: whom they
// serve has changed.
func (m *Machine) dueElsewhere(sites []ledger.SiteID, at time.Time) {
	d := &m.derived.due
	for _, ref := range d.refs {
		v, ok := m.deliveries.get(deliveryKey(ref))
		if !ok || !slices.Contains(sites, v.Site) {
			continue
		}
		for i := range v.Lines {
			if sku := v.Lines[i].SKU; v.left(sku) > 0 {
				d.skus = append(d.skus, sku)
				m.dueAt = at
			}
		}
	}
}
