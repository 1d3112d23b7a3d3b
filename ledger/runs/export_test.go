package runs

import (
	"bytes"
	"encoding/binary"
)

// Tests of the format need its inside: what a golden file and a fuzzer hold is not to be had
// through the set's own methods.

type Footer = footer

var (
	EncodeFooter = encodeFooter
	DecodeFooter = decodeFooter
)

const (
	PageSize = pageSize
	FanIn    = fanIn
)

// SealFooter gives b the head and the checksum of a footer of a file of size bytes.
func SealFooter(b []byte, size int64) []byte {
	b = append(bytes.Clone(b), make([]byte, pageSize)...)[:pageSize]
	var s salt
	copy(s[:], b[32:])
	copy(b[pageHead:], magic)
	binary.LittleEndian.PutUint32(b[16:], version)
	sealPage(b, s, size/pageSize-1, kindFooter, int(b[1]), 0)
	return b
}

// SealAll gives each page of b the checksum that it would have in its run.
func SealAll(b []byte) []byte {
	b = bytes.Clone(b)
	var s salt
	copy(s[:], b[len(b)-pageSize+32:])
	for at := 0; at+pageSize <= len(b); at += pageSize {
		page := b[at : at+pageSize]
		binary.LittleEndian.PutUint32(page[pageEnd:], sumOf(s, int64(at/pageSize), page))
	}
	return b
}

// Held is how many bytes of filters are in memory.
func (s *Set) Held() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// WithoutSum leaves the checksum out, which is also over bytes that nobody reads.
func WithoutSum(f Footer) Footer {
	f.written = 0
	return f
}

// ListOf is a list that names the run with that footer as file 1.
func ListOf(f Footer) []Run { return []Run{{File: 1, Rows: f.rows, Sum: f.written}} }
