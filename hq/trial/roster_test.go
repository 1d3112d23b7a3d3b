package trial_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

// checkDay holds a day against its own proof: nothing is given that is not there, and the bound,
// worked out from the groups alone, is what was served.
func checkDay(t *testing.T, groups []trial.Alike, capacity []int, d trial.Roster) {
	t.Helper()
	used, served := make([]int, len(capacity)), 0
	for g, a := range groups {
		sum := 0
		for at, n := range d.Given[g] {
			if n < 0 {
				t.Fatalf("group %d is given %d", g, n)
			}
			used[a.Sites[at]] += n
			sum += n
		}
		if sum > a.Orders {
			t.Fatalf("group %d has %d orders and %d are served", g, a.Orders, sum)
		}
		served += sum
	}
	for s, n := range used {
		if n > capacity[s] {
			t.Fatalf("site %d serves %d of %d", s, n, capacity[s])
		}
	}
	bound := 0
	for g, a := range groups {
		if !d.Capped[g] {
			bound += a.Orders
			continue
		}
		for _, s := range a.Sites {
			if !d.Full[s] {
				t.Fatalf("group %d is capped, and site %d outside the cut serves it", g, s)
			}
		}
	}
	for s, full := range d.Full {
		if full {
			bound += capacity[s]
		}
	}
	if served != d.Served || bound != d.Bound || d.Served != d.Bound {
		t.Fatalf("served %d (%d said), bound %d (%d said)", served, d.Served, bound, d.Bound)
	}
}

func TestAsManyOrdersAreServedAsCanBe(t *testing.T) {
	c := trial.Chance(1)
	for range 3000 {
		capacity := make([]int, 1+c.Below(6))
		for s := range capacity {
			capacity[s] = c.Below(30)
		}
		groups := make([]trial.Alike, c.Below(12))
		for g := range groups {
			groups[g].Orders = c.Below(20)
			for s := range capacity {
				if c.Below(3) == 0 {
					groups[g].Sites = append(groups[g].Sites, s)
				}
			}
		}
		checkDay(t, groups, capacity, trial.ServeMost(groups, capacity))
	}
}

func TestAnOrderMovesToMakeRoom(t *testing.T) {
	d := trial.ServeMost([]trial.Alike{{1, []int{0, 1}}, {1, []int{0}}}, []int{1, 1})
	if d.Served != 2 {
		t.Errorf("got %d served, want 2: the first moves to the second site", d.Served)
	}
}
