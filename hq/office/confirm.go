package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// unsureBatch bounds the orders to be confirmed that are looked at in one Release.
const unsureBatch = 256

// unsure is since when this leader has known each order that is to be confirmed. What is not among them waits.
func (o *Office) unsureSince(now time.Time) map[ledger.OrderID]time.Time {
	var ids []ledger.OrderID
	o.cluster.View(func(m *machine.Machine) {
		for _, order := range m.Unconfirmed(unsureBatch) {
			ids = append(ids, order.ID)
		}
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	next := make(map[ledger.OrderID]time.Time, len(ids))
	for _, id := range ids {
		since, known := o.unsure[id]
		if !known {
			since = now
		}
		next[id] = since
	}
	o.unsure = next
	return next
}

// declines gives up what orders lack that were taken without a promise, in their turn: every site that answers has been
// asked, or has nothing. An order waits ConfirmWait first, for sites that come back at the same time, and up to ConfirmBy
// for sites that were last seen with what it lacks; and one of whose SKUs something is planned just now is looked at
// again when that is done.
func (o *Office) declines(m *machine.Machine, since map[ledger.OrderID]time.Time, now time.Time, there presences, taken spent) (out []machine.Command) {
	if len(since) == 0 || m.Unsettled() {
		return nil
	}
	moving := map[ledger.SKU]bool{}
	for at := range taken {
		moving[at.sku] = true
	}
	for _, order := range m.Unconfirmed(unsureBatch) {
		from, known := since[order.ID]
		if _, borrowing := m.Request(machine.SubjectOfFill(order.ID)); borrowing || !known || now.Sub(from) < o.cfg.ConfirmWait {
			continue
		}
		how := sourcing{want: wanted(m, order, now), order: &order.Order, always: true, home: order.Owner, borrow: true, spent: &taken, now: now}
		if p, _ := o.plan(m, there, how); len(p.Legs) == 0 && len(p.Borrow) == 0 && !anyMoving(how.want.Lines, moving) {
			if back := callBackFor(m, there, p.Short, how, now); back.waits() {
				continue
			}
			if now.Sub(from) < o.cfg.ConfirmBy && away(m, there, p.Short, now) {
				continue
			}
			if lines := unpromised(order, p.Short); len(lines) > 0 {
				out = append(out, &machine.Decline{Order: order.ID, Lines: lines, At: now})
			}
		}
	}
	return out
}

func anyMoving(lines []allocate.Need, moving map[ledger.SKU]bool) bool {
	for _, n := range lines {
		if moving[n.SKU] {
			return true
		}
	}
	return false
}

// away says whether counters that do not answer were last seen with anything of what is short, on their shelf over what
// a rule keeps there, or in advance.
func away(m *machine.Machine, there presences, short []allocate.Need, now time.Time) bool {
	mayLend := func(site *machine.Site) bool {
		return site.Counter && !there[site.ID].online && m.Closed(site) == "" && site.Parked == ""
	}
	for _, n := range short {
		for st := range m.OffersOf(n.SKU) {
			if mayLend(st.Site) && spare(m, st, n.SKU) > 0 && m.AvoidedAt(st.Site.ID, n.SKU, now) == "" {
				return true
			}
		}
		for _, p := range m.PassedOf(n.SKU) {
			if holder, ok := m.Site(p.Holder); ok && mayLend(holder) && p.By == AdvanceBy && p.Has > 0 {
				return true
			}
		}
	}
	return false
}

// unpromised is what an order is short of and was never promised. What was goes on waiting.
func unpromised(o *machine.Order, short []allocate.Need) (out []ledger.CommandLine) {
	for _, n := range short {
		if q := min(n.Qty, o.Lines[n.Line-1].Unconfirmed); q > 0 {
			out = append(out, ledger.CommandLine{Line: n.Line, SKU: n.SKU, Qty: q})
		}
	}
	return out
}
