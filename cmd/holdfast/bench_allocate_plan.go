package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// dealt is one random order with its candidates.
type dealt struct {
	want       allocate.Want
	candidates []allocate.Candidate
}

// deal makes an order of up to so many lines over up to so many sites, each of which has most of few articles
// or little of many.
func deal(r *rand.Rand, lines, sites, sitesLeast int) dealt {
	var d dealt
	n := 1 + r.IntN(lines)
	for i := range n {
		d.want.Lines = append(d.want.Lines, allocate.Need{Line: i + 1, SKU: ledger.SKU("A" + strconv.Itoa(i)), Qty: ledger.Qty(1 + r.IntN(6))})
	}
	for s := range sitesLeast + r.IntN(sites-sitesLeast+1) {
		c := allocate.Candidate{Site: ledger.SiteID("s" + strconv.Itoa(100+s)), Rank: r.IntN(20), Offers: map[ledger.SKU]allocate.Offer{}}
		often := 1 + r.IntN(8) // of 10 lines
		for _, l := range d.want.Lines {
			if r.IntN(10) < often {
				c.Offers[l.SKU] = allocate.Offer{Held: ledger.Qty(1 + r.IntN(8))}
			}
		}
		d.candidates = append(d.candidates, c)
	}
	return d
}

// times plans orders of 1 to 50 lines over 50 sites, one at a time, on a thread of their own.
func (c *benchAllocateCmd) times(h *house, done *benchAllocateDone) error {
	const batch = 500 // dealt outside the times, and few enough to stay in memory
	var times bench.Histogram
	var most, sum time.Duration
	unproved := 0
	r := rand.New(rand.NewPCG(c.Seed, 50))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for left := c.Plans; left > 0 && h.ctx.Err() == nil; left -= batch {
		all := make([]dealt, min(batch, left))
		for i := range all {
			all[i] = deal(r, 50, 50, 50)
		}
		runtime.GC()
		for _, d := range all {
			before := threadTime()
			_, why := allocate.Make(d.want, d.candidates)
			took := threadTime() - before
			times.Add(took)
			most, sum = max(most, took), sum+took
			if why.Decision.Unproved {
				unproved++
			}
		}
	}
	p := &allocatePlanning{Ops: times.Count(), P50: micros(times.Quantile(0.5)), P99: micros(times.Quantile(0.99)), P999: micros(times.Quantile(0.999)),
		Max: micros(most), Unproved: unproved}
	if sum > 0 {
		p.OpsPerSecond = int64(float64(p.Ops) / sum.Seconds())
	}
	done.Planning = p
	done.Ops, done.OpsPerSecond, done.P50, done.P99, done.P999 = p.Ops, p.OpsPerSecond, p.P50, p.P99, p.P999
	done.row("planning orders of 1 to 50 lines over 50 sites, processor time", "p50 <= 50 us, p99 <= 1 ms, never over 5 ms",
		fmt.Sprintf("p50 %d us, p99 %d us, p99.9 %d us, at most %d us, of %d orders (%d not proved best)", p.P50, p.P99, p.P999, p.Max, p.Ops, unproved),
		p.P50 <= 50 && p.P99 <= 1000 && p.Max <= 5000, "these are the widest orders there are: every line of every order can be had at many of 50 sites")
	return nil
}

// brute holds plans against every set of sites.
func (c *benchAllocateCmd) brute(h *house, done *benchAllocateDone) error {
	r := rand.New(rand.NewPCG(c.Seed, 12))
	differ := 0
	for n := 0; n < c.Cases && h.ctx.Err() == nil; n++ {
		d := deal(r, 12, 10, 1)
		if n%10 == 0 {
			d = deal(r, 3, 50, 11) // few lines, or there are more sets than can be tried
		}
		plan, _ := allocate.Make(d.want, d.candidates)
		if !slices.Equal(sitesOf(plan), bestSites(d)) {
			differ++
		}
	}
	done.row(fmt.Sprintf("orders of <= 12 lines over <= 50 sites, %d random cases", c.Cases), "equal to brute force", fmt.Sprintf("%d differ", differ), differ == 0, "the planner missed the best sites")
	return nil
}

func sitesOf(p allocate.Plan) []ledger.SiteID {
	var out []ledger.SiteID
	for _, l := range p.Legs {
		out = append(out, l.Site)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bestSites tries every set of sites, small ones first: the least that bring as much as all, then
// the least sum of ranks, then the smallest list of ids.
func bestSites(d dealt) []ledger.SiteID {
	have := make([][]ledger.Qty, len(d.candidates))
	all := make([]ledger.Qty, len(d.want.Lines))
	for s, c := range d.candidates {
		have[s] = make([]ledger.Qty, len(all))
		for i, l := range d.want.Lines {
			have[s][i] = c.Offers[l.SKU].Held
			all[i] += have[s][i]
		}
	}
	t := &tryAll{d: d, have: have, ids: make([]ledger.SiteID, 0, len(have))}
	need := make([]ledger.Qty, len(all))
	for i, l := range d.want.Lines {
		need[i] = min(l.Qty, all[i])
	}
	for t.size = 0; t.best == nil; t.size++ {
		t.open = make([][]ledger.Qty, t.size+1)
		for k := range t.open {
			t.open[k] = slices.Clone(need)
		}
		t.from(0, 0)
	}
	return t.best
}

// tryAll tries the sets of one size, by ids.
type tryAll struct {
	d    dealt
	have [][]ledger.Qty
	size int
	ids  []ledger.SiteID
	open [][]ledger.Qty // by sites chosen: what is still wanted
	best []ledger.SiteID
	rank int
}

func (t *tryAll) from(next, rank int) {
	n := len(t.ids)
	if n == t.size {
		full := !slices.ContainsFunc(t.open[n], func(q ledger.Qty) bool { return q > 0 })
		if full && (t.best == nil || rank < t.rank || rank == t.rank && slices.Compare(t.ids, t.best) < 0) {
			t.best, t.rank = append([]ledger.SiteID{}, t.ids...), rank
		}
		return
	}
	for s := next; s+t.size-n <= len(t.have); s++ {
		for i, q := range t.open[n] {
			t.open[n+1][i] = max(q-t.have[s][i], 0)
		}
		t.ids = append(t.ids, t.d.candidates[s].Site)
		t.from(s+1, rank+t.d.candidates[s].Rank)
		t.ids = t.ids[:n]
	}
}
