package ledger

// ask reserves what is here and opens a question to head office. Nobody is answered yet; a
// crash from here on leaves an open ask, which the next start drops.
func (d *decision) ask(b *OrderBody, meta Meta) Outcome {
	s, o := d.s, &b.Order
	d.widen(o.words()) // the ask is named by the entry that is written next
	m := &moves{}
	for i := range o.Lines {
		l := &o.Lines[i]
		m.claim(l.SKU, accountAvailable(), accountReserved(o.ID, i+1), l.Here)
	}
	if o.Status = StatusSourcing; o.Serial == 0 {
		o.Serial = s.Serial + 1
	}
	b.Ask, b.AskKey, b.AskRequest = s.nextAsk(), meta.Key, meta.Request
	// The key is answered by the entry that closes the ask.
	e := d.write(&Entry{Kind: KindAsked, Ref: string(o.ID), Postings: m.list, Body: b},
		meta.who())
	return Outcome{Entry: e}
}

// closing refuses to ask about an order whose end would not fit in one entry: head office's yes
// and its no would both be refused, and the ask stay open. It counts as if all that is here, and
// all that head office may promise of what is here, were handed over. Goods that come in
// while the ask is open can still spread what it takes over more bins; whoever asks must then
// drop it.
func (s *State) closing(o *Order) error {
	if o.Fulfil != Take {
		return nil // at most two postings a line
	}
	m := &moves{}
	drawn := make(map[SKU]Qty, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		reserved := accountReserved(o.ID, i+1)
		own := min(l.Qty-l.Here, s.allottedToHQ(l.SKU)-drawn[l.SKU])
		drawn[l.SKU] += own
		m.claim(l.SKU, accountAllotted(HolderHQ), reserved, own)
		if q := l.Here + own; q > 0 {
			m.handOver(s.level(l.SKU), l.SKU, reserved, q)
		}
	}
	return m.fit()
}

// opened finds the ask that an answer is for, and begins the body of the entry that closes it.
func (s *State) opened(order OrderID, id AskID) (OpenAsk, *OrderBody, error) {
	ask, ok := s.asks[order]
	o, known := s.orders[order]
	if !ok || !known || ask.Ask != id {
		return OpenAsk{}, nil, ErrAskClosed
	}
	b := bodyOf(o)
	b.Ask = ask.Ask
	return ask, b, nil
}

func (a *OpenAsk) meta() Meta {
	return Meta{Actor: a.Actor, Device: a.Device, Approver: a.Approver, Key: a.Key, Request: a.Request}
}

// acceptAsk takes up what head office holds for the order. A leg at this very site moves from
// allotted/hq here and now: the owner's book is ours. What goods in the hand, or a loss, have taken of
// it since head office said yes is short.
func (d *decision) acceptAsk(r *AcceptAsk) Outcome {
	s := d.s
	ask, b, err := s.opened(r.Order, r.Ask)
	if err != nil {
		return Outcome{Err: err}
	}
	o := &b.Order
	m := wishing(r.Lots, o)
	m.least = r.Least
	drawn := map[SKU]Qty{}
	gone := false
	for _, leg := range r.Legs {
		if leg.Line < 1 || leg.Line > len(o.Lines) || CheckQty(leg.Qty) != nil {
			return Outcome{Err: &FormError{Field: "legs", Line: leg.Line, Why: "do not fit the order"}}
		}
		l := &o.Lines[leg.Line-1]
		if l.Promised()+leg.Qty > l.Qty {
			return Outcome{Err: &FormError{Field: "legs", Line: leg.Line, Why: "promise more than was ordered"}}
		}
		if leg.Site != s.Site {
			l.AddAway(leg.Site, leg.Qty)
			continue
		}
		q := min(leg.Qty, s.allottedToHQ(l.SKU)-drawn[l.SKU])
		if gone = gone || q < leg.Qty; q < 1 {
			continue
		}
		drawn[l.SKU] += q
		m.claim(l.SKU, accountAllotted(HolderHQ), accountReserved(o.ID, leg.Line), q)
		l.Here += q
	}
	if err := o.checkLegs(); err != nil {
		return Outcome{Err: err}
	}
	b.Shorts = shortsOf(o)
	if len(b.Shorts) == 0 {
		return d.accept(b, KindAskAccepted, ask.meta(), m)
	}
	if o.Whole() && !gone {
		return Outcome{Err: &FormError{Field: "legs", Why: "do not make the order whole"}}
	}
	if o.Whole() { // as it was asked about: nothing of the yes is taken up
		_, asked, err := s.opened(r.Order, r.Ask)
		if err != nil {
			return Outcome{Err: err}
		}
		asked.Shorts = b.Shorts
		return d.short(asked, KindAskAccepted, ask.meta(), wishing(r.Lots, o))
	}
	return d.short(b, KindAskAccepted, ask.meta(), m)
}

// abandonAsk decides an asked order without head office. It is written before the client is
// answered, so that a late yes finds it and head office lets its hold go.
func (d *decision) abandonAsk(r *AbandonAsk) Outcome {
	ask, b, err := d.s.opened(r.Order, r.Ask)
	if err != nil {
		return Outcome{Err: err}
	}
	b.Order.Offline = r.Offline
	if r.Drop {
		b.Dropped = true
		return d.letGo(b, KindAskAbandoned, ask.meta().who())
	}
	b.Shorts = shortsOf(&b.Order)
	return d.short(b, KindAskAbandoned, ask.meta(), wishing(r.Lots, &b.Order))
}

// letGo frees what an ask reserved and ends the order.
func (d *decision) letGo(b *OrderBody, kind Kind, meta Meta) Outcome {
	o := &b.Order
	m := &moves{}
	for i := range o.Lines {
		l := &o.Lines[i]
		d.s.free(m, l.SKU, accountReserved(o.ID, i+1), l.Here)
		l.Here, l.Away = 0, nil
		l.callOff()
	}
	o.Status, b.Draws = StatusCanceled, nil
	b.Promotions = d.s.unused(o)
	e := d.write(&Entry{Kind: kind, Ref: string(o.ID), Postings: m.list, Body: b}, meta)
	d.fill()
	return Outcome{Entry: e, Err: b.Err()}
}

// undone says whether an entry of kind k leaves what stood before it was asked about: a draft, an order that waits, or nothing. Where goods in the
// hand took what head office's yes counted on, an order that was neither stays, cancelled, as it always has.
func (b *OrderBody) undone(k Kind) bool {
	no := k == KindAskAbandoned || k == KindAskAccepted && b.Order.again() != nil
	return b.Dropped || no && b.Refusal != ""
}

func shortsOf(o *Order) []Short {
	var shorts []Short
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Promised() < l.Qty {
			shorts = append(shorts, Short{Line: i + 1, SKU: l.SKU, Want: l.Qty, Have: l.Promised()})
		}
	}
	return shorts
}
