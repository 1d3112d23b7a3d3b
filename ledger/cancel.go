package ledger

import "cmp"

// cancel frees what an order of ours has not handed over. What other sites serve of it is let
// go by head office when this entry reaches it.
func (d *decision) cancel(r *CancelOrder) Outcome {
	s := d.s
	old, ok := s.orders[r.Order]
	if !ok {
		return Outcome{Err: ErrOrderUnknown}
	}
	if _, asking := s.asks[r.Order]; asking {
		return Outcome{Err: ErrInProgress}
	}
	if old.Canceling() != nil {
		b := &OrderBody{Order: *old, Refusal: RefusedState}
		e := d.write(&Entry{Kind: KindRefused, Ref: string(r.Order), Body: b}, r.Meta)
		return Outcome{Entry: e, Err: b.Err()}
	}
	switch old.Status {
	case StatusDraft:
		return d.cancelDraft(old, r.Meta)
	case StatusWaiting:
		return d.ruledOut(old, cmp.Or(r.Actor, "somebody"), "cancelled", r.Meta)
	}
	m := &moves{}
	o := s.canceled(old, m)
	free := s.unused(o)
	e := d.write(&Entry{Kind: KindCanceled, Ref: string(o.ID), Postings: m.list, Body: &OrderBody{Order: *o, Promotions: free}}, r.Meta)
	d.fill()
	return Outcome{Entry: e}
}

// canceled gives an order as it stands once it is cancelled, and frees what it has reserved here.
func (s *State) canceled(old *Order, m *moves) *Order {
	o := old.Clone()
	for i := range o.Lines {
		l := &o.Lines[i]
		s.freeLeg(m, o.ID, i+1, l.SKU, l.Here, l.Here)
		l.Canceled = l.Taken < l.Qty
		l.Here, l.Away, l.Backordered, l.Unconfirmed = 0, nil, 0, 0
		l.callOff()
	}
	o.Settle()
	return o
}
