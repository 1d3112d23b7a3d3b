package office

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// AdvanceBy is who has a level that head office wishes by itself. A level that a person has set is left alone.
const AdvanceBy = "head office, in advance"

// Bounds of one step of Advance, and of what waits for it.
const (
	advanceRows = 2000   // rows of demand looked at
	advanceSKUs = 64     // SKUs looked at
	dueMax      = 10_000 // SKUs that wait to be looked at; where there are more, all are
)

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
	a := &o.advancing
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.back, site) {
		a.back = append(a.back, site)
	}
}

// Advance passes a little of what warehouses hold on to the counters, so that they can promise it while they are cut
// off (allocation.md, section 1, rule 3): a step at a time, and only up to what each is wished to have. more says
// that there is more to look at. Only a leader calls it, one call at a time.
func (o *Office) Advance(ctx context.Context, now time.Time) (moved Moved, more bool, err error) {
	there := o.presences(now)
	moved.Recalled = o.advancing.told()
	var cmds []*machine.PassOn
	o.cluster.View(func(m *machine.Machine) {
		set := m.Settings()
		if set.Version == 0 {
			return
		}
		var skus []ledger.SKU
		skus, more = o.nextDue(m, now)
		for _, sku := range skus {
			cmds = append(cmds, topUps(m, there, sku, set, now)...)
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
		}
	}
	return moved, more, nil
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
		return rows < advanceRows && len(out) < advanceSKUs
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

// topUps plans what is passed on of a SKU. Nothing is while an order waits for it.
func topUps(m *machine.Machine, there presences, sku ledger.SKU, set machine.Settings, now time.Time) []*machine.PassOn {
	if m.Wanted(sku) {
		return nil
	}
	free, spare := freeOf(m, sku, now)
	if spare <= 0 {
		return nil
	}
	var out []*machine.PassOn
	for _, w := range likeliest(m, there, sku, set, now) {
		for i := range free {
			f := &free[i]
			give := min(w.lacks, f.qty, spare)
			p, held := m.PassedOn(f.site, w.site, sku)
			if give <= 0 || held && p.Off > 0 {
				continue
			}
			level := give
			if held {
				level += p.Has + p.Coming
			}
			w.lacks, f.qty, spare = w.lacks-give, f.qty-give, spare-give
			out = append(out, &machine.PassOn{SKU: sku, Owner: f.site, Holder: w.site, Level: level, By: AdvanceBy, At: now})
		}
	}
	return out
}

// held is what head office holds at a site.
type held struct {
	site ledger.SiteID
	qty  ledger.Qty
}

// freeOf lists what warehouses could pass on of a SKU, by site, and how much they may together: a day of what head
// office itself is asked for stays, and so does what a rule keeps at a warehouse.
func freeOf(m *machine.Machine, sku ledger.SKU, now time.Time) (out []held, spare ledger.Qty) {
	for _, st := range m.StockOf(sku) {
		if st.Site.Counter || m.Closed(st.Site) != "" || st.Site.Parked != "" {
			continue
		}
		q := st.Promisable() - m.RuleFor(machine.RuleNeverBelow, st.Site.ID, sku)
		if q > 0 {
			out = append(out, held{st.Site.ID, q})
			spare += q
		}
	}
	const thousand = 1000
	return out, spare - ledger.Qty((m.DemandFor(ledger.HQ, sku, now).Units+thousand-1)/thousand)
}

// A wisher is a counter that has less than it is wished to have.
type wisher struct {
	site  ledger.SiteID
	lacks ledger.Qty
	rate  int64
}

// likeliest lists the counters that are to be topped up, those most likely to be asked first, then by name.
func likeliest(m *machine.Machine, there presences, sku ledger.SKU, set machine.Settings, now time.Time) []wisher {
	var out []wisher
	has := promisedAway(m, sku)
	for _, id := range m.DemandedAt(sku) {
		site, ok := m.Site(id)
		if !ok || !site.Counter || !there[id].online || m.Closed(site) != "" || site.Parked != "" {
			continue
		}
		rate := m.DemandFor(id, sku, now).Orders
		if lacks := target(rate, set.CoverDays, set.ChancePercent) - has[id]; lacks > 0 {
			out = append(out, wisher{id, lacks, rate})
		}
	}
	slices.SortStableFunc(out, func(a, b wisher) int { return cmp.Compare(b.rate, a.rate) })
	return out
}

// promisedAway is what each holder has of a SKU of others, or will have. Where a person has set a level it is left
// alone, so it counts as more than enough.
func promisedAway(m *machine.Machine, sku ledger.SKU) map[ledger.SiteID]ledger.Qty {
	out := map[ledger.SiteID]ledger.Qty{}
	for _, p := range m.PassedOf(sku) {
		if p.By != "" && p.By != AdvanceBy {
			out[p.Holder] = ledger.QtyMax
		}
		out[p.Holder] += max(p.Has, 0) + max(p.Coming, 0)
	}
	return out
}
