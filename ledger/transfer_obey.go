package ledger

// obeyTransfer carries out what head office says of a transfer. doc is what the book knows of it; nil for nothing.
func (d *decision) obeyTransfer(b *ObeyedBody, m *moves, doc *Transfer) {
	c := &b.Command
	id, act, ok := c.Transfer()
	if !ok || c.Site == "" || c.Site == d.s.Site {
		b.Refused = RefusedUnknown
		return
	}
	switch act {
	case TransferReserve, TransferOut:
		d.obeyReserveTransfer(b, m, doc, act)
	case TransferRefuse:
		view := AtReceiver
		if doc != nil && doc.From == d.s.Site {
			view = AtSender
		}
		d.obeyTransferState(b, doc, view, act)
	case TransferExpect:
		if doc == nil {
			doc = &Transfer{ID: id, From: c.Site, To: d.s.Site, Note: c.Reason}
		}
		d.obeyTransferState(b, doc, AtReceiver, act)
		if t := b.Transfer; t != nil {
			t.tell(c.Lines, func(l *TransferLine, q Qty) { l.Sent = q })
			t.tellLots(c, func(l *TransferLot, q Qty) { l.Sent = q })
			t.Cartons = c.Cartons
			if t.Check() != nil {
				b.Refused, b.Transfer = RefusedTransferForm, nil
			}
		}
	case TransferSettle:
		d.obeySettle(b, m, doc, id)
	default:
		b.Refused = RefusedUnknown
		return
	}
}

// tell writes a command's lines into a transfer.
func (t *Transfer) tell(lines []CommandLine, set func(*TransferLine, Qty)) {
	for _, l := range lines {
		at := t.line(l.SKU)
		if at == nil {
			t.Lines = append(t.Lines, TransferLine{SKU: l.SKU})
			at = &t.Lines[len(t.Lines)-1]
		}
		set(at, l.Qty)
	}
}

// obeyTransferState lets nothing move.
func (d *decision) obeyTransferState(b *ObeyedBody, doc *Transfer, view TransferView, act TransferAct) {
	to, fits := stateOf(doc).After(view, act)
	if !fits || doc == nil {
		b.Refused = RefusedTransferState
		return
	}
	b.Transfer = doc.Clone()
	b.Transfer.State = to
}

// obeyReserveTransfer sets aside all that is wanted, or nothing: of what head office holds here, or, where it holds
// nothing, of what is available.
func (d *decision) obeyReserveTransfer(b *ObeyedBody, m *moves, doc *Transfer, act TransferAct) {
	c := &b.Command
	id, _, _ := c.Transfer()
	to, fits := stateOf(doc).After(AtSender, act)
	if !fits || doc != nil && doc.From != d.s.Site {
		b.Refused = RefusedTransferState
		return
	}
	t := &Transfer{ID: id, From: d.s.Site, To: c.Site, State: to, Note: c.Reason}
	t.tell(c.Lines, func(l *TransferLine, q Qty) { l.Qty += q })
	if t.Check() != nil {
		b.Refused = RefusedTransferForm
		return
	}
	from := accountAvailable()
	if act == TransferOut {
		from = accountAllotted(HolderHQ)
		if !d.s.covered(HolderHQ, c.Lines) {
			b.Refused = RefusedNotAllotted
			return
		}
	} else if len(d.s.shortOf(t)) > 0 {
		b.Refused = RefusedNotAvailable
		return
	}
	t.setAside(m, from)
	b.Transfer, b.Done = t, c.Lines
}

// obeySettle books what became of a transfer whose receiver has told what came. What had left by this book and did
// not arrive is missing. What arrived and had not left by this book has left all the same: the entry that says so
// is lost, or somebody forgot to write it.
func (d *decision) obeySettle(b *ObeyedBody, m *moves, doc *Transfer, id TransferID) {
	s, c := d.s, &b.Command
	to, fits := stateOf(doc).After(AtSender, TransferSettle)
	if !fits || doc != nil && doc.From != s.Site {
		b.Refused = RefusedTransferState
		return
	}
	was := stateOf(doc)
	if doc == nil {
		doc = &Transfer{ID: id, From: s.Site, To: c.Site, Note: c.Reason}
	}
	t := doc.Clone()
	t.State = to
	for i := range t.Lines {
		if t.Lines[i].Came, t.Lines[i].Damaged = 0, 0; was != TransferDispatched {
			t.Lines[i].Sent, t.Lines[i].Lots = 0, nil // it is on its way no more
		}
		for n := range t.Lines[i].Lots {
			t.Lines[i].Lots[n].Came, t.Lines[i].Lots[n].Damaged = 0, 0
		}
	}
	t.tell(c.Lines, func(l *TransferLine, q Qty) { l.Came = q })
	t.tellLots(c, func(l *TransferLot, q Qty) { l.Came = q })
	t.HearCartons(&Transfer{Cartons: c.Cartons})
	m.wishLots(c)
	take := s.taking(m)
	for i := range t.Lines {
		take.about(t.Lines[i].SKU)
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		switch was {
		case TransferDispatched, TransferReturned:
			m.amissLots(l, t.To)
		default:
			d.leftUnsaid(take, t, i, was == TransferReserved)
		}
	}
	if m.fit() != nil || t.Check() != nil {
		b.Refused, m.list = RefusedTransferForm, nil
		return
	}
	d.displace(take, Meta{})
	m.list = m.settled()
	b.Transfer, b.Done, b.Displaced = t, c.Lines, take.displaced
}

// leftUnsaid takes off the shelf what of a line has come to the receiver: of what was set aside for it first, then
// as goods in the hand are taken. What is left aside is free again.
func (d *decision) leftUnsaid(take *taking, t *Transfer, i int, aside bool) {
	l := &t.Lines[i]
	n := Qty(0)
	if aside {
		n = min(l.Came, l.Qty)
		claim := accountSetAside(t.ID, i+1)
		if n > 0 {
			take.m.leave(d.s.level(l.SKU), l.SKU, claim, accountTransit(t.To), n)
		}
		d.s.free(take.m, l.SKU, claim, l.Qty-n)
	}
	if l.Came > n {
		take.take(l.SKU, l.Came-n, accountTransit(t.To))
	}
	l.Sent = l.Came
}

// lateTransfer records what crossed the walls for a transfer in a life of the book that has ended. What crossed them
// in either life has crossed them, once.
func (d *decision) lateTransfer(f *fact) Outcome {
	t := f.transfer
	b := &LateBody{Transfer: t}
	take := d.lateTaking(f, 0)
	if f.was == KindTransferReceived {
		view, act := AtReceiver, TransferReceive
		if t.From == d.s.Site {
			view, act = AtSender, TransferReturn
		}
		known := stateOf(f.doc)
		if view == AtSender && f.doc != nil {
			for i := range t.Lines { // what had left stands in this book
				if l := f.doc.line(t.Lines[i].SKU); l != nil {
					t.Lines[i].HearSent(l)
				}
			}
		}
		if _, fits := known.After(view, act); !fits {
			b.Refusal = RefusedTransfer // the same goods have come in this life, or nothing of them had left
			return d.recordLate(f, b, take)
		}
		if err := d.s.takeTransferIn(take.m, t, f.transferBins()); err != nil {
			return Outcome{Err: err}
		}
		return d.recordLate(f, b, take)
	}
	for i := range t.Lines {
		take.about(t.Lines[i].SKU)
	}
	switch known := stateOf(f.doc); known {
	case transferNone, TransferAsked, TransferReserved, TransferCanceled, TransferRefused: // nothing of it has left in this life
		for i := range t.Lines {
			d.lateLeft(take, f.doc, t, i)
		}
	default:
		b.Refusal = RefusedTransfer
		for i := range t.Lines { // what left beyond what is known of is missing until its receiver says otherwise
			l, more := &t.Lines[i], t.Lines[i].Sent
			if has := f.doc.line(l.SKU); has != nil {
				more -= has.Sent
			}
			if more > 0 {
				take.take(l.SKU, more, accountLoss(TransferMissing))
			}
		}
	}
	return d.recordLate(f, b, take)
}

// lateLeft has a line of a transfer leave that left in another life: of what is set aside for it in this one, then as
// goods in the hand.
func (d *decision) lateLeft(take *taking, doc, t *Transfer, i int) {
	l := &t.Lines[i]
	q := l.Sent
	if doc != nil && doc.State == TransferReserved {
		for n := range doc.Lines {
			if has := &doc.Lines[n]; has.SKU == l.SKU {
				some := min(q, has.Qty)
				claim := accountSetAside(t.ID, n+1)
				if some > 0 {
					take.m.leave(d.s.level(l.SKU), l.SKU, claim, accountTransit(t.To), some)
				}
				d.s.free(take.m, l.SKU, claim, has.Qty-some)
				q -= some
			}
		}
	}
	if q > 0 {
		take.take(l.SKU, q, accountTransit(t.To))
	}
}
