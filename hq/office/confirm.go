package office

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// unsureBatch bounds the orders to be confirmed that are looked at in one Release.
const unsureBatch = 256

// unsureSince is since when this leader has known each order that is to be confirmed, or waits against its terms. What is not among them waits.
func (o *Office) unsureSince(now time.Time) map[ledger.OrderID]time.Time {
	var ids []ledger.OrderID
	o.cluster.View(func(m *machine.Machine) {
		for _, order := range m.Unconfirmed(unsureBatch) {
			ids = append(ids, order.ID)
		}
		for _, order := range m.Unkept(unsureBatch) {
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

// A lookout is what is known at one moment of who waits for what nobody may have.
type lookout struct {
	m      *machine.Machine
	there  presences
	since  map[ledger.OrderID]time.Time
	taken  spent
	moving map[ledger.SKU]bool // of which something is planned just now
	now    time.Time
}

func (o *Office) lookout(m *machine.Machine, since map[ledger.OrderID]time.Time, now time.Time, there presences, taken spent) *lookout {
	l := &lookout{m: m, there: there, since: since, taken: taken, moving: map[ledger.SKU]bool{}, now: now}
	for at := range taken {
		l.moving[at.sku] = true
	}
	return l
}

// declines gives up what orders lack that were taken without a promise, in their turn: every site that answers has been
// asked, or has nothing. An order waits ConfirmWait first, for sites that come back at the same time, and up to ConfirmBy
// (OwnConfirmBy) for sites that were last seen with what it lacks; and one of whose SKUs something is planned just now is looked at
// again when that is done.
func (o *Office) declines(l *lookout) (out []machine.Command) {
	if len(l.since) == 0 || l.m.Unsettled() {
		return nil
	}
	for _, order := range l.m.Unconfirmed(unsureBatch) {
		if lines := unpromised(order, o.nowhere(l, order)); len(lines) > 0 {
			out = append(out, &machine.Decline{Order: order.ID, Lines: lines, At: l.now})
		}
	}
	return out
}

// unserved tells of orders that were promised, do not wait by their terms, and that nobody can serve: of who is to be confirmed as long is
// waited for sites that come back.
func (o *Office) unserved(l *lookout) (out []machine.Command) {
	if len(l.since) == 0 || l.m.Unsettled() || l.m.Agreed() < machine.UnservedCommands {
		return nil
	}
	for _, order := range l.m.Unkept(unsureBatch) {
		if len(o.nowhere(l, order)) > 0 {
			out = append(out, &machine.Unserved{Order: order.ID, Plans: order.Plans, At: l.now})
		}
	}
	return out
}

// nowhere is what an order waits for that no site can give, as far as it is known by now; nothing where any may, or where it has not been
// waited for long enough.
func (o *Office) nowhere(l *lookout, order *machine.Order) []allocate.Need {
	from, known := l.since[order.ID]
	if _, borrowing := l.m.Request(machine.SubjectOfFill(order.ID)); borrowing || !known || l.now.Sub(from) < o.cfg.ConfirmWait {
		return nil
	}
	how := sourcing{want: wanted(l.m, order, l.now), order: &order.Order, always: true, home: order.Owner, borrow: true, spent: &l.taken, now: l.now}
	p, _ := o.plan(l.m, l.there, how)
	if len(p.Legs) > 0 || len(p.Borrow) > 0 || slices.ContainsFunc(how.want.Lines, func(n allocate.Need) bool { return l.moving[n.SKU] }) {
		return nil
	}
	if back := callBackFor(l.m, l.there, p.Short, how, l.now); back.waits() {
		return nil
	}
	if l.now.Sub(from) < o.confirmBy(order) && away(l.m, l.there, order.CollectAt, p.Short, l.now) {
		return nil
	}
	return p.Short
}

// confirmBy is for how long sites that are away are waited for.
func (o *Office) confirmBy(order *machine.Order) time.Duration {
	if order.Owner == ledger.HQ && order.Status == ledger.StatusUnconfirmed {
		return o.cfg.OwnConfirmBy
	}
	return o.cfg.ConfirmBy
}

// unsureOf plans a new order anew that would be refused, where all that it is short of was last seen with counters that do
// not answer: it is taken as to be confirmed if its customer asked for that. What there is is promised.
func (s *orderLook) unsureOf(o *Office, m *machine.Machine, there presences, t *Try, how sourcing) {
	if !t.Unsure || t.Order.Shortage != ledger.Confirm || s.again || s.due || s.open || len(s.plan.Short) == 0 || s.back.waits() {
		return
	}
	how.want.Whole = false
	p, e := o.plan(m, there, how)
	if s.unsure = seen(m, there, &t.Order, p.Short, how.now); s.unsure {
		s.plan, s.explain = p, e
	}
}

// seen says whether counters that do not answer were last seen with all of what is short of an order. Of a SKU on several
// lines it is counted once.
func seen(m *machine.Machine, there presences, o *ledger.Order, short []allocate.Need, now time.Time) bool {
	left := map[ledger.SKU]ledger.Qty{}
	for _, n := range short {
		if _, counted := left[n.SKU]; !counted {
			left[n.SKU] = lastSeen(m, there, o.CollectAt, n.SKU, now)
		}
		if left[n.SKU] -= n.Qty; left[n.SKU] < 0 {
			return false
		}
	}
	return len(short) > 0
}

// away says whether counters that do not answer were last seen with anything of what is short.
func away(m *machine.Machine, there presences, only ledger.SiteID, short []allocate.Need, now time.Time) bool {
	for _, n := range short {
		if lastSeen(m, there, only, n.SKU, now) > 0 {
			return true
		}
	}
	return false
}

// lastSeen is what counters that do not answer were last seen with of a SKU, on their shelves over what a rule keeps there, and in
// advance; with only, what would be served from there.
func lastSeen(m *machine.Machine, there presences, only ledger.SiteID, sku ledger.SKU, now time.Time) (sum ledger.Qty) {
	mayLend := func(site *machine.Site) bool {
		return site.Counter && !there[site.ID].online && m.Closed(site) == "" && site.Parked == ""
	}
	for st := range m.OffersOf(sku) {
		if (only == "" || only == st.Site.ID) && mayLend(st.Site) && m.AvoidedAt(st.Site.ID, sku, now) == "" {
			sum += spare(m, st, sku)
		}
	}
	for _, p := range m.PassedOf(sku) {
		if holder, ok := m.Site(p.Holder); ok && (only == "" || only == p.Owner) && mayLend(holder) && p.By == AdvanceBy {
			sum += max(p.Has, 0)
		}
	}
	return sum
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
