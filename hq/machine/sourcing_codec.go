package machine

import "github.com/holdfast-stock/holdfast/ledger"

func (c *coder) setSourcing(v *SetSourcing) {
	c.grown(6, func() {
		list(c, &v.Terms, sitesMax, func(t *Terms) { c.blob(func(c *coder) { c.terms(t) }) })
		list(c, &v.Zones, ZonesMax, c.zone)
		list(c, &v.Presets, PresetsMax, c.presetFor)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	}, growth{2, func() {
		count(c, &v.Version)
		list(c, &v.Left, sitesMax, func(l *LegsLeft) { c.fields(2, func() { text(c, &l.Site); number(c, &l.Orders) }) })
	}})
}

// terms is the record of a site's terms, in a command without who set them.
func (c *coder) terms(v *Terms) {
	c.record(17, func() {
		text(c, &v.Site)
		number(c, &v.LatE6)
		number(c, &v.LonE6)
		text(c, &v.Group)
		text(c, &v.Stopped)
		count(c, &v.Closed)
		list(c, &v.Holidays, HolidaysMax, func(d *Day) { number(c, d) })
		number(c, &v.WaitDays)
		number(c, &v.ShipDays)
		number(c, &v.TravelDays)
		number(c, &v.Capacity)
		c.flag(&v.NoDeliver)
		c.flag(&v.NoCollect)
		list(c, &v.Areas, AreasMax, func(a *Area) { c.fields(2, func() { text(c, &a.Country); text(c, &a.Prefix) }) })
		list(c, &v.SKUs, ExceptedMax, func(s *ledger.SKU) { text(c, s) })
		list(c, &v.Customers, ExceptedMax, func(s *string) { text(c, s) })
		list(c, &v.Classes, ExceptedMax, func(s *string) { text(c, s) })
	})
}

// termsRecord is the terms with who set them.
func (c *coder) termsRecord(v *Terms) {
	c.record(2, func() { c.terms(v); c.signed(&v.Set) })
}

func (c *coder) zone(v *Zone) {
	c.record(5, func() {
		text(c, &v.Country)
		text(c, &v.Prefix)
		text(c, &v.Site)
		text(c, &v.Group)
		number(c, &v.Cost)
	})
}

func (c *coder) presetFor(v *PresetFor) {
	c.record(3, func() { text(c, &v.Channel); text(c, &v.Class); text(c, &v.Preset) })
}

func (c *coder) load(v *Load) {
	c.record(2, func() {
		text(c, &v.Site)
		list(c, &v.Days, loadDaysMax, func(d *DayLoad) {
			c.fields(2, func() { number(c, &d.Day); number(c, &d.Parcels) })
		})
	})
}
