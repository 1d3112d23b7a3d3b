package bench

import (
	"math/bits"
	"time"
)

// A Histogram counts durations in buckets that are at most 1/64 apart, so a percentile is off by
// less than 2 %, in memory that does not grow. The zero value is empty.
type Histogram struct {
	counts [buckets]uint64
	n      uint64
}

const (
	fineBits = 6                          // 64 buckets between a power of two and the next
	rangeMax = 40                         // 2^40 ns are 18 minutes; what is longer counts as that
	buckets  = (rangeMax + 1) << fineBits // some of the lowest are not used
)

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucketOf(d)]++
	h.n++
}

// Merge adds what another has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n += o.n
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Quantile gives the duration that a share q (0 to 1) did not exceed, as the upper end of its
// bucket; 0 where nothing was added.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := min(uint64(q*float64(h.n)), h.n-1)
	var seen uint64
	for i, c := range h.counts {
		if seen += c; seen > rank {
			return upperEnd(i)
		}
	}
	panic("bench: a histogram holds fewer than it counted")
}

func bucketOf(d time.Duration) int {
	n := min(uint64(max(d, 0)), 1<<rangeMax-1)
	exp := bits.Len64(n)
	if exp <= fineBits+1 { // below 128 ns a bucket is one nanosecond
		return int(n)
	}
	shift := exp - fineBits - 1
	return (shift+1)<<fineBits + int(n>>shift) - 1<<fineBits
}

func upperEnd(bucket int) time.Duration {
	if bucket < 2<<fineBits {
		return time.Duration(bucket)
	}
	shift := bucket>>fineBits - 1
	low := (bucket - shift<<fineBits) << shift
	return time.Duration(low + 1<<shift - 1)
}
