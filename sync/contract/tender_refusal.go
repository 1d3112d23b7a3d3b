package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Amounts are what a call about money was refused for, in minor units.
type Amounts struct {
	Wanted   int64  `json:"wanted" jsonschema:"what was named"`
	Have     int64  `json:"have" jsonschema:"what there is of it: due, left of the tender, or in the drawer"`
	Currency string `json:"currency,omitempty"`
}

// decimalsOf is how many digits of a currency's amounts stand behind the point, where they are not two (ISO 4217).
func decimalsOf(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	default:
		return 2
	}
}

// AmountWords writes minor units as people read them, for example 12.35 GBP.
func AmountWords(minor int64, currency string) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	n := decimalsOf(currency)
	unit := int64(1)
	for range n {
		unit *= 10
	}
	out := fmt.Sprintf("%s%d", sign, minor/unit)
	if n > 0 {
		out += fmt.Sprintf(".%0*d", n, minor%unit)
	}
	if currency != "" {
		out += " " + currency
	}
	return out
}

// fromTender says why money is not taken or given back, in words for a cashier.
func fromTender(no *ledger.TenderError) *Problem {
	want, have := AmountWords(no.Want, no.Currency), AmountWords(no.Have, no.Currency)
	var p *Problem
	switch no.Why {
	case ledger.RefusedNoDrawer:
		return closedDrawer(no.Till)
	case ledger.RefusedState:
		return New(CodeOrderCanceled, "The order was cancelled, so nothing is to be paid for it.")
	case ledger.RefusedOverpaid:
		detail := fmt.Sprintf("%s is due, and %s was to be taken.", have, want)
		if no.Want == no.Have {
			detail = fmt.Sprintf("%s is due, and nothing of it is left for the tender without an amount.", have)
		}
		p = New(CodeOverpaid, detail+" Nothing was taken.")
	case ledger.RefusedPartPaid:
		p = New(CodePartPaid, fmt.Sprintf("%s is due, and %s was to be taken. Nothing was taken.", have, want))
	case ledger.RefusedGiven:
		p = New(CodeGivenShort, fmt.Sprintf("Tender %d: %s is to be paid in cash, and %s was handed over. Nothing was taken.", no.Tender, want, have))
	case ledger.RefusedDrawerShort:
		return shortDrawer(no.Till, no.Want, no.Have, no.Currency)
	default:
		p = New(CodeOverRefunded, fmt.Sprintf("Tender %d, %s: %s of it can still be given back, and %s was named. Nothing was given back.", no.Tender, no.Kind, have, want))
		if no.Have == 0 {
			p = New(CodeOverRefunded, fmt.Sprintf("Tender %d, %s: all of it was given back already. Nothing was given back.", no.Tender, no.Kind))
		}
	}
	p.Amounts = &Amounts{Wanted: no.Want, Have: no.Have, Currency: no.Currency}
	return p
}

// fromDrawer says why nothing is done with a drawer, in words for a cashier.
func fromDrawer(no *ledger.DrawerError) *Problem {
	switch no.Why {
	case ledger.RefusedNoDrawer:
		return closedDrawer(no.Till)
	case ledger.RefusedDrawerShort:
		return shortDrawer(no.Till, no.Want, no.Have, no.Currency)
	case ledger.RefusedDiffers:
		more, less := no.Want-no.Have, "more"
		if more < 0 {
			more, less = -more, "less"
		}
		p := New(CodeDrawerDiffers, fmt.Sprintf("%s was counted in the drawer of %s, %s %s than expected.", AmountWords(no.Want, no.Currency), no.Till, AmountWords(more, no.Currency), less))
		p.Amounts = &Amounts{Wanted: no.Want, Have: no.Have, Currency: no.Currency}
		return p
	default:
		p := New(CodeDrawerOpen, fmt.Sprintf("The drawer of %s is open.", no.Till))
		if no.Act == ledger.DrawerClose { // a day was to be ended
			p = New(CodeDrawerOpen, fmt.Sprintf("The drawer of %s is open, so the day cannot end.", no.Till))
		}
		return p
	}
}

func closedDrawer(till ledger.TillID) *Problem {
	return New(CodeDrawerClosed, fmt.Sprintf("The drawer of %s is closed.", till))
}

func shortDrawer(till ledger.TillID, want, have int64, currency string) *Problem {
	p := New(CodeDrawerShort, fmt.Sprintf("%s lies in the drawer of %s, and %s is to come out. Nothing was taken out.", AmountWords(have, currency), till, AmountWords(want, currency)))
	p.Amounts = &Amounts{Wanted: want, Have: have, Currency: currency}
	return p
}

// fromCard refuses what looks like a card's number, without repeating it.
func fromCard(no *ledger.CardError) *Problem {
	p := New(CodeCardNumber, "")
	p.Field, p.Line = no.Field, no.Line
	if no.Line > 0 {
		p.Field = fmt.Sprintf("tenders[%d].%s", no.Line-1, no.Field)
	}
	return p
}
