package allocate

import "math/bits"

// survey counts what each column would bring, and finds the open con that fewest can serve and
// how much they have of it together; none if one cannot be met any more.
func (s *search) survey(f *frame) (at int, has int64) {
	clear(f.brings[:len(s.cols)])
	at, fewest := -1, colsMax+1
	for i, j := range f.open {
		t := &s.cons[j]
		var sum int64
		if left := f.left[i]; left == t.need {
			sum = s.whole(f, t)
		} else {
			sum = s.part(f, t, left)
		}
		if sum < f.left[i] {
			return -1, 0
		}
		if n := bits.OnesCount64(uint64(f.avail & t.some)); n < fewest {
			at, fewest, has = i, n, sum
		}
	}
	return at, has
}

// whole counts what the columns bring to a con to which nothing was brought yet, and gives the sum.
func (s *search) whole(f *frame, t *tableCon) (sum int64) {
	cells := s.cells[t.from:t.to]
	s.p.visits += len(cells)
	for k := range cells {
		x := &cells[k]
		c := x.col & (colsMax - 1)
		if !f.avail.has(c) {
			continue
		}
		sum += x.units
		b := &f.brings[c]
		b.full += int64(x.full)
		b.frac += int64(x.frac)
		b.share += min(x.units, manyUnits)
	}
	return sum
}

// part counts it for one of which only left is still open.
func (s *search) part(f *frame, t *tableCon, left int64) (sum int64) {
	cells := s.cells[t.from:t.to]
	s.p.visits += len(cells)
	scale, most := newScale(left), min(left, manyUnits)
	for k := range cells {
		c := cells[k].col & (colsMax - 1)
		if !f.avail.has(c) {
			continue
		}
		b := &f.brings[c]
		if u := cells[k].units; u >= left {
			sum += left
			b.full++
			b.share += most
		} else {
			sum += u
			b.frac += scale.of(u)
			b.share += min(u, manyUnits)
		}
	}
	return sum
}

// A scale gives parts of a whole in 65,536ths, never too low.
type scale struct {
	shift uint
	over  int64
}

func newScale(whole int64) scale {
	shift := uint(max(bits.Len64(uint64(whole))-20, 0))
	return scale{shift, 1<<36/(whole>>shift) + 1}
}

func (s scale) of(units int64) int64 {
	if s.shift > 0 {
		units = units>>s.shift + 1
	}
	return units*s.over>>20 + 1
}

// hopeless says that nothing that a path can grow to is better than the best so far.
func (s *search) hopeless(f *frame, at path) bool {
	if !s.found {
		return false
	}
	// No plan needs fewer sites than what is open divided by what the best site brings of it,
	// counted in units or with every con as one whole.
	var frac, share, costMin, rankMin int64 = 1, 1, farMax, farMax
	for rest := f.avail; rest != 0; rest &= rest - 1 {
		c := rest.first()
		frac = max(frac, f.brings[c].full<<16+f.brings[c].frac)
		share = max(share, f.brings[c].share)
		costMin, rankMin = min(costMin, s.cost[c]), min(rankMin, s.rank[c])
	}
	more := ceil(int64(len(f.open))<<16, frac)
	if s.total > 0 && s.total < manyUnits {
		var total int64
		for _, left := range f.left {
			total += left
		}
		more = max(more, ceil(total, share))
	}
	low := s.base
	low[Parcels] += int64(at.size) + more
	low[CostSum], low[RankSum] = at.cost+more*costMin, at.rank+more*rankMin
	if !s.parcelsFirst {
		low[CostSum] = max(low[CostSum], at.cost+s.cheapest(f))
	}
	switch c := compare(s.p.order, &low, &s.bestScore); {
	case c != 0:
		return c > 0
	default: // at best it is as good, and then has as many sites: with the smallest ids
		lowest := at.chosen | f.avail.lowest(int(s.bestScore[Parcels]-s.base[Parcels])-at.size)
		return !lowest.before(s.best)
	}
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// cheapest is what the open cons cost at least: the dearest of them from its cheapest site, or
// all of them at the best price for a part of one.
func (s *search) cheapest(f *frame) (dearest int64) {
	for _, j := range f.open {
		low := int64(farMax)
		for rest := f.avail & s.cons[j].some; rest != 0; rest &= rest - 1 {
			low = min(low, s.cost[rest.first()])
		}
		dearest = max(dearest, low)
	}
	best := int64(-1)
	for rest := f.avail; rest != 0; rest &= rest - 1 {
		c := rest.first()
		brings := uint64(f.brings[c].full<<16 + f.brings[c].frac)
		if brings == 0 {
			continue
		}
		hi, lo := bits.Mul64(uint64(s.cost[c]), uint64(len(f.open))<<16)
		price := int64(farMax) << 10
		if hi < brings {
			if q, _ := bits.Div64(hi, lo, brings); q < uint64(price) {
				price = int64(q)
			}
		}
		if best < 0 || price < best {
			best = price
		}
	}
	return max(dearest, best)
}
