package journal

import (
	"bytes"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
)

// auditLots makes the stories of lots anew of all frames, those beyond a gap too, and holds them against what the bucket has: each row as it was made, and
// no row that no entry tells. A recall goes by these rows, so one that is missing is an order that nobody is warned of. In a file that a build before
// these stories wrote, and that none since has opened, rows may be missing: Open makes them (lots_told.go).
func auditLots(tx *bolt.Tx) error {
	frames, rows := tx.Bucket(framesBucket()), tx.Bucket(lotsBucket())
	if frames == nil {
		return nil
	}
	told, whole := 0, lotsTold(tx) >= lotRules
	err := frames.ForEachBucket(func(name []byte) error {
		site, err := ledger.ParseSite(string(name))
		if err != nil {
			return err
		}
		return frames.Bucket(name).ForEach(func(k, v []byte) error {
			r, err := openRecord(site, k, v)
			if err != nil {
				return damaged(site, k, err)
			}
			return eachLotValue(&r, func(key, value []byte) error {
				var has []byte
				if rows != nil {
					has = rows.Get(key)
				}
				if has != nil || whole {
					told++
				}
				why := "it is not in the story of its lot"
				switch {
				case bytes.Equal(has, value), has == nil && !whole:
					return nil
				case has != nil && !whole: // as the build that wrote it understood the entry
					if _, _, err := openLot(key[len(key)-9-len(site):], key, has); err == nil {
						return nil
					}
					fallthrough
				case has != nil:
					why = "the story of its lot says something else"
				}
				return &ledger.DamageError{Where: fmt.Sprintf("entry %d of %s", keySeq(key[len(key)-8:]), site), Why: why + ": " + lotOfKey(key)}
			})
		})
	})
	if err != nil || rows == nil {
		return err
	}
	kept := 0
	if err := rows.ForEach(func([]byte, []byte) error { kept++; return nil }); err != nil {
		return err
	}
	if kept != told {
		return &ledger.DamageError{Where: "lots", Why: fmt.Sprintf("it has %d rows, and entries tell %d", kept, told)}
	}
	return nil
}

// lotOfKey says which lot a row is of.
func lotOfKey(key []byte) string {
	sku, rest, _ := bytes.Cut(key, []byte{0})
	lot, _, _ := bytes.Cut(rest, []byte{0})
	return fmt.Sprintf("lot %s of %s", lot, sku)
}
