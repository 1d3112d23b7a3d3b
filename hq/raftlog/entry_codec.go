package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hashicorp/raft"
)

// The body of a log record, integers big end first:
//
//	index 8 | term 8 | type 1 | appended at 8 | data length 4 | data | extensions length 4 | extensions
//
// Appended at is Unix nanoseconds, UTC; noTime stands for the zero time. Nothing may follow.
const (
	entryFixed = 8 + 8 + 1 + 8 + 4 + 4
	noTime     = math.MinInt64

	// EntryMax bounds data and extensions of one entry together, in bytes. Raft sends up to
	// MaxAppendEntries of them in one message, so what HQ proposes is far smaller.
	EntryMax = 64 << 20
)

var (
	errLength = errors.New("lengths do not fit the record")
	errIndex  = errors.New("record is of another index")
)

// encodeEntry returns the sealed record of l.
func encodeEntry(l *raft.Log) ([]byte, error) {
	// Each alone first: the sum cannot overflow then.
	if len(l.Data) > EntryMax || len(l.Extensions) > EntryMax || len(l.Data)+len(l.Extensions) > EntryMax {
		return nil, fmt.Errorf("encode raft entry %d: %d+%d bytes, limit is %d", l.Index, len(l.Data), len(l.Extensions), EntryMax)
	}
	rec := make([]byte, headerSize, headerSize+entryFixed+len(l.Data)+len(l.Extensions))
	rec = binary.BigEndian.AppendUint64(rec, l.Index)
	rec = binary.BigEndian.AppendUint64(rec, l.Term)
	rec = append(rec, byte(l.Type))
	rec = binary.BigEndian.AppendUint64(rec, uint64(nanos(l.AppendedAt)))
	rec = binary.BigEndian.AppendUint32(rec, uint32(len(l.Data)))
	rec = append(rec, l.Data...)
	rec = binary.BigEndian.AppendUint32(rec, uint32(len(l.Extensions)))
	rec = append(rec, l.Extensions...)
	seal(indexKey(l.Index), rec)
	return rec, nil
}

// decodeEntry fills l from the record of index. It copies: rec may die with its transaction.
// On an error l is as it was.
func decodeEntry(index uint64, rec []byte, l *raft.Log) error {
	b, err := unseal(indexKey(index), rec)
	if err != nil {
		return err
	}
	if len(b) < entryFixed {
		return errLength
	}
	got := raft.Log{
		Index: binary.BigEndian.Uint64(b),
		Term:  binary.BigEndian.Uint64(b[8:]),
		Type:  raft.LogType(b[16]), // a type that a newer raft wrote is raft's to judge
	}
	if n := int64(binary.BigEndian.Uint64(b[17:])); n != noTime {
		got.AppendedAt = time.Unix(0, n).UTC()
	}
	b = b[25:]
	var ok bool
	if got.Data, b, ok = cut(b); !ok {
		return errLength
	}
	if got.Extensions, b, ok = cut(b); !ok || len(b) != 0 {
		return errLength
	}
	if got.Index != index {
		return errIndex
	}
	*l = got
	return nil
}

// cut takes a length and that many bytes off b. The bytes are a copy, nil if there are none,
// and are made only after the length was seen to fit.
func cut(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n > uint64(len(b)) {
		return nil, nil, false
	}
	if n == 0 {
		return nil, b, true
	}
	return append([]byte(nil), b[:n]...), b[n:], true
}

// nanos is t in Unix nanoseconds, or noTime if 64 bits cannot hold it (before 1677, after 2262).
// Raft shows AppendedAt in its metrics and decides nothing by it.
func nanos(t time.Time) int64 {
	if t.Before(time.Unix(0, noTime+1)) || t.After(time.Unix(0, math.MaxInt64)) {
		return noTime
	}
	return t.UnixNano()
}
