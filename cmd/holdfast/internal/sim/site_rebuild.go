package sim

import (
	"errors"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Waits of a rebuild, as the node has them.
const (
	judgeWait   = 3 * time.Second
	rejoinWait  = 10 * time.Second
	rejoinAgain = 5 * time.Second
	fetchAgain  = time.Second
	fetchFrames = 40 // a page of head office's copy

	inRowMin  = 10 * time.Second // before the second rebuild in a row; doubles with each
	inRowMax  = 5 * time.Minute
	inRowCalm = 10 * time.Minute // a process that went on for so long was rebuilt for good
)

// A rebuildPlan is what a disk keeps of a rebuild under way.
type rebuildPlan struct {
	epoch   ledger.Epoch
	h       ledger.Incarnation
	counter bool
	stored  ledger.Position
	replace bool     // a person said that it replaces the node known before
	frames  [][]byte // fetched so far
	told    bool     // they are
	swapped bool     // the new book has the old one's place; its facts are to be told
}

func (s *site) name() string {
	if s.clone {
		return string(s.id) + "'"
	}
	return string(s.id)
}

// awaitVerdict lets the first promise of a process wait until head office has judged its book, or
// cannot.
func (s *site) awaitVerdict() {
	if s.c.guardOff(guardFirstVerdict) {
		s.judgedNow()
		return
	}
	s.after(judgeWait, s.judgedNow)
}

func (s *site) judgedNow() {
	s.judged = true
	list := s.first
	s.first = nil
	life := s.life
	for _, f := range list {
		if f(); s.life != life {
			return
		}
	}
}

// promise does what promises something, once that may be.
func (s *site) promise(f func()) {
	if !s.judged {
		s.c.met("first promise", "waits for the verdict")
		s.first = append(s.first, f)
		return
	}
	f()
}

// quarantine stops all promises of the book, for good.
func (s *site) quarantine(why string) {
	if s.disk.quarantine == "" {
		s.disk.quarantine = why
		s.c.say(s.name(), "is in quarantine: %s", why)
		s.c.met("quarantine", "begins")
	}
}

// shown looks at the position that a client has seen of this site. One that is not on the book's
// chain shows that it has gone back in time.
func (s *site) shown(p ledger.Position) bool {
	if s.c.guardOff(guardWitness) || p.Seq == 0 || p.Epoch < s.durable.Head.Epoch || s.disk.quarantine != "" {
		return true
	}
	if hash, ok := s.disk.hash(p.Seq); ok && hash == p.Hash {
		return true
	}
	s.c.met("witness", "shows that a book went back")
	s.quarantine("a client has seen another past")
	s.goOn()
	return false
}

// hasty says why a process should promise nothing, looked at from outside: head office answers it and
// has not judged it yet, or its client has seen more of the book than it has.
func (s *site) hasty(seen ledger.Position) string {
	switch {
	case s.core.State.Epoch > 0 && s.c.now-s.began < judgeWait && !s.heard:
		return "before head office has judged the book"
	case s.c.plan.Witness && seen.Seq > s.durable.Head.Seq && seen.Epoch == s.durable.Head.Epoch:
		return "by a book that ends before what its client has seen"
	}
	return ""
}

// untold says whether books set aside, or clients' journals, have facts that are not recorded yet.
func (s *site) untold() bool { return s.disk.plan != nil && s.disk.plan.swapped && !s.disk.plan.told }

// rejoined begins the epoch of a rebuilt book at its first opening.
func (s *site) rejoined() {
	p := s.disk.plan
	if p == nil || !p.swapped || s.core.State.Epoch >= p.epoch {
		return
	}
	out := s.core.Decide(&ledger.OpenSite{Epoch: p.epoch, Body: ledger.OpenedBody{Counter: p.counter, Boot: s.boot, Rebuilt: true}}, s.wall())
	if out.Err != nil {
		s.c.fail("rebuild", "%s does not open in epoch %d: %v", s.id, p.epoch, out.Err)
	}
}

// goOn sees to whatever is to be rebuilt. It is called when something may have changed.
func (s *site) goOn() {
	if !s.up || !s.open {
		return
	}
	s.settleDoubt()
	p := s.talk.Picture()
	if p.State == link.StateRefused && p.Refusal.Verdict == wire.VerdictStranger {
		s.callPerson()
	}
	s.heard = s.heard || p.State == link.StateTalking && p.Proved || p.State == link.StateRefused || p.State == link.StateWaiting && p.Missed >= serversOfHQ
	if s.heard && !s.judged {
		s.judgedNow()
	}
	switch plan := s.disk.plan; {
	case plan != nil && !plan.swapped:
		s.fetch()
	case s.mustRejoin():
		s.askEpoch()
	case s.obeyed() && (s.untold() || !s.core.State.Rebuilding && len(s.disk.aside) > 0 || s.doubt && !s.journaled && s.accepted()):
		s.tellFacts()
	}
}

func (s *site) obeyed() bool {
	return s.talk.Picture().Obeyed && s.disk.quarantine == ""
}

// mustRejoin says whether the book may not go on and head office is there to say what with.
func (s *site) mustRejoin() bool {
	p := s.talk.Picture()
	switch {
	case !s.judged || p.State != link.StateRefused && p.State != link.StateTalking:
		return false
	case p.State == link.StateRefused && p.Refusal.Verdict == wire.VerdictStranger:
		return s.replace
	}
	return s.disk.quarantine != ""
}

// inTurn waits, where the process has made its book anew only just now, before it does so again: it
// is false where it began to.
func (s *site) inTurn() bool {
	if s.c.now-s.began >= inRowCalm {
		s.row = 0
	}
	if s.row == 0 || s.turn {
		return true
	}
	s.turn, s.asks = true, true
	s.c.met("rebuild", "waits for its turn")
	s.after(min(inRowMin<<min(s.row-1, 10), inRowMax), func() {
		s.asks = false
		s.goOn()
	})
	return false
}

// askEpoch asks head office for an epoch of the book's own, once, and waits where it is told no.
func (s *site) askEpoch() {
	if s.asks || !s.inTurn() {
		return
	}
	s.asks = true
	again := func() {
		s.after(rejoinAgain, func() {
			s.asks = false
			s.goOn()
		})
	}
	replaces := s.replace
	m := &wire.Rejoin{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: s.id, NodeKey: s.disk.nodeKey, Boot: s.boot,
		Head: s.durable.Head, HQ: s.durable.HQ, Replace: replaces}
	s.c.say(s.name(), "asks for an epoch of its own")
	s.exchange(m, rejoinWait, &call{done: func(m wire.Message, err error) {
		if err != nil {
			again()
			return
		}
		r := m.(*wire.RejoinReply)
		if r.Verdict != wire.VerdictOK {
			s.c.say(s.name(), "is given no epoch: %s: %s", r.Verdict, r.Why)
			s.c.met("rejoin", r.Verdict.String())
			if r.Verdict == wire.VerdictStranger {
				s.callPerson()
			}
			again()
			return
		}
		s.c.met("rejoin", "ok")
		s.c.say(s.name(), "is given epoch %d, behind entry %d", r.Epoch, r.Stored.Seq)
		s.replace = false // the word is used up
		s.disk.plan = &rebuildPlan{epoch: r.Epoch, h: r.H, counter: r.Counter, stored: r.Stored, replace: replaces}
		if !s.pass(PointRejoined) {
			s.asks = false
			s.goOn()
		}
	}})
}

// fetch brings head office's copy of the journal, page by page, over the same line as all else.
func (s *site) fetch() {
	if s.fetches {
		return
	}
	s.fetches = true
	p := s.disk.plan
	w := s.c.wires
	s.after(w.delay(s.line, "journal"), func() {
		if s.fetches = false; s.disk.plan != p {
			return // it was given up
		}
		have := len(p.frames)
		kept := s.c.hq.journal[s.id].frames
		switch {
		case w.cut(s.line, "journal"), !s.c.hq.up, w.chance(s.line).in100(w.weather.Lost):
			s.c.met("lost", "page of the journal")
			s.after(fetchAgain, s.goOn)
			return
		case have >= len(kept) && !p.whole():
			s.askAgain("head office does not have what it has named")
			return
		}
		for have < len(kept) && !p.whole() && len(p.frames) < have+fetchFrames {
			p.frames = append(p.frames, kept[len(p.frames)])
			if len(p.frames) == len(kept) {
				break
			}
		}
		if s.pass(PointFetched) {
			return
		}
		if p.whole() {
			s.swap()
			return
		}
		s.fetch()
	})
}

// whole says whether all of the journal is in that the new book is made of.
func (p *rebuildPlan) whole() bool {
	if len(p.frames) == 0 {
		return p.stored.Seq == 0
	}
	f, err := ledger.DecodeFrame(p.frames[len(p.frames)-1])
	return err == nil && f.End().Seq >= p.stored.Seq
}

// swap puts the new book in the old one's place, and the old one aside. The process opens it at once.
func (s *site) swap() {
	p := s.disk.plan
	old := s.disk.backup()
	old.plan, old.aside = nil, nil
	if err := s.disk.refill(p.frames); err != nil {
		s.c.fail("rebuild", "%s: %v", s.id, err)
		return
	}
	if s.disk.end() != p.stored.Hash {
		if !s.c.hqBack {
			s.c.fail("rebuild", "%s was told of entry %d with another hash than came", s.id, p.stored.Seq)
		}
		s.disk.frames, s.disk.ends, s.disk.ground = old.frames, old.ends, old.ground
		s.askAgain("head office has another journal than it has named")
		return
	}
	if len(old.frames) > s.disk.shared(old) {
		s.disk.aside = append(s.disk.aside, old)
	}
	p.swapped, p.frames = true, nil
	s.disk.quarantine = ""
	s.recount()
	s.c.say(s.name(), "is rebuilt up to entry %d", p.stored.Seq)
	s.up, s.open = false, false
	s.life++
	if s.pass2(PointSwapped) {
		return
	}
	s.again = true
	s.row++
	s.begin()
}

// pass2 is pass where the process has ended already.
func (s *site) pass2(p Point) bool {
	down, ok := s.trapped[p]
	if !ok {
		return false
	}
	delete(s.trapped, p)
	s.c.met("crash", string(p))
	life := s.life
	s.c.after(down, func() {
		if s.life == life && !s.up {
			s.begin()
		}
	})
	return true
}

// A lateFact is one entry of a book set aside, or of a client's journal.
type lateFact struct {
	origin ledger.Origin
	entry  *ledger.Entry
}

// tellFacts records what only the books set aside and the clients' journals know, by their rank.
// What the book knows already it passes over.
func (s *site) tellFacts() {
	if s.tells {
		return
	}
	s.tells = true
	list := s.lateFacts()
	var next func()
	next = func() {
		if len(list) == 0 {
			s.disk.aside = nil
			s.tells, s.journaled = false, true
			if s.disk.plan != nil {
				s.disk.plan.told = true
			}
			s.look()
			s.step(link.Told{Book: s.durable})
			s.settleDoubt()
			return
		}
		f := list[0]
		s.do(&ledger.RecordLate{Origin: f.origin, Entry: f.entry}, func(out ledger.Outcome) {
			switch {
			case errors.Is(out.Err, ledger.ErrInProgress), errors.Is(out.Err, errFull):
				s.after(time.Second, next)
				return
			case errors.Is(out.Err, ledger.ErrQuarantined):
				s.tells = false
				return
			case out.Err != nil:
				s.c.fail("late", "%s cannot record a fact of entry %d/%d, %s: %v", s.id, f.origin.Epoch, f.origin.Seq, f.entry.Kind, out.Err)
				return
			case out.Replayed:
				s.c.met("late", "known already")
			}
			list = list[1:]
			if !s.pass(PointLate) {
				next()
			}
		})
	}
	next()
}

// lateFacts lists what is to be told, by its rank.
func (s *site) lateFacts() []lateFact {
	var all []lateFact
	put := func(f lateFact) { all = append(all, f) }
	for _, d := range s.disk.aside {
		if s.c.guardOff(guardFactsTold) {
			continue
		}
		from := d.shared(s.disk)
		err := d.each(from, func(f *ledger.Frame) error {
			entries, err := f.Open()
			if err != nil {
				return err
			}
			for i, e := range entries {
				o := ledger.Origin{Site: s.id, Epoch: e.Epoch, Seq: e.Seq, Hash: f.Hashes[i]}
				if late, ok := e.Body.(*ledger.LateBody); ok {
					o = late.Origin
				}
				put(lateFact{o, e})
			}
			return nil
		})
		if err != nil {
			s.c.fail("late", "%s: a book set aside: %v", s.id, err)
		}
	}
	if !s.c.guardOff(guardJournalsTold) && !s.c.guardOff(guardFactsTold) {
		for _, f := range s.c.journalsOf(s) {
			put(f)
		}
	}
	slices.SortStableFunc(all, func(a, b lateFact) int { return ledger.LateRank(a.entry) - ledger.LateRank(b.entry) })
	return all
}

// settled sees an attested entry on the disk.
func (s *site) settled(b *ledger.AttestedBody) {
	s.c.met("attested", map[bool]string{true: "after a rebuild", false: "under a new life"}[b.Rebuilt])
	if b.Rebuilt {
		s.disk.plan = nil
	}
}

// settleDoubt ends a site's doubt when its chain is the truth for the whole company: it has attested
// in an epoch of its own, or head office has found no fault with its book and has all of it. From
// here on what its clients were told counts like everybody's.
func (s *site) settleDoubt() {
	if !s.doubt || !s.accepted() || len(s.disk.aside) > 0 || !s.journaled {
		return
	}
	s.doubt = false
	s.c.say(s.name(), "is beyond doubt")
	for _, k := range s.c.wishes {
		if s.stale[k] && k.told == yes {
			k.count(true)
		}
	}
	s.stale = map[*client]bool{}
	for _, k := range s.c.wishes {
		if k.told == yes && k.book == s.id {
			s.c.checkPromises(k.order)
		}
	}
}

// accepted says whether the site's chain is the one that the company goes by.
func (s *site) accepted() bool {
	st := s.core.State
	if s.c.clones[s.id] != nil || s.disk.plan != nil && !s.disk.plan.told || s.disk.quarantine != "" {
		return false
	}
	if st.Epoch > s.settledAt {
		return true
	}
	known, ok := s.c.hq.m.Site(s.id)
	return ok && s.talk.Picture().State == link.StateTalking && known.Stored == s.durable.Head && !known.Lost.Done()
}

// hash gives the hash of an entry on the disk.
func (d *disk) hash(seq ledger.Seq) (ledger.Hash, bool) {
	i := d.at(seq)
	if seq == 0 || i == len(d.frames) {
		return ledger.Hash{}, false
	}
	f, err := ledger.DecodeFrame(d.frames[i])
	if err != nil {
		return ledger.Hash{}, false
	}
	return f.Hashes[seq-f.First], true
}

// end gives the hash of the last entry.
func (d *disk) end() ledger.Hash {
	if len(d.ends) == 0 {
		return ledger.Hash{}
	}
	h, _ := d.hash(d.ends[len(d.ends)-1])
	return h
}
