package machine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// push takes frames of a site's journal: they are verified as a chain, fitted to what is stored,
// handed out to be kept, and folded entry by entry.
func (m *Machine) push(c *Push) Result {
	var res Result
	var news []*ledger.Frame
	res.Err = m.atomically(func() error {
		if _, ok := m.sites.get(c.Site); !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		s := m.editSite(c.Site)
		var j judgement
		news, j = m.fitFrames(s, c)
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
	m.foldFrames(c, news)
	skip := len(c.Frames) - len(news)
	for i, f := range news {
		res.Frames = append(res.Frames, StoredFrame{Site: c.Site, First: f.First, Last: f.End().Seq, Bytes: c.Frames[skip+i], Lots: slices.ContainsFunc(f.Entries, ledger.MayTellLots)})
	}
	res.Err = m.atomically(func() error {
		s := m.editSite(c.Site)
		s.trail(news)
		s.Stored = news[len(news)-1].End()
		s.show(s.Stored)
		if s.Parked == "" {
			s.Folded = s.Stored.Seq
		}
		m.forgetRates(c.Site, s.Stored.Seq, c.At)
		m.forgetAvoided(c.Site, s.Stored.Seq, c.At)
		res.Stored = s.Stored
		return nil
	})
	return res
}

// trail notes where frames end: of all, the latest.
func (s *Site) trail(news []*ledger.Frame) {
	news = news[max(len(news)-TrailMax, 0):]
	before := s.Trail[max(len(s.Trail)+len(news)-TrailMax, 0):]
	s.Trail = append(make([]ledger.Position, 0, len(before)+len(news)), before...)
	for _, f := range news {
		s.Trail = append(s.Trail, f.End())
	}
}

// fitFrames decodes and verifies what was pushed and gives the frames that bring something new.
// A gap or an old push brings none and is no fault: the answer is the position.
func (m *Machine) fitFrames(s *Site, c *Push) ([]*ledger.Frame, judgement) {
	if len(c.Frames) > 0 && s.Epoch != 0 {
		told := ledger.Position{Epoch: c.Epoch} // of no entry: only the epoch is judged
		if c.Epoch == 0 {
			return nil, judged(wire.VerdictClosedEpoch, "there is no epoch 0, the site is in %d", s.Epoch)
		}
		if j := m.contact(s, told); j.verdict != wire.VerdictOK {
			return nil, j
		}
	}
	if j := m.contact(s, c.Head); j.verdict != wire.VerdictOK {
		return nil, j
	}
	frames := make([]*ledger.Frame, len(c.Frames))
	at := c.Before
	var epoch ledger.Epoch // no frame is of an earlier one than the frame before it: its chain says whose it is
	for i, b := range c.Frames {
		f, err := ledger.DecodeFrame(b)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			return nil, judged(wire.VerdictLater, "damaged frame after entry %d: %v", at.Seq, err)
		}
		if f.End().Seq > s.Stored.Seq {
			epoch = max(epoch, s.Stored.Epoch) // an overlap may be of an epoch that has ended
		}
		if f.Site != s.ID || f.Epoch < epoch || f.Epoch > s.Epoch || f.First != at.Seq+1 || f.Before != at.Hash {
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
		frames[i], at, epoch = f, f.End(), f.Epoch
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

// unfolded is an entry that is to be folded.
type unfolded struct {
	seq   ledger.Seq
	epoch ledger.Epoch
	bytes []byte
}

// foldFrames folds the entries of the frames that are new. An entry of a kind that this version
// does not know parks the stream from there on: the bytes are kept, nothing more is folded.
func (m *Machine) foldFrames(c *Push, frames []*ledger.Frame) {
	s, _ := m.sites.get(c.Site)
	if s.Parked != "" {
		return
	}
	var es []unfolded
	for _, f := range frames {
		es = append(es, s.unfolded(f)...)
	}
	if at, kind, unknown := m.foldEntries(c, es); unknown {
		_ = m.atomically(func() error { m.park(m.editSite(c.Site), at, kind, c.At); return nil })
	}
}

// unfolded lists the entries of a frame that are not folded.
func (s *Site) unfolded(f *ledger.Frame) []unfolded {
	var es []unfolded
	for i, b := range f.Entries {
		if seq := f.First + ledger.Seq(i); seq > s.Folded {
			es = append(es, unfolded{seq, f.Epoch, b})
		}
	}
	return es
}

// foldEntries folds entries up to one of a kind that this version does not know, and then says which one
// that is. One that does not fit is an exception, and the stream goes on.
//
// Entries that fit are staged together and land at once, for records that many of them touch
// are then copied once. Each sees what the ones before it have staged, so this comes to the same
// as landing each by itself. Before one at fault, what was staged is dropped and folded again up
// to it; so no entry is folded more than twice for one fault.
func (m *Machine) foldEntries(c *Push, es []unfolded) (at ledger.Seq, kind ledger.Kind, unknown bool) {
	for len(es) > 0 {
		n, e, err := m.foldRun(c, es)
		if err == nil {
			return 0, 0, false
		}
		if n > 0 {
			if _, _, err := m.foldRun(c, es[:n]); err != nil {
				panic("machine: an entry that has fitted does not fit: " + err.Error())
			}
		}
		if errors.Is(err, errKind) {
			return es[n].seq, e.Kind, true
		}
		m.misfit(c, e, es[n].seq, err)
		es = es[n+1:]
	}
	return 0, 0, false
}

// errKind says that an entry is of a kind that this version does not know.
var errKind = errors.New("unknown kind")

// foldRun folds all of es or changes nothing: then it says how many fit, and which one does not
// and why. That entry is nil where it could not be read.
func (m *Machine) foldRun(c *Push, es []unfolded) (fit int, e *ledger.Entry, err error) {
	f := m.folding(c)
	err = m.atomically(func() error {
		for i := range es {
			fit = i
			var err error
			if e, err = es[i].open(m.Known()); err != nil {
				return err
			}
			if err := f.fold(e); err != nil {
				return err
			}
		}
		m.editSite(c.Site).Folded = es[len(es)-1].seq
		return nil
	})
	return fit, e, err
}

func (u *unfolded) open(known ledger.Kind) (*ledger.Entry, error) {
	e, err := ledger.UnmarshalEntry(u.bytes)
	switch {
	case err != nil:
		return nil, err
	case e.Seq != u.seq || e.Epoch != u.epoch:
		return nil, fmt.Errorf("it calls itself entry %d of epoch %d", e.Seq, e.Epoch)
	case e.Kind == 0 || e.Kind > known:
		return e, errKind
	}
	if _, unknown := e.Body.(*ledger.UnknownBody); unknown { // of a number that this build has left out
		return e, errKind
	}
	return e, nil
}

// misfit passes over an entry whose meaning does not fit. Its postings still happened: where they
// make sense by themselves the mirror follows them. e is nil where it could not be read.
func (m *Machine) misfit(c *Push, e *ledger.Entry, seq ledger.Seq, why error) {
	note := func() {
		m.editSite(c.Site).Folded = seq
		m.raise(Exception{What: "does_not_fit", Site: c.Site, Seq: seq, Why: why.Error()}, c.At)
	}
	if e != nil && m.atomically(func() error { note(); return m.folding(c).mirror(e) }) == nil {
		return
	}
	_ = m.atomically(func() error { note(); return nil })
}
