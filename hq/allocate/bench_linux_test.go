package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A chain is a company to plan for: one site in ten is a warehouse, whose stock HQ holds, the
// others are shops with a few of what sells. Articles sell by Zipf's law.
type chain struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	stock []map[ledger.SKU]allocate.Offer
	rank  []int
	cost  []int64
}

func newChain(r *rand.Rand, sites, skus int) *chain {
	c := &chain{r: r, zipf: rand.NewZipf(r, 1.1, 20, uint64(skus-1))}
	for i := range sites {
		has := map[ledger.SKU]allocate.Offer{}
		for k := range skus {
			switch {
			case i%10 == 0 && r.IntN(10) < 6:
				has[sku(k)] = allocate.Offer{Held: ledger.Qty(r.IntN(60)), Keep: 2}
			case i%10 != 0 && r.IntN(10) < 3 || r.IntN(k+1) < 40:
				has[sku(k)] = allocate.Offer{Borrow: ledger.Qty(r.IntN(8)), Keep: 1}
			}
		}
		c.stock = append(c.stock, has)
		c.rank, c.cost = append(c.rank, r.IntN(5)), append(c.cost, int64(1000*(1+r.IntN(400))))
	}
	return c
}

func sku(k int) ledger.SKU { return ledger.SKU(fmt.Sprintf("ART-%05d", k)) }

// order deals an order, and what each site can give of it.
func (c *chain) order(lines int, bySKU bool) (allocate.Want, []allocate.Candidate) {
	var w allocate.Want
	seen := map[ledger.SKU]bool{}
	for n := 0; len(w.Lines) < lines; n++ {
		s := sku(int(c.zipf.Uint64()))
		if n > 10*lines {
			s = sku(n)
		}
		if !seen[s] {
			seen[s] = true
			w.Lines = append(w.Lines, allocate.Need{Line: len(w.Lines) + 1, SKU: s, Qty: ledger.Qty(1 + c.r.IntN(4))})
		}
	}
	cs := make([]allocate.Candidate, len(c.stock))
	for i, has := range c.stock {
		cs[i] = allocate.Candidate{Site: ledger.SiteID(fmt.Sprintf("s%03d", i)), Rank: c.rank[i], Cost: c.cost[i]}
		if bySKU {
			cs[i].Offers = map[ledger.SKU]allocate.Offer{}
		}
		for _, n := range w.Lines {
			if o, ok := has[n.SKU]; !bySKU {
				cs[i].ByLine = append(cs[i].ByLine, o)
			} else if ok {
				cs[i].Offers[n.SKU] = o
			}
		}
	}
	return w, cs
}

// worked is the CPU that this thread has spent.
func worked() time.Duration {
	var ts syscall.Timespec
	const threadCPU = 3 // CLOCK_THREAD_CPUTIME_ID
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadCPU, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(ts.Nano())
}

// BenchmarkPlanning plans orders of a company and prints how much CPU the median and the dearest
// cost, each the least of three tries: collecting the garbage of others is not a plan's work.
func BenchmarkPlanning(b *testing.B) {
	for _, size := range []struct {
		sitesMin, sitesMax, linesMin, linesMax, skus, orders int
		bySKU                                                bool
	}{
		{5, 50, 1, 50, 2_000, 4_000, false}, {5, 50, 1, 50, 2_000, 4_000, true}, {50, 50, 1, 4, 2_000, 2_000, false}, {50, 50, 50, 50, 2_000, 500, false}, {50, 50, 704, 704, 2_000, 20, false}, {50, 50, 2_000, 2_000, 3_000, 10, false},
		{50, 50, 5_000, 5_000, 6_000, 4, false}, {50, 50, 5_000, 5_000, 6_000, 4, true}, {1_000, 1_000, 4, 4, 2_000, 50, false}, {1_000, 1_000, 5_000, 5_000, 6_000, 2, false},
	} {
		for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.Nearest, allocate.ProtectShops} {
			b.Run(fmt.Sprintf("sites=%d-%d/lines=%d-%d/by_sku=%t/preset=%d", size.sitesMin, size.sitesMax, size.linesMin, size.linesMax, size.bySKU, preset), func(b *testing.B) {
				r := rand.New(rand.NewPCG(5, 1))
				type one struct {
					w  allocate.Want
					cs []allocate.Candidate
				}
				var all []one
				var c *chain
				for i := range size.orders {
					if i%max(size.orders/10, 1) == 0 {
						c = newChain(r, size.sitesMin+r.IntN(size.sitesMax-size.sitesMin+1), size.skus)
					}
					w, cs := c.order(size.linesMin+r.IntN(size.linesMax-size.linesMin+1), size.bySKU)
					w.Preset = preset
					all = append(all, one{w, cs})
				}
				took := make([]time.Duration, len(all))
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				unproved, parcels := 0, int64(0)
				var p allocate.Planner
				for b.Loop() {
					unproved, parcels = 0, 0
					for i := range all {
						took[i] = time.Hour
						for range 3 {
							from := worked()
							_, e := p.Make(all[i].w, all[i].cs)
							took[i] = min(took[i], worked()-from)
							if e.Decision.Unproved {
								unproved++
							}
							parcels += e.Decision.Score[allocate.Parcels]
						}
					}
				}
				slices.Sort(took)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
				b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-us")
				b.ReportMetric(float64(unproved)/float64(3*len(all))*100, "%unproved")
				b.ReportMetric(float64(parcels)/float64(3*len(all)), "parcels/order")
			})
		}
	}
}

// BenchmarkMix is the mean CPU and memory of one plan with its explanation, each plan made once:
// to compare two versions by benchstat. BenchmarkPlanning has the quantiles.
func BenchmarkMix(b *testing.B) {
	for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.Nearest, allocate.ProtectShops, allocate.ClearOld} {
		b.Run(fmt.Sprint("preset=", preset), func(b *testing.B) {
			all := mixed(1, 1_000, preset)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var p allocate.Planner
			took := make([]time.Duration, 0, b.N)
			b.ReportAllocs()
			for at := 0; b.Loop(); at++ {
				d := &all[at%len(all)]
				from := worked()
				p.Make(d.want, d.candidates)
				took = append(took, worked()-from)
			}
			var sum time.Duration
			for _, t := range took {
				sum += t
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(sum.Nanoseconds())/float64(len(took)), "cpu-ns/op")
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
		})
	}
}

// BenchmarkHardest plans orders that are as hard as can be (hardest), and prints how much CPU the
// dearest of them cost, the least of three tries.
func BenchmarkHardest(b *testing.B) {
	for _, size := range [][2]int{{12, 50}, {50, 50}, {700, 50}, {1_500, 50}, {ledger.LinesMax, 50}} {
		for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.Nearest, allocate.ProtectShops} {
			b.Run(fmt.Sprintf("lines=%d/sites=%d/preset=%d", size[0], size[1], preset), func(b *testing.B) {
				all := hardest(size[0], size[1])
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var p allocate.Planner
				var most time.Duration
				dearest := ""
				for b.Loop() {
					most = 0
					for name, d := range all {
						d.want.Preset = preset
						took := time.Hour
						for range 3 {
							from := worked()
							p.Make(d.want, d.candidates)
							took = min(took, worked()-from)
						}
						if took > most {
							most, dearest = took, name
						}
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(most.Microseconds()), "max-us")
				b.Log(dearest)
			})
		}
	}
}

// BenchmarkBudget plans the same orders with more and more visits: what each step buys, and costs.
func BenchmarkBudget(b *testing.B) {
	for _, lines := range []int{20, 50, 200, 704} {
		r := rand.New(rand.NewPCG(5, 2))
		wants, all := make([]allocate.Want, 40), make([][]allocate.Candidate, 40)
		for i := range wants {
			if wants[i], all[i] = newChain(r, 50, 2_000).order(lines, false); i%4 == 3 {
				wants[i].Preset = allocate.ProtectShops
			}
		}
		for _, budget := range []int{1, 10_000, 20_000, 50_000, 100_000, 200_000, 300_000, 1_000_000} {
			b.Run(fmt.Sprintf("lines=%d/budget=%d", lines, budget), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var p allocate.Planner
				var sum, most time.Duration
				unproved, parcels := 0, int64(0)
				for b.Loop() {
					sum, most, unproved, parcels = 0, 0, 0, 0
					for i, w := range wants {
						w.Budget = budget
						took := time.Hour
						var e allocate.Explanation
						for range 3 {
							from := worked()
							_, e = p.Make(w, all[i])
							took = min(took, worked()-from)
						}
						if sum, most = sum+took, max(most, took); e.Decision.Unproved {
							unproved++
						}
						parcels += e.Decision.Score[allocate.Parcels]
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(sum.Microseconds())/float64(len(wants)), "mean-us")
				b.ReportMetric(float64(most.Microseconds()), "max-us")
				b.ReportMetric(float64(unproved), "unproved")
				b.ReportMetric(float64(parcels)/float64(len(wants)), "parcels/order")
			})
		}
	}
}
