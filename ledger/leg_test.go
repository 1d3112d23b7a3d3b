package ledger_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestWhatAPickDidNotFindIsOfferedToNobodyUntilItIsFound(t *testing.T) {
	s := newStage(t, "hull", false)
	s.play(`
		receive TAP-22 5
		obey reserve o9 TAP-22 3   => done
		pick    o9 1 2             => leg_picked
		served  o9                 => 1 for hq
		claims  TAP-22             => shelf=2 available=0 reserved=1 hq=2 shortfall=0
		obey reserve o8 TAP-22 3   => refused not_allotted
		adjust  TAP-22 1           => adjusted
		claims  TAP-22             => shelf=3 available=0 reserved=1 hq=3 shortfall=0
		pick    o9 0 1             => line 1: 1 of TAP-22 are named, 0 are to be served from here
		hands   o9 put back 1      => leg_put_back
		pick    o9 0 1             => leg_picked
		served  o9                 => nothing
		pick    o9 0 1             => no such part of an order is served here
		obey cancel o9 TAP-22 1    => refused cancelled
	`)
	for _, e := range s.entries {
		if b, ok := e.Body.(*ledger.LegBody); ok && b.Refusal == "" {
			if lost := b.Lost(e.Kind); len(lost) != 1 || lost[0].Line != 1 || lost[0].SKU != "TAP-22" || b.Owner != ledger.HQ {
				t.Errorf("got %+v lost of %s, want one line of head office", lost, b.Owner)
			}
		}
	}
}

func TestAnOrderOfOursThatIsPickedShortWaitsForHeadOffice(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 5
		deliver o1 TAP-22 3 any    => allocated
		pick    o1 1 2             => leg_picked
		order   o1                 => backordered here=1 taken=0 away=0 waits=2
		claims  TAP-22             => shelf=2 available=2 reserved=1 shortfall=0
		obey note o1 TAP-22 2 hull => done
		order   o1                 => allocated here=1 taken=0 away=2 waits=0
		receive TAP-22 1
		claims  TAP-22             => shelf=3 available=3 reserved=1 shortfall=0
	`)
}

func TestAnOrderThatOnlyThisSiteServesTakesWhatElseIsHere(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 4
		deliver o1 TAP-22 3        => allocated
		pick    o1 1 2             => leg_picked
		order   o1                 => backordered here=2 taken=0 away=0 waits=1
		claims  TAP-22             => shelf=1 available=0 reserved=2 shortfall=0
		reject  o1                 => order 01900000-0000-7000-8000-000000000da2 can be served from here only: cancel it
		receive TAP-22 1
		order   o1                 => allocated here=3 taken=0 away=0 waits=0
		claims  TAP-22             => shelf=2 available=0 reserved=3 shortfall=0
	`)
}

// Where the book owes units already, these are the ones that nobody found.
func TestAShortPickIsAShortfallThatIsKnownFirst(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 3 any up => asked
		hand    h1 TAP-22 1        => completed
		claims  TAP-22             => shelf=1 available=0 reserved=2 shortfall=1
		yes     o1 1 hull 1        => allocated
		pick    o1 0 2             => leg_picked
		claims  TAP-22             => shelf=0 available=0 reserved=0 shortfall=0
		order   o1                 => backordered here=0 taken=0 away=1 waits=2
	`)
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 3 any up => asked
		hand    h1 TAP-22 1        => completed
		yes     o1 1 hull 1        => allocated
		pick    o1 1 1             => leg_picked
		claims  TAP-22             => shelf=0 available=0 reserved=1 shortfall=0
	`)
}

func TestARejectedLegIsFreeAgainAndTheOrderIsServedFromElsewhere(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 5
		obey reserve o9 TAP-22 3   => done
		reject  o9 1               => leg_rejected
		served  o9                 => 2 for hq
		claims  TAP-22             => shelf=5 available=0 reserved=2 hq=3 shortfall=0
		reject  o9                 => leg_rejected
		served  o9                 => nothing
		claims  TAP-22             => shelf=5 available=0 reserved=0 hq=5 shortfall=0
		reject  o9                 => no such part of an order is served here
	`)
	newStage(t, "leeds", true).play(`
		receive TAP-22 3
		deliver o1 TAP-22 3 any       => allocated
		deliver o2 TAP-22 2 backorder => backordered
		reject  o1 2                  => leg_rejected
		order   o1                    => backordered here=1 taken=0 away=0 waits=2
		order   o2                    => allocated here=2 taken=0 away=0 waits=0
	`)
}

func TestALegHasNoMoreThanIsReservedAndTheNoIsRemembered(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3
		deliver o1 TAP-22 2 any    => allocated
		pick    o1 1 2             => line 1: 3 of TAP-22 are named, 2 are to be served from here
		reject  o1 3               => line 1: 3 of TAP-22 are named, 2 are to be served from here
		pick    o1 0 0             => line 1: qty is 0: leave the line out, or say how many
		claims  TAP-22             => shelf=3 available=1 reserved=2 shortfall=0
	`)
	r := &ledger.PickLeg{Meta: ledger.Meta{Key: fill16(1), Request: fill16(2)}, Order: oid("o1"), Lines: []ledger.LegLine{{Line: 2, Short: 1}}}
	first, again := s.do(r), s.do(r)
	for _, out := range []ledger.Outcome{first, again} {
		if leg, ok := errors.AsType[*ledger.LegError](out.Err); !ok || len(leg.Lines) != 1 || leg.Lines[0].Line != 2 || leg.Lines[0].Have != 0 {
			t.Errorf("got %v, want line 2 refused", out.Err)
		}
	}
	if first.Replayed || !again.Replayed {
		t.Errorf("got replayed %t and %t, want the second only", first.Replayed, again.Replayed)
	}
	for name, lines := range map[string][]ledger.LegLine{
		"a line twice": {{Line: 1, Short: 1}, {Line: 1, Short: 1}}, "line 0": {{Short: 1}}, "below zero": {{Line: 1, Short: -1}},
		"nothing": nil, "below zero found": {{Line: 1, Qty: -1, Short: 1}},
	} {
		if out := s.do(&ledger.PickLeg{Order: oid("o1"), Lines: lines}); out.Entry != nil || out.Err == nil {
			t.Errorf("%s: got %+v, want a form that no book takes", name, out)
		}
	}
	if out := s.do(&ledger.RejectLeg{Order: oid("o1")}); out.Entry != nil || out.Err == nil {
		t.Errorf("got %+v, want no refusal of a leg without a reason", out)
	}
}

func TestNothingOfAnOpenAskIsALeg(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 1
		deliver o1 TAP-22 2 any up => asked
		pick    o1 0 1             => no such part of an order is served here
		reject  o1                 => no such part of an order is served here
		lost    o1                 => short have=1
	`)
}

func TestWhatAnotherLifeDidNotFindIsGoneInThisOneToo(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3
		deliver o1 TAP-22 3 any    => allocated
	`)
	told := s.fork(t, `
		receive TAP-22 3
		deliver o1 TAP-22 3 any    => allocated
		pick    o1 1 2             => leg_picked
	`)
	s.rebuild()
	s.bring(t, told[len(told)-1:])
	s.bring(t, told[len(told)-1:])
	s.play(`
		order   o1                 => backordered here=1 taken=0 away=0 waits=2
		claims  TAP-22             => shelf=1 available=0 reserved=1 shortfall=0
	`)
}
