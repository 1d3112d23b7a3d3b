package policy_test

import (
	"math"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// tail is the chance of k or more orders, negative binomial with r = 1.5 about mean.
func tail(mean float64, k int) float64 {
	const r = 1.5
	term, sum := math.Pow(r/(r+mean), r), 0.0
	for i := range k {
		sum += term
		term *= (r + float64(i)) / float64(i+1) * mean / (r + mean)
	}
	return 1 - sum
}

// least is the mean, in thousandths and to the nearest, from which on k or more orders have the chance.
func least(k int, chance float64) policy.Rate {
	low, high := 0.0, 10_000.0
	for range 100 {
		if mid := (low + high) / 2; tail(mid, k) > chance {
			high = mid
		} else {
			low = mid
		}
	}
	return policy.Rate(math.Round(high * 1000))
}

func TestTheTablesAreTheNegativeBinomial(t *testing.T) {
	for _, chance := range []int{1, 2, 5, 10, 20} {
		s := policy.Settings{CoverDays: 1, ChancePercent: chance}
		for k := 1; k <= 32; k++ {
			at := least(k, float64(chance)/100)
			if got := policy.Target(at, s); got != ledger.Qty(k) {
				t.Errorf("chance %d %%: got %d units at %d thousandths, want %d", chance, got, at, k)
			}
			if got := policy.Target(at-1, s); got != ledger.Qty(k-1) {
				t.Errorf("chance %d %%: got %d units at %d thousandths, want %d", chance, got, at-1, k-1)
			}
		}
	}
}

// The figures that the plan of allocation states.
func TestTheAdvanceStepsWhereThePlanSays(t *testing.T) {
	for k, at := range []policy.Rate{52, 303, 631, 984, 1348, 1719, 2093, 2470} {
		if low, high := policy.Target(at-1, policy.DefaultSettings()), policy.Target(at, policy.DefaultSettings()); low != ledger.Qty(k) || high != ledger.Qty(k+1) {
			t.Errorf("got %d units below %d thousandths and %d from it, want %d and %d", low, at, high, k, k+1)
		}
	}
}

func TestBeyondTheTableATargetIsNeverTooLowAndAtMostOnePerCentTooHigh(t *testing.T) {
	for _, chance := range []int{1, 2, 5, 10, 20} {
		for k := 33; k <= 3000; k += 89 {
			at := least(k, float64(chance)/100)
			got := policy.Target(at+1, policy.Settings{CoverDays: 1, ChancePercent: chance})
			if got < ledger.Qty(k) || float64(got) > float64(k)*1.01+1 {
				t.Errorf("chance %d %%: got %d units at %d thousandths, want %d to 1 %% more", chance, got, at, k)
			}
		}
	}
}

func TestATargetFollowsCoverAndRate(t *testing.T) {
	for _, chance := range []int{1, 2, 5, 10, 20} {
		before := ledger.Qty(0)
		for rate := policy.Rate(-5); rate < 40_000; rate += 7 {
			got := policy.Target(rate, policy.Settings{CoverDays: 1, ChancePercent: chance})
			if got < before {
				t.Fatalf("chance %d %%: got %d units at %d thousandths, fewer than %d below it", chance, got, rate, before)
			}
			if twice := policy.Target(rate, policy.Settings{CoverDays: 2, ChancePercent: chance}); rate > 0 && twice != policy.Target(2*rate, policy.Settings{CoverDays: 1, ChancePercent: chance}) {
				t.Fatalf("chance %d %%: two days at %d thousandths are %d units, not as one day at twice that", chance, rate, twice)
			}
			before = got
		}
	}
}

func TestSettingsThatCannotBeAreRefusedAndAdvanceNothing(t *testing.T) {
	for _, s := range []policy.Settings{{CoverDays: -1, ChancePercent: 5}, {CoverDays: 61, ChancePercent: 5}, {CoverDays: 1, ChancePercent: 7}, {CoverDays: 1}} {
		if s.Validate() == nil {
			t.Errorf("%+v was taken", s)
		}
		if got := policy.Target(5000, s); got != 0 {
			t.Errorf("%+v: got %d units, want 0", s, got)
		}
	}
	for _, s := range []policy.Settings{{}, policy.DefaultSettings(), {CoverDays: 60, ChancePercent: 1}} {
		if err := s.Validate(); err != nil {
			t.Errorf("%+v was refused: %v", s, err)
		}
	}
	if got := policy.Target(policy.RateMax*4, policy.Settings{CoverDays: 60, ChancePercent: 1}); got != policy.Target(policy.RateMax, policy.Settings{CoverDays: 60, ChancePercent: 1}) {
		t.Errorf("a rate beyond the greatest gives %d units, not as the greatest", got)
	}
}

func TestATargetIsOfWholeOrders(t *testing.T) {
	s := policy.DefaultSettings()
	for name, c := range map[string]struct {
		asked policy.Asked
		want  ledger.Qty
	}{
		"single units":                      {policy.Asked{Orders: 303, Units: 303}, 2},
		"two orders of 12":                  {policy.Asked{Orders: 303, Units: 3636}, 24},
		"part of a unit is one":             {policy.Asked{Orders: 303, Units: 304}, 3},
		"too seldom":                        {policy.Asked{Orders: 51, Units: 5000}, 0},
		"units that nobody has learnt":      {policy.Asked{Orders: 303}, 2},
		"nothing":                           {policy.Asked{}, 0},
		"nonsense":                          {policy.Asked{Orders: -5, Units: -5}, 0},
		"as much as can be, without a wrap": {policy.Asked{Orders: policy.RateMax, Units: math.MaxInt64}, policy.Target(policy.RateMax, s)},
	} {
		if got := policy.TargetOf(c.asked, s); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	if got := policy.Kept(policy.Asked{Units: 2001}, s); got != 3 {
		t.Errorf("got %d kept, want the mean of a day where orders are not known", got)
	}
}
