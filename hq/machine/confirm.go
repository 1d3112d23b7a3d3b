package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Decline gives up what nobody can serve of an order that was taken without a promise. The book of the site that owns it is
// told, and says what it came to.
type Decline struct {
	Order ledger.OrderID
	Lines []ledger.CommandLine
	At    time.Time
}

// Whole says whether an order is served as a whole or not at all by the book that is asked: one to be confirmed
// is where nobody is cut off.
func Whole(s ledger.Shortage) bool { return s == ledger.Refuse || s == ledger.Confirm }

// decline counts the units off the order at once, so that no plan serves what the site will be told is not.
func (m *Machine) decline(c *Decline) Result {
	return Result{Err: m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		if !ok || o.Status != ledger.StatusUnconfirmed || len(c.Lines) == 0 || !m.heard(o) || m.Unsettled() {
			return ErrConflict
		}
		if _, borrowing := m.requests.get(SubjectOfFill(o.ID)); borrowing {
			return ErrConflict
		}
		was, units := o.Status, ledger.Qty(0)
		for _, l := range c.Lines {
			if l.Line < 1 || l.Line > len(o.Lines) || l.SKU != o.Lines[l.Line-1].SKU || l.Qty < 1 || o.Lines[l.Line-1].Decline(l.Qty) != l.Qty {
				return ErrConflict
			}
			units += l.Qty
		}
		o.Plans++
		site := o.Owner
		if site == ledger.HQ {
			site = ""
		} else {
			m.issue(site, ledger.HQCommand{ID: m.causeOfPlan(o).decided(), Kind: ledger.CommandDecline, Order: o.ID, Owner: o.Owner, Lines: c.Lines})
		}
		o.Settle()
		m.confirmed(o, was)
		m.tell(o.ID, Step{What: StepDeclined, At: c.At, Lines: linesOf(c.Lines), Exception: m.counters.Exceptions + 1})
		m.raise(Exception{What: "declined", Site: site, SKU: c.Lines[0].SKU, Order: o.ID, Owner: string(site),
			Why: fmt.Sprintf("%d units of an order that was taken without a promise are nowhere to be had: the customer has to be told", units)}, c.At)
		return nil
	})}
}

// confirmed counts, for the site that took it, what became of an order that was to be confirmed.
func (m *Machine) confirmed(o *Order, was ledger.Status) {
	if was != ledger.StatusUnconfirmed || o.Status == ledger.StatusUnconfirmed || o.Owner == ledger.HQ {
		return
	}
	s := m.editSite(o.Owner)
	for i := range o.Lines {
		if o.Lines[i].Declined > 0 {
			s.Declined++
			return
		}
	}
	s.Confirmed++
}

// declinedLess says whether a site declined less than it was told to: its book knows better what is promised of the order.
func declinedLess(b *ledger.ObeyedBody) bool {
	var told, done ledger.Qty
	for _, l := range b.Command.Lines {
		told += l.Qty
	}
	for _, l := range b.Done {
		done += l.Qty
	}
	return b.Command.Kind == ledger.CommandDecline && done < told
}

// heard says whether all that is to be told of an order is known here: its book has no more to tell.
func (m *Machine) heard(o *Order) bool { return o.Owner == ledger.HQ || m.told(o.Owner) }

// Unconfirmed lists the orders that are to be confirmed, in their turn, at most limit. One of a book that has more to tell
// is not among them.
func (m *Machine) Unconfirmed(limit int) (out []*Order) {
	for _, t := range m.derived.unsure {
		if len(out) == limit {
			break
		}
		if o := m.queued(t); m.heard(o) {
			out = append(out, o)
		}
	}
	return out
}
