package machine_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// partly is a restored head office that has forgotten an order for 5 of a customer's, of which hull has 3 reserved. A check has stopped it when it was sent again.
func partly(t *testing.T) (b *bench, asked ledger.Order) {
	b = company(t, "hull", "york")
	b.agrees()
	before := encode(t, b.m)
	o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 5})
	o.Customer = "c-1"
	b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 hull 3"), At: at})
	told := b.obeys("hull")
	b.ok(told)
	b.goesBack(before)
	b.attests("hull", told)
	b.attests("york")
	b.attests("leeds")
	asked = waiting(o)
	if yes, can := b.m.AcceptedPart(&asked); !yes || !can {
		t.Fatalf("got %t, %t, want an order that was accepted in part", yes, can)
	}
	b.ok(&machine.Act{Hand: machine.Hand{By: "ann"}, Call: "POST /v1/orders", At: at, Member: &machine.AwaitWord{Order: asked, Key: digest("wait"), Request: digest("w"), At: at}})
	return b, asked
}

// A no gives up what nobody has reserved. A site that was waived tells of what it has reserved after that: that was accepted, and is served; whoever said no is told.
func TestANoDoesNotReachWhatAWaivedSiteHasReserved(t *testing.T) {
	for name, c := range map[string]struct {
		then         func(*bench)
		want         string
		after, twice int // told
	}{
		"it tells after the no": {func(*bench) {}, "5 TAP-22 5+0", 1, 0},
		"and head office starts between": {func(b *bench) {
			m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_denied", encode(t, b.m))))
			if err != nil {
				t.Fatal(err)
			}
			b.m = m
		}, "5 TAP-22 5+0", 1, 0},
		"it was served from elsewhere since": {func(b *bench) {
			b.ok(&machine.Amend{Order: orderA, Version: b.m.VersionOf(orderA), Key: digest("more"), Request: digest("m"), Lines: []machine.AmendLine{{Line: 1, Qty: 5}}, Legs: plan("1 TAP-22 hull 2"), At: at})
			b.ok(b.obeys("hull"))
		}, "5 TAP-22 5+0", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york")
			b.agrees()
			before := encode(t, b.m)
			o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 5})
			b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 hull 3", "1 TAP-22 york 2"), At: at})
			hulls, yorks := b.obeys("hull"), b.obeys("york")
			b.ok(hulls)
			b.ok(yorks)
			b.goesBack(before)
			b.attests("hull", hulls)
			b.attests("leeds")
			b.ok(&machine.Waive{Site: "york", By: "olga", Reason: "the line is down", At: at})
			b.ok(&machine.AwaitWord{Order: waiting(o), Key: digest("wait"), Request: digest("w"), At: at})
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), By: "beth", Reason: "too many", At: at})
			if got := b.wishOf(orderA); got != "3 TAP-22 3+0" {
				t.Fatalf("after the no: got %s", got)
			}
			c.then(b)
			b.attests("york", yorks)
			b.talk("hull")
			b.talk("york")
			if got := b.wishOf(orderA); got != c.want || len(b.raised("accepted_after_all")) != c.after || len(b.raised("reserved_twice")) != c.twice {
				t.Errorf("got %s, and told %v, want %s, and %d and %d told", got, b.exceptions(), c.want, c.after, c.twice)
			}
			if s, _ := b.m.Stock("york", "TAP-22"); s.Level.Reserved != ledger.Qty(2*c.after) {
				t.Errorf("got %d reserved at york, want %d", s.Level.Reserved, 2*c.after)
			}
			b.restarts()
			b.audit()
		})
	}
}

// An order that a lost life has accepted is sent again when prices are other ones. Its sites say what its customer was told: another sum is somebody's to put right, and the same is nobody's.
func TestAnAcceptedOrderAtAnotherPriceIsSomebodysToSee(t *testing.T) {
	priced := func(amount int64) ledger.Order {
		o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3, Price: ledger.Price{Money: ledger.Money{Amount: amount, Currency: "GBP"}, Per: 1}, Charge: &ledger.Charge{From: ledger.PriceItem}})
		l := &o.Lines[0]
		if amount == 0 {
			l.Price, l.Charge = ledger.Price{}, nil
		} else if err := l.Charge.Fix(l.Price, l.Qty); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for name, c := range map[string]struct {
		was, is int64
		agreed  int
		want    string // told; "" where nobody is
	}{
		"the same price":        {was: 250, is: 250},
		"another price":         {was: 250, is: 300, want: "it comes to 900 minor units of GBP, and its customer was told 750 minor units of GBP"},
		"no price any more":     {was: 250, want: "it comes to nothing, for nobody has said a price, and its customer was told 750 minor units of GBP"},
		"no price, before":      {},
		"a build of before":     {was: 250, is: 250, agreed: machine.LeastCommands - 1, want: "it comes to 750 minor units of GBP, and what its customer was told nobody knows"},
		"none before, and some": {is: 300, want: "what its customer was told nobody knows"},
	} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull")
			if c.agreed == 0 {
				b.agrees()
			}
			before := encode(t, b.m)
			b.ok(&machine.Place{Order: priced(c.was), Key: digest("k"), Request: digest("k"), Legs: plan("1 TAP-22 hull 3"), At: at})
			told := b.obeys("hull")
			b.ok(told)
			b.goesBack(before)
			b.agrees()
			b.attests("hull", told)
			b.attests("leeds")
			o := priced(c.is)
			if known := b.m.Forgotten(orderA); known == nil || !known.Bears(&o) || known.PricedElse(&o) != (c.was != c.is && c.was > 0) {
				t.Errorf("got %+v, want it held against the checks where its price is another one", known)
			}
			b.ok(&machine.Place{Order: o, Key: digest("k"), Request: digest("k"), At: at})
			got := b.raised("price_differs")
			if (len(got) == 1) != (c.want != "") || len(got) > 1 || len(got) == 1 && !strings.Contains(got[0].Why, c.want) {
				t.Errorf("got %+v, want %q", got, c.want)
			}
			if got := b.wishOf(orderA); got != "3 TAP-22 3+0" {
				t.Errorf("got %s, want it served as it was accepted", got)
			}
			b.restarts()
			b.audit()
		})
	}
}

// released is the word that lets an order go.
func released(o ledger.Order) ledger.Order {
	v := *o.Review
	v.Ruling, v.By, v.Reason = ledger.RulingRelease, "beth", "known"
	o.Review = &v
	return o
}

// An order that a lost life has accepted is known by what hull has reserved of it, and is stopped by a check of today when it is sent again for more. What is reserved is served
// whatever becomes of the rest, about which somebody decides, or nobody in time.
func TestAnAcceptedOrderIsNotTakenBackForWhatItAsksForBeyondItsReservations(t *testing.T) {
	for name, row := range map[string]struct {
		does func(*testing.T, *bench, ledger.Order)
		want string // lines, promised and waiting; "" where its customer cancels it
	}{
		"let go": {func(t *testing.T, b *bench, o ledger.Order) {
			b.ok(&machine.Place{Order: released(o), Key: digest("yes"), Request: digest("y"), Legs: plan("1 TAP-22 york 2"), At: at})
		}, "5 TAP-22 5+0"},
		"let go, and short": {func(t *testing.T, b *bench, o ledger.Order) {
			b.ok(&machine.Place{Order: released(o), Key: digest("yes"), Request: digest("y"), At: at})
		}, "5 TAP-22 3+2"},
		"a no": {func(t *testing.T, b *bench, o ledger.Order) {
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), By: "beth", Reason: "too many", At: at})
		}, "3 TAP-22 3+0"},
		"nobody in time": {func(t *testing.T, b *bench, o ledger.Order) {
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), At: o.Review.Due})
		}, "3 TAP-22 3+0"},
		"sent again for what is reserved": {func(t *testing.T, b *bench, o ledger.Order) {
			o.Review, o.Lines = nil, []ledger.Line{{SKU: "TAP-22", Qty: 3}}
			b.ok(&machine.Place{Order: o, Key: digest("less"), Request: digest("l"), At: at})
		}, "3 TAP-22 3+0"},
		"sent again for more, or by another": {func(t *testing.T, b *bench, o ledger.Order) {
			if res := b.apply(&machine.AwaitWord{Order: o, Key: digest("twice"), Request: digest("t"), At: at}); !errors.Is(res.Err, ledger.ErrOrderExists) {
				t.Errorf("stopped again: got %v", res.Err)
			}
			o.Review = nil
			if res := b.apply(&machine.Place{Order: o, Key: digest("more"), Request: digest("m"), At: at}); !errors.Is(res.Err, ledger.ErrOrderExists) {
				t.Errorf("for more: got %v", res.Err)
			}
			o.Customer, o.Lines = "c-2", []ledger.Line{{SKU: "TAP-22", Qty: 3}}
			if res := b.apply(&machine.Place{Order: o, Key: digest("other"), Request: digest("o"), At: at}); !errors.Is(res.Err, ledger.ErrOrderExists) {
				t.Errorf("by another: got %v", res.Err)
			}
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), By: "beth", Reason: "too many", At: at})
		}, "3 TAP-22 3+0"},
		"some leaves meanwhile": {func(t *testing.T, b *bench, o ledger.Order) {
			b.sends("hull", orderA, 1)
			b.talk("hull")
			if !b.m.Awaits(orderA) {
				t.Fatal("got it waiting no longer")
			}
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), By: "beth", Reason: "too many", At: at})
		}, "3 TAP-22 3+0"},
		"its customer cancels it": {func(t *testing.T, b *bench, o ledger.Order) { b.cancels(orderA) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b, o := partly(t)
			if es := b.raised("order_waiting"); len(es) != 1 || es[0].Owner != "sales" {
				t.Fatalf("got %+v, want somebody told", es)
			}
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Level.Reserved != 3 {
				t.Errorf("while it waits: got %d reserved, want 3", s.Level.Reserved)
			}
			b.waitsSoundly()
			row.does(t, b, o)
			b.talk("hull")
			b.talk("york")
			now, _ := b.m.Order(orderA)
			switch {
			case row.want == "" && now.Status != ledger.StatusCanceled:
				t.Errorf("got %s, want it cancelled", now.Status)
			case row.want != "" && (b.wishOf(orderA) != row.want || now.Hand.By != "ann" && now.Review != nil):
				t.Errorf("got %s of %s, want %s of ann", b.wishOf(orderA), now.Hand.By, row.want)
			}
			if b.m.Awaits(orderA) {
				t.Error("got it waiting, want it decided")
			}
			for _, e := range b.raised("order_waiting") {
				if !e.Resolved.Done() {
					t.Errorf("got %+v open", e)
				}
			}
			b.restarts()
			b.audit()
		})
	}
}

// An order waits in the backup, and a lost life has released it since. The first site that tells of a reservation for it says so: nothing of it is let go, and nobody is asked again.
func TestAnOrderThatALostLifeHasReleasedIsTakenUp(t *testing.T) {
	for name, sends := range map[string]ledger.Qty{"reserved": 0, "some has left": 1} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull", "york")
			b.agrees()
			o := waiting(order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 5}))
			b.ok(&machine.AwaitWord{Order: o, Key: digest("wait"), Request: digest("w"), At: at})
			before := encode(t, b.m)
			b.ok(&machine.Place{Order: released(o), Key: digest("yes"), Request: digest("y"), Legs: plan("1 TAP-22 hull 3", "1 TAP-22 york 2"), At: at})
			hulls := []*machine.Push{b.obeys("hull")}
			b.ok(hulls[0])
			if sends > 0 {
				b.sends("hull", orderA, sends)
				hulls = append(hulls, b.cut("hull"))
				b.ok(hulls[1])
			}
			yorks := b.obeys("york")
			b.ok(yorks)
			b.goesBack(before)
			if !b.m.Awaits(orderA) {
				t.Fatal("got it decided in the backup")
			}
			b.attests("leeds")
			b.attests("hull", hulls...)
			b.attests("york", yorks)
			b.talk("hull")
			b.talk("york")
			if got := b.wishOf(orderA); got != "5 TAP-22 5+0" || b.m.Awaits(orderA) {
				t.Errorf("got %s, waiting %t, want it as it was released", got, b.m.Awaits(orderA))
			}
			if now, _ := b.m.Order(orderA); now.Review == nil || now.Review.Ruling != ledger.RulingRelease || now.Lines[0].Taken != sends {
				t.Errorf("got %+v, %+v, want it released, %d handed over", now.Review, now.Lines[0], sends)
			}
			for _, e := range b.raised("order_waiting") {
				if !e.Resolved.Done() {
					t.Errorf("got %+v open", e)
				}
			}
			b.restarts()
			b.audit()
		})
	}
}

// waitsSoundly fails where an order of head office's own waits for nobody, for ever, or for nothing.
func (b *bench) waitsSoundly() {
	b.t.Helper()
	all, _ := b.m.Orders("", 1000, func(s ledger.Status, _ time.Time) bool { return s == ledger.StatusWaiting })
	due := map[ledger.OrderID]bool{}
	for _, o := range b.m.DueReviews(at.Add(1000*time.Hour), 1000, func(ledger.OrderID) bool { return false }) {
		due[o.ID] = true
	}
	for _, o := range all {
		if v := o.Review; v == nil || v.Owner == "" || v.Due.IsZero() || v.Default != ledger.RulingCancel && v.Default != ledger.RulingRelease || v.Ruling != 0 || !due[o.ID] {
			b.t.Errorf("order %s waits with %+v, looked at when it is due: %t", o.ID, v, due[o.ID])
		}
		told := 0
		for _, e := range b.raised("order_waiting") {
			if e.Order == o.ID && !e.Resolved.Done() && e.Owner == o.Review.Owner {
				told++
			}
		}
		if told != 1 {
			b.t.Errorf("of order %s %d are told, want its owner, once", o.ID, told)
		}
	}
	if len(all) == 0 {
		b.t.Error("nothing waits")
	}
}

// Whichever way an order of head office's own has come to wait, in a life that was restored as well, somebody is named to decide, and what is done, and when, if nobody does.
func TestNoOrderWaitsForNobody(t *testing.T) {
	for name, waits := range map[string]func(*testing.T) *bench{
		"a check stops it": func(t *testing.T) *bench {
			b := company(t, "hull")
			b.agrees()
			b.ok(&machine.AwaitWord{Order: waiting(order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3})), Key: digest("wait"), Request: digest("w"), At: at})
			return b
		},
		"it waits in a state that is restored": func(t *testing.T) *bench {
			b := company(t, "hull")
			b.agrees()
			b.ok(&machine.AwaitWord{Order: waiting(order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3})), Key: digest("wait"), Request: digest("w"), At: at})
			b.goesBack(encode(t, b.m))
			b.attests("hull")
			b.attests("leeds")
			return b
		},
		"it was accepted in part": func(t *testing.T) *bench {
			b, _ := partly(t)
			return b
		},
		"and is restored once more": func(t *testing.T) *bench {
			b, _ := partly(t)
			b.goesBack(encode(t, b.m))
			for _, site := range []ledger.SiteID{"hull", "york", "leeds"} {
				b.attests(site)
			}
			return b
		},
		"the site that served it is lost": func(t *testing.T) *bench {
			b, _ := partly(t)
			b.ok(&machine.DeclareLost{Site: "hull", By: "olga", Reason: "fire", At: at})
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := waits(t)
			b.waitsSoundly()
			b.ok(&machine.AwaitWord{Order: ledger.Order{ID: orderA}, No: true, Key: digest("no"), Request: digest("n"), At: at.Add(1000 * time.Hour)})
			if b.m.Awaits(orderA) {
				t.Error("got it waiting once it was due")
			}
			b.restarts()
		})
	}
}

// Whose order it is stays with it: whoever lets it go is said by its review.
func TestAnOrderThatIsLetGoIsStillOfWhoeverTookIt(t *testing.T) {
	b := agreedBench(t)
	o := waiting(order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3}))
	hand := machine.Hand{By: "ann", Device: "till-1"}
	b.ok(&machine.Act{Hand: hand, Call: "POST /v1/orders", At: at, Member: &machine.AwaitWord{Order: o, Key: digest("wait"), Request: digest("w"), At: at}})
	b.ok(&machine.Place{Order: released(o), Key: digest("yes"), Request: digest("y"), Hand: machine.Hand{By: "beth"}, At: at})
	if got, _ := b.m.Order(orderA); got.Hand != hand || got.Review.By != "beth" {
		t.Errorf("got it of %+v, let go by %q, want it of %+v, by beth", got.Hand, got.Review.By, hand)
	}
}
