package link

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A Conversation is the pure machine. It is used by one goroutine at a time.
type Conversation struct {
	terms Terms
	book  Book
	state State
	out   []Output // of the step under way

	lastID uint64
	talk   uint64 // counts hellos; what was begun under another number is of the past
	server int    // index into terms.Servers
	tries  int    // hellos and failures since talking last went well
	missed int    // failures in a row to have any word of head office
	at     time.Duration

	stored  ledger.Position // what head office has; of use from the first welcome on
	known   bool            // stored has been told
	proved  bool            // the book has had the same entry there as head office, in this process
	hello   lane
	settle  []ledger.Request // to be written before talking
	push    lane             // reads the journal
	flights []flight
	sentTo  ledger.Position // the end of the last flight; stored where there is none
	full    int             // entries of the last flight where it was full; 0 where it was not
	back    bool            // a flight was not taken: once all are answered, on from stored
	pushed  bool            // a push went well in this talk
	pace    pace
	pull    lane
	pulled  bool          // a pull went well in this talk
	sent    time.Duration // when the pull under way began
	waits   bool          // it lets head office hold it
	todo    []task
	refMore bool

	waited    promised // what head office has said of itself last
	attesting lane

	archived ledger.Seq // a copy outside head office has all up to here, as the last pull said

	contact   time.Duration // of the last success
	contacted bool
	refusal   Refused
	fault     string // the last failure, for people
}

// A lane has at most one thing under way. Pushes that were sent are flights instead.
type lane struct {
	id    uint64 // of what is under way; 0 none
	away  bool   // it is a Send
	at    time.Duration
	tries int // failures in a row that were this lane's own
}

// NewConversation begins with a hello at its first step.
func NewConversation(terms Terms, book Book) *Conversation {
	terms.PushesMax = max(terms.PushesMax, 1)
	if terms.PushBytes <= 0 {
		terms.PushBytes = wire.PushBytesMax
	}
	return &Conversation{terms: terms, book: book, state: StateWaiting}
}

// Step takes in what happened at the moment now, on a clock that never goes back, and gives
// what is to be done.
func (c *Conversation) Step(now time.Duration, in Input) []Output {
	c.out = nil
	switch in := in.(type) {
	case Told:
		c.book = newer(c.book, in.Book)
	case Answered:
		c.answered(now, in)
	case Failed:
		c.failed(now, in)
	case Done:
		c.book = newer(c.book, in.Book)
		c.done(now, in)
	case FramesRead:
		c.book = newer(c.book, in.Book)
		c.framesRead(now, in)
	case Contact:
		if in.Talk == c.talk {
			c.met(now)
		}
	case Lost:
		if in.Talk == c.talk && c.state == StateTalking {
			c.fail(now, in.Err)
		}
	case Judged:
		if in.Talk == c.talk && c.state == StateTalking {
			c.turnedAway(now, in.Verdict, in.Why)
		}
	}
	c.proceed(now)
	return c.out
}

// proceed begins what may begin now.
func (c *Conversation) proceed(now time.Duration) {
	switch c.state {
	case StateWaiting, StateRefused:
		if now >= c.at {
			c.greet()
		}
	case StateTalking:
		c.look(now)
		c.pushNext(now)
		c.attestNext(now)
	}
	// What a reply brought is carried out whatever has become of the line since.
	c.pullNext(now)
}

// Wake says when the machine wants to be told again, should nothing else happen; ok is false
// where it waits for an answer alone.
func (c *Conversation) Wake(now time.Duration) (at time.Duration, ok bool) {
	sooner := func(t time.Duration) {
		if t > now && (!ok || t < at) {
			at, ok = t, true
		}
	}
	switch c.state {
	case StateWaiting, StateRefused:
		sooner(max(c.at, now+1))
	case StateTalking:
		sooner(c.push.at)
		sooner(c.attesting.at)
		if c.full > 0 && c.selling(now) {
			sooner(c.pace.until)
			sooner(c.pace.soldAt + c.terms.PushQuiet)
		}
		sooner(c.contact + c.terms.Fresh + 1)
	}
	sooner(c.pull.at)
	return at, ok
}

func (c *Conversation) emit(o Output) { c.out = append(c.out, o) }

func (c *Conversation) nextID() uint64 {
	c.lastID++
	return c.lastID
}

func (c *Conversation) send(l *lane, which Lane, m wire.Message, limit time.Duration) {
	l.id, l.away = c.nextID(), true
	c.emit(Send{ID: l.id, Lane: which, Server: c.terms.Servers[c.server], Msg: m, Limit: limit})
}

func (c *Conversation) do(l *lane, r ledger.Request) {
	l.id, l.away = c.nextID(), false
	c.emit(Do{ID: l.id, Request: r})
}

func (c *Conversation) greet() {
	c.state = StateHello
	c.talk++
	c.pushed, c.pulled = false, false
	c.send(&c.hello, LaneHello, &wire.Hello{
		VersionMin: wire.VersionMin, VersionMax: wire.VersionMax,
		Site: c.terms.Site, NodeKey: c.terms.NodeKey, Boot: c.terms.Boot,
		Head: c.book.Head, HQ: c.book.HQ, Applied: c.book.Applied,
	}, c.terms.HelloLimit)
}

func (c *Conversation) answered(now time.Duration, in Answered) {
	switch m := in.Msg.(type) {
	case *wire.Welcome:
		if c.take(&c.hello, in.ID) {
			c.welcomed(now, m)
		}
	case *wire.PushReply:
		if f, ok := c.land(in.ID); ok {
			c.pushAnswered(now, f, m)
		}
	case *wire.PullReply:
		if c.take(&c.pull, in.ID) {
			c.pullAnswered(now, m)
		}
	}
}

// take frees the lane if id is what it waits for.
func (c *Conversation) take(l *lane, id uint64) bool {
	if id == 0 || l.id != id {
		return false
	}
	l.id, l.away = 0, false
	return true
}

func (c *Conversation) failed(now time.Duration, in Failed) {
	for _, l := range []*lane{&c.hello, &c.pull} {
		if l.away && c.take(l, in.ID) {
			c.fail(now, in.Err)
			return
		}
	}
	if _, ok := c.land(in.ID); ok {
		c.fail(now, in.Err)
	}
}

func (c *Conversation) done(now time.Duration, in Done) {
	if c.take(&c.hello, in.ID) {
		c.settled(now, in.Err)
	} else if c.take(&c.pull, in.ID) {
		c.carriedOut(now, in.Err)
	} else if c.take(&c.attesting, in.ID) {
		c.attested(now, in.Err)
	}
}

func (c *Conversation) met(now time.Duration) { c.contact, c.contacted = now, true }

// welcomed weighs a hello's verdict. With OK the book is brought to head office's epoch and
// incarnation before a command is pulled: commands of an incarnation that is not adopted are
// refused, and a book without an epoch may write nothing.
func (c *Conversation) welcomed(now time.Duration, m *wire.Welcome) {
	if !c.heard(now, m.Verdict, m.Why) {
		return
	}
	head, hq := c.book.Head, c.book.HQ
	switch {
	case m.Version < wire.VersionMin || m.Version > wire.VersionMax:
		c.fail(now, fmt.Errorf("head office chose protocol version %d, this build speaks %d to %d", m.Version, wire.VersionMin, wire.VersionMax))
		return
	case m.Epoch == 0 || !m.H.Known():
		c.fail(now, errors.New("head office names no epoch or no incarnation"))
		return
	case m.Epoch < head.Epoch:
		c.fail(now, fmt.Errorf("head office is at epoch %d, the book at %d", m.Epoch, head.Epoch))
		return
	case m.H.Counter < hq.Counter:
		c.fail(now, fmt.Errorf("this head office is of incarnation %d, the book has adopted %d", m.H.Counter, hq.Counter))
		return
	case m.H.Counter == hq.Counter && m.H != hq:
		c.refuse(now, wire.VerdictNone, ledger.ErrForeignHQ.Error())
		return
	}
	if !c.hears(now, m.Stored) {
		return
	}
	c.waited = promised{m.Issued, m.Attest}
	c.settle = nil
	if m.Epoch > head.Epoch {
		c.settle = append(c.settle, &ledger.OpenSite{Epoch: m.Epoch, Body: ledger.OpenedBody{Counter: m.Counter, Boot: c.terms.Boot}})
	}
	if m.H != hq {
		c.settle = append(c.settle, &ledger.AdoptHQ{H: m.H})
	}
	c.state = StateSettling
	c.settled(now, nil)
}

// settled goes on with what has to be written before talking.
func (c *Conversation) settled(now time.Duration, err error) {
	switch {
	case errors.Is(err, ledger.ErrForeignHQ):
		c.refuse(now, wire.VerdictNone, err.Error())
	case errors.Is(err, ledger.ErrQuarantined):
		c.refuse(now, wire.VerdictNone, err.Error())
	case err != nil:
		c.fail(now, err)
	case len(c.settle) > 0:
		next := c.settle[0]
		c.settle = c.settle[1:]
		c.do(&c.hello, next)
	default:
		c.state = StateTalking
		c.met(now)
		c.push.at, c.pull.at = 0, 0
		c.sentTo, c.full, c.back = c.stored, 0, false
		c.startPace(now)
	}
}

// heard weighs a verdict and says whether the talk goes on.
func (c *Conversation) heard(now time.Duration, v wire.Verdict, why string) bool {
	switch {
	case v == wire.VerdictOK:
		c.missed = 0
		c.met(now)
		return true
	case v.Refuses():
		c.turnedAway(now, v, why)
	case v == wire.VerdictLater:
		c.fail(now, fmt.Errorf("head office says later: %s", why))
		c.missed = 0 // it was heard, and will judge the next hello
	default:
		c.fail(now, fmt.Errorf("head office gave %s", v))
	}
	return false
}

// hears takes head office's word for what it has of the journal, unless the book itself shows
// that it has gone back in time: head office may not have seen yet that the hashes differ.
//
// Answers to pushes overtake one another, and what a quorum has it does not lose: within a talk
// stored does not go back.
func (c *Conversation) hears(now time.Duration, stored ledger.Position) bool {
	head := c.book.Head
	switch {
	case stored.Seq > head.Seq:
		c.refuse(now, wire.VerdictBehind, fmt.Sprintf("head office has entry %d, the book ends at %d", stored.Seq, head.Seq))
		return false
	case stored.Seq == head.Seq && stored.Hash != head.Hash:
		c.refuse(now, wire.VerdictFork, fmt.Sprintf("head office has another entry %d", stored.Seq))
		return false
	}
	if c.state != StateTalking || stored.Seq > c.stored.Seq {
		c.stored, c.known = stored, true
	}
	c.proved = c.proved || stored.Seq == head.Seq || stored.Seq == 0
	return true
}

// fail ends the talk and waits for the next hello, at the next server.
func (c *Conversation) fail(now time.Duration, err error) {
	c.server = (c.server + 1) % len(c.terms.Servers)
	c.again(now, err)
}

// faultToken is said in place of head office's own words, which are for people who sign in.
const faultToken = "head office does not know the join token that this node has: holdfast site replace prints a new one, " +
	"holdfast site add where no node of the site has joined yet"

// again ends the talk and waits for the next hello, at the same server.
func (c *Conversation) again(now time.Duration, err error) {
	c.fault = err.Error()
	if status, ok := errors.AsType[*wire.StatusError](err); ok && status.BadToken() {
		c.fault = faultToken
	}
	c.tries++
	c.missed++
	c.stop(StateWaiting, now+c.backOff(c.tries))
}

// turnedAway takes a verdict that refuses. In the middle of a talk a stranger is one whose hello head office
// does not know any more, for it has gone back to before that: it is to say hello, which is judged.
func (c *Conversation) turnedAway(now time.Duration, v wire.Verdict, why string) {
	if v == wire.VerdictStranger && c.state == StateTalking {
		c.again(now, fmt.Errorf("head office does not know this talk: %s", why))
		c.missed = 0 // it was heard
		return
	}
	c.refuse(now, v, why)
}

func (c *Conversation) refuse(now time.Duration, v wire.Verdict, why string) {
	c.refusal = Refused{Verdict: v, Why: why}
	c.fault = fmt.Sprintf("head office refuses this site: %s: %s", v, why)
	c.server = (c.server + 1) % len(c.terms.Servers)
	c.stop(StateRefused, now+c.terms.RefusedWait)
	c.emit(c.refusal)
}

// stop lets go of what is under way with head office. What is under way at the book goes on:
// the pull lane waits for it, the others do not.
func (c *Conversation) stop(s State, until time.Duration) {
	c.state, c.at = s, until
	for _, l := range []*lane{&c.hello, &c.pull} {
		if l.away {
			c.emit(Cancel{ID: l.id})
			l.id, l.away = 0, false
		}
	}
	for _, f := range c.flights {
		c.emit(Cancel{ID: f.id})
	}
	c.flights = nil
	c.hello.id, c.push.id = 0, 0
}

// fared forgets the failures once both flows have shown that they work: a head office that
// welcomes and then fails must not be asked without a pause.
func (c *Conversation) fared(now time.Duration) {
	c.met(now)
	if c.pulled && (c.pushed || c.stored.Seq >= c.book.Head.Seq) {
		c.tries = 0
	}
}
