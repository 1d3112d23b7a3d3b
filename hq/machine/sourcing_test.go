package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// set changes sourcing and expects that it is taken.
func (b *bench) set(c machine.SetSourcing) {
	b.t.Helper()
	c.By, c.At = "beth", at
	b.ok(&c)
}

// placed is a plan for one unit of TAP-22 from hull, as if it had been made at a moment.
func placed(n int, when time.Time) *machine.Place {
	id := ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-0000000000%02x", n))
	return &machine.Place{Order: order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest(string(id)), Request: digest("r"),
		Legs: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 1}}, At: when}
}

func TestPlansInFlightNeverExceedADaysCapacity(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 2}}})
	// All three were planned when the day was empty; the second and third stand in one group.
	b.ok(placed(1, at))
	res := b.ok(&machine.Group{Members: []machine.Command{placed(2, at), placed(3, at)}})
	if res.Group[0].Err != nil || !errors.Is(res.Group[1].Err, machine.ErrConflict) {
		t.Errorf("got %v, then %v; want the second taken and the third a conflict", res.Group[0].Err, res.Group[1].Err)
	}
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 7 {
		t.Errorf("got %d held, want 7: what conflicts takes nothing", s.Held)
	}
	if _, ok := b.m.Order(placed(3, at).Order.ID); ok {
		t.Error("an order beyond the day's capacity was recorded")
	}
	b.ok(placed(3, at.Add(24*time.Hour))) // the next day is empty
	if got := [2]int{b.m.LoadOf("hull", machine.DayOf(at)), b.m.LoadOf("hull", machine.DayOf(at)+1)}; got != [2]int{2, 1} {
		t.Errorf("got %v parcels on two days, want 2 and 1", got)
	}
}

func TestAFillAndAYesTakeUpCapacityToo(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.talk("leeds")
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 2}}})
	waits := placed(1, at)
	waits.Order.Shortage, waits.Legs = ledger.Backorder, nil
	b.ok(waits)
	leg := placed(1, at).Legs
	b.ok(&machine.Fill{Order: waits.Order.ID, Legs: leg, At: at})
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1})}, at)
	hold := &machine.Hold{Ask: out.Entry.Body.(*ledger.OrderBody).Ask, Order: orderB, Head: leeds.Head().Position, Legs: leg, Deadline: at.Add(time.Second), At: at}
	b.ok(hold)
	if res := b.apply(placed(2, at)); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("got %v, want a conflict: a fill and a hold have filled the day", res.Err)
	}
	if res := b.apply(hold); res.Err != nil || !res.Replayed {
		t.Errorf("got %+v, want the same yes again, which counts once", res)
	}
}

func TestAnAmendmentAndAMoveTakeUpCapacityWhereTheyMakeAParcel(t *testing.T) {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.site(id, false)
		b.receive(id, 9, "TAP-22")
		b.talk(id)
	}
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 1}}})
	there, other := placed(1, at), placed(2, at)
	there.Order.Lines[0].Qty, there.Legs = 2, []allocate.Leg{legOf("hull", 1), legOf("york", 1)}
	other.Legs = []allocate.Leg{legOf("york", 1)}
	b.ok(there) // the one parcel of the day
	b.ok(other)
	amend := func(p *machine.Place, to ledger.Qty, from ledger.SiteID, when time.Time) *machine.Amend {
		key := digest(fmt.Sprint(p.Order.ID, to, from, when))
		return &machine.Amend{Order: p.Order.ID, Version: b.m.VersionOf(p.Order.ID), Key: key, Request: key, Lines: []machine.AmendLine{{Line: 1, Qty: to}},
			Legs: []allocate.Leg{legOf(from, 1)}, At: when}
	}
	move := func(p *machine.Place, when time.Time) *machine.Move {
		o, _ := b.m.Order(p.Order.ID)
		return &machine.Move{Order: o.ID, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 1)}, Legs: []allocate.Leg{legOf("hull", 1)}, Why: "one parcel fewer", At: when}
	}
	full := func(what string, c machine.Command) {
		t.Helper()
		if res := b.apply(c); !errors.Is(res.Err, machine.ErrConflict) {
			t.Errorf("%s: got %v, want a conflict: the day is full", what, res.Err)
		}
	}
	parcels := func(what string, c machine.Command, want ...int) {
		t.Helper()
		b.ok(c)
		if got := []int{b.m.LoadOf("hull", today), b.m.LoadOf("hull", today+1), b.m.LoadOf("hull", today+2)}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v parcels by day, want %v", what, got, want)
		}
	}
	full("an amendment that makes a parcel", amend(other, 2, "hull", at))
	full("a move that makes a parcel", move(other, at))
	parcels("an amendment from elsewhere", amend(other, 2, "york", at), 1, 0, 0)
	parcels("an amendment of the parcel that is there", amend(there, 3, "hull", at), 1, 0, 0)
	parcels("a move into the parcel that is there", move(there, at), 1, 0, 0)
	tomorrow := at.Add(24 * time.Hour)
	parcels("a move on a day with room", move(other, tomorrow), 1, 1, 0)
	parcels("an amendment of what the move brings", amend(other, 3, "hull", tomorrow.Add(24*time.Hour)), 1, 1, 0)
	b.talk("york")
	b.talk("hull")
	last := placed(3, at)
	last.Legs[0].Site = "york"
	b.ok(last)
	parcels("an amendment on a day with room", amend(last, 2, "hull", tomorrow.Add(24*time.Hour)), 1, 1, 1)
	b.restarts()
}

func TestAnOrderTakesUpTheDayOnWhichItsSiteOpens(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	today := machine.DayOf(at) // a Monday
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 1, Closed: 1 << time.Monday, Holidays: []machine.Day{today + 1}}}})
	b.ok(placed(1, at))
	if got := b.m.LoadOf("hull", today+2); got != 1 {
		t.Errorf("got %d parcels on Wednesday, want the one of Monday's order", got)
	}
	if res := b.apply(placed(2, at.Add(24*time.Hour))); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("got %v, want a conflict: Wednesday has its parcel", res.Err)
	}
}

func TestWorkAndTravelGoByTheCalendar(t *testing.T) {
	monday := machine.DayOf(at)
	weekend := uint8(1<<time.Saturday | 1<<time.Sunday)
	for name, c := range map[string]struct {
		terms machine.Terms
		on    machine.Day
		sent  bool
		want  machine.Day
	}{
		"nothing is set":                       {machine.Terms{}, monday, true, monday},
		"two days of work":                     {machine.Terms{ShipDays: 2}, monday, true, monday + 2},
		"over a weekend":                       {machine.Terms{ShipDays: 2, Closed: weekend}, monday + 4, true, monday + 8},
		"taken on a Sunday":                    {machine.Terms{Closed: weekend, ShipDays: 1}, monday + 6, true, monday + 8},
		"a carrier works on Sundays":           {machine.Terms{Closed: weekend, TravelDays: 2}, monday + 4, true, monday + 6},
		"what is collected does not travel":    {machine.Terms{TravelDays: 2}, monday, false, monday},
		"a holiday":                            {machine.Terms{Holidays: []machine.Day{monday, monday + 1}, ShipDays: 1}, monday, true, monday + 3},
		"closed for good: as if it were today": {machine.Terms{Closed: 127}, monday, true, monday},
	} {
		if got := c.terms.Arrival(c.on, c.sent); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestTheNearestRowOfTheZoneTableCounts(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	gb := func(prefix string, site ledger.SiteID, group string, cost int64) machine.Zone {
		return machine.Zone{Area: machine.Area{Country: "gb", Prefix: prefix}, Site: site, Group: group, Cost: cost}
	}
	b.set(machine.SetSourcing{Zones: []machine.Zone{gb("", "", "", 50), gb("", "", "north", 40), gb("yo", "", "", 30), gb("yo", "hull", "", 20), gb("yo1 9", "york", "", 5)}})
	for name, c := range map[string]struct {
		to    ledger.Address
		site  ledger.SiteID
		group string
		want  int64
	}{
		"the longest postcode":          {ledger.Address{Country: "GB", Postcode: "yo19 4dx"}, "york", "north", 5},
		"the site before its group":     {ledger.Address{Country: "GB", Postcode: "YO8 1AA"}, "hull", "north", 20},
		"the postcode before the group": {ledger.Address{Country: "GB", Postcode: "YO8 1AA"}, "york", "north", 30},
		"the group before everywhere":   {ledger.Address{Country: "gb", Postcode: "LS1"}, "york", "north", 40},
		"everywhere":                    {ledger.Address{Country: "GB"}, "bath", "", 50},
	} {
		tariff := b.m.TariffTo(&c.to)
		if tariff == nil {
			t.Fatalf("%s: got no tariff", name)
		}
		if got := tariff.From(c.site, c.group); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	if got := b.m.TariffTo(&ledger.Address{Country: "FR"}); got != nil {
		t.Errorf("got %+v for a country that no row names, want none", got)
	}
	b.set(machine.SetSourcing{Zones: []machine.Zone{gb("", "", "", -1), gb("yo19", "york", "", -1), gb("yo", "hull", "", -1), gb("yo", "", "", -1)}})
	if got := b.m.TariffTo(&ledger.Address{Country: "GB", Postcode: "YO8"}).From("bath", ""); got != 40 {
		t.Errorf("got %d from a site that no row speaks of, want the dearest, 40", got)
	}
}

func TestTermsAreKeptWithTheirHistory(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	terms := machine.Terms{Site: "hull", Capacity: 40, SKUs: []ledger.SKU{"B", "A", "B"}}
	for range 2 {
		b.set(machine.SetSourcing{Terms: []machine.Terms{terms}})
	}
	if got := b.m.TermsOf("hull"); got == nil || !reflect.DeepEqual(got.SKUs, []ledger.SKU{"A", "B"}) || got.Set.By != "beth" {
		t.Errorf("got %+v, want A and B not served, set by beth", got)
	}
	terms.Capacity, terms.Stopped = 30, "flooded"
	b.set(machine.SetSourcing{Terms: []machine.Terms{terms}, Presets: []machine.PresetFor{{Class: "trade", Channel: "web", Preset: "nearest"}}})
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull"}}, Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Site: "hull", Cost: 3}}})
	var got []string
	for _, c := range b.m.Changes(0, 20) {
		got = append(got, fmt.Sprintf("%s %s: %s > %s", c.Site, c.What, c.From, c.To))
	}
	want := []string{"hull zone:  > GB: 3", "hull skus_not: A, B > ", "hull capacity: 30 > ", "hull stopped: flooded > ", " preset.trade/web:  > nearest",
		"hull capacity: 40 > 30", "hull stopped:  > flooded", "hull skus_not:  > A, B", "hull capacity:  > 40"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if b.m.TermsOf("hull") != nil || b.m.AnyTerms() {
		t.Error("terms that keep a site from nothing are kept")
	}
}

func TestListsThatReadAlikeAreNotTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		was, is  machine.Terms
		from, to string
	}{
		"customers": {machine.Terms{Customers: []string{"Jones", "Smith"}}, machine.Terms{Customers: []string{"Jones, Smith"}}, "Jones, Smith", "Jones, Smith"},
		"classes":   {machine.Terms{Classes: []string{"a", "b", "c"}}, machine.Terms{Classes: []string{"a, b", "c"}}, "a, b, c", `"a, b", c`},
		"areas":     {machine.Terms{Areas: []machine.Area{{Country: "GB"}, {Country: "NL"}}}, machine.Terms{Areas: []machine.Area{{Country: "GB, NL"}}}, "GB, NL", "GB, NL"},
		"an area":   {machine.Terms{Areas: []machine.Area{{Country: "GB", Prefix: "YO"}}}, machine.Terms{Areas: []machine.Area{{Country: "GB YO"}}}, "GB YO", "GB YO"},
	} {
		b := newBench(t)
		b.site("hull", false)
		c.was.Site, c.is.Site = "hull", "hull"
		b.set(machine.SetSourcing{Terms: []machine.Terms{c.was}})
		b.set(machine.SetSourcing{Terms: []machine.Terms{c.is}})
		got := b.m.TermsOf("hull")
		if c.is.Set = got.Set; !reflect.DeepEqual(*got, c.is) {
			t.Errorf("%s: got %+v, want %+v", name, *got, c.is)
		}
		if last := b.m.Changes(0, 1)[0]; last.From != c.from || last.To != c.to {
			t.Errorf("%s: got %q > %q in the history, want %q > %q", name, last.From, last.To, c.from, c.to)
		}
		b.restarts()
	}
}

func TestALongListStandsInTheHistoryWithItsBeginning(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	terms := machine.Terms{Site: "hull"}
	for i := range machine.ExceptedMax {
		terms.Customers = append(terms.Customers, fmt.Sprintf("%04d, Smith", i))
	}
	b.set(machine.SetSourcing{Terms: []machine.Terms{terms}})
	if to := b.m.Changes(0, 1)[0].To; len(to) > 420 || !strings.HasPrefix(to, `"0000, Smith", "0001, `) || !strings.HasSuffix(to, " ... (1000 in all)") {
		t.Errorf("got %q, want the beginning, and 1000 in all", to)
	}
}

func TestThePresetOfAClassComesBeforeThatOfAChannel(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.SetPolicy{Preset: "nearest", By: "beth", At: at})
	b.set(machine.SetSourcing{Presets: []machine.PresetFor{{Class: "trade", Preset: "clear_old"}, {Channel: "web", Preset: "protect_shops"}, {Class: "trade", Channel: "phone", Preset: "fewest_parcels"}}})
	for name, c := range map[string][3]string{
		"neither":  {"", "till", "nearest"},
		"class":    {"trade", "web", "clear_old"},
		"channel":  {"staff", "web", "protect_shops"},
		"both":     {"trade", "phone", "fewest_parcels"},
		"no class": {"", "web", "protect_shops"},
	} {
		if got := b.m.PresetFor(&ledger.Order{Class: c[0], Channel: ledger.Channel(c[1])}); got != c[2] {
			t.Errorf("%s: got %q, want %q", name, got, c[2])
		}
	}
}

func TestAPresetOfAClassIsToldFromThatOfAChannel(t *testing.T) {
	b := newBench(t)
	b.set(machine.SetSourcing{Presets: []machine.PresetFor{{Class: "web", Preset: "nearest"}, {Channel: "web", Preset: "clear_old"}, {Class: "trade", Channel: "web", Preset: "nearest"},
		{Class: "trade/web", Preset: "nearest"}}})
	var got []string
	for _, c := range b.m.Changes(0, 9) {
		got = append(got, c.What)
	}
	if want := []string{"preset.trade/web/", "preset.trade/web", "preset./web", "preset.web"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q in the history, want %q", got, want)
	}
	b.restarts()
}

func TestSourcingThatIsNoneIsRefused(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	hull := func(t machine.Terms) machine.SetSourcing {
		t.Site = "hull"
		return machine.SetSourcing{Terms: []machine.Terms{t}, By: "beth"}
	}
	for name, c := range map[string]machine.SetSourcing{
		"nobody":             {},
		"no such site":       {Terms: []machine.Terms{{Site: "bath", Capacity: 1}}, By: "beth"},
		"below the pole":     hull(machine.Terms{LatE6: -90_000_001}),
		"an eighth weekday":  hull(machine.Terms{Closed: 128}),
		"capacity below 0":   hull(machine.Terms{Capacity: -1}),
		"waits for ever":     hull(machine.Terms{WaitDays: 61}),
		"a day before 1970":  hull(machine.Terms{Holidays: []machine.Day{-1}}),
		"nobody as customer": hull(machine.Terms{Customers: []string{""}}),
		"no country":         hull(machine.Terms{Areas: []machine.Area{{Prefix: "YO"}}}),
		"a zone of nowhere":  {Zones: []machine.Zone{{Cost: 1}}, By: "beth"},
		"a site and a group": {Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Site: "hull", Group: "north"}}, By: "beth"},
		"below free":         {Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Cost: -2}}, By: "beth"},
		"a preset of all":    {Presets: []machine.PresetFor{{Preset: "nearest"}}, By: "beth"},
	} {
		before := encode(t, b.m)
		if res := b.apply(&c); res.Err == nil {
			t.Errorf("%s: got no error", name)
		}
		if after := encode(t, b.m); len(before) != len(after) {
			t.Errorf("%s: it has changed the state", name)
		}
	}
}

func TestGoodsAreClearedOutOnlyOnceEveryServerKnows(t *testing.T) {
	b := newBench(t)
	rule := &machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleClearOut, SKU: "TAP-22", Qty: 4}}, By: "beth", At: at}
	if res := b.apply(rule); res.Err == nil {
		t.Error("got no error, want it refused as an older build does")
	}
	b.set(machine.SetSourcing{})
	b.ok(rule)
	if got := b.m.RuleFor(machine.RuleClearOut, "hull", "TAP-22"); got != 4 {
		t.Errorf("got %d to be cleared out, want 4", got)
	}
}

func FuzzReasons(f *testing.F) {
	e := allocate.Explanation{Lines: []allocate.LineExplanation{{Line: 1, Chosen: []ledger.Leg{{Site: "hull", Qty: 2}}}}}
	for visits := range 2 {
		e.Decision.Visits = visits
		c := placed(1, at)
		c.Explain = machine.ReasonsOf(e)
		f.Add(machine.Marshal(c))
	}
	f.Fuzz(func(t *testing.T, cmd []byte) {
		c, err := machine.Unmarshal(cmd)
		if p, ok := c.(*machine.Place); err == nil && ok {
			if got, err := p.Explain.Open(); err == nil {
				if again, err := machine.ReasonsOf(got).Open(); err != nil || !reflect.DeepEqual(again, got) {
					t.Errorf("got %+v (%v), want %+v", again, err, got)
				}
			}
		}
	})
}

// A decision is packed behind a number; the form before it is still written where there is none, and read.
func TestWhatDecidedAPlanKeepsItsBytes(t *testing.T) {
	e := allocate.Explanation{Lines: []allocate.LineExplanation{{Line: 1, Candidates: []allocate.Choice{{Site: "hull", Promisable: 5, Score: 1, Why: "chosen"}}, Chosen: []ledger.Leg{{Site: "hull", Qty: 2}}}},
		Decision: allocate.Decision{Preset: allocate.Nearest, Sites: []ledger.SiteID{"hull"}, Other: []ledger.SiteID{"leeds", "york"}, Decided: allocate.Parcels, Unproved: true, Visits: 7}}
	e.Decision.Score[allocate.Parcels], e.Decision.OtherHas[allocate.Parcels] = 1, 2
	c := placed(1, at)
	c.Explain = machine.ReasonsOf(e)
	back, err := machine.Unmarshal(golden(t, "command_place_decided", machine.Marshal(c)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.(*machine.Place).Explain.Open()
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("got %+v (%v), want %+v", got, err, e)
	}
	e.Decision = allocate.Decision{}
	if got, err := machine.ReasonsOf(e).Open(); err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("without a decision: got %+v (%v), want %+v", got, err, e)
	}
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.ok(c)
	m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	if kept, ok := m.Explained(c.Order.ID); !ok || opened(t, kept).Decision.Decided != allocate.Parcels {
		t.Errorf("got %+v in a restored machine, want what decided", kept)
	}
}
