package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
)

// A site is one node: what its disk holds outlives a crash, all else does not.
type site struct {
	c         *company
	Place     Place
	id        ledger.SiteID
	disk      *disk
	chance    *chance // of its disk
	noise     *chance // of its link
	trapped   map[Point]time.Duration
	told      facts         // what its journal shows
	line      ledger.SiteID // its line to head office: a copy beside its original has one of its own
	skew      time.Duration
	clone     bool
	dead      bool             // thrown away: it never starts again
	doubt     bool             // it went back in time, or is a copy, and that has not been settled
	suspect   bool             // head office may turn it away, for it went back in time once
	replace   bool             // a person says that it replaces the node known before
	called    bool             // a person is called, and will look at why the site is a stranger
	journaled bool             // its clients have brought their journals since the doubt began
	unsure    bool             // its disk fails at the next commit
	full      time.Duration    // until then its disk is full
	settledAt ledger.Epoch     // when the doubt began
	stale     map[*client]bool // told by it while it was in doubt

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
	heardMS int64 // what the clock of head office said in the last answer that this process had
	again   bool  // the same process opens another book: its boot stays

	began   time.Duration
	heard   bool     // from head office what it makes of the book, or that nobody answers
	judged  bool     // head office has seen the book's head, or cannot
	first   []func() // orders that wait for that
	row     int      // rebuilds in a row, of this process
	turn    bool     // it has waited for its turn to make the book anew again
	asks    bool     // for an epoch of its own; the answer is awaited
	fetches bool
	tells   bool // late facts are being recorded
}

// A wanted is a request that waits for the writer.
type wanted struct {
	req  ledger.Request
	done func(ledger.Outcome)
}

func newSite(c *company, p Place) *site {
	s := &site{c: c, Place: p, id: p.ID, line: p.ID, skew: p.Skew, disk: &disk{}, stale: map[*client]bool{}, trapped: map[Point]time.Duration{},
		chance: newChance(c.plan.Seed, "disk of "+string(p.ID)), noise: newChance(c.plan.Seed, "link of "+string(p.ID))}
	s.disk.nodeKey = s.noise.bytes16()
	s.told.begin()
	return s
}

func (s *site) wall() time.Time { return start.Add(s.c.now + s.skew) }

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
	if s.dead {
		return
	}
	s.life++
	s.up, s.open, s.waiting, s.writing, s.held, s.asking, s.alarm = true, false, nil, false, nil, nil, 0
	s.judged, s.heard, s.first, s.asks, s.fetches, s.tells, s.called, s.turn = false, false, nil, false, false, false, false, false
	s.pushing = map[uint64]struct{}{}
	core, err := s.disk.open(s.id)
	if err != nil {
		s.c.fail("reopen", "%s: %v", s.id, err)
		return
	}
	s.began = s.c.now
	if s.core = core; !s.again {
		s.boot, s.heardMS, s.row = s.noise.bytes16(), 0, 0
	}
	s.again = false
	s.c.say(s.name(), "starts at %s", head(core.State))
	s.rejoined()
	if core.State.Epoch == 0 || s.c.guardOff(guardAsksDropped) {
		s.ready()
		return
	}
	s.do(&ledger.Reboot{Boot: s.boot}, func(out ledger.Outcome) {
		if errors.Is(out.Err, errFull) { // no book opens whose start is not written down
			s.c.met("disk full", "at a start")
			s.crash("its start cannot be written down", startAgain)
			return
		}
		s.ready()
	})
	s.pass(PointBoot)
}

// startAgain is how long whoever looks after a process waits before they start it again.
const startAgain = time.Second

// ready opens the doors: to clients, and to head office.
func (s *site) ready() {
	s.look()
	s.open = true
	s.awaitVerdict()
	s.talk = link.NewConversation(terms(s), s.durable)
	s.step(link.Told{Book: s.durable})
}

// look takes what the disk holds for what may be shown. It is called while nothing is in flight.
func (s *site) look() {
	st := s.core.State
	s.durable = link.Book{Head: st.Head().Position, HQ: st.HQ, Applied: st.Commands, RefVersion: s.disk.items,
		Rebuilding: st.Rebuilding, Attested: st.Attested, Facts: s.untold()}
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
	s.c.say(s.name(), "crashes: %s", why)
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
		outs[i] = s.decide(w.req)
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
		if s.unsure && !s.c.guardOff(guardSynced) {
			// Whether the commit landed nobody knows: the process stops, and its book is read again.
			s.unsure = false
			s.c.met("disk", "failed at a sync")
			s.crash("disk failed", 0)
			return
		}
		s.landed(s.disk.land())
		s.look()
		s.answer(group, outs)
	})
}

// errFull is what a full disk answers to whatever would be written.
var errFull = errors.New("the disk is full")

// decide puts a request to the core. A book in quarantine sells goods in the hand, and writes
// nothing else; a full disk writes nothing at all.
func (s *site) decide(req ledger.Request) ledger.Outcome {
	if s.c.now < s.full {
		s.c.met("disk full", fmt.Sprintf("%T", req)[len("*ledger."):])
		return ledger.Outcome{Err: errFull}
	}
	if place, ok := req.(*ledger.Place); s.disk.quarantine != "" && !(ok && place.InHand) {
		return ledger.Outcome{Err: ledger.ErrQuarantined}
	}
	return s.core.Decide(req, s.wall())
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
		s.goOn()
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
