package link_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// flying are terms under which each frame of a paper book fills a push.
func flying() link.Terms {
	t := terms()
	t.PushesMax, t.PushBytes = 3, 200
	return t
}

// backlog is a talk with a backlog of n entries, of which as many are on their way as may be.
func backlog(t *testing.T, n int) (*stage, []link.Send) {
	s := newStage(t)
	s.c = link.NewConversation(flying(), s.book.book())
	s.out = nil
	s.tick(0)
	s.talks()
	for s.hq.stored.Seq < s.book.Head().Seq {
		s.pushes()
	}
	for range n {
		s.book.receive()
	}
	s.tick(0)
	var sent []link.Send
	for range 3 {
		s.read()
		sent = append(sent, s.sent(link.LanePush))
	}
	s.quiet()
	return s, sent
}

// quiet says that nothing is read or sent for the push lane.
func (s *stage) quiet() {
	s.t.Helper()
	for _, o := range s.out {
		if _, reads := o.(link.ReadFrames); reads {
			s.t.Fatalf("got %v, want no more read", s.out)
		}
	}
}

func (s *stage) arrives(o link.Send) *wire.PushReply { return s.hq.push(o.Msg.(*wire.Push)) }

func before(o link.Send) ledger.Seq { return o.Msg.(*wire.Push).Before.Seq }

func TestABacklogIsSentWithSeveralPushesOnTheirWay(t *testing.T) {
	s, sent := backlog(t, 6)
	for i, o := range sent {
		if got, want := before(o), s.hq.stored.Seq+ledger.Seq(i); got != want {
			t.Errorf("push %d: got it to follow entry %d, want %d", i, got, want)
		}
	}
	var replies []*wire.PushReply
	for _, o := range sent {
		replies = append(replies, s.arrives(o))
	}
	s.reply(sent[2], replies[2]) // overtakes the others
	s.read()
	next := s.sent(link.LanePush)
	if got, want := before(next), replies[2].Stored.Seq; got != want {
		t.Errorf("got the next push to follow entry %d, want %d", got, want)
	}
	s.reply(sent[0], replies[0])
	s.reply(sent[1], replies[1])
	if got, want := s.c.Picture().Stored, replies[2].Stored; got != want {
		t.Errorf("got stored %d after older answers, want %d still", got.Seq, want.Seq)
	}
	s.reply(next, s.arrives(next))
	for s.hq.stored.Seq < s.book.Head().Seq {
		s.pushes()
	}
	s.state(link.StateTalking)
	agree(t, s.book, s.hq)
}

func TestAPushThatWasNotTakenIsSentAgainOnceTheOthersAreAnswered(t *testing.T) {
	for name, no := range map[string]func(*stage) *wire.PushReply{
		"head office says later": func(*stage) *wire.PushReply { return &wire.PushReply{Verdict: wire.VerdictLater, Why: "busy"} },
		"a gap was before it":    func(s *stage) *wire.PushReply { return &wire.PushReply{Verdict: wire.VerdictOK, Stored: s.hq.stored} },
	} {
		t.Run(name, func(t *testing.T) {
			s, sent := backlog(t, 6)
			from := s.hq.stored.Seq
			s.reply(sent[0], no(s))
			s.tick(20 * time.Second)
			s.quiet()                            // two are not answered yet
			s.reply(sent[1], s.arrives(sent[1])) // a gap
			s.reply(sent[2], s.arrives(sent[2])) // a gap
			s.tick(20 * time.Second)             // the lane has waited
			s.read()
			if got := before(s.sent(link.LanePush)); got != from {
				t.Errorf("got a push that follows entry %d, want %d: what is stored", got, from)
			}
			s.state(link.StateTalking)
		})
	}
}

func TestWhatIsReadWhenAPushIsNotTakenIsNotSent(t *testing.T) {
	s, sent := backlog(t, 6)
	s.reply(sent[0], s.arrives(sent[0]))
	late := find[link.ReadFrames](s)
	s.reply(sent[1], &wire.PushReply{Verdict: wire.VerdictLater, Why: "busy"})
	b, frames, err := s.book.Frames(late.After, late.MaxBytes)
	s.in(link.FramesRead{ID: late.ID, Book: s.book.book(), Before: b, Frames: frames, Err: err})
	s.reply(sent[2], s.arrives(sent[2]))
	s.tick(20 * time.Second)
	s.read()
	if got, want := before(s.sent(link.LanePush)), s.hq.stored.Seq; got != want {
		t.Errorf("got a push that follows entry %d, want %d: what is stored", got, want)
	}
	s.state(link.StateTalking)
}

func TestAFailureCancelsEveryPushOnItsWay(t *testing.T) {
	s, sent := backlog(t, 6)
	s.in(link.Failed{ID: sent[1].ID, Err: errors.New("cut")})
	canceled := map[uint64]bool{}
	for _, o := range s.out {
		if c, ok := o.(link.Cancel); ok {
			canceled[c.ID] = true
		}
	}
	if !canceled[sent[0].ID] || !canceled[sent[2].ID] {
		t.Errorf("got %v cancelled, want %d and %d", canceled, sent[0].ID, sent[2].ID)
	}
	s.state(link.StateWaiting)
	s.reply(sent[0], s.arrives(sent[0])) // late: nobody waits for it
	s.state(link.StateWaiting)
}

func TestWhatTricklesInIsGatheredBehindAPush(t *testing.T) {
	s := newStage(t)
	tm := flying()
	tm.PushBytes = wire.PushBytesMax
	s.c = link.NewConversation(tm, s.book.book())
	s.out = nil
	s.tick(0)
	s.talks()
	s.book.receive()
	s.tick(0)
	s.read()
	first := s.sent(link.LanePush)
	for range 5 {
		s.book.receive()
		s.tick(0)
		s.quiet()
	}
	s.reply(first, s.arrives(first))
	s.read()
	if got := len(s.sent(link.LanePush).Msg.(*wire.Push).Frames); got != 5 {
		t.Errorf("got %d frames in the next push, want the 5 that came meanwhile", got)
	}
}
