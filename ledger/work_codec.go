package ledger

import (
	"math"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// movesMax bounds what one deed moves: of each line, from each stage that it may take from.
const movesMax = LinesMax * (len(handStages) + 1)

// work writes the body of an entry that bears ref, the order's id, and at.
func (w *rowWriter) work(v *WorkBody, ref string, at time.Time) {
	w.row(func() {
		w.uint(uint64(v.Deed))
		w.word(string(v.Owner))
		w.list(len(v.Moves), func(i int) {
			m := &v.Moves[i]
			w.row(func() {
				w.uint(uint64(m.Line))
				w.name(string(m.SKU))
				w.uint(uint64(m.From))
				w.uint(uint64(m.To))
				w.int(int64(m.Qty))
			})
		})
		w.str(v.Code)
		w.row(func() {
			w.word(v.Ship.Carrier)
			w.word(v.Ship.Service)
			w.str(v.Ship.Tracking)
		})
		w.list(len(v.Cartons), func(i int) { w.str(v.Cartons[i]) })
		w.str(v.Reason)
		w.word(string(v.State))
		w.word(string(v.Refusal))
		w.list(len(v.Shorts), func(i int) { w.short(&v.Shorts[i]) })
		if v.Order == nil {
			w.null()
		} else {
			w.order(v.Order, OrderID(ref), at)
		}
		w.cartons(v.Boxes)
		w.uint(v.Shipped)
	})
}

func (w *rowWriter) cartons(boxes []Carton) {
	w.list(len(boxes), func(i int) {
		c := &boxes[i]
		w.row(func() {
			w.str(string(c.SSCC))
			w.uint(c.Made)
			w.int(c.Grams)
			w.uint(uint64(c.At))
			w.uint(uint64(c.Was))
			w.list(len(c.Lines), func(i int) {
				n := &c.Lines[i]
				w.row(func() {
					w.uint(uint64(n.Line))
					w.name(string(n.SKU))
					w.int(int64(n.Qty))
				})
			})
		})
	})
}

func (r *rowReader) cartons() (out []Carton) {
	r.list(partCartonsMax, func(n int) {
		for range n {
			r.row(0, func() {
				c := Carton{SSCC: gs1.SSCC(r.str()), Made: r.uint(), Grams: r.int(), At: Stage(r.upTo(math.MaxUint8)), Was: Stage(r.upTo(math.MaxUint8))}
				r.list(LinesMax, func(n int) {
					for range n {
						r.row(0, func() {
							c.Lines = append(c.Lines, CartonLine{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Qty: Qty(r.int())})
						})
					}
				})
				out = append(out, c)
			})
		}
	})
	return out
}

func (r *rowReader) work(ref string, at time.Time) *WorkBody {
	v := &WorkBody{}
	r.row(0, func() {
		v.Deed, v.Owner = Deed(r.upTo(math.MaxUint8)), SiteID(r.word())
		v.Moves = r.stageMoves()
		v.Code = r.str()
		r.row(0, func() { v.Ship = Shipment{Carrier: r.word(), Service: r.word(), Tracking: r.str()} })
		r.list(cartonsMax, func(n int) {
			for range n {
				v.Cartons = append(v.Cartons, r.str())
			}
		})
		v.Reason, v.State, v.Refusal, v.Shorts = r.str(), FulfilState(r.word()), Refusal(r.word()), r.shorts()
		if !r.null() {
			v.Order = &Order{}
			r.order(v.Order, OrderID(ref), at)
		}
		v.Boxes = r.cartons()
		v.Shipped = r.uint()
	})
	return v
}

func (r *rowReader) stageMoves() (out []StageMove) {
	r.list(movesMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, StageMove{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), From: Stage(r.upTo(math.MaxUint8)),
					To: Stage(r.upTo(math.MaxUint8)), Qty: Qty(r.int())})
			})
		}
	})
	return out
}

// work packs how far hands have come with a part, of a served record.
func (p *packer) work(v *Work) {
	if len(v.Cartons) == 0 { // as every build before cartons had contents
		p.array(3)
	} else {
		p.array(4)
	}
	p.array(len(v.Lines))
	for i := range v.Lines {
		l := &v.Lines[i]
		p.array(3)
		p.int(int64(l.Line))
		p.str(string(l.SKU))
		p.array(len(l.At))
		for _, q := range l.At {
			p.int(int64(q))
		}
	}
	p.str(v.Code)
	p.array(len(v.Shipments))
	for _, s := range v.Shipments {
		p.array(3)
		p.str(s.Carrier)
		p.str(s.Service)
		p.str(s.Tracking)
	}
	if len(v.Cartons) > 0 {
		w := rowWriter{}
		w.cartons(v.Cartons)
		p.bin(w.buf)
	}
}

func (u *unpacker) work() *Work {
	v := &Work{}
	n := u.array(3)
	for range u.list(LinesMax) {
		a := u.array(3)
		l := WorkLine{Line: int(u.int()), SKU: SKU(u.str())}
		at := u.array(len(l.At))
		for i := range l.At {
			l.At[i] = Qty(u.int())
		}
		u.rest(at, len(l.At))
		u.rest(a, 3)
		v.Lines = append(v.Lines, l)
	}
	v.Code = u.str()
	for range u.list(shipmentsMax) {
		a := u.array(3)
		v.Shipments = append(v.Shipments, Shipment{Carrier: u.str(), Service: u.str(), Tracking: u.str()})
		u.rest(a, 3)
	}
	if n > 3 {
		r := newRowReader(u.bin(), orderElementsMax, nil)
		v.Cartons = r.cartons()
		u.note(r.done("cartons"))
	}
	u.rest(n, max(3, min(n, 4)))
	return v
}
