package ledger

import "fmt"

// RefusedReturned says that none of what came back of an order can: it was never handed over, or came back before.
const RefusedReturned = "over_returned"

// obeyTakeBack counts at the book that owns the order what came back, as far as it can; the entry's Done says how much that
// is, and RefusedReturned that it is nothing. At the site that has taken the goods in it writes down the answer, and does what was
// wished for: there the lines are what was counted, and none is a no. Where the two are one book, which did not know the
// order when it took the goods in, both happen.
//
// A return is counted once, whatever command asks: the site that has the goods may be made anew, and then it tells of them as of a late fact, of
// which head office makes another command. It gets the answer of the first one.
func (d *decision) obeyTakeBack(b *ObeyedBody, m *moves, counted []CommandLine) {
	s, c := d.s, &b.Command
	here := c.Site == s.Site
	r, waits := s.returns[c.Return]
	waits = waits && r.Claim == ClaimPending && r.Order == c.Order
	if here && !waits || !here && c.Owner != s.Site {
		b.Refused = RefusedCanceled
		return
	}
	b.Done = c.Lines
	if c.Owner == s.Site {
		old, ok := s.orders[c.Order]
		if s.Rebuilding && (!ok || !old.returnable(c.Lines)) {
			b.Done, b.Refused = nil, RefusedRebuilding // what it sold in the life before is told late
			return
		}
		if _, asking := s.asks[c.Order]; !ok || asking {
			b.Done, b.Refused = nil, RefusedCanceled
			return
		}
		o := old.Clone()
		if b.Done = counted; len(counted) == 0 {
			b.Done = o.TakesBack(c.Lines)
			b.Counted = len(b.Done) > 0 && !here
		}
		if len(b.Done) == 0 && !here {
			b.Refused = RefusedReturned
			return
		}
		b.Order = o
	}
	if here {
		r = r.clone()
		s.actOn(m, r, r.settle(c.Owner, b.Done))
	}
}

// KeyOfCounted is the digest under which the book that owns an order remembers for ever what a return of it came to.
func KeyOfCounted(id ReturnID) Digest { return DigestOf([]byte("counted"), []byte(id)) }

// counted is the key of what a return came to; zero of any other entry.
func (e *Entry) counted() Digest {
	if b, ok := e.Body.(*ObeyedBody); ok && b.Counted {
		return KeyOfCounted(b.Command.Return)
	}
	return Digest{}
}

// recallCounted loads what the return came to that a command is about, where the order has counted it.
func (c *Core) recallCounted(r *Obey) error {
	if r.counted = nil; r.Command.Kind != CommandTakeBack || r.Command.Owner != c.State.Site || r.Command.Site == c.State.Site {
		return nil
	}
	ref, ok, err := c.answered(KeyOfCounted(r.Command.Return))
	if !ok || err != nil {
		return err
	}
	e, err := c.entry(ref.Seq)
	if err != nil {
		return err
	}
	b, is := e.Body.(*ObeyedBody)
	if !is || b.Command.Return != r.Command.Return {
		return &DamageError{Where: fmt.Sprintf("entry %d", ref.Seq), Why: "it is not what is remembered of a return"}
	}
	if b.Command.Order == r.Command.Order {
		r.counted = b.Done
	}
	return nil
}

// TakesBack counts as returned what can come back of what lines name, and gives that.
func (o *Order) TakesBack(lines []CommandLine) (done []CommandLine) {
	for _, l := range lines {
		if l.Line < 1 || l.Line > len(o.Lines) || o.Lines[l.Line-1].SKU != l.SKU {
			continue
		}
		line := &o.Lines[l.Line-1]
		if q := min(l.Qty, line.Returnable()); q > 0 {
			line.Returned += q
			done = append(done, CommandLine{Line: l.Line, SKU: l.SKU, Qty: q})
		}
	}
	return done
}

// returnable says whether all that lines name can come back.
func (o *Order) returnable(lines []CommandLine) bool {
	var want, got Qty
	for _, l := range lines {
		want += min(l.Qty, QtyMax)
	}
	for _, l := range o.Clone().TakesBack(lines) {
		got += l.Qty
	}
	return got == want
}

// foldTakenBack works out anew what obeyTakeBack came to.
func (s *State) foldTakenBack(b *ObeyedBody) error {
	c := &b.Command
	if c.Owner == s.Site {
		if b.Order == nil {
			return fmt.Errorf("goods of order %s came back, and the order is not there", c.Order)
		}
		if err := b.Order.checkReturned(); err != nil {
			return err
		}
	}
	if c.Site != s.Site {
		return nil
	}
	old, ok := s.returns[c.Return]
	if !ok || old.Claim != ClaimPending {
		return fmt.Errorf("return %s waits for no answer", c.Return)
	}
	r := old.clone()
	if err := r.apply(r.settle(c.Owner, b.Done)); err != nil {
		return err
	}
	s.keepReturn(r)
	return nil
}
