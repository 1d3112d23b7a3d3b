package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// newIndexFile is what the index of a book that is being moved is called until it is whole.
const newIndexFile = BookFile + ".new"

// Bounds of a move: the bytes of one record, and the items of one commit.
const (
	movedBytes = 1 << 20
	movedItems = 5000
)

// move takes a book of format 1, whose journal is in its bbolt file, to this format: the journal
// goes to a tape frame by frame, the reference data and what the book knows of itself to a new
// file, which then takes the old one's name. All else is made from the journal, as after any
// loss of a checkpoint. What a crash leaves:
//
//	while frames are copied     the old file, untouched, and a part of the tape: it goes on there
//	while the new file is made  the old file and all of the tape: the new file is begun again
//	after the rename            the moved book, whose checkpoint is behind: the tail is replayed
func (b *Book) move() error {
	if err := b.env.Disk.Before(ActMove, b.db.Path()); err != nil {
		return fmt.Errorf("%s: %w", ActMove, err)
	}
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := b.openJournal(0, true); err != nil {
		return err
	}
	if err := b.view(b.moveFrames); err != nil {
		return fmt.Errorf("move journal: %w", err)
	}
	old, dir := b.db, filepath.Clean(b.cfg.Dir)
	path := filepath.Join(dir, newIndexFile)
	if err := b.env.Disk.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("move book: %w", err)
	}
	db, err := openIndex(b.env, b.cfg, path)
	if err != nil {
		return fmt.Errorf("move book: %w", err)
	}
	err = b.view(func(tx *bbolt.Tx) error { return moveRest(tx, db, b.cfg.Site) })
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("move book: %w", err)
	}
	if err := b.env.Disk.Before(ActMove, path); err != nil {
		return fmt.Errorf("%s: %w", ActMove, err)
	}
	if err := b.env.Disk.Rename(path, filepath.Join(dir, BookFile)); err != nil {
		return fmt.Errorf("move book: %w", err)
	}
	if err := syncDir(b.env.Disk, dir); err != nil {
		return err
	}
	// The old file has no name any more; its lock was held until the new one had it.
	if b.db, err = openIndex(b.env, b.cfg, filepath.Join(dir, BookFile)); err != nil {
		b.db = old
		return err
	}
	return old.Close()
}

// moveFrames copies the frames that the tape does not hold yet, checking the chain of each.
func (b *Book) moveFrames(tx *bbolt.Tx) error {
	var record []byte
	first, count := Seq(0), 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		err := b.tape.Append(uint64(first), uint32(count), record)
		if errors.Is(err, tape.ErrFull) {
			err = errors.Join(ErrFull, err)
		}
		record, count = record[:0], 0
		return err
	}
	var before Hash
	last := Seq(0)
	if err := tx.Bucket(bucketJournal).ForEach(func(key, raw []byte) error {
		f, err := DecodeFrame(raw)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			return err
		}
		if f.First != last+1 || f.Before != before || len(key) != 8 || Seq(binary.BigEndian.Uint64(key)) != f.First {
			return &DamageError{Where: fmt.Sprintf("entry %d", f.First), Why: fmt.Sprintf("it does not follow entry %d", last)}
		}
		last, before = f.End().Seq, f.End().Hash
		if last <= Seq(b.tape.Last()) {
			return nil // by the move that a crash ended
		}
		if count > 0 && len(record)+len(raw) > movedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if count == 0 {
			first = f.First
		}
		record = appendRecord(record, raw)
		count += len(f.Entries)
		return nil
	}); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	if held := Seq(b.tape.Last()); held != last {
		return &DamageError{Where: "journal", Why: fmt.Sprintf("it ends at entry %d, and the book's at %d", held, last)}
	}
	return nil
}

// moveRest copies what no journal remembers: who the book is, why it is in quarantine, items.
func moveRest(from *bbolt.Tx, to *indexFile, site SiteID) error {
	meta := from.Bucket(bucketMeta)
	if err := to.Update(func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx, site, meta.Get(keyNode)); err != nil {
			return err
		}
		for _, key := range [][]byte{keyRefVersion, keyQuarantine} {
			if stored := meta.Get(key); stored != nil {
				if err := tx.Bucket(bucketMeta).Put(key, stored); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	c := from.Bucket(bucketItems).Cursor()
	k, v := c.First()
	for k != nil {
		if err := to.Update(func(tx *bbolt.Tx) error {
			for n := 0; k != nil && n < movedItems; n++ {
				if _, err := openValue(bucketItems, k, v); err != nil {
					return err
				}
				if err := tx.Bucket(bucketItems).Put(k, v); err != nil {
					return err
				}
				k, v = c.Next()
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
