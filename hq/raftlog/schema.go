package raftlog

import "encoding/binary"

// The file holds three buckets. The last entries stand in the tail (tail.go), a file beside it.
//
//	bucket  key                      value
//	log     index, 8 bytes, big end  version 1 | crc32c, 4 | body (entry_codec.go)
//	log     0, one byte              1: the tail may hold entries (tail.go)
//	stable  raft's own name          version 1 | crc32c, 4 | bytes as given; a uint64 is 8, big end
//	tail    "generation"             whose frames are the tail's, 8 bytes, big end
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

// indexIn reads the key of an entry; ok is false of the mark.
func indexIn(key []byte) (index uint64, ok bool) {
	if len(key) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key), true
}
