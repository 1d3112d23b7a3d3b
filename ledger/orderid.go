package ledger

import (
	"encoding/binary"
	"io"
	"time"
)

// NewOrderID makes a UUIDv7 (RFC 9562) from the moment and ten bytes of the random source.
func NewOrderID(now time.Time, random io.Reader) (OrderID, error) {
	var b UUID
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", err
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return OrderID(b.String()), nil
}

// ParseOrderID takes an order's id from outside: a UUIDv7 in lower case.
func ParseOrderID(s string) (OrderID, error) {
	if id, ok := ParseUUID(s); !ok || id.version() != 7 {
		return "", &FormError{Field: "id", Why: "is not a UUIDv7 in lower case"}
	}
	return OrderID(s), nil
}
