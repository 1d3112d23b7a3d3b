package allocate_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// cases is how many random cases a test plays.
func cases(short, long int) int {
	if os.Getenv("HOLDFAST_LONG") == "1" {
		return long
	}
	return short
}

// A shape says how large random cases are.
type shape struct {
	lines, skus, sites int  // at most
	qty, stock         int  // at most, of a line and of an offer
	fill               int  // of 10 offers
	plain              bool // nothing is borrowed, kept, old, late, cut off or nearer than another: only ids decide
}

// deal makes a random case in which ties, shortages and every reason are common.
func deal(r *rand.Rand, s shape) (allocate.Want, []allocate.Candidate) {
	w := allocate.Want{Preset: allocate.Preset(r.IntN(4))}
	for i := range 1 + r.IntN(s.lines) {
		w.Lines = append(w.Lines, allocate.Need{Line: i + 1, SKU: ledger.SKU(fmt.Sprint("S", r.IntN(s.skus))), Qty: ledger.Qty(1 + r.IntN(s.qty))})
	}
	some := func(one, of, below int) ledger.Qty { // mostly 0
		if s.plain || r.IntN(of) >= one {
			return 0
		}
		return ledger.Qty(r.IntN(below))
	}
	var cs []allocate.Candidate
	for i := range 1 + r.IntN(s.sites) {
		c := allocate.Candidate{Site: ledger.SiteID(fmt.Sprintf("s%02d", i)), Rank: r.IntN(3), Cost: int64(r.IntN(4)),
			Offline: some(1, 5, 2) > 0, Late: some(1, 5, 2) > 0, Offers: map[ledger.SKU]allocate.Offer{}, Refused: map[ledger.SKU]string{}}
		if s.plain {
			c.Rank, c.Cost = 0, 0
		}
		if some(1, 10, 2) > 0 {
			c.Barred = "closed"
		}
		for k := range s.skus {
			sku := ledger.SKU(fmt.Sprint("S", k))
			if r.IntN(10) < s.fill {
				c.Offers[sku] = allocate.Offer{Held: ledger.Qty(r.IntN(s.stock + 1)), Borrow: some(1, 2, s.stock+1), Keep: some(1, 2, s.stock+1), Old: some(1, 2, s.stock+1)}
			}
			if some(1, 10, 2) > 0 {
				c.Refused[sku] = "rejected"
			}
		}
		cs = append(cs, c)
	}
	r.Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	return w, cs
}

// A tally is what a plan has of each objective, in order of weight, with the units that nobody
// gets beside those that come late: all that can be given is given.
type tally []int64

// A unit is one piece that a site can give, with what is wrong with it.
type unit struct{ borrowed, kept, newer int64 }

// can lists the units of one SKU at a site one by one, in the order in which it gives them.
func can(w *allocate.Want, c *allocate.Candidate, sku ledger.SKU) (out []unit) {
	if c.Barred != "" || c.Refused[sku] != "" || w.Only != "" && w.Only != c.Site {
		return nil
	}
	o := c.Offers[sku]
	o.Held, o.Borrow = max(o.Held, 0), max(o.Borrow, 0)
	if c.Offline {
		return make([]unit, o.Held)
	}
	for i := range o.Held + o.Borrow {
		var u unit
		if i >= o.Held {
			u.borrowed = 1
		}
		if i >= o.Held+o.Borrow-o.Keep {
			u.kept = 1
		}
		if i >= o.Old {
			u.newer = 1
		}
		out = append(out, u)
	}
	return out
}

// lay puts counts into the order of a preset.
func lay(p allocate.Preset, late, lateLines, missing, cutOff, parcels, cost, rank int64, u unit) tally {
	head := tally{late, lateLines, missing, cutOff}
	switch p {
	case allocate.Nearest:
		return append(head, cost, parcels, u.borrowed, u.kept, rank)
	case allocate.ProtectShops:
		return append(head, u.kept, parcels, u.borrowed, cost, rank)
	case allocate.ClearOld:
		return append(head, u.newer, parcels, u.borrowed, u.kept, cost, rank)
	default:
		return append(head, parcels, u.borrowed, u.kept, cost, rank)
	}
}

func harmOf(p allocate.Preset, u unit) [3]int64 {
	switch p {
	case allocate.ProtectShops:
		return [3]int64{u.kept, u.borrowed}
	case allocate.ClearOld:
		return [3]int64{u.newer, u.borrowed, u.kept}
	default:
		return [3]int64{u.borrowed, u.kept}
	}
}

// A wish is what is wanted of one SKU, with its lines.
type wish struct {
	sku   ledger.SKU
	units int
	lines []int // units
}

func wishes(w *allocate.Want) (out []wish) {
	for _, n := range w.Lines {
		at := slices.IndexFunc(out, func(x wish) bool { return x.sku == n.SKU })
		if at < 0 {
			at = len(out)
			out = append(out, wish{sku: n.SKU})
		}
		out[at].units += int(n.Qty)
		out[at].lines = append(out[at].lines, int(n.Qty))
	}
	for i := range out {
		slices.Sort(out[i].lines)
	}
	return out
}

// linesLeft says how many lines cannot be filled with so many units.
func (x *wish) linesLeft(units int) int64 {
	for n, q := range x.lines {
		if units -= q; units < 0 {
			return int64(len(x.lines) - n)
		}
	}
	return 0
}

// rate is the best tally of a plan that all of these sites serve, unit by unit.
func rate(w *allocate.Want, sites []*allocate.Candidate) tally {
	var late, lateLines, missing, cutOff, cost, rank int64
	var sum unit
	for _, c := range sites {
		cost, rank = cost+c.Cost, rank+int64(c.Rank)
	}
	for _, x := range wishes(w) {
		left := x.units
		for _, isLate := range []bool{false, true} {
			var pool []unit
			var away [][]unit
			for _, c := range sites {
				if c.Late != isLate {
					continue
				}
				if u := can(w, c, x.sku); c.Offline {
					away = append(away, u)
				} else {
					pool = append(pool, u...)
				}
			}
			slices.SortFunc(away, func(a, b []unit) int { return cmp.Compare(len(b), len(a)) })
			for ; len(pool) < left && len(away) > 0 && len(away[0]) > 0; away = away[1:] {
				pool = append(pool, away[0]...)
				cutOff++
			}
			slices.SortFunc(pool, func(a, b unit) int {
				x, y := harmOf(w.Preset, a), harmOf(w.Preset, b)
				return slices.Compare(x[:], y[:])
			})
			for _, u := range pool[:min(left, len(pool))] {
				sum.borrowed, sum.kept, sum.newer = sum.borrowed+u.borrowed, sum.kept+u.kept, sum.newer+u.newer
			}
			left -= min(left, len(pool))
			if !isLate {
				late += int64(left)
				lateLines += x.linesLeft(x.units - left)
			}
		}
		missing += int64(left)
	}
	return lay(w.Preset, late, lateLines, missing, cutOff, int64(len(sites)), cost, rank, sum)
}

// tallied is what a plan that was made has of each objective, counted from its legs.
func tallied(t testing.TB, w *allocate.Want, cs []allocate.Candidate, plan *allocate.Plan) (tally, []ledger.SiteID) {
	t.Helper()
	type spot struct {
		site ledger.SiteID
		sku  ledger.SKU
	}
	byID := map[ledger.SiteID]*allocate.Candidate{}
	for i := range cs {
		byID[cs[i].Site] = &cs[i]
	}
	held, borrowed := map[spot]ledger.Qty{}, map[spot]ledger.Qty{}
	got, inTime := map[int]ledger.Qty{}, map[int]ledger.Qty{}
	var sites []ledger.SiteID
	for i, legs := range [][]allocate.Leg{plan.Legs, plan.Borrow} {
		for _, l := range legs {
			[]map[spot]ledger.Qty{held, borrowed}[i][spot{l.Site, l.SKU}] += l.Qty
			got[l.Line] += l.Qty
			if !byID[l.Site].Late {
				inTime[l.Line] += l.Qty
			}
			if !slices.Contains(sites, l.Site) {
				sites = append(sites, l.Site)
			}
			if c := byID[l.Site]; l.Qty < 1 || c.Barred != "" || c.Refused[l.SKU] != "" || w.Only != "" && w.Only != l.Site {
				t.Fatalf("got leg %v of a site that may not serve it", l)
			}
		}
	}
	slices.Sort(sites)
	var late, lateLines, missing, cutOff, cost, rank int64
	var sum unit
	for _, id := range sites {
		c := byID[id]
		cost, rank = cost+c.Cost, rank+int64(c.Rank)
		for sku, o := range c.Offers {
			h, b := held[spot{id, sku}], borrowed[spot{id, sku}]
			if h > max(o.Held, 0) || b > max(o.Borrow, 0) || b > 0 && (h < o.Held || c.Offline) {
				t.Fatalf("%s gives %d held and %d borrowed of %s, has %+v", id, h, b, sku, o)
			}
			if h > 0 && c.Offline {
				cutOff++
			}
			for _, u := range can(w, c, sku)[:h+b] {
				sum.borrowed, sum.kept, sum.newer = sum.borrowed+u.borrowed, sum.kept+u.kept, sum.newer+u.newer
			}
		}
	}
	for _, n := range w.Lines {
		short := ledger.Qty(0)
		for _, s := range plan.Short {
			if s.Line == n.Line {
				short += s.Qty
			}
		}
		if got[n.Line]+short != n.Qty {
			t.Fatalf("line %d: got %d and short %d, want %d", n.Line, got[n.Line], short, n.Qty)
		}
		missing += int64(short)
		if late += int64(n.Qty - inTime[n.Line]); inTime[n.Line] < n.Qty {
			lateLines++
		}
	}
	return lay(w.Preset, late, lateLines, missing, cutOff, int64(len(sites)), cost, rank, sum), sites
}

// scored lays a score out as a tally; what is missing is not in it.
func scored(p allocate.Preset, s *allocate.Score, missing int64) tally {
	return lay(p, s[allocate.LateUnits], s[allocate.LateLines], missing, s[allocate.CutOffLegs], s[allocate.Parcels], s[allocate.CostSum], s[allocate.RankSum],
		unit{borrowed: s[allocate.BorrowedUnits], kept: s[allocate.BelowKeep], newer: s[allocate.NewerUnits]})
}

func idsOf(sites []*allocate.Candidate) (out []ledger.SiteID) {
	for _, c := range sites {
		out = append(out, c.Site)
	}
	slices.Sort(out)
	return out
}

// bestOf tries every set of sites.
func bestOf(w *allocate.Want, cs []allocate.Candidate) (best tally, ids []ledger.SiteID) {
	for in := range 1 << len(cs) {
		var sites []*allocate.Candidate
		for i := range cs {
			if in>>i&1 == 1 {
				sites = append(sites, &cs[i])
			}
		}
		got := rate(w, sites)
		if c := slices.Compare(got, best); best == nil || c < 0 || c == 0 && slices.Compare(idsOf(sites), ids) < 0 {
			best, ids = got, idsOf(sites)
		}
	}
	return best, ids
}

// judge plans a case and checks that the plan is what its explanation says, and as good as want.
func judge(t *testing.T, name string, w allocate.Want, cs []allocate.Candidate, want tally, ids []ledger.SiteID) {
	t.Helper()
	plan, e := allocate.Make(w, cs)
	got, sites := tallied(t, &w, cs, &plan)
	if !slices.Equal(got, want) || !slices.Equal(sites, ids) || e.Decision.Unproved {
		t.Fatalf("%s: got %v of %v (unproved %t), want %v of %v\n%+v\n%+v", name, got, sites, e.Decision.Unproved, want, ids, w, cs)
	}
	if told := scored(w.Preset, &e.Decision.Score, got[2]); !slices.Equal(told, got) || !slices.Equal(e.Decision.Sites, sites) {
		t.Fatalf("%s: told %v of %v, want %v of %v", name, told, e.Decision.Sites, got, sites)
	}
}

func TestNoSetOfSitesIsBetterThanThePlan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for i := range cases(1_500, 20_000) {
		w, cs := deal(r, shape{lines: 6, skus: 5, sites: 7, qty: 4, stock: 5, fill: 3 + r.IntN(5), plain: i%3 == 0})
		best, ids := bestOf(&w, cs)
		judge(t, fmt.Sprint("case ", i), w, cs, best, ids)
	}
}

// spreads visits every way to take at most want units of what sites have, one number a site.
func spreads(have []int, want int, visit func([]int)) {
	took := make([]int, len(have))
	var next func(at, left int)
	next = func(at, left int) {
		if at == len(have) {
			visit(took)
			return
		}
		for took[at] = 0; took[at] <= min(have[at], left); took[at]++ {
			next(at+1, left-took[at])
		}
		took[at] = 0
	}
	next(0, want)
}

// bestSpread tries every assignment of units to sites, article by article, for every set of
// sites that may be used: articles have nothing to do with each other but for the parcels.
func bestSpread(w *allocate.Want, cs []allocate.Candidate) (best tally) {
	for in := range 1 << len(cs) {
		sum := make([]int64, 10)
		cost, rank, parcels := int64(0), int64(0), int64(0)
		for i := range cs {
			if in>>i&1 == 1 {
				cost, rank, parcels = cost+cs[i].Cost, rank+int64(cs[i].Rank), parcels+1
			}
		}
		for _, x := range wishes(w) {
			have, units := make([]int, len(cs)), make([][]unit, len(cs))
			for i := range cs {
				if in>>i&1 == 1 {
					units[i] = can(w, &cs[i], x.sku)
				}
				have[i] = len(units[i])
			}
			var least []int64
			spreads(have, x.units, func(took []int) {
				v := make([]int64, 10)
				inTime, all := 0, 0
				for i, n := range took {
					if all += n; !cs[i].Late {
						inTime += n
					}
					if n > 0 && cs[i].Offline {
						v[3]++
					}
					for _, u := range units[i][:n] {
						for j, h := range harmOf(w.Preset, u) {
							v[4+j] += h
						}
						v[7], v[8], v[9] = v[7]+u.borrowed, v[8]+u.kept, v[9]+u.newer
					}
				}
				v[0], v[1], v[2] = int64(x.units-inTime), x.linesLeft(inTime), int64(x.units-all)
				if least == nil || slices.Compare(v, least) < 0 {
					least = v
				}
			})
			for j := range sum {
				sum[j] += least[j]
			}
		}
		got := lay(w.Preset, sum[0], sum[1], sum[2], sum[3], parcels, cost, rank, unit{borrowed: sum[7], kept: sum[8], newer: sum[9]})
		if best == nil || slices.Compare(got, best) < 0 {
			best = got
		}
	}
	return best
}

func TestNoAssignmentOfUnitsIsBetterThanThePlan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	for i := range cases(1_000, 20_000) {
		w, cs := deal(r, shape{lines: 4, skus: 3, sites: 4, qty: 3, stock: 3, fill: 7})
		plan, _ := allocate.Make(w, cs)
		got, _ := tallied(t, &w, cs, &plan)
		if want := bestSpread(&w, cs); !slices.Equal(got, want) {
			t.Fatalf("case %d: got %v, want %v\n%+v\n%+v", i, got, want, w, cs)
		}
	}
}

// bySize tries sets of sites by their number and, within it, all of them, but for those whose
// last sites could not bring what is open. It is for presets that put parcels before cost.
func bySize(w *allocate.Want, cs []allocate.Candidate, tries int) (best tally, ids []ledger.SiteID) {
	all := make([]*allocate.Candidate, len(cs))
	for i := range cs {
		all[i] = &cs[i]
	}
	slices.SortFunc(all, func(a, b *allocate.Candidate) int { return cmp.Compare(a.Site, b.Site) })
	const head = 5 // what is the same in all good plans; of presets with parcels fifth, only 4
	same := head
	if w.Preset == allocate.FewestParcels {
		same = head - 1
	}
	whole := rate(w, all)[:same]
	xs := wishes(w)
	after := make([][]int, len(all)+1) // what the sites from here on have
	after[len(all)] = make([]int, len(xs))
	for i := len(all) - 1; i >= 0; i-- {
		after[i] = slices.Clone(after[i+1])
		for k := range xs {
			after[i][k] += len(can(w, all[i], xs[k].sku))
		}
	}
	want := make([]int, len(xs)) // what a plan must give
	for k := range xs {
		want[k] = min(xs[k].units, after[0][k])
	}
	var picked []*allocate.Candidate
	var next func(at, size int, open []int)
	next = func(at, size int, open []int) {
		for k := range open {
			if open[k] > after[at][k] {
				return
			}
		}
		if tries--; tries < 0 {
			return
		}
		if size == 0 {
			if got := rate(w, picked); slices.Equal(got[:same], whole) && (best == nil || slices.Compare(got, best) < 0) {
				best, ids = got, idsOf(picked) // sets come in order of ids, so on a tie the first stands
			}
			return
		}
		if at == len(all) {
			return
		}
		less := slices.Clone(open)
		for k := range less {
			less[k] -= len(can(w, all[at], xs[k].sku))
		}
		picked = append(picked, all[at])
		next(at+1, size-1, less)
		picked = picked[:len(picked)-1]
		next(at+1, size, open)
	}
	for size := 0; best == nil && size <= len(all); size++ {
		if next(0, size, want); tries < 0 {
			return nil, nil
		}
	}
	return best, ids
}

func TestPlansOverManySitesAreTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	judged := 0
	for i := range cases(150, 24_000) {
		s := shape{lines: 12, skus: 12, sites: 50, qty: 3, stock: 1 + r.IntN(6), fill: 2 + r.IntN(7), plain: r.IntN(2) == 0}
		w, cs := deal(r, s)
		if w.Preset == allocate.Nearest {
			w.Preset = allocate.FewestParcels
		}
		best, ids := bySize(&w, cs, 20_000)
		if best == nil {
			continue // too many sets to try
		}
		judged++
		judge(t, fmt.Sprint("case ", i), w, cs, best, ids)
	}
	t.Logf("%d plans judged", judged)
	if judged < cases(75, 20_000*8/10) {
		t.Errorf("got %d plans judged, want half of them", judged)
	}
}

func TestMoreThoughtNeverMakesAPlanWorse(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 4))
	better, unproved := 0, 0
	for i := range cases(150, 3_000) {
		w, cs := deal(r, shape{lines: 60, skus: 50, sites: 80, qty: 6, stock: 4, fill: 1 + r.IntN(5)})
		w.Budget = 1
		little, _ := allocate.Make(w, cs)
		w.Budget = 100_000
		much, e := allocate.Make(w, cs)
		a, _ := tallied(t, &w, cs, &little)
		b, _ := tallied(t, &w, cs, &much)
		if c := slices.Compare(b, a); c > 0 {
			t.Fatalf("case %d: got %v, want no more than %v", i, b, a)
		} else if c < 0 {
			better++
		}
		if e.Decision.Unproved {
			unproved++
		}
	}
	t.Logf("%d of %d plans became better, %d are unproved", better, cases(150, 3_000), unproved)
	if better == 0 {
		t.Error("got no plan that became better, want some")
	}
}

func TestTheOrderOfLinesAndSitesMakesNoDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 5))
	for i := range cases(200, 5_000) {
		w, cs := deal(r, shape{lines: 30, skus: 20, sites: 60, qty: 6, stock: 5, fill: 1 + r.IntN(5)})
		w.Whole, w.Budget = r.IntN(4) == 0, 20_000
		plan, e := allocate.Make(w, cs)
		w.Lines = slices.Clone(w.Lines)
		r.Shuffle(len(w.Lines), func(i, j int) { w.Lines[i], w.Lines[j] = w.Lines[j], w.Lines[i] })
		r.Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
		again, e2 := allocate.Make(w, cs)
		slices.SortFunc(e2.Lines, func(a, b allocate.LineExplanation) int { return cmp.Compare(a.Line, b.Line) })
		if !reflect.DeepEqual(again, plan) || !reflect.DeepEqual(e2, e) {
			t.Fatalf("case %d: got %v of %+v in another order, want %v of %+v", i, again, e2.Decision, plan, e.Decision)
		}
	}
}
