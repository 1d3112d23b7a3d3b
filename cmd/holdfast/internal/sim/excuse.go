package sim

import (
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What clients were told is counted by SKU. A promise beyond the goods is oversold, unless an
// explicit entry says which promise lost its units, to whom and why: then it is displaced.
// Both are counted from what clients heard and what entries say, never from a book's sums.

// excuse takes a promise out of the count: an entry says that it lost its units.
func (c *company) excuse(id ledger.OrderID, line int, sku ledger.SKU, q ledger.Qty, why string) {
	if q <= 0 {
		return
	}
	lines := c.excused[id]
	if lines == nil {
		lines = map[int]ledger.Qty{}
		c.excused[id] = lines
	}
	k := c.byOrder[id]
	counted := k != nil && k.counts
	before := ledger.Qty(0)
	if counted {
		before = k.claims(line)
	}
	lines[line] += q
	c.report.Displaced += uint64(q)
	c.met("displaced", why)
	if counted {
		c.promised[sku] -= before - k.claims(line)
	}
}

// claims is what a client counts on for a line (from 1) of what it was told.
func (k *client) claims(line int) ledger.Qty {
	if line > len(k.order.Lines) {
		return 0
	}
	l := &k.order.Lines[line-1]
	if l.Drop != nil {
		return 0 // no unit of the company's: what its supplier says of it is judged by checkDrops
	}
	q := l.Promised()
	if k.cancels {
		q = l.Taken
	}
	return max(l.Taken, q-k.c.excused[k.order.ID][line])
}

// count adds a client's promise to the sum, or takes it out.
func (k *client) count(in bool) {
	if k.counts == in || k.order == nil {
		return
	}
	k.counts = in
	for i := range k.order.Lines {
		q := k.claims(i + 1)
		if !in {
			q = -q
		}
		k.c.promised[k.order.Lines[i].SKU] += q
	}
}

// checkPromises fails where more of an order's SKUs is promised than there is.
func (c *company) checkPromises(o *ledger.Order) {
	for i := range o.Lines {
		sku := o.Lines[i].SKU
		if have := c.received[sku] + c.allowed[sku]; c.promised[sku] > have && c.promised[sku] > have+c.beingRefused(sku)+c.beingLost(sku) {
			c.fail("oversold", "%d %s are promised to clients, %d are there", c.promised[sku], sku, have)
		}
	}
}

// beingRefused is what head office has promised of units that an entry has taken since, out of the hand or by a
// loss: the command for them is under way, and will be refused.
func (c *company) beingRefused(sku ledger.SKU) (sum ledger.Qty) {
	for _, s := range c.sites {
		stock, ok := c.hq.m.Stock(s.id, sku)
		if !ok || s.told.seized[sku] == 0 {
			continue
		}
		there := ledger.Qty(0)
		if l, ok := s.core.State.Level(sku); ok {
			there = l.AllottedTo(ledger.HolderHQ)
		}
		sum += max(0, stock.Drawn-there)
	}
	return sum
}

// beingLost is what orders count on at sites whose reservation is gone with both copies: head office and the
// site went back, and the order's book has not told, or not heard, yet. That none is left is judged at the end.
func (c *company) beingLost(sku ledger.SKU) (sum ledger.Qty) {
	if c.hq.lives < 2 {
		return 0
	}
	for _, k := range c.wishes {
		if !k.counts || k.order == nil || k.book == ledger.HQ {
			continue
		}
		for i := range k.order.Lines {
			if k.order.Lines[i].SKU != sku {
				continue
			}
			for _, leg := range k.order.Lines[i].Away {
				if s := c.byID[leg.Site]; s.suspect {
					sum += max(0, leg.Qty-s.servedOf(k.order.ID, i+1))
				}
			}
		}
	}
	return sum
}

// servedOf is what a site has reserved for a line (from 1) of another book's order.
func (s *site) servedOf(id ledger.OrderID, line int) (sum ledger.Qty) {
	if v, ok := s.core.State.Served(id); ok {
		for _, l := range v.Lines {
			if l.Line == line {
				sum += l.Qty
			}
		}
	}
	return sum
}

// sawDisplaced takes what an entry says of promises that it could not keep.
func (s *site) sawDisplaced(e *ledger.Entry) {
	c := s.c
	displaced := func(list []ledger.Displaced, why string) {
		for _, d := range list {
			c.excuse(d.Order, d.Line, d.SKU, d.Qty, why)
		}
	}
	for _, p := range e.Postings {
		switch {
		case p.Account.Kind == ledger.Shortfall && (e.Kind != ledger.KindObeyed || transferOf(e) != nil):
			c.allowed[p.SKU] += max(0, -p.Qty)
		case p.Account.Kind == ledger.Loss && p.Account.Ref == ledger.FoundReason:
			c.received[p.SKU] -= p.Qty // what is gone is counted with the goods: once
			c.found[shelf{s.id, p.SKU}] -= p.Qty
		}
	}
	switch b := e.Body.(type) {
	case *ledger.OrderBody:
		displaced(b.Displaced, "by goods in the hand")
	case *ledger.AdjustedBody:
		displaced(b.Displaced, "by a loss")
	case *ledger.LateBody:
		displaced(b.Displaced, "by a late fact")
		s.sawLate(b)
	case *ledger.ObeyedBody:
		displaced(b.Displaced, "by goods that had left")
		s.sawRefused(b)
	}
}

// sawLate compares a late order with what its client was told: what is less must be named.
func (s *site) sawLate(b *ledger.LateBody) {
	c := s.c
	c.met("late", b.Was.String())
	if b.Order == nil {
		return
	}
	k := c.byOrder[b.Order.ID]
	if k == nil || k.told != yes || k.cancels {
		return
	}
	k.apart = k.apart || b.Refusal == ledger.RefusedState && b.Was != ledger.KindCanceled
	missing := map[int]ledger.Qty{}
	for _, m := range b.Missing {
		missing[m.Line] += m.Want - m.Have
	}
	for i := range b.Order.Lines {
		less := k.claims(i+1) - b.Order.Lines[i].Promised()
		if less <= 0 {
			continue
		}
		if b.Refusal == "" && missing[i+1] < less && !k.twice { // of two answers, the first may turn up
			c.fail("silent", "%s was told %s, a late entry has it as %s and names %d missing on line %d", k.who(), describe(k.order), describe(b.Order), missing[i+1], i+1)
			return
		}
		c.excuse(b.Order.ID, i+1, b.Order.Lines[i].SKU, less, "at a rebuild")
	}
}

// sawRefused takes a reservation that a site could not make: only a loss may have come before it.
func (s *site) sawRefused(b *ledger.ObeyedBody) {
	cmd := &b.Command
	if b.Repeat {
		return
	}
	switch {
	case cmd.Kind == ledger.CommandWriteOff:
		for _, l := range b.Done {
			s.c.allowed[l.SKU] += l.Qty // a person has signed for it
		}
	case cmd.Kind == ledger.CommandLose && strings.HasSuffix(cmd.ID, "/not_held"):
		for _, l := range b.Done {
			s.c.excuse(cmd.Order, l.Line, l.SKU, l.Qty, "by a promise that no book is left of")
		}
	case b.Refused == ledger.RefusedNotAllotted && cmd.Order != "":
		for _, l := range cmd.Lines {
			s.c.excuse(cmd.Order, l.Line, l.SKU, l.Qty, "by a command refused")
		}
	}
}
