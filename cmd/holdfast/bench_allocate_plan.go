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
	"github.com/holdfast-stock/holdfast/hq/trial"
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

// A chain is a company to plan for: of 50 sites one in ten is a warehouse that stocks six of ten articles and
// whose stock is held; the others are shops that may lend a few of three in ten, more of what sells.
type chain struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	stock []map[int]allocate.Offer
	skus  []ledger.SKU
}

const chainSites, chainSKUs = 50, 2000

func newChain(seed uint64) *chain {
	c := &chain{r: rand.New(rand.NewPCG(seed, 51))}
	c.zipf = rand.NewZipf(c.r, 1.1, 20, chainSKUs-1)
	for k := range chainSKUs {
		c.skus = append(c.skus, ledger.SKU("A"+strconv.Itoa(k)))
	}
	for s := range chainSites {
		has := map[int]allocate.Offer{}
		for k := range chainSKUs {
			switch {
			case s%10 == 0 && c.r.IntN(10) < 6:
				has[k] = allocate.Offer{Held: ledger.Qty(1 + c.r.IntN(60))}
			case s%10 != 0 && (c.r.IntN(10) < 3 || c.r.IntN(k+1) < 40):
				has[k] = allocate.Offer{Borrow: ledger.Qty(1 + c.r.IntN(8))}
			}
		}
		c.stock = append(c.stock, has)
	}
	return c
}

// deal makes an order of 1 to 50 lines, half of them of 10 or fewer, with all that the sites have of it, line by
// line as head office gathers it.
func (c *chain) deal() dealt {
	var d dealt
	var asked []int
	for lines := 1 + c.r.IntN(50)*c.r.IntN(50)/50; len(asked) < lines; {
		k := int(c.zipf.Uint64())
		if !slices.Contains(asked, k) {
			asked = append(asked, k)
			d.want.Lines = append(d.want.Lines, allocate.Need{Line: len(asked), SKU: c.skus[k], Qty: ledger.Qty(1 + c.r.IntN(4))})
		}
	}
	for s, has := range c.stock {
		o := allocate.Candidate{Site: ledger.SiteID("s" + strconv.Itoa(100+s)), Rank: s % 7, ByLine: make([]allocate.Offer, len(asked))}
		for i, k := range asked {
			o.ByLine[i] = has[k]
		}
		d.candidates = append(d.candidates, o)
	}
	return d
}

// planned is what so many plans took.
type planned struct {
	times     bench.Histogram
	most, sum time.Duration
	unproved  int
}

func (p *planned) words() string {
	return fmt.Sprintf("p50 %d us, p99 %d us, p99.9 %d us, at most %d us, of %d orders (%d not proved best)", micros(p.times.Quantile(0.5)),
		micros(p.times.Quantile(0.99)), micros(p.times.Quantile(0.999)), micros(p.most), p.times.Count(), p.unproved)
}

// timed plans orders one at a time, on a thread of their own and with one planner, as head office does.
func (c *benchAllocateCmd) timed(h *house, next func() dealt) *planned {
	const batch = 500 // dealt outside the times, and few enough to stay in memory
	var p planned
	var planner allocate.Planner
	shown := bar(h.stderr, "orders planned", int64(c.Plans))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for left := c.Plans; left > 0 && h.ctx.Err() == nil; left -= batch {
		all := make([]dealt, min(batch, left))
		for i := range all {
			all[i] = next()
		}
		runtime.GC()
		for _, d := range all {
			before := threadTime()
			_, why := planner.Make(d.want, d.candidates)
			took := threadTime() - before
			p.times.Add(took)
			p.most, p.sum = max(p.most, took), p.sum+took
			if why.Decision.Unproved {
				p.unproved++
			}
		}
		shown.Add(int64(len(all)))
	}
	_ = shown.Finish() // a bar that cannot be drawn changes nothing
	return &p
}

// times plans a company's orders, and orders that are as wide as can be.
func (c *benchAllocateCmd) times(h *house, done *benchAllocateDone) error {
	p := c.timed(h, newChain(c.Seed).deal)
	f := &allocatePlanning{Ops: p.times.Count(), P50: micros(p.times.Quantile(0.5)), P99: micros(p.times.Quantile(0.99)), P999: micros(p.times.Quantile(0.999)),
		Max: micros(p.most), Unproved: p.unproved}
	if p.sum > 0 {
		f.OpsPerSecond = int64(float64(f.Ops) / p.sum.Seconds())
	}
	done.Planning = f
	done.Ops, done.OpsPerSecond, done.P50, done.P99, done.P999 = f.Ops, f.OpsPerSecond, f.P50, f.P99, f.P999
	done.row("planning orders of 1 to 50 lines over 50 sites, processor time with the explanation", "p50 <= 50 us, p99 <= 1 ms, never over 5 ms",
		p.words(), f.P50 <= 50 && f.P99 <= 1000 && f.Max <= 5000, "what sells lies at nearly all of 50 sites here, and a plan looks at every offer at least once")
	r := rand.New(rand.NewPCG(c.Seed, 50))
	done.beside("planning where any of 50 sites may have any part of 1 to 50 lines", c.timed(h, func() dealt { return deal(r, 50, 50, 50) }).words())
	return nil
}

// bruteWideSites bounds the sets that are tried of many lines over many sites: one more would be 2,000,000 sets.
const bruteWideSites = 4

// brute holds plans against every set of sites: of 20 cases 17 have up to 12 lines over up to 10 sites, two up to 3
// lines over 11 to 50, and one up to 12 lines over 11 to 50, of which those that take more than bruteWideSites sites
// are left out and counted: there are more sets than can be tried.
func (c *benchAllocateCmd) brute(h *house, done *benchAllocateDone) error {
	r := rand.New(rand.NewPCG(c.Seed, 12))
	differ, wide, left := 0, 0, 0
	shown := bar(h.stderr, "orders held against brute force", int64(c.Cases))
	for n := 0; n < c.Cases && h.ctx.Err() == nil; n++ {
		most := chainSites
		var d dealt
		shown.Add(1)
		switch n % 20 {
		case 0, 10:
			d = deal(r, 3, 50, 11)
		case 5:
			d, most = deal(r, 12, 50, 11), bruteWideSites
			wide++
		default:
			d = deal(r, 12, 10, 1)
		}
		best, tried := bestSites(d, most)
		if !tried {
			left++
			continue
		}
		plan, _ := allocate.Make(d.want, d.candidates)
		if !slices.Equal(sitesOf(plan), best) {
			differ++
		}
	}
	_ = shown.Finish()
	done.row(fmt.Sprintf("%d random orders: of 1 to 12 lines over 1 to 10 sites, one in 10 of 1 to 3 lines over 11 to 50, one in 20 of 1 to 12 lines over 11 to 50", c.Cases), "equal to brute force (orders of <= 12 lines over <= 50 sites)",
		fmt.Sprintf("%d differ; %d of the %d of up to 12 lines over up to 50 sites take more than %d sites and were left out, for there are more sets than can be tried", differ, left, wide, bruteWideSites), differ == 0, "the planner missed the best sites")
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
// the least sum of ranks, then the smallest list of ids. Where more than most sites are needed it gives up.
func bestSites(d dealt, most int) (best []ledger.SiteID, tried bool) {
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
	for t.size = 0; t.best == nil && t.size <= most; t.size++ {
		t.open = make([][]ledger.Qty, t.size+1)
		for k := range t.open {
			t.open[k] = slices.Clone(need)
		}
		t.from(0, 0)
	}
	return t.best, t.best != nil
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

// again lets twelve hours pass over waiting orders, with and without planning again.
func (c *benchAllocateCmd) again(_ *house, done *benchAllocateDone) error {
	const orders, sites = 1000, 50
	kept := trial.NewWaiting(c.Seed, sites).Half(orders, false)
	moving := trial.NewWaiting(c.Seed, sites).Half(orders, true)
	still := trial.NewWaiting(c.Seed, sites)
	still.Half(orders, false)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
	before := threadTime()
	moved := still.Again()
	took := threadTime() - before
	fewer := 100 * (1 - per(moving.Parcels, moving.Orders)/per(kept.Parcels, kept.Orders))
	done.row("planning 1,000 waiting orders over 50 sites again", "<= 250 ms of processor time, and >= 1 % fewer parcels after 12 h",
		fmt.Sprintf("%d ms for one round, which moved %d; after 12 h %.2f parcels an order and %d units short, %.2f and %d without: %.1f %% fewer", took.Milliseconds(), moved,
			per(moving.Parcels, moving.Orders), moving.Short, per(kept.Parcels, kept.Orders), kept.Short, fewer), took <= 250*time.Millisecond && fewer >= 1, "every order that is split or short is planned afresh, with its candidates gathered from all sites")
	return nil
}
