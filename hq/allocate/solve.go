package allocate

import (
	"cmp"
	"slices"
)

// keptMax bounds the sites among which the first search is made; colsMax does where the first
// plan has no more parcels than fewParcels beside the sites that every plan has.
const (
	keptMax    = 32
	fewParcels = 3
)

// An answer is a set of sites that covers everything, with its score.
type answer struct {
	sites []int32 // ascending; none: there is no answer
	score Score
}

// set copies an answer, into its own memory.
func (a *answer) set(sites []int32, score *Score) {
	a.sites, a.score = append(a.sites[:0], sites...), *score
}

func (p *Planner) better(a, b *answer) bool {
	if len(a.sites) == 0 || len(b.sites) == 0 {
		return len(a.sites) > 0
	}
	c := compare(p.order, &a.score, &b.score)
	return c < 0 || c == 0 && slices.Compare(a.sites, b.sites) < 0
}

// solve finds the best set of sites, and whether that is proved.
func (p *Planner) solve() {
	p.search, p.proved = nil, true
	p.best.set(nil, &p.floor)
	p.next.set(nil, &Score{})
	if len(p.cons) == 0 {
		return
	}
	if p.alone() {
		p.proved = p.visits <= p.budget
		return
	}
	cols := p.usable()
	if p.pairs(cols) {
		return
	}
	p.first()
	if len(cols) == 0 {
		return
	}
	p.proved = false
	open := p.opens()
	if !p.fits(open, min(len(cols), keptMax)) {
		p.search = nil
		return
	}
	first := cols
	if len(cols) > p.colsFirst() || !p.fits(open, len(cols)) {
		first = p.keep(cols)
	}
	if len(first) <= colsMax {
		p.search, p.proved = p.searched(&p.tables[0], first)
	}
	if len(first) < len(cols) && p.search != nil {
		// The others can matter only if a plan with one of them might be as good.
		rest, all := p.survivors(cols)
		switch {
		case !all:
			p.proved = false
		case len(rest) > 0:
			_, p.proved = p.searched(&p.tables[1], rest)
		}
	}
}

// alone finds the best two of the sites that meet every con by themselves, if there are any:
// where nothing but what all plans have in common comes before parcels, no set is as good.
func (p *Planner) alone() bool {
	if p.order[0] == CostSum || p.limited {
		return false
	}
	for i := range p.full {
		if int(p.full[i]) < len(p.cons) {
			continue
		}
		p.visits++
		score := p.floor
		score[Parcels], score[CostSum], score[RankSum] = 1, p.sites[i].cost, p.sites[i].rank
		// Sites come by id, so on a tie the first stands.
		two := len(p.next.sites) > 0
		if two && compare(p.order, &score, &p.next.score) >= 0 || !p.weighOne(int32(i), &score, &p.next.score, two) {
			continue
		}
		switch one := [1]int32{int32(i)}; {
		case len(p.best.sites) == 0:
			p.best.set(one[:], &score)
		case compare(p.order, &score, &p.best.score) < 0:
			p.best, p.next = p.next, p.best
			p.best.set(one[:], &score)
		case !two || compare(p.order, &score, &p.next.score) < 0:
			p.next.set(one[:], &score)
		}
	}
	return len(p.best.sites) > 0
}

// pairs finds the plan where two sites do, beside those that every plan has, and mostly the next
// best with it.
func (p *Planner) pairs(cols []int32) bool {
	s := &p.tables[0]
	if p.order[0] == CostSum || p.limited || len(cols) == 0 || len(cols) > colsMax || !p.twoMayDo() || !s.prepare(p, cols) {
		return false
	}
	p.search = s
	if !s.few(0) || s.two.found == 0 {
		return false
	}
	p.best.sites, p.best.score = s.sites(p.best.sites, s.two.sets[0]), s.two.scores[0]
	if s.two.found > 1 {
		p.next.sites, p.next.score = s.sites(p.next.sites, s.two.sets[1]), s.two.scores[1]
	}
	return true
}

// twoMayDo says whether the two sites that bring most bring as many units as are wanted.
func (p *Planner) twoMayDo() bool {
	if len(p.fixed) > 0 {
		return true
	}
	var need, first, second int64
	for i := range p.cons {
		if need += min(p.cons[i].need, manyUnits); need > unitsMax {
			return true
		}
	}
	for _, n := range p.brings {
		if n > first {
			first, second = n, first
		} else {
			second = max(second, n)
		}
	}
	return first+second >= need
}

// weighOne fills in what a score says of units, for a site that meets every con by itself. False
// says that it stopped early: a score that is as good but for units is better.
func (p *Planner) weighOne(i int32, score, best *Score, found bool) bool {
	var sum odd
	for n, at := range p.uneven {
		r := &p.rows[at]
		if c := p.cell(r, i); c.uneven() {
			for w, b := range p.bounds(r.claim, c) {
				sum[w] = min(sum[w]+r.need-b, unitsMax)
			}
		}
		if found && p.order[0] == Parcels && p.order[1] == p.weighing[0] && sum[0] > best[p.weighing[0]] {
			p.visits += n
			return false
		}
	}
	p.visits += len(p.uneven)
	for w, o := range p.weighing {
		if o != 0 {
			score[o] = sum[w]
		}
	}
	return true
}

// first takes what a greedy cover finds, without what it does not need.
func (p *Planner) first() {
	v := &p.cover
	for _, byPrice := range []bool{false, true} {
		if byPrice && p.order[0] != CostSum {
			break
		}
		v.restart(p)
		v.byPrice = byPrice
		v.fill()
		p.consider(&p.best, v.prune())
	}
}

// consider takes a set of sites for best if it is better.
func (p *Planner) consider(best *answer, sites []int32) {
	a := answer{sites: sites, score: p.score(sites)}
	if p.better(&a, best) {
		best.set(a.sites, &a.score)
	}
}

// usable are the sites that bring something to what the fixed leave open.
func (p *Planner) usable() []int32 {
	p.open = sized(p.open, len(p.cons))
	some := p.brings
	if len(p.fixed) > 0 {
		some = cleared(p.some, len(p.sites))
		p.some = some
		p.marks = cleared(p.marks, len(p.sites))
		for _, i := range p.fixed {
			p.marks[i] = true
		}
	}
	for i := range p.cons {
		c := &p.cons[i]
		if p.open[i] = c.need; len(p.fixed) == 0 {
			continue
		}
		if p.open[i] = p.rest(c, p.marks); p.open[i] == 0 {
			continue
		}
		p.visits += len(c.parts)
		for j := range c.parts {
			if !p.marks[c.parts[j].site] {
				some[c.parts[j].site] = 1
			}
		}
	}
	p.cols = p.cols[:0]
	for i, n := range some {
		if n > 0 {
			p.cols = append(p.cols, int32(i))
		}
	}
	return p.cols
}

// fits says whether the budget has room for a table.
func (p *Planner) fits(cons, cols int) bool { return p.visits+cons*cols <= p.budget }

// opens is how many cons the sites that every plan has leave open.
func (p *Planner) opens() (n int) {
	for _, left := range p.open {
		if left > 0 {
			n++
		}
	}
	return n
}

// searched improves best by a search among cols, and says whether it was proved there. Without
// room for the table there is no search.
func (p *Planner) searched(s *search, cols []int32) (*search, bool) {
	if ready := p.search == s && len(s.cols) == len(cols); !ready && !s.prepare(p, cols) {
		return nil, false
	}
	s.start(&p.best)
	was := s.best
	s.run(0)
	if s.best != was {
		p.best.sites, p.best.score = s.sites(p.best.sites, s.best), s.bestScore
	}
	return s, !s.out
}

// keep chooses the sites among which is searched first: those of the plan so far, the 8 that
// complete most, and for each con the 4 nearest that meet it alone and the 4 that have most,
// those first that are named most often.
func (p *Planner) keep(cols []int32) []int32 {
	p.votes = cleared(p.votes, len(p.sites))
	for i := range p.cons {
		c := &p.cons[i]
		p.visits += len(c.parts)
		fill, large := p.fill4[:0], p.large4[:0]
		for _, t := range c.parts {
			if t.have >= c.need {
				fill = keepBest(fill, t, func(a, b cell) bool { return p.sites[a.site].near < p.sites[b.site].near })
			}
			large = keepBest(large, t, func(a, b cell) bool {
				return a.have > b.have || a.have == b.have && p.sites[a.site].near < p.sites[b.site].near
			})
		}
		for _, t := range fill {
			p.votes[t.site]++
		}
		for _, t := range large {
			p.votes[t.site]++
		}
	}
	order := append(p.rank[:0], cols...)
	p.rank = order
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(p.full[b], p.full[a]), p.nearer(a, b)) })
	out := p.kept[:0]
	add := func(i int32) {
		if !slices.Contains(out, i) && !slices.Contains(p.fixed, i) {
			out = append(out, i)
		}
	}
	for _, i := range p.best.sites {
		add(i)
	}
	for _, i := range order[:min(8, len(order))] {
		add(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(p.votes[b], p.votes[a]), p.nearer(a, b)) })
	for _, i := range order {
		if len(out) >= keptMax || p.votes[i] == 0 {
			break
		}
		add(i)
	}
	p.kept = out
	slices.Sort(out)
	return out
}

func (p *Planner) nearer(a, b int32) int { return cmp.Compare(p.sites[a].near, p.sites[b].near) }

// keepBest puts t into a list of the 4 best.
func keepBest(list []cell, t cell, better func(a, b cell) bool) []cell {
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
// best: none if the search has looked at all of them. False says that they are too many to search.
func (p *Planner) survivors(cols []int32) (out []int32, all bool) {
	s, best := p.search, &p.best
	p.frac = cleared(p.frac, len(p.sites))
	for j := range s.cons {
		t := &s.cons[j]
		scale, parts := newScale(t.need), p.cons[t.con].parts
		for i := range parts {
			if x := &parts[i]; x.have >= t.need {
				p.frac[x.site] += 1 << 16
			} else {
				p.frac[x.site] += scale.of(x.have)
			}
		}
		p.visits += len(parts)
	}
	var most, costMin, rankMin int64 = 1, farMax, farMax
	for _, i := range cols {
		most = max(most, p.frac[i])
		costMin, rankMin = min(costMin, p.sites[i].cost), min(rankMin, p.sites[i].rank)
	}
	fresh := false
	out = p.rank[:0]
	for _, i := range cols {
		more := ceil(max(int64(len(s.cons))<<16-p.frac[i], 0), most)
		low := s.base
		low[Parcels] += 1 + more
		low[CostSum] += p.sites[i].cost + more*costMin
		low[RankSum] += p.sites[i].rank + more*rankMin
		_, kept := s.place(i)
		if compare(p.order, &low, &best.score) <= 0 || slices.Contains(best.sites, i) {
			out = append(out, i)
			fresh = fresh || !kept
		}
	}
	p.rank = out
	if !fresh {
		return nil, true
	}
	return out, len(out) <= colsMax
}

// otherVisits bounds what looking for a runner-up may cost beside the plan itself.
const otherVisits = 5_000

// runnerUp looks for the best plan that does without one of the sites of best. What leaves out
// none of them has all of them, and so is no other plan but best with needless parcels.
func (p *Planner) runnerUp(other *answer) {
	other.set(nil, &Score{})
	until := p.visits + otherVisits
	if len(p.next.sites) > 0 || len(p.best.sites) == 1 && p.pairWithout(p.best.sites[0], until) {
		other.set(p.next.sites, &p.next.score)
		return
	}
	v := &p.cover
	p.over = p.beyond(p.over, p.best.sites)
	for _, out := range p.best.sites {
		if slices.Contains(p.fixed, out) {
			continue
		}
		if p.visits > until {
			break
		}
		if v.without(p, p.best.sites, out, p.over); v.fill() {
			p.consider(other, v.prune())
		}
	}
	s := p.search
	if s == nil && p.proved { // there was no need of it yet
		s = p.table()
	}
	if s == nil || len(p.best.sites) == len(p.fixed) || !p.among(s, p.best.sites) {
		return
	}
	if s.found = len(other.sites) > 0 && p.among(s, other.sites); s.found {
		s.start(other)
	}
	was, found := s.best, s.found
	s.limit = until
	s.run(s.set(p.best.sites))
	if !s.found || found && s.best == was {
		return
	}
	p.chosen = s.sites(p.chosen, s.best)
	if a := (answer{p.chosen, s.bestScore}); p.better(&a, other) {
		other.set(a.sites, &a.score)
	}
}

// pairWithout finds the best plan without the one site that meets every con, if two sites do: the
// best found, where so many do that not all can be looked at.
func (p *Planner) pairWithout(out int32, until int) bool {
	cols := p.usable()
	s := &p.tables[0]
	if p.order[0] == CostSum || p.limited || len(p.fixed) > 0 || len(cols) > colsMax || !s.prepare(p, cols) {
		return false
	}
	s.limit = until
	c, _ := s.place(out)
	if s.few(1 << c); s.two.found == 0 {
		return false
	}
	p.next.sites, p.next.score = s.sites(p.next.sites, s.two.sets[0]), s.two.scores[0]
	return true
}

// colsFirst is among how many sites the first search may be made. All of them where few parcels
// are likely to do: then there is not much to search.
func (p *Planner) colsFirst() int {
	if p.order[0] != CostSum && len(p.best.sites) <= len(p.fixed)+fewParcels {
		return colsMax
	}
	return keptMax
}

// table prepares a search for a runner-up.
func (p *Planner) table() *search {
	cols := p.usable()
	if len(cols) > p.colsFirst() {
		cols = p.keep(cols)
	}
	if s := &p.tables[0]; len(cols) <= colsMax && s.prepare(p, cols) {
		return s
	}
	return nil
}

// among says whether a search has all the sites of a plan.
func (p *Planner) among(s *search, sites []int32) bool {
	for _, i := range sites {
		if _, ok := s.place(i); !ok && !slices.Contains(p.fixed, i) {
			return false
		}
	}
	return true
}
