package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// ActReseal is each step of writing a book anew, sealed or in the clear.
const ActReseal Act = "write book anew, sealed or not"

// KeyFile is the name of the file beside a sealed book that has its key, wrapped (sync/vault).
const KeyFile = "book.key"

// The folders of a book that is written anew. Under the first name it is not whole; under the second it is the book,
// and what stands beside it under the same names is what it was.
const (
	resealDir   = "resealing"
	resealedDir = "resealed"
	openMark    = "in-the-clear" // in resealedDir: the file of keys goes, too
	copyBytes   = 1 << 20
)

// Reseal writes the book in dir anew, with all that was set aside beside it, as from opens it and as to seals it. No
// process may have it open, and none can meanwhile. keep puts the file of its keys (KeyFile) into the folder it is
// given; nil where the new book lies in the clear, and the old file then goes. What a crash leaves:
//
//	before the rename of the folder   the old book, and a part of a copy, which EndReseal removes: it may lie in the clear
//	after it                          both; EndReseal, which comes before each opening, moves the new one in, file by
//	                                  file, and goes on where it was killed
func Reseal(from, to Env, dir string, keep func(dir string) error) (err error) {
	if err := EndReseal(from, dir); err != nil {
		return err
	}
	path := filepath.Join(dir, BookFile)
	if err := notEmpty(from, path); err != nil {
		return err
	}
	db, err := openIndex(from, BookConfig{Dir: dir, LockWait: restoreWait}, path)
	if err != nil {
		return fmt.Errorf("open book %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }() // its lock is held to the end
	if err := reseal(from, to, db, dir, keep); err != nil {
		return fmt.Errorf("write book %s anew: %w", dir, err)
	}
	return EndReseal(from, dir)
}

func reseal(from, to Env, db *indexFile, dir string, keep func(dir string) error) (err error) {
	if plan, ok, err := ReadRebuild(from, dir); err != nil || ok {
		return errors.Join(err, fmt.Errorf("the site is being rebuilt (phase %s): start its node and let that end first", plan.Phase))
	}
	part := filepath.Join(dir, resealDir)
	before, err := asides(from, dir)
	if err != nil {
		return err
	}
	if err := removePart(from, part); err != nil { // another's, whose lock went with it
		return err
	}
	if err := from.Disk.MkdirAll(part, 0o700); err != nil {
		return err
	}
	unlock, err := lockFolder(from, part, restoreWait) // so that no other process takes it for what a crash has left
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := copyBook(from, to, db, dir, part); err != nil {
		return err
	}
	for _, epoch := range before {
		name := filepath.Base(asideDir(dir, epoch))
		if err := copyAside(from, to, filepath.Join(dir, name), filepath.Join(part, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if keep != nil {
		err = keep(part)
	} else {
		err = copyFile(from, "", filepath.Join(part, openMark))
	}
	if err == nil {
		err = syncDir(from.Disk, part)
	}
	if err == nil {
		err = from.Disk.Before(ActReseal, part)
	}
	if err == nil {
		err = from.Disk.Rename(part, filepath.Join(dir, resealedDir))
	}
	if err != nil {
		return err
	}
	return syncDir(from.Disk, dir)
}

// lockFolder takes the lock of a folder.
func lockFolder(env Env, dir string, wait time.Duration) (unlock func() error, err error) {
	if env.Sealing == nil {
		return func() error { return nil }, nil
	}
	d, err := env.Disk.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	if err := lockWithin(env, d, true, wait); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d.Close, nil // and lets go of the lock
}

// removePart removes a copy that never became whole, with what it has of books that were set aside.
func removePart(env Env, part string) error {
	before, err := asides(env, part)
	if err != nil {
		return err
	}
	for _, epoch := range before {
		if err := removeTree(env, asideDir(part, epoch)); err != nil {
			return err
		}
	}
	return removeTree(env, part)
}

// undoReseal removes what a crash has left of a copy. One that another process is making right now stays.
func undoReseal(env Env, dir string) error {
	part := filepath.Join(dir, resealDir)
	here, err := exists(env.Disk, part)
	if err != nil || !here {
		return err
	}
	unlock, err := lockFolder(env, part, 0)
	if errors.Is(err, ErrClosed) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(removePart(env, part), unlock())
	}
	if err != nil {
		return fmt.Errorf("remove a copy of the book that was never finished: %w", err)
	}
	return syncDir(env.Disk, dir)
}

// copyAside copies a book that was set aside.
func copyAside(from, to Env, dir, part string) error {
	path := filepath.Join(dir, BookFile)
	if err := notEmpty(from, path); err != nil {
		return err
	}
	db, err := openIndex(from, BookConfig{Dir: dir, LockWait: restoreWait}, path)
	if err != nil {
		return err
	}
	return errors.Join(copyBook(from, to, db, dir, part), db.Close())
}

// copyBook copies one book's files.
func copyBook(from, to Env, db *indexFile, dir, part string) error {
	for _, sub := range []string{"", JournalDir, KeysDir, OrdersDir} {
		if err := from.Disk.MkdirAll(filepath.Join(part, sub), 0o700); err != nil {
			return err
		}
	}
	return guard(db.Path(), func() error {
		return db.View(func(tx *bbolt.Tx) error {
			site, err := siteOf(tx)
			if err != nil {
				return err
			}
			lists, err := storedRuns(tx)
			if err != nil {
				return err
			}
			return errors.Join(copyIndexTo(to, tx, filepath.Join(part, BookFile)), copyTape(from, to, site, dir, part),
				copyRuns(from, to, site, dir, part, lists),
				copyFile(from, filepath.Join(dir, WitnessFile), filepath.Join(part, WitnessFile)),
				copyFile(from, filepath.Join(dir, RebuildFile), filepath.Join(part, RebuildFile)),
				syncDir(from.Disk, filepath.Join(part, KeysDir)), syncDir(from.Disk, filepath.Join(part, OrdersDir)), syncDir(from.Disk, part))
		})
	})
}

func copyIndexTo(to Env, tx *bbolt.Tx, path string) (err error) {
	if err := to.Disk.Before(ActReseal, path); err != nil {
		return err
	}
	f, err := to.Disk.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err = writeIndex(to, tx, f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func copyTape(from, to Env, site SiteID, dir, part string) (err error) {
	cfg, env := tapeOf(from, site, dir)
	old, err := tape.OpenReadOnly(cfg, env)
	if err != nil {
		return damageOf(err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	cfg, env = tapeOf(to, site, part)
	fresh, err := tape.Create(cfg, env, old.First())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	c := old.Cursor(0)
	defer func() { err = errors.Join(err, c.Close()) }()
	for {
		r, err := c.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return damageOf(err)
		}
		if err := fresh.Append(r.First, r.Count, r.Bytes); err != nil {
			return err
		}
	}
	if fresh.Last() != old.Last() {
		return &DamageError{Where: "journal", Why: fmt.Sprintf("%d of %d entries were copied", fresh.Last(), old.Last())}
	}
	return nil
}

func copyRuns(from, to Env, site SiteID, dir, part string, lists runLists) error {
	of := func(env Env, dir, name string) (runs.Config, runs.Env) {
		return runs.Config{Dir: filepath.Join(dir, name), Owner: name + " of " + string(site), Key: env.key()},
			runs.Env{Disk: env.Disk, Random: env.Random("runs written anew"),
				Before: func(act runs.Act, path string) error { return env.Disk.Before(Act(act), path) }}
	}
	for name, list := range map[string][]runs.Run{KeysDir: lists.Keys, OrdersDir: lists.Orders} {
		old, _ := of(from, dir, name)
		fresh, env := of(to, part, name)
		// A run that is gone is made anew of the journal at the next opening, as it would have been before.
		if err := runs.Copy(old, fresh, env, list); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyFile copies a small file as it is, if it is there; "" is an empty one.
func copyFile(env Env, path, to string) error {
	var raw []byte
	if path != "" {
		f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err = io.ReadAll(io.LimitReader(f, copyBytes+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if len(raw) > copyBytes {
			return &DamageError{Where: path, Why: fmt.Sprintf("it has over %d bytes, and such a file has a few hundred", copyBytes)}
		}
	}
	if err := env.Disk.Before(ActReseal, to); err != nil {
		return err
	}
	f, err := env.Disk.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), f.Close())
}

// EndReseal moves a book that was written anew into its place, if there is one that is whole, and removes one that is not; it
// needs no key.
func EndReseal(env Env, dir string) error {
	whole := filepath.Join(dir, resealedDir)
	here, err := exists(env.Disk, whole)
	if err != nil {
		return err
	}
	if !here {
		return undoReseal(env, dir)
	}
	if err := endReseal(env, dir, whole); err != nil {
		return fmt.Errorf("move the book that was written anew into its place in %s: %w", dir, err)
	}
	return nil
}

func endReseal(env Env, dir, whole string) (err error) {
	unlock, err := lockFolder(env, whole, restoreWait) // who comes second waits for nobody
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	before, err := asides(env, whole)
	if err != nil {
		return err
	}
	for _, epoch := range before {
		if err := moveBook(env, asideDir(whole, epoch), asideDir(dir, epoch)); err != nil {
			return err
		}
	}
	if err := moveBook(env, whole, dir); err != nil {
		return err
	}
	open, err := exists(env.Disk, filepath.Join(whole, openMark))
	if err == nil && open {
		if err = notThere(env.Disk.Remove(filepath.Join(dir, KeyFile))); err == nil {
			err = syncDir(env.Disk, dir)
		}
		if err == nil {
			err = notThere(env.Disk.Remove(filepath.Join(whole, openMark)))
		}
	}
	if err == nil {
		err = notThere(env.Disk.Remove(whole))
	}
	if err != nil {
		return err
	}
	return syncDir(env.Disk, dir)
}

// moveBook moves each file and folder of a book over the one of its name. What is not in from was moved before.
func moveBook(env Env, from, dir string) error {
	for _, name := range append(bookNames(), RebuildFile, KeyFile) {
		path, to := filepath.Join(from, name), filepath.Join(dir, name)
		here, err := exists(env.Disk, path)
		if err != nil {
			return err
		}
		if !here {
			continue
		}
		if inside, err := namesIn(env.Disk, to); err == nil {
			for _, old := range inside {
				if err := env.Disk.Remove(filepath.Join(to, old)); err != nil {
					return err
				}
			}
		}
		if err := env.Disk.Before(ActReseal, to); err != nil {
			return err
		}
		if err := notThere(env.Disk.Remove(to)); err != nil {
			return err
		}
		if err := env.Disk.Rename(path, to); err != nil {
			return err
		}
		if err := syncDir(env.Disk, dir); err != nil {
			return err
		}
	}
	if filepath.Base(from) != resealedDir {
		return notThere(env.Disk.Remove(from))
	}
	return nil
}
