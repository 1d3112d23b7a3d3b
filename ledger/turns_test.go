package ledger_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnOrderThatCannotBeDecidedLeavesOthersTheirTurn(t *testing.T) {
	t.Parallel()
	turns, now := make(ledger.Turns), time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC)
	var waits []time.Duration
	for range 10 {
		waits = append(waits, turns.Failed("stuck", now))
	}
	for i, s := range []int{2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		if want := time.Duration(s) * time.Second; waits[i] != want {
			t.Errorf("after %d times it waits %v, want %v", i+1, waits[i], want)
		}
	}
	if rests := turns.Rest(now.Add(299 * time.Second)); !rests("stuck") || rests("another") {
		t.Error("got a turn too early, or another order got none")
	}
	if turns.Rest(now.Add(300 * time.Second))("stuck") {
		t.Error("got no turn once its time was over")
	}
	turns.Done("stuck")
	if got := turns.Failed("stuck", now); got != 2*time.Second {
		t.Errorf("one that had its turn waits %v the next time, want 2 s", got)
	}
	if turns.Rest(now.Add(time.Hour)); len(turns) != 0 {
		t.Errorf("%d orders are remembered that somebody else decided", len(turns))
	}
}
