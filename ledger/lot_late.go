package ledger

import "fmt"

// checkLotMoves refuses moves of lots that no book has written.
func checkLotMoves(moves []LotMove) error {
	if len(moves) > LotMovesMax {
		return tooManyLots()
	}
	for i := range moves {
		v := &moves[i]
		if _, err := ParseSKU(string(v.SKU)); err != nil {
			return err
		}
		if _, err := ParseLot(string(v.Lot)); err != nil {
			return err
		}
		if err := CheckQty(v.Qty); err != nil {
			return err
		}
		if v.Serial && v.Qty != 1 || !v.From.Kind.Where() || !v.To.Kind.Where() || max(len(v.From.Ref), len(v.To.Ref)) > TextMax {
			return &FormError{Field: "lot", Why: fmt.Sprintf("%s of %s moves as no book moves it", v.Lot, v.SKU)}
		}
	}
	return nil
}

// lateTaking takes for a fact: of lots that left in its own life, those that lie here leave before others.
func (d *decision) lateTaking(f *fact, expect int) *taking {
	m := &moves{expect: expect, wishes: true}
	for i := range f.lots {
		if v := &f.lots[i]; v.From.kept() && !v.To.kept() {
			m.want = append(m.want, lotWant{LineLot: LineLot{LotQty: LotQty{Lot: v.Lot, Qty: v.Qty, Serial: v.Serial}}, sku: v.SKU})
		}
	}
	return d.s.taking(m)
}

// tellLots says of which lots the units are that e, a late fact, moves, by what its own life has told of them: as far as this one moves them, and
// the lots lie where it takes them from. What it does not fit is named like any other unit.
func (s *State) tellLots(e *Entry, told []LotMove) {
	left := map[lotKey]Qty{} // that e names already: they were wished for
	for i := range e.Lots {
		left[lotKey{e.Lots[i].SKU, e.Lots[i].Lot}] += e.Lots[i].Qty
	}
	done := map[SKU]struct{}{}
	for first := range told {
		sku := told[first].SKU
		if _, again := done[sku]; again {
			continue
		}
		done[sku] = struct{}{}
		t := telling{naming: naming{e: e, sku: sku, level: s.look(sku)}, came: map[LotID]struct{}{}}
		if t.level == nil {
			t.level = &Level{}
		}
		t.rows = t.level.lotRows()
		t.sum(e.Postings)
		t.end()
		for i := first; i < len(told); i++ {
			v := &told[i]
			if v.SKU != sku {
				continue
			}
			named := min(v.Qty, left[lotKey{sku, v.Lot}])
			if v.From.kept() {
				left[lotKey{sku, v.Lot}] -= named
			} else {
				named = 0
			}
			t.tell(v, v.Qty-named)
		}
	}
}

// A telling names the lots of one SKU of a late fact.
type telling struct {
	naming
	came map[LotID]struct{} // serial numbers that it brings
	rows int                // of lots, with those that it brings
}

// tell finds q units of a lot among what is not named yet: first from and to where they went in their own life.
func (t *telling) tell(v *LotMove, q Qty) {
	known := t.level.Lot(v.Lot)
	_, again := t.came[v.Lot]
	switch {
	case known != nil && known.not(v.Serial), v.From.kept() && known == nil:
		return
	case v.From.kept():
	case v.Serial && (again || known != nil && len(known.At) > 0), t.rows >= LotRowsMax:
		return // it is here already, or there is no room for it
	case v.Serial:
		t.came[v.Lot] = struct{}{}
	}
	for _, exact := range [...]bool{true, false} {
		for i := range t.flows {
			from := &t.flows[i]
			if (from.LotPlace == v.From) != exact || !exact && !from.like(v.From) {
				continue
			}
			have := min(q, -from.qty)
			if from.kept() {
				have = min(have, known.at(from.LotPlace)-t.took[lotAtPlace{v.Lot, from.LotPlace}])
			}
			q -= t.deliver(v, from, have)
		}
	}
}

// deliver moves at most q units out of a flow into those that they may go to, and gives how many went.
func (t *telling) deliver(v *LotMove, from *flow, q Qty) (went Qty) {
	for _, exact := range [...]bool{true, false} {
		for i := range t.flows {
			to := &t.flows[i]
			if (to.LotPlace == v.To) != exact || !exact && !to.like(v.To) {
				continue
			}
			n := min(q-went, to.qty)
			if n < 1 || len(t.e.Lots) >= LotMovesMax {
				continue
			}
			from.qty, to.qty, went = from.qty+n, to.qty-n, went+n
			move := LotMove{SKU: t.sku, Lot: v.Lot, Qty: n, From: from.LotPlace, To: to.LotPlace, Serial: v.Serial}
			if !from.kept() {
				move.Expiry = v.Expiry
				t.rows++
			} else {
				t.takes(v.Lot, from.LotPlace, n)
			}
			t.e.Lots = append(t.e.Lots, move)
		}
	}
	return went
}

// like says whether units that went by one place in their own life may go by another in this one: in hand stays in hand, a bin is a bin, and out
// is out.
func (p LotPlace) like(q LotPlace) bool {
	return p.kept() == q.kept() && (p.Kind == Picked) == (q.Kind == Picked)
}

// lateHold holds a lot that was held in another life, or lets it go where this one has not held it itself.
func (d *decision) lateHold(f *fact) Outcome {
	b := &LateBody{Lot: &LotBody{Act: f.hold.Act, SKU: f.hold.SKU, Lot: f.hold.Lot, Reason: f.hold.Reason}}
	t := d.s.taking(&moves{})
	t.m.lots = d.blockLot(t, b.Lot)
	return d.recordLate(f, b, t)
}
