package machine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func shelved(t testing.TB, items []ledger.Item) *machine.Machine {
	t.Helper()
	m := machine.New()
	m.Apply(machine.Marshal(samples()["bootstrap"]))
	for part := range slices.Chunk(items, 1000) {
		if res := m.Apply(machine.Marshal(&machine.PutDetailed{PutItems: machine.PutItems{Items: part, At: at}})); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	return m
}

// Whatever is looked for, what is found is what an honest look at every item's text finds.
func TestASearchFindsWhatLookingAtEachItemFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 6))
	words := []string{"Tap", "ELBOW", "kupfer", "Übergang", "ß", "ÉTÉ", "22 mm", "5012345", "a", "\u00e9t\u00e9", "%", "日本"}
	var items []ledger.Item
	for i := range 2600 { // more than are walked through
		it := ledger.Item{SKU: ledger.SKU(fmt.Sprintf("S-%04d", i)), Tracking: ledger.TrackNone}
		for range 1 + r.IntN(3) {
			it.Name += words[r.IntN(len(words))] + " "
		}
		if r.IntN(2) == 0 {
			it.Barcodes = []string{fmt.Sprintf("CODE%d", r.IntN(500))}
		}
		if r.IntN(3) == 0 {
			it.Detail = &ledger.Detail{Supplier: words[r.IntN(len(words))], Packs: []ledger.Pack{{Name: "CASE", Units: 3, Barcodes: []string{fmt.Sprintf("BOX%d", r.IntN(500))}}}}
		}
		items = append(items, it)
	}
	m := shelved(t, items)
	found := 0
	for range 300 {
		q := words[r.IntN(len(words))]
		switch r.IntN(4) {
		case 0:
			q = fmt.Sprintf("code%d", r.IntN(500))
		case 1:
			q = fmt.Sprintf("Box%d", r.IntN(500))
		case 2:
			runes := []rune(q)
			from := r.IntN(len(runes))
			q = string(runes[from : from+1+r.IntN(len(runes)-from)])
		}
		var want, got []ledger.SKU
		for i := range items {
			if strings.Contains(items[i].SearchText(), strings.ToLower(q)) {
				want = append(want, items[i].SKU)
			}
		}
		for _, it := range m.SearchItems(q, "", len(items)+1) {
			got = append(got, it.SKU)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", q, got, want)
		}
		found += len(got)
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}

// The promise is 20 ms among 100,000 items; the worst case is a text that is nowhere.
func BenchmarkSearchOf100000Items(b *testing.B) {
	items := make([]ledger.Item, 100_000)
	for i := range items {
		items[i] = ledger.Item{SKU: ledger.SKU(fmt.Sprintf("ART-%08d", i)), Name: fmt.Sprintf("Copper elbow %d mm, 90 degrees, pack of %d", i%54, i%10),
			Barcodes: []string{fmt.Sprintf("50%011d", i)}, Tracking: ledger.TrackNone}
	}
	m := shelved(b, items)
	for name, q := range map[string]string{"nowhere": "elbow 99 mm", "the last barcode": "0000099999", "one letter": "e"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := len(m.SearchItems(q, "", 51)); got == 0 != (name == "nowhere") {
					b.Fatal(name, got)
				}
			}
		})
	}
}
