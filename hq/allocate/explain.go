package allocate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// explain says for each line which sites were looked at and what decided. A plan of thousands of
// lines shows no candidates for the later ones (CandidatesMax), but always what was chosen.
func (p *planner) explain(plan *Plan, candidates []Candidate) Explanation {
	scores := p.scores(candidates)
	chosen := map[int][]ledger.Leg{}
	for _, legs := range [][]Leg{plan.Legs, plan.Borrow} {
		for _, l := range legs {
			chosen[l.Line] = append(chosen[l.Line], ledger.Leg{Site: l.Site, Qty: l.Qty})
		}
	}
	e := Explanation{Lines: make([]LineExplanation, len(p.want.Lines))}
	room := CandidatesMax
	for i, n := range p.want.Lines {
		e.Lines[i] = LineExplanation{Line: n.Line, Chosen: chosen[n.Line]}
		if room > 0 {
			all := p.choices(i, candidates, scores, chosen[n.Line])
			e.Lines[i].Candidates = all[:min(len(all), room)]
			room -= len(e.Lines[i].Candidates)
		}
	}
	return e
}

// scores counts for each candidate the lines that it could fill alone.
func (p *planner) scores(candidates []Candidate) []int {
	out := make([]int, len(candidates))
	whole := make([]ledger.Qty, len(p.want.Lines))
	for i, n := range p.want.Lines {
		whole[i] = n.Qty
	}
	stock := make([]ledger.Qty, len(p.skus))
	for i := range candidates {
		for k, sku := range p.skus {
			o := candidates[i].Offers[sku]
			stock[k] = max(o.Held, 0) + max(o.Borrow, 0)
		}
		p.walk(whole, stock, func(line int, q ledger.Qty) {
			if q == whole[line] {
				out[i]++
			}
		})
	}
	return out
}

// choices lists the candidates of one line: the chosen ones, then those that have most.
func (p *planner) choices(line int, candidates []Candidate, scores []int, chosen []ledger.Leg) []Choice {
	n := p.want.Lines[line]
	var out []Choice
	took := map[ledger.SiteID]ledger.Qty{}
	for _, l := range chosen {
		took[l.Site] += l.Qty
	}
	for i := range candidates {
		c := &candidates[i]
		o := c.Offers[n.SKU]
		choice := Choice{Site: c.Site, Promisable: max(o.Held, 0) + max(o.Borrow, 0), Score: scores[i]}
		if choice.Promisable == 0 && c.Why == "" && took[c.Site] == 0 {
			continue
		}
		choice.Why = p.why(c, &choice, o, took[c.Site])
		out = append(out, choice)
	}
	slices.SortFunc(out, func(a, b Choice) int {
		return cmp.Or(cmp.Compare(took[b.Site], took[a.Site]), cmp.Compare(b.Promisable, a.Promisable), strings.Compare(string(a.Site), string(b.Site)))
	})
	return out[:min(len(out), CandidatesPerLine)]
}

func (p *planner) why(c *Candidate, choice *Choice, o Offer, took ledger.Qty) string {
	switch {
	case took > 0:
		return fmt.Sprintf("chosen for %d: fills %d of %d lines alone, %s", took, choice.Score, len(p.want.Lines), c.nearness())
	case p.want.Only != "" && c.Site != p.want.Only:
		return fmt.Sprintf("the order is for %s alone", p.want.Only)
	case c.Why != "" && o.Held <= 0:
		return c.Why
	case o.Held <= 0:
		return fmt.Sprintf("would have to lend; fills %d of %d lines alone, %s", choice.Score, len(p.want.Lines), c.nearness())
	default:
		return fmt.Sprintf("not needed: fills %d of %d lines alone, %s", choice.Score, len(p.want.Lines), c.nearness())
	}
}

// nearness says the rank for people; nothing is nearer than the site that asks.
func (c *Candidate) nearness() string {
	if c.Rank == math.MinInt {
		return "the asking site itself"
	}
	return fmt.Sprintf("rank %d", c.Rank)
}
