package machine

func (c *coder) moveCommand(v *Move) {
	c.fields(7, func() {
		text(c, &v.Order)
		number(c, &v.Plans)
		c.legs(&v.Drop)
		c.legs(&v.Legs)
		text(c, &v.Why)
		c.explanation(&v.Explain)
		c.moment(&v.At)
	})
}

func (c *coder) moving(v *Moving) {
	c.grownRecord(4, func() {
		text(c, &v.Order)
		c.legs(&v.Legs)
		list(c, &v.Drops, sitesMax, func(d *Drop) { c.fields(2, func() { text(c, &d.Site); text(c, &d.Command) }) })
		c.moment(&v.At)
	}, growth{6, func() {
		text(c, &v.With)
		number(c, &v.Plans)
		c.legs(&v.Asked)
		c.legs(&v.Gets)
		c.legs(&v.Kept)
		c.flag(&v.Off)
	}})
}

func (c *coder) exchangeCommand(v *Exchange) {
	c.fields(2, func() {
		list(c, &v.Sides, exchangeMax, func(s *Side) {
			c.blob(func(c *coder) {
				c.fields(7, func() {
					text(c, &s.Order)
					number(c, &s.Plans)
					c.legs(&s.Drop)
					c.legs(&s.Legs)
					c.legs(&s.Gets)
					text(c, &s.Why)
					c.explanation(&s.Explain)
				})
			})
		})
		c.moment(&v.At)
	})
}
