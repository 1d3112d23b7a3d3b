package invoices

import "strings"

// isCharge says whether a code, in capitals, stands for money and not for goods. The list is closed:
// any other code is goods, so that an article coded in letters (TAP-0022) is not lost.
//
// DCGS codes carry product names. They belong to the web shop's own range, which this warehouse
// does not keep: its system shows them going out without ever coming in.
func isCharge(code string) bool {
	switch code {
	case "POST", "DOT", "C2", "C3", // postage and carriage
		"M", "ADJUST", "ADJUST2", // manual entries
		"D",         // discount
		"S",         // samples
		"B",         // bad debt
		"CRUK",      // a charity's commission
		"PADS",      // a token price for what another row sells
		"AMAZONFEE", // a marketplace's fee
		"BANK CHARGES", "GIFT":
		return true
	}
	return strings.HasPrefix(code, "GIFT_") || strings.HasPrefix(code, "DCGS")
}
