package ledger

import (
	"fmt"
	"slices"
)

// toldMoney says whether a fact about money moved any.
func (f *fact) toldMoney() bool {
	return f.tender != nil && f.tender.Refusal == "" && len(f.tender.Payments.Tenders) > 0 || f.drawer != nil && f.drawer.Refusal == ""
}

// checkMoney refuses what no book has written about money.
func (f *fact) checkMoney() error {
	var err error
	till, currency := TillID(""), ""
	switch {
	case f.tender != nil:
		if err = f.tender.Payments.check(); err == nil {
			err = checkMoneyText("reason", f.tender.Reason)
		}
		if _, bad := ParseOrderID(string(f.tender.Payments.Order)); bad != nil || f.ref != string(f.tender.Payments.Order) {
			err = &FormError{Field: "order", Why: "is no order's id"}
		}
		till, currency = f.tender.Till, f.tender.Currency
	default:
		session, amount := &f.drawer.Drawer, f.drawer.Amount
		if err = session.check(); err == nil && (amount < 0 || amount > AmountMax) {
			err = CheckAmount("amount", amount)
		}
		if err == nil && f.drawer.Act == DrawerOpen && (session.Float != amount || session.Expected() != amount) {
			err = &FormError{Field: "amount", Why: fmt.Sprintf("is %d, and the session began with %d", amount, session.Float)}
		}
		if err == nil {
			err = checkMoneyText("reason", f.drawer.Reason)
		}
		till, currency = f.drawer.Drawer.Till, f.drawer.Currency
	}
	crosses := f.tender != nil && f.tender.Act == TenderExchange && f.tender.crosses() // by no till: nothing was paid or given back in it
	if _, bad := ParseTill(string(till)); err == nil && bad != nil && (till != "" || !crosses) {
		err = bad
	}
	if err == nil && !isCurrency(currency) {
		err = &FormError{Field: "currency", Why: "is not three upper-case letters"}
	}
	if err != nil {
		return &FormError{Field: "money", Why: "does not add up: " + err.Error()}
	}
	return nil
}

// crosses says whether all that the entry moves goes from one order, or book, to another.
func (b *TenderBody) crosses() bool {
	return !slices.ContainsFunc(b.Moves, func(m TenderMove) bool { return !m.Across })
}

// lateCash says where cash of a fact told late is booked. In the drawer, while its session is open in this life too. A session that
// this life has closed was counted with that cash in it, so the count has shown it as a difference. A session that this life has never heard
// of was not counted in it: the cash is in the house.
func (d *decision) lateCash(f *fact, open bool) MoneyKind {
	switch {
	case open:
		return MoneyDrawer
	case f.session:
		return MoneyDifference
	default:
		return MoneySafe
	}
}

// lateTender records what was taken, or given back, while the book was another one. Nobody can be asked to pay again, or to bring back
// what was given: so it is never refused. The payments as that life left them are joined to those that this one knows, so in whatever order
// facts are told they come to the same.
func (d *decision) lateTender(f *fact) Outcome {
	told, t := f.tender, d.s.takings
	if t.currency != "" && told.Currency != t.currency {
		return Outcome{Err: &FormError{Field: "currency", Why: fmt.Sprintf("is %s; the tills of this site take %s", told.Currency, t.currency)}}
	}
	b := &TenderBody{Act: told.Act, Till: told.Till, Session: told.Session, Opened: told.Opened, Receipt: told.Receipt, Deposit: told.Deposit,
		Reason: told.Reason, By: told.By, Exchange: told.Exchange, Of: told.Of, Currency: told.Currency, Day: t.day.Number, Payments: Payments{Order: told.Payments.Order}}
	if f.paid != nil {
		b.Payments = *f.paid.Clone()
	}
	if f.paid == nil {
		b.Payments.For = told.Payments.For
	}
	if told.Act == TenderRisk { // head office has to ask the owner
		b.Claim = told.Claim
	}
	if b.join(d.s.Site, &told.Payments); len(b.Moves) > 0 {
		b.Payments.Version++
	}
	b.bookAssets(d.s, true)
	open := t.drawers[told.Till]
	cash, till := d.lateCash(f, told.at(open)), TillID("")
	if cash == MoneyDrawer {
		till = told.Till
	}
	list, err := b.money(cash, till)
	if err == nil && cash == MoneyDrawer {
		list = list.atLeast(open)
	}
	if err == nil {
		err = t.roomFor(list, told.Till)
	}
	if err != nil {
		return Outcome{Err: err}
	}
	b.Money = list
	return d.recordMoney(f, &LateBody{Tender: b})
}

// join adds to the body's payments what told has and they have not: tenders, and what was given back of them, each by its request, or its receipt, and its
// place in that. What two lives have given back of one tender may be more than it brought: what is beyond is Over.
func (b *TenderBody) join(site SiteID, told *Payments) {
	p := &b.Payments
	p.Total = max(p.Total, told.Total)
	at := make([]int, len(told.Tenders)) // where they stand here, from 1
	for i := range told.Tenders {
		if at[i] = p.same(told, i+1); at[i] > 0 {
			continue
		}
		t := told.Tenders[i]
		t.Refunded, t.Settled = 0, 0
		p.Tenders = append(p.Tenders, t)
		at[i] = len(p.Tenders)
		b.Moves = append(b.Moves, TenderMove{Tender: at[i], Amount: t.Amount, Across: t.From != ""})
	}
	for i := range told.Repayments {
		back := told.Repayments[i]
		back.Tender = at[back.Tender-1]
		if slices.ContainsFunc(p.Repayments, func(have Repayment) bool {
			return have.Tender == back.Tender && have.alike(&back)
		}) {
			continue
		}
		t := &p.Tenders[back.Tender-1]
		sum := back.Amount + back.Over
		back.Amount = min(sum, t.Amount-t.Refunded)
		back.Over = sum - back.Amount
		t.Refunded += back.Amount
		p.Repayments = append(p.Repayments, back)
		b.Moves = append(b.Moves, TenderMove{Tender: back.Tender, Refund: true, Amount: back.Amount, Over: back.Over, Across: back.To != ""})
	}
	for _, i := range at {
		b.madeGood(site, i)
	}
	for i := range told.Tenders {
		if t := &p.Tenders[at[i]-1]; t.Settled < told.Tenders[i].Settled {
			b.Moves = append(b.Moves, TenderMove{Tender: at[i], Settle: true, Amount: told.Tenders[i].Settled - t.Settled})
			t.Settled = told.Tenders[i].Settled
		}
	}
}

// madeGood has what was paid at the company's risk, by a tender's number, made good by what the owner's answer brought, where this life had that before
// it was told of the payment: else the customer could be given both.
func (b *TenderBody) madeGood(site SiteID, number int) {
	p := &b.Payments
	risk := &p.Tenders[number-1]
	for i := range p.Tenders {
		t := &p.Tenders[i]
		q := min(t.Amount-t.Refunded, risk.Amount-risk.Settled)
		if risk.Risk == "" || t.From == "" || t.Claim != risk.Claim || q < 1 {
			continue
		}
		t.Refunded += q
		risk.Settled += q
		p.Repayments = append(p.Repayments, Repayment{Tender: i + 1, Amount: q, To: site, Claim: t.Claim})
		b.Moves = append(b.Moves, TenderMove{Tender: i + 1, Refund: true, Across: true, Amount: q}, TenderMove{Tender: number, Settle: true, Amount: q})
	}
}

// same finds the tender that another life's payments name by number: the one that was taken alike, and of its place among such. 0: none.
func (p *Payments) same(told *Payments, number int) int {
	want := &told.Tenders[number-1]
	place := 0
	for i := range number - 1 {
		if told.Tenders[i].alike(want) {
			place++
		}
	}
	for i := range p.Tenders {
		if p.Tenders[i].alike(want) {
			if place == 0 {
				return i + 1
			}
			place--
		}
	}
	return 0
}

// sameRequest says whether two lives of a book name one request by what they say of it. A receipt alone does not tell: of two copies of a book that both sell,
// each may have given its number.
func sameRequest(a, b Receipt, ofA, ofB Mark) bool {
	if ofA != 0 && ofB != 0 {
		return ofA == ofB
	}
	return a == b
}

// alike says whether a tender was taken as another was, in whichever life.
func (t *Tender) alike(o *Tender) bool {
	a, b := *t, *o
	for _, c := range []*Tender{&a, &b} {
		c.Refunded, c.Settled, c.Receipt, c.Mark = 0, 0, Receipt{}, 0
	}
	return a == b && sameRequest(t.Receipt, o.Receipt, t.Mark, o.Mark)
}

// alike says whether as much was given back by one request as by another.
func (r *Repayment) alike(o *Repayment) bool {
	return r.To == o.To && r.Claim == o.Claim && r.Amount+r.Over == o.Amount+o.Over && sameRequest(r.Receipt, o.Receipt, r.Mark, o.Mark)
}

// atLeast posts what a drawer has not as a difference.
func (p purse) atLeast(open *Drawer) purse {
	for _, m := range p {
		if m.Kind != MoneyDrawer {
			continue
		}
		if lacks := -(open.Expected() + m.Amount); lacks > 0 {
			p.add(MoneyDrawer, m.Till, lacks)
			p.add(MoneyDifference, "", -lacks)
		}
		break
	}
	return p
}

// lateDrawer records what was done with a drawer while the book was another one, as far as this life has that session. One that
// was opened there is opened here, where the till has no other. Of one that this life has not, what was paid in or out moved all the same;
// its float and its count are no more than cash that went from one place of the house to another.
func (d *decision) lateDrawer(f *fact) Outcome {
	told, t := f.drawer, d.s.takings
	if t.currency != "" && told.Currency != t.currency {
		return Outcome{Err: &FormError{Field: "currency", Why: fmt.Sprintf("is %s; the tills of this site take %s", told.Currency, t.currency)}}
	}
	b := &DrawerBody{Act: told.Act, Drawer: told.Drawer, Amount: told.Amount, Reason: told.Reason, By: told.By, Currency: told.Currency, Day: t.day.Number}
	open := t.drawers[told.Drawer.Till]
	here := open != nil && open.Session == told.Drawer.Session && open.Epoch == told.Drawer.Epoch
	opens := told.Act == DrawerOpen && open == nil && !f.session && told.Drawer.Session > t.sessions[told.Drawer.Till]
	if _, known := t.sessions[told.Drawer.Till]; !known && len(t.sessions) >= TillsMax {
		opens = false
	}
	cash, till, expected := d.lateCash(f, here || opens), TillID(""), int64(0)
	if here || opens {
		till = told.Drawer.Till
	}
	switch {
	case here && told.Act != DrawerOpen:
		expected = open.Expected()
		b.Drawer = b.act(open)
	case opens || told.Act == DrawerIn || told.Act == DrawerOut:
	default:
		b.Refusal = RefusedNoDrawer
		return d.recordMoney(f, &LateBody{Drawer: b})
	}
	list := b.money(cash, till, expected)
	if here && told.Act == DrawerOut && told.Amount > expected { // more than lies in it in this life
		b.Amount, b.Have = expected, told.Amount
		b.Drawer = b.act(open)
		list = b.money(cash, till, expected)
		list.add(MoneyPetty, "", told.Amount-expected)
		list.add(MoneyDifference, "", expected-told.Amount)
	}
	if err := t.roomFor(list, till); err != nil {
		return Outcome{Err: err}
	}
	b.Money = list
	return d.recordMoney(f, &LateBody{Drawer: b})
}

// recordMoney writes a fact about money.
func (d *decision) recordMoney(f *fact, b *LateBody) Outcome {
	return d.recordLate(f, b, d.s.taking(&moves{}))
}

// foldLateMoney takes up what a fact says of money.
func (s *State) foldLateMoney(e *Entry, b *LateBody) error {
	if t := b.Tender; t != nil {
		if err := t.sound(); err != nil {
			return err
		}
		if s.takings.currency == "" {
			s.takings.currency = t.Currency
		}
		return s.keepTender(e, t)
	}
	w := b.Drawer
	if w == nil || w.Refusal != "" {
		return nil
	}
	open := s.takings.drawers[w.Drawer.Till]
	same := open != nil && open.Session == w.Drawer.Session && open.Epoch == w.Drawer.Epoch
	switch {
	case w.Act == DrawerOpen && open != nil, w.Act == DrawerClose && !same:
		return fmt.Errorf("%s of session %d of drawer %s, which is open: %t", w.Act, w.Drawer.Session, w.Drawer.Till, same)
	case w.Act == DrawerOpen || same:
		return s.keepDrawer(e, w)
	}
	if s.takings.currency == "" {
		s.takings.currency = w.Currency
	}
	return s.posted(e, w.Money) // paid in or out in a session that this life has not
}
