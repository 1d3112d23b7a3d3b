package hq

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	archiveEach     = time.Second     // how often the archive is brought up to date
	archiveTellEach = 3 * time.Second // how often at most the others are told how far it has come
	archiveRetryMin = time.Second     // after a failure; doubled up to archiveRetryMax
	archiveRetryMax = time.Minute
)

// archive keeps the copy outside head office up to date while this server leads. An archive that is
// not reachable holds up nothing but the trimming of the sites' journals.
func (s *Server) archive(ctx context.Context) {
	if s.cfg.Archive == "" {
		return
	}
	for wait := archiveRetryMin; ; wait = min(2*wait, archiveRetryMax) {
		moved, err := s.archiveAll(ctx)
		if ctx.Err() != nil {
			return
		}
		if moved {
			wait = archiveRetryMin
		}
		s.metrics.archiveFailures.Inc()
		s.log.LogAttrs(ctx, slog.LevelWarn, "archive not brought up to date", slog.String(keyPath, s.cfg.Archive), slog.Any(keyErr, err))
		if !s.pause(ctx, wait) {
			return
		}
	}
}

// archiveAll opens the archive and copies until ctx ends or something fails; moved says whether it
// came any further. A site that fails does not keep the others back.
func (s *Server) archiveAll(ctx context.Context) (moved bool, err error) {
	a, err := archive.Open(s.env, s.cfg.Archive)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := s.catchUp(ctx, a); err != nil {
		return false, err
	}
	ends := map[ledger.SiteID]ledger.Position{}
	told := s.env.Clock.Mono() - archiveTellEach
	for ctx.Err() == nil {
		busy := false
		var errs []error
		for _, site := range s.journal.Sites() {
			if ctx.Err() != nil {
				return moved, nil
			}
			end, more, err := a.Copy(site, s.journal)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			busy, moved = busy || more, moved || ends[site] != end
			ends[site] = end
		}
		if now := s.env.Clock.Mono(); now-told >= archiveTellEach {
			told = now
			errs = append(errs, s.tellArchived(ctx, ends))
		}
		if err := errors.Join(errs...); err != nil {
			return moved, err
		}
		if !busy {
			s.pause(ctx, archiveEach)
		}
	}
	return moved, nil
}

// tellArchived has all servers know where the archive ends, where that is news.
func (s *Server) tellArchived(ctx context.Context, ends map[ledger.SiteID]ledger.Position) error {
	c := &machine.Archived{At: s.now()}
	for _, site := range looked(s, (*machine.Machine).Sites) {
		if end, ok := ends[site.ID]; ok && end != site.Archived && end.Seq <= site.Stored.Seq {
			c.Ends = append(c.Ends, machine.ArchiveEnd{Site: site.ID, End: end})
		}
	}
	if len(c.Ends) == 0 {
		return nil
	}
	return s.command(ctx, c)
}
