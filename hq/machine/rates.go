package machine

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	// RateDays is over how many days demand is averaged: each day takes one part in so many away.
	RateDays = policy.DemandDays
	// ratesForgotten is how many rows a push looks at, to drop those that have come to nothing.
	ratesForgotten = 4
)

// A Rate is how many delivery orders of a SKU a site takes, as policy.Demand counts them, by the days of the moments
// that entries bear. Of head office's own orders the site is HQ.
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

// on is the rate as it stands on a later day, if nothing was ordered since.
func (r *Rate) on(day int64) policy.Demand { return r.demand().On(day) }

func (r *Rate) demand() policy.Demand {
	return policy.Demand{Day: r.Day, Orders: r.Orders, Units: r.Units}
}

// count notes what a delivery order wants of a site; goods that are taken along need no advance. Several lines of
// one SKU are one order. Nothing is learnt before somebody has set how head office allocates: the servers of an older
// build would not follow.
func (m *Machine) count(site ledger.SiteID, o *ledger.Order, at time.Time) {
	if o.Check() == nil { // of one that was refused nobody has looked at the form
		m.countChecked(site, o, at)
	}
}

// countChecked is count for an order of which the form is known to be right.
func (m *Machine) countChecked(site ledger.SiteID, o *ledger.Order, at time.Time) {
	if m.counters.Settings.Version == 0 || o.Fulfil != ledger.Deliver {
		return
	}
	day := dayOf(at)
	units := unitsOf(o.Lines)
	for i := range o.Lines { // in their order
		l := &o.Lines[i]
		if l.Drop != nil && site == ledger.HQ { // no stock is asked for
			continue
		}
		q, first := l.Qty, true
		if units != nil {
			if q, first = units[l.SKU]; !first {
				continue
			}
			delete(units, l.SKU)
		}
		r := m.editRate(site, l.SKU, day)
		d := r.demand().With(day, q)
		r.Day, r.Orders, r.Units = d.Day, d.Orders, d.Units
	}
}

// unitsOf sums the lines of each SKU; nil where each has a SKU of its own, as most orders do.
func unitsOf(lines []ledger.Line) map[ledger.SKU]ledger.Qty {
	const few = 8
	once := len(lines) <= few
	for i := 1; i < len(lines) && once; i++ {
		once = !slices.ContainsFunc(lines[:i], func(l ledger.Line) bool { return l.SKU == lines[i].SKU })
	}
	if once {
		return nil
	}
	units := make(map[ledger.SKU]ledger.Qty, len(lines))
	for i := range lines {
		units[lines[i].SKU] += lines[i].Qty
	}
	return units
}

func (m *Machine) editRate(site ledger.SiteID, sku ledger.SKU, day int64) *Rate {
	k := keyOfStock(site, sku)
	r, ok := m.rates.own(k)
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
	skus := m.rates.rows.AtLen(site)
	for i := range min(ratesForgotten, skus) {
		k := keyOfStock(site, m.rates.rows.AtNth(site, int((uint64(last)*ratesForgotten+uint64(i))%uint64(skus))))
		if r, ok := m.rates.get(k); ok && r.on(dayOf(at)).Orders == 0 {
			m.rates.del(k)
		}
	}
}

// DemandFor is how much a site, or head office itself, is asked for a SKU, as it stands at a moment.
func (m *Machine) DemandFor(site ledger.SiteID, sku ledger.SKU, now time.Time) Demand {
	r, ok := m.rates.Get(keyOfStock(site, sku))
	if !ok {
		return Demand{}
	}
	is := r.on(dayOf(now)).Rates()
	return Demand{Orders: int64(is.Orders), Units: int64(is.Units)}
}

// Rated lists SKUs of which a site has taken delivery orders, after the SKU after, ascending, at most limit.
func (m *Machine) Rated(site ledger.SiteID, after ledger.SKU, limit int) []ledger.SKU {
	return m.rates.rows.At(site, after, limit)
}

// Demanded lists SKUs of which anybody has taken delivery orders, after the SKU after, ascending, at most limit.
func (m *Machine) Demanded(after ledger.SKU, limit int) []ledger.SKU {
	return m.rates.rows.SKUs(after, limit)
}

// DemandedAt lists the sites, head office among them, that have taken delivery orders of a SKU, by name.
func (m *Machine) DemandedAt(sku ledger.SKU) []ledger.SiteID {
	out := make([]ledger.SiteID, 0, m.rates.rows.OfLen(sku))
	for site := range m.rates.rows.Of(sku) {
		out = append(out, site)
	}
	return out
}

// packRate keeps a rate as three numbers. Its site and SKU are its key.
func packRate(b []byte, r *Rate) []byte {
	return binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, r.Day), r.Orders), r.Units)
}

func unpackRate(k grid.Key, b []byte) *Rate {
	u := unpacking(b)
	return &Rate{Site: k.Site, SKU: k.SKU, Day: u.number(), Orders: u.number(), Units: u.number()}
}

func (m *Machine) checkRates() error {
	if err := m.rates.rows.Check(); err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	for k, b := range m.rates.rows.Each() {
		r := unpackRate(k, b)
		if !r.demand().Check() {
			return fmt.Errorf("the demand of %s for %s is %d orders, %d units on day %d", r.Site, r.SKU, r.Orders, r.Units, r.Day)
		}
	}
	return nil
}
