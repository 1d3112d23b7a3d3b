package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What a planner keeps from one order must never be seen in the next: small ones come after
// large ones, presets and reasons change, and some are planned without being explained.
func TestAPlannerPlansAsIfItHadPlannedNothingBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 6))
	var p allocate.Planner
	shapes := []shape{
		{lines: 6, skus: 5, sites: 7, qty: 4, stock: 5, fill: 4}, {lines: 60, skus: 40, sites: 60, qty: 6, stock: 5, fill: 3},
		{lines: 1, skus: 1, sites: 1, qty: 2, stock: 2, fill: 9}, {lines: 9, skus: 20, sites: 150, qty: 5, stock: 5, fill: 5, plain: true},
	}
	for i := range cases(1_000, 20_000) {
		w, cs := deal(r, shapes[r.IntN(len(shapes))])
		w.Whole, w.Budget = r.IntN(4) == 0, 20_000
		if r.IntN(3) == 0 {
			for k := range cs {
				for _, n := range w.Lines {
					cs[k].ByLine = append(cs[k].ByLine, cs[k].Offers[n.SKU])
				}
			}
		}
		plan, e := allocate.Make(w, cs)
		got, got2 := p.Plan(w, cs), allocate.Explanation{}
		if r.IntN(2) == 0 {
			got2 = p.Explain()
		} else {
			got, got2 = p.Make(w, cs)
		}
		if !reflect.DeepEqual(got, plan) || !reflect.DeepEqual(got2, e) {
			t.Fatalf("case %d: got %+v, %+v, want %+v, %+v", i, got, got2.Decision, plan, e.Decision)
		}
	}
}

func TestAPlanStaysAsItWasWhenTheNextIsMade(t *testing.T) {
	var p allocate.Planner
	w := allocate.Want{Lines: lines(t, "TAP 2, PIPE 1")}
	plan, e := p.Make(w, sites(t, "a 1 TAP held 2; b 2 PIPE held 1; c 9 TAP lend 2"))
	before := fmt.Sprintf("%+v %+v", plan, e)
	for range 3 {
		p.Make(allocate.Want{Lines: lines(t, "HOSE 7, BEND 4, TAP 1")}, sites(t, "d 1 HOSE held 9; e 2 BEND held 9; f 9 TAP held 9"))
	}
	if after := fmt.Sprintf("%+v %+v", plan, e); after != before {
		t.Errorf("got %s, want %s", after, before)
	}
}

func TestAPlannerLetsGoOfALargeOrder(t *testing.T) {
	var p allocate.Planner
	p.Make(large(200, ledger.LinesMax))
	if n := p.Keeps(); n != 0 {
		t.Errorf("got %d cells kept after an order of %d lines over 200 sites, want 0", n, ledger.LinesMax)
	}
	p.Make(large(50, 10))
	if p.Keeps() == 0 {
		t.Error("got no cell kept after an order of 10 lines, want some")
	}
}

// One site that has everything is proved best without any search, however many sites there are.
func TestASiteThatHasEverythingIsProvedBestAtOnce(t *testing.T) {
	for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.ProtectShops, allocate.ClearOld} {
		w, cs := large(200, 300)
		w.Preset = preset
		for i := range cs {
			clear(cs[i].Offers)
			for k, n := range w.Lines {
				if i > 2 && k == i || i <= 2 && k > 0 { // three sites lack one line, the others have one
					continue
				}
				cs[i].Offers[n.SKU] = allocate.Offer{Held: n.Qty}
			}
		}
		for _, n := range w.Lines {
			cs[77].Offers[n.SKU], cs[99].Offers[n.SKU] = allocate.Offer{Held: n.Qty, Old: n.Qty}, allocate.Offer{Held: n.Qty, Old: n.Qty}
		}
		_, e := allocate.Make(w, cs)
		d := e.Decision
		if d.Unproved || len(d.Sites) != 1 || d.Sites[0] != cs[77].Site || len(d.Other) != 1 || d.Other[0] != cs[99].Site {
			t.Errorf("preset %d: got %v, then %v, unproved %t; want %s, then %s", preset, d.Sites, d.Other, d.Unproved, cs[77].Site, cs[99].Site)
		}
		if looks := 2 * len(cs) * len(w.Lines); d.Visits > looks+looks/10 {
			t.Errorf("preset %d: got %d visits, want hardly more than %d, two for each offer", preset, d.Visits, looks)
		}
	}
}

// Where each article lies at two sites of many, every group of sites that has something in common
// is one parcel, and the best plan is proved by counting them.
func TestLinesWithoutASiteInCommonAreProvedByCounting(t *testing.T) {
	const groups = 25
	w := allocate.Want{Budget: 20_000}
	cs := make([]allocate.Candidate, 2*groups)
	for i := range cs {
		cs[i] = allocate.Candidate{Site: ledger.SiteID(fmt.Sprintf("s%02d", i)), Offers: shelf{}}
	}
	parcels := map[int]bool{}
	for k := range 28 { // the last five groups have two
		s := sku(k)
		w.Lines = append(w.Lines, allocate.Need{Line: k + 1, SKU: s, Qty: 1})
		group := 2 + k - k/23*5
		parcels[group] = true
		cs[group].Offers[s], cs[group+groups].Offers[s] = allocate.Offer{Held: 5}, allocate.Offer{Held: 5}
	}
	for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.Nearest} {
		w.Preset = preset
		_, e := allocate.Make(w, cs)
		if d := e.Decision; d.Unproved || len(d.Sites) != len(parcels) || d.Sites[len(d.Sites)-1] >= cs[groups].Site {
			t.Errorf("preset %d: got %v, unproved %t; want the first site of each of %d groups", preset, d.Sites, d.Unproved, len(parcels))
		}
	}
}
