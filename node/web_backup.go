package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// backupWriteMax is how long a reader may take over one write, some 256 KiB. A slower one is let go.
const backupWriteMax = 30 * time.Second

// backup streams a copy of the node as it is now. It goes on selling meanwhile. An answer that breaks
// off has no last record, and so is refused by whoever reads it.
func (s *web) backup(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	if door.CallerOf(r.Context()) == nil && !s.bears(r) {
		return errReadOnly // the tokens are in it: a page's session is not enough
	}
	c, err := s.book.Copy()
	if err != nil {
		return err
	}
	began := s.env.Clock.Mono()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("%s-%d.backup", s.cfg.Site, c.Head().Seq)))
	err = s.backUp(r.Context(), c, &patient{web: s, w: w, ctl: http.NewResponseController(w)})
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "backup not finished", slog.Any(keyErr, err))
		return err
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "backup taken", slog.Uint64(keySeq, uint64(c.Head().Seq)),
		slog.Duration(keyTook, s.env.Clock.Mono()-began))
	return nil
}

// patient gives each write a time of its own.
type patient struct {
	*web
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.ctl.SetWriteDeadline(p.env.Clock.Wall().Add(backupWriteMax)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, fmt.Errorf("bound a write: %w", err)
	}
	return p.w.Write(b)
}
