package ledger

import (
	"math"
	"time"
)

const returnVersion = 1

// marshalReturn gives a return's stored bytes.
func marshalReturn(v *Return) []byte {
	w := rowWriter{}
	w.returned(v, "")
	return w.buf
}

func unmarshalReturn(b []byte) (*Return, error) {
	r := newRowReader(b, scanElementsMax, nil)
	v := &Return{}
	r.returned(v, "")
	if err := r.done("return"); err != nil {
		return nil, err
	}
	return v, nil
}

// returned writes a return as a part of an entry that bears ref: its id is left out where it is ref.
func (w *rowWriter) returned(v *Return, ref string) {
	w.row(func() {
		w.uint(returnVersion)
		w.orderID(OrderID(v.ID), OrderID(ref))
		w.id(string(v.Order))
		w.word(string(v.Owner))
		w.word(string(v.Claim))
		w.list(len(v.Lines), func(i int) {
			l := &v.Lines[i]
			w.row(func() {
				w.uint(uint64(l.Line))
				w.name(string(l.SKU))
				w.name(string(l.Bin))
				for _, q := range [...]Qty{l.Qty, l.Refused, l.Blocked, l.Restocked, l.Scrapped, l.Handed} {
					w.int(int64(q))
				}
				w.orderLots(l.Lots)
			})
		})
		w.acts(v.Wishes)
		w.str(v.Receipt)
		w.str(v.Reason)
		w.str(v.By)
	})
}

func (r *rowReader) returned(v *Return, ref string) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("return version 0")
		}
		v.ID, v.Order = ReturnID(r.orderID(OrderID(ref))), OrderID(r.id())
		v.Owner, v.Claim = SiteID(r.word()), Claim(r.word())
		r.list(ReturnLinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					l := ReturnLine{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Bin: Bin(r.word())}
					for _, q := range [...]*Qty{&l.Qty, &l.Refused, &l.Blocked, &l.Restocked, &l.Scrapped, &l.Handed} {
						*q = Qty(r.int())
					}
					l.Lots = r.orderLots()
					v.Lines = append(v.Lines, l)
				})
			}
		})
		v.Wishes, v.Receipt, v.Reason, v.By = r.acts(), r.str(), r.str(), r.str()
	})
}

func (w *rowWriter) acts(list []ReturnAct) {
	w.list(len(list), func(i int) {
		a := &list[i]
		w.row(func() {
			w.uint(uint64(a.Line))
			w.word(string(a.Do))
			w.int(int64(a.Qty))
			w.name(string(a.Bin))
			w.name(string(a.Lot))
		})
	})
}

func (r *rowReader) acts() (out []ReturnAct) {
	r.list(ReturnLinesMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, ReturnAct{Line: int(r.upTo(math.MaxInt32)), Do: Disposition(r.word()), Qty: Qty(r.int()), Bin: Bin(r.word()), Lot: LotID(r.word())})
			})
		}
	})
	return out
}

// returnBody writes the body of an entry that bears ref, the return's id, and at.
func (w *rowWriter) returnBody(v *ReturnBody, ref string, at time.Time) {
	w.row(func() {
		w.returned(&v.Return, ref)
		w.acts(v.Acts)
		w.str(v.Reason)
		if v.Order == nil {
			w.null()
		} else {
			w.order(v.Order, v.Return.Order, at)
		}
		w.word(string(v.Refusal))
		w.list(len(v.Overs), func(i int) {
			o := &v.Overs[i]
			w.row(func() {
				w.uint(uint64(o.Line))
				w.name(string(o.SKU))
				for _, q := range [...]Qty{o.Want, o.Sold, o.Back, o.Have} {
					w.int(int64(q))
				}
			})
		})
		w.str(v.By)
		if v.Parcel == nil {
			w.null()
		} else {
			w.work(v.Parcel, string(v.Return.Order), at)
		}
	})
}

func (r *rowReader) returnBody(ref string, at time.Time) *ReturnBody {
	v := &ReturnBody{}
	r.row(1, func() {
		r.returned(&v.Return, ref)
		v.Acts, v.Reason = r.acts(), r.str()
		if !r.null() {
			v.Order = &Order{}
			r.order(v.Order, v.Return.Order, at)
		}
		v.Refusal = Refusal(r.word())
		r.list(ReturnLinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					o := Over{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word())}
					for _, q := range [...]*Qty{&o.Want, &o.Sold, &o.Back, &o.Have} {
						*q = Qty(r.int())
					}
					v.Overs = append(v.Overs, o)
				})
			}
		})
		v.By = r.str()
		if !r.null() {
			v.Parcel = r.work(string(v.Return.Order), at)
		}
	})
	return v
}
