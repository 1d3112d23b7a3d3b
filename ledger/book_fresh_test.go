package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestANewBooksFoldersAreSyncedBeforeItsFirstEntry(t *testing.T) {
	w := testworld.New(3)
	parent := t.TempDir()
	cfg := ledger.BookConfig{Site: "leeds", Dir: filepath.Join(parent, "book")}
	var synced []string
	note := func(fail func(path string) error) {
		synced = nil
		w.Disk.Fail(func(act ledger.Act, path string) error {
			if act != ledger.ActSyncDir {
				return nil
			}
			synced = append(synced, path)
			return fail(path)
		})
	}
	open := func() error {
		b, err := ledger.OpenBook(w.Env(), cfg)
		if b != nil {
			err = errors.Join(err, b.Close())
		}
		return err
	}
	for _, bad := range []string{cfg.Dir, parent} {
		note(func(path string) error {
			if path == bad {
				return testworld.ErrDisk
			}
			return nil
		})
		if err := open(); !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("%s: got %v, want no book on a folder that is not synced", bad, err)
		}
	}
	note(func(path string) error {
		if path == parent {
			return os.ErrPermission
		}
		return nil
	})
	if err := open(); err != nil {
		t.Errorf("a parent that may not be read: got %v, want a book", err)
	}
	if want := []string{cfg.Dir, parent}; !slices.Equal(synced, want) { // again, after the failures
		t.Errorf("got %v synced, want %v", synced, want)
	}
	note(func(string) error { return testworld.ErrDisk })
	if err := open(); err != nil || len(synced) != 0 {
		t.Errorf("an old book: got %v after %v, want it opened without", err, synced)
	}
}
