package raftlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A frame of the tail is what one append has written. It begins at a multiple of tailPage, integers big end first:
//
//	"HFRT" | version 1 | zero 3 | generation 8 | number 8 | body length 4 | crc32c 4 | body
//
// The body is the records of the append (entry_codec.go), each behind its length in 4 bytes. The checksum is over
// all that stands before it and the body. What is left of the last page is zero.
const (
	frameMagic   = "HFRT"
	frameVersion = 1
	frameHeader  = 32
	frameSum     = frameHeader - 4 // where the checksum stands

	// tailPage is what a frame is a multiple of: no append writes a page that holds what another has reported as done.
	tailPage = 4096
)

var errNoFrame = errors.New("is no frame")

// frameSize is how many bytes of the file a frame of these records takes.
func frameSize(recs [][]byte) int64 {
	n := int64(frameHeader)
	for _, rec := range recs {
		n += 4 + int64(len(rec))
	}
	return (n + tailPage - 1) / tailPage * tailPage
}

// appendFrame appends a frame of these records to b, which is empty.
func appendFrame(b []byte, generation, number uint64, recs [][]byte) []byte {
	b = append(append(b, frameMagic...), frameVersion, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, generation)
	b = binary.BigEndian.AppendUint64(b, number)
	b = append(b, make([]byte, frameHeader-len(b))...)
	for _, rec := range recs {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(rec))), rec...)
	}
	binary.BigEndian.PutUint32(b[frameSum-4:], uint32(len(b)-frameHeader))
	binary.BigEndian.PutUint32(b[frameSum:], frameChecksum(b))
	return append(b, make([]byte, -len(b)&(tailPage-1))...)
}

func frameChecksum(frame []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, frame[:frameSum]), table, frame[frameHeader:])
}

// A frame is one of the tail as it was read. Its records alias what it was read from.
type frame struct {
	generation, number uint64
	size               int64 // of the file
	recs               [][]byte
}

// readFrame reads the frame at the beginning of b.
func readFrame(b []byte) (f frame, err error) {
	if len(b) < frameHeader || string(b[:4]) != frameMagic || b[4] != frameVersion {
		return f, errNoFrame
	}
	n := uint64(binary.BigEndian.Uint32(b[frameSum-4:]))
	if n > uint64(len(b)-frameHeader) {
		return f, errNoFrame
	}
	all := b[:frameHeader+n]
	if binary.BigEndian.Uint32(b[frameSum:]) != frameChecksum(all) {
		return f, errNoFrame
	}
	f = frame{generation: binary.BigEndian.Uint64(b[8:]), number: binary.BigEndian.Uint64(b[16:])}
	for body := all[frameHeader:]; len(body) > 0; {
		if len(body) < 4 {
			return frame{}, errNoFrame
		}
		n := uint64(binary.BigEndian.Uint32(body))
		if body = body[4:]; n > uint64(len(body)) {
			return frame{}, errNoFrame
		}
		f.recs = append(f.recs, body[:n:n])
		body = body[n:]
	}
	f.size = frameSize(f.recs)
	if len(f.recs) == 0 || f.size > int64(len(b)) {
		return frame{}, errNoFrame
	}
	return f, nil
}
