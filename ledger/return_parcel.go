package ledger

import "fmt"

// A parcel that comes back is a return, and one entry writes both: its units leave the carrier's stages, and the book that owns the
// order counts them as returned. Were they two, a customer could bring back what a parcel has brought back already.

// ReasonUndelivered is the reason of a return that a carrier brings, where nobody gives another.
const ReasonUndelivered = "undelivered"

// comeBack decides that a carrier has brought units back. The right to take them back belongs to the book that owns the order, as that of any
// return does: where that is this one, no more comes back than was handed over and has not.
func (d *decision) comeBack(l *leg, w *WorkBody, r *WorkLeg) Outcome {
	s := d.s
	if _, taken := s.returns[r.Return]; taken {
		return Outcome{Err: &FormError{Field: "id", Why: "is another return's: give this one its own"}}
	}
	if _, asking := s.asks[l.id]; asking {
		return Outcome{Err: ErrInProgress}
	}
	b := &ReturnBody{Return: Return{ID: r.Return, Order: l.id, Reason: r.Reason, Claim: ClaimPending}, Parcel: w}
	if w.Reason = ""; r.Reason == "" {
		b.Return.Reason = ReasonUndelivered
	}
	m := &moves{}
	sums, bins := map[SKU]Qty{}, map[SKU]int{}
	for i, v := range w.Moves {
		bin, err := s.checkReceipt(ReceiptLine{SKU: v.SKU, Qty: v.Qty, Bin: r.Bin}, sums, bins)
		if err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		s.shift(m, l.id, v, bin)
		if have := b.Return.line(v.Line); have != nil {
			have.Qty += v.Qty
		} else {
			b.Return.Lines = append(b.Return.Lines, ReturnLine{Line: v.Line, SKU: v.SKU, Bin: bin, Qty: v.Qty})
		}
	}
	if n := len(b.Return.Lines); n > ReturnLinesMax {
		return Outcome{Err: &FormError{Field: "lines", Why: fmt.Sprintf("are %d; name at most %d at once", n, ReturnLinesMax)}}
	}
	o, known := s.orders[l.id]
	known = known && l.owner == s.Site
	if err := s.nameParcel(&b.Return, o, known, r.Lots); err != nil {
		return Outcome{Err: err}
	}
	if known {
		b.Order = o.Clone()
		if b.Return.Owner, b.Return.Claim = s.Site, ClaimGranted; !b.takesBack() {
			b.Parcel = &WorkBody{Deed: w.Deed, Owner: w.Owner, State: w.State}
			return d.refuseReturn(KindReturned, b, RefusedOver, r.Meta)
		}
	}
	w.State = l.after(w.Moves)
	m.cameBack(&b.Return, LotPlace{Transit, string(l.id)})
	return d.writeReturn(KindReturned, b, m, r.Meta)
}

// nameParcel says of which lots the units are that a carrier brings.
func (s *State) nameParcel(r *Return, o *Order, own bool, lots []LineLot) error {
	for _, n := range lots {
		l := r.line(n.Line)
		if l == nil {
			return lotAt(&LotError{Lot: n.Lot, Why: fmt.Sprintf("%s is named of a line of which nothing comes back", n.Lot)}, n.Line-1)
		}
		if err := n.check(); err != nil {
			return lotAt(err, n.Line-1)
		}
		l.addLots([]LotQty{n.LotQty})
	}
	if !own {
		return s.nameBack(r, nil)
	}
	if !o.takesBackAll(r) {
		return nil // it is refused as such
	}
	return s.nameBack(r, o)
}

// brings says whether the moves of a parcel bring the units of a return, and no others. A return without a parcel is a customer's.
func (b *WorkBody) brings(r *Return) error {
	if b == nil {
		return nil
	}
	if err := b.checkMoves(); err != nil {
		return err
	}
	sums := map[int]Qty{}
	for _, v := range b.Moves {
		l := r.line(v.Line)
		if l == nil || l.SKU != v.SKU || v.To != StageCameBack || v.From == StageCameBack || v.From != StageNone && !v.From.Gone() {
			return fmt.Errorf("a parcel of return %s brings %d of %s, line %d, from %s to %s", r.ID, v.Qty, v.SKU, v.Line, v.From, v.To)
		}
		sums[v.Line] += min(v.Qty, QtyMax)
	}
	for i := range r.Lines {
		if l := &r.Lines[i]; sums[l.Line] != l.Qty {
			return fmt.Errorf("a parcel of return %s brings %d of line %d, of which %d came back", r.ID, sums[l.Line], l.Line, l.Qty)
		}
	}
	if b.Deed != DeedComeBack || r.Order == "" {
		return fmt.Errorf("a parcel of return %s of order %q is of deed %s", r.ID, r.Order, b.Deed)
	}
	return nil
}

// foldParcel follows the units of a return that a carrier brought.
func (s *State) foldParcel(e *Entry, b *ReturnBody) error {
	w := b.Parcel
	if w == nil {
		return nil
	}
	id := b.Return.Order
	if e.Kind != KindReturned || !s.follow(id, w.Owner, w.Moves, "", Shipment{}) {
		return fmt.Errorf("more of order %s comes back than a carrier has", id)
	}
	if err := s.followCartons(s.served[id].Work, w.Boxes); err != nil {
		return fmt.Errorf("order %s: %w", id, err)
	}
	s.tidy(id)
	return nil
}

// lateParcel posts what a carrier brought in another life: out of its hands, as far as this life knows that it has them, else from the
// customer. nil where no carrier brought it.
func (d *decision) lateParcel(f *fact, t *taking, r *Return) *WorkBody {
	if f.work == nil {
		return nil
	}
	l := d.s.legOr(r.Order, f.work.Owner)
	w := &WorkBody{Deed: f.work.Deed, Owner: l.owner}
	at := map[int]*WorkLine{}
	for _, v := range f.work.Moves {
		l.stands(at, v)
		d.lateFollowed(w, t, r.Order, v, at[v.Line], r.line(v.Line).Bin)
	}
	return w
}

// partOf names the order a part of which the entry moves, or "".
func (e *Entry) partOf() OrderID {
	switch b := e.Body.(type) {
	case *LegBody, *WorkBody:
		return OrderID(e.Ref)
	case *ReturnBody:
		if b.Parcel != nil {
			return b.Return.Order
		}
	case *LateBody:
		switch {
		case b.Work == nil:
		case b.Return != nil:
			return b.Return.Order
		default:
			return OrderID(e.Ref)
		}
	}
	return ""
}
