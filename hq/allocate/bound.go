package allocate

import "math/bits"

// survey counts what each column would bring, and finds the open con that fewest can serve and
// how much they have of it together; none if one cannot be met any more.
func (s *search) survey(f *frame) (at int, has int64) {
	clear(f.brings[:len(s.cols)])
	s.p.visits += 1 + len(s.cols)/16
	f.useful = 0
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
		f.useful |= f.avail & t.some
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
	for rest := f.useful; rest != 0; rest &= rest - 1 {
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
	if !s.room(at, int(more)) {
		return true
	}
	apart := s.apart(f)
	more = max(more, apart.sites)
	low, others := s.base, more-apart.sites
	low[Parcels] += int64(at.size) + more
	low[CostSum], low[RankSum] = at.cost+apart.cost+others*costMin, at.rank+apart.rank+others*rankMin
	if !s.parcelsFirst {
		low[CostSum] = max(low[CostSum], at.cost+s.cheapest(f))
	}
	if c := compare(s.p.order, &low, &s.bestScore); c != 0 {
		return c > 0
	}
	// At best it is as good, and then has as many sites: with the smallest ids.
	lowest := f.useful.lowest(int(more))
	if others == 0 {
		lowest = apart.lowest
	}
	return !(at.chosen | lowest).before(s.best)
}

// apartness is what cons that have no site in common need at least: one site each.
type apartness struct {
	sites      int64
	cost, rank int64
	lowest     set // the first site of each
}

// apart finds cons that have no site in common, those first that few sites can serve.
func (s *search) apart(f *frame) (a apartness) {
	var seen set
	for _, most := range [...]int{2, 5, colsMax} {
		for _, j := range f.open {
			serve := s.cons[j].some & f.avail
			if serve&seen != 0 || bits.OnesCount64(uint64(serve)) > most {
				continue
			}
			seen |= serve
			a.sites++
			a.lowest |= serve & -serve
			cost, rank := int64(farMax), int64(farMax)
			for ; serve != 0; serve &= serve - 1 {
				c := serve.first()
				cost, rank = min(cost, s.cost[c]), min(rank, s.rank[c])
			}
			a.cost, a.rank = a.cost+cost, a.rank+rank
		}
		s.p.visits += len(f.open) / 8
		if f.avail&^seen == 0 {
			break
		}
	}
	return a
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
	for rest := f.useful; rest != 0; rest &= rest - 1 {
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
