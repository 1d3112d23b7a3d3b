package machine

import (
	"iter"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The methods of this file and of read_items.go read. See the package's words on who may call:
// results are shared and must not be changed.

// H is the present incarnation of head office; the zero one before Bootstrap.
func (m *Machine) H() ledger.Incarnation { return m.counters.H }

// Applied counts the commands applied since the beginning, whatever came of them.
func (m *Machine) Applied() uint64 { return m.counters.Applied }

// Site gives what is known of one site.
func (m *Machine) Site(id ledger.SiteID) (*Site, bool) { return m.sites.Get(id) }

// Sites lists all sites by name.
func (m *Machine) Sites() []*Site {
	out := make([]*Site, 0, len(m.derived.sites))
	for _, id := range m.derived.sites {
		s, _ := m.sites.Get(id)
		out = append(out, s)
	}
	return out
}

// SiteList is what the sites are told of each other; of version 0 where there are too many.
func (m *Machine) SiteList() ledger.SiteList { return m.derived.list }

// Servers lists the servers of head office by name.
func (m *Machine) Servers() []Server {
	out := make([]Server, 0, len(m.derived.servers))
	for _, k := range m.derived.servers {
		s, _ := m.servers.Get(k)
		out = append(out, *s)
	}
	return out
}

// Stock gives one SKU at one site; ok is false where the site never had any.
func (m *Machine) Stock(site ledger.SiteID, sku ledger.SKU) (*Stock, bool) {
	return m.stock.Get(keyOfStock(site, sku))
}

// A SiteStock is one SKU's stock with its site.
type SiteStock struct {
	Site *Site
	*Stock
}

// StockOf gives one SKU at every site that ever had any, by site.
func (m *Machine) StockOf(sku ledger.SKU) []SiteStock {
	n := m.stock.rows.OfLen(sku)
	out, opened := make([]SiteStock, 0, n), make([]roomyStock, n)
	for id, b := range m.stock.rows.Of(sku) {
		if site, ok := m.sites.Get(id); ok {
			s := &opened[len(out)]
			s.unpack(b)
			out = append(out, SiteStock{site, &s.Stock})
		}
	}
	return out
}

// A SiteOffer is what one site could give of a SKU.
type SiteOffer struct {
	Site       *Site
	Promisable ledger.Qty // what HQ may promise now, asking nobody
	Available  ledger.Qty // what the site may promise itself
}

// OffersOf goes through the sites that ever had a SKU, by site, and sets nothing aside: planners look at every one.
func (m *Machine) OffersOf(sku ledger.SKU) iter.Seq[SiteOffer] {
	return func(yield func(SiteOffer) bool) {
		for id, b := range m.stock.rows.Of(sku) {
			site, ok := m.sites.Get(id)
			available, held := offered(b)
			if ok && !yield(SiteOffer{Site: site, Promisable: max(held, 0), Available: available}) {
				return
			}
		}
	}
}

// Order gives an order that HQ owns or has a part in.
func (m *Machine) Order(id ledger.OrderID) (*Order, bool) { return m.orders.Get(id) }

// Forgotten gives an order of HQ's own that an earlier life took and that is known by its
// reservations, or their cancel, only; nil where there is none.
func (m *Machine) Forgotten(id ledger.OrderID) *Order {
	o, ok := m.orders.Get(id)
	if !ok || !o.Relearned || o.Owner != ledger.HQ {
		return nil
	}
	return o
}

// Bears says whether other asks for no more than the reservations that an order is known by bring, line by line. What goes beyond them nobody is known to
// have accepted.
func (o *Order) Bears(other *ledger.Order) bool {
	if !o.Admits(other) {
		return false
	}
	for i := range other.Lines {
		if other.Lines[i].Qty > o.brings(i+1) {
			return false
		}
	}
	return true
}

// Unsettled says whether head office has gone back in time and does not know yet all that it has
// promised: a site may still tell of an order that is not known here.
func (m *Machine) Unsettled() bool {
	return m.counters.Behind.Known() || slices.ContainsFunc(m.derived.sites, func(id ledger.SiteID) bool {
		s, _ := m.sites.Get(id)
		return m.Awaited(s)
	})
}

// Orders lists orders after the id after, ascending, at most limit of those that keep lets
// through (nil: all). next is where to go on; "" at the end.
func (m *Machine) Orders(after ledger.OrderID, limit int, keep func(status ledger.Status, takenAt time.Time) bool) (out []*Order, next ledger.OrderID) {
	w := m.derived.heads.behind(after)
	for h := w.next(); h != nil; h = w.next() {
		if keep != nil && !keep(h.status, h.takenAt) {
			continue
		}
		if len(out) == limit {
			return out, out[limit-1].ID
		}
		o, _ := m.orders.Get(h.id)
		out = append(out, o)
	}
	return out, ""
}

// Latest lists the orders that HQ learned of last, newest first, at most limit of those that
// keep lets through (nil: all). It looks at 10 * limit orders at most.
func (m *Machine) Latest(limit int, keep func(*Order) bool) []*Order {
	var out []*Order
	for rank, looked := m.counters.Rank, 0; rank > 0 && len(out) < limit && looked < 10*limit; rank-- {
		id, ok := m.derived.ranked[rank]
		if !ok {
			continue
		}
		looked++
		if o, ok := m.orders.Get(id); ok && (keep == nil || keep(o)) {
			out = append(out, o)
		}
	}
	return out
}

// Passed lists what sites may promise of each other's stock, by owner, holder and SKU,
// at most limit.
func (m *Machine) Passed(limit int) []*Passed {
	var out []*Passed
	for _, k := range m.derived.passed[:min(limit, len(m.derived.passed))] {
		p, _ := m.passed.Get(k)
		out = append(out, p)
	}
	return out
}

// PassedOn gives what a holder may promise of an owner's stock.
func (m *Machine) PassedOn(owner, holder ledger.SiteID, sku ledger.SKU) (*Passed, bool) {
	return m.passed.Get(keyOfPassed(owner, holder, sku))
}

// PassedOf lists what sites may promise of each other's stock of one SKU, by owner and holder.
func (m *Machine) PassedOf(sku ledger.SKU) []*Passed {
	out := make([]*Passed, 0, len(m.derived.passedOf[sku]))
	for _, k := range m.derived.passedOf[sku] {
		p, _ := m.passed.Get(k)
		out = append(out, p)
	}
	return out
}

// Exception gives one that is still kept.
func (m *Machine) Exception(id uint64) (*Exception, bool) { return m.exceptions.Get(keyOfRank(id)) }

// Kept lists the commands that are kept for a site until it has attested, at most limit.
func (m *Machine) Kept(site ledger.SiteID, limit int) []ledger.HQCommand {
	s, ok := m.sites.Get(site)
	if !ok {
		return nil
	}
	var out []ledger.HQCommand
	for n := uint64(1); n <= s.Kept && len(out) < limit; n++ {
		if c, ok := m.kept.Get(keyOfCommand(site, n)); ok {
			out = append(out, *c)
		}
	}
	return out
}

// Ask gives an ask that is not over as far as HQ knows.
func (m *Machine) Ask(id ledger.AskID) (*Ask, bool) { return m.asks.Get(SubjectOfAsk(id)) }

// Request gives the open request of a subject.
func (m *Machine) Request(of Subject) (*Request, bool) { return m.requests.Get(of) }

// Requests lists open requests by subject, at most limit.
func (m *Machine) Requests(limit int) []*Request {
	var out []*Request
	for _, of := range m.derived.requests[:min(limit, len(m.derived.requests))] {
		r, _ := m.requests.Get(of)
		out = append(out, r)
	}
	return out
}

// Answer gives what was answered under a key.
func (m *Machine) Answer(key ledger.Digest) (*Answer, bool) { return m.answers.Get(keyOfDigest(key)) }

// Commands lists the commands queued to a site after number after, at most limit.
func (m *Machine) Commands(site ledger.SiteID, after uint64, limit int) []ledger.HQCommand {
	s, ok := m.sites.Get(site)
	if !ok {
		return nil
	}
	var out []ledger.HQCommand
	for n := max(after, s.Ack.Number) + 1; n <= s.Issue.Number && len(out) < limit; n++ {
		if c, ok := m.commands.Get(keyOfCommand(site, n)); ok {
			out = append(out, *c)
		}
	}
	return out
}

// Explained gives why an order was last planned as it was; only the latest are kept.
func (m *Machine) Explained(id ledger.OrderID) (*Explained, bool) { return m.explains.Get(id) }

// Exceptions lists the latest exceptions, newest first, at most limit.
func (m *Machine) Exceptions(limit int) []*Exception {
	var out []*Exception
	for id := m.counters.Exceptions; id > 0 && len(out) < limit; id-- {
		e, ok := m.exceptions.Get(keyOfRank(id))
		if !ok {
			break
		}
		out = append(out, e)
	}
	return out
}

// Counts is how much there is of each thing, for metrics.
type Counts struct {
	Sites, Stock, Orders, WaitingSKUs, Unconfirmed, Asks, Requests, Answers, Commands, Items, Deliveries, DuePromises int
	Exceptions                                                                                                        uint64
}

// Counts gives the sizes of the state.
func (m *Machine) Counts() Counts {
	return Counts{Sites: m.sites.Len(), Stock: m.stock.Len(), Orders: m.orders.Len(), WaitingSKUs: len(m.derived.waits), Unconfirmed: len(m.derived.unsure),
		Asks: m.asks.Len(), Requests: m.requests.Len(), Answers: m.answers.Len(), Commands: m.commands.Len(),
		Items: m.items.Len(), Deliveries: m.derived.due.open, DuePromises: m.promises.Len(), Exceptions: m.counters.Exceptions}
}

// Ranked lists orders from the latest that head office learned of down: of the looks ranks below the rank given (0: from the
// last on) those that keep lets through. next is where to go on; 0 at the end.
func (m *Machine) Ranked(below uint64, looks int, keep func(status ledger.Status, takenAt time.Time) bool) (out []*Order, next uint64) {
	rank := m.counters.Rank
	if below > 0 {
		rank = min(rank, below-1)
	}
	for ; rank > 0 && looks > 0; rank-- {
		looks--
		id, ok := m.derived.ranked[rank]
		if !ok {
			continue
		}
		part, at, ok := m.derived.heads.find(id)
		if !ok || !keep(m.derived.heads.parts[part][at].status, m.derived.heads.parts[part][at].takenAt) {
			continue
		}
		if o, ok := m.orders.Get(id); ok {
			out = append(out, o)
		}
	}
	if rank == 0 {
		return out, 0
	}
	return out, rank + 1
}
