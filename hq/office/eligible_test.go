package office_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A sourced company has two warehouses with ten taps each, york the farther one by rank, and a shop.
func sourced(t testing.TB) *company {
	c := newCompany(t, 1, "hull* york* leeds")
	c.sites["hull"].receive("TAP", 10)
	c.sites["york"].receive("TAP", 10)
	c.talk("hull", "york", "leeds")
	c.set(machine.SetSourcing{})
	return c
}

func (c *company) set(s machine.SetSourcing) {
	c.t.Helper()
	s.By, s.At = "beth", c.now
	c.propose(&s)
}

func (c *company) terms(t machine.Terms) {
	c.t.Helper()
	c.set(machine.SetSourcing{Terms: []machine.Terms{t}})
}

// from says which sites serve an order that is placed now, and why the others do not.
func (c *company) from(change func(*ledger.Order)) (sites string, why string) {
	c.t.Helper()
	p := c.wish(1, ledger.Refuse)
	change(&p.Order)
	out, done := c.tries(p, true)
	if !done {
		c.t.Fatalf("got no answer")
	}
	if out.Err != nil {
		return "none", ""
	}
	rec, _ := c.m.Order(p.Order.ID)
	for _, l := range rec.Lines[0].Away {
		sites += string(l.Site)
	}
	e, _ := c.m.Explained(p.Order.ID)
	x, err := e.Explain.Open()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, l := range x.Lines {
		for _, cand := range l.Candidates {
			why += fmt.Sprintf("%s: %s; ", cand.Site, cand.Why)
		}
	}
	return sites, why
}

func TestTheTermsOfASiteSayWhatItServes(t *testing.T) {
	any := func(*ledger.Order) {}
	to := func(country, code string) func(*ledger.Order) {
		return func(o *ledger.Order) { o.ShipTo = ledger.Address{Country: country, Postcode: code} }
	}
	for name, s := range map[string]struct {
		terms machine.Terms // of hull, which serves else
		order func(*ledger.Order)
		want  string // who serves
		why   string // what is said of hull
	}{
		"nothing is set":             {machine.Terms{}, any, "hull", ""},
		"stopped":                    {machine.Terms{Stopped: "flooded"}, any, "york", "serves nothing for now: flooded"},
		"closed today":               {machine.Terms{Closed: 1 << time.Monday}, any, "york", "closed until 2026-01-06"},
		"a holiday":                  {machine.Terms{Holidays: []machine.Day{machine.DayOf(start), machine.DayOf(start) + 1}}, any, "york", "closed until 2026-01-07"},
		"closed, and orders may lie": {machine.Terms{Closed: 1 << time.Monday, WaitDays: 1}, any, "hull", ""},
		"closed for good":            {machine.Terms{Closed: 127}, any, "york", "closed for more than 60 days"},
		"sends nothing":              {machine.Terms{NoDeliver: true}, any, "york", "sends nothing to customers"},
		"another country":            {machine.Terms{Areas: []machine.Area{{Country: "GB"}}}, to("FR", "75001"), "york", "does not send to FR 75001"},
		"its own country":            {machine.Terms{Areas: []machine.Area{{Country: "GB"}}}, to("gb", ""), "hull", ""},
		"another postcode":           {machine.Terms{Areas: []machine.Area{{Country: "GB", Prefix: "HU"}}}, to("GB", "YO1 9AA"), "york", "does not send to GB YO1 9AA"},
		"its own postcode":           {machine.Terms{Areas: []machine.Area{{Country: "GB", Prefix: "hu 1"}}}, to("GB", "hu19aa"), "hull", ""},
		"no address":                 {machine.Terms{Areas: []machine.Area{{Country: "GB"}}}, any, "hull", ""},
		"a customer":                 {machine.Terms{Customers: []string{"c-9"}}, func(o *ledger.Order) { o.Customer = "c-9" }, "york", "does not serve this customer"},
		"a class":                    {machine.Terms{Classes: []string{"staff"}}, func(o *ledger.Order) { o.Class = "staff" }, "york", "does not serve orders of class staff"},
		"another class":              {machine.Terms{Classes: []string{"staff"}}, func(o *ledger.Order) { o.Class = "trade" }, "hull", ""},
		"a SKU":                      {machine.Terms{SKUs: []ledger.SKU{"TAP"}}, any, "york", "does not serve TAP"},
		"too late":                   {machine.Terms{ShipDays: 2}, func(o *ledger.Order) { o.NeedBy = "2026-01-06" }, "york", "too late for the date"},
		"on the day":                 {machine.Terms{ShipDays: 1}, func(o *ledger.Order) { o.NeedBy = "2026-01-06T09:00:00Z" }, "hull", ""},
		"too long under way":         {machine.Terms{TravelDays: 2}, func(o *ledger.Order) { o.NeedBy = "2026-01-06" }, "york", "too late for the date"},
	} {
		t.Run(name, func(t *testing.T) {
			c := sourced(t)
			s.terms.Site = "hull"
			c.terms(s.terms)
			got, why := c.from(s.order)
			if got != s.want || s.why != "" && !strings.Contains(why, s.why) {
				t.Errorf("got %s (%s), want %s: %s", got, why, s.want, s.why)
			}
			c.converge()
		})
	}
}

func TestASiteIsGivenNoMoreThanItsCapacityForADay(t *testing.T) {
	c := sourced(t)
	c.terms(machine.Terms{Site: "hull", Capacity: 2})
	c.terms(machine.Terms{Site: "york", Capacity: 2})
	var tries []office.Try
	for range 6 { // together: planned on one view
		tries = append(tries, office.Try{Placing: c.wish(1, ledger.Refuse), Final: true})
	}
	var got []string
	for i, r := range c.off.PlaceMany(context.Background(), c.now, tries, true) {
		switch {
		case r.Err != nil:
			t.Fatal(r.Err)
		case r.Outcome.Err != nil:
			got = append(got, "no")
		default:
			rec, _ := c.m.Order(tries[i].Order.ID)
			got = append(got, string(rec.Lines[0].Away[0].Site))
		}
	}
	if want := []string{"hull", "hull", "york", "york", "no", "no"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, why := c.from(func(o *ledger.Order) { o.Shortage = ledger.Backorder }); !strings.Contains(why, "hull: has no parcels left on 2026-01-05: it is given 2 a day") {
		t.Errorf("got %q, want hull full", why)
	}
	c.releases(3)
	c.now = c.now.Add(24 * time.Hour)
	c.talk("hull", "york", "leeds")
	c.releases(3) // the one that waits has its turn on the next day
	if got := c.m.LoadOf("hull", machine.DayOf(c.now)); got != 1 {
		t.Errorf("got %d parcels on the next day, want the one that waited", got)
	}
	c.converge()
}

// Two leaders plan at once, or one whose view is old: the day's last parcel is given once.
func TestTheLastParcelOfADayIsGivenOnce(t *testing.T) {
	c := sourced(t)
	c.terms(machine.Terms{Site: "hull", Capacity: 1})
	c.terms(machine.Terms{Site: "york", Stopped: "moving house"})
	first, second := c.wish(1, ledger.Refuse), c.wish(1, ledger.Refuse)
	racing := &racer{company: c, then: func() { c.tries(second, true) }}
	out, _, err := office.New(office.Config{}, racing).TryPlace(context.Background(), c.now, first, true)
	if err != nil || out.Err == nil {
		t.Errorf("got %v, %v; want the first refused: the second has taken the parcel meanwhile", out.Err, err)
	}
	if got := c.m.LoadOf("hull", machine.DayOf(c.now)); got != 1 {
		t.Errorf("got %d parcels, want 1", got)
	}
}

// A racer is a cluster in which something happens between the first plan and its command.
type racer struct {
	*company
	then func()
}

func (r *racer) Propose(ctx context.Context, cmd []byte) (machine.Result, error) {
	if then := r.then; then != nil {
		r.then = nil
		then()
	}
	return r.company.Propose(ctx, cmd)
}

func TestTheNearerSiteServes(t *testing.T) {
	c := sourced(t)
	c.terms(machine.Terms{Site: "hull", LatE6: 53_745_671, LonE6: -336_741})
	c.terms(machine.Terms{Site: "york", LatE6: 53_959_965, LonE6: -1_087_298, Group: "west"})
	leeds := func(o *ledger.Order) { o.ShipTo = ledger.Address{Country: "GB", LatE6: 53_800_755, LonE6: -1_549_077} }
	if got, why := c.from(leeds); got != "york" || !strings.Contains(why, "hull: not needed: fills 1 of 1 lines alone, rank 0, distance 7") {
		t.Errorf("by distance: got %s (%s), want york, and hull 79 km away", got, why)
	}
	if got, _ := c.from(func(*ledger.Order) {}); got != "hull" {
		t.Errorf("without an address: got %s, want the first by rank", got)
	}
	c.set(machine.SetSourcing{Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Group: "west", Cost: 9}, {Area: machine.Area{Country: "GB"}, Site: "hull", Cost: 5}}})
	if got, why := c.from(leeds); got != "hull" || !strings.Contains(why, "distance 9") {
		t.Errorf("by the zone table: got %s (%s), want hull, which is cheaper", got, why)
	}
	c.terms(machine.Terms{Site: "hull"})
	c.set(machine.SetSourcing{Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Group: "west", Cost: -1}, {Area: machine.Area{Country: "GB"}, Site: "hull", Cost: -1}}})
	if got, _ := c.from(leeds); got != "york" {
		t.Errorf("of a place that is not known: got %s, want york", got)
	}
	c.converge()
}

func TestAPresetIsThatOfTheOrdersClass(t *testing.T) {
	c := newCompany(t, 1, "hull* york* bath*")
	c.set(machine.SetSourcing{Presets: []machine.PresetFor{{Class: "trade", Preset: "nearest"}},
		Terms: []machine.Terms{{Site: "hull", LatE6: 53_000_000, LonE6: 1}, {Site: "york", LatE6: 53_000_000, LonE6: 2}, {Site: "bath", LatE6: 60_000_000, LonE6: 1}}})
	c.sites["hull"].receive("TAP", 4)
	c.sites["york"].receive("SINK", 4)
	c.sites["bath"].receive("TAP", 4)
	c.sites["bath"].receive("SINK", 4)
	c.talk("hull", "york", "bath")
	place := func(class string) (sites string) {
		p := c.wish(1, ledger.Refuse)
		p.Order.Class, p.Order.ShipTo = class, ledger.Address{LatE6: 53_000_000, LonE6: 1}
		p.Order.Lines = []ledger.Line{{SKU: "TAP", Qty: 1}, {SKU: "SINK", Qty: 1}}
		if out, _ := c.tries(p, true); out.Err != nil {
			t.Fatal(out.Err)
		}
		rec, _ := c.m.Order(p.Order.ID)
		for _, l := range rec.Lines {
			sites += string(l.Away[0].Site) + " "
		}
		return sites
	}
	if got := place(""); got != "bath bath " {
		t.Errorf("got %s, want one parcel from bath, far as it is", got)
	}
	if got := place("trade"); got != "hull york " {
		t.Errorf("trade: got %s, want the nearest", got)
	}
	c.converge()
}

func TestWhatAShopWishesToKeepIsTakenLast(t *testing.T) {
	c := newCompany(t, 1, "bath leeds york")
	c.sites["bath"].receive("TAP", 4)
	c.sites["leeds"].receive("TAP", 4)
	c.talk("bath", "leeds", "york")
	c.set(machine.SetSourcing{})
	lender := func(q ledger.Qty) ledger.SiteID {
		p := c.wish(q, ledger.Refuse)
		c.tries(p, false)
		r, ok := c.m.Request(machine.SubjectOfOrder(p.Order.ID, p.Key))
		if !ok {
			t.Fatal("nothing is borrowed")
		}
		c.tries(p, true) // nobody answers: it is refused
		c.talk("bath", "leeds")
		return r.Borrowed[0].Site
	}
	if got := lender(2); got != "bath" {
		t.Fatalf("got %s, want bath: the first by rank", got)
	}
	c.propose(&machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Site: "bath", Qty: 3}}, By: "beth", At: c.now})
	if got := lender(2); got != "leeds" {
		t.Errorf("got %s, want leeds: bath wishes to keep three of four", got)
	}
	if got := lender(1); got != "bath" {
		t.Errorf("got %s, want bath: one is more than it wishes to keep", got)
	}
	// What bath must not lend stays anyway: two of the three that it wishes to keep.
	c.propose(&machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Site: "bath", Qty: 2}}, By: "beth", At: c.now})
	if got := lender(1); got != "bath" {
		t.Errorf("got %s, want bath still: it lends one of the two that it may", got)
	}
	c.converge()
}

func TestUnderProtectShopsAShopKeepsAllThatAnotherCanServe(t *testing.T) {
	c := newCompany(t, 1, "bath leeds* hull*")
	c.sites["bath"].receive("TAP", 4)
	c.sites["bath"].receive("SINK", 4)
	c.sites["leeds"].receive("TAP", 4)
	c.sites["hull"].receive("SINK", 4)
	c.talk("bath", "leeds", "hull")
	c.set(machine.SetSourcing{})
	parcels := func() int {
		p := c.wish(1, ledger.Refuse)
		p.Order.Lines = []ledger.Line{{SKU: "TAP", Qty: 1}, {SKU: "SINK", Qty: 1}}
		if out, done := c.tries(p, false); !done {
			c.tries(p, true)
			c.talk("bath", "leeds", "hull")
			return 1 // borrowed from bath alone
		} else if out.Err != nil {
			t.Fatal(out.Err)
		}
		return 2
	}
	if got := parcels(); got != 1 {
		t.Errorf("fewest parcels: got %d, want 1, lent by bath", got)
	}
	c.propose(&machine.SetPolicy{Preset: "protect_shops", By: "beth", At: c.now})
	if got := parcels(); got != 2 {
		t.Errorf("protect shops: got %d, want 2 from the warehouses", got)
	}
	c.converge()
}

func TestWhatHasLainTooLongGoesFirst(t *testing.T) {
	c := sourced(t)
	c.propose(&machine.SetPolicy{Preset: "clear_old", Rules: []machine.Rule{{Kind: machine.RuleClearOut, Site: "york", SKU: "TAP", Qty: 1}}, By: "beth", At: c.now})
	if got, _ := c.from(func(*ledger.Order) {}); got != "york" {
		t.Errorf("got %s, want york, where one has lain too long", got)
	}
	c.converge()
}

func TestASiteThatIsCutOffServesLast(t *testing.T) {
	c := sourced(t)
	c.now = c.now.Add(time.Minute)
	c.talk("york") // hull is not heard of any more
	if got, why := c.from(func(*ledger.Order) {}); got != "york" || !strings.Contains(why, "cut off") {
		t.Errorf("got %s (%s), want york: hull is cut off", got, why)
	}
	if got, _ := c.from(func(o *ledger.Order) { o.Lines[0].Qty = 12 }); got != "yorkhull" && got != "hullyork" {
		t.Errorf("got %s, want both: what head office holds at hull can be promised", got)
	}
	c.talk("hull", "york", "leeds")
	c.converge()
}

// An order that was taken without a promise waits where it could be served on another day.
func TestNothingIsDeclinedBecauseASiteIsClosedToday(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds")
	c.sites["hull"].receive("TAP", 5)
	c.talk("hull", "leeds")
	c.terms(machine.Terms{Site: "hull", Closed: 1 << time.Monday})
	id := c.takesUnsure("leeds", 2, 0)
	c.releases(60)
	c.stands("leeds", id, ledger.StatusUnconfirmed)
	c.now = c.now.Add(24 * time.Hour)
	c.talk("hull", "leeds")
	c.releases(3)
	c.stands("leeds", id, ledger.StatusAllocated)
	c.converge()
}

func TestWhatDecidedIsKept(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds* york*")
	c.sites["hull"].receive("TAP", 4)
	c.sites["hull"].receive("SINK", 4)
	c.sites["leeds"].receive("TAP", 4)
	c.sites["york"].receive("SINK", 4)
	c.talk("hull", "leeds", "york")
	decided := func() allocate.Decision {
		p := c.wish(1, ledger.Refuse)
		p.Order.Lines = []ledger.Line{{SKU: "TAP", Qty: 1}, {SKU: "SINK", Qty: 1}}
		if out, _ := c.tries(p, true); out.Err != nil {
			t.Fatal(out.Err)
		}
		e, _ := c.m.Explained(p.Order.ID)
		x, err := e.Explain.Open()
		if err != nil {
			t.Fatal(err)
		}
		return x.Decision
	}
	if d := decided(); d.Visits != 0 {
		t.Errorf("got %+v before every server knows it, want none", d)
	}
	c.set(machine.SetSourcing{})
	if d := decided(); !slices.Equal(d.Sites, []ledger.SiteID{"hull"}) || !slices.Equal(d.Other, []ledger.SiteID{"leeds", "york"}) || d.Decided != allocate.Parcels {
		t.Errorf("got %+v, want hull before leeds and york, by parcels", d)
	}
	c.converge()
}
