package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// Amounts are what a call about money was refused for, in minor units.
type Amounts struct {
	Wanted   int64  `json:"wanted" jsonschema:"what was named"`
	Have     int64  `json:"have" jsonschema:"what there is of it: due, left of the tender, or in the drawer"`
	Currency string `json:"currency,omitempty"`
}

// fromTender says why money is not taken or given back, in words for a cashier.
func fromTender(no *ledger.TenderError) *Problem {
	want, have := pricing.Text(no.Want, no.Currency), pricing.Text(no.Have, no.Currency)
	var p *Problem
	switch no.Why {
	case ledger.RefusedNoDrawer:
		return closedDrawer(no.Till)
	case ledger.RefusedState:
		return New(CodeOrderCanceled, "The order was cancelled, so nothing is to be paid for it.")
	case ledger.RefusedOverpaid:
		detail := fmt.Sprintf("%s is due, and %s was to be taken.", have, want)
		switch {
		case no.Have < 0:
			detail = fmt.Sprintf("Nothing is due: %s more is paid than the customer is to pay for what was kept, and can be refunded.", pricing.Text(-no.Have, no.Currency))
		case no.Have == 0:
			detail = "Nothing is due any more."
		case no.Want == no.Have:
			detail = fmt.Sprintf("%s is due, and nothing of it is left for the tender without an amount.", have)
		}
		p = New(CodeOverpaid, detail+" Nothing was taken.")
	case ledger.RefusedPartPaid:
		p = New(CodePartPaid, fmt.Sprintf("%s is due, and %s was to be taken. Nothing was taken.", have, want))
	case ledger.RefusedGiven:
		p = New(CodeGivenShort, fmt.Sprintf("Tender %d: %s is to be paid in cash, and %s was handed over. Nothing was taken.", no.Tender, want, have))
	case ledger.RefusedDrawerShort:
		return shortDrawer(no.Till, no.Want, no.Have, no.Currency)
	case ledger.RefusedAssetShort:
		p = shortTender(no, want, have)
	default:
		p = New(CodeOverRefunded, fmt.Sprintf("Tender %d, %s: %s of it can still be given back, and %s was named. Nothing was given back.", no.Tender, no.Kind, have, want))
		if no.Have == 0 {
			p = New(CodeOverRefunded, fmt.Sprintf("Tender %d, %s: all of it was given back already. Nothing was given back.", no.Tender, no.Kind))
		}
	}
	p.Amounts = &Amounts{Wanted: no.Want, Have: no.Have, Currency: no.Currency}
	return p
}

// shortTender says that an account or a card has less here than was asked of it.
func shortTender(no *ledger.TenderError, want, have string) *Problem {
	what := "Card " + no.Asset.Name()
	if no.Asset.Kind() == ledger.AssetCredit {
		what = "The account of " + no.Asset.Name()
	}
	done, hint := "Nothing was taken.", fmt.Sprintf("Take %s of it and the rest by another tender, or have head office allot more of it to this site; while the line is up it is asked by itself.", have)
	if no.Have <= 0 {
		have, hint = pricing.Text(0, no.Currency), "Take another tender, or have head office allot some of it to this site; while the line is up it is asked by itself."
	}
	if no.Act == ledger.TenderRefund { // of what was paid on the account, or for the card
		done, hint = "Nothing was given back.", "What was used of it, or is allotted to another site, is not given back here: give back no more than what is there, or ask head office."
	}
	if no.Asset.Kind() == ledger.AssetRisk {
		what, done = "What "+no.Asset.Name()+" may pay at the company's risk", "Nothing was paid."
		hint = "Wait for the book that owns the order to answer (holdfast refund-claim without --at-risk asks it), or have head office allot more: holdfast asset allot " + string(no.Asset) + "."
		p := New(CodeAssetShort, fmt.Sprintf("%s is %s, and %s was to be paid. %s", what, have, want, done))
		p.Hint = hint
		return p
	}
	p := New(CodeAssetShort, fmt.Sprintf("%s has %s here, %s was asked. %s", what, have, want, done))
	p.Hint = hint
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
		p := New(CodeDrawerDiffers, fmt.Sprintf("%s was counted in the drawer of %s, %s %s than expected.", pricing.Text(no.Want, no.Currency), no.Till, pricing.Text(more, no.Currency), less))
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
	p := New(CodeDrawerShort, fmt.Sprintf("%s lies in the drawer of %s, and %s is to come out. Nothing was taken out.", pricing.Text(have, currency), till, pricing.Text(want, currency)))
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
