package demo

import (
	"context"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A cashier sells at a shop's tills, in turn: the order first, then its money. Some pay in cash, some by card, some by both, some on
// account within what their customer may still buy here. Some come back with a unit and get its money. Each so many sales the drawers
// are counted and the day is ended.
type cashier struct {
	hand
	seller *seller
	tills  []*till
	credit []ledger.AssetID
	days   int
	sold   []*paidSale // that money can be given back of
	slips  int
	cards  []*giftCard
}

// A till is one drawer as its cashier knows it.
type till struct {
	name    string
	now     contract.Drawer // as it was opened; Session 0: it is closed
	in, out int64
	cash    int64 // that went in and out for orders
}

// A paidSale is a sale with what was paid for it.
type paidSale struct {
	order *contract.Order
	paid  contract.Payments
	asset ledger.AssetID // that it is charged to; "" where it was paid
}

const (
	tillsEach  = 2
	drawerCash = 20_000 // the float, in pence
	coin       = 5      // the smallest
	daySales   = 25     // of a shop
	soldMost   = 200    // that a cashier remembers
	wornPPM    = 100_000
)

func (s *show) cashiers(sellers []*seller) (out []*cashier) {
	for i, spec := range s.company.sites {
		if spec.warehouse {
			continue
		}
		c := &cashier{hand: s.hand(i, "cashier", "ann", 5<<20, salesEach), credit: s.paper.assets()}
		for _, sl := range sellers {
			if sl.book == spec.name && c.seller == nil {
				own := *sl
				own.name, own.rng = sl.name+"-till", c.rng
				c.seller = &own
			}
		}
		for k := range tillsEach {
			c.tills = append(c.tills, &till{name: fmt.Sprintf("T%d", k+1)})
		}
		out = append(out, c)
	}
	return out
}

// work goes on until ctx ends; then the drawers are counted and the day is ended, which drain bounds.
func (c *cashier) work(ctx, drain context.Context) {
	sales := 0
	for c.rest(ctx) {
		t := c.tills[c.rng.IntN(len(c.tills))]
		if t.now.Session == 0 && !c.open(drain, t) {
			continue
		}
		switch n := c.rng.IntN(100); {
		case n < 76:
			c.sale(drain, t)
			sales++
		case n < 80:
			c.sellCard(drain, t)
		case n < 90:
			c.exchange(drain, t)
		case n < 96:
			c.refund(drain, t)
		default:
			c.petty(drain, t)
		}
		if sales == daySales {
			c.endDay(drain)
			sales = 0
		}
	}
	c.endDay(drain)
}

func (c *cashier) drawer(t *till, act string) string { return "/v1/drawers/" + t.name + "/" + act }

func (c *cashier) open(ctx context.Context, t *till) bool {
	var got contract.Drawer
	if !c.tell(ctx, c.drawer(t, "open"), contract.DrawerOpenRequest{Float: drawerCash, Currency: "GBP", SmallestCoin: coin}, &got) {
		c.paper.fault("%s: drawer %s cannot be opened", c.site, t.name)
		return false
	}
	t.now, t.in, t.out, t.cash = got, 0, 0, 0
	return true
}

// petty pays a little in or out.
func (c *cashier) petty(ctx context.Context, t *till) {
	act, sum, amount := "pay-in", &t.in, int64(100*(1+c.rng.IntN(20)))
	if c.in100(50) {
		act, sum = "pay-out", &t.out
	}
	if c.tell(ctx, c.drawer(t, act), contract.DrawerCashRequest{Amount: amount, Reason: "parking"}, nil) {
		*sum += amount
	}
}

// endDay counts the drawers that are open, of which one now and then lacks a coin, and ends the day.
func (c *cashier) endDay(ctx context.Context) {
	any := false
	for _, t := range c.tills {
		if t.now.Session == 0 {
			continue
		}
		any = true
		req := contract.DrawerCloseRequest{Counted: t.now.Float + t.in - t.out + t.cash}
		if c.in100(20) && req.Counted > coin {
			req.Counted, req.Reason = req.Counted-coin, "a coin is gone"
		}
		var got contract.Drawer
		if !c.tell(ctx, c.drawer(t, "close"), req, &got) {
			c.paper.fault("%s: drawer %s cannot be counted with %d", c.site, t.name, req.Counted)
			continue
		}
		c.paper.drawer(drawerTold{c.site, got, t.in, t.out})
		t.now = contract.Drawer{}
	}
	var day contract.Day
	if any && c.tell(ctx, "/v1/days/end", nil, &day) {
		c.paper.day(day)
		c.days++
	}
}

// sale sells over the counter and takes the money.
func (c *cashier) sale(ctx context.Context, t *till) {
	req := contract.OrderRequest{Channel: "till", Fulfil: ledger.Take, From: contract.FromHere, Shortage: ledger.Refuse}
	for _, l := range c.seller.stock.Order(c.rng)[:1] {
		req.Lines = append(req.Lines, contract.LineRequest{SKU: l.SKU, Qty: ledger.Qty(min(l.Qty, 6)), UnitPrice: &contract.Price{Amount: l.Price, Currency: "GBP"}})
	}
	c.seller.sent++
	told := c.place(ctx, fmt.Sprintf("%s-%d", c.seller.name, c.seller.sent), req)
	c.paper.add(told)
	if told.answer == nil || told.answer.Totals == nil || told.answer.Totals.Total < 1 {
		return
	}
	s := &paidSale{order: told.answer}
	if c.in100(25) && len(c.credit) > 0 {
		if !c.onAccount(ctx, s) && !c.pay(ctx, t, s) {
			return
		}
	} else if !c.pay(ctx, t, s) {
		return
	}
	if c.sold = append(c.sold, s); len(c.sold) > soldMost {
		c.sold = c.sold[1:]
	}
}

// place takes the order. Some goods are worn, and are cheaper by a tenth, which a supervisor lets be.
func (c *cashier) place(ctx context.Context, key string, req contract.OrderRequest) *told {
	if !c.in100(10) {
		return c.seller.place(ctx, key, req)
	}
	req.Lines[0].Discount = &contract.Discount{PPM: wornPPM, Reason: "worn", Approver: "sam"}
	lent := *c.seller
	lent.cl = c.lent
	t := lent.place(ctx, key, req)
	if t.answer != nil {
		c.paper.did("discounts")
	}
	return t
}

// onAccount charges a sale to a customer's account, and says whether there was enough credit here.
func (c *cashier) onAccount(ctx context.Context, s *paidSale) bool {
	asset := c.credit[c.rng.IntN(len(c.credit))]
	req := contract.AssetMoveRequest{Amount: ledger.Qty(s.order.Totals.Total), Reference: string(s.order.ID)}
	switch code := c.refusal(ctx, "/v1/assets/"+string(asset)+"/charge", req, nil); code {
	case "":
		s.asset = asset
		c.paper.charge(chargeOf{c.site, asset, req.Reference}, int64(req.Amount))
		c.paper.did("sales_on_account")
		return true
	case string(contract.CodeAssetShort):
		c.paper.did("credit_refused")
	default:
		c.paper.fault("%s: %s cannot be charged: %s", c.site, asset, code)
	}
	return false
}

// tenders says what a customer pays with.
func (c *cashier) tenders(total int64) []contract.TenderWish {
	c.slips++
	card := contract.TenderWish{Tender: "card", Ref: fmt.Sprintf("SLIP-%s-%d", c.site, c.slips)}
	cash := contract.TenderWish{Tender: "cash"}
	switch n := c.rng.IntN(100); {
	case n < 15 && total > 1:
		card.Amount = total / 2
		return []contract.TenderWish{card, cash}
	case n < 50:
		return []contract.TenderWish{card}
	case n < 75:
		cash.Given = (total + 999) / 500 * 500 // a note or two
	}
	return []contract.TenderWish{cash}
}

func (c *cashier) pay(ctx context.Context, t *till, s *paidSale) bool {
	total := s.order.Totals.Total
	req := contract.PaymentRequest{Order: string(s.order.ID), Till: t.name, Total: total, Tenders: c.tenders(total)}
	var g *giftCard
	if c.in100(15) {
		var with []contract.TenderWish
		if g, with = c.byGiftCard(ctx, t, s); g != nil {
			req.Tenders = with
		}
	}
	if !c.tell(ctx, "/v1/payments", req, &s.paid) {
		c.paper.fault("%s: order %s cannot be paid at %s", c.site, s.order.ID, t.name)
		return false
	}
	c.took(t, s)
	if g != nil {
		g.left -= req.Tenders[0].Amount
		c.paper.card(g.asset, 0, req.Tenders[0].Amount)
		c.paper.did("paid_with_gift_cards")
	}
	return true
}

func (c *cashier) receipt(t *till, s *paidSale, back bool) *receiptTold {
	return &receiptTold{site: c.site, till: t.name, session: t.now.Session, day: c.days, order: s.order.ID, number: s.paid.Receipt, back: back, parts: map[string]int64{}}
}

// refund takes a unit of a sale back and gives its money back: by the tender that paid, or on the account. Now and then more is
// wanted than was paid: nobody gets that.
func (c *cashier) refund(ctx context.Context, t *till) {
	if len(c.sold) == 0 {
		return
	}
	s := c.sold[c.rng.IntN(len(c.sold))]
	l := &s.order.Lines[0]
	var back contract.Return
	if !c.tell(ctx, "/v1/returns", contract.ReturnRequest{Order: string(s.order.ID), Reason: "money back",
		Lines: []contract.BackLine{{Line: 1, SKU: string(l.SKU), Qty: 1, Disposition: string(ledger.Restock)}}}, &back) {
		return // all of it came back before
	}
	c.paper.returned(c.site, &back)
	c.paper.did("returns")
	unit := s.order.Totals.Total / int64(l.Qty)
	if s.asset != "" {
		req := contract.AssetMoveRequest{Amount: ledger.Qty(unit), Reference: string(s.order.ID)}
		if unit > 0 && c.tell(ctx, "/v1/assets/"+string(s.asset)+"/release", req, nil) {
			c.paper.charge(chargeOf{c.site, s.asset, req.Reference}, -unit)
			c.paper.did("account_releases")
		}
		return
	}
	part := contract.RefundPart{Amount: unit}
	for i := range s.paid.Tenders {
		if w := &s.paid.Tenders[i]; w.Left >= unit && unit > 0 {
			if part.Number, part.Ref = w.Number, ""; w.Tender == "card" {
				part.Ref = fmt.Sprintf("BACK-%s-%d", c.site, c.told)
			}
		}
	}
	if part.Number == 0 {
		return
	}
	c.giveBack(ctx, t, s, part)
}

func (c *cashier) giveBack(ctx context.Context, t *till, s *paidSale, part contract.RefundPart) {
	was := s.paid.Tenders[part.Number-1]
	req := contract.RefundRequest{Order: string(s.order.ID), Till: t.name, Reason: "came back", Tenders: []contract.RefundPart{part}}
	if c.in100(15) {
		more := req
		more.Tenders = []contract.RefundPart{{Number: part.Number, Amount: was.Left + 1, Ref: part.Ref}}
		if code := c.refusal(ctx, "/v1/refunds", more, nil); code == "" {
			c.paper.fault("%s: %d were given back of the %d left of order %s", c.site, was.Left+1, was.Left, s.order.ID)
		} else if code == string(contract.CodeOverRefunded) {
			c.paper.did("refunds_refused")
		}
	}
	var got contract.Payments
	switch code := c.refusal(ctx, "/v1/refunds", req, &got); code {
	case "":
	case string(contract.CodeDrawerShort):
		return
	default:
		c.paper.fault("%s: %d of order %s cannot be given back: %s", c.site, part.Amount, s.order.ID, code)
		return
	}
	s.paid = got
	r := c.receipt(t, s, true)
	r.parts[was.Tender] = part.Amount
	if was.Tender == "gift_card" { // on the card again, for its bearer: whoever has it may pay with it
		c.paper.card(ledger.AssetOf(ledger.AssetCard, was.Ref), 0, -part.Amount)
		for _, g := range c.cards {
			if g.asset.Name() == was.Ref {
				g.left += part.Amount
			}
		}
	}
	r.cash = -got.PaidBack
	t.cash += r.cash
	c.paper.receipt(r)
	c.paper.did("refunds")
}
