package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
)

// The stories of lots: what each entry of any site says of one lot or serial number. They are made of the frames, in the transaction that writes
// them, and kept for ever:
//
//	lots / SKU 0 LOT 0 SITE 0 sequence (8) -> CRC-32C of key and row (4), row
//
// Neither name holds a byte of 0. So one walk over the keys of a lot gives its story site by site, each site's in its order.
func lotsBucket() []byte { return []byte("lots") }

func lotPrefix(sku ledger.SKU, lot ledger.LotID) []byte {
	return append(append(append([]byte(sku), 0), lot...), 0)
}

// putLots writes what a frame says of lots.
func putLots(tx *bolt.Tx, r *Record) error {
	bucket, err := tx.CreateBucketIfNotExists(lotsBucket())
	if err != nil {
		return err
	}
	return eachLotValue(r, bucket.Put)
}

// eachLotValue gives what the bucket holds of a frame. An entry that cannot be read, or that names no lot that there can be, is kept as any other and has
// no part in a story: what a site writes must not stop head office.
func eachLotValue(r *Record, give func(key, value []byte) error) error {
	f, err := ledger.DecodeFrame(r.Frame)
	if err != nil {
		return err
	}
	return eachLotValueOf(r.Site, f, give)
}

func eachLotValueOf(site ledger.SiteID, f *ledger.Frame, give func(key, value []byte) error) (err error) {
	for i, b := range f.Entries {
		if !ledger.MayTellLots(b) {
			continue
		}
		e, bad := ledger.UnmarshalEntry(b)
		if bad != nil || e.Seq != f.First+ledger.Seq(i) {
			continue
		}
		e.LotRows(func(sku ledger.SKU, lot ledger.LotID, row *ledger.LotRow) {
			if err != nil || !named(sku, lot) {
				return
			}
			key := append(append(lotPrefix(sku, lot), site...), 0)
			key = append(key, seqKey(row.Seq)...)
			value := ledger.MarshalLotRow(row)
			err = give(key, append(binary.BigEndian.AppendUint32(nil, lotSum(key, value)), value...))
		})
	}
	return err
}

func named(sku ledger.SKU, lot ledger.LotID) bool {
	_, noSKU := ledger.ParseSKU(string(sku))
	_, noLot := ledger.ParseLot(string(lot))
	return noSKU == nil && noLot == nil
}

func lotSum(key, row []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, key), table, row)
}

// tellsLots says whether a frame has an entry that may speak of lots.
func tellsLots(f *ledger.Frame) bool {
	for _, e := range f.Entries {
		if ledger.MayTellLots(e) {
			return true
		}
	}
	return false
}

// lotsSlice is how many rows of a lot are read in one transaction.
const lotsSlice = 1000

// EachLotRow gives the story of a lot in all sites' journals that this server has, site by site, each from its beginning. What is not on the disk yet is
// not in it: Flush comes first. f runs under no lock and may keep the row; an error of it ends the walk.
func (s *Store) EachLotRow(sku ledger.SKU, lot ledger.LotID, f func(ledger.SiteID, *ledger.LotRow) error) error {
	type told struct {
		site ledger.SiteID
		row  *ledger.LotRow
	}
	prefix := lotPrefix(sku, lot)
	from, rows := prefix, []told(nil)
	for more := true; more; {
		rows, more = rows[:0], false
		if err := s.db.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(lotsBucket())
			if bucket == nil {
				return nil
			}
			c := bucket.Cursor()
			for k, v := c.Seek(from); len(k) > len(prefix)+9 && string(k[:len(prefix)]) == string(prefix); k, v = c.Next() {
				if len(rows) == lotsSlice {
					from, more = append([]byte(nil), k...), true
					return nil
				}
				site, row, err := openLot(k[len(prefix):], k, v)
				if err != nil {
					return fmt.Errorf("read lot %s of %s: %w", lot, sku, err)
				}
				rows = append(rows, told{site, row})
			}
			return nil
		}); err != nil {
			return err
		}
		for _, t := range rows {
			if err := f(t.site, t.row); err != nil {
				return err
			}
		}
	}
	return s.Err()
}

var errLotRow = errors.New("a row of a lot is damaged")

// openLot checks a row at its place. rest is the key behind the lot.
func openLot(rest, key, b []byte) (ledger.SiteID, *ledger.LotRow, error) {
	n := len(rest) - 9
	if len(b) < 4 || rest[n] != 0 || binary.BigEndian.Uint32(b) != lotSum(key, b[4:]) {
		return "", nil, errLotRow
	}
	row, err := ledger.UnmarshalLotRow(b[4:])
	if err != nil {
		return "", nil, err
	}
	row.Seq = keySeq(rest[n+1:])
	return ledger.SiteID(rest[:n]), row, nil
}
