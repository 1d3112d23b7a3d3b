package ledger

import "fmt"

// MoveBins puts units from bins of this site into others: put away, or laid elsewhere. Only the bin that they lie in changes: no unit
// is promised, freed or blocked by it, so what is reserved moves, too.
type MoveBins struct {
	Meta
	Reason string // "" says nothing
	By     string // who moved them, where that is not the actor
	Lines  []BinMove
	Lots   []LotID // as of InspectBlocked
}

func (*MoveBins) request() {}

// A BinMove is units of one SKU that go from one bin into another.
type BinMove struct {
	SKU     SKU
	From    Bin
	To      Bin
	Qty     Qty
	Blocked bool    // of what lies blocked there and is no return's; else of what may be sold
	Pack    *Packed // what Qty was told in; nil: in units
}

// BinMovesMax bounds the lines of one move.
const BinMovesMax = 1000

// MovedBody is what was moved between bins.
type MovedBody struct {
	Reason  string
	By      string
	Lines   []BinMove
	Refusal Refusal // why nothing was moved; "" where it was
	Shorts  []BinShort
}

// RefusedBin says no to a move of more than lies in a bin.
const RefusedBin Refusal = "bin_short"

// A BinShort is a line that names more than lies there.
type BinShort struct {
	Line     int // from 1
	SKU      SKU
	Bin      Bin
	Blocked  bool
	Want     Qty // named, with the lines before it
	Have     Qty // there, and no return's
	Returned Qty // of blocked goods: there for returns
}

// A BinError says no to a move between bins. Nothing was moved.
type BinError struct{ Lines []BinShort }

func (e *BinError) Error() string {
	l := e.Lines[0]
	return fmt.Sprintf("line %d: %d of %s are to leave bin %s, %d lie there", l.Line, l.Want, l.SKU, l.Bin, l.Have)
}

func (*MovedBody) kindly(k Kind) bool { return k == KindMoved }

// err gives the refusal that the body records, or nil.
func (b *MovedBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &BinError{Lines: b.Shorts}
}

// check refuses what no move is, whatever the book says.
func (r *MoveBins) check() error {
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	return checkBinMoves(r.Lines)
}

func checkBinMoves(lines []BinMove) error {
	if n := len(lines); n == 0 || n > BinMovesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a move has 1 to %d", n, BinMovesMax)}
	}
	for i := range lines {
		if err := lines[i].check(); err != nil {
			return atLine(err, i)
		}
	}
	return nil
}

func (l *BinMove) check() error {
	if _, err := ParseSKU(string(l.SKU)); err != nil {
		return err
	}
	if err := CheckQty(l.Qty); err != nil {
		return err
	}
	for _, b := range []struct {
		field string
		bin   Bin
	}{{"from", l.From}, {"to", l.To}} {
		if b.bin == "" {
			return &FormError{Field: b.field, Why: "is empty: say which bin"}
		}
		if _, err := ParseBin(string(b.bin)); err != nil {
			return &FormError{Field: b.field, Why: fmt.Sprintf("is %q, which is no bin's name", b.bin)}
		}
	}
	if l.From == l.To {
		return &FormError{Field: "to", Why: fmt.Sprintf("is %s, where they lie already", l.To)}
	}
	return nil
}

// account is the bin as it stands in the where book.
func (l *BinMove) account(bin Bin) Account {
	kind := Sellable
	if l.Blocked {
		kind = Blocked
	}
	return Account{Kind: kind, Ref: string(bin)}
}

// place is account, as a place of lots.
func (l *BinMove) place(bin Bin) LotPlace {
	a := l.account(bin)
	return LotPlace{a.Kind, a.Ref}
}

// moveBins moves all that is said, line by line, or nothing.
func (d *decision) moveBins(r *MoveBins) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	b := &MovedBody{Reason: r.Reason, By: r.By, Lines: r.Lines}
	returned, bins := d.s.blockedForReturns(r.Lines), map[SKU]int{}
	m, theirs := &moves{}, d.s.lotsOfReturns()
	for i := range b.Lines {
		l := &b.Lines[i]
		if err := d.s.roomInBins(m, l, bins); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		if short := d.s.shortInBin(m, l, returned); short != nil {
			short.Line = i + 1
			b.Shorts = append(b.Shorts, *short)
		}
		d.s.moveBin(m, l, l.Qty)
		if err := d.s.binLot(m, l.SKU, l.place(l.From), l.place(l.To), nthLot(r.Lots, i), l.Qty, theirs); err != nil && len(b.Shorts) == 0 {
			return Outcome{Err: lotAt(err, i)}
		}
	}
	if len(b.Shorts) > 0 {
		b.Refusal, b.Lines = RefusedBin, nil
		e := d.write(&Entry{Kind: KindMoved, Ref: r.Reason, Body: b}, r.Meta)
		return Outcome{Entry: e, Err: b.err()}
	}
	return Outcome{Entry: d.write(&Entry{Kind: KindMoved, Ref: r.Reason, Postings: m.settled(), Lots: m.lots, Body: b}, r.Meta)}
}

// moveBin posts the move of q units of a line.
func (s *State) moveBin(m *moves, l *BinMove, q Qty) {
	m.add(l.SKU, l.account(l.From), -q)
	m.add(l.SKU, l.account(l.To), q)
}

// inBin is what of a line's SKU and condition lies where it is to be taken, after what is moved already.
func (s *State) inBin(m *moves, l *BinMove) Qty {
	q := m.posted(l.SKU, l.account(l.From))
	if level := s.look(l.SKU); level != nil {
		if i, ok := level.bin(l.From); ok && l.Blocked {
			q += level.Bins[i].Blocked
		} else if ok {
			q += level.Bins[i].Sellable
		}
	}
	return q
}

// shortInBin says that less than a line names can be taken; nil where it can. What open returns have in the bin is theirs.
func (s *State) shortInBin(m *moves, l *BinMove, returned map[binOf]Qty) *BinShort {
	have, theirs := s.inBin(m, l), Qty(0)
	if l.Blocked {
		theirs = returned[binOf{l.SKU, l.From}]
		have -= theirs
	}
	if l.Qty <= have {
		return nil
	}
	return &BinShort{SKU: l.SKU, Bin: l.From, Blocked: l.Blocked, Want: l.Qty, Have: max(0, have), Returned: theirs}
}

// roomInBins refuses a line by which a SKU would lie in more bins than one may. bins counts those that the lines before it are new to.
func (s *State) roomInBins(m *moves, l *BinMove, bins map[SKU]int) error {
	if s.hasBin(l.SKU, l.To) || m.posted(l.SKU, l.account(l.To)) > 0 {
		return nil
	}
	have := 0
	if level := s.look(l.SKU); level != nil {
		have = len(level.Bins)
	}
	if bins[l.SKU]++; have+bins[l.SKU] > BinsMax {
		return &FormError{Field: "to", Why: fmt.Sprintf("would be one more than the %d bins that one SKU can lie in: put it where it lies already", BinsMax)}
	}
	return nil
}

// blockedForReturns sums what open returns have blocked in the bins that lines take blocked goods from.
func (s *State) blockedForReturns(lines []BinMove) map[binOf]Qty {
	var of []BlockedLine
	for i := range lines {
		if lines[i].Blocked {
			of = append(of, BlockedLine{SKU: lines[i].SKU, Bin: lines[i].From})
		}
	}
	if len(of) == 0 {
		return nil
	}
	return s.blockedOfReturns(of)
}

// foldMoved says whether an entry posts what it says was moved, and leaves open returns theirs.
func (s *State) foldMoved(e *Entry, b *MovedBody) error {
	switch {
	case b.Refusal == "":
		return s.movedAs(e, b.Lines)
	case len(e.Postings) > 0:
		return fmt.Errorf("moves units though it was refused")
	default:
		return nil
	}
}

// movedAs holds an entry's postings against the moves that it says: they are in bins, and nowhere else.
func (s *State) movedAs(e *Entry, lines []BinMove) error {
	if err := checkBinMoves(lines); err != nil {
		return err
	}
	want := map[postingKey]Qty{}
	for i := range lines {
		l := &lines[i]
		want[postingKey{l.SKU, l.account(l.From)}] -= l.Qty
		want[postingKey{l.SKU, l.account(l.To)}] += l.Qty
	}
	for i := range e.Postings {
		p := &e.Postings[i]
		want[postingKey{p.SKU, p.Account}] -= p.Qty
	}
	for at, off := range want {
		if off != 0 {
			return fmt.Errorf("%d of %s on %s are not posted as they were moved", off, at.sku, at.account)
		}
	}
	for at, q := range s.blockedForReturns(lines) {
		if have := s.blockedIn(at); have < q {
			return fmt.Errorf("%d of %s are blocked in %s, and returns have %d there", have, at.sku, at.bin, q)
		}
	}
	return nil
}

// lateMoved moves again what was moved in another life, as far as it lies there in this one: where a unit lies is no promise, and whoever
// does not find it counts.
func (d *decision) lateMoved(f *fact) Outcome {
	t := d.lateTaking(f, 0)
	b := &LateBody{Reason: f.reason, Approver: f.approver, Moved: f.moved}
	returned, bins := d.s.blockedForReturns(f.moved), map[SKU]int{}
	for _, l := range f.moved {
		have := d.s.inBin(t.m, &l)
		if l.Blocked {
			have -= returned[binOf{l.SKU, l.From}]
		}
		if l.Qty = max(0, min(l.Qty, have)); l.Qty == 0 || d.s.roomInBins(t.m, &l, bins) != nil {
			continue
		}
		d.s.moveBin(t.m, &l, l.Qty)
	}
	return d.recordLate(f, b, t)
}

// movedBody writes the body of a move between bins.
func (w *rowWriter) movedBody(v *MovedBody) {
	w.row(func() {
		w.binMoves(v.Lines)
		w.str(v.Reason)
		w.str(v.By)
		w.word(string(v.Refusal))
		w.list(len(v.Shorts), func(i int) {
			s := &v.Shorts[i]
			w.row(func() {
				w.uint(uint64(s.Line))
				w.name(string(s.SKU))
				w.name(string(s.Bin))
				w.bool(s.Blocked)
				for _, q := range [...]Qty{s.Want, s.Have, s.Returned} {
					w.int(int64(q))
				}
			})
		})
	})
}

func (r *rowReader) movedBody() *MovedBody {
	v := &MovedBody{}
	r.row(0, func() {
		v.Lines, v.Reason, v.By, v.Refusal = r.binMoves(), r.str(), r.str(), Refusal(r.word())
		r.list(BinMovesMax, func(n int) {
			for range n {
				r.row(0, func() {
					s := BinShort{Line: int(r.upTo(BinMovesMax)), SKU: SKU(r.word()), Bin: Bin(r.word()), Blocked: r.bool()}
					for _, q := range [...]*Qty{&s.Want, &s.Have, &s.Returned} {
						*q = Qty(r.int())
					}
					v.Shorts = append(v.Shorts, s)
				})
			}
		})
	})
	return v
}

func (w *rowWriter) binMoves(lines []BinMove) {
	w.list(len(lines), func(i int) {
		l := &lines[i]
		w.row(func() {
			w.name(string(l.SKU))
			w.name(string(l.From))
			w.name(string(l.To))
			w.int(int64(l.Qty))
			w.bool(l.Blocked)
			w.packed(l.Pack)
		})
	})
}

func (r *rowReader) binMoves() (out []BinMove) {
	r.list(BinMovesMax, func(n int) {
		for range n {
			r.row(0, func() {
				l := BinMove{SKU: SKU(r.word()), From: Bin(r.word()), To: Bin(r.word()), Qty: Qty(r.int()), Blocked: r.bool()}
				l.Pack = r.packed()
				out = append(out, l)
			})
		}
	})
	return out
}
