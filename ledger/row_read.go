package ledger

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A rowReader reads what rowWriter writes. It does the work of Scan as it goes: no length is
// believed that the bytes left do not bear out, no more than most values are read, and what is
// passed over is scanned without recursion; the depth is that of the calls below. It keeps no
// part of its bytes but what bin gives. The first fault sticks; later reads give zero values.
type rowReader struct {
	b     []byte
	at    int // in b
	left  int // of the innermost array: values still to come; where none is, a read gives zero
	most  int // values that may still be read
	err   error
	names []string // of the entry, where it has any
	share *sharer  // of strings that come again and again; nil where none is kept
	whole string   // b, where its strings are to be parts of one; else "", and each is one by itself
}

func newRowReader(b []byte, most int, share *sharer) rowReader {
	return rowReader{b: b, left: 1, most: most, share: share}
}

func (r *rowReader) damage(why string) {
	if r.err == nil {
		r.err = &DamageError{Where: "message", Why: why}
	}
}

func (r *rowReader) refuse(format string, a ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{errShape}, a...)...)
	}
}

// next says whether there is a value to read, and counts it.
func (r *rowReader) next() bool {
	if r.left == 0 || r.err != nil {
		return false
	}
	r.left--
	if r.most--; r.most < 0 {
		r.damage("more elements than a record has")
		return false
	}
	if r.at >= len(r.b) {
		r.damage("cut off")
		return false
	}
	return true
}

// number reads width bytes, big end first.
func (r *rowReader) number(width int) uint64 {
	if len(r.b)-r.at < width {
		r.damage("cut off")
		return 0
	}
	b := r.b[r.at:]
	r.at += width
	switch width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return binary.BigEndian.Uint64(b)
	}
}

// head takes the first byte of a value.
func (r *rowReader) head() byte {
	c := r.b[r.at]
	r.at++
	return c
}

// row reads an array of at least least values by f and passes over those behind: a newer writer
// has appended them.
func (r *rowReader) row(least int, f func()) { r.inside(least, math.MaxInt32, func(int) { f() }) }

// list reads an array of at most most values by f, which is told their number.
func (r *rowReader) list(most int, f func(n int)) { r.inside(0, most, f) }

func (r *rowReader) inside(least, most int, f func(n int)) {
	if !r.next() {
		if least > 0 && r.err == nil {
			r.refuse("no array, want one of %d", least)
		}
		return
	}
	n := 0
	switch c := r.head(); {
	case c&0xf0 == 0x90:
		n = int(c & 0x0f)
	case c == 0xdc:
		n = int(r.number(2))
	case c == 0xdd:
		n = int(r.number(4))
	default:
		r.refuse("%#x, want an array", c)
	}
	switch {
	case r.err != nil:
	case n > len(r.b)-r.at: // each value takes a byte at least
		r.damage("a length beyond its end")
	case n < least || n > most:
		r.refuse("array of %d, want %d to %d", n, least, most)
	}
	if r.err != nil {
		return
	}
	outer := r.left
	r.left = n
	f(n)
	for r.left > 0 && r.err == nil {
		r.skip()
	}
	r.left = outer
}

// skip passes over one value, whatever it holds.
func (r *rowReader) skip() {
	if !r.next() {
		return
	}
	n, elements, err := scanValue(r.b[r.at:], r.most+1)
	if r.err = err; err != nil {
		return
	}
	r.at += n
	r.most -= elements - 1
}

// least refuses a row with less than n values still to come.
func (r *rowReader) least(n int) {
	if r.err == nil && r.left < n {
		r.refuse("%d values too few", n-r.left)
	}
}

func (r *rowReader) int() int64 {
	if !r.next() {
		return 0
	}
	switch c := r.head(); c {
	case 0xd0:
		return int64(int8(r.number(1)))
	case 0xd1:
		return int64(int16(r.number(2)))
	case 0xd2:
		return int64(int32(r.number(4)))
	case 0xd3:
		return int64(r.number(8))
	default:
		if c >= 0xe0 {
			return int64(int8(c))
		}
		n := r.natural(c)
		if n > math.MaxInt64 {
			r.refuse("%d, more than a signed number holds", n)
			return 0
		}
		return int64(n)
	}
}

func (r *rowReader) uint() uint64 {
	if !r.next() {
		return 0
	}
	return r.natural(r.head())
}

// natural reads the rest of a number that is not below zero.
func (r *rowReader) natural(c byte) uint64 {
	switch {
	case c <= 0x7f:
		return uint64(c)
	case c >= 0xcc && c <= 0xcf:
		return r.number(1 << (c - 0xcc))
	default:
		r.refuse("%#x, want a number", c)
		return 0
	}
}

// upTo reads a number that must not be above most: cut short it would mean another kind.
func (r *rowReader) upTo(most uint64) uint64 {
	n := r.uint()
	if n > most {
		r.refuse("%d, at most %d", n, most)
		return 0
	}
	return n
}

func (r *rowReader) bool() bool {
	if !r.next() {
		return false
	}
	c := r.head()
	if c != 0xc2 && c != 0xc3 {
		r.refuse("%#x, want true or false", c)
	}
	return c == 0xc3
}

// peek gives the first byte of the next value; nil's where there is none.
func (r *rowReader) peek() byte {
	if r.left == 0 || r.err != nil || r.at >= len(r.b) {
		return 0xc0
	}
	return r.b[r.at]
}

// null says whether nil or nothing comes next, and takes it.
func (r *rowReader) null() bool {
	if r.peek() != 0xc0 {
		return false
	}
	if r.next() {
		r.at++
	}
	return true
}

// str reads a string. One that comes again and again is read by word or name.
func (r *rowReader) str() string {
	b := r.text()
	if r.whole != "" {
		return r.whole[r.at-len(b) : r.at]
	}
	return string(b)
}

func (r *rowReader) text() []byte {
	if !r.next() {
		return nil
	}
	switch c := r.head(); {
	case c&0xe0 == 0xa0:
		return r.take(uint64(c & 0x1f))
	case c >= 0xd9 && c <= 0xdb:
		return r.take(r.number(1 << (c - 0xd9)))
	default:
		r.refuse("%#x, want a string", c)
		return nil
	}
}

// bin reads bytes, which stay part of what is read; nil where there are none.
func (r *rowReader) bin() []byte {
	if r.null() || !r.next() {
		return nil
	}
	c := r.head()
	if c < 0xc4 || c > 0xc6 {
		r.refuse("%#x, want bytes", c)
		return nil
	}
	if b := r.take(r.number(1 << (c - 0xc4))); len(b) > 0 {
		return b
	}
	return nil
}

func (r *rowReader) take(n uint64) []byte {
	if r.err != nil {
		return nil
	}
	if n > uint64(len(r.b)-r.at) {
		r.damage("a length beyond its end")
		return nil
	}
	b := r.b[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

// fixed reads exactly len(into) bytes; nil stands for all zero where mayBeNil.
func (r *rowReader) fixed(into []byte, mayBeNil bool) {
	b := r.bin()
	if r.err != nil || b == nil && mayBeNil {
		return
	}
	if len(b) != len(into) {
		r.refuse("%d bytes, want %d", len(b), len(into))
		return
	}
	copy(into, b)
}

func (r *rowReader) digest() (d Digest) {
	r.fixed(d[:], true)
	return d
}

// done gives the first error, naming what was read. Bytes behind the value are one.
func (r *rowReader) done(what string) error {
	if r.err == nil && r.at != len(r.b) {
		r.damage("bytes behind the value")
	}
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("decode %s: %w", what, r.err)
}
