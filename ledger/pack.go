package ledger

import (
	"fmt"
	"math"
	"math/bits"
)

// A Pack is a size that an item is bought, stored or sold in: a case, a pallet. Its factor is exact,
// and a pack that has been opened is units.
type Pack struct {
	Name     string   // such as CASE; one word, once an item
	Units    Qty      // base units in one; at least 1
	Barcodes []string // its own: no scan of them means a single unit
}

// Packed is what was told in packs, with the factor of that moment: whatever becomes of the pack
// afterwards, what was told stays what it was. It is never changed once it is made.
type Packed struct {
	Name  string
	Units Qty // base units in one, then
	Count Qty // whole packs
	Loose Qty // base units beside them; of a count
}

// Qty is the base units of what was told. ok is false where they are beyond what a Qty may be.
func (p *Packed) Qty() (q Qty, ok bool) {
	q, ok = mulQty(p.Units, p.Count)
	if !ok || p.Loose < 0 || p.Loose > QtyMax {
		return 0, false
	}
	if q < 0 {
		q -= p.Loose
	} else {
		q += p.Loose
	}
	return q, q <= QtyMax && q >= -QtyMax
}

// Says whether q is what was told: it is not where an order was amended since.
func (p *Packed) Says(q Qty) bool {
	got, ok := p.Qty()
	return ok && got == q
}

// mulQty multiplies, or says that the product is beyond ±QtyMax.
func mulQty(a, b Qty) (Qty, bool) {
	minus := a < 0 != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > uint64(QtyMax) {
		return 0, false
	}
	if minus {
		return -Qty(lo), true
	}
	return Qty(lo), true
}

func magnitude(q Qty) uint64 {
	if q < 0 {
		return -uint64(q) // also of the least
	}
	return uint64(q)
}

// Told is count packs, and loose units, as they are written down. The refusal names field.
func (p *Pack) Told(field string, count, loose Qty) (*Packed, error) {
	told := &Packed{Name: p.Name, Units: p.Units, Count: count, Loose: loose}
	if _, ok := told.Qty(); !ok {
		return nil, &FormError{Field: field, Why: fmt.Sprintf("is %d %s of %d: more units than a book counts, which is %d", count, p.Name, p.Units, QtyMax)}
	}
	return told, nil
}

func (w *rowWriter) packed(p *Packed) {
	if p == nil {
		w.null()
		return
	}
	w.row(func() {
		w.str(p.Name)
		w.int(int64(p.Units))
		w.int(int64(p.Count))
		w.int(int64(p.Loose))
	})
	w.keep()
}

func (r *rowReader) packed() *Packed {
	if r.null() {
		return nil
	}
	p := &Packed{}
	r.row(0, func() { p.Name, p.Units, p.Count, p.Loose = r.str(), Qty(r.int()), Qty(r.int()), Qty(r.int()) })
	return p
}

// packedLines gives the bytes of lines that were told in packs.
func packedLines(lines []PackedLine) []byte {
	var w rowWriter
	w.packedLines(lines)
	return w.buf
}

func (w *rowWriter) packedLines(lines []PackedLine) {
	w.list(len(lines), func(i int) {
		l := &lines[i]
		w.row(func() {
			w.uint(uint64(l.Line))
			w.str(string(l.SKU))
			w.packed(&l.Packed)
		})
	})
}

// readPackedLines reads what packedLines wrote.
func readPackedLines(b []byte) ([]PackedLine, error) {
	r := newRowReader(b, orderElementsMax, nil)
	out := r.packedLines()
	return out, r.done("packs")
}

func (r *rowReader) packedLines() (out []PackedLine) {
	r.list(LinesMax, func(n int) {
		for range n {
			r.row(0, func() {
				l := PackedLine{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.str())}
				if p := r.packed(); p != nil {
					l.Packed = *p
				}
				out = append(out, l)
			})
		}
	})
	return out
}
