package trial

import (
	"cmp"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// source promises lines from wherever head office may: its holdings, and while their lines are up
// the counters' shelves and advances. It says which lines were promised, each whole or not at all. asker is
// the counter that asked, or -1.
func (o *ours) source(lines []Line, asker int) []bool {
	ok := make([]bool, len(lines))
	needs := make([]allocate.Need, 0, len(lines))
	for i, l := range lines {
		if o.reachable(l) {
			ok[i] = true
			needs = append(needs, allocate.Need{Line: i + 1, SKU: o.skus[l.SKU], Qty: ledger.Qty(l.Qty)})
		}
	}
	if len(needs) == 0 {
		return ok
	}
	served := map[int]bool{}
	if site, one := o.warehouseFor(lines, needs); one {
		for _, n := range needs {
			l := lines[n.Line-1]
			o.held[o.at(site, l.SKU)] -= l.Qty
			o.promise(site, l.SKU, l.Qty)
		}
		served[site] = true
	} else {
		o.plan(lines, needs, asker, served)
	}
	if asker >= 0 {
		o.n.Transfers++ // the counter's question, whose answer hands the units over
	}
	o.n.Orders++
	o.n.Parcels += len(served)
	return ok
}

// reachable says whether a line can be had whole, after calling back the advances it needs.
func (o *ours) reachable(l Line) bool {
	sum := int32(0)
	for w := range o.w.Warehouses {
		sum += o.held[o.at(w, l.SKU)]
	}
	if o.rules.NoBorrow {
		return sum >= l.Qty
	}
	back := int32(0)
	for s := o.w.Warehouses; s < o.w.Sites() && sum < l.Qty; s++ {
		if o.line[s] {
			sum += o.free[o.at(s, l.SKU)]
			if o.line[o.w.homeOf(l.SKU)] { // its own entry would take them back
				back += o.lent[o.at(s, l.SKU)]
			}
		}
	}
	if sum+back < l.Qty {
		return false
	}
	o.callBack(l, l.Qty-sum)
	return true
}

// callBack takes units of advances home: those who are asked for it least give it up first.
func (o *ours) callBack(l Line, n int32) {
	if n <= 0 {
		return
	}
	home := o.w.homeOf(l.SKU)
	var from []int
	for s := o.w.Warehouses; s < o.w.Sites(); s++ {
		if o.lent[o.at(s, l.SKU)] > 0 && o.line[s] {
			from = append(from, s)
		}
	}
	slices.SortStableFunc(from, func(a, b int) int { return cmp.Compare(o.wanted(a, l.SKU).Orders, o.wanted(b, l.SKU).Orders) })
	for _, s := range from {
		i := o.at(s, l.SKU)
		if q := min(n, o.lent[i]); q > 0 {
			o.lent[i] -= q
			o.held[o.at(home, l.SKU)] += q
			o.n.Transfers++
			o.dirty[l.SKU] = true
			n -= q
		}
	}
}

// warehouseFor is the first warehouse that has all lines: the plan of most orders, and the one
// that the planner would make, without asking it.
func (o *ours) warehouseFor(lines []Line, needs []allocate.Need) (int, bool) {
next:
	for w := range o.w.Warehouses {
		for _, n := range needs {
			if l := lines[n.Line-1]; o.held[o.at(w, l.SKU)] < l.Qty {
				continue next
			}
		}
		return w, true
	}
	return 0, false
}

// plan asks the planner and does what it says.
func (o *ours) plan(lines []Line, needs []allocate.Need, asker int, served map[int]bool) {
	candidates := make([]allocate.Candidate, 0, o.w.Sites())
	offers := make([]allocate.Offer, o.w.Sites()*len(needs))
	for s := range o.w.Sites() {
		c := allocate.Candidate{Site: o.names[s], Rank: s, ByLine: offers[s*len(needs) : (s+1)*len(needs)]}
		if s == asker {
			c.Rank = -1
		}
		any := false
		for k, n := range needs {
			i := o.at(s, lines[n.Line-1].SKU)
			switch {
			case !o.counter(s) && o.held[i] > 0:
				c.ByLine[k], any = allocate.Offer{Held: ledger.Qty(o.held[i])}, true
			case o.counter(s) && o.line[s] && o.free[i] > 0 && !o.rules.NoBorrow:
				c.ByLine[k], any = allocate.Offer{Borrow: ledger.Qty(o.free[i])}, true
			}
		}
		if any {
			candidates = append(candidates, c)
		}
	}
	made := o.planner.Plan(allocate.Want{Lines: needs}, candidates)
	if len(made.Short) > 0 {
		panic("trial: a line that could be had whole was planned short")
	}
	lenders := map[int]bool{}
	for _, g := range made.Legs {
		s := o.numbers[g.Site]
		o.held[o.at(s, lines[g.Line-1].SKU)] -= int32(g.Qty)
		o.promise(s, lines[g.Line-1].SKU, int32(g.Qty))
		served[s] = true
	}
	for _, g := range made.Borrow {
		s := o.numbers[g.Site]
		o.free[o.at(s, lines[g.Line-1].SKU)] -= int32(g.Qty)
		o.promise(s, lines[g.Line-1].SKU, int32(g.Qty))
		served[s] = true
		lenders[s] = true
	}
	o.n.Transfers += len(lenders)
}
