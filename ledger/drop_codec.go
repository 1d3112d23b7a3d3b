package ledger

import (
	"math"
	"time"
)

func (w *rowWriter) drop(d *DropShip) {
	if d == nil {
		w.null()
		return
	}
	w.row(func() {
		w.word(d.Supplier)
		w.uint(uint64(d.LeadDays))
		w.int(d.Cost.Amount)
		w.word(d.Cost.Currency)
		w.int(d.Cost.Per)
		w.str(d.Due)
		w.int(int64(d.Open))
		w.int(int64(d.Confirmed))
		w.int(int64(d.Sent))
		w.int(int64(d.Back))
		w.str(d.Reason)
		w.int(int64(d.Off))
		w.int(int64(d.Heard))
	})
	w.keep()
}

func (r *rowReader) drop() *DropShip {
	if r.null() {
		return nil
	}
	d := &DropShip{}
	r.row(0, func() {
		d.Supplier, d.LeadDays = r.word(), int(r.upTo(math.MaxInt32))
		d.Cost = Price{Money: Money{Amount: r.int(), Currency: r.word()}, Per: r.int()}
		d.Due, d.Open, d.Confirmed, d.Sent, d.Back, d.Reason = r.str(), Qty(r.int()), Qty(r.int()), Qty(r.int()), Qty(r.int()), r.str()
		d.Off, d.Heard = Qty(r.int()), Qty(r.int())
	})
	return d
}

// dropBody writes the body of an entry that bears ref, the order's id, and at.
func (w *rowWriter) dropBody(v *DropBody, ref string, at time.Time) {
	w.row(func() {
		w.uint(uint64(v.Deed))
		w.word(v.Supplier)
		w.list(len(v.Lines), func(i int) {
			l := &v.Lines[i]
			w.row(func() {
				w.uint(uint64(l.Line))
				w.name(string(l.SKU))
				w.int(int64(l.Qty))
			})
		})
		w.str(v.Note)
		w.row(func() {
			w.word(v.Ship.Carrier)
			w.word(v.Ship.Service)
			w.str(v.Ship.Tracking)
		})
		w.str(v.Due)
		w.str(v.Reason)
		w.word(v.By)
		if v.Order == nil {
			w.null()
		} else {
			w.order(v.Order, OrderID(ref), at)
		}
		w.int(int64(v.Over))
		w.word(string(v.Refusal))
		w.list(len(v.Shorts), func(i int) { w.short(&v.Shorts[i]) })
		w.bool(v.Later)
		w.bool(v.Named)
	})
}

func (r *rowReader) dropBody(ref string, at time.Time) *DropBody {
	v := &DropBody{}
	r.row(0, func() {
		v.Deed, v.Supplier = DropDeed(r.upTo(math.MaxUint8)), r.word()
		r.list(LinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					v.Lines = append(v.Lines, CommandLine{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Qty: Qty(r.int())})
				})
			}
		})
		v.Note = r.str()
		r.row(0, func() { v.Ship = Shipment{Carrier: r.word(), Service: r.word(), Tracking: r.str()} })
		v.Due, v.Reason, v.By = r.str(), r.str(), r.word()
		if !r.null() {
			v.Order = &Order{}
			r.order(v.Order, OrderID(ref), at)
		}
		v.Over, v.Refusal, v.Shorts, v.Later = Qty(r.int()), Refusal(r.word()), r.shorts(), r.bool()
		v.Named = r.bool()
	})
	return v
}
