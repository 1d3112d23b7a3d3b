package machine

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// take takes the units of legs from what is tied to the request using ("" for none), then from
// what is held, and closes the request: what it does not use goes back. It counts them nowhere;
// the caller does. The first leg that does not fit makes the whole plan a conflict.
func (m *Machine) take(legs []allocate.Leg, using Subject, why *cause) error {
	var req *Request
	if using != "" {
		var ok bool
		if req, ok = m.editRequest(using); !ok {
			return ErrConflict // closed meanwhile
		}
	}
	for i, leg := range legs {
		if i == 0 || leg.Site != legs[i-1].Site {
			if s, ok := m.sites.get(leg.Site); !ok || m.Closed(s) != "" {
				return ErrConflict
			}
		}
		stock := m.editStock(leg.Site, leg.SKU)
		rest := leg.Qty
		if req != nil {
			n := req.untie(leg.Site, leg.SKU, rest)
			stock.Tied -= n
			rest -= n
		}
		if rest > stock.Promisable() {
			return ErrConflict
		}
		stock.Held -= rest
	}
	if req != nil {
		m.closeRequest(using, why)
	}
	return nil
}

// untie takes up to q of what site has lent of sku.
func (r *Request) untie(site ledger.SiteID, sku ledger.SKU, q ledger.Qty) ledger.Qty {
	i, ok := slices.BinarySearchFunc(r.Tied, Tied{Site: site, SKU: sku}, compareTied)
	if !ok {
		return 0
	}
	n := min(q, r.Tied[i].Qty)
	if r.Tied[i].Qty -= n; r.Tied[i].Qty == 0 {
		r.Tied = slices.Delete(r.Tied, i, i+1)
	}
	return n
}

// tie adds what site has lent.
func (r *Request) tie(site ledger.SiteID, sku ledger.SKU, q ledger.Qty) {
	i, ok := slices.BinarySearchFunc(r.Tied, Tied{Site: site, SKU: sku}, compareTied)
	if !ok {
		r.Tied = slices.Insert(r.Tied, i, Tied{Site: site, SKU: sku})
	}
	r.Tied[i].Qty += q
}

func compareTied(a, b Tied) int {
	if n := strings.Compare(string(a.Site), string(b.Site)); n != 0 {
		return n
	}
	return strings.Compare(string(a.SKU), string(b.SKU))
}

// closeRequest ends a request: what is still tied to it goes back to where it was lent. What is
// lent to it later finds no request and goes back at once.
func (m *Machine) closeRequest(of Subject, why *cause) {
	req, ok := m.editRequest(of)
	if !ok {
		return
	}
	var freed []Tied
	for _, t := range req.Tied {
		stock := m.editStock(t.Site, t.SKU)
		stock.Tied -= t.Qty
		stock.Held += t.Qty
		freed = append(freed, t)
	}
	m.requests.del(of)
	m.giveBack(freed, why)
}

// giveBack returns to sites with a counter whatever HQ holds there of the SKUs that were
// touched: HQ keeps no standing allotment at a counter (allocation.md, section 1), so what lies
// there was borrowed and is not used. Held goes down here, before the site gains. What is
// touched twice is given back once: the second time nothing is held. At a site that is frozen
// nothing is: what is held there is not known before it thaws, and is given back then.
func (m *Machine) giveBack(touched []Tied, why *cause) {
	slices.SortFunc(touched, compareTied) // Qty plays no part: one site and SKU are neighbours
	var lines []ledger.CommandLine
	for i, t := range touched {
		site, ok := m.sites.get(t.Site)
		if ok && site.Counter && site.Frozen == "" {
			stock := m.editStock(t.Site, t.SKU)
			if stock.Held > 0 {
				lines = append(lines, ledger.CommandLine{SKU: t.SKU, Qty: stock.Held})
				stock.Held = 0
			}
		}
		if last := i == len(touched)-1 || touched[i+1].Site != t.Site; last && len(lines) > 0 {
			m.issue(t.Site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandGiveBack, Lines: lines})
			lines = nil
		}
	}
}

// reserve queues the commands that turn legs into reservations, one a site, and notes them on
// the order. The units have been taken already. id names the command to a site, but for the version that it is for.
func (m *Machine) reserve(o *Order, legs []allocate.Leg, id func(ledger.SiteID) string) {
	m.reserveWished(o, o.Lines, legs, id)
}

// reserveWished is reserve for an order whose lines are to become these.
func (m *Machine) reserveWished(o *Order, lines []ledger.Line, legs []allocate.Leg, id func(ledger.SiteID) string) {
	m.reserveAs(o, legs, func(part []allocate.Leg) string { return m.marked(o, lines, part, id(part[0].Site)) })
}

// reserveAs is reserve under ids that are whole.
func (m *Machine) reserveAs(o *Order, legs []allocate.Leg, id func(part []allocate.Leg) string) {
	o.Legs = slices.Grow(o.Legs, len(legs))
	for _, part := range bySite(legs) {
		site := part[0].Site
		c := m.issue(site, ledger.HQCommand{ID: id(part), Kind: ledger.CommandReserve, Order: o.ID, Owner: o.Owner, Lines: linesOfLegs(part), Customer: m.customerOf(o)})
		o.send(c, part)
	}
}

// send notes the legs that a command on its way will reserve.
func (o *Order) send(c *ledger.HQCommand, legs []allocate.Leg) {
	for _, l := range legs {
		o.Legs = append(o.Legs, Leg{Line: l.Line, SKU: l.SKU, Site: l.Site, Qty: l.Qty, State: LegSent, Command: c.ID})
	}
}

// decidedAt names each command by the next id of a decision.
func (c *cause) decidedAt(ledger.SiteID) string { return c.decided() }

// bySite cuts legs into one part a site, sites ascending, legs in their order.
func bySite(legs []allocate.Leg) [][]allocate.Leg {
	by := func(a, b allocate.Leg) int { return strings.Compare(string(a.Site), string(b.Site)) }
	sorted := legs
	if !slices.IsSortedFunc(legs, by) {
		sorted = slices.Clone(legs)
		slices.SortStableFunc(sorted, by)
	}
	var out [][]allocate.Leg
	for from, i := 0, 1; i <= len(sorted); i++ {
		if i == len(sorted) || sorted[i].Site != sorted[from].Site {
			out = append(out, sorted[from:i])
			from = i
		}
	}
	return out
}

func linesOfLegs(legs []allocate.Leg) []ledger.CommandLine {
	out := make([]ledger.CommandLine, len(legs))
	for i, l := range legs {
		out[i] = ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
	}
	return out
}

// fits says whether legs are a plan for lines: each names its line's SKU, and no line gets more
// than want says it lacks.
func fits(legs []allocate.Leg, lines []ledger.Line, want func(line int) ledger.Qty) bool {
	if len(legs) > allocate.LegsMax {
		return false
	}
	given := make([]ledger.Qty, len(lines))
	for _, l := range legs {
		if l.Line < 1 || l.Line > len(lines) || l.SKU != lines[l.Line-1].SKU || ledger.CheckQty(l.Qty) != nil {
			return false
		}
		// Both are at most 2^53, so the sum cannot wrap.
		if given[l.Line-1] += l.Qty; given[l.Line-1] > want(l.Line) {
			return false
		}
	}
	return true
}
