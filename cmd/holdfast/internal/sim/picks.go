package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// countReason is the reason of an adjustment that a count comes to.
const countReason = "count"

// addPicks has somebody at each site go round with what is reserved there: most is found, some is not, and some is
// not served.
func (p *Plan) addPicks() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "picks of "+string(s.ID))
		p.often(c, p.Temper.PickEach, func(at time.Duration) {
			kind := []ActKind{ActPick, ActReject}[c.pick([]int{75, 25})]
			p.add(Act{At: at, Kind: kind, Site: s.ID, Pick: c.upTo(1 << 16), Qty: ledger.Qty(c.pick([]int{4, 4, 2})), Hard: c.in100(50), For: c.around(3 * time.Minute)})
		})
	}
}

// A picker is somebody who goes for a site's part of an order, and tells what came of it until the book has it.
type picker struct {
	at      ledger.SiteID
	name    string
	order   ledger.OrderID
	pick    *ledger.PickLeg // one of the two
	reject  *ledger.RejectLeg
	heard   *ledger.Entry // the picker's journal
	over    bool
	deaf    bool // has lost its first answer, where the guard is off
	chance  *chance
	missing []ledger.AdjustLine // what was not found
	next    []*ledger.WorkLeg   // what is still to be done with what was found
	back    ledger.ReturnID     // the name of what comes back of it; "" where nothing is to
}

// pickAt picks, or rejects, one of the legs that a site has.
func (c *company) pickAt(a *Act) {
	s := c.byID[a.Site]
	if !s.up || !s.open || s.disk.quarantine != "" || s.core.State.Rebuilding || s.doubt {
		return
	}
	legs := s.legs()
	if len(legs) == 0 {
		return
	}
	l := legs[a.Pick%len(legs)]
	k := &picker{at: a.Site, name: fmt.Sprintf("pick %s %d", a.Site, a.ID), order: l.order, chance: newChance(c.plan.Seed, fmt.Sprintf("pick %s %d", a.Site, a.ID))}
	meta := ledger.Meta{Actor: "picker", Device: k.name, Key: keyOf(k.name), Request: ledger.DigestOf([]byte(k.name))}
	lines := slices.Clone(l.lines)
	if a.Kind == ActReject {
		if c.met("picked", "rejected"); a.Hard { // all of it, or some
			lines = nil
		}
		k.reject = &ledger.RejectLeg{Meta: meta, Order: l.order, Reason: "damaged", Lines: lines}
	} else {
		short := ledger.Qty(0)
		for i := range lines {
			n := min(a.Qty-short, lines[i].Qty)
			short += n
			lines[i].Qty, lines[i].Short = lines[i].Qty-n, n
			if n > 0 {
				k.missing = append(k.missing, ledger.AdjustLine{SKU: lines[i].SKU, Qty: n})
			}
		}
		if short == 0 {
			c.met("picked", "in full")
		} else {
			c.met("picked", "short")
		}
		k.pick = &ledger.PickLeg{Meta: meta, Order: l.order, Lines: lines}
	}
	c.pickers = append(c.pickers, k)
	c.count("pick")
	if c.guardOff(guardPickTold) && k.pick != nil && len(k.missing) > 0 { // the goods are gone, and nobody writes it down
		for _, m := range k.missing {
			c.shelf[shelf{a.Site, m.SKU}] -= m.Qty
		}
		return
	}
	k.try(c)
	c.after(a.For, func() { c.countAfter(k, a) })
	if k.pick != nil && c.plan.Disasters == 0 { // of a book that goes back the hands would have to begin anew
		k.plans(a)
		c.after(a.For, func() { k.sends(c) })
	}
}

// A legHere is what a site has reserved for an order.
type legHere struct {
	order ledger.OrderID
	lines []ledger.LegLine
}

// legs lists what a site has to pick, in the order in which customers came.
func (s *site) legs() (out []legHere) {
	for _, k := range s.c.wishes {
		l := legHere{order: k.wish.Order.ID}
		if o, ok := s.core.State.Order(l.order); ok && o.Owner == s.id && o.Canceling() == nil && o.Status != ledger.StatusSourcing {
			for i := range o.Lines {
				if q := o.Lines[i].Here; q > 0 {
					l.lines = append(l.lines, ledger.LegLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
				}
			}
		} else if v, ok := s.core.State.Served(l.order); ok {
			for _, line := range v.Lines {
				if i := slices.IndexFunc(l.lines, func(n ledger.LegLine) bool { return n.Line == line.Line }); i >= 0 {
					l.lines[i].Qty += line.Qty
				} else {
					l.lines = append(l.lines, ledger.LegLine{Line: line.Line, SKU: line.SKU, Qty: line.Qty})
				}
			}
		}
		if len(l.lines) > 0 {
			out = append(out, l)
		}
	}
	return out
}

func (k *picker) request(c *company) ledger.Request {
	if k.reject != nil {
		return k.reject
	}
	if c.guardOff(guardPickOnce) {
		again := *k.pick
		again.Key = keyOf(fmt.Sprint(k.name, c.now))
		k.pick = &again
	}
	return k.pick
}

func (k *picker) try(c *company) {
	if k.heard != nil || k.over {
		return
	}
	s := c.byID[k.at]
	if s.up && s.open && !k.chance.in100(c.lanLoss()) {
		s.do(k.request(c), func(out ledger.Outcome) {
			switch {
			case refusedForNow(out.Err):
			case out.Err != nil: // it was cancelled, or picked, meanwhile
				c.met("picked", "nothing there any more")
				k.over = true
			case c.guardOff(guardPickOnce) && k.reject == nil && !k.deaf: // the first answer is lost
				k.deaf = true
			case !k.chance.in100(c.lanLoss()):
				k.heard = out.Entry
			}
		})
	}
	c.after(clientPatience+k.chance.between(0, time.Second), func() { k.try(c) })
}

// countAfter has somebody count what was not found: all of it turns up again, or some. What was rejected is seen to
// by a person who says so at head office.
func (c *company) countAfter(k *picker, a *Act) {
	switch {
	case k.over:
	case k.heard == nil: // it is not written down yet
		c.after(time.Minute, func() { c.countAfter(k, a) })
	case k.reject != nil:
		c.resolveCount(k)
	case len(k.missing) == 0:
	default:
		h := &hand{at: k.at, chance: newChance(c.plan.Seed, "count "+k.name), a: &ledger.Adjust{Reason: countReason, Approver: "manager"}}
		for _, m := range k.missing {
			if !a.Hard {
				m.Qty = 1
			}
			h.a.Lines = append(h.a.Lines, m)
		}
		c.tell(h, "count "+k.name, h.chance.in100(50))
	}
}

// resolveCount closes the exception that a rejected leg raised, if head office has it.
func (c *company) resolveCount(k *picker) {
	for _, e := range c.hq.m.Exceptions(machine.ExceptionsMax) {
		if e.What == "count" && e.Site == k.at && e.Order == k.order && !e.Resolved.Done() {
			c.person(&machine.Resolve{Exception: e.ID, By: "manager", Note: "looked at", At: c.hq.wall()})
			c.met("exception", "count closed by a person")
		}
	}
}

// sawLeg takes what an entry says of a leg that fell short: the order lost it, and waits for it again.
func (s *site) sawLeg(e *ledger.Entry, b *ledger.LegBody) {
	for _, l := range b.Lost(e.Kind) {
		s.c.excuse(ledger.OrderID(e.Ref), l.Line, l.SKU, l.Qty, map[ledger.Kind]string{ledger.KindPicked: "by a short pick", ledger.KindRejected: "by a leg rejected"}[e.Kind])
	}
}

// confirmWait is how long an order that nobody has promised waits at head office, before it may be declined.
const confirmWait = 30 * time.Second

// sawUnconfirmed notes when an order was taken without a promise, in an entry of its site or by head office: it cannot have been
// heard of before.
func (c *company) sawUnconfirmed(how string, o *ledger.Order) {
	if o.Status != ledger.StatusUnconfirmed {
		return
	}
	if _, seen := c.unsureAt[o.ID]; !seen {
		c.unsureAt[o.ID] = c.now
		c.met("to be confirmed", how)
	}
}

// sawDeclined judges a decline of head office's: not before other sites had their time to come back.
func (c *company) sawDeclined(e *machine.Exception) {
	c.met("to be confirmed", "declined")
	at, seen := c.unsureAt[e.Order]
	if !seen {
		c.fail("declined", "%s is declined, and nobody has taken it without a promise", e.Order)
	} else if c.now-at < confirmWait {
		c.fail("declined", "%s is declined %v after it was taken: sites that were cut off with its own have had no time to come back", e.Order, c.now-at)
	}
}

// checkDeclined compares what head office gave up of an order with what its client was told: only what nobody had
// promised may be, and nobody keeps goods for it.
func (c *company) checkDeclined(k *client, o *ledger.Order) error {
	for i := range o.Lines {
		was, is := &k.order.Lines[i], &o.Lines[i]
		switch {
		case is.Drop != nil: // its supplier may refuse it
		case is.Unconfirmed > 0 && o.Canceling() == nil:
			return errors.New("it is still to be confirmed")
		case is.Declined > was.Unconfirmed:
			return fmt.Errorf("line %d has %d declined, and was told %d to be confirmed", i+1, is.Declined, was.Unconfirmed)
		case is.Promised()+is.Backordered+is.Declined > is.Qty:
			return fmt.Errorf("line %d has %d declined, and %d promised or waited for, of %d", i+1, is.Declined, is.Promised()+is.Backordered, is.Qty)
		}
	}
	return nil
}

// checkCounts looks for exceptions that ask for a count which has been made.
func (c *company) checkCounts() {
	if c.wentBack {
		return
	}
	for _, e := range c.hq.m.Exceptions(machine.ExceptionsMax) {
		s := c.byID[e.Site]
		if e.What == "count" && !e.Resolved.Done() && s != nil && s.told.counted[e.SKU] > e.Seq {
			c.fail("count", "exception %d asks %s to count %s since entry %d, which entry %d did", e.ID, e.Site, e.SKU, e.Seq, s.told.counted[e.SKU])
		}
	}
}

// confirmed counts what became of an order that was taken without a promise.
func (c *company) confirmed(k *client, o *ledger.Order) {
	if k.order.Status != ledger.StatusUnconfirmed {
		return
	}
	for i := range o.Lines {
		if o.Lines[i].Declined > 0 && o.Lines[i].Drop == nil {
			c.report.Declined++
			return
		}
	}
	c.report.Confirmed++
	c.report.Accepted++
	c.met("to be confirmed", "confirmed")
}

// overstated is an answer that says of an order to be confirmed that all of it is promised: only where the guard is off.
func (c *company) overstated(out ledger.Outcome) ledger.Outcome {
	if !c.guardOff(guardUnsureTold) || out.Entry == nil {
		return out
	}
	b, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok || b.Order.Status != ledger.StatusUnconfirmed {
		return out
	}
	told, entry := *b, *out.Entry
	told.Order = *b.Order.Clone()
	for i := range told.Order.Lines {
		l := &told.Order.Lines[i]
		l.Here, l.Backordered, l.Unconfirmed = l.Here+l.Unconfirmed, l.Backordered-l.Unconfirmed, 0
	}
	told.Order.Settle()
	entry.Body, out.Entry = &told, &entry
	return out
}
