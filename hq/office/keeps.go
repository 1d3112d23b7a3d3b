package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	// KeepsAfter is how long an order waits before it keeps whatever comes: longer than that nobody hopes for all at once.
	KeepsAfter = 28 * 24 * time.Hour
	// KeepsPriority is the priority of orders that do from the first day on.
	KeepsPriority = 9
)

// keeps says whether an order that waits takes what comes, however little. Any other is released only what completes it: what
// it took before that would lie reserved for it and serve nobody. One that may be dispatched in parts has one early part.
func keeps(m *machine.Machine, o *ledger.Order, now time.Time) bool {
	switch {
	case o.Status == ledger.StatusUnconfirmed: // what it lacks is declined, so it waits for nothing
		return true
	case o.Shortage != ledger.Backorder: // it was promised as it is wanted, and has lost something
		return true
	case o.Priority >= KeepsPriority || m.ClassOf(o.Class).MustFill || now.Sub(o.TakenAt) >= KeepsAfter:
		return true
	case o.Complete:
		return false
	default:
		return !begun(o)
	}
}

// begun says whether an order has been promised anything.
func begun(o *ledger.Order) bool {
	for i := range o.Lines {
		if o.Lines[i].Promised() > 0 {
			return true
		}
	}
	return false
}

// whole says whether a new order is planned as a whole or not at all: one that is refused otherwise, and one that waits for
// the rest and is dispatched as a whole.
func whole(m *machine.Machine, o *ledger.Order, now time.Time) bool {
	return machine.Whole(o.Shortage) || o.Complete && o.Shortage == ledger.Backorder && !keeps(m, o, now)
}

// A serving says which of the orders that wait could be served now. What there is of a SKU is looked up once.
type serving struct {
	m     *machine.Machine
	there presences
	now   time.Time
	have  map[supplyOf]ledger.Qty
}

type supplyOf struct {
	sku  ledger.SKU
	only ledger.SiteID
}

func (s *serving) supply(sku ledger.SKU, only ledger.SiteID) ledger.Qty {
	of := supplyOf{sku, only}
	q, known := s.have[of]
	if !known {
		q = supply(s.m, s.there, s.now, sku, only)
		s.have[of] = q
	}
	return q
}

// may says whether what there is could serve an order: all that it waits for, or anything of it where it keeps what comes.
// Limits count for what is held; what is borrowed or called back they leave alone.
func (s *serving) may(o *machine.Order) bool {
	if s.m.ClassOf(o.Class).Again == machine.AgainNoMore && begun(&o.Order) {
		return false // its class gets no more than it has
	}
	want := map[ledger.SKU]ledger.Qty{}
	for i := range o.Lines {
		if q := o.Waiting(i + 1); q > 0 {
			want[o.Lines[i].SKU] += q
		}
	}
	all, some := true, false
	for sku, q := range want { // any order: the answer does not depend on it
		have := min(s.supply(sku, o.CollectAt), s.m.Allowed(o.Class, sku, 0, s.now).All)
		all, some = all && have >= q, some || have > 0
	}
	return all || some && keeps(s.m, &o.Order, s.now)
}
