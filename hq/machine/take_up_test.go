package machine_test

import (
	"errors"
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
