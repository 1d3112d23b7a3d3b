package ledger

import (
	"fmt"
	"slices"
)

// foldReturn takes up what an entry says of a return. What its acts come to is worked out anew.
func (s *State) foldReturn(e *Entry, b *ReturnBody) error {
	r := &b.Return
	if string(r.ID) != e.Ref {
		return fmt.Errorf("it is about return %s, and holds return %s", e.Ref, r.ID)
	}
	if b.Refusal != "" {
		return nil
	}
	if err := r.check(); err != nil {
		return err
	}
	if err := b.Parcel.brings(r); err != nil {
		return err
	}
	was, known := s.returns[r.ID]
	if known != (e.Kind == KindInspected) {
		return fmt.Errorf("return %s, which is known here: %t", r.ID, known)
	}
	if e.Kind == KindReturned {
		was = r.begun()
	}
	next := was.clone()
	if err := next.apply(b.Acts); err != nil {
		return err
	}
	if !slices.EqualFunc(next.Lines, r.Lines, ReturnLine.same) || next.Claim != r.Claim || next.Order != r.Order {
		return fmt.Errorf("return %s is not what was done with it", r.ID)
	}
	if err := blockedBy(e, r, was, e.Kind == KindReturned); err != nil {
		return err
	}
	if o := b.Order; o != nil {
		if o.ID != r.Order || o.Owner != s.Site {
			return fmt.Errorf("return %s of order %s holds order %s of %s", r.ID, r.Order, o.ID, o.Owner)
		}
		if err := o.checkReturned(); err != nil {
			return err
		}
		s.keep(o)
	}
	s.keepReturn(r)
	return s.foldParcel(e, b)
}

// begun is the return before anybody did anything with it.
func (r *Return) begun() *Return {
	c := r.clone()
	for i := range c.Lines {
		l := &c.Lines[i]
		*l = ReturnLine{Line: l.Line, SKU: l.SKU, Bin: l.Bin, Qty: l.Qty, Lots: l.Lots}
		for t := range l.Lots {
			l.Lots[t].Back = 0
		}
	}
	return c
}

// same says whether two lines of returns stand alike.
func (l ReturnLine) same(o ReturnLine) bool {
	return l.Line == o.Line && l.SKU == o.SKU && l.Bin == o.Bin && slices.Equal(l.Lots, o.Lots) &&
		[...]Qty{l.Qty, l.Refused, l.Blocked, l.Restocked, l.Scrapped, l.Handed} == [...]Qty{o.Qty, o.Refused, o.Blocked, o.Restocked, o.Scrapped, o.Handed}
}

// blockedBy says whether the entry posts to each bin's blocked account what the return's units say.
func blockedBy(e *Entry, r, was *Return, came bool) error {
	want := map[binOf]Qty{}
	for i := range r.Lines {
		l := &r.Lines[i]
		n := l.Here()
		if !came {
			n -= was.Lines[i].Here()
		}
		want[binOf{l.SKU, l.Bin}] += n
	}
	for i := range e.Postings {
		if p := &e.Postings[i]; p.Account.Kind == Blocked {
			want[binOf{p.SKU, Bin(p.Account.Ref)}] -= p.Qty
		}
	}
	for key, off := range want {
		if off != 0 {
			return fmt.Errorf("return %s: %d of %s in %s are not posted as its units moved", r.ID, off, key.sku, key.bin)
		}
	}
	return nil
}

// keepReturn stores a return as it now stands. One that nothing can happen to any more stays until the next
// checkpoint, for look-ups; nothing is decided on it.
func (s *State) keepReturn(r *Return) {
	if s.lean && !r.IsOpen() {
		delete(s.returns, r.ID)
		return
	}
	s.returns[r.ID] = r
	if !s.lean {
		s.dirty.returns[r.ID] = s.Seq + 1
	}
}
