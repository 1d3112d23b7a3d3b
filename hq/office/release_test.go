package office_test

import (
	"context"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// backorder places an order for TAP and PIPE, changed by with.
func (s *story) backorder(name string, taps, pipes ledger.Qty, with func(*ledger.Order)) {
	t := s.wants(taps, ledger.Backorder)
	t.Order.Lines = append(t.Order.Lines, ledger.Line{SKU: "PIPE", Qty: pipes})
	if with != nil {
		with(&t.Order)
	}
	if got := s.off.PlaceMany(context.Background(), s.now, []office.Try{t}, true)[0]; got.Err != nil || got.Outcome.Err != nil {
		s.fail("place %s: %v, %v", name, got.Err, got.Outcome.Err)
	}
	s.orders[name] = &told{placing: *t.Placing}
}

func complete(o *ledger.Order) { o.Complete = true }

// TestOnlyWhatCompletesIsReleased: an order that is dispatched as a whole has nothing reserved for it before all is there, and
// takes no turn of those behind it; any other has one early part.
func TestOnlyWhatCompletesIsReleased(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 2 TAP
		talk hull`)
	s.backorder("all", 2, 1, complete)
	s.tell("is all => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1")
	s.backorder("part", 3, 2, nil)
	s.tell(`
		is part      => backordered | TAP here=0 hull=2 waits=1 | PIPE here=0 waits=2
		receive hull 2 PIPE
		talk hull
		release
		is all       => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1
		is part      => backordered | TAP here=0 hull=2 waits=1 | PIPE here=0 waits=2
		receive hull 1 TAP
		talk hull
		release
		is all       => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1
		is part      => allocated | TAP here=0 hull=3 | PIPE here=0 hull=2
		receive hull 1 PIPE
		receive hull 3 TAP
		talk hull
		release
		is all       => allocated | TAP here=0 hull=2 | PIPE here=0 hull=1`)
	s.converge()
}

// TestSomeOrdersKeepWhatComes: the most urgent, those of a class that must be filled, and whoever has waited for 28 days.
func TestSomeOrdersKeepWhatComes(t *testing.T) {
	s := play(t, "hull*", `talk hull`)
	s.classes(machine.Class{Name: "clinic", MustFill: true})
	urgent := func(o *ledger.Order) { o.Complete, o.Priority = true, office.KeepsPriority }
	clinic := func(o *ledger.Order) { o.Complete, o.Class = true, "clinic" }
	s.backorder("clinic", 2, 1, clinic)
	s.backorder("urgent", 2, 1, urgent)
	s.backorder("plain", 2, 1, complete)
	s.tell(`
		receive hull 3 TAP
		talk hull
		release
		is clinic    => backordered | TAP here=0 hull=2 | PIPE here=0 waits=1
		is urgent    => backordered | TAP here=0 hull=1 waits=1 | PIPE here=0 waits=1
		is plain     => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1
		receive hull 2 TAP
		talk hull
		release
		is urgent    => backordered | TAP here=0 hull=2 | PIPE here=0 waits=1
		is plain     => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1
		wait 671h
		talk hull hull
		release
		is plain     => backordered | TAP here=0 waits=2 | PIPE here=0 waits=1
		wait 1h
		talk hull hull
		release
		is plain     => backordered | TAP here=0 hull=1 waits=1 | PIPE here=0 waits=1`)
	s.converge()
}

// TestAnOrderThatCannotBeCompletedHidesNobody: more of them than one release looks at stand before one that can.
func TestAnOrderThatCannotBeCompletedHidesNobody(t *testing.T) {
	s := play(t, "hull*", `talk hull`)
	for range 70 {
		s.backorder("stuck", 1, 1, complete)
	}
	s.orders["last"] = &told{}
	last := s.wants(1, ledger.Backorder)
	s.off.PlaceMany(context.Background(), s.now, []office.Try{last}, true)
	s.orders["last"].placing = *last.Placing
	s.tell(`
		receive hull 1 TAP
		talk hull
		release
		is last      => allocated | TAP here=0 hull=1`)
	s.converge()
}

// TestWhatIsBorrowedCompletesToo: nothing is taken of what is held before the lender has answered.
func TestWhatIsBorrowedCompletesToo(t *testing.T) {
	s := play(t, "hull* york", `talk hull york`)
	s.backorder("all", 3, 1, complete)
	s.tell(`
		receive hull 2 TAP
		receive hull 1 PIPE
		receive york 1 TAP
		talk hull york
		release
		is all       => backordered | TAP here=0 waits=3 | PIPE here=0 waits=1
		queue york   => borrow
		stock hull TAP => available=0 held=2 tied=0 holds=0 drawn=0
		talk york york
		release
		is all       => allocated | TAP here=0 hull=2 york=1 | PIPE here=0 hull=1`)
	s.converge()
}
