package ledger

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Trip is a check that an order has tripped, as it was then.
type Trip struct {
	Check string
	Kind  CheckKind
	Line  int   // from 1, where it is of one
	SKU   SKU   // likewise
	Is    int64 // what the order comes to, in what the kind counts in
	Limit int64 // and what it may come to
}

// A Review is what checks an order has tripped, who is to say whether it is taken all the same, and what they said. An order whose
// review is open is in StatusWaiting: it reserves nothing and has been promised nothing. It is never changed once it is made.
type Review struct {
	Trips    []Trip
	Owner    string    // who is to decide
	Default  Ruling    // what is done at Due if nobody has
	Due      time.Time // whole milliseconds; zero: it never waited, for it was let through at once, or turned away
	Override bool      // a named person might have let it through
	Ruling   Ruling    // what was decided; 0 as long as it waits
	By       string    // by whom; "" where it was done because it was due
	Reason   string
	At       time.Time // when
}

// ReviewsMax bounds the orders of one book that wait for somebody's word: they are in memory.
const ReviewsMax = 10_000

// RulingTextMax bounds who ruled, and why, in bytes each.
const RulingTextMax = 128

// tripsMax bounds the trips that a review keeps: the first of each check is enough to say what is wrong.
const tripsMax = ChecksMax

// ErrReviewsFull says that as many orders wait for somebody's word as the book keeps.
var ErrReviewsFull = fmt.Errorf("%d orders wait for somebody's word already", ReviewsMax)

// A Verdict is what checks come to, for a book that is to take the order: they are made of reference data, which no journal holds.
type Verdict struct {
	Refused bool          // it is turned away
	Wait    time.Duration // else how long it waits, from when the book has it; 0 where Review says who let it through
	Review  Review
}

// A Released says that an order that waits is placed now. By is "" where its review is due.
type Released struct {
	By       string
	Reason   string
	Shortage Shortage // what is done with what is short; "" as the order says
}

// RuleOut cancels an order that waits. With no By it is done because its review is due.
type RuleOut struct {
	Meta
	Order  OrderID
	By     string
	Reason string
}

func (*RuleOut) request() {}

// A CheckError says no to an order for the checks that it tripped.
type CheckError struct {
	Order Order // as it was asked for, with what it tripped
}

func (e *CheckError) Error() string {
	if v := e.Order.Review; v != nil && len(v.Trips) > 0 {
		return fmt.Sprintf("check %s says no", v.Trips[0].Check)
	}
	return "a check says no"
}

// A RulingError says that an order does not wait for anybody's word (any more).
type RulingError struct {
	Order  OrderID
	Number string
	Status Status
	Review *Review // nil: it never waited
	Due    bool    // it still waits, and is not due yet
}

func (e *RulingError) Error() string {
	return fmt.Sprintf("order %s (%s) does not wait for a word, it is %s", e.Number, e.Order, e.Status)
}

// waited says whether the review is of an order that waited, or does.
func (v *Review) waited() bool { return v != nil && !v.Due.IsZero() }

// judged holds an order against the verdict of its checks: nil lets it be placed.
func (d *decision) judged(b *OrderBody, r *Place) *Outcome {
	v, o := r.Verdict, &b.Order
	if v == nil {
		return nil
	}
	review := v.Review
	o.Review = &review
	switch {
	case v.Refused:
		out := d.refuse(b, RefusedCheck, r.Meta)
		return &out
	case v.Wait == 0:
		review.At = d.now
		return nil
	case d.s.reviews >= ReviewsMax:
		return &Outcome{Err: ErrReviewsFull}
	}
	review.Due = d.now.Add(v.Wait).Truncate(time.Millisecond)
	if o.Offline = false; o.Serial == 0 {
		o.Serial = d.s.Serial + 1
	}
	o.unplaced(StatusWaiting)
	return &Outcome{Entry: d.write(&Entry{Kind: KindReview, Ref: string(o.ID), Body: b}, r.Meta)}
}

// unplaced makes an order one that nobody has placed: nothing of it is promised.
func (o *Order) unplaced(s Status) {
	for i := range o.Lines {
		o.Lines[i].fresh()
	}
	o.Status, o.Wait = s, WaitNone
}

// releasing takes up an order that waits, to be placed; a no where it does not. It is remembered under the request's key.
func (d *decision) releasing(r *Place) *Outcome {
	rel := r.Released
	known, no := d.ruling(r.Order.ID, rel.By == "", r.Meta)
	if no != nil {
		return no
	}
	review := *known.Review
	review.Ruling, review.By, review.Reason, review.At = RulingRelease, rel.By, rel.Reason, d.now
	r.Order = *known.Clone()
	if r.Order.Review = &review; rel.Shortage != "" {
		r.Order.Shortage = rel.Shortage
	}
	if d := known.Draft; d != nil && known.Fulfil == Take && len(r.Lots) == 0 {
		r.Lots = d.Lots // what was scanned when it was parked is taken, whoever lets it go
	}
	return nil
}

// ruling finds an order that somebody rules on, or says that it is none.
func (d *decision) ruling(id OrderID, due bool, m Meta) (*Order, *Outcome) {
	known, ok := d.s.orders[id]
	if _, asking := d.s.asks[id]; asking {
		return nil, &Outcome{Err: ErrInProgress}
	}
	switch {
	case !ok:
		return nil, &Outcome{Err: ErrOrderUnknown}
	case known.Status != StatusWaiting:
		b := bodyOf(known)
		b.Refusal = RefusedRuled
		return nil, &Outcome{Entry: d.write(&Entry{Kind: KindRefused, Ref: string(id), Body: b}, m), Err: b.Err()}
	case due && d.now.Before(known.Review.Due):
		return nil, &Outcome{Err: &RulingError{Order: id, Number: known.Number(), Status: known.Status, Review: known.Review, Due: true}}
	default:
		return known, nil
	}
}

// ruleOut cancels an order that waits for a word.
func (d *decision) ruleOut(r *RuleOut) Outcome {
	known, no := d.ruling(r.Order, r.By == "", r.Meta)
	if no != nil {
		return *no
	}
	return d.ruledOut(known, r.By, r.Reason, r.Meta)
}

func (d *decision) ruledOut(known *Order, by, reason string, m Meta) Outcome {
	o := d.s.canceled(known, &moves{})
	review := *o.Review
	review.Ruling, review.By, review.Reason, review.At = RulingCancel, by, reason, d.now
	o.Review = &review
	return Outcome{Entry: d.write(&Entry{Kind: KindReview, Ref: string(o.ID), Body: &OrderBody{Order: *o}}, m)}
}

// AsAsked gives the order as if all that was asked for were owed, for whoever decides about it.
func (o *Order) AsAsked() *Order {
	c := o.Clone()
	for i := range c.Lines {
		c.Lines[i].Backordered = c.Lines[i].Qty - c.Lines[i].Promised()
	}
	return c
}

// waitsAgain gives the order that waited as it was before it was released, which came to nothing.
func (o *Order) waitsAgain() *Order {
	c := o.Clone()
	review := *c.Review
	review.Ruling, review.By, review.Reason, review.At = 0, "", "", time.Time{}
	c.Review = &review
	c.unplaced(StatusWaiting)
	return c
}

// checkReview refuses an entry about an order that waits, or was ruled out, which promises something.
func (o *Order) checkReview() error {
	v := o.Review
	open := o.Status == StatusWaiting
	if v == nil || v.Due.IsZero() || !open && o.Status != StatusCanceled || open != (v.Ruling == 0) || !open && v.Ruling != RulingCancel {
		return fmt.Errorf("order %s is %s and waits for nobody's word", o.ID, o.Status)
	}
	return o.checkUnpromised()
}

// checkUnpromised refuses an order that nobody has placed and that is promised something.
func (o *Order) checkUnpromised() error {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Promised() != 0 || l.Backordered != 0 || l.Declined != 0 {
			return fmt.Errorf("order %s, which nobody has placed, is promised %d of line %d", o.ID, l.Promised()+l.Backordered, i+1)
		}
	}
	return nil
}

// DueReviews lists the orders whose review is due at a moment and that do not rest, who has waited longest first, at most limit.
func (b *Book) DueReviews(now time.Time, limit int, rests func(OrderID) bool) (due []*Order) {
	b.mu.RLock()
	defer b.seen()
	if b.core.State.reviews == 0 {
		return nil
	}
	for _, o := range b.core.State.orders {
		if o.Status == StatusWaiting && !o.Review.Due.After(now) && !rests(o.ID) {
			due = append(due, o)
		}
	}
	slices.SortFunc(due, func(x, y *Order) int {
		if c := x.Review.Due.Compare(y.Review.Due); c != 0 {
			return c
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	return due[:min(len(due), limit)]
}

// review writes what an order's checks came to, and nil where it tripped none.
func (w *rowWriter) review(v *Review) {
	if v == nil {
		w.null()
		return
	}
	w.row(func() {
		w.list(len(v.Trips), func(i int) {
			t := &v.Trips[i]
			w.row(func() {
				w.str(t.Check)
				w.uint(uint64(t.Kind))
				w.uint(uint64(t.Line))
				w.word(string(t.SKU))
				w.int(t.Is)
				w.int(t.Limit)
			})
		})
		w.str(v.Owner)
		w.uint(uint64(v.Default))
		w.moment(v.Due, time.Time{})
		w.bool(v.Override)
		w.uint(uint64(v.Ruling))
		w.word(v.By)
		w.str(v.Reason)
		w.moment(v.At, time.Time{})
	})
	w.keep()
}

func (r *rowReader) review() *Review {
	if r.null() {
		return nil
	}
	v := &Review{}
	r.row(0, func() {
		r.list(tripsMax, func(n int) {
			for range n {
				var t Trip
				r.row(0, func() {
					t.Check, t.Kind, t.Line = r.str(), CheckKind(r.upTo(math.MaxUint8)), int(r.upTo(math.MaxInt32))
					t.SKU, t.Is, t.Limit = SKU(r.word()), r.int(), r.int()
				})
				v.Trips = append(v.Trips, t)
			}
		})
		v.Owner, v.Default, v.Due, v.Override = r.str(), Ruling(r.upTo(math.MaxUint8)), r.moment(time.Time{}), r.bool()
		v.Ruling, v.By, v.Reason, v.At = Ruling(r.upTo(math.MaxUint8)), r.word(), r.str(), r.moment(time.Time{})
	})
	return v
}
