package trial_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

// Pinned, so that another machine, word size or release of Go shows if it plays another year. Ours is
// not here: its digest may change with the planner.
func TestARunIsTheSameOnEveryMachine(t *testing.T) {
	for name, c := range map[string]struct {
		w    *trial.World
		way  trial.Way
		want uint64
	}{
		"retail": {trial.Retail(1, 35), trial.Freeze(), 0xdce38b8036a89717},
		"trade":  {trial.Trade(1, 35), trial.Freeze(), 0xd29cb96e89990e7b},
	} {
		c.w.Cuts = c.w.CutOff(1, 180, 4)
		if got := trial.Play(c.w, c.way).Digest; got != c.want {
			t.Errorf("%s: got digest %#016x, want %#016x", name, got, c.want)
		}
	}
}
