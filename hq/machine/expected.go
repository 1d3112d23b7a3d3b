package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what is due in.
const (
	DeliveriesMax       = 10_000  // expected at one time
	DeliveryLinesMax    = 1_000   // lines of one
	DueLinesMax         = 100_000 // lines of all that are expected
	DueOfSKUMax         = 500     // expected deliveries that bring one SKU
	DeliveriesClosedMax = 1_000   // deliveries kept that are over, the latest
	SuppliersMax        = 10_000  // suppliers whose lateness is learnt
	LatenessKept        = 50      // received lines of a supplier that its lateness is learnt from, the latest
	lateDaysMax         = 365     // a line that comes later counts as so late
	latePercent         = 80      // of a supplier's lines come within the days that are allowed for
	dueDayMax           = Day(300 * 366)
)

// ErrDeliveryUnknown says that no delivery is known under the reference.
var ErrDeliveryUnknown = errors.New("no such delivery")

// A Day is a UTC day, counted from 1970; 0 stands for no date.
type Day int64

// DayOf is the day of a moment.
func DayOf(at time.Time) Day { return Day(dayOf(at)) }

// String is the day as the API writes it, for example "2026-12-10"; "" for no date.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// ParseDay reads what String writes.
func ParseDay(text string) (Day, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil || DayOf(at) < 1 || DayOf(at) > dueDayMax {
		return 0, fmt.Errorf("%q is no day such as 2026-12-10", text)
	}
	return DayOf(at), nil
}

// later says whether d is after other. No date is after every date.
func (d Day) later(other Day) bool { return d != other && other != 0 && (d == 0 || d > other) }

// compare puts no date last.
func (d Day) compare(other Day) int {
	switch {
	case d == other:
		return 0
	case d.later(other):
		return 1
	default:
		return -1
	}
}

// Misses says whether goods of day d are too late for an order's need_by, as the order has it; "" for any day.
func (d Day) Misses(needBy string) bool {
	if len(needBy) < len(time.DateOnly) {
		return false
	}
	return d == 0 || d.String() > needBy[:len(time.DateOnly)]
}

// A Delivery is goods that a supplier is to bring to a site. It is kept for a while after it is over.
type Delivery struct {
	Reference string
	Supplier  string
	Site      ledger.SiteID // where it comes in
	Due       Day
	Lines     []DueLine // by SKU
	Version   uint64    // counts its changes by people
	Canceled  bool
	Closed    uint64   // the command that ended it; 0 while something is to come
	Set       Signed   // who changed it last
	Order     *Ordered // what it is as a purchase order; nil where it was only announced
}

// A DueLine is one SKU of a delivery. More may come than was expected; what came of a line that was cut since stays known.
type DueLine struct {
	SKU   ledger.SKU
	Qty   ledger.Qty
	Came  ledger.Qty
	Short ledger.Qty    // of what was ordered, what will not come: closed short
	Due   Day           // where it comes on another day than the rest; 0: with the rest
	Cost  ledger.Price  // of what was ordered; the zero Price where nobody has said
	Pack  ledger.Packed // as it was ordered; the zero Packed where that was in units
}

// Left is what is still to come. For each line
//
//	came + short + left = qty + over
//
// whatever came in whatever order: the four follow from Qty, Came and Short.
func (l *DueLine) Left() ledger.Qty { return max(l.Qty-l.Came-l.Short, 0) }

// Over is what came beyond what was expected.
func (l *DueLine) Over() ledger.Qty { return max(l.Came-l.Qty, 0) }

// trim lets what is short be no more than what has not come.
func (l *DueLine) trim() { l.Short = min(l.Short, max(l.Qty-l.Came, 0)) }

// line gives the line of a SKU; nil where there is none.
func (d *Delivery) line(sku ledger.SKU) *DueLine {
	i, ok := slices.BinarySearchFunc(d.Lines, sku, func(l DueLine, sku ledger.SKU) int { return strings.Compare(string(l.SKU), string(sku)) })
	if !ok {
		return nil
	}
	return &d.Lines[i]
}

// left is what is still to come of a SKU.
func (d *Delivery) left(sku ledger.SKU) ledger.Qty {
	if l := d.line(sku); l != nil && !d.Canceled && !d.Draft() {
		return l.Left()
	}
	return 0
}

// over says whether nothing is to come any more.
func (d *Delivery) over() bool {
	return d.Canceled || !slices.ContainsFunc(d.Lines, func(l DueLine) bool { return l.Left() > 0 })
}

// DueOn is the day on which a SKU is to come.
func (d *Delivery) DueOn(sku ledger.SKU) Day {
	if l := d.line(sku); l != nil && l.Due != 0 {
		return l.Due
	}
	return d.Due
}

// moved says whether what is promised of a SKU is to be promised anew where d takes the place of old, which may be nil: it comes on
// another day, from another supplier, or to another site.
func (d *Delivery) moved(old *Delivery, sku ledger.SKU) bool {
	return old != nil && (d.Supplier != old.Supplier || d.Site != old.Site || d.DueOn(sku) != old.DueOn(sku))
}

// A DuePromise is what of a delivery is promised to a line of an order that waits.
type DuePromise struct {
	Order     ledger.OrderID
	Line      int // from 1
	SKU       ledger.SKU
	Reference string
	Qty       ledger.Qty
	By        Day // as it was promised; 0 where the delivery is overdue and has no date any more
}

// lapsed says whether the day that was promised is over.
func (r *DuePromise) lapsed(today Day) bool { return r.By != 0 && r.By < today }

// A Supplier is what is learnt of who brings goods.
type Supplier struct {
	Name string
	Late []uint16 // days, of the lines received last, the latest last
}

// Allowance is the days within which latePercent of the lines came, by the nearest rank; 0 where nothing has come yet.
func (s *Supplier) Allowance() Day {
	if s == nil || len(s.Late) == 0 {
		return 0
	}
	sorted := slices.Clone(s.Late)
	slices.Sort(sorted)
	return Day(sorted[(len(sorted)*latePercent+99)/100-1])
}

// Expect puts a delivery, changes it to what it says, or cancels it. What has come of it stays.
type Expect struct {
	Reference string
	Supplier  string
	Site      ledger.SiteID
	Due       Day
	Lines     []DueLine // Came plays no part
	Cancel    bool      // only Reference and who signs play a part then
	By        string
	Reason    string
	At        time.Time
	Seen      uint64 // the delivery's version as By has seen it, 0 where there was none, and one; 0: not said
}

// A DeliveryChangedError says that somebody has changed a delivery since whoever would change it now has seen it. Nothing is changed.
type DeliveryChangedError struct {
	Reference string
	Version   uint64 // of the delivery now; 0 where there is none
	Set       Signed // who changed it last
}

func (e *DeliveryChangedError) Error() string {
	return fmt.Sprintf("delivery %s is at version %d by now", e.Reference, e.Version)
}

// still says whether old, nil for none, is as whoever changes it has seen it.
func (c *Expect) still(old *Delivery) error {
	now, set := uint64(0), Signed{}
	if old != nil {
		now, set = old.Version, old.Set
	}
	if c.Seen == 0 || c.Seen-1 == now {
		return nil
	}
	return &DeliveryChangedError{Reference: c.Reference, Version: now, Set: set}
}

// Overdue says that a day has begun. What was promised by a day before and has not come is promised anew, in the order in
// which waiting orders are served: by another delivery, or without a date.
type Overdue struct{ At time.Time }

// ExpectCommands is what Build.Commands has to be of every server before an Expect or an Overdue is given.
const ExpectCommands = int(kindOverdue)

func (*Expect) kind() kind  { return kindExpect }
func (*Overdue) kind() kind { return kindOverdue }

func (c *Expect) check() error {
	form := func(field, why string, args ...any) error {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	switch {
	case c.By == "":
		return form("by", "is empty: a delivery is expected by somebody")
	case c.Reference == "" || len(c.Reference) > ledger.TextMax || strings.Contains(c.Reference, "\x00"):
		return form("reference", "is empty, or longer than %d bytes", ledger.TextMax)
	case c.Cancel:
		return nil
	case c.Supplier == "" || len(c.Supplier) > ledger.TextMax:
		return form("supplier", "is empty, or longer than %d bytes", ledger.TextMax)
	case c.Due < 1 || c.Due > dueDayMax:
		return form("due", "is no day such as 2026-12-10")
	case len(c.Lines) == 0 || len(c.Lines) > DeliveryLinesMax:
		return form("lines", "has %d lines; a delivery has 1 to %d", len(c.Lines), DeliveryLinesMax)
	}
	for i, l := range c.Lines {
		if _, err := ledger.ParseSKU(string(l.SKU)); err != nil {
			return err
		}
		if err := ledger.CheckQty(l.Qty); err != nil {
			return err
		}
		if i > 0 && c.Lines[i-1].SKU >= l.SKU {
			return form("lines", "are not one for each SKU, by SKU")
		}
	}
	return nil
}

// applied is the delivery as c makes it. old may be nil. Where c changes nothing it is old.
func (c *Expect) applied(old *Delivery) *Delivery {
	d := &Delivery{Reference: c.Reference, Supplier: c.Supplier, Site: c.Site, Due: c.Due, Set: Signed{By: c.By, Reason: c.Reason, At: c.At}}
	if c.Cancel {
		*d = *old
		d.Canceled, d.Set = true, Signed{By: c.By, Reason: c.Reason, At: c.At}
	} else {
		for _, l := range c.Lines {
			l.Came, l.Short = 0, 0
			d.Lines = append(d.Lines, l)
		}
	}
	if old == nil {
		return d
	}
	d.Version, d.Order = old.Version, old.Order
	if !c.Cancel {
		d.keepCame(old)
	}
	if d.says(old) && d.Canceled == old.Canceled {
		return old
	}
	return d
}

// says reports whether d says what old says of who brings what, where and when.
func (d *Delivery) says(old *Delivery) bool {
	return d.Supplier == old.Supplier && d.Site == old.Site && d.Due == old.Due && slices.Equal(d.Lines, old.Lines)
}

// keepCame takes over what has come, also of lines that are there no more.
func (d *Delivery) keepCame(old *Delivery) {
	for _, l := range old.Lines {
		if now := d.line(l.SKU); now != nil {
			now.Came, now.Short = l.Came, l.Short
			now.trim()
			continue
		}
		if l.Came == 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(d.Lines, l.SKU, func(l DueLine, sku ledger.SKU) int { return strings.Compare(string(l.SKU), string(sku)) })
		d.Lines = slices.Insert(d.Lines, i, DueLine{SKU: l.SKU, Came: l.Came})
	}
}

// expect changes what is due in. What it makes late, short or away is promised anew, and whose promise slips is said. The first
// change of a day has the day begin, and what an Overdue would have said is said here.
func (m *Machine) expect(c *Expect) Result {
	var res Result
	res.Err = m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		if _, known := m.sites.get(c.Site); !known && !c.Cancel {
			return &SiteUnknownError{Site: c.Site}
		}
		old, known := m.deliveries.get(deliveryKey(c.Reference))
		if !known && c.Cancel {
			return ErrDeliveryUnknown
		}
		if known && old.Order != nil {
			return &ledger.FormError{Field: "reference", Why: fmt.Sprintf("is that of purchase order %s: change it as such (holdfast purchase put)", old.Reference)}
		}
		d := c.applied(old)
		res.Version = d.Version
		if known && d == old {
			return nil
		}
		d.Set.by(&m.hand)
		if err := c.still(old); err != nil {
			return err
		}
		return m.changeDelivery(old, d, c.At, &res)
	})
	if res.Err != nil {
		res.Slips = nil
	}
	m.derived.due.forget() // all of it is planned
	return res
}

// changeDelivery puts d in the place of old, which may be nil. What it makes late, short or away is promised anew.
func (m *Machine) changeDelivery(old, d *Delivery, at time.Time, res *Result) error {
	d.Version++
	res.Version = d.Version
	m.ended(d)
	if err := m.fitsDue(old, d); err != nil {
		return err
	}
	today := m.dayAt(at)
	var plans []*duePlan
	plans, res.Slips = m.dueAnew(old, d, today)
	for _, p := range plans {
		m.promiseAs(p)
	}
	m.counters.Today = today
	m.deliveries.put(deliveryKey(d.Reference), d)
	m.forgetDeliveries(d)
	m.slipped(res.Slips, at)
	return nil
}

// dayAt is the day of a moment, as what is due in is promised: it never goes back, for what has lapsed has lapsed.
func (m *Machine) dayAt(at time.Time) Day { return max(m.counters.Today, DayOf(at)) }

// dueAnew is what becomes of promises where d takes the place of old, which may be nil, on a day: d's own are promised anew where it
// has moved, and, where the day is a later one than that of the state, all that were promised by a day before it. It changes nothing.
func (m *Machine) dueAnew(old, d *Delivery, today Day) (plans []*duePlan, slips []Slip) {
	skus := skusOf(old, d)
	if today > m.counters.Today {
		skus = append(skus, m.derived.due.lapsed(m, today)...)
		slices.Sort(skus)
		skus = slices.Compact(skus)
	}
	for _, sku := range skus {
		p := m.duePlan(sku, d, today)
		moved := d.moved(old, sku)
		slips = append(slips, p.run(func(r *DuePromise) bool { return moved && r.Reference == d.Reference || r.lapsed(today) })...)
		plans = append(plans, p)
	}
	return plans, slips
}

// ended notes whether a delivery is over.
func (m *Machine) ended(d *Delivery) {
	switch over := d.over(); {
	case !over:
		d.Closed = 0
	case d.Closed == 0:
		d.Closed = m.counters.Applied
	}
}

// fitsDue says whether there is room for a delivery in the place of old, nil where it is new.
func (m *Machine) fitsDue(old, d *Delivery) error {
	due := &m.derived.due
	open, lines := due.open, due.lines
	if old != nil && old.Closed == 0 {
		open, lines = open-1, lines-len(old.Lines)
	}
	if len(d.Lines) > 2*DeliveryLinesMax {
		return &ledger.FormError{Field: "lines", Why: "of this delivery were changed too often: what has come of lines that were cut is kept. Use another reference"}
	}
	if d.Closed != 0 {
		return nil
	}
	if open++; open > DeliveriesMax {
		return &ledger.FormError{Field: "reference", Why: fmt.Sprintf("would be more than %d expected deliveries: cancel those that will not come", DeliveriesMax)}
	}
	if lines += len(d.Lines); lines > DueLinesMax {
		return &ledger.FormError{Field: "lines", Why: fmt.Sprintf("would be more than %d of all expected deliveries: cancel those that will not come", DueLinesMax)}
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		if refs := due.of[l.SKU]; d.left(l.SKU) > 0 && len(refs) >= DueOfSKUMax && !slices.Contains(refs, d.Reference) {
			return &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %s, which more than %d deliveries would bring: cancel one that will not come, or wait for one", l.SKU, DueOfSKUMax)}
		}
	}
	return nil
}

// forgetDeliveries drops the deliveries that were over first, d being about to be stored.
func (m *Machine) forgetDeliveries(d *Delivery) {
	closed := m.derived.due.closed
	n := len(closed)
	if old, known := m.deliveries.Get(deliveryKey(d.Reference)); known && old.Closed != 0 {
		n-- // it is among them
	}
	if d.Closed != 0 {
		n++
	}
	for i := 0; n > m.deliveriesKept() && i < len(closed); i++ {
		if closed[i].ref != d.Reference {
			m.deliveries.del(deliveryKey(closed[i].ref))
			n--
		}
	}
}

// skusOf lists what two versions of a delivery bring, ascending. old may be nil.
func skusOf(old, d *Delivery) []ledger.SKU {
	var out []ledger.SKU
	for _, v := range []*Delivery{old, d} {
		for i := 0; v != nil && i < len(v.Lines); i++ {
			out = insert(out, v.Lines[i].SKU)
		}
	}
	return out
}

// overdue has another day begin, unless it has already.
func (m *Machine) overdue(c *Overdue) Result {
	var res Result
	res.Err = m.atomically(func() error {
		today := m.dayAt(c.At)
		m.counters.Today = today
		for _, sku := range m.derived.due.lapsed(m, today) {
			p := m.duePlan(sku, nil, today)
			res.Slips = append(res.Slips, p.run(func(r *DuePromise) bool { return r.lapsed(today) })...)
			m.promiseAs(p)
		}
		m.slipped(res.Slips, c.At)
		return nil
	})
	return res
}
