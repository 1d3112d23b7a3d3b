package ledger

import (
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// WalkBook reads the journal of a book that no process has open, entry by entry with its hash,
// checking the chain as it goes. It builds no state: what it gives is what was written.
func WalkBook(env Env, dir string, f func(e *Entry, h Hash) error) error {
	path := filepath.Join(dir, BookFile)
	return readClosed(env, path, func(tx *bbolt.Tx) error {
		journal := tx.Bucket(bucketJournal)
		if journal == nil {
			return &DamageError{Where: path, Why: "it has no journal"}
		}
		var before Hash
		var last Seq
		return journal.ForEach(func(_, raw []byte) error {
			frame, err := DecodeFrame(raw)
			if err != nil {
				return err
			}
			if err := frame.Verify(); err != nil {
				return err
			}
			if frame.First != last+1 || frame.Before != before {
				return &DamageError{Where: fmt.Sprintf("entry %d", frame.First), Why: fmt.Sprintf("it does not follow entry %d", last)}
			}
			entries, err := frame.Open()
			if err != nil {
				return err
			}
			for i, e := range entries {
				if err := f(e, frame.Hashes[i]); err != nil {
					return err
				}
			}
			last, before = frame.End().Seq, frame.End().Hash
			return nil
		})
	})
}
