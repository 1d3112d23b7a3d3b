package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What its supplier sends straight to the customer: no unit of it is ever in the company.
const (
	dropSKU      = "SOFA-1"
	dropSupplier = "Oak & Co"
	dropDays     = 3
)

// sentBySupplier gives some of the orders that are to be sent a line that its supplier sends. It draws from a stream of its own.
func (p *Plan) sentBySupplier(o *ledger.Order) {
	c := newChance(p.Seed, "supplier of "+o.External)
	if o.Fulfil == ledger.Deliver && c.in100(12) {
		o.Lines = append(o.Lines, ledger.Line{SKU: dropSKU, Qty: ledger.Qty(1 + c.upTo(4)), Drop: &ledger.DropShip{Supplier: dropSupplier, LeadDays: dropDays}})
	}
}

// withoutSuppliers is the wish without what a supplier sends: in a company in which something goes back in time suppliers would have to be asked what
// they had said, and of that nobody keeps a journal.
func (w *Wish) withoutSuppliers() *Wish {
	again := *w
	again.Order = *w.Order.Clone()
	again.Order.Lines = nil
	for i := range w.Order.Lines {
		if w.Order.Lines[i].Drop == nil {
			again.Order.Lines = append(again.Order.Lines, w.Order.Lines[i])
		}
	}
	return &again
}

// A dropped is what a supplier has been told to send for a line of an order, and what it has said of it that somebody has heard is written down.
type dropped struct {
	k      *client
	line   int // from 1
	chance *chance
	notes  int // it has written
	left   int // words that it still has to say

	sent, refused, back ledger.Qty
}

// suppliers has the supplier of a line of an order hear of it.
func (c *company) suppliers(k *client) {
	for i := range k.order.Lines {
		if k.order.Lines[i].Drop == nil {
			continue
		}
		d := &dropped{k: k, line: i + 1, chance: newChance(c.plan.Seed, "supplier's words on "+k.who())}
		d.left = 1 + d.chance.upTo(4)
		c.dropped = append(c.dropped, d)
		c.met("drop ship", "asked of its supplier")
		c.after(d.chance.around(time.Minute), func() { d.says(c) })
	}
}

// says has the supplier say the next thing: that it will send, has sent some, will not send some, has some back. It may say too much, or send
// what was called off.
func (d *dropped) says(c *company) {
	if d.left--; d.left < 0 {
		return
	}
	deed := []ledger.DropDeed{ledger.DropConfirm, ledger.DropSend, ledger.DropRefuse, ledger.DropBack}[d.chance.pick([]int{3, 5, 2, 1})]
	q := ledger.Qty(1 + d.chance.upTo(3))
	d.notes++
	name := fmt.Sprintf("supplier on %s, %d", d.k.who(), d.notes)
	t := ledger.TellDrop{Order: d.k.order.ID, Deed: deed, Lines: []ledger.CommandLine{{Line: d.line, Qty: q}}, By: "buyer"}
	switch deed {
	case ledger.DropSend:
		t.Note = fmt.Sprintf("DN-%d", d.notes)
	case ledger.DropRefuse:
		t.Reason = "no oak left"
	}
	heard := func(no error) {
		d.heard(c, deed, q, no)
		c.after(d.chance.around(time.Minute), func() { d.says(c) })
	}
	if d.k.book == ledger.HQ {
		d.tellHQ(c, name, t, heard)
		return
	}
	wish := func(m ledger.Meta) ledger.Request {
		again := t
		again.Meta = m
		return &again
	}
	if c.guardOff(guardNoteOnce) && deed == ledger.DropSend {
		other := t
		other.Note = ""
		c.unheard(d.k.book, name+" again", func(m ledger.Meta) ledger.Request { other.Meta = m; return &other })
	}
	c.tellOrNo(d.k.book, name, wish, heard)
}

// tellOrNo is tellOf of what may be refused: then is told why not; nil where it was written down.
func (c *company) tellOrNo(at ledger.SiteID, name string, wish func(ledger.Meta) ledger.Request, then func(no error)) {
	d := &deed{at: at, name: name, wish: wish, then: func(*ledger.Entry) { then(nil) }, refused: then, chance: newChance(c.plan.Seed, name)}
	c.deeds = append(c.deeds, d)
	d.try(c)
}

// tellHQ has a person tell head office until it answers.
func (d *dropped) tellHQ(c *company, name string, t ledger.TellDrop, heard func(no error)) {
	if !c.hq.up || c.now < c.hq.unsure || d.chance.in100(c.lanLoss()) {
		c.after(clientPatience, func() { d.tellHQ(c, name, t, heard) })
		return
	}
	res, err := c.hq.Propose(context.Background(), machine.Marshal(&machine.SupplierSays{Order: t.Order, Deed: t.Deed, Lines: t.Lines, Note: t.Note, Reason: t.Reason, By: t.By,
		Key: keyOf(name), Request: keyOf(name), At: c.hq.wall()}))
	switch {
	case err != nil || d.chance.in100(c.lanLoss()): // told again, under the same key
		c.after(clientPatience, func() { d.tellHQ(c, name, t, heard) })
	case res.Err != nil:
		heard(res.Err)
	case res.Answer.Refusal != "":
		heard(&ledger.DropError{Order: t.Order, Supplier: dropSupplier, Deed: t.Deed, Lines: res.Answer.Shorts})
	default:
		heard(nil)
	}
}

// heard counts what was written down, and judges a no: only what is more than the line has with its supplier is refused.
func (d *dropped) heard(c *company, deed ledger.DropDeed, q ledger.Qty, no error) {
	if no != nil {
		c.met("drop ship", "refused "+deed.String())
		over, _ := errors.AsType[*ledger.DropError](no)
		o := c.orderOf(d.k)
		switch {
		case o != nil && (o.Status == ledger.StatusUnconfirmed || o.Status == ledger.StatusSourcing) || errors.Is(no, ledger.ErrOrderUnknown) && o == nil: // nothing was asked of anybody yet
		case over == nil || len(over.Lines) == 0 || over.Lines[0].Want <= over.Lines[0].Have:
			c.fail("drop ship", "%s: %s of %d is refused: %v", d.k.who(), deed, q, no)
		}
		return
	}
	c.met("drop ship", deed.String())
	switch deed {
	case ledger.DropSend:
		d.sent += q
	case ledger.DropRefuse:
		d.refused += q
	case ledger.DropBack:
		d.back += q
	}
}

// checkDrops compares each line that its supplier sends with what the supplier said, at its own book and at head office, and looks for a unit of it
// anywhere in the company.
func (c *company) checkDrops() {
	told := map[string]bool{}
	for _, e := range c.hq.m.Exceptions(machine.ExceptionsMax) {
		told[fmt.Sprint(e.What, e.Order)] = true
	}
	for _, d := range c.dropped {
		o := c.orderOf(d.k)
		if o == nil || d.line > len(o.Lines) || o.Lines[d.line-1].Drop == nil {
			c.fail("drop ship", "%s: its book knows nothing of what %s sends", d.k.who(), dropSupplier)
			continue
		}
		l := &o.Lines[d.line-1]
		if l.Drop.Sent != d.sent || l.Taken+l.Over != d.sent || l.Declined != d.refused || l.Drop.Back != d.back || l.Returned != d.back {
			c.fail("drop ship", "%s: %s has sent %d, refused %d and has %d back; its book has line %d as %+v, %+v", d.k.who(), dropSupplier, d.sent, d.refused, d.back, d.line, *l, *l.Drop)
		}
		if err := l.CheckDrop(); err != nil {
			c.fail("drop ship", "%s line %d: %v", d.k.who(), d.line, err)
		}
		if l.Over > 0 {
			c.met("drop ship", "sent although it was called off")
		}
		if d.refused > 0 && !told[fmt.Sprint("drop_ship_refused", o.ID)] || l.Over > 0 && !told[fmt.Sprint("drop_ship_over", o.ID)] {
			c.fail("drop ship", "%s: %s has refused %d and sent %d that were called off, and nobody is told", d.k.who(), dropSupplier, d.refused, l.Over)
		}
		if d.k.canceled == yes && l.Drop.Open > 0 {
			c.fail("drop ship", "%s is cancelled, and %d are asked of its supplier", d.k.who(), l.Drop.Open)
		}
		// Head office keeps an order of a site's as long as others serve it, or it waits.
		if at, ok := c.hq.m.Order(o.ID); ok && (len(at.Lines) < d.line || at.Lines[d.line-1].Drop == nil || *at.Lines[d.line-1].Drop != *l.Drop) {
			c.fail("drop ship", "%s line %d is %+v at its book, and not at head office: %+v", d.k.who(), d.line, *l.Drop, at.Lines)
		}
	}
	for _, s := range c.sites {
		if l, ok := s.core.State.Level(dropSKU); ok && l.OnHand()+l.Reserved != 0 {
			c.fail("drop ship", "%s has %d %s on hand and %d reserved: it is never stocked", s.id, l.OnHand(), dropSKU, l.Reserved)
		}
		if stock, ok := c.hq.m.Stock(s.id, dropSKU); ok && stock.Level.OnHand() != 0 {
			c.fail("drop ship", "head office has %d %s at %s: it is never stocked", stock.Level.OnHand(), dropSKU, s.id)
		}
	}
}
