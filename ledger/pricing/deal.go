package pricing

import "errors"

// PPM is how many millionths make a whole: a rate of 200000 is 20 %.
const PPM = 1_000_000

// A Deal is what some units of one article are sold at: Amount for Per of them, less what is taken off, with a tax.
type Deal struct {
	Amount   int64 // minor units for Per units, 0 or more
	Per      int64 // 0 is 1
	Qty      int64 // units, 0 or more
	Off      int64 // minor units off the whole; 0 where OffPPM says it
	OffPPM   int64 // millionths off, 0 to PPM
	TaxPPM   int64 // millionths of what is left without tax, 0 or more
	Included bool  // Amount and Off have the tax in them
}

// A Sum is what a deal comes to, in whole minor units, none below 0.
type Sum struct {
	Off int64 // what is taken off, as the amount is said: with the tax or without
	Net int64 // what is left, without tax
	Tax int64
}

// Total is what the customer pays.
func (s Sum) Total() int64 { return s.Net + s.Tax }

// Add adds two sums, or says ErrTooMuch.
func (s Sum) Add(o Sum) (Sum, error) {
	s.Off, s.Net, s.Tax = s.Off+o.Off, s.Net+o.Net, s.Tax+o.Tax // each is at most 2*AmountMax
	if s.Off > AmountMax || s.Total() > AmountMax {
		return Sum{}, ErrTooMuch
	}
	return s, nil
}

// Why a deal comes to nothing that can be charged.
var (
	ErrOff = errors.New("more is taken off than it costs")
	errBad = errors.New("an amount, a quantity or a rate is below 0")
)

// Sum works a deal out. Each step is rounded once, to the nearest minor unit, half of one up, in this order: what the units
// cost; what is taken off; the tax of what is left. Where the tax is included it is taken out of what is left, and the net is
// the rest; else it comes on top. So net and tax always add up to what is paid.
func (d Deal) Sum() (s Sum, err error) {
	if d.Amount < 0 || d.Per < 0 || d.Qty < 0 || d.Off < 0 || d.OffPPM < 0 || d.TaxPPM < 0 {
		return s, errBad
	}
	cost, err := Total(d.Amount, d.Per, d.Qty)
	if err != nil {
		return s, err
	}
	if s.Off = d.Off; d.OffPPM > 0 {
		if s.Off, err = Total(cost, PPM, d.OffPPM); err != nil {
			return Sum{}, err
		}
	}
	left := cost - s.Off
	if left < 0 {
		return Sum{}, ErrOff
	}
	if d.Included {
		s.Tax, err = Total(left, PPM+d.TaxPPM, d.TaxPPM)
		s.Net = left - s.Tax
		return s, err
	}
	s.Net = left
	if s.Tax, err = Total(left, PPM, d.TaxPPM); err == nil && s.Total() > AmountMax {
		err = ErrTooMuch
	}
	return s, err
}

// Part is what the first q of the units that a sum is of come to, q of 0 to of. Parts that follow one another, Part(b) less
// Part(a), add up to the whole exactly, however often and wherever it is cut: so what is paid back never comes to more than was paid.
func (s Sum) Part(q, of int64) Sum {
	if q >= of {
		return s
	}
	share := func(whole int64) int64 {
		n, err := Total(whole, of, max(q, 0))
		if err != nil {
			panic("pricing: a part is larger than the whole") // q < of, so it is not
		}
		return n
	}
	return Sum{Off: share(s.Off), Net: share(s.Net), Tax: share(s.Tax)}
}

// Less takes a part off that was counted before.
func (s Sum) Less(o Sum) Sum { return Sum{Off: s.Off - o.Off, Net: s.Net - o.Net, Tax: s.Tax - o.Tax} }
