package ledger

import "fmt"

// handLots says of which lots the units are that leave the hands of a part of an order: those that somebody has named. Of what is put back, and of
// serial numbers, each has to be told where several could be meant; what goes out of the door else leaves first expired first.
func (s *State) handLots(m *moves, id OrderID, deed Deed, moves []StageMove, named []LineLot) error {
	out, of := map[SKU]Qty{}, map[int]SKU{}
	for _, v := range moves {
		of[v.Line] = v.SKU
		if stageTable[v.From].where == Picked && stageTable[v.To].where != Picked {
			out[v.SKU] += v.Qty
		}
	}
	hands := LotPlace{Picked, string(id)}
	said := map[SKU]Qty{}
	for _, n := range named {
		sku, known := of[n.Line]
		if err := n.check(); err != nil {
			return lotAt(err, n.Line-1)
		}
		have, level := Qty(0), s.look(sku)
		if known {
			have = m.lotThere(level, sku, n.Lot, hands)
		}
		if said[sku] += n.Qty; n.Qty > have || said[sku] > out[sku] {
			return &LotError{SKU: sku, Lot: n.Lot, Line: n.Line, Why: fmt.Sprintf("%d of %s are named, of %d in hand for this order, and %d go: there are %s", n.Qty, n.Lot, have, out[sku], level.lotsIn(hands))}
		}
		m.lots = append(m.lots, LotMove{SKU: sku, Lot: n.Lot, Qty: n.Qty, From: hands, Serial: level.Lot(n.Lot).Serial})
	}
	for _, sku := range sortedKeys(out) {
		if err := s.handsAsk(sku, hands, deed, out[sku], said[sku]); err != nil {
			return err
		}
	}
	return nil
}

// handsAsk refuses to guess.
func (s *State) handsAsk(sku SKU, hands LotPlace, deed Deed, out, said Qty) error {
	level := s.look(sku)
	if level == nil || level.Lots == nil || said == out {
		return nil
	}
	lots, sum, serial := 0, Qty(0), false
	for i := range level.Lots {
		if q := level.Lots[i].at(hands); q > 0 {
			lots, sum, serial = lots+1, sum+q, serial || level.Lots[i].Serial
		}
	}
	if lots < 2 || out >= sum || deed != DeedPutBack && !serial {
		return nil
	}
	return &LotError{SKU: sku, Why: fmt.Sprintf("say which of %s, or scan the label: in hand are %s", sku, level.lotsIn(hands))}
}

// lotsIn says which lots are in a place, for people.
func (l *Level) lotsIn(at LotPlace) string {
	words, n := "", 0
	if l != nil {
		for i := range l.Lots {
			q := l.Lots[i].at(at)
			switch {
			case q == 0:
				continue
			case n == lotWordsMost:
				return words + ", and more"
			case n > 0:
				words += ", "
			}
			n++
			if words += string(l.Lots[i].Lot); !l.Lots[i].Serial {
				words += fmt.Sprintf(" (%d)", q)
			}
		}
	}
	if n == 0 {
		return "none of a lot that the book knows"
	}
	return words
}

// binLot says of which lot q units are that leave a bin, to a place: the one that is named, or the only one that it can be. theirs is what of the
// place is not to be touched: the lots of open returns.
func (s *State) binLot(m *moves, sku SKU, from, to LotPlace, lot LotID, q Qty, theirs map[lotAtPlace]Qty) error {
	level := s.look(sku)
	free := func(id LotID) Qty { return m.lotThere(level, sku, id, from) - theirs[lotAtPlace{id, from}] }
	if lot != "" {
		if _, err := ParseLot(string(lot)); err != nil {
			return err
		}
		if have := free(lot); have < q {
			return &LotError{SKU: sku, Lot: lot, Why: fmt.Sprintf("%d of %s of %s are named, and %d of it are %s: there are %s", q, lot, sku, max(0, have), from.words(), level.lotsIn(from))}
		}
		m.lots = append(m.lots, LotMove{SKU: sku, Lot: lot, Qty: q, From: from, To: to, Serial: level.Lot(lot).Serial})
		return nil
	}
	if level == nil || level.Lots == nil {
		return nil
	}
	var could []LotMove
	sum, plain := Qty(0), level.has(from)-theirs[lotAtPlace{"", from}]
	for i := range level.Lots {
		t := &level.Lots[i]
		if n := free(t.Lot); n > 0 {
			could = append(could, LotMove{SKU: sku, Lot: t.Lot, Qty: n, From: from, To: to, Serial: t.Serial})
			sum += n
		}
	}
	for i := range m.lots { // taken by the lines before
		if v := &m.lots[i]; v.SKU == sku && v.From == from {
			plain -= v.Qty
		}
	}
	plain -= sum
	if q < sum+plain && (len(could) > 1 || len(could) == 1 && plain > 0) {
		return &LotError{SKU: sku, Why: fmt.Sprintf("say which of %s, or scan the label: %s are %s", sku, from.words(), level.lotsIn(from))}
	}
	for _, v := range could {
		if v.Qty = min(v.Qty, q); v.Qty > 0 {
			q -= v.Qty
			m.lots = append(m.lots, v)
		}
	}
	if q > 0 {
		m.lots = append(m.lots, LotMove{SKU: sku, Qty: q, From: from, To: to})
	}
	return nil
}

// nthLot is the lot that a request names of a line, from an index; "" of none.
func nthLot(lots []LotID, index int) LotID {
	if index < len(lots) {
		return lots[index]
	}
	return ""
}

// lotsOfReturns sums which lots open returns have blocked where; of a place without a lot, how many units in all.
func (s *State) lotsOfReturns() map[lotAtPlace]Qty {
	if s.lotted == 0 {
		return nil
	}
	out := map[lotAtPlace]Qty{}
	for _, r := range s.returns {
		for i := range r.Lines {
			l := &r.Lines[i]
			at := LotPlace{Blocked, string(l.Bin)}
			for _, t := range l.Lots {
				out[lotAtPlace{t.Lot, at}] += t.Qty - t.Back
			}
			out[lotAtPlace{"", at}] += l.Here()
		}
	}
	return out
}
