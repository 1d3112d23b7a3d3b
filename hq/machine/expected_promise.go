package machine

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// slipsNamed bounds the promises that one exception names; the rest are counted.
const slipsNamed = 20

func keyOfPromise(p *DuePromise) promiseKey {
	k := binary.BigEndian.AppendUint32([]byte(string(p.Order)+"\x00"), uint32(p.Line))
	return promiseKey(binary.BigEndian.AppendUint64(k, uint64(p.By))) + promiseKey(p.Reference)
}

// promiseAs stores what a plan has come to.
func (m *Machine) promiseAs(p *duePlan) {
	for _, k := range p.stray {
		m.promises.del(k)
	}
	for i := range p.wants {
		w := &p.wants[i]
		if slices.Equal(w.old, w.rows) {
			continue
		}
		for k := range w.old {
			m.promises.del(keyOfPromise(&w.old[k]))
		}
		for _, r := range w.rows {
			m.promises.put(keyOfPromise(&r), &r)
		}
	}
}

// settleDue has what is due in promised as the command left it: an order that waits for less gives up the rest of its promise, one
// that waits for more is promised what is free, and what became free goes to who comes first in turn. It is called when the
// command has landed. Only what came to a site that can give nothing, and what a site's own purchase order moves, makes a promise slip here.
func (m *Machine) settleDue() {
	d := &m.derived.due
	if len(d.touched)+len(d.skus) == 0 {
		return
	}
	skus := slices.Clone(d.skus)
	for _, id := range d.touched {
		if o, ok := m.orders.Get(id); ok {
			skus = append(skus, m.unsettledDue(o)...)
		}
	}
	slices.Sort(skus)
	skus = slices.Compact(skus)
	if len(skus) == 0 {
		return
	}
	_ = m.atomically(func() error {
		var slips []Slip
		for _, sku := range skus {
			p := m.duePlan(sku, nil, m.counters.Today)
			slips = append(slips, p.run(func(r *DuePromise) bool { return d.moved[keyOfDue(r.Reference, sku)] })...)
			m.promiseAs(p)
		}
		m.slipped(slips, m.dueAt)
		return nil
	})
}

// unsettledDue lists the SKUs of which an order is promised more than it waits for, or less though something is free.
func (m *Machine) unsettledDue(o *Order) (out []ledger.SKU) {
	d := &m.derived.due
	if len(d.ofOrder[o.ID]) == 0 && !o.waits() {
		return nil
	}
	out = m.barredDue(o)
	sums := map[int]ledger.Qty{}
	for _, k := range d.ofOrder[o.ID] {
		r, _ := m.promises.Get(k)
		if sums[r.Line] += r.Qty; r.Line > len(o.Lines) || o.Lines[r.Line-1].SKU != r.SKU {
			out = append(out, r.SKU)
		}
	}
	for i := range o.Lines {
		sku, firm, sum := o.Lines[i].SKU, o.firm(i+1), sums[i+1]
		if sum > firm || sum < firm && d.left[sku]-d.given[sku] > m.keptDue(o.Class, sku) {
			out = append(out, sku)
		}
	}
	return out
}

// slipped tells whose promises slip: an exception for each delivery.
func (m *Machine) slipped(slips []Slip, at time.Time) {
	m.slipsTold(slips, at)
	of := map[string][]Slip{}
	var refs []string
	for _, s := range slips {
		if of[s.Reference] == nil {
			refs = insert(refs, s.Reference)
		}
		of[s.Reference] = append(of[s.Reference], s)
	}
	for _, ref := range refs {
		d, _ := m.deliveries.get(deliveryKey(ref))
		if d == nil {
			d = &Delivery{Reference: ref}
		}
		m.raise(Exception{What: "promise_slips", Site: d.Site, SKU: of[ref][0].SKU, Order: of[ref][0].Order, Why: slipWords(d, of[ref])}, at)
	}
}

// slipWords names the promises that slip, those that come too late for their order first.
func slipWords(d *Delivery, slips []Slip) string {
	slices.SortStableFunc(slips, func(a, b Slip) int {
		if a.Missed() != b.Missed() {
			if a.Missed() {
				return -1
			}
			return 1
		}
		return 0
	})
	words := make([]string, 0, slipsNamed)
	for i := range slips[:min(len(slips), slipsNamed)] {
		s := &slips[i]
		to := "no date"
		if s.New != 0 {
			to = s.New.String()
		}
		need := ""
		if s.Missed() {
			need = ", needed by " + s.NeedBy
		}
		words = append(words, fmt.Sprintf("order %s line %d, %d %s: %s to %s%s", s.Order, s.Line, s.Qty, s.SKU, s.Old, to, need))
	}
	rest := ""
	if n := len(slips) - len(words); n > 0 {
		rest = fmt.Sprintf("; and %d more", n)
	}
	return fmt.Sprintf("delivery %s of %s: promises slip: %s%s", d.Reference, d.Supplier, strings.Join(words, "; "), rest)
}

// dueRows is what of what is due in can be promised to what legs leave of a new order: all of it, whenever it comes, where the
// order waits anyway; otherwise what is there by need_by. all says whether nothing is left.
func (m *Machine) dueRows(o *ledger.Order, legs []allocate.Leg) (rows []DuePromise, all bool) {
	if m.derived.due.open == 0 {
		return nil, false
	}
	lacks := make([]ledger.Qty, len(o.Lines))
	for i := range o.Lines {
		if o.Lines[i].Drop == nil || o.Owner != ledger.HQ { // what a supplier sends is due in nowhere
			lacks[i] = o.Lines[i].Qty
		}
	}
	for _, l := range legs {
		if l.Line >= 1 && l.Line <= len(lacks) {
			lacks[l.Line-1] -= l.Qty
		}
	}
	all = true
	lines := map[ledger.SKU][]dueLine{}
	for i := range o.Lines {
		if lacks[i] <= 0 {
			continue
		}
		sku := o.Lines[i].SKU
		if _, looked := lines[sku]; !looked {
			lines[sku] = m.dueLines(sku, nil, m.counters.Today)
		}
		kept := m.keptDue(o.Class, sku)
		for k := range lines[sku] {
			l := &lines[sku][k]
			if l.free <= 0 || freeOf(lines[sku][:k+1], kept) == 0 || o.CollectAt != "" && l.site != o.CollectAt || !l.may(o, sku) {
				continue
			}
			if o.Shortage != ledger.Backorder && l.by.after(l.travels(l.by, o)).Misses(o.NeedBy) {
				continue
			}
			n := min(l.free, lacks[i], freeOf(lines[sku][:k+1], kept))
			if l.free, lacks[i] = l.free-n, lacks[i]-n; n > 0 {
				rows = append(rows, DuePromise{Order: o.ID, Line: i + 1, SKU: sku, Reference: l.ref, Qty: n, By: l.by})
			}
		}
		all = all && lacks[i] == 0
	}
	return rows, all
}

// DueInTime says whether a new order, of which legs leave some, can be taken because the rest is due in by its need_by.
func (m *Machine) DueInTime(o *ledger.Order, legs []allocate.Leg) bool {
	if o.NeedBy == "" || o.Shortage != ledger.Refuse && o.Shortage != ledger.Partial {
		return false
	}
	rows, all := m.dueRows(o, legs)
	return all || o.Shortage == ledger.Partial && len(rows) > 0
}

// promiseDue promises a new order what is due in of what its plan leaves, and gives what the client is told of it. One that does not
// wait otherwise waits for what is there by its need_by.
func (m *Machine) promiseDue(o *Order, legs []allocate.Leg) []DuePromise {
	if o.Wait != ledger.WaitHQ && !m.DueInTime(&o.Order, legs) {
		return nil
	}
	rows, _ := m.dueRows(&o.Order, legs)
	for i := range rows {
		r := &rows[i]
		if line := &o.Lines[r.Line-1]; o.Wait != ledger.WaitHQ {
			line.Backordered += r.Qty
		}
		m.promises.put(keyOfPromise(r), r)
	}
	if len(rows) > 0 && o.Wait != ledger.WaitHQ {
		o.Wait = ledger.WaitHQ
		o.Settle()
	}
	return rows
}

// duePromisesMax bounds the promises that an answer tells of.
const duePromisesMax = 10_000

// toldOf is what a client is told of what its order is promised: the deliveries that bring it, as far as an answer goes.
func toldOf(rows []DuePromise) []DuePromise {
	out := slices.Clone(rows[:min(len(rows), duePromisesMax)])
	for i := range out {
		out[i].Order, out[i].SKU = "", ""
	}
	return out
}

// dueIndex is what is derived of deliveries and promises.
type dueIndex struct {
	refs    []string                  // of all deliveries, ascending
	plain   map[string][]string       // the same by what they come to without case and blanks
	open    int                       // deliveries that are expected
	lines   int                       // their lines
	of      map[ledger.SKU][]string   // deliveries that still bring it, ascending
	left    map[ledger.SKU]ledger.Qty // that head office may promise
	given   map[ledger.SKU]ledger.Qty // of left, what is promised
	on      map[dueKey]dueOn
	ofOrder map[ledger.OrderID][]promiseKey // ascending
	bySKU   map[ledger.SKU][]promiseKey     // ascending
	closed  []closedDelivery                // the first first
	drafts  []string                        // purchase orders that their suppliers have not got, ascending

	touched []ledger.OrderID // orders that the command has changed
	skus    []ledger.SKU     // of which it has changed what is due in
	moved   map[dueKey]bool  // of these, what is to be promised anew: it comes on another day, from somebody else or elsewhere
}

// A dueOn is what is promised of one line of a delivery.
type dueOn struct {
	sum  ledger.Qty
	keys []promiseKey // ascending
}

type closedDelivery struct {
	closed uint64
	ref    string
}

func (c closedDelivery) compare(other closedDelivery) int {
	return cmp.Or(cmp.Compare(c.closed, other.closed), strings.Compare(c.ref, other.ref))
}

type dueKey struct {
	ref string
	sku ledger.SKU
}

func keyOfDue(ref string, sku ledger.SKU) dueKey { return dueKey{ref, sku} }

func newDueIndex() dueIndex {
	return dueIndex{plain: map[string][]string{}, of: map[ledger.SKU][]string{}, left: map[ledger.SKU]ledger.Qty{}, given: map[ledger.SKU]ledger.Qty{}, on: map[dueKey]dueOn{}, moved: map[dueKey]bool{},
		ofOrder: map[ledger.OrderID][]promiseKey{}, bySKU: map[ledger.SKU][]promiseKey{}}
}

// lapsed lists the SKUs of which something was promised by a day before today, ascending.
func (d *dueIndex) lapsed(m *Machine, today Day) (out []ledger.SKU) {
	for sku, keys := range d.bySKU { // any order: it is sorted below
		if slices.ContainsFunc(keys, func(k promiseKey) bool {
			r, ok := m.promises.Get(k)
			return ok && r.lapsed(today)
		}) {
			out = append(out, sku)
		}
	}
	slices.Sort(out)
	return out
}

// forget empties what the last command has left to be settled.
func (d *dueIndex) forget() {
	d.touched, d.skus = d.touched[:0], d.skus[:0]
	clear(d.moved)
}

// touch notes an order that the command changes.
func (d *dueIndex) touch(id ledger.OrderID) {
	if len(d.refs) > 0 {
		d.touched = append(d.touched, id)
	}
}

func (d *dueIndex) landDelivery(k deliveryKey, old *Delivery, had bool, now *Delivery, has bool) {
	d.note(old, had, now, has)
	if had && old.Draft() {
		d.drafts = remove(d.drafts, string(k))
	}
	if has && now.Draft() {
		d.drafts = insert(d.drafts, string(k))
	}
	if had {
		d.count(old, -1)
		if old.Closed != 0 {
			if i, ok := slices.BinarySearchFunc(d.closed, closedDelivery{old.Closed, old.Reference}, closedDelivery.compare); ok {
				d.closed = slices.Delete(d.closed, i, i+1)
			}
		}
	}
	if !has {
		d.refs = remove(d.refs, string(k))
		if plain := plainReference(string(k)); len(d.plain[plain]) > 1 {
			d.plain[plain] = remove(d.plain[plain], string(k))
		} else {
			delete(d.plain, plain)
		}
		return
	}
	d.refs = insert(d.refs, string(k))
	plain := plainReference(string(k))
	d.plain[plain] = insert(d.plain[plain], string(k))
	d.count(now, 1)
	if now.Closed != 0 {
		i, _ := slices.BinarySearchFunc(d.closed, closedDelivery{now.Closed, now.Reference}, closedDelivery.compare)
		d.closed = slices.Insert(d.closed, i, closedDelivery{now.Closed, now.Reference})
	}
}

// note notes the SKUs of which another quantity is to come than before, or elsewhere, from somebody else or on another day. Those that
// a receipt does not speak of need no new plan.
func (d *dueIndex) note(old *Delivery, had bool, now *Delivery, has bool) {
	switch {
	case !had:
		old = &Delivery{}
	case !has:
		now = &Delivery{}
	}
	for _, v := range [...]*Delivery{old, now} {
		for i := range v.Lines {
			sku := v.Lines[i].SKU
			if was, is := old.left(sku), now.left(sku); was != is || is > 0 && now.moved(old, sku) {
				d.skus = append(d.skus, sku) // twice does no harm
			}
		}
	}
}

// count adds what is to come of a delivery to what is due in, or with -1 takes it away.
func (d *dueIndex) count(v *Delivery, sign int) {
	if v.Closed == 0 {
		d.open += sign
		d.lines += sign * len(v.Lines)
	}
	for i := range v.Lines {
		sku, left := v.Lines[i].SKU, v.left(v.Lines[i].SKU)
		if left == 0 {
			continue
		}
		if !v.kept() {
			add(d.left, sku, left*ledger.Qty(sign))
		}
		if sign > 0 {
			d.of[sku] = insert(d.of[sku], v.Reference)
		} else if d.of[sku] = remove(d.of[sku], v.Reference); len(d.of[sku]) == 0 {
			delete(d.of, sku)
		}
	}
}

func (d *dueIndex) landPromise(k promiseKey, old *DuePromise, had bool, now *DuePromise, has bool) {
	if had {
		add(d.given, old.SKU, -old.Qty)
		of := keyOfDue(old.Reference, old.SKU)
		on := d.on[of]
		on.sum, on.keys = on.sum-old.Qty, remove(on.keys, k)
		if d.on[of] = on; len(on.keys) == 0 {
			delete(d.on, of)
		}
		drop(d.ofOrder, old.Order, k)
		drop(d.bySKU, old.SKU, k)
	}
	if has {
		add(d.given, now.SKU, now.Qty)
		of := keyOfDue(now.Reference, now.SKU)
		on := d.on[of]
		d.on[of] = dueOn{on.sum + now.Qty, insert(on.keys, k)}
		d.ofOrder[now.Order] = insert(d.ofOrder[now.Order], k)
		d.bySKU[now.SKU] = insert(d.bySKU[now.SKU], k)
	}
}

func add[K comparable](sums map[K]ledger.Qty, k K, q ledger.Qty) {
	if sums[k] += q; sums[k] == 0 {
		delete(sums, k)
	}
}

func drop[K comparable](lists map[K][]promiseKey, k K, v promiseKey) {
	if lists[k] = remove(lists[k], v); len(lists[k]) == 0 {
		delete(lists, k)
	}
}
