package ledger

import "encoding/hex"

// A UUID is a UUID's bytes (RFC 9562), which sort as its text does.
type UUID [16]byte

// UUIDLen is how many bytes the text of a UUID has.
const UUIDLen = 36

// ParseUUID reads 8-4-4-4-12 hexadecimal digits in lower case and nothing else, so that String
// gives back to the letter what was read.
func ParseUUID[T ~string | ~[]byte](text T) (id UUID, ok bool) {
	if len(text) != UUIDLen {
		return UUID{}, false
	}
	n := 0
	for i := 0; i < UUIDLen; {
		switch i {
		case 8, 13, 18, 23:
			if text[i] != '-' {
				return UUID{}, false
			}
			i++
			continue
		}
		hi, lo := hexValue(text[i]), hexValue(text[i+1])
		if hi|lo > 0x0f {
			return UUID{}, false
		}
		id[n] = hi<<4 | lo
		n++
		i += 2
	}
	return id, true
}

func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	default:
		return 0xff
	}
}

// String gives the text.
func (id UUID) String() string {
	var text [UUIDLen]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// version is 7 where the UUID begins with the moment it was made.
func (id UUID) version() byte { return id[6] >> 4 }
