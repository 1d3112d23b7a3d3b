package hq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
)

// leadership is what this server is while it leads. The office of a leadership that has ended
// may still be held by a request: what it proposes is refused.
type leadership struct {
	ready  atomic.Bool   // the barrier has passed: answers may be given
	hangs  atomic.Bool   // the disk has not taken a write for a while: nothing is answered meanwhile
	out    atomic.Uint64 // not 0: its state is not the one of the others, found at this entry of the log; it is out of service
	office atomic.Pointer[office.Office]
}

// answers says whether this server leads and may give answers.
func (l *leadership) answers() bool { return l.ready.Load() && !l.hangs.Load() && l.out.Load() == 0 }

const (
	settleWait   = 20 * time.Millisecond // changes gathered before waiting orders are looked at
	releaseEach  = time.Second           // how often at least: what went stale makes no change
	leaderPause  = 200 * time.Millisecond
	releasePause = time.Second
	advancePause = 50 * time.Millisecond // between two steps of an advance: orders come first
)

// leader gives the office of the present leadership, or ErrNoLeader.
func (s *Server) leader() (*office.Office, error) {
	if off := s.lead.office.Load(); off != nil && s.lead.answers() {
		return off, nil
	}
	return nil, ErrNoLeader
}

// runLeading leads whenever raft says that this server does.
func (s *Server) runLeading(ctx context.Context) error {
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case leads := <-s.raft.LeaderCh():
			stop() // also where it lost and won again between two looks: a new term, a new barrier
			stop = func() {}
			if leads {
				stop = s.startTerm(ctx)
			}
		}
	}
}

func (s *Server) startTerm(ctx context.Context) (stop func()) {
	term, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.leadTerm(term)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// leadTerm leads until ctx ends: first the barrier, so that everything of earlier terms is
// applied here before anybody is answered.
func (s *Server) leadTerm(ctx context.Context) {
	term := s.raft.CurrentTerm()
	for {
		err := s.prepare(ctx)
		if err == nil {
			break
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "leadership not ready yet", slog.Uint64(keyTerm, term), slog.Any(keyErr, err))
		if !s.pause(ctx, leaderPause) {
			return
		}
	}
	off := office.New(s.cfg.Office, s)
	s.lead.office.Store(off)
	s.lead.ready.Store(true)
	s.metrics.leads.Inc()
	s.fsm.changed.ring()
	s.log.LogAttrs(ctx, slog.LevelInfo, "leading head office", slog.Uint64(keyTerm, term), slog.String(keyServer, s.id))
	var beside sync.WaitGroup
	beside.Go(func() { s.archive(ctx) })
	beside.Go(func() { s.runRaise(ctx) })
	beside.Go(func() { s.runAdvance(ctx, off) })
	beside.Go(func() { s.markCheckpoints(ctx) })
	beside.Go(func() { s.runAgain(ctx, off) })
	beside.Go(func() { s.runTell(ctx) })
	beside.Go(func() { s.runDue(ctx) })
	s.release(ctx, off)
	beside.Wait()
	s.lead.ready.Store(false)
	s.fsm.changed.ring() // whoever waits here must hear that it waits in vain
	s.fsm.sites.ringAll()
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "leadership ended", slog.Uint64(keyTerm, term))
}

func (s *Server) prepare(ctx context.Context) error {
	if err := s.await(ctx, s.raft.Barrier(s.cfg.ProposeWait), func() {}); err != nil {
		return fmt.Errorf("wait for the barrier: %w", err)
	}
	var born bool
	var known machine.Server
	s.View(func(m *machine.Machine) {
		born = m.H().Known()
		known, _ = serverOf(m, s.id)
	})
	if !born {
		var random [16]byte
		if _, err := io.ReadFull(s.env.Random("incarnation"), random[:]); err != nil {
			return fmt.Errorf("draw incarnation: %w", err)
		}
		if err := s.command(ctx, &machine.Bootstrap{Random: random, At: s.now()}); err != nil {
			return err
		}
	}
	if err := s.beginLife(ctx); err != nil {
		return err
	}
	if me := s.me(); known != me {
		if err := s.command(ctx, &machine.PutServer{Server: me}); err != nil {
			return err
		}
	}
	every, _, err := s.raiseKnown(ctx)
	if err != nil {
		return err
	}
	return s.begin(ctx, every)
}

// command proposes one of this server's own commands.
func (s *Server) command(ctx context.Context, c machine.Command) error {
	res, err := s.propose(ctx, machine.Marshal(c), func() {})
	return errors.Join(err, res.Err)
}

func (s *Server) me() machine.Server {
	return machine.Server{Name: s.id, URL: s.url, Raft: s.RaftAddr(), Build: s.build}
}

func serverOf(m *machine.Machine, id string) (machine.Server, bool) {
	for _, srv := range m.Servers() {
		if srv.Name == id {
			return srv, true
		}
	}
	return machine.Server{}, false
}

// release serves waiting orders as goods come in, and gives back what nobody came for. It is the
// one caller of office.Release.
func (s *Server) release(ctx context.Context, off *office.Office) {
	for ctx.Err() == nil {
		changed := s.fsm.changed.wait()
		more, err := off.Release(ctx, s.now())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.LogAttrs(ctx, slog.LevelWarn, "waiting orders not served", slog.Any(keyErr, err))
			s.pause(ctx, releasePause)
			continue
		case more:
			continue
		}
		fired, stop := s.env.Clock.After(releaseEach)
		select {
		case <-ctx.Done():
		case <-fired:
		case <-changed:
			s.pause(ctx, settleWait)
		}
		stop()
	}
}

// runAdvance passes on to counters what they are to be able to promise while they are cut off, a step at a time. It is
// the one caller of office.Advance.
func (s *Server) runAdvance(ctx context.Context, off *office.Office) {
	for wait := releaseEach; s.pause(ctx, wait); {
		moved, more, err := off.Advance(ctx, s.now())
		s.metrics.advanced(moved)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.LogAttrs(ctx, slog.LevelWarn, "nothing passed on in advance", slog.Any(keyErr, err))
			wait = releaseEach
		case more:
			wait = advancePause
		default:
			wait = releaseEach
		}
	}
}

// runAgain plans orders again that come in several parcels, a step at a time, once every server knows how an order is
// moved. It is the one caller of office.Again.
func (s *Server) runAgain(ctx context.Context, off *office.Office) {
	for wait := releaseEach; s.pause(ctx, wait); {
		wait = releaseEach
		if !s.knows(machine.MoveCommands) {
			continue
		}
		done, more, err := off.Again(ctx, s.now(), s.knows(machine.ExchangeCommands))
		s.metrics.replanned(done)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.LogAttrs(ctx, slog.LevelWarn, "orders not planned again", slog.Any(keyErr, err))
		case more:
			wait = advancePause
		}
	}
}

// pause waits for d and says whether it was let.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	fired, stop := s.env.Clock.After(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-fired:
		return true
	}
}

func (s *Server) now() time.Time { return s.env.Clock.Wall().UTC().Truncate(time.Millisecond) }
