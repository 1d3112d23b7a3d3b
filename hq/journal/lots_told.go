package journal

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The stories of lots came to a file that had frames already, and a later build may read more out of an entry than the one that wrote its frame did. So
// the file says by which rules the stories of all its frames were made:
//
//	lots told / "rules"      -> version (1 byte)
//	lots told / "from/" SITE -> version (1 byte), first sequence that is not told yet (8 bytes, big end first)
//
// Where it says less than this build, Open makes the stories of all frames anew before anybody asks for one. That takes as long as reading them all
// does, so each slice says in its own transaction how far its site is, and Options.Told hears of it. After a crash the next Open goes on from there, if it
// goes by the same rules; a row that is there is written as it is. Once all is told the marks of sites are gone.
func toldBucket() []byte { return []byte("lots told") }
func toldKey() []byte    { return []byte("rules") }

func fromKey(site ledger.SiteID) []byte { return append([]byte("from/"), site...) }

// A Telling is how far the stories of a site's lots are made.
type Telling struct {
	Site      ledger.SiteID
	Next, End ledger.Seq // the first entry that is not told yet, and the last that there is
}

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
	if err := tx.DeleteBucket(toldBucket()); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) { // with the marks of sites
		return err
	}
	b, err := tx.CreateBucket(toldBucket())
	if err != nil {
		return err
	}
	return b.Put(toldKey(), []byte{lotRules})
}

// toldFrom is where an Open that was cut short goes on with a site; 1 where none went by these rules.
func toldFrom(tx *bolt.Tx, site ledger.SiteID) ledger.Seq {
	if b := tx.Bucket(toldBucket()); b != nil {
		if v := b.Get(fromKey(site)); len(v) == 9 && v[0] == lotRules {
			return keySeq(v[1:])
		}
	}
	return 1
}

func putFrom(tx *bolt.Tx, site ledger.SiteID, next ledger.Seq) error {
	b, err := tx.CreateBucketIfNotExists(toldBucket())
	if err != nil {
		return err
	}
	return b.Put(fromKey(site), append([]byte{lotRules}, seqKey(next)...))
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
		for more := true; more; {
			if err := s.env.Disk.Before(ActCommit, s.path); err != nil {
				return fmt.Errorf("%s: %w", ActCommit, err)
			}
			at := Telling{Site: site}
			if err := s.db.Update(func(tx *bolt.Tx) (err error) {
				if at.Next, at.End, more, err = tellSlice(tx, site, toldFrom(tx, site)); err != nil {
					return err
				}
				return putFrom(tx, site, at.Next)
			}); err != nil {
				return fmt.Errorf("make the stories of lots of %s: %w", site, err)
			}
			if s.opts.Told != nil {
				s.opts.Told(at)
			}
		}
	}
	return s.db.Update(putTold)
}

// tellSlice makes the stories of the frames from first on, up to toldSlice bytes; next is the first entry behind them, end the last that there is. A frame that
// cannot be read has no part in a story and stops nobody from starting: an audit, and whoever reads it, says that it is damaged.
func tellSlice(tx *bolt.Tx, site ledger.SiteID, first ledger.Seq) (next, end ledger.Seq, more bool, err error) {
	rows, err := tx.CreateBucketIfNotExists(lotsBucket())
	if err != nil {
		return 0, 0, false, err
	}
	c, bytes := tx.Bucket(framesBucket()).Bucket([]byte(site)).Cursor(), 0
	if k, v := c.Last(); k != nil {
		if r, err := openRecord(site, k, v); err == nil {
			end = r.Last
		}
	}
	next = first
	for k, v := c.Seek(seqKey(first)); k != nil; k, v = c.Next() {
		r, err := openRecord(site, k, v)
		if err != nil {
			continue
		}
		if bytes += len(v); bytes > toldSlice && r.First > first {
			return r.First, end, true, nil
		}
		next = r.Last + 1
		f, err := ledger.DecodeFrame(r.Frame)
		if err != nil || !tellsLots(f) {
			continue
		}
		if err := eachLotValueOf(site, f, rows.Put); err != nil {
			return 0, 0, false, err
		}
	}
	return next, end, false, nil
}
