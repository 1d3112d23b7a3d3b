package tape

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// A segment file, all numbers little-endian:
//
//	0       header block: magic 8, version u32, length of owner u32, first u64, prev u64,
//	        size u64, salt 8, owner; zeros; at 4092 the CRC-32C of the 4,092 bytes before
//	4096    records, each begun at a multiple of 8:
//	        length u32, CRC-32C of the bytes u32, first u64, count u32,
//	        CRC-32C of these 20 bytes u32, bytes; then zeros up to the footer's room
//	size-n  footer, n by footerRoom: magic 8, version u32, number of marks u32, last u64,
//	        end u64, marks of first u64 and offset u64, CRC-32C u32
//
// prev is the first number of the segment before, 0 for the first ever made: so the headers
// alone show that a segment is missing. Every checksum below the header's begins with the
// segment's random salt: bytes of another segment, or a record inside a record, never check.
// In a segment of version 2 the bytes of a record are sealed (ledger/sealed) under a key of the segment's own, for
// the numbers that they stand at; the checksum is of what lies on the disk.
// A record's header has a checksum of its own, so that a lookup may step from header to header
// without reading what lies between, and a search for records costs nothing on other bytes.
const (
	version     = 1
	versionSeal = 2 // its records are sealed
	headerSize  = 4096
	headerFixed = 48 // bytes before the owner
	recordHead  = 24
	footerHead  = 32
	markSize    = 16
	markEach    = 64 << 10 // bytes between two marks, at least
	ownerMax    = 255
	magicHead   = "holdtape"
	magicFoot   = "tapefoot"
	suffix      = ".tape"
	spareName   = "spare.tmp"
)

// RecordMax bounds the bytes of one record.
const RecordMax = 8 << 20

// storedMax bounds what a record is on the disk.
const storedMax = RecordMax + sealed.Overhead

var errVersion = errors.New("format version")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A header is the first block of a segment.
type header struct {
	owner string
	first uint64 // number that its first record begins at
	prev  uint64 // first of the segment before
	size  int64  // of the file
	salt  [8]byte

	sealed bool
}

// A mark says that the record that begins at number first begins at offset at.
type mark struct {
	first uint64
	at    int64
}

// A footer is the index of a sealed segment.
type footer struct {
	last  uint64
	end   int64
	marks []mark
}

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, suffix) }

// parseName is the number that a segment's name holds; false for any other file.
func parseName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0 && segmentName(first) == name
}

func encodeHeader(h header) []byte {
	b := make([]byte, headerSize)
	copy(b, magicHead)
	binary.LittleEndian.PutUint32(b[8:], version)
	if h.sealed {
		binary.LittleEndian.PutUint32(b[8:], versionSeal)
	}
	binary.LittleEndian.PutUint32(b[12:], uint32(len(h.owner)))
	binary.LittleEndian.PutUint64(b[16:], h.first)
	binary.LittleEndian.PutUint64(b[24:], h.prev)
	binary.LittleEndian.PutUint64(b[32:], uint64(h.size))
	copy(b[40:48], h.salt[:])
	copy(b[headerFixed:], h.owner)
	binary.LittleEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
	return b
}

func decodeHeader(b []byte) (h header, err error) {
	switch {
	case len(b) != headerSize:
		return h, errors.New("header is cut off")
	case string(b[:8]) != magicHead:
		return h, errors.New("this is not a segment of a tape")
	case crc32.Checksum(b[:headerSize-4], castagnoli) != binary.LittleEndian.Uint32(b[headerSize-4:]):
		return h, errors.New("header does not match its checksum")
	}
	v := binary.LittleEndian.Uint32(b[8:])
	if v != version && v != versionSeal {
		return h, fmt.Errorf("%w %d, and this program knows %d and %d", errVersion, v, version, versionSeal)
	}
	h.sealed = v == versionSeal
	n := binary.LittleEndian.Uint32(b[12:])
	if n == 0 || n > ownerMax {
		return h, errors.New("header has no owner")
	}
	h.owner = string(b[headerFixed : headerFixed+n])
	h.first = binary.LittleEndian.Uint64(b[16:])
	h.prev = binary.LittleEndian.Uint64(b[24:])
	h.size = int64(binary.LittleEndian.Uint64(b[32:]))
	copy(h.salt[:], b[40:48])
	if h.first == 0 || h.prev >= h.first || h.size < sizeFor(1) || h.size > 1<<40 {
		return h, errors.New("header contradicts itself")
	}
	return h, nil
}

// seed is where the checksums of records and footer begin.
func (h header) seed() uint32 { return crc32.Checksum(h.salt[:], castagnoli) }

// room is where the records end and the footer's room begins.
func (h header) room() int64 { return h.size - footerRoom(h.size) }

// Cost is the room that a record of n bytes takes.
func Cost(n int) int64 { return (recordHead + int64(n) + 7) &^ 7 }

// footerRoom holds as many marks as a segment of that size can have: they stand markEach apart,
// and the first record has one.
func footerRoom(size int64) int64 {
	return roundUp(footerHead + 4 + markSize*(size/markEach+1))
}

// sizeFor is the smallest segment with need bytes for records.
func sizeFor(need int64) int64 {
	size := roundUp(headerSize + need)
	return size + footerRoom(size+footerRoom(size)+headerSize)
}

func roundUp(n int64) int64 { return (n + 4095) &^ 4095 }

// appendRecord puts the record behind dst, padded with zeros to a multiple of 8.
func appendRecord(dst []byte, seed uint32, r Record) []byte {
	var head [recordHead]byte
	binary.LittleEndian.PutUint32(head[0:], uint32(len(r.Bytes)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Update(seed, castagnoli, r.Bytes))
	binary.LittleEndian.PutUint64(head[8:], r.First)
	binary.LittleEndian.PutUint32(head[16:], r.Count)
	binary.LittleEndian.PutUint32(head[20:], crc32.Update(seed, castagnoli, head[:20]))
	var pad [8]byte
	dst = append(append(dst, head[:]...), r.Bytes...)
	return append(dst, pad[:Cost(len(r.Bytes))-recordHead-int64(len(r.Bytes))]...)
}

// A recordHeader is what is known of a record before its bytes are read.
type recordHeader struct {
	length int
	crc    uint32 // of the bytes
	first  uint64
	count  uint32
}

// readHead reads a record's header from the start of b, which has at least recordHead bytes.
// False says that none stands there: zeros, or what is not ours.
func readHead(seed uint32, b []byte) (recordHeader, bool) {
	r := recordHeader{
		length: int(binary.LittleEndian.Uint32(b)),
		crc:    binary.LittleEndian.Uint32(b[4:]),
		first:  binary.LittleEndian.Uint64(b[8:]),
		count:  binary.LittleEndian.Uint32(b[16:]),
	}
	if r.length == 0 || r.length > storedMax || r.first == 0 || r.count == 0 || r.next() < r.first {
		return r, false
	}
	return r, crc32.Update(seed, castagnoli, b[:20]) == binary.LittleEndian.Uint32(b[20:])
}

// checks says whether b, which begins with r's own header and holds all of its bytes, is the
// record that was written.
func (r recordHeader) checks(seed uint32, b []byte) bool {
	return crc32.Update(seed, castagnoli, b[recordHead:recordHead+r.length]) == r.crc
}

func (r recordHeader) cost() int64  { return Cost(r.length) }
func (r recordHeader) next() uint64 { return r.first + uint64(r.count) }

func (r recordHeader) record(b []byte) Record {
	return Record{First: r.first, Count: r.count, Bytes: b[recordHead : recordHead+r.length : recordHead+r.length]}
}

func encodeFooter(seed uint32, f footer) []byte {
	b := make([]byte, footerHead, footerHead+len(f.marks)*markSize+4)
	copy(b, magicFoot)
	binary.LittleEndian.PutUint32(b[8:], version)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(f.marks)))
	binary.LittleEndian.PutUint64(b[16:], f.last)
	binary.LittleEndian.PutUint64(b[24:], uint64(f.end))
	for _, m := range f.marks {
		b = binary.LittleEndian.AppendUint64(b, m.first)
		b = binary.LittleEndian.AppendUint64(b, uint64(m.at))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Update(seed, castagnoli, b))
}

// decodeFooter reads the footer of the segment with header h. Anything it gives lies inside
// the segment and rises.
func decodeFooter(h header, b []byte) (f footer, ok bool) {
	if len(b) < footerHead+4 || string(b[:8]) != magicFoot || binary.LittleEndian.Uint32(b[8:]) != version {
		return f, false
	}
	n := int64(binary.LittleEndian.Uint32(b[12:]))
	end := footerHead + n*markSize
	if n == 0 || end+4 > int64(len(b)) || crc32.Update(h.seed(), castagnoli, b[:end]) != binary.LittleEndian.Uint32(b[end:]) {
		return f, false
	}
	f.last = binary.LittleEndian.Uint64(b[16:])
	f.end = int64(binary.LittleEndian.Uint64(b[24:]))
	f.marks = make([]mark, n)
	for i := range f.marks {
		m := b[footerHead+i*markSize:]
		f.marks[i] = mark{binary.LittleEndian.Uint64(m), int64(binary.LittleEndian.Uint64(m[8:]))}
	}
	if f.marks[0] != (mark{h.first, headerSize}) || f.last < h.first || f.end > h.room() {
		return footer{}, false
	}
	for i, m := range f.marks[1:] {
		if m.first <= f.marks[i].first || m.at <= f.marks[i].at || m.first > f.last || m.at >= f.end {
			return footer{}, false
		}
	}
	return f, true
}
