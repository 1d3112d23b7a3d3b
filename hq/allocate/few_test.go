package allocate_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What is written for one site and for two is written for most orders.
func TestMostOrdersTakeOneSiteOrTwo(t *testing.T) {
	var p allocate.Planner
	takes := map[int]int{}
	all := mixed(1, cases(1_000, 4_000), allocate.FewestParcels)
	for _, d := range all {
		_, e := p.Make(d.want, d.candidates)
		if takes[len(e.Decision.Sites)]++; e.Decision.Unproved && len(e.Decision.Sites) <= 2 {
			t.Errorf("got a plan of %v unproved", e.Decision.Sites)
		}
	}
	t.Logf("of %d orders, by parcels: %v", len(all), takes)
	if few := takes[1] + takes[2]; few < len(all)*3/4 {
		t.Errorf("got %d of %d orders of one or two parcels, want three in four", few, len(all))
	}
}

// Of what two sites have together each pair must be seen, halves with halves, and with more rows
// than there are bits in a word.
func TestThePairIsTheBestOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	judged := 0
	for i := range cases(40, 300) {
		d := hard([]int{2, 9, 63, 64, 65, 130}[i%6], 14, 4, func(line, site int) (o allocate.Offer) {
			more := func() allocate.Offer { return allocate.Offer{Keep: ledger.Qty(r.IntN(3)), Old: ledger.Qty(r.IntN(4))} }
			switch {
			case site < 5 && (line+site)%5 > 0 || site >= 10 && r.IntN(3) == 0: // all of most lines
				o = more()
				o.Held, o.Borrow = ledger.Qty(r.IntN(5)), 4
			case site >= 5 && site < 10: // half of every line
				o = more()
				o.Held = ledger.Qty(r.IntN(3))
				o.Borrow = 2 - o.Held
			}
			return o
		}, nil)
		d.want.Preset = []allocate.Preset{allocate.FewestParcels, allocate.ProtectShops, allocate.ClearOld}[r.IntN(3)]
		all := make([]*allocate.Candidate, len(d.candidates))
		for k := range d.candidates {
			c := &d.candidates[k]
			c.Offers, all[k] = shelf{}, c
			for line, o := range c.ByLine {
				c.Offers[d.want.Lines[line].SKU] = o
			}
		}
		_, e := allocate.Make(d.want, d.candidates)
		if len(e.Decision.Sites) != 2 {
			continue
		}
		same := 4 // what is the same in all plans: see lay
		if d.want.Preset != allocate.FewestParcels {
			same = 5
		}
		whole := rate(&d.want, all)[:same]
		var best, next []*allocate.Candidate
		var bestHas, nextHas tally
		for a := range all {
			for b := a + 1; b < len(all); b++ { // by id, so that on a tie the first stands
				pair := []*allocate.Candidate{all[a], all[b]}
				switch got := rate(&d.want, pair); {
				case !slices.Equal(got[:same], whole):
				case best == nil || slices.Compare(got, bestHas) < 0:
					best, bestHas, next, nextHas = pair, got, best, bestHas
				case next == nil || slices.Compare(got, nextHas) < 0:
					next, nextHas = pair, got
				}
			}
		}
		if got := e.Decision; !slices.Equal(got.Sites, idsOf(best)) || next != nil && !slices.Equal(got.Other, idsOf(next)) {
			t.Fatalf("case %d, preset %d: got %v, then %v; want %v, then %v", i, d.want.Preset, got.Sites, got.Other, idsOf(best), idsOf(next))
		}
		judged++
	}
	t.Logf("%d plans of two sites judged", judged)
	if judged < cases(10, 75) {
		t.Errorf("got %d plans of two sites, want one in four", judged)
	}
}
