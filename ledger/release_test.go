package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestWhatAnOrderElsewhereDoesNotCountOnIsFreed(t *testing.T) {
	s := newStage(t, "hull", true)
	s.play(`
		receive TAP-22 9
		obey borrow o1 TAP-22 6   => done
		obey reserve o1 TAP-22 3  => done
		obey reserve o1 TAP-22 3  => done
		claims TAP-22             => shelf=9 available=3 reserved=6 shortfall=0
		obey release o1 TAP-22 4  => done
		claims TAP-22             => shelf=9 available=7 reserved=2 shortfall=0
		obey release o1 TAP-22 9  => done
		claims TAP-22             => shelf=9 available=9 reserved=0 shortfall=0
		obey release o1 TAP-22 1  => refused cancelled
		obey cancel o1 TAP-22 1   => refused cancelled
	`)
}

func TestAnAnswerThatChangesNothingTellsHowTheOrderStands(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 1
		deliver o1 TAP-22 2 any backorder  => backordered
	`)
	out := s.obey("note", "o1", "TAP-22", 9, "hull")
	b := out.Entry.Body.(*ledger.ObeyedBody)
	if b.Refused == "" || b.Order == nil || b.Order.Lines[0].Here != 1 || b.Order.Lines[0].Backordered != 1 {
		t.Errorf("a note that was refused: got %+v, want the order as it stands", b)
	}
}
