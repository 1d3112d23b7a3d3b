package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Unserved tells that nobody can serve what an order was promised that, by its terms, does not wait. It waits all the same, for nothing that
// was promised is taken back; head office has to decide. The exception is closed as soon as the order waits no longer.
type Unserved struct {
	Order ledger.OrderID
	Plans int // the order's, as it was planned: another one is a conflict
	At    time.Time
}

// UnservedCommands is what Build.Commands has to be of every server before an Unserved is given.
const UnservedCommands = int(kindUnserved)

const whatUnserved = "unserved"

func (*Lift) kind() kind     { return kindLift }
func (*Unserved) kind() kind { return kindUnserved }

// unkept says whether o waits for what it was promised though its terms do not have it wait.
func (o *Order) unkept() bool {
	return o.Shortage != ledger.Backorder && o.Status != ledger.StatusUnconfirmed && o.waits()
}

// Unkept lists orders that wait against their terms, in their turn, at most limit: not those of which somebody was told, that have a date by
// what is due in, or whose book has more to tell.
func (m *Machine) Unkept(limit int) (out []*Order) {
	for _, t := range m.derived.unkept {
		if len(out) == limit {
			break
		}
		o := m.queued(t)
		if _, told := slices.BinarySearch(m.derived.unserved, o.ID); told || o.Owner != ledger.HQ && !m.told(o.Owner) || m.dated(o) {
			continue
		}
		out = append(out, o)
	}
	return out
}

// dated says whether all that o waits for is promised of what is due in.
func (m *Machine) dated(o *Order) bool {
	due := map[int]ledger.Qty{}
	for _, k := range m.derived.due.ofOrder[o.ID] {
		if r, ok := m.promises.Get(k); ok {
			due[r.Line] += r.Qty
		}
	}
	for i := range o.Lines {
		if o.Waiting(i+1) > due[i+1] {
			return false
		}
	}
	return true
}

func (m *Machine) unserve(c *Unserved) Result {
	return Result{Err: m.atomically(func() error {
		o, ok := m.orders.get(c.Order)
		if !ok || !o.unkept() || o.Plans != c.Plans {
			return ErrConflict
		}
		r := m.editRevised(c.Order)
		if r.Unserved != 0 {
			return nil
		}
		s := Step{What: StepUnserved, At: c.At}
		var lacks []string
		for i := range o.Lines {
			if q := o.Waiting(i + 1); q > 0 {
				s.Lines = append(s.Lines, StepLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
				if len(lacks) < stepLinesMax {
					lacks = append(lacks, fmt.Sprintf("%d %s", q, o.Lines[i].SKU))
				}
			}
		}
		m.raise(Exception{What: whatUnserved, SKU: s.Lines[0].SKU, Order: o.ID,
			Why: fmt.Sprintf("no site can serve %s of it any more, and it was accepted to be served at once: tell the customer, then amend or cancel the order. "+
				"If nobody does, it waits, and is served in its turn as soon as goods come", strings.Join(lacks, ", "))}, c.At)
		r.Unserved, s.Exception = m.counters.Exceptions, m.counters.Exceptions
		m.tell(o.ID, s)
		return nil
	})}
}

// settleUnserved closes the exceptions of orders that wait no longer. It is called when the command has landed.
func (m *Machine) settleUnserved(c Command) {
	d := &m.derived
	if len(d.moved) == 0 {
		return
	}
	over := slices.DeleteFunc(slices.Clone(d.moved), func(id ledger.OrderID) bool {
		o, ok := m.orders.Get(id)
		return ok && o.unkept()
	})
	d.moved = d.moved[:0]
	if len(over) == 0 {
		return
	}
	_ = m.atomically(func() error {
		for _, id := range over {
			r := m.editRevised(id)
			if e, kept := m.exceptions.get(keyOfRank(r.Unserved)); kept && !e.Resolved.Done() {
				m.resolved(e, Signed{By: ownerHQ, Reason: "it waits no longer", At: momentOf(c, e.At)})
			}
			r.Unserved = 0
		}
		return nil
	})
}

// momentOf is when a command was given that may end an order's waiting; els of any other.
func momentOf(c Command, els time.Time) time.Time {
	switch c := c.(type) {
	case *Push:
		return c.At
	case *Unpark:
		return c.At
	case *Fill:
		return c.At
	case *Cancel:
		return c.At
	case *Amend:
		return c.At
	default:
		return els
	}
}
