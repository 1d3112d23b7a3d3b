package ledger

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"
)

// NewOrderID makes a UUIDv7 (RFC 9562) from the moment and ten bytes of the random source.
func NewOrderID(now time.Time, random io.Reader) (OrderID, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", err
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return OrderID(text[:]), nil
}

// ParseOrderID takes an order's id from outside: a UUIDv7 in lower case.
func ParseOrderID(s string) (OrderID, error) {
	if len(s) != 36 || s[14] != '7' {
		return "", errOrderID()
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return "", errOrderID()
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
				return "", errOrderID()
			}
		}
	}
	return OrderID(s), nil
}

func errOrderID() error { return &FormError{Field: "id", Why: "is not a UUIDv7 in lower case"} }
