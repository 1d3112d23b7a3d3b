package office

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Presets names the planner's orders of what is weighed, by their numbers; the first is its own default.
func Presets() []string { return []string{"fewest_parcels", "nearest", "protect_shops", "clear_old"} }

// presetNamed is the planner's word for a preset. A name that this build does not know is the default.
func presetNamed(name string) allocate.Preset {
	return allocate.Preset(max(slices.Index(Presets(), name), 0))
}

// eligible says what the settings make of each site for one plan: whether it may serve, when what it serves is there, and
// what a parcel from it costs.
type eligible struct {
	m      *machine.Machine
	s      *sourcing
	today  machine.Day
	need   machine.Day     // the day by which all is to be there; dayNever for none
	sent   bool            // to an address, not handed over
	to     allocate.Place  // where to; the asking site's, where no address is known
	tariff *machine.Tariff // what the zone table says of the address; nil where it says nothing
	terms  bool            // some are set
	keeps  bool            // rules say what is wished to stay
	olds   bool            // and what is to be cleared out
}

const dayNever = math.MaxInt64

// eligibleFor reads what concerns every site alike, and sets what weighs most in the plan.
func eligibleFor(m *machine.Machine, s *sourcing) eligible {
	e := eligible{m: m, s: s, today: machine.DayOf(s.now), need: dayNever, terms: m.AnyTerms() && !s.always,
		keeps: m.HasRules(machine.RuleKeepBack), olds: m.HasRules(machine.RuleClearOut)}
	o := s.order
	if o == nil {
		o = &ledger.Order{}
	}
	s.want.Preset = presetNamed(m.PresetFor(o))
	e.keeps = e.keeps || s.want.Preset == allocate.ProtectShops
	e.need = dayNeeded(o.NeedBy)
	if e.to = (allocate.Place{LatE6: o.ShipTo.LatE6, LonE6: o.ShipTo.LonE6}); !e.to.Known() && m.AnyTerms() {
		e.to = placeOf(m.TermsOf(s.home))
	}
	if e.sent = isSent(o); e.sent {
		e.tariff = m.TariffTo(&o.ShipTo)
	}
	return e
}

func isSent(o *ledger.Order) bool { return o.Fulfil == ledger.Deliver || o.Fulfil == "" }

// zoned says whether an order's parcels cost what the zone table says, and not their distance in metres.
func zoned(m *machine.Machine, o *machine.Order) bool {
	return isSent(&o.Order) && m.TariffTo(&o.ShipTo) != nil
}

func placeOf(t *machine.Terms) allocate.Place {
	if t == nil {
		return allocate.Place{}
	}
	return allocate.Place{LatE6: t.LatE6, LonE6: t.LonE6}
}

// dayNeeded is the day of a date or a moment as an order has it.
func dayNeeded(needBy string) machine.Day {
	for _, form := range [...]string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, needBy); needBy != "" && err == nil {
			return machine.DayOf(at)
		}
	}
	return dayNever
}

// judge fills in what the settings make of a site, and gives its terms; nil where none are set.
func (e *eligible) judge(c *allocate.Candidate) *machine.Terms {
	t := e.m.TermsOf(c.Site)
	c.Cost = e.cost(c.Site, t)
	if c.Late = e.need < e.today; t == nil || !e.terms {
		return nil
	}
	if e.need != dayNever {
		c.Late = t.Arrival(e.today, e.sent) > e.need
	}
	if c.Barred = e.bar(t); c.Barred == "" {
		c.Barred = closedOrFull(e.m, t, e.today, e.s.spent.parcels(c.Site))
	}
	return t
}

// bar says why a site serves nothing of this order, whatever the day.
func (e *eligible) bar(t *machine.Terms) string {
	if e.s.order == nil {
		return stopped(t)
	}
	o := e.s.order
	switch {
	case t.Stopped != "":
		return stopped(t)
	case o.Fulfil == ledger.Deliver && t.NoDeliver:
		return "sends nothing to customers"
	case o.Fulfil == ledger.Collect && t.NoCollect:
		return "hands nothing over to customers"
	case o.Fulfil == ledger.Deliver && !t.SendsTo(&o.ShipTo):
		return "does not send to " + addressWords(&o.ShipTo)
	case o.Customer != "" && slices.Contains(t.Customers, o.Customer):
		return "does not serve this customer"
	case o.Class != "" && slices.Contains(t.Classes, o.Class):
		return "does not serve orders of class " + o.Class
	default:
		return ""
	}
}

func stopped(t *machine.Terms) string {
	if t.Stopped == "" {
		return ""
	}
	return "serves nothing for now: " + t.Stopped
}

func addressWords(a *ledger.Address) string {
	if a.Postcode == "" {
		return a.Country
	}
	return a.Country + " " + a.Postcode
}

// closedOrFull says why a site is given nothing on a day. more is what plans that are not applied yet give it.
func closedOrFull(m *machine.Machine, t *machine.Terms, today machine.Day, more int) string {
	day, opens := t.WorkDay(today)
	switch {
	case !opens:
		return fmt.Sprintf("closed for more than %d days", machine.WorkDaysMax)
	case day-today > machine.Day(t.WaitDays):
		return "closed until " + day.String()
	case t.Capacity > 0 && m.LoadOf(t.Site, day)+more >= t.Capacity:
		return fmt.Sprintf("has no parcels left on %s: it is given %d a day", day, t.Capacity)
	default:
		return ""
	}
}

// servesNow says whether a site is given anything of a SKU now, as far as that is the same for every order.
func servesNow(m *machine.Machine, site ledger.SiteID, sku ledger.SKU, now time.Time) bool {
	t := m.TermsOf(site)
	return t == nil || t.Serves(sku) && stopped(t) == "" && closedOrFull(m, t, machine.DayOf(now), 0) == ""
}

// cost is that of a parcel from a site: by the zone table where it speaks of the address, else the distance in metres.
func (e *eligible) cost(site ledger.SiteID, t *machine.Terms) int64 {
	switch {
	case e.tariff != nil && t != nil:
		return e.tariff.From(site, t.Group)
	case e.tariff != nil:
		return e.tariff.From(site, "")
	case !e.to.Known():
		return 0
	}
	if from := placeOf(t); from.Known() {
		return allocate.Metres(from, e.to)
	}
	return allocate.Farthest
}

// wishes fills in what is wished to stay of an offer, and what of it is to go first. Of what a rule wishes to stay some
// does anyway: the shelf that is not offered.
func (e *eligible) wishes(of *allocate.Offer, st machine.SiteOffer, sku ledger.SKU) {
	if e.keeps {
		stays := max(st.Available-of.Borrow, 0)
		keep := e.m.RuleFor(machine.RuleKeepBack, st.Site.ID, sku)
		if keep == 0 && e.s.want.Preset == allocate.ProtectShops && st.Site.Counter {
			keep = of.Held + of.Borrow + stays // a shop of which nothing is set wishes to keep all
		}
		of.Keep = max(keep-stays, 0)
	}
	if e.olds {
		of.Old = e.m.RuleFor(machine.RuleClearOut, st.Site.ID, sku)
	}
}
