package ledger

import (
	"math"
	"time"
)

// takingsVersion leads the stored bytes of the money of a site.
const takingsVersion = 1

// DayRowsMax bounds the postings of money of one entry, and the tenders and sums of a day.
const DayRowsMax = 16

func (w *rowWriter) receipt(r Receipt) {
	w.row(func() {
		w.name(string(r.Till))
		w.uint(uint64(r.Epoch))
		w.uint(r.Number)
	})
}

func (r *rowReader) receipt() (out Receipt) {
	r.row(0, func() { out = Receipt{Till: TillID(r.word()), Epoch: Epoch(r.uint()), Number: r.uint()} })
	return out
}

func (w *rowWriter) moneyPostings(list []MoneyPosting) {
	w.list(len(list), func(i int) {
		p := &list[i]
		w.row(func() {
			w.uint(uint64(p.Kind))
			w.int(p.Amount)
			w.name(string(p.Till))
		})
	})
}

func (r *rowReader) moneyPostings() (out []MoneyPosting) {
	r.list(DayRowsMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, MoneyPosting{Kind: MoneyKind(r.upTo(math.MaxUint8)), Amount: r.int(), Till: TillID(r.word())})
			})
		}
	})
	return out
}

// payments writes payments as a part of an entry that bears ref: the order is left out where it is ref.
func (w *rowWriter) payments(p *Payments, ref string) {
	w.row(func() {
		w.orderID(p.Order, OrderID(ref))
		w.uint(p.Version)
		w.int(p.Total)
		w.list(len(p.Tenders), func(i int) {
			t := &p.Tenders[i]
			w.row(func() {
				w.uint(uint64(t.Kind))
				w.int(t.Amount)
				w.receipt(t.Receipt)
				w.int(t.Given)
				w.int(t.Refunded)
				w.int(t.Step)
				w.str(t.Ref)
				w.id(string(t.Claim))
				w.word(string(t.From))
				w.str(string(t.Risk))
				w.int(t.Settled)
				w.uint(uint64(t.Mark))
			})
		})
		w.list(len(p.Repayments), func(i int) {
			b := &p.Repayments[i]
			w.row(func() {
				w.uint(uint64(b.Tender))
				w.int(b.Amount)
				w.receipt(b.Receipt)
				w.int(b.Over)
				w.word(string(b.To))
				w.id(string(b.Claim))
				w.uint(uint64(b.Mark))
			})
		})
		w.str(string(p.For))
	})
}

func (r *rowReader) payments(ref string) (p Payments) {
	r.row(0, func() {
		p.Order, p.Version, p.Total = r.orderID(OrderID(ref)), r.uint(), r.int()
		r.list(livesMax*TendersMax, func(n int) {
			for range n {
				r.row(0, func() {
					p.Tenders = append(p.Tenders, Tender{Kind: TenderKind(r.upTo(math.MaxUint8)), Amount: r.int(), Receipt: r.receipt(),
						Given: r.int(), Refunded: r.int(), Step: r.int(), Ref: r.str(),
						Claim: ClaimID(r.id()), From: SiteID(r.word()), Risk: AssetID(r.str()), Settled: r.int(), Mark: Mark(r.upTo(math.MaxUint32))})
				})
			}
		})
		r.list(livesMax*RepaymentsMax, func(n int) {
			for range n {
				r.row(0, func() {
					p.Repayments = append(p.Repayments, Repayment{Tender: int(r.upTo(math.MaxInt32)), Amount: r.int(), Receipt: r.receipt(), Over: r.int(), To: SiteID(r.word()), Claim: ClaimID(r.id()), Mark: Mark(r.upTo(math.MaxUint32))})
				})
			}
		})
		p.For = AssetID(r.str())
	})
	return p
}

// marshalPayments gives bytes that are the same of equal payments only.
func marshalPayments(p *Payments) []byte {
	w := rowWriter{}
	w.payments(p, "")
	return w.buf
}

// tenderBody writes the body of an entry that bears ref, the order's id.
func (w *rowWriter) tenderBody(v *TenderBody, ref string) {
	w.row(func() {
		w.uint(uint64(v.Act))
		w.payments(&v.Payments, ref)
		w.name(string(v.Till))
		w.uint(v.Session)
		w.receipt(v.Receipt)
		w.list(len(v.Moves), func(i int) {
			m := &v.Moves[i]
			w.row(func() {
				w.uint(uint64(m.Tender))
				w.int(m.Amount)
				w.bool(m.Refund)
				w.str(m.Ref)
				w.int(m.Over)
				w.int(int64(m.AssetOver))
				w.bool(m.Across)
				w.bool(m.Settle)
			})
		})
		w.moneyPostings(v.Money)
		w.word(v.Currency)
		w.uint(uint64(v.Opened))
		w.uint(v.Day)
		w.bool(v.Deposit)
		w.str(v.Reason)
		w.word(v.By)
		w.word(string(v.Refusal))
		w.uint(uint64(v.Tender))
		w.int(v.Want)
		w.int(v.Have)
		w.str(string(v.Short))
		w.row(func() {
			w.word(v.Of.Number)
			w.str(v.Of.External)
			w.word(string(v.Of.Channel))
			w.word(v.Of.Customer)
		})
		if v.Claim == nil {
			w.null()
		} else {
			w.moneyClaim(v.Claim)
		}
		if v.Exchange == nil {
			w.null()
		} else {
			w.exchanged(v.Exchange)
		}
	})
}

func (r *rowReader) tenderBody(ref string) *TenderBody {
	v := &TenderBody{}
	r.row(1, func() {
		v.Act, v.Payments = TenderAct(r.upTo(math.MaxUint8)), r.payments(ref)
		v.Till, v.Session, v.Receipt = TillID(r.word()), r.uint(), r.receipt()
		r.list(livesMax*(TendersMax+RepaymentsMax), func(n int) {
			for range n {
				r.row(0, func() {
					v.Moves = append(v.Moves, TenderMove{Tender: int(r.upTo(math.MaxInt32)), Amount: r.int(), Refund: r.bool(), Ref: r.str(), Over: r.int(), AssetOver: Qty(r.int()), Across: r.bool(), Settle: r.bool()})
				})
			}
		})
		v.Money, v.Currency, v.Opened, v.Day = r.moneyPostings(), r.word(), Epoch(r.uint()), r.uint()
		v.Deposit, v.Reason, v.By = r.bool(), r.str(), r.word()
		v.Refusal, v.Tender = Refusal(r.word()), int(r.upTo(math.MaxInt32))
		v.Want, v.Have, v.Short = r.int(), r.int(), AssetID(r.str())
		r.row(0, func() {
			v.Of = PaidOrder{Number: r.word(), External: r.str(), Channel: Channel(r.word()), Customer: r.word()}
		})
		if !r.null() {
			c := r.moneyClaim()
			v.Claim = &c
		}
		if !r.null() {
			v.Exchange = r.exchanged()
		}
	})
	return v
}

func (w *rowWriter) exchanged(x *Exchanged) {
	w.row(func() {
		w.id(string(x.Return))
		w.id(string(x.Order))
		w.int(x.Credit)
		w.int(x.Moved)
		w.int(x.Back)
		w.int(x.Coins)
		w.receipt(x.Receipt)
	})
	w.keep()
}

func (r *rowReader) exchanged() *Exchanged {
	x := &Exchanged{}
	r.row(0, func() {
		x.Return, x.Order, x.Credit, x.Moved, x.Back = ReturnID(r.id()), OrderID(r.id()), r.int(), r.int(), r.int()
		x.Coins, x.Receipt = r.int(), r.receipt()
	})
	return x
}

func (w *rowWriter) moneyClaim(c *MoneyClaim) {
	w.row(func() {
		w.id(string(c.ID))
		w.id(string(c.Order))
		w.int(c.Amount)
		w.bool(c.Risk)
		w.bool(c.Answered)
		w.int(c.Granted)
		w.word(string(c.Owner))
		w.bool(c.ByHand)
	})
	w.keep()
}

func (r *rowReader) moneyClaim() (c MoneyClaim) {
	r.row(0, func() {
		c = MoneyClaim{ID: ClaimID(r.id()), Order: OrderID(r.id()), Amount: r.int(), Risk: r.bool(), Answered: r.bool(), Granted: r.int(), Owner: SiteID(r.word()), ByHand: r.bool()}
	})
	return c
}

func (w *rowWriter) drawer(d *Drawer) {
	w.row(func() {
		w.name(string(d.Till))
		w.uint(uint64(d.Epoch))
		w.uint(d.Session)
		w.opened(d.Opened)
		w.bool(d.Closed)
		for _, n := range [...]int64{d.Step, d.Float, d.In, d.Out, d.Sales, d.Refunded, d.Cards, d.CardRefunded, d.Counted} {
			w.int(n)
		}
		w.uint(d.Receipts)
	})
}

func (r *rowReader) drawer() (d Drawer) {
	r.row(0, func() {
		d.Till, d.Epoch, d.Session, d.Opened, d.Closed = TillID(r.word()), Epoch(r.uint()), r.uint(), r.opened(), r.bool()
		for _, n := range [...]*int64{&d.Step, &d.Float, &d.In, &d.Out, &d.Sales, &d.Refunded, &d.Cards, &d.CardRefunded, &d.Counted} {
			*n = r.int()
		}
		d.Receipts = r.uint()
	})
	return d
}

// opened writes a moment in milliseconds; none is 0.
func (w *rowWriter) opened(t time.Time) {
	if t.IsZero() {
		w.int(0)
	} else {
		w.int(t.UnixMilli())
	}
}

func (r *rowReader) opened() time.Time {
	n := r.int()
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func (w *rowWriter) drawerBody(v *DrawerBody) {
	w.row(func() {
		w.uint(uint64(v.Act))
		w.drawer(&v.Drawer)
		w.int(v.Amount)
		w.moneyPostings(v.Money)
		w.word(v.Currency)
		w.uint(v.Day)
		w.str(v.Reason)
		w.word(v.By)
		w.word(string(v.Refusal))
		w.int(v.Have)
	})
}

func (r *rowReader) drawerBody() *DrawerBody {
	v := &DrawerBody{}
	r.row(1, func() {
		v.Act, v.Drawer, v.Amount, v.Money = DrawerAct(r.upTo(math.MaxUint8)), r.drawer(), r.int(), r.moneyPostings()
		v.Currency, v.Day, v.Reason, v.By, v.Refusal, v.Have = r.word(), r.uint(), r.str(), r.word(), Refusal(r.word()), r.int()
	})
	return v
}

func (w *rowWriter) day(d *Day) {
	w.row(func() {
		w.uint(d.Number)
		w.list(len(d.Tenders), func(i int) {
			t := &d.Tenders[i]
			w.row(func() {
				w.uint(uint64(t.Kind))
				w.int(t.Taken)
				w.int(t.Refunded)
				w.uint(t.Payments)
				w.uint(t.Refunds)
			})
		})
		w.moneyPostings(d.Sums)
		for _, n := range [...]int64{d.Float, d.Counted, d.In, d.Out, d.Accounts, d.Sold} {
			w.int(n)
		}
	})
}

func (r *rowReader) day() (d Day) {
	r.row(0, func() {
		d.Number = r.uint()
		r.list(DayRowsMax, func(n int) {
			for range n {
				r.row(0, func() {
					d.Tenders = append(d.Tenders, DayTender{Kind: TenderKind(r.upTo(math.MaxUint8)), Taken: r.int(), Refunded: r.int(), Payments: r.uint(), Refunds: r.uint()})
				})
			}
		})
		d.Sums = r.moneyPostings()
		for _, n := range [...]*int64{&d.Float, &d.Counted, &d.In, &d.Out, &d.Accounts, &d.Sold} {
			*n = r.int()
		}
	})
	return d
}

func (w *rowWriter) dayBody(v *DayBody) {
	w.row(func() {
		w.day(&v.Day)
		w.word(v.Currency)
		w.word(string(v.Refusal))
		w.name(string(v.Open))
	})
}

func (r *rowReader) dayBody() *DayBody {
	v := &DayBody{}
	r.row(0, func() {
		v.Day, v.Currency, v.Refusal, v.Open = r.day(), r.word(), Refusal(r.word()), TillID(r.word())
	})
	return v
}

// marshalTakings gives the money of a site as it is stored.
func marshalTakings(t *takings) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(takingsVersion)
		w.uint(t.written)
		w.word(t.currency)
		accounts := make([]MoneyPosting, 0, len(t.accounts))
		for k := MoneyDrawer; k <= moneyLast; k++ {
			if t.accounts[k] != 0 {
				accounts = append(accounts, MoneyPosting{Kind: k, Amount: t.accounts[k]})
			}
		}
		w.moneyPostings(accounts)
		drawers := sortedKeys(t.drawers)
		w.list(len(drawers), func(i int) { w.drawer(t.drawers[drawers[i]]) })
		w.counters(t.sessions)
		w.counters(t.series)
		w.day(&t.day)
		w.list(len(t.claims), func(i int) { w.moneyClaim(&t.claims[i]) })
	})
	return w.buf
}

func unmarshalTakings(b []byte) (*takings, error) {
	r := newRowReader(b, scanElementsMax, nil)
	t := newTakings()
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("version 0 of the money of a site")
		}
		t.written, t.currency = r.uint(), r.word()
		for _, p := range r.moneyPostings() {
			if p.Kind <= MoneyDrawer || p.Kind > moneyLast || p.Amount == 0 {
				r.refuse("%d on account %d of money", p.Amount, p.Kind)
			}
			t.accounts[p.Kind] = p.Amount
		}
		r.list(TillsMax, func(n int) {
			for range n {
				d := r.drawer()
				t.drawers[d.Till] = &d
			}
		})
		r.counters(t.sessions)
		r.counters(t.series)
		t.day = r.day()
		r.list(ClaimsMax, func(n int) {
			for range n {
				t.claims = append(t.claims, r.moneyClaim())
			}
		})
	})
	if err := r.done("money"); err != nil {
		return nil, err
	}
	return t, nil
}

func (w *rowWriter) counters(m map[TillID]uint64) {
	tills := sortedKeys(m)
	w.list(len(tills), func(i int) {
		w.row(func() {
			w.str(string(tills[i]))
			w.uint(m[tills[i]])
		})
	})
}

func (r *rowReader) counters(m map[TillID]uint64) {
	r.list(TillsMax, func(n int) {
		for range n {
			r.row(0, func() {
				till := TillID(r.str())
				m[till] = r.uint()
			})
		}
	})
}
