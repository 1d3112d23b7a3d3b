package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DueOrdersMax bounds the purchase orders whose goods a book may promise before they are there: the latest that it has begun. So memory does not
// follow the length of history.
const DueOrdersMax = 1_000

// dueIn is what suppliers are to bring here by the book's own purchase orders. It follows from entries alone; the checkpoint holds none of it, for a book
// finds it again by look-ups when it opens (Core.loadDueIn).
type dueIn struct {
	orders map[string]*dueOrder // by reference
	nth    map[uint64]string    // of these, by their turn
	of     map[SKU][]dueRow     // by day, then by reference; no empty ones
}

// A dueOrder is a purchase order of the book, as far as its goods are due in here. It is replaced, never changed.
type dueOrder struct {
	order *Purchase // nil: nothing of it is due in here
	nth   uint64
	came  []Came
}

// A dueRow is what of a SKU is due in by one purchase order.
type dueRow struct {
	day       string // UTC
	reference string
	left      Qty // above 0
}

func newDueIn() dueIn {
	return dueIn{orders: map[string]*dueOrder{}, nth: map[uint64]string{}, of: map[SKU][]dueRow{}}
}

// clone gives one that goes its own way.
func (d *dueIn) clone() dueIn {
	c := newDueIn()
	for ref, o := range d.orders {
		c.put(ref, o)
	}
	return c
}

// foldDueIn counts what e says of a purchase order of the book, or of goods that came of one.
func (s *State) foldDueIn(e *Entry) {
	if b := e.heldPurchase(); b != nil {
		s.dueIn.follow(s.Site, b)
	}
	if ref, came := e.delivery(); came != nil && came.Nth > 0 {
		s.dueIn.arrived(ref, came.Came)
	}
}

// follow takes a purchase order as a person has left it.
func (d *dueIn) follow(site SiteID, b *PurchaseBody) {
	if now, counted := d.next(site, b); counted {
		d.put(b.Order.Reference, &now)
	}
}

// next is a purchase order as a person has left it; counted is false of one that is older than those that are counted.
func (d *dueIn) next(site SiteID, b *PurchaseBody) (now dueOrder, counted bool) {
	now = dueOrder{nth: b.Nth}
	if old := d.orders[b.Order.Reference]; old != nil {
		now = *old
	} else if b.Version > 1 || b.Nth == 0 {
		return now, false
	}
	if now.order = nil; b.State == PurchaseSent && b.Order.Site == site {
		now.order = &b.Order
	}
	return now, true
}

// with is what of a SKU is due in once a purchase order is as now has it.
func (d *dueIn) with(ref string, now *dueOrder, sku SKU) []dueRow {
	rows := slices.DeleteFunc(slices.Clone(d.of[sku]), func(r dueRow) bool { return r.reference == ref })
	for _, r := range now.rows() {
		if r.sku == sku {
			rows = append(rows, r.dueRow)
		}
	}
	slices.SortFunc(rows, dueRow.compare)
	return rows
}

// arrived counts what has come of a purchase order, in all.
func (d *dueIn) arrived(ref string, came []Came) {
	if old := d.orders[ref]; old != nil {
		now := *old
		now.came = came
		d.put(ref, &now)
	}
}

// put stores a purchase order, and lets go of the one that is too old by now.
func (d *dueIn) put(ref string, now *dueOrder) {
	d.drop(ref)
	d.orders[ref], d.nth[now.nth] = now, ref
	for _, r := range now.rows() {
		at, _ := slices.BinarySearchFunc(d.of[r.sku], r.dueRow, dueRow.compare)
		d.of[r.sku] = slices.Insert(d.of[r.sku], at, r.dueRow)
	}
	if now.nth > DueOrdersMax {
		if old, ok := d.nth[now.nth-DueOrdersMax]; ok {
			d.drop(old)
		}
	}
}

func (d *dueIn) drop(ref string) {
	old := d.orders[ref]
	if old == nil {
		return
	}
	for _, r := range old.rows() {
		if at, found := slices.BinarySearchFunc(d.of[r.sku], r.dueRow, dueRow.compare); found {
			if d.of[r.sku] = slices.Delete(d.of[r.sku], at, at+1); len(d.of[r.sku]) == 0 {
				delete(d.of, r.sku)
			}
		}
	}
	delete(d.orders, ref)
	delete(d.nth, old.nth)
}

func (r dueRow) compare(o dueRow) int {
	return cmp.Or(strings.Compare(r.day, o.day), strings.Compare(r.reference, o.reference))
}

// skuRow is a dueRow of a SKU.
type skuRow struct {
	sku SKU
	dueRow
}

// rows is what is due in by the order, a row a SKU.
func (o *dueOrder) rows() (out []skuRow) {
	if o.order == nil {
		return nil
	}
	for i := range o.order.Lines {
		l := &o.order.Lines[i]
		left := l.Qty
		if at, came := slices.BinarySearchFunc(o.came, l.SKU, func(c Came, sku SKU) int { return strings.Compare(string(c.SKU), string(sku)) }); came {
			left -= o.came[at].Came
		}
		if left > 0 {
			out = append(out, skuRow{l.SKU, dueRow{cmp.Or(l.Due, o.order.Due), o.order.Reference, left}})
		}
	}
	return out
}

// dated says whether the order was taken, or stays, on the word that its goods are here by a day: it wants all or what there is, and not to wait for
// goods of no date.
func (o *Order) dated() bool {
	return o.NeedBy != "" && o.Wait == WaitHere && (o.Shortage == Refuse || o.Shortage == Partial)
}

// neededOn is the day by which the order is needed; "" for any.
func (o *Order) neededOn() string { return o.NeedBy[:min(len(o.NeedBy), len(time.DateOnly))] }

// pastNeed is the day by which the order was needed, where that was over when it was taken; else "".
func (o *Order) pastNeed() string {
	if by := o.neededOn(); by != "" && !o.TakenAt.IsZero() && by < o.TakenAt.UTC().Format(time.DateOnly) {
		return by
	}
	return ""
}

// PromisedBy is the day by which the goods that an order waits for are promised; "" where they are promised by none.
func (o *Order) PromisedBy() string {
	if !o.dated() || o.Status != StatusBackordered {
		return ""
	}
	return o.neededOn()
}

// promisableBy is how much of a SKU a new order may be promised by a day, of what is due in here and beside what is available: of what comes by then, or
// by any later day, what no order that waits here is to have by that day. Those that wait without a day come first: nobody told them that somebody goes before
// them. Before them come claims on goods that are not there (the shortfall): what comes in goes to those. What is overdue by today has no day, and is promised to nobody.
func (s *State) promisableBy(sku SKU, by, today string) Qty {
	rows := s.dueIn.of[sku]
	if len(rows) == 0 || by < today || !s.promisesDueIn() {
		return 0
	}
	undated := Qty(0)
	if l := s.look(sku); l != nil {
		undated = l.Shortfall
	}
	wants := map[string]Qty{by: 0} // by the day
	for _, id := range s.queues[sku] {
		if o := s.orders[id]; o.dated() {
			wants[o.neededOn()] += o.backordered(sku)
		} else {
			undated += o.backordered(sku)
		}
	}
	free, sum := QtyMax, -undated
	for _, day := range sortedKeys(wants) {
		for ; len(rows) > 0 && rows[0].day <= day; rows = rows[1:] {
			if rows[0].day >= today {
				sum += rows[0].left
			}
		}
		if sum -= wants[day]; day >= by {
			free = min(free, sum)
		}
	}
	return max(free, 0)
}

// promisesDueIn says whether this book promises what it has ordered: it promises what lies here, too. Elsewhere that is head office's.
func (s *State) promisesDueIn() bool { return s.Counter || s.Standalone }

// promiseDue has what an order lacks wait for what is due in here by the day that it is needed, all of it or, of a partial one, what is due; it says whether anything is.
// Of what it cannot promise b.Shorts says what is due in.
func (d *decision) promiseDue(b *OrderBody) bool {
	o, today := &b.Order, d.now.UTC().Format(time.DateOnly)
	if o.NeedBy == "" || o.Fulfil == Take || o.Shortage != Refuse && o.Shortage != Partial || d.s.elsewhere(o) {
		return false
	}
	var used tally
	some, all := false, true
	got := make([]Qty, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		lacks := l.Qty - l.Promised()
		if lacks == 0 {
			continue
		}
		got[i] = min(lacks, max(d.s.promisableBy(l.SKU, o.neededOn(), today)-used.of(l.SKU), 0))
		used.add(l.SKU, got[i])
		some, all = some || got[i] > 0, all && got[i] == lacks
	}
	if !some || !all && o.Shortage == Refuse {
		for i := range b.Shorts {
			b.Shorts[i].Due = got[b.Shorts[i].Line-1]
		}
		return false
	}
	for i := range o.Lines {
		o.Lines[i].Backordered = got[i]
	}
	o.Wait = WaitHere
	return true
}

// A Slip is an order that was promised what is due in by a day, and is to have it later.
type Slip struct {
	Order  OrderID
	Line   int // the first one that waits for it, from 1
	SKU    SKU
	Qty    Qty    // that comes too late
	NeedBy string // as the order has it
	By     string // the day, UTC, by which all of it is due in; "" where some of it has no day
}

// slips lists the orders that wait here for a SKU by a day, and are to have it later, as it looks today.
func (s *State) slips(sku SKU, today string) (out []Slip) {
	return s.slipsOf(slices.Clone(s.dueIn.of[sku]), sku, today)
}

// PurchaseSlipsMax bounds the orders of which an entry says that their promises slip.
const PurchaseSlipsMax = 1_000

// A PurchaseSlip is an order that is to have later what it was promised by a day, by what was done with a purchase order: later than before, or with no
// day at all. Of is who its customer is told by.
type PurchaseSlip struct {
	Slip
	Of PaidOrder
}

// slippedBy lists the orders of which less is here by their day once a purchase order is as b has it; was is how it is now, nil where there is none.
func (s *State) slippedBy(b, was *PurchaseBody, today string) (out []PurchaseSlip) {
	now, counted := s.dueIn.next(s.Site, b)
	if !counted {
		return nil
	}
	skus := map[SKU]bool{}
	for _, of := range [...]*PurchaseBody{b, was} {
		for i := range of.lines() {
			skus[of.lines()[i].SKU] = true
		}
	}
	for _, sku := range sortedKeys(skus) {
		before := map[OrderID]Slip{}
		for _, slip := range s.slips(sku, today) {
			before[slip.Order] = slip
		}
		for _, slip := range s.slipsOf(s.dueIn.with(b.Order.Reference, &now, sku), sku, today) {
			old, slipped := before[slip.Order]
			sooner := slip.By != "" && (old.By == "" || slip.By <= old.By)
			if slipped && slip.Qty <= old.Qty && (slip.By == old.By || sooner) || len(out) == PurchaseSlipsMax {
				continue
			}
			out = append(out, PurchaseSlip{Slip: slip, Of: s.orders[slip.Order].paid()})
		}
	}
	return out
}

// lines are the lines of the purchase order; none of no order.
func (b *PurchaseBody) lines() []PurchaseLine {
	if b == nil {
		return nil
	}
	return b.Order.Lines
}

// slipsOf is slips where rows are due in, which it changes.
func (s *State) slipsOf(rows []dueRow, sku SKU, today string) (out []Slip) {
	rows = slices.DeleteFunc(rows, func(r dueRow) bool { return r.day < today })
	for _, id := range s.queues[sku] { // those with a day come first, the earliest first
		o := s.orders[id]
		if !o.dated() {
			break
		}
		slip := Slip{Order: id, SKU: sku, NeedBy: o.NeedBy}
		slip.Line = 1 + slices.IndexFunc(o.Lines, func(l Line) bool { return l.SKU == sku && l.Backordered > 0 })
		left := o.backordered(sku)
		for left > 0 && len(rows) > 0 {
			n := min(left, rows[0].left)
			if left -= n; rows[0].day > o.neededOn() {
				slip.Qty, slip.By = slip.Qty+n, rows[0].day
			}
			if rows[0].left -= n; rows[0].left == 0 {
				rows = rows[1:]
			}
		}
		if left > 0 {
			slip.Qty, slip.By = slip.Qty+left, ""
		}
		if slip.Qty > 0 {
			out = append(out, slip)
		}
	}
	return out
}

// loadDueIn finds what is due in by look-ups, for a state that was not folded from its first entry.
func (c *Core) loadDueIn() error {
	c.State.dueIn = newDueIn()
	last, err := c.nextPurchase()
	if err != nil {
		return err
	}
	last--
	for n := last - min(last, DueOrdersMax) + 1; n <= last; n++ {
		if err := c.loadDueOrder(n); err != nil {
			return err
		}
	}
	return nil
}

// loadDueOrder finds what is due in by the nth purchase order.
func (c *Core) loadDueOrder(n uint64) error {
	first, _, err := c.answered(KeyOfNthPurchase(n))
	if err != nil || first.Seq == 0 {
		return err
	}
	e, err := c.entry(first.Seq)
	if err != nil {
		return err
	}
	b := e.heldPurchase()
	if b == nil || b.Nth != n {
		return &DamageError{Where: fmt.Sprintf("entry %d", first.Seq), Why: fmt.Sprintf("it does not begin purchase order %d of the book", n)}
	}
	ref := b.Order.Reference
	if e, err = c.lastPurchase(ref); err != nil {
		return err
	}
	c.State.dueIn.follow(c.State.Site, b)
	c.State.dueIn.follow(c.State.Site, e.heldPurchase())
	a, err := c.lastOf(func(nth uint64) Digest { return KeyOfCame(ref, nth) })
	if a == nil || err != nil {
		return err
	}
	_, came := a.delivery()
	c.State.dueIn.arrived(ref, came.Came)
	return nil
}

// Slips lists the orders that are promised, by a day, what is due in of some SKUs, and are to have it later as it looks at a moment.
func (b *Book) Slips(skus []SKU, at time.Time) (out []Slip) {
	b.mu.RLock()
	defer b.seen()
	for _, sku := range skus {
		out = append(out, b.core.State.slips(sku, at.UTC().Format(time.DateOnly))...)
	}
	return out
}

// DueBy is how much of a SKU a new order may be promised here by a day, UTC, of what this book has ordered, beside what is available.
func (b *Book) DueBy(sku SKU, day string, at time.Time) Qty {
	b.mu.RLock()
	defer b.seen()
	return b.core.State.DueBy(sku, day, at)
}

// DueBy is Book.DueBy of a state.
func (s *State) DueBy(sku SKU, day string, at time.Time) Qty {
	return s.promisableBy(sku, day, at.UTC().Format(time.DateOnly))
}
