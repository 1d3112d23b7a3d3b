package pricing_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

func TestADealIsRoundedOncePerStepHalfUp(t *testing.T) {
	for name, c := range map[string]struct {
		deal pricing.Deal
		want pricing.Sum
	}{
		"tax in the price is taken out of it":           {pricing.Deal{Amount: 1299, Qty: 1, TaxPPM: 200_000, Included: true}, pricing.Sum{Net: 1082, Tax: 217}}, // 216.5
		"tax beside the price comes on top":             {pricing.Deal{Amount: 1299, Qty: 3, TaxPPM: 200_000}, pricing.Sum{Net: 3897, Tax: 779}},                 // 779.4
		"a share is taken off before tax":               {pricing.Deal{Amount: 999, Qty: 1, OffPPM: 100_000, TaxPPM: 200_000}, pricing.Sum{Off: 100, Net: 899, Tax: 180}},
		"an amount is taken off the line, not a unit":   {pricing.Deal{Amount: 500, Qty: 4, Off: 150, TaxPPM: 200_000, Included: true}, pricing.Sum{Off: 150, Net: 1542, Tax: 308}}, // 308.33
		"a rate of three figures behind the point":      {pricing.Deal{Amount: 10_000, Qty: 1, TaxPPM: 88_750}, pricing.Sum{Net: 10_000, Tax: 888}},                                 // 887.5
		"screws at 5 for a thousand, all of it off":     {pricing.Deal{Amount: 5, Per: 1000, Qty: 100, OffPPM: pricing.PPM}, pricing.Sum{Off: 1}},
		"nothing costs nothing":                         {pricing.Deal{Qty: 5, TaxPPM: 200_000}, pricing.Sum{}},
		"a tax of nothing is a tax":                     {pricing.Deal{Amount: 250, Qty: 2, Included: true}, pricing.Sum{Net: 500}},
		"half of one is rounded up, of what is off too": {pricing.Deal{Amount: 1, Qty: 1, OffPPM: 500_000}, pricing.Sum{Off: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := c.deal.Sum(); got != c.want || err != nil {
				t.Errorf("%+v: got %+v, %v; want %+v", c.deal, got, err, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		deal pricing.Deal
		want error
	}{
		"more off than it costs": {pricing.Deal{Amount: 100, Qty: 1, Off: 101}, pricing.ErrOff},
		"a share above all":      {pricing.Deal{Amount: 100, Qty: 1, OffPPM: pricing.PPM + 10_000}, pricing.ErrOff},
		"too dear":               {pricing.Deal{Amount: pricing.AmountMax, Qty: 2}, pricing.ErrTooMuch},
		"too dear with its tax":  {pricing.Deal{Amount: pricing.AmountMax, Qty: 1, TaxPPM: 1}, pricing.ErrTooMuch},
	} {
		if got, err := c.deal.Sum(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v; want %v", name, got, err, c.want)
		}
	}
}

// The rule in other words, with fractions that are exact.
func TestADealComesToWhatFractionsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 3))
	round := func(x *big.Rat) int64 { // half up
		x = new(big.Rat).Add(x, big.NewRat(1, 2))
		return new(big.Int).Div(x.Num(), x.Denom()).Int64()
	}
	for range 20_000 {
		d := pricing.Deal{Amount: r.Int64N(1 << (1 + r.IntN(30))), Per: r.Int64N(3) * 7, Qty: r.Int64N(1 << (1 + r.IntN(18))),
			TaxPPM: r.Int64N(300_000), Included: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			d.OffPPM = r.Int64N(pricing.PPM + 1)
		}
		cost := round(new(big.Rat).Mul(big.NewRat(d.Amount, max(d.Per, 1)), big.NewRat(d.Qty, 1)))
		off := round(new(big.Rat).Mul(big.NewRat(cost, 1), big.NewRat(d.OffPPM, pricing.PPM)))
		want := pricing.Sum{Off: off, Net: cost - off}
		if rate := d.TaxPPM; d.Included {
			want.Tax = round(new(big.Rat).Mul(big.NewRat(cost-off, 1), big.NewRat(rate, pricing.PPM+rate)))
			want.Net -= want.Tax
		} else {
			want.Tax = round(new(big.Rat).Mul(big.NewRat(cost-off, 1), big.NewRat(rate, pricing.PPM)))
		}
		got, err := d.Sum()
		if got != want || err != nil {
			t.Fatalf("%+v: got %+v, %v; want %+v", d, got, err, want)
		}
	}
}

func TestPartsOfASumAddUpToItWhereverItIsCut(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 4))
	for range 5_000 {
		of := 1 + r.Int64N(1<<(1+r.IntN(20)))
		whole := pricing.Sum{Off: r.Int64N(1 << 40), Net: r.Int64N(1 << (1 + r.IntN(50))), Tax: r.Int64N(1 << (1 + r.IntN(50)))}
		var sum, had pricing.Sum
		for q := int64(0); q < of; {
			q = min(of, q+1+r.Int64N(of))
			to := whole.Part(q, of)
			part := to.Less(had)
			if part.Off < 0 || part.Net < 0 || part.Tax < 0 {
				t.Fatalf("%+v of %d up to %d: got a part of %+v, want none below 0", whole, of, q, part)
			}
			had = to
			sum.Off, sum.Net, sum.Tax = sum.Off+part.Off, sum.Net+part.Net, sum.Tax+part.Tax
		}
		if sum != whole {
			t.Fatalf("got %+v of parts, want %+v", sum, whole)
		}
	}
}

func TestAnAmountIsWrittenWithTheDecimalsOfItsCurrency(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		currency string
		want     string
	}{{1299, "GBP", "12.99 GBP"}, {5, "EUR", "0.05 EUR"}, {-1, "GBP", "-0.01 GBP"}, {1299, "JPY", "1299 JPY"}, {1299, "KWD", "1.299 KWD"}, {0, "USD", "0.00 USD"}, {-1 << 63, "JPY", "-9223372036854775808 JPY"}} {
		if got := pricing.Text(c.amount, c.currency); got != c.want {
			t.Errorf("%d %s: got %s, want %s", c.amount, c.currency, got, c.want)
		}
	}
}
