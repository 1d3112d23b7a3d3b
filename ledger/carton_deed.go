package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// plan works out what a deed moves, and which cartons it changes: or why it cannot, in the body.
func (l *leg) plan(r *WorkLeg, b *WorkBody) (Refusal, error) {
	switch {
	case r.Deed == DeedRepack:
		return l.repack(r, b)
	case r.Deed == DeedPack && len(r.Into) > 0:
		return l.packInto(r, b)
	case r.Deed == DeedPutBack && (r.Out != "" || len(l.work.Cartons) > 0):
		return l.takeOut(r, b)
	case len(r.Boxes) > 0, len(l.work.Cartons) > 0 && r.Deed.carries():
		return l.carry(r, b)
	}
	b.Moves, b.Shorts = l.moves(r.Deed, r.Lines)
	if len(b.Shorts) > 0 || len(b.Moves) == 0 {
		return RefusedStage, nil
	}
	return "", nil
}

// carries says whether a deed moves cartons as they are.
func (d Deed) carries() bool {
	return d == DeedDispatch || d == DeedDeliver || d == DeedFail || d == DeedComeBack
}

// loose is what of a line is packed and in no carton.
func (l *leg) loose(line int) Qty {
	at := l.at(line)
	return min(at.At[StagePacked], at.room(StagePacked)-l.work.boxed(line, StagePacked))
}

// refuseCarton says no because of a carton, which the body names.
func (b *WorkBody) refuseCarton(why Refusal, sscc ...gs1.SSCC) (Refusal, error) {
	b.Cartons = nil
	for _, c := range sscc {
		b.Cartons = append(b.Cartons, string(c))
	}
	return why, nil
}

// opened gives a copy of the open carton that a request names, or a new one. index says which of the request's it is, of those without a number.
func (l *leg) opened(r *WorkLeg, in *Carton, index int) (c Carton, why Refusal, err error) {
	if had := l.work.carton(in.SSCC); in.SSCC != "" && had != nil {
		if c = had.after(had.At); had.At != StagePacked {
			return c, RefusedCarton, nil
		}
	} else if in.SSCC != "" {
		if c = (Carton{SSCC: in.SSCC, At: StagePacked}); r.known[in.SSCC] != "" {
			return c, RefusedCarton, nil
		}
	} else if index < len(r.given) {
		c = r.given[index]
		c.At = StagePacked
	} else {
		return c, "", &FormError{Field: "cartons", Why: "need a number: say the carton's SSCC, or give the node numbers of its own (holdfast node --gs1-prefix)"}
	}
	if in.Grams > 0 {
		c.Grams = in.Grams
	}
	return c, "", nil
}

// packInto packs units into cartons: what is picked, then what is packed and loose.
func (l *leg) packInto(r *WorkLeg, b *WorkBody) (Refusal, error) {
	want, given := map[int]Qty{}, 0
	for i := range r.Into {
		c, why, err := l.opened(r, &r.Into[i], given)
		if err != nil || why != "" {
			return cmpRefusal(b, c.SSCC, why), err
		}
		if r.Into[i].SSCC == "" {
			given++
		}
		if slices.ContainsFunc(b.Boxes, func(o Carton) bool { return o.SSCC == c.SSCC }) {
			return "", &FormError{Field: "cartons", Why: fmt.Sprintf("name %s twice", c.SSCC)}
		}
		for _, n := range l.intoLines(r, i) {
			want[n.Line] += n.Qty
			c.add(n.Line, l.at(n.Line).SKU, n.Qty)
		}
		if c.Was == StageNone && len(c.Lines) == 0 { // a number that nothing lies in would be used up
			return RefusedStage, nil
		}
		b.Boxes = append(b.Boxes, c)
	}
	for _, line := range sortedLines(want) {
		at, q := l.at(line), want[line]
		picked, loose := at.At[StagePicked], l.loose(line)
		if q > picked+loose {
			b.Shorts = append(b.Shorts, Short{Line: line, SKU: at.SKU, Want: q, Have: picked + loose})
		} else if n := min(q, picked); n > 0 {
			b.Moves = append(b.Moves, StageMove{Line: line, SKU: at.SKU, From: StagePicked, To: StagePacked, Qty: n})
		}
	}
	if len(b.Shorts) > 0 || len(want) == 0 && !weighs(r.Into) {
		return RefusedStage, nil
	}
	return "", l.roomForCartons(b)
}

func weighs(in []Carton) bool {
	return slices.ContainsFunc(in, func(c Carton) bool { return c.Grams > 0 && c.SSCC != "" })
}

func cmpRefusal(b *WorkBody, sscc gs1.SSCC, why Refusal) Refusal {
	if why != "" {
		b.Cartons = []string{string(sscc)}
	}
	return why
}

// intoLines is what goes into a carton of a request: what it says, or, of one carton, what the request says, or all that is picked.
func (l *leg) intoLines(r *WorkLeg, index int) []LegLine {
	in := &r.Into[index]
	if len(in.Lines) > 0 {
		out := make([]LegLine, len(in.Lines))
		for i, n := range in.Lines {
			out[i] = LegLine{Line: n.Line, Qty: n.Qty}
		}
		return out
	}
	if len(r.Into) > 1 {
		return nil
	}
	if len(r.Lines) > 0 {
		return r.Lines
	}
	var out []LegLine
	for _, n := range l.all() {
		if q := l.at(n.Line).At[StagePicked]; q > 0 {
			out = append(out, LegLine{Line: n.Line, Qty: q})
		}
	}
	return out
}

// roomForCartons refuses more cartons than one part may have.
func (l *leg) roomForCartons(b *WorkBody) error {
	n := len(l.work.Cartons)
	for i := range b.Boxes {
		if b.Boxes[i].Was == StageNone {
			n++
		}
	}
	if n > partCartonsMax {
		return &FormError{Field: "cartons", Why: fmt.Sprintf("would be %d of this part of the order; at most %d: pack more into each", n, partCartonsMax)}
	}
	return nil
}

// repack takes units that are packed out of a carton, or out of none, and lays them into another one, or into none. No stage changes.
func (l *leg) repack(r *WorkLeg, b *WorkBody) (Refusal, error) {
	var from *Carton
	if r.Out != "" {
		had := l.work.carton(r.Out)
		if had == nil || had.At != StagePacked {
			return b.refuseCarton(RefusedCarton, r.Out)
		}
		c := had.after(had.At)
		from = &c
	}
	var to *Carton
	if len(r.Into) > 0 {
		c, why, err := l.opened(r, &r.Into[0], 0)
		if err != nil || why != "" {
			return cmpRefusal(b, c.SSCC, why), err
		}
		to = &c
	}
	has := func(line int) Qty {
		if from != nil {
			return from.in(line)
		}
		return l.loose(line)
	}
	lines := r.Lines
	if len(lines) == 0 {
		for _, n := range l.all() {
			lines = append(lines, LegLine{Line: n.Line, Qty: has(n.Line)})
		}
		lines = slices.DeleteFunc(lines, func(n LegLine) bool { return n.Qty == 0 })
	}
	for _, n := range lines {
		at := l.at(n.Line)
		if have := has(n.Line); n.Qty > have {
			b.Shorts = append(b.Shorts, Short{Line: n.Line, SKU: at.SKU, Want: n.Qty, Have: have})
			continue
		}
		if from != nil {
			from.add(n.Line, at.SKU, -n.Qty)
		}
		if to != nil {
			to.add(n.Line, at.SKU, n.Qty)
		}
	}
	if len(lines) == 0 || len(b.Shorts) > 0 {
		return RefusedStage, nil
	}
	for _, c := range []*Carton{from, to} {
		if c != nil {
			b.Boxes = append(b.Boxes, *c)
		}
	}
	return "", l.roomForCartons(b)
}

// takeOut puts units back into a bin, out of a carton where they lie in one.
func (l *leg) takeOut(r *WorkLeg, b *WorkBody) (Refusal, error) {
	var from *Carton
	lines := r.Lines
	if r.Out != "" {
		had := l.work.carton(r.Out)
		if had == nil || had.At != StagePacked {
			return b.refuseCarton(RefusedCarton, r.Out)
		}
		c := had.after(had.At)
		if from = &c; len(lines) == 0 {
			for _, n := range c.Lines {
				if q := min(n.Qty, l.at(n.Line).At[StagePutBack]); q > 0 {
					lines = append(lines, LegLine{Line: n.Line, Qty: q})
				}
			}
			if len(lines) == 0 {
				return RefusedStage, nil
			}
		}
	}
	not := StageNone
	if from != nil {
		not = StagePicked // what lies in a carton is packed
	}
	b.Moves, b.Shorts = l.movesBut(not, DeedPutBack, lines)
	if len(b.Shorts) > 0 || len(b.Moves) == 0 {
		return RefusedStage, nil
	}
	out := map[int]Qty{}
	for _, v := range b.Moves {
		if v.From != StagePicked {
			out[v.Line] += v.Qty
		}
	}
	for _, line := range sortedLines(out) {
		if from != nil {
			if have := from.in(line); out[line] > have {
				b.Shorts = append(b.Shorts, Short{Line: line, SKU: l.at(line).SKU, Want: out[line], Have: have})
			} else {
				from.add(line, l.at(line).SKU, -out[line])
			}
			continue
		}
		if why := l.outOf(line, out[line], b); why != "" {
			return why, nil
		}
	}
	if len(b.Shorts) > 0 {
		return RefusedStage, nil
	}
	if from != nil {
		b.Boxes = append(b.Boxes, *from)
	}
	return "", nil
}

// outOf takes q of a line that is put back out of the cartons, where more is than is loose: out of the one that has some, or, where all of it is, out of each. Who could mean
// one of several has to say which.
func (l *leg) outOf(line int, q Qty, b *WorkBody) Refusal {
	at := l.at(line)
	over := q - (at.room(StagePacked) - l.work.boxed(line, StagePacked))
	if over <= 0 {
		return ""
	}
	var have []*Carton
	for i := range l.work.Cartons {
		if c := &l.work.Cartons[i]; c.At == StagePacked && c.in(line) > 0 {
			have = append(have, c)
		}
	}
	if len(have) > 1 && over < l.work.boxed(line, StagePacked) {
		var names []gs1.SSCC
		for _, c := range have {
			names = append(names, c.SSCC)
		}
		b.Shorts = []Short{{Line: line, SKU: at.SKU, Want: q, Have: q - over}}
		why, _ := b.refuseCarton(RefusedBoxed, names...)
		return why
	}
	for _, c := range have {
		n := min(over, c.in(line))
		over -= n
		i := slices.IndexFunc(b.Boxes, func(o Carton) bool { return o.SSCC == c.SSCC })
		if i < 0 {
			i, b.Boxes = len(b.Boxes), append(b.Boxes, c.after(c.At))
		}
		b.Boxes[i].add(line, at.SKU, -n)
	}
	return ""
}

// arrowFrom gives where a deed brings units that are at a stage.
func (d Deed) arrowFrom(from Stage) (to Stage, ok bool) {
	for i := range arrows {
		if a := &arrows[i]; a.Deed == d && slices.Contains(a.From, from) {
			return a.To, true
		}
	}
	return StageNone, false
}

// first is the stage that a deed takes all of, where nothing is named.
func (d Deed) first() Stage {
	for i := range arrows {
		if arrows[i].Deed == d {
			return arrows[i].From[0]
		}
	}
	return StageNone
}

// carry moves cartons as they are, and what is loose beside them. Without a name it takes all.
func (l *leg) carry(r *WorkLeg, b *WorkBody) (Refusal, error) {
	all := len(r.Boxes) == 0 && len(r.Lines) == 0
	var boxed []StageMove // what goes in cartons
	for i := range l.work.Cartons {
		c := &l.work.Cartons[i]
		to, fits := r.Deed.arrowFrom(c.At)
		if named := slices.Contains(r.Boxes, c.SSCC); !fits && named {
			return b.refuseCarton(RefusedCarton, c.SSCC)
		} else if !named && (!all || c.At != r.Deed.first()) {
			continue
		}
		b.Boxes = append(b.Boxes, c.after(to))
		for _, n := range c.Lines {
			boxed = addMove(boxed, StageMove{Line: n.Line, SKU: n.SKU, From: c.At, To: to, Qty: n.Qty})
		}
	}
	for _, sscc := range r.Boxes {
		if l.work.carton(sscc) == nil {
			return b.refuseCarton(RefusedCarton, sscc)
		}
	}
	for _, v := range boxed {
		if have := l.at(v.Line).At[v.From]; v.Qty > have { // some of it is to be put back, or waits for the customer
			b.Boxes = nil
			b.Shorts = []Short{{Line: v.Line, SKU: v.SKU, Want: v.Qty, Have: have}}
			return b.refuseCarton(RefusedBack, l.holding(v.Line)...)
		}
	}
	b.Moves = boxed
	why := l.carryLoose(r, b, all)
	slices.SortFunc(b.Moves, func(a, b StageMove) int { return (a.Line-b.Line)*stages + int(a.From) - int(b.From) })
	if why == "" && len(b.Moves) == 0 {
		why = RefusedStage
	}
	return why, nil
}

// holding lists the open cartons that have some of a line.
func (l *leg) holding(line int) (out []gs1.SSCC) {
	for i := range l.work.Cartons {
		if c := &l.work.Cartons[i]; c.At == StagePacked && c.in(line) > 0 {
			out = append(out, c.SSCC)
		}
	}
	return out
}

// carryLoose adds what goes without a carton: all of it, or the lines that are named.
func (l *leg) carryLoose(r *WorkLeg, b *WorkBody, all bool) Refusal {
	if len(r.Lines) == 0 && !all {
		return ""
	}
	loose, shorts := l.moves(r.Deed, r.Lines)
	b.Shorts = append(b.Shorts, shorts...)
	if len(shorts) > 0 {
		return RefusedStage
	}
	for _, v := range loose {
		have := l.at(v.Line).At[v.From] - l.work.boxed(v.Line, v.From)
		if v.From == StagePacked {
			have = max(0, l.loose(v.Line))
		}
		for _, boxed := range b.Moves { // of what lies there some goes in its carton already
			if boxed.Line == v.Line && boxed.From == v.From {
				have = min(have, l.at(v.Line).At[v.From]-boxed.Qty)
			}
		}
		if v.Qty <= have || all {
			if v.Qty = min(v.Qty, have); v.Qty > 0 {
				b.Moves = addMove(b.Moves, v)
			}
			continue
		}
		b.Boxes, b.Moves = nil, nil
		b.Shorts = []Short{{Line: v.Line, SKU: v.SKU, Want: v.Qty, Have: have}}
		var names []gs1.SSCC
		for i := range l.work.Cartons {
			if c := &l.work.Cartons[i]; c.At == v.From && c.in(v.Line) > 0 {
				names = append(names, c.SSCC)
			}
		}
		why, _ := b.refuseCarton(RefusedBoxed, names...)
		return why
	}
	return ""
}

// addMove adds a move to the one of the same units.
func addMove(to []StageMove, v StageMove) []StageMove {
	for i := range to {
		if m := &to[i]; m.Line == v.Line && m.From == v.From && m.To == v.To {
			m.Qty += v.Qty
			return to
		}
	}
	return append(to, v)
}

func sortedLines(of map[int]Qty) []int {
	out := make([]int, 0, len(of))
	for line := range of {
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// cartonWhy says for people why a deed was refused because of cartons.
func (b *WorkBody) cartonWhy() string {
	names := strings.Join(b.Cartons, ", ")
	if len(b.Cartons) > 3 {
		names = fmt.Sprintf("%s and %d more", strings.Join(b.Cartons[:3], ", "), len(b.Cartons)-3)
	}
	n := Short{}
	if len(b.Shorts) > 0 {
		n = b.Shorts[0]
	}
	switch b.Refusal {
	case RefusedBoxed:
		return fmt.Sprintf("line %d: %d of %s are named, %d are in no carton. The rest lies in %s: name the cartons that are meant", n.Line, n.Want, n.SKU, n.Have, names)
	case RefusedBack:
		return fmt.Sprintf("line %d: %d of %s lie in cartons, and %d are to leave: the order counts on no more, or they wait for the customer. Take the rest out of %s and put it back first", n.Line, n.Want, n.SKU, n.Have, names)
	default:
		return fmt.Sprintf("this part of the order has no carton %s that it can be done with. It may be another order's, or have left: look it up (holdfast carton show)", names)
	}
}
