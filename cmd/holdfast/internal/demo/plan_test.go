package demo

import (
	"reflect"
	"testing"
	"time"
)

func TestASeedFixesThePlan(t *testing.T) {
	for seed := range uint64(50) {
		a, b := planOf(seed, 30*time.Second, 3), planOf(seed, 30*time.Second, 3)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two plans of one seed differ", seed)
		}
	}
	if reflect.DeepEqual(planOf(1, 30*time.Second, 3), planOf(2, 30*time.Second, 3)) {
		t.Error("two seeds gave one plan")
	}
}

func TestEveryPlanCutsEverySiteKillsANodeAndALeaderAndHealsInTime(t *testing.T) {
	for seed := range uint64(200) {
		const d = 30 * time.Second
		cut, healed, dead, killed := map[int]int{}, map[int]int{}, map[int]bool{}, map[act]int{}
		for _, s := range planOf(seed, d, 3) {
			if s.at < 0 || s.at > d {
				t.Fatalf("seed %d: %s at %s, outside the run", seed, s.act, s.at)
			}
			switch s.act {
			case actCutReset, actCutSilent:
				cut[s.site]++
			case actHeal:
				healed[s.site]++
			case actKillNode:
				if dead[s.site] {
					t.Fatalf("seed %d: a dead node is killed again", seed)
				}
				dead[s.site] = true
				killed[s.act]++
			case actStartNode:
				dead[s.site] = false
			case actKillLeader:
				killed[s.act]++
			}
		}
		if len(cut) != 3 || !reflect.DeepEqual(cut, healed) {
			t.Fatalf("seed %d: cut %v, healed %v", seed, cut, healed)
		}
		if killed[actKillNode] == 0 || killed[actKillLeader] == 0 {
			t.Fatalf("seed %d: killed %v", seed, killed)
		}
	}
}
