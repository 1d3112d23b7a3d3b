package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// A Lot is what a level knows of one lot. A lot of which nothing lies here is not listed, unless it is held.
type Lot struct {
	Lot    LotID
	Expiry Expiry
	Came   Seq // the entry that brought the first of it: its age
	Serial bool
	Held   string  // why nothing of it may be sold; "" where it may
	HeldIn Epoch   // in which life it was held
	At     []LotAt // where it lies; none that holds nothing
}

// A LotAt is units of a lot in one place: a bin, fit to be sold or blocked, or an order's hands.
type LotAt struct {
	LotPlace
	Qty Qty
}

// Here is what of the lot is at the site.
func (t *Lot) Here() (sum Qty) {
	for _, at := range t.At {
		sum += at.Qty
	}
	return sum
}

// in is what of the lot lies in places of a kind.
func (t *Lot) in(k AccountKind) (sum Qty) {
	for _, at := range t.At {
		if at.Kind == k {
			sum += at.Qty
		}
	}
	return sum
}

// compare ranks lots as they leave: first expired first, what keeps last, then the older one.
func (t *Lot) compare(o *Lot) int {
	last := func(x Expiry) Expiry {
		if x == 0 {
			return 1<<31 - 1
		}
		return x
	}
	return cmp.Or(cmp.Compare(last(t.Expiry), last(o.Expiry)), cmp.Compare(t.Came, o.Came), cmp.Compare(t.Lot, o.Lot))
}

// Lot finds a lot of the level; nil where it knows none of that name.
func (l *Level) Lot(id LotID) *Lot {
	for i := len(l.Lots) - 1; i >= 0; i-- { // what has just come in mostly stands last
		if l.Lots[i].Lot == id {
			return &l.Lots[i]
		}
	}
	return nil
}

// lotRows is how many rows the level has of lots.
func (l *Level) lotRows() (n int) {
	for i := range l.Lots {
		n += max(1, len(l.Lots[i].At))
	}
	return n
}

// cloneLots copies lots so deep that neither changes with the other.
func cloneLots(lots []Lot) []Lot {
	out := slices.Clone(lots)
	for i := range out {
		out[i].At = slices.Clone(out[i].At)
	}
	return out
}

// moveLot carries one move out. seq is its entry's.
func (l *Level) moveLot(v *LotMove, seq Seq) error {
	if v.Qty < 1 || v.Qty > QtyMax || v.Lot == "" || len(v.Lot) > LotIDMax || v.Serial && v.Qty != 1 {
		return fmt.Errorf("moves %d of lot %q", v.Qty, v.Lot)
	}
	if v.From.kept() {
		if t := l.Lot(v.Lot); t == nil || !t.add(v.From, -v.Qty) {
			return fmt.Errorf("takes %d of lot %s of %s from %s, which has less", v.Qty, v.Lot, v.SKU, v.From)
		}
	}
	if v.To.kept() {
		t := l.lotOf(v, seq)
		if len(t.At) == 0 { // it is remembered for its hold alone, by its name: what it is these units say
			t.Serial = v.Serial
		}
		t.add(v.To, v.Qty)
	}
	if t := l.Lot(v.Lot); t != nil {
		if t.Serial && t.Here() > 1 {
			return fmt.Errorf("serial %s of %s is here twice", v.Lot, v.SKU)
		}
		if len(t.At) == 0 && t.Held == "" {
			at := slices.IndexFunc(l.Lots, func(o Lot) bool { return o.Lot == v.Lot })
			if l.Lots = slices.Delete(l.Lots, at, at+1); len(l.Lots) == 0 {
				l.Lots = nil
			}
		}
	}
	return nil
}

// lotOf finds the lot of a move, or begins it.
func (l *Level) lotOf(v *LotMove, seq Seq) *Lot {
	if t := l.Lot(v.Lot); t != nil {
		if v.Expiry != 0 && t.Expiry == 0 { // nobody had read its label
			t.Expiry = v.Expiry
			l.rankLots()
			return l.Lot(v.Lot)
		}
		return t
	}
	t := Lot{Lot: v.Lot, Expiry: v.Expiry, Came: seq, Serial: v.Serial}
	at, _ := slices.BinarySearchFunc(l.Lots, &t, func(a Lot, b *Lot) int { return a.compare(b) })
	l.Lots = slices.Insert(l.Lots, at, t)
	return &l.Lots[at]
}

// not says whether the lot is none of what is named as a lot, or as a serial number. A lot of which nothing is here, and which is remembered
// because somebody holds it, may be either: whoever recalled it has given its name.
func (t *Lot) not(serial bool) bool { return len(t.At) > 0 && t.Serial != serial }

// rankLots puts lots in the order in which they leave.
func (l *Level) rankLots() { slices.SortFunc(l.Lots, func(a, b Lot) int { return a.compare(&b) }) }

// add adds to a place; false where less lies there than is taken.
func (t *Lot) add(p LotPlace, q Qty) bool {
	i := slices.IndexFunc(t.At, func(a LotAt) bool { return a.LotPlace == p })
	if i < 0 {
		if q > 0 {
			t.At = append(t.At, LotAt{p, q})
			slices.SortFunc(t.At, func(a, b LotAt) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref)) })
		}
		return q > 0
	}
	if t.At[i].Qty += q; t.At[i].Qty == 0 {
		t.At = slices.Delete(t.At, i, i+1)
		return true
	}
	return t.At[i].Qty > 0
}

// lotSums adds up what lots have in each place; in hands, of all orders together.
func (l *Level) lotSums() map[LotPlace]Qty {
	sums := map[LotPlace]Qty{}
	for i := range l.Lots {
		for _, at := range l.Lots[i].At {
			if at.Kind == Picked {
				at.Ref = ""
			}
			sums[at.LotPlace] += at.Qty
		}
	}
	return sums
}

// has is what the level has in a place, of whatever lot.
func (l *Level) has(p LotPlace) Qty {
	if p.Kind == Picked {
		return l.Picked
	}
	i, ok := l.bin(Bin(p.Ref))
	switch {
	case !ok:
		return 0
	case p.Kind == Blocked:
		return l.Bins[i].Blocked
	default:
		return l.Bins[i].Sellable
	}
}

// checkLots says whether lots have more in a place than the level has.
func (l *Level) checkLots() error {
	for p, q := range l.lotSums() {
		if have := l.has(p); q > have {
			return fmt.Errorf("lots have %d in %s, the book has %d", q, p, have)
		}
	}
	return nil
}

// A LotSpot is units of a lot that lie in one bin, fit to be sold.
type LotSpot struct {
	Bin    Bin
	Lot    LotID // "": of no lot
	Expiry Expiry
	Qty    Qty
	plain  bool // its SKU is not kept by lot
}

// Lasts says whether the units are good for long enough. What is of no lot is not, for nobody can say, but of what is not kept by lot at all.
func (t *LotSpot) Lasts(least Expiry) bool {
	return least == 0 || t.plain || t.Lot != "" && (t.Expiry == 0 || t.Expiry >= least)
}

// Spots lists what is fit to be sold in the order in which it leaves: first expired first, then the older lot, then by bin, and what is of
// no lot last.
func (l *Level) Spots() (out []LotSpot) {
	for i := range l.Lots {
		t := &l.Lots[i]
		for _, at := range t.At {
			if at.Kind == Sellable {
				out = append(out, LotSpot{Bin: Bin(at.Ref), Lot: t.Lot, Expiry: t.Expiry, Qty: at.Qty})
			}
		}
	}
	named := l.lotSums()
	for _, b := range l.Bins {
		if q := b.Sellable - named[LotPlace{Sellable, string(b.Bin)}]; q > 0 {
			out = append(out, LotSpot{Bin: b.Bin, Qty: q, plain: l.Lots == nil})
		}
	}
	return out
}

// cutLots takes from lots what they have beyond the level, of the one that leaves first before the others.
func (l *Level) cutLots() {
	for p, q := range l.lotSums() {
		over := q - l.has(p)
		for i := 0; i < len(l.Lots) && over > 0; i++ {
			for _, at := range slices.Clone(l.Lots[i].At) {
				if at.Kind != p.Kind || p.Kind != Picked && at.Ref != p.Ref {
					continue
				}
				n := min(over, at.Qty)
				l.Lots[i].add(at.LotPlace, -n)
				over -= n
			}
		}
	}
	l.Lots = slices.DeleteFunc(l.Lots, func(t Lot) bool { return len(t.At) == 0 && t.Held == "" })
	if len(l.Lots) == 0 {
		l.Lots = nil
	}
}
