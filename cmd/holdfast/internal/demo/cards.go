package demo

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Gift cards that one cashier remembers, and what they are sold for, in pence.
const (
	cardsMost = 40
	cardLeast = 500
	cardMore  = 20 // times 100
)

// A giftCard is one that was sold at a site, as its bearer knows it.
type giftCard struct {
	asset ledger.AssetID
	left  int64
}

// cardTold is what bearers were told of a card, and what head office said of it when all was quiet.
type cardTold struct {
	put, used    int64 // minor units; used less what came back on it
	limit, spent *int64
}

// card notes what was put on a card, and used of it.
func (p *paper) card(asset ledger.AssetID, put, used int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.money.cards == nil {
		p.money.cards = map[ledger.AssetID]*cardTold{}
	}
	t := p.money.cards[asset]
	if t == nil {
		t = &cardTold{}
		p.money.cards[asset] = t
	}
	t.put, t.used = t.put+put, t.used+used
}

// sellCard sells a gift card. Its receipt is one of the till's, and what is paid is owed to whoever bears it.
func (c *cashier) sellCard(ctx context.Context, t *till) {
	c.slips++
	g := &giftCard{asset: ledger.AssetOf(ledger.AssetCard, fmt.Sprintf("GIFT-%s-%d", c.site, c.slips)), left: cardLeast + 100*int64(c.rng.IntN(cardMore))}
	tender := contract.TenderWish{Tender: "cash"}
	if c.in100(50) {
		tender = contract.TenderWish{Tender: "card", Ref: fmt.Sprintf("SLIP-%s-%d", c.site, c.slips)}
	}
	var got contract.Payments
	if !c.tell(ctx, "/v1/payments", contract.PaymentRequest{For: string(g.asset), Till: t.name, Total: g.left, Tenders: []contract.TenderWish{tender}}, &got) {
		c.paper.fault("%s: a gift card of %d cannot be sold at %s", c.site, g.left, t.name)
		return
	}
	c.took(t, &paidSale{order: &contract.Order{ID: got.Order}, paid: got})
	c.paper.card(g.asset, g.left, 0)
	c.paper.did("gift_cards_sold")
	if c.cards = append(c.cards, g); len(c.cards) > cardsMost {
		c.cards = c.cards[1:]
	}
}

// took writes a payment down as it was told, all of whose tenders it took.
func (c *cashier) took(t *till, s *paidSale) {
	r := c.receipt(t, s, false)
	for i := range s.paid.Tenders {
		w := &s.paid.Tenders[i]
		r.parts[w.Tender] += w.Amount
		if w.Tender == "cash" {
			r.cash += w.Taken
		}
	}
	t.cash += r.cash
	c.paper.receipt(r)
}

// byGiftCard says how a customer pays who bears a card: with what is left on it, and the rest in cash. Now and then more is wanted of the card than is
// left: nobody gets that. nil where nobody bears one.
func (c *cashier) byGiftCard(ctx context.Context, t *till, s *paidSale) (g *giftCard, tenders []contract.TenderWish) {
	for _, have := range c.cards {
		if have.left > 0 {
			g = have
		}
	}
	if g == nil {
		return nil, nil
	}
	total := s.order.Totals.Total
	if total > g.left {
		more := contract.PaymentRequest{Order: string(s.order.ID), Till: t.name, Total: total, Tenders: []contract.TenderWish{{Tender: "gift_card", Ref: g.asset.Name()}}}
		switch code := c.refusal(ctx, "/v1/payments", more, nil); code {
		case string(contract.CodeAssetShort):
			c.paper.did("gift_cards_refused")
		default:
			c.paper.fault("%s: %d were to be paid with %s, which has %d: %q", c.site, total, g.asset, g.left, code)
		}
	}
	tenders = []contract.TenderWish{{Tender: "gift_card", Ref: g.asset.Name(), Amount: min(g.left, total)}}
	if total > g.left {
		tenders = append(tenders, contract.TenderWish{Tender: "cash"})
	}
	return g, tenders
}

// cardsAgain asks, when all is quiet, what head office has of each card.
func (s *show) cardsAgain(ctx context.Context) {
	hq := s.company.hqClient(50)
	for _, asset := range sorted(s.paper.money.cards) {
		var a struct {
			Limit int64 `json:"limit"`
			Used  int64 `json:"used"`
		}
		if _, err := hq.Do(ctx, http.MethodGet, "/v1/assets/"+string(asset), "", nil, &a); err != nil {
			s.paper.fault("head office: %s cannot be looked up: %v", asset, err)
			continue
		}
		t := s.paper.money.cards[asset]
		t.limit, t.spent = &a.Limit, &a.Used
	}
}

// cardFound is what the journals say of a card.
type cardFound struct{ put, used int64 }

// carded takes what an entry says of cards: what was put on one, and what was used of one.
func (m *moneyFound) carded(b *ledger.TenderBody) {
	for i := range b.Moves {
		v := &b.Moves[i]
		q, asset, put := v.Amount, b.Payments.Tenders[v.Tender-1].Asset(), b.Payments.For != ""
		if v.Refund {
			q = -q
		}
		if put {
			asset = b.Payments.For
		}
		if asset.Kind() != ledger.AssetCard || v.Across {
			continue
		}
		f := m.cards[asset]
		if f == nil {
			f = &cardFound{}
			m.cards[asset] = f
		}
		switch {
		case put && v.Refund: // what was on it is gone, as if it were used
			f.used -= q
		case put:
			f.put += q
		default:
			f.used += q
		}
	}
}

// giftCards says whether what was told of each card is in the journals and at head office, and no card has paid for more than was put on it.
func (v *verdict) giftCards(p *paper, m *moneyFound) {
	for _, asset := range sorted(p.money.cards) {
		t, f := p.money.cards[asset], m.cards[asset]
		if f == nil || f.put != t.put || f.used != t.used || t.limit == nil || *t.limit != t.put || *t.spent != t.used {
			v.moneyUntold++
			v.say("%s: %d were put on it and %d used by what was told; the journals have %+v", asset, t.put, t.used, f)
		}
	}
	for _, asset := range sorted(m.cards) {
		f := m.cards[asset]
		if f.used > f.put {
			v.overCredit += f.used - f.put
			v.say("%s: %d are used, %d were put on it", asset, f.used, f.put)
		}
		if p.money.cards[asset] == nil {
			v.moneyUntold++
			v.say("%s: the journals have %+v, and nobody was told of it", asset, *f)
		}
	}
}
