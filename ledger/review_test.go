package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func sampleReview() *ledger.Review {
	return &ledger.Review{Trips: []ledger.Trip{{Check: "bulk", Kind: ledger.CheckQuantity, Line: 1, SKU: "TAP-22", Is: 80_000, Limit: 1_000}, {Check: "blocked", Kind: ledger.CheckBlocked}},
		Owner: "sales", Default: ledger.RulingRelease, Due: sampleMoment.Add(time.Hour), Override: true, Ruling: ledger.RulingCancel, By: "beth", Reason: "a typing error", At: sampleMoment}
}

// sampleReviewed is an order that waited, and was ruled out.
func sampleReviewed() ledger.Order {
	o := sampleDraft()
	o.Status, o.Review = ledger.StatusCanceled, sampleReview()
	return o
}

// waits is an order of taps that trips a check, put as a node puts it.
func waits(id string, q ledger.Qty, then ledger.Ruling) *ledger.Place {
	o := order([]string{string(ledger.Collect), id, "TAP-22"}, q)
	return &ledger.Place{Order: o, Meta: ledger.Meta{Key: ledger.DigestOf([]byte("place " + id))},
		Verdict: &ledger.Verdict{Wait: time.Hour, Review: ledger.Review{Owner: "sales", Default: then, Trips: []ledger.Trip{{Check: "bulk", Kind: ledger.CheckQuantity, Is: int64(q), Limit: 1}}}}}
}

func (s *stage) rule(id, key, by string, release bool) ledger.Outcome {
	m := ledger.Meta{Key: ledger.DigestOf([]byte(key))}
	if release {
		return s.do(&ledger.Place{Meta: m, Order: ledger.Order{ID: oid(id)}, Released: &ledger.Released{By: by, Reason: "known"}})
	}
	return s.do(&ledger.RuleOut{Meta: m, Order: oid(id), By: by, Reason: "a typing error"})
}

// Somebody types 80,000 where 8 were meant. The order waits for a person, and takes nothing from anybody: all that the shop has is sold meanwhile, and
// whoever waits for goods gets them.
func TestEightyThousandMugsWaitAndNothingElseInTheShopIsBlocked(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 3`)
	mugs := waits("mugs", 80_000, ledger.RulingCancel)
	mugs.Order.Shortage = ledger.Backorder
	out := s.do(mugs)
	if out.Err != nil || out.Entry.Kind != ledger.KindReview || len(out.Entry.Postings) != 0 {
		t.Fatalf("got %v, %+v; want it to wait", out.Err, out.Entry)
	}
	if o, _ := s.core.State.Order(oid("mugs")); o.Status != ledger.StatusWaiting || o.Review.Owner != "sales" || o.Number() != "LEEDS-000001" {
		t.Errorf("got %+v", o)
	}
	s.play(`
		claims  TAP-22 => shelf=3 available=3 reserved=0 shortfall=0
		collect o-1 TAP-22 3
		receive TAP-22 2
		claims  TAP-22 => shelf=5 available=2 reserved=3 shortfall=0
	`)
	if again := s.do(mugs); !again.Replayed || again.Entry.Seq != out.Entry.Seq {
		t.Errorf("got %+v, want the first answer", again)
	}
	if out := s.rule("mugs", "late", "", false); out.Err == nil {
		t.Error("got it decided before it was due, by nobody")
	}
	if out := s.rule("mugs", "no", "beth", false); out.Err != nil || out.Entry.Kind != ledger.KindReview {
		t.Errorf("got %v", out.Err)
	}
	no := s.rule("mugs", "yes", "olga", true)
	if re, ok := errors.AsType[*ledger.RulingError](no.Err); !ok || re.Review.By != "beth" || re.Review.Ruling != ledger.RulingCancel {
		t.Errorf("got %v, want it told that beth has cancelled it", no.Err)
	}
	if again := s.rule("mugs", "yes", "olga", true); !again.Replayed || fmt.Sprint(again.Err) != fmt.Sprint(no.Err) {
		t.Errorf("got %v, want the first no again", again.Err)
	}
}

// What is released is placed under the number that the customer was told; where there are not the goods for it, it goes on waiting.
func TestAReleasedOrderIsPlacedOnceUnderItsNumber(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 3`)
	s.do(waits("w", 3, ledger.RulingRelease))
	s.play(`collect o-1 TAP-22 1`)
	if _, short := errors.AsType[*ledger.ShortError](s.rule("w", "a", "beth", true).Err); !short {
		t.Error("got it placed, want it short")
	}
	s.play(`receive TAP-22 1`)
	out := s.rule("w", "b", "beth", true)
	o, _ := s.core.State.Order(oid("w"))
	if out.Err != nil || o.Number() != "LEEDS-000001" || o.Status != ledger.StatusAllocated || o.Review.Ruling != ledger.RulingRelease || o.Review.By != "beth" {
		t.Errorf("got %v, %s %s %+v", out.Err, o.Number(), o.Status, o.Review)
	}
}

// Head office is asked about a released order as about any; what comes to nothing waits again, also where the process died meanwhile.
func TestAReleaseThatComesToNothingLeavesTheOrderWaiting(t *testing.T) {
	s := newStage(t, "leeds", true)
	w := waits("w", 3, ledger.RulingRelease)
	w.Order.Anywhere = true
	s.do(w)
	asked := func(key string) ledger.AskID {
		t.Helper()
		out := s.do(&ledger.Place{Meta: ledger.Meta{Key: ledger.DigestOf([]byte(key))}, Order: ledger.Order{ID: oid("w")}, AskHQ: true, Released: &ledger.Released{By: "beth", Reason: "known"}})
		if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
			t.Fatalf("got %v, want head office asked", out.Err)
		}
		return out.Entry.Body.(*ledger.OrderBody).Ask
	}
	is := func() {
		t.Helper()
		if o, _ := s.core.State.Order(oid("w")); o.Status != ledger.StatusWaiting || o.Review.Ruling != 0 || o.Review.By != "" || o.Serial != 1 || o.Lines[0].Promised() != 0 {
			t.Errorf("got %s %+v, want it waiting", o.Status, o.Review)
		}
	}
	ask := asked("a")
	if out := s.rule("w", "b", "olga", false); !errors.Is(out.Err, ledger.ErrInProgress) {
		t.Errorf("got %v, want it in progress", out.Err)
	}
	if out := s.do(&ledger.AbandonAsk{Order: oid("w"), Ask: ask}); out.Err == nil {
		t.Error("got it accepted, want it short")
	}
	is()
	asked("c")
	s.do(&ledger.Reboot{Boot: [16]byte{7}})
	is()
}

// Any sequence of acts leaves the orders that wait as a model of a few lines has them: placed, repeated, released and cancelled by people in any turn, and
// decided by nobody when they are due, in a book that head office does not reach.
func TestOrdersThatWaitAreAsAModelHasThem(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := newStage(t, "leeds", true)
		s.play(`receive TAP-22 6`)
		have, model, due := ledger.Qty(6), map[string]string{}, map[string]time.Time{}
		want := map[string]ledger.Qty{}
		for step := range 40 {
			id := fmt.Sprint("w", r.IntN(6))
			was := model[id]
			switch act := r.IntN(6); {
			case act < 2: // placed, perhaps again under its key
				q := ledger.Qty(1 + len(id)*int(id[1]-'0')%4)
				s.do(waits(id, q, ledger.RulingRelease))
				if was == "" {
					model[id], want[id], due[id] = "waiting", q, s.now.Add(time.Hour)
				}
			case act == 5:
				s.now = s.now.Add(20 * time.Minute)
			default:
				by, release := "beth", act == 3
				if r.IntN(2) == 0 {
					by = ""
				}
				out := s.rule(id, fmt.Sprint("k", step), by, release)
				open := was == "waiting" && (by != "" || !s.now.Before(due[id]))
				switch {
				case open && release && want[id] <= have:
					have, model[id] = have-want[id], "allocated"
				case open && !release:
					model[id] = "cancelled"
				default:
					open = false
				}
				if open != (out.Err == nil) {
					t.Fatalf("seed %d, step %d: %s by %q, release %t: got %v of one that is %q", seed, step, id, by, release, out.Err, was)
				}
			}
			for id, status := range model {
				if o, ok := s.core.State.Order(oid(id)); !ok || string(o.Status) != status {
					t.Fatalf("seed %d, step %d: got %+v, want %s %s", seed, step, o, id, status)
				}
			}
			if l, _ := s.core.State.Level("TAP-22"); l.Available != have {
				t.Fatalf("seed %d, step %d: %d available, want %d", seed, step, l.Available, have)
			}
		}
	}
}

// Which checks an order trips, and what becomes of it for them.
func TestAnOrderIsHeldAgainstItsChecks(t *testing.T) {
	customer := &ledger.CustomerAccount{ID: "C-9", TermsDays: 30, Person: ledger.Person{Addresses: []ledger.CustomerAddress{{Label: "yard"}}}}
	blocked := &ledger.CustomerAccount{ID: "C-1", Blocked: "owes since May"}
	facts := ledger.CheckFacts{Site: "leeds",
		Customer: func(id ledger.CustomerID) (*ledger.CustomerAccount, bool) {
			v, ok := map[ledger.CustomerID]*ledger.CustomerAccount{"C-9": customer, "C-1": blocked}[id]
			return v, ok
		},
		Item: func(sku ledger.SKU) (*ledger.Item, bool) {
			return &ledger.Item{SKU: sku, Category: "taps", Detail: &ledger.Detail{Cost: pounds(400)}}, true
		},
		Credit: func(ledger.AssetID) ledger.Qty { return 1_500 }}
	wait := func(c ledger.Check) ledger.Check {
		c.Name, c.Owner, c.Default, c.Wait = "c", "sales", ledger.RulingCancel, 3600
		return c
	}
	sold := func(q ledger.Qty, price int64) ledger.Order {
		l := ledger.Line{SKU: "TAP-22", Qty: q, Price: pounds(price)}
		l.Charge = priced(l.Price, q, ledger.Charge{From: ledger.PriceItem})
		return ledger.Order{Fulfil: ledger.Collect, Lines: []ledger.Line{l}}
	}
	for name, c := range map[string]struct {
		check  ledger.Check
		change func(*ledger.Order)
		q      ledger.Qty
		price  int64
		trips  bool
	}{
		"few":                   {check: wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5}), q: 5, price: 500},
		"many":                  {check: wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5}), q: 6, price: 500, trips: true},
		"many of another":       {check: wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5, SKU: "PIPE"}), q: 6, price: 500},
		"many of its category":  {check: wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5, Category: "taps"}), q: 6, price: 500, trips: true},
		"many elsewhere":        {check: wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5, Site: "york"}), q: 6, price: 500},
		"at cost":               {check: wait(ledger.Check{Kind: ledger.CheckCost}), q: 2, price: 400},
		"below cost":            {check: wait(ledger.Check{Kind: ledger.CheckCost}), q: 2, price: 399, trips: true},
		"too little beyond it":  {check: wait(ledger.Check{Kind: ledger.CheckCost, Limit: 10}), q: 2, price: 439, trips: true},
		"a large sum":           {check: wait(ledger.Check{Kind: ledger.CheckValue, Limit: 999}), q: 2, price: 500, trips: true},
		"within the credit":     {check: wait(ledger.Check{Kind: ledger.CheckCredit}), change: func(o *ledger.Order) { o.Customer = "C-9" }, q: 3, price: 500},
		"beyond the credit":     {check: wait(ledger.Check{Kind: ledger.CheckCredit}), change: func(o *ledger.Order) { o.Customer = "C-9" }, q: 4, price: 500, trips: true},
		"nobody's credit":       {check: wait(ledger.Check{Kind: ledger.CheckCredit}), q: 4, price: 500},
		"a stranger":            {check: wait(ledger.Check{Kind: ledger.CheckUnknown}), change: func(o *ledger.Order) { o.Customer = "C-0" }, q: 1, price: 500, trips: true},
		"no address":            {check: wait(ledger.Check{Kind: ledger.CheckAddress}), change: func(o *ledger.Order) { o.Fulfil = ledger.Deliver }, q: 1, price: 500, trips: true},
		"the customer's yard":   {check: wait(ledger.Check{Kind: ledger.CheckAddress}), change: func(o *ledger.Order) { o.Fulfil, o.Customer, o.DeliverTo = ledger.Deliver, "C-9", "yard" }, q: 1, price: 500},
		"no price":              {check: wait(ledger.Check{Kind: ledger.CheckUnpriced}), change: func(o *ledger.Order) { o.Lines[0].Charge = nil }, q: 1, price: 500, trips: true},
		"what a newer one says": {check: wait(ledger.Check{Kind: 99}), q: 1, price: 500},
	} {
		o := sold(c.q, c.price)
		if c.change != nil {
			c.change(&o)
		}
		company := ledger.Company{Checks: []ledger.Check{c.check}}
		v := company.Judge(&o, facts)
		if (v != nil) != c.trips || v != nil && (v.Refused || v.Wait != time.Hour || v.Review.Owner != "sales") {
			t.Errorf("%s: got %+v, trips %t", name, v, c.trips)
		}
	}
	o := sold(1, 500)
	o.Customer = "C-1"
	if v := (&ledger.Company{}).Judge(&o, facts); v == nil || !v.Refused || v.Review.Override || bytes.Contains(ledger.MarshalOrder(&ledger.Order{Review: &v.Review}), []byte("May")) {
		t.Errorf("got %+v, want a blocked customer refused without a check", v)
	}
	o = sold(9, 500)
	o.Fulfil = ledger.Take
	company := ledger.Company{Checks: []ledger.Check{wait(ledger.Check{Kind: ledger.CheckQuantity, Limit: 5, Override: true})}}
	v := company.Judge(&o, facts)
	if v == nil || !v.Refused || v.Review.Owner != "sales" {
		t.Fatalf("got %+v, want what is taken along refused, for it cannot wait", v)
	}
	if v.LetThrough("beth", "the bar next door"); v.Refused || v.Review.By != "beth" {
		t.Errorf("got %+v, want it let through", v)
	}
}
