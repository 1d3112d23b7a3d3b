package machine

import (
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// An Excerpt is what plans for some orders look at, taken out of a machine bit by bit, so that nobody has to wait for the
// whole of it. Its records are the machine's own, which never change.
type Excerpt struct {
	counters counters
	sites    []*Site
	terms    []*Terms
	loads    []*Load
	zones    []*Zone
	presets  []*PresetFor
	rules    []*Rule
	avoided  []*Avoided
	stock    []stockAt
	items    []*ledger.Item // of a category
	back     map[grid.Key]ledger.Qty
	less     map[ledger.SiteID]map[Day]int // parcels that come off a site's day
	classes  []*Ranked
	got      map[gotOn]ledger.Qty // by who has a cap
}

// gotOn is what a class got of a SKU on one UTC day. A machine keeps the latest day's only; orders that are sourced again are of many.
type gotOn struct {
	class string
	sku   ledger.SKU
	day   int64 // since 1970
}

// Excerpt begins one, with all that concerns every order.
func (m *Machine) Excerpt() *Excerpt {
	x := &Excerpt{counters: m.counters, sites: m.Sites(), presets: m.Presets(), back: map[grid.Key]ledger.Qty{}, less: map[ledger.SiteID]map[Day]int{}, classes: m.Classes(),
		got: map[gotOn]ledger.Qty{}}
	for _, s := range x.sites {
		if t := m.TermsOf(s.ID); t != nil {
			x.terms = append(x.terms, t)
		}
		if l, ok := m.loads.Get(s.ID); ok {
			x.loads = append(x.loads, l)
		}
	}
	x.zones, _ = m.Zones("", ZonesMax)
	x.rules, _ = m.Rules("", RulesMax)
	return x
}

// TakeStock adds a SKU at every site, once, and says how many rows there are now.
func (x *Excerpt) TakeStock(m *Machine, sku ledger.SKU) int {
	if it, ok := m.Item(sku); ok && it.Category != "" {
		x.items = append(x.items, it)
	}
	for _, st := range m.StockOf(sku) {
		x.stock = append(x.stock, stockAt{st.Site.ID, sku, *st.Stock})
		if a, ok := m.avoided.Get(keyOfRate(st.Site.ID, sku)); ok {
			x.avoided = append(x.avoided, a)
		}
	}
	for _, l := range m.derived.limited[sku] {
		if q, ok := m.quotas.Get(keyOfQuota(l.class, sku)); ok {
			x.got[gotOn{l.class, sku, q.Day}] = q.Units
		}
	}
	return len(x.stock)
}

// Undo gives back what the legs of an order took: the units are there again, and the parcels come off the day on which
// the order was taken, and so do the units off what its class got that day. It says what head office has to serve of each line.
// The stock of its SKUs has been taken.
func (x *Excerpt) Undo(o *Order) []ledger.Qty {
	wants := make([]ledger.Qty, len(o.Lines))
	for i := range o.Lines {
		wants[i] = o.Waiting(i + 1)
	}
	var sites []ledger.SiteID
	for _, l := range o.Legs {
		if !l.live() || l.Line < 1 || l.Line > len(wants) {
			continue
		}
		wants[l.Line-1] = min(wants[l.Line-1]+l.Qty, o.Lines[l.Line-1].Qty)
		x.back[keyOfStock(l.Site, l.SKU)] += l.Qty
		if on := (gotOn{o.Class, l.SKU, dayOf(o.TakenAt)}); x.got[on] > 0 {
			x.got[on] = max(x.got[on]-l.Qty, 0)
		}
		if !slices.Contains(sites, l.Site) {
			sites = append(sites, l.Site)
		}
	}
	for _, site := range sites {
		i := slices.IndexFunc(x.terms, func(t *Terms) bool { return t.Site == site })
		if i < 0 {
			continue
		}
		day, _ := x.terms[i].WorkDay(DayOf(o.TakenAt))
		if x.less[site] == nil {
			x.less[site] = map[Day]int{}
		}
		x.less[site][day]++
	}
	return wants
}

// A Draft is a machine of an excerpt, to try plans and settings on. It is no server's: its sums do not hold, and nothing of
// it is kept.
type Draft struct {
	*Machine
	got map[gotOn]ledger.Qty
}

// Draft makes a machine of what was taken. Each is another one.
func (x *Excerpt) Draft() Draft {
	m := New()
	m.counters = x.counters
	for _, s := range x.sites {
		m.sites.put(s.ID, s)
	}
	for _, t := range x.terms {
		m.terms.put(t.Site, t)
	}
	for _, l := range x.loads {
		m.loads.put(l.Site, l.without(x.less[l.Site]))
	}
	for _, z := range x.zones {
		m.zones.put(z.key(), z)
	}
	for _, p := range x.presets {
		m.presets.put(p.key(), p)
	}
	for _, r := range x.rules {
		m.rules.put(keyOfRule(r), r)
	}
	for _, it := range x.items {
		m.items.put(keyOfItem(it.SKU), it)
	}
	for _, a := range x.avoided {
		m.avoided.put(keyOfRate(a.Site, a.SKU), a)
	}
	for i := range x.stock {
		s := x.stock[i].Stock
		k := keyOfStock(x.stock[i].Site, x.stock[i].SKU)
		if q := x.back[k]; q > 0 {
			if site, ok := m.sites.get(x.stock[i].Site); ok && site.Counter {
				s.Level.Available += q // it lay on the shelf before it was lent
			} else {
				s.Held += q
			}
		}
		m.stock.put(k, &s)
	}
	for _, c := range x.classes {
		m.classes.put(classKey(c.Name), c)
	}
	for _, t := range m.tables() {
		t.commit()
	}
	m.rerank()
	return Draft{m, maps.Clone(x.got)}
}

// without is a load with some parcels less.
func (l *Load) without(less map[Day]int) *Load {
	if len(less) == 0 {
		return l
	}
	out := &Load{Site: l.Site}
	for _, d := range l.Days {
		if d.Parcels -= less[d.Day]; d.Parcels > 0 {
			out.Days = append(out.Days, d)
		}
	}
	return out
}

// Set changes settings, as the same commands would.
func (d Draft) Set(policy *SetPolicy, sourcing *SetSourcing) error {
	if res := d.setPolicy(policy); res.Err != nil {
		return res.Err
	}
	return d.setSourcing(sourcing).Err
}

// On has the draft count what a class has got of the SKUs of lines on the day of a moment, as its limits look at it. What others than the
// orders that are sourced again got on an earlier day than the latest is not known any more, and such a day begins at nothing.
func (d Draft) On(class string, lines []ledger.Line, at time.Time) {
	for i := range lines {
		sku := lines[i].SKU
		if !d.Limited(sku) {
			continue
		}
		on := gotOn{class, sku, dayOf(at)}
		if q := d.got[on]; q > 0 {
			d.quotas.put(keyOfQuota(class, sku), &Quota{Class: class, SKU: sku, Day: on.day, Units: q})
		} else {
			d.quotas.del(keyOfQuota(class, sku))
		}
	}
	d.quotas.commit()
}

// Serve takes what a plan gives an order of a class, what is held first and then what a shelf lends, and counts its units and parcels for a day.
func (d Draft) Serve(class string, legs []allocate.Leg, at time.Time) {
	for _, l := range legs {
		if d.Limited(l.SKU) {
			d.got[gotOn{class, l.SKU, dayOf(at)}] += l.Qty
		}
		s := d.editStock(l.Site, l.SKU)
		held := min(l.Qty, s.Promisable())
		s.Held -= held
		s.Level.Available = max(s.Level.Available-(l.Qty-held), 0)
	}
	_ = d.charge("", legs, at) // the planner names no site whose day is full, and a draft is nobody's word
	for _, t := range d.tables() {
		t.commit()
	}
}
