package ledger

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The book's file, bucket by bucket. Keys sort; values marked * end in a CRC-32C over bucket,
// key and value (bbolt has no page checksums); the journal lies under the chain.
//
//	meta     "format"      -> 1
//	         "site"        -> site id
//	         "node key"    -> 16 random bytes, made with the book *
//	         "checkpoint"  -> checkpoint record: position, cursor, serial * (checkpoint_codec.go)
//	         "ref version" -> 8 bytes big-endian, head office's counter of reference data *
//	         "quarantine"  -> why nothing is written any more, UTF-8; absent when all is well *
//	journal  first seq, 8 bytes big-endian -> frame, verbatim (frame_codec.go)
//	levels   sku           -> level record *
//	orders   order id      -> order record, kept for ever *
//	open     order id      -> open ask, or an empty one *: the order is in memory after opening
//	served   order id      -> served record, only while something is reserved *
//	keys     digest, 16    -> request digest, 16 + seq, 8 big-endian, kept for ever *
//	items    sku           -> item record *
//
// levels, orders, open, served and keys are the checkpoint: all of one position, behind the
// journal, rebuilt from its tail when the book is opened.
var (
	bucketMeta    = []byte("meta")
	bucketJournal = []byte("journal")
	bucketLevels  = []byte("levels")
	bucketOrders  = []byte("orders")
	bucketOpen    = []byte("open")
	bucketServed  = []byte("served")
	bucketKeys    = []byte("keys")
	bucketItems   = []byte("items")

	keyFormat     = []byte("format")
	keySite       = []byte("site")
	keyNode       = []byte("node key")
	keyCheckpoint = []byte("checkpoint")
	keyRefVersion = []byte("ref version")
	keyQuarantine = []byte("quarantine")
)

const bookFormat = 1

func allBuckets() [][]byte {
	return [][]byte{bucketMeta, bucketJournal, bucketLevels, bucketOrders, bucketOpen, bucketServed, bucketKeys, bucketItems}
}

func seqKey(seq Seq) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(seq))
}

func crcOf(bucket, key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, bucket)
	sum = crc32.Update(sum, table, []byte{0})
	sum = crc32.Update(sum, table, key)
	sum = crc32.Update(sum, table, []byte{0})
	return crc32.Update(sum, table, value)
}

// sealed values end in their checksum; a value that was moved to another key does not open.
func sealValue(bucket, key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(value[:len(value):len(value)], crcOf(bucket, key, value))
}

func openValue(bucket, key, stored []byte) ([]byte, error) {
	n := len(stored) - 4
	if n < 0 || binary.BigEndian.Uint32(stored[n:]) != crcOf(bucket, key, stored[:n]) {
		return nil, &DamageError{Where: fmt.Sprintf("%s record %q", bucket, key), Why: "its checksum does not match"}
	}
	return stored[:n], nil
}
