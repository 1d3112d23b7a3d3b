package hq

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// decided says what decided a plan; nil where it was planned before that was kept.
func decided(d *allocate.Decision) *contract.Decision {
	if d.Visits == 0 {
		return nil
	}
	out := &contract.Decision{Words: storyOf(d), Preset: "unknown", Sites: sites(d.Sites), Score: scoreOf(&d.Score), RunnerUp: sites(d.Other), Unproved: d.Unproved, Visits: int64(d.Visits)}
	if names := office.Presets(); int(d.Preset) < len(names) {
		out.Preset = names[d.Preset]
	}
	if len(d.Other) > 0 {
		out.RunnerUpScore, out.DecidedBy = scoreOf(&d.OtherHas), objectiveNames()[min(int(d.Decided), len(objectiveNames())-1)]
	}
	return out
}

func sites(s []ledger.SiteID) []ledger.SiteID { return append([]ledger.SiteID{}, s...) }

// objectiveNames are what the planner weighs, by its numbers; the last one stands for what this build does not know.
func objectiveNames() []string {
	return []string{"", "late_units", "late_lines", "cut_off", "parcels", "borrowed_units", "below_keep_back", "newer_units", "distance", "rank", "site_ids", "unknown"}
}

func scoreOf(s *allocate.Score) *contract.PlanScore {
	return &contract.PlanScore{LateUnits: s[allocate.LateUnits], LateLines: s[allocate.LateLines], CutOff: s[allocate.CutOffLegs], Parcels: s[allocate.Parcels],
		BorrowedUnits: s[allocate.BorrowedUnits], BelowKeepBack: s[allocate.BelowKeep], NewerUnits: s[allocate.NewerUnits], Distance: s[allocate.CostSum], Rank: s[allocate.RankSum]}
}

// storyOf says a decision as a stock controller would: who serves with how many parcels, who came next, and what
// decided between them.
func storyOf(d *allocate.Decision) string {
	if len(d.Sites) == 0 || len(d.Other) == 0 {
		return d.Words()
	}
	so := fmt.Sprintf("%s: %s; runner-up %s: %s; decided by %s", together(d.Sites), parcels(&d.Score), together(d.Other), parcels(&d.OtherHas), d.Decided)
	if d.Decided != allocate.Parcels && d.Decided < allocate.RankSum {
		so += fmt.Sprintf(", %d against %d", d.Score[d.Decided], d.OtherHas[d.Decided])
	}
	if n := d.Score[allocate.LateUnits]; n > 0 {
		so += fmt.Sprintf(". %d units are not there by the date, whoever serves", n)
	}
	if d.Unproved {
		so += ". There may be a better way: not all were looked at"
	}
	return so + "."
}

func parcels(s *allocate.Score) string {
	if s[allocate.Parcels] == 1 {
		return "1 parcel"
	}
	return fmt.Sprintf("%d parcels", s[allocate.Parcels])
}

// together names the sites of one plan, the first few of many.
func together(ids []ledger.SiteID) string {
	const most = 5
	out := make([]string, 0, most+1)
	for _, id := range ids[:min(len(ids), most)] {
		out = append(out, string(id))
	}
	if more := len(ids) - most; more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, "+")
}
