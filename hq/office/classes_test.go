package office_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

func (s *story) classes(cs ...machine.Class) {
	s.propose(&machine.SetClasses{Classes: cs, By: "beth", Reason: "spring", At: s.now})
}

func (s *story) classed(class string, q ledger.Qty, shortage ledger.Shortage) office.Try {
	t := s.wants(q, shortage)
	t.Order.Class = class
	return t
}

func keeping(q ledger.Qty) []machine.Limit {
	return []machine.Limit{{Kind: machine.LimitMinimum, SKU: "TAP", Qty: q}}
}

// TestNobodyElseEatsAMinimum: not one by one, not in one group, not by a plan that did not know of another, not for a site.
func TestNobodyElseEatsAMinimum(t *testing.T) {
	for _, grouped := range []bool{true, false} {
		s := play(t, "hull* york* leeds", `
			receive hull 3 TAP
			receive york 7 TAP
			talk hull york leeds`)
		s.classes(machine.Class{Name: "gold", Limits: keeping(4)}, machine.Class{Name: "silver"})
		tries := []office.Try{s.classed("silver", 7, ledger.Refuse), s.classed("silver", 5, ledger.Refuse), s.classed("", 3, ledger.Partial), s.classed("silver", 1, ledger.Refuse),
			s.classed("gold", 3, ledger.Refuse), s.classed("gold", 2, ledger.Refuse), s.classed("silver", 2, ledger.Backorder)}
		want := []string{"short 6 of 7 TAP", "5 of 5", "1 of 3", "short 0 of 1 TAP", "3 of 3", "short 1 of 2 TAP", "0 of 2"}
		for i, got := range s.off.PlaceMany(context.Background(), s.now, tries, grouped) {
			if got := said(got); got != want[i] {
				t.Errorf("grouped %v: order %d: got %s, want %s", grouped, i, got, want[i])
			}
		}
		s.tell(`
			order o leeds partial 3 TAP  => asks
			ask o                        => no
			take-up o                    => short 0 of 3 TAP
			release
			receive hull 4 TAP
			talk hull hull york york leeds
			release`)
		if o, _ := s.m.Order(tries[6].Order.ID); o.Lines[0].Promised() != 1 {
			t.Errorf("grouped %v: of 5 that are there 4 are kept: got %d for silver, want 1", grouped, o.Lines[0].Promised())
		}
		s.sameTwin()
	}
}

// TestAMinimumHoldsWhereThePlanDidNotKnow of another order that was committed before it.
func TestAMinimumHoldsWhereThePlanDidNotKnow(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 10 TAP
		talk hull`)
	s.classes(machine.Class{Name: "gold", Limits: keeping(4)})
	other := s.classed("silver", 4, ledger.Refuse)
	off := office.New(office.Config{}, &racing{story: s, first: func() {
		if got, _, err := s.off.TryPlace(context.Background(), s.now, other.Placing, true); err != nil || got.Err != nil {
			t.Fatalf("got %v, %v, want it placed", got.Err, err)
		}
	}})
	off.Seen("hull", s.now)
	if got := said(off.PlaceMany(context.Background(), s.now, []office.Try{s.classed("silver", 6, ledger.Refuse)}, true)[0]); got != "short 2 of 6 TAP" {
		t.Errorf("got %s, want it refused", got)
	}
}

// TestACapIsOfADayOrAShare: a class gets no more than so many of a SKU in a day, or than its part of what there is.
func TestACapIsOfADayOrAShare(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 40 TAP
		talk hull`)
	s.classes(machine.Class{Name: "gold"}, machine.Class{Name: "day", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP", Qty: 5}}},
		machine.Class{Name: "share", Limits: []machine.Limit{{Kind: machine.LimitShare, SKU: "TAP", Qty: 20}}})
	tries := []office.Try{s.classed("day", 3, ledger.Refuse), s.classed("day", 3, ledger.Refuse), s.classed("day", 9, ledger.Partial),
		s.classed("share", 8, ledger.Refuse), s.classed("share", 4, ledger.Partial), s.classed("share", 1, ledger.Refuse), s.classed("gold", 9, ledger.Refuse)}
	want := []string{"3 of 3", "short 2 of 3 TAP", "2 of 9", "short 7 of 8 TAP", "4 of 4", "1 of 1", "9 of 9"}
	for i := range tries {
		if got := said(s.off.PlaceMany(context.Background(), s.now, tries[i:i+1], true)[0]); got != want[i] {
			t.Errorf("order %d: got %s, want %s", i, got, want[i])
		}
	}
	two := []office.Try{s.classed("share", 1, ledger.Refuse), s.classed("share", 2, ledger.Refuse)}
	if got := s.off.PlaceMany(context.Background(), s.now, two, true); said(got[0]) != "short 0 of 1 TAP" || said(got[1]) != "short 0 of 2 TAP" {
		t.Errorf("beyond its share: got %s and %s", said(got[0]), said(got[1]))
	}
	s.tell("wait 24h\ntalk hull hull")
	if got := said(s.off.PlaceMany(context.Background(), s.now, []office.Try{s.classed("day", 6, ledger.Partial)}, true)[0]); got != "5 of 6" {
		t.Errorf("the next day: got %s, want 5 of 6", got)
	}
	s.converge()
}

// TestWhoWaitsIsServedByClassFirst, then by priority, need-by date, when it was taken, and id; and where the classes are put in
// another order, in that.
func TestWhoWaitsIsServedByClassFirst(t *testing.T) {
	s := play(t, "hull*", `talk hull`)
	gold, silver := machine.Class{Name: "gold"}, machine.Class{Name: "silver"}
	s.classes(gold, silver)
	place := func(class string, priority int, needBy string) ledger.OrderID {
		p := s.classed(class, 1, ledger.Backorder)
		p.Order.Priority, p.Order.NeedBy = priority, needBy
		s.off.PlaceMany(context.Background(), s.now, []office.Try{p}, true)
		return p.Order.ID
	}
	ids := []ledger.OrderID{place("none", 9, "2026-01-06"), place("silver", 8, ""), place("silver", 2, "2026-02-01"), place("silver", 2, "2026-01-09"), place("gold", 0, ""), place("gold", 1, "")}
	turns := func() (out []ledger.OrderID) {
		for _, o := range s.m.Waiting(func(ledger.SKU, ledger.SiteID) ledger.Qty { return 100 }, nil, 100) {
			out = append(out, o.ID)
		}
		return out
	}
	if got, want := turns(), []ledger.OrderID{ids[5], ids[4], ids[1], ids[3], ids[2], ids[0]}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.classes(silver, gold)
	if got, want := turns(), []ledger.OrderID{ids[1], ids[3], ids[2], ids[5], ids[4], ids[0]}; !slices.Equal(got, want) {
		t.Errorf("the other way round: got %v, want %v", got, want)
	}
	s.restore()
	if got, want := turns(), []ledger.OrderID{ids[1], ids[3], ids[2], ids[5], ids[4], ids[0]}; !slices.Equal(got, want) {
		t.Errorf("restored: got %v, want %v", got, want)
	}
	s.tell("receive hull 2 TAP\ntalk hull\nrelease")
	for i, id := range ids {
		if o, _ := s.m.Order(id); (o.Lines[0].Promised() > 0) != (i == 1 || i == 3) {
			t.Errorf("order %d: got %d promised", i, o.Lines[0].Promised())
		}
	}
	s.converge()
}

// watching looks at each command before it is applied: none of a class may lower what can be promised below what is kept for
// the others.
type watching struct {
	*story
	kept map[string]ledger.Qty
	hits int
}

func (w *watching) Propose(ctx context.Context, cmd []byte) (machine.Result, error) {
	c, _ := machine.Unmarshal(cmd)
	class, draws := "", false
	switch c := c.(type) {
	case *machine.Place:
		class, draws = c.Order.Class, len(c.Legs) > 0
	case *machine.Fill:
		o, _ := w.m.Order(c.Order)
		class, draws = o.Class, true
	case *machine.Hold:
		draws = true
	}
	before := w.promisable()
	res, err := w.story.Propose(ctx, cmd)
	if after := w.promisable(); draws && after < before {
		for of, q := range w.kept {
			if of != class && after < q {
				w.fail("%T of class %q: %d can be promised, %d before; %d are kept for %s", c, class, after, before, q, of)
			}
			if of != class && after == q {
				w.hits++
			}
		}
	}
	return res, err
}

func (w *watching) promisable() (sum ledger.Qty) {
	for _, st := range w.m.StockOf("TAP") {
		sum += st.Promisable()
	}
	return sum
}

// TestMinimaHoldInAnyHistory of receipts, orders of all classes, one by one or together, and releases.
func TestMinimaHoldInAnyHistory(t *testing.T) {
	hits := 0
	for seed := range uint64(40) {
		s := play(t, "hull* york* bath*", `talk hull york bath`)
		rnd := rand.New(rand.NewPCG(seed, 7))
		w := &watching{story: s, kept: map[string]ledger.Qty{"gold": 4, "silver": 2}}
		s.classes(machine.Class{Name: "gold", Limits: keeping(4)}, machine.Class{Name: "silver", Limits: keeping(2)})
		off := office.New(office.Config{}, w)
		for range 60 {
			s.now = s.now.Add(time.Second)
			for _, id := range s.names {
				off.Seen(id, s.now)
			}
			switch rnd.IntN(4) {
			case 0:
				s.tell(fmt.Sprintf("receive %s %d TAP\ntalk %[1]s %[1]s", s.names[rnd.IntN(3)], 1+rnd.IntN(5)))
			case 1:
				if _, err := off.Release(context.Background(), s.now); err != nil {
					t.Fatal(err)
				}
			default:
				var tries []office.Try
				for range 1 + rnd.IntN(4) {
					tries = append(tries, s.classed([]string{"gold", "silver", "bronze", ""}[rnd.IntN(4)], ledger.Qty(1+rnd.IntN(5)),
						[]ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder}[rnd.IntN(3)]))
				}
				off.PlaceMany(context.Background(), s.now, tries, rnd.IntN(2) == 0)
			}
		}
		hits += w.hits
		s.sameTwin()
		s.restore()
	}
	if hits < 40 {
		t.Errorf("a minimum was reached %d times: the test does not try them", hits)
	}
}

// TestWhatACapKeepsIsNotCalledBack: units that an order may not have anyhow stay where they were given in advance.
func TestWhatACapKeepsIsNotCalledBack(t *testing.T) {
	c := advanced(t)
	c.propose(&machine.SetClasses{Classes: []machine.Class{{Name: "day", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP", Qty: 2}}}}, By: "beth", At: c.now})
	p := c.wish(3, ledger.Refuse)
	p.Order.Class = "day"
	if out, done := c.tries(p, false); !done || short(out.Err) != "short 0 of 3 TAP" {
		t.Errorf("got %v, done %v, want it refused at once", out.Err, done)
	}
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2, "york": 3})
	p = c.wish(2, ledger.Refuse)
	p.Order.Class = "day"
	if _, done := c.tries(p, false); done {
		t.Error("got an answer at once, want it to wait for what is called back")
	}
}
