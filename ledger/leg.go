package ledger

import (
	"fmt"
	"slices"
)

// ShortPickReason names the loss account that units go to which nobody found on a pick.
const ShortPickReason = "short_pick"

// ShortWhyMax bounds why a line was picked short, in bytes: as a reason's code.
const ShortWhyMax = reasonCodeMax

// A leg is the part of an order that this site serves: its own order's, or another book's.
type leg struct {
	id    OrderID
	owner SiteID
	own   *Order        // where this site owns it
	lines []CommandLine // what is reserved here, each line once
	index map[int]int   // where a line stands in lines; nil while these are few: lists look at a thousand legs
	work  *Work         // how far hands have come with it; never nil
}

// legFew is how many lines are looked through one by one.
const legFew = 16

func (l *leg) add(c CommandLine) {
	if at, ok := l.where(c.Line); ok {
		l.lines[at].Qty += c.Qty
		return
	}
	l.lines = append(l.lines, c)
	switch n := len(l.lines); {
	case n == legFew+1:
		l.index = make(map[int]int, 2*n)
		for i := range l.lines {
			l.index[l.lines[i].Line] = i
		}
	case n > legFew:
		l.index[c.Line] = n - 1
	}
}

// where says where a line stands in lines.
func (l *leg) where(line int) (at int, ok bool) {
	if l.index != nil {
		at, ok = l.index[line]
		return at, ok
	}
	for i := range l.lines {
		if l.lines[i].Line == line {
			return i, true
		}
	}
	return 0, false
}

// A legRoom is where a leg that is only looked at has what is made for it: lists look at a thousand, one after the other.
type legRoom struct {
	lines []CommandLine
	none  Work // where hands have not begun
}

// leg finds what is reserved here for an order, and what of it hands or a carrier have still. An order that is being asked
// about has none yet.
func (s *State) leg(id OrderID) (leg, error) { return s.legIn(&legRoom{}, id) }

// legIn is leg, and what it gives is good until the room is used for the next.
func (s *State) legIn(room *legRoom, id OrderID) (leg, error) {
	l := leg{id: id, owner: s.Site, lines: room.lines[:0]}
	v, begun := s.served[id]
	if begun {
		l.work = v.Work
	}
	if l.work == nil {
		room.none = Work{}
		l.work = &room.none
	}
	if begun && v.Owner != s.Site {
		l.owner = v.Owner
		for _, line := range v.Lines {
			l.add(line)
		}
		return l, nil
	}
	o, ok := s.orders[id]
	if _, asking := s.asks[id]; ok && !asking && o.isOpen() {
		l.own = o
		for i := range o.Lines {
			if q := o.Lines[i].Here; q > 0 {
				if cap(l.lines) == 0 {
					l.lines = make([]CommandLine, 0, len(o.Lines)-i)
				}
				l.add(CommandLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
			}
		}
	}
	if len(l.lines) == 0 && !begun {
		return leg{}, ErrLegUnknown
	}
	return l, nil
}

// reserved is what is reserved here for a line.
func (l *leg) reserved(line int) CommandLine {
	if at, ok := l.where(line); ok {
		return l.lines[at]
	}
	return CommandLine{Line: line}
}

func (l *leg) skuOf(line int) SKU { return l.reserved(line).SKU }

// at says how many units of a line are in each stage, those on the shelf among them.
func (l *leg) at(line int) WorkLine {
	out, r := l.work.line(line), l.reserved(line)
	if r.SKU != "" {
		out.SKU = r.SKU
	}
	out.At[StageShelf] = r.Qty - out.inHand()
	return out
}

// each gives the number of every line that has units here, or with a carrier.
func (l *leg) each(yield func(line int) bool) {
	for i := range l.lines {
		if !yield(l.lines[i].Line) {
			return
		}
	}
	for i := range l.work.Lines {
		if _, ok := l.where(l.work.Lines[i].Line); !ok && !yield(l.work.Lines[i].Line) {
			return
		}
	}
}

// all names the lines of each.
func (l *leg) all() (out []LegLine) {
	for line := range l.each {
		out = append(out, LegLine{Line: line})
	}
	return out
}

// after says how the part stands as a whole once units have moved; state, as it stands.
func (l *leg) after(moves []StageMove) FulfilState {
	var sum [stages]Qty
	for line := range l.each {
		for s, q := range l.at(line).At {
			sum[s] += q
		}
	}
	for _, v := range moves {
		sum[v.From] -= v.Qty
		sum[v.To] += v.Qty
	}
	return FulfilStateOf(sum)
}

func (l *leg) state() FulfilState { return l.after(nil) }

// checkNamed refuses lines that no part of an order has.
func checkNamed(lines []LegLine) error {
	if len(lines) > LinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; at most %d", len(lines), LinesMax)}
	}
	named := make(map[int]struct{}, len(lines))
	for i, n := range lines {
		_, twice := named[n.Line]
		named[n.Line] = struct{}{}
		switch {
		case n.Line < 1:
			return atLine(&FormError{Field: "line", Why: "is not a line of the order, from 1"}, i)
		case twice:
			return atLine(&FormError{Field: "line", Why: "is named twice: say it once, with all of its units"}, i)
		case n.Qty < 0 || n.Short < 0 || n.Qty > QtyMax || n.Short > QtyMax:
			return atLine(&FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d", QtyMax)}, i)
		case n.Qty+n.Short == 0:
			return atLine(&FormError{Field: "qty", Why: "is 0: leave the line out, or say how many"}, i)
		case len(n.Why) > ShortWhyMax:
			return atLine(&FormError{Field: "reason", Why: fmt.Sprintf("is longer than %d bytes", ShortWhyMax)}, i)
		case n.Why != "" && n.Short == 0:
			return atLine(&FormError{Field: "reason", Why: "goes with what was not found (short): all of the line was"}, i)
		}
	}
	return nil
}

// named gives the lines of a request with their SKUs, and the refusal of those that the leg does
// not have so much of: on the shelf, where it is picked.
func (l *leg) named(lines []LegLine, picked bool) (out []LegLine, shorts []Short, err error) {
	if err := checkNamed(lines); err != nil {
		return nil, nil, err
	}
	for _, n := range lines {
		have := l.reserved(n.Line)
		if picked {
			have.Qty = l.at(n.Line).At[StageShelf]
		}
		if n.SKU, n.Again = have.SKU, 0; n.Qty+n.Short > have.Qty {
			shorts = append(shorts, Short{Line: n.Line, SKU: have.SKU, Want: n.Qty + n.Short, Have: have.Qty})
		}
		out = append(out, n)
	}
	return out, shorts, nil
}

// pick takes what was found off the shelf, and what nobody found out of the leg. What the book owes anyway is what was not found
// first; the rest is gone from the shelf until a count finds it, so it is offered to nobody. An order of ours that no
// other site may serve takes what else is available here in the same entry; any other waits.
func (d *decision) pick(r *PickLeg) Outcome {
	l, err := d.s.leg(r.Order)
	if err == nil && len(l.lines) == 0 { // all of it has left, or is to be put back
		err = ErrLegUnknown
	}
	if err != nil {
		return Outcome{Err: err}
	}
	b := &LegBody{Owner: l.owner, InHand: true}
	if b.Lines, b.Shorts, err = l.named(r.Lines, true); err != nil {
		return Outcome{Err: err}
	}
	if len(b.Lines) == 0 {
		return Outcome{Err: &FormError{Field: "lines", Why: "is empty; say what was picked, line by line"}}
	}
	if len(b.Shorts) > 0 {
		return d.refuseLeg(&l, KindPicked, b, RefusedShort, r.Meta)
	}
	m := &moves{first: r.Homes, least: r.Least}
	if err := d.wants(m, r.Lots, &l); err != nil {
		return Outcome{Err: err}
	}
	for i := range b.Lines {
		n := &b.Lines[i]
		reserved := accountReserved(l.id, n.Line)
		if n.Qty > 0 {
			d.s.shift(m, l.id, StageMove{Line: n.Line, SKU: n.SKU, From: StageShelf, To: StagePicked, Qty: n.Qty}, "")
		}
		d.s.missing(m, n.SKU, reserved, n.Short)
		if l.own == nil || d.s.waits(l.own) != WaitHere {
			continue
		}
		n.Again = min(n.Short, d.s.available(n.SKU)+m.posted(n.SKU, accountAvailable()))
		m.claim(n.SKU, accountAvailable(), reserved, n.Again)
	}
	return d.writeLeg(&l, KindPicked, b, m, r.Meta)
}

// missing takes q of a claim off the book for units that nobody finds.
func (s *State) missing(m *moves, sku SKU, claim Account, q Qty) {
	level := s.level(sku)
	if q == 0 {
		return
	}
	m.add(sku, claim, -q)
	owed := min(q, level.Shortfall-m.posted(sku, accountShortfall()))
	m.add(sku, accountShortfall(), owed)
	if q -= owed; q == 0 {
		return
	}
	m.add(sku, Account{Kind: Stock}, q)
	m.add(sku, accountLoss(ShortPickReason), q)
	least := m.least
	m.least = Lasting{} // nobody has found them, whatever their day
	left := m.takeOff(level, sku, q)
	if m.least = least; left > 0 {
		panic(fmt.Sprintf("ledger: %d of %s are reserved beyond what lies in bins and is owed", left, sku))
	}
}

// reject frees what the site will not serve of the leg.
func (d *decision) reject(r *RejectLeg) Outcome {
	if r.Reason == "" || len(r.Reason) > TextMax {
		return Outcome{Err: &FormError{Field: "reason", Why: fmt.Sprintf("is empty, or longer than %d bytes: say why", TextMax)}}
	}
	l, err := d.s.leg(r.Order)
	if err == nil && len(l.lines) == 0 { // all of it has left, or is to be put back
		err = ErrLegUnknown
	}
	if err != nil {
		return Outcome{Err: err}
	}
	wanted := slices.Clone(r.Lines)
	for i := range wanted {
		if wanted[i].Short = 0; wanted[i].Qty < 1 {
			return Outcome{Err: atLine(&FormError{Field: "qty", Why: "is not above 0"}, i)}
		}
	}
	if len(wanted) == 0 {
		for _, line := range l.lines {
			wanted = append(wanted, LegLine{Line: line.Line, Qty: line.Qty})
		}
	}
	b := &LegBody{Owner: l.owner, Reason: r.Reason}
	if b.Lines, b.Shorts, err = l.named(wanted, false); err != nil {
		return Outcome{Err: err}
	}
	switch {
	case len(b.Shorts) > 0:
		return d.refuseLeg(&l, KindRejected, b, RefusedShort, r.Meta)
	case l.own != nil && d.s.waits(l.own) == WaitHere:
		return d.refuseLeg(&l, KindRejected, b, RefusedState, r.Meta)
	}
	m := &moves{}
	for i := range b.Lines {
		n := &b.Lines[i]
		d.s.freeLeg(m, l.id, n.Line, n.SKU, l.reserved(n.Line).Qty, n.Qty)
	}
	return d.writeLeg(&l, KindRejected, b, m, r.Meta)
}

// refuseLeg writes an entry that remembers a no under its key.
func (d *decision) refuseLeg(l *leg, k Kind, b *LegBody, why Refusal, meta Meta) Outcome {
	if b.Refusal = why; l.own != nil {
		b.Order = l.own.Clone()
	}
	e := d.write(&Entry{Kind: k, Ref: string(l.id), Body: b}, meta)
	return Outcome{Entry: e, Err: b.err(l.id)}
}

// writeLeg writes what the leg has lost. An order of ours waits for it.
func (d *decision) writeLeg(l *leg, k Kind, b *LegBody, m *moves, meta Meta) Outcome {
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	if l.own != nil {
		o := l.own.Clone()
		for i := range b.Lines {
			n := &b.Lines[i]
			line := &o.Lines[n.Line-1]
			lost := n.lost(k)
			line.Here, line.Backordered = line.Here-lost, line.Backordered+lost
		}
		if o.Wait == WaitNone {
			o.Wait = d.s.waits(o)
		}
		o.Settle()
		b.Order = o
	}
	e := d.write(&Entry{Kind: k, Ref: string(l.id), Postings: m.settled(), Lots: m.lots, Body: b}, meta)
	d.fill()
	return Outcome{Entry: e}
}
