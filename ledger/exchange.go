package ledger

import "fmt"

// Exchange takes goods of one order back and sells others for what they were paid with, in one commit: all of it or nothing. What is worth more is paid
// for, what was worth more is given back. Each of its entries is one that a return, a sale, a payment or a refund writes by itself, so there is no second
// rule for any of them; what crosses from one order to the other keeps its tender, so that a card is still given back to the card.
type Exchange struct {
	Meta
	Back    TakeBack // of an order, which it names
	Sale    Place    // of goods in hand
	Till    TillID
	Reason  string
	By      string       // who, where that is not the actor
	Total   int64        // what the sale costs, where its lines have no price; else 0
	Credit  int64        // what of the payments of Back.Order is for the sale, or given back; 0: what its own prices say is no longer to be paid
	Tenders []TenderWish // what the customer pays of the difference
	Refunds []TenderMove // what the customer gets back of it, by tenders of Back.Order; one Amount may be 0: the rest

	doc *Payments // of Back.Order
}

// Exchanged says what an exchange came to. It stands in the entry that pays for the sale.
type Exchanged struct {
	Return ReturnID
	Order  OrderID // whose goods came back
	Credit int64   // what they were worth
	Moved  int64   // of it, what pays for the sale
	Back   int64   // of it, what the customer gets back
	Coins  int64   // what that comes to in hand: of cash, as its coins can pay it

	Receipt Receipt // that names it
}

func (*Exchange) request() {}

func (r *Exchange) check() error {
	if _, err := ParseTill(string(r.Till)); err != nil {
		return err
	}
	o := &r.Sale.Order
	switch {
	case r.Back.Order == "":
		return &FormError{Field: "order", Why: "is missing: an exchange is of goods that an order sold. Without a receipt take them back by themselves"}
	case r.Back.Order == o.ID:
		return &FormError{Field: "order", Why: "is the order that is sold"}
	case o.Fulfil != Take || o.Shortage != Refuse || o.Draft != nil || r.Sale.AskHQ:
		return &FormError{Field: "sale", Why: "is not taken along: order what is to be collected or sent by itself"}
	case r.Reason == "":
		return &FormError{Field: "reason", Why: "is missing: say why goods are exchanged"}
	case r.Credit < 0 || r.Credit > AmountMax:
		return CheckAmount("credit", r.Credit)
	case r.Total < 0 || r.Total > AmountMax:
		return CheckAmount("total", r.Total)
	case len(r.Tenders) > TendersMax || len(r.Refunds) > TendersMax:
		return &FormError{Field: "tenders", Why: fmt.Sprintf("are more than the %d that one order is paid with", TendersMax)}
	}
	if err := checkMoneyText("reason", r.Reason); err != nil {
		return err
	}
	return checkMoneyText("by", r.By)
}

// exchange decides the return and the sale on the state as it is, and writes neither; works out what crosses, is paid and given back; and writes all of
// them then. Whichever says no says it alone, as it would by itself, and is remembered.
func (d *decision) exchange(r *Exchange) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	trial := &decision{s: d.s, now: d.now, trial: true}
	try := r.Sale
	try.Order = *r.Sale.Order.Clone()
	sold := trial.place(&try)
	if trial.no != nil {
		return Outcome{Err: trial.no}
	}
	if sold.Err != nil || sold.Entry.Kind != KindPlaced {
		r.Sale.Meta = r.Meta
		return d.place(&r.Sale)
	}
	back := trial.takeBack(&r.Back)
	if trial.no != nil {
		return Outcome{Err: trial.no}
	}
	if back.Err != nil {
		r.Back.Meta = r.Meta
		return d.takeBack(&r.Back)
	}
	v := &exchanging{r: r, drawer: d.s.takings.drawers[r.Till]}
	if out, no := v.work(d, &sold.Entry.Body.(*OrderBody).Order, back.Entry.Body.(*ReturnBody).Order); no {
		return out
	}
	r.Sale.Meta, r.Back.Meta = r.Meta.who(), r.Meta.who()
	for _, decide := range []func() Outcome{func() Outcome { return d.place(&r.Sale) }, func() Outcome { return d.takeBack(&r.Back) }} {
		if out := decide(); out.Err != nil {
			panic("ledger: half of an exchange does not fit: " + out.Err.Error())
		}
	}
	if len(v.from.Moves) > 0 {
		d.write(&Entry{Kind: KindTendered, Ref: string(v.from.Payments.Order), Body: v.from}, r.Meta.who())
	}
	return Outcome{Entry: d.write(&Entry{Kind: KindTendered, Ref: string(v.to.Payments.Order), Body: v.to}, r.Meta)}
}

// exchanging is what an exchange does with money: from the order whose goods come back, to the one that is sold.
type exchanging struct {
	r        *Exchange
	drawer   *Drawer
	from, to *TenderBody
}

// work makes both bodies, or gives what is answered instead. of is the order whose goods come back, as it stands then; nil where this book has it not.
func (v *exchanging) work(d *decision, sale, of *Order) (out Outcome, no bool) {
	r, t := v.r, d.s.takings
	begin := func(doc Payments) *TenderBody {
		return &TenderBody{Act: TenderExchange, Reason: r.Reason, By: r.By, Currency: t.currency, Day: t.day.Number, Payments: doc}
	}
	v.to = begin(Payments{Order: sale.ID, Total: r.Total})
	if v.drawer == nil {
		v.to.Till = r.Till
		return d.refuseTender(v.to, RefusedNoDrawer, r.Meta), true
	}
	if r.doc == nil {
		return Outcome{Err: ErrNothingPaid}, true
	}
	v.from = begin(*r.doc.Clone())
	if of != nil {
		v.from.Of = of.paid()
	}
	if err := v.to.totalOf(sale, r.Total); err != nil {
		return Outcome{Err: err}, true
	}
	credit, err := r.credit(of)
	if err != nil {
		return Outcome{Err: err}, true
	}
	v.to.Exchange = &Exchanged{Return: r.Back.ID, Order: r.Back.Order, Credit: credit}
	v.cross(d.s.Site, min(credit, v.to.Payments.Total), credit)
	if err := v.name(credit - v.to.Exchange.Moved); err != nil {
		return Outcome{Err: err}, true
	}
	for _, step := range []func(*decision) (*TenderBody, Refusal, error){v.giveBack, v.pay} {
		b, no, err := step(d)
		if err != nil {
			return Outcome{Err: err}, true
		}
		if no != "" {
			b.Till, b.Moves, b.Receipt, b.Exchange = r.Till, nil, Receipt{}, nil
			return d.refuseTender(b, no, r.Meta), true
		}
	}
	return Outcome{}, false
}

// credit is what the goods that come back are worth: what was paid beyond what is to be paid for what the customer keeps.
func (r *Exchange) credit(of *Order) (int64, error) {
	worth := r.doc.Paid()
	if of != nil && of.Priced() {
		if sum := of.ToPay(); sum.Unpriced == 0 {
			worth = max(0, worth-sum.Total())
			if r.Credit == 0 {
				return worth, nil
			}
		}
	}
	switch {
	case r.Credit == 0:
		return 0, &FormError{Field: "credit", Why: "is missing: this book does not know what the goods that come back cost. Say what they are worth, as the receipt has it"}
	case r.Credit > worth:
		return 0, &FormError{Field: "credit", Why: fmt.Sprintf("is %d; no more than %d was paid here for what comes back", r.Credit, worth)}
	}
	return r.Credit, nil
}

// cross moves what pays for the sale from the one order to the other, tender by tender. Of cash the coins cross that a refund would have paid, and bring
// what they pay of the sale: so no coin is made or lost, and a remainder that has none stays where it is. Of the order no more crosses than credit, what came
// back is worth, whatever its coins bring.
func (v *exchanging) cross(site SiteID, want, credit int64) {
	p, q, claim := &v.from.Payments, &v.to.Payments, ClaimID(v.to.Payments.Order)
	for i := range p.Tenders {
		t := &p.Tenders[i]
		was, left := *t, min(want, credit-v.to.Exchange.Moved, t.Amount-t.Refunded)
		if left < 1 || t.Risk != "" || len(q.Tenders) >= TendersMax || len(p.Repayments) >= RepaymentsMax {
			continue
		}
		t.Refunded += left
		coins := t.PaidBack() - was.PaidBack()
		n := Tender{Kind: t.Kind, Amount: left, Step: t.Step, Ref: t.Ref, Claim: claim, From: site}
		if n.Taken() != coins {
			n.Amount = coins
		}
		if coins < 1 || n.Amount > want {
			*t = was
			continue
		}
		if t.Kind == TenderCash {
			n.Given = n.Taken()
		}
		want, v.to.Exchange.Moved = want-n.Amount, v.to.Exchange.Moved+left
		p.Repayments = append(p.Repayments, Repayment{Tender: i + 1, Amount: left, To: site, Claim: claim})
		v.from.Moves = append(v.from.Moves, TenderMove{Tender: i + 1, Refund: true, Across: true, Amount: left})
		q.Tenders = append(q.Tenders, n)
		v.to.Moves = append(v.to.Moves, TenderMove{Tender: len(q.Tenders), Across: true, Amount: n.Amount})
	}
}

// name says of the refund whose amount was left out how much it is, and refuses those that are not the difference.
func (v *exchanging) name(rest int64) error {
	if v.to.Payments.Due() > 0 {
		rest = 0 // coins that cannot cross are the customer's to pay and have been paid
	}
	open, named := -1, int64(0)
	for i := range v.r.Refunds {
		if named += v.r.Refunds[i].Amount; v.r.Refunds[i].Amount == 0 {
			open = i
		}
	}
	if open >= 0 && named < rest {
		v.r.Refunds[open].Amount, named = rest-named, rest
	}
	switch {
	case named == rest && (open < 0 || rest > 0):
		return nil
	case rest == 0:
		return &FormError{Field: "refund", Why: "is not due: the goods that are sold cost as much as those that came back, or more"}
	default:
		return &FormError{Field: "refund", Why: fmt.Sprintf("is of %d minor units, and %d are to be given back: say of which tenders of the order", named, rest)}
	}
}

// giveBack gives the customer what the goods that came back were worth beyond those that are sold.
func (v *exchanging) giveBack(d *decision) (*TenderBody, Refusal, error) {
	b, r := v.from, &Refund{Meta: v.r.Meta, Order: v.r.Back.Order, Till: v.r.Till, Reason: v.r.Reason, Moves: v.r.Refunds}
	if len(r.Moves) > 0 {
		if err := r.check(); err != nil {
			return b, "", err
		}
		if err := r.checkMoves(&b.Payments); err != nil {
			return b, "", err
		}
		b.in(v.drawer)
		was := b.Payments.paidBack()
		if no := b.repay(r, v.drawer, d.s.nextReceipt(r.Till)); no != "" {
			b.Payments = *v.r.doc
			return b, no, nil
		}
		v.to.Exchange.Coins, v.to.Exchange.Receipt = b.Payments.paidBack()-was, b.Receipt
		if no := d.s.useAssets(b); no != "" {
			b.Payments = *v.r.doc
			return b, no, nil
		}
		for _, m := range b.Moves {
			if !m.Across {
				v.to.Exchange.Back += m.Amount
			}
		}
	} else if len(b.Moves) > 0 {
		b.Payments.Version++
	}
	if b.Payments.Version > PaidVersionsMax || len(b.Payments.Repayments) > RepaymentsMax {
		return b, "", &FormError{Field: "order", Why: fmt.Sprintf("has been given back of as often as one order can be: %d times. Take the goods back and sell the others, each by itself", RepaymentsMax)}
	}
	return b, "", b.post(d.s)
}

// pay takes from the customer what the sale costs beyond what crossed.
func (v *exchanging) pay(d *decision) (*TenderBody, Refusal, error) {
	b, r := v.to, &Pay{Meta: v.r.Meta, Order: v.to.Payments.Order, Till: v.r.Till, Tenders: v.r.Tenders}
	if len(r.Tenders) == 0 {
		if b.Payments.Due() > 0 {
			b.Have, b.Payments = b.Payments.Due(), Payments{Order: b.Payments.Order, Total: b.Payments.Total}
			return b, RefusedPartPaid, nil
		}
		b.Payments.Version++
		return b, "", b.post(d.s)
	}
	if err := r.check(); err != nil {
		return b, "", err
	}
	if err := r.accounts(&v.r.Sale.Order); err != nil {
		return b, "", err
	}
	b.in(v.drawer)
	no := b.take(r, v.drawer, d.s.nextReceipt(r.Till))
	if no == "" {
		no = d.s.useAssets(b)
	}
	if no != "" {
		b.Payments = Payments{Order: b.Payments.Order, Total: b.Payments.Total}
		return b, no, nil
	}
	return b, "", b.post(d.s)
}

// in has the body say in which session of the drawer money moves.
func (b *TenderBody) in(drawer *Drawer) {
	b.Till, b.Session, b.Opened = drawer.Till, drawer.Session, drawer.Epoch
}

// post posts what the body says.
func (b *TenderBody) post(s *State) error {
	list, err := b.money(MoneyDrawer, b.Till)
	if err == nil {
		err = s.takings.roomFor(list, b.Till)
	}
	b.Money = list
	return err
}

// foldExchange takes up what crosses from one order to another, and what is paid or given back with it in the drawer that is open.
func (s *State) foldExchange(e *Entry, b *TenderBody) error {
	if err := b.sound(); err != nil {
		return err
	}
	cash := false
	for _, m := range b.Moves {
		t := &b.Payments.Tenders[m.Tender-1]
		if m.Refund != b.Moves[0].Refund || m.Over != 0 || m.Settle || m.Across && !m.Refund && t.From != s.Site {
			return fmt.Errorf("order %s: an exchange moves tender %d the other way", b.Payments.Order, m.Tender)
		}
		cash = cash || !m.Across
	}
	switch {
	case len(b.Moves) == 0:
		return fmt.Errorf("order %s: an exchange moves nothing", b.Payments.Order)
	case !cash && (b.Till != "" || b.Receipt != Receipt{}):
		return fmt.Errorf("order %s: an exchange that pays nothing has receipt %s", b.Payments.Order, b.Receipt)
	case cash && (!b.at(s.takings.drawers[b.Till]) || b.Receipt != s.nextReceipt(b.Till)):
		return fmt.Errorf("receipt %s does not follow %d, or session %d of till %s is not open", b.Receipt, s.takings.series[b.Till], b.Session, b.Till)
	case cash:
		s.takings.series[b.Till] = b.Receipt.Number
	}
	return s.foldPaid(e, b)
}
