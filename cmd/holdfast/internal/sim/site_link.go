package sim

import (
	"time"

	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// The link's own defaults, and the node's wait for an ask.
const (
	askWait  = 300 * time.Millisecond
	askShare = askWait * 3 / 4

	serversOfHQ = 3
)

func terms(s *site) link.Terms {
	t := link.Terms{Site: s.id, NodeKey: s.disk.nodeKey, Boot: s.boot, Servers: []string{"hq-1", "hq-2", "hq-3"},
		RetryMin: 100 * time.Millisecond, RetryMax: 10 * time.Second, RefusedWait: time.Minute,
		HelloLimit: 3 * time.Second, PushLimit: 10 * time.Second, PullWait: 20 * time.Second, PullSlack: 5 * time.Second,
		PushesMax: 4, PushBytes: 2 << 10, // small, so that an outage leaves several to be sent
		PushRest: 5, PushRestMax: 2 * time.Second, PushQuiet: 250 * time.Millisecond,
		Random: s.noise}
	t.Fresh = t.PullWait + t.PullSlack + t.RetryMin
	return t
}

// step puts an input to the conversation and does what it wants done.
func (s *site) step(in link.Input) {
	life := s.life
	for _, out := range s.talk.Step(s.c.now, in) {
		if s.life != life {
			return
		}
		s.carryOut(out)
	}
	if s.life == life {
		s.setAlarm()
		s.goOn()
	}
}

func (s *site) setAlarm() {
	at, ok := s.talk.Wake(s.c.now)
	if !ok || s.alarm > s.c.now && s.alarm <= at {
		return
	}
	s.alarm = at
	s.after(at-s.c.now, func() {
		if s.alarm == s.c.now {
			s.alarm = 0
			s.step(link.Told{Book: s.durable})
		}
	})
}

func (s *site) carryOut(out link.Output) {
	switch out := out.(type) {
	case link.Send:
		s.send(out)
	case link.Cancel:
		// Its answer finds nobody: the conversation knows the IDs that it waits for.
		delete(s.pushing, out.ID)
	case link.ReadFrames:
		s.after(100*time.Microsecond, func() {
			before, frames, err := s.disk.after(out.After, out.MaxBytes)
			s.step(link.FramesRead{ID: out.ID, Book: s.durable, Before: before, Frames: frames, Err: err})
		})
	case link.Do:
		s.obey(out)
	case link.Store:
		s.after(s.syncTime(), func() {
			s.disk.items = max(s.disk.items, out.Version)
			s.durable.RefVersion = s.disk.items
			s.step(link.Done{ID: out.ID, Book: s.durable})
		})
	case link.Calls:
	case link.Refused:
		s.c.say(s.name(), "is refused: %s %s", out.Verdict, out.Why)
		s.c.met("verdict", out.Verdict.String())
		if !s.suspect && !(out.Verdict == wire.VerdictStranger && s.c.hq.lives > 1) {
			s.c.fail("refused", "head office refuses %s: %s %s", s.name(), out.Verdict, out.Why)
			return
		}
		if out.Verdict.Quarantines() && !s.c.guardOff(guardQuarantine) {
			s.quarantine("head office says " + out.Verdict.String() + ": " + out.Why)
		}
	}
}

func (s *site) send(out link.Send) {
	switch m := out.Msg.(type) {
	case *wire.Hello:
		m.WallMS, m.HeardMS = s.wall().UnixMilli(), s.heardMS
		s.c.say(s.name(), "hello at %d/%d", m.Head.Epoch, m.Head.Seq)
	case *wire.Pull:
		m.HeardMS = s.heardMS
	case *wire.Push:
		s.c.say(s.name(), "pushes %d frames after %d", len(m.Frames), m.Before.Seq)
		if s.pushing[out.ID] = struct{}{}; len(s.pushing) > 1 {
			s.c.met("push", "behind another on its way")
		}
	}
	s.exchange(out.Msg, out.Limit, &call{done: func(m wire.Message, err error) {
		delete(s.pushing, out.ID)
		if err != nil {
			s.step(link.Failed{ID: out.ID, Err: err})
			return
		}
		switch m := m.(type) {
		case *wire.Welcome:
			s.heardMS = max(s.heardMS, m.WallMS)
		case *wire.PullReply:
			s.heardMS = max(s.heardMS, m.WallMS)
		}
		s.step(link.Answered{ID: out.ID, Msg: m})
	}})
	if _, push := out.Msg.(*wire.Push); push {
		s.pass(PointPushSent)
	}
}
