package ledger

import "math"

// counted writes what a count says; nothing where the entry is none.
func (w *rowWriter) counted(c *CountBody) {
	if c == nil {
		w.null()
		return
	}
	w.row(func() {
		w.uint(uint64(c.At))
		w.str(c.By)
		w.str(c.Recounted)
		w.list(len(c.Lines), func(i int) {
			l := &c.Lines[i]
			w.row(func() {
				w.name(string(l.SKU))
				w.name(string(l.Bin))
				w.int(int64(l.Counted))
				w.int(int64(l.Variance()))
				w.int(int64(l.Moved))
				w.packed(l.Pack)
				w.countedLots(l.Lots)
			})
		})
		w.word(string(c.Refusal))
		w.list(len(c.Against), func(i int) {
			a := &c.Against[i]
			w.row(func() {
				w.uint(uint64(a.Line))
				w.uint(uint64(a.Seq))
				w.uint(uint64(a.At))
				w.int(int64(a.Counted))
			})
		})
	})
}

func (r *rowReader) counted() *CountBody {
	if r.null() {
		return nil
	}
	c := &CountBody{}
	r.row(0, func() {
		c.At, c.By, c.Recounted = Seq(r.uint()), r.str(), r.str()
		r.list(LinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					l := CountedLine{SKU: SKU(r.word()), Bin: Bin(r.word()), Counted: Qty(r.int())}
					variance := Qty(r.int())
					if l.Moved = Qty(r.int()); max(l.Counted, -l.Counted, variance, -variance) > QtyMax {
						r.refuse("a count beyond all bounds")
					}
					l.Expected, l.Pack = l.Counted-variance, r.packed()
					l.Lots = r.countedLots()
					c.Lines = append(c.Lines, l)
				})
			}
		})
		c.Refusal = Refusal(r.word())
		r.list(LinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					c.Against = append(c.Against, CountAgainst{Line: int(r.upTo(math.MaxInt32)), Seq: Seq(r.uint()), At: Seq(r.uint()), Counted: Qty(r.int())})
				})
			}
		})
	})
	return c
}

// countedLots writes what was counted of each lot of a line; nothing where it was counted without them.
func (w *rowWriter) countedLots(lots []CountedLot) {
	w.list(len(lots), func(i int) {
		t := &lots[i]
		w.row(func() {
			w.name(string(t.Lot))
			w.int(int64(t.Counted))
			w.int(int64(t.Variance()))
			w.int(int64(t.Moved))
			w.int(int64(t.Expiry))
			w.bool(t.Serial)
		})
	})
}

func (r *rowReader) countedLots() (out []CountedLot) {
	r.list(LotMovesMax, func(n int) {
		for range n {
			r.row(0, func() {
				t := CountedLot{Lot: LotID(r.word()), Counted: Qty(r.int())}
				variance := Qty(r.int())
				if t.Moved = Qty(r.int()); max(t.Counted, -t.Counted, variance, -variance) > QtyMax {
					r.refuse("a count of a lot beyond all bounds")
				}
				t.Expected = t.Counted - variance
				day := r.int()
				if t.Expiry = Expiry(day); int64(t.Expiry) != day {
					r.refuse("a day of a lot that is none")
				}
				t.Serial = r.bool()
				out = append(out, t)
			})
		}
	})
	return out
}
