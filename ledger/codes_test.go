package ledger_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// TestCodesAreWhoseTheModelSays plays puts and drops against a list of who has what.
func TestCodesAreWhoseTheModelSays(t *testing.T) {
	codes := []string{"5012345678900", "05012345678900", "(01)05012345678900", "96385074", "0000096385074", "TAP", "]A0TAP", "5012345678901"}
	type has struct {
		key string
		who int
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var c ledger.Codes[int]
	model := map[has]bool{}
	for range 20_000 {
		code, who := codes[rnd.IntN(len(codes))], rnd.IntN(4)
		if rnd.IntN(2) == 0 {
			c.Put(code, who)
			model[has{gs1.Key(code), who}] = true
		} else {
			c.Drop(code, who)
			delete(model, has{gs1.Key(code), who})
		}
		for _, code := range codes {
			got := c.Of(code)
			slices.Sort(got)
			var want []int
			for who := range 4 {
				if model[has{gs1.Key(code), who}] {
					want = append(want, who)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: got %v, want %v", code, got, want)
			}
		}
	}
}
