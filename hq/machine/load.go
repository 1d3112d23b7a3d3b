package machine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// loadDaysMax bounds the days of which a site's load is kept, the latest.
const loadDaysMax = 2 * WorkDaysMax

// A Load is how many parcels a site was given for each of its days. Only sites of which terms are set have one.
type Load struct {
	Site ledger.SiteID
	Days []DayLoad // ascending
}

// A DayLoad is how many parcels a site was given for one day.
type DayLoad struct {
	Day     Day
	Parcels int
}

// Open says whether somebody works at the site on a day.
func (t *Terms) Open(day Day) bool {
	const thursday = 4 // 1 January 1970
	if t.Closed&(1<<((day+thursday)%weekdays)) != 0 {
		return false
	}
	_, holiday := slices.BinarySearch(t.Holidays, day)
	return !holiday
}

// WorkDay is the first day from day on when the site is open, and with it the day whose capacity an order takes up. ok is
// false where the site stays closed for longer than WorkDaysMax: then it is day itself.
func (t *Terms) WorkDay(day Day) (work Day, ok bool) {
	for d := range Day(WorkDaysMax + 1) {
		if t.Open(day + d) {
			return day + d, true
		}
	}
	return day, false
}

// Arrival is the day when what is given to the site on day is with the customer: ShipDays days of work, then
// TravelDays if it is sent.
func (t *Terms) Arrival(day Day, sent bool) Day {
	day, _ = t.WorkDay(day)
	for range t.ShipDays {
		day, _ = t.WorkDay(day + 1)
	}
	if sent {
		day += Day(t.TravelDays)
	}
	return day
}

// charge counts the parcels of a plan, one for each site that serves something of it, for the day when the site works on
// it. Where a day is full by now the plan is a conflict. They come off the day again with what they are for (parcels.go). order is "" on
// a draft, which keeps nothing.
func (m *Machine) charge(order ledger.OrderID, legs []allocate.Leg, at time.Time) error {
	if m.terms.Len() == 0 {
		return nil
	}
	for _, part := range bySite(legs) {
		site := part[0].Site
		t, ok := m.terms.get(site)
		if !ok {
			continue
		}
		day, _ := t.WorkDay(DayOf(at))
		if !m.loadMore(t, day) {
			return ErrConflict
		}
		m.giveParcel(order, site, day, DayOf(at))
	}
	return nil
}

// chargeMore is charge for what an order is given beside what it has. Where a site serves something of it already, or holds something
// for its move, that is no parcel more.
func (m *Machine) chargeMore(o *Order, legs []allocate.Leg, at time.Time) error {
	if m.terms.Len() == 0 {
		return nil
	}
	has := map[ledger.SiteID]bool{}
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			has[away.Site] = true
		}
	}
	if mv, moving := m.moves.get(o.ID); moving {
		for _, l := range mv.Legs {
			has[l.Site] = true
		}
	}
	return m.charge(o.ID, slices.DeleteFunc(slices.Clone(legs), func(l allocate.Leg) bool { return has[l.Site] }), at)
}

// loadMore counts a parcel more for a day of a site, unless the day is full.
func (m *Machine) loadMore(t *Terms, day Day) bool {
	l := m.editLoad(t.Site)
	if t.Capacity > 0 && l.of(day) >= t.Capacity {
		return false
	}
	l.on(day).Parcels++
	if over := l.Days[0].Day; len(l.Days) > loadDaysMax {
		l.Days = slices.Delete(l.Days, 0, 1) // the oldest is forgotten
		m.dropParcels(t.Site, over)
	}
	return true
}

// editLoad gives a copy of a site's load that this command may change.
func (m *Machine) editLoad(site ledger.SiteID) *Load {
	l := &Load{Site: site}
	if old, ok := m.loads.get(site); ok {
		l.Days = slices.Clone(old.Days)
	}
	m.loads.put(site, l)
	return l
}

// on gives the count of a day, made new where there is none.
func (l *Load) on(day Day) *DayLoad {
	i, ok := slices.BinarySearchFunc(l.Days, day, func(d DayLoad, day Day) int { return cmp.Compare(d.Day, day) })
	if !ok {
		l.Days = slices.Insert(l.Days, i, DayLoad{Day: day})
	}
	return &l.Days[i]
}

func (l *Load) check() error {
	if len(l.Days) > loadDaysMax {
		return fmt.Errorf("%d days", len(l.Days))
	}
	for i, d := range l.Days {
		if d.Parcels < 1 || i > 0 && d.Day <= l.Days[i-1].Day {
			return fmt.Errorf("%d parcels on day %d", d.Parcels, d.Day)
		}
	}
	return nil
}

// LoadOf is how many parcels a site was given for a day.
func (m *Machine) LoadOf(site ledger.SiteID, day Day) int {
	l, ok := m.loads.Get(site)
	if !ok {
		return 0
	}
	return l.of(day)
}

func (l *Load) of(day Day) int {
	for _, d := range l.Days {
		if d.Day == day {
			return d.Parcels
		}
	}
	return 0
}
