package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/bbolt"
)

// compactCommit is the bytes that one commit of the copy takes.
const compactCommit = 4 << 20

// compact writes the open index db anew where it is large and more than half of its pages are free,
// for bbolt uses them again and never gives any back. It gives the index to go on with. What a crash
// leaves:
//
//	before the rename   the old file, and a part of the new one, which the next opening removes
//	after it            the new file; its name may not be on the disk yet: then it is the old one again
//
// The old file's lock is held until the new one has its name. A disk without room for both
// leaves the old one.
func compact(env Env, cfg BookConfig, db *indexFile) (*indexFile, error) {
	fresh := filepath.Join(filepath.Dir(db.Path()), newIndexFile)
	if err := env.Disk.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return db, fmt.Errorf("remove what an earlier opening left: %w", err)
	}
	if !halfEmpty(db, cfg.CompactFrom) {
		return db, nil
	}
	err := copyIndex(env, cfg, db, fresh)
	if errors.Is(err, syscall.ENOSPC) {
		return db, notThere(env.Disk.Remove(fresh))
	}
	if err == nil {
		if err = env.Disk.Before(ActCompact, db.Path()); err == nil {
			err = env.Disk.Rename(fresh, db.Path())
		}
	}
	if err != nil {
		return db, errors.Join(fmt.Errorf("%s: %w", ActCompact, err), notThere(env.Disk.Remove(fresh)))
	}
	if err := syncDir(env.Disk, filepath.Dir(db.Path())); err != nil {
		return db, err
	}
	now, err := openIndex(env, cfg, db.Path())
	if err != nil {
		return db, err
	}
	return now, db.Close()
}

func notThere(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// halfEmpty says whether writing the index anew makes it less than half as large.
func halfEmpty(db *indexFile, from int64) bool {
	stats := db.Stats()
	free := int64(stats.FreePageN+stats.PendingPageN) * int64(db.Info().PageSize)
	size := int64(0)
	_ = db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }) // it returns nil
	return size >= from && free > size/2
}

// copyIndex copies db to a new file, compares the two, and brings the new one to the disk.
func copyIndex(env Env, cfg BookConfig, db *indexFile, path string) error {
	if err := env.Disk.Before(ActCompact, path); err != nil {
		return err
	}
	options := bboltOptions(env, cfg.LockWait)
	options.NoSync = true       // once at the end
	options.InitialMmapSize = 0 // else the file is made larger than it needs to be
	to, err := openIndexAs(env, cfg, path, options)
	if err != nil {
		return err
	}
	err = guard(db.Path(), func() error {
		if err := bbolt.Compact(to.DB, db.DB, compactCommit); err != nil {
			return err
		}
		return sameIndex(db, to)
	})
	if err == nil {
		if err = env.Disk.Before(ActSyncCopy, path); err == nil {
			err = to.Sync()
		}
	}
	return errors.Join(err, to.Close())
}

// sameIndex compares the number and the checksum of all that two indexes hold.
func sameIndex(a, b *indexFile) error {
	count, sum, err := indexSum(a)
	if err != nil {
		return err
	}
	if otherCount, otherSum, err := indexSum(b); err != nil {
		return err
	} else if otherCount != count || otherSum != sum {
		return &DamageError{Where: "index " + b.Path(), Why: fmt.Sprintf("the copy holds %d records with checksum %x, the index %d with %x", otherCount, otherSum, count, sum)}
	}
	return nil
}

func indexSum(db *indexFile) (records int, sum uint64, err error) {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			writeSized(h, name)
			return bucket.ForEach(func(k, v []byte) error {
				records++
				writeSized(h, k)
				writeSized(h, v)
				return nil
			})
		})
	})
	return records, h.Sum64(), err
}

// writeSized writes b to a checksum, which never fails, so that it cannot run into what follows.
func writeSized(w io.Writer, b []byte) {
	_, _ = w.Write(seqKey(Seq(len(b))))
	_, _ = io.Copy(w, bytes.NewReader(b))
}
