package allocate

import (
	"math/bits"
	"slices"
)

// colsMax bounds the sites among which is searched: one bit each.
const colsMax = 64

// A set is a set of columns. Columns are in order of site id, so of two sets of one size the
// one with the lowest differing bit has the smaller sorted list of ids.
type set uint64

func (s set) has(c uint8) bool { return s>>c&1 == 1 }

// first is the lowest member.
func (s set) first() uint8 { return uint8(bits.TrailingZeros64(uint64(s))) }

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
	need  int64
	floor int64   // of the first objective that weighs units
	fixed spread  // of the sites in every plan
	open  int64   // what those leave to be given within the first bound; below 0 is nothing
	cells []int32 // by column: place in the row's cells, from 1; 0 for none
	row   *row
}

// A tableCell is what a column brings to a con, where it brings anything, while nothing else has.
type tableCell struct {
	units int64
	frac  int32 // in 65,536ths of need, never too low; 0 where it meets it alone
	col   uint8
	full  uint8 // 1 where it meets it alone
}

// brings is what a column would bring to what is open.
type brings struct {
	full  int64 // cons that it completes
	frac  int64 // and what it brings to the others, in 65,536ths of what is left open
	share int64 // units
}

// A tableCon is a con that the sites in every plan leave open.
type tableCon struct {
	con      int32
	from, to int32 // its cells
	need     int64
	meets    set // the columns that meet it alone
	some     set // those that bring anything
}

// newSearch prepares a search among cols. Where the table is larger than what may still be
// looked at there is none.
func (s *search) prepare(p *Planner, cols []int32) bool {
	s.p, s.limit, s.out = p, p.budget, false
	s.cols, s.base = append(s.cols[:0], cols...), p.floor
	s.parcelsFirst = p.order[0] != CostSum
	s.base[Parcels], s.base[CostSum], s.base[RankSum] = int64(len(p.fixed)), 0, 0
	for _, i := range p.fixed {
		s.base[CostSum] += p.sites[i].cost
		s.base[RankSum] += p.sites[i].rank
	}
	s.column = sized(s.column, len(p.sites))
	for i := range s.column {
		s.column[i] = -1
	}
	s.cost, s.rank = s.cost[:0], s.rank[:0]
	for c, i := range cols {
		s.column[i] = int16(c)
		s.cost, s.rank = append(s.cost, p.sites[i].cost), append(s.rank, p.sites[i].rank)
	}
	s.cons, s.total = s.cons[:0], 0
	for i, left := range p.open {
		if left > 0 {
			s.cons = append(s.cons, tableCon{con: int32(i), need: left})
			if s.total += left; s.total >= unitsMax {
				s.total = -unitsMax // and stays below 0
			}
		}
	}
	s.total = max(s.total, 0)
	if !p.fits(len(s.cons), len(cols)) {
		return false
	}
	p.visits += len(s.cons) * len(cols)
	s.tabulate()
	s.tabulateUneven()
	return true
}

// tabulate writes down what each column brings to each con.
func (s *search) tabulate() {
	s.units, s.fractions = cleared(s.units, len(s.cons)*len(s.cols)), false
	for j := range s.cons {
		t := &s.cons[j]
		for _, x := range s.p.cons[t.con].parts {
			c := s.column[x.site]
			if c < 0 {
				continue
			}
			if t.some |= 1 << c; x.have >= t.need {
				t.meets |= 1 << c
			}
			s.units[int(c)*len(s.cons)+j] = min(x.have, t.need)
		}
	}
}

// fraction lists the same by con, with what part of it each column brings: only a search of more
// than few needs it.
func (s *search) fraction() {
	if s.fractions {
		return
	}
	s.fractions, s.cells = true, s.cells[:0]
	for j := range s.cons {
		t := &s.cons[j]
		scale := newScale(t.need)
		t.from = int32(len(s.cells))
		for some := t.some; some != 0; some &= some - 1 {
			c := some.first()
			y := tableCell{units: s.units[int(c)*len(s.cons)+j], col: c}
			if y.units == t.need {
				y.full = 1
			} else {
				y.frac = int32(scale.of(y.units))
			}
			s.cells = append(s.cells, y)
		}
		t.to = int32(len(s.cells))
	}
}

// units of a column is what it brings to each con.
func (s *search) brought(c uint8) []int64 {
	return s.units[int(c)*len(s.cons) : (int(c)+1)*len(s.cons)]
}

// place is the column of a site, if it has one.
func (s *search) place(site int32) (uint8, bool) {
	if int(site) >= len(s.column) || s.column[site] < 0 {
		return 0, false
	}
	return uint8(s.column[site]), true
}

// sites are the sites of a set, with those of every plan, ascending, in the memory of out.
func (s *search) sites(out []int32, chosen set) []int32 {
	out = append(out[:0], s.p.fixed...)
	for ; chosen != 0; chosen &= chosen - 1 {
		out = append(out, s.cols[chosen.first()])
	}
	slices.Sort(out)
	return out
}

// start takes what was found otherwise as the best so far.
func (s *search) start(a *answer) {
	s.best, s.bestScore, s.found = s.set(a.sites), a.score, true
}

// set are the columns of some sites.
func (s *search) set(sites []int32) (out set) {
	for _, i := range sites {
		if c, ok := s.place(i); ok {
			out |= 1 << c
		}
	}
	return out
}
