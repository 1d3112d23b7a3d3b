package tape

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Tests of the format need its inside: what a golden file and a fuzzer hold is not to be had
// through the tape's own methods.

type (
	Header = header
	Footer = footer
)

var (
	EncodeHeader = encodeHeader
	DecodeHeader = decodeHeader
	EncodeFooter = encodeFooter
	DecodeFooter = decodeFooter
)

// SegmentSize is a small legal size.
var SegmentSize = sizeFor(64)

// MakeHeader is a header in words.
func MakeHeader(owner string, first, prev uint64, size int64, salt [8]byte) Header {
	return Header{owner: owner, first: first, prev: prev, size: size, salt: salt}
}

// MakeFooter has one mark a pair of number and offset.
func MakeFooter(last uint64, end int64, marks ...[2]uint64) Footer {
	f := Footer{last: last, end: end}
	for _, m := range marks {
		f.marks = append(f.marks, mark{m[0], int64(m[1])})
	}
	return f
}

// EncodeRecord is a record as it stands in a segment with header h.
func EncodeRecord(h Header, r Record) []byte { return appendRecord(nil, h.seed(), r) }

// DecodeRecord reads what EncodeRecord wrote, as the scanner does.
func DecodeRecord(h Header, b []byte) (Record, bool) {
	if len(b) < recordHead {
		return Record{}, false
	}
	r, ok := readHead(h.seed(), b)
	if !ok || r.cost() > int64(len(b)) || !r.checks(h.seed(), b) {
		return Record{}, false
	}
	return r.record(b), true
}

// End is where the records in the current segment end.
func (t *Tape) End() int64 { return t.end }

// Seed is where the checksums of a segment begin.
func (h Header) Seed() uint32 { return h.seed() }

// The fuzzers cannot guess a checksum; these put the right one on what they made up.

// SealHeader gives b the checksum of a header.
func SealHeader(b []byte) []byte {
	b = append(bytes.Clone(b), make([]byte, headerSize)...)[:headerSize]
	copy(b, magicHead)
	binary.LittleEndian.PutUint32(b[8:], version)
	binary.LittleEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
	return b
}

// NewerHeader is the segment with its header as a next version would write it.
func NewerHeader(b []byte) []byte {
	b = bytes.Clone(b)
	binary.LittleEndian.PutUint32(b[8:], versionSeal+1)
	binary.LittleEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
	return b
}

// SealRecord gives b the checksums of a record, of as many bytes as it says or as there are.
func SealRecord(h Header, b []byte) []byte {
	b = append(bytes.Clone(b), make([]byte, max(0, recordHead-len(b)))...)
	n := min(int(binary.LittleEndian.Uint32(b)), len(b)-recordHead)
	binary.LittleEndian.PutUint32(b[4:], crc32.Update(h.seed(), castagnoli, b[recordHead:recordHead+n]))
	binary.LittleEndian.PutUint32(b[20:], crc32.Update(h.seed(), castagnoli, b[:20]))
	return b
}

// SealFooter gives b the checksum of a footer, where it has room for its marks.
func SealFooter(h Header, b []byte) []byte {
	b = append(bytes.Clone(b), make([]byte, footerHead+4)...)
	copy(b, magicFoot)
	binary.LittleEndian.PutUint32(b[8:], version)
	end := footerHead + markSize*min(int(binary.LittleEndian.Uint32(b[12:])), (len(b)-footerHead-4)/markSize)
	binary.LittleEndian.PutUint32(b[end:], crc32.Update(h.seed(), castagnoli, b[:end]))
	return b
}
