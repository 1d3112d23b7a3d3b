package ledger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// restoreWait is how long the restored index may be held by somebody else: nobody knows of it yet.
const restoreWait = time.Second

// A Restore writes a book's folder from the parts of a backup. The folder is the caller's: empty, and
// under a name that nobody starts a node in before Finish has returned.
type Restore struct {
	env   Env
	site  SiteID
	dir   string
	first Seq
	at    Position
	index bool
	tape  bool

	erased []CustomerID
	living int // customers who are left
}

// NewRestore begins to restore the site's book in dir, which is there and empty.
func NewRestore(env Env, site SiteID, dir string) (*Restore, error) {
	if _, err := ParseSite(string(site)); err != nil {
		return nil, fmt.Errorf("restore book: %w", err)
	}
	return &Restore{env: env, site: site, dir: filepath.Clean(dir)}, nil
}

// Erase names persons who asked to be forgotten since the backup: Finish leaves nothing of them.
func (r *Restore) Erase(list ...CustomerID) { r.erased = append(r.erased, list...) }

// Customers is how many customers the book has who are not erased, once it is finished: it shows them from its first opening on.
func (r *Restore) Customers() int { return r.living }

// Part takes a part, if it is one of a book's: ours says so.
func (r *Restore) Part(name string, from io.Reader) (ours bool, err error) {
	switch {
	case name == partIndex && !r.index:
		r.index, err = true, r.takeIndex(from)
	case name == partJournal && !r.tape:
		r.tape, err = true, r.takeJournal(from, nil)
	case name == partJournalSealed && !r.tape:
		var seal *frameSealer
		if seal, err = openFrameSealer(r.env, from); err == nil {
			r.tape, err = true, r.takeJournal(from, seal)
		}
	case name == partIndex, name == partJournal, name == partJournalSealed:
		err = &DamageError{Where: "backup", Why: name + " comes twice"}
	default:
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("restore %s: %w", name, err)
	}
	return true, nil
}

func (r *Restore) takeIndex(from io.Reader) (err error) {
	path := filepath.Join(r.dir, BookFile)
	if err := r.env.Disk.Before(ActRestore, path); err != nil {
		return err
	}
	f, err := r.env.Disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	return f.Sync()
}

// takeJournal writes the journal anew, checking that each frame follows from the one before.
func (r *Restore) takeJournal(from io.Reader, seal *frameSealer) (err error) {
	cfg, env := tapeOf(r.env, r.site, r.dir)
	if err := r.env.Disk.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	in := bufio.NewReaderSize(from, 64<<10)
	var t *tape.Tape
	defer func() {
		if t != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	var record []byte
	first, count := Seq(0), 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		err := t.Append(uint64(first), uint32(count), record)
		record, count = record[:0], 0
		return err
	}
	for {
		raw, err := readSized(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if raw, err = seal.open(raw); err != nil {
			return err
		}
		f, err := r.follow(raw)
		if err != nil {
			return err
		}
		if t == nil {
			r.first = f.First
			if t, err = tape.Create(cfg, env, uint64(f.First)); err != nil {
				return err
			}
		}
		if len(record)+len(raw) > movedBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if count == 0 {
			first = f.First
		}
		record, count = appendRecord(record, raw), count+len(f.Entries)
	}
	if t == nil {
		return &DamageError{Where: "backup", Why: "its journal is empty"}
	}
	return flush()
}

func readSized(in *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err // io.EOF only between two frames
	}
	if n == 0 || n > FrameBytesLone+FrameBytesMax+sealed.Overhead {
		return nil, &DamageError{Where: "backup", Why: fmt.Sprintf("a frame of %d bytes", n)}
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(in, raw); err != nil {
		return nil, &DamageError{Where: "backup", Why: "a frame is cut short: " + err.Error()}
	}
	return raw, nil
}

func (r *Restore) follow(raw []byte) (*Frame, error) {
	f, err := DecodeFrame(raw)
	if err == nil {
		err = f.Verify()
	}
	if err != nil {
		return nil, err
	}
	if f.Site != r.site || r.at.Seq > 0 && (f.First != r.at.Seq+1 || f.Before != r.at.Hash) {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d of %s", f.First, f.Site), Why: fmt.Sprintf("it does not follow entry %d of %s", r.at.Seq, r.site)}
	}
	r.at = f.End()
	return f, nil
}

// Finish checks that the parts belong together and brings the folder to the disk. With a why the book
// is in quarantine from its first opening on, for that reason, until head office has given it an epoch:
// what it sold after the backup is unknown to it, so it must promise nothing. A book that stands alone
// has nobody to ask; it is put to its next epoch by the caller. The answer is where the journal ends.
func (r *Restore) Finish(why string) (Position, error) {
	if !r.index || !r.tape {
		return Position{}, &DamageError{Where: "backup", Why: "a part of the book is missing"}
	}
	path := filepath.Join(r.dir, BookFile)
	cfg := BookConfig{Site: r.site, Dir: r.dir, LockWait: restoreWait}
	db, err := openIndex(r.env, cfg, path)
	if err != nil {
		return Position{}, fmt.Errorf("restore book: %w", err)
	}
	err = guard(path, func() error {
		if err := db.View(r.fits); err != nil {
			return err
		}
		// The runs that its checkpoint names are not in the backup: all that they say is made anew of the
		// journal, or of base and stubs, at the first opening.
		if err := db.Update(func(tx *bbolt.Tx) error {
			if err := r.forgetPersons(tx, why != ""); err != nil {
				return err
			}
			return forgetCheckpoint(tx)
		}); err != nil {
			return err
		}
		if why == "" {
			return nil
		}
		return markQuarantine(db, why)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return Position{}, fmt.Errorf("restore book: %w", err)
	}
	if err := syncDir(r.env.Disk, r.dir); err != nil {
		return Position{}, err
	}
	return r.at, nil
}

// forgetPersons takes those out of the index who were erased after the backup. A book that has a head office keeps no customer at all:
// it is told of all of them anew, and who was erased meanwhile does not come. Pages that held them stay until they are written again.
func (r *Restore) forgetPersons(tx *bbolt.Tx, all bool) error {
	customers := tx.Bucket(bucketCustomers)
	switch {
	case customers == nil:
		return nil
	case all:
		return errors.Join(tx.DeleteBucket(bucketCustomers), tx.Bucket(bucketMeta).Delete(keyCustomers))
	}
	for _, id := range r.erased {
		key := []byte(id)
		stored := customers.Get(key)
		if stored == nil {
			continue
		}
		value, err := openValue(bucketCustomers, key, stored)
		if err != nil {
			return err
		}
		c, err := UnmarshalCustomer(value)
		if err != nil {
			return err
		}
		gone := c.Forgotten()
		gone.Version = c.Version
		if err := customers.Put(key, sealValue(bucketCustomers, key, MarshalCustomer(&gone))); err != nil {
			return err
		}
	}
	return eachValue(tx, bucketCustomers, func(_, value []byte) error {
		c, err := UnmarshalCustomer(value)
		if err == nil && !c.Erased {
			r.living++
		}
		return err
	})
}

// fits says whether the index is of this site and stands inside the journal.
func (r *Restore) fits(tx *bbolt.Tx) error {
	for _, name := range allBuckets() {
		if tx.Bucket(name) == nil {
			return &DamageError{Where: "backup", Why: fmt.Sprintf("bucket %s is missing in its index", name)}
		}
	}
	if site := SiteID(tx.Bucket(bucketMeta).Get(keySite)); site != r.site {
		return &DamageError{Where: "backup", Why: fmt.Sprintf("its index is of site %s, its journal of %s", site, r.site)}
	}
	saved := NewState(r.site)
	if _, err := loadPosition(tx, saved); err != nil {
		return err
	}
	base, _, err := storedBase(tx)
	if err != nil {
		return err
	}
	if saved.Seq > r.at.Seq || saved.Seq < r.first-1 || base.At.Head.Seq < r.first-1 {
		return &DamageError{Where: "backup", Why: fmt.Sprintf("its index stands at entry %d, its journal has %d to %d", saved.Seq, r.first, r.at.Seq)}
	}
	return nil
}

// markQuarantine stores why in an index that no book has open; the first reason stays. Twice, as
// Quarantine does.
func markQuarantine(db *indexFile, why string) error {
	for range 2 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			old, err := storedQuarantine(tx)
			if err != nil {
				return err
			}
			if old == "" {
				old = why[:min(len(why), quarantineTextMax)]
			}
			return tx.Bucket(bucketMeta).Put(keyQuarantine, sealValue(bucketMeta, keyQuarantine, []byte(old)))
		}); err != nil {
			return err
		}
	}
	return nil
}
