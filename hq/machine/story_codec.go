package machine

func (c *coder) step(v *Step) {
	var more []growth
	if c.reading() || v.Device != "" || v.Approver != "" {
		more = []growth{{2, func() { text(c, &v.Device); text(c, &v.Approver) }}}
	}
	c.grown(12, func() {
		count(c, &v.What)
		c.moment(&v.At)
		text(c, &v.Site)
		text(c, &v.By)
		text(c, &v.Why)
		list(c, &v.Lines, stepLinesMax, func(l *StepLine) {
			c.fields(6, func() {
				number(c, &l.Line)
				text(c, &l.SKU)
				text(c, &l.Site)
				number(c, &l.Qty)
				number(c, &l.Of)
				count(c, &l.Exception)
			})
		})
		number(c, &v.More)
		c.moment(&v.Until)
		count(c, &v.Exception)
		count(c, &v.Version)
		c.bytes(&v.Explain.packed)
		c.flag(&v.Thinned)
	}, more...)
}

func (c *coder) story(v *Story) {
	c.record(5, func() {
		text(c, &v.Order)
		count(c, &v.Rank)
		count(c, &v.Left)
		number(c, &v.Steps)
		c.bytes(&v.packed)
	})
}

func (c *coder) lift(v *Lift) {
	c.fields(5, func() { text(c, &v.Site); text(c, &v.SKU); text(c, &v.By); text(c, &v.Reason); c.moment(&v.At) })
}

func (c *coder) unserved(v *Unserved) {
	c.fields(3, func() { text(c, &v.Order); number(c, &v.Plans); c.moment(&v.At) })
}
