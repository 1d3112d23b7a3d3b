package machine

func (c *coder) expect(v *Expect) {
	c.grown(9, func() {
		text(c, &v.Reference)
		text(c, &v.Supplier)
		text(c, &v.Site)
		number(c, &v.Due)
		list(c, &v.Lines, DeliveryLinesMax, func(l *DueLine) {
			c.fields(2, func() { text(c, &l.SKU); number(c, &l.Qty) })
		})
		c.flag(&v.Cancel)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	}, growth{1, func() { count(c, &v.Seen) }})
}

func (c *coder) delivery(v *Delivery) {
	c.grownRecord(9, func() {
		text(c, &v.Reference)
		text(c, &v.Supplier)
		text(c, &v.Site)
		number(c, &v.Due)
		list(c, &v.Lines, 2*DeliveryLinesMax, func(l *DueLine) {
			c.grown(3, func() { text(c, &l.SKU); number(c, &l.Qty); number(c, &l.Came) }, c.orderedLine(l)...)
		})
		count(c, &v.Version)
		c.flag(&v.Canceled)
		count(c, &v.Closed)
		c.signed(&v.Set)
	}, c.ordered(&v.Order)...)
}

func (c *coder) duePromise(v *DuePromise) {
	c.record(6, func() {
		text(c, &v.Order)
		number(c, &v.Line)
		text(c, &v.SKU)
		text(c, &v.Reference)
		number(c, &v.Qty)
		number(c, &v.By)
	})
}

// duePromises are those of an answer.
func (c *coder) duePromises(p *[]DuePromise) {
	list(c, p, duePromisesMax, func(v *DuePromise) {
		c.fields(4, func() { number(c, &v.Line); text(c, &v.Reference); number(c, &v.Qty); number(c, &v.By) })
	})
}

func (c *coder) supplier(v *Supplier) {
	c.record(2, func() {
		text(c, &v.Name)
		list(c, &v.Late, LatenessKept, func(n *uint16) {
			days := uint64(*n)
			if count(c, &days); days > lateDaysMax {
				c.refuse("late by %d days", days)
			}
			if c.reading() {
				*n = uint16(days)
			}
		})
	})
}
