package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What a lost life of head office accepted is never taken back. An order may be known by its reservations only, and be sent again for more than they bring: nobody
// knows whether that, too, was accepted. Where a check of today stops it, what is reserved stays so and the order waits for somebody's word about the rest, with
// an owner and a moment at which it is decided, as any order that waits. A yes serves all of it; a no gives up what nobody has reserved, and no more.
//
// The other way round, an order may wait in the state that was restored, and the lost life have released it since: the first site that tells of a reservation
// for it says so.

// acceptedPart gives an order that is known by its reservations only and that other asks for again, where it may wait for somebody's word about what they do not bring.
func (m *Machine) acceptedPart(other *ledger.Order) (o *Order, ok bool) {
	o, again := m.forgottenOrder(other.ID)
	return o, again && m.takesUp() && o.has() && !o.awaits() && !o.GivenUp() && o.Admits(other)
}

// AcceptedPart says whether sites have reserved some of an order that a lost life has accepted and that other asks for again. can says whether it may wait for
// somebody's word about the rest: every server has a build that does that.
func (m *Machine) AcceptedPart(other *ledger.Order) (yes, can bool) {
	o := m.Forgotten(other.ID)
	return o != nil && o.has() && !o.awaits() && !o.GivenUp() && o.Admits(other), m.takesUp()
}

// placeable says whether other is new, or is the order that waits, as somebody has let it go, or is one that a lost life has accepted. Such a one that waits
// for somebody's word about what it asks for beyond that may be sent again without it.
func (m *Machine) placeable(o *Order, other *ledger.Order, again, waited bool) bool {
	if again {
		return m.admits(o, other) && (waited || !o.awaits() || o.Bears(other))
	}
	_, _, taken := m.OwnerOf(other.ID)
	return !taken || waited
}

// placedNow decides about an order that waits by its being placed: somebody has let it go, or it was sent again for what its sites have.
func (m *Machine) placedNow(o *Order, c *Place, letGo bool) {
	if letGo {
		m.ruled(o, ledger.RulingRelease, c.Order.Review.By, c.Order.Review.Reason, c.At)
		return
	}
	m.ruled(o, ledger.RulingCancel, ownerHQ, "it was sent again for what its sites have", c.At)
}

// has says whether any of an order's legs brings something, or has.
func (o *Order) has() bool {
	return slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.brings() && l.Qty > 0 })
}

// accepted says of an order that waits what a no does not reach.
func accepted(part bool) string {
	if !part {
		return ""
	}
	return ". A life of head office that is lost accepted it, and sites have reserved some of it: that is served whatever is decided, and a no gives up the rest"
}

// takeUp has an order of head office's own be as it was accepted: what its sites have of it serves it, and of what they do not have waits what was to be served.
func (m *Machine) takeUp(o *Order, at time.Time) {
	wish, again := o.Order.Clone(), o.Relearned
	o.keepsOwn(wish)
	o.Order, o.Relearned = *wish, false
	o.Plans++
	o.Yields = m.yields(&o.Order)
	if m.promise(o, &Place{At: at}, true, false); again {
		m.asksPrice(o, at)
	}
	m.claimedNow(o.ID, at)
}

// keepPart takes up an order of which somebody has said no to what no site has reserved.
func (m *Machine) keepPart(o *Order, c *AwaitWord) {
	m.takeUp(o, c.At)
	var gone []StepLine
	for i := range o.Lines {
		l := &o.Lines[i]
		if has := o.brings(i + 1); has < l.Qty {
			if m.saysPrice() {
				o.deny(i+1, l.Qty-has)
			}
			gone = append(gone, StepLine{Line: i + 1, SKU: l.SKU, Qty: l.Qty - has})
			m.less(o, i+1, has)
		}
	}
	o.Settle()
	m.tell(o.ID, Step{What: StepCanceled, At: c.At, By: c.By, Why: "what no site has reserved for it is given up", Lines: gone})
	m.settleOrder(o, m.causeOfPlan(o), c.At)
}

// deny notes that somebody has said no to units of a line (from 1), for nobody knew that a site had them.
func (o *Order) deny(line int, q ledger.Qty) {
	all := make([]ledger.Qty, max(len(o.Denied), line))
	copy(all, o.Denied)
	all[line-1] = q
	o.Denied = all
}

// wantDenied lets an order want again what somebody has said no to, as far as a site has told since that it has reserved it: a lost life accepted it, and a no
// gives up only what nobody has reserved. Whoever said no is told.
func (m *Machine) wantDenied(o *Order, at time.Time) {
	if !m.saysPrice() || m.givenNow(o) { // what this life has given it the order may have beside what it wants
		return
	}
	for i := range min(len(o.Denied), len(o.Lines)) {
		l := &o.Lines[i]
		wants := l.Qty - l.Declined
		if l.Canceled {
			wants = 0
		}
		more := min(o.Denied[i], m.brings(o, i+1)-wants)
		if more < 1 {
			continue
		}
		o.deny(i+1, o.Denied[i]-more)
		l.Canceled = false
		setQty(l, wants+more+l.Declined)
		m.raise(Exception{What: acceptedAfterAll, Order: o.ID, SKU: l.SKU,
			Why: fmt.Sprintf("somebody said no to %d %s of line %d, which no site was known to have, and a site has told since that a life of head office that is lost had reserved them: they were accepted, and are served. Tell the customer, or amend the order", more, l.SKU, i+1)}, at)
	}
}

// acceptedAfterAll is the word for what somebody had said no to, and a lost life has accepted.
const acceptedAfterAll = "accepted_after_all"
