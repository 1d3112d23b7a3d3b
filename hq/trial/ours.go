package trial

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Rules are ours, with what can be left out to see what it is good for. The zero value is firm
// promises only, with borrowing and the default advance.
type Rules struct {
	Unsure    bool // a cut-off counter takes what it cannot promise, as to be confirmed
	HeadFirm  bool // but of its own orders head office takes none so
	Hasty     bool // of those, head office declines what no site that answers has, and waits for nobody
	ByUnit    bool // the advance takes every order for one of a unit
	Foretold  bool // demand is known as the whole year will have it, for an experiment: no estimate is better
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
	free  []int32    // by site and SKU: the site's own to promise
	held  []int32    // head office's, by warehouse and SKU
	lent  []int32    // of the SKU's warehouse, by site and SKU: the counter's to promise
	line  []bool     // by site: connected
	own   []asker    // by SKU: at head office
	asked [][]asker  // by SKU: the counters that ever had a delivery order, in that order, as their own journals count
	dirty []bool     // by SKU: the advance may have to change
	drawn [][]int    // by site: SKUs of the advance used while the line was down
	every []int      // all SKUs
	wait  []unsure   // to be confirmed, whose counter is back: in their order
	off   [][]unsure // by site: to be confirmed, whose counter is cut off
	was   []lastSeen // by site: what a counter that is cut off was last seen to have
	until int32      // when the next of wait is given up

	names      []ledger.SiteID
	skus       []ledger.SKU
	numbers    map[ledger.SiteID]int
	skuNumbers map[ledger.SKU]int

	// Of one call, kept for the next.
	planner  allocate.Planner
	looked   []int
	looks    []ledger.SKU
	wishes   []policy.Wish
	houses   [1]policy.Warehouse
	counters []policy.Counter
	lents    []policy.Lent // by site
}

// lastSeen is what a counter had of the SKUs of which its stock has changed since it was cut off: on its shelf and in
// advance, as it was then. nil: it is not cut off.
type lastSeen map[int32]int32

// unsure is what of an order waits to be confirmed.
type unsure struct {
	policy.Unconfirmed
	site    int
	until   int32 // ConfirmDays after its counter came back: then it is given up
	lines   []Line
	existed []bool // by line, when it was taken
}

func newOurs(j *judge, rules Rules) *ours {
	w := j.w
	o := &ours{judge: j, rules: rules, free: make([]int32, len(j.book)), held: make([]int32, w.Warehouses*w.SKUs),
		lent: make([]int32, len(j.book)), line: make([]bool, w.Sites()), own: make([]asker, w.SKUs), asked: make([][]asker, w.SKUs), dirty: make([]bool, w.SKUs),
		drawn: make([][]int, w.Sites()), off: make([][]unsure, w.Sites()), was: make([]lastSeen, w.Sites()),
		numbers: map[ledger.SiteID]int{}, skuNumbers: map[ledger.SKU]int{}, lents: make([]policy.Lent, w.Sites())}
	for s := range o.line {
		o.line[s] = true
		o.names = append(o.names, siteName(s))
		o.numbers[o.names[s]] = s
	}
	for k := range w.SKUs {
		o.skus = append(o.skus, skuName(k))
		o.skuNumbers[o.skus[k]] = k
		o.every = append(o.every, k)
	}
	if rules.Foretold {
		o.foretell()
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
	o.remember(site, sku)
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

func (o *ours) cut(site int) {
	o.line[site] = false
	if o.counter(site) && o.rules.Unsure {
		o.was[site] = lastSeen{}
	}
}

// remember keeps what head office last saw of a counter that is cut off, before that changes.
func (o *ours) remember(site int, sku int32) {
	if was := o.was[site]; was != nil {
		if _, known := was[sku]; !known {
			was[sku] = o.has(site, sku)
		}
	}
}

// has is what a counter has of a SKU, on its shelf and in advance.
func (o *ours) has(site int, sku int32) int32 {
	i := o.at(site, sku)
	return o.free[i] + o.lent[i]
}

// heal tells what was received meanwhile, confirms what waits, and makes good what was used of the
// advance; what else changed waits for the night.
func (o *ours) heal(site int) {
	o.line[site], o.was[site] = true, nil
	if !o.counter(site) {
		for k := range o.w.SKUs {
			i := site*o.w.SKUs + k
			if o.free[i] > 0 {
				o.allot(i, false)
				o.dirty[k] = true
			}
		}
	}
	for _, u := range o.off[site] {
		u.until = o.now + confirmBy
		o.wait = append(o.wait, u)
	}
	o.off[site] = nil
	o.confirm()
	o.advance(site, o.drawn[site])
	o.drawn[site] = nil
}

// stocked is what came confirming orders, and rule 3 on receipts.
func (o *ours) stocked() {
	o.confirm()
	o.advance(everywhere, o.every)
}

func (o *ours) answer(r *Request) {
	if len(o.wait) > 0 && o.until <= o.now {
		o.confirm()
	}
	site := int(r.Site)
	switch r.Kind {
	case WalkIn:
		for _, l := range r.Lines {
			i := o.at(site, l.SKU)
			had, sold := o.book[i] >= l.Qty, o.free[i] >= l.Qty
			if sold {
				o.remember(site, l.SKU)
				o.free[i] -= l.Qty
				o.promise(site, l.SKU, l.Qty)
			}
			o.walkIn(site, l, sold, had)
		}
	case Delivery:
		o.delivery(r)
	case HeadWant:
		o.headWant(r)
	}
}

// headWant is an order of head office's own. What it cannot reach, and has last seen with counters that are cut off, it
// takes as to be confirmed, as they do.
func (o *ours) headWant(r *Request) {
	wait := unsure{Unconfirmed: o.unconfirmed(r, "hq"), site: -1, until: o.now + ownConfirmBy}
	for _, l := range r.Lines {
		o.own[l.SKU].Demand = o.own[l.SKU].With(int64(r.At/Day), ledger.Qty(l.Qty))
	}
	for i, ok := range o.source(r.Lines, -1) {
		l := r.Lines[i]
		existed := o.exists(l)
		switch {
		case ok:
			o.n.Promised++
		case o.rules.Unsure && !o.rules.HeadFirm && o.away(l):
			o.n.Unsure++
			wait.lines, wait.existed = append(wait.lines, l), append(wait.existed, existed)
		default:
			if o.refuse(existed); existed {
				o.n.Behind++
			}
		}
	}
	o.waitFor(wait)
}

// unconfirmed is a request's place among those that are to be confirmed.
func (o *ours) unconfirmed(r *Request, taker ledger.SiteID) policy.Unconfirmed {
	return policy.Unconfirmed{Class: 1, Taken: int64(r.At), ID: ledger.OrderID(fmt.Sprintf("%s-%09d", taker, o.n.Requests))}
}

// delivery serves from the own shelf, then asks, and cut off draws on the advance.
func (o *ours) delivery(r *Request) {
	site := int(r.Site)
	var rest []Line
	wait := unsure{site: site, Unconfirmed: o.unconfirmed(r, o.names[site])}
	served := map[int]bool{}
	for _, l := range r.Lines {
		o.learn(site, l, int64(r.At/Day))
		i := o.at(site, l.SKU)
		switch {
		case o.free[i] >= l.Qty:
			o.remember(site, l.SKU)
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
		o.off[site] = append(o.off[site], wait)
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
		} else if !o.draw(site, rest[i], served) {
			o.refuse(o.exists(rest[i]))
		}
	}
}

// alone is a line at a counter that can ask nobody and has too little on its shelf.
func (o *ours) alone(site int, l Line, wait *unsure, served map[int]bool) {
	switch {
	case o.draw(site, l, served):
	case o.rules.Unsure && !o.line[site]:
		o.n.Unsure++
		wait.lines, wait.existed = append(wait.lines, l), append(wait.existed, o.exists(l))
	default:
		existed := o.exists(l)
		o.refuse(existed)
		switch target := policy.TargetOf(o.wanted(site, l.SKU), o.rules.Settings); {
		case !existed:
		case target == 0:
			o.n.Seldom++
		case target < ledger.Qty(l.Qty):
			o.n.Large++
		}
	}
}

// draw promises a line from a counter's advance and what its shelf adds to it, where head office is not
// asked or could not help.
func (o *ours) draw(site int, l Line, served map[int]bool) bool {
	i, home := o.at(site, l.SKU), o.w.homeOf(l.SKU)
	if o.lent[i]+o.free[i] < l.Qty {
		return false
	}
	o.remember(site, l.SKU)
	if q := min(l.Qty, o.lent[i]); q > 0 {
		o.lent[i] -= q
		o.n.Transfers++ // its owner is told
		if !slices.Contains(o.drawn[site], int(l.SKU)) {
			o.drawn[site] = append(o.drawn[site], int(l.SKU))
		}
		o.promise(home, l.SKU, q)
		served[home] = true
		l.Qty -= q
	}
	if l.Qty > 0 {
		o.free[i] -= l.Qty
		o.promise(site, l.SKU, l.Qty)
		served[site] = true
	}
	o.dirty[l.SKU] = true
	o.n.Promised++
	return true
}
