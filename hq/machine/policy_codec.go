package machine

func (c *coder) setPolicy(v *SetPolicy) {
	c.grown(7, func() {
		number(c, &v.CoverDays)
		number(c, &v.ChancePercent)
		text(c, &v.Preset)
		list(c, &v.Rules, RulesMax, func(r *Rule) {
			c.grown(4, func() { count(c, &r.Kind); text(c, &r.Site); text(c, &r.SKU); number(c, &r.Qty) }, c.category(&r.Category)...)
		})
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	}, growth{1, func() { count(c, &v.Version) }})
}

func (c *coder) settings(v *Settings) {
	c.fields(4, func() {
		count(c, &v.Version)
		number(c, &v.CoverDays)
		number(c, &v.ChancePercent)
		text(c, &v.Preset)
	})
}

func (c *coder) rule(v *Rule) {
	c.grownRecord(5, func() {
		count(c, &v.Kind)
		text(c, &v.Site)
		text(c, &v.SKU)
		number(c, &v.Qty)
		c.signed(&v.Set)
	}, c.category(&v.Category)...)
}

func (c *coder) change(v *Change) {
	c.grownRecord(7, func() {
		count(c, &v.Version)
		text(c, &v.What)
		text(c, &v.Site)
		text(c, &v.SKU)
		text(c, &v.From)
		text(c, &v.To)
		c.signed(&v.Set)
	}, c.category(&v.Category)...)
}

// category is the last field of what speaks of one: where there is none it is left out, as it was before there were any.
func (c *coder) category(p *string) []growth {
	if !c.reading() && *p == "" {
		return nil
	}
	return []growth{{1, func() { text(c, p) }}}
}

func (c *coder) rate(v *Rate) {
	c.record(5, func() {
		text(c, &v.Site)
		text(c, &v.SKU)
		number(c, &v.Day)
		number(c, &v.Orders)
		number(c, &v.Units)
	})
}
