package hq

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Propose has cmd applied by every server. With a nil error a quorum has it, and the result is
// that of this server's machine. ledger.ErrUnsure says that it may or may not come to be
// applied; ErrNoLeader and ledger.ErrBusy that it will not.
func (s *Server) Propose(ctx context.Context, cmd []byte) (machine.Result, error) {
	return s.proposeThen(ctx, cmd, func() {})
}

// proposeThen is Propose, and calls given as soon as raft has been given the command: what is
// proposed after that is applied after it.
func (s *Server) proposeThen(ctx context.Context, cmd []byte, given func()) (machine.Result, error) {
	if !s.lead.answers() {
		return machine.Result{}, ErrNoLeader
	}
	return s.propose(ctx, cmd, given)
}

// propose is proposeThen before this leader is ready: its own first commands go this way.
func (s *Server) propose(ctx context.Context, cmd []byte, given func()) (machine.Result, error) {
	if err := ctx.Err(); err != nil {
		return machine.Result{}, err // nothing has been sent yet
	}
	select {
	case s.proposals <- struct{}{}:
	default:
		s.metrics.refused.WithLabelValues("proposals").Inc()
		return machine.Result{}, ledger.ErrBusy
	}
	begun := s.env.Clock.Mono()
	future := s.raft.Apply(s.handed(ctx, cmd), s.cfg.ProposeWait)
	given()
	err := s.await(ctx, future, func() { <-s.proposals })
	s.metrics.commit.Observe((s.env.Clock.Mono() - begun).Seconds())
	if err != nil {
		return machine.Result{}, proposalError(err)
	}
	res, ok := future.Response().(machine.Result)
	if !ok {
		return machine.Result{}, fmt.Errorf("propose: the machine answered %T", future.Response())
	}
	return res, nil
}

// View lets read look at the machine; it must not keep it, block or propose.
func (s *Server) View(read func(*machine.Machine)) { s.fsm.view(read) }

// errGaveUp says that the caller stopped waiting before raft answered.
var errGaveUp = errors.New("waited long enough")

// await waits for a future of raft's, at most ProposeWait. Raft's own wait cannot be cut short,
// so it has a goroutine, which raft ends: a leader without a quorum steps down and answers all.
// Run waits for these goroutines before it stops raft. done is called when raft has answered.
func (s *Server) await(ctx context.Context, future raft.Future, done func()) error {
	answered := make(chan error, 1)
	s.futures.Add(1)
	go func() {
		defer s.futures.Done()
		err := future.Error()
		done()
		answered <- err
	}()
	fired, stop := s.env.Clock.After(s.cfg.ProposeWait)
	defer stop()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return errGaveUp
	case <-fired:
		return errGaveUp
	}
}

// proposalError says what raft's error means to whoever proposed. Only where raft never took
// the entry is it known that nothing will come of it.
func proposalError(err error) error {
	switch {
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return ErrNoLeader
	case errors.Is(err, raft.ErrEnqueueTimeout):
		return ledger.ErrBusy
	default: // ErrLeadershipLost, ErrRaftShutdown, errGaveUp, a log that broke
		return fmt.Errorf("propose: %w: %w", ledger.ErrUnsure, err)
	}
}

// confirm asks a quorum whether this server still leads. What it has applied is then all that
// anybody was answered before, so a read of its machine is linearizable.
func (s *Server) confirm(ctx context.Context) error {
	if !s.lead.answers() {
		return ErrNoLeader
	}
	if err := s.await(ctx, s.raft.VerifyLeader(), func() {}); err != nil {
		return fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	return nil
}
