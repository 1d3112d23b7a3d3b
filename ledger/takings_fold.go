package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// money decides a request about money.
func (d *decision) money(req Request) (out Outcome) {
	switch r := req.(type) {
	case *ActOnDrawer:
		out = d.actOnDrawer(r)
	case *Pay:
		out = d.pay(r)
	case *Refund:
		out = d.refund(r)
	case *AskRefund:
		out = d.askRefund(r)
	case *Exchange:
		out = d.exchange(r)
	case *EndDay:
		out = d.endDay(r)
	}
	return out
}

// newSeries begins the series of receipts anew: a new epoch has begun.
func (s *State) newSeries() {
	if s.takings.written > 0 {
		clear(s.takings.series)
		s.wroteMoney()
	}
}

// wroteMoney takes down that an entry has changed the money of the site.
func (s *State) wroteMoney() {
	s.takings.written++
	if !s.lean {
		s.dirty.takings = true
	}
}

// foldDrawer takes up what an entry says of a drawer. What its act comes to is worked out anew.
func (s *State) foldDrawer(e *Entry, b *DrawerBody) error {
	if string(b.Drawer.Till) != e.Ref {
		return fmt.Errorf("it is about till %s, and holds the drawer of %s", e.Ref, b.Drawer.Till)
	}
	if b.Refusal != "" {
		return nil
	}
	t := s.takings
	was := t.drawers[b.Drawer.Till]
	if !b.Act.possible(was != nil) {
		return fmt.Errorf("%s of drawer %s, which is open: %t", b.Act, b.Drawer.Till, was != nil)
	}
	d := &b.Drawer
	if b.Act == DrawerOpen && (d.Session != t.sessions[d.Till]+1 || d.Epoch != s.Epoch || *d != Drawer{Till: d.Till, Epoch: d.Epoch, Session: d.Session, Step: d.Step, Opened: d.Opened, Float: b.Amount}) {
		return fmt.Errorf("session %d of drawer %s does not follow %d", b.Drawer.Session, b.Drawer.Till, t.sessions[b.Drawer.Till])
	}
	expected := int64(0)
	if was != nil {
		expected = was.Expected()
	}
	if b.act(was) != b.Drawer {
		return fmt.Errorf("drawer %s is not what was done with it", b.Drawer.Till)
	}
	if !slices.Equal(b.money(MoneyDrawer, b.Drawer.Till, expected), purse(b.Money)) {
		return fmt.Errorf("drawer %s: money is not posted as it moved", b.Drawer.Till)
	}
	return s.keepDrawer(e, b)
}

// keepDrawer stores a session as it now stands, and posts what the entry says.
func (s *State) keepDrawer(e *Entry, b *DrawerBody) error {
	t, d := s.takings, b.Drawer
	if err := d.check(); err != nil {
		return err
	}
	if t.currency == "" {
		t.currency = b.Currency
	}
	if b.Currency != t.currency || !isCurrency(b.Currency) {
		return fmt.Errorf("money of %q, the site takes %q", b.Currency, t.currency)
	}
	t.sessions[d.Till] = max(t.sessions[d.Till], d.Session)
	if d.Closed {
		delete(t.drawers, d.Till)
	} else {
		t.drawers[d.Till] = &d
	}
	return s.posted(e, b.Money)
}

// posted brings what an entry posts to the accounts and the day, and holds them against one another.
func (s *State) posted(e *Entry, list []MoneyPosting) error {
	t := s.takings
	if day := e.day(); day != t.day.Number {
		return fmt.Errorf("it counts in day %d, while day %d lasts", day, t.day.Number)
	}
	if err := t.post(list); err != nil {
		return err
	}
	t.day.Add(e)
	s.wroteMoney()
	return t.check()
}

// foldTender takes up what an entry says of what an order was paid with. What it moves is worked out anew.
func (s *State) foldTender(e *Entry, b *TenderBody) error {
	if string(b.Payments.Order) != e.Ref {
		return fmt.Errorf("it is about order %s, and holds payments of %s", e.Ref, b.Payments.Order)
	}
	if b.Refusal != "" {
		return nil
	}
	if b.Act == TenderClaim {
		if len(b.Moves)+len(b.Money) > 0 || b.Claim == nil || b.Currency != s.takings.currency {
			return fmt.Errorf("order %s: a claim moves money", b.Payments.Order)
		}
		return s.keepTender(e, b)
	}
	if b.Act == TenderExchange {
		return s.foldExchange(e, b)
	}
	d := s.takings.drawers[b.Till]
	if !b.at(d) {
		return fmt.Errorf("session %d of till %s is not open", b.Session, b.Till)
	}
	if b.Receipt != s.nextReceipt(b.Till) {
		return fmt.Errorf("receipt %s does not follow %d", b.Receipt, s.takings.series[b.Till])
	}
	if err := b.sound(); err != nil {
		return err
	}
	for _, m := range b.Moves {
		if m.Refund != (b.Act == TenderRefund) && b.Act != TenderRisk || m.Over != 0 || m.Across || m.Settle || b.Act > TenderRefund && b.Act != TenderRisk {
			return fmt.Errorf("order %s: a %s moves tender %d the other way", b.Payments.Order, b.Act, m.Tender)
		}
	}
	if len(b.Moves) == 0 {
		return fmt.Errorf("order %s: a %s moves nothing", b.Payments.Order, b.Act)
	}
	s.takings.series[b.Till] = b.Receipt.Number
	return s.foldPaid(e, b)
}

// foldPaid takes up what moved, with what it has to post worked out anew.
func (s *State) foldPaid(e *Entry, b *TenderBody) error {
	list, err := b.money(MoneyDrawer, b.Till)
	if err != nil {
		return err
	}
	if !slices.Equal(list, purse(b.Money)) {
		return fmt.Errorf("order %s: money is not posted as it moved", b.Payments.Order)
	}
	if err := s.foldAssets(b.assetMoves(), false); err != nil {
		return err
	}
	return s.keepTender(e, b)
}

// at says whether a session that is open, nil where none is, is the one that the entry names.
func (b *TenderBody) at(open *Drawer) bool {
	return open != nil && open.Session == b.Session && open.Epoch == b.Opened
}

// sound says whether payments are ones that some book has written, and the entry moved some of them.
func (b *TenderBody) sound() error {
	if b.Act < TenderPay || b.Act > TenderExchange || len(b.Moves) > livesMax*(TendersMax+RepaymentsMax) {
		return fmt.Errorf("order %s: act %d of %d tenders", b.Payments.Order, b.Act, len(b.Moves))
	}
	if len(b.Moves) == 0 {
		return nil // told late, and known
	}
	if err := b.Payments.check(); err != nil {
		return err
	}
	_, err := b.before(nil)
	return err
}

// keepTender counts what was taken or given back in the session that is open, if it is this one, and posts it.
func (s *State) keepTender(e *Entry, b *TenderBody) error {
	t := s.takings
	if b.Currency != t.currency {
		return fmt.Errorf("money of %q, the site takes %q", b.Currency, t.currency)
	}
	if b.Claim != nil {
		t.keepClaim(b.Claim)
		s.dirty.claims = s.Seq + 1
	}
	if open := t.drawers[b.Till]; b.at(open) && len(b.Moves) > 0 {
		d := *open
		d.Receipts++
		for _, p := range b.Money {
			switch {
			case p.Kind == MoneyDrawer && p.Amount < 0:
				d.Refunded -= p.Amount
			case p.Kind == MoneyDrawer:
				d.Sales += p.Amount
			case p.Kind == MoneyCard && p.Amount < 0:
				d.CardRefunded -= p.Amount
			case p.Kind == MoneyCard:
				d.Cards += p.Amount
			}
		}
		if err := d.check(); err != nil {
			return err
		}
		t.drawers[b.Till] = &d
	}
	return s.posted(e, b.Money)
}

// foldDay ends the day that the entry says, whose figures have to be what its entries add up to.
func (s *State) foldDay(b *DayBody) error {
	if b.Refusal != "" {
		return nil
	}
	t := s.takings
	if len(t.drawers) > 0 {
		return fmt.Errorf("day %d ends while %d drawers are open", b.Day.Number, len(t.drawers))
	}
	if !b.Day.Same(&t.day) {
		return fmt.Errorf("day %d is not what its entries add up to", b.Day.Number)
	}
	t.day = Day{Number: t.day.Number + 1}
	s.wroteMoney()
	return nil
}

// moneyErr gives the refusal that an entry about money records; ok is false where it is about none.
func (e *Entry) moneyErr() (err error, ok bool) {
	switch b := e.Body.(type) {
	case *TenderBody:
		return b.err(), true
	case *DrawerBody:
		return b.err(), true
	case *DayBody:
		return b.err(), true
	default:
		return nil, false
	}
}

// besideMoney is the key that an entry about money answers beside its own; zero where it answers none.
func (e *Entry) besideMoney() Digest {
	if b, ok := e.Body.(*DayBody); ok && b.Refusal == "" {
		return KeyOfDay(b.Day.Number)
	}
	t, d := e.money()
	switch {
	case t != nil && t.Refusal == "" && len(t.Moves) > 0:
		return KeyOfPayments(t.Payments.Order, t.Payments.Version)
	case d != nil && d.Refusal == "" && d.Act == DrawerOpen:
		return KeyOfDrawer(d.Drawer.Till, d.Drawer.Epoch, d.Drawer.Session, false)
	case d != nil && d.Refusal == "" && d.Drawer.Closed:
		return KeyOfDrawer(d.Drawer.Till, d.Drawer.Epoch, d.Drawer.Session, true)
	default:
		return Digest{}
	}
}

// besideWhat names for people what an entry answers beside its own key.
func (e *Entry) besideWhat() string {
	if t := e.heldTransfer(); t != nil {
		return "transfer " + string(t.ID)
	}
	if b := e.heldAssetCharge(); b != nil {
		return "what " + e.Ref + " charged to " + string(b.Asset)
	}
	if p := e.heldPurchase(); p != nil {
		return fmt.Sprintf("version %d of purchase order %s", p.Version, p.Order.Reference)
	}
	if c := e.boxes(); len(c) > 0 {
		return "a carton of " + string(e.partOf())
	}
	t, d := e.money()
	switch {
	case t != nil:
		return fmt.Sprintf("version %d of the payments of order %s", t.Payments.Version, t.Payments.Order)
	case d != nil:
		return fmt.Sprintf("session %d of drawer %s", d.Drawer.Session, d.Drawer.Till)
	default:
		return e.Ref
	}
}

// day is the one that an entry of money counts in; 0 of any other.
func (e *Entry) day() uint64 {
	switch t, d := e.money(); {
	case t != nil:
		return t.Day
	case d != nil:
		return d.Day
	default:
		return 0
	}
}

// TradingDay gives the number of the day that an entry of money counts in, and its currency; ok is false where it moved none.
func (e *Entry) TradingDay() (number uint64, currency string, ok bool) {
	switch t, d := e.money(); {
	case t != nil && t.Refusal == "":
		return t.Day, t.Currency, true
	case d != nil && d.Refusal == "":
		return d.Day, d.Currency, true
	default:
		return 0, "", false
	}
}

// Tendered gives what an entry says of the money of an order; ok is false where it says nothing of it.
func (e *Entry) Tendered() (b *TenderBody, ok bool) {
	b, _ = e.money()
	return b, b != nil
}

// Overpaid says how much an entry told late gave back beyond what had been paid, for an order; 0 where it gave back no more.
func (e *Entry) Overpaid() (id OrderID, over int64) {
	t, _ := e.money()
	if t == nil || t.Refusal != "" {
		return "", 0
	}
	for _, m := range t.Moves {
		if !t.Payments.Tenders[m.Tender-1].Kind.usesAsset() { // else what both have released is released once
			over += m.Over
		}
	}
	return t.Payments.Order, over
}

// MoneyFits says whether what an entry says of money is what some book has written: another machine's word is held against this before anything is
// made of it.
func (e *Entry) MoneyFits() error {
	t, d := e.money()
	switch {
	case t != nil && t.Refusal == "":
		if err := t.sound(); err != nil {
			return err
		}
		if !isCurrency(t.Currency) {
			return fmt.Errorf("money of %q", t.Currency)
		}
		return balanced(t.Money)
	case d != nil && d.Refusal == "":
		if err := d.Drawer.check(); err != nil {
			return err
		}
		if !isCurrency(d.Currency) || d.Amount < 0 || d.Amount > AmountMax {
			return fmt.Errorf("%d of money of %q", d.Amount, d.Currency)
		}
		return balanced(d.Money)
	}
	if b, ok := e.Body.(*DayBody); ok && b.Refusal == "" {
		if b.Currency != "" && !isCurrency(b.Currency) {
			return fmt.Errorf("money of %q", b.Currency)
		}
		return b.Day.check()
	}
	return nil
}

// sumOfPayments is a number made of how payments stand, but for their total: never 0.
func sumOfPayments(p *Payments) Seq {
	c := *p
	c.Total = 0
	d := DigestOf(marshalPayments(&c))
	return Seq(binary.BigEndian.Uint64(d[:])>>1 | 1)
}

// paid checks that an entry goes on with the payments of its order as the one before left them: an auditor keeps a number for
// each order that money moved for.
func (a *Auditor) paid(e *Entry) error {
	t, _ := e.money()
	if t == nil || t.Refusal != "" || len(t.Moves) == 0 {
		return nil
	}
	if err := t.sound(); err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	was, err := t.before(nil)
	if err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	want := Seq(0)
	if was.Version > 0 {
		want = sumOfPayments(was)
	}
	if a.moneys.swap(DigestOf([]byte(t.Payments.Order)), sumOfPayments(&t.Payments)) != want {
		return fmt.Errorf("entry %d does not go on with the payments of order %s as they stood", e.Seq, t.Payments.Order)
	}
	return nil
}

// recallMoney loads into a request the payments that it is about. ok is false of any other request.
func (c *Core) recallMoney(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *Pay:
		r.doc, err = c.paymentsOf(r.Order)
		return false, err // the order is looked for, too
	case *Refund:
		r.doc, err = c.paymentsOf(r.Order)
		return false, err
	case *Exchange:
		if r.doc, err = c.paymentsOf(r.Back.Order); err == nil {
			err = c.recallOrder(r.Sale.Order.ID)
		}
		return false, err
	case *AskRefund:
		r.doc, err = c.paymentsOf(r.Order)
		return false, err
	case *Obey:
		if r.paid = nil; r.Command.Kind == CommandRefund {
			r.paid, err = c.paymentsOf(r.Command.Order)
		}
		return false, err // its id has to be looked for, too
	case *fact:
		switch {
		case r.tender != nil:
			if r.paid, err = c.paymentsOf(r.tender.Payments.Order); err == nil {
				_, r.session, err = c.answered(KeyOfDrawer(r.tender.Till, r.tender.Opened, r.tender.Session, false))
			}
		case r.drawer != nil:
			d := &r.drawer.Drawer
			_, r.session, err = c.answered(KeyOfDrawer(d.Till, d.Epoch, d.Session, false))
		default:
			return false, nil
		}
	case *ActOnDrawer, *EndDay:
	default:
		return false, nil
	}
	return true, err
}

// paymentsOf gives the payments of an order as the last entry about them left them; nil where there are none.
func (c *Core) paymentsOf(id OrderID) (*Payments, error) {
	_, seq, err := lastVersion(func(version uint64) (Seq, error) {
		ref, _, err := c.answered(KeyOfPayments(id, version))
		return ref.Seq, err
	})
	if seq == 0 || err != nil {
		return nil, err
	}
	e, err := c.entry(seq)
	if err != nil {
		return nil, err
	}
	return e.heldPayments(id)
}

// heldPayments gives the payments of an order that e holds.
func (e *Entry) heldPayments(id OrderID) (*Payments, error) {
	if t, _ := e.money(); t != nil && t.Refusal == "" && t.Payments.Order == id {
		return &t.Payments, nil
	}
	return nil, &DamageError{Where: fmt.Sprintf("payments of order %s", id), Why: fmt.Sprintf("entry %d does not hold them", e.Seq)}
}

// lastVersion gives the last version there is and its entry, 0 where there is none. There is one of each up to the last: so few
// are looked for.
func lastVersion(entryOf func(version uint64) (Seq, error)) (version uint64, last Seq, err error) {
	lo, step := uint64(0), uint64(1) // there is a version lo, or lo is 0
	for ; step > 0; step *= 2 {
		seq, err := entryOf(lo + step)
		if err != nil {
			return 0, 0, err
		}
		if seq == 0 {
			break
		}
		lo, last = lo+step, seq
	}
	for step /= 2; step > 0; step /= 2 {
		seq, err := entryOf(lo + step)
		if err != nil {
			return 0, 0, err
		}
		if seq != 0 {
			lo, last = lo+step, seq
		}
	}
	return lo, last, nil
}
