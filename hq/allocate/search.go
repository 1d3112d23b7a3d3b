package allocate

import (
	"math/bits"
	"slices"
)

// search is a depth-first branch and bound over some sites, beside others that are in every
// plan. Each node branches on the con that fewest sites can serve: one of them must be in the
// plan. A site that was tried is excluded from what its siblings try.
type search struct {
	p      *Planner
	cols   []int32 // the sites among which is searched, ascending
	column []int16 // by site; -1 for none
	cons   []tableCon
	units  []int64 // column by con
	cells  []tableCell
	cost   []int64 // by column
	rank   []int64
	base   Score // of the sites in every plan, and the floor of what is weighed
	total  int64 // of what the cons need; 0 where the sum is too large to be of use
	uneven []unevenRow
	places []int32
	bounds []int64 // column by uneven row: what lies within the first bound
	within []set   // by column: uneven rows, of the first 64, that it meets alone within the first bound
	clean  []set   // the same, but without harm of any kind
	known  []int32 // uneven row by column: place in odds, from 1; 0 if it is not known yet
	odds   []odd   // bounds of mixed cells
	floors int64   // of the first objective that weighs units, in all uneven rows

	parcelsFirst bool
	best         set
	bestScore    Score
	found        bool
	avoid        set  // no plan has all of these; none: all may be had
	out          bool // the budget was spent
	limit        int  // of visits
	two          few
	fractions    bool // cells are made
	frames       []*frame
}

// frame is one depth of the search; its memory is used again and again.
type frame struct {
	open   []int32 // indexes into search.cons, ascending
	left   []int64 // what is left open of them
	avail  set     // the columns that may be tried
	useful set     // and bring something
	kids   []uint8
	brings [colsMax]brings
}

// run searches among the columns for plans that have not all of avoid, if there is any. What it
// starts from, if anything, is best; it must be of the same columns.
func (s *search) run(avoid set) {
	s.out, s.avoid = false, avoid
	s.fraction()
	f := s.frame(0)
	f.open, f.left = f.open[:0], f.left[:0]
	for j := range s.cons {
		f.open, f.left = append(f.open, int32(j)), append(f.left, s.cons[j].need)
	}
	f.avail = 1<<len(s.cols) - 1
	at := path{cost: s.base[CostSum], rank: s.base[RankSum]}
	if len(f.open) == 0 {
		s.leaf(at)
		return
	}
	s.node(0, at)
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

// room says whether a path may grow by so many more parcels and be as good as the best.
func (s *search) room(at path, more int) bool {
	return !s.parcelsFirst || !s.found || s.base[Parcels]+int64(at.size+more) <= s.bestScore[Parcels]
}

// node extends a path by one more column.
func (s *search) node(depth int, at path) {
	f := s.frame(depth)
	if s.avoids(at.chosen) {
		return
	}
	if !s.room(at, 2) {
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
	for kids := f.avail & s.cons[con].some; kids != 0; kids &= kids - 1 {
		f.kids = append(f.kids, kids.first())
	}
	slices.SortFunc(f.kids, func(a, b uint8) int { return s.prefer(f, a, b) })
	for _, c := range f.kids {
		if s.out || sum < left {
			return
		}
		f.avail &^= 1 << c
		sum -= min(s.brought(c)[con], left)
		if int(f.brings[c].full) < len(f.open) && !s.room(at, 2) {
			continue
		}
		if grown := s.grow(at, c); s.choose(f, s.frame(depth+1), c, grown.chosen) {
			s.leaf(grown)
		} else {
			s.node(depth+1, grown)
		}
	}
}

// avoids says whether a set has all that none may have.
func (s *search) avoids(chosen set) bool { return s.avoid != 0 && chosen&s.avoid == s.avoid }

// last looks only for columns that complete everything, where there is room for one more.
func (s *search) last(depth int, at path) {
	if !s.room(at, 1) {
		return
	}
	f := s.frame(depth)
	for all := s.completing(f); all != 0; all &= all - 1 {
		c := all.first()
		if s.p.visits++; s.p.visits > s.limit {
			s.out = true
			return
		}
		if grown := s.grow(at, c); !s.p.limited || s.choose(f, s.frame(depth+1), c, grown.chosen) {
			s.leaf(grown)
		}
	}
}

// completing are the columns that complete everything.
func (s *search) completing(f *frame) set {
	all := f.avail
	for i, j := range f.open {
		t := &s.cons[j]
		if f.left[i] == t.need {
			all &= t.meets
			s.p.visits++
		} else {
			all &= t.some
			s.p.visits += 1 + bits.OnesCount64(uint64(all&^t.meets))
			for some := all &^ t.meets; some != 0; some &= some - 1 {
				if c := some.first(); s.brought(c)[j] < f.left[i] {
					all &^= 1 << c
				}
			}
		}
		if all == 0 {
			break
		}
	}
	return all
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
	s.p.visits += len(f.open) / 8
	next.open, next.left = next.open[:0], next.left[:0]
	units := s.brought(c)
	for i, j := range f.open {
		left := f.left[i]
		if u := units[j]; u > 0 {
			if con := &s.p.cons[s.cons[j].con]; s.p.limited && s.p.rows[con.row].limited {
				left = s.p.rest(con, s.members(grown))
			} else {
				left -= u
			}
		}
		if left > 0 {
			next.open, next.left = append(next.open, j), append(next.left, left)
		}
	}
	next.avail = f.avail
	return len(next.open) == 0
}

// members marks the sites of a set, with those of every plan.
func (s *search) members(chosen set) []bool {
	p := s.p
	p.marks = cleared(p.marks, len(p.sites))
	for _, i := range p.fixed {
		p.marks[i] = true
	}
	for ; chosen != 0; chosen &= chosen - 1 {
		p.marks[s.cols[chosen.first()]] = true
	}
	return p.marks
}

// leaf looks at a set that meets every con.
func (s *search) leaf(at path) {
	if s.avoids(at.chosen) {
		return
	}
	score := s.base
	score[Parcels] += int64(at.size)
	score[CostSum], score[RankSum] = at.cost, at.rank
	if !s.improves(at.chosen, &score) {
		return
	}
	if len(s.uneven) > 0 {
		var worst *Score
		if s.found {
			worst = &s.bestScore
		}
		if !s.weigh(at.chosen, &score, worst) || !s.improves(at.chosen, &score) {
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
