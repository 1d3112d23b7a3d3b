package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// WalkBook reads the journal of a book that no process has open, entry by entry with its hash,
// checking the chain as it goes, from the first entry that the journal still has. It builds no state: what it gives is what was written.
func WalkBook(env Env, dir string, f func(e *Entry, h Hash) error) error {
	return readClosed(env, dir, func(_ *bbolt.Tx, site SiteID, journal *tape.Tape) error {
		var before Hash
		var last Seq
		var epoch Epoch
		if err := eachFrame(journal, 0, func(raw []byte) error {
			frame, err := DecodeFrame(raw)
			if err != nil {
				return err
			}
			if err := frame.Verify(); err != nil {
				return err
			}
			if first := Seq(journal.First()); last == 0 && first > 1 {
				last, before = first-1, frame.Before
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
			last, before, epoch = frame.End().Seq, frame.End().Hash, frame.Epoch
			return nil
		}); err != nil {
			return err
		}
		return witnessed(env, dir, journal, Head{Site: site, Position: Position{Epoch: epoch, Seq: last, Hash: before}})
	})
}
