package journal

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// EachAdjusting gives what a site's journal here says was adjusted, as Book.EachAdjusting does: of ledger.AdjustedWalkMax entries behind after, up to the
// first gap, or until see says false. next is the entry behind which to go on, 0 where all was given. Frames that are not on the disk yet are among them.
func (s *Store) EachAdjusting(site ledger.SiteID, after ledger.Seq, see func(*ledger.Entry, *ledger.AdjustedBody) bool) (next ledger.Seq, err error) {
	return s.eachOf(site, after, func(f *ledger.Frame, last ledger.Seq) bool { return f.EachAdjusting(last, see) })
}

// EachReasoned is likewise, of entries that may say for what reason something was done with goods.
func (s *Store) EachReasoned(site ledger.SiteID, after ledger.Seq, see func(*ledger.Entry) bool) (next ledger.Seq, err error) {
	return s.eachOf(site, after, func(f *ledger.Frame, last ledger.Seq) bool { return f.EachOf(last, ledger.MayReason, see) })
}

func (s *Store) eachOf(site ledger.SiteID, after ledger.Seq, each func(f *ledger.Frame, last ledger.Seq) (more bool)) (next ledger.Seq, err error) {
	last, limit, stopped := after, after+ledger.AdjustedWalkMax, false
	for last < limit && !stopped {
		from := last
		frames, err := s.Frames(site, last, readSlice) // decoded and seen outside the transaction
		if err != nil {
			return 0, err
		}
		for _, raw := range frames {
			f, err := ledger.DecodeFrame(raw)
			if err != nil {
				return 0, damaged(site, seqKey(last+1), err)
			}
			more := each(f, last)
			if last = f.End().Seq; !more {
				stopped = true
				break
			}
		}
		if last == from {
			return 0, nil
		}
	}
	if stopped {
		return 0, nil
	}
	return last, nil
}

// SinceSeq gives the entry of a site's journal here behind which all stand that were written at t or later, as ledger.FirstSince finds it.
func (s *Store) SinceSeq(site ledger.SiteID, t time.Time) (ledger.Seq, error) {
	return ledger.FirstSince(t, s.WholeSeq(site), func(seq ledger.Seq) (time.Time, error) {
		r, ok, err := s.at(site, seq)
		if err != nil || !ok {
			return time.Time{}, err
		}
		f, err := ledger.DecodeFrame(r.Frame)
		if err != nil {
			return time.Time{}, damaged(site, seqKey(seq), err)
		}
		e, err := ledger.UnmarshalEntry(f.Entries[seq-f.First])
		if err != nil {
			return t, nil // nobody can say: the search goes on before it, so nothing is missed
		}
		return e.At, nil
	})
}
