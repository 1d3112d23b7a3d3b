package office

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what one order is compared with.
const (
	othersMost    = 2 * againMost // orders of a round that others may change units with
	othersLooked  = 8             // of those that have what an order wants at one place, or of one SKU
	othersWeighed = 4             // of these, so many are weighed for one order
)

// others is the orders of a round that may change units with one that is planned again.
type others struct {
	n   int
	at  map[spot][]rankedOrder       // by what is served to them from where, in turn
	has map[ledger.SKU][]rankedOrder // those that may make room, by what they have, the least important first
}

// add takes up an order. What it has at a site that does not answer by then, or that is a counter, is left out when it is looked at.
func (x *others) add(m *machine.Machine, o *machine.Order, r rankedOrder, now time.Time) {
	if x.n == othersMost || o.CollectAt != "" || !mayChange(m, o, now) {
		return
	}
	if x.at == nil {
		x.at, x.has = map[spot][]rankedOrder{}, map[ledger.SKU][]rankedOrder{}
	}
	x.n++
	again := m.ClassOf(o.Class).Again
	room := again == machine.AgainMayMove || again == machine.AgainGiveUp
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, away := range l.Away {
			at := spot{away.Site, l.SKU}
			x.at[at] = append(x.at[at], r)
		}
		if room && len(l.Away) > 0 {
			x.has[l.SKU] = append(x.has[l.SKU], r)
		}
	}
}

// sort puts the orders in turn: what is found does not depend on the order in which they were looked at.
func (x *others) sort() {
	for _, l := range x.at { // any order: each list is sorted by itself
		slices.SortFunc(l, rankedOrder.compare)
	}
	for _, l := range x.has {
		slices.SortFunc(l, func(a, b rankedOrder) int { return b.compare(a) })
	}
}

// next gives the orders of a list that may still be changed, at most othersLooked, without the one that asks.
func (st *replanning) next(list []rankedOrder, but ledger.OrderID) (out []*machine.Order) {
	for _, r := range list {
		if len(out) == othersLooked {
			break
		}
		rec, known := st.m.Order(r.id)
		if !known || r.id == but || st.changed[r.id] || len(out) > 0 && out[len(out)-1].ID == r.id || !mayChange(st.m, rec, st.now) {
			continue
		}
		out = append(out, rec)
	}
	return out
}

// lets says whether a site may let units go for an exchange: it answers, and what it frees is held by head office.
func (st *replanning) lets(id ledger.SiteID) bool {
	site, known := st.m.Site(id)
	return known && st.among[id] && !site.Counter
}
