package ledger

import (
	"math"
	"time"
)

func (r *rowReader) wordsBody() *WordsBody {
	v := &WordsBody{}
	r.row(0, func() { v.Words = Words(r.uint()) })
	return v
}

// leg writes the body of an entry that bears ref, the order's id, and at.
func (w *rowWriter) leg(v *LegBody, ref string, at time.Time) {
	w.row(func() {
		w.word(string(v.Owner))
		w.list(len(v.Lines), func(i int) {
			l := &v.Lines[i]
			w.row(func() {
				w.uint(uint64(l.Line))
				w.name(string(l.SKU))
				w.int(int64(l.Qty))
				w.int(int64(l.Short))
				w.int(int64(l.Again))
				w.name(l.Why)
			})
		})
		w.str(v.Reason)
		w.word(string(v.Refusal))
		w.list(len(v.Shorts), func(i int) { w.short(&v.Shorts[i]) })
		if v.Order == nil {
			w.null()
		} else {
			w.order(v.Order, OrderID(ref), at)
		}
		w.bool(v.InHand)
	})
}

func (r *rowReader) leg(ref string, at time.Time) *LegBody {
	v := &LegBody{}
	r.row(0, func() {
		v.Owner = SiteID(r.word())
		r.list(LinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					v.Lines = append(v.Lines, LegLine{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Qty: Qty(r.int()), Short: Qty(r.int()), Again: Qty(r.int()), Why: r.word()})
				})
			}
		})
		v.Reason, v.Refusal, v.Shorts = r.str(), Refusal(r.word()), r.shorts()
		if !r.null() {
			v.Order = &Order{}
			r.order(v.Order, OrderID(ref), at)
		}
		v.InHand = r.bool()
	})
	return v
}
