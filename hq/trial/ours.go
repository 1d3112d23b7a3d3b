package trial

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Rules are ours, with what can be left out to see what it is good for. The zero value is firm
// promises only, with borrowing and the default advance.
type Rules struct {
	Unsure    bool // a cut-off counter takes what it cannot promise, as to be confirmed
	NoBorrow  bool // rule 4 is left out: nobody asks anybody
	NoAdvance bool // rule 3 is left out
	Settings  policy.Settings
}

// Ours is allocation.md's five rules.
func Ours(name string, rules Rules) Way {
	if rules.Settings == (policy.Settings{}) {
		rules.Settings = policy.DefaultSettings()
	}
	return Way{name, func(j *judge) way { return newOurs(j, rules) }}
}

// ours holds the claims: every unit of a shelf has one claimant.
type ours struct {
	*judge
	rules Rules
	free  []int32                // by site and SKU: the site's own to promise
	held  []int32                // head office's, by warehouse and SKU
	lent  []int32                // of the SKU's warehouse, by site and SKU: the counter's to promise
	line  []bool                 // by site: connected
	wants map[int]*policy.Demand // by site and SKU: of delivery orders, as the counter's own journal counts them
	own   []policy.Demand        // by SKU: at head office
	asked [][]int                // by SKU: the counters that ever had a delivery order, in that order
	dirty []bool                 // by SKU: the advance may have to change
	drawn [][]int                // by site: SKUs of the advance used while the line was down
	every []int                  // all SKUs
	wait  [][]unsure             // by site
	names []ledger.SiteID
	skus  []ledger.SKU
}

// unsure is what of an order waits to be confirmed.
type unsure struct {
	policy.Unconfirmed
	lines   []Line
	existed []bool // by line, when it was taken
}

func newOurs(j *judge, rules Rules) *ours {
	w := j.w
	o := &ours{judge: j, rules: rules, free: make([]int32, len(j.book)), held: make([]int32, w.Warehouses*w.SKUs),
		lent: make([]int32, len(j.book)), line: make([]bool, w.Sites()), wants: map[int]*policy.Demand{},
		own: make([]policy.Demand, w.SKUs), asked: make([][]int, w.SKUs), dirty: make([]bool, w.SKUs), wait: make([][]unsure, w.Sites()), drawn: make([][]int, w.Sites())}
	for s := range o.line {
		o.line[s] = true
		o.names = append(o.names, siteName(s))
	}
	for k := range w.SKUs {
		o.skus = append(o.skus, skuName(k))
		o.every = append(o.every, k)
	}
	for i, q := range j.book {
		o.receive(i/w.SKUs, int32(i%w.SKUs), q)
	}
	return o
}

func (o *ours) counter(site int) bool { return site >= o.w.Warehouses }

// receive is rules 1 and 2. Head office hears of it when the line is up; until then the units lie idle.
func (o *ours) receive(site int, sku, qty int32) {
	i := o.at(site, sku)
	o.free[i] += qty
	if o.line[site] {
		o.allot(i, o.counter(site))
		o.dirty[sku] = true
	}
}

func (o *ours) allot(i int, counter bool) {
	if n := int32(policy.ToHQ(counter, ledger.Qty(o.free[i]), 0)); n > 0 {
		o.free[i] -= n
		o.held[i] += n
	}
}

func (o *ours) cut(site int) { o.line[site] = false }

// heal tells what was received meanwhile, confirms what waits, and makes good what was used of the
// advance; what else changed waits for the night.
func (o *ours) heal(site int) {
	o.line[site] = true
	if !o.counter(site) {
		for k := range o.w.SKUs {
			i := site*o.w.SKUs + k
			if o.free[i] > 0 {
				o.allot(i, false)
				o.dirty[k] = true
			}
		}
	}
	o.confirm(site)
	o.advance(site, o.drawn[site])
	o.drawn[site] = nil
}

// stocked is rule 3 on receipts.
func (o *ours) stocked() { o.advance(everywhere, o.every) }

// confirm is rule 5.
func (o *ours) confirm(site int) {
	waits := o.wait[site]
	o.wait[site] = nil
	slices.SortFunc(waits, func(a, b unsure) int { return a.Compare(b.Unconfirmed) })
	for _, u := range waits {
		for i, ok := range o.source(u.lines, site) {
			if ok {
				o.n.Confirmed++
				o.n.Promised++
				continue
			}
			o.n.Declined++
			o.refuse(u.existed[i])
		}
	}
}

func (o *ours) answer(r *Request) {
	site := int(r.Site)
	switch r.Kind {
	case WalkIn:
		for _, l := range r.Lines {
			i := o.at(site, l.SKU)
			had, sold := o.book[i] >= l.Qty, o.free[i] >= l.Qty
			if sold {
				o.free[i] -= l.Qty
				o.promise(site, l.SKU, l.Qty)
			}
			o.walkIn(site, l, sold, had)
		}
	case Delivery:
		o.delivery(r)
	case HeadWant:
		for _, l := range r.Lines {
			o.own[l.SKU] = o.own[l.SKU].With(int64(r.At/Day), ledger.Qty(l.Qty))
		}
		for i, ok := range o.source(r.Lines, -1) {
			if ok {
				o.n.Promised++
			} else {
				o.refuse(o.exists(r.Lines[i]))
				if o.exists(r.Lines[i]) {
					o.n.Behind++
				}
			}
		}
	}
}

// delivery serves from the own shelf, then asks, and cut off draws on the advance.
func (o *ours) delivery(r *Request) {
	site := int(r.Site)
	var rest []Line
	wait := unsure{Unconfirmed: policy.Unconfirmed{Class: 1, Taken: int64(r.At), ID: ledger.OrderID(fmt.Sprintf("%s-%09d", o.names[site], o.n.Requests))}}
	served := map[int]bool{}
	for _, l := range r.Lines {
		o.learn(site, l, int64(r.At/Day))
		i := o.at(site, l.SKU)
		switch {
		case o.free[i] >= l.Qty:
			o.free[i] -= l.Qty
			o.promise(site, l.SKU, l.Qty)
			o.n.Promised++
			served[site] = true
		case !o.line[site] || o.rules.NoBorrow:
			o.alone(site, l, &wait, served)
		default:
			rest = append(rest, l)
		}
	}
	if len(wait.lines) > 0 {
		o.wait[site] = append(o.wait[site], wait)
	}
	if len(served) > 0 {
		o.n.Orders++
		o.n.Parcels += len(served)
	}
	if len(rest) == 0 {
		return
	}
	if len(served) > 0 {
		o.n.Orders-- // one order, whose other parcels source counts
	}
	for i, ok := range o.source(rest, site) {
		if ok {
			o.n.Promised++
		} else {
			o.refuse(o.exists(rest[i]))
		}
	}
}

// alone is a line at a counter that can ask nobody and has too little on its shelf.
func (o *ours) alone(site int, l Line, wait *unsure, served map[int]bool) {
	i, home := o.at(site, l.SKU), o.w.homeOf(l.SKU)
	switch {
	case o.lent[i]+o.free[i] >= l.Qty:
		q := min(l.Qty, o.lent[i])
		if q > 0 {
			o.lent[i] -= q
			o.drawn[site] = append(o.drawn[site], int(l.SKU))
			o.promise(home, l.SKU, q)
			served[home] = true
		}
		if l.Qty > q {
			o.free[i] -= l.Qty - q
			o.promise(site, l.SKU, l.Qty-q)
			served[site] = true
		}
		o.dirty[l.SKU] = true
		o.n.Promised++
	case o.rules.Unsure && !o.line[site]:
		o.n.Unsure++
		wait.lines, wait.existed = append(wait.lines, l), append(wait.existed, o.exists(l))
	default:
		o.refuse(o.exists(l))
	}
}

// learn counts a delivery order where it was taken.
func (o *ours) learn(site int, l Line, day int64) {
	i := o.at(site, l.SKU)
	d := o.wants[i]
	if d == nil {
		d = &policy.Demand{}
		o.wants[i] = d
		o.asked[l.SKU] = append(o.asked[l.SKU], site)
	}
	*d = d.With(day, ledger.Qty(l.Qty))
	o.dirty[l.SKU] = true
}
