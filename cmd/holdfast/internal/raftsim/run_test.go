package raftsim

import (
	"os"
	"strings"
	"testing"
	"time"
)

func run(t *testing.T, r *Run) *Report {
	t.Helper()
	if r.Dir == "" {
		r.Dir = t.TempDir()
	}
	var story strings.Builder
	r.Out = &story
	got, err := r.Do(t.Context())
	t.Logf("seed %d\n%s%+v", r.Seed, story.String(), got)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestACompanyOnRealRaftSellsNothingTwice(t *testing.T) {
	seeds, lasts := 1, 4*time.Second
	if os.Getenv("HOLDFAST_LONG") == "1" {
		seeds, lasts = 20, 15*time.Second
	}
	for seed := range seeds {
		got := run(t, &Run{Seed: uint64(seed + 1), For: lasts})
		if got.Violations != 0 || got.Audit != "ok" {
			t.Errorf("seed %d: got %d violations, audit %s, want none: %s", got.Seed, got.Violations, got.Audit, strings.Join(got.Broken, "\n"))
		}
		if got.Leaders < 2 || got.Accepted == 0 || got.Parted == 0 {
			t.Errorf("seed %d: got %+v, want leaders lost, partitions and orders", got.Seed, got)
		}
	}
}
