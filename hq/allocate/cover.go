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
	within bool // counts units within the first bound, not all
	parts  []part
}

// A part is what a site brings towards a con.
type part struct {
	site, con int32
	units     int64
}

// makeCons turns rows into conditions.
func (p *planner) makeCons() {
	n := 0
	for i := range p.rows {
		n += len(p.rows[i].cells)
	}
	first := p.order[0] == p.weighing[0]
	if first {
		n *= 2
	}
	parts := make([]part, 0, n)
	for i := range p.rows {
		parts = p.addCon(parts, con{row: int32(i), need: p.rows[i].need})
		if first && slices.Contains(p.uneven, int32(i)) {
			parts = p.addCon(parts, con{row: int32(i), within: true})
		}
	}
	p.bySite = make([]part, len(parts))
	p.from = make([]int32, len(p.sites)+1)
	for i := range parts {
		p.from[parts[i].site+1]++
	}
	for i := range p.sites {
		p.from[i+1] += p.from[i]
	}
	at := slices.Clone(p.from)
	for i := range parts {
		s := parts[i].site
		p.bySite[at[s]] = parts[i]
		at[s]++
	}
}

func (p *planner) addCon(parts []part, c con) []part {
	r, from := &p.rows[c.row], len(parts)
	if c.within {
		var cut []int64
		for i := range r.cells {
			if r.limited && p.sites[r.cells[i].site].Offline {
				cut = append(cut, r.cells[i].have)
			} else {
				c.need = min(c.need+r.cells[i].bound[0], r.need)
			}
		}
		slices.SortFunc(cut, func(a, b int64) int { return cmp.Compare(b, a) })
		for _, units := range cut[:min(len(cut), int(r.cutOff))] {
			c.need = min(c.need+units, r.need)
		}
	}
	if c.need == 0 {
		return parts
	}
	for i := range r.cells {
		units := r.cells[i].have
		if c.within {
			units = min(r.cells[i].bound[0], c.need)
		}
		if units > 0 {
			parts = append(parts, part{site: r.cells[i].site, con: int32(len(p.cons)), units: units})
		}
	}
	c.parts = parts[from:len(parts):len(parts)]
	p.cons = append(p.cons, c)
	return parts
}

// parts are what a site brings, by con.
func (p *planner) parts(site int32) []part {
	return p.bySite[p.from[site]:p.from[site+1]]
}

// rest is what a set of sites leaves open of a con. Of more cut-off sites than may serve, those
// count that have most.
func (p *planner) rest(c *con, in func(site int32) bool) int64 {
	p.visits += len(c.parts)
	left := c.need
	r := &p.rows[c.row]
	var cut []int64
	for i := range c.parts {
		switch t := &c.parts[i]; {
		case !in(t.site):
		case r.limited && p.sites[t.site].Offline:
			cut = append(cut, t.units)
		default:
			left -= t.units
		}
		if left <= 0 {
			return 0
		}
	}
	slices.SortFunc(cut, func(a, b int64) int { return cmp.Compare(b, a) })
	for _, units := range cut[:min(len(cut), int(r.cutOff))] {
		left -= units
	}
	return max(left, 0)
}

// forced finds the sites without which some con cannot be met. They are in every plan.
func (p *planner) forced() (out []int32) {
	is := make([]bool, len(p.sites))
	for i := range p.cons {
		c := &p.cons[i]
		var sum int64
		for j := range c.parts {
			sum = min(sum+c.parts[j].units, unitsMax)
		}
		if p.rows[c.row].limited {
			continue
		}
		for j := range c.parts {
			if t := &c.parts[j]; sum-t.units < c.need {
				is[t.site] = true
			}
		}
	}
	for i, yes := range is {
		if yes {
			out = append(out, int32(i))
		}
	}
	return out
}

// manyUnits is where more units of one SKU do not make a site better, so that no sum overflows.
const manyUnits = 1 << 48

// cover is a set of sites that grows, with what it leaves open of each con and with what each
// other site would bring.
type cover struct {
	p       *planner
	byPrice bool // prefers what is cheap for what it brings, over what completes most
	chosen  []int32
	in      []bool
	out     []bool // may not be chosen
	left    []int64
	open    int
	full    []int32 // by site: cons that it would complete
	brings  []int64 // by site: units
}

func (p *planner) newCover() *cover {
	v := &cover{p: p, in: make([]bool, len(p.sites)), out: make([]bool, len(p.sites)), left: make([]int64, len(p.cons)),
		full: make([]int32, len(p.sites)), brings: make([]int64, len(p.sites))}
	v.restart()
	return v
}

func (v *cover) restart() {
	clear(v.in)
	clear(v.out)
	clear(v.full)
	clear(v.brings)
	v.chosen, v.open = v.chosen[:0], len(v.p.cons)
	for i := range v.p.cons {
		c := &v.p.cons[i]
		v.left[i] = c.need
		v.count(c, c.need, 1)
	}
}

// count adds to, or takes from, what the sites would bring to a con of which left is open.
func (v *cover) count(c *con, left int64, sign int64) {
	v.p.visits += len(c.parts)
	for i := range c.parts {
		t := &c.parts[i]
		v.brings[t.site] += sign * min(t.units, left, manyUnits)
		if t.units >= left {
			v.full[t.site] += int32(sign)
		}
	}
}

func (v *cover) add(site int32) {
	v.chosen, v.in[site] = append(v.chosen, site), true
	for _, t := range v.p.parts(site) {
		was := v.left[t.con]
		if was == 0 {
			continue
		}
		c := &v.p.cons[t.con]
		if v.p.rows[c.row].limited {
			v.left[t.con] = v.p.rest(c, func(i int32) bool { return v.in[i] })
		} else {
			v.left[t.con] = max(was-t.units, 0)
		}
		v.count(c, was, -1)
		if v.left[t.con] > 0 {
			v.count(c, v.left[t.con], 1)
		} else {
			v.open--
		}
	}
}

// fill takes one site after the other: the one that completes most, then the one that brings
// most, then the nearest. False says that the sites that may be chosen are not enough.
func (v *cover) fill() bool {
	for v.open > 0 {
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

func (v *cover) better(a, b int32) bool {
	if v.byPrice {
		x, y := &v.p.sites[a], &v.p.sites[b]
		return ratio(v.worth(a), y.cost) > ratio(v.worth(b), x.cost)
	}
	return cmp.Or(cmp.Compare(v.full[b], v.full[a]), cmp.Compare(v.brings[b], v.brings[a])) < 0
}

// worth is in 256ths of a con, units and lines alike, roughly: it only chooses a first plan.
func (v *cover) worth(site int32) int64 { return int64(v.full[site])*256 + min(v.brings[site], 255) }

func ratio(worth, cost int64) int64 { return worth * min(cost+1, 1<<40) }

// prune leaves out sites without which the others still meet every con, the farthest first, but
// for those to be kept.
func (v *cover) prune(keep []int32) []int32 {
	out := slices.Clone(v.chosen)
	slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(v.p.sites[b].near, v.p.sites[a].near) })
	over := make([]int64, len(v.p.cons)) // what the set has beyond what is needed
	for i := range over {
		over[i] = -v.p.cons[i].need
	}
	for _, i := range out {
		for _, t := range v.p.parts(i) {
			over[t.con] = min(over[t.con]+t.units, unitsMax)
		}
	}
	for _, i := range out {
		if slices.Contains(keep, i) || !v.spare(i, over) {
			continue
		}
		v.in[i] = false
		for _, t := range v.p.parts(i) {
			over[t.con] -= t.units
		}
	}
	out = slices.DeleteFunc(out, func(i int32) bool { return !v.in[i] })
	slices.Sort(out)
	return out
}

// spare says whether the set does without a site of it.
func (v *cover) spare(site int32, over []int64) bool {
	parts := v.p.parts(site)
	v.p.visits += len(parts)
	for _, t := range parts {
		if over[t.con] < t.units {
			return false
		}
	}
	for _, t := range parts {
		if c := &v.p.cons[t.con]; v.p.rows[c.row].limited && v.p.rest(c, func(i int32) bool { return v.in[i] && i != site }) > 0 {
			return false
		}
	}
	return true
}
