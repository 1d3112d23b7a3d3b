package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// assetsMost is how many of head office's assets the judge looks at: more than any plan makes.
const assetsMost = 1 << 20

// addCards has customers buy gift cards, pay with them where they bought them or at another site, get some of that back on the card, and give cards back.
func (p *Plan) addCards() {
	for i, s := range p.Sites {
		c := newChance(p.Seed, "cards at "+string(s.ID))
		p.often(c, p.Temper.PickEach, func(at time.Duration) {
			to := p.Sites[(i+1+c.upTo(len(p.Sites)-1))%len(p.Sites)]
			p.add(Act{At: at, Kind: ActCard, Site: s.ID, Other: to.ID, Qty: ledger.Qty(100 + c.upTo(4_900)), Pick: c.upTo(1 << 16), Hard: c.in100(50), For: c.around(2 * time.Minute)})
		})
	}
}

// cardOf names the card that an act sells.
func cardOf(a *Act) ledger.AssetID {
	return ledger.AssetOf(ledger.AssetCard, fmt.Sprintf("G-%s-%d", a.Site, a.ID))
}

// cardAt has a customer buy a card. Now and then another site asks head office for the half of it, and there it is paid with.
func (c *company) cardAt(a *Act) {
	if !c.byID[a.Site].selling() {
		return
	}
	till, name := tillOf(a), fmt.Sprintf("card %s %d", a.Site, a.ID)
	sale := func(name string) func(ledger.Meta) ledger.Request {
		return func(m ledger.Meta) ledger.Request {
			w := ledger.TenderWish{Kind: ledger.TenderCash, Amount: int64(a.Qty)}
			if a.Pick%3 == 0 {
				w = ledger.TenderWish{Kind: ledger.TenderCard, Amount: int64(a.Qty), Ref: fmt.Sprintf("SLIP-%d", a.ID)}
			}
			return &ledger.Pay{Meta: m, Order: ledger.OrderID(returnIDOf(name)), Till: till, Total: int64(a.Qty), Tenders: []ledger.TenderWish{w}, For: cardOf(a)}
		}
	}
	if a.Pick%6 == 5 { // store credit, for which no money is taken
		load := func(m ledger.Meta) ledger.Request {
			return &ledger.MoveAsset{Meta: m, Asset: cardOf(a), Act: ledger.AssetLoad, Amount: a.Qty, Ref: fmt.Sprintf("SORRY-%d", a.ID)}
		}
		if c.guardOff(guardCreditOnce) {
			c.unheard(a.Site, name+" is given again", load)
		}
		c.tellOf(a.Site, name+" is given", load, func(*ledger.Entry) {
			c.met("card", "store credit given")
			c.after(a.For, func() { c.payByCard(a, a.Site, name+" pays") })
		})
		return
	}
	c.inDrawer(a.Site, till, name, func() {
		if c.guardOff(guardCardOnce) {
			c.unheard(a.Site, name+" again", sale(name+" again"))
		}
		c.count("gift_card")
		c.tellOf(a.Site, name, sale(name), func(e *ledger.Entry) {
			c.met("card", "sold")
			c.after(a.For, func() { c.payByCard(a, a.Site, name+" pays") })
			if a.Pick%4 > 1 {
				c.after(3*a.For, func() { c.returnCard(a, till, e) })
				return
			}
			c.after(a.For, func() { // the bearer is at another site, which asks for some of what the first one holds
				c.person(&machine.SetAsset{Asset: cardOf(a), Do: machine.AssetAsk, Site: a.Other, Amount: a.Qty / 2, Key: keyOf(name + " there"), Request: keyOf(name + " there"), By: "manager", At: c.hq.wall()})
			})
			c.after(2*a.For, func() { c.payByCard(a, a.Other, name+" pays there") })
		})
	})
}

// payByCard has the bearer of a card pay some of an order with it, and get some of that back on it.
func (c *company) payByCard(a *Act, at ledger.SiteID, name string) {
	o, till := c.orderToPay(a), tillOf(a)
	if o == nil || !c.byID[at].selling() {
		return
	}
	kind := map[bool]ledger.TenderKind{true: ledger.TenderStoreCredit, false: ledger.TenderGiftCard}[a.Pick%6 == 5]
	amount := int64(a.Qty)*int64(1+a.Pick%3)/2 + 1 // some, or more than there is
	if at != a.Site && a.Pick%8 > 0 {
		amount = int64(a.Qty)/4 + 1
	}
	c.inDrawer(at, till, name, func() {
		c.count("card_payment")
		c.tellOf(at, name, func(m ledger.Meta) ledger.Request {
			return &ledger.Pay{Meta: m, Order: o.ID, Till: till, Total: orderTotal, Deposit: true, Tenders: []ledger.TenderWish{{Kind: kind, Amount: amount, Ref: cardOf(a).Name()}}}
		}, func(e *ledger.Entry) {
			c.met("card", map[bool]string{true: "paid with", false: "paid with elsewhere"}[at == a.Site])
			if a.Hard {
				again := *a
				again.Site, again.Qty = at, ledger.Qty(amount)
				c.after(a.For, func() { c.giveBack(&again, till, e) })
			}
		})
	})
}

// returnCard gives the bearer half of what a card was sold for back in hand; where less is left on it, nobody gets that.
func (c *company) returnCard(a *Act, till ledger.TillID, sold *ledger.Entry) {
	b, ok := sold.Body.(*ledger.TenderBody)
	s := c.byID[a.Site]
	if !ok || !s.selling() || a.Hard {
		return
	}
	name := fmt.Sprintf("card back %s %d", a.Site, a.ID)
	c.inDrawer(a.Site, till, name, func() {
		c.count("card_back")
		c.tellOf(a.Site, name, func(m ledger.Meta) ledger.Request {
			move := ledger.TenderMove{Tender: 1, Amount: max(1, int64(a.Qty)/2)}
			if b.Payments.Tenders[0].Kind == ledger.TenderCard {
				move.Ref = fmt.Sprintf("BACK-%d", a.ID)
			}
			return &ledger.Refund{Meta: m, Order: b.Payments.Order, Till: till, Reason: "not wanted", Moves: []ledger.TenderMove{move}}
		}, func(*ledger.Entry) { c.met("card", "given back") })
	})
}

// unheard puts a request whose answer is lost, and whoever asked does not ask again: only where a guard is off.
func (c *company) unheard(at ledger.SiteID, name string, wish func(ledger.Meta) ledger.Request) {
	if s := c.byID[at]; s.up && s.open {
		s.do(wish(metaOf(name)), func(ledger.Outcome) {})
	}
}

// storeCredit is what customers were told that was put on cards without money.
func (c *company) storeCredit() map[ledger.AssetID]int64 {
	put := map[ledger.AssetID]int64{}
	for _, d := range c.deeds {
		if d.heard == nil {
			continue
		}
		b, _ := d.heard.Body.(*ledger.AssetBody)
		if late, ok := d.heard.Body.(*ledger.LateBody); ok {
			b = late.Asset
		}
		if b != nil && b.Act == ledger.AssetLoad {
			put[b.Asset] += int64(b.Amount)
		}
	}
	return put
}

// checkCards adds up, from what the sites' books have of payments, what was put on each card and what of it was used, and holds it against what head
// office has, and against the money that stands for all cards.
func (c *company) checkCards() {
	put, used := c.storeCredit(), map[ledger.AssetID]int64{}
	for _, s := range c.sites {
		owed := int64(0)
		for _, id := range slices.Sorted(maps.Keys(s.told.paid)) {
			doc := s.told.paid[id]
			card := func(t *ledger.Tender) ledger.AssetID {
				if doc.For != "" {
					return doc.For
				}
				return t.Asset()
			}
			for i := range doc.Tenders {
				switch t := &doc.Tenders[i]; {
				case card(t).Kind() != ledger.AssetCard || t.From != "":
				case doc.For != "":
					put[doc.For], owed = put[doc.For]+t.Amount, owed+t.Amount
				default:
					used[t.Asset()], owed = used[t.Asset()]+t.Amount, owed-t.Amount
				}
			}
			for i := range doc.Repayments {
				b := &doc.Repayments[i]
				switch t := &doc.Tenders[b.Tender-1]; {
				case card(t).Kind() != ledger.AssetCard || b.To != "":
				case doc.For != "": // what was on it is gone, as if it were used
					used[doc.For], owed = used[doc.For]+b.Amount, owed-b.Amount
				default:
					used[t.Asset()], owed = used[t.Asset()]-b.Amount, owed+b.Amount
				}
			}
		}
		if got := -s.core.State.Money(ledger.MoneyGiftCards); got != owed {
			c.fail("cards", "%s owes %d to the bearers of cards by its payments, %d by its book", s.id, owed, got)
		}
	}
	for _, card := range slices.Sorted(maps.Keys(used)) {
		put[card] += 0
	}
	for _, card := range slices.Sorted(maps.Keys(put)) {
		a, ok := c.hq.m.Asset(card)
		if !ok || int64(a.Limit) != put[card] || int64(a.Used) != used[card] {
			c.fail("cards", "%d were put on %s and %d used by the sites' books, head office has %+v", put[card], card, used[card], a)
			continue
		}
		over := ledger.Qty(0)
		for _, s := range c.sites {
			over += s.told.over[card]
		}
		if a.Used > a.Limit+over {
			c.fail("cards", "%d of %s are used, %d were put on it and %d were told late", a.Used, card, a.Limit, over)
		}
		c.checkExposed(a)
	}
}
