package sim

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// addGoods gives each site an opening delivery and more in the course of the day.
func (p *Plan) addGoods() {
	for i, s := range p.Sites {
		c := newChance(p.Seed, "goods of "+string(s.ID))
		n := 0
		deliver := func(at time.Duration, lines, most int) {
			n++
			r := &ledger.Receive{ID: fmt.Sprintf("r-%s-%d", s.ID, n), Reference: fmt.Sprintf("DN-%d-%d", i+1, n)}
			r.Key, r.Request = keyOf(r.ID), ledger.DigestOf([]byte(r.ID))
			for range lines {
				r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: p.popular(c), Qty: ledger.Qty(1 + c.upTo(most)),
					Bin: ledger.Bin(fmt.Sprintf("A-%d", 1+c.upTo(3)))})
			}
			p.add(Act{At: at, Kind: ActReceipt, Site: s.ID, Receipt: r})
		}
		deliver(c.between(time.Second, 20*time.Second), 10, 12)
		p.often(c, p.Temper.ReceiptEach, func(at time.Duration) { deliver(at, 1+c.upTo(4), 9) })
	}
}

func (p *Plan) addOrders() {
	for _, s := range p.Sites {
		p.addOrdersOf(s.ID, p.Temper.OrderEach)
	}
	p.addOrdersOf(ledger.HQ, p.Temper.HQOrderEach)
}

// addOrdersOf draws the orders of one book. Some come in rushes: many within a second, so that
// they meet in the same commits and ask for the same units.
func (p *Plan) addOrdersOf(book ledger.SiteID, each time.Duration) {
	c := newChance(p.Seed, "orders of "+string(book))
	n := 0
	p.often(c, each, func(at time.Duration) {
		many := 1
		if c.in100(12) {
			many = 2 + c.upTo(7)
		}
		for range many {
			n++
			w := p.wish(c, book, fmt.Sprintf("%s-%d", book, n), at)
			p.add(Act{At: at + c.between(0, 500*time.Millisecond), Kind: ActOrder, Site: book, Wish: w})
		}
	})
}

func (p *Plan) wish(c *chance, book ledger.SiteID, name string, at time.Duration) *Wish {
	id, err := ledger.NewOrderID(start.Add(at), c)
	if err != nil {
		panic("sim: a chance gave no bytes: " + err.Error())
	}
	o := ledger.Order{ID: id, External: name, Channel: "till", TakenAt: start.Add(at),
		Fulfil:   []ledger.Fulfil{ledger.Take, ledger.Collect, ledger.Deliver}[c.pick([]int{30, 15, 55})],
		Shortage: []ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder}[c.pick([]int{50, 20, 30})],
		Anywhere: c.in100(65)}
	if book == ledger.HQ {
		o.Channel, o.Anywhere = "web", true
		if o.Fulfil == ledger.Take {
			o.Fulfil = ledger.Deliver
		}
	}
	if o.Fulfil == ledger.Collect && c.in100(40) {
		o.CollectAt = p.Sites[c.upTo(len(p.Sites))].ID
	}
	for range 1 + c.pick([]int{50, 25, 15, 10}) {
		o.Lines = append(o.Lines, ledger.Line{SKU: p.popular(c), Qty: ledger.Qty(1 + c.pick([]int{50, 25, 10, 8, 4, 3}))})
	}
	p.chooses(&o)
	w := &Wish{Order: o, Key: keyOf(name), Request: ledger.DigestOf([]byte(name)), Twice: c.in100(6), Reuse: c.in100(3), Forgets: c.in100(10)}
	if c.in100(18) {
		w.CancelAfter = c.around(40 * time.Second)
	}
	return w
}

// chooses draws from a stream of the order's own what a customer may say besides: an order that would be refused may be taken
// without a promise, and some are more urgent than others.
func (p *Plan) chooses(o *ledger.Order) {
	c := newChance(p.Seed, "choices of "+o.External)
	if c.in100(45) && o.Shortage == ledger.Refuse && o.Fulfil != ledger.Take {
		o.Shortage = ledger.Confirm
	}
	p.sentBySupplier(o)
	if c.in100(25) {
		o.Priority, o.Class = 1+c.upTo(9), []string{"trade", "repair"}[c.upTo(2)]
	}
}

// popular draws a SKU: the first is wanted most, the k-th about 1/k as often.
func (p *Plan) popular(c *chance) ledger.SKU {
	weights := make([]int, len(p.SKUs))
	for i := range weights {
		weights[i] = 2520 / (i + 1)
	}
	return p.SKUs[c.pick(weights)]
}

func keyOf(name string) ledger.Digest {
	return ledger.DigestOf([]byte("client key"), []byte(name))
}
