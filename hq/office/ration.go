package office

import (
	"cmp"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// ration keeps a plan to what the limits of the order's class leave it: what is wanted beyond a cap is not wanted, and of what
// is kept for other classes nothing is offered. It gives the wants that are left, and what was taken off them. What it
// leaves is checked again when the plan is committed.
func ration(m *machine.Machine, s *sourcing, candidates []allocate.Candidate) (left, off []allocate.Need) {
	tied := tiedTo(s.using)
	left = s.want.Lines
	for first, n := range s.want.Lines {
		if !m.Limited(n.SKU) || slices.ContainsFunc(s.want.Lines[:first], func(o allocate.Need) bool { return o.SKU == n.SKU }) {
			continue
		}
		allowed := m.Allowed(s.class(), n.SKU, s.planned(n.SKU), s.now)
		held := offered(s, candidates, first, n.SKU, tied)
		want := ledger.Qty(0)
		for _, o := range s.want.Lines {
			if o.SKU == n.SKU {
				want += o.Qty
			}
		}
		if over := want - allowed.All; over > 0 && !s.moves {
			var cut []allocate.Need
			left, cut = lowered(left, n.SKU, over)
			off, want = append(off, cut...), want-over
		}
		sum := ledger.Qty(0)
		for _, h := range held {
			sum += h.free
		}
		if sum > allowed.Held && want > allowed.Held { // it would take them
			withhold(candidates, first, held, sum-allowed.Held)
		}
	}
	slices.SortFunc(off, func(a, b allocate.Need) int { return cmp.Compare(a.Line, b.Line) })
	return left, off
}

// planned is what other plans of the same batch draw of a SKU.
func (s *sourcing) planned(sku ledger.SKU) (sum ledger.Qty) {
	if s.spent != nil {
		for at, o := range *s.spent {
			if at.sku == sku {
				sum += o.Held
			}
		}
	}
	return sum
}

// free is what one candidate offers of what can be promised now.
type free struct {
	candidate int
	free      ledger.Qty
}

func offered(s *sourcing, candidates []allocate.Candidate, line int, sku ledger.SKU, tied map[spot]ledger.Qty) (out []free) {
	for i := range candidates {
		c := &candidates[i]
		if line >= len(c.ByLine) || s.want.Only != "" && c.Site != s.want.Only {
			continue
		}
		if q := c.ByLine[line].Held - tied[spot{c.Site, sku}]; q > 0 {
			out = append(out, free{i, q})
		}
	}
	return out
}

// withhold takes units off what candidates offer, those that offer least first: the others fill more in one parcel.
func withhold(candidates []allocate.Candidate, line int, held []free, over ledger.Qty) {
	slices.SortFunc(held, func(a, b free) int {
		return cmp.Or(cmp.Compare(a.free, b.free), cmp.Compare(candidates[b.candidate].Site, candidates[a.candidate].Site))
	})
	for _, h := range held {
		q := min(over, h.free)
		candidates[h.candidate].ByLine[line].Held -= q
		over -= q
	}
}

// lowered takes units off what is wanted of a SKU, from the last line on.
func lowered(lines []allocate.Need, sku ledger.SKU, over ledger.Qty) (left, off []allocate.Need) {
	left = slices.Clone(lines)
	for i := len(left) - 1; i >= 0 && over > 0; i-- {
		if left[i].SKU != sku {
			continue
		}
		q := min(over, left[i].Qty)
		over -= q
		off = append(off, allocate.Need{Line: left[i].Line, SKU: sku, Qty: q})
		if left[i].Qty -= q; left[i].Qty == 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	return left, off
}

// madeWithin plans what the limits leave. What they do not is short.
func (g *planning) madeWithin(m *machine.Machine, s *sourcing) (allocate.Plan, allocate.Explanation) {
	left, off := ration(m, s, g.candidates)
	if len(off) == 0 {
		return g.planner.Make(s.want, g.candidates)
	}
	want := s.want
	want.Lines = left
	for i := range g.candidates {
		g.candidates[i].ByLine = relined(g.candidates[i].ByLine, s.want.Lines, left)
	}
	p, e := g.planner.Make(want, g.candidates)
	p.Short = summedShort(append(p.Short, off...))
	if want.Whole {
		p.Legs, p.Borrow = nil, nil
	}
	return p, e
}

// class is the order's; "" where it is not known.
func (s *sourcing) class() string {
	if s.order == nil {
		return ""
	}
	return s.order.Class
}

// relined puts offers where their lines are now.
func relined(offers []allocate.Offer, was, now []allocate.Need) []allocate.Offer {
	if offers == nil {
		return nil
	}
	sku := map[ledger.SKU]allocate.Offer{}
	for i, n := range was {
		if o := offers[i]; o != (allocate.Offer{}) {
			sku[n.SKU] = o
		}
	}
	out := make([]allocate.Offer, len(now))
	seen := map[ledger.SKU]bool{}
	for i, n := range now {
		if !seen[n.SKU] {
			out[i], seen[n.SKU] = sku[n.SKU], true
		}
	}
	return out
}

// summedShort adds up what is short of each line.
func summedShort(short []allocate.Need) (out []allocate.Need) {
	slices.SortStableFunc(short, func(a, b allocate.Need) int { return cmp.Compare(a.Line, b.Line) })
	for _, n := range short {
		if k := len(out); k > 0 && out[k-1].Line == n.Line {
			out[k-1].Qty += n.Qty
			continue
		}
		out = append(out, n)
	}
	return out
}
