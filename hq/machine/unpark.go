package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// unpark reads on where the stream of a site is parked. What is stored comes once more, in order and
// in pieces, out of the leader's journal store: every server folds the bytes that the command has.
// Folded says which entries are new, so a piece that comes twice, late or again changes nothing, and
// what a new leader begins with is where the last one ended. Until all that is stored is folded
// the stream stays parked, and what is pushed meanwhile is only kept: it belongs behind the rest.
func (m *Machine) unpark(c *Unpark) Result {
	s, ok := m.sites.get(c.Site)
	switch {
	case !ok:
		return Result{Err: &SiteUnknownError{Site: c.Site}}
	case s.Parked == "":
		return Result{Stored: s.Stored}
	}
	es, err := s.storedAgain(c.Frames)
	if err != nil {
		return Result{Err: fmt.Errorf("%w: %w", ErrConflict, err), Stored: s.Stored}
	}
	at, kind, unknown := m.foldEntries(&Push{Site: c.Site, At: c.At}, es)
	return Result{Stored: s.Stored, Err: m.atomically(func() error {
		s := m.editSite(c.Site)
		switch {
		case unknown && s.Parked == parkedAt(at, kind):
			return nil // nobody knows it yet
		case !unknown && s.Folded < s.Stored.Seq:
			return nil // the rest follows
		}
		s.Parked = ""
		m.unparked(c.Site, c.At)
		if unknown {
			m.park(s, at, kind, c.At)
		}
		return nil
	})}
}

// storedAgain gives the entries of frames that are stored and not folded. That frames verify, follow one
// another and are nowhere other than what is known of the chain is seen here. That they lead to what is
// stored the leader has seen: not all of it need be in this command.
func (s *Site) storedAgain(raw [][]byte) ([]unfolded, error) {
	var es []unfolded
	var at *ledger.Frame
	for _, b := range raw {
		f, err := ledger.DecodeFrame(b)
		if err == nil {
			err = f.Verify()
		}
		switch {
		case err != nil:
			return nil, err
		case f.Site != s.ID || f.Epoch > s.Stored.Epoch || f.End().Seq > s.Stored.Seq:
			return nil, fmt.Errorf("frame %d of %s is not stored", f.First, f.Site)
		case at == nil && f.First > s.Folded+1:
			return nil, fmt.Errorf("frame %d leaves out what is behind entry %d", f.First, s.Folded)
		case at != nil && (f.First != at.End().Seq+1 || f.Before != at.End().Hash || f.Epoch < at.Epoch):
			return nil, fmt.Errorf("frame %d does not follow entry %d", f.First, at.End().Seq)
		}
		for i, h := range f.Hashes {
			if j := s.onChain(ledger.Position{Seq: f.First + ledger.Seq(i), Hash: h}); j != judgedOK {
				return nil, fmt.Errorf("frame %d: %s", f.First, j.why)
			}
		}
		es, at = append(es, s.unfolded(f)...), f
	}
	return es, nil
}

// parkedAt says why a stream is parked.
func parkedAt(seq ledger.Seq, k ledger.Kind) string {
	return fmt.Sprintf("entry %d is of kind %d, which this head office does not know", seq, k)
}

// park parks the stream of a site before an entry of a kind that is not folded yet.
func (m *Machine) park(s *Site, seq ledger.Seq, k ledger.Kind, at time.Time) {
	s.Parked = parkedAt(seq, k)
	m.raise(Exception{What: "parked", Site: s.ID, Seq: seq, Why: s.Parked}, at)
}

// unparked closes the exception that told of it. It may have been pushed off the list.
func (m *Machine) unparked(site ledger.SiteID, at time.Time) {
	for id, n := m.counters.Exceptions, 0; id > 0 && n < ExceptionsMax; id, n = id-1, n+1 {
		e, ok := m.exceptions.get(keyOfRank(id))
		if ok && e.What == "parked" && e.Site == site && !e.Resolved.Done() {
			m.resolved(e, Signed{By: ownerHQ, Reason: "head office knows the kind now, and has read on", At: at})
			return
		}
	}
}
