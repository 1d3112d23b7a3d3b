package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// hintWhole and hintIndex say what can be done about damage.
const (
	hintWhole = "restore the book's folder from a backup, or rebuild this site from head office's copy"
	hintIndex = "put a whole copy of book.db in its place, of any age since the journal was last trimmed: what it lacks is read from the journal"
)

// bboltOptions are those that were measured to matter: a map of free pages, and a mapping large
// enough not to be remade under readers. The list of free pages is synced: commits are rare since
// the journal is elsewhere, and finding them anew would read the whole file at every opening.
func bboltOptions(env Env, lockWait time.Duration) *bbolt.Options {
	return &bbolt.Options{
		Timeout:         lockWait,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: 1 << 30,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			return env.Disk.OpenFile(name, flag, perm)
		},
	}
}

// openIndex opens the file and its lock. bbolt believes what it reads: checkIndex goes first, and
// what still makes it fall over comes back as damage.
func openIndex(env Env, cfg BookConfig, path string) (*indexFile, error) {
	return openIndexAs(env, cfg, path, bboltOptions(env, cfg.LockWait))
}

func openIndexAs(env Env, cfg BookConfig, path string, options *bbolt.Options) (x *indexFile, err error) {
	err = guard(path, func() error {
		if env.key() != nil {
			x, err = openSealed(env, path, cfg.LockWait, options)
			return err
		}
		err := checkIndex(env, path)
		for try := 1; err != nil && try < 3; try++ { // another process may be writing it right now
			err = checkIndex(env, path)
		}
		if err != nil {
			return err
		}
		db, err := bbolt.Open(path, 0o600, options)
		x = &indexFile{DB: db}
		return err
	})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process has it open", ErrClosed)
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// guard runs f, which reads pages that bbolt does not check: a damaged file can make it panic or
// touch memory that is not there. Both come back as damage. (Pages that make bbolt loop are not
// caught here.)
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamageError{Where: "index " + path, Why: fmt.Sprintf("%v; %s", r, hintIndex)}
		}
	}()
	return f()
}

// view reads the index.
func (b *Book) view(f func(tx *bbolt.Tx) error) error {
	return guard(b.db.Path(), func() error { return b.db.View(f) })
}

// identify checks that a book is of this format and site, and takes its node key. An older one
// is moved first; fresh says that there is none yet.
func (b *Book) identify() (fresh bool, err error) {
	old, buckets := false, false
	err = b.view(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if fresh = meta == nil || meta.Get(keyFormat) == nil; fresh {
			return nil
		}
		format := meta.Get(keyFormat)
		if old = len(format) == 1 && format[0] == bookFormatOld; old {
			return b.identifyAs(tx, append(allBuckets(), bucketJournal))
		}
		buckets = len(format) == 1 && (format[0] == bookFormatBuckets || format[0] == bookFormatTrimmed)
		if !readsFormat(format) {
			return &DamageError{Where: "format", Why: fmt.Sprintf("it is %v, this build reads %d to %d", format, bookFormatOld, bookFormat)}
		}
		return b.identifyAs(tx, allBuckets())
	})
	if err == nil && buckets {
		err = b.moveToRuns()
	}
	if err != nil || !old {
		return fresh, err
	}
	if err := b.move(); err != nil {
		return false, err
	}
	return b.identify()
}

func (b *Book) identifyAs(tx *bbolt.Tx, buckets [][]byte) error {
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return &DamageError{Where: "book", Why: fmt.Sprintf("bucket %s is missing; %s", name, hintIndex)}
		}
	}
	meta := tx.Bucket(bucketMeta)
	if site := meta.Get(keySite); !bytes.Equal(site, []byte(b.cfg.Site)) {
		return &FormError{Field: "site", Why: fmt.Sprintf("is %s, but the book belongs to %s", b.cfg.Site, site)}
	}
	// All of meta, so that nothing in it is overlooked because its name was damaged.
	if err := meta.ForEach(func(key, stored []byte) error {
		if bytes.Equal(key, keyFormat) || bytes.Equal(key, keySite) {
			return nil
		}
		_, err := openValue(bucketMeta, key, stored)
		return err
	}); err != nil {
		return err
	}
	key, err := openValue(bucketMeta, keyNode, meta.Get(keyNode))
	if err != nil {
		return err
	}
	if n := copy(b.nodeKey[:], key); n != len(b.nodeKey) || n != len(key) {
		return &DamageError{Where: "node key", Why: "it has the wrong length"}
	}
	return nil
}

// make makes a new book. A crash anywhere in here leaves no format, and the next opening does it
// again.
func (b *Book) make() error {
	// The folders come before the format: without them a power cut could take the files with all
	// they answered.
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := b.openJournal(0, true); err != nil {
		return err
	}
	if last := b.tape.Last(); last > 0 {
		return &DamageError{Where: "index " + b.db.Path(), Why: fmt.Sprintf("it is empty, but the journal has entries up to %d; %s", last, hintIndex)}
	}
	if _, err := io.ReadFull(b.env.Random("node key"), b.nodeKey[:]); err != nil {
		return fmt.Errorf("draw node key: %w", err)
	}
	return b.db.Update(func(tx *bbolt.Tx) error {
		return makeBuckets(tx, b.cfg.Site, sealValue(bucketMeta, keyNode, b.nodeKey[:]))
	})
}

func makeBuckets(tx *bbolt.Tx, site SiteID, node []byte) error {
	for _, name := range allBuckets() {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bucketMeta)
	return errors.Join(meta.Put(keyFormat, []byte{bookFormat}), meta.Put(keySite, []byte(site)), meta.Put(keyNode, node))
}

// makeDirs makes the folders of journal and runs and brings the names of a new book's files to the disk, and
// that of the folder that holds them.
func (b *Book) makeDirs() error {
	dir := filepath.Clean(b.cfg.Dir)
	for _, name := range []string{JournalDir, KeysDir, OrdersDir} {
		if err := b.env.Disk.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
	}
	if err := syncDir(b.env.Disk, dir); err != nil {
		return err
	}
	// A parent that we may not read is one that somebody else has made the folder in.
	if err := syncDir(b.env.Disk, filepath.Dir(dir)); err != nil && !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}

func syncDir(disk Disk, dir string) error {
	if err := disk.Before(ActSyncDir, dir); err != nil {
		return fmt.Errorf("%s %s: %w", ActSyncDir, dir, err)
	}
	d, err := disk.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", ActSyncDir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("%s %s: %w", ActSyncDir, dir, err)
	}
	return nil
}
