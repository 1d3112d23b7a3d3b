package ledger

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// readClosed lets f read a book that no process has open. bbolt has no page checksums: a
// damaged or cut-off file can make it panic or touch pages that are not there. Both come back
// as damage, so that an audit ends with a sentence and not with a trace. (A file that makes
// bbolt loop is not caught here.)
func readClosed(env Env, path string, f func(tx *bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamageError{Where: "book " + path, Why: fmt.Sprint(r)}
		}
	}()
	empty := false
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			f, err := env.Disk.OpenFile(name, flag, perm)
			if err == nil {
				info, statErr := f.Stat()
				empty = statErr == nil && info.Size() == 0
			}
			return f, err
		}})
	if err != nil && empty { // bbolt would make a new one, and may not
		return &DamageError{Where: "book " + path, Why: "it is empty"}
	}
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return fmt.Errorf("open book %s: %w: another process has it open", path, ErrClosed)
	}
	if err != nil {
		return fmt.Errorf("open book %s: %w", path, err)
	}
	defer db.Close()
	return db.View(f)
}
