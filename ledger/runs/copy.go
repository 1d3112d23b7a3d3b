package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// Copy writes the runs that a list names into another folder, page by page, sealed as to says. Both folders are there.
// Each file is synced; its name in the folder is the caller's to sync.
func Copy(from, to Config, env Env, list []Run) error {
	for _, r := range list {
		if err := copyRun(from, to, env, fileName(r.File)); err != nil {
			return fmt.Errorf("copy run %s: %w", fileName(r.File), err)
		}
	}
	return nil
}

func copyRun(from, to Config, env Env, name string) (err error) {
	path := filepath.Join(from.Dir, name)
	f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	old, err := sealed.OpenPages(f, from.Key, kindOf(from, path), nil)
	if err != nil {
		return sealFault(path, err)
	}
	size, err := old.Size()
	if err != nil {
		return err
	}
	path = filepath.Join(to.Dir, name)
	if err := env.before(ActWrite, path); err != nil {
		return err
	}
	fresh, err := makePages(env, to, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	b := make([]byte, pageSize)
	for at := int64(0); at < size; at += pageSize {
		if _, err := old.ReadAt(b, at); err != nil {
			return sealFault(path, err)
		}
		if _, err := fresh.WriteAt(b, at); err != nil {
			return err
		}
	}
	if err := env.before(ActSync, path); err != nil {
		return err
	}
	return fresh.Sync()
}
