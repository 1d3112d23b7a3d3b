package ledger

import (
	"fmt"
	"slices"
)

// checkBack refuses a return that no book has written.
func (f *fact) checkBack() error {
	r := f.back
	if r.ID == "" || len(r.ID) > TextMax || len(r.Order) > TextMax || len(r.Receipt) > TextMax || len(r.Reason) > TextMax || len(r.By) > TextMax || len(f.acts) > ReturnLinesMax {
		return &FormError{Field: "return", Why: "is none that a book has taken in"}
	}
	if err := r.check(); err != nil {
		return &FormError{Field: "return", Why: "does not add up: " + err.Error()}
	}
	if f.was == KindReturned {
		if err := f.work.brings(r); err != nil {
			return &FormError{Field: "return", Why: "does not add up: " + err.Error()}
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if err := checkLate(l.SKU, l.Qty); err != nil {
			return atLine(err, i)
		}
		if _, err := ParseBin(string(l.Bin)); err != nil || l.Bin == "" {
			return atLine(&FormError{Field: "bin", Why: "is no bin's name"}, i)
		}
	}
	for _, list := range [][]ReturnAct{f.acts, r.Wishes} {
		for i, a := range list {
			if states, _ := a.Do.from(); len(states) == 0 || r.line(a.Line) == nil || CheckQty(a.Qty) != nil {
				return atLine(&FormError{Field: "disposition", Why: "is nothing that can be done with a line of the return"}, i)
			}
			if _, err := ParseBin(string(a.Bin)); err != nil {
				return atLine(err, i)
			}
		}
	}
	return nil
}

// nothingBack forgets what came back of an order that is told late, if there is one: that tells itself.
func (o *Order) nothingBack() {
	if o == nil {
		return
	}
	o.Lots = nil // what goes by the fact is noted anew
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Returned = 0; l.Drop != nil {
			l.Returned = l.Drop.Back // of which nobody else tells
		}
	}
}

// lateReturn takes goods in that came back while the book was another one. The order counts as much of them as can still
// come back by what this life knows; the rest lies here refused. Of an order that this life does not know, the claim waits
// for the fact that tells of it, and goes by head office like any other's.
func (d *decision) lateReturn(f *fact) Outcome {
	s := d.s
	if _, known := s.returns[f.back.ID]; known {
		return Outcome{Replayed: true}
	}
	if _, asking := s.asks[f.back.Order]; asking {
		return Outcome{Err: ErrInProgress}
	}
	r := f.back.begun()
	t := d.lateTaking(f, 0)
	for i := range r.Lines {
		l := &r.Lines[i]
		if level := s.look(l.SKU); level != nil && len(level.Bins) >= BinsMax && !s.hasBin(l.SKU, l.Bin) {
			l.Bin = level.Bins[0].Bin
		}
		if level := s.look(l.SKU); level != nil && level.OnHand() > QtyMax-l.Qty {
			return Outcome{Err: atLine(&FormError{Field: "qty", Why: fmt.Sprintf("would be more than %d on hand", QtyMax)}, i)}
		}
		if f.work == nil {
			t.m.add(l.SKU, Account{Kind: Customer}, -l.Qty)
			t.m.add(l.SKU, l.blocked(), l.Qty)
		}
	}
	b := &LateBody{Return: r, Reason: f.reason, Work: d.lateParcel(f, t, r)}
	wishes := r.Wishes
	r.Wishes = nil
	if known, own := s.orders[r.Order]; own {
		o := known.Clone()
		r.settle(s.Site, o.TakesBack(r.claimed()))
		b.Order = o
	} else if r.Order == "" {
		r.Claim = ClaimNone
	} else {
		r.Claim, r.Owner, r.Wishes = ClaimPending, "", wishes
	}
	b.Acts = r.possible(f.acts, true)
	s.actOn(t.m, r, b.Acts)
	return d.recordLate(f, b, t)
}

// claimed is what came back, as a claim on the order.
func (r *Return) claimed() (lines []CommandLine) {
	for i := range r.Lines {
		l := &r.Lines[i]
		lines = append(lines, CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	return lines
}

// lateInspect does what was done with returned goods in another life, as far as this one has not done something else with
// them: also while the claim waits for an answer in this life, for it has happened. What the answer did before in that life
// is done first: the answer's own entry may stand nowhere any more, and no client was told of it.
func (d *decision) lateInspect(f *fact) Outcome {
	old, known := d.s.returns[f.back.ID]
	t := d.lateTaking(f, 0)
	if !known || !old.IsOpen() {
		return d.recordLate(f, &LateBody{Return: f.back, Acts: f.acts, Reason: f.reason, Refusal: RefusedActed}, t)
	}
	r := old.clone()
	b := &LateBody{Return: r, Reason: f.reason}
	acts := f.acts
	if f.back.Claim != ClaimPending {
		acts = append(r.answered(f.back.granted()), acts...)
	}
	b.Acts = r.possible(acts, true)
	d.s.actOn(t.m, r, b.Acts)
	return d.recordLate(f, b, t)
}

// granted is what the book that sold the goods took back, by what it refused.
func (r *Return) granted() (lines []CommandLine) {
	for i := range r.Lines {
		l := &r.Lines[i]
		lines = append(lines, CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty - l.Refused})
	}
	return lines
}

// answered is what an answer that granted so much did with the goods in another life, where this one still waits for its own. That will find
// this much of the wishes done.
func (r *Return) answered(granted []CommandLine) (acts []ReturnAct) {
	if r.Claim != ClaimPending {
		return nil // it has come, and did it
	}
	acts = r.clone().settle("", granted)
	r.wished(acts)
	return acts
}

// wished takes what was done from what is still to be done once the goods are granted.
func (r *Return) wished(done []ReturnAct) {
	for _, a := range done {
		for i := range r.Wishes {
			w := &r.Wishes[i]
			n := min(a.Qty, w.Qty)
			if w.Line == a.Line && w.Do == a.Do {
				a.Qty, w.Qty = a.Qty-n, w.Qty-n
			}
		}
	}
	r.Wishes = slices.DeleteFunc(r.Wishes, func(w ReturnAct) bool { return w.Qty == 0 })
}

// ofAnswer reads what the answer to a claim granted of goods that came back: what was wished for them was done with these. Head office gives
// the answer again, perhaps with less, so under no key of the command's.
func (f *fact) ofAnswer(b *ObeyedBody) {
	if f.Key = (Digest{}); b.Command.Kind == CommandTakeBack && !b.Repeat && b.Refused == "" {
		f.back, f.granted = &Return{ID: b.Command.Return, Order: b.Command.Order}, b.Done
	}
}

// lateAnswer does what the answer to a claim did with the goods in another life, where this life has none yet: the one that it will have
// finds that much of the wishes done. One that has come did it.
func (d *decision) lateAnswer(f *fact) Outcome {
	old, known := d.s.returns[f.back.ID]
	if !known || old.Claim != ClaimPending || old.Order != f.back.Order {
		return Outcome{Replayed: true}
	}
	r := old.clone()
	b := &LateBody{Return: r}
	if len(f.granted) > 0 {
		b.Acts = r.possible(r.answered(f.granted), true)
	} else {
		b.Acts = r.possible(f.acts, true)
		r.wished(b.Acts)
	}
	if len(b.Acts) == 0 {
		return Outcome{Replayed: true}
	}
	t := d.lateTaking(f, 0)
	d.s.actOn(t.m, r, b.Acts)
	return d.recordLate(f, b, t)
}
