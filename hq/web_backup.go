package hq

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// backupWriteMax is how long a reader may take over one write, some 256 KiB. A slower one is let go.
const backupWriteMax = 30 * time.Second

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
