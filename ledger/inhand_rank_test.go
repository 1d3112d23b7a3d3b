package ledger

import (
	"fmt"
	"slices"
	"testing"
)

// The same book gives up the same units in the same order, however often it is asked: also of a line that was reserved in two parts, among so many
// orders that sorting moves equals.
func TestWhatIsGivenUpFirstFollowsFromTheBookAlone(t *testing.T) {
	const sku = SKU("TAP-22")
	s := &State{served: map[OrderID]*Served{}, orders: map[OrderID]*Order{}}
	for i := range 40 {
		id := OrderID(fmt.Sprintf("o-%02d", i))
		s.served[id] = &Served{Order: id, Owner: "york", Lines: []CommandLine{{Line: 2, SKU: sku, Qty: 1}, {Line: 2, SKU: sku, Qty: 2}}}
	}
	rank := func() []claim {
		into := map[SKU][]claim{sku: nil}
		s.rankClaims(into, "")
		return into[sku]
	}
	first := rank()
	if len(first) != 80 {
		t.Fatalf("got %d claims, want 80", len(first))
	}
	for range 50 {
		if again := rank(); !slices.Equal(again, first) {
			t.Fatalf("got %v, and then %v, want the same", first, again)
		}
	}
}
