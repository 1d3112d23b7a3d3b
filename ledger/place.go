package ledger

import (
	"cmp"
	"time"
)

// place decides an order: from what is here, by asking head office, or by what the caller
// wants done with a shortage.
func (d *decision) place(r *Place) Outcome {
	s := d.s
	if r.Released != nil {
		if no := d.releasing(r); no != nil {
			return *no
		}
	}
	if err := r.Order.Check(); err != nil {
		return Outcome{Err: err}
	}
	if len(r.Lots) > 0 && r.Order.Fulfil != Take {
		return Outcome{Err: &FormError{Field: "lots", Why: "go with fulfil take only: of goods that leave later the lot is named when they are picked"}}
	}
	if r.InHand {
		if v := r.Verdict; v != nil { // the goods are in the hand: what it trips is kept with it, and stops nothing
			review := v.Review
			review.Ruling, review.Default, review.By, review.Reason, review.At = RulingRelease, 0, r.Approver, "in hand", d.now
			r.Order.Review = &review
		}
		return d.placeInHand(r)
	}
	if r.Drafted {
		if no := d.placing(r); no != nil {
			return *no
		}
		r.Order.Draft, r.Order.Serial = s.orders[r.Order.ID].Draft, 0
		if len(r.Lots) == 0 {
			r.Lots = r.Order.Draft.Lots
		}
	} else if r.Order.Draft != nil && r.Released == nil {
		return d.saveDraft(r)
	}
	m := &moves{least: r.Least}
	if err := d.wants(m, r.Lots, &r.Order); err != nil {
		return Outcome{Err: err}
	}
	b := s.bodyOfPlaced(r)
	o := &b.Order
	if _, taken := s.orders[o.ID]; taken && !r.Drafted && r.Released == nil {
		return d.refuse(b, RefusedExists, r.Meta)
	}
	if no := d.judged(b, r); no != nil {
		return *no
	}
	if no := d.promote(b, r.Meta); no != nil {
		return *no
	}
	b.Shorts = s.split(o)
	if len(b.Shorts) == 0 {
		return d.accept(b, KindPlaced, r.Meta, m)
	}
	if r.AskHQ && s.asksFor(o) {
		if err := cmp.Or(s.here(m), s.closing(o)); err != nil {
			return Outcome{Err: err}
		}
		return d.ask(b, r.Meta)
	}
	return d.short(b, KindPlaced, r.Meta, m)
}

// bodyOfPlaced begins the body of an order that is put to this site.
func (s *State) bodyOfPlaced(r *Place) *OrderBody {
	b := bodyOf(&r.Order)
	o := &b.Order
	o.Owner, o.Wait, o.Offline, o.Uses = s.Site, WaitNone, !r.AskHQ && !s.Standalone, nil
	o.TakenAt = o.TakenAt.UTC().Truncate(time.Millisecond) // as it is stored
	return b
}

// split promises each line what is available here, in the order of the lines, and gives what
// is short. One SKU on two lines is one claim on one stock.
func (s *State) split(o *Order) []Short {
	var shorts []Short
	var used tally
	elsewhere := s.elsewhere(o)
	for i := range o.Lines {
		l := &o.Lines[i]
		l.fresh()
		if l.Drop != nil {
			l.Drop = l.Drop.ask(l.Qty)
			continue
		}
		have := s.available(l.SKU) - used.of(l.SKU)
		if elsewhere {
			have = 0
		}
		l.Here = min(have, l.Qty)
		used.add(l.SKU, l.Here)
		if l.Here < l.Qty {
			shorts = append(shorts, Short{Line: i + 1, SKU: l.SKU, Want: l.Qty, Have: l.Here})
		}
	}
	return shorts
}

// asksFor says whether head office could help: it holds what a site without a counter has, and
// knows the other sites.
func (s *State) asksFor(o *Order) bool {
	if s.Standalone {
		return false
	}
	return o.Anywhere || !s.Counter || s.elsewhere(o)
}

// short decides what is left short: from what this site holds of others, where head office is not
// asked or could not help, and then by the caller's choice. m holds what the entry moves anyway.
func (d *decision) short(b *OrderBody, kind Kind, meta Meta, m *moves) Outcome {
	o := &b.Order
	if kind != KindAskAccepted {
		if d.s.draw(b); len(b.Draws) > 0 {
			if b.Shorts = shortsOf(o); len(b.Shorts) == 0 {
				return d.accept(b, kind, meta, m)
			}
		}
	}
	promised := d.promiseDue(b)
	if promised {
		return d.accept(b, kind, meta, m)
	}
	for i := range o.Lines {
		promised = promised || o.Lines[i].Promised() > 0
	}
	unsure := o.Shortage == Confirm && o.Offline && d.s.asksFor(o) // nobody knows whether it can be served
	if o.Whole() && !unsure || o.Shortage == Partial && !promised {
		return d.refuseFrom(b, kind, meta)
	}
	if o.Shortage == Backorder || unsure {
		o.Wait = d.s.waits(o)
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Backordered = l.Qty - l.Promised()
			if unsure {
				l.Unconfirmed = l.Backordered
			}
		}
	}
	return d.accept(b, kind, meta, m)
}

// accept writes the entry that makes the order: goods in hand are handed over in it.
func (d *decision) accept(b *OrderBody, kind Kind, meta Meta, m *moves) Outcome {
	s, o := d.s, &b.Order
	m.expect = 4 * len(o.Lines)
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Here == 0 {
			continue
		}
		reserved := accountReserved(o.ID, i+1)
		held := kind == KindAskAccepted || kind == KindAskAbandoned // the ask reserved it
		switch {
		case o.Fulfil == Take && held:
			m.handOver(s.level(l.SKU), l.SKU, reserved, l.Here)
		case o.Fulfil == Take:
			m.handOver(s.level(l.SKU), l.SKU, accountAvailable(), l.Here)
		case !held:
			m.claim(l.SKU, accountAvailable(), reserved, l.Here)
		}
		if o.Fulfil == Take {
			l.Taken, l.Here = l.Taken+l.Here, 0
		}
	}
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	if o.Serial == 0 {
		o.Serial = s.Serial + 1
	}
	o.dropDue(d.now)
	o.Settle()
	e := d.write(&Entry{Kind: kind, Ref: string(o.ID), Postings: m.list, Lots: m.lots, Body: b}, meta)
	return Outcome{Entry: e}
}

// refuse writes an entry that remembers a no under its key. Without a key there is nothing to
// remember, but the entry still tells the auditor why a customer left with nothing.
func (d *decision) refuse(b *OrderBody, why Refusal, meta Meta) Outcome {
	b.Refusal = why
	for i := range b.Order.Lines {
		b.Order.Lines[i].Here, b.Order.Lines[i].Away = 0, nil
		b.Order.Lines[i].callOff()
	}
	if b.Draws = nil; why != RefusedAssetShort {
		b.Promotions = nil
	}
	b.Order.Uses = nil
	e := d.write(&Entry{Kind: KindRefused, Ref: string(b.Order.ID), Body: b}, meta)
	return Outcome{Entry: e, Err: b.Err()}
}

// refuseFrom refuses a placed order, or gives up an asked one and frees what it reserved.
func (d *decision) refuseFrom(b *OrderBody, kind Kind, meta Meta) Outcome {
	if kind == KindPlaced {
		return d.refuse(b, RefusedShort, meta)
	}
	b.Refusal = RefusedShort
	return d.letGo(b, kind, meta)
}
