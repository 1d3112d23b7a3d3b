package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The file:
//
//	frames / SITE / first sequence (8 bytes, big end first) -> record
//	whole  / SITE -> last sequence before the first gap (8 bytes, big end first)
//
// A record is version (1 byte), CRC-32C of all else with its place (4), last sequence (8), frame.
// What frames say of lots is in lots.go, and by which rules in lots_told.go.
// "whole" is a short cut for Open and may be missing: then the keys are walked from the start.
const (
	recordVersion = 1
	recordHead    = 1 + 4 + 8
)

func framesBucket() []byte { return []byte("frames") }
func wholeBucket() []byte  { return []byte("whole") }

func seqKey(seq ledger.Seq) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(seq))
}

func keySeq(k []byte) ledger.Seq { return ledger.Seq(binary.BigEndian.Uint64(k)) }

func sealRecord(r *Record) []byte {
	b := make([]byte, recordHead, recordHead+len(r.Frame))
	b[0] = recordVersion
	binary.BigEndian.PutUint64(b[5:], uint64(r.Last))
	b = append(b, r.Frame...)
	binary.BigEndian.PutUint32(b[1:], sumOf(r.Site, seqKey(r.First), b[5:]))
	return b
}

// openRecord checks a record at its place. The frame aliases b.
func openRecord(site ledger.SiteID, key, b []byte) (Record, error) {
	switch {
	case len(key) != 8:
		return Record{}, errors.New("its key is no sequence")
	case len(b) <= recordHead || b[0] != recordVersion:
		return Record{}, errors.New("it is no record of this version")
	case binary.BigEndian.Uint32(b[1:]) != sumOf(site, key, b[5:]):
		return Record{}, errors.New("its checksum does not fit")
	}
	r := Record{Site: site, First: keySeq(key), Last: keySeq(b[5:13]), Frame: b[recordHead:]}
	if r.First == 0 || r.Last < r.First {
		return Record{}, errors.New("it ends before it begins")
	}
	return r, nil
}

func sumOf(site ledger.SiteID, key, rest []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once by the library
	sum := crc32.Update(0, table, []byte(site))
	sum = crc32.Update(sum, table, key)
	return crc32.Update(sum, table, rest)
}
