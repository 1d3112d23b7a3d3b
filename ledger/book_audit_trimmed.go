package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// AuditWithArchive is AuditBook over the site's archive in the folder archive and the book in dir as
// one chain, from entry 1: every entry is folded, also those that the journal was trimmed of, and
// where the two overlap they must agree. An archive of "" is none.
func AuditWithArchive(env Env, dir, archive string, tick func(done, all uint64)) (AuditReport, error) {
	var report AuditReport
	err := readClosed(env, dir, func(tx *bbolt.Tx, site SiteID, journal *tape.Tape) (err error) {
		var copied *Archive
		if archive != "" {
			if copied, err = ReadArchive(env, site, archive); err != nil {
				return err
			}
			defer copied.Close() // nothing was written through it
		}
		lists, err := storedRuns(tx)
		if err != nil {
			return err
		}
		past, err := openRuns(env, site, dir, lists, runs.OpenReadOnly)
		if err != nil {
			return err
		}
		defer past.close() // nothing was written through it
		x := past.indexOf(tx)
		defer x.close()
		if report, err = auditIndex(x, site, journal, copied, tick); err != nil {
			return err
		}
		return witnessed(env, dir, journal, report.Head)
	})
	if err != nil {
		return report, fmt.Errorf("audit %s: %w", dir, err)
	}
	return report, nil
}

// alone audits the book by itself: from its first entry, or from the base.
func (r *auditRun) alone() error {
	first := Seq(r.journal.First())
	if err := baseReaches(r.base, first-1); err != nil {
		return err
	}
	if first > 1 {
		if err := r.begin(first - 1); err != nil {
			return err
		}
	}
	return r.rest()
}

// begin begins at the base. What the book remembers of the entries before it is taken from the
// stubs: that a key was answered, and that an order's id is taken.
func (r *auditRun) begin(trimmed Seq) error {
	s, err := loadBase(r.x.tx, r.a.State.Site, r.base)
	if err != nil {
		return err
	}
	a := r.a
	s.lean = true
	a.State = s
	a.report.Entries, a.report.Frames = uint64(s.Seq), r.base.Frames
	a.report.Accepted, a.report.Refused, a.report.Unknown, a.report.Trimmed = r.base.Accepted, r.base.Refused, r.base.Unknown, trimmed
	for id := range s.orders {
		a.orders.swap(digestOfID(id), s.Seq)
	}
	if err := r.eachStub(func(e *Entry) error {
		if e.Key != (Digest{}) {
			a.keys.swap(e.Key, e.Seq)
		}
		for _, beside := range e.besides() {
			a.keys.swap(beside, e.Seq)
		}
		if o := e.heldOrder(); o != nil {
			a.orders.swap(digestOfID(o.ID), e.Seq)
			a.ended.swap(digestOfID(o.ID), endedNumber(o.Status, e.Seq))
		}
		if t, _ := e.money(); t != nil && t.Refusal == "" && len(t.Moves) > 0 {
			a.moneys.swap(DigestOf([]byte(t.Payments.Order)), sumOfPayments(&t.Payments))
		}
		return nil
	}); err != nil {
		return err
	}
	for id := range s.orders {
		a.ended.swap(digestOfID(id), 0) // open there, whatever a stub says of it
	}
	if at, err := hashAt(r.journal, s.Seq); err != nil {
		return err
	} else if at != s.Hash {
		return &DamageError{Where: fmt.Sprintf("entry %d", s.Seq), Why: "it is not the one that the base was made at"}
	}
	return r.compare()
}

// eachStub gives the stubs that answer for entries of the base; none may lie beyond it.
func (r *auditRun) eachStub(f func(*Entry) error) error {
	return r.x.tx.Bucket(bucketStubs).ForEach(func(key, stored []byte) error {
		stubs, err := openStubs(key, stored)
		if err != nil {
			return err
		}
		for i := range stubs {
			e, err := stubs[i].open()
			if err == nil && e.Seq > r.base.At.Head.Seq {
				err = &DamageError{Where: fmt.Sprintf("stub of entry %d", e.Seq), Why: "it lies beyond what was trimmed"}
			}
			if err == nil {
				err = f(e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// withArchive audits archive and book as one chain.
func (r *auditRun) withArchive(archive *Archive) error {
	first := Seq(r.journal.First())
	if err := baseReaches(r.base, first-1); err != nil {
		return err
	}
	kept := map[Seq]Digest{} // of the stubs
	if r.base.At.Head.Seq > 0 {
		if err := r.eachStub(func(e *Entry) error {
			kept[e.Seq] = DigestOf(MarshalEntry(e))
			return nil
		}); err != nil {
			return err
		}
	}
	if err := eachOpened(archive.tape, 0, func(o *Opened) error {
		if err := r.frame(o); err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		for i := range o.Entries {
			e := &o.Entries[i]
			if stub, ok := kept[e.Seq]; ok && stub != DigestOf(stubOf(e).bytes) {
				return &DamageError{Where: fmt.Sprintf("stub of entry %d", e.Seq), Why: "the archive's entry is another one"}
			}
		}
		o.recycle()
		return r.overlap(o.Frame)
	}); err != nil {
		return err
	}
	end := r.a.State.Seq
	switch {
	case end < first-1:
		return &DamageError{Where: "archive", Why: fmt.Sprintf("it ends at entry %d, and the journal begins behind entry %d: what is between is in neither", end, first-1)}
	case end > Seq(r.journal.Last()):
		return &DamageError{Where: "journal", Why: fmt.Sprintf("it ends at entry %d, and the archive has entry %d", r.journal.Last(), end)}
	}
	r.a.report.Trimmed, r.a.report.Archived = first-1, end
	return r.rest()
}

// overlap compares archive and book at the end of a frame, as far as the book has it; each entry
// before it is in its hash.
func (r *auditRun) overlap(f *Frame) error {
	at := r.a.State.Head()
	if base := r.base.At.Head; at.Seq == base.Seq && base.Seq > 0 {
		if at.Hash != base.Hash {
			return notTheSame(at.Seq)
		}
		s, err := loadBase(r.x.tx, at.Site, r.base)
		if err == nil {
			err = sameState(s, r.a.State)
		}
		if err != nil {
			return fmt.Errorf("base: %w", err)
		}
	}
	if at.Seq < Seq(r.journal.First())-1 || at.Seq > Seq(r.journal.Last()) {
		return nil
	}
	hash, err := hashAt(r.journal, at.Seq)
	if err == nil && hash != at.Hash {
		err = notTheSame(at.Seq)
		for i, h := range f.Hashes { // the first of the frame that differs
			seq := f.First + Seq(i)
			if mine, readErr := hashAt(r.journal, seq); readErr == nil && mine != h {
				return notTheSame(seq)
			}
		}
	}
	return err
}

func notTheSame(seq Seq) error {
	return &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "the archive has another one than the book"}
}
