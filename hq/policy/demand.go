package policy

import "github.com/holdfast-stock/holdfast/ledger"

// Demand learns how often a SKU is asked for at a site: the plain average of the first 32 days, and
// from then on each day counts a thirty-second part, so half of what is known is forgotten in 22
// days. The estimate differs from the same one in exact fractions by less than one thousandth of an
// order a day. The zero value knows nothing; fields are exported to be stored.
type Demand struct {
	Mean  int64 // of the days that are over, in 2^-20 of an order
	Days  uint8 // that are over, up to 32
	Day   int64 // the day that is being counted; days are numbered by the caller
	Today int64 // orders of that day so far
}

const (
	memoryDays = 32
	meanBits   = 20
	todayMax   = 1_000_000 // orders a day; RateMax
)

// Count adds orders of a day. What comes late counts for the day that is being counted: entries
// arrive when a link comes back, and their days are long in the average. It never goes back.
func (d *Demand) Count(day int64, orders ledger.Qty) {
	d.To(day)
	d.Today = min(d.Today+int64(min(max(orders, 0), todayMax)), todayMax)
}

// To closes the days before day, of which those not counted had no order.
func (d *Demand) To(day int64) {
	if d.Days == 0 && d.Mean == 0 && d.Today == 0 {
		d.Day = max(d.Day, day) // nothing was seen yet: the first order begins the first day
		return
	}
	for d.Day < day {
		n := min(int64(d.Days), memoryDays-1) + 1
		d.Mean += roundedQuotient(d.Today<<meanBits-d.Mean, n)
		d.Days = uint8(n)
		if d.Today = 0; d.Mean < memoryDays/2 && n == memoryDays {
			d.Mean, d.Day = 0, day // it would stay there for ever
			return
		}
		d.Day++
	}
}

// Rate is the estimate from the days that are over.
func (d *Demand) Rate() Rate { return Rate((d.Mean*1000 + 1<<(meanBits-1)) >> meanBits) }

// roundedQuotient is a/b to the nearest, halves away from 0; b is above 0.
func roundedQuotient(a, b int64) int64 {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}
