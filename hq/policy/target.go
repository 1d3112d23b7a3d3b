package policy

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Rate is demand in thousandths of an order a day.
type Rate int64

// RateMax bounds a rate: a million orders a day of one SKU at one site. What is more counts as that.
const RateMax Rate = 1_000_000_000

// Asked is demand a day: orders, and the units that they want.
type Asked struct{ Orders, Units Rate }

// Settings is what a stock controller may set. The zero value is no advance at all.
type Settings struct {
	CoverDays     int // trading days of cut-off to be outlasted; 1 by default, 0 is no advance
	ChancePercent int // accepted chance that the advance does not last: 1, 2, 5, 10 or 20
}

// DefaultSettings is one trading day, but for a chance of 5 %.
func DefaultSettings() Settings { return Settings{CoverDays: 1, ChancePercent: 5} }

// CoverDaysMax bounds Settings.CoverDays: who is cut off for longer needs more than an advance.
const CoverDaysMax = 60

// ErrSettings says that settings are outside what may be set.
var ErrSettings = errors.New("advance settings")

// Validate says what is wrong with s.
func (s Settings) Validate() error {
	var faults []error
	if s.CoverDays < 0 || s.CoverDays > CoverDaysMax {
		faults = append(faults, fmt.Errorf("%w: cover of %d days is not 0 to %d", ErrSettings, s.CoverDays, CoverDaysMax))
	}
	if s.CoverDays > 0 && tableOf(s.ChancePercent) == nil {
		faults = append(faults, fmt.Errorf("%w: a chance of %d %% is not 1, 2, 5, 10 or 20", ErrSettings, s.ChancePercent))
	}
	return errors.Join(faults...)
}

// Target is how many units a counter with this rate of delivery orders should have in advance.
// Demand over the cover is taken as negative binomial with r = 1.5 about rate x CoverDays: orders
// come in bursts, and a Poisson would send too few. Beyond the table it goes on in the table's last
// step, which is a little less than the true one: such a target is up to 1 % too high, never too low.
// Settings that do not validate give 0.
func Target(rate Rate, s Settings) ledger.Qty {
	table := tableOf(s.ChancePercent)
	if table == nil || rate <= 0 || s.CoverDays <= 0 || s.CoverDays > CoverDaysMax {
		return 0
	}
	mean := min(rate, RateMax) * Rate(s.CoverDays)
	if last := table[tableUnits-1]; mean >= last {
		return tableUnits + ledger.Qty((mean-last)/step(table))
	}
	units := ledger.Qty(0)
	for units < tableUnits && table[units] <= mean {
		units++
	}
	return units
}

// TargetOf is Target for orders of more than one unit: as many orders as that, each as large as the
// mean one, rounded up in sum. Without it a counter that sells by the box would have one unit for an order of
// twelve. Orders of one unit, and units that are not known, come to Target itself.
func TargetOf(asked Asked, s Settings) ledger.Qty {
	orders, units := min(asked.Orders, RateMax), min(asked.Units, RateMax)
	most := Target(orders, s)
	if most == 0 || units <= orders {
		return most
	}
	return ledger.Qty((Rate(most)*units + orders - 1) / orders)
}

// Kept is one day of HQ's own demand, which stays at the warehouses: not its mean, which of boxes is
// less than any one order, but what outlasts a day but for the accepted chance, as at a counter.
func Kept(own Asked, s Settings) ledger.Qty {
	mean := ledger.Qty((min(max(own.Units, 0), RateMax) + 999) / 1000)
	return max(mean, TargetOf(own, Settings{CoverDays: 1, ChancePercent: s.ChancePercent}))
}

// threshold is the mean over the cover from which on so many units are due; units is from 1.
func threshold(table *[tableUnits]Rate, units ledger.Qty) Rate {
	if units <= tableUnits {
		return table[units-1]
	}
	return table[tableUnits-1] + Rate(units-tableUnits)*step(table)
}

func step(table *[tableUnits]Rate) Rate {
	return (table[tableUnits-1] - table[tableUnits/2-1]) / (tableUnits / 2)
}

// tableUnits is how many units a table goes to.
const tableUnits = 32

func tableOf(chance int) *[tableUnits]Rate {
	for i := range tables {
		if tables[i].chance == chance {
			return &tables[i].means
		}
	}
	return nil
}

// tables has for each chance in per cent, at index k-1, the least mean (in thousandths, to the
// nearest) at which k or more orders have that chance or a greater one. Nothing writes to it.
var tables = [...]struct {
	chance int
	means  [tableUnits]Rate
}{
	{1, [tableUnits]Rate{
		10, 120, 307, 527, 763, 1008, 1258, 1512, 1768, 2025, 2284, 2543, 2804, 3065, 3326, 3588,
		3850, 4112, 4375, 4638, 4901, 5164, 5427, 5690, 5953, 6217, 6480, 6744, 7007, 7271, 7535, 7799,
	}},
	{2, [tableUnits]Rate{
		20, 176, 412, 678, 958, 1246, 1539, 1834, 2132, 2431, 2731, 3032, 3333, 3635, 3938, 4240,
		4543, 4847, 5150, 5453, 5757, 6061, 6365, 6669, 6973, 7277, 7581, 7885, 8189, 8494, 8798, 9103,
	}},
	{5, [tableUnits]Rate{
		52, 303, 631, 984, 1348, 1719, 2093, 2470, 2848, 3227, 3608, 3988, 4370, 4751, 5133, 5515,
		5897, 6280, 6663, 7045, 7428, 7811, 8194, 8577, 8961, 9344, 9727, 10110, 10494, 10877, 11261, 11644,
	}},
	{10, [tableUnits]Rate{
		109, 477, 912, 1368, 1833, 2303, 2775, 3250, 3725, 4202, 4679, 5156, 5634, 6112, 6590, 7069,
		7548, 8026, 8505, 8984, 9463, 9943, 10422, 10901, 11381, 11860, 12339, 12819, 13298, 13778, 14257, 14737,
	}},
	{20, [tableUnits]Rate{
		241, 805, 1420, 2050, 2686, 3326, 3967, 4609, 5253, 5897, 6541, 7186, 7831, 8476, 9121, 9767,
		10412, 11058, 11703, 12349, 12995, 13641, 14287, 14933, 15579, 16225, 16871, 17517, 18163, 18809, 19455, 20101,
	}},
}
