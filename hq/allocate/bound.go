package allocate

import "math/bits"

// survey counts what each column would bring, and finds the open con that fewest can serve and
// how much they have of it together; none if one cannot be met any more.
func (s *search) survey(f *frame) (at int, has int64) {
	clear(f.brings[:len(s.cols)])
	var avail set
	for _, c := range f.avail {
		avail |= 1 << c
	}
	at, fewest := -1, colsMax+1
	for i, j := range f.open {
		left, cells := f.left[i], s.cells[s.from[j]:s.from[j+1]]
		scale, most := newScale(left), min(left, manyUnits)
		n, sum := 0, int64(0)
		for k := range cells {
			c := cells[k].col & (colsMax - 1)
			if !avail.has(c) {
				continue
			}
			n++
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
		if s.p.visits += len(cells); sum < left {
			return -1, 0
		}
		if n < fewest {
			at, fewest, has = i, n, sum
		}
	}
	return at, has
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
	var avail set
	for _, c := range f.avail {
		avail |= 1 << c
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
		lowest := at.chosen | avail.lowest(int(s.bestScore[Parcels]-s.base[Parcels])-at.size)
		return !lowest.before(s.best)
	}
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// cheapest is what the open cons cost at least: the dearest of them from its cheapest site, or
// all of them at the best price for a part of one.
func (s *search) cheapest(f *frame) (dearest int64) {
	for _, j := range f.open {
		low := int64(farMax)
		for _, c := range f.avail {
			if s.column(c)[j] > 0 {
				low = min(low, s.cost[c])
			}
		}
		dearest = max(dearest, low)
	}
	best := int64(-1)
	for _, c := range f.avail {
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
