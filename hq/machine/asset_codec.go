package machine

func (c *coder) asset(v *Asset) {
	c.record(7, func() {
		text(c, &v.ID)
		number(c, &v.Limit)
		number(c, &v.Used)
		number(c, &v.Free)
		list(c, &v.Holders, sitesMax, func(h *AssetHolder) {
			c.fields(7, func() {
				text(c, &h.Site)
				number(c, &h.Wish)
				number(c, &h.Want)
				number(c, &h.Has)
				number(c, &h.Coming)
				number(c, &h.Recalled)
				number(c, &h.Off)
			})
		})
		c.signed(&v.Set)
		count(c, &v.Over)
	})
}

func (c *coder) setAsset(v *SetAsset) {
	c.fields(10, func() {
		text(c, &v.Asset)
		count(c, &v.Do)
		text(c, &v.Site)
		number(c, &v.Amount)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		text(c, &v.Ref)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
