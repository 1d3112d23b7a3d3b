package policy

import (
	"cmp"
	"math/bits"
)

// compareProducts compares a*b with c*d, none below 0, without overflow.
func compareProducts(a, b, c, d Rate) int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	hi2, lo2 := bits.Mul64(uint64(c), uint64(d))
	return cmp.Or(cmp.Compare(hi, hi2), cmp.Compare(lo, lo2))
}
