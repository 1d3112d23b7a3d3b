package raftlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

var (
	errShort    = errors.New("record is too short")
	errVersion  = errors.New("record has an unknown version")
	errChecksum = errors.New("record does not fit its checksum")
)

// seal puts version and checksum into the header of rec, whose body is already in place.
func seal(key, rec []byte) {
	rec[0] = formatVersion
	binary.BigEndian.PutUint32(rec[1:headerSize], checksum(key, rec))
}

// unseal checks rec and returns its body, which lies in rec.
func unseal(key, rec []byte) ([]byte, error) {
	switch {
	case len(rec) < headerSize:
		return nil, errShort
	case rec[0] != formatVersion:
		return nil, errVersion
	case binary.BigEndian.Uint32(rec[1:headerSize]) != checksum(key, rec):
		return nil, errChecksum
	}
	return rec[headerSize:], nil
}

func checksum(key, rec []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // the standard library keeps it: no work here
	sum := crc32.Update(0, table, rec[:1])
	sum = crc32.Update(sum, table, key)
	return crc32.Update(sum, table, rec[headerSize:])
}
