package machine

import "github.com/holdfast-stock/holdfast/ledger"

func (c *coder) purchase(v *Purchase) {
	c.fields(6, func() {
		count(c, &v.Act)
		c.purchaseDoc(&v.Order)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
		count(c, &v.Seen)
	})
}

func (c *coder) purchaseDoc(v *ledger.Purchase) {
	c.fields(6, func() {
		text(c, &v.Reference)
		text(c, &v.Supplier)
		text(c, &v.Site)
		text(c, &v.Due)
		list(c, &v.Lines, ledger.PurchaseLinesMax, func(l *ledger.PurchaseLine) {
			c.fields(5, func() {
				text(c, &l.SKU)
				number(c, &l.Qty)
				text(c, &l.Due)
				c.cost(&l.Cost)
				c.pack(&l.Pack)
			})
		})
		text(c, &v.Note)
	})
}

func (c *coder) cost(v *ledger.Price) {
	c.fields(4, func() {
		number(c, &v.Amount)
		text(c, &v.Currency)
		number(c, &v.Per)
		text(c, &v.Tax)
	})
}

func (c *coder) pack(v *ledger.Packed) {
	c.fields(4, func() {
		text(c, &v.Name)
		number(c, &v.Units)
		number(c, &v.Count)
		number(c, &v.Loose)
	})
}

// orderedLine is what a line of a delivery has as one of a purchase order: where it has nothing it is left out, as it was before there were any.
func (c *coder) orderedLine(l *DueLine) []growth {
	if !c.reading() && *l == (DueLine{SKU: l.SKU, Qty: l.Qty, Came: l.Came}) {
		return nil
	}
	return []growth{{4, func() { number(c, &l.Short); number(c, &l.Due); c.cost(&l.Cost); c.pack(&l.Pack) }}}
}

// ordered is what a delivery is as a purchase order: left out where it is none.
func (c *coder) ordered(p **Ordered) []growth {
	if !c.reading() && *p == nil {
		return nil
	}
	return []growth{{4, func() {
		if c.reading() {
			*p = &Ordered{}
		}
		count(c, &(*p).State)
		text(c, &(*p).Owner)
		text(c, &(*p).Note)
		c.flag(&(*p).Kept)
	}}}
}
