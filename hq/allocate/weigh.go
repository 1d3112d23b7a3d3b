package allocate

import (
	"math"
	"math/bits"
	"slices"
)

// tabulateUneven finds the cells of the columns in the rows in which it matters which units go.
func (s *search) tabulateUneven() {
	p, n := s.p, len(s.cols)
	s.uneven, s.floors = sized(s.uneven, len(p.uneven)), 0
	if len(p.uneven) == 0 {
		return
	}
	s.places, s.bounds = cleared(s.places, len(p.uneven)*n), cleared(s.bounds, len(p.uneven)*n)
	if s.odds = s.odds[:0]; p.mixed {
		s.known = cleared(s.known, len(p.uneven)*n)
	}
	s.within, s.clean = cleared(s.within, n), cleared(s.clean, n)
	if len(p.fixed) > 0 {
		p.marks = cleared(p.marks, len(p.sites))
		for _, i := range p.fixed {
			p.marks[i] = true
		}
	}
	for i, at := range p.uneven {
		r := &p.rows[at]
		u := &s.uneven[i]
		s.floors = min(s.floors+r.floor, unitsMax)
		*u = unevenRow{need: r.need, floor: r.floor, row: r, open: r.need, cells: s.places[i*n : (i+1)*n]}
		for j := range r.cells {
			x := &r.cells[j]
			if c := s.column[x.site]; c >= 0 {
				bound := x.bound
				u.cells[c], s.bounds[int(c)*len(s.uneven)+i] = int32(j+1), bound
				if bound >= r.need && i < colsMax {
					s.within[c] |= 1 << i
					if !x.mixed || p.harmless(r, x) {
						s.clean[c] |= 1 << i
					}
				}
			} else if len(p.fixed) > 0 && p.marks[x.site] {
				u.fixed.add(p, r.claim, x)
				u.open = max(u.open-x.bound, -unitsMax)
			}
		}
	}
}

// weigh fills in what the score of a set says of units. False says that it stopped early, for
// the set cannot be as good as worst.
func (s *search) weigh(chosen set, score, worst *Score) bool {
	if s.p.limited {
		s.p.chosen = s.sites(s.p.chosen, chosen)
		s.p.weigh(s.p.chosen, score)
		return true
	}
	first, most := s.p.weighing[0], int64(math.MaxInt64)
	if worst != nil {
		if w := slices.Index(s.p.order, first); compare(s.p.order[:w], score, worst) == 0 {
			most = worst[first]
		}
	}
	harm := s.firstHarm(chosen, most)
	switch {
	case harm > most:
		return false
	case s.p.mixed:
		s.weighAll(chosen, score)
	default:
		score[first] = harm
	}
	return true
}

// firstHarm counts the first kind of harm of a set: what it is short of within the first bound of
// each row. It may stop where that is more than most.
func (s *search) firstHarm(chosen set, most int64) int64 {
	sum := s.floors
	for open := s.openRows(s.within, chosen); open != 0 && sum <= most; open &= open - 1 {
		sum = s.addShort(sum, int(open.first()), chosen)
	}
	for i := colsMax; i < len(s.uneven) && sum <= most; i++ {
		sum = s.addShort(sum, i, chosen)
	}
	return sum
}

func (s *search) addShort(sum int64, i int, chosen set) int64 {
	s.p.visits++
	u := &s.uneven[i]
	short := u.open
	for ; chosen != 0 && short > 0; chosen &= chosen - 1 { // and no sum overflows
		short -= s.bounds[int(chosen.first())*len(s.uneven)+i]
	}
	return min(sum+max(short, 0)-u.floor, unitsMax)
}

// weighAll counts every kind of harm of a set.
func (s *search) weighAll(chosen set, score *Score) {
	var sum odd
	for open := s.openRows(s.clean, chosen); open != 0; open &= open - 1 {
		s.addHarm(&sum, int(open.first()), chosen)
	}
	for i := colsMax; i < len(s.uneven); i++ {
		s.addHarm(&sum, i, chosen)
	}
	for w, o := range s.p.weighing {
		if o != 0 {
			score[o] = sum[w]
		}
	}
}

func (s *search) addHarm(sum *odd, i int, chosen set) {
	u := &s.uneven[i]
	s.p.visits += bits.OnesCount64(uint64(chosen))
	all := u.fixed
	for ; chosen != 0; chosen &= chosen - 1 {
		at := u.cells[chosen.first()]
		if at == 0 {
			continue
		}
		x := &u.row.cells[at-1]
		if !x.mixed {
			all.add(s.p, u.row.claim, x)
			continue
		}
		known := &s.known[i*len(s.cols)+int(chosen.first())]
		if *known == 0 { // sets are weighed that have much in common
			s.odds = append(s.odds, s.p.bounds(u.row.claim, x))
			*known = int32(len(s.odds))
		}
		all.split(x.have, &s.odds[*known-1])
	}
	all.take(u.need)
	for w, n := range all.harm() {
		sum[w] = min(sum[w]+n, unitsMax)
	}
}

// openRows are those of the first 64 uneven rows that no column of a set meets, by what they meet.
func (s *search) openRows(meets []set, chosen set) set {
	open := set(math.MaxUint64)
	if n := len(s.uneven); n < colsMax {
		open = 1<<n - 1
	}
	for ; chosen != 0; chosen &= chosen - 1 {
		open &^= meets[chosen.first()]
	}
	return open
}
