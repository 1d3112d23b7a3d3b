package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// White box: the buckets are this room's secret, and their edges are where such code is wrong.
func TestABucketHoldsWhatIsBelowItsEndAndAboveTheOneBefore(t *testing.T) {
	last := time.Duration(-1)
	for i := range bucketOf(1<<rangeMax) + 1 {
		end := upperEnd(i)
		if end <= last {
			t.Fatalf("bucket %d ends at %d, the one before at %d", i, end, last)
		}
		if got := bucketOf(end); got != i {
			t.Fatalf("the end %d of bucket %d falls into bucket %d", end, i, got)
		}
		if got := bucketOf(last + 1); got != i {
			t.Fatalf("%d falls into bucket %d, want %d", last+1, got, i)
		}
		last = end
	}
	for _, d := range []time.Duration{-time.Hour, 1 << 62} {
		if b := bucketOf(d); b < 0 || b >= buckets {
			t.Errorf("%v falls into bucket %d of %d", d, b, buckets)
		}
	}
}

func TestAQuantileIsNearTheSortedOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a, b Histogram
	all := make([]time.Duration, 20_000)
	for i := range all {
		all[i] = time.Duration(r.ExpFloat64() * float64(time.Millisecond))
		if i%2 == 0 {
			a.Add(all[i])
		} else {
			b.Add(all[i])
		}
	}
	a.Merge(&b)
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.99, 0.999, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		got := a.Quantile(q)
		if got < want || float64(got) > float64(want)*1.02+1 {
			t.Errorf("quantile %v is %v, the sorted one %v", q, got, want)
		}
	}
	if got := (&Histogram{}).Quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v, want 0", got)
	}
}
