package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func docPay() contract.Route {
	return contract.Route{Summary: "Take what an order is paid with: cash, a card by the reference of its slip, an account, a gift card, store credit, or several; or, with for, money on an account or for a gift card. Cash is rounded to the smallest coin, and change is what was handed over beyond. " +
		"It works while the line to head office is down. A repeat under its key takes nothing twice",
		Key: contract.KeyRequired, Request: contract.PaymentRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is taken", Body: contract.Payments{}}},
		Codes:   append(moneyCodes(), contract.CodeOverpaid, contract.CodePartPaid, contract.CodeGivenShort, contract.CodeOrderCanceled, contract.CodeAssetShort)}
}

func docRefund() contract.Route {
	return contract.Route{Summary: "Give back what was paid for an order at this site, each tender by itself and never more than it brought. What another site took is given back here once its book has handed the right over: POST /v1/refund-claims",
		Key: contract.KeyRequired, Request: contract.RefundRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is given back", Body: contract.Payments{}}},
		Codes:   append(moneyCodes(), contract.CodeOverRefunded, contract.CodeDrawerShort, contract.CodeNothingPaid, contract.CodeAssetShort)}
}

func docClaimRefund() contract.Route {
	return contract.Route{Summary: "Ask the book that owns an order of another site for the right to give some of what it took back here. GET /v1/payments/{id} says what it granted, as tenders that POST /v1/refunds gives back",
		Key: contract.KeyRequired, Request: contract.RefundClaimRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: fmt.Sprintf("It is asked for; the last %d claims are kept", ledger.ClaimsMax), Body: contract.Payments{}}},
		Codes:   append(moneyCodes(), contract.CodeClaimsFull)}
}

func docRefundAtRisk() contract.Route {
	return contract.Route{Summary: "Pay in cash, at the company's risk, what the book that owns an order of another site is asked for: as far as this site may (the asset risk:SITE), also while it is cut off. A supervisor does it, or approves it with Holdfast-Approval. The answer makes good what that book hands over",
		Key: contract.KeyRequired, Request: contract.RefundClaimRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is to be paid to the customer now", Body: contract.Payments{}}},
		Codes:   append(moneyCodes(), contract.CodeDrawerShort, contract.CodeAssetShort, contract.CodeClaimsFull)}
}

func docPayments() contract.Route {
	return contract.Route{Summary: "What this site has taken for an order and given back", Answers: ok("The payments", contract.Payments{}), Codes: []contract.Code{contract.CodeNotFound}}
}

func docDrawers() contract.Route {
	return contract.Route{Summary: "The drawers that are open, and where the site's money is", Answers: ok("The drawers", contract.DrawerList{}), Codes: listCodes()}
}

func docOpenDrawer() contract.Route {
	return contract.Route{Summary: "Open a till's cash drawer with its float: a session begins. Money is taken only at a till whose drawer is open", Key: contract.KeyRequired,
		Request: contract.DrawerOpenRequest{}, Answers: ok("The session", contract.Drawer{}), Codes: append(moneyCodes(), contract.CodeDrawerOpen)}
}

func docPayIn() contract.Route {
	return contract.Route{Summary: "Pay cash into a drawer, for a reason", Key: contract.KeyRequired, Request: contract.DrawerCashRequest{},
		Answers: ok("The session after it", contract.Drawer{}), Codes: moneyCodes()}
}

func docPayOut() contract.Route {
	return contract.Route{Summary: "Pay cash out of a drawer, for a reason; no more than lies in it", Key: contract.KeyRequired, Request: contract.DrawerCashRequest{},
		Answers: ok("The session after it", contract.Drawer{}), Codes: append(moneyCodes(), contract.CodeDrawerShort)}
}

func docCloseDrawer() contract.Route {
	return contract.Route{Summary: "Count a drawer and close it: the session ends. A count that differs from what was expected needs a reason", Key: contract.KeyRequired,
		Request: contract.DrawerCloseRequest{}, Answers: ok("The session as it ended", contract.Drawer{}), Codes: append(moneyCodes(), contract.CodeDrawerDiffers)}
}

func docEndDay() contract.Route {
	return contract.Route{Summary: "End the trading day, once all drawers are closed. Its figures are what its entries add up to, and stand for ever", Key: contract.KeyRequired,
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "The day's figures", Body: contract.Day{}}},
		Codes:   append(writeCodes(), contract.CodeKeyMissing, contract.CodeDrawerOpen)}
}

func docDay() contract.Route {
	return contract.Route{Summary: "The figures of one trading day, by its number; now: of the one that has not ended", Answers: ok("The figures", contract.Day{}),
		Codes: append(listCodes(), contract.CodeNotFound)}
}

// moneyCodes may be answered by every call that moves money.
func moneyCodes() []contract.Code {
	return append(writeCodes(), contract.CodeKeyMissing, contract.CodeCardNumber, contract.CodeDrawerClosed)
}
