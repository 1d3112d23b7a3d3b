package ledger

import "math"

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
			})
		})
		w.str(t.Note)
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
					t.Lines = append(t.Lines, TransferLine{SKU: SKU(r.word()), Qty: Qty(r.int()), Sent: Qty(r.int()), Came: Qty(r.int()), Damaged: Qty(r.int())})
				})
			}
		})
		t.Note = r.str()
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
	if v.Transfer == nil && len(v.Displaced) == 0 && len(v.Promotions) == 0 && v.Tender == nil {
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
	})
	return r.done("transfer")
}
