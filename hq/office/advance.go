package office

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// AdvanceBy is who has a level that head office wishes by itself. A level that a person has set is left alone.
const AdvanceBy = "head office, in advance"

// dueMax bounds the SKUs that wait to be looked at; where there are more, all are.
const dueMax = 10_000

// advancing is what is still to be looked at: SKUs of which more has come to a warehouse, sites that are back, and
// once a night everything.
type advancing struct {
	mu    sync.Mutex // guards what stands below; it may be taken while the machine is looked at, never the other way round
	due   map[ledger.SKU]struct{}
	back  []ledger.SiteID // each is gone over from the SKU after on
	after ledger.SKU      // of the first of back
	all   bool            // everything, from the SKU from on
	from  ledger.SKU
	night int64 // the day of the last time that everything was begun

	run policy.Run // what steps have planned, of which only Advance knows: it is proposed when everything is looked at

	needed   map[ledger.SKU]time.Time // what orders were short of, and until when it is not passed on
	recalled ledger.Qty               // not told by Advance yet
}

// Moved is what a step of Advance has come to, in units, and what was recalled for orders since the last one.
type Moved struct{ Passed, Recalled ledger.Qty }

// arrived notes that more is held of SKUs.
func (o *Office) arrived(skus []ledger.SKU) {
	if len(skus) == 0 {
		return
	}
	o.again()
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all && a.from == "" {
		return
	}
	for _, sku := range skus {
		if len(a.due) == dueMax {
			clear(a.due)
			a.all, a.from = true, ""
			return
		}
		a.due[sku] = struct{}{}
	}
}

// returned notes that a site is back.
func (o *Office) returned(site ledger.SiteID) {
	o.again()
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.back, site) {
		a.back = append(a.back, site)
	}
}

// Advance passes a little of what warehouses hold on to the counters, so that they can promise it while they are cut
// off (allocation.md, section 1, rule 3): a step at a time, and only up to what each is wished to have. more says
// that there is more to do. What its steps have planned is proposed by holder once a run has looked at everything, or
// after some steps: so a site hears of a night's changes in one message or two, and not in one of each step. Only a
// leader calls it, one call at a time.
func (o *Office) Advance(ctx context.Context, now time.Time) (moved Moved, more bool, err error) {
	there := o.presences(now)
	moved.Recalled = o.advancing.told()
	var cmds []*machine.PassOn
	o.cluster.View(func(m *machine.Machine) {
		set := m.Settings()
		if set.Version == 0 {
			return
		}
		run := &o.advancing.run
		if !run.Gives() {
			var skus []ledger.SKU
			skus, more = o.nextDue(m, now)
			var wishes []policy.Wish
			for _, sku := range skus {
				wishes = append(wishes, topUps(m, there, sku, set, now)...)
			}
			run.Gather(skus, wishes, !more)
		}
		if run.Gives() {
			cmds = o.stillFree(m, run.Next(), now)
			more = o.moreDue() || run.Left() > 0
		}
	})
	for _, c := range cmds {
		res, err := o.propose(ctx, c)
		switch {
		case errors.Is(err, machine.ErrConflict):
		case err != nil:
			return moved, false, err
		default:
			moved.Passed += max(res.Passed, 0)
			moved.Recalled += max(-res.Passed, 0)
		}
	}
	return moved, more, nil
}

// stillFree is what no order has come to need since it was planned.
func (o *Office) stillFree(m *machine.Machine, planned []policy.Wish, now time.Time) (out []*machine.PassOn) {
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range planned {
		if until, needed := a.needed[w.SKU]; (!needed || !now.Before(until)) && !m.Wanted(w.SKU) {
			out = append(out, &machine.PassOn{SKU: w.SKU, Owner: w.Owner, Holder: w.Holder, Level: w.Level, By: AdvanceBy, At: now})
		}
	}
	return out
}

// moreDue says whether there is more to look at.
func (o *Office) moreDue() bool {
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.due) > 0 || len(a.back) > 0 || a.all
}

// told is what was recalled and not told yet.
func (a *advancing) told() ledger.Qty {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.recalled
	a.recalled = 0
	return q
}

// nextDue takes the next SKUs to be looked at. The first look of a leader is at everything, as that of a night.
func (o *Office) nextDue(m *machine.Machine, now time.Time) (out []ledger.SKU, more bool) {
	const day = 24 * 60 * 60
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	if today := now.Unix() / day; today != a.night {
		a.night, a.all, a.from = today, true, ""
	}
	rows := 0
	take := func(sku ledger.SKU) (room bool) {
		if until, needed := a.needed[sku]; needed && now.Before(until) {
			return true
		}
		out = append(out, sku)
		rows += len(m.DemandedAt(sku))
		return rows < policy.StepRows && len(out) < policy.StepSKUs
	}
	room := true
	for _, sku := range sortedDue(a.due) {
		if !room {
			break
		}
		delete(a.due, sku)
		room = take(sku)
	}
	for room && len(a.back) > 0 {
		next := m.Rated(a.back[0], a.after, 1)
		if len(next) == 0 {
			a.back, a.after = a.back[1:], ""
			continue
		}
		a.after = next[0]
		room = take(next[0])
	}
	for room && a.all {
		next := m.Demanded(a.from, 1)
		if len(next) == 0 {
			a.all, a.from = false, ""
			break
		}
		a.from = next[0]
		room = take(next[0])
	}
	return out, len(a.due) > 0 || len(a.back) > 0 || a.all
}

func sortedDue(due map[ledger.SKU]struct{}) []ledger.SKU {
	out := make([]ledger.SKU, 0, len(due))
	for sku := range due {
		out = append(out, sku)
	}
	slices.Sort(out)
	return out
}

// topUps plans what is passed on of a SKU, and what is called back from those who have too much for those who have too
// little. Nothing is while an order waits for it.
func topUps(m *machine.Machine, there presences, sku ledger.SKU, set machine.Settings, now time.Time) []policy.Wish {
	if m.Wanted(sku) {
		return nil
	}
	pool := policy.Pool{SKU: sku, Own: asked(m, ledger.HQ, sku, now),
		Warehouses: warehouses(m, sku, now), Counters: counters(m, there, sku, now)}
	if len(pool.Counters) == 0 {
		return nil
	}
	return policy.Advance(pool, policy.Settings{CoverDays: set.CoverDays, ChancePercent: set.ChancePercent})
}

// warehouses lists what head office could pass on of a SKU.
func warehouses(m *machine.Machine, sku ledger.SKU, now time.Time) (out []policy.Warehouse) {
	for st := range m.OffersOf(sku) {
		if q := st.Promisable; q > 0 && !st.Site.Counter && m.Closed(st.Site) == "" && st.Site.Parked == "" && m.AvoidedAt(st.Site.ID, sku, now) == "" {
			out = append(out, policy.Warehouse{Site: st.Site.ID, Held: q, Floor: m.RuleFor(machine.RuleNeverBelow, st.Site.ID, sku)})
		}
	}
	return out
}

// counters lists the counters that are asked for a SKU and that answer, with what each has of it in advance. One of which a
// person has set a level, or that has not answered yet what was called back from it, is left alone.
func counters(m *machine.Machine, there presences, sku ledger.SKU, now time.Time) (out []policy.Counter) {
	lent, leave := lentOf(m, sku)
	for _, id := range m.DemandedAt(sku) {
		site, ok := m.Site(id)
		if !ok || !site.Counter || !there[id].online || m.Closed(site) != "" || site.Parked != "" || leave[id] {
			continue
		}
		out = append(out, policy.Counter{Site: id, Asked: asked(m, id, sku, now), Lent: lent[id]})
	}
	return out
}

func asked(m *machine.Machine, site ledger.SiteID, sku ledger.SKU, now time.Time) policy.Asked {
	d := m.DemandFor(site, sku, now)
	return policy.Asked{Orders: policy.Rate(d.Orders), Units: policy.Rate(d.Units)}
}

// lentOf is what each holder has of a SKU of others, or will have, and whom to leave alone.
func lentOf(m *machine.Machine, sku ledger.SKU) (lent map[ledger.SiteID][]policy.Lent, leave map[ledger.SiteID]bool) {
	lent, leave = map[ledger.SiteID][]policy.Lent{}, map[ledger.SiteID]bool{}
	for _, p := range m.PassedOf(sku) {
		has := max(p.Has+p.Coming, 0)
		leave[p.Holder] = leave[p.Holder] || p.By != "" && p.By != AdvanceBy || p.Off > 0 || p.Wish < p.Has+p.Coming
		lent[p.Holder] = append(lent[p.Holder], policy.Lent{Owner: p.Owner, Qty: has})
	}
	return lent, leave
}
