package allocate

import (
	"cmp"
	"slices"
)

// A row is what has to be covered of one SKU from one kind of site: those that are there in
// time, or those that are late. All that is to be had in time goes first, for units late is the
// first objective; which leaves lines late is then decided too.
type row struct {
	claim int32
	late  bool
	need  int64
	cells []cell // of these sites, by site
	// cutOff is how many cut-off sites may serve of the row: the fewest with which, beside all
	// the others, need is reached. Where the others suffice, cells has no cut-off site.
	cutOff  int32
	limited bool    // there are more cut-off sites than that
	cut     []int32 // then: their cells, by place, those first that have most
	uneven  bool    // it matters which units go
	floor   int64   // of the first objective that weighs units
}

// makeRows says what is to be covered, and counts what is the same in every plan that covers it.
func (p *Planner) makeRows() {
	p.floor, p.rows, p.uneven, p.cut, p.limited = Score{}, p.rows[:0], p.uneven[:0], p.cut[:0], false
	for k := range p.claims {
		c := &p.claims[k]
		total := [2]int64{c.total, 0}
		if p.lates {
			total = p.totals(c)
		}
		inTime := min(c.want, total[0])
		if inTime < c.want || c.want == unitsMax {
			p.floor[LateUnits] = min(p.floor[LateUnits]+c.want-inTime, unitsMax)
			p.floor[LateLines] += int64(len(c.lines)) - int64(c.filled(p.want.Lines, inTime))
		}
		for late, need := range [2]int64{inTime, min(c.want-inTime, total[1])} {
			if need > 0 {
				p.addRow(int32(k), late, need)
			}
		}
	}
}

// totals are the units of a claim of sites that are there in time, and of late ones.
func (p *Planner) totals(c *claim) (total [2]int64) {
	for i := range c.cells {
		late := p.late(&c.cells[i])
		total[late] = min(total[late]+c.cells[i].have, unitsMax)
	}
	return total
}

// addFloor counts the harm that there must be in a row with so many units within each bound.
func (p *Planner) addFloor(r *row, within *odd) {
	r.floor = max(r.need-within[0], 0)
	for w, o := range p.weighing {
		if o != 0 {
			p.floor[o] = min(p.floor[o]+max(r.need-within[w], 0), unitsMax)
		}
	}
}

func (p *Planner) late(c *cell) int {
	if p.lates && p.sites[c.site].late {
		return 1
	}
	return 0
}

func (p *Planner) addRow(k int32, late int, need int64) {
	c := &p.claims[k]
	r := row{claim: k, late: late == 1, need: need}
	within := c.within
	if !p.lates && !p.aways {
		r.cells, r.uneven = c.cells, c.uneven
	} else {
		others := p.cutOff(&r, late)
		r.limited = r.cutOff > 0 && int(r.cutOff) < others
		r.cells = p.cellsOf(k, c, late, need, r.cutOff == 0)
		r.uneven, within = slices.ContainsFunc(r.cells, func(x cell) bool { return x.uneven() }), p.within(k, r.cells)
	}
	if r.limited {
		p.sortCut(&r)
	}
	p.floor[CutOffLegs] += int64(r.cutOff)
	p.limited = p.limited || r.limited
	if r.uneven {
		p.uneven = append(p.uneven, int32(len(p.rows)))
		p.addFloor(&r, &within)
	}
	p.rows = append(p.rows, r)
}

// within is how many units some cells have within each bound.
func (p *Planner) within(k int32, cells []cell) (sum odd) {
	for i := range cells {
		for w, b := range p.bounds(k, &cells[i]) {
			sum[w] = min(sum[w]+b, unitsMax)
		}
	}
	return sum
}

// cutOff counts how many cut-off sites must serve of a row, and how many could.
func (p *Planner) cutOff(r *row, late int) (could int) {
	c := &p.claims[r.claim]
	var near int64
	var cut []int64
	for i := range c.cells {
		if p.late(&c.cells[i]) != late {
			continue
		}
		if have := min(c.cells[i].have, r.need); p.sites[c.cells[i].site].Offline {
			cut = append(cut, have)
		} else {
			near = min(near+have, unitsMax)
		}
	}
	if near < r.need {
		slices.SortFunc(cut, func(a, b int64) int { return cmp.Compare(b, a) })
		for near < r.need {
			near += cut[r.cutOff]
			r.cutOff++
		}
	}
	return len(cut)
}

// cellsOf are the cells of a claim that a row may use; mostly all of them, and then in place.
func (p *Planner) cellsOf(k int32, c *claim, late int, need int64, online bool) []cell {
	fits := func(x *cell) bool {
		return p.late(x) == late && (!online || !p.sites[x.site].Offline)
	}
	all := true
	for i := range c.cells {
		all = all && fits(&c.cells[i]) && c.cells[i].have <= need
	}
	if all {
		return c.cells
	}
	out := make([]cell, 0, len(c.cells))
	for i := range c.cells {
		if x := c.cells[i]; fits(&x) {
			x.have = min(x.have, need)
			bound := p.bounds(k, &x)
			x.bound, x.mixed = min(x.bound, x.have), bound[1] < x.have || bound[2] < x.have
			out = append(out, x)
		}
	}
	return out
}

// spread says how many units of a row come from each kind: bit 2 of the kind is set where they
// are beyond the first bound, bit 1 the second, bit 0 the third.
type spread [8]int64

func (s *spread) add(p *Planner, k int32, c *cell) {
	if !c.mixed {
		s[0] += c.bound
		s[4] += c.have - c.bound
		return
	}
	bound := p.bounds(k, c)
	s.split(c.have, &bound)
}

// split adds so many units of a cell with these bounds.
func (s *spread) split(have int64, bound *odd) {
	at := int64(0)
	for at < have {
		kind, end := 0, have
		for w, b := range bound {
			if b <= at {
				kind |= 4 >> w
			} else {
				end = min(end, b)
			}
		}
		s[kind] += end - at
		at = end
	}
}

// take leaves of a spread only the best units, as many as are needed. The kinds are in order of
// harm, and a cell's units too, so the best units of all are the best of each cell.
func (s *spread) take(need int64) {
	for kind := range s {
		s[kind] = min(s[kind], need)
		need -= s[kind]
	}
}

// harm counts the units beyond each bound.
func (s *spread) harm() odd {
	return odd{s[4] + s[5] + s[6] + s[7], s[2] + s[3] + s[6] + s[7], s[1] + s[3] + s[5] + s[7]}
}

// cell is what a site has in a row; nil if nothing.
func (p *Planner) cell(r *row, site int32) *cell {
	if len(r.cells) == len(p.sites) {
		return &r.cells[site]
	}
	at, ok := r.find(site)
	if !ok {
		return nil
	}
	return &r.cells[at]
}

// pick marks the sites of a set, for used.
func (p *Planner) pick(chosen []int32) {
	p.picked = cleared(p.picked, len(p.sites))
	for _, i := range chosen {
		p.picked[i] = true
	}
}

// used lists the cells of a row, by place, that the picked sites use: of cut-off sites only those
// that have most, if there are more than may serve. The list is good until the next.
func (p *Planner) used(r *row, chosen []int32) []int32 {
	out, n := sized(p.using, min(len(r.cells), len(chosen))+1), 0
	p.using = out
	if len(chosen)*16 < len(r.cells) && len(r.cells) < len(p.sites) {
		p.visits += 4 * len(chosen)
		for _, i := range chosen {
			if at, ok := r.find(i); ok {
				out[n] = int32(at)
				n++
			}
		}
	} else if len(r.cells) == len(p.sites) {
		p.visits += len(chosen)
		n = copy(out, chosen)
	} else {
		p.visits += len(chosen) + len(r.cells)/8
		for j := range r.cells {
			out[n] = int32(j)
			if p.picked[r.cells[j].site] { // no branch: n or n+1
				n++
			}
		}
	}
	if out = out[:n]; r.limited {
		return p.fewest(r, out)
	}
	return out
}

// fewest leaves out of a list of cells those of cut-off sites that may not serve.
func (p *Planner) fewest(r *row, all []int32) []int32 {
	n := 0
	for _, at := range all {
		if all[n] = at; !p.sites[r.cells[at].site].away {
			n++
		}
	}
	p.visits += len(r.cut)
	left := r.cutOff
	for _, at := range r.cut {
		if left > 0 && p.picked[r.cells[at].site] {
			all[n] = at
			n++
			left--
		}
	}
	return all[:n]
}

// sortCut lists the cells of cut-off sites of a row.
func (p *Planner) sortCut(r *row) {
	from := len(p.cut)
	for j := range r.cells {
		if p.sites[r.cells[j].site].away {
			p.cut = append(p.cut, int32(j))
		}
	}
	r.cut = p.cut[from:len(p.cut):len(p.cut)]
	slices.SortFunc(r.cut, func(a, b int32) int {
		x, y := &r.cells[a], &r.cells[b]
		return cmp.Or(cmp.Compare(y.have, x.have), cmp.Compare(p.sites[x.site].near, p.sites[y.site].near))
	})
}

// harmless says whether a cell with harm of several kinds gives all of a row without any.
func (p *Planner) harmless(r *row, c *cell) bool {
	b := p.bounds(r.claim, c)
	return b[0] >= r.need && b[1] >= r.need && b[2] >= r.need
}

// find is the place of a site's cell in a row.
func (r *row) find(site int32) (int, bool) {
	return slices.BinarySearchFunc(r.cells, site, func(c cell, site int32) int { return int(c.site) - int(site) })
}

// weigh fills in what a score says of units, for a set of sites that covers all rows.
func (p *Planner) weigh(chosen []int32, score *Score) {
	for _, o := range p.weighing {
		score[o] = 0
	}
	p.pick(chosen)
	for _, i := range p.uneven {
		r := &p.rows[i]
		var s spread
		for _, at := range p.used(r, chosen) {
			s.add(p, r.claim, &r.cells[at])
		}
		s.take(r.need)
		for w, n := range s.harm() {
			if o := p.weighing[w]; o != 0 {
				score[o] = min(score[o]+n, unitsMax)
			}
		}
	}
}

// score counts the objectives of a set of sites, ascending, that covers all rows.
func (p *Planner) score(chosen []int32) Score {
	s := p.floor
	s[Parcels], s[CostSum], s[RankSum] = int64(len(chosen)), 0, 0
	for _, i := range chosen {
		s[CostSum] += p.sites[i].cost
		s[RankSum] += p.sites[i].rank
	}
	p.weigh(chosen, &s)
	return s
}
