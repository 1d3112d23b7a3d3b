package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A dealt is one order with its candidates.
type dealt struct {
	want       allocate.Want
	candidates []allocate.Candidate
}

// mixed deals orders as `holdfast bench allocate` does: of 1 to 50 lines, half of them of 10 or
// fewer, of what sells, over 50 sites of which one in ten is a warehouse.
func mixed(seed uint64, orders int, preset allocate.Preset) (out []dealt) {
	r := rand.New(rand.NewPCG(seed, 51))
	zipf := rand.NewZipf(r, 1.1, 20, 1_999)
	stock := make([]map[int]allocate.Offer, 50)
	for s := range stock {
		stock[s] = map[int]allocate.Offer{}
		for k := range 2_000 {
			switch {
			case s%10 == 0 && r.IntN(10) < 6:
				stock[s][k] = allocate.Offer{Held: ledger.Qty(1 + r.IntN(60))}
			case s%10 != 0 && (r.IntN(10) < 3 || r.IntN(k+1) < 40):
				stock[s][k] = allocate.Offer{Borrow: ledger.Qty(1 + r.IntN(8))}
			}
		}
	}
	for range orders {
		d := dealt{want: allocate.Want{Preset: preset}}
		var asked []int
		for lines := 1 + r.IntN(50)*r.IntN(50)/50; len(asked) < lines; {
			if k := int(zipf.Uint64()); !slices.Contains(asked, k) {
				asked = append(asked, k)
				d.want.Lines = append(d.want.Lines, allocate.Need{Line: len(asked), SKU: ledger.SKU(fmt.Sprint("A", k)), Qty: ledger.Qty(1 + r.IntN(4))})
			}
		}
		for s, has := range stock {
			c := allocate.Candidate{Site: ledger.SiteID(fmt.Sprint("s", 100+s)), Rank: s % 7, ByLine: make([]allocate.Offer, len(asked))}
			for i, k := range asked {
				c.ByLine[i] = has[k]
			}
			d.candidates = append(d.candidates, c)
		}
		out = append(out, d)
	}
	return out
}
