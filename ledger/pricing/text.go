package pricing

import "fmt"

// Digits says how many decimals a currency has (ISO 4217), 2 where nobody knows it.
func Digits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	default:
		return 2
	}
}

// Text is an amount of minor units for people: 12.99 GBP.
func Text(amount int64, currency string) string {
	if currency == "" {
		return Figure(amount, currency)
	}
	return Figure(amount, currency) + " " + currency
}

// Figure is the same without the currency, for a column of one: 12.99.
func Figure(amount int64, currency string) string {
	one, sign := uint64(1), ""
	digits := Digits(currency)
	for range digits {
		one *= 10
	}
	of := uint64(amount)
	if amount < 0 {
		of, sign = -of, "-"
	}
	if digits == 0 {
		return fmt.Sprintf("%s%d", sign, of)
	}
	return fmt.Sprintf("%s%d.%0*d", sign, of/one, digits, of%one)
}
