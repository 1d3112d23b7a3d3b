package journal

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
)

// The stories of lots came to a file that had frames already, and a later build may read more out of an entry than the one that wrote its frame did. So
// the file says by which rules the stories of all its frames were made:
//
//	lots told / "rules" -> version (1 byte)
//
// Where it says less than this build, Open makes the stories of all frames anew before anybody asks for one. A crash in between leaves the mark as it
// was, and the next Open begins again: a row that is there is written as it is.
func toldBucket() []byte { return []byte("lots told") }
func toldKey() []byte    { return []byte("rules") }

// lotRules counts up whenever ledger.LotRows or ledger.MayTellLots finds in an entry what it did not before.
const lotRules = 1

// toldSlice is how many bytes of frames are read, and their rows written, in one transaction.
const toldSlice = 8 << 20

// lotsTold is by which rules the stories of all frames were made; 0 where a build before them wrote some.
func lotsTold(tx *bolt.Tx) byte {
	if b := tx.Bucket(toldBucket()); b != nil {
		if v := b.Get(toldKey()); len(v) == 1 {
			return v[0]
		}
	}
	return 0
}

func putTold(tx *bolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists(toldBucket())
	if err != nil {
		return err
	}
	return b.Put(toldKey(), []byte{lotRules})
}

// tellLots makes the stories of all frames, where the file is of a build that made fewer.
func (s *Store) tellLots() error {
	var told byte
	var sites []ledger.SiteID
	if err := s.db.View(func(tx *bolt.Tx) error {
		told = lotsTold(tx)
		return tx.Bucket(framesBucket()).ForEachBucket(func(name []byte) error {
			site, err := ledger.ParseSite(string(name))
			sites = append(sites, site)
			return err
		})
	}); err != nil || told >= lotRules {
		return err
	}
	for _, site := range sites {
		for next := ledger.Seq(1); next > 0; {
			if err := s.env.Disk.Before(ActCommit, s.path); err != nil {
				return fmt.Errorf("%s: %w", ActCommit, err)
			}
			if err := s.db.Update(func(tx *bolt.Tx) (err error) {
				next, err = tellSlice(tx, site, next)
				return err
			}); err != nil {
				return fmt.Errorf("make the stories of lots of %s: %w", site, err)
			}
		}
	}
	return s.db.Update(putTold)
}

// tellSlice makes the stories of the frames from first on, up to toldSlice bytes; next is where those behind them begin, 0 at the end. A frame that cannot be
// read has no part in a story and stops nobody from starting: an audit, and whoever reads it, says that it is damaged.
func tellSlice(tx *bolt.Tx, site ledger.SiteID, first ledger.Seq) (next ledger.Seq, err error) {
	rows, err := tx.CreateBucketIfNotExists(lotsBucket())
	if err != nil {
		return 0, err
	}
	c, bytes := tx.Bucket(framesBucket()).Bucket([]byte(site)).Cursor(), 0
	for k, v := c.Seek(seqKey(first)); k != nil; k, v = c.Next() {
		r, err := openRecord(site, k, v)
		if err != nil {
			continue
		}
		if bytes += len(v); bytes > toldSlice && r.First > first {
			return r.First, nil
		}
		f, err := ledger.DecodeFrame(r.Frame)
		if err != nil || !tellsLots(f) {
			continue
		}
		if err := eachLotValueOf(site, f, rows.Put); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
