package policy_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// exact is the same estimate in floats.
type exact struct {
	mean float64
	days float64
}

func (e *exact) close(orders int) {
	e.days = min(e.days, 31) + 1
	e.mean += (float64(orders) - e.mean) / e.days
}

func TestARateIsWithinOneThousandthOfTheExactOne(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 200 {
		var d policy.Demand
		var e exact
		often := r.IntN(40) + 1
		for day := range int64(400) {
			orders := 0
			if day == 0 || r.IntN(often) == 0 {
				orders = r.IntN(50) + 1
			}
			if orders > 0 {
				d.Count(day, ledger.Qty(orders))
			}
			e.close(orders)
			if day%17 != 0 {
				continue // days without an order are closed together
			}
			d.To(day + 1)
			if off := math.Abs(float64(d.Rate()) - e.mean*1000); off > 1 {
				t.Fatalf("day %d: got %d thousandths, want %.3f", day, d.Rate(), e.mean*1000)
			}
		}
	}
}

func TestWhatIsNoLongerAskedForIsForgotten(t *testing.T) {
	var d policy.Demand
	for day := range int64(100) {
		d.Count(day, 8)
	}
	d.To(100)
	if d.Rate() != 8000 {
		t.Errorf("after 100 days of 8 got %d thousandths, want 8000", d.Rate())
	}
	d.To(122)
	if d.Rate() < 3900 || d.Rate() > 4100 {
		t.Errorf("22 days later got %d thousandths, want about half", d.Rate())
	}
	d.To(1 << 40) // an absurd clock costs nothing
	if d.Rate() != 0 || d.Day != 1<<40 {
		t.Errorf("got %d thousandths on day %d, want 0 on day %d", d.Rate(), d.Day, int64(1)<<40)
	}
}

func TestDaysNeverGoBackAndHugeCountsAreBounded(t *testing.T) {
	var d policy.Demand
	d.Count(10, 3)
	d.Count(7, 2)
	if d.Day != 10 || d.Today != 5 {
		t.Errorf("got %d orders on day %d, want 5 on day 10", d.Today, d.Day)
	}
	d.Count(10, math.MaxInt64)
	d.Count(10, -4)
	d.To(11)
	if d.Rate() != policy.RateMax {
		t.Errorf("got %d thousandths, want the greatest, %d", d.Rate(), policy.RateMax)
	}
}
