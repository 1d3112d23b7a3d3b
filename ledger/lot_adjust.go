package ledger

import "fmt"

// nameGone says of which lots the units are that lines of an adjustment have found or lost, as a person has read them. What is gone and not named leaves
// first expired first, but for serial numbers: nobody can guess which one is gone.
func (s *State) nameGone(m *moves, r *Adjust) error {
	seen, rows := map[lotKey]LotQty{}, map[SKU]int{}
	named := make([][]LotQty, len(r.Lines))
	for _, n := range r.Lots {
		if n.Line < 1 || n.Line > len(r.Lines) {
			return &FormError{Field: "lots", Why: fmt.Sprintf("name line %d, which there is not", n.Line)}
		}
		named[n.Line-1] = append(named[n.Line-1], n.LotQty)
	}
	lost := LotPlace{Loss, r.Reason}
	for i := range r.Lines { // first, for what is gone from one bin may be found in another
		if l := &r.Lines[i]; l.Qty < 0 {
			to := lost
			if l.Blocked {
				to = LotPlace{Blocked, string(l.Bin)}
			}
			if err := s.gone(m, i+1, l, named[i], to); err != nil {
				return lotAt(err, i)
			}
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Qty < 0 || named[i] == nil {
			continue
		}
		if err := s.checkLotsIn(m, l.SKU, l.Qty, named[i], seen, rows); err != nil {
			return lotAt(err, i)
		}
		at := LotPlace{Sellable, string(l.foundIn())}
		if l.Blocked {
			at.Kind = Blocked
		}
		m.came(l.SKU, named[i], lost, at)
	}
	return nil
}

// gone takes the lots that a line names out of its bin, or wants them taken from whichever has them.
func (s *State) gone(m *moves, line int, l *AdjustLine, named []LotQty, to LotPlace) error {
	level, sum := s.look(l.SKU), Qty(0)
	for _, n := range named {
		if err := n.check(); err != nil {
			return err
		}
		if sum += n.Qty; sum > -l.Qty {
			return &LotError{SKU: l.SKU, Why: fmt.Sprintf("%d of %s are gone, and the lots that are named come to %d: say no more than are gone", -l.Qty, l.SKU, sum)}
		}
		if l.Bin == "" {
			m.want = append(m.want, lotWant{LineLot: LineLot{Line: line, LotQty: n}, sku: l.SKU})
			continue
		}
		if err := s.binLot(m, l.SKU, LotPlace{Sellable, string(l.Bin)}, to, n.Lot, n.Qty, nil); err != nil {
			return err
		}
	}
	if rest := -l.Qty - sum; l.Blocked && rest > 0 { // they are there to be looked at, so nothing is guessed
		return s.binLot(m, l.SKU, LotPlace{Sellable, string(l.Bin)}, to, "", rest, nil)
	}
	return level.guess(l.SKU, l.Bin, -l.Qty-sum, sum)
}

// guess refuses to say which serial numbers q units are that are gone from a bin, or from any, where others stay. named are those that somebody has named.
func (l *Level) guess(sku SKU, bin Bin, q, named Qty) error {
	if l == nil || q == 0 {
		return nil
	}
	serials, there := Qty(0), l.Sellable
	if bin != "" {
		there = l.has(LotPlace{Sellable, string(bin)})
	}
	for i := range l.Lots {
		if t := &l.Lots[i]; t.Serial && (bin == "" && t.in(Sellable) > 0 || t.at(LotPlace{Sellable, string(bin)}) > 0) {
			serials++
		}
	}
	if serials <= named || named+q >= there {
		return nil
	}
	return &LotError{SKU: sku, Why: fmt.Sprintf("say which serial number of %s is gone. Who does not know scans what is left: a count by serial number finds out; %s", sku, l.lotWords())}
}

// foundIn is the bin that units which were found go to.
func (l *AdjustLine) foundIn() Bin {
	if l.Bin == "" {
		return BinDefault
	}
	return l.Bin
}
