package machine

import (
	"encoding/binary"
	"math"
)

// The values of msgpack that commands and records are made of, each written in its shortest form, byte for byte as the
// library writes it, and read as the library reads them (TestValuesAreThoseOfTheLibrary). Its encoders
// and decoders cost more than the values: a command has hundreds of these.

func appendArray(b []byte, n int) []byte {
	switch {
	case n <= 15:
		return append(b, 0x90|byte(n))
	case n <= math.MaxUint16:
		return append(b, 0xdc, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint32(append(b, 0xdd), uint32(n))
	}
}

func appendUint(b []byte, n uint64) []byte {
	switch {
	case n <= math.MaxInt8:
		return append(b, byte(n))
	case n <= math.MaxUint8:
		return append(b, 0xcc, byte(n))
	case n <= math.MaxUint16:
		return append(b, 0xcd, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, 0xcf), n)
	}
}

func appendInt(b []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendUint(b, uint64(n))
	case n >= -32:
		return append(b, byte(n))
	case n >= math.MinInt8:
		return append(b, 0xd0, byte(n))
	case n >= math.MinInt16:
		return append(b, 0xd1, byte(n>>8), byte(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
	}
}

func appendString(b []byte, s string) []byte {
	switch n := len(s); {
	case n <= 31:
		b = append(b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		b = append(b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		b = append(b, 0xda, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
	}
	return append(b, s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 0xc3)
	}
	return append(b, 0xc2)
}

// appendBytes writes nil where p is nil.
func appendBytes(b, p []byte) []byte {
	if p == nil {
		return append(b, 0xc0)
	}
	return append(appendBytesLen(b, len(p)), p...)
}

func appendBytesLen(b []byte, n int) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(b, 0xc4, byte(n))
	case n <= math.MaxUint16:
		return append(b, 0xc5, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint32(append(b, 0xc6), uint32(n))
	}
}

// appendBlob writes what f appends as a string of bytes. Most are less than 64 KiB: so much is set aside for
// the length, and what was written moves if it is otherwise.
func appendBlob(b []byte, f func([]byte) []byte) []byte {
	from := len(b)
	b = f(append(b, 0, 0, 0))
	n := len(b) - from - 3
	var head [5]byte
	size := len(appendBytesLen(head[:0], n))
	if size > 3 {
		b = append(b, head[3:size]...)
	}
	copy(b[from+size:], b[from+3:from+3+n])
	copy(b[from:], head[:size])
	return b[:from+size+n]
}

// values is what is left to be read. A read that does not find its kind of value, or is cut off, says so and is at no
// certain place afterwards: whoever reads stops.
type values struct {
	b  []byte
	at int
}

func (v *values) head() (byte, bool) {
	if v.at >= len(v.b) {
		return 0, false
	}
	v.at++
	return v.b[v.at-1], true
}

// big reads a number of so many bytes.
func (v *values) big(width int) (n uint64, ok bool) {
	if len(v.b)-v.at < width {
		return 0, false
	}
	for _, c := range v.b[v.at : v.at+width] {
		n = n<<8 | uint64(c)
	}
	v.at += width
	return n, true
}

// arrayLen is -1 for nil.
func (v *values) arrayLen() (n int, ok bool) {
	c, ok := v.head()
	var u uint64
	switch {
	case !ok:
	case c == 0xc0:
		return -1, true
	case c >= 0x90 && c <= 0x9f:
		return int(c & 0x0f), true
	case c == 0xdc:
		u, ok = v.big(2)
	case c == 0xdd:
		u, ok = v.big(4)
	default:
		return 0, false
	}
	return int(u), ok
}

// leadsArray says whether an array comes next.
func (v *values) leadsArray() bool {
	if v.at >= len(v.b) {
		return false
	}
	c := v.b[v.at]
	return c >= 0x90 && c <= 0x9f || c == 0xdc || c == 0xdd
}

// bytesLen is the length of a text or of bytes, -1 for nil.
func (v *values) bytesLen() (n int, ok bool) {
	c, ok := v.head()
	var u uint64
	switch {
	case !ok:
	case c == 0xc0:
		return -1, true
	case c >= 0xa0 && c <= 0xbf:
		return int(c & 0x1f), true
	case c == 0xc4 || c == 0xd9:
		u, ok = v.big(1)
	case c == 0xc5 || c == 0xda:
		u, ok = v.big(2)
	case c == 0xc6 || c == 0xdb:
		u, ok = v.big(4)
	default:
		return 0, false
	}
	return int(u), ok
}

// bytes is a text or bytes, where they stand.
func (v *values) bytes() (p []byte, ok bool) {
	n, ok := v.bytesLen()
	if !ok || n > len(v.b)-v.at {
		return nil, false
	}
	if n < 0 {
		return nil, true
	}
	p = v.b[v.at : v.at+n : v.at+n]
	v.at += n
	return p, true
}

// number is any whole number; one below zero is as its two's complement.
func (v *values) number() (n uint64, ok bool) {
	c, ok := v.head()
	switch {
	case !ok:
	case c <= 0x7f || c >= 0xe0:
		return uint64(int8(c)), true
	case c == 0xc0:
		return 0, true
	case c >= 0xcc && c <= 0xcf:
		return v.big(1 << (c - 0xcc))
	case c == 0xd0:
		n, ok = v.big(1)
		n = uint64(int8(n))
	case c == 0xd1:
		n, ok = v.big(2)
		n = uint64(int16(n))
	case c == 0xd2:
		n, ok = v.big(4)
		n = uint64(int32(n))
	case c == 0xd3:
		return v.big(8)
	default:
		return 0, false
	}
	return n, ok
}

func (v *values) flag() (is, ok bool) {
	c, ok := v.head()
	return c == 0xc3, ok && (c == 0xc0 || c == 0xc2 || c == 0xc3)
}

// skip passes a value over, whatever it holds.
func (v *values) skip() bool {
	for left := uint64(1); left > 0; left-- {
		c, ok := v.head()
		var n uint64 // bytes behind the head
		switch {
		case !ok:
		case c <= 0x7f || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3:
		case c <= 0x8f:
			left += 2 * uint64(c&0x0f)
		case c <= 0x9f:
			left += uint64(c & 0x0f)
		case c <= 0xbf:
			n = uint64(c & 0x1f)
		case c >= 0xc4 && c <= 0xc6:
			n, ok = v.big(1 << (c - 0xc4))
		case c == 0xca || c == 0xcb:
			n = 4 << (c - 0xca)
		case c >= 0xcc && c <= 0xcf:
			n = 1 << (c - 0xcc)
		case c >= 0xd0 && c <= 0xd3:
			n = 1 << (c - 0xd0)
		case c >= 0xd9 && c <= 0xdb:
			n, ok = v.big(1 << (c - 0xd9))
		case c == 0xdc || c == 0xdd:
			n, ok = v.big(2 << (c - 0xdc))
			left, n = left+n, 0
		case c == 0xde || c == 0xdf:
			n, ok = v.big(2 << (c - 0xde))
			left, n = left+2*n, 0
		default:
			return false
		}
		if !ok || n > uint64(len(v.b)-v.at) {
			return false
		}
		v.at += int(n)
	}
	return true
}
