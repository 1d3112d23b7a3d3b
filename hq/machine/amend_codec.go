package machine

import (
	"github.com/holdfast-stock/holdfast/ledger"
)

func (c *coder) amend(v *Amend) {
	c.grown(12, func() {
		text(c, &v.Order)
		count(c, &v.Version)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		list(c, &v.Lines, ledger.LinesMax, func(l *AmendLine) {
			c.blob(func(c *coder) {
				var charge []growth
				if c.reading() || l.Charge != nil { // of most there is none: those are as they always were
					charge = []growth{{1, func() { given(c, &l.Charge, c.charge) }}}
				}
				c.grown(7, func() {
					number(c, &l.Line)
					text(c, &l.SKU)
					number(c, &l.Qty)
					number(c, &l.Price.Amount)
					text(c, &l.Price.Currency)
					number(c, &l.Price.Per)
					text(c, &l.Price.Tax)
				}, charge...)
			})
		})
		given(c, &v.ShipTo, func(a *ledger.Address) {
			c.fields(4, func() { text(c, &a.Country); text(c, &a.Postcode); number(c, &a.LatE6); number(c, &a.LonE6) })
		})
		given(c, &v.NeedBy, func(s *string) { c.fields(1, func() { text(c, s) }) })
		text(c, &v.Using)
		c.legs(&v.Legs)
		c.explanation(&v.Explain)
		c.shorts(&v.Shorts)
		c.moment(&v.At)
	}, growth{1, func() { text(c, &v.By) }})
}

func (c *coder) charge(p *ledger.Charge) { foreign(c, p, ledger.MarshalCharge, ledger.UnmarshalCharge) }

func (c *coder) class(v *Class) {
	c.fields(4, func() {
		text(c, &v.Name)
		count(c, &v.Again)
		c.flag(&v.MustFill)
		list(c, &v.Limits, LimitsMax, func(l *Limit) {
			c.blob(func(c *coder) {
				c.fields(3, func() { count(c, &l.Kind); text(c, &l.SKU); number(c, &l.Qty) })
			})
		})
	})
}

func (c *coder) ranked(v *Ranked) {
	c.record(3, func() { c.class(&v.Class); number(c, &v.Rank); c.signed(&v.Set) })
}

func (c *coder) quota(v *Quota) {
	c.record(4, func() { text(c, &v.Class); text(c, &v.SKU); number(c, &v.Day); number(c, &v.Units) })
}

// given is a value that may be left out: a list of none or one.
func given[T any](c *coder, p **T, f func(*T)) {
	var l []T
	if *p != nil {
		l = []T{**p}
	}
	list(c, &l, 1, f)
	if c.reading() && c.err == nil && len(l) == 1 {
		*p = &l[0]
	}
}

func (c *coder) revisedRecord(v *Revised) {
	var lowered []growth
	if c.reading() || len(v.Lowered) > 0 { // of most there are none: those are as they always were
		lowered = []growth{{1, func() { list(c, &v.Lowered, ledger.LinesMax, func(line *int) { number(c, line) }) }}}
	}
	c.grownRecord(5, func() {
		text(c, &v.Order)
		count(c, &v.Amends)
		number(c, &v.Day)
		number(c, &v.Moves)
		text(c, &v.Why)
	}, append([]growth{{1, func() { count(c, &v.Unserved) }}}, lowered...)...)
}
