package allocate

import (
	"cmp"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// give makes the legs of a plan: from each site what it has to give for the score, whole lines
// from the best chosen site, then parts.
func (p *Planner) give(chosen []int32) (plan Plan) {
	g := &p.giving
	g.p, g.legs, g.borrow = p, g.legs[:0], g.borrow[:0]
	g.left, g.place = sized(g.left, len(p.want.Lines)), sized(g.place, len(p.sites))
	for i, n := range p.want.Lines {
		g.left[i] = int64(max(n.Qty, 0))
	}
	g.best = append(g.best[:0], chosen...)
	slices.SortFunc(g.best, func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.sites[b].alone, p.sites[a].alone), p.nearer(a, b))
	})
	for at, i := range g.best {
		g.place[i] = int32(at)
	}
	p.pick(chosen)
	for i := range p.rows {
		g.row(&p.rows[i], chosen)
	}
	plan.Legs, plan.Borrow = g.inOrder(g.legs), g.inOrder(g.borrow)
	for i, n := range p.want.Lines {
		if g.left[i] > 0 {
			n.Qty = ledger.Qty(g.left[i])
			plan.Short = append(plan.Short, n)
		}
	}
	byLine := func(a, b Need) int { return cmp.Compare(a.Line, b.Line) }
	if !slices.IsSortedFunc(plan.Short, byLine) {
		slices.SortStableFunc(plan.Short, byLine)
	}
	return plan
}

// dropIdle leaves sites that gave nothing out of a plan that had no time to leave them out. A plan
// that was cut short, for it has as many legs as it may, is left as it is.
func (p *Planner) dropIdle() bool {
	g := &p.giving
	if len(g.legs)+len(g.borrow) == LegsMax {
		return false
	}
	p.marks = cleared(p.marks, len(p.sites))
	for _, all := range [2][]given{g.legs, g.borrow} {
		for i := range all {
			p.marks[all[i].site] = true
		}
	}
	was := len(p.best.sites)
	p.best.sites = slices.DeleteFunc(p.best.sites, func(i int32) bool { return !p.marks[i] })
	if len(p.best.sites) == was {
		return false
	}
	p.best.score = p.score(p.best.sites)
	return true
}

type giving struct {
	p      *Planner
	legs   []given
	borrow []given
	left   []int64 // by line
	place  []int32 // by site: 0 is the best
	best   []int32
	from   []gift
	due    []int64
	at     []int32 // by line
}

// A given is a leg of the line that stands there in the want.
type given struct {
	line, site int32
	units      int64
}

// inOrder makes legs of what was given, in order of line, and of one line as they come. Where
// the want is in order they are dealt out, for thousands take long to sort.
func (g *giving) inOrder(all []given) []Leg {
	if len(all) == 0 {
		return nil
	}
	p, lines := g.p, g.p.want.Lines
	out := make([]Leg, len(all))
	sorted := true
	for i := 1; i < len(lines) && sorted; i++ {
		sorted = lines[i-1].Line < lines[i].Line
	}
	g.at = cleared(g.at, len(lines)+1)
	if sorted {
		for _, x := range all {
			g.at[x.line+1]++
		}
		for i := range lines {
			g.at[i+1] += g.at[i]
		}
	}
	for i, x := range all {
		n, at := &lines[x.line], int32(i)
		if sorted {
			at = g.at[x.line]
			g.at[x.line]++
		}
		out[at] = Leg{Line: n.Line, SKU: n.SKU, Site: p.sites[x.site].Site, Qty: ledger.Qty(x.units)}
	}
	if !sorted {
		slices.SortStableFunc(out, func(a, b Leg) int { return cmp.Compare(a.Line, b.Line) })
	}
	return out
}

// A gift is what one site gives of one row.
type gift struct {
	*cell
	claim int32
	units int64 // still to be given
	taken int64
}

func (g *giving) row(r *row, chosen []int32) {
	used := g.p.used(r, chosen)
	g.from = g.from[:0]
	if c := g.harmless(r, used); c != nil {
		g.from = append(g.from, gift{cell: c, claim: r.claim, units: r.need})
	} else {
		for _, at := range used {
			g.from = append(g.from, gift{cell: &r.cells[at], claim: r.claim})
		}
		slices.SortFunc(g.from, func(a, b gift) int { return cmp.Compare(g.place[a.site], g.place[b.site]) })
		g.share(r)
	}
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

// harmless is the cell of the best site that gives all of a row without any harm; nil if none does.
func (g *giving) harmless(r *row, used []int32) (best *cell) {
	for _, at := range used {
		c := &r.cells[at]
		if c.bound < r.need || best != nil && g.place[best.site] < g.place[c.site] {
			continue
		}
		if !c.mixed || g.p.harmless(r, c) {
			best = c
		}
	}
	return best
}

// share says how much each site gives: all of the row from the best one that can without more
// harm than there must be, or else each kind of unit, the least harmful first, in order of site.
func (g *giving) share(r *row) {
	if len(g.from) == 1 && g.from[0].have >= r.need {
		g.from[0].units = r.need
		return
	}
	var all spread
	for i := range g.from {
		all.add(g.p, r.claim, g.from[i].cell)
	}
	all.take(r.need)
	harm := all.harm()
	for i := range g.from {
		if g.from[i].have < r.need {
			continue
		}
		var one spread
		one.add(g.p, r.claim, g.from[i].cell)
		if one.take(r.need); one.harm() == harm {
			g.from[i].units = r.need
			return
		}
	}
	for i := range g.from {
		var one spread
		one.add(g.p, r.claim, g.from[i].cell)
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
	p, c := g.p, from.cell
	s := &p.sites[c.site]
	o := p.offer(s, int(from.claim))
	all, _ := amounts(s.away, o)
	held := min(max(all-from.taken, 0), units)
	for i, n := range [2]int64{held, units - held} {
		if n == 0 || len(g.legs)+len(g.borrow) == LegsMax {
			continue
		}
		g.left[line] -= n
		if x := (given{line, c.site, n}); i == 0 {
			g.legs = append(g.legs, x)
		} else {
			g.borrow = append(g.borrow, x)
		}
	}
	from.units -= units
	from.taken += units
}
