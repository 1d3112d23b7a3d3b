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
	c.record(4, func() {
		text(c, &v.Order)
		c.legs(&v.Legs)
		list(c, &v.Drops, sitesMax, func(d *Drop) { c.fields(2, func() { text(c, &d.Site); text(c, &d.Command) }) })
		c.moment(&v.At)
	})
}
