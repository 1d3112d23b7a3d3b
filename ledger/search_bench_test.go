package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// catalogueOf is a book with so many items of a builder's merchant.
func catalogueOf(t testing.TB, n int) *ledger.Book {
	d := newDesk(t)
	items := make([]ledger.Item, 0, n)
	for i := range n {
		it := item(ledger.SKU(fmt.Sprintf("ART-%08d", i)), fmt.Sprintf("Copper elbow %d mm, 90 degrees, pack of %d", i%54, i%10), uint64(i+1), fmt.Sprintf("50%011d", i))
		if i%10 == 0 {
			it.Detail = &ledger.Detail{Supplier: "Acme & Sons", Packs: []ledger.Pack{{Name: "CASE", Units: 12, Barcodes: []string{fmt.Sprintf("150%011d", i)}}},
				Attributes: []ledger.Attribute{{Name: "colour", Value: "copper"}}}
		}
		items = append(items, it)
	}
	if err := d.book.PutItems(items, uint64(n)); err != nil {
		t.Fatal(err)
	}
	return d.book
}

// The promise is 20 ms for a search by any part of a name or barcode among 100,000 items. The worst case is a text
// that is nowhere: all items are looked through.
func BenchmarkSearchOf100000Items(b *testing.B) {
	book := catalogueOf(b, 100_000)
	for name, q := range map[string]string{"nowhere": "elbow 99 mm", "the last barcode": "0000099999", "one letter": "e", "a case": "15000000099990"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := len(book.SearchItems(q, "", 51)); got == 0 != (name == "nowhere") {
					b.Fatal(name, got)
				}
			}
		})
	}
}

// A search looks at each item's text once, and allocates for what it finds only.
func TestASearchAllocatesForWhatItFindsOnly(t *testing.T) {
	book := catalogueOf(t, 2000)
	if got := testing.AllocsPerRun(10, func() { book.SearchItems("nowhere to be found", "", 50) }); got > 1 {
		t.Errorf("a search that finds nothing: got %v allocations, want at most 1", got)
	}
	if got := testing.AllocsPerRun(10, func() { book.SearchItems("art-00000007", "", 50) }); got > 8 {
		t.Errorf("a search that finds ten: got %v allocations, want those of a growing list", got)
	}
}
