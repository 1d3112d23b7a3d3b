package allocate

import (
	"cmp"
	"slices"
)

// keptMax bounds the sites among which the first search is made.
const keptMax = 32

// An answer is a set of sites that covers everything, with its score.
type answer struct {
	sites []int32 // ascending; none: there is no answer
	score Score
}

func (p *planner) better(a, b *answer) bool {
	if len(a.sites) == 0 || len(b.sites) == 0 {
		return len(a.sites) > 0
	}
	c := compare(p.order, &a.score, &b.score)
	return c < 0 || c == 0 && slices.Compare(a.sites, b.sites) < 0
}

// solve finds the best set of sites, the best that does without one of them, and whether the
// first is proved.
func (p *planner) solve() (best, other answer, proved bool) {
	if len(p.cons) == 0 {
		return answer{score: p.floor}, answer{}, true
	}
	v := p.newCover()
	fixed := p.forced()
	best = p.first(v, fixed)
	cols := p.usable(fixed)
	if len(cols) == 0 {
		return best, answer{}, true
	}
	first := cols
	if len(cols) > keptMax {
		first = p.keep(cols, fixed, best.sites)
	}
	var s *search
	if len(first) <= colsMax {
		s, proved = p.searched(fixed, first, &best)
	}
	if len(first) < len(cols) && s != nil {
		// The others can matter only if a plan with one of them might be as good.
		rest, all := p.survivors(s, cols, &best)
		switch {
		case !all:
			proved = false
		case len(rest) > 0:
			var again bool
			_, again = p.searched(fixed, rest, &best)
			proved = again
		}
	}
	return best, p.runnerUp(v, s, fixed, &best), proved
}

// first is what a greedy cover finds, without what it does not need.
func (p *planner) first(v *cover, fixed []int32) answer {
	var best answer
	for _, byPrice := range []bool{false, true} {
		if byPrice && p.order[0] != CostSum {
			break
		}
		v.restart()
		v.byPrice = byPrice
		for _, i := range fixed {
			v.add(i)
		}
		v.fill()
		a := answer{sites: v.prune(fixed)}
		a.score = p.score(a.sites)
		if p.better(&a, &best) {
			best = a
		}
	}
	v.byPrice = false
	return best
}

// usable are the sites that bring something to what the fixed leave open.
func (p *planner) usable(fixed []int32) []int32 {
	in, brings := make([]bool, len(p.sites)), make([]bool, len(p.sites))
	for _, i := range fixed {
		in[i] = true
	}
	for i := range p.cons {
		c := &p.cons[i]
		if len(fixed) > 0 && p.rest(c, func(s int32) bool { return in[s] }) == 0 {
			continue
		}
		for j := range c.parts {
			brings[c.parts[j].site] = true
		}
	}
	var out []int32
	for i := range brings {
		if brings[i] && !in[i] {
			out = append(out, int32(i))
		}
	}
	return out
}

// searched improves best by a search among cols, and says whether it was proved there. Without
// room for the table there is no search.
func (p *planner) searched(fixed, cols []int32, best *answer) (*search, bool) {
	s := p.newSearch(fixed, cols, &p.floor)
	if s == nil {
		return nil, false
	}
	s.start(best.sites, best.score)
	was := s.best
	s.run(0)
	if s.best != was {
		*best = answer{s.sites(s.best), s.bestScore}
	}
	return s, !s.out
}

// keep chooses the sites among which is searched first: those of the plan so far, the 8 that
// complete most, and for each con the 4 nearest that meet it alone and the 4 that have most,
// those first that are named most often.
func (p *planner) keep(cols, fixed, chosen []int32) []int32 {
	votes, full := make([]int32, len(p.sites)), make([]int32, len(p.sites))
	var fill, large []part
	for i := range p.cons {
		c := &p.cons[i]
		p.visits += len(c.parts)
		fill, large = fill[:0], large[:0]
		for _, t := range c.parts {
			if t.units >= c.need {
				full[t.site]++
				fill = keepBest(fill, t, func(a, b part) bool { return p.sites[a.site].near < p.sites[b.site].near })
			}
			large = keepBest(large, t, func(a, b part) bool {
				return a.units > b.units || a.units == b.units && p.sites[a.site].near < p.sites[b.site].near
			})
		}
		for _, t := range fill {
			votes[t.site]++
		}
		for _, t := range large {
			votes[t.site]++
		}
	}
	byFull := slices.Clone(cols)
	slices.SortFunc(byFull, func(a, b int32) int { return cmp.Or(cmp.Compare(full[b], full[a]), p.nearer(a, b)) })
	out := make([]int32, 0, max(keptMax, len(chosen)))
	add := func(i int32) {
		if !slices.Contains(out, i) && !slices.Contains(fixed, i) {
			out = append(out, i)
		}
	}
	for _, i := range chosen {
		add(i)
	}
	for _, i := range byFull[:min(8, len(byFull))] {
		add(i)
	}
	byVotes := slices.Clone(cols)
	slices.SortFunc(byVotes, func(a, b int32) int { return cmp.Or(cmp.Compare(votes[b], votes[a]), p.nearer(a, b)) })
	for _, i := range byVotes {
		if len(out) >= keptMax || votes[i] == 0 {
			break
		}
		add(i)
	}
	slices.Sort(out)
	return out
}

func (p *planner) nearer(a, b int32) int { return cmp.Compare(p.sites[a].near, p.sites[b].near) }

// keepBest puts t into a list of the 4 best.
func keepBest(list []part, t part, better func(a, b part) bool) []part {
	if len(list) == 4 && !better(t, list[3]) {
		return list
	}
	if len(list) < 4 {
		list = append(list, t)
	} else {
		list[3] = t
	}
	for i := len(list) - 1; i > 0 && better(list[i], list[i-1]); i-- {
		list[i], list[i-1] = list[i-1], list[i]
	}
	return list
}

// survivors are the sites with which a plan might be as good as best, together with those of
// best: none if s has looked at all of them. False says that they are too many to search.
func (p *planner) survivors(s *search, cols []int32, best *answer) (out []int32, all bool) {
	frac := make([]int64, len(p.sites))
	left := make([]int64, len(p.cons))
	for j, i := range s.cons {
		left[i] = s.need[j]
		scale := newScale(s.need[j])
		for _, t := range p.cons[i].parts {
			if t.units >= s.need[j] {
				frac[t.site] += 1 << 16
			} else {
				frac[t.site] += scale.of(t.units)
			}
		}
		p.visits += len(p.cons[i].parts)
	}
	var most, costMin, rankMin int64 = 1, farMax, farMax
	for _, i := range cols {
		most = max(most, frac[i])
		costMin, rankMin = min(costMin, p.sites[i].cost), min(rankMin, p.sites[i].rank)
	}
	fresh := false
	for _, i := range cols {
		more := ceil(max(int64(len(s.cons))<<16-frac[i], 0), most)
		low := s.base
		low[Parcels] += 1 + more
		low[CostSum] += p.sites[i].cost + more*costMin
		low[RankSum] += p.sites[i].rank + more*rankMin
		_, kept := slices.BinarySearch(s.cols, i)
		if compare(p.order, &low, &best.score) <= 0 || slices.Contains(best.sites, i) {
			out = append(out, i)
			fresh = fresh || !kept
		}
	}
	if !fresh {
		return nil, true
	}
	return out, len(out) <= colsMax
}

// otherVisits bounds what looking for a runner-up may cost beside the plan itself.
const otherVisits = 5_000

// runnerUp looks for the best plan that does without one of the sites of best. What leaves out
// none of them has all of them, and so is no other plan but best with needless parcels.
func (p *planner) runnerUp(v *cover, s *search, fixed []int32, best *answer) (other answer) {
	until := p.visits + otherVisits
	for _, out := range best.sites {
		if slices.Contains(fixed, out) {
			continue
		}
		if p.visits > until {
			break
		}
		v.restart()
		v.out[out] = true
		for _, i := range fixed {
			v.add(i)
		}
		if !v.fill() {
			continue
		}
		a := answer{sites: v.prune(fixed)}
		a.score = p.score(a.sites)
		if s != nil && p.among(s, a.sites) && p.among(s, best.sites) {
			c, _ := slices.BinarySearch(s.cols, out)
			s.start(a.sites, a.score)
			if p.better(&other, &a) && p.among(s, other.sites) {
				s.start(other.sites, other.score)
			}
			s.limit = until
			s.run(1 << c)
			a = answer{s.sites(s.best), s.bestScore}
		}
		if p.better(&a, &other) {
			other = a
		}
	}
	return other
}

// among says whether a search has all the sites of a plan.
func (p *planner) among(s *search, sites []int32) bool {
	for _, i := range sites {
		if _, ok := slices.BinarySearch(s.cols, i); !ok && !slices.Contains(s.fixed, i) {
			return false
		}
	}
	return true
}
