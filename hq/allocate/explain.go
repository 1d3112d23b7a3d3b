package allocate

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
)

// decision says what decided, for the whole order.
func (p *Planner) decision(other *answer) Decision {
	best := &p.best
	d := Decision{Preset: p.want.Preset, Sites: p.ids(best.sites), Score: best.score, Unproved: !p.proved, Visits: p.visits}
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

func (p *Planner) ids(sites []int32) []ledger.SiteID {
	if len(sites) == 0 {
		return nil
	}
	out := make([]ledger.SiteID, len(sites))
	for k, i := range sites {
		out[k] = p.sites[i].Site
	}
	return out
}

// explain says for each line which sites were looked at and what decided. A plan of thousands of
// lines shows no candidates for the later ones (CandidatesMax), but always what was chosen.
func (p *Planner) explain(plan *Plan) Explanation {
	e := Explanation{Lines: make([]LineExplanation, len(p.want.Lines))}
	p.chosenOf(e.Lines, plan)
	x := p.newExplaining()
	for i := range e.Lines {
		if e.Lines[i].Line = p.want.Lines[i].Line; len(x.choices) < CandidatesMax {
			e.Lines[i].Candidates = x.line(i, e.Lines[i].Chosen)
		}
	}
	x.say()
	p.explaining = x
	return e
}

// chosenOf writes down what each line gets, by its place in the want.
func (p *Planner) chosenOf(out []LineExplanation, plan *Plan) {
	lines := p.want.Lines
	p.byLine = sized(p.byLine, len(lines))
	for i := range p.byLine {
		p.byLine[i] = int32(i)
	}
	byLine := func(a, b int32) int { return cmp.Compare(lines[a].Line, lines[b].Line) }
	if !slices.IsSortedFunc(p.byLine, byLine) {
		slices.SortStableFunc(p.byLine, byLine)
	}
	all := make([]ledger.Leg, 0, len(plan.Legs)+len(plan.Borrow))
	legs, borrow := plan.Legs, plan.Borrow
	for _, i := range p.byLine {
		from := len(all)
		for ; len(legs) > 0 && legs[0].Line == lines[i].Line; legs = legs[1:] {
			all = append(all, ledger.Leg{Site: legs[0].Site, Qty: legs[0].Qty})
		}
		for ; len(borrow) > 0 && borrow[0].Line == lines[i].Line; borrow = borrow[1:] {
			all = append(all, ledger.Leg{Site: borrow[0].Site, Qty: borrow[0].Qty})
		}
		if len(all) > from {
			out[i].Chosen = all[from:len(all):len(all)]
		}
	}
}

// explaining keeps words as places in one text until all are known: they become one string, of
// which each explanation is a part.
type explaining struct {
	p       *Planner
	others  []int32 // candidates that may have to be named where they are no cell
	seen    []seen
	notes   []note // by site
	known   []bool // by candidate; all false
	chosen  []bool // by site
	choices []Choice
	text    []byte
	places  []span // by choice: where its words are, if they are in text
}

// A note is where words are that are said of one site again and again.
type note struct{ merits, idle, lend span }

// A span is a part of a text; none where to is 0.
type span struct{ from, to int32 }

// seen is a candidate as it stands for one line.
type seen struct {
	candidate       int32
	site            int32 // or -1
	has, held, took ledger.Qty
}

func (p *Planner) newExplaining() explaining {
	x := p.explaining
	x.p, x.others, x.text, x.places = p, x.others[:0], x.text[:0], x.places[:0]
	x.notes, x.known = cleared(x.notes, len(p.sites)), cleared(x.known, len(p.candidates))
	x.chosen = cleared(x.chosen, len(p.sites))
	for _, i := range p.best.sites {
		x.chosen[i] = true
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
	if x.p.claimOf[line] < 0 {
		return nil
	}
	p, k := x.p, int(x.p.claimOf[line])
	c := &p.claims[k]
	x.seen = x.seen[:0]
	for i := range c.cells {
		y := &c.cells[i]
		site := &p.sites[y.site]
		o := p.offer(site, k)
		held, all := amounts(site.away, o)
		if n := len(x.seen); n == CandidatesPerLine && !x.chosen[y.site] && ledger.Qty(all) <= x.seen[n-1].has {
			continue // the last shown has as much, and stands before it by id or by what it gives
		}
		s := seen{candidate: site.at, site: y.site, has: ledger.Qty(all), held: ledger.Qty(held)}
		for j := 0; x.chosen[y.site] && j < len(chosen); j++ {
			if chosen[j].Site == site.Site {
				s.took += chosen[j].Qty
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
		var in span
		choice.Why, in = x.why(s, c.sku)
		x.choices, x.places = append(x.choices, choice), append(x.places, in)
	}
	if len(x.choices) == from {
		return nil
	}
	return x.choices[from:len(x.choices):len(x.choices)]
}

// say turns places in the text into words.
func (x *explaining) say() {
	text := string(x.text)
	for i, in := range x.places {
		if in.to > 0 {
			x.choices[i].Why = text[in.from:in.to]
		}
	}
	x.choices = nil // they are the caller's
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
		offer := c.offer(o)
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
	at := len(x.seen)
	for at > 0 && s.before(&x.seen[at-1]) {
		at--
	}
	if at == CandidatesPerLine {
		return
	}
	if len(x.seen) < CandidatesPerLine {
		x.seen = append(x.seen, seen{})
	}
	for i := len(x.seen) - 1; i > at; i-- { // copy takes longer for so few
		x.seen[i] = x.seen[i-1]
	}
	x.seen[at] = *s
}

// why says what was decided about a candidate for one line: in words, or where they are.
func (x *explaining) why(s *seen, sku ledger.SKU) (string, span) {
	c := x.p.candidates[s.candidate]
	switch {
	case s.took > 0:
		from := int32(len(x.text))
		x.text = strconv.AppendInt(append(x.text, "chosen for "...), int64(s.took), 10)
		x.text = append(x.text, ": "...)
		return "", x.merits(s, from)
	case x.p.want.Only != "" && c.Site != x.p.want.Only:
		return "the order is for " + string(x.p.want.Only) + " alone", span{}
	case c.Barred != "":
		return c.Barred, span{}
	case c.Refused[sku] != "":
		return c.Refused[sku], span{}
	case c.Why != "" && s.held <= 0:
		return c.Why, span{}
	case s.site < 0:
		return "cannot be asked: cut off", span{}
	case s.held <= 0:
		return "", x.again(s, &x.notes[s.site].lend, "would have to lend; ")
	default:
		return "", x.again(s, &x.notes[s.site].idle, "not needed: ")
	}
}

// again says what is said of a site in several lines, once.
func (x *explaining) again(s *seen, in *span, what string) span {
	if in.to == 0 {
		from := int32(len(x.text))
		x.text = append(x.text, what...)
		*in = x.merits(s, from)
	}
	return *in
}

// merits ends what begins at from with what speaks for a site and against it.
func (x *explaining) merits(s *seen, from int32) span {
	n := &x.notes[s.site]
	if n.merits.to > 0 {
		x.text = append(x.text, x.text[n.merits.from:n.merits.to]...)
	} else {
		n.merits.from = int32(len(x.text))
		x.sayMerits(x.p.candidates[s.candidate], s.site)
		n.merits.to = int32(len(x.text))
	}
	return span{from, int32(len(x.text))}
}

func (x *explaining) sayMerits(c *Candidate, site int32) {
	x.text = strconv.AppendInt(append(x.text, "fills "...), int64(x.p.sites[site].alone), 10)
	x.text = strconv.AppendInt(append(x.text, " of "...), int64(len(x.p.want.Lines)), 10)
	x.text = append(x.text, " lines alone, "...)
	if c.Rank == math.MinInt { // nothing is nearer than the site that asks
		x.text = append(x.text, "the asking site itself"...)
	} else {
		x.text = strconv.AppendInt(append(x.text, "rank "...), int64(c.Rank), 10)
	}
	if c.Cost > 0 {
		x.text = strconv.AppendInt(append(x.text, ", distance "...), c.Cost, 10)
	}
	if c.Offline {
		x.text = append(x.text, ", cut off"...)
	}
	if c.Late {
		x.text = append(x.text, ", too late for the date"...)
	}
}
