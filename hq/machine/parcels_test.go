package machine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// limited is a company whose warehouses are given at most so many parcels a day.
func limited(t testing.TB, capacity int, warehouses ...ledger.SiteID) *bench {
	t.Helper()
	b := company(t, warehouses...)
	b.agrees()
	for _, id := range warehouses {
		b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: id, Capacity: capacity}}})
	}
	return b
}

// agrees has every server be of this build.
func (b *bench) agrees() { b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at}) }

func (b *bench) cancels(id ledger.OrderID) {
	b.t.Helper()
	b.ok(&machine.Cancel{Order: id, Key: digest("c" + string(id)), Request: digest("c"), At: at})
}

// loads expects how many parcels a site was given for today.
func (b *bench) loads(when string, site ledger.SiteID, want int) {
	b.t.Helper()
	if got := b.m.LoadOf(site, machine.DayOf(at)); got != want {
		b.t.Errorf("%s: got %d parcels of %s today, want %d", when, got, site, want)
	}
}

func TestACancelledOrderGivesTheParcelBackWhenItsSiteSaysSo(t *testing.T) {
	b := limited(t, 1, "hull")
	b.ok(placed(1, at))
	b.cancels(placed(1, at).Order.ID)
	b.loads("cancelled, and the site may be at work on it", "hull", 1)
	b.restarts()
	said := b.obeys("hull")
	b.ok(said)
	b.loads("let go", "hull", 0)
	b.ok(said) // the push comes again
	b.loads("said twice", "hull", 0)
	b.ok(placed(2, at))
	b.loads("given to another", "hull", 1)
	b.ok(said)
	b.loads("said once more", "hull", 1)
	b.talk("hull")
	b.audit()
}

func TestAParcelThatItsSiteRejectsIsGivenBack(t *testing.T) {
	b := limited(t, 2, "hull")
	b.ok(placed(1, at))
	b.talk("hull")
	b.decides("hull", &ledger.RejectLeg{Order: placed(1, at).Order.ID, Reason: "bent"})
	b.ok(b.cut("hull"))
	b.loads("the site serves nothing of it", "hull", 0)
	two := placed(2, at)
	two.Order.Lines[0].Qty, two.Legs = 2, []allocate.Leg{legOf("hull", 2)}
	b.ok(two)
	b.talk("hull")
	b.cancels(two.Order.ID)
	b.decides("hull", &ledger.RejectLeg{Order: two.Order.ID, Reason: "bent"}) // before it hears of the cancel
	b.talk("hull")
	b.loads("when it heard of the cancel nothing was there", "hull", 0)
}

func TestAnAmendmentGivesTheParcelBackWhereNothingOfItIsLeft(t *testing.T) {
	b := limited(t, 1, "hull", "york")
	p := placed(1, at)
	p.Order.Lines[0].Qty, p.Legs = 3, []allocate.Leg{legOf("york", 1), legOf("hull", 2)}
	b.ok(p)
	b.talk("hull")
	b.talk("york")
	amend := func(to ledger.Qty) {
		t.Helper()
		v := b.m.VersionOf(p.Order.ID)
		key := digest(fmt.Sprint(v))
		b.ok(&machine.Amend{Order: p.Order.ID, Version: v, Key: key, Request: key, Lines: []machine.AmendLine{{Line: 1, Qty: to}}, At: at})
		b.talk("hull")
		b.talk("york")
	}
	amend(2)
	b.loads("nothing left in it", "york", 0)
	amend(1)
	b.loads("one less in it", "hull", 1)
	b.audit()
}

func TestAMoveGivesTheParcelBackThatItEmpties(t *testing.T) {
	b := limited(t, 1, "hull", "york")
	b.ok(placed(1, at))
	b.talk("hull")
	o, _ := b.m.Order(placed(1, at).Order.ID)
	b.ok(&machine.Move{Order: o.ID, Plans: o.Plans, Drop: []allocate.Leg{legOf("hull", 1)}, Legs: []allocate.Leg{legOf("york", 1)}, Why: "nearer", At: at})
	b.loads("not let go yet", "hull", 1)
	b.loads("held for it", "york", 1)
	b.talk("hull")
	b.loads("let go", "hull", 0)
	b.loads("sent from there", "york", 1)
	b.talk("york")
	o, _ = b.m.Order(o.ID)
	b.ok(&machine.Move{Order: o.ID, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 1)}, Legs: []allocate.Leg{legOf("hull", 1)}, Why: "after all", At: at})
	b.cancels(o.ID)
	b.loads("the move ends with its order, and no site was told of it", "hull", 0)
	b.talk("york")
	b.talk("hull")
	b.loads("cancelled", "york", 0)
	b.audit()
}

func TestAnAskThatComesToNothingGivesItsParcelsBack(t *testing.T) {
	b := limited(t, 1, "hull")
	hold := func(id ledger.OrderID) *ledger.OrderBody {
		t.Helper()
		out := b.decides("leeds", &ledger.Place{AskHQ: true, Order: order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1})})
		body := out.Entry.Body.(*ledger.OrderBody)
		b.ok(&machine.Hold{Ask: body.Ask, Order: id, Head: b.cores["leeds"].Head().Position, Legs: []allocate.Leg{legOf("hull", 1)}, Deadline: at.Add(time.Second), At: at})
		return body
	}
	asked := hold(orderA)
	b.loads("a yes", "hull", 1)
	b.cores["leeds"].Decide(&ledger.AbandonAsk{Order: orderA, Ask: asked.Ask}, at)
	b.ok(b.cut("leeds"))
	b.loads("abandoned", "hull", 0)
	asked = hold(orderB)
	b.decides("leeds", &ledger.AcceptAsk{Order: orderB, Ask: asked.Ask, Legs: []ledger.AskLeg{{Line: 1, Site: "hull", Qty: 1}}})
	b.ok(b.cut("leeds"))
	b.talk("hull")
	b.loads("taken up", "hull", 1)
	b.decides("leeds", &ledger.CancelOrder{Order: orderB})
	b.ok(b.cut("leeds"))
	b.loads("cancelled at the shop", "hull", 1)
	b.talk("hull")
	b.loads("let go by the warehouse", "hull", 0)
	b.audit()
}

// A site that could not reserve has nothing to send, though it was told to let it go before it said so.
func TestARefusedReservationGivesItsParcelBack(t *testing.T) {
	b := limited(t, 1, "hull")
	b.ok(placed(1, at))
	b.breaks("hull")
	b.cancels(placed(1, at).Order.ID)
	b.talk("hull")
	b.loads("refused", "hull", 0)
}

// Head office may have gone back to before the cancel, or to before the order: a parcel is counted, and comes off its day, once.
func TestAfterANewLifeAParcelComesOffItsDayOnce(t *testing.T) {
	for name, row := range map[string]struct{ before func(*bench, []byte) []byte }{
		"before the order":  {func(b *bench, was []byte) []byte { return was }},
		"before the cancel": {func(b *bench, _ []byte) []byte { return encode(b.t, b.m) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := limited(t, 2, "hull")
			was := encode(t, b.m)
			b.ok(placed(1, at))
			was = row.before(b, was)
			reserved := b.obeys("hull")
			b.ok(reserved)
			b.goesBack(was)
			b.meets("hull", reserved)
			b.loads("learnt again", "hull", 1)
			b.attests("hull")
			b.attests("leeds")
			if name == "before the order" { // its client sends it again
				again := placed(1, at)
				again.Legs = nil
				b.ok(again)
			}
			b.cancels(placed(1, at).Order.ID)
			b.talk("hull")
			b.loads("let go", "hull", 0)
			b.audit()
		})
	}
}

func TestAForgottenCancelGivesTheParcelBackOnce(t *testing.T) {
	b := limited(t, 2, "hull")
	b.ok(placed(1, at))
	b.talk("hull")
	before := encode(t, b.m)
	b.cancels(placed(1, at).Order.ID)
	canceled := b.obeys("hull")
	b.ok(canceled)
	b.goesBack(before)
	b.loads("as in the backup", "hull", 1)
	b.meets("hull", canceled)
	b.loads("the cancel was carried out", "hull", 0)
	b.attests("hull")
	b.attests("leeds")
	b.ok(placed(2, at))
	b.loads("another", "hull", 1)
	b.talk("hull")
	b.audit()
}

// Before every server knows how, nothing comes off a day: an older build would hold another state.
func TestNothingIsGivenBackBeforeEveryServerKnowsHow(t *testing.T) {
	b := newBenchOf(t, ledger.KindLast)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 2}}})
	b.ok(placed(1, at))
	b.cancels(placed(1, at).Order.ID)
	b.talk("hull")
	b.loads("as before", "hull", 1)
	b.ok(&machine.Agree{Commands: machine.AgreeCommands, At: at})
	b.ok(placed(2, at))
	b.cancels(placed(2, at).Order.ID)
	b.talk("hull")
	b.loads("from here on", "hull", 1)
}

// What has left its day is forgotten, and terms that end take the parcels with them.
func TestParcelsOfDaysThatAreOverAreForgotten(t *testing.T) {
	b := agreedBench(t)
	b.site("hull", false)
	b.receive("hull", 250, "TAP-22")
	b.talk("hull")
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 9}}})
	for n := range 250 {
		b.ok(placed(n+1, at.Add(time.Duration(n)*24*time.Hour)))
	}
	if n := b.m.ParcelsForTest(); n > 10 {
		t.Errorf("got parcels of %d orders kept, want those of the last days", n)
	}
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull"}}})
	if n := b.m.ParcelsForTest(); n != 0 {
		t.Errorf("got parcels of %d orders of a site without terms", n)
	}
}

// Whatever happens to orders, in whatever turn: when all is said, what a day was given is what is to be sent of it, and Check holds what
// each row says against it after every command.
func TestADayIsGivenWhatIsLeftOfIt(t *testing.T) {
	for seed := range uint64(40) {
		b := limited(t, 50, "hull", "york")
		b.receive("hull", 90, "TAP-22")
		b.receive("york", 90, "TAP-22")
		b.talk("hull")
		b.talk("york")
		r := rand.New(rand.NewPCG(seed, 1))
		sites := []ledger.SiteID{"hull", "york"}
		for step := range 120 {
			id := placed(1+r.IntN(12), at).Order.ID
			o, known := b.m.Order(id)
			site := sites[r.IntN(2)]
			switch n := r.IntN(8); {
			case n < 3 && !known:
				p := placed(0, at)
				p.Order.ID, p.Key = id, digest(string(id))
				p.Order.Lines[0].Qty, p.Legs = 2, []allocate.Leg{legOf("hull", 1), legOf("york", 1)}
				if r.IntN(2) == 0 {
					p.Legs = []allocate.Leg{legOf(site, 2)}
				}
				b.apply(p)
			case n == 3 && known:
				b.apply(&machine.Cancel{Order: id, Key: digest("c" + string(id)), Request: digest("c"), At: at})
			case n == 4 && known:
				key := digest(fmt.Sprint(seed, step))
				b.apply(&machine.Amend{Order: id, Version: b.m.VersionOf(id), Key: key, Request: key, Lines: []machine.AmendLine{{Line: 1, Qty: ledger.Qty(r.IntN(3))}}, At: at})
			case n == 5 && known:
				other := sites[(slices.Index(sites, site)+1)%2]
				b.apply(&machine.Move{Order: id, Plans: o.Plans, Drop: []allocate.Leg{legOf(site, 1)}, Legs: []allocate.Leg{legOf(other, 1)}, Why: "nearer", At: at})
			case n == 6:
				b.cores[site].Decide(&ledger.RejectLeg{Order: id, Reason: "bent"}, at)
				b.ok(b.cut(site))
			default:
				b.ok(b.obeys(site))
			}
			if r.IntN(20) == 0 {
				b.restarts()
			}
		}
		for range 3 {
			b.talk("hull")
			b.talk("york")
		}
		for _, site := range sites {
			want := 0
			orders, _ := b.m.Orders("", 1000, nil)
			for _, o := range orders {
				if serves(o, site) {
					want++
				}
			}
			if got := b.m.LoadOf(site, machine.DayOf(at)); got != want {
				t.Fatalf("seed %d: got %d parcels of %s, %d orders are to be sent from there", seed, got, site, want)
			}
		}
	}
}

func serves(o *machine.Order, site ledger.SiteID) bool {
	for _, l := range o.Legs {
		if l.Site == site && l.State == machine.LegReserved {
			return true
		}
	}
	return false
}
