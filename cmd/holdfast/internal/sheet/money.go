package sheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

var (
	errNumber   = errors.New("is not a number")
	errGrouped  = errors.New("has a comma in it; write 1299.50 without one")
	errTooBig   = errors.New("is too large")
	errTooFine  = errors.New("is finer than a thousandth of the smallest coin")
	errNegative = errors.New("is below 0")
)

// finerDigits is how many decimals below the smallest coin a price may have: it is then the
// price of 1,000 units.
const (
	finerDigits = 3
	finerPer    = 1000
)

// parsePrice reads a decimal number of the currency. comma says that a comma is the decimal mark.
func parsePrice(text, currency string, comma bool) (*contract.Price, error) {
	if text == "" {
		return nil, nil
	}
	if strings.Contains(text, ",") {
		if !comma || strings.Contains(text, ".") {
			return nil, fmt.Errorf("price %q %w", clip(text), errGrouped)
		}
		text = strings.Replace(text, ",", ".", 1)
	}
	amount, per, err := parseDecimal(text, pricing.Digits(currency))
	if err != nil {
		return nil, fmt.Errorf("price %q %w", clip(text), err)
	}
	return &contract.Price{Amount: amount, Currency: currency, Per: per}, nil
}

// UnitPrice reads the price of a document: so much of a currency for base pieces ("": for one), without tax.
func UnitPrice(text, currency, base string) (*contract.Price, error) {
	p, err := parsePrice(strings.TrimSpace(text), strings.ToUpper(currency), false)
	if err != nil || p == nil {
		return nil, err
	}
	p.Tax = "excluded"
	if base = strings.TrimSpace(base); base != "" {
		pieces, err := parseQty("the price's base quantity", base)
		if err != nil {
			return nil, err
		}
		if pieces > 1 {
			p.Per = max(p.Per, 1) * int64(pieces)
		}
	}
	return p, nil
}

// parseDecimal reads a number with that many decimals as a whole number of minor units for one
// unit (per 0), or for 1,000 where it is finer.
func parseDecimal(text string, digits int) (amount, per int64, err error) {
	if strings.HasPrefix(text, "-") {
		return 0, 0, errNegative
	}
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" {
		return 0, 0, errNumber
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > digits {
		digits, per = digits+finerDigits, finerPer
	}
	if len(fraction) > digits {
		return 0, 0, errTooFine
	}
	amount, err = parseDigits(whole + fraction + strings.Repeat("0", digits-len(fraction)))
	return amount, per, err
}

// parseQty reads a count of base units, above 0.
func parseQty(field, text string) (ledger.Qty, error) {
	if text == "" {
		return 0, fmt.Errorf("%s is empty", field)
	}
	digits, negative := strings.CutPrefix(text, "-")
	// Spreadsheets write whole numbers as 6.0 when the column is one of decimals.
	if whole, fraction, point := strings.Cut(digits, "."); point && strings.Trim(fraction, "0") == "" && fraction != "" {
		digits = whole
	}
	n, err := parseDigits(digits)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s %q %w", field, clip(text), err)
	case negative:
		return 0, fmt.Errorf("%s %q %w", field, clip(text), errNegative)
	case n == 0:
		return 0, fmt.Errorf("%s is 0", field)
	}
	return ledger.Qty(n), nil
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
		if n = n*10 + int64(d-'0'); n > int64(ledger.QtyMax) {
			return 0, errTooBig
		}
	}
	return n, nil
}

// clip shortens a field for a report.
func clip(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
