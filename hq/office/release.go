package office

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// requestsBatch bounds the open requests looked at in one Release.
const requestsBatch = 1000

// Release serves the next batch of waiting orders, in their turn, from what is held and then
// by borrowing, and gives back what was borrowed for requests that nobody came back for. more
// says that it should be called again at once; otherwise when the machine has changed, and every
// second or so for those that went stale. Only a leader calls it, one call at a time.
//
// The commands of a batch are planned on one view, each leaving to the next what it does not
// take, and proposed one by one: one that conflicts with what others did meanwhile changes
// nothing, and its order comes again.
func (o *Office) Release(ctx context.Context, now time.Time) (more bool, err error) {
	there := o.presences(now)
	ages, since := o.ages(now), o.unsureSince(now)
	var cmds []machine.Command
	var back []*machine.PassOn
	o.cluster.View(func(m *machine.Machine) {
		taken := spent{}
		cmds = o.settleRequests(m, ages, now, there, taken)
		var fills []machine.Command
		var full bool
		fills, back, full = o.fillWaiting(m, now, there, taken)
		cmds, more = append(cmds, fills...), full && len(fills) > 0
		l := o.lookout(m, since, now, there, taken)
		cmds = append(cmds, o.declines(l)...)
		cmds = append(cmds, o.unserved(l)...)
		cmds = append(cmds, dayBegins(m, now)...)
	})
	for _, c := range cmds {
		if _, err := o.propose(ctx, c); err != nil && !errors.Is(err, machine.ErrConflict) {
			return false, err
		}
	}
	return more, o.recall(ctx, now, back)
}

// settleRequests ends the requests that have waited long enough: a fill that was lent something
// uses it, everything else goes back. A fill whose lenders have all answered is settled at once.
func (o *Office) settleRequests(m *machine.Machine, ages ages, now time.Time, there presences, taken spent) []machine.Command {
	var out []machine.Command
	for _, r := range m.Requests(requestsBatch) {
		stale := ages.of(r) >= o.cfg.StaleAfter
		order, ok := m.Order(r.Order)
		fill := ok && r.For == machine.SubjectOfFill(r.Order)
		if fill && (stale || !pending(r, there)) {
			p, e := o.plan(m, there, sourcing{want: wanted(m, order, now), order: &order.Order, home: order.Owner, using: r, spent: &taken, now: now})
			if len(p.Legs) > 0 {
				taken.take(heldOnly(p, r))
				out = append(out, &machine.Fill{Order: r.Order, Using: r.For, Legs: p.Legs, Explain: machine.ReasonsOf(e), At: now})
				continue
			}
			stale = true
		}
		if stale {
			out = append(out, &machine.Refuse{For: r.For, At: now})
		}
	}
	return out
}

// heldOnly leaves out of a plan what its own request pays for.
func heldOnly(p allocate.Plan, r *machine.Request) allocate.Plan {
	if r == nil {
		return allocate.Plan{Legs: p.Legs}
	}
	tied := tiedTo(r)
	var out allocate.Plan
	for _, l := range p.Legs {
		n := min(l.Qty, tied[spot{l.Site, l.SKU}])
		tied[spot{l.Site, l.SKU}] -= n
		if l.Qty -= n; l.Qty > 0 {
			out.Legs = append(out.Legs, l)
		}
	}
	return out
}

// fillWaiting plans for the first orders that what is there could serve. full says that there may
// be more of them than were looked at.
func (o *Office) fillWaiting(m *machine.Machine, now time.Time, there presences, taken spent) (out []machine.Command, back []*machine.PassOn, full bool) {
	s := serving{m: m, there: there, now: now, have: map[supplyOf]ledger.Qty{}}
	orders := m.Waiting(s.supply, s.may, o.cfg.FillBatch)
	for _, order := range orders {
		r, borrowing := m.Request(machine.SubjectOfFill(order.ID))
		if borrowing && !pending(r, there) {
			continue // settled above; it comes again if it still waits
		}
		want := wanted(m, order, now)
		p, e := o.plan(m, there, sourcing{want: want, order: &order.Order, home: order.Owner, borrow: !borrowing, spent: &taken, now: now})
		taken.take(p)
		if len(p.Short) > 0 && len(p.Borrow) == 0 {
			back = append(back, callBackFor(m, there, p.Short, sourcing{want: want, order: &order.Order}, now).levels...)
		}
		if len(p.Legs) > 0 && (len(p.Borrow) == 0 || !want.Whole) { // else it takes all at once, when the lenders have answered
			out = append(out, &machine.Fill{Order: order.ID, Legs: p.Legs, Explain: machine.ReasonsOf(e), At: now})
		}
		if len(p.Borrow) > 0 {
			out = append(out, &machine.Borrow{For: machine.SubjectOfFill(order.ID), Order: order.ID, Sites: borrowFrom(p.Borrow), Explain: machine.ReasonsOf(e), At: now})
		}
	}
	return out, back, len(orders) == o.cfg.FillBatch
}

// supply is what may be promised of a SKU now, or asked for, at one site or anywhere.
func supply(m *machine.Machine, there presences, now time.Time, sku ledger.SKU, only ledger.SiteID) ledger.Qty {
	var sum ledger.Qty
	for st := range m.OffersOf(sku) {
		if only != "" && st.Site.ID != only || m.Closed(st.Site) != "" || m.AvoidedAt(st.Site.ID, sku, now) != "" || !servesNow(m, st.Site.ID, sku, now) {
			continue
		}
		sum += st.Promisable
		if lends(m, st.Site, there) {
			sum += spare(m, st, sku)
		}
	}
	for _, p := range m.PassedOf(sku) {
		if (only == "" || p.Owner == only) && servesNow(m, p.Owner, sku, now) {
			sum += recallable(m, there, p)
		}
	}
	return sum
}

// wanted is what an order waits for.
func wanted(m *machine.Machine, o *machine.Order, now time.Time) allocate.Want {
	w := allocate.Want{Only: o.CollectAt, Whole: !keeps(m, &o.Order, now)}
	for i := range o.Lines {
		if q := o.Waiting(i + 1); q > 0 {
			w.Lines = append(w.Lines, allocate.Need{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
		}
	}
	return w
}
