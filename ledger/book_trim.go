package ledger

import (
	"fmt"
	"sort"
	"time"

	"go.etcd.io/bbolt"
)

// A TrimLimit says what may leave the journal: only what is below both of its ends.
type TrimLimit struct {
	Archived Seq       // a copy outside head office has all up to here
	Before   time.Time // entries of this moment and later stay
}

// Bounds of one slice of a trimming. A checkpoint or a page of items waits for its commit, a sale
// for none of it.
const (
	trimEntries = 1024
	trimBytes   = 1 << 20 // of stubs
)

// Trimmed is the last entry that the journal was trimmed of; 0 where it is whole.
func (b *Book) Trimmed() Seq { return Seq(b.tape.First()) - 1 }

// Trim takes one slice of what may go out of the journal, and says whether there is more. It holds
// up no sale: whoever calls pauses between two slices.
//
// Whole files of the journal go, behind the last checkpoint. Before one goes, its entries are folded
// into the base, the state from which an audit of what is left begins, and of each that something
// is still asked of a stub is stored. What a crash leaves:
//
//	before a slice's commit    the slice before: it is taken again
//	after it                   stubs and a base that are ahead of the journal's first entry: the
//	                           journal's own entries are read while they are there
//	between two files' removal the journal begins later
//
// A book in quarantine is not trimmed: it is evidence.
func (b *Book) Trim(limit TrimLimit) (more bool, err error) {
	b.trim.Lock()
	defer b.trim.Unlock()
	if err := b.Err(); err != nil {
		return false, err
	}
	if b.View().Quarantine != "" || b.copied() {
		return false, nil
	}
	if err := b.settle(); err != nil { // what it goes by must be on the disk before a file goes
		return false, err
	}
	var base trimmedTo
	to := Seq(0)
	if err := b.view(func(tx *bbolt.Tx) (err error) {
		if base, _, err = storedBase(tx); err != nil {
			return err
		}
		saved := NewState(b.cfg.Site)
		if _, err := loadPosition(tx, saved); err != nil {
			return err
		}
		to = min(limit.Archived, saved.Seq)
		return nil
	}); err != nil {
		return false, err
	}
	end, err := b.lastFileEnd(to, limit.Before)
	if err != nil || end <= b.Trimmed() {
		return false, err
	}
	if base.At.Head.Seq < end {
		return true, b.trimSlice(base, end)
	}
	if more, err = b.tape.Trim(uint64(end) + 1); err != nil {
		return false, b.fail(fmt.Errorf("trim journal: %w", err))
	}
	return more, nil
}

// lastFileEnd gives the last entry of the journal's last file whose entries are all at or below to
// and older than before; where there is none, an entry that has left the journal or never was.
// Moments rise with the numbers but for a clock that was set, which may keep a file too long.
func (b *Book) lastFileEnd(to Seq, before time.Time) (Seq, error) {
	firsts := b.tape.Segments()
	end := func(i int) Seq { return Seq(firsts[i+1]) - 1 }
	files := sort.Search(len(firsts)-1, func(i int) bool { return end(i) > to })
	var failed error
	files = sort.Search(files, func(i int) bool {
		f, err := frameOf(b.tape, end(i))
		if err == nil {
			var e *Entry
			if e, err = entryOf(f, end(i)); err == nil {
				return !e.At.Before(before)
			}
		}
		failed = err
		return true
	})
	if failed != nil || files == 0 {
		return 0, failed
	}
	return end(files - 1), nil
}

// trimSlice folds the entries behind base, some of those up to end, into the base and stores stubs
// of them, in one commit.
func (b *Book) trimSlice(from trimmedTo, end Seq) error {
	f := newBaseFold(b.cfg.Site, from)
	if err := b.viewIndex(func(x *index) error {
		f.tx, f.closed = x.tx, x.closed
		return eachFrame(b.tape, from.At.Head.Seq+1, func(raw []byte) error {
			if err := f.frame(raw); err != nil {
				return err
			}
			if f.state.Seq >= end || f.entries >= trimEntries || f.bytes >= trimBytes {
				return errEnough
			}
			return nil
		})
	}); err != nil {
		return fmt.Errorf("trim journal behind entry %d: %w", from.At.Head.Seq, err)
	}
	return b.commit(ActTrim, f.store)
}

// checkTrimmed refuses an index that does not answer for what the journal was trimmed of, as an old
// copy of it would not.
func (b *Book) checkTrimmed() error {
	return b.view(func(tx *bbolt.Tx) error {
		base, _, err := storedBase(tx)
		if err != nil {
			return err
		}
		return baseReaches(base, b.Trimmed())
	})
}

func baseReaches(base trimmedTo, trimmed Seq) error {
	if base.At.Head.Seq >= trimmed {
		return nil
	}
	return &DamageError{Where: "index", Why: fmt.Sprintf("the journal begins behind entry %d, and the index answers for what was trimmed up to entry %d only; put back a copy of book.db that was made after the journal was last trimmed", trimmed, base.At.Head.Seq)}
}
