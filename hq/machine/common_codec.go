package machine

import (
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Bounds of lists in commands and records.
const (
	shortsMax  = 2 * ledger.LinesMax
	reasonsMax = 2 * ledger.LinesMax
	sitesMax   = 10_000
	itemsMax   = 5_000
	framesMax  = wire.FramesMax
)

func (c *coder) incarnation(p *ledger.Incarnation) {
	c.fields(2, func() {
		count(c, &p.Counter)
		c.fixed(p.Random[:])
	})
}

func (c *coder) position(p *ledger.Position) {
	c.fields(3, func() {
		count(c, &p.Epoch)
		count(c, &p.Seq)
		c.fixed(p.Hash[:])
	})
}

func (c *coder) cursor(p *ledger.Cursor) {
	c.fields(3, func() {
		c.incarnation(&p.H)
		count(c, &p.Number)
		c.fixed(p.Hash[:])
	})
}

func (c *coder) ask(p *ledger.AskID) {
	c.fields(3, func() {
		text(c, &p.Site)
		count(c, &p.Epoch)
		count(c, &p.Seq)
	})
}

func (c *coder) order(p *ledger.Order) {
	if !c.reading() {
		c.out = appendBlob(c.out, func(b []byte) []byte { return ledger.AppendOrder(b, p) })
		return
	}
	var b []byte
	if c.bytes(&b); c.err == nil {
		c.note(ledger.ReadOrder(b, p))
	}
}

func (c *coder) legs(p *[]allocate.Leg) {
	c.blob(func(c *coder) {
		list(c, p, allocate.LegsMax, func(l *allocate.Leg) {
			c.fields(4, func() {
				number(c, &l.Line)
				text(c, &l.SKU)
				text(c, &l.Site)
				number(c, &l.Qty)
			})
		})
	})
}

func (c *coder) commandLines(p *[]ledger.CommandLine) {
	list(c, p, reasonsMax, func(l *ledger.CommandLine) {
		c.fields(3, func() {
			number(c, &l.Line)
			text(c, &l.SKU)
			number(c, &l.Qty)
		})
	})
}

func (c *coder) shorts(p *[]ledger.Short) {
	c.blob(func(c *coder) {
		list(c, p, shortsMax, func(s *ledger.Short) {
			c.fields(4, func() {
				number(c, &s.Line)
				text(c, &s.SKU)
				number(c, &s.Want)
				number(c, &s.Have)
			})
		})
	})
}
