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
// reserved and let go alone: more than the order wanted was wanted more, and what its own plan let go was wanted less. It is learnt once all
// sites that serve the order have told all they know, and somebody is told what is not known.

// amendedBefore is the word for an order of which an amendment is forgotten.
const amendedBefore = "amended_before"

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

// wantMore lets an order want what its sites have reserved of it beyond what it wants, lines that it has got meanwhile among it. It gives
// words for what it has learnt.
func (m *Machine) wantMore(o *Order) (learnt []string) {
	given := m.givenNow(o)
	for grown := true; grown && !given && len(o.Lines) < ledger.LinesMax; {
		i := slices.IndexFunc(o.Legs, func(l Leg) bool { return l.live() && l.Line == len(o.Lines)+1 })
		if grown = i >= 0; grown {
			o.Lines = append(o.Lines, ledger.Line{SKU: o.Legs[i].SKU, Qty: o.brings(len(o.Lines) + 1)})
			learnt = append(learnt, fmt.Sprintf("line %d is new, for %d %s, and without its price", len(o.Lines), o.Lines[len(o.Lines)-1].Qty, o.Legs[i].SKU))
		}
	}
	for i := range o.Lines {
		l, brings := &o.Lines[i], o.brings(i+1)
		was := l.Qty - l.Declined
		if l.Canceled {
			was = 0
		}
		switch {
		case brings <= was:
		case given:
			learnt = append(learnt, fmt.Sprintf("of line %d its sites have reserved %d, it wants %d %s, and what is over is let go", i+1, brings, was, l.SKU))
		default:
			l.Canceled = false
			setQty(l, brings+l.Declined)
			learnt = append(learnt, fmt.Sprintf("line %d wants %d %s, and not %d", i+1, brings, l.SKU, was))
		}
	}
	return learnt
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

// astray lets go what sites have reserved for lines of an order that are not known, because one before them is not.
func (m *Machine) astray(o *Order, why *cause) (learnt []string) {
	for _, site := range o.servedBy() {
		var over []ledger.CommandLine
		for i := range o.Legs {
			if l := &o.Legs[i]; l.Site == site && l.live() && l.Line > len(o.Lines) {
				l.State = LegCanceled
				over = append(over, ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
				learnt = append(learnt, fmt.Sprintf("line %d had %d %s from %s, which are let go, for a line before it is not known", l.Line, l.Qty, l.SKU, site))
			}
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

// forgets says what a new life cannot learn of anybody.
func (m *Machine) forgets() string {
	if !m.ByTerms() {
		return ""
	}
	return ". Amendments since then are learnt where sites have reserved or let go for them; addresses and days that were changed, and goods that wait, are as they were then"
}
