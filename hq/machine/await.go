package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// AwaitWord has an order of head office's own, which its checks have stopped, wait for somebody's word, or says no to one that waits. A yes is
// a Place of it: then it is sourced as if it came now. While it waits nothing of it is planned, promised or counted.
type AwaitWord struct {
	Order   ledger.Order // as it was asked for, with its review and when it is due; of a no, the id alone plays a part
	No      bool
	Key     ledger.Digest
	Request ledger.Digest
	By      string // no: whose word it is; "": nobody's, and it is due
	Reason  string
	At      time.Time
}

// AwaitCommands is what Build.Commands has to be of every server before an AwaitWord is given.
const AwaitCommands = int(kindAwaitWord)

func (*AwaitWord) kind() kind { return kindAwaitWord }

func (m *Machine) awaitWord(c *AwaitWord) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var a *Answer
	err := m.atomically(func() (err error) {
		var o *Order
		if c.No {
			o, err = m.ruleOut(c)
		} else {
			o, err = m.setAside(c)
		}
		if err != nil {
			return err
		}
		a = &Answer{Request: c.Request, Order: o.snapshot()}
		m.remember(c.Key, a)
		return nil
	})
	return Result{Err: err, Answer: a}
}

// setAside takes an order down that waits, and tells somebody of it.
func (m *Machine) setAside(c *AwaitWord) (*Order, error) {
	if err := c.Order.Check(); err != nil {
		return nil, err
	}
	v := c.Order.Review
	o, again := m.acceptedPart(&c.Order)
	switch _, _, taken := m.OwnerOf(c.Order.ID); {
	case taken && !again:
		return nil, ledger.ErrOrderExists
	case m.Unsettled():
		return nil, ErrConflict // it may be one of those that were promised
	case v == nil || v.Due.IsZero() || v.Ruling != 0:
		return nil, &ledger.FormError{Field: "review", Why: "does not say until when the order waits"}
	case len(m.derived.reviews) >= ledger.ReviewsMax:
		return nil, ledger.ErrReviewsFull
	}
	if again {
		o.Order = *c.Order.Clone()
	} else {
		o = m.adopt(c.Order)
	}
	for i := range o.Lines {
		unpromised(&o.Lines[i])
	}
	if m.takesUp() {
		o.Hand = m.hand // whose order it is, whoever lets it go
	}
	m.counters.Serial++
	o.Serial, o.Owner, o.Offline, o.Status, o.Wait = m.counters.Serial, ledger.HQ, false, ledger.StatusWaiting, ledger.WaitNone
	checks := make([]string, len(v.Trips))
	for i := range v.Trips {
		checks[i] = v.Trips[i].Check
	}
	m.raise(Exception{What: whatWaiting, Site: ledger.HQ, Order: o.ID, Owner: v.Owner,
		Why: waitsWhy(&o.Order, v, strings.Join(checks, ", ")) + accepted(again)}, c.At)
	if again {
		m.absorb(o, "") // it shows what its sites have for it
	}
	return o, nil
}

// waitsWhy says for whom an order waits, and what is done if nobody decides.
func waitsWhy(o *ledger.Order, v *ledger.Review, checks string) string {
	return fmt.Sprintf("order %s waits for %s: it trips %s. If nobody decides by %s, it is to be: %s", o.Number(), v.Owner, checks, v.Due.UTC().Format(time.RFC3339), v.Default)
}

// ruleOut cancels an order that waits.
func (m *Machine) ruleOut(c *AwaitWord) (*Order, error) {
	o, ok := m.editOrder(c.Order.ID)
	switch {
	case !ok || o.Owner != ledger.HQ:
		return nil, ledger.ErrOrderUnknown
	case !o.awaits():
		return nil, &ledger.RulingError{Order: o.ID, Number: o.Number(), Status: o.Status, Review: o.Review}
	case c.By == "" && c.At.Before(o.Review.Due):
		return nil, &ledger.RulingError{Order: o.ID, Number: o.Number(), Status: o.Status, Review: o.Review, Due: true}
	}
	m.ruled(o, ledger.RulingCancel, c.By, c.Reason, c.At)
	if o.Relearned && o.has() {
		m.keepPart(o, c)
		return o, nil
	}
	o.cancelLines()
	m.tell(o.ID, Step{What: StepCanceled, At: c.At, By: c.By})
	return o, nil
}

// awaits says whether an order of head office's own waits for somebody's word.
func (o *Order) awaits() bool {
	return o != nil && o.Owner == ledger.HQ && o.Status == ledger.StatusWaiting && o.Review != nil
}

// released says whether word is the order, which waits, as it is placed: somebody has let it go, or it is due. Another order
// under its id has another review, or one that never waited.
func (o *Order) released(word *ledger.Order) bool {
	v := word.Review
	return o.awaits() && v != nil && v.Ruling == ledger.RulingRelease && v.Due.Equal(o.Review.Due) && len(word.Lines) == len(o.Lines)
}

// ruled keeps with an order what was decided of it, and tells nobody of it any more.
func (m *Machine) ruled(o *Order, what ledger.Ruling, by, reason string, at time.Time) {
	v := *o.Review
	v.Ruling, v.By, v.Reason, v.At = what, by, reason, at
	o.Review = &v
	who := by
	if who == "" {
		who = "head office, when it was due"
	}
	for _, e := range m.standing(whatWaiting, ledger.HQ) {
		if e.Order == o.ID {
			m.resolved(e, Signed{By: who, Reason: fmt.Sprintf("%s: %s", what, reason), At: at})
		}
	}
}

// A dueReview is an order of head office's own that waits, and when it is due.
type dueReview struct {
	at time.Time
	id ledger.OrderID
}

func (r dueReview) compare(o dueReview) int {
	if c := r.at.Compare(o.at); c != 0 {
		return c
	}
	return strings.Compare(string(r.id), string(o.id))
}

// review keeps the list of orders that wait, for an order that was old and is now o; nil where there is none.
func (d *derived) review(old, o *Order) {
	if old.awaits() {
		if i, ok := slices.BinarySearchFunc(d.reviews, dueReview{old.Review.Due, old.ID}, dueReview.compare); ok {
			d.reviews = slices.Delete(d.reviews, i, i+1)
		}
	}
	if o.awaits() {
		r := dueReview{o.Review.Due, o.ID}
		if i, ok := slices.BinarySearchFunc(d.reviews, r, dueReview.compare); !ok {
			d.reviews = slices.Insert(d.reviews, i, r)
		}
	}
}

// Awaits says whether an order of head office's own waits for somebody's word.
func (m *Machine) Awaits(id ledger.OrderID) bool {
	o, _ := m.Order(id)
	return o.awaits()
}

// DueReviews gives up to most orders of head office's own that wait, are due and have their turn, the one that was due first before the others.
func (m *Machine) DueReviews(now time.Time, most int, rests func(ledger.OrderID) bool) (out []*ledger.Order) {
	for _, r := range m.derived.reviews {
		if len(out) == most || r.at.After(now) {
			break
		}
		if rests(r.id) {
			continue
		}
		if o, ok := m.Order(r.id); ok {
			out = append(out, &o.Order)
		}
	}
	return out
}

func (c *coder) awaitWord(v *AwaitWord) {
	c.fields(7, func() {
		c.order(&v.Order)
		c.flag(&v.No)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
