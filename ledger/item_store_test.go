// White-box: which hash two texts have is nobody's business, and cannot be brought about from outside.
package ledger

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// TestAnItemStoreIsAMapOfItems holds a store against maps, where each text has a hash of its own, where a few share one, and where all do.
func TestAnItemStoreIsAMapOfItems(t *testing.T) {
	for name, hash := range map[string]func(string) uint64{
		"all have one hash":   func(string) uint64 { return 7 },
		"many share one":      func(s string) uint64 { return uint64(len(s)) + uint64(s[len(s)-1]) },
		"each has one of its": func(s string) (h uint64) { return DigestOf([]byte(s)).hash() },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 11))
			s, model := newItemStore(hash), map[SKU]*Item{}
			for n := range 600 {
				it := randomItem(r, n)
				value := MarshalItem(it)
				kept, err := UnmarshalItem(value)
				if err != nil {
					t.Fatal(err)
				}
				s.put(kept, value)
				model[it.SKU] = it
				if n%50 == 0 || n > 590 {
					judgeItems(t, s, model)
				}
			}
			if s.len() != len(model) {
				t.Errorf("got %d items, want %d", s.len(), len(model))
			}
		})
	}
}

// hash is the first bytes of a digest.
func (d Digest) hash() (h uint64) {
	for _, b := range d[:8] {
		h = h<<8 | uint64(b)
	}
	return h
}

// randomItem makes one of some 60 articles; some have codes of other articles, as lists of old have.
func randomItem(r *rand.Rand, n int) *Item {
	it := &Item{SKU: SKU(fmt.Sprintf("ART-%d", r.IntN(60))), Name: fmt.Sprintf("Copper elbow %d", n), Version: uint64(n + 1), Tracking: TrackNone}
	for range r.IntN(3) {
		it.Barcodes = append(it.Barcodes, fmt.Sprintf("code %d", r.IntN(90)))
	}
	if c := r.IntN(4); c > 0 {
		it.Category = fmt.Sprintf("category %d", c)
	}
	if r.IntN(2) == 0 {
		it.Detail = &Detail{Unit: "each", Packs: []Pack{{Name: "box", Units: 10, Barcodes: []string{fmt.Sprintf("code %d", r.IntN(90))}}}}
	}
	return it
}

func judgeItems(t *testing.T, s *itemStore, model map[SKU]*Item) {
	t.Helper()
	for sku, want := range model {
		if got, ok := s.of(sku); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v, want %+v", sku, got, want)
		}
		if v, ok := s.version(sku); !ok || v != want.Version {
			t.Fatalf("%s: got version %d, want %d", sku, v, want.Version)
		}
	}
	if _, ok := s.of("ART-60"); ok {
		t.Fatal("got an item that nobody put in")
	}
	for n := range 91 {
		code := fmt.Sprintf("code %d", n)
		var got []SKU
		for _, it := range s.withCode(" " + code) {
			got = append(got, it.SKU)
		}
		if want := skusWhere(model, func(v *Item) bool {
			for have := range v.Codes() {
				if gs1.Key(have) == gs1.Key(code) {
					return true
				}
			}
			return false
		}); !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", code, got, want)
		}
	}
	for c := range 5 {
		category := fmt.Sprintf("category %d", c)
		want := skusWhere(model, func(v *Item) bool { return v.Category == category })
		got, all := s.group(category, 7)
		if all != len(want) || !slices.Equal(got, want[:min(len(want), 7)]) {
			t.Fatalf("%s: got %v of %d, want %v", category, got, all, want)
		}
		for sku, v := range model {
			if s.in(category, sku) != (v.Category == category) {
				t.Fatalf("%s: got it in %s or not, its category is %q", sku, category, v.Category)
			}
		}
	}
}

func skusWhere(model map[SKU]*Item, is func(*Item) bool) (out []SKU) {
	for _, sku := range sortedKeys(model) {
		if is(model[sku]) {
			out = append(out, sku)
		}
	}
	return out
}

func TestAnItemStoreHoldsLittleMoreThanItsItemsHoweverOftenTheyChange(t *testing.T) {
	s := newItemStore(func(s string) uint64 { return DigestOf([]byte(s)).hash() })
	const items, rounds = 100, 200
	size := 0
	for n := range items * rounds {
		it := &Item{SKU: SKU(fmt.Sprintf("ART-%d", n%items)), Name: strings.Repeat("x", 900) + fmt.Sprint(n), Version: uint64(n + 1), Tracking: TrackNone}
		value := MarshalItem(it)
		size = len(value) + len(it.SKU)
		s.put(it, value)
	}
	if got, most := s.size(), 2*items*size+2*itemPageSize; got > most {
		t.Errorf("got %d bytes, want %d at most: what no item is any more is left out", got, most)
	}
	for n := range items {
		want := uint64(items*(rounds-1) + n + 1)
		if it, ok := s.of(SKU(fmt.Sprintf("ART-%d", n))); !ok || it.Version != want || !strings.HasSuffix(it.Name, fmt.Sprint("x", want-1)) {
			t.Errorf("ART-%d: got %+v, want version %d", n, it, want)
		}
	}
}
