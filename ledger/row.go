package ledger

import (
	"encoding/binary"
	"math"
)

// A rowWriter appends msgpack to buf: the subset that the hot records are made of, each value
// in its shortest form, byte for byte as the library of the rare records writes it
// (TestTheRowCodecAgreesWithTheLibrary). A row is an array whose trailing zero values (0, "",
// nil, false, an empty row or list) are left out: what a reader does not find is zero. Nothing
// here can fail.
type rowWriter struct {
	buf   []byte
	names *nameTable // of the entry; nil where names are written out
	open  openRow    // the innermost row
}

// openRow is a row that is being written.
type openRow struct {
	fields int // written so far
	kept   int // of these, up to the last one that is not zero
	end    int // of buf, behind that one
}

// field counts what was just written.
func (w *rowWriter) field(zero bool) {
	if w.open.fields++; !zero {
		w.keep()
	}
}

// keep makes the field just written stay even if it is zero.
func (w *rowWriter) keep() { w.open.kept, w.open.end = w.open.fields, len(w.buf) }

// row writes a row of the fields that f writes.
func (w *rowWriter) row(f func()) {
	outer, head := w.open, len(w.buf)
	w.buf = append(w.buf, 0) // the head of up to 15 fields
	w.open = openRow{end: len(w.buf)}
	f()
	w.buf = w.buf[:w.open.end]
	kept := w.open.kept
	if kept <= 15 {
		w.buf[head] = 0x90 | byte(kept)
	} else {
		w.buf = append(w.buf, 0, 0)
		copy(w.buf[head+3:], w.buf[head+1:])
		w.buf[head] = 0xdc
		binary.BigEndian.PutUint16(w.buf[head+1:], uint16(kept))
	}
	w.open = outer
	w.field(kept == 0)
}

// list writes an array of n values, each one by f. All of them stay.
func (w *rowWriter) list(n int, f func(i int)) {
	outer := w.open
	w.array(n)
	for i := range n {
		f(i)
	}
	w.open = outer
	w.field(n == 0)
}

// array writes the head of an array of n values.
func (w *rowWriter) array(n int) {
	switch {
	case n <= 15:
		w.buf = append(w.buf, 0x90|byte(n))
	case n <= math.MaxUint16:
		w.buf = append(w.buf, 0xdc, byte(n>>8), byte(n))
	default:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xdd), uint32(n))
	}
}

func (w *rowWriter) uint(n uint64) {
	switch {
	case n <= math.MaxInt8:
		w.buf = append(w.buf, byte(n))
	case n <= math.MaxUint8:
		w.buf = append(w.buf, 0xcc, byte(n))
	case n <= math.MaxUint16:
		w.buf = append(w.buf, 0xcd, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xce), uint32(n))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xcf), n)
	}
	w.field(n == 0)
}

func (w *rowWriter) int(n int64) {
	switch {
	case n >= 0:
		w.uint(uint64(n))
		return
	case n >= -32:
		w.buf = append(w.buf, byte(n))
	case n >= math.MinInt8:
		w.buf = append(w.buf, 0xd0, byte(n))
	case n >= math.MinInt16:
		w.buf = append(w.buf, 0xd1, byte(n>>8), byte(n))
	case n >= math.MinInt32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xd2), uint32(n))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xd3), uint64(n))
	}
	w.field(false)
}

func (w *rowWriter) str(s string) {
	switch n := len(s); {
	case n <= 31:
		w.buf = append(w.buf, 0xa0|byte(n))
	case n <= math.MaxUint8:
		w.buf = append(w.buf, 0xd9, byte(n))
	case n <= math.MaxUint16:
		w.buf = append(w.buf, 0xda, byte(n>>8), byte(n))
	default:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xdb), uint32(n))
	}
	w.buf = append(w.buf, s...)
	w.field(s == "")
}

// bin writes bytes, and nil where there are none.
func (w *rowWriter) bin(b []byte) {
	if len(b) == 0 {
		w.null()
		return
	}
	w.binHead(len(b))
	w.buf = append(w.buf, b...)
	w.field(false)
}

func (w *rowWriter) binHead(n int) {
	switch {
	case n <= math.MaxUint8:
		w.buf = append(w.buf, 0xc4, byte(n))
	case n <= math.MaxUint16:
		w.buf = append(w.buf, 0xc5, byte(n>>8), byte(n))
	default:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xc6), uint32(n))
	}
}

func (w *rowWriter) bool(v bool) {
	b := byte(0xc2)
	if v {
		b = 0xc3
	}
	w.buf = append(w.buf, b)
	w.field(!v)
}

func (w *rowWriter) null() {
	w.buf = append(w.buf, 0xc0)
	w.field(true)
}

func (w *rowWriter) digest(d Digest) {
	if d == (Digest{}) {
		w.null()
		return
	}
	w.bin(d[:])
}
