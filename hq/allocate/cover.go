package allocate

import (
	"cmp"
	"slices"
)

// A con is a condition on a set of sites: together they have at least need. Each row makes one,
// and one more where its kind of unit comes before parcels: then no more units than need be may
// lie beyond that bound. What is asked for is always what all sites together have, so a set
// that meets every con exists.
type con struct {
	row    int32
	need   int64
	within bool   // counts units within the first bound, not all
	parts  []cell // what each site brings; those of the row, if they need not differ
}

// A part is what a site brings towards a con.
type part struct {
	units int64
	con   int32
}

// makeCons turns rows into conditions.
func (p *Planner) makeCons() {
	p.cons, p.inBound, p.turned = p.cons[:0], p.inBound[:0], false
	first := p.order[0] == p.weighing[0]
	if first { // it must not move
		n := 0
		for _, i := range p.uneven {
			n += len(p.rows[i].cells)
		}
		p.inBound = slices.Grow(p.inBound, n)
	}
	for i := range p.rows {
		p.cons = append(p.cons, con{row: int32(i), need: p.rows[i].need, parts: p.rows[i].cells})
		if first && p.rows[i].uneven {
			p.addWithin(int32(i))
		}
	}
	p.look()
}

// addWithin adds the con of the units within the first bound.
func (p *Planner) addWithin(i int32) {
	c := con{row: i, within: true}
	r, from := &p.rows[i], len(p.inBound)
	var cut []int64
	for i := range r.cells {
		if r.limited && p.sites[r.cells[i].site].Offline {
			cut = append(cut, r.cells[i].have)
		} else {
			c.need = min(c.need+r.cells[i].bound, r.need)
		}
	}
	slices.SortFunc(cut, func(a, b int64) int { return cmp.Compare(b, a) })
	for _, units := range cut[:min(len(cut), int(r.cutOff))] {
		c.need = min(c.need+units, r.need)
	}
	if c.need == 0 {
		return
	}
	for i := range r.cells {
		if units := min(r.cells[i].bound, c.need); units > 0 {
			p.inBound = append(p.inBound, cell{have: units, site: r.cells[i].site})
		}
	}
	c.parts = p.inBound[from:len(p.inBound):len(p.inBound)]
	p.cons = append(p.cons, c)
}

// look counts what each site brings, how many cons it meets alone, and finds the sites without
// which some con cannot be met: they are in every plan.
func (p *Planner) look() {
	p.full, p.brings, p.marks = cleared(p.full, len(p.sites)), cleared(p.brings, len(p.sites)), cleared(p.marks, len(p.sites))
	some := false
	for i := range p.cons {
		c := &p.cons[i]
		p.visits += len(c.parts)
		most := min(c.need, manyUnits)
		var sum, largest int64
		for j := range c.parts {
			t := &c.parts[j]
			sum = min(sum+t.have, unitsMax)
			largest = max(largest, t.have)
			p.brings[t.site] += min(t.have, most)
			if t.have >= c.need {
				p.full[t.site]++
			}
		}
		if sum-largest >= c.need || p.rows[c.row].limited {
			continue
		}
		for j := range c.parts {
			if t := &c.parts[j]; sum-t.have < c.need {
				p.marks[t.site], some = true, true
			}
		}
	}
	p.fixed = p.fixed[:0]
	for i := 0; some && i < len(p.sites); i++ {
		if p.marks[i] {
			p.fixed = append(p.fixed, int32(i))
		}
	}
}

// parts are what a site brings, by con.
func (p *Planner) parts(site int32) []part {
	if !p.turned {
		p.turn()
	}
	return p.bySite[p.from[site]:p.from[site+1]]
}

// turn lists what is listed by con by site. That is reading too: it takes nothing of the budget.
func (p *Planner) turn() {
	p.turned = true
	defer func() {
		p.visits, p.budget = p.visits+len(p.bySite), p.budget+len(p.bySite)
	}()
	p.from = cleared(p.from, len(p.sites)+2)
	for i := range p.cons {
		for _, t := range p.cons[i].parts {
			p.from[t.site+2]++
		}
	}
	for i := range p.sites {
		p.from[i+2] += p.from[i+1]
	}
	p.bySite = sized(p.bySite, int(p.from[len(p.sites)+1]))
	for i := range p.cons {
		for _, t := range p.cons[i].parts {
			at := &p.from[t.site+1]
			p.bySite[*at] = part{t.have, int32(i)}
			*at++
		}
	}
}

// rest is what a set of sites leaves open of a con. Of more cut-off sites than may serve, those
// count that have most.
func (p *Planner) rest(c *con, in []bool) int64 {
	p.visits += len(c.parts)
	left := c.need
	r := &p.rows[c.row]
	for i := range c.parts {
		t := &c.parts[i]
		if in[t.site] && !(r.limited && p.sites[t.site].away) {
			left -= t.have
		}
		if left <= 0 {
			return 0
		}
	}
	serve := r.cutOff
	for _, at := range r.cut {
		// What they have is all within the first bound: nothing is to stay there.
		if x := &r.cells[at]; serve > 0 && in[x.site] {
			left -= min(x.have, c.need)
			serve--
		}
	}
	return max(left, 0)
}

// manyUnits is where more units of one SKU do not make a site better, so that no sum overflows.
const manyUnits = 1 << 48

// cover is a set of sites that grows, with what it leaves open of each con and with what each
// other site would bring.
type cover struct {
	p       *Planner
	byPrice bool // prefers what is cheap for what it brings, over what completes most
	until   int  // visits from which what sites would bring stays as it was last known
	chosen  []int32
	in      []bool
	out     []bool // may not be chosen
	left    []int64
	open    int
	full    []int32 // by site: cons that it would complete
	brings  []int64 // by site: units
	over    []int64
}

// coverLooks bounds, by how often all cells could be looked at, what a greedy cover may cost.
// Orders of a company take two to five, and with four some took a parcel more (BenchmarkBudget);
// only where each line comes from dozens of sites does it take more, and then the rest is chosen
// by what sites would have brought before.
const coverLooks = 8

// restart makes it the cover of the sites that every plan has; usable has said what they leave open.
func (v *cover) restart(p *Planner) {
	v.p, v.byPrice, v.until = p, false, p.visits+coverLooks*len(p.cells)
	v.in, v.out = cleared(v.in, len(p.sites)), cleared(v.out, len(p.sites))
	v.chosen, v.left, v.open = append(v.chosen[:0], p.fixed...), append(v.left[:0], p.open...), 0
	for _, i := range p.fixed {
		v.in[i] = true
	}
	p.visits += len(p.sites) + len(p.cons)
	if len(p.fixed) == 0 {
		v.open = len(p.cons)
		v.full, v.brings = append(v.full[:0], p.full...), append(v.brings[:0], p.brings...)
		return
	}
	v.full, v.brings = cleared(v.full, len(p.sites)), cleared(v.brings, len(p.sites))
	for i, left := range v.left {
		if left > 0 {
			v.open++
			v.recount(&p.cons[i], 0, left)
		}
	}
}

// without makes the cover of a set of sites but for one. over is what the set has beyond what is
// needed of each con.
func (v *cover) without(p *Planner, set []int32, out int32, over []int64) {
	v.p, v.byPrice, v.until = p, false, p.visits+coverLooks*len(p.cells)
	v.in, v.out = cleared(v.in, len(p.sites)), cleared(v.out, len(p.sites))
	v.full, v.brings = cleared(v.full, len(p.sites)), cleared(v.brings, len(p.sites))
	v.chosen, v.open, v.left = v.chosen[:0], 0, cleared(v.left, len(p.cons))
	for _, i := range set {
		if v.in[i] = i != out; v.in[i] {
			v.chosen = append(v.chosen, i)
		}
	}
	v.out[out] = true
	parts := p.parts(out)
	p.visits += len(p.sites) + len(parts)
	for _, t := range parts {
		c := &p.cons[t.con]
		left := max(t.units-max(over[t.con], 0), 0)
		if p.rows[c.row].limited {
			left = p.rest(c, v.in)
		}
		if v.left[t.con] = left; left > 0 {
			v.open++
			v.recount(c, 0, left)
		}
	}
}

// recount changes what the sites would bring to a con of which was open, and left is; 0 is nothing.
func (v *cover) recount(c *con, was, left int64) {
	v.p.visits += len(c.parts)
	for i := range c.parts {
		t := &c.parts[i]
		v.brings[t.site] += min(t.have, left, manyUnits) - min(t.have, was, manyUnits)
		if left > 0 && t.have >= left {
			v.full[t.site]++
		}
		if was > 0 && t.have >= was {
			v.full[t.site]--
		}
	}
}

func (v *cover) add(site int32) {
	v.chosen, v.in[site] = append(v.chosen, site), true
	if v.open == 0 || int(v.full[site]) == v.open && !v.p.limited && v.p.visits <= v.until {
		v.open = 0 // and nobody asks what is left of what
		return
	}
	parts := v.p.parts(site)
	v.p.visits += len(parts) / 8
	for _, t := range parts {
		was := v.left[t.con]
		if was == 0 {
			continue
		}
		c := &v.p.cons[t.con]
		if v.p.rows[c.row].limited {
			v.left[t.con] = v.p.rest(c, v.in)
		} else {
			v.left[t.con] = max(was-t.units, 0)
		}
		if v.left[t.con] == 0 {
			v.open--
		}
		if v.p.visits <= v.until && v.left[t.con] != was {
			v.recount(c, was, v.left[t.con])
		}
	}
}

// fill takes one site after the other: the one that completes most, then the one that brings
// most, then the nearest. False says that the sites that may be chosen are not enough.
func (v *cover) fill() bool {
	for v.open > 0 {
		if v.p.visits > v.until {
			return v.rest()
		}
		best := int32(-1)
		for _, i := range v.p.near {
			if !v.in[i] && !v.out[i] && v.brings[i] > 0 && (best < 0 || v.better(i, best)) {
				best = i
			}
		}
		if best < 0 {
			return false
		}
		v.p.visits += len(v.p.near)
		v.add(best)
	}
	return true
}

// rest takes the sites in the order in which they stand by what they were last known to bring.
// Where cut-off sites may serve only some of what they have it takes all of them: to look at one
// more then costs as much as to look at all.
func (v *cover) rest() bool {
	p := v.p
	p.rank = p.rank[:0]
	for _, i := range p.near {
		if !v.in[i] && !v.out[i] && v.brings[i] > 0 {
			p.rank = append(p.rank, i)
		}
	}
	p.visits += len(p.near)
	if p.limited {
		for _, i := range p.rank {
			v.chosen, v.in[i] = append(v.chosen, i), true
		}
		v.open = 0
		return !slices.ContainsFunc(p.cons, func(c con) bool { return p.rest(&c, v.in) > 0 })
	}
	slices.SortStableFunc(p.rank, func(a, b int32) int {
		switch {
		case v.better(a, b):
			return -1
		case v.better(b, a):
			return 1
		default:
			return 0
		}
	})
	for _, i := range p.rank {
		if v.add(i); v.open == 0 {
			return true
		}
	}
	return false
}

func (v *cover) better(a, b int32) bool {
	if v.byPrice {
		x, y := &v.p.sites[a], &v.p.sites[b]
		return ratio(v.worth(a), y.cost) > ratio(v.worth(b), x.cost)
	}
	if v.full[a] != v.full[b] {
		return v.full[a] > v.full[b]
	}
	return v.brings[a] > v.brings[b]
}

// worth is in 256ths of a con, units and lines alike, roughly: it only chooses a first plan.
func (v *cover) worth(site int32) int64 { return int64(v.full[site])*256 + min(v.brings[site], 255) }

func ratio(worth, cost int64) int64 { return worth * min(cost+1, 1<<40) }

// prune leaves out sites without which the others still meet every con, the farthest first, but
// for those in every plan. What it gives is the cover's own memory.
func (v *cover) prune() []int32 {
	p, out := v.p, v.chosen
	if len(out) == 1 {
		return out
	}
	slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(p.sites[b].near, p.sites[a].near) })
	v.over = p.beyond(v.over, out)
	for _, i := range out {
		if slices.Contains(p.fixed, i) || p.limited && p.visits > v.until || !v.spare(i) {
			continue
		}
		v.in[i] = false
		for _, t := range p.parts(i) {
			v.over[t.con] -= t.units
		}
	}
	out = slices.DeleteFunc(out, func(i int32) bool { return !v.in[i] })
	slices.Sort(out)
	return out
}

// beyond is what a set has of each con beyond what is needed, in the memory of over.
func (p *Planner) beyond(over []int64, set []int32) []int64 {
	over = sized(over, len(p.cons))
	for i := range over {
		over[i] = -p.cons[i].need
	}
	p.visits += len(over)
	for _, i := range set {
		parts := p.parts(i)
		p.visits += len(parts) / 8
		for _, t := range parts {
			over[t.con] = min(over[t.con]+t.units, unitsMax)
		}
	}
	return over
}

// spare says whether the set does without a site of it.
func (v *cover) spare(site int32) bool {
	p, parts := v.p, v.p.parts(site)
	for seen, t := range parts {
		if v.over[t.con] < t.units {
			p.visits += seen + 1
			return false
		}
	}
	p.visits += len(parts)
	if !p.limited {
		return true
	}
	v.in[site] = false
	defer func() { v.in[site] = true }()
	for _, t := range parts {
		if c := &p.cons[t.con]; p.rows[c.row].limited && p.rest(c, v.in) > 0 {
			return false
		}
	}
	return true
}
