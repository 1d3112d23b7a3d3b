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
