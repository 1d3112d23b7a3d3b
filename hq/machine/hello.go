package machine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A judgement is what head office makes of a site's position. What is not ok is an exception too,
// raised once for as long as the site says the same.
type judgement struct {
	verdict wire.Verdict
	why     string
	quiet   bool   // nobody has to look: the site is only to come again
	foreign bool   // said to another node than the site's own, of which it says nothing
	what    string // of the exception; "" where the verdict says it
}

var judgedOK = judgement{verdict: wire.VerdictOK}

func judged(v wire.Verdict, format string, args ...any) judgement {
	return judgement{verdict: v, why: fmt.Sprintf(format, args...)}
}

// hello judges a site at the start of a conversation.
func (m *Machine) hello(c *Hello) Result {
	var res Result
	err := m.atomically(func() error {
		if _, ok := m.sites.get(c.Site); !ok {
			res.Verdict, res.Why = wire.VerdictStranger, "no such site"
			return nil
		}
		s := m.editSite(c.Site)
		j := m.judgeHello(s, c)
		m.meet(s, c.HQ, c.At)
		if j.verdict == wire.VerdictOK {
			switch {
			case s.Epoch == 0 && c.Head.Epoch == 0:
				s.Epoch, s.NodeKey, s.Issued, s.Attested = m.epochAfter(0), c.NodeKey, c.Boot, m.counters.H
				m.flush(s)
				m.attestedAll(&cause{name: "hello/" + string(s.ID), life: m.counters.H.Counter}, c.At) // nothing is to be told of it
			case c.Head.Epoch > s.Epoch: // a life of head office issued it that is lost
				s.Epoch, s.NodeKey, s.Issued, s.Lost = c.Head.Epoch, c.NodeKey, c.Boot, Signed{}
				s.Shown, s.Doubted = s.Stored, [16]byte{} // what was shown of the closed epoch may be more than the new one has
			}
			former := s.Boot
			s.Boot = c.Boot
			s.Former = slices.DeleteFunc(slices.Clone(s.Former), func(b [16]byte) bool { return b == c.Boot })
			s.follow(former)
			s.show(c.Head)
			s.SeenAt, s.Parted = c.At, false
		}
		m.verdict(s, j, c.At)
		s.Parted = s.Parted || j.verdict != wire.VerdictOK && j.verdict != wire.VerdictStranger && !j.quiet
		res = Result{Verdict: j.verdict, Why: j.why, H: m.counters.H, Epoch: s.Epoch, Counter: s.Counter, Stored: s.Stored}
		return nil
	})
	res.Err = err
	return res
}

func (m *Machine) judgeHello(s *Site, c *Hello) judgement {
	head := c.Head
	former := s.Followed(c.Boot)
	switch {
	case head.Epoch != 0 && head.Epoch < s.Epoch && c.NodeKey != [16]byte{} && (former || c.NodeKey != s.NodeKey):
		// The node that was replaced, or a process that may be long over: it says nothing of the true one.
		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why: fmt.Sprintf("epoch %d is closed, the site is in %d", head.Epoch, s.Epoch)}
	case c.NodeKey == s.NodeKey && c.Twin != [16]byte{} && c.Twin != c.Boot:
		return judgement{verdict: wire.VerdictFork, foreign: true, what: "twin",
			why: fmt.Sprintf("two processes have the node's key and both live: %x and %x; one of the folders is a copy", c.Twin[:4], c.Boot[:4])}
	case c.NodeKey == s.NodeKey && former:
		return judgement{verdict: wire.VerdictLater, why: "a later process of the node has said hello", quiet: true}
	case c.VersionMax < wire.VersionMin || c.VersionMin > wire.VersionMax:
		return judgement{verdict: wire.VerdictUpgrade, quiet: true,
			why: fmt.Sprintf("speaks versions %d to %d, head office %d to %d", c.VersionMin, c.VersionMax, wire.VersionMin, wire.VersionMax)}
	case c.NodeKey == [16]byte{}:
		return judgement{verdict: wire.VerdictStranger, why: "the node has no key", foreign: true}
	case m.laterLife(c.HQ):
		return judgement{verdict: wire.VerdictLater, quiet: true, why: "head office has gone back in time: it has to be recovered"}
	case c.HQ.Counter == m.counters.H.Counter && c.HQ != m.counters.H:
		return judged(wire.VerdictStranger, "the site has adopted another head office, life %d", c.HQ.Counter)
	case m.silent(s) && head.Epoch > s.Epoch:
		return judgedOK
	case s.Lost.Done():
		return judged(wire.VerdictClosedEpoch, "the site was declared lost by %s: %s", s.Lost.By, s.Lost.Reason)
	case s.Epoch == 0 && head.Seq > 0:
		return judged(wire.VerdictStranger, "the book has a past of %d entries that head office does not know", head.Seq)
	case s.Epoch == 0:
		return judgedOK
	case c.NodeKey != s.NodeKey:
		return judgement{verdict: wire.VerdictStranger, why: "another node has the epoch: two nodes claim the site", foreign: true}
	case head.Epoch != 0 && head.Epoch < s.Epoch && c.Boot == s.Boot && s.Shown.Epoch == s.Epoch:
		// The same process, before it made its book anew: since then it has shown the new one.
		return judgement{verdict: wire.VerdictClosedEpoch, quiet: true, why: fmt.Sprintf("epoch %d is closed, the site is in %d", head.Epoch, s.Epoch)}
	case head.Epoch < s.Epoch && (head.Epoch != 0 || s.Rebuilding): // an empty book that was given the epoch has not heard of it
		return judged(wire.VerdictClosedEpoch, "epoch %d is closed, the site is in %d", head.Epoch, s.Epoch)
	case head.Epoch > s.Epoch:
		return judged(wire.VerdictFork, "epoch %d was never issued", head.Epoch)
	case head.Seq < s.Shown.Seq:
		return s.judgeLower(c)
	}
	if j := s.onChain(head); j.verdict != wire.VerdictOK {
		return j
	}
	return m.judgeCursor(s, c.Applied)
}

// judgeLower judges a hello whose head is below one that was shown. The durable head of a running
// process does not fall, so from the last process it is only late: another message, or its own
// next hello, came first. It proves nothing however often the network brings it. From a process
// that head office has not heard of it may be the last word of one that died before its boot
// entry was pushed; but who says it a second time lives, and its book went back in time.
func (s *Site) judgeLower(c *Hello) judgement {
	switch {
	case c.Boot == s.Boot:
		return judgement{verdict: wire.VerdictLater, why: "another message came first: say hello again", quiet: true}
	case c.Boot != s.Doubted:
		s.Doubted = c.Boot
		return judgement{verdict: wire.VerdictLater, why: "the book ends below what was shown: say hello again", quiet: true}
	default:
		return judged(wire.VerdictBehind, "the book ends at entry %d, entry %d was shown", c.Head.Seq, s.Shown.Seq)
	}
}

// follow notes that boot is over where another process has followed it. What it still says is
// late. A boot entry tells of a process whose hello never came: whoever pushed it has said hello
// before, so it is the last process or one that is over. In a new life of head office a push may come
// that was sent to the one before: until a hello nobody knows which process is the last.
func (s *Site) follow(boot [16]byte) {
	if boot == s.Boot || s.Boot == ([16]byte{}) || boot == ([16]byte{}) || slices.Contains(s.Former, boot) {
		return
	}
	before := s.Former[max(len(s.Former)+1-FormerMax, 0):]
	s.Former = append(slices.Clone(before), boot)
}

// Followed says whether another process has followed boot. In a new life of head office nobody knows
// which one was the last before its next hello: the one that followed may have been a copy that was ended.
func (s *Site) Followed(boot [16]byte) bool {
	return s.Boot != ([16]byte{}) && slices.Contains(s.Former, boot)
}

// onChain says whether a position contradicts what is known of the site's chain. One that is
// lower proves nothing by itself: messages of one site overtake each other.
func (s *Site) onChain(p ledger.Position) judgement {
	for i := range len(s.Trail) + 2 {
		known := s.Stored
		switch {
		case i == 0:
			known = s.Shown
		case i > 1:
			known = s.Trail[i-2]
		}
		if known.Seq == p.Seq && p.Seq > 0 && known.Hash != p.Hash {
			return judged(wire.VerdictFork, "entry %d is another one than head office knows", p.Seq)
		}
	}
	return judgedOK
}

// judgeCursor says whether the site has carried out commands that were never given.
func (m *Machine) judgeCursor(s *Site, applied ledger.Cursor) judgement {
	if applied.H != m.counters.H || applied.Number == 0 {
		return judgedOK
	}
	if applied.Number > s.Issue.Number {
		return judged(wire.VerdictFork, "command %d was never given, the last is %d", applied.Number, s.Issue.Number)
	}
	c, ok := m.commands.get(keyOfCommand(s.ID, applied.Number))
	if ok && c.Hash != applied.Hash || applied.Number == s.Ack.Number && s.Ack.Hash != applied.Hash {
		return judged(wire.VerdictFork, "command %d is another one than was given", applied.Number)
	}
	return judgedOK
}

// show keeps the highest head ever shown.
func (s *Site) show(head ledger.Position) {
	if head.Seq > s.Shown.Seq {
		s.Shown = head
	}
}

// verdict keeps why a site was turned away, and raises it once. What was said to a hello stands
// until a hello is judged ok: other messages show too little to take it back.
func (m *Machine) verdict(s *Site, j judgement, at time.Time) {
	if j.verdict == wire.VerdictOK {
		if !s.Parted {
			s.Broken = ""
		}
		return
	}
	e := Exception{What: cmp.Or(j.what, whatOf(j.verdict)), Site: s.ID, Seq: s.Stored.Seq, Why: j.why}
	switch {
	case j.quiet || s.Broken == j.why:
	case j.foreign: // the true node goes on, and is planned with
		if !m.raisedLately(e) {
			m.raise(e, at)
		}
	default:
		s.Broken = j.why
		m.raise(e, at)
	}
}

// latelyMax is how many of the latest exceptions are looked at for one that says the same.
const latelyMax = 64

// raisedLately says whether one of the latest exceptions says the same of the site: a stranger
// comes again and again, and must not push everything else off the list.
func (m *Machine) raisedLately(e Exception) bool {
	for id, n := m.counters.Exceptions, 0; id > 0 && n < latelyMax; id, n = id-1, n+1 {
		if old, ok := m.exceptions.Get(keyOfRank(id)); ok && old.What == e.What && old.Site == e.Site && old.Why == e.Why {
			return true
		}
	}
	return false
}

func whatOf(v wire.Verdict) string {
	switch v {
	case wire.VerdictBehind:
		return "site_behind"
	case wire.VerdictFork:
		return "site_fork"
	case wire.VerdictClosedEpoch:
		return "closed_epoch"
	case wire.VerdictStranger:
		return "stranger"
	default:
		return "damaged_push"
	}
}

// show keeps a head that came with a pull or an ask. It may be older than what is known.
func (m *Machine) show(c *Show) Result {
	var res Result
	res.Err = m.atomically(func() error {
		if _, ok := m.sites.get(c.Site); !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		s := m.editSite(c.Site)
		j := m.contact(s, c.Head)
		m.verdict(s, j, c.At)
		if j.verdict == wire.VerdictOK {
			s.SeenAt = c.At
			s.show(c.Head)
		}
		res.Verdict, res.Why, res.Stored = j.verdict, j.why, s.Stored
		return nil
	})
	return res
}

// contact judges the head that comes with every message but hello. That an epoch is closed says
// nothing of the book that has the epoch now.
func (m *Machine) contact(s *Site, head ledger.Position) judgement {
	switch {
	case s.Epoch == 0:
		return judgement{verdict: wire.VerdictStranger, why: "hello comes first", quiet: true}
	case s.Lost.Done():
		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why: "the site was declared lost by " + s.Lost.By + ": " + s.Lost.Reason}
	case head.Epoch != 0 && head.Epoch < s.Epoch:
		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why: fmt.Sprintf("epoch %d is closed, the site is in %d", head.Epoch, s.Epoch)}
	case head.Epoch > s.Epoch && m.silent(s):
		return judgement{verdict: wire.VerdictStranger, why: "head office begins another life: hello comes first", quiet: true}
	case head.Epoch > s.Epoch:
		return judged(wire.VerdictFork, "epoch %d was never issued", head.Epoch)
	default:
		return s.onChain(head)
	}
}

// Judge judges the head of a message that changes nothing, as Show would.
func (m *Machine) Judge(s *Site, head ledger.Position) (v wire.Verdict, why string) {
	j := m.contact(s, head)
	return j.verdict, j.why
}
