package ledger

import (
	"fmt"
	"strings"
)

// A LineLot says of which lot Qty units of a line were, as somebody has read it from a label.
type LineLot struct {
	Line int // of the order, or of the document, from 1
	LotQty
}

// A lotWant is units of a lot that have to be among those that are taken off the shelf. Of a late fact it is a wish: what the lot is in this
// life may be another thing.
type lotWant struct {
	LineLot
	sku   SKU
	level *Level // that was looked into; nil: nothing of the SKU was taken
}

// A liner says which SKU a line, from 1, is of.
type liner interface{ skuOf(line int) SKU }

// wants has the moves take the lots off the shelf that lines of a request name, but for those of which nothing may be sold: of these not even what is in
// the hand.
func (d *decision) wants(m *moves, lots []LineLot, of liner) error {
	for _, l := range lots {
		err := l.check()
		if err == nil {
			err = d.unfit(of.skuOf(l.Line), &l.LotQty)
		}
		if err == nil && !m.wishes {
			err = m.unlasting(d.s.look(of.skuOf(l.Line)), of.skuOf(l.Line), &l.LotQty)
		}
		if err != nil {
			return lotAt(err, l.Line-1)
		}
		m.want = append(m.want, lotWant{LineLot: l, sku: of.skuOf(l.Line)})
	}
	return nil
}

// wishing begins moves that take lots as far as they lie here.
func wishing(lots []LineLot, of liner) *moves {
	m := &moves{wishes: true}
	for _, l := range lots {
		m.want = append(m.want, lotWant{LineLot: l, sku: of.skuOf(l.Line)})
	}
	return m
}

// here refuses lots that are wanted and lie not here, before head office is asked for the rest of an order.
func (s *State) here(m *moves) error {
	left := map[lotKey]Qty{}
	for i := range m.want {
		w := m.want[i] // a copy: nothing is taken
		if w.level = s.look(w.sku); w.level == nil {
			w.level = &Level{}
		}
		key := lotKey{w.sku, w.Lot}
		if _, seen := left[key]; !seen {
			if t := w.level.Lot(w.Lot); t != nil {
				left[key] = t.in(Sellable)
			}
		}
		n := min(w.Qty, left[key])
		if left[key] -= n; n < w.Qty {
			w.Qty -= n
			return (&moves{want: []lotWant{w}}).unmet()
		}
	}
	return nil
}

// unfit refuses a lot that is held, or that is over by the book or by its label.
func (d *decision) unfit(sku SKU, n *LotQty) error {
	over := n.Expiry
	if l := d.s.look(sku); l != nil {
		if t := l.Lot(n.Lot); t != nil {
			if t.Held != "" {
				return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("lot %s of %s is held: %s. Nothing of it may be sold: put it aside, and take another; %s", n.Lot, sku, t.Held, l.lotWords())}
			}
			if t.Expiry != 0 {
				over = t.Expiry
			}
		}
		if over.Past(DayOf(d.now)) {
			return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("lot %s of %s was good until %s. Nothing of it may be sold: put it aside, and take another; %s", n.Lot, sku, over, l.lotWords())}
		}
	}
	return nil
}

// check refuses what no label says.
func (l *LotQty) check() error {
	if _, err := ParseLot(string(l.Lot)); err != nil {
		return err
	}
	if err := CheckQty(l.Qty); err != nil {
		return err
	}
	if l.Serial && l.Qty != 1 {
		return &LotError{Lot: l.Lot, Why: fmt.Sprintf("serial number %s is %d units: one number is one unit", l.Lot, l.Qty)}
	}
	return nil
}

// takeWanted takes of q units those lots off the shelf that have to be among them, and gives how many are left to take.
func (m *moves) takeWanted(l *Level, sku SKU, q Qty) Qty {
	for i := range m.want {
		w := &m.want[i]
		if w.sku != sku {
			continue
		}
		w.level = l
		t := l.Lot(w.Lot)
		if t == nil {
			continue
		}
		for _, at := range t.At {
			if at.Kind != Sellable {
				continue
			}
			n := min(q, w.Qty, at.Qty-m.tookOf(sku, w.Lot, at.LotPlace))
			if n < 1 {
				continue
			}
			m.add(sku, Account{Kind: Sellable, Ref: at.Ref}, -n)
			m.lots = append(m.lots, LotMove{SKU: sku, Lot: w.Lot, Qty: n, From: at.LotPlace, Serial: t.Serial})
			w.Qty, q = w.Qty-n, q-n
		}
	}
	return q
}

// tookOf is what the entry takes of a lot from a place already.
func (m *moves) tookOf(sku SKU, lot LotID, at LotPlace) (sum Qty) {
	for i := range m.lots {
		if v := &m.lots[i]; v.Lot == lot && v.SKU == sku && v.From == at {
			sum += v.Qty
		}
	}
	return sum
}

// takeSpots takes q off the shelf, first expired first, and gives what is left to take. Lots that were taken before left the bin's count, so the
// first ones in it are passed over.
func (m *moves) takeSpots(l *Level, sku SKU, q Qty) Qty {
	q = m.takeWanted(l, sku, q)
	if q == 0 {
		return 0
	}
	if m.least.For(sku) != 0 && l.Lots != nil {
		if q = m.takeLasting(l, sku, q); q == 0 || !m.wishes {
			return 0
		}
	}
	taken := map[Bin]Qty{}
	for i := range l.Bins {
		taken[l.Bins[i].Bin] = max(0, -m.posted(sku, Account{Kind: Sellable, Ref: string(l.Bins[i].Bin)}))
	}
	for _, at := range l.Spots() {
		passed := min(taken[at.Bin], at.Qty)
		taken[at.Bin] -= passed
		n := min(q, at.Qty-passed)
		m.add(sku, Account{Kind: Sellable, Ref: string(at.Bin)}, -n)
		if q -= n; q == 0 {
			return 0
		}
	}
	return q
}

// unmet refuses lots that were named and do not lie here, fit to be sold, in words for whoever has scanned them.
func (m *moves) unmet() error {
	for i := range m.want {
		w := &m.want[i]
		if w.Qty == 0 {
			continue
		}
		what := "lot"
		if w.Serial {
			what = "serial number"
		}
		why := fmt.Sprintf("%d of %s %s of %s are named beyond what is taken", w.Qty, what, w.Lot, w.sku)
		if w.level != nil {
			why = fmt.Sprintf("%s %s of %s is not here to be sold, or %d of it are not; %s", what, w.Lot, w.sku, w.Qty, w.level.lotWords())
		}
		return &LotError{SKU: w.sku, Lot: w.Lot, Line: w.Line, Why: why}
	}
	return nil
}

// lotWordsMost is how many lots a refusal names.
const lotWordsMost = 5

// lotWords says which lots lie where, those that leave first before the others.
func (l *Level) lotWords() string {
	var words []string
	for _, at := range l.Spots() {
		if at.Lot == "" {
			continue
		}
		if len(words) == lotWordsMost {
			words = append(words, "and more")
			break
		}
		words = append(words, fmt.Sprintf("%s (%d in %s)", at.Lot, at.Qty, at.Bin))
	}
	if len(words) == 0 {
		return "the book has none here of which it knows the lot"
	}
	return "here are " + strings.Join(words, ", ")
}

// checkLotsIn refuses lots of goods that come in which do not add up to the line, or cannot be what the label says. seen are the lots
// of the lines before, rows how many rows there are with theirs, m the moves so far: a serial number that they take away may come in elsewhere.
func (s *State) checkLotsIn(m *moves, sku SKU, q Qty, lots []LotQty, seen map[lotKey]LotQty, rows map[SKU]int) error {
	sum := Qty(0)
	l := s.look(sku)
	for i := range lots {
		n := &lots[i]
		if err := n.check(); err != nil {
			return err
		}
		sum += min(n.Qty, QtyMax)
		if sum > QtyMax {
			break
		}
		if err := s.checkLotIn(m, sku, l, n, seen); err != nil {
			return err
		}
		if _, begun := rows[sku]; !begun && l != nil {
			rows[sku] = l.lotRows()
		}
		if rows[sku]++; rows[sku] > LotRowsMax {
			return tooManyRows(sku)
		}
	}
	if len(lots) > 0 && sum != q {
		return &LotError{SKU: sku, Why: fmt.Sprintf("%d of %s are taken in, and the lots that are named come to %d: say the lot of each", q, sku, sum)}
	}
	return nil
}

func (s *State) checkLotIn(m *moves, sku SKU, l *Level, n *LotQty, seen map[lotKey]LotQty) error {
	was, again := seen[lotKey{sku, n.Lot}]
	switch {
	case !again:
		seen[lotKey{sku, n.Lot}] = *n
	case was.Serial != n.Serial:
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("%s of %s is named as a lot and as a serial number: say which it is", n.Lot, sku)}
	case n.Serial:
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("serial number %s of %s is named twice: scan each unit once", n.Lot, sku)}
	case was.Expiry == 0:
		seen[lotKey{sku, n.Lot}] = *n
	case n.Expiry != 0 && n.Expiry != was.Expiry:
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("lot %s of %s is good until %s and until %s by what was said: look at the label again", n.Lot, sku, was.Expiry, n.Expiry)}
	}
	if l == nil {
		return nil
	}
	t := l.Lot(n.Lot)
	switch {
	case t == nil:
	case t.not(n.Serial):
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("%s of %s is known here as a lot and as a serial number: have somebody look at how the item is kept", n.Lot, sku)}
	case n.Serial && t.Here() > m.leaving(sku, n.Lot):
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("serial number %s of %s is here already, %s: scan the label of this unit again", n.Lot, sku, t.At[0].words())}
	case n.Expiry != 0 && t.Expiry != 0 && n.Expiry != t.Expiry:
		return &LotError{SKU: sku, Lot: n.Lot, Why: fmt.Sprintf("lot %s of %s is good until %s by the book, and %s by what was said: look at the label again", n.Lot, sku, t.Expiry, n.Expiry)}
	}
	return nil
}

// leaving is how many units of a lot the moves so far take away from here, less those that they bring.
func (m *moves) leaving(sku SKU, lot LotID) (sum Qty) {
	for i := range m.lots {
		v := &m.lots[i]
		if v.Lot != lot || v.SKU != sku {
			continue
		}
		if v.From.kept() {
			sum += v.Qty
		}
		if v.To.kept() {
			sum -= v.Qty
		}
	}
	return sum
}

// words says where units of a lot are, for people.
func (p LotPlace) words() string {
	switch p.Kind {
	case Sellable:
		return "in bin " + p.Ref
	case Blocked:
		return "blocked in bin " + p.Ref
	case Picked:
		return "in hand for order " + p.Ref
	case Customer:
		return "with its customer"
	case Transit:
		return "on its way (" + p.Ref + ")"
	case Loss:
		return "gone (" + p.Ref + ")"
	default:
		return "with its supplier"
	}
}

// came says of which lots goods are that come in, from a place to a bin.
func (m *moves) came(sku SKU, lots []LotQty, from, to LotPlace) {
	for _, n := range lots {
		m.lots = append(m.lots, LotMove{SKU: sku, Lot: n.Lot, Qty: n.Qty, From: from, To: to, Expiry: n.Expiry, Serial: n.Serial})
	}
}
