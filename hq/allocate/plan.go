package allocate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Make plans want over the candidates. It changes none of its arguments, and the order in which
// the candidates come makes no difference.
func Make(want Want, candidates []Candidate) (Plan, Explanation) {
	p := newPlanner(want, candidates)
	held := p.serve(func(o Offer) ledger.Qty { return o.Held }, nil)
	borrowed := p.serve(func(o Offer) ledger.Qty { return o.Borrow }, held)
	plan := Plan{Legs: held, Borrow: borrowed}
	for i, n := range want.Lines {
		if p.left[i] > 0 {
			n.Qty = p.left[i]
			plan.Short = append(plan.Short, n)
		}
	}
	if want.Whole && len(plan.Short) > 0 {
		plan.Legs, plan.Borrow = nil, nil
	}
	return plan, p.explain(&plan, candidates)
}

// planner holds what the lines still want. SKUs and sites go by index, so that nothing hashes in
// the inner loops.
type planner struct {
	want  Want
	sites []*Candidate // that may serve: nearest first, then by id
	skus  []ledger.SKU // in order of first line
	skuOf []int        // by line
	left  []ledger.Qty // by line
	used  []ledger.Qty // by SKU; scratch of walk
	whole []bool       // by line; scratch of walk
	legs  int
}

func newPlanner(want Want, candidates []Candidate) *planner {
	p := &planner{want: want, skuOf: make([]int, len(want.Lines)), left: make([]ledger.Qty, len(want.Lines))}
	for i := range candidates {
		if c := &candidates[i]; want.Only == "" || c.Site == want.Only {
			p.sites = append(p.sites, c)
		}
	}
	slices.SortFunc(p.sites, func(a, b *Candidate) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), strings.Compare(string(a.Site), string(b.Site)))
	})
	at := make(map[ledger.SKU]int, len(want.Lines))
	for i, n := range want.Lines {
		k, ok := at[n.SKU]
		if !ok {
			k = len(p.skus)
			at[n.SKU] = k
			p.skus = append(p.skus, n.SKU)
		}
		p.skuOf[i], p.left[i] = k, n.Qty
	}
	p.used, p.whole = make([]ledger.Qty, len(p.skus)), make([]bool, len(want.Lines))
	return p
}

// serve covers what is left from one source. Sites of before are in the plan already and cost no
// further parcel.
func (p *planner) serve(source func(Offer) ledger.Qty, before []Leg) []Leg {
	there := make([][]ledger.Qty, len(p.sites)) // by site and SKU
	for i, s := range p.sites {
		there[i] = make([]ledger.Qty, len(p.skus))
		for k, sku := range p.skus {
			there[i][k] = max(source(s.Offers[sku]), 0)
		}
	}
	var legs []Leg
	for _, site := range p.drop(p.choose(there, before), there) {
		legs = append(legs, p.give(site, there[site])...)
	}
	slices.SortStableFunc(legs, func(a, b Leg) int { return cmp.Compare(a.Line, b.Line) })
	return legs
}

// choose takes, one after the other, the site that completes most lines, then one that is in the
// plan already, then the one that brings most units, then the nearest, until none brings anything.
func (p *planner) choose(there [][]ledger.Qty, before []Leg) []int {
	planned := make([]bool, len(p.sites))
	for _, l := range before {
		i := slices.IndexFunc(p.sites, func(c *Candidate) bool { return c.Site == l.Site })
		planned[i] = true
	}
	var chosen []int
	taken := make([]bool, len(p.sites))
	left := slices.Clone(p.left)
	for {
		best, bestOf := -1, gain{}
		for i := range p.sites {
			if taken[i] {
				continue
			}
			g := gain{planned: planned[i]}
			p.walk(left, there[i], func(line int, q ledger.Qty) {
				if g.units += q; q == left[line] {
					g.lines++
				}
			})
			if g.units > 0 && (best < 0 || g.better(bestOf)) { // on a tie the first stands
				best, bestOf = i, g
			}
		}
		if best < 0 {
			return chosen
		}
		chosen, taken[best] = append(chosen, best), true
		p.walk(left, there[best], func(line int, q ledger.Qty) { left[line] -= q })
	}
}

// gain is what one site would add to a plan.
type gain struct {
	lines   int // completed
	planned bool
	units   ledger.Qty
}

func (g gain) better(than gain) bool {
	if g.lines != than.lines {
		return g.lines > than.lines
	}
	if g.planned != than.planned {
		return g.planned
	}
	return g.units > than.units
}

// walk hands one site's stock to the lines: whole lines first, then parts. visit may lower left
// of the line it is told of, or only count.
func (p *planner) walk(left, stock []ledger.Qty, visit func(line int, q ledger.Qty)) {
	clear(p.used)
	clear(p.whole)
	for i, k := range p.skuOf {
		if q := left[i]; q > 0 && q <= stock[k]-p.used[k] {
			p.used[k] += q
			p.whole[i] = true
			visit(i, q)
		}
	}
	for i, k := range p.skuOf {
		if q := stock[k] - p.used[k]; q > 0 && left[i] > 0 && !p.whole[i] {
			p.used[k] += q // less than the line wants, or the first pass would have filled it
			visit(i, q)
		}
	}
}

// drop leaves out chosen sites without which the others cover as much, the farthest first. What
// a set of sites covers of a SKU is what is wanted of it, or their sum if that is less.
func (p *planner) drop(chosen []int, there [][]ledger.Qty) []int {
	wanted := make([]ledger.Qty, len(p.skus))
	for i, k := range p.skuOf {
		wanted[k] += p.left[i]
	}
	sum := make([]ledger.Qty, len(p.skus))
	for _, i := range chosen {
		for k := range sum {
			sum[k] += there[i][k]
		}
	}
	byRank := slices.Clone(chosen)
	slices.SortFunc(byRank, func(a, b int) int { return cmp.Compare(b, a) })
	for _, i := range byRank {
		spare := true
		for k := range sum {
			spare = spare && min(sum[k]-there[i][k], wanted[k]) == min(sum[k], wanted[k])
		}
		if !spare {
			continue
		}
		for k := range sum {
			sum[k] -= there[i][k]
		}
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(c int) bool { return c == i })
	}
	return chosen
}

// give makes the legs of one chosen site and takes them off what is left.
func (p *planner) give(site int, stock []ledger.Qty) []Leg {
	var legs []Leg
	p.walk(p.left, stock, func(line int, q ledger.Qty) {
		if p.legs == LegsMax {
			return
		}
		p.legs++
		p.left[line] -= q
		n := p.want.Lines[line]
		legs = append(legs, Leg{Line: n.Line, SKU: n.SKU, Site: p.sites[site].Site, Qty: q})
	})
	return legs
}
