package hq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	archiveEach     = time.Second      // how often the archive is brought up to date
	archiveTellEach = 3 * time.Second  // how often at most the others are told how far it has come
	archiveRetryMin = time.Second      // after a failure; doubled up to archiveRetryMax
	archiveRetryMax = time.Minute      // and how often the leader looks for a deputy while it has none
	archiveAskWait  = 10 * time.Second // for a deputy's answer; a round takes archiveRoundMost and a piece of one journal

	pathArchive = "/link/v1/archive"
	headerMore  = "Holdfast-More"
	archiveMost = 4 << 20 // bytes of a deputy's answer: some hundred for each site
)

// archive sees to it that the copy outside head office is kept up to date while this server leads. Another
// server does the copying, its deputy, so that the leader's disk and processor are left to orders; where none can,
// the leader does it itself. An archive that is not reachable holds up nothing but the trimming of the sites' journals.
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

// archiveAll learns from the archive what this head office lacks, and has it kept up to date until ctx
// ends or something fails; moved says whether it came any further.
func (s *Server) archiveAll(ctx context.Context) (moved bool, err error) {
	if looked(s, (*machine.Machine).H).Counter > 1 { // the first life has everything that was ever archived
		if err := s.withArchive(func(a *archive.Archive) error { return s.catchUp(ctx, a) }); err != nil {
			return false, err
		}
	}
	keeper := archiving{server: s, ends: map[ledger.SiteID]ledger.Position{}, told: s.env.Clock.Mono() - archiveTellEach}
	for ctx.Err() == nil {
		more, err := keeper.round(ctx)
		moved = moved || keeper.moved
		if now := s.env.Clock.Mono(); now-keeper.told >= archiveTellEach {
			keeper.told = now
			err = errors.Join(err, s.tellArchived(ctx, keeper.ends))
		}
		if err != nil {
			return moved, err
		}
		if !more {
			s.pause(ctx, archiveEach)
		}
	}
	return moved, nil
}

// archiving is what one leadership knows of the archive.
type archiving struct {
	server *Server
	deputy string        // URL of who copies; "" while the leader does
	asked  []string      // who were asked when one was looked for last, and
	sought time.Duration // when that was
	ends   map[ledger.SiteID]ledger.Position
	moved  bool // the archive has come further
	told   time.Duration
}

// round has the archive copied to once: by the deputy, by the next server that can where that one
// cannot any more, or by this server. Where this server copies, it looks for a deputy again when there are
// other servers than before, and from time to time.
func (k *archiving) round(ctx context.Context) (more bool, err error) {
	s := k.server
	urls, now := s.deputies(), s.env.Clock.Mono()
	if k.deputy != "" || !slices.Equal(urls, k.asked) || now-k.sought >= archiveRetryMax {
		k.asked, k.sought = urls, now
		if more, ok := k.byDeputy(ctx, urls); ok || ctx.Err() != nil {
			return more, ctx.Err()
		}
	}
	ends, more, err := s.copyRound()
	k.note(ends)
	return more, err
}

func (k *archiving) byDeputy(ctx context.Context, urls []string) (more, ok bool) {
	s := k.server
	urls = slices.Clone(urls)
	if at := slices.Index(urls, k.deputy); at > 0 {
		urls[0], urls[at] = urls[at], urls[0] // the one that has the archive open
	}
	if k.deputy == "" && len(urls) > 0 {
		if err := s.leaveArchive(); err != nil {
			return false, false // this server cannot let go of it, so nobody else can take it
		}
	}
	for _, url := range urls {
		ends, more, err := s.askToArchive(ctx, url)
		if err != nil {
			s.log.LogAttrs(ctx, slog.LevelDebug, "archive not kept by another server", slog.String(keyURL, url), slog.Any(keyErr, err))
			continue
		}
		if k.deputy != url {
			s.log.LogAttrs(ctx, slog.LevelInfo, "archive kept by another server", slog.String(keyURL, url))
		}
		k.deputy = url
		k.note(ends)
		return more, true
	}
	if k.deputy != "" {
		s.log.LogAttrs(ctx, slog.LevelWarn, "archive kept by the leader: no other server can", slog.String(keyURL, k.deputy))
	}
	k.deputy = ""
	return false, false
}

// deputies are the other servers of the cluster, in an order that does not change.
func (s *Server) deputies() (urls []string) {
	list, err := s.servers()
	if err != nil {
		return nil // raft is closing
	}
	for _, row := range list.Servers {
		if row.Name != s.id && row.Voter && row.URL != "" && row.URL != s.url {
			urls = append(urls, row.URL)
		}
	}
	slices.Sort(urls)
	return urls
}

func (k *archiving) note(ends []machine.ArchiveEnd) {
	for _, e := range ends {
		k.moved = k.moved || k.ends[e.Site] != e.End
		k.ends[e.Site] = e.End
	}
}

// askToArchive asks another server to bring the archive up to date. It answers with the command that
// would tell of it, as it stands in raft's log.
func (s *Server) askToArchive(ctx context.Context, url string) (ends []machine.ArchiveEnd, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, archiveAskWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+pathArchive, http.NoBody)
	if err != nil {
		return nil, false, fmt.Errorf("ask to archive: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, false, fmt.Errorf("ask to archive: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, false, fmt.Errorf("ask to archive: answered %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, archiveMost))
	if err != nil {
		return nil, false, fmt.Errorf("ask to archive: %w", err)
	}
	cmd, err := machine.Unmarshal(body)
	if err != nil {
		return nil, false, fmt.Errorf("ask to archive: %w", err)
	}
	told, ok := cmd.(*machine.Archived)
	if !ok {
		return nil, false, fmt.Errorf("ask to archive: answered with a %T", cmd)
	}
	return told.Ends, answer.Header.Get(headerMore) != "", nil
}

// linkArchive is a round for the leader of head office.
func (s *Server) linkArchive(w http.ResponseWriter, r *http.Request) error {
	if !s.isServer(r) {
		return errIdentity
	}
	ends, more, err := s.copyRound()
	switch {
	case errors.Is(err, errNoArchive):
		return contract.NotFound("This server keeps no archive.")
	case err != nil:
		s.log.LogAttrs(context.Background(), slog.LevelWarn, "archive not brought up to date", slog.String(keyPath, s.cfg.Archive), slog.Any(keyErr, err))
		return contract.New(contract.CodeNotReady, "The archive could not be brought up to date: "+err.Error())
	}
	w.Header().Set("Content-Type", "application/msgpack")
	if more {
		w.Header().Set(headerMore, "true")
	}
	_, err = w.Write(machine.Marshal(&machine.Archived{Ends: ends, At: s.now()}))
	return err
}

// runArchivist lets go of an archive that nobody asks for any more, and of any at the end.
func (s *Server) runArchivist(ctx context.Context) error {
	for s.pause(ctx, archiveIdleEach) {
		if err := s.idleArchive(); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "archive not closed", slog.Any(keyErr, err))
		}
	}
	return nil
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
