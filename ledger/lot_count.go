package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// A CountedLot is what was counted of one lot, or of one serial number, in the bin of a line.
type CountedLot struct {
	Lot      LotID
	Expiry   Expiry // as its label says; 0: nobody has read it
	Serial   bool
	Counted  Qty
	Expected Qty // as of a line
	Moved    Qty // as of a line
}

// Variance is what the adjustment moves of the lot.
func (t *CountedLot) Variance() Qty { return t.Counted - t.Expected }

// lotOfBin is one lot in one bin.
type lotOfBin struct {
	binOf
	lot LotID
}

// Add takes in another line of the same SKU and bin, as of another label.
func (l *CountedLine) Add(o *CountedLine) {
	l.Counted, l.Pack = min(l.Counted+o.Counted, QtyMax+1), nil // beyond is refused
	for _, t := range o.Lots {
		i := slices.IndexFunc(l.Lots, func(had CountedLot) bool { return had.Lot == t.Lot })
		if i < 0 || t.Serial {
			l.Lots = append(l.Lots, t)
		} else {
			l.Lots[i].Counted = min(l.Lots[i].Counted+t.Counted, QtyMax+1)
		}
	}
}

// byLot says whether a line of the count names lots: these are then all that the bin has of the SKU, but for units without a label.
func (r *Count) byLot() bool {
	return slices.ContainsFunc(r.Lines, func(l CountedLine) bool { return len(l.Lots) > 0 })
}

// checkLots refuses lots of a line that no count finds.
func (l *CountedLine) checkLots() error {
	seen, sum := map[LotID]struct{}{}, Qty(0)
	for i := range l.Lots {
		t := &l.Lots[i]
		n := LotQty{Lot: t.Lot, Qty: max(t.Counted, 1), Serial: t.Serial}
		if err := n.check(); err != nil {
			return err
		}
		if t.Counted < 0 {
			return &FormError{Field: "counted", Why: fmt.Sprintf("is %d of lot %s; a bin holds 0 to %d", t.Counted, t.Lot, QtyMax)}
		}
		if _, twice := seen[t.Lot]; twice {
			return &LotError{SKU: l.SKU, Lot: t.Lot, Why: fmt.Sprintf("%s of %s is named twice in bin %s: add the two up; a serial number is one unit", t.Lot, l.SKU, l.Bin)}
		}
		seen[t.Lot] = struct{}{}
		if sum += t.Counted; sum > l.Counted {
			return &LotError{SKU: l.SKU, Why: fmt.Sprintf("%d of %s were counted in bin %s, and the lots that are named come to more, %d: count again", l.Counted, l.SKU, l.Bin, sum)}
		}
	}
	return nil
}

// A lotCount holds the lots of a count against the book. What is gone of any line goes before what is found, so what lies in another bin than the book
// says has moved there.
type lotCount struct {
	d    *decision
	r    *Count
	m    *moves
	lost LotPlace
	rows map[SKU]int
}

// countLots says what the lots of the lines come to. A line of which more has left since than was counted, of a lot or of what is of none, is added to
// those that the count is refused for.
func (d *decision) countLots(r *Count, c *CountBody) {
	for i := range c.Lines {
		l := &c.Lines[i]
		if len(l.Lots) == 0 {
			continue
		}
		l.Lots = slices.Clone(l.Lots)
		key := binOf{l.SKU, l.Bin}
		d.missing(r, l, key)
		plain, moved, left := l.Counted, l.Moved, false
		for n := range l.Lots {
			t := &l.Lots[n]
			t.Moved = r.walk.lots[lotOfBin{key, t.Lot}]
			t.Expected = d.s.liesOf(key, t.Lot) - t.Moved
			plain, moved, left = plain-t.Counted, moved-t.Moved, left || t.Counted+t.Moved < 0
		}
		if left || plain+moved < 0 {
			c.Against = append(c.Against, CountAgainst{Line: i + 1, Seq: r.walk.left[key]})
		}
	}
}

// missing adds the lots to a line of which the book has some in its bin, or had some at the position, and that were not counted there.
func (d *decision) missing(r *Count, l *CountedLine, key binOf) {
	known := map[LotID]struct{}{}
	for i := range l.Lots {
		known[l.Lots[i].Lot] = struct{}{}
	}
	var more []CountedLot
	add := func(t CountedLot) {
		if _, named := known[t.Lot]; !named {
			known[t.Lot] = struct{}{}
			more = append(more, t)
		}
	}
	if level := d.s.look(l.SKU); level != nil {
		for i := range level.Lots {
			if t := &level.Lots[i]; t.at(LotPlace{Sellable, string(l.Bin)}) > 0 {
				add(CountedLot{Lot: t.Lot, Serial: t.Serial})
			}
		}
	}
	for at := range r.walk.lots {
		if at.binOf == key && r.walk.lots[at] != 0 {
			add(CountedLot{Lot: at.lot})
		}
	}
	slices.SortFunc(more, func(a, b CountedLot) int { return cmp.Compare(a.Lot, b.Lot) })
	l.Lots = append(l.Lots, more...)
}

// liesOf is what of a lot lies in a bin, fit to be sold.
func (s *State) liesOf(key binOf, lot LotID) Qty {
	if l := s.look(key.sku); l != nil {
		if t := l.Lot(lot); t != nil {
			return t.at(LotPlace{Sellable, string(key.bin)})
		}
	}
	return 0
}

// lotsIn lists the lots that lie in a bin, fit to be sold, as they leave.
func (s *State) lotsIn(key binOf) (out []LotSpot) {
	l, ok := s.levels[key.sku]
	if !ok {
		return nil
	}
	for i := range l.Lots {
		t := &l.Lots[i]
		if q := t.at(LotPlace{Sellable, string(key.bin)}); q > 0 {
			out = append(out, LotSpot{Bin: key.bin, Lot: t.Lot, Expiry: t.Expiry, Qty: q})
		}
	}
	return out
}

// settleLots moves the lots of a count by what they differ, and says of the rest of such lines that it is of no lot.
func (d *decision) settleLots(r *Count, c *CountBody, m *moves) error {
	n := &lotCount{d: d, r: r, m: m, lost: LotPlace{Loss, r.Reason}, rows: map[SKU]int{}}
	for _, found := range [...]bool{false, true} {
		for i := range c.Lines {
			if err := n.line(&c.Lines[i], found); err != nil {
				return lotAt(err, i)
			}
		}
	}
	return nil
}

// line moves what is found of a line's lots, or what is gone.
func (n *lotCount) line(l *CountedLine, found bool) error {
	level, here := n.d.s.look(l.SKU), LotPlace{Sellable, string(l.Bin)}
	if len(l.Lots) == 0 {
		if v := l.Variance(); v < 0 && !found {
			return level.guess(l.SKU, l.Bin, -v, 0)
		}
		return nil
	}
	plain := l.Variance()
	for i := range l.Lots {
		t := &l.Lots[i]
		v := t.Variance()
		plain -= v
		switch {
		case v < 0 && !found:
			n.m.lots = append(n.m.lots, LotMove{SKU: l.SKU, Lot: t.Lot, Qty: -v, From: here, To: n.lost, Serial: t.Serial})
		case v > 0 && found:
			if err := n.find(level, l, t, v); err != nil {
				return err
			}
			n.m.lots = append(n.m.lots, LotMove{SKU: l.SKU, Lot: t.Lot, Qty: v, From: n.lost, To: here, Expiry: t.Expiry, Serial: t.Serial})
		}
	}
	switch {
	case plain < 0 && !found:
		n.m.lots = append(n.m.lots, LotMove{SKU: l.SKU, Qty: -plain, From: here, To: n.lost})
	case plain > 0 && found:
		n.m.lots = append(n.m.lots, LotMove{SKU: l.SKU, Qty: plain, From: n.lost, To: here})
	}
	return nil
}

// find refuses units of a lot that cannot have been found there.
func (n *lotCount) find(level *Level, l *CountedLine, t *CountedLot, q Qty) error {
	if level != nil {
		if known := level.Lot(t.Lot); known != nil {
			if at := (LotPlace{Blocked, string(l.Bin)}); known.at(at) > 0 {
				return &LotError{SKU: l.SKU, Lot: t.Lot, Why: fmt.Sprintf("%d of lot %s of %s lie %s, and %d more than the book has there were counted: blocked goods are not counted. Leave them out, and count again",
					known.at(at), t.Lot, l.SKU, at.words(), q)}
			}
		}
		if _, begun := n.rows[l.SKU]; !begun {
			n.rows[l.SKU] = level.lotRows()
		}
	}
	if n.rows[l.SKU]++; n.rows[l.SKU] > LotRowsMax {
		return tooManyRows(l.SKU)
	}
	label := LotQty{Lot: t.Lot, Qty: q, Expiry: t.Expiry, Serial: t.Serial}
	err := n.d.s.checkLotIn(n.m, l.SKU, level, &label, map[lotKey]LotQty{})
	if err == nil && t.Serial && n.m.leaving(l.SKU, t.Lot) < 0 {
		err = &LotError{SKU: l.SKU, Lot: t.Lot, Why: fmt.Sprintf("serial number %s of %s is counted in two bins: scan each unit once", t.Lot, l.SKU)}
	}
	return err
}

// off is by how much a line differs: as a whole, or in what was found or what is gone of its lots where that is more.
func (l *CountedLine) off() Qty {
	v := l.Variance()
	found, gone := max(v, 0), max(-v, 0)
	var more, less Qty
	for i := range l.Lots {
		v := l.Lots[i].Variance()
		more, less = more+max(v, 0), less+max(-v, 0)
	}
	return max(found, gone, more, less)
}
