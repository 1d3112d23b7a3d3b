package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// buys has leeds send a purchase order of taps that are due on a day of January.
func (s *stage) buys(ref string, day int, q ledger.Qty) {
	s.t.Helper()
	r := orders(ledger.PurchaseSend, ref, q)
	r.Order.Due = january(day)
	if out := s.do(r); out.Err != nil {
		s.t.Fatal(out.Err)
	}
}

// comes takes in goods of a purchase order.
func (s *stage) comes(ref string, q ledger.Qty) {
	s.t.Helper()
	if out := s.do(&ledger.Receive{ID: fmt.Sprint(ref, s.now.Unix()), Reference: ref, Over: ledger.OverAny, Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: q}}}); out.Err != nil {
		s.t.Fatal(out.Err)
	}
}

func january(day int) string { return fmt.Sprintf("2026-01-%02d", day) }

// What a site has ordered itself is promised by the day on which it is due in, with the line down, and never twice.
func TestASitePromisesWhatItHasOrderedByTheDayItIsDue(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.buys("PO 1", 10, 5)
	s.buys("PO 2", 14, 4)
	s.play(`
		receive TAP 2
		take    a TAP 3 by=2026-01-20           => short have=2
		collect b TAP 8 by=2026-01-10           => short have=2 due=5
		collect c TAP 6 by=2026-01-09           => short have=2
		collect c TAP 6                         => short have=2
		collect c TAP 6 by=2026-01-10           => backordered
		order   c                               => backordered here=2 taken=0 away=0 waits=4
		collect d TAP 2 by=2026-01-13           => short have=0 due=1
		deliver d TAP 2 by=2026-01-14T12:00:00Z => backordered
		collect e TAP 9 by=2026-01-14 partial   => backordered
		order   e                               => backordered here=0 taken=0 away=0 waits=3
		collect f TAP 1 by=2026-01-20           => short have=0
		collect g TAP 1 backorder urgent        => backordered
		collect h TAP 1 by=2026-01-31           => short have=0`)
	s.comes("PO 1", 5)
	s.play(`
		order c => allocated here=6 taken=0 away=0 waits=0
		order d => backordered here=1 taken=0 away=0 waits=1
		order g => backordered here=0 taken=0 away=0 waits=1
		cancel c => cancelled
		order d => allocated here=2 taken=0 away=0 waits=0
		order e => allocated here=3 taken=0 away=0 waits=0
		order g => allocated here=1 taken=0 away=0 waits=0
		claims TAP => shelf=7 available=1 reserved=6 shortfall=0
		collect i TAP 5 by=2026-01-14 => backordered
		collect j TAP 1 by=2026-01-14 => short have=0`)
}

// Nothing is promised of what no supplier has, what is overdue, what comes elsewhere, or what head office promises.
func TestWhatIsNotSurelyDueInIsPromisedToNobody(t *testing.T) {
	for name, c := range map[string]func(*ledger.OrderGoods){
		"a draft":            func(r *ledger.OrderGoods) { r.Act = ledger.PurchasePut },
		"overdue":            func(r *ledger.OrderGoods) { r.Order.Due = january(4) },
		"comes in elsewhere": func(r *ledger.OrderGoods) { r.Order.Site = "hull" },
		"its line is later":  func(r *ledger.OrderGoods) { r.Order.Lines[0].Due = january(21) },
	} {
		s := newStage(t, "leeds", true)
		r := orders(ledger.PurchaseSend, "PO 1", 5)
		r.Order.Due = january(8)
		c(r)
		s.do(r)
		s.play("collect " + name[:1] + " TAP 1 by=2026-01-20 => short have=0")
	}
	s := newStage(t, "depot", false)
	r := orders(ledger.PurchaseSend, "PO 1", 5)
	r.Order.Due, r.Order.Site = january(8), "depot"
	s.do(r)
	s.play("deliver a TAP 1 by=2026-01-20 => short have=0")
}

// A purchase order that is late, cut or called off says whose promises slip; what comes later is theirs all the same.
func TestAPurchaseOrderThatIsLateSaysWhosePromisesSlip(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.buys("PO 1", 10, 5)
	s.play(`
		collect a TAP 2 by=2026-01-12 => backordered
		collect b TAP 3 by=2026-01-10 => backordered`)
	slips := func() (out []string) {
		for _, v := range ledger.Slips(s.core.State, "TAP", january(5)) {
			out = append(out, fmt.Sprintf("%s %d by %s: %s", v.Order, v.Qty, v.NeedBy, v.By))
		}
		return out
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := slips(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	a, b := string(oid("a")), string(oid("b"))
	check("as it was ordered")
	s.buys("PO 1", 11, 5)
	check("a day later", b+" 3 by 2026-01-10: 2026-01-11")
	s.buys("PO 1", 10, 4)
	check("one less", a+" 1 by 2026-01-12: ")
	s.buys("PO 2", 13, 9)
	check("and another order", a+" 1 by 2026-01-12: 2026-01-13")
	s.do(orders(ledger.PurchaseCancel, "PO 1", 0))
	check("called off", b+" 3 by 2026-01-10: 2026-01-13", a+" 2 by 2026-01-12: 2026-01-13")
	s.comes("PO 2", 4)
	s.play(`
		order b => allocated here=3 taken=0 away=0 waits=0
		order a => backordered here=1 taken=0 away=0 waits=1`)
	check("a part has come", a+" 1 by 2026-01-12: 2026-01-13")
}

// Whatever is ordered, promised, called off by customers and asked for without a day: where every supplier keeps its day, nobody who was promised a day
// has to wait longer.
func TestWhoeverIsPromisedADayHasTheGoodsByThen(t *testing.T) {
	promised := 0
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := newStage(t, "leeds", true)
		type bought struct {
			ref string
			q   ledger.Qty
		}
		comes, takes := map[int][]bought{}, map[string]int{}
		for i := range 25 {
			name, day, q := fmt.Sprint("n", i), 6+r.IntN(8), ledger.Qty(1+r.IntN(4))
			switch r.IntN(5) {
			case 0:
				s.buys(name, day, 2*q)
				comes[day] = append(comes[day], bought{name, 2 * q})
			case 1:
				s.act([]string{"collect", name, "TAP", fmt.Sprint(q), "backorder", "urgent"})
			case 2:
				for other := range takes {
					if r.IntN(4) == 0 {
						s.act([]string{"cancel", other})
						delete(takes, other)
					}
				}
			default:
				words := []string{"collect", name, "TAP", fmt.Sprint(q), "by=" + january(day)}
				if r.IntN(2) == 0 {
					words = append(words, "partial")
				}
				if s.act(words) == "backordered" {
					takes[name], promised = day, promised+1
				}
			}
		}
		for day := 6; day < 14; day++ {
			for _, b := range comes[day] {
				s.comes(b.ref, b.q)
			}
			for name, by := range takes {
				if o, _ := s.core.State.Order(oid(name)); by == day && o.Status != ledger.StatusAllocated {
					t.Fatalf("seed %d: %s is %s on the day that it was promised", seed, name, o.Status)
				}
			}
		}
	}
	if promised < 100 {
		t.Errorf("%d were promised a day: the test says nothing", promised)
	}
}

// What may be promised by a day does not depend on whether the book was opened since, and a thousand orders later the oldest is forgotten.
func TestABookFindsWhatIsDueInWhenItIsOpened(t *testing.T) {
	d := newDesk(t, smallFiles)
	buys := func(ref string, q ledger.Qty, due string) {
		r := orders(ledger.PurchaseSend, ref, q)
		r.Order.Due = due
		d.must(r)
	}
	today := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	buys("PO 1", 5, "2099-01-01")
	buys("PO 2", 7, "2099-01-09")
	buys("PO 1", 6, "2099-01-02")
	d.must(&ledger.Receive{ID: "r1", Reference: "PO 2", Over: ledger.OverAny, Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 3}}})
	look := func(when string, want ...ledger.Qty) {
		t.Helper()
		got := []ledger.Qty{d.book.DueBy("TAP", "2099-01-01", today), d.book.DueBy("TAP", "2099-01-02", today), d.book.DueBy("TAP", "2099-01-09", today)}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}
	}
	look("in memory", 0, 6, 10)
	d.reopen()
	look("after a restart", 0, 6, 10)
	d.must(orders(ledger.PurchaseClose, "PO 2", 0))
	d.reopen()
	look("closed", 0, 6, 6)
	for i := range ledger.DueOrdersMax - 2 {
		d.must(orders(ledger.PurchasePut, fmt.Sprint("draft ", i), 1))
	}
	look("with a thousand", 0, 6, 6)
	d.must(orders(ledger.PurchasePut, "one more", 1))
	look("with one more", 0, 0, 0)
	d.reopen()
	look("after a restart", 0, 0, 0)
	out := d.do(&ledger.Place{Order: order([]string{"collect", "z", "TAP", "9", "by=2099-01-09"}, 9)})
	if _, short := errors.AsType[*ledger.ShortError](out.Err); !short {
		t.Errorf("got %v, want it refused", out.Err)
	}
}

// What comes in goes to claims on goods that are not there before it goes to anybody who waits, so that much is due in for nobody.
func TestWhatIsOwedOfAShelfIsNotPromisedOfWhatIsDueIn(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 3
		obey    borrow x TAP 3 => done
		obey    pass-on x TAP 3 york => done
		count   TAP 1          => expected=3 variance=-2 short=2`)
	s.buys("PO 1", 10, 5)
	s.play(`
		collect a TAP 4 by=2026-01-10 => short have=0 due=3
		collect a TAP 3 by=2026-01-10 => backordered
		collect b TAP 1 by=2026-01-10 => short have=0`)
	s.comes("PO 1", 5)
	s.play(`
		order  a   => allocated here=3 taken=0 away=0 waits=0
		claims TAP => shelf=6 available=0 reserved=3 york=3 shortfall=0`)
}

// A journal in which a site promises goods by a day that nothing due in stands behind is found out, and the entry is named.
func TestAnAuditorFindsAPromiseByADayThatNothingDueInStandsBehind(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.buys("PO 1", 10, 5)
	s.play(`collect a TAP 5 by=2026-01-10 => backordered`)
	for ordered, want := range map[ledger.Qty]bool{5: true, 4: false} {
		entries, aud := slices.Clone(s.entries), ledger.NewAuditor("leeds")
		for i, e := range entries {
			if b, ok := e.Body.(*ledger.PurchaseBody); ok {
				forged, body := *e, *b
				body.Order.Lines = slices.Clone(b.Order.Lines)
				body.Order.Lines[0].Qty, forged.Body = ordered, &body
				entries[i] = &forged
			}
		}
		var err error
		for _, f := range framesOf("leeds", entries) {
			err = errors.Join(err, aud.Frame(f))
		}
		if (err == nil) != want {
			t.Errorf("of %d ordered: got %v, want no fault: %t", ordered, err, want)
		}
	}
}

// An order that is needed by a day that is over is refused with that, and not as if only the shelf were short.
func TestANeedThatIsOverIsSaidToBe(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.buys("PO 1", 10, 5)
	o := ledger.Order{ID: oid("o"), Fulfil: ledger.Collect, Shortage: ledger.Refuse, NeedBy: "2025-12-31", TakenAt: s.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}
	short, ok := errors.AsType[*ledger.ShortError](s.do(&ledger.Place{Order: o}).Err)
	if !ok || short.Past != "2025-12-31" {
		t.Errorf("got %+v, want the day that is over named", short)
	}
}

// A purchase order that is later, less or called off says once, in its entry, whose promises slip by it.
func TestTheEntryOfAPurchaseOrderSaysWhosePromisesSlipByIt(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.buys("PO 1", 10, 5)
	s.buys("PO 2", 20, 5)
	s.play(`
		collect a TAP 3 by=2026-01-10 => backordered
		collect b TAP 2 by=2026-01-12 => backordered`)
	slips := func(r *ledger.OrderGoods, want string) {
		t.Helper()
		out := s.do(r)
		got := ""
		for _, v := range out.Entry.Purchase().Slips {
			got += fmt.Sprint(s.name(v.Order), " ", v.Qty, " by ", v.By, "; ")
		}
		if got != want || out.Err != nil {
			t.Errorf("got %q (%v), want %q", got, out.Err, want)
		}
	}
	later := func(day int, q ledger.Qty) *ledger.OrderGoods {
		r := orders(ledger.PurchaseSend, "PO 1", q)
		r.Order.Due = january(day)
		return r
	}
	slips(later(10, 4), "b 1 by 2026-01-20; ")
	slips(later(10, 5), "")
	slips(later(11, 5), "a 3 by 2026-01-11; ")
	slips(later(11, 6), "")
	slips(&ledger.OrderGoods{Act: ledger.PurchaseCancel, Order: ledger.Purchase{Reference: "PO 1"}}, "a 3 by 2026-01-20; b 2 by 2026-01-20; ")
}

// name is what a story calls an order.
func (s *stage) name(id ledger.OrderID) string {
	for _, n := range []string{"a", "b"} {
		if oid(n) == id {
			return n
		}
	}
	return string(id)
}
