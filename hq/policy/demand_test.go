package policy_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Rounding takes away up to one unit of a sum more each day, which in the long run is up to
// DemandDays of it: one thousandth of an order a day.
func TestARateIsWithinTwoThousandthsOfTheExactOne(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 200 {
		var d policy.Demand
		orders, units := 0.0, 0.0
		often := r.IntN(40) + 1
		for day := range int64(400) {
			orders, units = orders*27/28, units*27/28
			for range r.IntN(3) / (1 + r.IntN(often)) {
				q := r.IntN(24) + 1
				d = d.With(day, ledger.Qty(q))
				orders, units = orders+1000.0/28, units+float64(q)*1000/28
			}
			got := d.On(day).Rates()
			if off := orders - float64(got.Orders); off < 0 || off > 2 {
				t.Fatalf("day %d: got %d thousandths of an order, want up to 2 below %.3f", day, got.Orders, orders)
			}
			if off := units - float64(got.Units); off < 0 || off > 2 {
				t.Fatalf("day %d: got %d thousandths of a unit, want up to 2 below %.3f", day, got.Units, units)
			}
		}
	}
}

func TestWhatIsNoLongerAskedForIsForgotten(t *testing.T) {
	var d policy.Demand
	for day := range int64(300) {
		for range 8 {
			d = d.With(day, 1)
		}
	}
	if got := d.Rates().Orders; got < 7990 || got > 8010 {
		t.Errorf("after 300 days of 8 got %d thousandths, want about 8000", got)
	}
	if got := d.On(299 + 19).Rates().Orders; got < 3900 || got > 4100 {
		t.Errorf("19 days later got %d thousandths, want about half", got)
	}
	if got := d.On(1 << 40); got.Orders != 0 || got.Day != 1<<40 { // an absurd clock costs nothing
		t.Errorf("got %+v, want nothing on day %d", got, int64(1)<<40)
	}
}

func TestAClockThatIsLateTakesNothingAwayAndHugeOrdersAreBounded(t *testing.T) {
	d := policy.Demand{}.With(10, 3)
	if late := d.With(7, 2); late.Orders != 2000 || late.Units != 5000 {
		t.Errorf("got %+v, want two orders of 5 units", late)
	}
	for range 40 {
		d = d.With(10, math.MaxInt64).With(10, math.MinInt64)
	}
	if got := d.Rates().Units; got != policy.RateMax || !d.Check() {
		t.Errorf("got %d thousandths of a unit, want the greatest, %d", got, policy.RateMax)
	}
}
