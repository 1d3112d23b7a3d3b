package policy

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Pool is all that decides where the advance of one SKU should lie.
type Pool struct {
	SKU        ledger.SKU
	Own        Asked       // what HQ's own customers ask for
	Warehouses []Warehouse // each owner once
	Counters   []Counter   // each site once; only those that a command reaches now
}

// A Warehouse is an owner's stock that HQ holds and has not passed on. Floor of it is never passed on.
type Warehouse struct {
	Site  ledger.SiteID
	Held  ledger.Qty
	Floor ledger.Qty
}

// A Counter is a site with its rate of delivery orders and what it was lent in advance already.
type Counter struct {
	Site  ledger.SiteID
	Asked Asked
	Lent  []Lent // each owner once
}

// Lent is what a counter holds of an owner's stock.
type Lent struct {
	Owner ledger.SiteID
	Qty   ledger.Qty
}

// A Wish is a new level of what Holder holds of Owner's stock. Above Was, HQ passes units on;
// below, it calls them back.
type Wish struct {
	Owner  ledger.SiteID
	Holder ledger.SiteID
	SKU    ledger.SKU
	Was    ledger.Qty
	Level  ledger.Qty
}

// Advance says which advances of one SKU to change: counters below their target are topped up from
// what the warehouses have over one day of HQ's own demand. When that does not reach, each unit
// goes to the counter that is likeliest to need it, then to the lowest id; and what counters have over
// their targets is called back, to be passed on once it has come. Wishes are in order of holder and owner.
//
// "Likeliest" compares how far each counter's mean is beyond what its next order asks for: of two
// counters with equally many units that is the one with the higher rate.
func Advance(p Pool, s Settings) []Wish {
	table := tableOf(s.ChancePercent)
	if table == nil || s.Validate() != nil {
		return nil
	}
	a := plan{sku: p.SKU}
	below := a.counters(p, s, table)
	if len(below.all) == 0 {
		return nil // most nights of most SKUs end here
	}
	free := a.warehouses(p, Kept(p.Own, s))
	wanted := ledger.Qty(0)
	for _, c := range below.all {
		wanted += c.target - c.has
	}
	short := wanted - free
	if short <= 0 {
		slices.SortFunc(below.all, func(x, y waiting) int { return strings.Compare(string(x.site), string(y.site)) })
		for _, c := range below.all {
			a.raise(&c, c.target-c.has)
		}
		return a.wishes()
	}
	for free > 0 {
		c := &below.all[0]
		n := min(c.stays(), free)
		a.raise(c, n)
		free -= n
		if c.has += n; c.has >= c.target {
			heap.Pop(below)
		} else {
			heap.Fix(below, 0)
		}
	}
	a.recall(short)
	return a.wishes()
}

type pair struct{ holder, owner ledger.SiteID }

type surplus struct {
	site ledger.SiteID
	over ledger.Qty
	lent []Lent
}

// plan gathers what is to change.
type plan struct {
	sku    ledger.SKU
	levels map[pair]*Wish // that change
	from   []Warehouse    // with what may be passed on in Held: most first, then by id
	over   []surplus
}

// warehouses works out what may be passed on: all that is held over the floors, less one day of
// HQ's own demand, which stays where most lies.
func (a *plan) warehouses(p Pool, keep ledger.Qty) (free ledger.Qty) {
	for _, w := range p.Warehouses {
		if w.Held = Lendable(w.Held, w.Floor); w.Held > 0 {
			a.from = append(a.from, w)
			free += w.Held
		}
	}
	slices.SortFunc(a.from, func(x, y Warehouse) int {
		return cmp.Or(cmp.Compare(y.Held, x.Held), strings.Compare(string(x.Site), string(y.Site)))
	})
	keep = min(keep, free)
	free -= keep
	for i := range a.from {
		n := min(keep, a.from[i].Held)
		a.from[i].Held -= n
		keep -= n
	}
	return free
}

// counters returns those below their target, and notes those above it.
func (a *plan) counters(p Pool, s Settings, table *[tableUnits]Rate) *queue {
	q := &queue{table: table}
	for _, c := range p.Counters {
		has := ledger.Qty(0)
		for _, l := range c.Lent {
			has += l.Qty
		}
		switch target := TargetOf(c.Asked, s); {
		case has < target:
			q.all = append(q.all, waiting{site: c.Site, lent: c.Lent, asked: c.Asked, mean: min(c.Asked.Orders, RateMax) * Rate(s.CoverDays), has: has, target: target})
		case has > target:
			a.over = append(a.over, surplus{site: c.Site, over: has - target, lent: c.Lent})
		}
	}
	heap.Init(q)
	return q
}

// raise passes units on to a counter, from the warehouses in order.
func (a *plan) raise(c *waiting, n ledger.Qty) {
	for i := range a.from {
		w := &a.from[i]
		q := min(n, w.Held)
		if q == 0 {
			continue
		}
		a.level(c.site, w.Site, c.lent).Level += q
		w.Held -= q
		n -= q
	}
}

// recall takes back up to n units, from the counter that has most too many.
func (a *plan) recall(n ledger.Qty) {
	slices.SortFunc(a.over, func(x, y surplus) int {
		return cmp.Or(cmp.Compare(y.over, x.over), strings.Compare(string(x.site), string(y.site)))
	})
	for _, c := range a.over {
		lent := slices.Clone(c.lent)
		slices.SortFunc(lent, func(x, y Lent) int {
			return cmp.Or(cmp.Compare(y.Qty, x.Qty), strings.Compare(string(x.Owner), string(y.Owner)))
		})
		for _, l := range lent {
			q := min(n, c.over, l.Qty)
			a.level(c.site, l.Owner, c.lent).Level -= q
			c.over -= q
			n -= q
		}
	}
}

// level is the wish that changes what a holder has of an owner's.
func (a *plan) level(holder, owner ledger.SiteID, lent []Lent) *Wish {
	key := pair{holder, owner}
	w := a.levels[key]
	if w == nil {
		w = &Wish{Owner: owner, Holder: holder, SKU: a.sku}
		if i := slices.IndexFunc(lent, func(l Lent) bool { return l.Owner == owner }); i >= 0 {
			w.Was, w.Level = lent[i].Qty, lent[i].Qty
		}
		if a.levels == nil {
			a.levels = map[pair]*Wish{}
		}
		a.levels[key] = w
	}
	return w
}

func (a *plan) wishes() []Wish {
	var out []Wish
	for _, w := range a.levels {
		if w.Level != w.Was {
			out = append(out, *w)
		}
	}
	slices.SortFunc(out, func(x, y Wish) int {
		return cmp.Or(strings.Compare(string(x.Holder), string(y.Holder)), strings.Compare(string(x.Owner), string(y.Owner)))
	})
	return out
}

// waiting is a counter below its target.
type waiting struct {
	site        ledger.SiteID
	lent        []Lent
	asked       Asked
	mean        Rate // orders over the cover
	has, target ledger.Qty
}

// next is the order that the next unit is for: what lies there is enough for those before it.
func (w *waiting) next() ledger.Qty {
	if w.asked.Units <= w.asked.Orders {
		return w.has + 1
	}
	return ledger.Qty(Rate(min(w.has, unitsMax))*w.asked.Orders/w.asked.Units) + 1
}

// stays is for how many units a counter stays as likely as it is, up to its target: they are for one order, so that goods which
// are counted in millimetres are handed out by the order and not one by one.
func (w *waiting) stays() ledger.Qty {
	most := w.target - w.has
	if w.asked.Units <= w.asked.Orders {
		return min(1, most)
	}
	units, orders := ledger.Qty(w.asked.Units), ledger.Qty(w.asked.Orders)
	rises := (w.next()*units + orders - 1) / orders // with so many the next is for another order
	if rises > unitsMax {
		return most
	}
	return min(max(rises-w.has, 1), most)
}

// unitsMax bounds what is multiplied by a rate.
const unitsMax = 1_000_000_000

// queue is a heap of counters, the likeliest first.
type queue struct {
	table *[tableUnits]Rate
	all   []waiting
}

func (q *queue) Len() int      { return len(q.all) }
func (q *queue) Swap(i, j int) { q.all[i], q.all[j] = q.all[j], q.all[i] }
func (q *queue) Push(any)      { panic("policy: a counter is queued once") }

func (q *queue) Pop() any {
	last := q.all[len(q.all)-1]
	q.all = q.all[:len(q.all)-1]
	return last
}

// Less compares mean/threshold of the next unit in whole numbers: cross products of at most
// 2^36 by 2^36 go through the high half as well.
func (q *queue) Less(i, j int) bool {
	a, b := &q.all[i], &q.all[j]
	return cmp.Or(compareProducts(b.mean, threshold(q.table, a.next()), a.mean, threshold(q.table, b.next())),
		strings.Compare(string(a.site), string(b.site))) < 0
}
