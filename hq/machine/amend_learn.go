package machine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A life that is lost may have amended orders of head office's own after the backup. What these want is then known by what their sites have
// reserved and let go alone: what was reserved for a version that this life does not know (mark.go) was wanted more, and what the order's own plan
// let go was wanted less. What was reserved more for the version that is known is let go. It is learnt once all sites that serve the order have
// told all they know, and somebody is told what is not known.

// amendedBefore is the word for an order of which an amendment is forgotten.
const amendedBefore = "amended_before"

// reservedTwice is the word for an order that sites have reserved more of than it wants, though nobody has amended it.
const reservedTwice = "reserved_twice"

// ofAmendment says whether a release comes from an amendment: only that lets go by a plan of the order's. A move's says so of itself.
func ofAmendment(c *ledger.HQCommand) bool {
	return c.Owner == ledger.HQ && !isMove(c) && strings.HasPrefix(c.ID, string(c.Order)+"/")
}

// lowered notes that a forgotten amendment let some of a line go. Until all is known the line waits for it again; nothing is planned before.
func (m *Machine) lowered(id ledger.OrderID, line int) {
	r := m.editRevised(id)
	r.Lowered = insert(slices.Clone(r.Lowered), line)
}

// isLowered says whether it is yet to be seen what an order wants less.
func (m *Machine) isLowered(id ledger.OrderID) bool {
	r, ok := m.revised.get(id)
	return ok && len(r.Lowered) > 0
}

// learnable says whether what an order's sites have reserved says what it wants: all of them have told, and this life has given it nothing,
// which they might have beside what it wants.
func (m *Machine) learnable(o *Order) bool {
	if o.Owner != ledger.HQ || o.Relearned || m.counters.H.Counter < 2 || !m.ByTerms() {
		return false
	}
	awaited := func(id ledger.SiteID) bool {
		s, ok := m.sites.get(id) // as this command has it
		return ok && m.Awaited(s)
	}
	return !slices.ContainsFunc(m.derived.sites, awaited) && !slices.ContainsFunc(o.servedBy(), func(site ledger.SiteID) bool { return !m.told(site) })
}

// givenNow says whether this life has planned something of an order: ids of what it decides say which life that was.
func (m *Machine) givenNow(o *Order) bool {
	life := strconv.FormatUint(m.counters.H.Counter, 10) + "."
	return slices.ContainsFunc(o.Legs, func(l Leg) bool {
		return strings.HasPrefix(l.Command[strings.LastIndexByte(l.Command, '/')+1:], life)
	})
}

// mayWant is the most that a line (from 1) may want, by what its reservations say: what this life knows that it wants, and what was reserved for
// a version that this life does not know. A lost life that served the order from elsewhere reserved it for the version that is known: it is over.
// A reservation that does not say its version, and that this life did not know of, may be an amendment's.
func (m *Machine) mayWant(o *Order, line int, was ledger.Qty) ledger.Qty {
	if !m.marks() {
		return m.brings(o, line)
	}
	var sites []ledger.SiteID
	unsaid, newer, known := map[ledger.SiteID]ledger.Qty{}, ledger.Qty(0), m.version(o.ID)
	for i := range o.Legs {
		l := &o.Legs[i]
		if l.Line != line || !l.brings() {
			continue
		}
		switch version, says := markOf(l.Command); {
		case !says:
			sites = insert(sites, l.Site)
			unsaid[l.Site] += l.Qty
		case version > known:
			newer += l.Qty
		}
	}
	for _, site := range sites {
		newer += max(0, unsaid[site]-awayAt(&o.Lines[line-1], site))
	}
	if wished, says := m.wished(o, line); says {
		newer = min(newer, max(0, wished-was))
	}
	return min(was+newer, m.brings(o, line))
}

// learnLines has an order know the lines that it has got meanwhile, by what its sites have reserved for them, or have sent. What this life has
// planned for it already was without them. It gives words for those that somebody has to see to.
func (m *Machine) learnLines(o *Order, at time.Time) (learnt []string) {
	if m.givenNow(o) {
		return nil
	}
	knew := len(o.Lines)
	for len(o.Lines) < ledger.LinesMax {
		i := slices.IndexFunc(o.Legs, func(l Leg) bool { return l.brings() && l.Line == len(o.Lines)+1 })
		if i < 0 {
			break
		}
		line := ledger.Line{SKU: o.Legs[i].SKU}
		for _, l := range o.Legs {
			if l.brings() && l.Line == len(o.Lines)+1 && l.SKU == line.SKU {
				line.Qty += l.Qty
			}
		}
		if wished, says := m.wished(o, len(o.Lines)+1); says {
			line.Qty = min(line.Qty, wished)
		}
		if !m.learnSourced(o, &line, at) {
			o.Lines = append(slices.Clip(o.Lines), line)
			learnt = append(learnt, fmt.Sprintf("line %d is new, for %d %s, and without its price", len(o.Lines), line.Qty, line.SKU))
		}
	}
	if len(o.Lines) > knew {
		m.absorb(o, "") // all of them have told
	}
	return learnt
}

// wantMore lets an order want what its sites have reserved for an amendment beyond what it wants. It
// gives words for what it has learnt, and for what is over without an amendment.
func (m *Machine) wantMore(o *Order) (learnt, over []string) {
	given := m.givenNow(o)
	for i := range o.Lines {
		l, brings := &o.Lines[i], m.brings(o, i+1)
		wants := l.Qty - l.Declined
		if l.Canceled {
			wants = 0
		}
		if brings <= wants {
			continue
		}
		may := m.mayWant(o, i+1, wants)
		if may > wants && !given {
			learnt = append(learnt, fmt.Sprintf("line %d wants %d %s, and not %d", i+1, may, l.SKU, wants))
			l.Canceled = false
			setQty(l, may+l.Declined)
			wants = may
		}
		letGo := fmt.Sprintf("of line %d its sites have reserved %d, it wants %d %s, and what is over is let go", i+1, brings, wants, l.SKU)
		switch {
		case may > wants:
			learnt = append(learnt, letGo)
		case brings > wants:
			over = append(over, letGo)
		}
	}
	return learnt, over
}

// wantLess has an order want no more than is promised of lines of which a forgotten amendment let some go, or nothing of them.
func (m *Machine) wantLess(o *Order) (learnt []string) {
	r, ok := m.revised.get(o.ID)
	if !ok || len(r.Lowered) == 0 {
		return nil
	}
	for _, line := range r.Lowered {
		if line > len(o.Lines) || o.Lines[line-1].Canceled {
			continue
		}
		l := &o.Lines[line-1]
		was := l.Qty - l.Declined
		l.Fill(l.Backordered)
		if has := l.Promised(); has+l.Declined > 0 {
			setQty(l, has+l.Declined)
			learnt = append(learnt, fmt.Sprintf("line %d wants %d %s, and not %d", line, has, l.SKU, was))
		} else {
			l.Canceled = true
			learnt = append(learnt, fmt.Sprintf("line %d is given up, it was for %d %s", line, was, l.SKU))
		}
	}
	m.editRevised(o.ID).Lowered = nil
	return learnt
}

// astray lets go what sites have reserved for lines of an order that are not known, because one before them is not, or that are of another article
// by now. Of what has left already somebody is told, once.
func (m *Machine) astray(o *Order, why *cause, at time.Time) (learnt []string) {
	for _, site := range append(o.servedBy(), o.leftFrom()...) {
		var over []ledger.CommandLine
		for i := range o.Legs {
			l := &o.Legs[i]
			if l.Site != site || !o.strays(l) || !l.live() && l.State != LegLeft || !m.told(site) {
				continue
			}
			so := "a line before it is not known"
			if l.Line <= len(o.Lines) {
				so = fmt.Sprintf("it is for %s by now", o.Lines[l.Line-1].SKU)
			}
			if l.State == LegLeft {
				m.raise(Exception{What: "left_twice", Site: site, SKU: l.SKU, Order: o.ID,
					Why: fmt.Sprintf("%d %s left %s for line %d as a life of head office that is lost had it, and %s: have them back, or charge for them", l.Qty, l.SKU, site, l.Line, so)}, at)
				l.State = LegCanceled
				continue
			}
			l.State = LegCanceled
			over = append(over, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
			learnt = append(learnt, fmt.Sprintf("line %d had %d %s from %s, which are let go, for %s", l.Line, l.Qty, l.SKU, site, so))
		}
		if len(over) > 0 {
			m.releaseAt(o, site, over, why)
		}
	}
	return learnt
}

// tellAmended counts what was learnt as an amendment, so that nobody amends the order as it was, and has somebody see to the rest.
func (m *Machine) tellAmended(o *Order, learnt []string, at time.Time) {
	if len(learnt) == 0 {
		return
	}
	m.amends(o.ID)
	m.raise(Exception{What: amendedBefore, Order: o.ID, SKU: o.Lines[0].SKU,
		Why: fmt.Sprintf("an amendment of the order is forgotten, and this is learnt by what its sites have reserved and let go: %s. Its address, its day and what waits may be other ones, too: "+
			"ask the customer, and amend it", cut(strings.Join(learnt, "; "), len(learnt)))}, at)
}

// tellOver says what was let go that no amendment had asked for: the order's wish is as it was.
func (m *Machine) tellOver(o *Order, over []string, at time.Time) {
	if len(over) > 0 {
		m.raise(Exception{What: reservedTwice, Order: o.ID, SKU: o.Lines[0].SKU,
			Why: fmt.Sprintf("a life of head office that is lost had the order served from other sites, too: %s. What is picked of that already is put back", cut(strings.Join(over, "; "), len(over)))}, at)
	}
}

// forgets says what a new life cannot learn of anybody.
func (m *Machine) forgets() string {
	if !m.ByTerms() {
		return ""
	}
	return ". Amendments since then are learnt where sites have reserved or let go for them; addresses and days that were changed, and goods that wait, are as they were then"
}
