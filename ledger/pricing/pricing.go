// Package pricing says what an article costs a customer: which row of a price list holds, and what a
// quantity comes to. It is pure; whole minor units go in and come out.
//
// Invariants: the answer does not depend on the order of the rows but where two say the same of the
// same customer, quantity and day; a total is exact, and rounded once, to the nearest minor unit, half
// of one up; what does not fit is refused, never cut short.
package pricing

import (
	"errors"
	"math"
	"math/bits"
)

// A Row is one price of a list: what Per units cost Group from MinQty units on, from a day to a day.
// The zero Group is everybody, the zero day is open.
type Row struct {
	Group    string
	MinQty   int64 // 0 and 1 are the same: from the first unit on
	From     string
	Until    string // the last day
	Amount   int64  // minor units, 0 or more
	Currency string
	Per      int64 // units that Amount pays for; 0 is 1
	Tax      string
}

// A Want is who asks, for how many, and for which day: 2026-11-26.
type Want struct {
	Group string
	Qty   int64
	Day   string
}

// Find gives the row that holds: one of the customer's own group before one of everybody, then the
// largest quantity that is reached, then the one that began last, then the lower price a unit, then the
// first. So a group's own price stands even where everybody's is lower. at is its place in rows, -1 where none holds.
func Find(rows []Row, w Want) (at int) {
	at = -1
	for i := range rows {
		if rows[i].holds(w) && (at < 0 || rows[i].before(&rows[at])) {
			at = i
		}
	}
	return at
}

func (r *Row) holds(w Want) bool {
	return (r.Group == "" || r.Group == w.Group) && r.MinQty <= max(w.Qty, 1) &&
		(r.From == "" || r.From <= w.Day) && (r.Until == "" || w.Day <= r.Until)
}

// before says whether r holds rather than o, where both do.
func (r *Row) before(o *Row) bool {
	switch {
	case r.Group != o.Group:
		return r.Group != ""
	case max(r.MinQty, 1) != max(o.MinQty, 1):
		return r.MinQty > o.MinQty
	case r.From != o.From:
		return r.From > o.From
	default: // a/per < b/per, exactly
		hi, lo := bits.Mul64(uint64(r.Amount), uint64(max(o.Per, 1)))
		hi2, lo2 := bits.Mul64(uint64(o.Amount), uint64(max(r.Per, 1)))
		return hi < hi2 || hi == hi2 && lo < lo2
	}
}

// ErrTooMuch says that a total is beyond what money is counted in.
var ErrTooMuch = errors.New("more money than can be counted")

// AmountMax bounds a total, in minor units: what a JSON number holds exactly.
const AmountMax = 1<<53 - 1

// Total is what qty units cost at amount for per of them, in minor units: amount*qty/per, rounded once,
// to the nearest, half up. amount and qty must not be below 0; per 0 is 1.
func Total(amount, per, qty int64) (int64, error) {
	d := uint64(max(per, 1))
	hi, lo := bits.Mul64(uint64(amount), uint64(qty))
	if hi >= d {
		return 0, ErrTooMuch
	}
	whole, rest := bits.Div64(hi, lo, d)
	if rest >= d-rest { // half or more
		if whole == math.MaxUint64 {
			return 0, ErrTooMuch
		}
		whole++
	}
	if whole > AmountMax {
		return 0, ErrTooMuch
	}
	return int64(whole), nil
}
