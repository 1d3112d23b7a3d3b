package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of the parcels that are kept apart.
const (
	parcelsOfMax     = 32 // of one order at one site: of what is given beyond, nothing comes back
	parcelsForgotten = 4  // rows that one more parcel looks at, to drop those whose days are over
)

// Parcels are what a site was given for its days for one order: one for each plan that begins a parcel there. Each is counted in the
// site's load, and comes off it at most once: a row that is gone gives nothing back. Invariant: of no day are there more than its load.
type Parcels struct {
	Order ledger.OrderID
	Site  ledger.SiteID
	All   []Parcel // in the order in which they were given
}

// A Parcel is one of a day. Leaving is the id of the command by which the site lets it go: until its entry says so the site may be at
// work on it, or have sent it. "" while it is to be sent.
type Parcel struct {
	Day     Day
	Leaving string
}

func keyOfParcels(order ledger.OrderID, site ledger.SiteID) parcelsKey {
	return parcelsKey(string(order) + "\x00" + string(site))
}

// giveParcel notes for what a parcel of a day was given.
func (m *Machine) giveParcel(order ledger.OrderID, site ledger.SiteID, day, today Day) {
	if l, ok := m.loads.get(site); !ok || l.of(day) == 0 || !m.ByTerms() || order == "" {
		return
	}
	m.forgetParcels(site, today)
	p, ok := m.editParcels(order, site)
	if !ok {
		p = &Parcels{Order: order, Site: site}
		m.parcels.put(keyOfParcels(order, site), p)
	}
	if len(p.All) < parcelsOfMax {
		p.All = append(p.All, Parcel{Day: day})
	}
}

// giveAgain counts what a site is at work on for an order by an entry of its own, where an earlier life has given it: that life's count is
// forgotten, too.
func (m *Machine) giveAgain(order ledger.OrderID, site ledger.SiteID, at, now time.Time) {
	t, set := m.terms.get(site)
	if _, counted := m.parcels.get(keyOfParcels(order, site)); !set || counted || !m.ByTerms() {
		return
	}
	if day, _ := t.WorkDay(DayOf(at)); day >= DayOf(now) {
		free := *t
		free.Capacity = 0 // it is so, whether there was room or not
		m.loadMore(&free, day)
		m.giveParcel(order, site, day, DayOf(now))
	}
}

func (m *Machine) editParcels(order ledger.OrderID, site ledger.SiteID) (*Parcels, bool) {
	return edit(m.parcels.table, keyOfParcels(order, site), func(p *Parcels) *Parcels {
		c := *p
		c.All = slices.Clone(p.All)
		return &c
	})
}

// parcelsLeave notes that a site was told, by a command, to let go all that it serves of an order.
func (m *Machine) parcelsLeave(order ledger.OrderID, site ledger.SiteID, command string) {
	if p, ok := m.editParcels(order, site); ok {
		for i := range p.All {
			if p.All[i].Leaving == "" {
				p.All[i].Leaving = command
			}
		}
	}
}

// parcelsStay takes back that a command lets go what a site serves of an order.
func (m *Machine) parcelsStay(order ledger.OrderID, site ledger.SiteID, command string) {
	if p, ok := m.editParcels(order, site); ok {
		for i := range p.All {
			if p.All[i].Leaving == command {
				p.All[i].Leaving = ""
			}
		}
	}
}

// parcelsEnd ends the parcels of an order at a site that match: back says that they come off their days, for the site has them to do no more.
func (m *Machine) parcelsEnd(order ledger.OrderID, site ledger.SiteID, back bool, match func(*Parcel) bool) {
	p, ok := m.editParcels(order, site)
	if !ok {
		return
	}
	p.All = slices.DeleteFunc(p.All, func(one Parcel) bool {
		if !match(&one) {
			return false
		}
		if back {
			m.unload(site, one.Day)
		}
		return true
	})
	if len(p.All) == 0 {
		m.parcels.del(keyOfParcels(order, site))
	}
}

// hasLeft says whether some of an order has left already.
func hasLeft(o *ledger.Order) bool {
	return slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Taken > 0 })
}

func anyParcel(*Parcel) bool { return true }

// parcelsBack gives back what a site was given of an order of which it serves nothing any more, by what its own entry says, or because it
// was told nothing yet. What it was told to let go waits for its word.
func (m *Machine) parcelsBack(order ledger.OrderID, site ledger.SiteID) {
	if !m.serves(order, site) {
		m.parcelsEnd(order, site, true, func(p *Parcel) bool { return p.Leaving == "" })
	}
}

// parcelsOver gives back what a move that is over would have had sites do, where they do nothing of the order now. mv is as it was.
func (m *Machine) parcelsOver(mv *Moving) {
	for _, l := range slices.Concat(mv.Legs, mv.Gets, mv.Kept) {
		m.parcelsBack(mv.Order, l.Site)
	}
}

// serves says whether a site serves something of an order, is told to, or will be by a move.
func (m *Machine) serves(order ledger.OrderID, site ledger.SiteID) bool {
	if mv, moving := m.moves.get(order); moving &&
		slices.ContainsFunc(slices.Concat(mv.Legs, mv.Gets, mv.Kept), func(l allocate.Leg) bool { return l.Site == site }) {
		return true
	}
	o, ok := m.orders.get(order)
	return ok && slices.ContainsFunc(o.Legs, func(l Leg) bool { return l.Site == site && l.live() })
}

// parcelsOf gives back what sites were given for an ask that has ended, where the order is not taken with it. What the asking site was given
// of its own it sends itself, where it took the order.
func (f *folding) parcelsOf(order ledger.OrderID, held []allocate.Leg, taken bool) {
	for _, l := range held {
		if !taken || l.Site != f.site {
			f.m.parcelsBack(order, l.Site)
		}
	}
}

// letGoBy follows the answer to a command by which a site was told to let an order go: whatever it still had of it, there is nothing of it to
// send any more. Where a move was to empty a parcel and has not, it is to be sent after all.
func (f *folding) letGoBy(c *ledger.HQCommand) {
	if f.m.serves(c.Order, f.site) && isMove(c) {
		f.m.parcelsStay(c.Order, f.site, c.ID)
		return
	}
	f.m.parcelsEnd(c.Order, f.site, true, func(p *Parcel) bool { return p.Leaving == c.ID })
}

// unload takes a parcel off a site's day.
func (m *Machine) unload(site ledger.SiteID, day Day) {
	old, ok := m.loads.get(site)
	if !ok || old.of(day) == 0 {
		return
	}
	l := m.editLoad(site)
	i := slices.IndexFunc(l.Days, func(d DayLoad) bool { return d.Day == day })
	if l.Days[i].Parcels--; l.Days[i].Parcels == 0 {
		l.Days = slices.Delete(l.Days, i, i+1)
	}
}

// forgetParcels drops rows of a site all of whose days are over, a few at a time: nobody plans for those days any more.
func (m *Machine) forgetParcels(site ledger.SiteID, today Day) {
	orders := m.derived.parcels[site]
	for i := range min(parcelsForgotten, len(orders)) {
		k := keyOfParcels(orders[(m.counters.Applied*parcelsForgotten+uint64(i))%uint64(len(orders))], site)
		if p, ok := m.parcels.get(k); ok && !slices.ContainsFunc(p.All, func(p Parcel) bool { return p.Day >= today }) {
			m.parcels.del(k)
		}
	}
}

// dropParcels forgets the parcels of a site, of one day where day is not 0, that its load does not count any more.
func (m *Machine) dropParcels(site ledger.SiteID, day Day) {
	for _, order := range slices.Concat(m.derived.parcels[site], m.stagedParcels(site)) {
		m.parcelsEnd(order, site, false, func(p *Parcel) bool { return day == 0 || p.Day == day })
	}
}

// stagedParcels lists the orders of which this command, or this push, has changed the parcels at a site.
func (m *Machine) stagedParcels(site ledger.SiteID) (out []ledger.OrderID) {
	for _, k := range m.parcels.touched() {
		if p, ok := m.parcels.get(k); ok && p.Site == site {
			out = append(out, p.Order)
		}
	}
	return out
}

func (d *derived) landParcels(_ parcelsKey, old *Parcels, had bool, p *Parcels, has bool) {
	switch {
	case has && !had:
		d.parcels[p.Site] = insert(d.parcels[p.Site], p.Order)
	case had && !has:
		if d.parcels[old.Site] = remove(d.parcels[old.Site], old.Order); len(d.parcels[old.Site]) == 0 {
			delete(d.parcels, old.Site)
		}
	}
}

// checkParcels holds the parcels against the loads of their days.
func (m *Machine) checkParcels() error {
	type spot struct {
		site ledger.SiteID
		day  Day
	}
	sums := map[spot]int{}
	for k, p := range m.parcels.Sorted() {
		if len(p.All) == 0 || len(p.All) > parcelsOfMax || k != keyOfParcels(p.Order, p.Site) {
			return fmt.Errorf("%d parcels of order %s at %s", len(p.All), p.Order, p.Site)
		}
		for _, one := range p.All {
			at := spot{p.Site, one.Day}
			if sums[at]++; sums[at] > m.LoadOf(at.site, at.day) {
				return fmt.Errorf("%s has %d parcels or more on %s, it was given %d", at.site, sums[at], at.day, m.LoadOf(at.site, at.day))
			}
		}
	}
	return nil
}

func (c *coder) parcels(v *Parcels) {
	c.record(3, func() {
		text(c, &v.Order)
		text(c, &v.Site)
		list(c, &v.All, parcelsOfMax, func(p *Parcel) { c.fields(2, func() { number(c, &p.Day); text(c, &p.Leaving) }) })
	})
}
