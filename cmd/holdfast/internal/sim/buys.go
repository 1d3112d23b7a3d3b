package sim

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// buyDue is the day on which suppliers say that they bring everything.
const buyDue = "2026-02-01"

// addBuys has each site order goods of a supplier, which come in two parts; some never come, and are closed short.
func (p *Plan) addBuys() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "purchases of "+string(s.ID))
		p.often(c, 3*p.Temper.PickEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActBuy, Site: s.ID, SKU: p.popular(c), Qty: ledger.Qty(2 + c.upTo(8)), Pick: c.upTo(1 << 16), Hard: c.in100(40), For: c.around(4 * time.Minute)})
		})
	}
}

// A bought is a purchase order and what has come of it.
type bought struct {
	ref   string
	site  ledger.SiteID
	sku   ledger.SKU
	qty   ledger.Qty
	came  ledger.Qty
	short bool
	byHQ  bool // head office has closed it
}

func (c *company) buyAt(a *Act) {
	if !c.byID[a.Site].selling() {
		return
	}
	b := &bought{ref: fmt.Sprintf("PO-%s-%d", a.Site, a.ID), site: a.Site, sku: a.SKU, qty: a.Qty}
	order := func(what string, act ledger.PurchaseAct, lines []ledger.PurchaseLine, then func(*ledger.Entry)) {
		c.tellOf(a.Site, what+" "+b.ref, func(m ledger.Meta) ledger.Request {
			wish := ledger.Purchase{Reference: b.ref}
			if lines != nil {
				wish.Supplier, wish.Site, wish.Due, wish.Lines = "Potteries Ltd", a.Site, buyDue, lines
			}
			return &ledger.OrderGoods{Meta: m, Act: act, By: "buyer", Order: wish}
		}, then)
	}
	c.count("purchase")
	comes := func(n int, q ledger.Qty) {
		if q < 1 {
			return
		}
		r := &ledger.Receive{ID: fmt.Sprintf("r-%s-%d", b.ref, n), Reference: b.ref, Lines: []ledger.ReceiptLine{{SKU: a.SKU, Qty: q, Bin: ledger.BinDefault}}}
		r.Key, r.Request = keyOf(r.ID), ledger.DigestOf([]byte(r.ID))
		b.came += q
		c.deliver(a.Site, r)
	}
	first := ledger.Qty(a.Pick) % (a.Qty + 1)
	// A supplier brings what it was sent an order of.
	order("send", ledger.PurchaseSend, []ledger.PurchaseLine{{SKU: a.SKU, Qty: a.Qty}}, func(*ledger.Entry) {
		c.bought = append(c.bought, b)
		c.after(a.For/2, func() { comes(1, first) })
		c.after(a.For, func() {
			if !a.Hard {
				comes(2, a.Qty-first+ledger.Qty(a.Pick%2)) // now and then one too many
				return
			}
			switch b.short = first < a.Qty; {
			case !b.short:
			case a.Pick/16%3 == 0: // who looks after suppliers at head office closes what a site ordered
				c.closeAtHQ(b, c.now+closeWait)
			default:
				order("close", ledger.PurchaseClose, nil, nil)
			}
		})
	})
}

// closeWait bounds how long a buyer at head office waits to hear of an order that a site has sent.
const closeWait = 30 * time.Minute

// closeAtHQ has a buyer close an order of a site's short, once head office has heard of it.
func (c *company) closeAtHQ(b *bought, until time.Duration) {
	d, known := c.hq.m.Delivery(b.ref)
	switch {
	case !c.hq.up || c.now < c.hq.unsure || !known || d.Order == nil:
		if c.now < until {
			c.after(5*time.Second, func() { c.closeAtHQ(b, until) })
		}
	default:
		c.person(&machine.Purchase{Act: ledger.PurchaseClose, Order: ledger.Purchase{Reference: b.ref}, By: "buyer", Reason: "the rest will not come", At: c.hq.wall()})
		if d, known = c.hq.m.Delivery(b.ref); known && d.Order.State == ledger.PurchaseShort {
			b.byHQ = true
			c.met("purchase", "closed by head office")
		}
	}
}

// checkPurchases says whether head office has of each purchase order what came in of it.
func (c *company) checkPurchases() {
	for _, b := range c.bought {
		d, ok := c.hq.m.Delivery(b.ref)
		if !ok || d.Order == nil || len(d.Lines) != 1 {
			c.fail("purchase", "%s was ordered at %s, and head office has %+v", b.ref, b.site, d)
			continue
		}
		l := &d.Lines[0]
		if l.SKU != b.sku || l.Came != b.came || l.Qty != b.qty || l.Short > l.Qty || !b.short && l.Short > 0 {
			c.fail("purchase", "%s: %d of %d %s came, head office has %+v, %s", b.ref, b.came, b.qty, b.sku, *l, d.Order.State)
		}
		c.met("purchase", d.Order.State.String())
		c.checkClosed(b, d)
	}
	c.checkDueIn()
}

// checkClosed says whether nothing is awaited any more of what head office has closed: neither by itself, nor by the book that ordered it.
func (c *company) checkClosed(b *bought, d *machine.Delivery) {
	if !b.byHQ || c.wentBack {
		return
	}
	if n, left := c.hq.m.PromisedQty(b.ref, b.sku), d.Left(b.sku); n != 0 || left != 0 || !d.Order.State.Over() {
		c.fail("purchase", "%s is closed, is %s at head office, and has %d of %d %s to come, of which %d are promised", b.ref, d.Order.State, left, b.qty, b.sku, n)
	}
	if got := c.byID[b.site].told.purchases[b.ref]; !got.Over() {
		c.fail("purchase", "%s is closed by head office, and is %s in the book of %s, which ordered it", b.ref, got, b.site)
	}
}

// checkDueIn says whether a site promises no more of what it has ordered than is still to come: nothing of what is closed.
func (c *company) checkDueIn() {
	left := map[shelf]ledger.Qty{}
	for _, b := range c.bought {
		if !b.short {
			left[shelf{b.site, b.sku}] += max(b.qty-b.came, 0)
		}
	}
	for _, s := range c.sites {
		for _, sku := range c.plan.SKUs {
			if got, most := s.core.State.DueBy(sku, buyDue, s.wall()), left[shelf{s.id, sku}]; got > most && !c.wentBack {
				c.fail("purchase", "%s would promise %d %s by %s of what it has ordered, and %d are to come", s.id, got, sku, buyDue, most)
			}
		}
	}
}
