package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// readClosed lets f read a book that no process has open, and changes nothing. Damage that makes
// bbolt fall over comes back as an error, so that an audit ends with a sentence and not a trace.
func readClosed(env Env, dir string, f func(tx *bbolt.Tx, site SiteID, journal *tape.Tape) error) error {
	path := filepath.Join(dir, BookFile)
	return guard(path, func() error {
		if err := notEmpty(env, path); err != nil {
			return err
		}
		db, err := openIndexAs(env, BookConfig{LockWait: time.Second}, path,
			&bbolt.Options{ReadOnly: true, Timeout: time.Second, OpenFile: env.Disk.OpenFile})
		if err != nil {
			return fmt.Errorf("open book %s: %w", path, err)
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			site, err := siteOf(tx)
			if err != nil {
				return err
			}
			cfg, tapeEnv := tapeOf(env, site, dir)
			journal, err := tape.OpenReadOnly(cfg, tapeEnv)
			if errors.Is(err, tape.ErrNoTape) || errors.Is(err, os.ErrNotExist) {
				return &DamageError{Where: "journal " + cfg.Dir, Why: "it is gone; " + hintWhole}
			}
			if err != nil {
				return damageOf(err)
			}
			defer journal.Close()
			return f(tx, site, journal)
		})
	})
}

func notEmpty(env Env, path string) error {
	f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("open book %s: %w", path, err)
	}
	defer f.Close()                                            // nothing was written through it
	if _, err := f.ReadAt(make([]byte, 1), 0); err == io.EOF { // bbolt would make a new one
		return &DamageError{Where: "book " + path, Why: "it is empty"}
	}
	return nil
}

// siteOf gives the site of a book of this format.
func siteOf(tx *bbolt.Tx) (SiteID, error) {
	for _, name := range allBuckets() {
		if tx.Bucket(name) == nil {
			return "", &DamageError{Where: "book", Why: fmt.Sprintf("bucket %s is missing; %s", name, hintIndex)}
		}
	}
	meta := tx.Bucket(bucketMeta)
	switch format := meta.Get(keyFormat); {
	case len(format) == 1 && format[0] == bookFormatOld:
		return "", fmt.Errorf("format %d: start the site's node once with this program, which moves it to format %d", bookFormatOld, bookFormat)
	case !readsFormat(format):
		return "", &DamageError{Where: "format", Why: fmt.Sprintf("it is %v, this build reads %d to %d", format, bookFormatBuckets, bookFormat)}
	}
	return ParseSite(string(meta.Get(keySite)))
}
