package vault

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/enrol"
)

// In gives the file of keys in a folder; nil where the book there lies in the clear.
func In(env ledger.Env, dir string) (*File, error) {
	raw, err := enrol.Folder{Env: env, Dir: dir}.Read(KeyFile)
	if err != nil || raw == nil {
		return nil, err
	}
	f, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", KeyFile, dir, err)
	}
	return f, nil
}

// Store puts the file into a folder, as a whole.
func (f *File) Store(env ledger.Env, dir string) error {
	return enrol.Folder{Env: env, Dir: dir}.Write(KeyFile, f.Marshal())
}
