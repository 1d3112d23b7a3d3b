package machine

import (
	"bytes"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Reasons say why a plan came about, as they stand in the raft log: whoever planned writes them once, every
// server keeps them as they came, and they are opened for somebody who asks. To open and to write them
// again at each server was a quarter of what an order cost it. The zero Reasons say nothing.
type Reasons struct{ packed []byte }

// Two forms stand in the raft log. The first is the list of lines. The second, for an explanation with a Decision, is an
// array that a number leads: reasonsDecided, the lines, the decision; what comes later is appended.
const (
	reasonsDecided = 2
	objectivesMax  = 64
)

// ReasonsOf packs an explanation.
func ReasonsOf(e allocate.Explanation) Reasons {
	const perLine, perCandidate = 48, 32
	size := 8
	for i := range e.Lines {
		size += perLine + perCandidate*len(e.Lines[i].Candidates)
	}
	return Reasons{writeSized(size, func(c *coder) { c.reasons(&e) })}
}

// Open gives the explanation. Bytes that are none give an error.
func (r Reasons) Open() (e allocate.Explanation, err error) {
	if len(r.packed) == 0 {
		return e, nil
	}
	err = read(r.packed, func(c *coder) { c.reasons(&e) })
	return e, err
}

// choices counts the candidates that are named, without opening what is said of them; 0 where the bytes
// are no explanation.
func (r Reasons) choices() int {
	v, sum, rest := values{b: r.packed}, 0, 0
	lines, ok := v.arrayLen()
	if lines > 0 && ok && !v.leadsArray() { // the second form: a version comes first, and the decision last
		rest = lines - 2
		if ok = v.skip(); ok {
			lines, ok = v.arrayLen()
		}
	}
	for i := 0; i < lines && ok; i++ {
		var fields, n int
		if fields, ok = v.arrayLen(); !ok || fields < 2 || !v.skip() { // the line
			return 0
		}
		if n, ok = v.arrayLen(); !ok {
			return 0
		}
		sum += max(n, 0)
		for k := max(n, 0) + fields - 2; k > 0 && ok; k-- { // the candidates, and what was chosen
			ok = v.skip()
		}
	}
	for ; rest > 0 && ok; rest-- {
		ok = v.skip()
	}
	if !ok || v.at != len(v.b) {
		return 0
	}
	return sum
}

// own is r apart from the command that brought it, to be kept.
func (r Reasons) own() Reasons { return Reasons{bytes.Clone(r.packed)} }

// explanation is the reasons as they are.
func (c *coder) explanation(r *Reasons) {
	if !c.reading() && len(r.packed) == 0 {
		c.blob(func(c *coder) { c.reasons(&allocate.Explanation{}) })
		return
	}
	c.bytes(&r.packed)
}

func (c *coder) reasons(p *allocate.Explanation) {
	switch {
	case c.err != nil:
	case !c.reading() && p.Decision.Visits > 0, c.reading() && c.decided():
		version := uint64(reasonsDecided)
		c.fields(3, func() {
			if count(c, &version); version < reasonsDecided {
				c.refuse("reasons of version %d", version)
			}
			c.reasonsOfLines(p)
			c.decision(&p.Decision)
		})
	default:
		c.reasonsOfLines(p)
	}
}

// decided says whether what is read next is the second form, which a number leads: an explanation's lines are arrays.
func (c *coder) decided() bool {
	v := c.in
	n, ok := v.arrayLen()
	return ok && n > 0 && !v.leadsArray()
}

func (c *coder) decision(v *allocate.Decision) {
	c.fields(8, func() {
		count(c, &v.Preset)
		list(c, &v.Sites, sitesMax, func(s *ledger.SiteID) { text(c, s) })
		c.score(&v.Score)
		list(c, &v.Other, sitesMax, func(s *ledger.SiteID) { text(c, s) })
		c.score(&v.OtherHas)
		count(c, &v.Decided)
		c.flag(&v.Unproved)
		number(c, &v.Visits)
	})
}

// score counts by objective. A build that knows fewer passes over the others.
func (c *coder) score(v *allocate.Score) {
	all := v[:]
	if c.reading() {
		all = nil
	}
	list(c, &all, objectivesMax, func(n *int64) { number(c, n) })
	if c.reading() {
		copy(v[:], all)
	}
}

func (c *coder) reasonsOfLines(p *allocate.Explanation) {
	list(c, &p.Lines, ledger.LinesMax, func(l *allocate.LineExplanation) {
		c.fields(3, func() {
			number(c, &l.Line)
			list(c, &l.Candidates, allocate.CandidatesPerLine, func(v *allocate.Choice) {
				c.fields(4, func() {
					text(c, &v.Site)
					number(c, &v.Promisable)
					number(c, &v.Score)
					text(c, &v.Why)
				})
			})
			list(c, &l.Chosen, sitesMax, func(v *ledger.Leg) {
				c.fields(2, func() {
					text(c, &v.Site)
					number(c, &v.Qty)
				})
			})
		})
	})
}
