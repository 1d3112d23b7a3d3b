package allocate

import (
	"math/bits"
	"slices"
)

// search is a depth-first branch and bound over some sites, beside others that are in every
// plan. Each node branches on the con that fewest sites can serve: one of them must be in the
// plan. A site that was tried is excluded from what its siblings try.
type search struct {
	p     *planner
	fixed []int32 // sites in every plan
	cols  []int32 // the others, ascending
	cons  []int32 // those that fixed leaves open
	need  []int64 // what is left open of them
	units []int64 // column by con
	from  []int32 // con i has the cells from from[i] to from[i+1]
	cells []tableCell
	cost  []int64 // by column
	rank  []int64
	base  Score // of fixed, and the floor of what is weighed
	total int64 // of need; 0 where the sum is too large to be of use

	parcelsFirst bool
	best         set
	bestScore    Score
	found        bool
	out          bool // the budget was spent
	limit        int  // of visits
	frames       []*frame
	uneven       []unevenRow
}

// frame is one depth of the search; its memory is used again and again.
type frame struct {
	open   []int32 // indexes into search.cons
	left   []int64 // what is left open of them
	avail  []uint8
	kids   []uint8
	brings [colsMax]brings
}

// run searches among the columns but for those of without. What it starts from, if anything, is
// best; it must be of the same columns.
func (s *search) run(without set) {
	s.out = false
	f := s.frame(0)
	f.open, f.left, f.avail = f.open[:0], append(f.left[:0], s.need...), f.avail[:0]
	for j := range s.cons {
		f.open = append(f.open, int32(j))
	}
	for c := range s.cols {
		if !without.has(uint8(c)) {
			f.avail = append(f.avail, uint8(c))
		}
	}
	if len(f.open) == 0 {
		s.leaf(path{cost: s.base[CostSum], rank: s.base[RankSum]})
		return
	}
	s.node(0, path{cost: s.base[CostSum], rank: s.base[RankSum]})
}

func (s *search) frame(depth int) *frame {
	if depth == len(s.frames) {
		s.frames = append(s.frames, &frame{})
	}
	return s.frames[depth]
}

// A path is what a node of the search has chosen so far, beside the sites in every plan; cost
// and rank are of both.
type path struct {
	chosen set
	size   int
	cost   int64
	rank   int64
}

func (s *search) grow(at path, c uint8) path {
	return path{at.chosen | 1<<c, at.size + 1, at.cost + s.cost[c], at.rank + s.rank[c]}
}

// node extends a path by one more column.
func (s *search) node(depth int, at path) {
	f := s.frame(depth)
	if s.parcelsFirst && s.found && s.base[Parcels]+int64(at.size)+1 >= s.bestScore[Parcels] {
		s.last(depth, at)
		return
	}
	scarce, sum := s.survey(f)
	if s.p.visits > s.limit {
		s.out = true
		return
	}
	if scarce < 0 || s.hopeless(f, at) {
		return
	}
	con, left := f.open[scarce], f.left[scarce]
	f.kids = f.kids[:0]
	for _, c := range f.avail {
		if s.column(c)[con] > 0 {
			f.kids = append(f.kids, c)
		}
	}
	slices.SortFunc(f.kids, func(a, b uint8) int { return s.prefer(f, a, b) })
	for _, c := range f.kids {
		if s.out || sum < left {
			return
		}
		f.avail = slices.DeleteFunc(f.avail, func(x uint8) bool { return x == c })
		sum -= min(s.column(c)[con], left)
		more := int(f.brings[c].full) < len(f.open)
		if more && s.parcelsFirst && s.found && s.base[Parcels]+int64(at.size)+2 > s.bestScore[Parcels] {
			continue
		}
		if grown := s.grow(at, c); s.choose(f, s.frame(depth+1), c, grown.chosen) {
			s.leaf(grown)
		} else {
			s.node(depth+1, grown)
		}
	}
}

// last looks only for columns that complete everything, where there is room for one more.
func (s *search) last(depth int, at path) {
	f := s.frame(depth)
	if s.base[Parcels]+int64(at.size)+1 > s.bestScore[Parcels] {
		return
	}
	for _, c := range f.avail {
		seen, units := 0, s.column(c)
		for seen < len(f.open) && units[f.open[seen]] >= f.left[seen] {
			seen++
		}
		if s.p.visits += seen + 1; s.p.visits > s.limit {
			s.out = true
			return
		}
		grown := s.grow(at, c)
		if seen == len(f.open) && (!s.p.limited || s.choose(f, s.frame(depth+1), c, grown.chosen)) {
			s.leaf(grown)
		}
	}
}

// prefer sorts what is tried: what completes most, then what brings most, then the nearest.
func (s *search) prefer(f *frame, a, b uint8) int {
	switch {
	case s.parcelsFirst && f.brings[a].full != f.brings[b].full:
		return int(f.brings[b].full - f.brings[a].full)
	case s.parcelsFirst && f.brings[a].share != f.brings[b].share:
		if f.brings[a].share > f.brings[b].share {
			return -1
		}
		return 1
	default:
		return int(s.p.sites[s.cols[a]].near) - int(s.p.sites[s.cols[b]].near)
	}
}

// choose writes into next what column c leaves open, and says whether that is nothing.
func (s *search) choose(f, next *frame, c uint8, grown set) bool {
	next.open, next.left = next.open[:0], next.left[:0]
	units := s.column(c)
	for i, j := range f.open {
		left := f.left[i]
		if u := units[j]; u > 0 {
			if con := &s.p.cons[s.cons[j]]; s.p.rows[con.row].limited {
				left = s.p.rest(con, func(site int32) bool { return s.member(site, grown) })
			} else {
				left -= u
			}
		}
		if left > 0 {
			next.open, next.left = append(next.open, j), append(next.left, left)
		}
	}
	next.avail = append(next.avail[:0], f.avail...)
	return len(next.open) == 0
}

// leaf looks at a set that meets every con.
func (s *search) leaf(at path) {
	score := s.base
	score[Parcels] += int64(at.size)
	score[CostSum], score[RankSum] = at.cost, at.rank
	if !s.improves(at.chosen, &score) {
		return
	}
	if len(s.uneven) > 0 {
		if !s.weigh(at.chosen, &score) || !s.improves(at.chosen, &score) {
			return
		}
	}
	s.best, s.bestScore, s.found = at.chosen, score, true
}

func (s *search) improves(chosen set, score *Score) bool {
	if !s.found {
		return true
	}
	c := compare(s.p.order, score, &s.bestScore)
	return c < 0 || c == 0 && chosen.before(s.best)
}

// weigh fills in what the score of a leaf says of units. False says that it stopped early, for
// the leaf cannot be better than the best.
func (s *search) weigh(chosen set, score *Score) bool {
	if s.p.limited {
		in := s.p.given
		s.mark(chosen, in, true)
		s.p.weigh(in, score)
		s.mark(chosen, in, false)
		return true
	}
	// If all that counts more is equal, the first kind of harm must not be above the best's.
	most := int64(unitsMax)
	if w := slices.Index(s.p.order, s.p.weighing[0]); s.found && compare(s.p.order[:w], score, &s.bestScore) == 0 {
		most = s.bestScore[s.p.weighing[0]] - s.base[s.p.weighing[0]]
	}
	s.p.visits += len(s.uneven) * bits.OnesCount64(uint64(chosen))
	var sum [3]int64
	for i := range s.uneven {
		u := &s.uneven[i]
		all := u.fixed
		for rest := chosen; rest != 0; rest &= rest - 1 {
			if at := u.cells[bits.TrailingZeros64(uint64(rest))]; at >= 0 {
				all.add(&u.row.cells[at])
			}
		}
		all.take(u.need)
		harm := all.harm()
		for w, n := range harm {
			sum[w] = min(sum[w]+n, unitsMax)
		}
		if most -= harm[0] - u.floor; most < 0 {
			return false
		}
	}
	for w, o := range s.p.weighing {
		if o != 0 {
			score[o] = sum[w]
		}
	}
	return true
}

func (s *search) mark(chosen set, in []bool, yes bool) {
	for _, i := range s.fixed {
		in[i] = yes
	}
	for c, i := range s.cols {
		if chosen.has(uint8(c)) {
			in[i] = yes
		}
	}
}
