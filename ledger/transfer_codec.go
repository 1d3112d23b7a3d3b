package ledger

import (
	"encoding/binary"
	"errors"
	"math"
)

// transfer writes a transfer; nothing where there is none.
func (w *rowWriter) transfer(t *Transfer) {
	if t == nil {
		w.null()
		return
	}
	w.row(func() {
		w.str(string(t.ID))
		w.word(string(t.From))
		w.word(string(t.To))
		w.uint(uint64(t.State))
		w.list(len(t.Lines), func(i int) {
			l := &t.Lines[i]
			w.row(func() {
				w.name(string(l.SKU))
				w.int(int64(l.Qty))
				w.int(int64(l.Sent))
				w.int(int64(l.Came))
				w.int(int64(l.Damaged))
				w.bin(appendTransferLots(nil, l.Lots))
			})
		})
		w.str(t.Note)
		w.bin(appendWayCartons(nil, t.Cartons))
	})
}

func (r *rowReader) transfer() *Transfer {
	if r.null() {
		return nil
	}
	t := &Transfer{}
	r.row(0, func() {
		t.ID, t.From, t.To = TransferID(r.str()), SiteID(r.word()), SiteID(r.word())
		t.State = TransferState(r.upTo(math.MaxUint8))
		r.list(TransferLinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					l := TransferLine{SKU: SKU(r.word()), Qty: Qty(r.int()), Sent: Qty(r.int()), Came: Qty(r.int()), Damaged: Qty(r.int())}
					if b := r.bin(); r.err == nil && len(b) > 0 {
						l.Lots, r.err = readTransferLots(b)
					}
					t.Lines = append(t.Lines, l)
				})
			}
		})
		t.Note = r.str()
		if b := r.bin(); r.err == nil && len(b) > 0 {
			t.Cartons, r.err = readWayCartons(b)
		}
	})
	if len(t.Lines) == 0 && t.ID == "" && t.From == "" && t.To == "" && t.State == 0 && t.Note == "" {
		return nil // a row of nothing is left out where it comes last
	}
	return t
}

func (w *rowWriter) transferBody(v *TransferBody) {
	w.row(func() {
		w.transfer(&v.Transfer)
		w.word(string(v.Refusal))
		w.list(len(v.Shorts), func(i int) { w.short(&v.Shorts[i]) })
		w.displaced(v.Displaced, "")
	})
}

func (r *rowReader) transferBody() *TransferBody {
	v := &TransferBody{}
	r.row(0, func() {
		if t := r.transfer(); t != nil {
			v.Transfer = *t
		}
		v.Refusal, v.Shorts = Refusal(r.word()), r.shorts()
		v.Displaced = r.displaced("")
	})
	return v
}

// obeyedTransfer gives what a command about a transfer came to as a value of its own, among those of an obeyed entry;
// nil where it came to nothing.
func (v *ObeyedBody) obeyedTransfer() []byte {
	if v.Transfer == nil && len(v.Displaced) == 0 && len(v.Promotions) == 0 && v.Tender == nil && !v.Counted && v.Purchase == nil {
		return nil
	}
	w := rowWriter{}
	w.row(func() {
		w.transfer(v.Transfer)
		w.displaced(v.Displaced, "")
		w.assetMoves(v.Promotions)
		if v.Tender == nil {
			w.null()
		} else {
			w.tenderBody(v.Tender, "")
		}
		w.bool(v.Counted)
		w.purchase(v.Purchase)
	})
	return w.buf
}

func (v *ObeyedBody) readTransfer(b []byte) error {
	r := newRowReader(b, orderElementsMax, nil)
	r.row(0, func() {
		v.Transfer = r.transfer()
		v.Displaced = r.displaced("")
		v.Promotions = r.assetMoves()
		if !r.null() {
			v.Tender = r.tenderBody("")
		}
		v.Counted = r.bool()
		v.Purchase = r.purchase()
	})
	return r.done("transfer")
}

// The lots of a line are one string of bytes behind its other fields, left out where there are none: of each its name, expiry, flags
// (levelSerial), what left, what came and what of that is damaged. Those of a command are likewise: its line, name, expiry, flags, quantity.
func appendTransferLots(b []byte, lots []TransferLot) []byte {
	for i := range lots {
		t := &lots[i]
		b = appendLotName(b, t.Lot, t.Expiry, t.Serial)
		for _, q := range [...]Qty{t.Sent, t.Came, t.Damaged} {
			b = binary.AppendUvarint(b, uint64(q))
		}
	}
	return b
}

func appendLotName(b []byte, lot LotID, expiry Expiry, serial bool) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(lot))), lot...)
	b = binary.AppendVarint(b, int64(expiry))
	if serial {
		return append(b, levelSerial)
	}
	return append(b, 0)
}

var errWayLots = errors.New("lots of a transfer that are none")

func (r *numberReader) lotName() (n LotQty) {
	n.Lot = LotID(r.text())
	day := r.nextSigned()
	n.Expiry, n.Serial = Expiry(day), r.byte()&levelSerial != 0
	r.short = r.short || day != int64(n.Expiry)
	return n
}

func (r *numberReader) qty() Qty {
	q := r.next()
	r.short = r.short || q > uint64(QtyMax)
	return Qty(q)
}

func readTransferLots(b []byte) (out []TransferLot, err error) {
	r := numberReader{b: b}
	for len(r.b) > 0 && !r.short {
		n := r.lotName()
		out = append(out, TransferLot{Lot: n.Lot, Expiry: n.Expiry, Serial: n.Serial, Sent: r.qty(), Came: r.qty(), Damaged: r.qty()})
		r.short = r.short || len(out) > 2*TransferLotsMax
	}
	if r.short {
		return nil, errWayLots
	}
	return out, nil
}

func appendCommandLots(b []byte, lots []LineLot) []byte {
	for i := range lots {
		n := &lots[i]
		b = binary.AppendUvarint(b, uint64(n.Line))
		b = appendLotName(b, n.Lot, n.Expiry, n.Serial)
		b = binary.AppendUvarint(b, uint64(n.Qty))
	}
	return b
}

func readCommandLots(b []byte) (out []LineLot, err error) {
	r := numberReader{b: b}
	for len(r.b) > 0 && !r.short {
		line := r.next()
		n := LineLot{Line: int(min(line, reasonsMax+1)), LotQty: r.lotName()}
		n.Qty = r.qty()
		out = append(out, n)
		r.short = r.short || len(out) > TransferLotsMax || line > reasonsMax
	}
	if r.short {
		return nil, errWayLots
	}
	return out, nil
}

// MarshalTransferLots gives the bytes of a line's lots where they stand alone.
func MarshalTransferLots(lots []TransferLot) []byte { return appendTransferLots(nil, lots) }

// UnmarshalTransferLots reads what MarshalTransferLots wrote.
func UnmarshalTransferLots(b []byte) ([]TransferLot, error) { return readTransferLots(b) }
