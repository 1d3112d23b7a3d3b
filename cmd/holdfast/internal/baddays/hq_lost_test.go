package baddays_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/demo"
)

// Two of the three servers are destroyed with their folders, while sites and head office sell; the third
// is recovered, and two new ones join it. What head office alone had answered its clients tell again.
func TestHeadOfficeIsRecoveredFromOneServerOfThree(t *testing.T) {
	headOfficeLost(t, demo.MajorityLost)
}

// All three servers are destroyed with their folders; head office comes back from a backup that is some
// seconds old, as a new life, and learns from the sites what it lacks.
func TestHeadOfficeIsRestoredFromABackupAndSellsNothingTwice(t *testing.T) {
	headOfficeLost(t, demo.HQRestored)
}

func headOfficeLost(t *testing.T, what string) {
	t.Helper()
	if !chaos {
		t.Skip("needs HOLDFAST_CHAOS=1: it takes half a minute")
	}
	r := play(t, demo.Config{For: 20 * time.Second, Chaos: true, Only: what, Seed: 3})
	if r.Happened[what] == 0 {
		t.Errorf("got %v, want %s", r.Happened, what)
	}
	t.Logf("%s: %d times", what, r.Happened[what])
}
