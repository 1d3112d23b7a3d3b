package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// reissue gives a site the epoch after its own. The new book begins where the journal ends that is
// stored here, so the mirror is its balances, and the commands that no stored entry has embedded
// are the ones it has to carry out. Until it attests nothing of the site is promised: its own
// facts of the closed epoch are still to come.
func (m *Machine) reissue(c *Reissue) Result {
	var res Result
	res.Err = m.atomically(func() error {
		if _, ok := m.sites.get(c.Site); !ok {
			res.Verdict, res.Why = wire.VerdictStranger, "no such site"
			return nil
		}
		s := m.editSite(c.Site)
		j := m.judgeReissue(s, c)
		m.meet(s, c.HQ, c.At)
		switch {
		case j.verdict != wire.VerdictOK:
			m.verdict(s, j, c.At)
		case !s.reissued(c):
			m.refence(s, c)
		}
		res.Verdict, res.Why, res.H, res.Epoch, res.Counter, res.Stored = j.verdict, j.why, m.counters.H, s.Epoch, s.Counter, s.Stored
		return nil
	})
	return res
}

// reissued says whether c asks again for what it was given: its answer was lost. An epoch that was
// closed since, by whoever declared the site lost, is not given again.
func (s *Site) reissued(c *Reissue) bool {
	return !s.Lost.Done() && s.Rebuilding && s.Issued == c.Boot && s.NodeKey == c.NodeKey && s.Stored.Epoch < s.Epoch
}

// judgeReissue says who may have the epoch: whoever an operator sends, or the site's own node,
// where no other process of it is alive. What made it ask is not looked at: a client may have told
// it of entries that neither of the two has, and to make a sound book anew does no harm.
func (m *Machine) judgeReissue(s *Site, c *Reissue) judgement {
	switch {
	case c.NodeKey == [16]byte{}:
		return judgement{verdict: wire.VerdictStranger, why: "the node has no key", foreign: true}
	case m.laterLife(c.HQ):
		return judgement{verdict: wire.VerdictLater, quiet: true, why: "head office has gone back in time: it has to be recovered"}
	case c.HQ.Counter == m.counters.H.Counter && c.HQ != m.counters.H:
		return judgement{verdict: wire.VerdictStranger, foreign: true, why: fmt.Sprintf("the site has adopted another head office, life %d", c.HQ.Counter)}
	case s.Lost.Done() && m.letsIn() && c.LetIn != s.Epoch+1: // it was declared lost since whoever proposes has looked
		return judgement{verdict: wire.VerdictClosedEpoch, quiet: true, foreign: true, why: s.GivenUp()}
	case s.reissued(c), c.Replace:
		return judgedOK
	case s.Epoch == 0:
		return judgement{verdict: wire.VerdictStranger, why: "hello comes first", quiet: true}
	case c.NodeKey != s.NodeKey:
		return judgement{verdict: wire.VerdictStranger, why: "another node has the epoch: an operator has to replace it", foreign: true}
	case !c.Alone:
		return judgement{verdict: wire.VerdictFork, foreign: true, what: "twin", why: "another process with the node's key is alive: one of the two is a copy, an operator has to choose"}
	default:
		return judgedOK
	}
}

// LetIn is the epoch that a node of a site begins that is let in although the site is declared lost: whoever looks who it is, names it in the
// Reissue. So what they let in is the site as they saw it, and no declare-lost that came between is undone. 0: the site is not lost, or not
// every server looks at that.
func (m *Machine) LetIn(site ledger.SiteID) ledger.Epoch {
	if s, ok := m.sites.Get(site); ok && s.Lost.Done() && m.letsIn() {
		return s.Epoch + 1
	}
	return 0
}

// GivenUp says of a site that is declared lost why its node gets no epoch.
func (s *Site) GivenUp() string {
	return fmt.Sprintf("the site was declared lost by %s: %s; holdfast site replace %s at head office gives a token that lets a node in", s.Lost.By, s.Lost.Reason, s.ID)
}

// refence closes the site's epoch and gives it the next one.
func (m *Machine) refence(s *Site, c *Reissue) {
	if s.Boot != c.Boot {
		s.Former = slices.DeleteFunc(slices.Clone(s.Former), func(b [16]byte) bool { return b == c.Boot })
		over := s.Boot
		s.Boot = c.Boot
		s.follow(over)
	}
	m.departs(s, c.At)
	s.Epoch = m.epochAfter(max(s.Epoch, c.Head.Epoch))
	s.NodeKey, s.Issued, s.SeenAt = c.NodeKey, c.Boot, c.At
	s.Shown, s.Broken, s.Parted, s.Doubted = s.Stored, "", false, [16]byte{}
	s.Lost, s.Waived, s.Attested, s.Rebuilding = Signed{}, Signed{}, ledger.Incarnation{}, true
	if s.Frozen == "" {
		s.Frozen = FrozenRebuild
	}
	m.flush(s) // the new book is what is stored here, so what it has embedded is known
	m.raise(Exception{What: "reissued", Site: s.ID, Seq: s.Stored.Seq,
		Why: fmt.Sprintf("epoch %d was issued: the book is made anew from entry %d on", s.Epoch, s.Stored.Seq)}, c.At)
}
