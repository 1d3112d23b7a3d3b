package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	// AvoidedFor is how long nothing of a SKU is planned from a site that did not serve it, where its stock is in question.
	AvoidedFor = 3 * 24 * time.Hour
	// AvoidedForHands is how long where it lacked hands, and not goods.
	AvoidedForHands = 24 * time.Hour
	// avoidedForgotten is how many rows a push looks at, to drop those whose time is over.
	avoidedForgotten = 4
)

// leg folds what a site says of its part of an order: some of it was not found, or will not be served. The line waits
// again, in its old turn, the site is avoided for the SKU, and somebody there has to count.
func (f *folding) leg(b *ledger.LegBody) error {
	if b.Refusal != "" {
		return nil
	}
	id, lost := ledger.OrderID(f.e.Ref), b.Lost(f.e.Kind)
	if o := b.Order; o != nil {
		if err := f.fits(o); err != nil {
			return err
		}
		if o.ID != id {
			return fmt.Errorf("it is about order %s, and holds order %s", id, o.ID)
		}
		f.retold(o)
	} else {
		for i, l := range lost {
			f.unserved(i, id, l.Line, l.SKU, l.Qty)
		}
	}
	step := Step{What: StepShort, At: f.push.At, Site: f.site, By: f.e.Actor, Why: b.Reason}
	if f.e.Kind == ledger.KindRejected {
		step.What = StepRejected
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		var a *Avoided
		line := StepLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
		switch {
		case f.e.Kind == ledger.KindPicked && l.Short > 0:
			line.Qty, line.Of = l.Short, l.Short+l.Qty
			a = f.avoid(l.SKU, id, f.shortfallOfPick(), f.so(l.Short, "was not found where the book says it is", "were not found where the book says they are"))
		case f.e.Kind == ledger.KindRejected && l.Qty > 0:
			a = f.avoid(l.SKU, id, f.rejection(b.Reason), f.so(l.Qty, "is not served from there: ", "are not served from there: ")+b.Reason)
		}
		if a != nil {
			line.Exception, step.Until = a.Count, a.Until
			step.Lines = append(step.Lines, line)
		}
	}
	if len(step.Lines) > 0 {
		f.m.tell(id, step)
	}
	return nil
}

// shortfallOfPick is what follows where a picker did not find what the book has.
func (f *folding) shortfallOfPick() Rejection { return Rejection{Counts: true, For: AvoidedFor} }

// so says something of one unit or of many. An older build had one form.
func (f *folding) so(q ledger.Qty, one, many string) string {
	if q == 1 && f.m.tells() {
		many = one
	}
	return fmt.Sprintf("%d %s", q, many)
}

// rejection is what follows from a site's reason. Before every server has the table each is about the stock.
func (f *folding) rejection(reason string) Rejection {
	if !f.m.tells() {
		return f.shortfallOfPick()
	}
	return rejection(reason)
}

// retold takes the word of its book for an order that lost something there.
func (f *folding) retold(o *ledger.Order) {
	if _, known := f.m.orders.get(o.ID); known {
		f.rebook(o)
	} else if f.wrote(o.ID); f.owns(o.ID) {
		f.placed(o, nil)
	}
}

// unserved lets a line of another book's order wait again for what the site has lost of it. index tells one loss of the entry
// from the next.
func (f *folding) unserved(index int, id ledger.OrderID, line int, sku ledger.SKU, q ledger.Qty) {
	o, ok := f.m.editOrder(id)
	if !ok || line < 1 || line > len(o.Lines) || q < 1 || o.Canceling() != nil {
		return
	}
	f.m.shrink(o, line, f.site, q, LegRefused)
	f.m.parcelsBack(id, f.site)
	if !f.settled(o) {
		return // it is compared when the book has told all it knows
	}
	if q = o.withdraw(line-1, f.site, q); q > 0 {
		o.Lines[line-1].Backordered += q
		o.Wait = ledger.WaitHQ
		f.lose(o, index, []ledger.CommandLine{{Line: line, SKU: sku, Qty: q}})
	}
	o.Settle()
}

// avoid has nothing of a SKU planned from the site, and asks for a count where the stock is in question, unless one is asked for.
func (f *folding) avoid(sku ledger.SKU, order ledger.OrderID, so Rejection, why string) *Avoided {
	if _, err := ledger.ParseSKU(string(sku)); err != nil {
		return nil
	}
	a := &Avoided{Site: f.site, SKU: sku, Until: f.push.At.Add(so.For), Why: why}
	if f.m.tells() {
		a.Since, a.By, a.Order = f.push.At, cutText(f.e.Actor), order
	}
	if old, ok := f.m.avoided.get(keyOfRate(f.site, sku)); ok {
		if f.m.countOf(old) != nil {
			a.Count = old.Count
		}
		if !so.Counts && old.now(f.push.At) && old.Until.After(a.Until) { // what is known of the stock weighs more
			return old
		}
	}
	if a.Count == 0 && so.Counts {
		f.m.raise(Exception{What: "count", Site: f.site, Seq: f.e.Seq, SKU: sku, Order: order, Owner: string(f.site), Why: why + ": count them"}, f.push.At)
		a.Count = f.m.counters.Exceptions
	}
	f.m.avoided.put(keyOfRate(f.site, sku), a)
	return a
}

// counted ends the avoiding of what the entry moves: goods have come, or somebody has counted, which answers the
// exception too.
func (f *folding) counted(reason string) {
	if f.m.avoided.Len() == 0 && len(f.m.avoided.staged) == 0 {
		return
	}
	for i := range f.e.Postings {
		f.countedOf(f.e.Postings[i].SKU, reason, f.e.Seq)
	}
}

// countedOf is counted for one SKU, as the site stood after entry at: who looked before a count was asked for has not
// answered it.
func (f *folding) countedOf(sku ledger.SKU, reason string, at ledger.Seq) {
	k := keyOfRate(f.site, sku)
	a, ok := f.m.avoided.get(k)
	if !ok || a.Count == 0 { // of who lacks hands goods say nothing
		return
	}
	if e := f.m.countOf(a); e != nil && reason != "" {
		if e.Seq > at {
			return
		}
		f.m.resolved(e, Signed{By: ownerHQ, Reason: reason, At: f.push.At})
	}
	f.m.avoidNoMore(k, a)
}

// countOf is the exception that asks for a count, while it is open; nil after.
func (m *Machine) countOf(a *Avoided) *Exception {
	if e, kept := m.exceptions.get(keyOfRank(a.Count)); kept && !e.Resolved.Done() {
		return e
	}
	return nil
}

// avoidNoMore ends the avoiding. The row stays as long as a count is asked for: an adjustment answers that, whenever it comes.
func (m *Machine) avoidNoMore(k rateKey, a *Avoided) {
	if m.countOf(a) == nil {
		m.avoided.del(k)
		return
	}
	over := *a
	over.Until = time.Time{}
	m.avoided.put(k, &over)
}

// forgetAvoided ends the avoiding, and drops rows of a site whose time is over, a few at a time.
func (m *Machine) forgetAvoided(site ledger.SiteID, last ledger.Seq, at time.Time) {
	skus := m.derived.avoided[site]
	for i := range min(avoidedForgotten, len(skus)) {
		k := keyOfRate(site, skus[(uint64(last)*avoidedForgotten+uint64(i))%uint64(len(skus))])
		if a, ok := m.avoided.get(k); ok && !at.Before(a.Until) {
			m.avoidNoMore(k, a)
		}
	}
}
