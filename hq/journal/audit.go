package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// File is the name of the store in a server's directory.
const File = "journal.db"

// A Report is what an audit found of one site when it found no fault. Missing is the first
// entry that this server lacks although it has later ones; 0 where it lacks none. A server
// that was stopped while it fetched from its peers lacks some, and will fetch them.
type Report struct {
	ledger.AuditReport
	Missing ledger.Seq
}

// Audit checks the store in dir, which no process may have open: it folds every site's journal
// from its first entry to its first gap, and holds the stories of lots against all that there is. The error names the first entry at fault. tick, where
// not nil, is told the entries folded so far.
func Audit(env ledger.Env, dir string, tick func(entries uint64)) ([]Report, error) {
	path := filepath.Join(dir, File)
	opts := boltOptions(env, Options{LockWait: time.Second}.filled())
	opts.ReadOnly = true
	db, err := bolt.Open(path, 0o600, opts)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open journal store %s: %w: another process has it open", path, ledger.ErrClosed)
	}
	if err != nil {
		return nil, fmt.Errorf("open journal store %s: %w", path, err)
	}
	defer db.Close() // read only: nothing can be lost
	var reports []Report
	var before uint64
	err = db.View(func(tx *bolt.Tx) error {
		frames := tx.Bucket(framesBucket())
		if frames == nil {
			return nil
		}
		return frames.ForEachBucket(func(name []byte) error {
			r, err := auditSite(frames.Bucket(name), string(name), func(n uint64) {
				if tick != nil {
					tick(before + n)
				}
			})
			reports = append(reports, r)
			before += r.Entries
			return err
		})
	})
	if err == nil {
		err = db.View(auditLots)
	}
	if err != nil {
		return reports, fmt.Errorf("audit %s: %w", path, err)
	}
	return reports, nil
}

func auditSite(bucket *bolt.Bucket, name string, tick func(uint64)) (Report, error) {
	site, err := ledger.ParseSite(name)
	if err != nil {
		return Report{}, err
	}
	a := ledger.NewAuditor(site)
	var missing ledger.Seq
	c := bucket.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		r, err := openRecord(site, k, v)
		if err != nil {
			return Report{AuditReport: a.Report()}, damaged(site, k, err)
		}
		if next := a.State.Seq + 1; r.First > next {
			missing = next
			break
		}
		if err := a.Frame(r.Frame); err != nil {
			return Report{AuditReport: a.Report()}, fmt.Errorf("%s: %w", site, err)
		}
		if a.State.Seq != r.Last {
			return Report{AuditReport: a.Report()}, damaged(site, k, fmt.Errorf("it ends at %d", a.State.Seq))
		}
		tick(a.Report().Entries)
	}
	return Report{AuditReport: a.Report(), Missing: missing}, nil
}
