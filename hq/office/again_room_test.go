package office_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// roomy is an order slow, of a class that does so when orders are planned again, with the one tap of york, and gold, which waits for
// it: it is collected there, or else as change says. more is said before gold comes.
func roomy(t *testing.T, again machine.Again, more string, change func(slow, gold *ledger.Order)) *story {
	s := play(t, "hull* york*", `
		receive york 1 TAP
		receive york 1 PIPE
		talk hull york
		order slow hq backorder 1 TAP 1 PIPE
		order gold hq backorder 1 TAP at york`)
	s.classes(machine.Class{Name: "gold"}, machine.Class{Name: "slow", Again: again})
	slow, gold := &s.orders["slow"].placing.Order, &s.orders["gold"].placing.Order
	slow.Class, slow.TakenAt, gold.Class, gold.TakenAt, gold.NeedBy = "slow", s.now, "gold", s.now, s.now.AddDate(0, 0, 3).Format(time.DateOnly)
	if change != nil {
		change(slow, gold)
	}
	s.tell(`
		try slow                 => allocated | TAP here=0 york=1 | PIPE here=0 york=1
		talk york york`)
	s.tell(more)
	s.tell("last-try gold => backordered | TAP here=0 waits=1")
	return s
}

// TestWhatMayMoveMakesRoom: slow has its tap from hull, in a parcel more and not a unit less, and gold is whole.
func TestWhatMayMoveMakesRoom(t *testing.T) {
	for _, again := range []machine.Again{machine.AgainMayMove, machine.AgainGiveUp} {
		s := roomy(t, again, "receive hull 1 TAP\ntalk hull", nil)
		s.does(office.Replanned{Exchanged: 1, MadeRoom: 1})
		s.tell(`
			is slow                  => allocated | TAP here=0 york=1 | PIPE here=0 york=1
			is gold                  => backordered | TAP here=0 waits=1
			stock hull TAP           => available=0 held=0 tied=0 holds=1 drawn=0
			talk york york
			is slow                  => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
			is gold                  => allocated | TAP here=0 york=1
			talk york hull york hull`)
		r, _ := s.m.Revised(s.orders["slow"].placing.Order.ID)
		if r == nil || r.Why != "moved from york to hull, to make room for order HQ-000002" {
			t.Errorf("got %+v, want it said", r)
		}
		s.does(office.Replanned{})
		s.converge()
	}
}

// TestNobodyMakesRoomForLess: not by being late, not for an order of a lower class, not for one that is not whole by it or that the
// stock would serve anyway, and not where the class keeps what it has.
func TestNobodyMakesRoomForLess(t *testing.T) {
	spare := "receive hull 1 TAP\ntalk hull"
	for name, c := range map[string]struct {
		again  machine.Again
		change func(slow, gold *ledger.Order)
		then   func(*story)
		want   int
	}{
		"it is whole by it": {again: machine.AgainMayMove, want: 1},
		"its own class":     {again: machine.AgainMayMove, change: func(_, gold *ledger.Order) { gold.Class = "slow" }, want: 1},
		"it keeps":          {again: machine.AgainImprove},
		"it is pinned":      {again: machine.AgainPinned},
		"it gets no more":   {again: machine.AgainNoMore},
		"a lower class":     {again: machine.AgainMayMove, change: func(_, gold *ledger.Order) { gold.Class = "" }},
		"hull is too late for it": {again: machine.AgainMayMove, change: func(slow, _ *ledger.Order) { slow.NeedBy = "2026-01-15" },
			then: func(s *story) { s.terms(machine.Terms{Site: "hull", TravelDays: 40}) }},
		"hull does not serve it":  {again: machine.AgainMayMove, then: func(s *story) { s.terms(machine.Terms{Site: "hull", NoDeliver: true}) }},
		"it is collected":         {again: machine.AgainMayMove, change: func(slow, _ *ledger.Order) { slow.Fulfil, slow.CollectAt = ledger.Collect, "york" }},
		"york is too late anyway": {again: machine.AgainMayMove, then: func(s *story) { s.terms(machine.Terms{Site: "york", ShipDays: 20}) }},
		"who waits gets no more": {again: machine.AgainMayMove, then: func(s *story) {
			s.classes(machine.Class{Name: "gold", Again: machine.AgainNoMore}, machine.Class{Name: "slow", Again: machine.AgainMayMove})
		}},
	} {
		s := roomy(t, c.again, spare, c.change)
		if c.then != nil {
			c.then(s)
		}
		if got := s.again(); got.MadeRoom != c.want || got.Exchanged != c.want || got.GaveUp > 0 {
			t.Errorf("%s: got %+v, want %d to make room", name, got, c.want)
		}
	}
	for _, away := range []string{"york", "hull"} {
		s := roomy(t, machine.AgainMayMove, spare, nil)
		s.does(office.Replanned{}, away)
		s.does(office.Replanned{Exchanged: 1, MadeRoom: 1})
	}
}

// TestWhatGivesUpWaits, in its old turn, and its customer is told: slow was accepted as one that does, and gold would be late. It has
// what it had until gold has the units.
func TestWhatGivesUpWaits(t *testing.T) {
	s := roomy(t, machine.AgainGiveUp, "", nil)
	s.does(office.Replanned{Exchanged: 1, MadeRoom: 1, GaveUp: 1})
	s.tell(`
		is slow                  => allocated | TAP here=0 york=1 | PIPE here=0 york=1
		talk york york
		is slow                  => backordered | TAP here=0 waits=1 | PIPE here=0 york=1
		is gold                  => allocated | TAP here=0 york=1
		talk york york`)
	slow := s.orders["slow"].placing.Order.ID
	told := 0
	for _, e := range s.m.Exceptions(9) {
		if e.What == "gave_up" && e.Order == slow && e.SKU == "TAP" && e.Owner == "head office" && strings.Contains(e.Why, "Tell the customer") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("got %d exceptions of it, want one, with an owner", told)
	}
	s.does(office.Replanned{}) // it takes nothing back
	s.tell(`
		receive hull 1 TAP
		talk hull
		release
		is slow                  => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
		talk hull york`)
	s.converge()
}

// TestNothingIsGivenUpThatWasPromisedOtherwise. The machine has the last word (hq/machine); here is what is not even tried.
func TestNothingIsGivenUpThatWasPromisedOtherwise(t *testing.T) {
	for name, c := range map[string]struct {
		again  machine.Again
		change func(slow, gold *ledger.Order)
		then   func(*story)
		want   int
	}{
		"it gives up":              {again: machine.AgainGiveUp, want: 1},
		"it may move only":         {again: machine.AgainMayMove},
		"it was to be whole":       {again: machine.AgainGiveUp, change: func(slow, _ *ledger.Order) { slow.Shortage = ledger.Refuse }},
		"it is needed by a day":    {again: machine.AgainGiveUp, change: func(slow, _ *ledger.Order) { slow.NeedBy = "2030-01-01" }},
		"it is as important":       {again: machine.AgainGiveUp, change: func(_, gold *ledger.Order) { gold.Class = "slow" }},
		"gold is needed by no day": {again: machine.AgainGiveUp, change: func(_, gold *ledger.Order) { gold.NeedBy = "" }},
		"gold is due in in time":   {again: machine.AgainGiveUp, then: func(s *story) { s.expects("PO 1", "york", 1, 1) }},
		"gold is due in too late":  {again: machine.AgainGiveUp, then: func(s *story) { s.expects("PO 1", "york", 9, 1) }, want: 1},
		"it was accepted otherwise": {again: machine.AgainImprove, then: func(s *story) {
			s.classes(machine.Class{Name: "gold"}, machine.Class{Name: "slow", Again: machine.AgainGiveUp})
		}},
		"it has waited for four weeks": {again: machine.AgainGiveUp, change: func(slow, _ *ledger.Order) { slow.TakenAt = slow.TakenAt.Add(-office.KeepsAfter) }},
	} {
		s := roomy(t, c.again, "", c.change)
		if c.then != nil {
			c.then(s)
		}
		if got := s.again(); got.GaveUp != c.want || got.Exchanged != c.want {
			t.Errorf("%s: got %+v, want %d given up", name, got, c.want)
		}
	}
	if machine.YieldsFor != office.KeepsAfter || machine.YieldsBelow != office.KeepsPriority {
		t.Error("who keeps what comes gives up nothing: the two differ")
	}
}
