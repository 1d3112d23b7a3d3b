package contract

import (
	"errors"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ExchangeRequest takes goods of one order back and sells others for what they were paid with, with the difference: all of it or nothing.
type ExchangeRequest struct {
	Order   string       `json:"order" jsonschema:"the order whose goods come back"`
	Lines   []BackLine   `json:"lines" jsonschema:"what comes back of it, as of POST /v1/returns"`
	Sale    OrderRequest `json:"sale" jsonschema:"what is sold, and taken along: an order as of POST /v1/orders"`
	Till    string       `json:"till" jsonschema:"whose drawer is open"`
	Reason  string       `json:"reason" jsonschema:"why, at most 128 bytes: one of the list, where the company has reasons for a return (GET /v1/policy/reasons)"`
	By      string       `json:"by,omitempty" jsonschema:"who exchanges; left out, and of somebody who has signed in: who sends it"`
	Total   int64        `json:"total,omitempty" jsonschema:"what is sold costs in all, in minor units: needed where its lines have no price"`
	Credit  int64        `json:"credit,omitempty" jsonschema:"what the goods that come back are worth, in minor units; left out: what was paid beyond what the customer keeps, by the order's prices. Needed where this site does not have them"`
	Tenders []TenderWish `json:"tenders,omitempty" jsonschema:"where the goods that are sold cost more: what pays the difference"`
	Refund  []RefundPart `json:"refund,omitempty" jsonschema:"where they cost less: of which tenders of order the difference is given back; one may leave its amount out and is the rest"`
}

// An Exchanged is what an exchange came to. It stands beside the payments of the order that was sold.
type Exchanged struct {
	Return ledger.ReturnID `json:"return" jsonschema:"the return that the goods came back by"`
	Order  ledger.OrderID  `json:"order" jsonschema:"whose goods they were"`
	Credit int64           `json:"credit" jsonschema:"what they were worth"`
	Moved  int64           `json:"moved" jsonschema:"of it, what pays for the goods that were sold"`
	Back   int64           `json:"back,omitempty" jsonschema:"of it, what is given back"`
	Coins  int64           `json:"coins,omitempty" jsonschema:"what the customer gets in hand of back: cash as its coins can pay it"`

	Receipt string `json:"receipt,omitempty" jsonschema:"number of the receipt of what is given back"`
}

// Back is the part of the request that takes goods back.
func (r *ExchangeRequest) Back() ReturnRequest {
	return ReturnRequest{Order: r.Order, Reason: r.Reason, By: r.By, Lines: r.Lines}
}

// OfExchange gives the refusal of an exchange: its sale is of goods in the hand, so nothing of it is taken in part or waits.
func OfExchange(err error, at ledger.SiteID) error {
	short, ok := errors.AsType[*ledger.ShortError](err)
	if !ok {
		return err
	}
	p := fromShort(short, at)
	p.Hint = "An exchange is of goods that are here. Give another article or fewer units, or take the goods back, give back what was paid, and order what is wanted by itself. Where the customer holds them, send the sale with in_hand."
	return p
}

// Ledger checks what the exchange says of money and gives it to the ledger, without a key, the goods and the sale. sale is the id of the order that is sold.
func (r *ExchangeRequest) Ledger(sale ledger.OrderID) (*ledger.Exchange, error) {
	pay, err := (&PaymentRequest{Order: string(sale), Till: r.Till, Total: r.Total, By: r.By, Tenders: r.Tenders}).Ledger()
	if err != nil {
		return nil, err
	}
	back, err := (&RefundRequest{Order: r.Order, Till: r.Till, Reason: r.Reason, By: r.By, Tenders: r.Refund}).Ledger()
	if err != nil {
		return nil, err
	}
	return &ledger.Exchange{Till: pay.Till, Reason: r.Reason, By: r.By, Total: r.Total, Credit: r.Credit, Tenders: pay.Tenders, Refunds: back.Moves}, nil
}

func renderExchanged(x *ledger.Exchanged) *Exchanged {
	if x == nil {
		return nil
	}
	return &Exchanged{Return: x.Return, Order: x.Order, Credit: x.Credit, Moved: x.Moved, Back: x.Back, Coins: x.Coins, Receipt: receipt(x.Receipt)}
}
