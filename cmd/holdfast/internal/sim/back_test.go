package sim

import (
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// With HOLDFAST_LONG=1 the seeds of this test also have to bring disasters to sites in every condition. Each time,
// holdfast sim --covered asks that of more seeds.
func TestNothingIsOversoldOrLostWhenThePartsOfACompanyGoBackInTime(t *testing.T) {
	seeds, length, long := uint64(2), time.Hour, os.Getenv("HOLDFAST_LONG") == "1"
	if long {
		seeds, length = 6, 2*time.Hour
	}
	met := map[string]uint64{}
	for seed := uint64(1); seed <= seeds; seed++ {
		r := runBad(t, seed, length, sites, guardNone)
		if r.Violations != 0 {
			t.Fatalf("got %s%s, want no violation", r.Story(), r.Replay())
		}
		for what, n := range r.Met {
			met[what] += n
		}
	}
	if !long {
		return
	}
	for _, what := range backCombinations() {
		if met[what] == 0 {
			t.Errorf("got no %q in %d seeds, want at least one; there were %v", what, seeds, slices.Sorted(maps.Keys(met)))
		}
	}
}

// Head office may go back too, sites may be restored and copied, and customers take goods away.
func TestNothingIsOversoldOrLostWhenEverythingHappensAtOnce(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		if r := runBad(t, seed, time.Hour, AllDisasters, guardNone); r.Violations != 0 {
			t.Fatalf("got %s%s, want no violation", r.Story(), r.Replay())
		}
	}
}

// alone runs a few seeds of one disaster, which must have come over the company. What .ci/run plays among others each time is played
// alone in long runs.
func alone(t *testing.T, bad Disaster, met ...string) {
	t.Helper()
	if bad&sites == bad && os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("HOLDFAST_LONG=1 runs it")
	}
	seen := map[string]uint64{}
	for seed := uint64(1); seed <= 2; seed++ {
		r := runBad(t, seed, time.Hour, bad, guardNone)
		if r.Violations != 0 {
			t.Fatalf("got %s%s, want no violation", r.Story(), r.Replay())
		}
		for _, of := range []map[string]uint64{r.Met, r.Faults} {
			for what, n := range of {
				seen[what] += n
			}
		}
	}
	for _, what := range met {
		if seen[what] == 0 {
			t.Errorf("got no %q, want at least one; there were %v", what, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// The rows of the design's table of bad days, one by one. The rest of its rows are in the tests above and in
// TestNothingIsOversoldLostOrDoubledUnderAnySeed.

func TestASiteRestoredFromABackupSellsNothingTwice(t *testing.T) { alone(t, Restores, "restore") }

func TestASiteWhoseDiskIsLostSellsNothingTwice(t *testing.T) { alone(t, Replaces, "disk_lost") }

func TestACopyOfASiteSellsNothingTwice(t *testing.T) { alone(t, Clones, "clone") }

func TestASiteThatIsDeclaredLostSellsNothingTwice(t *testing.T) {
	alone(t, Losses|Passes, "declared_lost", "write_off")
}

func TestAHeadOfficeThatGoesBackPromisesNothingTwice(t *testing.T) {
	alone(t, HQRestores, "hq_restored")
}

func TestGoodsInTheHandAreDisplacedAndNotOversold(t *testing.T) { alone(t, Hands, "in_hand") }

func TestAClockThatJumpsSellsNothingTwice(t *testing.T) { alone(t, Clocks, "clock_jump") }

func TestALineThatLetsHalfThroughSellsNothingTwice(t *testing.T) {
	alone(t, Partitions, "partition: up stops hello")
}

func TestADiskThatFailsSellsNothingTwice(t *testing.T) { alone(t, Disks, "disk_fault", "disk_full") }

func TestADisasterKnowsItsName(t *testing.T) {
	for _, name := range append(disasterNames(), "all", "none", "restores,clones") {
		d, err := ParseDisasters(name)
		if err != nil || d.String() != name {
			t.Errorf("got %q, %v, want %q read back", d, err, name)
		}
	}
	if d, err := ParseDisasters("restores,floods"); err == nil {
		t.Errorf("got %q of a disaster that is none, want a refusal", d)
	}
}

// A promise that lost its units by an entry that names it is displaced. One that did so in silence is
// oversold.
func TestDisplacedIsNotOversold(t *testing.T) {
	for what, c := range map[string]struct {
		named    bool
		oversold uint64
	}{"an entry names it": {true, 0}, "no entry does": {false, 1}} {
		t.Run(what, func(t *testing.T) {
			company := rested(t)
			k := company.first(t, func(k *client) bool { return k.told == yes && !k.cancels && k.order.Lines[0].Here > 0 })
			l := k.order.Lines[0]
			company.received[l.SKU] = company.promised[l.SKU] - l.Here // that many are broken
			before := company.report.Displaced                         // by what fell short in the run
			if c.named {
				company.byID[k.book].sawDisplaced(&ledger.Entry{Kind: ledger.KindAdjusted, Body: &ledger.AdjustedBody{
					Displaced: []ledger.Displaced{{Order: k.order.ID, Owner: k.book, Line: 1, SKU: l.SKU, Qty: l.Here}}}})
			}
			company.checkPromises(k.order)
			displaced := company.report.Displaced - before
			if got := company.report.Oversold; min(got, 1) != c.oversold || c.named != (displaced == uint64(l.Here)) {
				t.Errorf("got %d oversold, %d displaced, want %d and %v", got, displaced, c.oversold, c.named)
			}
		})
	}
}

func TestABackupIsNotChangedByWhatFollows(t *testing.T) {
	c := rested(t)
	s := c.sites[0]
	old := s.disk.backup()
	n, end := len(old.frames), old.end()
	s.disk.frames, s.disk.ends = append(s.disk.frames, s.disk.frames[0]), append(s.disk.ends, 1)
	old.frames = append(old.frames, nil)
	if s.disk.frames[n] == nil || old.ends[len(old.ends)-1] == 1 || end == (ledger.Hash{}) {
		t.Error("got a backup that shares its end with the disk, want two")
	}
}

// TestWhatAForgottenLifeAmendedIsExplainedByARestoreOfHeadOffice, and by nothing else that goes back in time.
func TestWhatAForgottenLifeAmendedIsExplainedByARestoreOfHeadOffice(t *testing.T) {
	for name, c := range map[string]*company{"head office": {wentBack: true, hqBack: true}, "a site": {wentBack: true, siteBack: true}, "nothing": {}} {
		if got := c.explained(&machine.Exception{What: "amended_before", Order: "o", Owner: "head office"}); got != c.hqBack {
			t.Errorf("%s went back: explained %t, want %t", name, got, c.hqBack)
		}
	}
}
