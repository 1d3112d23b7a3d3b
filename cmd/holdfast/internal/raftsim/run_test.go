package raftsim

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// The judge is shown to bite on the company of each seed: what it has found to hold is spoiled, and judged again.
func TestACompanyOnRealRaftSellsNothingTwice(t *testing.T) {
	seeds, lasts := 1, 4*time.Second
	switch {
	case os.Getenv("HOLDFAST_LONG") == "1":
		seeds, lasts = 20, 15*time.Second
	case testing.Short():
		t.Skip("skipped by -short: it plays a company in real time")
	}
	for seed := range seeds {
		var story strings.Builder
		r := &Run{Seed: uint64(seed + 1), For: lasts, Dir: t.TempDir(), Out: &story}
		looked := false
		r.look = func(m *machine.Machine, books map[ledger.SiteID]*book) {
			looked = true
			bites(t, m, books)
		}
		got, err := r.Do(t.Context())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed+1, err, story.String())
		}
		t.Logf("%s", got.Story())
		if got.Violations != 0 || got.Audit != "ok" || got.Oversold+got.Lost+got.Duplicated+got.Altered != 0 {
			t.Errorf("seed %d: got %+v, want no violation: %s\n%s", got.Seed, got, strings.Join(got.Broken, "\n"), story.String())
		}
		if got.Leaders < 2 || got.Accepted == 0 || got.Offline == 0 || got.Parted == 0 || got.LinesBroke == 0 || !looked {
			t.Errorf("seed %d: got %+v, want leaders lost, partitions, answers lost and orders", got.Seed, got)
		}
	}
}

// bites judges what does not fit together, and must be told so.
func bites(t *testing.T, m *machine.Machine, books map[ledger.SiteID]*book) {
	t.Helper()
	as := *books["york"].State
	as.Site = "leeds"
	none := map[ledger.SiteID]*book{"leeds": {State: books["leeds"].State}} // no order is known of
	for name, c := range map[string]struct {
		judge func(*show)
		want  string
	}{
		"another site's book":           {func(s *show) { s.judgeMirror(m, &book{State: &as}, false) }, "mirror: "},
		"a head office that forgot all": {func(s *show) { s.judgeMirror(machine.New(), books["leeds"], false) }, "mirror: "},
		"claims without orders":         {func(s *show) { s.judgeClaims(m, none, none["leeds"]) }, "claims: "},
	} {
		s := &show{}
		if c.judge(s); len(s.broken) == 0 || !strings.Contains(strings.Join(s.broken, "\n"), c.want) {
			t.Errorf("%s: got %q, want a violation that begins with %q", name, s.broken, c.want)
		}
	}
	s := &show{led: map[uint64]string{}}
	for _, name := range []string{"hq1", "hq1", "hq2"} {
		s.leads(name, 7)
	}
	if s.report.Violations != 1 {
		t.Errorf("two leaders in one term: got %d violations, want 1", s.report.Violations)
	}
}

func TestARunOutOfBoundsIsRefused(t *testing.T) {
	for _, lasts := range []time.Duration{-1, 0, ForMin - 1, ForMax + 1} {
		if _, err := (&Run{For: lasts}).Do(t.Context()); !errors.Is(err, ErrBounds) {
			t.Errorf("%s: got %v, want %v", lasts, err, ErrBounds)
		}
	}
}
