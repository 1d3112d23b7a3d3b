package allocate

import "math/bits"

// few is for orders that one or two sites serve beside those that every plan has, as most are:
// it looks at all such sets and keeps the best two. Both are then known for good, the plan and
// its runner-up: no set of another size is as good where parcels come before cost, and of two
// sets of one size none is the other with needless parcels.
type few struct {
	sets   [2]set
	scores [2]Score
	found  int // of the two
}

// few looks at the sets without some columns. False says that the budget was spent before all
// were looked at.
func (s *search) few(without set) bool {
	s.out, s.two.found = false, 0
	avail := (1<<len(s.cols) - 1) &^ without
	scarce, fewest, all := -1, colsMax+1, avail
	for j := range s.cons {
		t := &s.cons[j]
		all &= t.meets
		if n := bits.OnesCount64(uint64(t.some & avail)); n < fewest {
			scarce, fewest = j, n
		}
	}
	s.p.visits += len(s.cons)
	for rest := all; rest != 0; rest &= rest - 1 {
		s.offer(rest & -rest)
	}
	if s.two.found > 0 {
		return true
	}
	for kids := avail & s.cons[scarce].some; kids != 0; kids &= kids - 1 {
		a := kids.first()
		avail &^= 1 << a // what has it has been looked at
		if s.p.visits > s.limit {
			s.out = true
			return false
		}
		for rest := s.mates(a, avail); rest != 0; rest &= rest - 1 {
			s.offer(1<<a | rest&-rest)
		}
	}
	return true
}

// mates are the columns that complete what column a leaves open.
func (s *search) mates(a uint8, avail set) set {
	units := s.brought(a)
	for j := range s.cons {
		t := &s.cons[j]
		switch left := t.need - units[j]; {
		case left == 0:
		case left == t.need:
			avail &= t.meets
		default:
			avail &= t.some
			parts := avail &^ t.meets
			s.p.visits += bits.OnesCount64(uint64(parts))
			for ; parts != 0; parts &= parts - 1 {
				if c := parts.first(); s.units[int(c)*len(s.cons)+j] < left {
					avail &^= 1 << c
				}
			}
		}
		if avail == 0 {
			s.p.visits += j / 8
			return 0
		}
	}
	s.p.visits += len(s.cons) / 8
	return avail
}

// offer keeps a set that meets every con if it is one of the best two.
func (s *search) offer(chosen set) {
	s.p.visits++
	two, order := &s.two, s.p.order
	score := s.base
	for rest := chosen; rest != 0; rest &= rest - 1 {
		c := rest.first()
		score[Parcels]++
		score[CostSum] += s.cost[c]
		score[RankSum] += s.rank[c]
	}
	var worst *Score // what it has to be as good as
	if two.found == 2 {
		if worst = &two.scores[1]; !s.precedes(order, chosen, &score, 1) {
			return
		}
	}
	if len(s.uneven) > 0 && (!s.weigh(chosen, &score, worst) || worst != nil && !s.precedes(order, chosen, &score, 1)) {
		return
	}
	at := min(two.found, 1)
	if two.found > 0 && s.precedes(order, chosen, &score, 0) {
		two.sets[1], two.scores[1] = two.sets[0], two.scores[0]
		at = 0
	}
	two.sets[at], two.scores[at] = chosen, score
	two.found = min(two.found+1, 2)
}

// precedes says whether a set is better than one of the best two.
func (s *search) precedes(order []Objective, chosen set, score *Score, than int) bool {
	c := compare(order, score, &s.two.scores[than])
	return c < 0 || c == 0 && chosen.before(s.two.sets[than])
}
