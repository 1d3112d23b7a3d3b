package contract

import (
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TenderWish is one part of what an order is paid with.
type TenderWish struct {
	Tender string `json:"tender" jsonschema:"cash, card, account, gift_card or store_credit"`
	Amount int64  `json:"amount,omitempty" jsonschema:"minor units of the order that it pays; left out: what the others leave due, which one of them may say"`
	Given  int64  `json:"given,omitempty" jsonschema:"cash: what the customer hands over; left out: exactly what is to be paid"`
	Ref    string `json:"ref,omitempty" jsonschema:"card: the reference on the terminal's slip, 1 to 64 bytes. No data of the card: what looks like its number is refused. account: the customer; left out: the order's. gift_card, store_credit: its number"`
}

// PaymentRequest takes what an order is paid with.
type PaymentRequest struct {
	Order    string       `json:"order,omitempty" jsonschema:"the order's id; it may be another site's. Needed but with for: then it is an id of the payment's own, a UUIDv7, and one is given where it is left out"`
	For      string       `json:"for,omitempty" jsonschema:"what is paid, where that is no order: credit:CUSTOMER, an account, or card:NUMBER, a gift card or store credit that is sold or loaded. total says how much, and cash and cards pay it"`
	Till     string       `json:"till" jsonschema:"whose drawer is open"`
	Total    int64        `json:"total,omitempty" jsonschema:"what the order costs in all, in minor units; left out: what its prices come to, where this site has the order, or as it was told before"`
	Currency string       `json:"currency,omitempty" jsonschema:"the site's; another one is refused"`
	Deposit  bool         `json:"deposit,omitempty" jsonschema:"some may stay due; without it less than is due is refused"`
	By       string       `json:"by,omitempty" jsonschema:"who takes it; left out, and of somebody who has signed in: who sends it"`
	Tenders  []TenderWish `json:"tenders" jsonschema:"1 to 100; several are a split payment"`
}

// RefundPart is what is given back of one tender.
type RefundPart struct {
	Number int    `json:"number" jsonschema:"the tender's, from 1, as GET /v1/payments/{id} lists them"`
	Amount int64  `json:"amount,omitempty" jsonschema:"minor units; left out: all that is left of it"`
	Ref    string `json:"ref,omitempty" jsonschema:"card: the reference on the terminal's slip"`
}

// RefundRequest gives back what was paid for an order.
type RefundRequest struct {
	Order   string       `json:"order"`
	Till    string       `json:"till" jsonschema:"whose drawer is open"`
	Reason  string       `json:"reason" jsonschema:"why, at most 128 bytes"`
	By      string       `json:"by,omitempty" jsonschema:"who gives it back; left out, and of somebody who has signed in: who sends it"`
	Tenders []RefundPart `json:"tenders" jsonschema:"1 to 100; each tender is given back by itself: cash in cash, a card to the card"`
}

// A Tender is one part of what an order was paid with, as it stands.
type Tender struct {
	Number   int    `json:"number" jsonschema:"from 1"`
	Tender   string `json:"tender" jsonschema:"cash, card, account, gift_card or store_credit"`
	Amount   int64  `json:"amount" jsonschema:"of the order, that it pays"`
	Taken    int64  `json:"taken" jsonschema:"what it brought: of cash, rounded to the smallest coin, half of one up"`
	Given    int64  `json:"given,omitempty" jsonschema:"cash: what the customer handed over"`
	Change   int64  `json:"change,omitempty" jsonschema:"cash: what the customer got back when paying"`
	Ref      string `json:"ref,omitempty" jsonschema:"of the terminal's slip; the customer of an account; the number of a gift card"`
	Receipt  string `json:"receipt" jsonschema:"TILL-EPOCH-NUMBER: the numbers of one till and epoch have no gaps"`
	Refunded int64  `json:"refunded"`
	Left     int64  `json:"left" jsonschema:"what can still be given back of it"`

	From    ledger.SiteID `json:"from,omitempty" jsonschema:"the site whose book handed it over, to be given back here; then there is no receipt"`
	AtRisk  bool          `json:"at_risk,omitempty" jsonschema:"a supervisor paid it back at the company's risk, before the book that owns the order had answered"`
	Settled int64         `json:"settled,omitempty" jsonschema:"at_risk: what that book has made good of it"`
}

// A Refund is what was given back of a tender, once.
type Refund struct {
	Number   int    `json:"number" jsonschema:"the tender's"`
	Amount   int64  `json:"amount"`
	Receipt  string `json:"receipt"`
	Overpaid int64  `json:"overpaid,omitempty" jsonschema:"told late: what was given back beyond what the tender had left"`

	To ledger.SiteID `json:"to,omitempty" jsonschema:"the right to it was handed over to that site; then there is no receipt"`
}

// RefundClaimRequest asks the book that owns an order for the right to give some of what it took back at this site.
type RefundClaimRequest struct {
	Order  string `json:"order" jsonschema:"the order's id, of another site"`
	Till   string `json:"till" jsonschema:"whose drawer is open"`
	Amount int64  `json:"amount" jsonschema:"minor units to be given back"`
	Reason string `json:"reason" jsonschema:"why, at most 128 bytes"`
	By     string `json:"by,omitempty" jsonschema:"who asks, or pays at the company's risk, where that is not whoever has signed in or approves"`
}

// RefundClaim is how a claim stands.
type RefundClaim struct {
	Claim   ledger.ClaimID `json:"claim"`
	Amount  int64          `json:"amount"`
	Status  string         `json:"status" jsonschema:"asked, granted, part_granted or refused"`
	Granted int64          `json:"granted,omitempty" jsonschema:"what may be given back here: it is among the tenders, from its site; at_risk: what was made good"`
	AtRisk  bool           `json:"at_risk,omitempty"`
	Owner   ledger.SiteID  `json:"owner,omitempty" jsonschema:"whose book answered"`
}

// Payments is all that this site has taken for one order and given back.
type Payments struct {
	Order    ledger.OrderID `json:"order"`
	For      ledger.AssetID `json:"for,omitempty" jsonschema:"the account that was paid, or the card that was sold or loaded"`
	Status   string         `json:"status" jsonschema:"unpaid, deposit (some is due), paid or overpaid"`
	Currency string         `json:"currency"`
	Total    int64          `json:"total" jsonschema:"what is to be paid for what the customer keeps: by its prices where this site has the order and all are known, else as it was told last"`
	Paid     int64          `json:"paid" jsonschema:"taken and not given back, at this site"`
	Due      int64          `json:"due"`
	Receipt  string         `json:"receipt,omitempty" jsonschema:"of the call that is answered"`
	Change   int64          `json:"change,omitempty" jsonschema:"of the call that is answered: what the customer gets back now"`
	PaidBack int64          `json:"paid_back,omitempty" jsonschema:"of the call that is answered: the cash that the customer gets now"`
	Tenders  []Tender       `json:"tenders"`
	Refunds  []Refund       `json:"refunds,omitempty"`
	Claims   []RefundClaim  `json:"claims,omitempty" jsonschema:"for what another site's book took: the last ones"`
	Exchange *Exchanged     `json:"exchange,omitempty" jsonschema:"of the call that is answered: goods of another order came back, and what they were worth is among the tenders"`
	Seq      uint64         `json:"seq,omitempty" jsonschema:"the entry that answered; left out of a look-up"`
}

// Ledger checks the payment and gives it to the ledger, without a key.
func (r *PaymentRequest) Ledger() (*ledger.Pay, error) {
	out := &ledger.Pay{Total: r.Total, Currency: r.Currency, Deposit: r.Deposit, By: r.By, For: ledger.AssetID(r.For), Tenders: make([]ledger.TenderWish, len(r.Tenders))}
	var err error
	if out.Order, out.Till, err = paidAt(r.Order, r.Till); err != nil {
		return nil, err
	}
	if err := CheckText("by", r.By, textMax); err != nil {
		return nil, err
	}
	for i, w := range r.Tenders {
		kind, known := ledger.ParseTender(w.Tender)
		if !known {
			return nil, tenderAt(&ledger.FormError{Field: "tender", Why: fmt.Sprintf("is %q; it is cash, card, account, gift_card or store_credit", clip(w.Tender))}, i)
		}
		if err := CheckText("ref", w.Ref, textMax); err != nil {
			return nil, tenderAt(err, i)
		}
		if w.Amount < 0 || w.Given < 0 {
			return nil, tenderAt(&ledger.FormError{Field: "amount", Why: "is below 0: what is given back is a refund"}, i)
		}
		out.Tenders[i] = ledger.TenderWish{Kind: kind, Amount: w.Amount, Given: w.Given, Ref: w.Ref}
	}
	return out, nil
}

// Ledger checks the refund and gives it to the ledger, without a key.
func (r *RefundRequest) Ledger() (*ledger.Refund, error) {
	out := &ledger.Refund{Reason: r.Reason, By: r.By, Moves: make([]ledger.TenderMove, len(r.Tenders))}
	var err error
	if out.Order, out.Till, err = paidAt(r.Order, r.Till); err != nil {
		return nil, err
	}
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	for i, p := range r.Tenders {
		if err := CheckText("ref", p.Ref, textMax); err != nil {
			return nil, tenderAt(err, i)
		}
		if p.Amount < 0 {
			return nil, tenderAt(&ledger.FormError{Field: "amount", Why: "is below 0: say how much is given back"}, i)
		}
		out.Moves[i] = ledger.TenderMove{Tender: p.Number, Amount: p.Amount, Ref: p.Ref}
	}
	return out, nil
}

// Ledger checks the claim and gives it to the ledger, without a key and an id.
func (r *RefundClaimRequest) Ledger() (*ledger.AskRefund, error) {
	out := &ledger.AskRefund{Amount: r.Amount, Reason: r.Reason, By: r.By}
	var err error
	if out.Order, out.Till, err = paidAt(r.Order, r.Till); err != nil {
		return nil, err
	}
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RenderClaim gives a claim as a client reads it.
func RenderClaim(c *ledger.MoneyClaim) RefundClaim {
	return RefundClaim{Claim: c.ID, Amount: c.Amount, Status: c.Status(), Granted: c.Granted, AtRisk: c.Risk, Owner: c.Owner}
}

// receipt is what names a receipt, and "" where there is none.
func receipt(r ledger.Receipt) string {
	if r.Number == 0 {
		return ""
	}
	return r.String()
}

func paidAt(order, till string) (ledger.OrderID, ledger.TillID, error) {
	id, err := ledger.ParseOrderID(order)
	if err != nil {
		return "", "", &ledger.FormError{Field: "order", Why: "is no order's id: take it from the receipt, or look the order up"}
	}
	at, err := ledger.ParseTill(till)
	return id, at, err
}

// tenderAt names the tender, from 0, that is at fault.
func tenderAt(err error, i int) error { return OfTender(atLine(err, i)) }

// OfTender words an error that is about one tender of a request as that: the ledger counts them as lines.
func OfTender(err error) error {
	form, ok := errors.AsType[*ledger.FormError](err)
	if !ok || form.Line == 0 {
		return err
	}
	p := New(CodeBadValue, fmt.Sprintf("Tender %d: %s %s.", form.Line, form.Field, form.Why))
	p.Field, p.Line = fmt.Sprintf("tenders[%d].%s", form.Line-1, form.Field), form.Line
	return p
}

// RenderPayments gives payments as a client reads them.
func RenderPayments(p *ledger.Payments, currency string) Payments {
	out := Payments{Order: p.Order, For: p.For, Status: p.Status(), Currency: currency, Total: p.Total, Paid: p.Paid(), Due: p.Due(), Tenders: make([]Tender, len(p.Tenders))}
	for i := range p.Tenders {
		t := &p.Tenders[i]
		out.Tenders[i] = Tender{Number: i + 1, Tender: t.Kind.String(), Amount: t.Amount, Taken: t.Taken(), Given: t.Given, Change: t.Change(), Ref: t.Ref,
			Receipt: receipt(t.Receipt), Refunded: t.Refunded, Left: t.Amount - t.Refunded, From: t.From, AtRisk: t.Risk != "", Settled: t.Settled}
	}
	for i := range p.Repayments {
		b := &p.Repayments[i]
		out.Refunds = append(out.Refunds, Refund{Number: b.Tender, Amount: b.Amount, Receipt: receipt(b.Receipt), Overpaid: b.Over, To: b.To})
	}
	return out
}

// RenderTendered answers a call about money by the entry that decided it.
func RenderTendered(b *ledger.TenderBody, seq ledger.Seq) Payments {
	out := RenderPayments(&b.Payments, b.Currency)
	out.Receipt, out.Seq, out.Exchange = receipt(b.Receipt), uint64(seq), renderExchanged(b.Exchange)
	if b.Claim != nil {
		out.Claims = []RefundClaim{RenderClaim(b.Claim)}
	}
	for _, m := range b.Moves {
		if !m.Refund {
			out.Change += b.Payments.Tenders[m.Tender-1].Change()
		}
	}
	for _, p := range b.Money {
		if p.Kind == ledger.MoneyDrawer && p.Amount < 0 {
			out.PaidBack -= p.Amount
		}
	}
	return out
}
