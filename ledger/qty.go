package ledger

import "fmt"

// Qty counts base units of a SKU. It is signed, for a posting may take away.
type Qty int64

// QtyMax is the largest amount that may come in from outside: 2^53-1, the largest integer
// that every JSON reader holds exactly.
const QtyMax Qty = 1<<53 - 1

// CheckQty says whether q may be ordered or received: 1 to QtyMax.
func CheckQty(q Qty) error {
	if q < 1 {
		return &FormError{Field: "qty", Why: fmt.Sprintf("is %d; it must be at least 1", q)}
	}
	if q > QtyMax {
		return &FormError{Field: "qty", Why: fmt.Sprintf("is %d; it must be at most %d", q, QtyMax)}
	}
	return nil
}

// AddQty adds two amounts and refuses a sum beyond ±QtyMax, so that no balance can wrap.
func AddQty(a, b Qty) (Qty, error) {
	sum := a + b // |a|, |b| <= 2^53-1 cannot wrap an int64
	if sum > QtyMax || sum < -QtyMax {
		return 0, &FormError{Field: "qty", Why: fmt.Sprintf("adds up to %d, beyond %d", sum, QtyMax)}
	}
	return sum, nil
}

// Money is an amount in whole minor units of its currency. The zero Money means not priced.
type Money struct {
	Amount   int64
	Currency string // ISO 4217, three upper-case letters
}

// Price is what a unit costs. Amount pays for Per units (0 means 1), so that goods cheaper
// than a minor unit have an exact price.
type Price struct {
	Money
	Per int64
	Tax string // "included", "excluded" or "" where nothing was said
}
