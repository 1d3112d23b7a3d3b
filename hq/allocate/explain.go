package allocate

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
)

// decision says what decided, for the whole order.
func (p *planner) decision(best, other *answer, proved bool) Decision {
	d := Decision{Preset: p.want.Preset, Sites: p.ids(best.sites), Score: best.score, Unproved: !proved, Visits: p.visits}
	if len(best.sites) == 0 || len(other.sites) == 0 {
		return d
	}
	d.Other, d.OtherHas, d.Decided = p.ids(other.sites), other.score, SiteIDs
	for _, o := range p.order {
		if best.score[o] != other.score[o] {
			d.Decided = o
			break
		}
	}
	return d
}

func (p *planner) ids(sites []int32) (out []ledger.SiteID) {
	for _, i := range sites {
		out = append(out, p.sites[i].Site)
	}
	return out
}

// explain says for each line which sites were looked at and what decided. A plan of thousands of
// lines shows no candidates for the later ones (CandidatesMax), but always what was chosen.
func (p *planner) explain(plan *Plan) Explanation {
	e := Explanation{Lines: make([]LineExplanation, len(p.want.Lines))}
	x := p.newExplaining()
	chosen := chosenOf(p.want.Lines, plan)
	for i, n := range p.want.Lines {
		e.Lines[i] = LineExplanation{Line: n.Line, Chosen: chosen[i]}
		if len(x.choices) < CandidatesMax {
			e.Lines[i].Candidates = x.line(i, chosen[i])
		}
	}
	return e
}

// chosenOf lists what each line gets, by its place in the want.
func chosenOf(lines []Need, plan *Plan) [][]ledger.Leg {
	out := make([][]ledger.Leg, len(lines))
	byLine := make([]int32, len(lines))
	for i := range byLine {
		byLine[i] = int32(i)
	}
	slices.SortStableFunc(byLine, func(a, b int32) int { return cmp.Compare(lines[a].Line, lines[b].Line) })
	all := make([]ledger.Leg, 0, len(plan.Legs)+len(plan.Borrow))
	legs, borrow := plan.Legs, plan.Borrow
	for _, i := range byLine {
		from := len(all)
		for ; len(legs) > 0 && legs[0].Line == lines[i].Line; legs = legs[1:] {
			all = append(all, ledger.Leg{Site: legs[0].Site, Qty: legs[0].Qty})
		}
		for ; len(borrow) > 0 && borrow[0].Line == lines[i].Line; borrow = borrow[1:] {
			all = append(all, ledger.Leg{Site: borrow[0].Site, Qty: borrow[0].Qty})
		}
		if len(all) > from {
			out[i] = all[from:len(all):len(all)]
		}
	}
	return out
}

type explaining struct {
	p       *planner
	claimOf []int32 // by line; -1 for one that wants nothing
	others  []int32 // candidates that may have to be named where they are no cell
	seen    []seen
	notes   []note // by site
	known   []bool // by candidate; scratch
	choices []Choice
}

// A note keeps words that are said of one site again and again.
type note struct{ merits, idle, lend string }

// seen is a candidate as it stands for one line.
type seen struct {
	candidate       int32
	site            int32 // or -1
	has, held, took ledger.Qty
}

func (p *planner) newExplaining() *explaining {
	x := &explaining{p: p, claimOf: make([]int32, len(p.want.Lines)), notes: make([]note, len(p.sites)), known: make([]bool, len(p.candidates))}
	for i := range x.claimOf {
		x.claimOf[i] = -1
	}
	for k := range p.claims {
		for _, line := range p.claims[k].lines {
			x.claimOf[line] = int32(k)
		}
	}
	for at, c := range p.candidates {
		if c.Why != "" || c.Barred != "" || len(c.Refused) > 0 || c.Offline || p.want.Only != "" && c.Site != p.want.Only {
			x.others = append(x.others, int32(at))
		}
	}
	x.choices = make([]Choice, 0, min(CandidatesMax, len(p.want.Lines)*min(CandidatesPerLine, len(p.candidates))))
	return x
}

// line lists the candidates of one line: the chosen ones, then those that have most.
func (x *explaining) line(line int, chosen []ledger.Leg) []Choice {
	if x.claimOf[line] < 0 {
		return nil
	}
	p, c := x.p, &x.p.claims[x.claimOf[line]]
	x.seen = x.seen[:0]
	for i := range c.cells {
		y := &c.cells[i]
		s := seen{candidate: p.sites[y.site].at, site: y.site, has: ledger.Qty(y.all), held: ledger.Qty(y.held)}
		for _, l := range chosen {
			if l.Site == p.sites[y.site].Site {
				s.took += l.Qty
			}
		}
		x.keep(&s)
	}
	if len(x.others) > 0 {
		x.keepOthers(c)
	}
	from := len(x.choices)
	for i := range x.seen[:min(len(x.seen), CandidatesMax-from)] {
		s := &x.seen[i]
		choice := Choice{Site: p.candidates[s.candidate].Site, Promisable: s.has}
		if s.site >= 0 {
			choice.Score = int(p.sites[s.site].alone)
		}
		choice.Why = x.why(s, c.sku)
		x.choices = append(x.choices, choice)
	}
	if len(x.choices) == from {
		return nil
	}
	return x.choices[from:len(x.choices):len(x.choices)]
}

// keepOthers adds those that may not serve, or have nothing, with what keeps them from it.
func (x *explaining) keepOthers(c *claim) {
	for i := range c.cells {
		x.known[x.p.sites[c.cells[i].site].at] = true
	}
	for _, at := range x.others {
		if x.known[at] {
			continue
		}
		o := x.p.candidates[at]
		offer, _ := c.offer(o)
		s := seen{candidate: at, site: -1, has: max(offer.Held, 0) + max(offer.Borrow, 0), held: max(offer.Held, 0)}
		if s.has > 0 || o.Why != "" || o.Barred != "" {
			x.keep(&s)
		}
	}
	for i := range c.cells {
		x.known[x.p.sites[c.cells[i].site].at] = false
	}
}

// before says which is shown first; candidates are in order of id.
func (s *seen) before(than *seen) bool {
	switch {
	case s.took != than.took:
		return s.took > than.took
	case s.has != than.has:
		return s.has > than.has
	default:
		return s.candidate < than.candidate
	}
}

// keep sorts s into the list of those that are shown.
func (x *explaining) keep(s *seen) {
	if len(x.seen) < CandidatesPerLine {
		x.seen = append(x.seen, *s)
	} else if last := len(x.seen) - 1; s.before(&x.seen[last]) {
		x.seen[last] = *s
	} else {
		return
	}
	for i := len(x.seen) - 1; i > 0 && x.seen[i].before(&x.seen[i-1]); i-- {
		x.seen[i], x.seen[i-1] = x.seen[i-1], x.seen[i]
	}
}

func (x *explaining) why(s *seen, sku ledger.SKU) string {
	c := x.p.candidates[s.candidate]
	switch {
	case s.took > 0:
		return "chosen for " + strconv.FormatInt(int64(s.took), 10) + ": " + x.note(s).merits
	case x.p.want.Only != "" && c.Site != x.p.want.Only:
		return "the order is for " + string(x.p.want.Only) + " alone"
	case c.Barred != "":
		return c.Barred
	case c.Refused[sku] != "":
		return c.Refused[sku]
	case c.Why != "" && s.held <= 0:
		return c.Why
	case s.site < 0:
		return "cannot be asked: cut off"
	case s.held <= 0:
		return x.note(s).lend
	default:
		return x.note(s).idle
	}
}

// note says what speaks for a site and against it.
func (x *explaining) note(s *seen) *note {
	n := &x.notes[s.site]
	if n.merits != "" {
		return n
	}
	c := x.p.candidates[s.candidate]
	n.merits = "fills " + strconv.Itoa(int(x.p.sites[s.site].alone)) + " of " + strconv.Itoa(len(x.p.want.Lines)) + " lines alone, "
	if c.Rank == math.MinInt { // nothing is nearer than the site that asks
		n.merits += "the asking site itself"
	} else {
		n.merits += "rank " + strconv.Itoa(c.Rank)
	}
	if c.Cost > 0 {
		n.merits += ", distance " + strconv.FormatInt(c.Cost, 10)
	}
	if c.Offline {
		n.merits += ", cut off"
	}
	if c.Late {
		n.merits += ", too late for the date"
	}
	n.idle, n.lend = "not needed: "+n.merits, "would have to lend; "+n.merits
	return n
}
