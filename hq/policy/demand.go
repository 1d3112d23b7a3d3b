package policy

import "github.com/holdfast-stock/holdfast/ledger"

// DemandDays is over how many days demand is averaged: each day takes one part in so many away.
const DemandDays = 28

// Demand is how much a SKU is asked for at a site. Each order adds a thousand to Orders, and each border
// of days takes one part in DemandDays away: so Orders over DemandDays is thousandths of an order a day.
// Units is the same of the units that they want. Head office keeps it for every site (hq/machine) and
// the trials learn by it too: there is one estimate. The zero value knows nothing.
type Demand struct {
	Day    int64 // of the last order; days are numbered by the caller
	Orders int64
	Units  int64
}

const (
	demandMax      = DemandDays * 1_000_000_000
	orderThousands = 1000 // an order, or a unit, in thousandths
)

// On is the demand as it stands on a later day, if nothing was ordered since. A clock that was set back
// takes nothing away.
func (d Demand) On(day int64) Demand {
	return Demand{Day: day, Orders: decayed(d.Orders, day-d.Day), Units: decayed(d.Units, day-d.Day)}
}

// With is the demand with one order more, of so many units, on a day.
func (d Demand) With(day int64, units ledger.Qty) Demand {
	d = d.On(day)
	d.Orders = min(d.Orders+orderThousands, demandMax)
	d.Units = min(d.Units+min(max(int64(units), 0), demandMax/orderThousands)*orderThousands, demandMax)
	return d
}

// Rates is what comes of it a day, as of its Day.
func (d Demand) Rates() Asked {
	return Asked{Orders: Rate(d.Orders / DemandDays), Units: Rate(d.Units / DemandDays)}
}

// Check says whether d could have been learnt.
func (d Demand) Check() bool {
	return d.Orders >= 0 && d.Orders <= demandMax && d.Units >= 0 && d.Units <= demandMax && d.Day >= 0
}

// decayed is a sum some days later. It is rounded up what is taken away, so that it comes to nothing.
func decayed(sum, days int64) int64 {
	for ; days > 0 && sum > 0; days-- {
		sum -= (sum + DemandDays - 1) / DemandDays
	}
	return sum
}
