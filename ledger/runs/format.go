package runs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strconv"
	"strings"
)

// A run file is pages of 4 KiB, all numbers little-endian. Each begins with kind u8, width u8,
// count u16 and zeros u32, and ends in a CRC-32C that begins with the run's salt and the page's
// number: a page of another run, or at another place, never checks.
//
//	rows    1   count rows: name 16, number of width bytes; names rise
//	group   2   follows the at most groupPages pages of rows that it is of: their first names, 16
//	            places of 16 bytes; then a Bloom filter over all their names, 59 lines of 64 bytes
//	top     3   count first names of groups; as many pages as it takes, behind the last group
//	footer  4   the last page: magic 8, version u32, length of owner u32, rows u64, salt 8,
//	            lowest name 16, highest 16, owner
//
// width is as many bytes as the largest number takes. With it and the count of rows all places
// follow. All bits of a name lie in one line of the filter, so a name that is not there costs at
// most one page a run; the filter is salted, so nobody outside can choose names that pass it.
const (
	version    = 1
	pageSize   = 4096
	pageHead   = 8
	pageEnd    = pageSize - 4
	nameSize   = 16
	groupMax   = 16   // pages of rows in a group
	groupNames = 3000 // names of a filter, at most: ten bits each
	lineSize   = 64
	lines      = 59
	filterAt   = pageHead + groupMax*nameSize
	topNames   = (pageEnd - pageHead) / nameSize
	footerHead = 72 // bytes before the owner
	ownerMax   = 255
	rowsMax    = 1 << 40
	magic      = "holdruns"
	suffix     = ".run"

	kindRows   = 1
	kindGroup  = 2
	kindTop    = 3
	kindFooter = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Name is what is looked for.
type Name [nameSize]byte

// A Row is a name with its number. The number 0 says that the name is gone.
type Row struct {
	Name   Name
	Number uint64
}

func (n Name) compare(m Name) int { return bytes.Compare(n[:], m[:]) }

// A layout says where everything stands in a file of so many rows.
type layout struct {
	rows  uint64
	width int
}

func (l layout) perPage() int64    { return int64((pageEnd - pageHead) / (nameSize + l.width)) }
func (l layout) groupPages() int64 { return min(groupMax, groupNames/l.perPage()) }
func (l layout) rowPages() int64   { return ceil(int64(l.rows), l.perPage()) }
func (l layout) groups() int64     { return ceil(l.rowPages(), l.groupPages()) }
func (l layout) footerAt() int64   { return l.topAt() + ceil(l.groups(), topNames) }
func (l layout) topAt() int64      { return l.rowPages() + l.groups() }
func (l layout) size() int64       { return (l.footerAt() + 1) * pageSize }

// rowsAt is where the i-th page of rows stands.
func (l layout) rowsAt(i int64) int64 { return i + i/l.groupPages() }

// groupAt is where the page of group g stands.
func (l layout) groupAt(g int64) int64 { return min((g+1)*l.groupPages(), l.rowPages()) + g }

// pagesOf is how many pages of rows group g has.
func (l layout) pagesOf(g int64) int64 {
	return min(l.groupPages(), l.rowPages()-g*l.groupPages())
}

// rowsOf is how many rows the i-th page of rows has.
func (l layout) rowsOf(i int64) int64 { return min(l.perPage(), int64(l.rows)-i*l.perPage()) }

func ceil(n, by int64) int64 { return (n + by - 1) / by }

// widthOf is how many bytes the number takes.
func widthOf(number uint64) int { return max(1, (bits.Len64(number)+7)/8) }

type salt [8]byte

// A footer is a run's last page.
type footer struct {
	layout
	salt    salt
	low     Name
	high    Name
	owner   string
	written uint32 // its checksum, which the list keeps
}

func fileName(number uint64) string { return fmt.Sprintf("%016d%s", number, suffix) }

func parseFileName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && number > 0 && fileName(number) == name
}

func sumOf(s salt, at int64, page []byte) uint32 {
	var b [16]byte
	copy(b[:], s[:])
	binary.LittleEndian.PutUint64(b[8:], uint64(at))
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, page[:pageEnd])
}

// sealPage fills in a page's head and its checksum.
func sealPage(page []byte, s salt, at int64, kind byte, width, count int) {
	page[0], page[1] = kind, byte(width)
	binary.LittleEndian.PutUint16(page[2:], uint16(count))
	binary.LittleEndian.PutUint32(page[pageEnd:], sumOf(s, at, page))
}

// openPage says what is wrong with a page that was read, or "".
func openPage(page []byte, s salt, at int64, kind byte, width, count int) string {
	switch {
	case len(page) != pageSize:
		return "it is cut off"
	case binary.LittleEndian.Uint32(page[pageEnd:]) != sumOf(s, at, page):
		return "it does not match its checksum"
	case page[0] != kind || page[1] != byte(width) || int(binary.LittleEndian.Uint16(page[2:])) != count:
		return "it is not the page that should stand there"
	}
	return ""
}

func encodeFooter(f footer) []byte {
	b := make([]byte, pageSize)
	copy(b[pageHead:], magic)
	binary.LittleEndian.PutUint32(b[16:], version)
	binary.LittleEndian.PutUint32(b[20:], uint32(len(f.owner)))
	binary.LittleEndian.PutUint64(b[24:], f.rows)
	copy(b[32:], f.salt[:])
	copy(b[40:], f.low[:])
	copy(b[56:], f.high[:])
	copy(b[footerHead:], f.owner)
	sealPage(b, f.salt, f.footerAt(), kindFooter, f.width, 0)
	return b
}

// decodeFooter reads the last page of a file of size bytes.
func decodeFooter(b []byte, size int64) (f footer, err error) {
	if len(b) != pageSize || string(b[pageHead:pageHead+8]) != magic {
		return f, errors.New("this is not the end of a run")
	}
	copy(f.salt[:], b[32:])
	f.written = binary.LittleEndian.Uint32(b[pageEnd:])
	if sumOf(f.salt, size/pageSize-1, b) != f.written {
		return f, errors.New("footer does not match its checksum")
	}
	if v := binary.LittleEndian.Uint32(b[16:]); v != version {
		return f, fmt.Errorf("format version %d, and this program knows %d", v, version)
	}
	n := binary.LittleEndian.Uint32(b[20:])
	f.layout = layout{rows: binary.LittleEndian.Uint64(b[24:]), width: int(b[1])}
	copy(f.low[:], b[40:])
	copy(f.high[:], b[56:])
	if b[0] != kindFooter || n == 0 || n > ownerMax || f.rows == 0 || f.rows > rowsMax || f.width == 0 || f.width > 8 ||
		f.low.compare(f.high) > 0 || f.size() != size {
		return f, errors.New("footer contradicts itself")
	}
	f.owner = string(b[footerHead : footerHead+n])
	return f, nil
}

// putRow writes the i-th row of a page.
func putRow(page []byte, width, i int, r Row) {
	at := pageHead + i*(nameSize+width)
	copy(page[at:], r.Name[:])
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], r.Number)
	copy(page[at+nameSize:at+nameSize+width], b[:])
}

func rowAt(page []byte, width, i int) (r Row) {
	at := pageHead + i*(nameSize+width)
	copy(r.Name[:], page[at:])
	var b [8]byte
	copy(b[:], page[at+nameSize:at+nameSize+width])
	r.Number = binary.LittleEndian.Uint64(b[:])
	return r
}

// nameAt reads the i-th name of a page that holds names alone.
func nameAt(page []byte, i int64) (n Name) {
	copy(n[:], page[pageHead+i*nameSize:])
	return n
}

// place gives the line of a name in the filter of its group, and its seven bits there.
func place(s salt, n Name) (line int, bit uint64) {
	h := mix(binary.LittleEndian.Uint64(n[:]) ^ binary.LittleEndian.Uint64(s[:]))
	h = mix(h + binary.LittleEndian.Uint64(n[8:]))
	return int(h >> 32 * lines >> 32), mix(h + 0x9e3779b97f4a7c15)
}

// mix is the last step of SplitMix64 (Steele, Lea, Flood, OOPSLA '14).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func putName(page []byte, s salt, n Name) {
	at, bit := place(s, n)
	line := page[filterAt+at*lineSize:]
	for range 7 {
		line[bit>>3&63] |= 1 << (bit & 7)
		bit >>= 9
	}
}

// mayHold is false for a name that is surely not in the group.
func mayHold(page []byte, s salt, n Name) bool {
	at, bit := place(s, n)
	line := page[filterAt+at*lineSize:]
	for range 7 {
		if line[bit>>3&63]&(1<<(bit&7)) == 0 {
			return false
		}
		bit >>= 9
	}
	return true
}
