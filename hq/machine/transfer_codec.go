package machine

import "github.com/holdfast-stock/holdfast/ledger"

func (c *coder) transferDoc(v *ledger.Transfer) {
	var more []growth
	if c.reading() || len(v.Cartons) > 0 { // one without has the bytes of old
		more = []growth{{1, func() { c.wayCartons(&v.Cartons) }}}
	}
	c.grown(6, func() {
		text(c, &v.ID)
		text(c, &v.From)
		text(c, &v.To)
		count(c, &v.State)
		list(c, &v.Lines, ledger.TransferLinesMax, func(l *ledger.TransferLine) {
			var lots []growth
			if c.reading() || len(l.Lots) > 0 { // a line without has the bytes of old
				lots = []growth{{1, func() { c.transferLots(&l.Lots) }}}
			}
			c.grown(5, func() {
				text(c, &l.SKU)
				number(c, &l.Qty)
				number(c, &l.Sent)
				number(c, &l.Came)
				number(c, &l.Damaged)
			}, lots...)
		})
		text(c, &v.Note)
	}, more...)
}

// wayCartons are cartons in the ledger's encoding.
func (c *coder) wayCartons(cartons *[]ledger.WayCarton) {
	b := ledger.MarshalWayCartons(*cartons)
	c.bytes(&b)
	if c.reading() && c.err == nil {
		var err error
		*cartons, err = ledger.UnmarshalWayCartons(b)
		c.note(err)
	}
}

// transferLots are lots in the ledger's encoding.
func (c *coder) transferLots(lots *[]ledger.TransferLot) {
	b := ledger.MarshalTransferLots(*lots)
	c.bytes(&b)
	if c.reading() && c.err == nil {
		var err error
		*lots, err = ledger.UnmarshalTransferLots(b)
		c.note(err)
	}
}

func (c *coder) transfer(v *Transfer) {
	c.record(6, func() {
		c.transferDoc(&v.Transfer)
		text(c, &v.Asker)
		c.signed(&v.Set)
		c.moment(&v.Told)
		count(c, &v.Amiss)
		count(c, &v.Closed)
	})
}

func (c *coder) makeTransfer(v *MakeTransfer) {
	c.fields(5, func() {
		c.transferDoc(&v.Transfer)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		text(c, &v.By)
		c.moment(&v.At)
	})
}

func (c *coder) judgeTransfer(v *JudgeTransfer) {
	c.fields(7, func() {
		text(c, &v.Transfer)
		c.flag(&v.Refuse)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}
