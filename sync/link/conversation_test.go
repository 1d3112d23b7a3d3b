package link_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A stage drives one conversation by hand: what the machine wants done lies in out until the
// test does it.
type stage struct {
	t    *testing.T
	now  time.Duration
	book *paper
	hq   *office
	c    *link.Conversation
	out  []link.Output
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, book: newPaper(t), hq: newOffice(t)}
	s.c = link.NewConversation(terms(), s.book.book())
	s.in(link.Told{Book: s.book.book()})
	return s
}

func (s *stage) in(in link.Input) { s.out = append(s.out, s.c.Step(s.now, in)...) }

// tick lets d pass and tells the machine.
func (s *stage) tick(d time.Duration) {
	s.now += d
	s.in(link.Told{Book: s.book.book()})
}

// find takes the first output of that type out of out.
func find[T link.Output](s *stage) T {
	s.t.Helper()
	for i, o := range s.out {
		if o, ok := o.(T); ok {
			s.out = append(s.out[:i:i], s.out[i+1:]...)
			return o
		}
	}
	var none T
	s.t.Fatalf("got %v, want a %T", s.out, none)
	return none
}

// sent takes the Send of that lane out of out.
func (s *stage) sent(lane link.Lane) link.Send {
	s.t.Helper()
	for i, o := range s.out {
		if o, ok := o.(link.Send); ok && o.Lane == lane {
			s.out = append(s.out[:i:i], s.out[i+1:]...)
			return o
		}
	}
	s.t.Fatalf("got %v, want a %s", s.out, lane)
	return link.Send{}
}

func (s *stage) reply(o link.Send, m wire.Message) { s.in(link.Answered{ID: o.ID, Msg: m}) }

// do carries out the next request at the book.
func (s *stage) do() ledger.Request {
	s.t.Helper()
	o := find[link.Do](s)
	s.finish(o)
	return o.Request
}

func (s *stage) finish(o link.Do) {
	out, err := s.book.Do(s.t.Context(), o.Request)
	if err == nil {
		err = out.Err
	}
	s.in(link.Done{ID: o.ID, Book: s.book.book(), Err: err})
}

// read reads the frames that the push lane wants.
func (s *stage) read() {
	s.t.Helper()
	o := find[link.ReadFrames](s)
	before, frames, err := s.book.Frames(o.After, o.MaxBytes)
	s.in(link.FramesRead{ID: o.ID, Book: s.book.book(), Before: before, Frames: frames, Err: err})
}

func (s *stage) pushes() {
	s.t.Helper()
	s.read()
	o := s.sent(link.LanePush)
	s.reply(o, s.hq.push(o.Msg.(*wire.Push)))
}

func (s *stage) pulls() {
	s.t.Helper()
	o := s.sent(link.LanePull)
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	s.reply(o, reply)
}

func (s *stage) state(want link.State) {
	s.t.Helper()
	if got := s.c.Picture().State; got != want {
		s.t.Fatalf("got state %s (%s), want %s", got, s.c.Picture().Fault, want)
	}
}

// talks brings a fresh site to where push and pull have gone well and a pull is held.
func (s *stage) talks() {
	s.t.Helper()
	o := s.sent(link.LaneHello)
	s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
	s.do()
	s.do()
	s.state(link.StateTalking)
	s.pulls() // the first does not wait
	s.pushes()
}

func TestAFreshBookIsOpenedAndAdoptsBeforeAnythingElseIsSaid(t *testing.T) {
	s := newStage(t)
	hello := s.sent(link.LaneHello)
	if m := hello.Msg.(*wire.Hello); m.Head != (ledger.Position{}) || m.Site != "leeds" || m.VersionMax != wire.VersionMax {
		t.Errorf("got %+v, want the head of a fresh book", m)
	}
	s.tick(time.Second)
	if len(s.out) != 0 {
		t.Errorf("got %v, want nothing before the hello is answered", s.out)
	}
	s.reply(hello, s.hq.hello(hello.Msg.(*wire.Hello)))
	s.state(link.StateSettling)
	if s.c.Online(s.now) {
		t.Error("got online, want not before the book is settled")
	}
	if r, ok := s.do().(*ledger.OpenSite); !ok || r.Epoch != 1 {
		t.Errorf("got %+v, want epoch 1 opened first", r)
	}
	if r, ok := s.do().(*ledger.AdoptHQ); !ok || r.H != s.hq.h {
		t.Errorf("got %+v, want head office adopted", r)
	}
	s.state(link.StateTalking)
	if !s.c.Online(s.now) {
		t.Error("got offline, want online")
	}
	if m := s.sent(link.LanePull).Msg.(*wire.Pull); m.WaitMS != 0 || m.HQ != s.hq.h {
		t.Errorf("got %+v, want a first pull that does not wait, under the adopted head office", m)
	}
	s.pushes()
	agree(t, s.book, s.hq)
}

func TestANewEntryIsSentAtOnceAndAHeldPullStays(t *testing.T) {
	s := newStage(t)
	s.talks()
	if m := s.sent(link.LanePull).Msg.(*wire.Pull); m.WaitMS != 20_000 {
		t.Errorf("got a pull that waits %d ms, want 20000", m.WaitMS)
	}
	s.book.receive()
	s.tick(0)
	s.pushes()
	if len(s.out) != 0 {
		t.Errorf("got %v, want nothing more", s.out)
	}
	agree(t, s.book, s.hq)
}

func TestPushGoesOnFromWhatHeadOfficeHas(t *testing.T) {
	s := newStage(t)
	s.talks()
	for range 5 {
		s.book.receive()
	}
	s.tick(0)
	s.read()
	o := s.sent(link.LanePush)
	lost := s.hq.push(o.Msg.(*wire.Push)) // has its effect, and the reply is lost
	s.in(link.Failed{ID: o.ID, Err: errors.New("cut")})
	s.book.receive()
	s.tick(time.Second)
	hello := s.sent(link.LaneHello)
	s.reply(hello, s.hq.hello(hello.Msg.(*wire.Hello)))
	if got := find[link.ReadFrames](s).After; got != lost.Stored.Seq {
		t.Errorf("got entries read after %d, want %d", got, lost.Stored.Seq)
	}
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")})
	s.tick(time.Second)
	welcome := s.hq.hello(hello.Msg.(*wire.Hello))
	welcome.Stored = ledger.Position{Epoch: 1, Seq: 2, Hash: s.hq.hashes[2]} // it has gone back
	s.reply(s.sent(link.LaneHello), welcome)
	if got := find[link.ReadFrames](s).After; got != 2 {
		t.Errorf("got entries read after %d, want 2, whatever was sent before", got)
	}
}

func TestCommandsAreCarriedOutInOrderAndOnce(t *testing.T) {
	s := newStage(t)
	s.talks()
	for range 3 {
		s.hq.command()
	}
	pull := s.sent(link.LanePull)
	reply, _ := s.hq.pull(pull.Msg.(*wire.Pull))
	s.reply(pull, reply)
	s.reply(pull, reply) // repeated
	for range 3 {
		s.do()
	}
	pull = s.sent(link.LanePull)
	reply.Commands = s.hq.commands // with repeats of what is done
	s.hq.command()
	reply.Commands = s.hq.commands
	s.reply(pull, reply)
	s.do()
	s.pushes()
	agree(t, s.book, s.hq)
}

func TestWhatAPullBroughtIsCarriedOutThoughTheLineIsLost(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.command()
	s.hq.command()
	s.pulls()
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")})
	s.state(link.StateWaiting)
	s.do()
	s.do()
	s.state(link.StateWaiting)
	if got := s.book.View().Commands.Number; got != 2 {
		t.Errorf("got %d commands carried out, want 2", got)
	}
}

func TestCallsComeBeforeCommands(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.command()
	s.hq.call(wire.Call{ID: [16]byte{1}})
	s.pulls()
	if got := find[link.Calls](s); len(got.Calls) != 1 {
		t.Errorf("got %+v, want the call", got)
	}
	s.do()
}

// Head office may have gone back to before the site's first hello. It does not know the talk, and what
// it says of that is no verdict on the book: the hello gets one.
func TestAStrangerInTheMiddleOfATalkSaysHello(t *testing.T) {
	s := newStage(t)
	s.talks()
	o := s.sent(link.LanePull)
	s.reply(o, &wire.PullReply{Verdict: wire.VerdictStranger, Why: "hello comes first"})
	s.state(link.StateWaiting)
	s.tick(time.Minute)
	hello := s.sent(link.LaneHello)
	s.reply(hello, &wire.Welcome{Verdict: wire.VerdictStranger, Why: "no such site"})
	s.state(link.StateRefused)
}

// Head office has turned a copy away and plans nothing of the site: the true one need not wait for
// its next hello, and a customer's question that came along is passed on all the same.
func TestASiteThatIsAskedForAHelloSaysIt(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.call(wire.Call{ID: [16]byte{1}})
	o := s.sent(link.LanePull)
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	reply.Greet = true
	s.reply(o, reply)
	find[link.Calls](s)
	if p := s.c.Picture(); p.State != link.StateWaiting || p.Missed != 0 {
		t.Errorf("got %+v, want a wait for the next hello, and nothing missed: head office was heard", p)
	}
	s.tick(time.Minute)
	s.sent(link.LaneHello)
}

func TestItemsAreStoredAndThenMoreArePulled(t *testing.T) {
	s := newStage(t)
	s.talks()
	for range 5 {
		s.hq.item()
	}
	s.pulls()
	for range 2 {
		o := find[link.Store](s)
		if err := s.book.PutItems(o.Items, o.Version); err != nil {
			t.Fatal(err)
		}
		if want := s.book.RefVersion() < 5; o.More != want {
			t.Errorf("got more %t at version %d, want %t", o.More, o.Version, want)
		}
		s.in(link.Done{ID: o.ID, Book: s.book.book()})
		if s.book.RefVersion() < 5 {
			o := s.sent(link.LanePull)
			if m := o.Msg.(*wire.Pull); m.WaitMS != 0 || m.RefVersion != 3 {
				t.Errorf("got %+v, want a pull after 3 that does not wait", m)
			}
			reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
			s.reply(o, reply)
		}
	}
	if got := len(s.book.items); got != 5 {
		t.Errorf("got %d items, want 5", got)
	}
}

func TestCustomersAreStoredWhereTheyAreKept(t *testing.T) {
	s := newStage(t)
	s.book.people = 1
	s.talks()
	page := []ledger.CustomerAccount{{ID: "C-7", Version: 4}}
	o := s.sent(link.LanePull)
	if m := o.Msg.(*wire.Pull); m.Customers != 1 {
		t.Errorf("got %+v, want a pull of one that keeps customers and has none", m)
	}
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	reply.Customers, reply.CustomersUpTo, reply.CustomersMore = page, 4, true
	s.reply(o, reply)
	stored := find[link.Store](s)
	if len(stored.Customers) != 1 || stored.CustomersUpTo != 4 {
		t.Errorf("got %+v stored, want the page", stored)
	}
	s.book.people = 5
	s.in(link.Done{ID: stored.ID, Book: s.book.book()})
	o = s.sent(link.LanePull)
	if m := o.Msg.(*wire.Pull); m.Customers != 5 || m.WaitMS != 0 {
		t.Errorf("got %+v, want a pull behind the page that does not wait: more are there", m)
	}
	reply, _ = s.hq.pull(o.Msg.(*wire.Pull))
	reply.Customers, reply.CustomersUpTo = page, 4 // late: they are here
	s.reply(o, reply)
	if m := s.sent(link.LanePull).Msg.(*wire.Pull); m.Customers != 5 {
		t.Errorf("got %+v, want nothing stored and the next pull", m)
	}
}

func TestAListOfSitesIsStoredOnceAndAskedForAgainWhereItIsAnother(t *testing.T) {
	s := newStage(t)
	s.book.listed = wire.SitesNone
	s.talks()
	s.hq.sites = ledger.SiteList{Version: 7, Sites: []ledger.ListedSite{{ID: "leeds"}}}
	o := s.sent(link.LanePull)
	if m := o.Msg.(*wire.Pull); m.Sites != wire.SitesNone {
		t.Errorf("got %+v, want a pull that says that there is no list yet", m)
	}
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	s.reply(o, reply)
	stored := find[link.Store](s)
	if stored.Sites.Version != 7 || len(stored.Items) != 0 {
		t.Errorf("got %+v stored, want the list alone", stored)
	}
	s.book.listed = stored.Sites.Version
	s.in(link.Done{ID: stored.ID, Book: s.book.book()})
	o = s.sent(link.LanePull)
	if m := o.Msg.(*wire.Pull); m.Sites != 7 {
		t.Errorf("got %+v, want a pull that says which list is here", m)
	}
	// Head office says the same list again: nothing is to be stored.
	reply, _ = s.hq.pull(&wire.Pull{Site: "leeds", Head: o.Msg.(*wire.Pull).Head, HQ: s.hq.h, RefVersion: s.book.RefVersion(), Sites: wire.SitesNone})
	s.reply(o, reply)
	for _, out := range s.out {
		if st, ok := out.(link.Store); ok {
			t.Errorf("got %+v stored, want nothing: it is here", st)
		}
	}
}

func TestASiteThatKeepsNoListIsGivenNone(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.sites = ledger.SiteList{Version: 7, Sites: []ledger.ListedSite{{ID: "leeds"}}}
	o := s.sent(link.LanePull)
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	reply.Sites = s.hq.sites // whatever head office says
	s.reply(o, reply)
	for _, out := range s.out {
		if st, ok := out.(link.Store); ok {
			t.Errorf("got %+v stored, want nothing", st)
		}
	}
}

func TestAStreamThatDoesNotFitLeadsToANewHello(t *testing.T) {
	for what, spoil := range map[string]func(*wire.PullReply){
		"a gap":                    func(m *wire.PullReply) { m.Commands = m.Commands[1:] },
		"a foreign reply":          func(m *wire.PullReply) { m.H.Random[3]++ },
		"a foreign command":        func(m *wire.PullReply) { m.Commands[0].H.Counter++ },
		"a command of another sum": func(m *wire.PullReply) { m.Commands[0].ID = "altered" },
	} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t)
			s.talks()
			s.hq.command()
			s.hq.command()
			pull := s.sent(link.LanePull)
			reply, _ := s.hq.pull(pull.Msg.(*wire.Pull))
			reply.Commands = append([]ledger.HQCommand(nil), reply.Commands...)
			spoil(reply)
			s.reply(pull, reply)
			if strings.Contains(what, "sum") {
				s.do() // the ledger finds out
			}
			s.state(link.StateWaiting)
			if len(s.book.obeyed) != 0 {
				t.Errorf("got commands %v carried out, want none", s.book.obeyed)
			}
			s.tick(time.Second)
			s.sent(link.LaneHello)
		})
	}
}

func TestAVerdictDecidesWhatBecomesOfTheTalk(t *testing.T) {
	lanes := map[string]func(s *stage, v wire.Verdict){
		"hello": func(s *stage, v wire.Verdict) {
			s.hq.set(wire.PathHello, v)
			o := s.sent(link.LaneHello)
			s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
		},
		"push": func(s *stage, v wire.Verdict) {
			s.talks()
			s.hq.set(wire.PathPush, v)
			s.book.receive()
			s.tick(0)
			s.pushes()
		},
		"pull": func(s *stage, v wire.Verdict) {
			s.talks()
			s.hq.set(wire.PathPull, v)
			s.pulls()
		},
		"ask": func(s *stage, v wire.Verdict) {
			s.talks()
			if v.Refuses() {
				s.in(link.Judged{Talk: s.c.Talk(), Verdict: v, Why: "because"})
			} else {
				s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("no verdict")})
			}
		},
	}
	verdicts := []wire.Verdict{wire.VerdictNone, wire.VerdictBehind, wire.VerdictFork, wire.VerdictClosedEpoch,
		wire.VerdictUpgrade, wire.VerdictStranger, 99}
	for _, v := range verdicts {
		for lane, run := range lanes {
			t.Run(v.String()+" to a "+lane, func(t *testing.T) {
				s := newStage(t)
				run(s, v)
				if s.c.Online(s.now) {
					t.Error("got online, want offline at once")
				}
				if !v.Refuses() || v == wire.VerdictStranger && lane != "hello" {
					s.state(link.StateWaiting)
					return
				}
				s.state(link.StateRefused)
				if got, want := find[link.Refused](s), (link.Refused{Verdict: v, Why: "because"}); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				if got := s.c.Picture().Refusal.Verdict; got != v {
					t.Errorf("got refusal %s, want %s", got, v)
				}
				if at, ok := s.c.Wake(s.now); !ok || at != s.now+time.Minute {
					t.Errorf("got a wake in %s, want one in a minute", at-s.now)
				}
				s.tick(time.Minute) // somebody may have seen to it
				s.sent(link.LaneHello)
			})
		}
	}
}

func TestLaterSlowsOneLaneAndTheOtherGoesOn(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.set(wire.PathPush, wire.VerdictLater)
	s.book.receive()
	s.tick(0)
	s.pushes()
	s.state(link.StateTalking)
	if !s.c.Online(s.now) {
		t.Error("got offline, want online: head office answered")
	}
	s.hq.command()
	s.pulls()
	s.do() // pull is not held up
	s.hq.set(wire.PathPush, wire.VerdictOK)
	at, ok := s.c.Wake(s.now)
	if !ok || at-s.now > 100*time.Millisecond {
		t.Errorf("got a wake in %s, want one within 100 ms", at-s.now)
	}
	s.tick(at - s.now)
	s.pushes()
	agree(t, s.book, s.hq)

	s.hq.set(wire.PathPull, wire.VerdictLater)
	s.pulls()
	s.book.receive()
	s.tick(0)
	s.pushes()
	s.hq.set(wire.PathPull, wire.VerdictOK)
	s.tick(time.Second)
	s.sent(link.LanePull)
}

func TestAHeadOfficeThatDoesNotMoveIsNotPushedInCircles(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.book.receive()
	s.tick(0)
	s.read()
	o := s.sent(link.LanePush)
	s.reply(o, &wire.PushReply{Verdict: wire.VerdictOK, Stored: s.hq.stored})
	for _, o := range s.out {
		if _, ok := o.(link.ReadFrames); ok {
			t.Error("got the next push at once, want a wait")
		}
	}
	s.tick(time.Second)
	s.pushes()
	agree(t, s.book, s.hq)
}

func TestAPullThatShouldHaveBeenHeldSlowsTheLane(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.pulls() // empty, at once, though it waits
	if len(s.out) != 0 {
		t.Fatalf("got %v, want a wait", s.out)
	}
	s.tick(time.Second)
	o := s.sent(link.LanePull)
	s.now += 20 * time.Second
	reply, _ := s.hq.pull(o.Msg.(*wire.Pull))
	s.reply(o, reply)
	s.sent(link.LanePull) // held as it should be: the next one at once
}

func TestTheFirstFailureEndsBeingOnlineAndTheNextServerIsTried(t *testing.T) {
	for what, fail := range map[string]func(*stage){
		"push": func(s *stage) {
			s.book.receive()
			s.tick(0)
			s.read()
			s.in(link.Failed{ID: s.sent(link.LanePush).ID, Err: errors.New("cut")})
		},
		"pull": func(s *stage) { s.in(link.Failed{ID: s.sent(link.LanePull).ID, Err: errors.New("cut")}) },
		"ask":  func(s *stage) { s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")}) },
	} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t)
			s.talks()
			fail(s)
			if s.c.Online(s.now) {
				t.Error("got online, want offline at once")
			}
			s.state(link.StateWaiting)
			if what != "pull" {
				find[link.Cancel](s) // the held pull is given up
			}
			s.tick(time.Second)
			if got := s.sent(link.LaneHello).Server; got != "http://b" {
				t.Errorf("got a hello to %s, want the next server", got)
			}
			if got := s.c.Picture().Fault; got != "cut" {
				t.Errorf("got fault %q, want cut", got)
			}
		})
	}
}

func TestWhatIsOfThePastChangesNothing(t *testing.T) {
	s := newStage(t)
	old := s.sent(link.LaneHello)
	s.in(link.Failed{ID: old.ID, Err: errors.New("cut")})
	s.tick(time.Second)
	s.reply(old, &wire.Welcome{Verdict: wire.VerdictFork})
	s.state(link.StateHello)
	s.talks()
	was := s.c.Picture()
	out := len(s.out)
	s.in(link.Lost{Talk: s.c.Talk() - 1, Err: errors.New("cut")})
	s.in(link.Judged{Talk: s.c.Talk() - 1, Verdict: wire.VerdictFork})
	s.in(link.Contact{Talk: s.c.Talk() - 1})
	s.in(link.Failed{ID: old.ID})
	s.in(link.Failed{ID: 0})
	s.in(link.Done{ID: 4711, Err: errors.New("late")})
	s.in(link.FramesRead{ID: 4711, Err: errors.New("late")})
	s.reply(old, &wire.PushReply{Verdict: wire.VerdictFork})
	s.reply(old, &wire.PullReply{Verdict: wire.VerdictFork})
	if got := s.c.Picture(); !reflect.DeepEqual(got, was) || len(s.out) != out {
		t.Errorf("got %+v, want %+v", got, was)
	}
}

func TestWaitsDoubleUpToTheLongest(t *testing.T) {
	s := newStage(t)
	var waits []time.Duration
	for range 10 {
		s.in(link.Failed{ID: s.sent(link.LaneHello).ID, Err: errors.New("cut")})
		at, ok := s.c.Wake(s.now)
		if !ok {
			t.Fatal("got no wake")
		}
		waits = append(waits, at-s.now)
		s.tick(at - s.now - 1)
		if len(s.out) != 0 {
			t.Fatalf("got %v before its time", s.out)
		}
		s.tick(1)
	}
	ms := time.Millisecond // without a random source a wait is its longest
	want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 10_000 * ms, 10_000 * ms, 10_000 * ms}
	if !reflect.DeepEqual(waits, want) {
		t.Errorf("got waits %v, want %v", waits, want)
	}
}

func TestAWaitIsDrawnFromItsSecondHalf(t *testing.T) {
	for draw, want := range map[string]time.Duration{
		"\x00\x00\x00\x00\x00\x00\x00\x00": 50 * time.Millisecond,
		"\x00\x00\x00\x00\x00\x00\x00\x07": 50*time.Millisecond + 7,
		"short":                            100 * time.Millisecond,
	} {
		tm := terms()
		tm.Random = strings.NewReader(draw)
		c := link.NewConversation(tm, link.Book{})
		o := c.Step(0, link.Told{})[0].(link.Send)
		c.Step(0, link.Failed{ID: o.ID, Err: errors.New("cut")})
		if got, _ := c.Wake(0); got != want {
			t.Errorf("draw %q: got a wait of %s, want %s", draw, got, want)
		}
	}
}

func TestAHeadOfficeThatWelcomesAndThenFailsIsNotAskedWithoutAPause(t *testing.T) {
	s := newStage(t)
	s.talks()
	var last time.Duration
	for range 8 {
		s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("no quorum")})
		at, _ := s.c.Wake(s.now)
		last = at - s.now
		s.tick(last)
		o := s.sent(link.LaneHello)
		s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
		s.state(link.StateTalking)
	}
	if last != 10*time.Second {
		t.Errorf("got a wait of %s, want the longest", last)
	}
	s.out = nil
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("no quorum")})
	s.tick(10 * time.Second)
	o := s.sent(link.LaneHello)
	s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
	s.pulls() // all goes well again
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")})
	if at, _ := s.c.Wake(s.now); at-s.now != 100*time.Millisecond {
		t.Errorf("got a wait of %s, want the shortest", at-s.now)
	}
}

func TestAnOldSuccessIsNotBeingOnline(t *testing.T) {
	s := newStage(t)
	s.talks()
	at, ok := s.c.Wake(s.now)
	if !ok || at != s.now+25*time.Second+1 {
		t.Errorf("got a wake at %s, want when the success grows old", at)
	}
	s.tick(25 * time.Second)
	if !s.c.Online(s.now) {
		t.Error("got offline, want online to the last moment")
	}
	s.tick(1)
	if s.c.Online(s.now) {
		t.Error("got online, want offline")
	}
	s.in(link.Contact{Talk: s.c.Talk()})
	if !s.c.Online(s.now) {
		t.Error("got offline, want online after a success")
	}
}

func TestAWelcomeThatDoesNotFitIsNotFollowed(t *testing.T) {
	s := newStage(t)
	s.talks()
	head := s.book.Head().Position
	ok := wire.Welcome{Verdict: wire.VerdictOK, Version: 1, H: s.hq.h, Epoch: 1, Stored: head}
	older := ok
	for what, c := range map[string]struct {
		spoil   func(*wire.Welcome)
		state   link.State
		refused wire.Verdict
	}{
		"another protocol version": {func(m *wire.Welcome) { m.Version = 2 }, link.StateWaiting, 0},
		"no epoch":                 {func(m *wire.Welcome) { m.Epoch = 0 }, link.StateWaiting, 0},
		"no incarnation":           {func(m *wire.Welcome) { m.H = ledger.Incarnation{} }, link.StateWaiting, 0},
		"later":                    {func(m *wire.Welcome) { m.Verdict = wire.VerdictLater }, link.StateWaiting, 0},
		"another head office":      {func(m *wire.Welcome) { m.H.Random[1]++ }, link.StateRefused, wire.VerdictNone},
		"more than the book has":   {func(m *wire.Welcome) { m.Stored.Seq++ }, link.StateRefused, wire.VerdictBehind},
		"another last entry":       {func(m *wire.Welcome) { m.Stored.Hash[0]++ }, link.StateRefused, wire.VerdictFork},
		"as it should be":          {func(*wire.Welcome) {}, link.StateTalking, 0},
	} {
		t.Run(what, func(t *testing.T) {
			s := &stage{t: t, book: s.book, hq: s.hq}
			s.c = link.NewConversation(terms(), s.book.book())
			s.tick(0)
			m := older
			c.spoil(&m)
			s.reply(s.sent(link.LaneHello), &m)
			s.state(c.state)
			if c.state == link.StateRefused {
				if got := find[link.Refused](s).Verdict; got != c.refused {
					t.Errorf("got %s, want %s", got, c.refused)
				}
			}
		})
	}
	for what, book := range map[string]link.Book{
		"an epoch below the book's":       {Head: ledger.Position{Epoch: 2}},
		"an incarnation below the book's": {HQ: ledger.Incarnation{Counter: 2}},
	} {
		c := link.NewConversation(terms(), book)
		o := c.Step(0, link.Told{Book: book})[0].(link.Send)
		m := older
		m.Stored = ledger.Position{}
		c.Step(0, link.Answered{ID: o.ID, Msg: &m})
		if got := c.Picture().State; got != link.StateWaiting {
			t.Errorf("%s: got %s, want %s", what, got, link.StateWaiting)
		}
	}
}

func TestTheBookItselfShowsThatItForked(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.book.receive()
	s.tick(0)
	o := find[link.ReadFrames](s)
	before, frames, _ := s.book.Frames(o.After, o.MaxBytes)
	before.Hash[5]++ // the book was restored: its entry there is another one
	s.in(link.FramesRead{ID: o.ID, Book: s.book.book(), Before: before, Frames: frames})
	s.state(link.StateRefused)
	if got := find[link.Refused](s).Verdict; got != wire.VerdictFork {
		t.Errorf("got %s, want fork", got)
	}
}

// A book that was put back may end beyond what head office has seen of it, where it was opened a few
// times since. Head office welcomes it; the place where its copy ends shows whether the two have one past.
func TestAWelcomeProvesNothingBeforeTheBooksAreComparedWhereTheCopyEnds(t *testing.T) {
	type way struct {
		more int // entries behind what head office has
		in   func(*stage)
	}
	reads := func(spoil func(*link.FramesRead)) func(*stage) {
		return func(s *stage) {
			o := find[link.ReadFrames](s)
			before, frames, _ := s.book.Frames(o.After, o.MaxBytes)
			in := link.FramesRead{ID: o.ID, Book: s.book.book(), Before: before, Frames: frames}
			spoil(&in)
			s.in(in)
		}
	}
	for what, c := range map[string]struct {
		way
		early, want bool
	}{
		"it ends where the copy ends": {way{0, func(*stage) {}}, true, true},
		"it has the entry":            {way{2, reads(func(*link.FramesRead) {})}, false, true},
		"it has another":              {way{2, reads(func(in *link.FramesRead) { in.Before.Hash[5]++ })}, false, false},
		"that is inside a frame":      {way{2, reads(func(in *link.FramesRead) { in.Before.Seq-- })}, false, false},
		"head office compares it": {way{2, func(s *stage) {
			reads(func(in *link.FramesRead) { in.Before.Seq-- })(s)
			o := s.sent(link.LanePush)
			s.reply(o, &wire.PushReply{Verdict: wire.VerdictOK, Stored: s.book.book().Head})
		}}, false, true},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t)
			s.talks()
			for range c.more {
				s.book.receive()
			}
			s.c = link.NewConversation(terms(), s.book.book()) // another process opens the book
			s.out = nil
			s.in(link.Told{Book: s.book.book()})
			o := s.sent(link.LaneHello)
			s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
			s.state(link.StateTalking)
			if got := s.c.Picture().Proved; got != c.early {
				t.Errorf("welcomed: got proved %t, want %t", got, c.early)
			}
			c.in(s)
			if got := s.c.Picture().Proved; got != c.want {
				t.Errorf("got proved %t, want %t", got, c.want)
			}
		})
	}
}

func TestAJournalThatCannotBeReadIsTriedAgain(t *testing.T) {
	for what, spoil := range map[string]func(*link.FramesRead){
		"an error": func(in *link.FramesRead) { in.Err = errors.New("disk") },
		"nothing":  func(in *link.FramesRead) { in.Frames = nil },
		"a hole":   func(in *link.FramesRead) { in.Before.Seq++ },
	} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t)
			s.talks()
			s.book.receive()
			s.tick(0)
			o := find[link.ReadFrames](s)
			before, frames, _ := s.book.Frames(o.After, o.MaxBytes)
			in := link.FramesRead{ID: o.ID, Book: s.book.book(), Before: before, Frames: frames}
			spoil(&in)
			s.in(in)
			s.state(link.StateWaiting)
			s.tick(time.Second)
			if got := s.sent(link.LaneHello).Server; got != "http://a" {
				t.Errorf("got a hello to %s, want the same server: it is not to blame", got)
			}
		})
	}
}

// A journal is trimmed of what was archived only, so a head office that asks for it has lost what it
// had: that is told, and not tried again and again.
func TestAHeadOfficeThatAsksForWhatWasTrimmedIsRefused(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.book.receive()
	s.tick(0)
	o := find[link.ReadFrames](s)
	s.in(link.FramesRead{ID: o.ID, Book: s.book.book(), Err: fmt.Errorf("read: %w", ledger.ErrTrimmed)})
	if r := find[link.Refused](s); r.Verdict != wire.VerdictNone || !strings.Contains(r.Why, "archive") {
		t.Errorf("got %+v, want no verdict and a reason that names the archive", r)
	}
	s.state(link.StateRefused)
}

func TestWhatIsArchivedIsHeardWithAPull(t *testing.T) {
	s := newStage(t)
	s.talks()
	head := s.book.Head().Seq
	for _, c := range []struct{ said, want ledger.Seq }{{head - 1, head - 1}, {head + 5, head}, {0, 0}} {
		o := s.sent(link.LanePull)
		m, _ := s.hq.pull(o.Msg.(*wire.Pull))
		m.Archived = c.said
		s.in(link.Answered{ID: o.ID, Msg: m})
		if got := s.c.Picture().Archived; got != c.want {
			t.Errorf("said %d: got %d, want %d", c.said, got, c.want)
		}
		s.tick(time.Second)
	}
}

func TestALedgerThatRefusesStopsTheTalk(t *testing.T) {
	for err, want := range map[error]link.State{
		ledger.ErrQuarantined: link.StateRefused,
		ledger.ErrUnsure:      link.StateWaiting,
		ledger.ErrGap:         link.StateWaiting,
	} {
		s := newStage(t)
		s.talks()
		s.hq.command()
		s.hq.command()
		s.pulls()
		o := find[link.Do](s)
		s.in(link.Done{ID: o.ID, Book: s.book.book(), Err: err})
		s.state(want)
		for _, o := range s.out {
			if _, ok := o.(link.Do); ok {
				t.Errorf("%v: got the next command, want none", err)
			}
		}
	}
	for err, want := range map[error]link.State{
		ledger.ErrQuarantined: link.StateRefused,
		ledger.ErrForeignHQ:   link.StateRefused,
		ledger.ErrUnsure:      link.StateWaiting,
	} {
		s := newStage(t)
		o := s.sent(link.LaneHello)
		s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
		s.in(link.Done{ID: find[link.Do](s).ID, Err: err})
		s.state(want)
	}
}

func TestABusyLedgerIsAskedAgain(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.command()
	s.pulls()
	o := find[link.Do](s)
	s.in(link.Done{ID: o.ID, Book: s.book.book(), Err: ledger.ErrBusy})
	if len(s.out) != 0 {
		t.Errorf("got %v, want a wait", s.out)
	}
	s.tick(time.Second)
	s.do()
	s.state(link.StateTalking)
	s.pushes()
	agree(t, s.book, s.hq)
}

func TestARefusalAfterTheLineWasLostIsRemembered(t *testing.T) {
	s := newStage(t)
	s.talks()
	s.hq.command()
	s.pulls()
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")})
	s.in(link.Done{ID: find[link.Do](s).ID, Book: s.book.book(), Err: ledger.ErrGap})
	s.state(link.StateWaiting)
	if got := s.c.Picture().Fault; got != ledger.ErrGap.Error() {
		t.Errorf("got fault %q, want %q", got, ledger.ErrGap)
	}
}

func TestAnOldSnapshotOfTheBookDoesNotTakeItBack(t *testing.T) {
	s := newStage(t)
	old := s.book.book()
	s.talks()
	s.hq.command()
	s.pulls()
	s.do()
	s.in(link.Told{Book: old})
	s.pushes()
	if m := s.sent(link.LanePull).Msg.(*wire.Pull); m.Applied.Number != 1 {
		t.Errorf("got a pull after command %d, want 1", m.Applied.Number)
	}
}
