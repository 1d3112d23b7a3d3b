package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnOrderThatLosesUnitsElsewhereWaitsForHeadOfficeAgain(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 1
		deliver o1 TAP-22 4 any backorder up => asked
		yes     o1 1 hull 3                  => allocated
		order   o1                           => allocated here=1 taken=0 away=3 waits=0
		obey lose o1 TAP-22 2 york           => done
		order   o1                           => allocated here=1 taken=0 away=3 waits=0
		obey lose o1 TAP-22 2 hull           => done
		order   o1                           => backordered here=1 taken=0 away=1 waits=2
	`)
	if o, _ := s.core.State.Order(oid("o1")); o.Wait != ledger.WaitHQ {
		t.Errorf("got an order that waits at %d, want head office", o.Wait)
	}
	s.play(`
		obey note o1 TAP-22 2 york           => done
		order   o1                           => allocated here=1 taken=0 away=3 waits=0
		obey lose o1 TAP-22 9 hull           => done
		order   o1                           => backordered here=1 taken=0 away=2 waits=1
		obey lose o1 TAP-22 1 hull           => done
		obey lose o1 TAP-22 -1 york          => done
		order   o1                           => backordered here=1 taken=0 away=2 waits=1
		claims  TAP-22                       => shelf=1 available=0 reserved=1 shortfall=0
		obey lose nobody TAP-22 1 york       => refused cancelled
		cancel  o1                           => cancelled
		obey lose o1 TAP-22 1 york           => refused cancelled
	`)
}
