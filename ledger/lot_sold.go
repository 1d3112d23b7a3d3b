package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An OrderLot says how much of a lot an order's customer has had from the book that owns the order. What other sites handed over is not in it.
type OrderLot struct {
	SKU    SKU
	Lot    LotID
	Qty    Qty // handed over, or with a carrier
	Back   Qty // of these, what came back; never more
	Expiry Expiry
	Serial bool
}

// lot finds what the order has had of a lot; nil for nothing.
func (o *Order) lot(sku SKU, id LotID) *OrderLot {
	for i := range o.Lots {
		if l := &o.Lots[i]; l.Lot == id && l.SKU == sku {
			return l
		}
	}
	return nil
}

// noteSold writes down in the order that an entry leaves in this book which lots its customer has by it. It is done where an entry is written,
// so whatever hands goods over or takes them back is counted.
func (s *State) noteSold(e *Entry) {
	o := e.heldOrder()
	if o == nil || o.Owner != s.Site {
		return
	}
	theirs := func(p LotPlace) bool {
		return p.Kind == Customer || p.Kind == Transit && p.Ref == string(o.ID)
	}
	own := false
	for i := range e.Lots {
		v := &e.Lots[i]
		went, came := v.From.kept() && theirs(v.To), theirs(v.From) && v.To.kept()
		if !went && !came {
			continue
		}
		if !own {
			o.Lots, own = slices.Clone(o.Lots), true // others may have the slice of before
		}
		l := o.lot(v.SKU, v.Lot)
		switch {
		case came && l != nil:
			l.Back = min(l.Qty, l.Back+v.Qty)
		case came || l == nil && len(o.Lots) >= LotMovesMax:
		case l != nil:
			l.Qty += v.Qty
		default:
			l := OrderLot{SKU: v.SKU, Lot: v.Lot, Qty: v.Qty, Serial: v.Serial}
			if level := s.look(v.SKU); level != nil {
				if t := level.Lot(v.Lot); t != nil {
					l.Expiry = t.Expiry
				}
			}
			o.Lots = append(o.Lots, l)
		}
	}
}

// lotsLeft says which of lots of a SKU are not back, for people.
func lotsLeft(lots []OrderLot, sku SKU) string {
	var words []string
	for i := range lots {
		l := &lots[i]
		if l.SKU != sku || l.Back >= l.Qty {
			continue
		}
		if len(words) == lotWordsMost {
			words = append(words, "and more")
			break
		}
		if l.Serial {
			words = append(words, string(l.Lot))
		} else {
			words = append(words, fmt.Sprintf("%s (%d)", l.Lot, l.Qty-l.Back))
		}
	}
	if len(words) == 0 {
		return "none of it"
	}
	return strings.Join(words, ", ")
}

// The lots of an order are one string of bytes behind its other fields, left out where there are none: of each the SKU, its name, expiry, flags
// (levelSerial), what went and what came back.
func appendOrderLots(b []byte, lots []OrderLot) []byte {
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for i := range lots {
		l := &lots[i]
		text(string(l.SKU))
		text(string(l.Lot))
		b = binary.AppendVarint(b, int64(l.Expiry))
		flags := byte(0)
		if l.Serial {
			flags = levelSerial
		}
		b = append(b, flags)
		b = binary.AppendUvarint(b, uint64(l.Qty))
		b = binary.AppendUvarint(b, uint64(l.Back))
	}
	return b
}

var errOrderLots = errors.New("lots of an order or a return that are none")

func readOrderLots(b []byte) (out []OrderLot, err error) {
	r := numberReader{b: b}
	for len(r.b) > 0 && !r.short {
		l := OrderLot{SKU: SKU(r.text()), Lot: LotID(r.text())}
		day := r.nextSigned()
		l.Expiry, l.Serial = Expiry(day), r.byte()&levelSerial != 0
		qty, back := r.next(), r.next()
		if day != int64(l.Expiry) || qty > uint64(QtyMax) || back > qty || len(out) == LotMovesMax {
			return nil, errOrderLots
		}
		l.Qty, l.Back = Qty(qty), Qty(back)
		out = append(out, l)
	}
	if r.short {
		return nil, errOrderLots
	}
	return out, nil
}

// orderLots writes lots as a field of a row.
func (w *rowWriter) orderLots(lots []OrderLot) {
	if len(lots) == 0 {
		w.null()
		return
	}
	w.bin(appendOrderLots(nil, lots))
}

func (r *rowReader) orderLots() (out []OrderLot) {
	if b := r.bin(); r.err == nil && len(b) > 0 {
		out, r.err = readOrderLots(b)
	}
	return out
}
