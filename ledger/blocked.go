package ledger

import "fmt"

// InspectBlocked says what a person who has looked at blocked goods wants done with them: goods that are no return's, such as what a transfer
// brought damaged. What is a return's is inspected with it.
type InspectBlocked struct {
	Meta
	Reason string // why; needed
	By     string // who looked, where that is not the actor
	Lines  []BlockedLine
	Lots   []LotID // of which lot the units of each line are; "", or shorter than Lines: of the only one that lies there
}

func (*InspectBlocked) request() {}

// A BlockedLine is units of one SKU that lie blocked in a bin, and what is done with them.
type BlockedLine struct {
	SKU SKU
	Bin Bin // where they lie
	Qty Qty
	Do  Disposition // restock, block (they stay as they are) or scrap
	To  Bin         // restock: where they are put; "": where they lie
}

// BlockedLinesMax bounds the lines of one inspection.
const BlockedLinesMax = 1000

// BlockedBody is what was done with blocked goods.
type BlockedBody struct {
	Reason  string
	By      string
	Lines   []BlockedLine
	Refusal Refusal // why nothing was done; "" when it was
	Overs   []BlockedOver
}

// RefusedBlocked says no to an inspection of more than lies blocked in a bin and is no return's.
const RefusedBlocked Refusal = "blocked_short"

// A BlockedOver is a line that names more than there is.
type BlockedOver struct {
	Line     int // from 1
	SKU      SKU
	Bin      Bin
	Want     Qty // named, with the lines before it
	Have     Qty // blocked there, and no return's
	Returned Qty // blocked there for returns
}

// A BlockedError says no to an inspection of blocked goods. Nothing was changed.
type BlockedError struct{ Lines []BlockedOver }

func (e *BlockedError) Error() string {
	l := e.Lines[0]
	return fmt.Sprintf("line %d: %d of %s in bin %s are named, %d are blocked there that are no return's, %d that are", l.Line, l.Want, l.SKU, l.Bin, l.Have, l.Returned)
}

func (*BlockedBody) kindly(k Kind) bool { return k == KindBlockedSeen }

// err gives the refusal that the body records, or nil.
func (b *BlockedBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &BlockedError{Lines: b.Overs}
}

// check refuses what no inspection is, whatever the book says.
func (r *InspectBlocked) check() error {
	if n := len(r.Lines); n == 0 || n > BlockedLinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an inspection has 1 to %d", n, BlockedLinesMax)}
	}
	if r.Reason == "" || len(r.Reason) > TextMax {
		return &FormError{Field: "reason", Why: fmt.Sprintf("is empty, or longer than %d bytes: say why", TextMax)}
	}
	if len(r.By) > TextMax {
		return &FormError{Field: "by", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	}
	for i := range r.Lines {
		if err := r.Lines[i].check(); err != nil {
			return atLine(err, i)
		}
	}
	return nil
}

func (l *BlockedLine) check() error {
	if _, err := ParseSKU(string(l.SKU)); err != nil {
		return err
	}
	if err := CheckQty(l.Qty); err != nil {
		return err
	}
	for _, bin := range []Bin{l.Bin, l.To} {
		if _, err := ParseBin(string(bin)); err != nil {
			return err
		}
	}
	switch {
	case l.Do != Restock && l.Do != Block && l.Do != Scrap:
		return &FormError{Field: "disposition", Why: fmt.Sprintf("is %q; it is restock, block or scrap", l.Do)}
	case l.To != "" && l.Do != Restock:
		return &FormError{Field: "to_bin", Why: "goes with restock only"}
	}
	return nil
}

// inspectBlocked does what is said with blocked goods that no open return counts on.
func (d *decision) inspectBlocked(r *InspectBlocked) Outcome {
	s := d.s
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	b := &BlockedBody{Reason: r.Reason, By: r.By, Lines: make([]BlockedLine, len(r.Lines))}
	for i, l := range r.Lines {
		if l.Bin == "" {
			l.Bin = BinDefault
		}
		if l.Do == Restock && l.To == "" {
			l.To = l.Bin
		}
		if level := s.look(l.SKU); l.Do == Restock && level != nil && len(level.Bins) >= BinsMax && !s.hasBin(l.SKU, l.To) {
			return Outcome{Err: atLine(&FormError{Field: "to_bin", Why: fmt.Sprintf("would be one more than the %d that one SKU can lie in: put it where it lies already", BinsMax)}, i)}
		}
		b.Lines[i] = l
	}
	returned := s.blockedOfReturns(b.Lines)
	named := map[binOf]Qty{}
	for i := range b.Lines {
		l := &b.Lines[i]
		at := binOf{l.SKU, l.Bin}
		named[at] += l.Qty
		if have := s.blockedIn(at) - returned[at]; named[at] > have {
			b.Overs = append(b.Overs, BlockedOver{Line: i + 1, SKU: l.SKU, Bin: l.Bin, Want: named[at], Have: max(0, have), Returned: returned[at]})
		}
	}
	if len(b.Overs) > 0 {
		b.Refusal, b.Lines = RefusedBlocked, nil
		e := d.write(&Entry{Kind: KindBlockedSeen, Ref: r.Reason, Body: b}, r.Meta)
		return Outcome{Entry: e, Err: b.err()}
	}
	m, theirs := &moves{}, s.lotsOfReturns()
	for i := range b.Lines {
		l := &b.Lines[i]
		s.unblock(m, l, l.Qty)
		if to := (LotPlace{Loss, ScrapReason}); l.Do != Block {
			if l.Do == Restock {
				to = LotPlace{Sellable, string(l.To)}
			}
			if err := s.binLot(m, l.SKU, LotPlace{Blocked, string(l.Bin)}, to, nthLot(r.Lots, i), l.Qty, theirs); err != nil {
				return Outcome{Err: lotAt(err, i)}
			}
		}
	}
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	e := d.write(&Entry{Kind: KindBlockedSeen, Ref: r.Reason, Postings: m.settled(), Lots: m.lots, Body: b}, r.Meta)
	d.fill()
	return Outcome{Entry: e}
}

// unblock does with q units of a line what it says. What is restocked goes where goods go that come in: what is owed is paid first.
func (s *State) unblock(m *moves, l *BlockedLine, q Qty) {
	blocked := Account{Kind: Blocked, Ref: string(l.Bin)}
	switch l.Do {
	case Restock:
		m.add(l.SKU, blocked, -q)
		if q > 0 {
			s.takeIn(m, l.SKU, l.To, q)
		}
	case Scrap:
		m.add(l.SKU, blocked, -q)
		m.add(l.SKU, accountLoss(ScrapReason), q)
	}
}

// blockedIn is what lies blocked in a bin.
func (s *State) blockedIn(at binOf) Qty {
	if l := s.look(at.sku); l != nil {
		if i, ok := l.bin(at.bin); ok {
			return l.Bins[i].Blocked
		}
	}
	return 0
}

// blockedOfReturns sums what open returns have blocked in the bins that lines name.
func (s *State) blockedOfReturns(lines []BlockedLine) map[binOf]Qty {
	out := make(map[binOf]Qty, len(lines))
	for i := range lines {
		out[binOf{lines[i].SKU, lines[i].Bin}] = 0
	}
	for _, r := range s.returns {
		for i := range r.Lines {
			l := &r.Lines[i]
			at := binOf{l.SKU, l.Bin}
			if sum, named := out[at]; named {
				out[at] = sum + l.Here()
			}
		}
	}
	return out
}

// foldBlocked says whether an entry posts what it says was done with blocked goods, and leaves open returns theirs. A state that has not all returns
// in memory judges by those that it has.
func (s *State) foldBlocked(e *Entry, b *BlockedBody) error {
	if b.Refusal != "" {
		return nil
	}
	want := map[binOf]Qty{}
	for i := range b.Lines {
		l := &b.Lines[i]
		if err := l.check(); err != nil {
			return err
		}
		if l.Do != Block {
			want[binOf{l.SKU, l.Bin}] -= l.Qty
		}
	}
	for i := range e.Postings {
		if p := &e.Postings[i]; p.Account.Kind == Blocked {
			want[binOf{p.SKU, Bin(p.Account.Ref)}] -= p.Qty
		}
	}
	for at, off := range want {
		if off != 0 {
			return fmt.Errorf("%d of %s in %s are not posted as they were inspected", off, at.sku, at.bin)
		}
	}
	for at, q := range s.blockedOfReturns(b.Lines) {
		if have := s.blockedIn(at); have < q {
			return fmt.Errorf("%d of %s are blocked in %s, and returns have %d there", have, at.sku, at.bin, q)
		}
	}
	return nil
}

// lateBlocked does what was done with blocked goods in another life, as far as they lie blocked in this one. What was scrapped beyond is
// gone all the same: it is taken like goods in the hand.
func (d *decision) lateBlocked(f *fact) Outcome {
	t := d.lateTaking(f, 0)
	b := &LateBody{Reason: f.reason, Approver: f.approver, Seen: f.seen}
	for i := range f.seen {
		if err := f.seen[i].check(); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		t.about(f.seen[i].SKU)
	}
	returned := d.s.blockedOfReturns(f.seen)
	for i := range f.seen {
		l := f.seen[i]
		if l.To == "" {
			l.To = l.Bin
		}
		if level := d.s.look(l.SKU); l.Do == Restock && level != nil && len(level.Bins) >= BinsMax && !d.s.hasBin(l.SKU, l.To) {
			l.To = level.Bins[0].Bin
		}
		at := binOf{l.SKU, l.Bin}
		free := d.s.blockedIn(at) - returned[at] + t.m.posted(l.SKU, Account{Kind: Blocked, Ref: string(l.Bin)})
		n := max(0, min(l.Qty, free))
		d.s.unblock(t.m, &l, n)
		if rest := l.Qty - n; l.Do == Scrap && rest > 0 {
			if had, _ := t.take(l.SKU, rest, accountLoss(ScrapReason)); had < rest {
				b.Missing = append(b.Missing, Short{Line: i + 1, SKU: l.SKU, Want: rest, Have: had})
			}
		}
	}
	return d.recordLate(f, b, t)
}

// blockedBody writes the body of an inspection.
func (w *rowWriter) blockedBody(v *BlockedBody) {
	w.row(func() {
		w.blockedLines(v.Lines)
		w.str(v.By)
		w.str(v.Reason)
		w.word(string(v.Refusal))
		w.list(len(v.Overs), func(i int) {
			o := &v.Overs[i]
			w.row(func() {
				w.uint(uint64(o.Line))
				w.name(string(o.SKU))
				w.name(string(o.Bin))
				for _, q := range [...]Qty{o.Want, o.Have, o.Returned} {
					w.int(int64(q))
				}
			})
		})
	})
}

func (r *rowReader) blockedBody() *BlockedBody {
	v := &BlockedBody{}
	r.row(0, func() {
		v.Lines, v.By, v.Reason, v.Refusal = r.blockedLines(), r.str(), r.str(), Refusal(r.word())
		r.list(BlockedLinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					o := BlockedOver{Line: int(r.upTo(BlockedLinesMax)), SKU: SKU(r.word()), Bin: Bin(r.word())}
					for _, q := range [...]*Qty{&o.Want, &o.Have, &o.Returned} {
						*q = Qty(r.int())
					}
					v.Overs = append(v.Overs, o)
				})
			}
		})
	})
	return v
}

func (w *rowWriter) blockedLines(lines []BlockedLine) {
	w.list(len(lines), func(i int) {
		l := &lines[i]
		w.row(func() {
			w.name(string(l.SKU))
			w.name(string(l.Bin))
			w.int(int64(l.Qty))
			w.word(string(l.Do))
			w.name(string(l.To))
		})
	})
}

func (r *rowReader) blockedLines() (out []BlockedLine) {
	r.list(BlockedLinesMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, BlockedLine{SKU: SKU(r.word()), Bin: Bin(r.word()), Qty: Qty(r.int()), Do: Disposition(r.word()), To: Bin(r.word())})
			})
		}
	})
	return out
}
