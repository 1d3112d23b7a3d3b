package sim

// White box: guards are switched off where no caller can reach them.

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func noTick(time.Duration) {}

func runSeed(t testing.TB, seed uint64, length time.Duration, off guard) *Report {
	t.Helper()
	return runBad(t, seed, length, 0, off)
}

func runBad(t testing.TB, seed uint64, length time.Duration, bad Disaster, off guard) *Report {
	t.Helper()
	r, err := runWithout(t.Context(), NewPlan(seed, length, 3, bad), off, noTick)
	if err != nil {
		t.Fatalf("seed %d: got %v, want a report", seed, err)
	}
	return r
}

// With HOLDFAST_LONG=1 the seeds of this test also have to bring every named fault to every kind of message. Each
// time, holdfast sim --covered asks that of more seeds.
func TestNothingIsOversoldLostOrDoubledUnderAnySeed(t *testing.T) {
	seeds, length, long := uint64(2), time.Hour, os.Getenv("HOLDFAST_LONG") == "1"
	if long {
		seeds, length = 10, 2*time.Hour
	}
	met := map[string]uint64{}
	for seed := uint64(1); seed <= seeds; seed++ {
		r := runSeed(t, seed, length, guardNone)
		if r.Violations != 0 {
			t.Fatalf("got %s%s, want no violation", r.Story(), r.Replay())
		}
		if r.Accepted == 0 || r.Refused == 0 || r.Offline == 0 || r.CrossSite == 0 {
			t.Errorf("seed %d: got %d accepted, %d refused, %d offline, %d across sites, want some of each",
				seed, r.Accepted, r.Refused, r.Offline, r.CrossSite)
		}
		for what, n := range r.Met {
			met[what] += n
		}
	}
	if !long {
		return
	}
	for _, what := range append(Combinations(), quietCombinations()...) {
		if met[what] == 0 {
			t.Errorf("got no %q in %d seeds, want at least one", what, seeds)
		}
	}
}

func TestASeedGivesOneTrace(t *testing.T) {
	seeds := uint64(4)
	if os.Getenv("HOLDFAST_LONG") == "1" {
		seeds = 20
	}
	digests := map[string]uint64{}
	for seed := uint64(101); seed <= 100+seeds; seed++ {
		bad := []Disaster{0, AllDisasters}[seed%2]
		first, second := runBad(t, seed, 20*time.Minute, bad, guardNone), runBad(t, seed, 20*time.Minute, bad, guardNone)
		if first.Digest != second.Digest || first.Steps != second.Steps {
			t.Errorf("seed %d: got %s in %d steps, want %s in %d as before", seed, second.Digest, second.Steps, first.Digest, first.Steps)
		}
		if other, same := digests[first.Digest]; same {
			t.Errorf("got one trace from the seeds %d and %d, want two", other, seed)
		}
		digests[first.Digest] = seed
	}
}

func TestAGuardSwitchedOffIsFoundOut(t *testing.T) {
	if os.Getenv("HOLDFAST_GUARDS") != "1" && os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("plays a company for each guard: set HOLDFAST_GUARDS=1")
	}
	for what, c := range map[string]struct {
		off   guard
		seeds uint64   // within so many
		as    []string // what breaks first
		bad   Disaster // that it takes
		long  time.Duration
	}{
		"answered before it is on the disk":     {guardSynced, 1, []string{"lost"}, 0, time.Hour},
		"open asks survive a start":             {guardAsksDropped, 3, []string{"converge", "answer", "duplicated", "panic", "exception"}, 0, time.Hour},
		"head office forgets its latest":        {guardLogReplayed, 2, []string{"refused", "books", "journal", "exception", "lost", "duplicated", "converge", "panic"}, 0, time.Hour},
		"a command comes under a second number": {guardCommandOnce, 1, []string{"exception", "refused"}, 0, time.Hour},
		"a retry is a new order":                {guardKeyKept, 2, []string{"converge", "lost", "duplicated", "altered", "goods", "claims", "books"}, 0, time.Hour},
		"an ask is given up in silence":         {guardAbandonWritten, 1, []string{"lost", "converge", "altered", "duplicated"}, 0, time.Hour},
		"a yes is taken for another ask":        {guardAskNamed, 6, []string{"misfit", "exception", "refused"}, 0, time.Hour},
		"a hold outlives its ask":               {guardHoldReleased, 1, []string{"converge", "stranded"}, 0, time.Hour},
		"goods are written down twice":          {guardReceiptOnce, 1, []string{"duplicated"}, 0, time.Hour},
		"promised before it is judged":          {guardFirstVerdict, 1, []string{"hasty"}, Restores, time.Hour},
		"a client's witness is not heard":       {guardWitness, 1, []string{"hasty"}, Restores, time.Hour},
		"a book turned away goes on":            {guardQuarantine, 1, []string{"converge"}, Losses, time.Hour},
		"head office goes on in its old life":   {guardNewLife, 1, []string{"refused", "exception"}, HQRestores, time.Hour},
		"clients' journals are not told":        {guardJournalsTold, 3, []string{"converge", "lost", "altered", "count"}, Replaces, time.Hour},
		"what a closed epoch sold is dropped":   {guardFactsTold, 1, []string{"count", "converge"}, Losses, time.Hour},

		"to be confirmed, told as promised":     {guardUnsureTold, 1, []string{"oversold", "lost", "duplicated", "declined"}, 0, time.Hour},
		"declined before sites could come back": {guardConfirmed, 3, []string{"declined"}, 0, time.Hour},
		"a short pick is told twice":            {guardPickOnce, 1, []string{"duplicated"}, 0, time.Hour},
		"goods that come back are told twice":   {guardReturnOnce, 2, []string{"duplicated"}, 0, time.Hour},
		"a gift card is sold twice":             {guardCardOnce, 1, []string{"money", "cards"}, 0, time.Hour},
		"a despatch note is told unnumbered":    {guardNoteOnce, 2, []string{"drop ship"}, 0, time.Hour},
		"an exchange is told twice":             {guardExchangeOnce, 2, []string{"duplicated", "exchange", "return"}, 0, time.Hour},
		"store credit is given twice":           {guardCreditOnce, 1, []string{"cards"}, 0, 10 * time.Minute},
		"a carton is booked that lacks a unit":  {guardCartonWhole, 3, []string{"transit"}, 0, 10 * time.Minute},
		"a closed purchase order is not told":   {guardCloseTold, 1, []string{"purchase"}, 0, 15 * time.Minute},
		"a short pick is not written down":      {guardPickTold, 1, []string{"count"}, Clocks, time.Hour},
	} {
		t.Run(what, func(t *testing.T) {
			for seed := uint64(1); seed <= c.seeds; seed++ {
				r := runBad(t, seed, c.long, c.bad, c.off)
				if r.Violations == 0 {
					continue
				}
				kind, _, _ := strings.Cut(r.Broken[0], ":")
				if !slices.Contains(c.as, kind) {
					t.Errorf("got %q, want one of %v", r.Broken[0], c.as)
				}
				t.Logf("seed %d, step %d: %s", seed, r.Steps, r.Broken[0])
				return
			}
			t.Errorf("got no violation in %d seeds, want one", c.seeds)
		})
	}
}

func TestAFailureSaysHowToSeeItAgain(t *testing.T) {
	r := runSeed(t, 1, time.Hour, guardHoldReleased)
	if got, want := r.Replay(), "holdfast sim --seed 1 --hours 1 --sites 3 --bad none"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(r.Last) != lastMax {
		t.Fatalf("got %d last events, want %d", len(r.Last), lastMax)
	}
	story := r.Story()
	for _, want := range []string{"seed 1 broke at step", "the last 40 events", r.Last[0], "BROKEN " + r.Broken[0]} {
		if !strings.Contains(story, want) {
			t.Errorf("got a story without %q:\n%s", want, story)
		}
	}
}

func TestAPlanFollowsFromItsSeed(t *testing.T) {
	a, b := NewPlan(5, 4*time.Hour, 3, Restores|AllDisasters&^Losses), NewPlan(5, 4*time.Hour, 3, Restores|AllDisasters&^Losses)
	if !reflect.DeepEqual(a, b) {
		t.Error("got two plans from one seed, want one")
	}
	kinds := map[ActKind]int{}
	keys := map[ledger.Digest]bool{}
	for i, act := range a.Acts {
		kinds[act.Kind]++
		if act.ID != i+1 || i > 0 && act.At < a.Acts[i-1].At {
			t.Fatalf("got act %d at %v in place %d, want acts by moment", act.ID, act.At, i)
		}
		if act.Wish != nil {
			if keys[act.Wish.Key] {
				t.Errorf("got the key of %s twice, want one each", act.Wish.Order.External)
			}
			keys[act.Wish.Key] = true
			if err := act.Wish.Order.Check(); err != nil {
				t.Errorf("got order %s: %v, want one that a book takes", act.Wish.Order.External, err)
			}
		}
		if w := act.Weather; w.Lost > 30 || w.Repeated > 50 {
			t.Errorf("got %d %% lost and %d %% repeated, want at most 30 and 50", w.Lost, w.Repeated)
		}
	}
	for k := ActOrder; k <= ActTransfer; k++ {
		if kinds[k] == 0 && k != ActLose { // there may be none
			t.Errorf("got no act of kind %d in four hours, want some", k)
		}
	}
}

func TestAnAgendaKeepsTheOrderOfOneMoment(t *testing.T) {
	var a agenda
	var got []int
	for i, at := range []time.Duration{2, 1, 2, 1, 0} {
		a.add(at, func() { got = append(got, i) })
	}
	for e, ok := a.next(); ok; e, ok = a.next() {
		e.run()
	}
	if want := []int{4, 1, 3, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestARunOutOfBoundsIsRefused(t *testing.T) {
	for _, c := range []struct{ hours, sites int }{{0, 3}, {HoursMax + 1, 3}, {1, SitesMin - 1}, {1, -1}, {1, SitesMax + 1}} {
		if _, err := (&Run{Seed: 1, Hours: c.hours, Sites: c.sites, Tick: noTick}).Do(t.Context()); err == nil {
			t.Errorf("got a run of %d hours at %d sites, want a refusal", c.hours, c.sites)
		}
		if _, err := (&Many{Seeds: Seeds{1, 1}, Hours: c.hours, Sites: c.sites}).Do(t.Context()); err == nil {
			t.Errorf("got runs of %d hours at %d sites, want a refusal", c.hours, c.sites)
		}
	}
}
