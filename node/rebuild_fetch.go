package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// copyBytes is what is copied of the own journal at a time.
const copyBytes = 1 << 20

// A fetch brings head office's copy of the journal into the new book.
type fetch struct {
	*Node
	plan ledger.RebuildPlan
	try  int        // chooses the server
	own  bool       // what the old book shares with head office is copied, not fetched
	head ledger.Seq // how far it has come
}

// run goes on where the last try ended, until the new book is whole.
func (f *fetch) run(ctx context.Context) (err error) {
	r, err := ledger.NewRebuild(f.env, ledger.BookConfig{Site: f.cfg.Site, Dir: f.cfg.Dir, JournalSize: f.cfg.JournalSize}, f.plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if f.own {
		if err := f.copyOwn(ctx, r); err != nil {
			return f.doubt(r, err)
		}
		f.own = false
	}
	for !r.Whole() {
		f.note(r)
		frames, err := f.link.Journal(ctx, f.try, r.Head().Seq, 0)
		switch {
		case err != nil:
			return err
		case len(frames) == 0:
			return fmt.Errorf("fetch journal: the server has nothing after entry %d, and entry %d is wanted", r.Head().Seq, f.plan.Stored.Seq)
		}
		before := r.Head().Seq
		if err := r.Append(frames); err != nil {
			return f.doubt(r, err)
		}
		if r.Head().Seq == before {
			return f.doubt(r, &ledger.DamageError{Where: "fetched journal", Why: "what came is here already"})
		}
	}
	f.note(r)
	f.rebuild.note(phaseFold, uint64(f.head), uint64(f.plan.Stored.Seq), "")
	return f.doubt(r, r.Finish())
}

func (f *fetch) note(r *ledger.Rebuild) {
	f.head = r.Head().Seq
	f.rebuild.note(phaseFetch, uint64(f.head), uint64(f.plan.Stored.Seq), "")
}

// doubt begins anew where frames did not fit one another, or not the position that head office has
// named: which of them is wrong nobody can say. The next server is asked, for all of it.
func (f *fetch) doubt(r *ledger.Rebuild, err error) error {
	if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
		return err
	}
	f.own, f.head = false, 0
	return errors.Join(err, r.Restart())
}

// copyOwn copies the entries that the old book shares with head office's copy: a book that was
// restored an hour ago lacks an hour, and need not fetch its years. A trimmed one is fetched.
func (f *fetch) copyOwn(ctx context.Context, r *ledger.Rebuild) error {
	if r.Head().Seq > 0 || f.book.Trimmed() > 0 {
		return nil
	}
	upTo, err := f.common(ctx)
	if err != nil {
		return err
	}
	for r.Head().Seq < upTo {
		_, frames, err := f.book.Frames(r.Head().Seq, copyBytes)
		if err != nil {
			return err
		}
		within := frames[:0]
		for _, raw := range frames {
			frame, err := ledger.DecodeFrame(raw)
			if err != nil {
				return err
			}
			if frame.End().Seq <= upTo {
				within = append(within, raw)
			}
		}
		if len(within) == 0 {
			return nil // the last common entries lie in a frame that ends otherwise there
		}
		if err := r.Append(within); err != nil {
			return err
		}
		f.note(r)
	}
	return nil
}

// common finds an entry that the old book and head office's copy share, looking back from the old
// book's end in steps that double.
func (f *fetch) common(ctx context.Context) (ledger.Seq, error) {
	stored := f.plan.Stored
	last := min(f.book.Head().Seq, stored.Seq)
	for step, at := ledger.Seq(1), last; at > 0; step, at = 2*step, at-min(at, step) {
		theirs := stored
		if at < stored.Seq {
			frames, err := f.link.Journal(ctx, f.try, at, 1)
			if err != nil {
				return 0, err
			}
			if len(frames) == 0 {
				return 0, fmt.Errorf("fetch journal: the server has nothing after entry %d", at)
			}
			frame, err := ledger.DecodeFrame(frames[0])
			if err != nil {
				return 0, err
			}
			if frame.First > at+1 || frame.End().Seq < at {
				return 0, &ledger.DamageError{Where: "fetched journal", Why: fmt.Sprintf("entry %d was asked for, and %d came", at+1, frame.First)}
			}
			theirs = ledger.Position{Seq: at, Hash: frame.Before}
			if at >= frame.First {
				theirs.Hash = frame.Hashes[at-frame.First]
			}
		}
		if known, err := f.book.Knows(theirs); err != nil || known {
			return at, err
		}
	}
	return 0, nil
}
