package ledger

import (
	"encoding/binary"
	"fmt"
)

// Bounds of what Scan lets through to a decoder.
const (
	scanDepthMax    = 16
	scanElementsMax = 100_000
	// An entry, an order and a command of LinesMax lines, with prices, legs and what was short,
	// count 205,000 elements at most, 80,000 more with what they draw of others' stock and what
	// they displace, and 55,000 with what they come to: they are scanned apart from the message that carries them.
	orderElementsMax = 360_000
)

// Scan is ScanMax with the bound of a message: 100,000 elements.
func Scan(b []byte) error { return ScanMax(b, scanElementsMax) }

// ScanMax walks msgpack without recursion or allocation and refuses what would hurt a decoder: a
// length that claims more bytes or elements than are left, nesting beyond 16, more than
// most elements, an extension type, bytes behind the first value. Five bytes that claim 4
// billion elements kill a decoder that believes them (vmihailenco/msgpack #401); nesting
// overflows its stack. Every decoder of this house scans first, or does the same as it goes (rowReader).
func ScanMax(b []byte, most int) error {
	n, _, err := scanValue(b, most)
	if err == nil && n != len(b) {
		err = &DamageError{Where: "message", Why: "bytes behind the value"}
	}
	return err
}

// scanValue is ScanMax for the first value of b: it gives its length and its elements.
func scanValue(b []byte, most int) (n, elements int, err error) {
	var left [scanDepthMax + 1]uint64 // elements still to come at each depth
	depth := 0
	left[0] = 1
	for i := 0; ; {
		for left[depth] == 0 {
			if depth == 0 {
				return i, elements, nil
			}
			depth--
		}
		left[depth]--
		if elements++; elements > most {
			return 0, 0, &DamageError{Where: "message", Why: fmt.Sprintf("more than %d elements", most)}
		}
		if i >= len(b) {
			return 0, 0, &DamageError{Where: "message", Why: "cut off"}
		}
		head, skip, inner, ok := scanHead(b[i:])
		if !ok {
			return 0, 0, &DamageError{Where: "message", Why: "not msgpack of ours"}
		}
		// Each element takes a byte at least, so a count beyond the bytes left is a lie.
		rest := uint64(len(b) - i)
		if uint64(head)+skip > rest || inner > rest-uint64(head) {
			return 0, 0, &DamageError{Where: "message", Why: "a length beyond its end"}
		}
		i += head + int(skip)
		if inner > 0 {
			if depth++; depth > scanDepthMax {
				return 0, 0, &DamageError{Where: "message", Why: "nested deeper than 16"}
			}
			left[depth] = inner
		}
	}
}

// scanHead reads one value's head: its own bytes, the payload bytes behind it, and how many
// values it holds.
func scanHead(b []byte) (head int, skip, inner uint64, ok bool) {
	c := b[0]
	switch {
	case c <= 0x7f || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3:
		return 1, 0, 0, true
	case c <= 0x8f:
		return 1, 0, 2 * uint64(c&0x0f), true
	case c <= 0x9f:
		return 1, 0, uint64(c & 0x0f), true
	case c <= 0xbf:
		return 1, uint64(c & 0x1f), 0, true
	}
	n := func(width int) (uint64, bool) {
		if len(b) < 1+width {
			return 0, false
		}
		switch width {
		case 1:
			return uint64(b[1]), true
		case 2:
			return uint64(binary.BigEndian.Uint16(b[1:])), true
		default:
			return uint64(binary.BigEndian.Uint32(b[1:])), true
		}
	}
	switch c {
	case 0xcc, 0xd0: // 8-bit numbers
		return 1, 1, 0, true
	case 0xcd, 0xd1:
		return 1, 2, 0, true
	case 0xca, 0xce, 0xd2:
		return 1, 4, 0, true
	case 0xcb, 0xcf, 0xd3:
		return 1, 8, 0, true
	case 0xc4, 0xd9: // bin8, str8
		skip, ok = n(1)
		return 2, skip, 0, ok
	case 0xc5, 0xda:
		skip, ok = n(2)
		return 3, skip, 0, ok
	case 0xc6, 0xdb:
		skip, ok = n(4)
		return 5, skip, 0, ok
	case 0xdc: // array16
		inner, ok = n(2)
		return 3, 0, inner, ok
	case 0xdd:
		inner, ok = n(4)
		return 5, 0, inner, ok
	case 0xde: // map16
		inner, ok = n(2)
		return 3, 0, 2 * inner, ok
	case 0xdf:
		inner, ok = n(4)
		return 5, 0, 2 * inner, ok
	default: // extensions, never used by us
		return 0, 0, 0, false
	}
}
