package bench

import (
	"cmp"
	"slices"
)

// Median is the middle of some figures, of two middle ones the lower; zero of none.
func Median[T cmp.Ordered](all []T) T {
	var none T
	if len(all) == 0 {
		return none
	}
	all = slices.Sorted(slices.Values(all))
	return all[(len(all)-1)/2]
}
