package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What is over in one night takes an entry for each lot, and one for each order that loses units. A crash between any two of them, as on a disk that kept
// the first only, leaves a book that is right, and the next request on it blocks the rest: the end is the same.
func TestACrashBetweenTheEntriesOfANightLeavesABookThatIsRight(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3 A:3:2026-01-06
		receive TAP-22 2 B:2:2026-01-06
		receive DRILL 2 C:2:2026-01-06
		receive DRILL 1 D:1:2026-09-01
		deliver o1 TAP-22 4       => allocated
		deliver o2 DRILL 3        => allocated`)
	before := len(s.entries)
	s.play(`
		today   2026-01-07
		touch`)
	night := s.entries[before:]
	if len(night) < 5 {
		t.Fatalf("got %d entries of the night, want one for each lot and each order that lost units", len(night))
	}
	want := map[ledger.SKU]string{}
	for _, sku := range []ledger.SKU{"TAP-22", "DRILL"} {
		l, _ := s.core.State.Level(sku)
		want[sku] = lotsIn(&l) + " " + claims(&l)
	}
	for kept := range len(night) + 1 {
		torn := ledger.NewState("leeds")
		for _, e := range s.entries[:before+kept] {
			if err := torn.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		core := ledger.NewCore(torn, everything{s})
		for _, sku := range []ledger.SKU{"TAP-22", "DRILL"} {
			l, _ := torn.Level(sku)
			if err := l.Check(); err != nil {
				t.Errorf("%d of %d kept: %v", kept, len(night), err)
			}
			if err := ledger.CheckLots(&l); err != nil {
				t.Errorf("%d of %d kept: %v", kept, len(night), err)
			}
		}
		core.Decide(&ledger.TouchLots{}, s.now)
		if core.Pending() < len(night)-kept { // an order that lost units and not to whom may lose them once more, and is served at once
			t.Errorf("%d of %d kept: got %d entries more, want the rest of the night", kept, len(night), core.Pending())
		}
		for sku, want := range want {
			l, _ := torn.Level(sku)
			if got := lotsIn(&l) + " " + claims(&l); got != want {
				t.Errorf("%d of %d kept: %s: got %s, want %s", kept, len(night), sku, got, want)
			}
		}
	}
}

func claims(l *ledger.Level) string {
	return fmt.Sprintf("shelf=%d available=%d reserved=%d shortfall=%d", l.Sellable, l.Available, l.Reserved, l.Shortfall)
}
