package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Apply folds one entry into the state. The same function serves the writer, the replay of a
// book's tail, the auditor and the simulator. An error means that the entry does not fit; the
// state is then of no further use.
//
// The hash is not Apply's: whoever has the stored bytes sets State.Hash.
func (s *State) Apply(e *Entry) error {
	s.arrived = nil // it is the last entry's alone: what a replay has folded was dealt with by the entries behind it
	if e.Seq != s.Seq+1 {
		return fmt.Errorf("entry %d does not follow %d", e.Seq, s.Seq)
	}
	if e.Kind != KindOpened && e.Epoch != s.Epoch {
		return fmt.Errorf("entry %d is of epoch %d, the book is in %d", e.Seq, e.Epoch, s.Epoch)
	}
	if e.Body == nil || !e.Body.kindly(e.Kind) {
		return fmt.Errorf("entry %d: kind %s has a body of type %T", e.Seq, e.Kind, e.Body)
	}
	if err := e.Balanced(); err != nil {
		return err
	}
	if err := s.post(e); err != nil {
		return err
	}
	if err := s.foldLots(e); err != nil {
		return err
	}
	if o := e.heldOrder(); o != nil {
		if err := errors.Join(o.checkDrop(), e.dropUntouched()); err != nil {
			return fmt.Errorf("entry %d %s: %w", e.Seq, e.Kind, err)
		}
	}
	if err := s.fold(e); err != nil {
		return fmt.Errorf("entry %d %s: %w", e.Seq, e.Kind, err)
	}
	if !s.lean {
		if e.Key != (Digest{}) {
			s.keys[e.Key] = KeyRef{Request: e.Request, Seq: e.Seq}
		}
		for _, beside := range e.besides() {
			s.keys[beside] = KeyRef{Request: e.Request, Seq: e.Seq}
		}
	}
	s.Seq, s.Epoch = e.Seq, e.Epoch
	if len(e.Lots) > 0 || e.HeldLot() != nil {
		s.noteLots(e)
	}
	s.foldDueIn(e)
	if s.shelf != nil {
		s.shelf.note(e)
	}
	return nil
}

// post posts the entry and checks each level it touched. A level is checked once its postings that
// lie beside one another are posted. Where that finds a fault, others of its postings may lie apart
// from them: the levels are then judged at the end.
func (s *State) post(e *Entry) error {
	sound := true
	for i := 0; i < len(e.Postings); {
		sku := e.Postings[i].SKU
		l := s.level(sku)
		if !s.lean {
			s.dirty.note(sku, l, e.Seq)
		}
		owed, blocked := l.Shortfall, l.Blocked
		for ; i < len(e.Postings) && e.Postings[i].SKU == sku; i++ {
			if err := l.post(&e.Postings[i]); err != nil {
				return fmt.Errorf("entry %d %s: %w", e.Seq, e.Kind, err)
			}
		}
		if l.Shortfall != owed {
			s.count(owed, l.Shortfall)
		}
		if l.Blocked != blocked {
			s.blocks(sku, blocked, l.Blocked)
		}
		sound = sound && l.Check() == nil
	}
	if sound {
		return nil
	}
	for i := range e.Postings {
		sku := e.Postings[i].SKU
		if err := s.level(sku).Check(); err != nil {
			return fmt.Errorf("entry %d %s: %s: %w", e.Seq, e.Kind, sku, err)
		}
	}
	return nil
}

// count counts levels with a shortfall, of which one has changed.
func (s *State) count(before, after Qty) {
	if before > 0 {
		s.owing--
	}
	if after > 0 {
		s.owing++
	}
}

func (s *State) fold(e *Entry) error {
	if err := e.TransferFits(s.Site); err != nil {
		return err
	}
	switch b := e.Body.(type) {
	case *OpenedBody:
		if e.Epoch <= s.Epoch {
			return fmt.Errorf("epoch %d does not come after %d", e.Epoch, s.Epoch)
		}
		s.Counter, s.Standalone = b.Counter, b.Standalone
		s.Rebuilding = s.Rebuilding || b.Rebuilt // the life before may not have come to its end
		s.newSeries()
		s.cartons = 0
	case *OrderBody:
		return s.foldOrder(e, b)
	case *ObeyedBody:
		return s.foldObeyed(b)
	case *AdoptedBody:
		s.HQ, s.Commands = b.H, Cursor{H: b.H}
	case *AttestedBody:
		if b.H != s.HQ || b.Rebuilt != s.Rebuilding {
			return fmt.Errorf("attests under life %d of head office, the book has adopted %d", b.H.Counter, s.HQ.Counter)
		}
		s.Attested, s.Rebuilding = b.H, false
	case *LateBody:
		return s.foldLate(e, b)
	case *AdjustedBody:
		return s.foldDisplaced(b.Displaced)
	case *WordsBody:
		s.Words = max(s.Words, b.Words)
	case *LegBody:
		return s.foldLeg(e, b)
	case *TransferBody:
		return s.foldDisplaced(b.Displaced)
	case *WorkBody:
		return s.foldWork(e, b)
	case *ReturnBody:
		return s.foldReturn(e, b)
	case *BlockedBody:
		return s.foldBlocked(e, b)
	case *MovedBody:
		return s.foldMoved(e, b)
	case *DrawerBody:
		return s.foldDrawer(e, b)
	case *TenderBody:
		return s.foldTender(e, b)
	case *DayBody:
		return s.foldDay(b)
	case *ManifestBody:
		return b.Fits()
	case *LotBody:
		return s.foldLot(e, b, e.Epoch)
	case *DropBody:
		return s.foldDrop(e, b)
	case assetMover:
		return s.foldAssets(b.assetMoves(), false)
	}
	return nil
}

func (s *State) foldOrder(e *Entry, b *OrderBody) error {
	if err := s.foldAssets(b.assetMoves(), false); err != nil {
		return err
	}
	switch e.Kind {
	case KindRefused:
		return nil
	case KindDraft, KindReview:
		if err := b.Order.checkUnplaced(e.Kind); err != nil {
			return err
		}
	case KindAsked:
		// The answer is not decided yet, so the key stands beside the ask, not among the answered.
		s.asks[b.Order.ID] = OpenAsk{Order: b.Order.ID, Ask: b.Ask, Key: b.AskKey, Request: b.AskRequest, Actor: e.Actor, Device: e.Device, Approver: e.Approver}
		if b.AskKey != (Digest{}) {
			s.askKeys[b.AskKey] = b.Order.ID
		}
	case KindAskAccepted, KindAskAbandoned:
		if ask, ok := s.asks[b.Order.ID]; ok {
			delete(s.askKeys, ask.Key)
			delete(s.asks, b.Order.ID)
		}
	}
	s.Serial = max(s.Serial, b.Order.Serial)
	if b.undone(e.Kind) {
		if o := b.Order.again(); o != nil {
			s.keep(o)
		} else {
			s.forget(b.Order.ID)
		}
		return nil
	}
	s.keep(&b.Order)
	if err := s.foldDisplaced(b.Displaced); err != nil {
		return err
	}
	return s.foldDraws(b.Draws)
}

func (s *State) foldLate(e *Entry, b *LateBody) error {
	if w := b.Work; w != nil {
		if err := w.checkMoves(); err != nil {
			return err
		}
		id := e.partOf()
		if !s.follow(id, w.Owner, w.Moves, w.Code, w.Ship) {
			return fmt.Errorf("more of order %s is moved than has come so far", id)
		}
		s.served[id].Work.trimCartons()
		defer s.tidy(id)
	}
	if o := b.Order; o != nil && b.Refusal == "" {
		if err := o.checkReturned(); err != nil {
			return err
		}
		if b.Was == KindDraft || b.Was == KindReview {
			if err := o.checkUnplaced(b.Was); err != nil {
				return err
			}
		}
		s.Serial = max(s.Serial, o.Serial)
		s.keep(o)
	}
	if r := b.Return; r != nil && b.Refusal == "" {
		if err := r.check(); err != nil {
			return err
		}
		s.keepReturn(r)
	}
	if err := s.foldLateMoney(e, b); err != nil {
		return err
	}
	if b.Lot != nil {
		if err := s.foldLot(e, b.Lot, b.Origin.Epoch); err != nil {
			return err
		}
	}
	if err := s.foldDisplaced(b.Displaced); err != nil {
		return err
	}
	if err := s.foldAssets(b.assetMoves(), true); err != nil {
		return err
	}
	return s.foldDraws(b.Draws)
}

// foldLeg takes from the part that this site serves of an order what it will not serve.
func (s *State) foldLeg(e *Entry, b *LegBody) error {
	if b.Refusal != "" {
		return nil
	}
	if own := b.Owner == s.Site; own != (b.Order != nil) || own && b.Order.ID != OrderID(e.Ref) {
		return fmt.Errorf("a leg of an order of %s, with the order: %t", b.Owner, b.Order != nil)
	}
	id := OrderID(e.Ref)
	if hands := b.inHand(); len(hands) > 0 && !s.follow(id, b.Owner, hands, "", Shipment{}) {
		return fmt.Errorf("more of order %s is picked than can be", id)
	}
	if b.Order != nil {
		s.keep(b.Order)
		return nil
	}
	s.unserve(id, b.Lost(e.Kind))
	return nil
}

// foldDisplaced takes from the parts that this site serves of other books' orders what they lost.
// Orders of its own have entries of their own.
func (s *State) foldDisplaced(list []Displaced) error {
	for _, p := range list {
		if p.Qty < 1 {
			return fmt.Errorf("displaces %d of %s", p.Qty, p.SKU)
		}
		if p.Owner != s.Site {
			s.unserve(p.Order, []CommandLine{{Line: p.Line, SKU: p.SKU, Qty: p.Qty}})
		}
	}
	return nil
}

// unserve takes lines from the part that this site serves of an order.
func (s *State) unserve(id OrderID, lines []CommandLine) {
	v, ok := s.served[id]
	if !ok {
		return
	}
	left := &Served{Order: v.Order, Owner: v.Owner, Lines: linesLess(v.Lines, lines), Work: v.Work, Customer: v.Customer}
	s.changedServed(id)
	if len(left.Lines) == 0 && left.Work == nil {
		s.unserved(id)
		return
	}
	s.serve(left)
	s.tidy(id)
}

func (s *State) foldObeyed(b *ObeyedBody) error {
	c := &b.Command
	s.Commands = Cursor{H: c.H, Number: c.Number, Hash: c.Hash}
	if b.Repeat || b.Refused != "" {
		if !b.Repeat {
			s.foldNotTaken(c)
		}
		return nil
	}
	if b.Order != nil {
		s.keep(b.Order)
	}
	if err := s.foldAssets(b.Promotions, false); err != nil {
		return err
	}
	if err := s.foldAcross(b); err != nil {
		return err
	}
	if err := s.foldDisplaced(b.Displaced); err != nil {
		return err
	}
	switch c.Kind {
	case CommandReserve, CommandDraw:
		if c.Owner == s.Site {
			return nil
		}
		v := &Served{Order: c.Order, Owner: c.Owner, Customer: c.Customer}
		if old, ok := s.served[c.Order]; ok {
			v.Lines, v.Work, v.Customer = slices.Clone(old.Lines), old.Work, cmp.Or(c.Customer, old.Customer)
		}
		v.Lines = append(v.Lines, b.Done...)
		s.serve(v)
		s.changedServed(c.Order)
	case CommandCancel, CommandRelease:
		s.unserve(c.Order, b.Done)
	case CommandCredit, CommandRecall:
		return s.foldHolding(b)
	case CommandTakeBack:
		return s.foldTakenBack(b)
	}
	return nil
}

// foldHolding counts what a command has made this site hold of another's stock, or give up.
func (s *State) foldHolding(b *ObeyedBody) error {
	for _, l := range b.Done {
		q := l.Qty
		if q < 1 || q > QtyMax {
			return fmt.Errorf("holds %d more of %s", q, l.SKU)
		}
		if b.Command.Kind == CommandRecall {
			q = -q
		}
		if err := s.hold(holding{b.Command.Owner, l.SKU}, q); err != nil {
			return err
		}
	}
	return nil
}

// keep stores an order as it now stands and keeps the queues of those that wait here.
func (s *State) keep(o *Order) {
	if old := s.drop(o.ID); old != nil && old.Status == StatusUnconfirmed && o.Status != StatusUnconfirmed {
		s.confirmed(o)
	}
	s.changed(o.ID, false)
	if o.isOpen() {
		s.opens(o)
	} else if s.lean {
		s.tidy(o.ID)
		return
	}
	s.orders[o.ID] = o
	s.wait(o)
	s.tidy(o.ID)
}

// opens counts an open order in.
func (s *State) opens(o *Order) {
	s.openIDs.add(o.ID)
	switch o.Status {
	case StatusUnconfirmed:
		s.unsure++
	case StatusDraft:
		s.drafts++
	case StatusWaiting:
		s.reviews++
	}
}

// confirmed counts what became of an order that was to be confirmed. One that was cancelled before
// is none of them.
func (s *State) confirmed(o *Order) {
	declined := false
	for i := range o.Lines {
		if o.Lines[i].Canceled {
			return
		}
		declined = declined || o.Lines[i].Declined > 0 && o.Lines[i].Drop == nil
	}
	if declined {
		s.Declined++
	} else {
		s.Confirmed++
	}
}

func (s *State) forget(id OrderID) {
	s.drop(id)
	s.changed(id, true)
}

// changed takes down that the entry that is being folded holds the order, or has freed its id.
func (s *State) changed(id OrderID, freed bool) {
	if s.lean {
		s.last = change{order: id, freed: freed}
		return
	}
	s.dirty.order(id, s.Seq+1)
}

// serve keeps what this site serves of an order.
func (s *State) serve(v *Served) {
	s.served[v.Order] = v
	s.servedIDs.add(v.Order)
}

func (s *State) unserved(id OrderID) {
	delete(s.served, id)
	s.servedIDs.drop(id)
}

func (s *State) changedServed(id OrderID) {
	if !s.lean {
		s.dirty.served[id] = s.Seq + 1
	}
}

// drop takes an order out of memory and of the queues, and gives it; nil where it was not there.
func (s *State) drop(id OrderID) *Order {
	old, ok := s.orders[id]
	if !ok {
		return nil
	}
	if old.isOpen() {
		s.openIDs.drop(id)
	}
	switch old.Status {
	case StatusUnconfirmed:
		s.unsure--
	case StatusDraft:
		s.drafts--
	case StatusWaiting:
		s.reviews--
	}
	s.unwait(old)
	delete(s.orders, id)
	return old
}

// isOpen says whether the order can still change by itself or by goods coming in.
func (o *Order) isOpen() bool { return o.Status.CanChange() }

// CanChange says whether an order in that state can still change; no state, "", cannot.
func (s Status) CanChange() bool {
	return s != "" && s != StatusCompleted && s != StatusCanceled && s != StatusDeclined
}

func linesLess(lines, done []CommandLine) []CommandLine {
	out := slices.Clone(lines)
	for _, d := range done {
		rest := d.Qty
		for i := range out {
			if out[i].Line != d.Line || out[i].SKU != d.SKU {
				continue
			}
			n := min(rest, out[i].Qty)
			out[i].Qty -= n
			rest -= n
		}
	}
	return slices.DeleteFunc(out, func(l CommandLine) bool { return l.Qty == 0 })
}
