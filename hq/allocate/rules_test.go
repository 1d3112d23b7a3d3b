package allocate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A shelf is what one site has, short to write: its offers by SKU.
type shelf = map[ledger.SKU]allocate.Offer

func TestEachPresetPutsItsOwnFirst(t *testing.T) {
	// One site far away has both; two near ones have one each. Shop and old wish to keep, or to be rid.
	cs := []allocate.Candidate{
		{Site: "far", Cost: 900, Offers: shelf{"TAP": {Held: 5, Keep: 5}, "PIPE": {Held: 5, Keep: 5}}},
		{Site: "near", Cost: 10, Offers: shelf{"TAP": {Held: 5}}},
		{Site: "next", Cost: 20, Offers: shelf{"PIPE": {Held: 5}}},
		{Site: "old", Cost: 3000, Offers: shelf{"TAP": {Held: 5, Old: 5}}},
	}
	for name, c := range map[string]struct {
		preset  allocate.Preset
		sites   []ledger.SiteID
		decided allocate.Objective
	}{
		"fewest parcels takes the one site":        {allocate.FewestParcels, []ledger.SiteID{"far"}, allocate.Parcels},
		"nearest takes two near sites":             {allocate.Nearest, []ledger.SiteID{"near", "next"}, allocate.CostSum},
		"protect shops leaves what is to be kept":  {allocate.ProtectShops, []ledger.SiteID{"near", "next"}, allocate.CostSum},
		"clear old begins with what lies too long": {allocate.ClearOld, []ledger.SiteID{"next", "old"}, allocate.BelowKeep},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := allocate.Make(allocate.Want{Lines: lines(t, "TAP 2, PIPE 2"), Preset: c.preset}, cs)
			if d := e.Decision; !slices.Equal(d.Sites, c.sites) || d.Decided != c.decided || d.Preset != c.preset {
				t.Errorf("got %v decided by %q (runner-up %v), want %v by %q", d.Sites, d.Decided, d.Other, c.sites, c.decided)
			}
		})
	}
}

// A newcomer must not come between the objectives that always count first.
func TestPresetsReorderParcelsToCostOnly(t *testing.T) {
	for p := range allocate.ClearOld + 1 {
		all := p.Objectives()
		if !slices.Equal(all[:3], []allocate.Objective{allocate.LateUnits, allocate.LateLines, allocate.CutOffLegs}) ||
			!slices.Equal(all[len(all)-2:], []allocate.Objective{allocate.RankSum, allocate.SiteIDs}) {
			t.Errorf("preset %d: got %v, want what is late and cut off first, ranks and ids last", p, all)
		}
	}
}

func TestWhatIsLateOrCutOffCountsBeforeParcels(t *testing.T) {
	all := shelf{"TAP": {Held: 9}, "PIPE": {Held: 9}}
	tap, pipe := shelf{"TAP": {Held: 9}}, shelf{"PIPE": {Held: 9}}
	for name, c := range map[string]struct {
		cs    []allocate.Candidate
		sites []ledger.SiteID
	}{
		"two sites in time beat one that is late": {
			[]allocate.Candidate{{Site: "a", Offers: all, Late: true}, {Site: "b", Offers: tap}, {Site: "c", Offers: pipe}}, []ledger.SiteID{"b", "c"}},
		"two sites that answer beat one that is cut off": {
			[]allocate.Candidate{{Site: "a", Offers: all, Offline: true}, {Site: "b", Offers: tap}, {Site: "c", Offers: pipe}}, []ledger.SiteID{"b", "c"}},
		"one that is cut off beats one that is late": {
			[]allocate.Candidate{{Site: "a", Offers: all, Offline: true}, {Site: "b", Offers: all, Late: true}}, []ledger.SiteID{"a"}},
		"late is better than not at all": {
			[]allocate.Candidate{{Site: "a", Offers: tap}, {Site: "b", Offers: all, Late: true}}, []ledger.SiteID{"a", "b"}},
		"of two that are cut off the one that saves a parcel serves": {
			[]allocate.Candidate{{Site: "a", Offers: shelf{"TAP": {Held: 99}}, Offline: true}, {Site: "b", Offers: all, Offline: true}}, []ledger.SiteID{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := allocate.Make(allocate.Want{Lines: lines(t, "TAP 2, PIPE 2")}, c.cs)
			if !slices.Equal(e.Decision.Sites, c.sites) {
				t.Errorf("got %v, want %v", e.Decision.Sites, c.sites)
			}
		})
	}
}

func TestASiteThatMayNotServeSaysWhy(t *testing.T) {
	cs := []allocate.Candidate{
		{Site: "a", Offers: shelf{"TAP": {Held: 9}}, Barred: "closed until Monday"},
		{Site: "b", Offers: shelf{"TAP": {Held: 8}}, Refused: map[ledger.SKU]string{"TAP": "rejected TAP on Tuesday"}},
		{Site: "c", Offers: shelf{"TAP": {Held: 7}}, Refused: map[ledger.SKU]string{"PIPE": "does not carry PIPE"}},
		{Site: "d", Offers: shelf{"TAP": {Borrow: 6}}, Offline: true},
		{Site: "e", Offers: shelf{"TAP": {Held: 5}}, Late: true, Cost: 12},
		{Site: "f", Barred: "has no parcels left today"},
	}
	plan, e := allocate.Make(allocate.Want{Lines: lines(t, "TAP 2")}, cs)
	if got := show(plan.Legs); got != "1:c 2" {
		t.Errorf("got %s, want 1:c 2", got)
	}
	var got []string
	for _, c := range e.Lines[0].Candidates {
		got = append(got, string(c.Site)+": "+c.Why)
	}
	want := []string{
		"c: chosen for 2: fills 1 of 1 lines alone, rank 0",
		"a: closed until Monday",
		"b: rejected TAP on Tuesday",
		"d: cannot be asked: cut off",
		"e: not needed: fills 1 of 1 lines alone, rank 0, distance 12, too late for the date",
		"f: has no parcels left today",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestADecisionIsSaidInWords(t *testing.T) {
	for name, c := range map[string]struct {
		want, sites string
		budget      int
		words       string
	}{
		"parcels": {"TAP 2, PIPE 1", "hull 3 TAP held 5 PIPE held 5; leeds 1 TAP held 5; york 2 PIPE held 5", 0,
			"Served by hull. Next best: leeds and york. What decided: parcels, 1 against 2."},
		"ranks": {"TAP 2", "hull 1 TAP held 5; leeds 2 TAP held 5", 0,
			"Served by hull. Next best: leeds. What decided: how near the sites are set to be."},
		"ids": {"TAP 2", "hull 1 TAP held 5; leeds 1 TAP held 5", 0,
			"Served by hull. Next best: leeds. What decided: the names of the sites, for nothing else differs."},
		"nothing else": {"TAP 2", "hull 1 TAP held 1; leeds 2 TAP held 1", 0,
			"Served by hull and leeds: no other sites were found that have as much."},
		"nothing there": {"TAP 2", "hull 1 PIPE held 1", 0,
			"Nothing is served: no site that may serve the order has what it wants."},
		"short": {"TAP 2, PIPE 3", "hull 1 TAP held 2 PIPE held 1; leeds 1 TAP held 2", 0,
			"Served by hull: no other sites were found that have as much. 2 units on 1 lines are not there by the date, whoever serves."},
		"a budget that was spent": {"TAP 2", "hull 1 TAP held 5; leeds 1 TAP held 5", 1,
			"Served by hull. Next best: leeds. What decided: the names of the sites, for nothing else differs. There may be a better way: not all were looked at."},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := allocate.Make(allocate.Want{Lines: lines(t, c.want), Budget: c.budget}, sites(t, c.sites))
			if got := e.Decision.Words(); got != c.words {
				t.Errorf("got %q, want %q", got, c.words)
			}
		})
	}
}

func TestOffersByLineAreOffersBySKU(t *testing.T) {
	w := allocate.Want{Lines: lines(t, "TAP 2, PIPE 1, TAP 3")}
	cs := sites(t, "a 1 TAP held 4 PIPE lend 1; b 2 TAP held 5")
	plan, e := allocate.Make(w, cs)
	for i := range cs {
		for _, n := range w.Lines {
			cs[i].ByLine = append(cs[i].ByLine, cs[i].Offers[n.SKU])
		}
		cs[i].Offers = nil
	}
	again, e2 := allocate.Make(w, cs)
	if show(again.Legs) != show(plan.Legs) || show(again.Borrow) != show(plan.Borrow) || len(plan.Legs) == 0 {
		t.Errorf("got %s and %s, want %s and %s", show(again.Legs), show(again.Borrow), show(plan.Legs), show(plan.Borrow))
	}
	if got, want := e2.Decision.Words(), e.Decision.Words(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzMake feeds the planner what no caller should give it: it must end within its budget, and
// give nobody more than there is.
func FuzzMake(f *testing.F) {
	f.Add([]byte("any bytes make an order"), int64(1)<<53, uint8(0), 1000)
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 200, 250, 255}, int64(-7), uint8(9), -1)
	f.Add(slices.Repeat([]byte{255, 3, 7, 12, 9}, 40), int64(1)<<62, uint8(3), 0)
	f.Fuzz(func(t *testing.T, raw []byte, scale int64, preset uint8, budget int) {
		next := func() int64 {
			if len(raw) == 0 {
				return 0
			}
			b := raw[0]
			raw = raw[1:]
			return int64(b)
		}
		names := []ledger.SKU{"A", "B", "C", "D"}
		w := allocate.Want{Preset: allocate.Preset(preset), Budget: budget, Whole: next()%2 == 1}
		for i := range next() % 12 {
			w.Lines = append(w.Lines, allocate.Need{Line: int(i) + 1, SKU: names[next()%4], Qty: ledger.Qty(next() * scale)})
		}
		var cs []allocate.Candidate
		for i := range next() % 9 {
			c := allocate.Candidate{Site: ledger.SiteID(rune('a' + i)), Rank: int(next() * scale), Cost: next() * scale, Offers: shelf{}}
			flags := next()
			c.Offline, c.Late = flags&1 == 1, flags&6 == 6
			for _, sku := range names {
				c.Offers[sku] = allocate.Offer{Held: ledger.Qty(next() * scale), Borrow: ledger.Qty(next()), Keep: ledger.Qty(next() * scale), Old: ledger.Qty(next())}
			}
			cs = append(cs, c)
		}
		plan, e := allocate.Make(w, cs)
		got := map[int]ledger.Qty{}
		gives := map[ledger.SiteID]map[ledger.SKU]ledger.Qty{}
		for _, l := range plan.Legs {
			if l.Qty <= 0 || gives[l.Site][l.SKU]+l.Qty < l.Qty {
				t.Fatalf("got leg %+v", l)
			}
			if gives[l.Site] == nil {
				gives[l.Site] = map[ledger.SKU]ledger.Qty{}
			}
			gives[l.Site][l.SKU] += l.Qty
			got[l.Line] += l.Qty
		}
		for _, c := range cs {
			for sku, q := range gives[c.Site] {
				if q > c.Offers[sku].Held {
					t.Errorf("%s gives %d of %s, HQ holds %d", c.Site, q, sku, c.Offers[sku].Held)
				}
			}
		}
		for _, l := range plan.Borrow {
			got[l.Line] += l.Qty
		}
		for _, n := range plan.Short {
			got[n.Line] += n.Qty
		}
		for _, n := range w.Lines {
			if want := max(n.Qty, 0); !(w.Whole && len(plan.Short) > 0) && got[n.Line] != want {
				t.Errorf("line %d: got %d of %d served or short", n.Line, got[n.Line], want)
			}
		}
		_ = e.Decision.Words()
	})
}
