package raftlog

import "encoding/binary"

// The file holds two buckets.
//
//	bucket  key                      value
//	log     index, 8 bytes, big end  version 1 | crc32c, 4 | body (entry_codec.go)
//	stable  raft's own name          version 1 | crc32c, 4 | bytes as given; a uint64 is 8, big end
//
// The checksum is over the version, the key and what follows it, with the Castagnoli
// polynomial: a record that turns up under another key fails it.
const (
	formatVersion = 1
	headerSize    = 1 + 4
)

func logBucket() []byte    { return []byte("log") }
func stableBucket() []byte { return []byte("stable") }

func indexKey(index uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), index)
}
