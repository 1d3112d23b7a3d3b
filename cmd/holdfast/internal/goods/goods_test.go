package goods_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
)

const seed, size = 7, 2000

func dice() *rand.Rand { return rand.New(rand.NewPCG(seed, 99)) }

func ExampleNew() {
	c := goods.New(7, 2000)
	it := c.Items()[0]
	fmt.Println(it.SKU, it.Name, it.GTIN)
	// Output: TAP-0001 Brass basin tap 15 mm 9520000000011
}

func TestASeedGivesTheSameGoodsAgain(t *testing.T) {
	a, b := goods.New(seed, size), goods.New(seed, size)
	if !slices.Equal(a.Items(), b.Items()) {
		t.Error("got two ranges from one seed, want one")
	}
	s := goods.Shelf{Site: 1, Orders: 3000}
	if !slices.Equal(a.Opening(seed, s), b.Opening(seed, s)) {
		t.Error("got two opening stocks from one seed, want one")
	}
	ra, rb := dice(), dice()
	for range 1000 {
		if x, y := a.Order(ra), b.Order(rb); !slices.Equal(x, y) {
			t.Fatalf("got order %v, want %v", y, x)
		}
	}
	if other := goods.New(seed+1, size); slices.Equal(a.Items(), other.Items()) {
		t.Error("got one range from two seeds, want two")
	}
}

func TestEveryArticleCanBeNamedScannedAndSold(t *testing.T) {
	sku := regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,31}$`)
	skus, names, gtins, ranks := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int]bool{}
	items := goods.New(seed, size).Items()
	if len(items) != size {
		t.Fatalf("got %d items, want %d", len(items), size)
	}
	for _, it := range items {
		if !sku.MatchString(it.SKU) {
			t.Errorf("got SKU %q, want capitals, digits and hyphens", it.SKU)
		}
		if it.Price < 5 || it.Price > 20_000 {
			t.Errorf("got %d pence for %s, want a plausible price", it.Price, it.Name)
		}
		sum := 0
		for i, d := range it.GTIN {
			sum += int(d-'0') * (1 + i%2*2)
		}
		if len(it.GTIN) != 13 || it.GTIN[:3] != "952" || sum%10 != 0 {
			t.Errorf("got GTIN %s with sum %d, want 13 digits under 952 and a sum of whole tens", it.GTIN, sum)
		}
		skus[it.SKU], names[it.Name], gtins[it.GTIN], ranks[it.Rank] = true, true, true, true
	}
	for what, n := range map[string]int{"SKUs": len(skus), "names": len(names), "GTINs": len(gtins), "ranks": len(ranks)} {
		if n != size {
			t.Errorf("got %d different %s, want %d", n, what, size)
		}
	}
}

func TestAFewArticlesSellMost(t *testing.T) {
	c := goods.New(seed, size)
	r, sold := dice(), make([]int, size+1)
	const draws = 200_000
	for range draws {
		sold[c.Pick(r).Rank]++
	}
	// With exponent 1.1 over 2,000 ranks the weights sum to 5.91: rank 1 has 16.9 %, rank 10 1.34 %.
	for rank, want := range map[int]int{1: draws * 169 / 1000, 2: draws * 79 / 1000, 10: draws * 134 / 10_000} {
		if got := sold[rank]; got < want*93/100 || got > want*107/100 {
			t.Errorf("got %d sales of rank %d, want about %d", got, rank, want)
		}
	}
	tail := 0
	for _, n := range sold[size/2:] {
		tail += n
	}
	if tail < draws/50 {
		t.Errorf("got %d sales of the slower half, want a long tail", tail)
	}
}

func TestShopsRunShortAndTheWarehouseDoesNot(t *testing.T) {
	c := goods.New(seed, size)
	const orders = 3000
	sold := map[string]int64{}
	r := dice()
	for range orders {
		for _, l := range c.Order(r) {
			sold[l.SKU] += l.Qty
		}
	}
	leeds := shelf(c, goods.Shelf{Site: 0, Orders: orders})
	york := shelf(c, goods.Shelf{Site: 1, Orders: orders})
	hull := shelf(c, goods.Shelf{Site: 2, Warehouse: true, Orders: orders})
	if len(hull) != size {
		t.Errorf("got %d SKUs in the warehouse, want all %d", len(hull), size)
	}
	gaps, differ, popularShort := 0, 0, 0
	for _, it := range c.Items() {
		if leeds[it.SKU] == 0 {
			gaps++
		}
		if (leeds[it.SKU] == 0) != (york[it.SKU] == 0) {
			differ++
		}
		if it.Rank <= 50 && leeds[it.SKU] < sold[it.SKU]/4 {
			popularShort++
		}
		if it.Rank <= 50 && hull[it.SKU] < sold[it.SKU] {
			t.Errorf("got %d of %s in the warehouse, want the %d that will be sold", hull[it.SKU], it.SKU, sold[it.SKU])
		}
	}
	if gaps < size/10 || gaps > size/6 {
		t.Errorf("got %d SKUs missing in Leeds, want about 1 in 8", gaps)
	}
	if differ == 0 {
		t.Error("got the same gaps at both shops, want different ones")
	}
	if popularShort < 20 {
		t.Errorf("got %d of 50 best sellers short in Leeds, want at least 20", popularShort)
	}
}

func TestOrdersAreSmallAndSometimesRepeatAnArticle(t *testing.T) {
	c := goods.New(seed, size)
	r := dice()
	const orders = 20_000
	var units, small, repeated int64
	for range orders {
		lines := c.Order(r)
		if len(lines) < 1 || len(lines) > goods.LinesMax {
			t.Fatalf("got %d lines, want 1 to %d", len(lines), goods.LinesMax)
		}
		seen, again := map[string]bool{}, false
		for _, l := range lines {
			if l.Qty < 1 || l.Price < 1 {
				t.Fatalf("got line %+v, want a quantity and a price", l)
			}
			units += l.Qty
			again = again || seen[l.SKU]
			seen[l.SKU] = true
		}
		if len(lines) <= 3 {
			small++
		}
		if again {
			repeated++
		}
	}
	if small < orders*7/10 {
		t.Errorf("got %d orders of up to 3 lines in %d, want most", small, orders)
	}
	if repeated == 0 || repeated > orders/50 {
		t.Errorf("got %d orders that repeat an article, want a few", repeated)
	}
	// Opening stock is sized by 4.40 units an order.
	if units < orders*420/100 || units > orders*460/100 {
		t.Errorf("got %d units in %d orders, want about 4.4 each", units, orders)
	}
}

func TestALargeRangeStillHasNamesOfItsOwn(t *testing.T) {
	names := map[string]bool{}
	for _, it := range goods.New(seed, 20_000).Items() {
		names[it.Name] = true
		if len(it.SKU) > 32 {
			t.Errorf("got SKU %q, want at most 32 bytes", it.SKU)
		}
	}
	if len(names) != 20_000 {
		t.Errorf("got %d names, want 20000", len(names))
	}
}

func TestASizeOutOfBoundsIsAFaultOfOurs(t *testing.T) {
	for _, n := range []int{0, -1, goods.ItemsMax + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("got a catalogue of %d items, want a panic", n)
				}
			}()
			goods.New(seed, n)
		}()
	}
}

func shelf(c *goods.Catalogue, s goods.Shelf) map[string]int64 {
	qty := map[string]int64{}
	for _, st := range c.Opening(seed, s) {
		qty[st.SKU] = st.Qty
	}
	return qty
}
