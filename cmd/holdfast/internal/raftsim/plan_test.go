package raftsim

import (
	"reflect"
	"testing"
	"time"
)

func TestAPlanFollowsFromItsSeed(t *testing.T) {
	one, same, other := planOf(7, 10*time.Second, 3), planOf(7, 10*time.Second, 3), planOf(8, 10*time.Second, 3)
	if !reflect.DeepEqual(one, same) {
		t.Errorf("got %v and %v of one seed", one, same)
	}
	if reflect.DeepEqual(one, other) {
		t.Errorf("got %v of two seeds", one)
	}
}

func TestWhatAPlanBreaksItMendsBeforeTheLastTenth(t *testing.T) {
	mended := map[act]act{actLoseAnswers: actKeepAnswers, actCrashNode: actStartNode, actCutSite: actMendSite, actHalfCutSite: actMendSite, actSlowSite: actMendSite}
	for _, a := range falls() {
		mended[a] = actMendHQ
	}
	type what struct {
		act
		site int
	}
	for seed := range uint64(200) {
		for _, d := range []time.Duration{ForMin, 4 * time.Second, 12 * time.Second, time.Minute} {
			open := map[what]time.Duration{}
			falls := 0
			for _, st := range planOf(seed, d, 3) {
				if st.at < 0 || st.at > d*9/10 {
					t.Fatalf("seed %d, %s: %s at %s", seed, d, st.act, st.at)
				}
				if end, breaks := mended[st.act]; breaks {
					open[what{end, st.site}] = st.at
					if end == actMendHQ {
						falls++
					}
				}
				delete(open, what{st.act, st.site})
			}
			if len(open) > 0 || falls == 0 {
				t.Fatalf("seed %d, %s: %v are not mended; head office lost a server %d times", seed, d, open, falls)
			}
		}
	}
}

func TestALongPlanHasEachFall(t *testing.T) {
	got := map[act]int{}
	for _, st := range planOf(3, 30*time.Second, 3) {
		got[st.act]++
	}
	for a := range actDeliver + 1 {
		if got[a] == 0 {
			t.Errorf("%s: got none", a)
		}
	}
}
