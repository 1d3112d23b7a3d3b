package allocate

import "slices"

// colsMax bounds the sites among which is searched: one bit each.
const colsMax = 64

// A set is a set of columns. Columns are in order of site id, so of two sets of one size the
// one with the lowest differing bit has the smaller sorted list of ids.
type set uint64

func (s set) has(c uint8) bool { return s>>c&1 == 1 }

// before says whether a's sorted list of ids is smaller than b's.
func (s set) before(b set) bool {
	d := s ^ b
	return d != 0 && s&(d&-d) != 0
}

// lowest are the first n members.
func (s set) lowest(n int) (out set) {
	for ; n > 0 && s != 0; n-- {
		out |= s & -s
		s &= s - 1
	}
	return out
}

// An unevenRow is a row in which it matters which units go.
type unevenRow struct {
	*row
	fixed spread  // of the sites in every plan
	floor int64   // of the first objective that weighs units
	cells []int32 // by column: index into row.cells, or -1
}

// A tableCell is what a column brings to a con, where it brings anything.
type tableCell struct {
	units int64
	col   uint8
}

// brings is what a column would bring to what is open.
type brings struct {
	full  int64 // cons that it completes
	frac  int64 // and what it brings to the others, in 65,536ths of what is left open
	share int64 // units
}

// newSearch prepares a search among cols. Where the table is larger than what may still be
// looked at there is none.
func (p *planner) newSearch(fixed, cols []int32, floor *Score) *search {
	s := &search{p: p, fixed: fixed, cols: cols, base: *floor, limit: p.budget}
	s.parcelsFirst = p.order[0] != CostSum
	s.base[Parcels], s.base[CostSum], s.base[RankSum] = int64(len(fixed)), 0, 0
	in := make([]bool, len(p.sites))
	for _, i := range fixed {
		in[i] = true
		s.base[CostSum] += p.sites[i].cost
		s.base[RankSum] += p.sites[i].rank
	}
	column := make([]int16, len(p.sites))
	for i := range column {
		column[i] = -1
	}
	for c, i := range cols {
		column[i] = int16(c)
		s.cost, s.rank = append(s.cost, p.sites[i].cost), append(s.rank, p.sites[i].rank)
	}
	for i := range p.cons {
		c := &p.cons[i]
		left := c.need
		if len(fixed) > 0 {
			left = p.rest(c, func(s int32) bool { return in[s] })
		}
		if left > 0 {
			s.cons, s.need = append(s.cons, int32(i)), append(s.need, left)
			if s.total += left; s.total >= unitsMax {
				s.total = -unitsMax // and stays below 0
			}
		}
	}
	s.total = max(s.total, 0)
	if p.visits += len(s.cons) * len(cols); p.visits > p.budget {
		return nil
	}
	s.tabulate(in, column)
	s.units = make([]int64, len(s.cons)*len(cols))
	s.from = append(make([]int32, 0, len(s.cons)+1), 0)
	s.cells = make([]tableCell, 0, len(s.units))
	for j, i := range s.cons {
		for _, t := range p.cons[i].parts {
			if c := column[t.site]; c >= 0 {
				units := min(t.units, s.need[j])
				s.units[int(c)*len(s.cons)+j] = units
				s.cells = append(s.cells, tableCell{units, uint8(c)})
			}
		}
		s.from = append(s.from, int32(len(s.cells)))
	}
	return s
}

// column is what a column brings to each con.
func (s *search) column(c uint8) []int64 {
	return s.units[int(c)*len(s.cons) : (int(c)+1)*len(s.cons)]
}

// tabulate finds the cells of the columns in the rows in which it matters which units go.
func (s *search) tabulate(fixed []bool, column []int16) {
	p := s.p
	s.uneven = make([]unevenRow, len(p.uneven))
	cells := make([]int32, len(p.uneven)*len(s.cols))
	for i := range cells {
		cells[i] = -1
	}
	for i, at := range p.uneven {
		u := &s.uneven[i]
		u.row, u.cells = &p.rows[at], cells[i*len(s.cols):(i+1)*len(s.cols)]
		for j := range u.row.cells {
			x := &u.row.cells[j]
			if c := column[x.site]; c >= 0 {
				u.cells[c] = int32(j)
			} else if fixed[x.site] {
				u.fixed.add(x)
			}
		}
		u.floor = p.rows[at].floor
	}
}

func (s *search) member(site int32, chosen set) bool {
	if c, ok := slices.BinarySearch(s.cols, site); ok {
		return chosen.has(uint8(c))
	}
	return slices.Contains(s.fixed, site)
}

// sites are the sites of a set, with those of every plan, ascending.
func (s *search) sites(chosen set) []int32 {
	out := slices.Clone(s.fixed)
	for c, i := range s.cols {
		if chosen.has(uint8(c)) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// start takes what was found otherwise as the best so far.
func (s *search) start(chosen []int32, score Score) {
	s.best, s.bestScore, s.found = 0, score, true
	for _, i := range chosen {
		if c, ok := slices.BinarySearch(s.cols, i); ok {
			s.best |= 1 << c
		}
	}
}
