package ledger

import (
	"math"
	"time"
)

// MarshalOrder gives an order's stored bytes.
func MarshalOrder(o *Order) []byte { return AppendOrder(make([]byte, 0, entrySizeUsual/2), o) }

// AppendOrder appends what MarshalOrder gives.
func AppendOrder(b []byte, o *Order) []byte {
	w := rowWriter{buf: b}
	w.order(o, "", time.Time{})
	return w.buf
}

// UnmarshalOrder reads what MarshalOrder wrote, now or ever.
func UnmarshalOrder(b []byte) (*Order, error) {
	o := &Order{}
	if err := ReadOrder(b, o); err != nil {
		return nil, err
	}
	return o, nil
}

// ReadOrder is UnmarshalOrder into o, which must be the zero Order. After an error nothing holds of o.
func ReadOrder(b []byte, o *Order) error {
	r := newRowReader(b, orderElementsMax, nil)
	r.order(o, "", time.Time{})
	return r.done("order")
}

const orderVersion = 2

// order writes an order as a part of an entry that bears ref and at: its id is left out where
// it is ref, and the moment it was taken at counts from at.
func (w *rowWriter) order(o *Order, ref OrderID, at time.Time) {
	w.row(func() {
		w.uint(orderVersion)
		w.orderID(o.ID, ref)
		w.uint(o.Serial)
		w.str(string(o.Owner))
		w.list(len(o.Lines), func(i int) { w.line(&o.Lines[i]) })
		w.word(string(o.Status))
		w.moment(o.TakenAt, at)
		w.word(string(o.Channel))
		w.word(string(o.Fulfil))
		w.word(string(o.Shortage))
		w.bool(o.Offline)
		w.uint(uint64(o.Wait))
		w.bool(o.Anywhere)
		w.str(o.External)
		w.word(o.Customer)
		w.word(o.Class)
		w.word(string(o.CollectAt))
		w.row(func() {
			w.word(o.ShipTo.Country)
			w.str(o.ShipTo.Postcode)
			w.int(o.ShipTo.LatE6)
			w.int(o.ShipTo.LonE6)
		})
		w.str(o.NeedBy)
		w.uint(uint64(o.Priority))
		w.bool(o.Complete)
		w.kits(o.Kits)
		w.word(o.Group)
		w.str(o.DeliverTo)
		w.str(o.BillTo)
		w.draftOf(o.Draft)
		w.review(o.Review)
		w.list(len(o.Uses), func(i int) { w.str(string(o.Uses[i])) })
		w.orderLots(o.Lots)
	})
}

func (r *rowReader) order(o *Order, ref OrderID, at time.Time) {
	r.row(1, func() {
		switch version := r.uint(); {
		case r.err != nil:
		case version == 0:
			r.refuse("order version 0")
		case version == 1:
			r.orderV1(o)
		default: // every one since the second only appends
			r.orderV2(o, ref, at)
		}
	})
}

// orderV2 reads what follows the version.
func (r *rowReader) orderV2(o *Order, ref OrderID, at time.Time) {
	o.ID, o.Serial, o.Owner = r.orderID(ref), r.uint(), SiteID(r.word())
	r.list(LinesMax, func(n int) {
		o.Lines = roomFor(o.Lines, n)
		for i := range n {
			if r.err == nil {
				r.line(&o.Lines[i])
			}
		}
	})
	o.Status, o.TakenAt = Status(r.word()), r.moment(at)
	o.Channel, o.Fulfil, o.Shortage = Channel(r.word()), Fulfil(r.word()), Shortage(r.word())
	o.Offline, o.Wait, o.Anywhere = r.bool(), Wait(r.upTo(math.MaxUint8)), r.bool()
	o.External, o.Customer, o.Class, o.CollectAt = r.str(), r.word(), r.word(), SiteID(r.word())
	r.row(0, func() {
		o.ShipTo = Address{Country: r.word(), Postcode: r.str(), LatE6: r.int(), LonE6: r.int()}
	})
	o.NeedBy, o.Priority, o.Complete = r.str(), int(r.upTo(math.MaxInt32)), r.bool()
	o.Kits = r.kits(len(o.Lines))
	o.Group, o.DeliverTo, o.BillTo = r.word(), r.str(), r.str()
	o.Draft = r.draftOf()
	o.Review = r.review()
	r.list(promotionsMax, func(n int) {
		for range n {
			o.Uses = append(o.Uses, AssetID(r.str()))
		}
	})
	o.Lots = r.orderLots()
}

// roomFor gives n empty lines, in the room of lines where that is enough; nil for none.
func roomFor(lines []Line, n int) []Line {
	switch {
	case n == 0:
		return nil
	case n > cap(lines):
		return make([]Line, n)
	}
	lines = lines[:n]
	clear(lines)
	return lines
}

// orderID writes nil for the id that stands beside the order anyway.
func (w *rowWriter) orderID(id, ref OrderID) {
	switch id {
	case ref:
		w.null()
	case "":
		w.str("")
		w.keep()
	default:
		w.id(string(id))
	}
}

func (r *rowReader) orderID(ref OrderID) OrderID {
	if r.peek() == 0xc0 {
		r.null()
		return ref
	}
	return OrderID(r.id())
}

// moment writes milliseconds since from, and nil for the zero time.
func (w *rowWriter) moment(t, from time.Time) {
	if t.IsZero() {
		w.null()
		return
	}
	w.int(t.UnixMilli() - baseOf(from))
	w.keep()
}

func (r *rowReader) moment(from time.Time) time.Time {
	if r.null() {
		return time.Time{}
	}
	return time.UnixMilli(r.int() + baseOf(from)).UTC()
}

// baseOf counts from 1970 where there is no moment to count from.
func baseOf(from time.Time) int64 {
	if from.IsZero() {
		return 0
	}
	return from.UnixMilli()
}

func (w *rowWriter) line(l *Line) {
	w.row(func() {
		w.name(string(l.SKU))
		w.int(int64(l.Qty))
		w.int(int64(l.Taken))
		w.row(func() {
			w.int(l.Price.Amount)
			w.word(l.Price.Currency)
			w.word(l.Price.Tax)
			w.int(l.Price.Per)
		})
		w.int(int64(l.Here))
		w.int(int64(l.Backordered))
		w.bool(l.Canceled)
		w.legs(l.Away)
		if l.Unconfirmed != 0 || l.Declined != 0 || l.Pack != nil || len(l.Sent) > 0 || l.Returned != 0 || l.Charge != nil || l.Drop != nil {
			w.int(int64(l.Unconfirmed))
			w.int(int64(l.Declined))
			w.packed(l.Pack)
			w.legs(l.Sent)
			w.int(int64(l.Returned))
			w.charge(l.Charge)
			w.int(int64(l.Over))
			w.drop(l.Drop)
		}
	})
}

func (r *rowReader) line(l *Line) {
	r.row(0, func() {
		l.SKU, l.Qty, l.Taken = SKU(r.word()), Qty(r.int()), Qty(r.int())
		r.row(0, func() {
			l.Price = Price{Money: Money{Amount: r.int(), Currency: r.word()}, Tax: r.word(), Per: r.int()}
		})
		l.Here, l.Backordered, l.Canceled = Qty(r.int()), Qty(r.int()), r.bool()
		l.Away = r.legs()
		l.Unconfirmed, l.Declined = Qty(r.int()), Qty(r.int())
		l.Pack = r.packed()
		l.Sent = r.legs()
		l.Returned = Qty(r.int())
		l.Charge = r.charge()
		l.Over = Qty(r.int())
		l.Drop = r.drop()
	})
}

func (w *rowWriter) legs(legs []Leg) {
	w.list(len(legs), func(i int) {
		w.row(func() {
			w.name(string(legs[i].Site))
			w.int(int64(legs[i].Qty))
		})
	})
}

func (r *rowReader) legs() (out []Leg) {
	r.list(legsPerLineMax, func(n int) {
		for range n {
			r.row(0, func() { out = append(out, Leg{Site: SiteID(r.word()), Qty: Qty(r.int())}) })
		}
	})
	return out
}
