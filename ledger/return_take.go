package ledger

import (
	"fmt"
	"slices"
)

// A BackLine is goods that a customer brings back. Several may name one line of the order.
type BackLine struct {
	Line int // of the order, from 1; no part is played by it without a receipt
	SKU  SKU // needed where this book does not know the order
	Qty  Qty
	Bin  Bin         // where they are put; "": the usual bin
	Do   Disposition // "": nobody has looked yet
	Lots []LotQty    // of which lots they are; what is left open is what only one answer is possible for
}

// TakeBack takes goods in that come back. They are blocked until somebody has looked at them. The right to
// take back a line belongs to the book that owns the order; where that is another one, its answer comes by head office.
type TakeBack struct {
	Meta
	ID      ReturnID
	Order   OrderID // "": without a receipt
	Receipt string
	Reason  string
	By      string // who takes them in, where that is not the actor
	Lines   []BackLine
}

// Inspect says what a person who has looked at returned goods wants done with them.
type Inspect struct {
	Meta
	Return ReturnID
	Reason string
	By     string // who looked, where that is not the actor
	Acts   []ReturnAct
}

func (*TakeBack) request() {}
func (*Inspect) request()  {}

func (d *decision) takeBack(r *TakeBack) Outcome {
	s := d.s
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	if _, taken := s.returns[r.ID]; taken {
		return Outcome{Err: &FormError{Field: "id", Why: "is another return's: give this one its own"}}
	}
	o, own := s.orders[r.Order]
	if _, asking := s.asks[r.Order]; asking && own {
		return Outcome{Err: ErrInProgress}
	}
	if r.Order != "" && !own && s.Standalone {
		return Outcome{Err: ErrOrderUnknown}
	}
	b := &ReturnBody{Return: Return{ID: r.ID, Order: r.Order, Receipt: r.Receipt, Reason: r.Reason, By: r.By, Claim: ClaimNone}}
	if err := b.Return.gather(r.Lines, o); err != nil {
		return Outcome{Err: err}
	}
	if err := s.checkBack(&b.Return); err != nil {
		return Outcome{Err: err}
	}
	if own && o.takesBackAll(&b.Return) || !own {
		if err := s.nameBack(&b.Return, o); err != nil {
			return Outcome{Err: err}
		}
	}
	wishes := wishesOf(&b.Return, r.Lines)
	if len(wishes) > ReturnLinesMax {
		return Outcome{Err: &FormError{Field: "lines", Why: fmt.Sprintf("say what is to be done with %d lots; at most %d at once: leave disposition out, and inspect them afterwards", len(wishes), ReturnLinesMax)}}
	}
	switch {
	case own:
		b.Order = o.Clone()
		if b.Return.Owner, b.Return.Claim = s.Site, ClaimGranted; !b.takesBack() {
			return d.refuseReturn(KindReturned, b, RefusedOver, r.Meta)
		}
		b.Acts = wishes
	case r.Order != "":
		b.Return.Claim, b.Return.Wishes = ClaimPending, wishes
	default:
		b.Acts = wishes
	}
	m := &moves{}
	for i := range b.Return.Lines {
		l := &b.Return.Lines[i]
		m.add(l.SKU, Account{Kind: Customer}, -l.Qty)
		m.add(l.SKU, l.blocked(), l.Qty)
	}
	m.cameBack(&b.Return, LotPlace{Kind: Customer})
	return d.writeReturn(KindReturned, b, m, r.Meta)
}

// check refuses what no return is, whatever the book says.
func (r *TakeBack) check() error {
	if r.ID == "" || len(r.ID) > TextMax {
		return &FormError{Field: "id", Why: "is no return's"}
	}
	if len(r.Order) > TextMax {
		return &FormError{Field: "order", Why: "is no order's"}
	}
	if n := len(r.Lines); n == 0 || n > ReturnLinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a return has 1 to %d", n, ReturnLinesMax)}
	}
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"receipt", r.Receipt}, {"by", r.By}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if err := CheckQty(l.Qty); err != nil {
			return atLine(err, i)
		}
		switch l.Do {
		case "", Restock, Block, Scrap:
		default:
			return atLine(&FormError{Field: "disposition", Why: fmt.Sprintf("is %q; it is restock, block or scrap", l.Do)}, i)
		}
	}
	return nil
}

// checkLots refuses lots of which more is named than the line brings.
func (l *BackLine) checkLots(sku SKU) error {
	named := Qty(0)
	for i := range l.Lots {
		n := &l.Lots[i]
		if err := CheckQty(n.Qty); err != nil {
			return err
		}
		if named += n.Qty; named > l.Qty {
			return &LotError{SKU: sku, Why: fmt.Sprintf("%d of %s come back, and the lots that are named come to %d: say the lot of each", l.Qty, sku, named)}
		}
	}
	return nil
}

// gather makes the lines of a return: each line of the order once, or each SKU once where there is no receipt.
// o is the order where this book owns it, else nil.
func (r *Return) gather(lines []BackLine, o *Order) error {
	at := make(map[binOf]int, len(lines)) // without a receipt
	for i, l := range lines {
		sku := l.SKU
		switch {
		case r.Order == "":
			number, again := at[binOf{sku: sku}]
			if !again {
				number = len(at) + 1
				at[binOf{sku: sku}] = number
			}
			l.Line = number
		case l.Line < 1 || o != nil && l.Line > len(o.Lines):
			return atLine(&FormError{Field: "line", Why: "is no line of the order, from 1"}, i)
		case o != nil:
			if k, _ := o.KitOf(l.Line); k != nil && l.SKU == "" { // its line says which component of it
				return atLine(&FormError{Field: "sku", Why: fmt.Sprintf("is missing: line %d is of the kit %s, so say which component of it comes back", l.Line, k.SKU)}, i)
			}
			if sku = o.Lines[l.Line-1].SKU; l.SKU != "" && l.SKU != sku {
				return atLine(&FormError{Field: "sku", Why: fmt.Sprintf("is %s; line %d of the order is %s", l.SKU, l.Line, sku)}, i)
			}
		}
		if _, err := ParseSKU(string(sku)); err != nil {
			if sku == "" && r.Order != "" {
				err = &FormError{Field: "sku", Why: "is missing: this book does not know the order, so say what comes back"}
			}
			return atLine(err, i)
		}
		bin, err := ParseBin(string(l.Bin))
		if err != nil {
			return atLine(err, i)
		}
		if err := l.checkLots(sku); err != nil {
			return lotAt(err, i)
		}
		have := r.line(l.Line)
		if have == nil {
			r.Lines = append(r.Lines, ReturnLine{Line: l.Line, SKU: sku, Bin: bin, Qty: l.Qty})
			r.Lines[len(r.Lines)-1].addLots(l.Lots)
			continue
		}
		if have.SKU != sku || l.Bin != "" && have.Bin != bin {
			return atLine(&FormError{Field: "line", Why: "is named before with another sku or bin"}, i)
		}
		if have.Qty, err = AddQty(have.Qty, l.Qty); err != nil {
			return atLine(err, i)
		}
		have.addLots(l.Lots)
	}
	return nil
}

// wishesOf lists what is to be done with the units, line by line as it was said. Units whose lot was named come first, and of what is said of others
// it stands of which lots they are: it would else be done with those that were named.
func wishesOf(r *Return, lines []BackLine) (acts []ReturnAct) {
	var open []ReturnAct
	left, named := r.clone(), map[int]struct{}{}
	for _, l := range lines {
		if r.Order == "" {
			i := slices.IndexFunc(r.Lines, func(have ReturnLine) bool { return have.SKU == l.SKU })
			l.Line = r.Lines[i].Line
		}
		rest := l.Qty
		for _, n := range l.Lots {
			left.line(l.Line).takeLots(n.Lot, n.Qty)
			named[l.Line] = struct{}{}
			if rest -= n.Qty; l.Do != "" {
				acts = append(acts, ReturnAct{Line: l.Line, Do: l.Do, Qty: n.Qty, Lot: n.Lot})
			}
		}
		if rest > 0 && l.Do != "" {
			open = append(open, ReturnAct{Line: l.Line, Do: l.Do, Qty: rest})
		}
	}
	for _, a := range open {
		if _, some := named[a.Line]; some {
			for _, n := range left.line(a.Line).takeLots("", a.Qty) {
				acts = append(acts, ReturnAct{Line: a.Line, Do: a.Do, Qty: n.Qty, Lot: n.Lot})
				a.Qty -= n.Qty
			}
		}
		if a.Qty > 0 {
			acts = append(acts, a)
		}
	}
	return acts
}

// checkBack refuses units that a level has no room for.
func (s *State) checkBack(r *Return) error {
	sums, bins := map[SKU]Qty{}, map[SKU]int{}
	for i := range r.Lines {
		l := &r.Lines[i]
		if _, err := s.checkReceipt(ReceiptLine{SKU: l.SKU, Qty: l.Qty, Bin: l.Bin}, sums, bins); err != nil {
			return atLine(err, i)
		}
	}
	return nil
}

// takesBackAll says whether as much can come back as a return brings.
func (o *Order) takesBackAll(r *Return) bool {
	for i := range r.Lines {
		if l := &r.Lines[i]; l.Qty > o.Lines[l.Line-1].Returnable() {
			return false
		}
	}
	return true
}

// takesBack counts the lines as returned in the body's order; false where more comes back than can, and then
// Overs says of which lines and the order is as it was.
func (b *ReturnBody) takesBack() bool {
	for i := range b.Return.Lines {
		l := &b.Return.Lines[i]
		line := &b.Order.Lines[l.Line-1]
		if have := line.Returnable(); l.Qty > have {
			b.Overs = append(b.Overs, Over{Line: l.Line, SKU: l.SKU, Want: l.Qty, Sold: line.HandedOver(), Back: line.Returned, Have: have})
		}
	}
	if len(b.Overs) > 0 {
		return false
	}
	for i := range b.Return.Lines {
		l := &b.Return.Lines[i]
		b.Order.Lines[l.Line-1].Returned += l.Qty
	}
	return true
}

// blocked is the account that the line's units lie on.
func (l *ReturnLine) blocked() Account { return Account{Kind: Blocked, Ref: string(l.Bin)} }

// inspect does with returned units what a person who has looked at them says.
func (d *decision) inspect(r *Inspect) Outcome {
	old, ok := d.s.returns[r.Return]
	if !ok || !old.IsOpen() {
		return Outcome{Err: ErrReturnUnknown}
	}
	if n := len(r.Acts); n == 0 || n > ReturnLinesMax {
		return Outcome{Err: &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an inspection has 1 to %d", n, ReturnLinesMax)}}
	}
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if len(t.text) > TextMax {
			return Outcome{Err: &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}}
		}
	}
	b := &ReturnBody{Return: *old.clone(), Acts: slices.Clone(r.Acts), Reason: r.Reason, By: r.By}
	for i := range b.Acts {
		a := &b.Acts[i]
		l, err := d.s.checkAct(old, a)
		if err != nil {
			return Outcome{Err: lotAt(err, i)}
		}
		have := b.Return.line(a.Line).mostOf(a)
		if old.Claim == ClaimPending {
			have = 0
		}
		if a.Qty > have {
			b.Overs = append(b.Overs, Over{Line: a.Line, SKU: l.SKU, Want: a.Qty, Have: have})
			continue
		}
		b.Return.line(a.Line).act(a)
	}
	if len(b.Overs) > 0 {
		b.Return, b.Acts = *old.clone(), nil
		return d.refuseReturn(KindInspected, b, RefusedActed, r.Meta)
	}
	b.Return = *old.clone() // writeReturn does the acts
	return d.writeReturn(KindInspected, b, &moves{}, r.Meta)
}

// checkAct refuses an act that no return allows, and a bin that has no room.
func (s *State) checkAct(r *Return, a *ReturnAct) (*ReturnLine, error) {
	l := r.line(a.Line)
	if l == nil {
		return nil, &FormError{Field: "line", Why: "is no line of the return"}
	}
	if err := CheckQty(a.Qty); err != nil {
		return nil, err
	}
	states, to := a.Do.from()
	if len(states) == 0 {
		return nil, &FormError{Field: "disposition", Why: fmt.Sprintf("is %q; it is restock, block, scrap or hand_back", a.Do)}
	}
	if a.Lot == "" && to != UnitBlocked && a.Qty < l.leaves(a.Do) && l.lotsHere() > 1 {
		return nil, &LotError{SKU: l.SKU, Why: fmt.Sprintf("say which of %s, or scan the label: this return has %s here", l.SKU, lotsLeft(l.Lots, l.SKU))}
	}
	if a.Lot != "" && l.ofLot(a.Lot) < a.Qty {
		return nil, &LotError{SKU: l.SKU, Lot: a.Lot, Why: fmt.Sprintf("%d of %s of %s are named: this return has %s here", a.Qty, a.Lot, l.SKU, lotsLeft(l.Lots, l.SKU))}
	}
	if a.Bin == "" {
		return l, nil
	}
	if a.Do != Restock {
		return nil, &FormError{Field: "bin", Why: "goes with restock only"}
	}
	bin, err := ParseBin(string(a.Bin))
	if level := s.look(l.SKU); err == nil && level != nil && len(level.Bins) >= BinsMax && !s.hasBin(l.SKU, bin) {
		err = &FormError{Field: "bin", Why: fmt.Sprintf("would be one more than the %d that one SKU can lie in: put it where it lies already", BinsMax)}
	}
	return l, err
}

// refuseReturn writes an entry that remembers a no under its key.
func (d *decision) refuseReturn(k Kind, b *ReturnBody, why Refusal, meta Meta) Outcome {
	b.Refusal = why
	e := d.write(&Entry{Kind: k, Ref: string(b.Return.ID), Body: b}, meta)
	return Outcome{Entry: e, Err: b.err()}
}

// writeReturn does the acts of the body, and writes what came of it.
func (d *decision) writeReturn(k Kind, b *ReturnBody, m *moves, meta Meta) Outcome {
	d.s.actOn(m, &b.Return, b.Acts)
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	e := d.write(&Entry{Kind: k, Ref: string(b.Return.ID), Postings: m.settled(), Lots: m.lots, Body: b}, meta)
	d.fill()
	return Outcome{Entry: e}
}

// actOn does acts that the return has units for: in r, and in the moves. What is restocked goes where goods go
// that come in: what is owed is paid first.
func (s *State) actOn(m *moves, r *Return, acts []ReturnAct) {
	for _, a := range acts {
		l := r.line(a.Line)
		lots := l.act(&a)
		switch a.Do {
		case Restock:
			bin := a.Bin
			if bin == "" {
				bin = l.Bin
			}
			m.add(l.SKU, l.blocked(), -a.Qty)
			s.takeIn(m, l.SKU, bin, a.Qty)
			s.leaveBack(m, l, lots, a.Qty, LotPlace{Sellable, string(bin)})
		case Scrap:
			m.add(l.SKU, l.blocked(), -a.Qty)
			m.add(l.SKU, accountLoss(ScrapReason), a.Qty)
			s.leaveBack(m, l, lots, a.Qty, LotPlace{Loss, ScrapReason})
		case HandBack:
			m.add(l.SKU, l.blocked(), -a.Qty)
			m.add(l.SKU, Account{Kind: Customer}, a.Qty)
			s.leaveBack(m, l, lots, a.Qty, LotPlace{Kind: Customer})
		}
	}
}
