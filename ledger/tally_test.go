package ledger

import (
	"fmt"
	"testing"
)

// White-box: a tally is seen by nobody outside, and a wrong sum would promise a unit twice.
func TestATallyAddsUpFewSKUsAndMany(t *testing.T) {
	var sums tally
	want := map[SKU]Qty{}
	for i := range 10 * tallyFew {
		sku, q := SKU(fmt.Sprint("S", 7*i%(3*tallyFew))), Qty(i)
		if got := sums.of(sku); got != want[sku] {
			t.Fatalf("before %d: got %d of %s, want %d", i, got, sku, want[sku])
		}
		sums.add(sku, q)
		want[sku] += q
		if got := sums.of(sku); got != want[sku] {
			t.Fatalf("after %d: got %d of %s, want %d", i, got, sku, want[sku])
		}
	}
	if got := sums.of("none"); got != 0 || sums.many == nil {
		t.Errorf("got %d of none, many %v; want none, kept in a map", got, sums.many != nil)
	}
}
