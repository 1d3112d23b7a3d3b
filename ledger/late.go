package ledger

import "fmt"

// late records a fact. It is never refused for what the book says: its goods have moved. What it
// promised of goods that are still there is promised again as far as they can be.
func (d *decision) late(f *fact) Outcome {
	if f == nil {
		return Outcome{Replayed: true} // nothing that outlives its epoch
	}
	if _, known := d.s.keys[f.key()]; known {
		return Outcome{Replayed: true}
	}
	if err := f.check(); err != nil {
		return Outcome{Err: err}
	}
	switch {
	case f.was == KindReceipt:
		return d.lateReceipt(f)
	case f.was == KindReturned:
		return d.lateReturn(f)
	case f.was == KindInspected:
		return d.lateInspect(f)
	case f.was == KindObeyed:
		return d.lateAnswer(f)
	case f.was == KindBlockedSeen:
		return d.lateBlocked(f)
	case f.was == KindAdjusted, f.was == KindPicked:
		return d.lateAdjust(f)
	case f.was == KindMoved:
		return d.lateMoved(f)
	case f.was == KindAsset:
		return d.lateAsset(f)
	case f.was == KindLot:
		return d.lateHold(f)
	case f.transfer != nil:
		return d.lateTransfer(f)
	case f.tender != nil:
		return d.lateTender(f)
	case f.drawer != nil:
		return d.lateDrawer(f)
	case f.purchase != nil:
		return d.latePurchase(f)
	case f.refusal != "" && f.was != KindCanceled:
		return d.recordLate(f, &LateBody{Order: f.order, Refusal: f.refusal, Missing: f.shorts}, d.s.taking(&moves{}))
	}
	if f.work != nil {
		return d.lateWork(f)
	}
	if _, asking := d.s.asks[f.order.ID]; asking {
		return Outcome{Err: ErrInProgress}
	}
	known, ok := d.s.orders[f.order.ID]
	if f.was == KindDraft || f.was == KindReview {
		return d.lateDraft(f, known)
	}
	if ok && known.unclaimed() { // it is promised nothing: what became of it is what counts
		known, ok = nil, false
	}
	switch {
	case f.was == KindCanceled:
		return d.lateCancel(f, known)
	case ok:
		return d.lateAgain(f, known)
	default:
		return d.lateOrder(f)
	}
}

// recordLate writes the entry, with those of the orders that it displaces before it: all of them, or none.
func (d *decision) recordLate(f *fact, b *LateBody, t *taking) Outcome {
	if err := t.m.fit(); err != nil {
		return Outcome{Err: err}
	}
	b.Origin, b.Was, b.Approver, b.Displaced = f.origin, f.was, f.approver, t.displaced
	meta := f.Meta
	meta.Key = f.key()
	e := &Entry{Kind: KindLate, Ref: f.ref, Postings: t.m.settled(), Lots: t.m.lots, Body: b}
	if len(f.lots) > 0 {
		d.s.tellLots(e, f.lots)
	}
	e = d.writeTaking(e, t, meta)
	d.fill()
	return Outcome{Entry: e}
}

// lateReceipt takes goods in that came while the book was another one.
func (d *decision) lateReceipt(f *fact) Outcome {
	t := d.lateTaking(f, 0)
	if err := d.lateGoods(t.m, Account{Kind: Supplier, Ref: f.receipt.Reference}, f.goods); err != nil {
		return Outcome{Err: err}
	}
	b := &LateBody{Receipt: f.receipt}
	if told := f.receipt.Delivered; told != nil || f.awaited.order != nil {
		goods := map[SKU]Qty{}
		for _, l := range f.goods {
			goods[l.SKU] += l.Qty
		}
		if told == nil {
			told = &Delivered{}
		}
		b.Receipt.Delivered = f.awaited.with(told.Supplier, told.Note, goods) // this life counts its own
	}
	return d.recordLate(f, b, t)
}

// lateAdjust books what was found or gone. What is gone may be more than the book ever had.
func (d *decision) lateAdjust(f *fact) Outcome {
	t := d.lateTaking(f, 0)
	b := &LateBody{Reason: f.reason, Lines: f.goods, Count: f.count}
	var found []AdjustLine
	for _, l := range f.goods {
		if l.Qty > 0 {
			found = append(found, l)
		}
	}
	if err := d.lateGoods(t.m, accountLoss(f.reason), found); err != nil {
		return Outcome{Err: err}
	}
	for _, l := range f.goods {
		t.about(l.SKU)
	}
	for i, l := range f.goods {
		if l.Qty >= 0 {
			continue
		}
		if err := checkLate(l.SKU, -l.Qty); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		to := accountLoss(f.reason)
		if l.Blocked { // they lie there, whichever bin this life has them in
			to = d.s.blockedAt(l.SKU, l.Bin)
		}
		if free, _ := t.take(l.SKU, -l.Qty, to); free < -l.Qty {
			b.Missing = append(b.Missing, Short{Line: i + 1, SKU: l.SKU, Want: -l.Qty, Have: free})
		}
	}
	return d.recordLate(f, b, t)
}

// lateGoods puts lines into their bins. Where a SKU lies in too many already they go to one of them.
func (d *decision) lateGoods(m *moves, from Account, lines []AdjustLine) error {
	sums, bins := map[SKU]Qty{}, map[SKU]int{}
	for i, l := range lines {
		bin, err := d.s.checkReceipt(ReceiptLine{SKU: l.SKU, Qty: l.Qty, Bin: l.Bin}, sums, bins)
		if level := d.s.look(l.SKU); err != nil && level != nil && bins[l.SKU] > BinsMax {
			bin, err = level.Bins[0].Bin, nil
		}
		if err != nil {
			return atLine(err, i)
		}
		m.add(l.SKU, from, -l.Qty)
		if l.Blocked {
			m.add(l.SKU, Account{Kind: Blocked, Ref: string(bin)}, l.Qty)
		} else {
			d.s.takeIn(m, l.SKU, bin, l.Qty)
		}
	}
	return nil
}

// blockedAt is where units are blocked that lie in a bin; where a SKU lies in too many already it is one of them.
func (s *State) blockedAt(sku SKU, bin Bin) Account {
	if l := s.look(sku); l != nil && len(l.Bins) >= BinsMax && !s.hasBin(sku, bin) {
		bin = l.Bins[0].Bin
	}
	return Account{Kind: Blocked, Ref: string(bin)}
}

func checkLate(sku SKU, q Qty) error {
	if _, err := ParseSKU(string(sku)); err != nil {
		return err
	}
	return CheckQty(q)
}

// lateOrder records an order that the book does not know: what was handed over is taken wherever
// it was, what was promised is promised again as far as it is available or held, the rest waits.
func (d *decision) lateOrder(f *fact) Outcome {
	s, o := d.s, f.order
	if o.Owner = s.Site; o.Serial == 0 {
		o.Serial = s.Serial + 1
	}
	t := d.lateTaking(f, 4*len(o.Lines))
	t.aboutOrder(o)
	b := &LateBody{Order: o, Drop: f.lateDrop()}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Drop != nil {
			d := *l.Drop
			d.Heard = f.sentBefore(i + 1)
			l.Drop = &d
		}
		taken := l.TakenHere()
		if free, _ := t.take(l.SKU, taken, Account{Kind: Customer}); free < taken {
			b.Missing = append(b.Missing, Short{Line: i + 1, SKU: l.SKU, Want: taken, Have: free})
		}
	}
	left := map[holding]Qty{}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Drop != nil {
			continue // its supplier was asked, whatever this book knows
		}
		here, away, back := l.Here, l.Away, l.Backordered
		l.Away = nil
		b.Draws = append(b.Draws, s.drawAgain(i+1, l, f.draws, left)...)
		wanted := here + back
		for _, leg := range away {
			wanted += leg.Qty
		}
		wanted -= l.Promised() - here - l.Taken // drawn again
		most := here
		if o.Wait == WaitHere {
			most += back
		}
		l.Here = min(most, t.available(l.SKU))
		t.m.claim(l.SKU, accountAvailable(), accountReserved(o.ID, i+1), l.Here)
		l.Backordered = wanted - l.Here
		l.Unconfirmed = min(l.Unconfirmed, l.Backordered) // what it was promised and is not here waits as promised
		if lost := l.Backordered - back; lost > 0 {
			b.Missing = append(b.Missing, Short{Line: i + 1, SKU: l.SKU, Want: l.Qty, Have: l.Promised()})
		}
	}
	o.Wait = s.waits(o)
	if o.Settle(); o.Status == StatusCanceled || o.Status == StatusDeclined {
		o.Uses = nil
	}
	b.Promotions = s.lateUse(o, nil)
	return d.recordLate(f, b, t)
}

// drawAgain serves a line from what this site holds of others, as it did when it was first
// promised, as far as it still holds it. left is what is left of the holdings that were looked at.
func (s *State) drawAgain(line int, l *Line, draws []Draw, left map[holding]Qty) (out []Draw) {
	for _, w := range draws {
		if w.Line != line || w.SKU != l.SKU {
			continue
		}
		h := holding{w.Site, w.SKU}
		have, seen := left[h]
		if !seen {
			have = s.holdings[h]
		}
		q := max(0, min(w.Qty, have))
		if left[h] = have - q; q == 0 {
			continue
		}
		l.AddAway(w.Site, q)
		out = append(out, Draw{Line: line, Site: w.Site, SKU: w.SKU, Qty: q})
	}
	return out
}

// lateAgain records what an order of the book's handed over or promised in another life beyond what
// it has in this one. What both promise is promised once.
func (d *decision) lateAgain(f *fact, known *Order) Outcome {
	if !sameWish(f.order, known) {
		return d.lateTwice(f, known, RefusedExists)
	}
	t := d.lateTaking(f, 0)
	t.spare = known.ID
	t.aboutOrder(f.order)
	o := known.Clone()
	b := &LateBody{Order: o, Drop: f.lateDrop()}
	more := false
	for i := range o.Lines {
		l := &o.Lines[i]
		more = l.hearDrop(&f.order.Lines[i], f.ownDrop(i+1)) || more
		q := f.order.Lines[i].TakenHere() - l.TakenHere()
		if q <= 0 {
			continue
		}
		if q > l.Here+l.Backordered { // more than the order still wants from here
			return d.lateTwice(f, known, RefusedState)
		}
		more = true
		n := min(q, l.Here)
		d.lateFromHere(b, t, i+1, l, n)
		l.Here, l.Taken = l.Here-n, l.Taken+q
		l.Fill(q - n)
		d.lateTake(b, t, i+1, l.SKU, q-n)
	}
	if known.Canceling() == nil {
		more = d.lateMore(f, b, t) || more
	}
	if !more && (f.Key == (Digest{}) || f.retold) {
		return Outcome{Replayed: true}
	}
	o.Settle()
	return d.recordLate(f, b, t)
}

// lateMore promises again what an order was told in another life beyond what it is told in this one,
// as far as the lines have room: they may be served from elsewhere by now. What is not there waits.
func (d *decision) lateMore(f *fact, b *LateBody, t *taking) (more bool) {
	o := b.Order
	for i := range o.Lines {
		l, was := &o.Lines[i], &f.order.Lines[i]
		if l.Drop != nil {
			continue
		}
		all := l.Promised() + l.Backordered
		room := l.Qty - all
		lift := min(max(0, was.Promised()-l.Promised()), room+l.Backordered)
		firm := max(all-l.Unconfirmed, was.Promised()+was.Backordered-was.Unconfirmed) // the firmer word of both
		declined := min(l.Declined, room-min(max(0, firm-all), room))                  // less what was promised all the same
		waits := min(max(0, was.Promised()+was.Backordered-all), room-declined)
		if lift == 0 && waits == 0 && firm <= all-l.Unconfirmed {
			continue
		}
		more = true
		l.Declined = declined
		n := min(lift, t.available(l.SKU))
		t.m.claim(l.SKU, accountAvailable(), accountReserved(o.ID, i+1), n)
		l.Here += n
		l.Backordered = all + waits - l.Promised()
		l.Unconfirmed = min(max(0, all+waits-firm), l.Backordered)
		if n < lift {
			b.Missing = append(b.Missing, Short{Line: i + 1, SKU: l.SKU, Want: was.Promised(), Have: l.Promised()})
		}
	}
	if more && o.Wait == WaitNone {
		o.Wait = d.s.waits(o)
	}
	return more
}

// lateTwice records the goods of an order that does not fit the book's of that id: it was cancelled
// in this life, or is served from elsewhere, or is another one. The book's stays as it is. So each entry of the other life tells what it handed over
// itself; and the first of them that of an order whose promotions are free again in this life, though it had their use.
func (d *decision) lateTwice(f *fact, known *Order, why Refusal) Outcome {
	t := d.lateTaking(f, 0)
	t.spare = known.ID
	t.aboutOrder(f.order)
	b := &LateBody{Order: f.order, Refusal: why}
	first, gone := true, f.places()
	for i := range f.order.Lines {
		l := &f.order.Lines[i]
		q := l.TakenHere()
		if why == RefusedState {
			q -= known.Lines[i].TakenHere()
		}
		if !f.places() {
			q = max(0, min(q, f.went[l.SKU]))
			f.went[l.SKU] -= q
			first, gone = first && q == l.TakenHere(), gone || q > 0
		}
		d.lateTake(b, t, i+1, l.SKU, q)
		l.Here, l.Away, l.Backordered, l.Unconfirmed = 0, nil, 0, 0
	}
	if f.places() || why == RefusedState && first && gone { // others tell of the same uses again
		b.Promotions = d.s.lateUse(f.order, known)
	}
	return d.recordLate(f, b, t)
}

func (d *decision) lateTake(b *LateBody, t *taking, line int, sku SKU, q Qty) {
	if q <= 0 {
		return
	}
	if free, _ := t.take(sku, q, Account{Kind: Customer}); free < q {
		b.Missing = append(b.Missing, Short{Line: line, SKU: sku, Want: q, Have: free})
	}
}

// sameWish says whether two orders of one id want the same. What a supplier was asked to send in one life, and own stock in the other, or another supplier, was
// promised twice: nobody may take the one for the other.
func sameWish(a, b *Order) bool {
	if len(a.Lines) != len(b.Lines) || a.Fulfil != b.Fulfil {
		return false
	}
	for i := range a.Lines {
		if a.Lines[i].SKU != b.Lines[i].SKU || a.Lines[i].Qty != b.Lines[i].Qty || a.Lines[i].sentBy() != b.Lines[i].sentBy() {
			return false
		}
	}
	return true
}

// lateCancel cancels an order, or records that one was cancelled which the book never knew, or has
// handed over since.
func (d *decision) lateCancel(f *fact, known *Order) Outcome {
	t := d.lateTaking(f, 0)
	switch {
	case known == nil:
		o := f.order
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Here, l.Away, l.Backordered, l.Unconfirmed = 0, nil, 0, 0
			l.callOff()
		}
		return d.lateOrder(f)
	case known.Status == StatusCanceled && f.Key == (Digest{}):
		return Outcome{Replayed: true}
	case known.Status == StatusCanceled:
		return d.recordLate(f, &LateBody{Order: known}, t)
	case known.Canceling() != nil:
		return d.recordLate(f, &LateBody{Order: known, Refusal: RefusedState}, t)
	}
	o := d.s.canceled(known, t.m)
	free := d.s.unused(o)
	return d.recordLate(f, &LateBody{Order: o, Promotions: free}, t)
}

// attest says that the book holds all that can be known.
func (d *decision) attest(r *Attest) Outcome {
	if len(r.Moved) > MovedMax {
		return Outcome{Err: &FormError{Field: "moved", Why: fmt.Sprintf("has %d SKUs; at most %d are named: leave them out, and all are looked at", len(r.Moved), MovedMax)}}
	}
	for i, sku := range r.Moved {
		if _, err := ParseSKU(string(sku)); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
	}
	b := &AttestedBody{H: d.s.HQ, Digest: d.s.Digest(), Rebuilt: d.s.Rebuilding, Moved: r.Moved}
	return Outcome{Entry: d.write(&Entry{Kind: KindAttested, Body: b}, Meta{})}
}
