package allocate

import (
	"cmp"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// give makes the legs of a plan: from each site what it has to give for the score, whole lines
// from the best chosen site, then parts.
func (p *planner) give(chosen []int32) Plan {
	g := giving{p: p, left: make([]int64, len(p.want.Lines)), place: make([]int32, len(p.sites))}
	for i, n := range p.want.Lines {
		g.left[i] = int64(max(n.Qty, 0))
	}
	best := slices.Clone(chosen)
	slices.SortFunc(best, func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.sites[b].alone, p.sites[a].alone), p.nearer(a, b))
	})
	in := make([]bool, len(p.sites))
	for at, i := range best {
		in[i], g.place[i] = true, int32(at)
	}
	for i := range p.rows {
		g.row(&p.rows[i], in)
	}
	byLine := func(a, b Leg) int { return cmp.Compare(a.Line, b.Line) }
	slices.SortStableFunc(g.plan.Legs, byLine)
	slices.SortStableFunc(g.plan.Borrow, byLine)
	for i, n := range p.want.Lines {
		if g.left[i] > 0 {
			n.Qty = ledger.Qty(g.left[i])
			g.plan.Short = append(g.plan.Short, n)
		}
	}
	slices.SortStableFunc(g.plan.Short, func(a, b Need) int { return cmp.Compare(a.Line, b.Line) })
	return g.plan
}

type giving struct {
	p     *planner
	plan  Plan
	legs  int
	left  []int64 // by line
	place []int32 // by site: 0 is the best
	from  []gift
	due   []int64
}

// A gift is what one site gives of one row.
type gift struct {
	*cell
	units int64 // still to be given
	taken int64
}

func (g *giving) row(r *row, in []bool) {
	g.from = g.from[:0]
	g.p.used(r, in, func(c *cell) { g.from = append(g.from, gift{cell: c}) })
	slices.SortFunc(g.from, func(a, b gift) int { return cmp.Compare(g.place[a.site], g.place[b.site]) })
	g.share(r)
	c := &g.p.claims[r.claim]
	if len(c.lines) == 1 {
		for i := range g.from {
			g.leg(c.lines[0], &g.from[i], g.from[i].units)
		}
		return
	}
	// Most lines are filled whole if those that want least are filled first.
	need := r.need
	g.due = g.due[:0]
	for _, line := range c.lines {
		due := min(g.left[line], need)
		need -= due
		g.due = append(g.due, due)
	}
	for i := range g.from {
		for _, whole := range []bool{true, false} {
			for j, line := range c.lines {
				if q := min(g.due[j], g.from[i].units); q > 0 && (!whole || q == g.due[j]) {
					g.due[j] -= q
					g.leg(line, &g.from[i], q)
				}
			}
		}
	}
}

// share says how much each site gives: all of the row from the best one that can without more
// harm than there must be, or else each kind of unit, the least harmful first, in order of site.
func (g *giving) share(r *row) {
	var all spread
	for i := range g.from {
		all.add(g.from[i].cell)
	}
	all.take(r.need)
	harm := all.harm()
	for i := range g.from {
		var one spread
		if one.add(g.from[i].cell); g.from[i].have < r.need {
			continue
		}
		if one.take(r.need); one.harm() == harm {
			g.from[i].units = r.need
			return
		}
	}
	for i := range g.from {
		var one spread
		one.add(g.from[i].cell)
		for kind := range all {
			q := min(one[kind], all[kind])
			all[kind] -= q
			g.from[i].units += q
		}
	}
}

// leg takes units of a gift for a line: what HQ holds first.
func (g *giving) leg(line int32, from *gift, units int64) {
	if units == 0 {
		return
	}
	held := min(max(from.held-from.taken, 0), units)
	n := &g.p.want.Lines[line]
	for _, part := range []struct {
		legs  *[]Leg
		units int64
	}{{&g.plan.Legs, held}, {&g.plan.Borrow, units - held}} {
		if part.units == 0 || g.legs == LegsMax {
			continue
		}
		g.legs++
		g.left[line] -= part.units
		*part.legs = append(*part.legs, Leg{Line: n.Line, SKU: n.SKU, Site: g.p.sites[from.site].Site, Qty: ledger.Qty(part.units)})
	}
	from.units -= units
	from.taken += units
}
