package ledger

// The commands by which a site's units come to be promised at another one. The owner of the stock
// moves them in its own book, and that book alone says who holds what; the holder counts what it
// was told, draws from it by entries of its own, and gives up what it has not drawn.

func (d *decision) obeyHolding(b *ObeyedBody, m *moves) {
	c := &b.Command
	other := c.Site // the other site of the two
	if c.Kind == CommandCredit || c.Kind == CommandRecall {
		other = c.Owner
	}
	if c.Kind != CommandBurn && (other == "" || other == HQ && !c.ofAsset() || other == d.s.Site) {
		b.Refused = RefusedHolder
		return
	}
	switch c.Kind {
	case CommandPassOn:
		d.obeyPassOn(b, m)
	case CommandCredit:
		d.obeyCredit(b)
	case CommandRecall:
		d.obeyRecall(b)
	case CommandDraw:
		d.obeyDraw(b, m)
	case CommandReturn, CommandWriteOff:
		d.obeyReturn(b, m)
	case CommandBurn:
		d.obeyBurn(b, m)
	}
}

func (d *decision) obeyPassOn(b *ObeyedBody, m *moves) {
	c := &b.Command
	if !d.s.covered(HolderHQ, c.Lines) {
		b.Refused = RefusedNotAllotted
		return
	}
	for _, l := range c.Lines {
		m.claim(l.SKU, accountAllotted(HolderHQ), accountAllotted(Holder(c.Site)), l.Qty)
	}
	b.Done = c.Lines
}

// obeyCredit takes head office's word that Owner has allotted units to this site.
func (d *decision) obeyCredit(b *ObeyedBody) {
	c := &b.Command
	sums := map[SKU]Qty{}
	for _, l := range c.Lines {
		have, seen := sums[l.SKU]
		if !seen {
			have = d.s.holdings[holding{c.Owner, l.SKU}]
		}
		sum, err := AddQty(have, l.Qty)
		if CheckQty(l.Qty) != nil || err != nil {
			b.Refused = RefusedNotAllotted
			return
		}
		sums[l.SKU] = sum
	}
	b.Done = c.Lines
}

// obeyRecall gives up what this site still holds beyond the wished level. It may be nothing.
func (d *decision) obeyRecall(b *ObeyedBody) {
	c := &b.Command
	given := map[SKU]Qty{}
	for _, l := range c.Lines {
		q := d.s.holdings[holding{c.Owner, l.SKU}] - given[l.SKU] - max(0, l.Qty)
		if q > 0 {
			given[l.SKU] += q
			b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
		}
	}
}

// obeyDraw reserves what a holder has promised of this site's stock.
func (d *decision) obeyDraw(b *ObeyedBody, m *moves) {
	s, c := d.s, &b.Command
	switch {
	case c.Owner == s.Site || c.Order == "":
		b.Refused = RefusedCanceled // nobody draws for an order of ours from what is ours
	case !s.covered(Holder(c.Site), c.Lines):
		b.Refused = RefusedNotAllotted
	default:
		for _, l := range c.Lines {
			m.claim(l.SKU, accountAllotted(Holder(c.Site)), accountReserved(c.Order, l.Line), l.Qty)
		}
		b.Done = c.Lines
	}
}

// obeyReturn takes back what a holder has given up, all of it or nothing, or what is still
// allotted to one that is lost, as far as it is.
func (d *decision) obeyReturn(b *ObeyedBody, m *moves) {
	s, c := d.s, &b.Command
	holder := Holder(c.Site)
	if c.Kind == CommandReturn && !s.covered(holder, c.Lines) {
		b.Refused = RefusedNotAllotted
		return
	}
	for _, l := range c.Lines {
		q := min(l.Qty, s.allotted(holder, l.SKU)+m.posted(l.SKU, accountAllotted(holder)))
		if q < 1 {
			continue
		}
		s.free(m, l.SKU, accountAllotted(holder), q)
		b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
	}
}

// obeyBurn pays what is owed with what head office holds unsold.
func (d *decision) obeyBurn(b *ObeyedBody, m *moves) {
	hq := accountAllotted(HolderHQ)
	for _, l := range b.Command.Lines {
		owed := Qty(0)
		if level := d.s.look(l.SKU); level != nil {
			owed = level.Shortfall - m.posted(l.SKU, accountShortfall())
		}
		q := min(l.Qty, owed, d.s.allottedToHQ(l.SKU)+m.posted(l.SKU, hq))
		if q < 1 {
			continue
		}
		m.claim(l.SKU, hq, accountShortfall(), q)
		b.Done = append(b.Done, CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
	}
}
