package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// addExchanges has customers bring back to a counter what they took away and paid for, and take something else for it.
func (p *Plan) addExchanges() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "exchanges at "+string(s.ID))
		p.often(c, p.Temper.PickEach, func(at time.Duration) {
			a := Act{At: at, Kind: ActExchange, Site: s.ID, SKU: p.popular(c), Qty: ledger.Qty(1 + c.upTo(2)), Pick: c.upTo(1 << 16), Hard: c.in100(50), For: c.around(time.Minute)}
			if s.Counter {
				p.add(a)
			}
		})
	}
}

// An exchanger is a customer who exchanges goods, and tells it until the book has it.
type exchanger struct {
	a      *Act
	name   string
	of     *client // whose goods come back
	line   int     // from 1
	sale   *client // of what is taken for them
	till   ledger.TillID
	total  int64 // what is taken costs
	credit int64 // what comes back is worth
	tender int   // that was paid for it, from 1
	paid   *ledger.Tender
	tries  int
	heard  *ledger.Entry
	no     error
}

// exchangeAt has a customer of a site come back whose order took goods away: some of it is paid now, for what it costs nobody has said, and after a while
// they bring a unit of it back. Where something may go back in time nobody exchanges: of the four entries that an exchange writes, customers keep one.
func (c *company) exchangeAt(a *Act) {
	if c.plan.Disasters != 0 || !c.byID[a.Site].selling() {
		return
	}
	var all []*client
	for _, k := range c.wishes {
		if k.told == yes && k.book == a.Site && !k.wish.InHand && !k.exchanged && k.tookAny() && !k.apart {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return
	}
	const last = 8
	all = all[max(0, len(all)-last):]
	x := &exchanger{a: a, name: fmt.Sprintf("exchange %s %d", a.Site, a.ID), of: all[a.Pick%len(all)], till: tillOf(a)}
	for i := range x.of.order.Lines {
		if x.of.order.Lines[i].Taken > 0 {
			x.line = i + 1
		}
	}
	x.credit, x.total = int64(100+a.Pick%900), int64(100+a.Pick/7%900)
	c.inDrawer(a.Site, x.till, x.name, func() {
		c.tellOf(a.Site, x.name+" is paid for", func(m ledger.Meta) ledger.Request {
			w := ledger.TenderWish{Kind: ledger.TenderCash, Amount: x.credit}
			if a.Pick%3 == 0 {
				w = ledger.TenderWish{Kind: ledger.TenderCard, Amount: x.credit, Ref: fmt.Sprintf("SLIP-%d", a.ID)}
			}
			return &ledger.Pay{Meta: m, Order: x.of.order.ID, Till: x.till, Total: orderTotal, Deposit: true, Tenders: []ledger.TenderWish{w}}
		}, func(e *ledger.Entry) {
			c.after(a.For, func() { x.begins(c, e) })
		})
	})
}

// begins has the customer choose what to take.
func (x *exchanger) begins(c *company, paid *ledger.Entry) {
	s := c.byID[x.a.Site]
	b, ok := paid.Body.(*ledger.TenderBody)
	if !ok || !s.selling() {
		return
	}
	doc := s.told.paid[x.of.order.ID]
	if x.tender = tenderOf(doc, &b.Payments, b.Receipt); x.tender == 0 {
		return
	}
	x.paid = &doc.Tenders[x.tender-1]
	o := ledger.Order{ID: ledger.OrderID(returnIDOf(x.name + " sale")), External: x.name, Channel: "till", TakenAt: start.Add(c.now), Fulfil: ledger.Take, Shortage: ledger.Refuse,
		Lines: []ledger.Line{{SKU: x.a.SKU, Qty: x.a.Qty}}}
	x.sale = c.client(&Wish{Order: o, Key: keyOf(x.name), Request: ledger.DigestOf([]byte(x.name))}, x.a.Site)
	x.sale.at, x.sale.exchanged = s, true
	c.count("exchange")
	c.count("orders")
	x.try(c)
}

// request is made anew each time: what crosses is paid for in cash, or given back by the tender that paid.
func (x *exchanger) request(c *company) *ledger.Exchange {
	name := x.name
	r := &ledger.Exchange{Till: x.till, Reason: "the wrong one", Total: x.total, Credit: x.credit,
		Back: ledger.TakeBack{ID: returnIDOf(name), Order: x.of.order.ID, Reason: "the wrong one", Lines: []ledger.BackLine{{Line: x.line, SKU: x.of.order.Lines[x.line-1].SKU, Qty: 1,
			Do: map[bool]ledger.Disposition{true: ledger.Restock, false: ""}[x.a.Hard]}}},
		Sale: ledger.Place{Order: *x.sale.wish.Order.Clone()}}
	r.Meta = metaOf(name)
	if rest := x.total - x.credit; rest > 0 {
		r.Tenders = []ledger.TenderWish{{Kind: ledger.TenderCash, Amount: rest}}
	} else if rest < 0 {
		back := ledger.TenderMove{Tender: x.tender, Amount: -rest}
		if x.paid.Kind == ledger.TenderCard {
			back.Ref = fmt.Sprintf("BACK-%d", x.a.ID)
		}
		r.Refunds = []ledger.TenderMove{back}
	}
	if x.tries > 1 && c.guardOff(guardExchangeOnce) {
		again := fmt.Sprint(name, x.tries)
		r.Key, r.Request, r.Back.ID, r.Sale.Order.ID = keyOf(again), keyOf(again), returnIDOf(again), ledger.OrderID(returnIDOf(again+" sale"))
	}
	return r
}

func (x *exchanger) try(c *company) {
	if x.heard != nil || x.no != nil {
		return
	}
	k, s := x.sale, c.byID[x.a.Site]
	if s.up && s.open && !k.chance.in100(c.lanLoss()) && c.lies(s, &k.wish.Order) {
		x.tries++
		s.promise(func() {
			s.do(x.request(c), func(out ledger.Outcome) {
				switch {
				case x.heard != nil || x.no != nil || refusedForNow(out.Err) || k.chance.in100(c.lanLoss()):
				case c.guardOff(guardExchangeOnce) && x.tries == 1: // the first answer is lost
				case out.Err != nil:
					x.refused(c, out.Err)
				default:
					x.done(c, s, out.Entry)
				}
			})
		})
	}
	c.after(clientPatience+k.chance.between(0, time.Second), func() { x.try(c) })
}

// done has the customer go with what was taken; what came back is looked at later.
func (x *exchanger) done(c *company, s *site, e *ledger.Entry) {
	x.heard = e
	c.exchanges = append(c.exchanges, x)
	k := x.sale
	o, ok := s.core.State.Order(k.wish.Order.ID)
	b, _ := e.Body.(*ledger.TenderBody)
	if !ok || b == nil || b.Exchange == nil || b.Exchange.Return != returnIDOf(x.name) {
		c.fail("exchange", "%s is answered with entry %d, %s, and its book has no such sale", x.name, e.Seq, e.Kind)
		return
	}
	c.met("exchange", map[bool]string{true: "paid the difference", false: "given the difference back"}[x.total >= x.credit])
	k.told, k.toldAt, k.order, k.entry = yes, c.now, o.Clone(), e
	c.toldOrder(k)
	k.takeAway()
	r := &returner{at: x.a.Site, name: x.name, client: x.of, heard: e, chance: newChance(c.plan.Seed, x.name+" looked at"),
		take: &ledger.TakeBack{Meta: metaOf(x.name), ID: b.Exchange.Return, Order: x.of.order.ID}}
	c.returners = append(c.returners, r)
	c.after(x.a.For, func() { r.look(c, x.a.For) })
}

// refused judges a no. Nothing of the exchange is done then: neither the goods nor the money.
func (x *exchanger) refused(c *company, err error) {
	x.no = err
	k := x.sale
	var short *ledger.ShortError
	var back *ledger.ReturnError
	var tender *ledger.TenderError
	var form *ledger.FormError
	switch {
	case errors.As(err, &short):
		c.met("exchange", "refused: goods are short")
		if l := &short.Lines[0]; l.Want <= l.Have {
			c.fail("exchange", "%s: %d of %d that are there are refused", x.name, l.Want, l.Have)
		}
	case errors.As(err, &back) && back.Why == ledger.RefusedOver:
		c.met("exchange", "refused: it came back before")
		if l := &back.Lines[0]; l.Want <= l.Sold-l.Back {
			c.fail("exchange", "%s: %d of %d sold and %d back are refused", x.name, l.Want, l.Sold, l.Back)
		}
	case errors.As(err, &tender):
		c.met("exchange", "refused: "+string(tender.Why))
	case errors.As(err, &form) && form.Field == "credit": // less is left of what was paid: it was given back meanwhile
		doc := c.byID[x.a.Site].told.paid[x.of.order.ID]
		if c.met("exchange", "refused: less was paid"); doc != nil && doc.Paid() >= x.credit {
			c.fail("exchange", "%s: %v, and %d are paid", x.name, err, doc.Paid())
		}
	case errors.As(err, &form) && (form.Field == "refund" || form.Field == "tender"): // some of the tender was given back meanwhile, or its coins do not cross
		c.met("exchange", "refused: the difference is another")
	case errors.Is(err, ledger.ErrInProgress):
		c.met("exchange", "refused: the order is being asked about")
	default:
		c.fail("exchange", "%s: %v", x.name, err)
	}
	k.told, k.order = no, k.wish.Order.Clone()
}

// checkExchanges judges each exchange that somebody was told of: its goods came back and others left, and what was paid for the one has paid for the
// other, less what the customer was given or paid.
func (c *company) checkExchanges() {
	for _, x := range c.exchanges {
		s := c.byID[x.a.Site]
		sale, of := s.told.paid[x.sale.wish.Order.ID], s.told.paid[x.of.order.ID]
		if sale == nil || of == nil {
			c.fail("exchange", "%s: the book has no payment of the sale, or of what came back", x.name)
			continue
		}
		came, gone := int64(0), int64(0)
		for i := range sale.Tenders {
			if t := &sale.Tenders[i]; t.From == s.id && t.Claim == ledger.ClaimID(sale.Order) {
				came += t.Taken()
			}
		}
		for i := range of.Repayments {
			if b := &of.Repayments[i]; b.To == s.id && b.Claim == ledger.ClaimID(sale.Order) {
				gone += b.Amount
			}
		}
		if b := x.heard.Body.(*ledger.TenderBody).Exchange; gone != b.Moved || came > gone+coinStep || gone > x.credit {
			c.fail("exchange", "%s: %d were to cross of %d, %d left the one order and %d came to the other", x.name, b.Moved, x.credit, gone, came)
		}
		if paid := sale.Total - sale.Due(); sale.Total != x.total || paid > x.total {
			c.fail("exchange", "%s: the sale costs %d, its book has %d, of which %d are paid", x.name, x.total, sale.Total, paid)
		}
		if _, ok := s.returned(returnIDOf(x.name)); !ok {
			c.fail("exchange", "%s: nothing has come back", x.name)
		}
	}
}
