package ledger

import "fmt"

// RefusedReturned says that none of what came back of an order can: it was never handed over, or came back before.
const RefusedReturned = "over_returned"

// obeyTakeBack counts at the book that owns the order what came back, as far as it can; the entry's Done says how much that
// is, and RefusedReturned that it is nothing. At the site that has taken the goods in it writes down the answer, and does what was
// wished for: there the lines are what was counted, and none is a no. Where the two are one book, which did not know the
// order when it took the goods in, both happen.
func (d *decision) obeyTakeBack(b *ObeyedBody, m *moves) {
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
		if b.Done = o.TakesBack(c.Lines); len(b.Done) == 0 && !here {
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
