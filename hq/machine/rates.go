package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	// RateDays is over how many days demand is averaged: each day takes one part in so many away.
	RateDays = 28
	// ratesForgotten is how many rows a push looks at, to drop those that have come to nothing.
	ratesForgotten = 4
	rateSumMax     = RateDays * 1_000_000_000
	orderThousands = 1000 // an order, or a unit, in thousandths
)

// A Rate is how many delivery orders of a SKU a site takes. Each one adds a thousand to Orders, and each border of
// days, of the moments that entries bear, takes one part in RateDays away: so Orders over RateDays is thousandths
// of an order a day. Units is the same of the units that they want. Of head office's own orders the
// site is HQ.
type Rate struct {
	Site   ledger.SiteID
	SKU    ledger.SKU
	Day    int64 // since 1970, of the last order
	Orders int64
	Units  int64
}

// Demand is thousandths a day.
type Demand struct{ Orders, Units int64 }

func keyOfRate(site ledger.SiteID, sku ledger.SKU) rateKey {
	return rateKey(string(site) + "\x00" + string(sku))
}

// dayOf is the UTC day of a moment. Which day an order counts for matters little, and no site's own
// trading day is known here.
func dayOf(at time.Time) int64 {
	const seconds = 24 * 60 * 60
	s := at.Unix()
	if s < 0 {
		return 0
	}
	return s / seconds
}

// on is the rate as it stands on a later day, if nothing was ordered since. A clock that was set back takes nothing away.
func (r Rate) on(day int64) Rate {
	r.Orders, r.Units = decayed(r.Orders, day-r.Day), decayed(r.Units, day-r.Day)
	r.Day = day
	return r
}

// decayed is a sum some days later. It is rounded up what is taken away, so that it comes to nothing.
func decayed(sum, days int64) int64 {
	for ; days > 0 && sum > 0; days-- {
		sum -= (sum + RateDays - 1) / RateDays
	}
	return sum
}

// count notes what a delivery order wants of a site; goods that are taken along need no advance. Several lines of
// one SKU are one order. Nothing is learnt before somebody has set how head office allocates: the servers of an older
// build would not follow.
func (m *Machine) count(site ledger.SiteID, o *ledger.Order, at time.Time) {
	if m.counters.Settings.Version == 0 || o.Fulfil != ledger.Deliver || o.Check() != nil {
		return // of one that was refused nobody has looked at the form
	}
	day := dayOf(at)
	units := map[ledger.SKU]int64{}
	for i := range o.Lines {
		units[o.Lines[i].SKU] += int64(o.Lines[i].Qty)
	}
	for i := range o.Lines { // in their order
		l := &o.Lines[i]
		q, first := units[l.SKU]
		if !first {
			continue
		}
		delete(units, l.SKU)
		r := m.editRate(site, l.SKU, day)
		*r = r.on(day)
		r.Orders = min(r.Orders+orderThousands, rateSumMax)
		r.Units = min(r.Units+min(q, rateSumMax/orderThousands)*orderThousands, rateSumMax)
	}
}

func (m *Machine) editRate(site ledger.SiteID, sku ledger.SKU, day int64) *Rate {
	k := keyOfRate(site, sku)
	r, ok := edit(m.rates.table, k, func(r *Rate) *Rate {
		c := *r
		return &c
	})
	if !ok {
		r = &Rate{Site: site, SKU: sku, Day: day}
		m.rates.put(k, r)
	}
	return r
}

// demands notes an order that was accepted, or refused for want of stock. One that head office was asked for counts
// when the ask has ended.
func (f *folding) demands(b *ledger.OrderBody) {
	if !b.Dropped && (b.Refusal == "" || b.Refusal == ledger.RefusedShort) {
		f.m.count(f.site, &b.Order, f.e.At)
	}
}

// forgetRates drops rows of a site that have come to nothing, a few at a time: a row that is not there counts as much.
// Which ones are looked at follows from the entry that is stored last.
func (m *Machine) forgetRates(site ledger.SiteID, last ledger.Seq, at time.Time) {
	skus := m.derived.rated[site]
	for i := range min(ratesForgotten, len(skus)) {
		k := keyOfRate(site, skus[(uint64(last)*ratesForgotten+uint64(i))%uint64(len(skus))])
		if r, ok := m.rates.get(k); ok && r.on(dayOf(at)).Orders == 0 {
			m.rates.del(k)
		}
	}
}

// DemandFor is how much a site, or head office itself, is asked for a SKU, as it stands at a moment.
func (m *Machine) DemandFor(site ledger.SiteID, sku ledger.SKU, now time.Time) Demand {
	r, ok := m.rates.Get(keyOfRate(site, sku))
	if !ok {
		return Demand{}
	}
	on := r.on(dayOf(now))
	return Demand{Orders: on.Orders / RateDays, Units: on.Units / RateDays}
}

// Rated lists SKUs of which a site has taken delivery orders, after the SKU after, ascending, at most limit.
func (m *Machine) Rated(site ledger.SiteID, after ledger.SKU, limit int) []ledger.SKU {
	return behind(m.derived.rated[site], after, limit)
}

// Demanded lists SKUs of which anybody has taken delivery orders, after the SKU after, ascending, at most limit.
func (m *Machine) Demanded(after ledger.SKU, limit int) []ledger.SKU {
	return behind(m.derived.demanded, after, limit)
}

// DemandedAt lists the sites, head office among them, that have taken delivery orders of a SKU, by name.
func (m *Machine) DemandedAt(sku ledger.SKU) []ledger.SiteID {
	return slices.Clone(m.derived.ratedAt[sku])
}

// behind copies what follows after in a sorted list, at most limit.
func behind(all []ledger.SKU, after ledger.SKU, limit int) []ledger.SKU {
	i, found := slices.BinarySearch(all, after)
	if found {
		i++
	}
	return slices.Clone(all[i:min(len(all), i+limit)])
}

func (m *Machine) checkRates() error {
	bySite, bySKU := 0, 0
	for _, skus := range m.derived.rated {
		bySite += len(skus)
	}
	for _, sites := range m.derived.ratedAt {
		bySKU += len(sites)
	}
	if n := m.rates.Len(); bySite != n || bySKU != n || len(m.derived.demanded) != len(m.derived.ratedAt) {
		return fmt.Errorf("%d rates are listed by site, %d by SKU, there are %d", bySite, bySKU, n)
	}
	for _, r := range m.rates.Sorted() {
		if r.Orders < 0 || r.Orders > rateSumMax || r.Units < 0 || r.Units > rateSumMax || r.Day < 0 {
			return fmt.Errorf("the demand of %s for %s is %d orders, %d units on day %d", r.Site, r.SKU, r.Orders, r.Units, r.Day)
		}
	}
	return nil
}
