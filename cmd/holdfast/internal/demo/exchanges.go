package demo

import (
	"context"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// exchange takes a unit of a sale back and sells another article for it, in one document. Where that costs more the customer pays the
// difference; where it costs less, which a supervisor approves, what is over goes back to the card that paid. Now and then a customer
// who has to pay says that the difference is nothing: all of it is refused, and nothing has moved.
func (c *cashier) exchange(ctx context.Context, t *till) {
	s := c.exchangeable()
	if s == nil {
		return
	}
	l := &s.order.Lines[0]
	unit := s.order.Totals.Total / int64(l.Qty)
	other := c.seller.stock.Pick(c.rng)
	req := contract.ExchangeRequest{Order: string(s.order.ID), Till: t.name, Reason: "another size", Credit: unit,
		Lines: []contract.BackLine{{Line: 1, SKU: string(l.SKU), Qty: 1, Disposition: string(ledger.Restock)}},
		Sale: contract.OrderRequest{Channel: "till", Fulfil: ledger.Take, From: contract.FromHere, Shortage: ledger.Refuse,
			Lines: []contract.LineRequest{{SKU: other.SKU, Qty: 1, UnitPrice: &contract.Price{Amount: other.Price, Currency: "GBP", Tax: "included"}}}}}
	cl := c.cl
	switch first := &s.paid.Tenders[0]; {
	case other.Price > unit:
		if c.in100(15) {
			if code := c.refusal(ctx, "/v1/exchanges", req, nil); code == "" {
				c.paper.fault("%s: goods of %d were exchanged for some of %d, and nobody paid", c.site, unit, other.Price)
			} else if code == string(contract.CodePartPaid) {
				c.paper.did("exchanges_refused")
			}
		}
		req.Tenders = []contract.TenderWish{{Tender: "cash"}}
	case other.Price < unit && first.Tender == "card" && first.Left >= unit: // a card gives to the penny
		c.slips++
		req.Refund, cl = []contract.RefundPart{{Number: 1, Ref: fmt.Sprintf("BACK-%s-%d", c.site, c.slips)}}, c.lent
	case other.Price < unit:
		return
	}
	var got contract.Payments
	if c.refusalOf(ctx, cl, "/v1/exchanges", req, &got) != "" {
		return // all of it came back before, or the other article is gone
	}
	c.exchanged(ctx, t, s, &got, &req.Sale)
}

// exchangeable is a sale whose price divides by its units, which one tender has paid; nil where the one drawn is none.
func (c *cashier) exchangeable() *paidSale {
	if len(c.sold) == 0 {
		return nil
	}
	s := c.sold[c.rng.IntN(len(c.sold))]
	if s.asset != "" || len(s.paid.Tenders) != 1 || s.order.Totals.Total%int64(s.order.Lines[0].Qty) != 0 {
		return nil
	}
	return s
}

// exchanged writes down what an exchange came to, as it was told.
func (c *cashier) exchanged(ctx context.Context, t *till, s *paidSale, got *contract.Payments, sale *contract.OrderRequest) {
	x := got.Exchange
	now := &paidSale{order: &contract.Order{}, paid: *got}
	var back contract.Return
	var left contract.Payments
	for path, out := range map[string]any{"/v1/orders/" + string(got.Order): now.order, "/v1/returns/" + string(x.Return): &back, "/v1/payments/" + string(s.order.ID): &left} {
		if !c.lookUntil(ctx, path, out) {
			c.paper.fault("%s: %s cannot be looked up after an exchange", c.site, path)
			return
		}
	}
	s.paid = left
	c.paper.returned(c.site, &back)
	c.paper.add(&told{book: c.site, key: fmt.Sprintf("%s-%s-%d", c.name, c.site, c.told), request: *sale, answer: now.order})
	if got.Receipt != "" {
		r := c.receipt(t, now, false)
		for i := range got.Tenders {
			if w := &got.Tenders[i]; w.From == "" {
				r.parts[w.Tender] += w.Amount
				if w.Tender == "cash" {
					r.cash += w.Taken
				}
			}
		}
		t.cash += r.cash
		c.paper.receipt(r)
		c.paper.did("exchanges_for_dearer")
	}
	if x.Receipt != "" {
		r := c.receipt(t, s, true)
		r.number, r.parts["card"] = x.Receipt, x.Back
		c.paper.receipt(r)
		c.paper.did("exchanges_for_cheaper")
	}
	if x.Credit < x.Moved+x.Back || got.Due != 0 {
		c.paper.fault("%s: exchange of %s: %+v, %d due", c.site, s.order.ID, *x, got.Due)
	}
	if c.sold = append(c.sold, now); len(c.sold) > soldMost {
		c.sold = c.sold[1:]
	}
	c.paper.did("exchanges")
}

// cross takes what crosses from one order to another in an exchange.
func (m *moneyFound) cross(order ledger.OrderID, v *ledger.TenderMove) {
	q := v.Amount
	if v.Refund {
		q = -q
	}
	m.crossed[order] += q
}

// givesBack says whether an exchange gives money back, beside what crosses.
func givesBack(b *ledger.TenderBody) bool {
	if b.Act != ledger.TenderExchange {
		return false
	}
	for i := range b.Moves {
		if v := &b.Moves[i]; v.Refund && !v.Across {
			return true
		}
	}
	return false
}
