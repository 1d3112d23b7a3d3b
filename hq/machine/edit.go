package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The edit functions give a record that belongs to the command being applied: a copy, staged.
// Readers see it when the command has been found to fit, and never before.

// edit gives the staged copy of k's record, made by clone where there is none yet.
func edit[K ~string, V any](t *table[K, *V], k K, clone func(*V) *V) (*V, bool) {
	if c, ok := t.staged[k]; ok {
		return c.val, c.has
	}
	old, ok := t.Get(k)
	if !ok {
		return nil, false
	}
	v := clone(old)
	t.put(k, v)
	return v, true
}

// editSite gives a known site's record.
func (m *Machine) editSite(id ledger.SiteID) *Site {
	s, _ := edit(m.sites.table, id, func(s *Site) *Site {
		c := *s
		c.Trail = slices.Clone(s.Trail)
		c.Former = slices.Clone(s.Former)
		return &c
	})
	return s
}

// editStock gives the record of a SKU at a site, a new one where there was none.
func (m *Machine) editStock(site ledger.SiteID, sku ledger.SKU) *Stock {
	k := keyOfStock(site, sku)
	s, ok := edit(m.stock.table, k, func(s *Stock) *Stock {
		c := *s
		c.Level = s.Level.Clone()
		return &c
	})
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

// A cause names what commands are derived from, and numbers them: the id of a command is that
// of the entry or the plan that caused it, so that a restored head office derives the same.
type cause struct {
	name string // "" of an entry, until a command is derived from it: most cause none
	site ledger.SiteID
	e    *ledger.Entry
	n    int
}

func causeOfEntry(site ledger.SiteID, e *ledger.Entry) cause { return cause{site: site, e: e} }

func causeOfPlan(o *Order) *cause {
	return &cause{name: fmt.Sprintf("%s/%d", o.ID, o.Plans)}
}

// causeOfCommand is for what no entry and no plan of an order causes: a borrow, and the giving
// back of what was not used. A subject may be tried again, so the moment and the count of
// commands tell the tries apart.
func (m *Machine) causeOfCommand(of Subject, at time.Time) *cause {
	return &cause{name: fmt.Sprintf("%s/%d.%d", of, at.UnixMilli(), m.counters.Applied)}
}

func (c *cause) next() string {
	if c.name == "" && c.e != nil {
		c.name = fmt.Sprintf("%s/%d/%d", c.site, c.e.Epoch, c.e.Seq)
	}
	c.n++
	return fmt.Sprintf("%s/%d", c.name, c.n-1)
}

// issue queues a command to a site. What the command will take from allotted/hq is counted as
// drawn from here on; whoever calls has taken it from where it was.
func (m *Machine) issue(to ledger.SiteID, why *cause, c ledger.HQCommand) *ledger.HQCommand {
	s := m.editSite(to)
	c.H, c.Number, c.ID = m.counters.H, s.Issue.Number+1, why.next()
	c.Hash = ledger.ChainCommand(s.Issue.Hash, &c)
	s.Issue = ledger.Cursor{H: c.H, Number: c.Number, Hash: c.Hash}
	m.commands.put(keyOfCommand(to, c.Number), &c)
	if draws(c.Kind) {
		for _, l := range c.Lines {
			m.editStock(to, l.SKU).Drawn += l.Qty
		}
	}
	m.wake = append(m.wake, to)
	return &c
}

// draws says whether a command takes from allotted/hq.
func draws(k ledger.CommandKind) bool {
	return k == ledger.CommandReserve || k == ledger.CommandGiveBack
}
