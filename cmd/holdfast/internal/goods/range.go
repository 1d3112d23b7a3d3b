package goods

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A family is a kind of article in its makes and sizes: "Brass basin tap 22 mm".
type family struct {
	code  string   // leads the SKU
	noun  string   // what it is
	makes []string // materials, colours or patterns
	sizes []string // dearer from left to right
	low   int64    // pence, the smallest size in the cheapest make
	high  int64    // pence, the largest size in the dearest make
}

// combined counts the articles of one series.
func (f *family) combined() int { return len(f.makes) * len(f.sizes) }

// item makes the family's nth article, counted from 0. When makes and sizes run out the next
// series begins, so a family has no end and a name never comes twice.
func (f *family) item(n int, r *rand.Rand) Item {
	series, k := n/f.combined(), n%f.combined()
	size, kind := k/len(f.makes), k%len(f.makes)

	name := strings.TrimSpace(f.makes[kind] + " " + f.noun + " " + f.sizes[size])
	if series > 0 {
		name = fmt.Sprintf("%s, series %d", name, series+1)
	}
	return Item{
		SKU:   fmt.Sprintf("%s-%04d", f.code, n+1),
		Name:  name,
		Price: f.price(size, r),
	}
}

// price rises with the size and ends in 5 or 9, as shelf prices do.
func (f *family) price(size int, r *rand.Rand) int64 {
	steps := int64(len(f.sizes))
	step := (f.high - f.low) / steps
	pence := f.low + int64(size)*step + r.Int64N(step+1)
	if pence < 100 {
		return pence/10*10 + 5
	}
	return pence/10*10 + 9
}
