package ledger

import (
	"fmt"
	"slices"
)

// addLots adds the lots that a line of a return names to those that it has.
func (l *ReturnLine) addLots(lots []LotQty) {
	for _, n := range lots {
		i := slices.IndexFunc(l.Lots, func(have OrderLot) bool { return have.Lot == n.Lot })
		if i >= 0 {
			l.Lots[i].Qty += n.Qty
			continue
		}
		l.Lots = append(l.Lots, OrderLot{SKU: l.SKU, Lot: n.Lot, Qty: n.Qty, Expiry: n.Expiry, Serial: n.Serial})
	}
}

// named is how many units of the line are of lots that it names; of more than it has, no more is counted.
func (l *ReturnLine) named() (sum Qty) {
	for i := range l.Lots {
		if sum += l.Lots[i].Qty; sum > l.Qty {
			break
		}
	}
	return sum
}

// takeLots takes q units, of one lot or of any, out of the lots that lie here for the line, and says of which they were.
func (l *ReturnLine) takeLots(lot LotID, q Qty) (out []LotQty) {
	for i := range l.Lots {
		t := &l.Lots[i]
		n := min(q, t.Qty-t.Back)
		if n < 1 || lot != "" && t.Lot != lot {
			continue
		}
		t.Back += n
		q -= n
		out = append(out, LotQty{Lot: t.Lot, Qty: n, Expiry: t.Expiry, Serial: t.Serial})
	}
	return out
}

// plain is how many units lie here for the line of which nobody knows the lot.
func (l *ReturnLine) plain() Qty {
	q := l.Here()
	for i := range l.Lots {
		q -= l.Lots[i].Qty - l.Lots[i].Back
	}
	return max(0, q)
}

// ofLot is how many units of a lot lie here for the line.
func (l *ReturnLine) ofLot(lot LotID) (sum Qty) {
	for i := range l.Lots {
		if t := &l.Lots[i]; t.Lot == lot {
			sum += t.Qty - t.Back
		}
	}
	return sum
}

// lotsHere is how many lots lie here for the line; what is of none counts as one.
func (l *ReturnLine) lotsHere() (n int) {
	sum := Qty(0)
	for i := range l.Lots {
		if q := l.Lots[i].Qty - l.Lots[i].Back; q > 0 {
			n, sum = n+1, sum+q
		}
	}
	if sum < l.Here() && n > 0 {
		n++
	}
	return n
}

// nameBack holds the lots that a return names against what its order has had of them, and says of the rest which they are where only one answer is
// possible. o is the order where this book owns it, else nil: then what is named is taken for what it is.
func (s *State) nameBack(r *Return, o *Order) error {
	seen := map[lotKey]LotQty{}
	used := map[lotKey]Qty{}
	for i := range r.Lines {
		l := &r.Lines[i]
		level := s.look(l.SKU)
		for at := range l.Lots {
			t := &l.Lots[at]
			if o != nil {
				if had := o.lot(l.SKU, t.Lot); had != nil {
					t.Serial = had.Serial
				}
			}
			n := LotQty{Lot: t.Lot, Qty: t.Qty, Expiry: t.Expiry, Serial: t.Serial}
			err := n.check()
			if err == nil {
				err = s.checkLotIn(&moves{}, l.SKU, level, &n, seen)
			}
			if err == nil && o != nil {
				err = o.namesBack(t, used)
			}
			if err != nil {
				return lotAt(err, i)
			}
		}
		if n := l.named(); n > l.Qty {
			return lotAt(&LotError{SKU: l.SKU, Why: fmt.Sprintf("%d of %s come back, and the lots that are named come to %d: say the lot of each", l.Qty, l.SKU, n)}, i)
		}
		if o != nil {
			if err := o.restBack(l, used); err != nil {
				return lotAt(err, i)
			}
		}
		if len(l.Lots) > 0 && level != nil && level.lotRows()+len(l.Lots) > LotRowsMax {
			return lotAt(tooManyRows(l.SKU), i)
		}
	}
	return nil
}

// namesBack refuses more of a lot than the order has had of it; what went without a name, from here or another site, may be of any.
func (o *Order) namesBack(t *OrderLot, used map[lotKey]Qty) error {
	key, had := lotKey{t.SKU, t.Lot}, o.lot(t.SKU, t.Lot)
	left := Qty(0)
	if had != nil {
		left = had.Qty - had.Back - used[key]
		if t.Expiry == 0 {
			t.Expiry = had.Expiry
		}
	}
	plain := o.unnamed(t.SKU) - used[lotKey{t.SKU, ""}]
	used[key] += min(t.Qty, left)
	if over := t.Qty - left; over > 0 {
		if used[lotKey{t.SKU, ""}] += over; over > plain {
			return &LotError{SKU: t.SKU, Lot: t.Lot, Why: fmt.Sprintf("%d of %s of %s come back, and of this order %d can: it had %s. Look at the label again", t.Qty, t.Lot, t.SKU, max(0, left), lotsLeft(o.Lots, t.SKU))}
		}
	}
	return nil
}

// unnamed is how many units of a SKU can come back that are of no lot that the order knows.
func (o *Order) unnamed(sku SKU) (sum Qty) {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.SKU == sku {
			sum += l.Returnable()
		}
	}
	for i := range o.Lots {
		if l := &o.Lots[i]; l.SKU == sku {
			sum -= l.Qty - l.Back
		}
	}
	return max(0, sum)
}

// restBack names what a line leaves open: all that can still come back, or the only lot. Who could mean one of several has to say which.
func (o *Order) restBack(l *ReturnLine, used map[lotKey]Qty) error {
	rest := l.Qty - l.named()
	plain := o.unnamed(l.SKU) - used[lotKey{l.SKU, ""}]
	var could []LotQty
	sum := Qty(0)
	for i := range o.Lots {
		t := &o.Lots[i]
		if n := t.Qty - t.Back - used[lotKey{l.SKU, t.Lot}]; t.SKU == l.SKU && n > 0 {
			could = append(could, LotQty{Lot: t.Lot, Qty: n, Expiry: t.Expiry, Serial: t.Serial})
			sum += n
		}
	}
	switch {
	case rest == 0 || sum == 0 || rest > sum+plain: // nothing is open, or more comes back than can: that is refused as such
		return nil
	case rest <= plain:
		used[lotKey{l.SKU, ""}] += rest
		return nil
	case rest < sum+plain && (len(could) > 1 || plain > 0):
		return &LotError{SKU: l.SKU, Why: fmt.Sprintf("say which of %s come back, or scan the label: this order had %s", l.SKU, lotsLeft(o.Lots, l.SKU))}
	}
	for i := range could {
		n := &could[i]
		n.Qty = min(n.Qty, rest)
		rest -= n.Qty
		used[lotKey{l.SKU, n.Lot}] += n.Qty
	}
	l.addLots(slices.DeleteFunc(could, func(n LotQty) bool { return n.Qty == 0 }))
	return nil
}

// cameBack says of which lots the units of a return are that come in, from a place.
func (m *moves) cameBack(r *Return, from LotPlace) {
	for i := range r.Lines {
		l := &r.Lines[i]
		for _, t := range l.Lots {
			m.lots = append(m.lots, LotMove{SKU: l.SKU, Lot: t.Lot, Qty: t.Qty, From: from, To: LotPlace{Blocked, string(l.Bin)}, Expiry: t.Expiry, Serial: t.Serial})
		}
	}
}

// leaveBack says of which lots q units of a return are that leave its bin: those that it has, and no lot of whatever else lies there.
func (s *State) leaveBack(m *moves, l *ReturnLine, lots []LotQty, q Qty, to LotPlace) {
	from := LotPlace{Blocked, string(l.Bin)}
	level := s.look(l.SKU)
	for _, n := range lots {
		have := m.lotThere(level, l.SKU, n.Lot, from)
		if n.Qty = min(n.Qty, have); n.Qty > 0 { // of a late fact it may be known as another's
			m.lots = append(m.lots, LotMove{SKU: l.SKU, Lot: n.Lot, Qty: n.Qty, From: from, To: to, Serial: n.Serial})
			q -= n.Qty
		}
	}
	if q > 0 && level != nil && level.Lots != nil && !m.wishes {
		m.lots = append(m.lots, LotMove{SKU: l.SKU, Qty: q, From: from, To: to})
	}
}

// lotThere is what of a lot is in a place behind the moves so far.
func (m *moves) lotThere(l *Level, sku SKU, lot LotID, at LotPlace) (sum Qty) {
	if l != nil {
		if t := l.Lot(lot); t != nil {
			sum = t.at(at)
		}
	}
	for i := range m.lots {
		v := &m.lots[i]
		if v.Lot != lot || v.SKU != sku {
			continue
		}
		if v.From == at {
			sum -= v.Qty
		}
		if v.To == at {
			sum += v.Qty
		}
	}
	return sum
}
