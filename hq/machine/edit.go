package machine

import (
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The edit functions give a record that belongs to the command being applied: a copy, staged.
// Readers see it when the command has been found to fit, and never before.

// edit gives the staged copy of k's record, made by clone where there is none yet.
func edit[K comparable, V any](t *table[K, *V], k K, clone func(*V) *V) (*V, bool) {
	if i := t.place(k); i >= 0 {
		return t.staged[i].val, t.staged[i].has
	}
	old, ok := t.Get(k)
	if !ok {
		return nil, false
	}
	v := clone(old)
	t.put(k, v)
	return v, true
}

// editStream gives a known site's record, of which only what head office has for it to do may be changed: an order touches the records of
// all sites that serve it, and what is known of them is much.
func (m *Machine) editStream(id ledger.SiteID) *Site {
	s, _ := edit(m.sites.table, id, func(s *Site) *Site {
		c := *s
		return &c
	})
	return s
}

// editSite gives a known site's record.
func (m *Machine) editSite(id ledger.SiteID) *Site {
	s := m.editStream(id)
	if old, ok := m.sites.Get(id); ok && s.SiteAbout == old.SiteAbout {
		c := *s.SiteAbout // its lists are replaced, never changed
		s.SiteAbout = &c
	}
	return s
}

// editStock gives the record of a SKU at a site, a new one where there was none.
func (m *Machine) editStock(site ledger.SiteID, sku ledger.SKU) *Stock {
	k := keyOfStock(site, sku)
	s, ok := m.stock.own(k)
	if !ok {
		s = &Stock{}
		m.stock.put(k, s)
	}
	return s
}

func (m *Machine) editOrder(id ledger.OrderID) (*Order, bool) {
	return edit(m.orders.table, id, func(o *Order) *Order {
		c := *o
		c.Order = *o.Order.Clone()
		c.Legs = slices.Clone(o.Legs)
		return &c
	})
}

func (m *Machine) editRequest(of Subject) (*Request, bool) {
	return edit(m.requests.table, of, func(r *Request) *Request {
		c := *r
		c.Borrowed = slices.Clone(r.Borrowed)
		c.Tied = slices.Clone(r.Tied)
		return &c
	})
}

func (m *Machine) editAsk(of Subject) (*Ask, bool) {
	return edit(m.asks.table, of, func(a *Ask) *Ask {
		c := *a
		return &c
	})
}

func (m *Machine) editPassed(owner, holder ledger.SiteID, sku ledger.SKU) *Passed {
	k := keyOfPassed(owner, holder, sku)
	p, ok := edit(m.passed.table, k, func(p *Passed) *Passed {
		c := *p
		return &c
	})
	if !ok {
		p = &Passed{Owner: owner, Holder: holder, SKU: sku}
		m.passed.put(k, p)
	}
	return p
}
