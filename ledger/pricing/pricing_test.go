package pricing_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// The rule in other words: of all rows that hold, sort by what is said of them, take the first.
func honest(rows []pricing.Row, w pricing.Want) int {
	one := func(n int64) int64 { return max(n, 1) }
	best := -1
	for i, r := range rows {
		if r.Group != "" && r.Group != w.Group || one(r.MinQty) > one(w.Qty) || r.From != "" && w.Day < r.From || r.Until != "" && w.Day > r.Until {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		b := rows[best]
		own, bOwn := r.Group != "", b.Group != ""
		price := new(big.Rat).SetFrac64(r.Amount, one(r.Per)).Cmp(new(big.Rat).SetFrac64(b.Amount, one(b.Per)))
		switch {
		case own != bOwn:
			if own {
				best = i
			}
		case one(r.MinQty) != one(b.MinQty):
			if one(r.MinQty) > one(b.MinQty) {
				best = i
			}
		case r.From != b.From:
			if r.From > b.From {
				best = i
			}
		case price < 0:
			best = i
		}
	}
	return best
}

var days = []string{"", "2026-01-01", "2026-06-30", "2026-11-26"}

func TestTheRowThatHoldsIsTheOneThatIsLookedUpByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	groups := []string{"", "trade", "staff"}
	found := 0
	for range 20_000 {
		rows := make([]pricing.Row, r.IntN(7))
		for i := range rows {
			rows[i] = pricing.Row{Group: groups[r.IntN(3)], MinQty: r.Int64N(4) * 5, From: days[r.IntN(4)], Until: days[r.IntN(4)], Amount: r.Int64N(5), Per: r.Int64N(4)}
		}
		w := pricing.Want{Group: groups[r.IntN(3)], Qty: r.Int64N(20), Day: days[1+r.IntN(3)]}
		got, want := pricing.Find(rows, w), honest(rows, w)
		if got != want {
			t.Fatalf("%+v of %+v: got row %d, want %d", w, rows, got, want)
		}
		if got >= 0 {
			found++
		}
	}
	if found < 5000 {
		t.Errorf("a row held %d times, want it often", found)
	}
}

func TestATotalIsExactAndRoundedOnceHalfUp(t *testing.T) {
	for _, c := range []struct{ amount, per, qty, want int64 }{
		{999, 0, 3, 2997}, {999, 1, 0, 0}, {100, 3, 1, 33}, {100, 3, 2, 67}, {1, 2, 1, 1}, {1, 2, 3, 2}, {5, 1000, 99, 0}, {5, 1000, 100, 1},
		{1 << 52, 1 << 40, 1 << 30, 1 << 42}, {pricing.AmountMax, 1, 1, pricing.AmountMax},
	} {
		if got, err := pricing.Total(c.amount, c.per, c.qty); got != c.want || err != nil {
			t.Errorf("%d for %d, %d of them: got %d, %v; want %d", c.amount, c.per, c.qty, got, err, c.want)
		}
	}
	r := rand.New(rand.NewPCG(6, 2))
	some := func() int64 { return r.Int64N(1 << (1 + r.IntN(53))) }
	fits := 0
	for range 20_000 {
		amount, per, qty := some(), some(), some()
		// floor((2*amount*qty + per) / (2*per)) is the nearest, half up.
		p := big.NewInt(max(per, 1))
		n := new(big.Int).Mul(big.NewInt(amount), big.NewInt(qty))
		n.Add(n.Lsh(n, 1), p).Div(n, new(big.Int).Lsh(p, 1))
		got, err := pricing.Total(amount, per, qty)
		if n.Cmp(big.NewInt(pricing.AmountMax)) > 0 {
			if !errors.Is(err, pricing.ErrTooMuch) {
				t.Fatalf("%d for %d, %d of them: got %d, %v; want it refused", amount, per, qty, got, err)
			}
			continue
		}
		if fits++; err != nil || got != n.Int64() {
			t.Fatalf("%d for %d, %d of them: got %d, %v; want %s", amount, per, qty, got, err, n)
		}
	}
	if fits < 5000 {
		t.Errorf("%d totals fit, want many", fits)
	}
}
