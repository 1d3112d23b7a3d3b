package allocate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// bestWithout tries every set of sites that lacks one of those of a plan and gives as much as it.
func bestWithout(w *allocate.Want, cs []allocate.Candidate, plan []ledger.SiteID, has tally) (best tally, ids []ledger.SiteID) {
	same := 4 // what is the same in all plans that give as much: see lay
	if w.Preset == allocate.ProtectShops || w.Preset == allocate.ClearOld {
		same = 5
	}
	for in := range 1 << len(cs) {
		var sites []*allocate.Candidate
		for i := range cs {
			if in>>i&1 == 1 {
				sites = append(sites, &cs[i])
			}
		}
		set := idsOf(sites)
		if !slices.ContainsFunc(plan, func(id ledger.SiteID) bool { return !slices.Contains(set, id) }) {
			continue
		}
		got := rate(w, sites)
		if !slices.Equal(got[:same], has[:same]) {
			continue
		}
		if c := slices.Compare(got, best); best == nil || c < 0 || c == 0 && slices.Compare(set, ids) < 0 {
			best, ids = got, set
		}
	}
	return best, ids
}

func TestTheRunnerUpIsTheBestThatDoesWithoutASiteOfThePlan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	with := 0
	for i := range cases(1_000, 20_000) {
		w, cs := deal(r, shape{lines: 6, skus: 5, sites: 7, qty: 4, stock: 5, fill: 3 + r.IntN(6), plain: i%3 == 0})
		plan, e := allocate.Make(w, cs)
		d := &e.Decision
		has, sites := tallied(t, &w, cs, &plan)
		if len(sites) == 0 {
			continue
		}
		best, ids := bestWithout(&w, cs, sites, has)
		if !slices.Equal(d.Other, ids) {
			t.Fatalf("case %d: got %v beside %v, want %v\n%+v\n%+v", i, d.Other, sites, ids, w, cs)
		}
		if len(ids) == 0 {
			continue
		}
		with++
		if told := scored(w.Preset, &d.OtherHas, best[2]); !slices.Equal(told, best) {
			t.Fatalf("case %d: told %v of %v, want %v", i, told, ids, best)
		}
	}
	t.Logf("%d plans have a runner-up", with)
	if with < cases(200, 4_000) {
		t.Errorf("got %d plans with a runner-up, want a fifth of them", with)
	}
}
