package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A site may have reserved for an order under the number of a line that the order does not have, or that another article has by now: a life that is
// lost had amended it. Builds before kindLinesLearnt take such a leg for one of the line, and read an order that is sent again otherwise. As long as
// a server may have such a build all of them do as it does, or they would hold another state each; what it cannot do is not asked of it (Unlike).

// strays says whether a leg is for no line of the order: for one that is not known, or is of another article.
func (o *Order) strays(l *Leg) bool {
	return !o.Relearned && (l.Line < 1 || l.Line > len(o.Lines) || o.Lines[l.Line-1].SKU != l.SKU)
}

// strayed says whether a leg is kept apart because it strays.
func (m *Machine) strayed(o *Order, l *Leg) bool { return o.strays(l) && m.learnsLines() }

// brings is what an order's legs bring for a line (from 1), and have brought, without those that are kept apart.
func (m *Machine) brings(o *Order, line int) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Line == line && l.brings() && !m.strayed(o, l) {
			sum += l.Qty
		}
	}
	return sum
}

// over says whether nothing is left to do for an order, as far as is known.
func (m *Machine) over(o *Order) bool {
	if o.Relearned && o.Owner == ledger.HQ && m.learnsLines() {
		return o.GivenUp()
	}
	return o.Canceling() != nil
}

// admits is Admits; before all servers learn lines, of an order no leg of which is beyond what other asks for.
func (m *Machine) admits(o *Order, other *ledger.Order) bool {
	return o.Admits(other) && (m.learnsLines() || !o.beyond(len(other.Lines)))
}

// beyond says whether an order has, or had, a leg for none of its first so many lines.
func (o *Order) beyond(lines int) bool {
	return slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.Line < 1 || l.Line > lines })
}

// Unlike says that an order which is known by its reservations only cannot be taken again as other yet: a server may have a build that
// would read it otherwise, or stop over it.
func (m *Machine) Unlike(known *Order, other *ledger.Order) bool {
	return !m.learnsLines() && known.Admits(other) && (known.beyond(len(other.Lines)) || known.GivenUp() != (known.Canceling() != nil))
}

// learnLinesBefore is learnLines as builds before kindLinesLearnt have it.
func (m *Machine) learnLinesBefore(o *Order) (learnt []string) {
	for !m.givenNow(o) && len(o.Lines) < ledger.LinesMax {
		i := slices.IndexFunc(o.Legs, func(l Leg) bool { return l.live() && l.Line == len(o.Lines)+1 })
		if i < 0 {
			break
		}
		line := ledger.Line{SKU: o.Legs[i].SKU, Qty: m.brings(o, len(o.Lines)+1)}
		o.Lines = append(slices.Clip(o.Lines), line)
		learnt = append(learnt, fmt.Sprintf("line %d is new, for %d %s, and without its price", len(o.Lines), line.Qty, line.SKU))
	}
	return learnt
}

// astrayBefore is astray as builds before kindLinesLearnt have it: of lines that are not known.
func (m *Machine) astrayBefore(o *Order, why *cause) (learnt []string) {
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
