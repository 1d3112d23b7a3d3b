package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What a life that has ended said of lots is known in the next one: which came in and until when they are good, which left, and what is held.
func TestARebuildKeepsLotsTheirLastDaysAndRecalls(t *testing.T) {
	story := `
		receive TAP-22 3 OLD:3:2026-09-01 bin=B
		receive TAP-22 3 NEW:3:2026-12-01 bin=C
		receive TAP-22 2 BAD:2
		receive DRILL 2 #SN1 #SN2
		take    o1 TAP-22 1 NEW:1
		take    o2 DRILL 1 #SN2
		hold    TAP-22 BAD
	`
	for name, twice := range map[string]bool{"once": false, "and in a life after that": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			lost := s.fork(t, story)
			s.rebuild()
			s.bring(t, lost)
			s.bring(t, lost) // nothing is doubled
			if twice {
				told := s.entries
				s = newStage(t, "leeds", true)
				s.rebuild()
				s.bring(t, told)
			}
			s.play(`
				attest                   => attested
				lots    TAP-22           => OLD=3@B NEW=2@C BAD=2@MAIN!
				lots    DRILL            => SN1=1@MAIN
				claims  TAP-22           => shelf=5 available=5 reserved=0 shortfall=0
				receive TAP-22 1 BAD:1
				lots    TAP-22           => OLD=3@B NEW=2@C BAD=3@MAIN!
				today   2026-09-02
				touch
				lots    TAP-22           => OLD=3@B! NEW=2@C BAD=3@MAIN!
			`)
			s.whole("TAP-22")
			s.whole("DRILL")
		})
	}
}

// A lot that was let go in a life that has ended is let go in the next one, unless that one has held it itself.
func TestALateReleaseLetsGoWhatItsOwnLifeHeld(t *testing.T) {
	for name, held := range map[string]bool{"held there": false, "held here, anew": true, "held in the copy": false} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			lost := s.fork(t, `
				receive TAP-22 1 BAD:1
				hold    TAP-22 BAD => lot_held
				release TAP-22 BAD => lot_held`)
			if name == "held in the copy" {
				s.play(`
					receive TAP-22 1 BAD:1
					hold    TAP-22 BAD => lot_held`)
				lost = lost[len(lost)-1:]
			}
			s.rebuild()
			s.play(`attest => attested`)
			if held {
				s.play(`hold TAP-22 BAD => lot_held`)
			}
			s.bring(t, lost)
			s.play(`receive TAP-22 1 BAD:1`)
			l, _ := s.core.State.Level("TAP-22")
			if got := l.Lot("BAD").Held != ""; got != held {
				t.Errorf("got held %t, want %t: %s", got, held, lotsIn(&l))
			}
			s.whole("TAP-22")
		})
	}
}

// Facts of serial numbers that the book has here already are recorded, and make no unit be here twice.
func TestALateSerialNumberIsAtOnePlace(t *testing.T) {
	s := newStage(t, "leeds", true)
	lost := s.fork(t, `receive DRILL 2 #SN1 #SN2`)
	s.play(`receive DRILL 1 #SN1`)
	s.rebuild()
	s.bring(t, lost)
	s.play(`
		attest     => attested
		lots DRILL => SN1=1@MAIN SN2=1@MAIN
		level DRILL => hand=3 available=3 reserved=0 hq=0`)
	if l, _ := s.core.State.Level("DRILL"); ledger.CheckLots(&l) != nil {
		t.Error(ledger.CheckLots(&l))
	}
}
