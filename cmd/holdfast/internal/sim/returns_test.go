package sim

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Three units came back. In a life that is lost one was scrapped by an answer, and one put on the shelf; the book of this life has all three blocked, and its
// claim is refused. Only the one that still lies there is handed back, and none leaves the shelf a second time.
func TestGoodsThatCameBackLeaveOnce(t *testing.T) {
	c := rested(t)
	s, id, sku := c.sites[0], returnIDOf("test"), ledger.SKU("TAP-99")
	of, lies := c.lying(id, sku), shelf{c.sites[0].id, "TAP-99"}
	s.moves("back test", sku, 3, of)
	s.moves("claim test", sku, -1, of)
	of.shelves(1)
	back := &ledger.Return{ID: id, Claim: ledger.ClaimRefused, Lines: []ledger.ReturnLine{{Line: 1, SKU: sku, Qty: 2, Refused: 2}, {Line: 2, SKU: sku, Qty: 1, Refused: 1}}}
	r := &returner{chance: newChance(1, "test")}
	want := []ledger.ReturnAct{{Line: 1, Do: ledger.HandBack, Qty: 1}, {Line: 1, Do: ledger.Restock, Qty: 1}, {Line: 2, Do: ledger.Scrap, Qty: 1}}
	for range 2 {
		if got := r.decide(c, "look", back); !slices.Equal(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	s.moves("back test looked at", sku, -2, of) // handed back and scrapped by this life's book
	s.moves("claim told again", sku, -1, of)
	if got := c.shelf[lies]; got != 1 || of.here != 0 || of.shelves(3) != 2 {
		t.Errorf("got %d on the shelf, %+v, want the one that was put there", got, *of)
	}
}
