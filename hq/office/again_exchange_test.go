package office_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// does has a round of planning again, and holds what came of it against want.
func (s *story) does(want office.Replanned, away ...string) {
	s.t.Helper()
	got := s.again(away...)
	got.Looked, want.Rounds = 0, 1
	if got != want {
		s.fail("got %+v, want %+v", got, want)
	}
}

// TestTwoOrdersChangeWhatSavesAParcel: b has all its parcels before and after, and is served no worse; a does without one. Neither
// has less at any moment.
func TestTwoOrdersChangeWhatSavesAParcel(t *testing.T) {
	s := play(t, "hull* york*", `
		receive hull 1 TAP
		receive york 1 PIPE
		talk hull york
		order a hq refuse 1 TAP 1 PIPE
		try a                    => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
		receive york 1 TAP
		receive hull 1 PIPE
		talk york hull york hull
		order b hq refuse 1 TAP 1 PIPE
		try b                    => allocated | TAP here=0 york=1 | PIPE here=0 hull=1
		talk hull york hull york`)
	s.does(office.Replanned{Exchanged: 1, Parcels: 2})
	s.tell(`
		queue hull               => release
		queue york               => release
		talk york york
		is a                     => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
		is b                     => allocated | TAP here=0 york=1 | PIPE here=0 hull=1`)
	s.restore()
	s.does(office.Replanned{}) // it is under way
	s.tell(`
		order c hq refuse 1 TAP
		last-try c               => short 0 of 1 TAP
		stock york TAP           => available=0 held=0 tied=0 holds=1 drawn=0
		talk hull hull
		is a                     => allocated | TAP here=0 york=1 | PIPE here=0 york=1
		is b                     => allocated | TAP here=0 hull=1 | PIPE here=0 hull=1
		talk hull york hull york`)
	id := s.orders["a"].placing.Order.ID
	if r, _ := s.m.Revised(id); r == nil || r.Moves != 1 || !strings.Contains(r.Why, "in exchange with order HQ-00000") || !strings.HasSuffix(r.Why, "2 parcels fewer in all") {
		t.Errorf("got %+v, want the exchange and why", r)
	}
	s.does(office.Replanned{})
	s.converge()
}

// lopsided is an order a in two parcels, and b in one, which has from york what a wants from there. The first site is the nearest.
func lopsided(t *testing.T, sites string, change func(b *ledger.Order)) *story {
	s := play(t, sites, `
		receive hull 1 TAP
		receive york 1 PIPE
		talk hull york
		order a hq refuse 1 TAP 1 PIPE`)
	s.orders["a"].placing.Order.Class = "gold"
	s.tell(`
		try a                    => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
		receive york 1 TAP
		talk york hull york
		order b hq refuse 1 TAP`)
	if change != nil {
		change(&s.orders["b"].placing.Order)
	}
	s.tell(`
		try b                    => allocated | TAP here=0 york=1
		talk hull york hull york`)
	return s
}

// TestAnOrderThatGainsNothingIsServedNoWorse: b goes from york to hull only where that is as good for it by all that a plan is
// weighed by, where its class may be moved, and where both sites answer.
func TestAnOrderThatGainsNothingIsServedNoWorse(t *testing.T) {
	s := lopsided(t, "hull* york*", nil)
	s.does(office.Replanned{Exchanged: 1, Parcels: 1})
	s.tell(`
		talk york hull york hull york hull
		is a                     => allocated | TAP here=0 york=1 | PIPE here=0 york=1
		is b                     => allocated | TAP here=0 hull=1`)
	s.converge()

	for again, want := range map[machine.Again]int{machine.AgainImprove: 0, machine.AgainMayMove: 1} { // hull is farther from b
		s = lopsided(t, "hull* york*", func(b *ledger.Order) {
			b.Class, b.ShipTo = "vip", ledger.Address{Country: "GB", LatE6: 53_959_965, LonE6: -1_087_298}
		})
		s.classes(machine.Class{Name: "gold"}, machine.Class{Name: "vip", Again: again})
		s.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "york", LatE6: 53_959_965, LonE6: -1_087_298}, {Site: "hull", LatE6: 53_745_671, LonE6: -336_741}}})
		if got := s.again(); got.Exchanged != want {
			t.Errorf("%s: got %+v, want %d exchanged", again, got, want)
		}
	}

	for name, spoil := range map[string]func(*story){
		"":                     func(s *story) { s.terms(machine.Terms{Site: "hull", TravelDays: 2}) },
		"hull sends nothing":   func(s *story) { s.terms(machine.Terms{Site: "hull", NoDeliver: true}) },
		"hull has no taps now": func(s *story) { s.terms(machine.Terms{Site: "hull", SKUs: []ledger.SKU{"TAP"}}) },
		"hull is too late":     func(s *story) { s.terms(machine.Terms{Site: "hull", TravelDays: 9}) },
		"hull serves no vip":   func(s *story) { s.terms(machine.Terms{Site: "hull", Classes: []string{"vip"}}) },
		"vip is pinned":        func(s *story) { s.classes(machine.Class{Name: "vip", Again: machine.AgainPinned}) },
	} {
		s := lopsided(t, "hull* york*", func(b *ledger.Order) {
			b.Class, b.NeedBy = "vip", s.now.AddDate(0, 0, 3).Format(time.DateOnly)
		})
		spoil(s)
		if got := s.again(); got.Exchanged == 1 != (name == "") {
			t.Errorf("%q: got %+v, want it exchanged only where nothing stands against it", name, got)
		}
	}
	s = lopsided(t, "hull* york*", nil)
	s.does(office.Replanned{}, "york")
	s.does(office.Replanned{}, "hull")
	s.does(office.Replanned{Exchanged: 1, Parcels: 1})
	s.tell("talk york hull york hull york hull")
	s.converge()
}

// TestOrdersThatWereMovedTwiceTodayChangeNothing, and no more, both of them.
func TestOrdersThatWereMovedTwiceTodayChangeNothing(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		s := lopsided(t, "hull* york* bath*", nil)
		s.tell("receive bath 1 TAP\nreceive bath 1 PIPE\ntalk bath bath")
		id := s.orders[name].placing.Order.ID
		for range machine.MovesMax { // its tap goes there and back
			o, _ := s.m.Order(id)
			from, to := o.Lines[0].Away[0].Site, ledger.SiteID("bath")
			if from == to {
				to = map[string]ledger.SiteID{"a": "hull", "b": "york"}[name]
			}
			leg := func(site ledger.SiteID) []allocate.Leg {
				return []allocate.Leg{{Line: 1, SKU: "TAP", Site: site, Qty: 1}}
			}
			s.propose(&machine.Move{Order: id, Plans: o.Plans, Drop: leg(from), Legs: leg(to), Why: "by hand", At: s.now})
			s.tell("talk hull york bath hull york bath")
		}
		s.tell(`
			order c hq refuse 1 TAP 1 PIPE at bath
			try c                    => allocated | TAP here=0 bath=1 | PIPE here=0 bath=1
			talk bath bath`)
		s.does(office.Replanned{})
		s.now = s.now.AddDate(0, 0, 1)
		s.does(office.Replanned{Exchanged: 1, Parcels: 1})
		s.tell("talk york hull york hull york hull")
		s.converge()
	}
}

// TestAnExchangeIsCalledOffWhereASiteKeepsItsPart: york rejects what it was to let go before it hears of it. Hull, which has let go
// already, reserves it again for the order that had it.
func TestAnExchangeIsCalledOffWhereASiteKeepsItsPart(t *testing.T) {
	s := lopsided(t, "hull* york*", nil)
	s.does(office.Replanned{Exchanged: 1, Parcels: 1})
	s.tell(`
		talk hull hull
		is a                     => allocated | TAP here=0 hull=1 | PIPE here=0 york=1`)
	if out := s.sites["york"].do(&ledger.RejectLeg{Order: s.orders["b"].placing.Order.ID, Reason: "bent"}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.tell(`
		talk york york hull hull
		is a                     => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
		is b                     => backordered | TAP here=0 waits=1
		stock hull TAP           => available=0 held=0 tied=0 holds=0 drawn=0`)
	s.sameTwin()
}

// TestWhatIsOnItsWayIsWithdrawnBehindItsReserve: a leg whose site has not carried out its reserve is let go by a release that
// follows it in the site's queue; what comes of the two the site's entries say, one after the other.
func TestWhatIsOnItsWayIsWithdrawnBehindItsReserve(t *testing.T) {
	s := play(t, "hull* york*", `
		receive hull 2 TAP
		receive york 1 PIPE
		talk hull york
		order web hq refuse 2 TAP 1 PIPE
		try web                  => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		receive hull 1 PIPE
		talk hull
		queue york               => reserve`)
	s.does(office.Replanned{Moved: 1, Parcels: 1})
	s.tell(`
		queue york               => reserve release
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		talk york york
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 hull=1
		stock york PIPE          => available=0 held=1 tied=0 holds=0 drawn=0`)
	s.converge()
}

// TestABookTakesNoNoteOfWhatDoesNotWait is why orders of a site's are not moved: their book would have to lose the old site before it
// can note the new one, and stands as waiting between the two.
func TestABookTakesNoNoteOfWhatDoesNotWait(t *testing.T) {
	s := play(t, "hull* york* leeds", `
		receive hull 1 TAP
		receive york 1 TAP
		talk hull york leeds`)
	leeds, id := s.sites["leeds"], s.orderID()
	leeds.do(&ledger.Place{Order: ledger.Order{ID: id, Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Anywhere: true, TakenAt: s.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}})
	s.tell("talk leeds\nrelease\ntalk leeds hull york leeds")
	o, _ := leeds.core.State.Order(id)
	if len(o.Lines[0].Away) != 1 {
		t.Fatalf("got %+v, want it served from elsewhere", o.Lines[0])
	}
	from, to := o.Lines[0].Away[0].Site, ledger.SiteID("york")
	if from == to {
		to = "hull"
	}
	obeys := func(kind ledger.CommandKind, site ledger.SiteID, name string) *ledger.ObeyedBody {
		at := leeds.core.State.Commands
		c := ledger.HQCommand{H: at.H, Number: at.Number + 1, ID: name, Kind: kind, Order: id, Owner: "leeds", Site: site, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 1}}}
		c.Hash = ledger.ChainCommand(at.Hash, &c)
		return leeds.core.Decide(&ledger.Obey{Command: c}, s.now).Entry.Body.(*ledger.ObeyedBody)
	}
	if b := obeys(ledger.CommandNote, to, "a"); b.Refused != ledger.RefusedCanceled {
		t.Errorf("the note first: got %q, want it refused", b.Refused)
	}
	obeys(ledger.CommandLose, from, "b")
	if o, _ := leeds.core.State.Order(id); o.Status != ledger.StatusBackordered || o.Lines[0].Promised() != 0 {
		t.Errorf("got %s with %d promised, want it to wait between the two", o.Status, o.Lines[0].Promised())
	}
	obeys(ledger.CommandNote, to, "c")
	if o, _ := leeds.core.State.Order(id); o.Status != ledger.StatusAllocated {
		t.Errorf("got %s, want it served again", o.Status)
	}
}
