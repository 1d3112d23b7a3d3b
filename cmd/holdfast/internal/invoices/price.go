package invoices

import (
	"errors"
	"strings"
)

// qtyMax is the largest quantity that survives JSON in every client: 2^53 - 1.
const qtyMax = 1<<53 - 1

var (
	errNumber  = errors.New("not a number")
	errTooBig  = errors.New("number too large")
	errTooFine = errors.New("price finer than a thousandth of a penny")
)

// parseWhole reads a whole number with an optional minus sign, up to qtyMax either way.
func parseWhole(text string) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	n, err := parseDigits(digits)
	if negative {
		n = -n
	}
	return n, err
}

// parsePounds reads pounds with up to 5 decimals as a whole number of pence for `per` units: 1, or
// 1000 when the price has fractions of a penny. "2.1" is 210 for 1, "0.001" is 100 for 1000.
func parsePounds(text string) (pence, per int64, err error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" {
		return 0, 0, errNumber
	}
	fraction = strings.TrimRight(fraction, "0")
	places, per := 2, int64(1)
	if len(fraction) > places {
		places, per = 5, 1000
	}
	if len(fraction) > places {
		return 0, 0, errTooFine
	}
	pence, err = parseDigits(whole + fraction + "00000"[:places-len(fraction)])
	if err != nil {
		return 0, 0, err
	}
	if negative {
		pence = -pence
	}
	return pence, per, nil
}

func parseDigits(digits string) (int64, error) {
	if digits == "" {
		return 0, errNumber
	}
	var n int64
	for i := range len(digits) {
		d := digits[i]
		if d < '0' || d > '9' {
			return 0, errNumber
		}
		if n = n*10 + int64(d-'0'); n > qtyMax {
			return 0, errTooBig
		}
	}
	return n, nil
}
