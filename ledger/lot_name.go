package ledger

import (
	"fmt"
	"slices"
)

// nameLots says of each unit of a SKU kept by lot that an entry moves of which lot it is: what the request named stands in e.Lots already, and
// the rest leaves first expired first. It is the one place where lots are chosen, whatever moves the goods, so no decision can forget them; of a
// site that keeps none it costs a comparison. More lots than fit in one entry are refused, but of what has happened, or is head office's to say: there
// the rest is of no lot that the book knows.
func (s *State) nameLots(e *Entry) error {
	if s.lotted == 0 && len(e.Lots) == 0 {
		return nil
	}
	happened := e.Kind == KindLate || e.Kind == KindObeyed
	for i := 0; i < len(e.Postings); i++ {
		sku := e.Postings[i].SKU
		if i > 0 && e.Postings[i-1].SKU == sku || slices.ContainsFunc(e.Postings[:i], func(p Posting) bool { return p.SKU == sku }) {
			continue
		}
		if l := s.look(sku); l != nil && (l.Lots != nil || e.namesLots(sku)) {
			n := naming{e: e, sku: sku, level: l}
			n.sum(e.Postings[i:])
			n.end()
			if err := n.rest(); err != nil && !happened {
				return err
			}
		}
	}
	// Of goods that are where they were in the end nothing is posted, and nothing was named above.
	e.Lots = slices.DeleteFunc(e.Lots, func(v LotMove) bool { return v.Lot == "" })
	if len(e.Lots) > LotMovesMax && !happened {
		return tooManyLots()
	}
	e.Lots = e.Lots[:min(len(e.Lots), LotMovesMax)]
	return nil
}

func tooManyLots() error {
	return &FormError{Field: "lines", Why: fmt.Sprintf("move more than %d lots or serial numbers at once: divide them over several documents", LotMovesMax)}
}

// namesLots says whether moves of lots of a SKU stand in e.
func (e *Entry) namesLots(sku SKU) bool {
	return slices.ContainsFunc(e.Lots, func(v LotMove) bool { return v.SKU == sku })
}

// A naming finds the lots of one SKU of an entry.
type naming struct {
	e     *Entry
	sku   SKU
	level *Level
	flows []flow
	took  map[lotAtPlace]Qty // by the moves that the request named
}

type lotAtPlace struct {
	lot LotID
	at  LotPlace
}

// A flow is what an entry moves out of a place (below 0) or into it, as far as no move says of which lot.
type flow struct {
	LotPlace
	qty Qty
}

// placeOf is the place that a posting of e is about.
func placeOf(e *Entry, a Account) LotPlace {
	if a.Kind == Picked {
		if part := e.partOf(); part != "" {
			return LotPlace{Picked, string(part)}
		}
		return LotPlace{Picked, e.Ref}
	}
	return LotPlace{a.Kind, a.Ref}
}

// sum gathers the flows of the SKU, less what moves say already.
func (n *naming) sum(postings []Posting) {
	for i := range postings {
		if p := &postings[i]; p.SKU == n.sku && p.Account.Kind.Where() {
			n.add(placeOf(n.e, p.Account), p.Qty)
		}
	}
	for i := range n.e.Lots {
		if v := &n.e.Lots[i]; v.SKU == n.sku {
			n.add(v.From, v.Qty)
			if v.To.Kind != 0 {
				n.add(v.To, -v.Qty)
			}
			n.takes(v.Lot, v.From, v.Qty)
		}
	}
}

// takes counts what is taken of a lot from a place.
func (n *naming) takes(lot LotID, at LotPlace, q Qty) {
	if n.took == nil {
		n.took = map[lotAtPlace]Qty{}
	}
	n.took[lotAtPlace{lot, at}] += q
}

func (n *naming) add(p LotPlace, q Qty) {
	for i := range n.flows {
		if n.flows[i].LotPlace == p {
			n.flows[i].qty += q
			return
		}
	}
	n.flows = append(n.flows, flow{p, q})
}

// end says where units go whose lot was named and no more: to where the entry's goods go. What was said to be of no lot needs no move.
func (n *naming) end() {
	open := []LotMove{}
	n.e.Lots = slices.DeleteFunc(n.e.Lots, func(v LotMove) bool {
		if v.SKU != n.sku || v.Lot != "" && v.To.Kind != 0 {
			return false
		}
		if v.Lot != "" {
			open = append(open, v)
		}
		return true
	})
	for i := range open {
		n.deal(&open[i], open[i].Qty)
	}
}

// rest names the lots of what moves leave open.
func (n *naming) rest() error {
	for i := range n.flows {
		from := &n.flows[i]
		if !from.kept() {
			continue
		}
		for t := range n.level.Lots {
			if from.qty >= 0 {
				break
			}
			lot := &n.level.Lots[t]
			q := min(-from.qty, lot.at(from.LotPlace)-n.took[lotAtPlace{lot.Lot, from.LotPlace}])
			if q < 1 {
				continue
			}
			from.qty += q
			n.deal(&LotMove{Lot: lot.Lot, From: from.LotPlace, Serial: lot.Serial}, q)
			if len(n.e.Lots) > LotMovesMax {
				return tooManyLots()
			}
		}
	}
	return nil
}

// at is what of the lot is in a place.
func (t *Lot) at(p LotPlace) Qty {
	for _, at := range t.At {
		if at.LotPlace == p {
			return at.Qty
		}
	}
	return 0
}

// deal gives units of a lot to where the entry's goods go, in the order of its postings.
func (n *naming) deal(v *LotMove, q Qty) {
	for i := range n.flows {
		to := &n.flows[i]
		k := min(q, to.qty)
		if k < 1 {
			continue
		}
		to.qty -= k
		q -= k
		n.e.Lots = append(n.e.Lots, LotMove{SKU: n.sku, Lot: v.Lot, Qty: k, From: v.From, To: to.LotPlace, Expiry: v.Expiry, Serial: v.Serial})
	}
}

// foldLots carries out what an entry says of lots, behind its postings. Where goods have left of which no move speaks, as an older build writes
// it, they were of no lot, or else of the lot that leaves first.
func (s *State) foldLots(e *Entry) error {
	for i := range e.Lots {
		v := &e.Lots[i]
		l := s.level(v.SKU)
		had := l.Lots != nil
		if err := l.moveLot(v, e.Seq); err != nil {
			return fmt.Errorf("entry %d %s: %w", e.Seq, e.Kind, err)
		}
		s.countLotted(had, l.Lots != nil)
		if !s.lean {
			s.dirty.note(v.SKU, l, e.Seq)
		}
		if v.To.Kind == Sellable || v.Expiry != 0 {
			s.comes(v.SKU, l.Lot(v.Lot))
		}
	}
	if s.lotted == 0 {
		return nil
	}
	for i := range e.Postings {
		if p := &e.Postings[i]; i == 0 || e.Postings[i-1].SKU != p.SKU {
			if l := s.level(p.SKU); l.Lots != nil {
				l.cutLots()
				s.countLotted(true, l.Lots != nil)
			}
		}
	}
	return nil
}

// countLotted counts the levels that know lots.
func (s *State) countLotted(had, has bool) {
	if had && !has {
		s.lotted--
	} else if !had && has {
		s.lotted++
	}
}
