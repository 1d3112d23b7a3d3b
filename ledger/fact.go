package ledger

import "fmt"

// A fact is what a RecordLate tells, whatever kind of entry first told it.
type fact struct {
	Meta            // of the first entry: a client's repeat finds its answer
	origin   Origin // where it was first written, however often it was brought since
	was      Kind
	ref      string
	order    *Order
	drop     *DropBody // with order: what a supplier has said of it
	noted    bool      // this life has booked its note
	draws    []Draw
	went     map[SKU]Qty // with order: what its own entry handed over; order says what has left in all
	receipt  ReceiptBody
	refusal  Refusal
	shorts   []Short      // of a refusal
	goods    []AdjustLine // of a receipt or an adjustment
	reason   string
	approver string
	count    *CountBody // of an adjustment that a count came to
	transfer *Transfer  // that goods left for, or came of
	doc      *Transfer  // as the book knows it
	work     *WorkBody  // what has left of another book's order, or what became of what has left; with back: what a carrier brought of it
	back     *Return    // of goods that came back, or were inspected
	acts     []ReturnAct
	granted  []CommandLine // of what came back, by the answer to its claim
	seen     []BlockedLine // what was done with blocked goods
	tender   *TenderBody   // of what was taken or given back
	paid     *Payments     // of its order, as the book knows them
	drawer   *DrawerBody   // of what was done with a drawer
	session  bool          // the book knows the session that either names
	asset    *AssetBody    // what was done with an asset
	charge   *AssetBody    // the last entry about that charge, as the book knows it
	purchase *PurchaseBody // what was done with a purchase order
	bought   *Entry        // that says how the book has it
	moved    []BinMove     // what was put from bins into others
	lots     []LotMove     // of which lots the goods were
	hold     *LotBody      // that was held, or let go
	nth      uint64        // purchase orders that the book has had, and one
	awaited  awaited       // of a receipt: what this life knows of its delivery
	retold   bool          // Key is not the client's: see anew
}

func (*fact) request() {}

// places says whether the fact was first an order's taking.
func (f *fact) places() bool {
	return f.was == KindPlaced || f.was == KindAskAccepted || f.was == KindAskAbandoned
}

// factOf reads the fact out of an entry; nil where there is none that outlives its epoch.
func factOf(r *RecordLate) *fact {
	e := r.Entry
	if e == nil {
		return nil
	}
	f := &fact{Meta: Meta{Actor: e.Actor, Device: e.Device, Approver: e.Approver, Key: e.Key, Request: e.Request}, origin: r.Origin, was: e.Kind, ref: e.Ref, lots: e.Lots}
	switch b := e.Body.(type) {
	case *ReceiptBody:
		f.receipt, f.goods = *b, goodsOf(e)
	case *AdjustedBody:
		f.was, f.reason, f.approver, f.goods, f.count = KindAdjusted, b.Reason, b.Approver, b.Lines, b.Count
		if b.refused() {
			return nil // it changed nothing
		}
	case *OrderBody:
		f.order, f.draws, f.refusal, f.shorts, f.approver = b.Order.Clone(), b.Draws, b.Refusal, b.Shorts, b.Approver
		if b.Dropped {
			return nil
		}
	case *LateBody:
		f.ofLate(b, e)
	case *LegBody:
		f.reason, f.goods = ShortPickReason, missedOn(e)
	case *TransferBody:
		f.ofTransfer(&b.Transfer, e)
	case *WorkBody:
		if b.Refusal != "" {
			return nil
		}
		if f.work = b; b.Order != nil { // the order says what has left of it in all
			f.order, f.work = b.Order.Clone(), nil
		}
	case *ReturnBody:
		if b.Refusal != "" {
			return nil
		}
		f.back, f.acts, f.reason, f.work = b.Return.clone(), b.Acts, b.Reason, b.Parcel
	case *ObeyedBody:
		f.ofAnswer(b)
	case *BlockedBody:
		f.seen, f.reason, f.approver = b.Lines, b.Reason, b.By
	case *TenderBody, *DrawerBody:
		f.tender, f.drawer = e.money()
	case *AssetBody:
		if f.asset = b; b.Refusal != "" {
			return nil
		}
	case *PurchaseBody:
		if f.purchase = b; b.Refusal != "" {
			return nil
		}
	case *MovedBody:
		f.moved, f.reason, f.approver = b.Lines, b.Reason, b.By
	case *LotBody:
		f.hold = b
	case *DropBody:
		f.ofDrop(b)
	}
	if f.order.nothingBack(); f.order != nil {
		f.went = wentOut(e)
	}
	if f.key() == KeyOfOrigin(f.origin) {
		f.Key, f.Request = Digest{}, Digest{}
	}
	if !f.outlives() {
		return nil
	}
	return f
}

// ofDrop is of what a supplier has said; of nothing where that was refused.
func (f *fact) ofDrop(b *DropBody) {
	if f.order = b.told(); f.order != nil {
		f.drop = b
	}
}

// ofOrder is whose order a fact is of; "" where it is of none.
func (f *fact) ofOrder() OrderID {
	switch {
	case f.order != nil:
		return f.order.ID
	case f.back != nil:
		return f.back.Order
	case f.work != nil:
		return OrderID(f.ref)
	default:
		return ""
	}
}

// outlives says whether there is anything in the fact that outlives its epoch.
func (f *fact) outlives() bool {
	switch f.was {
	case KindReceipt, KindAdjusted:
		return true
	case KindTransferDispatched, KindTransferReceived:
		return f.transfer != nil
	case KindReturned, KindInspected:
		return f.back != nil
	case KindObeyed:
		return len(f.acts)+len(f.granted) > 0 // of the answer to a claim; what else head office commanded it gives again
	case KindBlockedSeen:
		return len(f.seen) > 0 // else it was refused
	case KindAsset:
		return f.asset != nil
	case KindPurchase:
		return f.purchase != nil
	case KindMoved:
		return len(f.moved) > 0 // else it was refused
	case KindLot:
		return f.hold != nil && (f.hold.Act == LotHeld || f.hold.Act == LotReleased) // what is over is found over again
	case KindPicked:
		return len(f.goods) > 0
	case KindTendered, KindDrawer:
		return f.toldMoney()
	case KindHandedOver, KindFollowed:
		return f.work != nil || f.order != nil
	case KindDropShip:
		return f.order != nil
	case KindPlaced, KindRefused, KindAskAccepted, KindAskAbandoned, KindCanceled, KindDraft, KindReview:
		return f.order != nil && f.order.ID != ""
	}
	return false
}

// ofLate reads a fact that was recorded late before, in a life that has ended too.
func (f *fact) ofLate(b *LateBody, e *Entry) {
	f.origin, f.was, f.draws, f.refusal, f.shorts = b.Origin, b.Was, b.Draws, b.Refusal, b.Missing
	f.receipt, f.reason, f.approver, f.goods, f.count, f.asset = b.Receipt, b.Reason, b.Approver, b.Lines, b.Count, b.Asset
	if f.work = b.Work; b.Order != nil {
		f.order, f.work = b.Order.Clone(), nil
	}
	if f.acts = b.Acts; b.Return != nil {
		f.order, f.back, f.work = nil, b.Return.clone(), b.Work
	}
	f.tender, f.drawer = b.Tender, b.Drawer
	if f.was != KindRefused && f.refusal != RefusedShort {
		f.refusal = "" // it did not fit what the book was then; its goods moved all the same
	}
	if f.was == KindReceipt {
		f.goods = goodsOf(e)
	}
	if f.seen = b.Seen; b.Transfer != nil {
		f.ofTransfer(b.Transfer, e)
	}
	f.purchase, f.moved, f.hold, f.drop = b.Purchase, b.Moved, b.Lot, b.Drop
}

// ofTransfer reads what crossed the walls for a transfer.
func (f *fact) ofTransfer(t *Transfer, e *Entry) {
	if b, ok := e.Body.(*TransferBody); ok && b.Refusal != "" || t.State == TransferCanceled {
		return
	}
	f.transfer = t.Clone()
	for _, p := range e.Postings {
		if (p.Account.Kind == Sellable || p.Account.Kind == Blocked) && p.Qty > 0 {
			f.goods = append(f.goods, AdjustLine{SKU: p.SKU, Bin: Bin(p.Account.Ref), Qty: p.Qty})
		}
	}
}

// transferBins gives the bins that the lines of a transfer went to.
func (f *fact) transferBins() []Bin {
	bins := make([]Bin, len(f.transfer.Lines))
	for i := range bins {
		for _, g := range f.goods {
			if g.SKU == f.transfer.Lines[i].SKU {
				bins[i] = g.Bin
			}
		}
	}
	return bins
}

// goodsOf lists what an entry put into bins.
func goodsOf(e *Entry) (lines []AdjustLine) {
	for _, p := range e.Postings {
		if p.Account.Kind == Sellable && p.Qty > 0 {
			lines = append(lines, AdjustLine{SKU: p.SKU, Bin: Bin(p.Account.Ref), Qty: p.Qty})
		}
	}
	return lines
}

// wentOut sums what an entry handed to customers and carriers.
func wentOut(e *Entry) map[SKU]Qty {
	out := map[SKU]Qty{}
	for _, p := range e.Postings {
		if p.Account.Kind == Customer || p.Account.Kind == Transit {
			out[p.SKU] += p.Qty
		}
	}
	return out
}

// missedOn lists what an entry took off the shelf because nobody found it.
func missedOn(e *Entry) (lines []AdjustLine) {
	for _, p := range e.Postings {
		if p.Account == accountLoss(ShortPickReason) && p.Qty > 0 {
			lines = append(lines, AdjustLine{SKU: p.SKU, Qty: -p.Qty})
		}
	}
	return lines
}

// check refuses what no book has written: a client's journal is from outside.
func (f *fact) check() error {
	for _, t := range []struct{ field, text string }{{"actor", f.Actor}, {"device", f.Device}, {"approver", f.Meta.Approver}, {"ref", f.ref}, {"reason", f.reason},
		{"approver", f.approver}, {"id", f.receipt.ID}, {"reference", f.receipt.Reference}, {"origin", string(f.origin.Site)}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	if told := f.receipt.Delivered; told != nil && max(len(told.Supplier), len(told.Note)) > TextMax {
		return &FormError{Field: "delivery_note", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	}
	if len(f.goods) > PostingsMax/4 || len(f.shorts) > reasonsMax || len(f.draws) > LegsMax {
		return &FormError{Field: "lines", Why: "are more than fit in one entry"}
	}
	if err := checkLotMoves(f.lots); err != nil {
		return err
	}
	if err := f.checkDrop(); err != nil {
		return err
	}
	if c := f.count; c != nil && (len(c.By) > TextMax || len(c.Recounted) > TextMax || len(c.Lines) > LinesMax || c.Refusal != "" || len(c.Against) > 0) {
		return &FormError{Field: "count", Why: "is none that a book has taken"}
	}
	if len(f.moved) > 0 {
		return checkBinMoves(f.moved)
	}
	if f.hold != nil {
		return f.hold.check()
	}
	if f.transfer != nil {
		return f.transfer.Check()
	}
	if f.purchase != nil {
		return f.purchase.Fits()
	}
	if f.back != nil && f.was != KindObeyed { // which only names its return
		return f.checkBack()
	}
	if f.work != nil {
		if _, err := ParseOrderID(f.ref); err != nil {
			return err
		}
		return f.work.checkMoves()
	}
	if f.tender != nil || f.drawer != nil {
		return f.checkMoney()
	}
	if f.asset != nil {
		return f.asset.checkLate(f.ref)
	}
	if f.order == nil {
		return nil
	}
	return f.order.checkLate()
}

// checkLate refuses an order whose amounts do not add up: it was never written by a book.
func (o *Order) checkLate() error {
	if err := o.Check(); err != nil {
		return err
	}
	if err := o.checkLegs(); err != nil {
		return err
	}
	if err := o.checkUses(); err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		least := min(l.Here, l.Taken, l.Backordered, l.Unconfirmed, l.Declined, l.Backordered-l.Unconfirmed, l.Qty-l.Declined)
		sum := l.Here + l.Taken + l.Backordered
		for _, leg := range l.Away {
			least, sum = min(least, leg.Qty), sum+leg.Qty
			if leg.Qty > l.Qty {
				least = -1
			}
		}
		sent := Qty(0)
		for _, leg := range l.Sent {
			if least = min(least, leg.Qty); leg.Qty > QtyMax {
				least = -1
			}
			sent += min(leg.Qty, QtyMax)
		}
		if l.Drop != nil {
			if l.CheckDrop() != nil {
				least = -1
			}
			sent, sum = l.Drop.Sent, sum+l.Drop.Open
		}
		least = min(least, l.Over, sent-l.Over)
		if least < 0 || max(l.Here, l.Taken, l.Backordered) > l.Qty || sum > l.Qty-l.Declined {
			return &FormError{Field: "lines", Line: i + 1, Why: "promise more than was ordered"}
		}
	}
	return nil
}

// key is the digest under which the fact is remembered.
func (f *fact) key() Digest {
	if f.Key != (Digest{}) {
		return f.Key
	}
	return KeyOfOrigin(f.origin)
}

// anew gives the fact under another key than its client's, to which the book has given another
// answer. That key says what was answered, so that whoever else brings the same is understood.
func (f *fact) anew() *fact {
	c := *f
	c.retold, c.Request = true, Digest{}
	if c.order == nil {
		c.Key = Digest{}
		return &c
	}
	said := make([]byte, 0, 32*len(c.order.Lines))
	for i := range c.order.Lines {
		l := &c.order.Lines[i]
		said = append(append(append(said, seqKey(Seq(l.Taken))...), seqKey(Seq(l.Promised()))...), seqKey(Seq(l.Backordered))...)
	}
	c.Key = DigestOf([]byte("told anew"), f.Key[:], []byte(c.order.ID), said)
	return &c
}

// answeredBy says whether e, which the book has under the fact's key, tells the same: another
// request, a no where the fact is a yes, or a yes to less does not.
func (f *fact) answeredBy(e *Entry) bool {
	if f.Key == (Digest{}) || f.retold {
		return true
	}
	if e.Request != f.Request {
		return false
	}
	switch b := e.Body.(type) {
	case *TransferBody:
		return b.Refusal == ""
	case *WorkBody:
		return b.Refusal == ""
	case *ReturnBody:
		return b.Refusal == ""
	case *BlockedBody:
		return b.Refusal == ""
	case *TenderBody:
		return b.Refusal == ""
	case *DrawerBody:
		return b.Refusal == ""
	case *AssetBody:
		return b.Refusal == ""
	case *MovedBody:
		return b.Refusal == ""
	}
	told, ok := e.Answer()
	if !ok || f.order == nil || f.refusal != "" {
		return true
	}
	return told.Refusal == "" && told.Order.ID == f.order.ID && !f.saysMore(&told.Order)
}

// saysMore says whether a yes promised or handed over more of some line than o does: the book lost the
// order in another life, was asked again under its key, and then found what it had said first.
func (f *fact) saysMore(o *Order) bool {
	if f.was == KindCanceled || len(f.order.Lines) != len(o.Lines) {
		return false
	}
	for i := range o.Lines {
		was, is := &f.order.Lines[i], &o.Lines[i]
		if was.Taken > is.Taken || was.Promised() > is.Promised() || was.Promised()+was.Backordered > is.Promised()+is.Backordered {
			return true
		}
	}
	return false
}

// heldOrder gives the order that e leaves in the book as it stands after it; nil where it leaves none.
func (e *Entry) heldOrder() *Order {
	switch b := e.Body.(type) {
	case *OrderBody:
		if e.Kind != KindRefused && !b.undone(e.Kind) {
			return &b.Order
		}
	case *ObeyedBody:
		if !b.Repeat && b.Refused == "" {
			return b.Order
		}
	case *LateBody:
		if b.Refusal == "" {
			return b.Order
		}
	case *LegBody:
		if b.Refusal == "" {
			return b.Order
		}
	case *WorkBody:
		return b.Order
	case *ReturnBody:
		if b.Refusal == "" {
			return b.Order
		}
	case *DropBody:
		if b.Refusal == "" {
			return b.Order
		}
	}
	return nil
}

// lost gives the promises whose units e took.
func (e *Entry) lost() []Displaced {
	switch b := e.Body.(type) {
	case *OrderBody:
		return b.Displaced
	case *LateBody:
		return b.Displaced
	case *AdjustedBody:
		return b.Displaced
	case *LotBody:
		return b.Displaced
	case *ObeyedBody:
		return b.Displaced
	case *TransferBody:
		return b.Displaced
	default:
		return nil
	}
}

// Answer gives what an entry answers about an order: an order's body as it is, a late one as the
// body of the entry that first told it. ok is false where the entry is about no order.
func (e *Entry) Answer() (b *OrderBody, ok bool) {
	switch v := e.Body.(type) {
	case *OrderBody:
		return v, true
	case *LateBody:
		if v.Order == nil {
			return nil, false
		}
		return &OrderBody{Order: *v.Order, Shorts: v.Missing, Refusal: v.Refusal, Draws: v.Draws, Displaced: v.Displaced, Approver: v.Approver}, true
	default:
		return nil, false
	}
}
