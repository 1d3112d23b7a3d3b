package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// kindKnown is the last kind of entry that a state of this version folds. It is the state's, not
// the build's: a server that was upgraded first must not fold what the others park. Raising it
// takes a command of its own, given when every server has the new build.
const kindKnown = ledger.KindAdopted

// push takes frames of a site's journal: they are verified as a chain, fitted to what is stored,
// handed out to be kept, and folded entry by entry.
func (m *Machine) push(c *Push) Result {
	var res Result
	var news []*ledger.Frame
	res.Err = m.atomically(func() error {
		if _, ok := m.sites.get(c.Site); !ok {
			return ErrSiteUnknown
		}
		s := m.editSite(c.Site)
		var j judgement
		news, j = fitFrames(s, c)
		m.verdict(s, j, c.At)
		res.Verdict, res.Why, res.Stored = j.verdict, j.why, s.Stored
		if j.verdict != wire.VerdictOK {
			news = nil
			return nil
		}
		s.SeenAt = c.At
		s.show(c.Head)
		return nil
	})
	if len(news) == 0 || res.Err != nil {
		return res
	}
	skip := len(c.Frames) - len(news)
	for i, f := range news {
		m.foldFrame(c, f)
		res.Frames = append(res.Frames, StoredFrame{Site: c.Site, First: f.First, Last: f.End().Seq, Bytes: c.Frames[skip+i]})
	}
	res.Err = m.atomically(func() error {
		s := m.editSite(c.Site)
		for _, f := range news {
			s.trail(f.End())
		}
		s.Stored = news[len(news)-1].End()
		s.show(s.Stored)
		if s.Parked == "" {
			s.Folded = s.Stored.Seq
		}
		res.Stored = s.Stored
		return nil
	})
	return res
}

func (s *Site) trail(p ledger.Position) {
	if len(s.Trail) == TrailMax {
		s.Trail = append(s.Trail[:0], s.Trail[1:]...)
	}
	s.Trail = append(s.Trail, p)
}

// fitFrames decodes and verifies what was pushed and gives the frames that bring something new.
// A gap or an old push brings none and is no fault: the answer is the position.
func fitFrames(s *Site, c *Push) ([]*ledger.Frame, judgement) {
	if c.Epoch != s.Epoch && s.Epoch != 0 && len(c.Frames) > 0 {
		if c.Epoch < s.Epoch {
			return nil, judged(wire.VerdictClosedEpoch, "epoch %d is closed, the site is in %d", c.Epoch, s.Epoch)
		}
		return nil, judged(wire.VerdictFork, "epoch %d was never issued", c.Epoch)
	}
	if j := s.contact(c.Head); j.verdict != wire.VerdictOK {
		return nil, j
	}
	frames := make([]*ledger.Frame, len(c.Frames))
	at := c.Before
	for i, b := range c.Frames {
		f, err := ledger.DecodeFrame(b)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			return nil, judged(wire.VerdictLater, "damaged frame after entry %d: %v", at.Seq, err)
		}
		if f.Site != s.ID || f.Epoch != s.Epoch || f.First != at.Seq+1 || f.Before != at.Hash {
			return nil, judged(wire.VerdictLater, "frame %d of %s does not follow entry %d", f.First, f.Site, at.Seq)
		}
		for n, h := range f.Hashes {
			p := ledger.Position{Seq: f.First + ledger.Seq(n), Hash: h}
			if p.Seq == c.Head.Seq && h != c.Head.Hash {
				return nil, judged(wire.VerdictFork, "entry %d is pushed as another one than the head says", p.Seq)
			}
			if j := s.onChain(p); j.verdict != wire.VerdictOK {
				return nil, j
			}
		}
		frames[i], at = f, f.End()
	}
	return s.newFrames(c.Before, frames)
}

// newFrames drops the frames that are stored. That the hashes agree where the rest begins was
// seen by onChain, but for a push that begins exactly behind what is stored.
func (s *Site) newFrames(before ledger.Position, frames []*ledger.Frame) ([]*ledger.Frame, judgement) {
	if len(frames) == 0 || before.Seq > s.Stored.Seq {
		return nil, judgedOK
	}
	if before.Seq == s.Stored.Seq && before.Hash != s.Stored.Hash {
		return nil, judged(wire.VerdictFork, "entry %d is another one than head office knows", before.Seq)
	}
	for i, f := range frames {
		if f.End().Seq > s.Stored.Seq {
			return frames[i:], judgedOK
		}
	}
	return nil, judgedOK
}

// foldFrame folds the entries of a frame that are new. An entry of a kind that this version does
// not know parks the stream from there on: the bytes are kept, nothing more is folded. One that
// does not fit is an exception, and the stream goes on.
func (m *Machine) foldFrame(c *Push, f *ledger.Frame) {
	for i, b := range f.Entries {
		seq := f.First + ledger.Seq(i)
		s, _ := m.sites.get(c.Site)
		if s.Parked != "" {
			return
		}
		if seq <= s.Folded {
			continue
		}
		e, err := ledger.UnmarshalEntry(b)
		if err == nil && (e.Seq != seq || e.Epoch != f.Epoch) {
			e, err = nil, fmt.Errorf("it calls itself entry %d of epoch %d", e.Seq, e.Epoch)
		}
		if err == nil && (e.Kind == 0 || e.Kind > kindKnown) {
			m.park(c, seq, e.Kind)
			return
		}
		if err == nil {
			err = m.atomically(func() error {
				m.editSite(c.Site).Folded = seq
				return m.fold(c, e)
			})
		}
		if err != nil {
			m.misfit(c, e, seq, err)
		}
	}
}

func (m *Machine) park(c *Push, seq ledger.Seq, k ledger.Kind) {
	_ = m.atomically(func() error {
		s := m.editSite(c.Site)
		s.Parked = fmt.Sprintf("entry %d is of kind %d, which this head office does not know", seq, k)
		m.raise(Exception{What: "parked", Site: c.Site, Seq: seq, Why: s.Parked}, c.At)
		return nil
	})
}

// misfit passes over an entry whose meaning does not fit. Its postings still happened: where they
// make sense by themselves the mirror follows them. e is nil where it could not be read.
func (m *Machine) misfit(c *Push, e *ledger.Entry, seq ledger.Seq, why error) {
	note := func() {
		m.editSite(c.Site).Folded = seq
		m.raise(Exception{What: "does_not_fit", Site: c.Site, Seq: seq, Why: why.Error()}, c.At)
	}
	if e != nil && m.atomically(func() error { note(); return m.foldMirror(c, e) }) == nil {
		return
	}
	_ = m.atomically(func() error { note(); return nil })
}
