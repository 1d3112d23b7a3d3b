package ledger

import (
	"fmt"
	"slices"
)

// MakeTransfer wants goods sent from one site to another. Where this site is the sender the units are set aside at
// once, from what is available here; a warehouse, whose stock head office promises, asks head office for them. Where
// it is the receiver it asks. Of the lines SKU and Qty play a part.
type MakeTransfer struct {
	Meta
	Transfer Transfer

	doc *Transfer // as the book knows it; nil where it does not. The same of the requests below
}

// DispatchTransfer says that goods of a transfer have left, or that none will.
type DispatchTransfer struct {
	Meta
	ID      TransferID
	Lines   []TransferLine // SKU and Sent; none: all that was set aside. What is not named stays here, and is free again
	Lots    []SKULot       // that are among them; of the rest those leave that are over first
	Cartons []WayCarton    // in which goods leave: Lines and Lots are what leaves beside them. Came plays no part
	Least   Lasting        // until when lots have to be good at least
	Cancel  bool           // nothing leaves

	doc  *Transfer
	used []string // which of its cartons' numbers were on another carton, in words
}

// ReceivedLine is what came of one SKU of a transfer.
type ReceivedLine struct {
	SKU     SKU
	Bin     Bin
	Came    Qty       // in any condition
	Damaged Qty       // of these
	Noted   Qty       // what the delivery note says; 0 where it was not told
	Lots    []CameLot // that came, as somebody has read them; of the rest, what left
}

// ReceiveTransfer takes in what came of a transfer, once: what is not named did not come. At the sender it takes
// back what could not be delivered.
type ReceiveTransfer struct {
	Meta
	ID    TransferID
	From  SiteID // of a transfer that the book does not know, as its delivery note says
	Lines []ReceivedLine

	Cartons []CameCarton // that came as they left: Lines are what came beside them

	doc *Transfer
}

func (*MakeTransfer) request()     {}
func (*DispatchTransfer) request() {}
func (*ReceiveTransfer) request()  {}

func accountTransit(site SiteID) Account { return Account{Kind: Transit, Ref: string(site)} }

// accountSetAside holds units for a line of a transfer, from 1.
func accountSetAside(id TransferID, line int) Account {
	return accountReserved(OrderID("transfer/"+string(id)), line)
}

// stateOf is how the book knows a transfer.
func stateOf(t *Transfer) TransferState {
	if t == nil {
		return transferNone
	}
	return t.State
}

func (d *decision) makeTransfer(r *MakeTransfer) Outcome {
	s, t := d.s, r.Transfer.Clone()
	if err := t.Check(); err != nil {
		return Outcome{Err: err}
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		if err := CheckQty(l.Qty); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		*l = TransferLine{SKU: l.SKU, Qty: l.Qty}
	}
	var view TransferView
	var act TransferAct
	var shorts []Short
	switch s.Site {
	case t.From:
		view, act, shorts = AtSender, TransferReserve, s.shortOf(t)
		if len(shorts) > 0 && !s.Counter && !s.Standalone {
			act = TransferAsk
		}
	case t.To:
		view, act = AtReceiver, TransferAsk
	default:
		return Outcome{Err: &FormError{Field: "from", Why: fmt.Sprintf("is %s and to is %s: this is %s", t.From, t.To, s.Site)}}
	}
	kind := KindTransferReserved
	if act == TransferAsk {
		kind = KindTransferAsked
	}
	to, fits := stateOf(r.doc).After(view, act)
	if !fits {
		return d.refuseTransfer(kind, &TransferBody{Transfer: *r.doc, Refusal: RefusedTransfer}, r.Meta)
	}
	m := &moves{}
	if act == TransferReserve {
		if len(shorts) > 0 {
			return d.refuseTransfer(kind, &TransferBody{Transfer: *t, Refusal: RefusedShort, Shorts: shorts}, r.Meta)
		}
		t.setAside(m, accountAvailable())
	}
	t.State = to
	return d.writeTransfer(kind, &TransferBody{Transfer: *t}, m, r.Meta)
}

// setAside moves what a transfer wants from a claim to its own.
func (t *Transfer) setAside(m *moves, from Account) {
	for i := range t.Lines {
		m.claim(t.Lines[i].SKU, from, accountSetAside(t.ID, i+1), t.Lines[i].Qty)
	}
}

// shortOf lists the lines of which less is available than they want.
func (s *State) shortOf(t *Transfer) (shorts []Short) {
	for i := range t.Lines {
		l := &t.Lines[i]
		if have := s.available(l.SKU); have < l.Qty {
			shorts = append(shorts, Short{Line: i + 1, SKU: l.SKU, Want: l.Qty, Have: have})
		}
	}
	return shorts
}

func (d *decision) dispatchTransfer(r *DispatchTransfer) Outcome {
	if r.doc == nil {
		return Outcome{Err: ErrTransferUnknown}
	}
	act := TransferDispatch
	if r.Cancel {
		act = TransferCancel
	}
	to, fits := r.doc.State.After(AtSender, act)
	if !fits || r.doc.From != d.s.Site {
		return d.refuseTransfer(KindTransferDispatched, &TransferBody{Transfer: *r.doc, Refusal: RefusedTransfer}, r.Meta)
	}
	r, err := r.Whole()
	if err != nil {
		return Outcome{Err: err}
	}
	t := r.doc.Clone()
	if len(r.used) > 0 {
		return Outcome{Err: &FormError{Field: "cartons", Why: fmt.Sprintf("name %s: a number is one carton's for ever. Put a label of its own on this one", r.used[0])}}
	}
	t.State, t.Cartons = to, slices.Clone(r.Cartons)
	for i := range t.Cartons {
		t.Cartons[i].Came, t.Cartons[i].Once = false, true
	}
	shorts, err := t.send(r)
	switch {
	case err != nil:
		return Outcome{Err: err}
	case len(shorts) > 0:
		return d.refuseTransfer(KindTransferDispatched, &TransferBody{Transfer: *r.doc, Refusal: RefusedShort, Shorts: shorts}, r.Meta)
	}
	m := &moves{least: r.Least}
	for _, n := range r.Lots {
		if err := n.check(); err != nil {
			return Outcome{Err: err}
		}
		if err := m.unlasting(d.s.look(n.SKU), n.SKU, &n.LotQty); err != nil {
			return Outcome{Err: err}
		}
		m.want = append(m.want, lotWant{LineLot: LineLot{Line: t.place(n.SKU), LotQty: n.LotQty}, sku: n.SKU})
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		aside := accountSetAside(t.ID, i+1)
		if l.Sent > 0 {
			m.leave(d.s.level(l.SKU), l.SKU, aside, accountTransit(t.To), l.Sent)
		}
		d.s.free(m, l.SKU, aside, l.Qty-l.Sent)
	}
	return d.writeTransfer(KindTransferDispatched, &TransferBody{Transfer: *t}, m, r.Meta)
}

// send notes what leaves of a transfer; shorts are lines that name more than was set aside.
func (t *Transfer) send(r *DispatchTransfer) (shorts []Short, err error) {
	sum := Qty(0)
	for i := range r.Lines {
		n := &r.Lines[i]
		l := t.line(n.SKU)
		have := Qty(0)
		switch {
		case r.Cancel:
			return nil, &FormError{Field: "lines", Why: "are named though nothing leaves"}
		case l != nil && l.Sent > 0:
			return nil, atLine(&FormError{Field: "sku", Why: "is named twice: add the two up"}, i)
		case n.Sent < 0 || n.Sent > QtyMax:
			return nil, atLine(&FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d", QtyMax)}, i)
		case l != nil:
			have = l.Qty
			l.Sent = n.Sent
		}
		if n.Sent > have {
			shorts = append(shorts, Short{Line: i + 1, SKU: n.SKU, Want: n.Sent, Have: have})
		}
		sum += min(n.Sent, have)
	}
	if len(r.Lines) == 0 && !r.Cancel {
		for i := range t.Lines {
			t.Lines[i].Sent = t.Lines[i].Qty
			sum += t.Lines[i].Qty
		}
	}
	if sum == 0 && !r.Cancel && len(shorts) == 0 {
		return nil, &FormError{Field: "lines", Why: "name nothing that leaves: cancel the transfer instead"}
	}
	return shorts, nil
}

func (d *decision) receiveTransfer(r *ReceiveTransfer) Outcome {
	s := d.s
	t, err := r.known(s.Site)
	if err != nil {
		return Outcome{Err: err}
	}
	view, act := AtReceiver, TransferReceive
	if t.From == s.Site {
		view, act = AtSender, TransferReturn
	}
	to, fits := t.State.After(view, act)
	if !fits {
		return d.refuseTransfer(KindTransferReceived, &TransferBody{Transfer: *t, Refusal: RefusedTransfer}, r.Meta)
	}
	lines, err := t.unpack(r)
	if err != nil {
		return Outcome{Err: err}
	}
	bins, err := t.receive(lines)
	if err != nil {
		return Outcome{Err: err}
	}
	t.State = to
	if err := s.cameLots(t, lines); err != nil {
		return Outcome{Err: err}
	}
	m := &moves{}
	if err := s.takeTransferIn(m, t, bins); err != nil {
		return Outcome{Err: err}
	}
	for i := range t.Lines {
		m.arrive(&t.Lines[i], t.other(s.Site), bins[i])
	}
	return d.writeTransfer(KindTransferReceived, &TransferBody{Transfer: *t}, m, r.Meta)
}

// known is the transfer as the book knows it, or as its delivery note tells it.
func (r *ReceiveTransfer) known(site SiteID) (*Transfer, error) {
	if r.doc != nil {
		if r.From != "" && r.From != r.doc.From {
			return nil, &FormError{Field: "from", Why: fmt.Sprintf("is %s, and this transfer is from %s", r.From, r.doc.From)}
		}
		return r.doc.Clone(), nil
	}
	if r.From == "" {
		return nil, ErrTransferUnknown
	}
	if _, err := ParseSite(string(r.From)); err != nil {
		return nil, err
	}
	if r.From == site {
		return nil, ErrTransferUnknown // who sends a transfer knows it
	}
	if _, err := ParseTransfer(string(r.ID)); err != nil {
		return nil, err
	}
	return &Transfer{ID: r.ID, From: r.From, To: site}, nil
}

// receive notes what came of a transfer and gives the bin of each of its lines.
func (t *Transfer) receive(lines []ReceivedLine) (bins []Bin, err error) {
	if len(lines) > TransferLinesMax {
		return nil, &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a transfer has at most %d", len(lines), TransferLinesMax)}
	}
	sent := t.State == TransferDispatched
	named := map[SKU]Bin{}
	for i := range lines {
		n := &lines[i]
		if _, err := ParseSKU(string(n.SKU)); err != nil {
			return nil, atLine(err, i)
		}
		if _, twice := named[n.SKU]; twice {
			return nil, atLine(&FormError{Field: "sku", Why: "is named twice: add the two up"}, i)
		}
		if min(n.Came, n.Damaged, n.Noted) < 0 || max(n.Came, n.Noted) > QtyMax {
			return nil, atLine(&FormError{Field: "received", Why: fmt.Sprintf("is not 0 to %d", QtyMax)}, i)
		}
		if n.Damaged > n.Came {
			return nil, atLine(&FormError{Field: "damaged", Why: fmt.Sprintf("is %d, of %d that were received: received counts all that came, damaged units too", n.Damaged, n.Came)}, i)
		}
		bin, err := ParseBin(string(n.Bin))
		if err != nil {
			return nil, atLine(err, i)
		}
		named[n.SKU] = bin
		l := t.line(n.SKU)
		if l == nil {
			t.Lines = append(t.Lines, TransferLine{SKU: n.SKU})
			l = &t.Lines[len(t.Lines)-1]
		}
		if l.Came, l.Damaged = n.Came, n.Damaged; !sent {
			if l.Sent = n.Noted; n.Noted == 0 {
				l.Sent = n.Came
			}
		}
	}
	if len(t.Lines) > TransferLinesMax || len(t.Lines) == 0 {
		return nil, &FormError{Field: "lines", Why: fmt.Sprintf("come to %d with those of the transfer; it has 1 to %d", len(t.Lines), TransferLinesMax)}
	}
	for i := range t.Lines {
		bins = append(bins, named[t.Lines[i].SKU])
	}
	return bins, nil
}

// takeTransferIn puts what came of a transfer onto the shelf. What comes back to its sender closes what was on its
// way: what did not come back is missing.
func (s *State) takeTransferIn(m *moves, t *Transfer, bins []Bin) error {
	other := t.other(s.Site)
	sums, lies := map[SKU]Qty{}, map[SKU]int{}
	for i := range t.Lines {
		l := &t.Lines[i]
		if l.Came > 0 {
			bin, err := s.checkReceipt(ReceiptLine{SKU: l.SKU, Qty: l.Came, Bin: bins[i]}, sums, lies)
			if err != nil {
				return atLine(err, i)
			}
			m.add(l.SKU, accountTransit(other), -l.Came)
			m.add(l.SKU, Account{Kind: Blocked, Ref: string(bin)}, l.Damaged)
			if good := l.Came - l.Damaged; good > 0 {
				s.takeIn(m, l.SKU, bin, good)
			}
		}
		if t.State == TransferReturned {
			m.amissLots(l, t.To)
		}
	}
	return m.fit()
}

// amiss books off what is on its way to a site and missing; below zero, what came beyond what had left.
func (m *moves) amiss(sku SKU, to SiteID, missing Qty) {
	m.add(sku, accountTransit(to), -missing)
	if missing >= 0 {
		m.add(sku, accountLoss(TransferMissing), missing)
	} else {
		m.add(sku, accountLoss(TransferSurplus), missing)
	}
}

func (d *decision) writeTransfer(kind Kind, b *TransferBody, m *moves, meta Meta) Outcome {
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	e := d.write(&Entry{Kind: kind, Ref: string(b.Transfer.ID), Postings: m.settled(), Lots: m.lots, Body: b}, meta)
	d.fill()
	return Outcome{Entry: e}
}

// refuseTransfer remembers under its key that an act on a transfer was refused. No stock moves.
func (d *decision) refuseTransfer(kind Kind, b *TransferBody, meta Meta) Outcome {
	out := Outcome{Err: b.err(kind)}
	if meta.Key != (Digest{}) {
		out.Entry = d.write(&Entry{Kind: kind, Ref: string(b.Transfer.ID), Body: b}, meta)
	}
	return out
}

// transferOf loads what the book knows of the transfer that a request is about; nil where it knows of none.
func (c *Core) transferOf(id TransferID) (*Transfer, error) {
	for _, state := range transferRank {
		ref, ok, err := c.answered(KeyOfTransfer(id, state))
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		e, err := c.entry(ref.Seq)
		if err != nil {
			return nil, err
		}
		t := e.heldTransfer()
		if t == nil || t.ID != id || t.State != state {
			return nil, &DamageError{Where: fmt.Sprintf("entry %d", ref.Seq), Why: "it is not what is remembered of a transfer"}
		}
		return t, nil
	}
	return nil, nil
}

// recallTransfer loads into a request the transfer that it is about. ok is false of any other request.
func (c *Core) recallTransfer(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *MakeTransfer:
		r.doc, err = c.transferOf(r.Transfer.ID)
	case *DispatchTransfer:
		if r.doc, err = c.transferOf(r.ID); err == nil {
			err = c.recallNumbers(r)
		}
	case *ReceiveTransfer:
		r.doc, err = c.transferOf(r.ID)
	case *Obey:
		id, _, is := r.Command.Transfer()
		if r.doc = nil; is {
			r.doc, err = c.transferOf(id)
		}
		return false, err // its id has to be looked for, too
	case *fact:
		if r.transfer == nil {
			return false, nil
		}
		r.doc, err = c.transferOf(r.transfer.ID)
	default:
		return false, nil
	}
	return true, err
}
