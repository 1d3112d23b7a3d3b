package hq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// backupWriteMax is how long a reader may take over one write, some 256 KiB. A slower one is let go.
const backupWriteMax = 30 * time.Second

// backupLevelWait is how long a backup waits at most until its server is level with the leader.
const backupLevelWait = 30 * time.Second

// errBehind says that a copy of this server would lack what head office has answered.
var errBehind = contract.New(contract.CodeNotReady, "This server has not heard all yet that head office has answered, and a backup of it would lack that; try again in a moment, or take it of another server.")

// getBackup streams a copy of this server as it is now. An answer that breaks off has no last record,
// and so is refused by whoever reads it.
func (s *Server) getBackup(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if !same(bearer(r.Header), s.token) {
		return errSession // the token is in it: a session is not enough
	}
	select {
	case s.backups <- struct{}{}:
		defer func() { <-s.backups }()
	default:
		return errFull
	}
	begun := s.env.Clock.Mono()
	if err := s.levelForBackup(r); err != nil {
		return err
	}
	c := s.freeze()
	if c.head.Life == 0 {
		return fmt.Errorf("back up: %w", ErrNoLeader) // nothing has begun here yet
	}
	if err := s.settled(r.Context(), c.ends); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("%s-%d.backup", s.cfg.Name, c.head.Index)))
	if err := s.backUp(r.Context(), c, &patient{s, w, http.NewResponseController(w)}); err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "backup not finished", slog.Any(keyErr, err))
		return err
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "backup taken", slog.Uint64(keyIndex, c.head.Index), slog.Duration(keyTook, s.env.Clock.Mono()-begun))
	return nil
}

// levelForBackup waits until this server has all that the leader has now: whoever restores a backup goes back to what is in it. Where nobody leads,
// what a server has that has not just started is all there is.
func (s *Server) levelForBackup(r *http.Request) error {
	if s.lead.answers() {
		return nil
	}
	if !s.past.over(s.raft.AppliedIndex(), s.fsm) {
		return errBehind
	}
	ctx, stop := context.WithTimeout(r.Context(), backupLevelWait)
	defer stop()
	err := s.comeLevel(ctx, r)
	switch {
	case errors.Is(err, ErrNoLeader):
		s.log.LogAttrs(ctx, slog.LevelWarn, "a backup while nobody leads: it has what this server has heard")
	case err != nil:
		s.log.LogAttrs(ctx, slog.LevelWarn, "no backup: not level with the leader", slog.Any(keyErr, err))
		return errBehind
	}
	return nil
}

// patient gives each write a time of its own.
type patient struct {
	s   *Server
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.ctl.SetWriteDeadline(p.s.env.Clock.Wall().Add(backupWriteMax)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("bound a write: %w", err)
	}
	return p.w.Write(b)
}
