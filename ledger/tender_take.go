package ledger

import "fmt"

// Pay takes what an order is paid with. It is decided at once and asks nobody.
type Pay struct {
	Meta
	Order    OrderID
	Till     TillID
	Total    int64  // what the order costs; 0: as it was told before
	Currency string // ""; the site's
	Deposit  bool   // some of the total may stay due
	By       string // who, where that is not the actor
	Tenders  []TenderWish
	For      AssetID // an account that is paid or a card that is sold: Order is the payment's own id, and Total what it is of

	doc *Payments // as the book knows it; nil where nothing was paid. The same of Refund
}

// A TenderWish is one part of what an order is to be paid with.
type TenderWish struct {
	Kind   TenderKind
	Amount int64  // of the order; 0: what the others leave due, which one of them may say
	Given  int64  // cash: what the customer hands over; 0: exactly what is to be paid
	Ref    string // card: of the terminal's slip; account: the customer, "" that of the order; gift card, store credit: its number
}

// Refund gives back what was paid for an order, by the tender that brought it. Only the book that took the money can.
type Refund struct {
	Meta
	Order  OrderID
	Till   TillID
	Reason string
	By     string
	Moves  []TenderMove // Amount 0: all that is left of the tender

	doc *Payments
}

func (*Pay) request()    {}
func (*Refund) request() {}

// check refuses what nobody pays with, whatever the book says.
func (r *Pay) check() error {
	if _, err := ParseTill(string(r.Till)); err != nil {
		return err
	}
	if r.Order == "" || len(r.Order) > TextMax {
		return &FormError{Field: "order", Why: "is no order's id: take it from the receipt, or look the order up"}
	}
	if n := len(r.Tenders); n == 0 || n > TendersMax {
		return &FormError{Field: "tenders", Why: fmt.Sprintf("has %d tenders; an order is paid with 1 to %d", n, TendersMax)}
	}
	if r.For != "" {
		if err := r.checkFor(); err != nil {
			return err
		}
	}
	if r.Total < 0 || r.Total > AmountMax {
		return CheckAmount("total", r.Total)
	}
	if err := checkMoneyText("by", r.By); err != nil {
		return err
	}
	open := 0
	for i := range r.Tenders {
		if err := r.Tenders[i].check(); err != nil {
			return atLine(err, i)
		}
		if r.Tenders[i].Amount == 0 {
			open++
		}
	}
	if open > 1 {
		return &FormError{Field: "amount", Why: "is left out of more than one tender; one of them can pay what the others leave due"}
	}
	return nil
}

func (w *TenderWish) check() error {
	if w.Amount != 0 {
		if err := CheckAmount("amount", w.Amount); err != nil {
			return err
		}
	}
	switch w.Kind {
	case TenderCash:
		if w.Ref != "" {
			return &FormError{Field: "ref", Why: "goes with a card"}
		}
		if w.Given != 0 {
			return CheckAmount("given", w.Given)
		}
		return nil
	case TenderCard:
		if w.Given != 0 {
			return &FormError{Field: "given", Why: "goes with cash: leave it out"}
		}
		return checkCardRef(w.Ref)
	default:
		return w.checkAsset()
	}
}

func checkCardRef(ref string) error {
	if ref == "" || len(ref) > TenderRefMax {
		return &FormError{Field: "ref", Why: fmt.Sprintf("is not 1 to %d bytes: give the reference of the terminal's slip", TenderRefMax)}
	}
	return CheckNoCard("ref", ref)
}

// checkMoneyText refuses a text beyond its bound, and one with a card's number in it.
func checkMoneyText(field, text string) error {
	if len(text) > TextMax {
		return &FormError{Field: field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	}
	return CheckNoCard(field, text)
}

// pay decides what an order is paid with.
func (d *decision) pay(r *Pay) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	doc := &Payments{Order: r.Order, Total: r.Total, For: r.For}
	if r.doc != nil {
		if doc = r.doc.Clone(); r.Total > 0 && r.For == "" {
			doc.Total = r.Total
		}
	}
	if doc.For != r.For {
		return Outcome{Err: &FormError{Field: "order", Why: "is the id of another payment: give each one of its own"}}
	}
	b := &TenderBody{Act: TenderPay, Till: r.Till, Deposit: r.Deposit, By: r.By, Currency: d.s.takings.currency, Day: d.s.takings.day.Number, Payments: *doc}
	if r.Currency != "" && b.Currency != "" && r.Currency != b.Currency {
		return Outcome{Err: &FormError{Field: "currency", Why: fmt.Sprintf("is %s; the tills of this site take %s", r.Currency, b.Currency)}}
	}
	drawer := d.s.takings.drawers[r.Till]
	if drawer == nil {
		return d.refuseTender(b, RefusedNoDrawer, r.Meta)
	}
	if err := r.accounts(d.s.orders[r.Order]); err != nil {
		return Outcome{Err: err}
	}
	if o, own := d.s.orders[r.Order]; own && r.For != "" {
		return Outcome{Err: &FormError{Field: "order", Why: "is an order's id: give the payment one of its own"}}
	} else if own && (o.Status == StatusCanceled || o.Status == StatusDeclined) {
		return d.refuseTender(b, RefusedState, r.Meta)
	} else if err := b.totalOf(o, r.Total); err != nil {
		return Outcome{Err: err}
	}
	if doc.Version >= PaidVersionsMax || len(doc.Tenders)+len(r.Tenders) > TendersMax {
		return Outcome{Err: &FormError{Field: "tenders", Why: fmt.Sprintf("are more than one order can have: %d, in %d receipts. Take the rest with fewer", TendersMax, PaidVersionsMax)}}
	}
	*doc = b.Payments
	no := b.take(r, drawer, d.s.nextReceipt(r.Till))
	if no == "" {
		no = d.s.useAssets(b)
	}
	if no != "" {
		b.Payments, b.Moves = *doc, nil
		return d.refuseTender(b, no, r.Meta)
	}
	return d.writeTender(b, drawer, r.Meta)
}

// totalOf takes what the order comes to from its own prices, where this book has it (nil: it has not) and all of its lines are priced. Who tells
// another total has another order before them.
func (b *TenderBody) totalOf(o *Order, told int64) error {
	if o != nil && o.Priced() {
		sum := o.ToPay()
		switch {
		case sum.Currency != b.Currency:
			return &FormError{Field: "currency", Why: fmt.Sprintf("of the order is %s; the tills of this site take %s", sum.Currency, b.Currency)}
		case sum.Total() > AmountMax:
			return &FormError{Field: "total", Why: fmt.Sprintf("of the order is more than the %d minor units that a till takes: divide it over several orders", int64(AmountMax))}
		case sum.Unpriced == 0 && told > 0 && told != sum.Total():
			return &FormError{Field: "total", Why: fmt.Sprintf("is %d; by its prices %d is to be paid for what the customer keeps. Leave it out, or look the order up again", told, sum.Total())}
		case sum.Unpriced == 0:
			b.Payments.Total = sum.Total()
			return nil
		case b.Payments.Total < sum.Total():
			return &FormError{Field: "total", Why: fmt.Sprintf("is missing or too low: %d lines of the order have no price, and the others come to %d", sum.Unpriced, sum.Total())}
		}
	}
	if len(b.Payments.Repayments) > 0 && told == 0 { // of goods that came back elsewhere, perhaps
		return &FormError{Field: "total", Why: "is missing: some was given back since it was told, and this book does not know what the order costs now"}
	}
	if b.Payments.Total == 0 {
		return &FormError{Field: "total", Why: "is missing: this book does not know what the order costs"}
	}
	return nil
}

// take adds the tenders to the body's payments, or gives the refusal.
func (b *TenderBody) take(r *Pay, drawer *Drawer, receipt Receipt) Refusal {
	p := &b.Payments
	due, named := p.Due(), int64(0)
	for _, w := range r.Tenders {
		named += w.Amount
	}
	b.Want, b.Have = named, due
	if named > due {
		return RefusedOverpaid
	}
	p.Tenders = p.Tenders[:len(p.Tenders):len(p.Tenders)]
	for i, w := range r.Tenders {
		t := Tender{Kind: w.Kind, Amount: w.Amount, Ref: w.Ref, Receipt: receipt, Mark: markOf(r.Key)}
		if w.Amount == 0 {
			if t.Amount = due - named; t.Amount < 1 {
				return RefusedOverpaid // nothing is left for it
			}
		}
		if w.Kind == TenderCash {
			t.Step = drawer.Step
			if t.Given = w.Given; w.Given == 0 {
				t.Given = t.Taken()
			}
			if t.Given < t.Taken() {
				b.Tender, b.Want, b.Have = i+1, t.Taken(), t.Given
				return RefusedGiven
			}
		}
		p.Tenders = append(p.Tenders, t)
		b.Moves = append(b.Moves, TenderMove{Tender: len(p.Tenders), Amount: t.Amount})
	}
	if p.Due() > 0 && !b.Deposit {
		return RefusedPartPaid
	}
	b.Want, b.Have, b.Receipt = 0, 0, receipt
	p.Version++
	return ""
}

// check refuses what nobody gives back, whatever the book says.
func (r *Refund) check() error {
	if _, err := ParseTill(string(r.Till)); err != nil {
		return err
	}
	if n := len(r.Moves); n == 0 || n > TendersMax {
		return &FormError{Field: "tenders", Why: fmt.Sprintf("has %d tenders; a refund is of 1 to %d", n, TendersMax)}
	}
	if r.Reason == "" {
		return &FormError{Field: "reason", Why: "is missing: say why money is given back"}
	}
	if err := checkMoneyText("reason", r.Reason); err != nil {
		return err
	}
	if err := checkMoneyText("by", r.By); err != nil {
		return err
	}
	seen := make(map[int]struct{}, len(r.Moves))
	for i, m := range r.Moves {
		if _, twice := seen[m.Tender]; twice {
			return atLine(&FormError{Field: "tender", Why: "is named twice: add the amounts up"}, i)
		}
		seen[m.Tender] = struct{}{}
		if m.Amount != 0 {
			if err := CheckAmount("amount", m.Amount); err != nil {
				return atLine(err, i)
			}
		}
	}
	return nil
}

// refund decides what is given back.
func (d *decision) refund(r *Refund) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	if r.doc == nil {
		return Outcome{Err: ErrNothingPaid}
	}
	doc := r.doc
	if err := r.checkMoves(doc); err != nil {
		return Outcome{Err: err}
	}
	b := &TenderBody{Act: TenderRefund, Till: r.Till, Reason: r.Reason, By: r.By, Currency: d.s.takings.currency, Day: d.s.takings.day.Number, Payments: *doc}
	if o, own := d.s.orders[r.Order]; own {
		b.Of = o.paid()
		if sum := o.ToPay(); o.Priced() && sum.Unpriced == 0 && sum.Total() <= AmountMax { // some of it may have come back since it was paid
			b.Payments.Total = sum.Total()
		}
	}
	drawer := d.s.takings.drawers[r.Till]
	if drawer == nil {
		return d.refuseTender(b, RefusedNoDrawer, r.Meta)
	}
	if doc.Version >= PaidVersionsMax || len(doc.Repayments)+len(r.Moves) > RepaymentsMax {
		return Outcome{Err: &FormError{Field: "tenders", Why: fmt.Sprintf("are more than can be given back of one order, in %d acts: give back more at once", RepaymentsMax)}}
	}
	no := b.repay(r, drawer, d.s.nextReceipt(r.Till))
	if no == "" {
		no = d.s.useAssets(b)
	}
	if no != "" {
		b.Payments, b.Moves = *doc, nil
		return d.refuseTender(b, no, r.Meta)
	}
	return d.writeTender(b, drawer, r.Meta)
}

// checkMoves refuses what names no tender of the order, or no reference of a card's.
func (r *Refund) checkMoves(doc *Payments) error {
	for i, m := range r.Moves {
		if m.Tender < 1 || m.Tender > len(doc.Tenders) {
			return atLine(&FormError{Field: "tender", Why: fmt.Sprintf("is no tender of the order, which has 1 to %d", len(doc.Tenders))}, i)
		}
		var err error
		if kind := doc.Tenders[m.Tender-1].Kind; kind == TenderCard {
			err = checkCardRef(m.Ref)
		} else if m.Ref != "" {
			err = &FormError{Field: "ref", Why: "goes with a card"}
		}
		if err != nil {
			return atLine(err, i)
		}
	}
	return nil
}

// repay counts the refund on the body's payments, or gives the refusal.
func (b *TenderBody) repay(r *Refund, drawer *Drawer, receipt Receipt) Refusal {
	b.Payments = *b.Payments.Clone()
	cash := int64(0)
	for _, m := range r.Moves {
		t := &b.Payments.Tenders[m.Tender-1]
		left := t.Amount - t.Refunded
		if m.Amount == 0 {
			m.Amount = left
		}
		if b.Tender, b.Want, b.Have = m.Tender, m.Amount, left; m.Amount > left || left == 0 {
			return RefusedOverRefund
		}
		was := t.PaidBack()
		if t.Refunded += m.Amount; t.Kind == TenderCash {
			cash += t.PaidBack() - was
		}
		b.Moves = append(b.Moves, TenderMove{Tender: m.Tender, Refund: true, Amount: m.Amount, Ref: m.Ref})
		b.Payments.Repayments = append(b.Payments.Repayments, Repayment{Tender: m.Tender, Amount: m.Amount, Receipt: receipt, Mark: markOf(r.Key)})
	}
	if have := drawer.Expected(); cash > have {
		b.Tender, b.Want, b.Have = 0, cash, have
		return RefusedDrawerShort
	}
	b.Tender, b.Want, b.Have, b.Receipt = 0, 0, 0, receipt
	b.Payments.Version++
	return ""
}

// refuseTender writes an entry that remembers a no under its key.
func (d *decision) refuseTender(b *TenderBody, why Refusal, meta Meta) Outcome {
	b.Refusal = why
	e := d.write(&Entry{Kind: KindTendered, Ref: string(b.Payments.Order), Body: b}, meta)
	return Outcome{Entry: e, Err: b.err()}
}

// writeTender posts what the body says, and writes it.
func (d *decision) writeTender(b *TenderBody, drawer *Drawer, meta Meta) Outcome {
	b.Session, b.Opened = drawer.Session, drawer.Epoch
	list, err := b.money(MoneyDrawer, b.Till)
	if err == nil {
		err = d.s.takings.roomFor(list, b.Till)
	}
	if err != nil {
		return Outcome{Err: err}
	}
	b.Money = list
	return Outcome{Entry: d.write(&Entry{Kind: KindTendered, Ref: string(b.Payments.Order), Body: b}, meta)}
}

// roomFor refuses what would take an account beyond all bounds.
func (t *takings) roomFor(list []MoneyPosting, till TillID) error {
	for _, p := range list {
		have := t.accounts[p.Kind]
		if p.Kind == MoneyDrawer {
			if d := t.drawers[till]; d != nil {
				have = d.Expected()
			}
		}
		if sum := have + p.Amount; sum > moneySumMax || sum < -moneySumMax {
			return &FormError{Field: "amount", Why: fmt.Sprintf("would bring %s to %d minor units, beyond what a site counts: look at what was typed", p.Kind, sum)}
		}
	}
	return nil
}
