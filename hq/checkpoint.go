package hq

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	checkpointLook = time.Second           // how often a leader looks whether a checkpoint is due
	paceWork       = 10 * time.Millisecond // for so long a state is summed up at a stretch,
	paceRest       = 3                     // and then nothing is done for so many times as long
)

// A summing fixes the state at a checkpoint and has it summed up beside everything else: one at a time. A checkpoint
// that comes meanwhile is passed over here, and the servers compare the next.
type summing struct {
	marked   chan marked
	busy     atomic.Bool   // a state waits in marked, or is being summed up
	restores atomic.Uint64 // how often the state was replaced by a snapshot
	since    atomic.Int64  // when the last checkpoint was applied here, in ns of the clock that only goes on
	applied  atomic.Uint64 // commands that had been applied by then
}

// A marked is the state at a checkpoint.
type marked struct {
	index    uint64 // of the checkpoint in the raft log
	restores uint64
	state    *machine.Frozen
}

// fix takes the state as it is, if nobody is at work on another. The caller holds the machine.
func (s *summing) fix(index uint64, m *machine.Machine, now time.Duration) {
	s.since.Store(int64(now))
	s.applied.Store(m.Applied())
	if s.marked == nil || !s.busy.CompareAndSwap(false, true) {
		return
	}
	s.marked <- marked{index, s.restores.Load(), m.Freeze()} // has room: nobody else is busy
}

// runSums sums up the states that checkpoints have fixed.
func (s *Server) runSums(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case k := <-s.fsm.sums.marked:
			s.sumUp(ctx, k)
			s.fsm.sums.busy.Store(false)
		}
	}
}

func (s *Server) sumUp(ctx context.Context, k marked) {
	begun := s.env.Clock.Mono()
	p := &pace{ctx: ctx, s: s, since: begun}
	sum, err := k.state.Sum(p)
	if err != nil {
		return // ctx has ended
	}
	took := s.env.Clock.Mono() - begun
	s.metrics.sums.Observe((took - p.rested).Seconds())
	s.log.LogAttrs(ctx, slog.LevelDebug, "state summed up", slog.Uint64(keyIndex, k.index), slog.Duration(keyTook, took))
	if s.fsm.sums.restores.Load() != k.restores {
		return // this server has another state now, the leader's
	}
	s.compared.own(StateSum{Index: k.index, Sum: sum.String()}, s.env.Clock.Mono())
}

// pace lets whoever writes through it work for a quarter of the time.
type pace struct {
	ctx    context.Context
	s      *Server
	since  time.Duration // when the present stretch of work began
	rested time.Duration
}

func (p *pace) Write(b []byte) (int, error) {
	now := p.s.env.Clock.Mono()
	if worked := now - p.since; worked >= paceWork {
		if !p.s.pause(p.ctx, paceRest*worked) {
			return 0, p.ctx.Err()
		}
		p.since = p.s.env.Clock.Mono()
		p.rested += p.since - now
	}
	return len(b), p.ctx.Err()
}

// markCheckpoints has the servers fix their states at one place in the log, every CheckpointEach while this one leads,
// where anything has changed. One alone has nothing to compare; one of an older build does not know how.
func (s *Server) markCheckpoints(ctx context.Context) {
	for s.pause(ctx, min(checkpointLook, s.cfg.CheckpointEach)) {
		sums := &s.fsm.sums
		if s.env.Clock.Mono()-time.Duration(sums.since.Load()) < s.cfg.CheckpointEach || looked(s, (*machine.Machine).Applied) == sums.applied.Load() {
			continue
		}
		if err := s.markCheckpoint(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "states not compared", slog.Any(keyErr, err))
		}
	}
}

func (s *Server) markCheckpoint(ctx context.Context) error {
	voters, err := s.voters()
	if err != nil || len(voters) < 2 {
		return err
	}
	every, _, err := s.everyBuild()
	if err != nil || every.Commands < machine.CheckpointCommands {
		return err
	}
	return s.command(ctx, &machine.Checkpoint{At: s.now()})
}

// shape is how this build writes a state down; sums of another shape are not compared.
func shape() string { return ledger.Hash(machine.Shape()).String() }
