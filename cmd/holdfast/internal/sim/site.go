package sim

import (
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
)

// A site is one node: what its disk holds outlives a crash, all else does not.
type site struct {
	c       *company
	Place   Place
	id      ledger.SiteID
	disk    *disk
	chance  *chance // of its disk
	noise   *chance // of its link
	trapped map[Point]time.Duration
	told    facts // what its journal has shown so far

	life    int // counts the starts; what was begun in another life is of the past
	up      bool
	open    bool // serves clients
	core    *ledger.Core
	waiting []*wanted
	writing bool
	durable link.Book
	held    []*held // orders whose key is being asked about
	asking  *call   // the latest ask
	talk    *link.Conversation
	pushing map[uint64]struct{} // pushes that it waits for, by their ID
	alarm   time.Duration       // when the conversation will be told again; 0 never
	boot    [16]byte
}

// A wanted is a request that waits for the writer.
type wanted struct {
	req  ledger.Request
	done func(ledger.Outcome)
}

func newSite(c *company, p Place) *site {
	s := &site{c: c, Place: p, id: p.ID, disk: &disk{}, trapped: map[Point]time.Duration{},
		chance: newChance(c.plan.Seed, "disk of "+string(p.ID)), noise: newChance(c.plan.Seed, "link of "+string(p.ID))}
	s.disk.nodeKey = s.noise.bytes16()
	s.told.begin()
	return s
}

func (s *site) wall() time.Time { return start.Add(s.c.now + s.Place.Skew) }

// after lets f happen in this life of the process, or not at all.
func (s *site) after(d time.Duration, f func()) {
	life := s.life
	s.c.after(d, func() {
		if s.life == life && s.up {
			f()
		}
	})
}

// begin starts the process: the book is rebuilt from the disk, and the entry that marks the
// start is on the disk before anything else is done.
func (s *site) begin() {
	s.life++
	s.up, s.open, s.waiting, s.writing, s.held, s.asking, s.alarm = true, false, nil, false, nil, nil, 0
	s.pushing = map[uint64]struct{}{}
	core, err := s.disk.open(s.id)
	if err != nil {
		s.c.fail("reopen", "%s: %v", s.id, err)
		return
	}
	s.core, s.boot = core, s.noise.bytes16()
	s.c.say(string(s.id), "starts at %s", head(core.State))
	if core.State.Epoch == 0 || s.c.guardOff(guardAsksDropped) {
		s.ready()
		return
	}
	s.do(&ledger.Reboot{Boot: s.boot}, func(ledger.Outcome) { s.ready() })
	s.pass(PointBoot)
}

// ready opens the doors: to clients, and to head office.
func (s *site) ready() {
	s.look()
	s.open = true
	s.talk = link.NewConversation(terms(s), s.durable)
	s.step(link.Told{Book: s.durable})
}

// look takes what the disk holds for what may be shown. It is called while nothing is in flight.
func (s *site) look() {
	st := s.core.State
	s.durable = link.Book{Head: st.Head().Position, HQ: st.HQ, Applied: st.Commands, RefVersion: s.disk.items}
}

// crash ends the process. The commit in flight is on the disk, or not, as the seed says.
func (s *site) crash(why string, down time.Duration) {
	if !s.up {
		return
	}
	s.up, s.open = false, false
	s.life++
	s.c.count("crash")
	if s.disk.flight != nil {
		if s.chance.in100(50) && !s.c.guardOff(guardSynced) {
			s.c.met("crash", "commit in flight kept")
			s.landed(s.disk.land())
		} else {
			s.c.met("crash", "commit in flight lost")
			s.disk.flight = nil
		}
	}
	for range len(s.core.State.OpenAsks()) {
		s.c.met("crash", "an ask open")
	}
	s.c.say(string(s.id), "crashes: %s", why)
	life := s.life
	s.c.after(down, func() {
		if s.life == life && !s.up {
			s.begin()
		}
	})
}

// pass crashes the process if a trap waits for it here, and says whether it did.
func (s *site) pass(p Point) bool {
	down, ok := s.trapped[p]
	if !ok {
		return false
	}
	delete(s.trapped, p)
	s.c.met("crash", string(p))
	s.crash(string(p), down)
	return true
}

// do puts a request to the writer.
func (s *site) do(req ledger.Request, done func(ledger.Outcome)) {
	s.waiting = append(s.waiting, &wanted{req: req, done: done})
	s.write()
}

// write is the writer: it takes all that waits, decides it in memory, lands it in one commit
// and only then answers.
func (s *site) write() {
	if s.writing || len(s.waiting) == 0 {
		return
	}
	s.writing = true
	group := s.waiting
	s.waiting = nil
	outs := make([]ledger.Outcome, len(group))
	for i, w := range group {
		outs[i] = s.core.Decide(w.req, s.wall())
		if errors.Is(outs[i].Err, ledger.ErrQuarantined) {
			s.c.fail("quarantine", "%s is in quarantine", s.id)
		}
	}
	frames := s.core.Cut()
	if len(frames) == 0 {
		s.after(0, func() {
			s.writing = false
			if s.answerAll(group, outs) {
				s.write()
			}
		})
		return
	}
	s.disk.begin(frames)
	if s.c.guardOff(guardSynced) {
		s.answerAll(group, outs)
		group, outs = nil, nil
	}
	s.after(s.syncTime(), func() {
		s.landed(s.disk.land())
		s.look()
		s.answer(group, outs)
	})
}

// syncTime is how long a commit takes: mostly about a millisecond, now and then a grey disk.
func (s *site) syncTime() time.Duration {
	if s.chance.in100(1) {
		return s.chance.between(50*time.Millisecond, 400*time.Millisecond)
	}
	return s.chance.between(200*time.Microsecond, 4*time.Millisecond)
}

func (s *site) answer(group []*wanted, outs []ledger.Outcome) {
	s.writing = false
	if !s.answerAll(group, outs) {
		return
	}
	s.retryHeld()
	if s.open {
		s.step(link.Told{Book: s.durable})
	}
	s.write()
}

// answerAll tells each what came of it, as long as the process lives.
func (s *site) answerAll(group []*wanted, outs []ledger.Outcome) bool {
	life := s.life
	for i, w := range group {
		if w.done(outs[i]); s.life != life {
			return false
		}
	}
	return true
}
