package machine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A duePlan is what is due in of one SKU, who waits for it, and who is promised what. It is made of the state, changes nothing
// there, and comes to the same in a what-if as when the change is made.
//
// A promise that stands is taken away by nobody, however urgent: only the line that it is on, where that comes later or brings less.
// Those who lose it so are promised anew before those who never had one; in each of the two the order is that of release.
type duePlan struct {
	sku   ledger.SKU
	lines []dueLine    // the earliest first, those without a date last, then by reference
	wants []dueWant    // in turn
	stray []promiseKey // promises to who waits for it no more
}

// A dueLine is what a delivery still brings.
type dueLine struct {
	ref  string
	site ledger.SiteID
	by   Day // what is promised on it now is promised by that day
	left ledger.Qty
	free ledger.Qty
	*Terms
}

// A dueWant is a line of an order that waits.
type dueWant struct {
	of     *ledger.Order
	order  ledger.OrderID
	line   int // from 1
	only   ledger.SiteID
	needBy string
	waits  ledger.Qty
	open   ledger.Qty // of it, what is not promised
	rows   []DuePromise
	old    []DuePromise // as the state has them
	had    []DuePromise // of old, what it still waits for: for the slips
	parted bool         // lost something that it was promised
	kept   ledger.Qty   // of all that is due in, for other classes
}

// A Slip is units of a line that were promised by a day and will be there later, or nobody knows when.
type Slip struct {
	Order     ledger.OrderID
	Line      int
	SKU       ledger.SKU
	Reference string // of the delivery that they were promised of
	Qty       ledger.Qty
	Old       Day
	New       Day // 0: no date
	NeedBy    string
	Travels   Day // days after New until the customer has them
}

// Missed says whether the order needs them before.
func (s *Slip) Missed() bool { return s.New.after(s.Travels).Misses(s.NeedBy) }

// firm is what line (from 1) waits for here that is not to be confirmed: what is to be confirmed is not promised of what is due.
func (o *Order) firm(line int) ledger.Qty {
	return max(o.Waiting(line)-o.Lines[line-1].Unconfirmed, 0)
}

// duePlan gathers what is due in of a SKU and who waits for it, on a day. with takes the place of the delivery of its reference;
// nil: none.
func (m *Machine) duePlan(sku ledger.SKU, with *Delivery, today Day) *duePlan {
	waits := m.derived.waits[sku]
	p := &duePlan{sku: sku, lines: m.dueLines(sku, with, today), wants: make([]dueWant, 0, len(waits))}
	found := 0
	for _, t := range waits { // in turn
		o := m.queued(t)
		keys := m.derived.due.ofOrder[o.ID]
		for i := range o.Lines {
			n := o.firm(i + 1)
			if o.Lines[i].SKU != sku || n == 0 {
				continue
			}
			w := dueWant{of: &o.Order, order: o.ID, line: i + 1, only: o.CollectAt, needBy: o.NeedBy, waits: n, open: n, kept: m.keptDue(o.Class, sku)}
			for _, k := range keys {
				if r, ok := m.promises.Get(k); ok && r.Line == i+1 && r.SKU == sku {
					w.old = append(w.old, *r)
				}
			}
			found += len(w.old)
			p.wants = append(p.wants, w)
		}
	}
	if found < len(m.derived.due.bySKU[sku]) {
		p.stray = m.strays(p)
	}
	return p
}

// strays lists the promises of a SKU to lines that do not wait for it any more.
func (m *Machine) strays(p *duePlan) (out []promiseKey) {
	wanted := map[turnLine]bool{}
	for i := range p.wants {
		wanted[turnLine{p.wants[i].order, p.wants[i].line}] = true
	}
	for _, k := range m.derived.due.bySKU[p.sku] {
		if r, _ := m.promises.Get(k); !wanted[turnLine{r.Order, r.Line}] {
			out = append(out, k)
		}
	}
	return out
}

// A turnLine names a line of an order.
type turnLine struct {
	order ledger.OrderID
	line  int
}

// dueLines lists what is due in of a SKU on a day, with what is free of it by what has landed.
func (m *Machine) dueLines(sku ledger.SKU, with *Delivery, today Day) []dueLine {
	var out []dueLine
	add := func(d *Delivery) {
		if left := d.left(sku); left > 0 && !d.kept() {
			free := left - m.derived.due.on[keyOfDue(d.Reference, sku)].sum
			out = append(out, dueLine{ref: d.Reference, site: d.Site, by: m.promiseDay(d, sku, today), left: left, free: free, Terms: m.dueTerms(d.Site)})
		}
	}
	for _, ref := range m.derived.due.of[sku] {
		if d, ok := m.deliveries.get(deliveryKey(ref)); ok && (with == nil || with.Reference != ref) {
			add(d)
		}
	}
	if with != nil {
		add(with)
	}
	slices.SortFunc(out, func(a, b dueLine) int { return cmp.Or(a.by.compare(b.by), strings.Compare(a.ref, b.ref)) })
	return out
}

// PromiseDay is the day by which what a delivery brings of a SKU would be promised now: its date, and the days that its supplier is late
// by as a rule. 0 where that day is over and it has not come. Of "" it is that of the lines that have no day of their own.
func (m *Machine) PromiseDay(d *Delivery, sku ledger.SKU) Day {
	return m.promiseDay(d, sku, m.counters.Today)
}

// PromiseDayAt is PromiseDay as a command that is given at a moment would have it: another day may have begun by then.
func (m *Machine) PromiseDayAt(d *Delivery, at time.Time) Day {
	return m.promiseDay(d, "", m.dayAt(at))
}

// promiseDay is PromiseDay as it is on a day.
func (m *Machine) promiseDay(d *Delivery, sku ledger.SKU, today Day) Day {
	s, _ := m.suppliers.get(supplierKey(d.Supplier))
	if by := d.DueOn(sku) + s.Allowance(); by >= today {
		return by
	}
	return 0
}

// run promises anew what release names, what its line does not bring any more and what is not promised yet, moves promises to an
// earlier delivery where one is free, and says which promises slip.
func (p *duePlan) run(release func(*DuePromise) bool) []Slip {
	for i := range p.lines {
		p.lines[i].free = p.lines[i].left
	}
	for i := range p.wants {
		p.wants[i].keep(p, release)
	}
	for i := range p.wants {
		if p.wants[i].parted {
			p.wants[i].take(p)
		}
	}
	for again := true; again; {
		again = false
		for i := range p.wants {
			w := &p.wants[i]
			w.take(p)
			again = w.improve(p) || again
		}
	}
	var out []Slip
	for i := range p.wants {
		out = append(out, p.wants[i].slips(p)...)
	}
	return out
}

func (p *duePlan) line(ref string) *dueLine {
	for i := range p.lines {
		if p.lines[i].ref == ref {
			return &p.lines[i]
		}
	}
	return nil
}

// keep leaves an order what it is promised, as far as it waits for it and the line brings it. Those who come after it in turn have
// what it leaves.
func (w *dueWant) keep(p *duePlan, release func(*DuePromise) bool) {
	slices.SortFunc(w.old, compareDue)
	for _, r := range w.old {
		if r.Qty = min(r.Qty, w.waits-sumOf(w.had)); r.Qty <= 0 {
			continue // it waits for less: the latest goes first
		}
		w.had = append(w.had, r)
		l := p.line(r.Reference)
		n := r.Qty
		if l == nil || release(&r) || w.only != "" && l.site != w.only || !l.may(w.of, p.sku) {
			n = 0
		} else {
			n = min(n, l.free)
			l.free -= n
		}
		w.parted = w.parted || n < r.Qty
		if r.Qty = n; n > 0 {
			w.open -= n
			w.rows = append(w.rows, r)
		}
	}
}

// keptDue is what is kept of what is due in of a SKU for other classes than one: their minimums. What can be promised now plays no part in it, for that
// changes with every order and would move dates; so a date is never promised that a minimum could break, and some that would hold are not given.
func (m *Machine) keptDue(class string, sku ledger.SKU) ledger.Qty {
	if !m.keepsDue() {
		return 0
	}
	return m.keptFrom(class, sku)
}

// freeOf is what of lines, from the earliest on, may be promised on the last of them where so much is kept of all that is free.
func freeOf(lines []dueLine, kept ledger.Qty) (sum ledger.Qty) {
	if kept == 0 {
		return ledger.QtyMax
	}
	for i := range lines {
		sum += max(lines[i].free, 0)
	}
	return max(sum-kept, 0)
}

// limitsChange has what is due in of the articles that a class limits promised anew: its limits end or begin. Builds before kindKept leave those promises alone.
func (m *Machine) limitsChange(class *Class) {
	if !m.keepsDue() {
		return
	}
	d := &m.derived.due
	for _, l := range class.Limits {
		if len(d.of[l.SKU]) > 0 {
			d.skus = append(d.skus, l.SKU)
		}
	}
}

// take promises what is open of the earliest that is free.
func (w *dueWant) take(p *duePlan) {
	for i := 0; i < len(p.lines) && w.open > 0; i++ {
		if l := &p.lines[i]; w.may(l, p.sku) {
			if n := min(l.free, w.open, freeOf(p.lines[:i+1], w.kept)); n > 0 {
				w.add(p, l, n)
				w.open -= n
			}
		}
	}
}

func (w *dueWant) may(l *dueLine, sku ledger.SKU) bool {
	return l.free > 0 && (w.only == "" || l.site == w.only) && l.may(w.of, sku)
}

// add notes n more units of a line.
func (w *dueWant) add(p *duePlan, l *dueLine, n ledger.Qty) {
	l.free -= n
	for i := range w.rows {
		if r := &w.rows[i]; r.Reference == l.ref && r.By == l.by {
			r.Qty += n
			return
		}
	}
	w.rows = append(w.rows, DuePromise{Order: w.order, Line: w.line, SKU: p.sku, Reference: l.ref, Qty: n, By: l.by})
}

// improve moves what is promised late to what is free earlier, and says whether it has.
func (w *dueWant) improve(p *duePlan) (moved bool) {
	for i := range p.lines {
		l := &p.lines[i]
		for w.may(l, p.sku) {
			last := -1
			for k := range w.rows {
				if r := &w.rows[k]; r.Reference != l.ref && r.By.later(l.by) && (last < 0 || r.By.later(w.rows[last].By)) {
					last = k
				}
			}
			if last < 0 {
				break
			}
			r := &w.rows[last]
			n := min(l.free, r.Qty, freeOf(p.lines[:i+1], w.kept))
			if n == 0 {
				break
			}
			if from := p.line(r.Reference); from != nil {
				from.free += n
			}
			if r.Qty -= n; r.Qty == 0 {
				w.rows = slices.Delete(w.rows, last, last+1)
			}
			w.add(p, l, n)
			moved = true
		}
	}
	return moved
}

// slips compares what was promised with what is now: what stands as it was does not slip, and the rest is compared unit by unit,
// the earliest first.
func (w *dueWant) slips(p *duePlan) (out []Slip) {
	if slices.Equal(w.had, w.rows) {
		return nil
	}
	had, now := slices.Clone(w.had), slices.Clone(w.rows)
	for i := range had {
		for k := range now {
			if now[k].Reference == had[i].Reference && now[k].By == had[i].By {
				n := min(now[k].Qty, had[i].Qty)
				now[k].Qty, had[i].Qty = now[k].Qty-n, had[i].Qty-n
			}
		}
	}
	now = slices.DeleteFunc(now, func(r DuePromise) bool { return r.Qty == 0 })
	slices.SortFunc(now, compareDue)
	for _, was := range had {
		for was.Qty > 0 {
			n, by, travels := was.Qty, Day(0), Day(0)
			if len(now) > 0 {
				n, by = min(n, now[0].Qty), now[0].By
				if l := p.line(now[0].Reference); l != nil {
					travels = l.travels(by, w.of)
				}
				if now[0].Qty -= n; now[0].Qty == 0 {
					now = now[1:]
				}
			}
			was.Qty -= n
			if !by.later(was.By) {
				continue
			}
			s := Slip{Order: w.order, Line: w.line, SKU: p.sku, Reference: was.Reference, Qty: n, Old: was.By, New: by, NeedBy: w.needBy, Travels: travels}
			if k := len(out) - 1; k >= 0 && out[k].Reference == s.Reference && out[k].Old == s.Old && out[k].New == s.New && out[k].Travels == s.Travels {
				out[k].Qty += n
				continue
			}
			out = append(out, s)
		}
	}
	return out
}

// compareDue sorts promises to one line: the earliest first.
func compareDue(a, b DuePromise) int {
	return cmp.Or(a.By.compare(b.By), strings.Compare(a.Reference, b.Reference))
}

func sumOf(rows []DuePromise) (sum ledger.Qty) {
	for _, r := range rows {
		sum += r.Qty
	}
	return sum
}
