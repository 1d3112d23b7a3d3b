package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The book's folder:
//
//	book.db    the index, bbolt: drawn below
//	book.head  the witness (book_witness.go)
//	book.db.copy  the index as a backup reads it, while one is under way (book_backup.go)
//	rebuild.plan     while the book is rebuilt: what as, and how far that has come * (rebuild_codec.go)
//	rebuild/         while it is rebuilt: the new book, of the same files
//	before-epoch-N/  a book that was set aside when epoch N began, of the same files; with a plan
//	                 once all that it tells is recorded
//	book.key     its key, wrapped, where the book is sealed (sync/vault, ledger/sealed)
//	resealing/, resealed/  a book that is written anew, sealed or in the clear (book_reseal.go)
//	journal/   the journal, ledger/tape: each record is version 1, then for each frame its length
//	           (uvarint) and its bytes, verbatim (frame_codec.go); numbered by the entries in it
//	keys/      runs, ledger/runs: digest -> the entry that answered it, kept for ever
//	orders/    runs: order id -> the last entry that holds it, once it is closed; 0 where it was dropped
//
// The index, bucket by bucket. Keys sort; values marked * end in a CRC-32C over bucket, key and
// value (bbolt has no page checksums).
//
//	meta     "format"      -> 4
//	         "site"        -> site id
//	         "node key"    -> 16 random bytes, made with the book *
//	         "checkpoint"  -> checkpoint record: position, cursor, serial * (checkpoint_codec.go)
//	         "holdings"    -> what other sites have allotted to this one *, once there was any (holding_codec.go)
//	         "money"       -> the money of the site *, once there was any (tender_codec.go)
//	         "runs"        -> which runs there are, of keys and of orders * (checkpoint_codec.go)
//	         "ended"       -> for which orders the bucket ended answers: those whose last entry is behind the first of two, up to the checkpoint *
//	         "ref version" -> 8 bytes big-endian, head office's counter of reference data *
//	         "ref form"    -> 1: all items are kept with what this build knows of them *; absent where an older build stored them
//	         "sites"       -> list of the company's sites (sitelist_codec.go) *
//	         "customers version" -> 8 bytes big-endian, head office's counter of customers *, once there was one
//	         "company"     -> currency, time zone and checks, as head office said them last *, once it did (company_codec.go)
//	         "people"      -> users, as head office told them last *, of each the later word, once it did (user_codec.go, user_heard.go)
//	         "quarantine"  -> why nothing is written any more, UTF-8; absent when all is well *
//	levels   sku           -> level record *
//	orders   order id      -> order record *, while it is open
//	                          (ids of more than 16 bytes, and books of format 2 or 3: then the last entry that holds it *)
//	open     order id      -> open ask, or an empty one *: the order is in memory after opening
//	ended    order id      -> how a closed order that is not completed ended, a byte, and the last entry that holds it * (book_ended.go)
//	served   order id      -> served record, only while something is reserved *
//	returns  return id     -> return record *, while something can still happen to it (return_codec.go)
//	returned return id     -> return record *, as it ended, kept for ever
//	keys     digest, 16    -> the entry that answered it *: those of a book that was of format 2 or 3
//	items    sku           -> item record *
//	lots     sku, 0, lot, 0, entry as 8 bytes -> what that entry says of the lot *, kept for ever (book_lot_story.go), made with the first
//	customers id           -> customer record *: the one place of personal data (customer_codec.go), made with the first
//	changes  number        -> whose act changed reference data here *, the latest 10,000 (change_codec.go), made with the first: only where there is no head office
//
// A book whose journal was trimmed has, beside these (book_trim.go):
//
//	meta         "trimmed" -> the state where the journal was trimmed *: position, cursor, counts (trim_codec.go)
//	             "base holdings" -> holdings there *
//	             "base money" -> money there *
//	stubs        entry     -> pack of stubs from that entry on *, kept for ever
//	base levels  sku       -> level record there *
//	base orders  order id  -> order record there *, of those that were open
//	base open    order id  -> open ask there, or an empty one *
//	base served  order id  -> served record there *
//	base returns return id -> return record there *, of those that were open
//
// An order id that is a UUIDv7 is its 16 bytes, any other its text behind 17 bytes of 0xff. An entry is its number,
// big-endian without leading zeros: at most 8 bytes, which no record is as short as.
//
// The three buckets of returns are made when a book that has none is opened or trimmed; where one is not there, it
// is empty. Ids of returns are written as orders' are.
//
// levels, orders, open, ended, served, returns, keys and the runs are the checkpoint: all of one position, behind the
// journal, rebuilt from its tail when the book is opened. A run's file that no list names is nothing.
//
// Formats 2 and 3, which was a trimmed book's, had no runs: they are moved when it is opened, and what they have stays in its buckets (book_runs.go).
// Format 1 had the journal in a bucket, first seq -> frame, kept the records of closed orders and
// each key's request digest. It is moved when it is opened (book_move.go).
var (
	bucketMeta    = []byte("meta")
	bucketJournal = []byte("journal")
	bucketLevels  = []byte("levels")
	bucketOrders  = []byte("orders")
	bucketOpen    = []byte("open")
	bucketServed  = []byte("served")
	bucketKeys    = []byte("keys")
	bucketItems   = []byte("items")

	bucketCustomers = []byte("customers")
	bucketEnded     = []byte("ended")
	bucketChanges   = []byte("changes")

	bucketLots        = []byte("lots")
	bucketReturns     = []byte("returns")
	bucketReturned    = []byte("returned")
	bucketBaseReturns = []byte("base returns")

	bucketStubs      = []byte("stubs")
	bucketBaseLevels = []byte("base levels")
	bucketBaseOrders = []byte("base orders")
	bucketBaseOpen   = []byte("base open")
	bucketBaseServed = []byte("base served")

	keyFormat       = []byte("format")
	keySite         = []byte("site")
	keyNode         = []byte("node key")
	keyCheckpoint   = []byte("checkpoint")
	keyHoldings     = []byte("holdings")
	keyBaseHoldings = []byte("base holdings")
	keyMoney        = []byte("money")
	keyBaseMoney    = []byte("base money")
	keyRuns         = []byte("runs")
	keyRefVersion   = []byte("ref version")
	keyRefForm      = []byte("ref form")
	keySites        = []byte("sites")
	keyCustomers    = []byte("customers version")
	keyCompany      = []byte("company")
	keyPeople       = []byte("people")
	keyQuarantine   = []byte("quarantine")
	keyTrimmed      = []byte("trimmed")
	keyEnded        = []byte("ended")
)

const (
	bookFormat        = 4
	bookFormatTrimmed = 3 // 2, and some of it may be in stubs
	bookFormatBuckets = 2 // keys and closed orders in buckets
	bookFormatOld     = 1
)

func allBuckets() [][]byte {
	return [][]byte{bucketMeta, bucketLevels, bucketOrders, bucketOpen, bucketServed, bucketKeys, bucketItems}
}

// readsFormat says whether this build reads a book of that format as it is.
func readsFormat(format []byte) bool {
	return len(format) == 1 && bookFormatBuckets <= format[0] && format[0] <= bookFormat
}

func seqKey(seq Seq) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(seq))
}

// seqValue gives an entry's number as a value, without its checksum.
func seqValue(seq Seq) []byte {
	b := seqKey(seq)
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// parseSeq reads what seqValue wrote; 0 where b is no such thing.
func parseSeq(b []byte) (seq Seq) {
	if len(b) > 8 {
		return 0
	}
	for _, c := range b {
		seq = seq<<8 | Seq(c)
	}
	return seq
}

// orderKey gives an order's key in the buckets orders, open and served.
func orderKey(id OrderID) []byte {
	if b, ok := ParseUUID(id); ok && b.version() == 7 {
		return b[:]
	}
	return append(bytes.Repeat([]byte{0xff}, namedAhead), id...)
}

// namedID says whether an id is no UUID of version 7.
func namedID(id OrderID) bool {
	b, ok := ParseUUID(id)
	return !ok || b.version() != 7
}

// namedAhead is how many bytes of 0xff stand before an id that is no UUID of version 7: such a key
// is longer than a UUID, and sorts behind all of them.
const namedAhead = 17

// orderIDOf reads what orderKey wrote.
func orderIDOf(key []byte) OrderID {
	if len(key) == len(UUID{}) {
		return OrderID(UUID(key).String())
	}
	return OrderID(key[min(namedAhead, len(key)):])
}

func crcOf(bucket, key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once, by the library
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
