package sim

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func manySeeds(t *testing.T, m *Many) (*Summary, []uint64) {
	t.Helper()
	done, failed := 0, []uint64{}
	m.Done, m.Failed = func() { done++ }, func(r *Report) { failed = append(failed, r.Seed) }
	s, err := m.Do(t.Context())
	if err != nil || done != m.Seeds.Count() || s.Seeds != done {
		t.Fatalf("got %v, %d of %d seeds done, want all", err, done, m.Seeds.Count())
	}
	return s, failed
}

func TestManySeedsComeToWhatEachOfThemComesTo(t *testing.T) {
	m := Many{Seeds: Seeds{3, 4}, Hours: 1, Bad: Partitions, Workers: 2}
	s, failed := manySeeds(t, &m)
	if s.Violations != 0 || len(s.Failed)+len(failed) != 0 {
		t.Fatalf("got %d violations, %v, want none", s.Violations, s.Failed)
	}
	want := Summary{Parted: s.Parted, Faults: map[string]uint64{}, met: map[string]uint64{}}
	parted := 0.0
	for seed := uint64(3); seed <= 4; seed++ {
		r, err := (&Run{Seed: seed, Hours: 1, Bad: Partitions, Tick: noTick}).Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want.add(r)
		parted += r.Parted
	}
	if s.Orders != want.Orders || s.Crashes != want.Crashes || s.SiteHours != want.SiteHours || s.Partitions != want.Partitions ||
		!reflect.DeepEqual(s.Faults, want.Faults) || max(s.Parted-parted, parted-s.Parted) > 0.001 {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if s.Parted <= 0 || s.Parted >= float64(s.SiteHours) || s.Crashes == 0 || s.Partitions == 0 {
		t.Errorf("got %g of %d site-hours partitioned, %d crashes, %d partitions, want some", s.Parted, s.SiteHours, s.Crashes, s.Partitions)
	}
	m.Workers = 1
	if again, _ := manySeeds(t, &m); again.Digest != s.Digest {
		t.Errorf("got digest %s by one worker, want %s as by two", again.Digest, s.Digest)
	}
	if s.Took(time.Minute, 2*time.Minute); s.PerCPUMin != float64(s.SiteHours)/2 {
		t.Errorf("got %g site-hours a minute, want half of %d in two minutes", s.PerCPUMin, s.SiteHours)
	}
}

func TestASeedThatBreaksSaysHowToSeeItAgain(t *testing.T) {
	s, failed := manySeeds(t, &Many{Seeds: Seeds{1, 2}, Hours: 1, Workers: 2, off: guardHoldReleased})
	if len(s.Failed) != 2 || len(failed) != 2 {
		t.Fatalf("got %v, %v, want both", s.Failed, failed)
	}
	if got, want := s.Failed[1].Replay, "holdfast sim --seed 2 --hours 1 --sites 0 --bad none"; got != want || s.Failed[1].Broken == "" {
		t.Errorf("got %q after %q, want %q", got, s.Failed[1].Broken, want)
	}
	if len(s.Unmet) == 0 {
		t.Error("got all combinations from two runs that broke, want some named as never met")
	}
}

func TestSeedsAreARange(t *testing.T) {
	for text, want := range map[string]Seeds{"7": {7, 7}, "1-2000": {1, 2000}, "5-5": {5, 5}} {
		if got, err := ParseSeeds(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2-1", "1-", "-4", "x", "1-9999999999", "1-2-3", "18446744073709551615"} {
		if got, err := ParseSeeds(text); !errors.Is(err, ErrBounds) {
			t.Errorf("%q: got %v, %v, want it refused", text, got, err)
		}
	}
}

func TestTheSeedChoosesTheCompany(t *testing.T) {
	small, large, few, many := 0, 0, 0, 0
	for seed := uint64(1); seed <= 200; seed++ {
		temper := tempered(seed)
		if temper.Sites < SitesMin || temper.Sites > SitesMax || temper.SKUs < 1 {
			t.Fatalf("seed %d: got %d sites, %d SKUs, want a company", seed, temper.Sites, temper.SKUs)
		}
		for n, ok := range map[*int]bool{&small: temper.Sites == SitesMin, &large: temper.Sites > 30, &few: temper.SKUs == 1, &many: temper.SKUs > 30} {
			if ok {
				*n++
			}
		}
	}
	if small == 0 || large == 0 || few == 0 || many == 0 {
		t.Errorf("got %d smallest, %d large, %d of one article, %d of many, want some of each", small, large, few, many)
	}
}
