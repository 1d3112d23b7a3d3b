package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A want that is as large and as hard as one can be: who has what is up to has.
func hard(lines, sites int, qty ledger.Qty, has func(line, site int) allocate.Offer, is func(*allocate.Candidate, int)) dealt {
	var d dealt
	for k := range lines {
		d.want.Lines = append(d.want.Lines, allocate.Need{Line: k + 1, SKU: sku(k), Qty: qty})
	}
	for i := range sites {
		c := allocate.Candidate{Site: ledger.SiteID(fmt.Sprintf("s%04d", i)), Rank: i % 7, Cost: int64(i * 37 % 101), ByLine: make([]allocate.Offer, lines)}
		for k := range lines {
			c.ByLine[k] = has(k, i)
		}
		if is != nil {
			is(&c, i)
		}
		d.candidates = append(d.candidates, c)
	}
	return d
}

// hardest are orders that make a planner work: where one site is as good as another, where each
// line takes dozens of sites, where cut-off sites may serve only some of what they have.
func hardest(lines, sites int) map[string]dealt {
	r := rand.New(rand.NewPCG(9, 1))
	some := func(in, of int, o allocate.Offer) allocate.Offer {
		if r.IntN(of) < in {
			return o
		}
		return allocate.Offer{}
	}
	awayHalf := func(c *allocate.Candidate, i int) { c.Offline = i%2 == 1 }
	return map[string]dealt{
		"any site has any line": hard(lines, sites, 3, func(int, int) allocate.Offer {
			return some(1, 2, allocate.Offer{Held: ledger.Qty(r.IntN(4)), Borrow: ledger.Qty(r.IntN(3)), Keep: 1})
		}, nil),
		"a line takes half of the sites": hard(lines, sites, ledger.Qty(sites/2), func(int, int) allocate.Offer {
			return allocate.Offer{Held: 1}
		}, nil),
		"a line takes half of the sites, with something to lose at each": hard(lines, sites, ledger.Qty(sites), func(int, int) allocate.Offer {
			return allocate.Offer{Held: 1, Borrow: 1, Keep: 1, Old: 1}
		}, nil),
		"a line takes all sites": hard(lines, sites, ledger.Qty(sites), func(int, int) allocate.Offer {
			return allocate.Offer{Held: 1}
		}, nil),
		"a line lies at two sites": hard(lines, sites, 1, func(k, i int) allocate.Offer {
			if i == k%sites || i == (k/sites+k+1)%sites {
				return allocate.Offer{Held: 1}
			}
			return allocate.Offer{}
		}, nil),
		"half of the sites are cut off": hard(lines, sites, ledger.Qty(sites), func(int, int) allocate.Offer {
			return some(9, 10, allocate.Offer{Held: ledger.Qty(1 + r.IntN(3))})
		}, awayHalf),
		"half of the sites are cut off, and the others have nothing": hard(lines, sites, ledger.Qty(sites/5), func(k, i int) allocate.Offer {
			return some(i%2, 1, allocate.Offer{Held: ledger.Qty(1 + r.IntN(2))})
		}, awayHalf),
		"half of the sites are late": hard(lines, sites, ledger.Qty(sites), func(int, int) allocate.Offer {
			return some(1, 2, allocate.Offer{Held: ledger.Qty(r.IntN(4)), Borrow: 1, Keep: 1, Old: 1})
		}, func(c *allocate.Candidate, i int) { c.Late = i%2 == 1 }),
	}
}

// However hard an order is, planning it takes no more than so many looks at each offer, and the
// budget. That is a count, and so it holds on any machine.
func TestTheWorkOfAPlanIsBounded(t *testing.T) {
	const (
		looksMax = 32
		runnerUp = 5_000
	)
	sizes := [][2]int{{12, 50}, {50, 50}, {700, 50}}
	if !testing.Short() {
		sizes = append(sizes, [2]int{ledger.LinesMax, 50}, [2]int{4, 1000})
	}
	var p allocate.Planner
	for _, size := range sizes {
		for name, d := range hardest(size[0], size[1]) {
			for _, preset := range []allocate.Preset{allocate.FewestParcels, allocate.Nearest, allocate.ProtectShops, allocate.ClearOld} {
				d.want.Preset = preset
				plan, e := p.Make(d.want, d.candidates)
				offers := size[0] * size[1]
				if most := looksMax*offers + allocate.BudgetDefault + runnerUp; e.Decision.Visits > most {
					t.Errorf("%d lines over %d sites, preset %d, %s: got %d visits, want at most %d", size[0], size[1], preset, name, e.Decision.Visits, most)
				}
				if len(plan.Legs)+len(plan.Borrow) == 0 {
					t.Errorf("%d lines over %d sites, preset %d, %s: nothing is served", size[0], size[1], preset, name)
				}
				gave := map[ledger.SiteID]bool{}
				for _, l := range slices.Concat(plan.Legs, plan.Borrow) {
					gave[l.Site] = true
				}
				for _, s := range e.Decision.Sites {
					if !gave[s] && len(plan.Legs)+len(plan.Borrow) < allocate.LegsMax {
						t.Errorf("%d lines over %d sites, preset %d, %s: %s is in the plan and gives nothing", size[0], size[1], preset, name, s)
					}
				}
				t.Logf("%4d x %4d preset %d: %5.2f looks an offer, %3d parcels, unproved %t: %s", size[0], size[1], preset, float64(e.Decision.Visits)/float64(offers), len(e.Decision.Sites), e.Decision.Unproved, name)
			}
		}
	}
}
