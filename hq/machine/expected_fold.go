package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A dueCame is what an entry brings of one line of a delivery.
type dueCame struct {
	ref string
	sku ledger.SKU
	qty ledger.Qty
}

// receipt counts goods in against the delivery of their reference. More than was expected, or what nobody expected, is
// goods in as any other.
func (f *folding) receipt(ref string) {
	old := f.delivery(ref)
	if old == nil || old.stray() && old.Site != f.site {
		f.strays(ref, old)
		return
	}
	ref = old.Reference
	if old.Site != f.site {
		f.raise("delivery_elsewhere", "", "", fmt.Sprintf("goods under reference %s came in here, and are expected at %s: change the delivery, or the promises on it wait for what will not come", ref, old.Site))
		return
	}
	d := *old
	d.Lines = slices.Clone(old.Lines)
	for i := range d.Lines {
		l := &d.Lines[i]
		sum := f.brought(l.SKU)
		if sum == 0 {
			continue
		}
		left := d.left(l.SKU)
		l.Came = min(l.Came+sum, ledger.QtyMax)
		l.trim()
		f.came = append(f.came, dueCame{ref, l.SKU, min(sum, left)})
		if left > 0 && l.Left() == 0 {
			f.m.lateBy(d.Supplier, DayOf(f.e.At)-d.DueOn(l.SKU))
		}
	}
	switch {
	case d.Order != nil:
		f.received(old, &d)
	case d.stray():
		f.addStrays(&d)
	}
	f.m.ended(&d)
	f.m.deliveries.put(deliveryKey(ref), &d)
	f.m.forgetDeliveries(&d)
	f.m.dueAt = f.push.At
}

// delivery finds what goods under a reference are of: the delivery of that very reference, or the one whose reference is the same but for
// case and blanks; nil for none. Of several that are, the one that is expected at the site.
func (f *folding) delivery(ref string) *Delivery {
	if d, known := f.m.deliveries.get(deliveryKey(ref)); known || !f.m.agreed(kindAgree) {
		return d
	}
	var all, here []*Delivery
	for _, name := range f.m.derived.due.plain[plainReference(ref)] {
		d, known := f.m.deliveries.get(deliveryKey(name))
		if !known {
			continue
		}
		if all = append(all, d); d.Closed == 0 && d.Site == f.site {
			here = append(here, d)
		}
	}
	switch {
	case len(here) == 1:
		return here[0]
	case len(all) == 1:
		return all[0]
	case len(all) > 1:
		f.raise("delivery_unclear", "", "", fmt.Sprintf("goods under reference %s may be of %s or of %s, and count for neither: change the delivery that they are of", ref, all[0].Reference, all[1].Reference))
	}
	return nil
}

// plainReference is a reference without blanks, in capitals: what a clerk at goods-in reads off a note, and types. Only ASCII letters are
// folded: what other letters' capitals are depends on the build's tables.
func plainReference(ref string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ' || c == '\t':
			return -1
		case c >= 'a' && c <= 'z':
			return c - 'a' + 'A'
		default:
			return c
		}
	}, ref)
}

// brought is what the entry takes in of a SKU.
func (f *folding) brought(sku ledger.SKU) (sum ledger.Qty) {
	for i := range f.e.Postings {
		if p := &f.e.Postings[i]; p.Account.Kind == ledger.Supplier && p.SKU == sku {
			sum -= p.Qty
		}
	}
	return max(sum, 0)
}

// lateBy learns of a line that has come whole.
func (m *Machine) lateBy(supplier string, days Day) {
	s, known := edit(m.suppliers.table, supplierKey(supplier), func(s *Supplier) *Supplier {
		c := *s
		c.Late = slices.Clone(s.Late)
		return &c
	})
	if !known {
		if m.suppliers.Len() >= SuppliersMax {
			return
		}
		s = &Supplier{Name: supplier}
		m.suppliers.put(supplierKey(supplier), s)
	}
	if s.Late = append(s.Late, uint16(min(max(days, 0), lateDaysMax))); len(s.Late) > LatenessKept {
		s.Late = slices.Delete(s.Late, 0, len(s.Late)-LatenessKept)
	}
}

// A handed is what one order gets of what came.
type handed struct {
	o     *Order
	lines []DuePromise
}

// handOver gives what came to whom it was promised, before anybody else is planned for. What a counter takes in is on its
// own shelf: it is asked to lend it for those orders.
func (f *folding) handOver() {
	if len(f.came) == 0 {
		return
	}
	site, _ := f.m.sites.get(f.site)
	if f.m.Closed(site) != "" {
		return // it is served in turn when that is over
	}
	var all []*handed
	for _, c := range f.came {
		all = f.handLine(c, site, all)
	}
	slices.SortFunc(all, func(a, b *handed) int { return f.m.derived.turnOf(a.o).compare(f.m.derived.turnOf(b.o)) })
	for _, h := range all {
		if site.Counter {
			f.m.borrowCame(h, f.site, f.push)
		} else {
			f.m.give(h, f.site, f.push.At)
		}
	}
}

// handLine shares what came of a line among those it is promised to, in their turn.
func (f *folding) handLine(c dueCame, site *Site, all []*handed) []*handed {
	stock := f.m.editStock(f.site, c.sku)
	there := stock.Promisable()
	if site.Counter {
		there = stock.Level.Available
	}
	left := min(c.qty, there)
	if t, ok := f.m.terms.get(f.site); ok && !t.Serves(c.sku) {
		return all
	}
	for _, r := range f.m.promisedOn(c.ref, c.sku) {
		if left == 0 {
			break
		}
		o, ok := f.m.editOrder(r.Order)
		if !ok || r.Line > len(o.Lines) || o.Lines[r.Line-1].SKU != c.sku {
			continue
		}
		i := slices.IndexFunc(all, func(h *handed) bool { return h.o.ID == o.ID })
		n := min(r.Qty, left, o.firm(r.Line))
		if !site.Counter { // what a counter lends is beyond what is kept
			n = min(n, f.mayGive(o.Class, c.sku, stock.Promisable()))
		}
		if i >= 0 {
			n = min(n, o.firm(r.Line)-all[i].sum(r.Line))
		}
		if n <= 0 || i < 0 && !f.takesOn(o, site) {
			continue
		}
		if i < 0 {
			i = len(all)
			all = append(all, &handed{o: o})
		}
		left -= n
		if !site.Counter {
			stock.Held -= n // give counts it as drawn
			if f.m.keepsDue() {
				f.m.gets(o.Class, c.sku, n, f.push.At)
			}
		}
		all[i].add(r, n)
		f.m.keepPromise(r, r.Qty-n)
	}
	return slices.DeleteFunc(all, func(h *handed) bool { return len(h.lines) == 0 })
}

// mayGive is what an order of a class may be handed of a SKU of which so much can be promised where it came in: what its limits let it, and nothing of what
// is kept for other classes.
func (f *folding) mayGive(class string, sku ledger.SKU, here ledger.Qty) ledger.Qty {
	m := f.m
	if !m.keepsDue() || !m.Limited(sku) {
		return ledger.QtyMax
	}
	have := here
	for of := range m.OffersOf(sku) {
		if of.Site.ID != f.site && m.Closed(of.Site) == "" {
			have += of.Promisable
		}
	}
	a := m.allowedOf(class, sku, have, f.push.At)
	return max(min(a.Held, a.All), 0)
}

// takesOn says whether an order is served from the site directly. At a warehouse that is a parcel of the day: one for which the
// day has no room is served in turn, on another.
func (f *folding) takesOn(o *Order, site *Site) bool {
	if t, ok := f.m.terms.get(f.site); ok && t.bars(&o.Order) || !o.takes(f.site, f.m, site.Counter) {
		return false
	}
	return site.Counter || f.m.charge(o.ID, []allocate.Leg{{Site: f.site}}, f.push.At) == nil
}

// bars says whether a site serves nothing of an order, by the terms that planners hold to.
func (t *Terms) bars(o *ledger.Order) bool {
	return t.Stopped != "" || o.Fulfil == ledger.Deliver && (t.NoDeliver || !t.SendsTo(&o.ShipTo)) || o.Fulfil == ledger.Collect && t.NoCollect ||
		o.Customer != "" && slices.Contains(t.Customers, o.Customer) || o.Class != "" && slices.Contains(t.Classes, o.Class)
}

// sum is what is handed over for a line.
func (h *handed) sum(line int) (sum ledger.Qty) {
	for _, r := range h.lines {
		if r.Line == line {
			sum += r.Qty
		}
	}
	return sum
}

// add hands over n more of what was promised.
func (h *handed) add(r *DuePromise, n ledger.Qty) {
	for i := range h.lines {
		if h.lines[i].Line == r.Line {
			h.lines[i].Qty += n
			return
		}
	}
	row := *r
	row.Qty = n
	h.lines = append(h.lines, row)
}

// takes says whether an order can be served from a site directly. One that units are being borrowed for is served when that is over.
func (o *Order) takes(site ledger.SiteID, m *Machine, borrows bool) bool {
	if o.CollectAt != "" && o.CollectAt != site || o.Canceling() != nil {
		return false
	}
	if borrows {
		_, open := m.requests.get(SubjectOfFill(o.ID))
		return !open
	}
	places := 0
	for i := range o.Lines {
		places += len(o.Lines[i].Away) + 1
		if len(o.Lines[i].Away) >= legsPerLineMax {
			return false
		}
	}
	return places <= ledger.LegsMax
}

// promisedOn lists what is promised of a line of a delivery, in turn.
func (m *Machine) promisedOn(ref string, sku ledger.SKU) (out []*DuePromise) {
	turns := map[ledger.OrderID]turn{}
	for _, k := range m.derived.due.on[keyOfDue(ref, sku)].keys {
		if r, ok := m.promises.get(k); ok {
			if o, known := m.orders.get(r.Order); known {
				turns[r.Order] = m.derived.turnOf(o)
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, func(a, b *DuePromise) int {
		return cmp.Or(turns[a.Order].compare(turns[b.Order]), cmp.Compare(a.Line, b.Line), a.By.compare(b.By))
	})
	return out
}

// keepPromise leaves q of a promise.
func (m *Machine) keepPromise(r *DuePromise, q ledger.Qty) {
	if q == 0 {
		m.promises.del(keyOfPromise(r))
		return
	}
	left := *r
	left.Qty = q
	m.promises.put(keyOfPromise(r), &left)
}

// give reserves for an order what came for it. The units have been taken from what is held. It is a plan of head office's own,
// which follows from what was promised as much as from the entry, and so it is named as one.
func (m *Machine) give(h *handed, site ledger.SiteID, at time.Time) {
	o, was := h.o, h.o.Status
	why := h.explained(site)
	legs := make([]allocate.Leg, 0, len(h.lines))
	for _, r := range h.lines {
		legs = append(legs, allocate.Leg{Line: r.Line, SKU: r.SKU, Site: site, Qty: r.Qty})
	}
	o.Plans++
	plan := m.causeOfPlan(o)
	id := named(plan.decidedAt)
	m.reserve(o, legs, id)
	m.note(o, legs, id, plan)
	for _, l := range legs {
		line := &o.Lines[l.Line-1]
		if line.Fill(l.Qty); site == o.Owner {
			line.Here += l.Qty
		} else {
			line.AddAway(site, l.Qty)
		}
	}
	o.Settle()
	m.confirmed(o, was)
	m.tell(o.ID, Step{What: StepCame, At: at, Site: site, Why: h.lines[0].Reference, Lines: stepOfDue(h.lines)})
	m.explain(o.ID, ReasonsOf(why))
}

func stepOfDue(rows []DuePromise) []StepLine {
	out := make([]StepLine, len(rows))
	for i, r := range rows {
		out[i] = StepLine{Line: r.Line, SKU: r.SKU, Qty: r.Qty}
	}
	return out
}

// explained is why a site serves what is handed over there.
func (h *handed) explained(site ledger.SiteID) (why allocate.Explanation) {
	for _, r := range h.lines {
		why.Lines = append(why.Lines, allocate.LineExplanation{Line: r.Line, Chosen: []ledger.Leg{{Site: site, Qty: r.Qty}},
			Candidates: []allocate.Choice{{Site: site, Promisable: r.Qty, Why: "chosen: it came with " + r.Reference + ", of which it was promised"}}})
	}
	return why
}

// borrowCame asks a counter for what came for an order.
func (m *Machine) borrowCame(h *handed, site ledger.SiteID, push *Push) {
	of := SubjectOfFill(h.o.ID)
	lines := make([]ledger.CommandLine, len(h.lines))
	for i, r := range h.lines {
		lines[i] = ledger.CommandLine{Line: r.Line, SKU: r.SKU, Qty: r.Qty}
	}
	c := m.issue(site, ledger.HQCommand{ID: m.causeOfCommand(of, push.At).decided(), Kind: ledger.CommandBorrow, Order: h.o.ID, Lines: lines})
	r := &Request{For: of, Order: h.o.ID, At: push.At, Rounds: 1, Borrowed: []Borrowing{{Site: site, Number: c.Number}}}
	if m.tells() {
		r.Explain = ReasonsOf(h.explained(site))
	}
	m.requests.put(of, r)
}
