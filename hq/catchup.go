package hq

import (
	"context"
	"errors"
	"log/slog"

	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// catchUpBytes is how many bytes of frames one entry of raft's log takes: as of a push.
const catchUpBytes = 384 << 10

// catchUp learns from the archive what a restored head office lacks: the archive is ahead of the state
// only then. What it has is the sites' own journal, so it is folded as their pushes are, before they have
// sent it again; a site whose disk is lost, or that is cut off, need not. What does not follow from what
// is stored here is left to the site.
func (s *Server) catchUp(ctx context.Context, a *archive.Archive) error {
	for _, site := range looked(s, (*machine.Machine).Sites) {
		from := site.Stored.Seq
		for {
			moved, err := s.catchUpSome(ctx, a, site.ID)
			if err != nil {
				return err
			}
			if !moved {
				break
			}
		}
		if now, ok := s.siteNow(site.ID); ok && now.Stored.Seq > from {
			s.log.LogAttrs(ctx, slog.LevelInfo, "journal learned from the archive", slog.String(keySite, string(site.ID)), slog.Uint64(keySeq, uint64(now.Stored.Seq)))
		}
	}
	return nil
}

func (s *Server) siteNow(id ledger.SiteID) (site *machine.Site, ok bool) {
	s.View(func(m *machine.Machine) { site, ok = m.Site(id) })
	return site, ok
}

// catchUpSome has some frames of a site folded and says whether that has come any further.
func (s *Server) catchUpSome(ctx context.Context, a *archive.Archive, id ledger.SiteID) (moved bool, err error) {
	site, ok := s.siteNow(id)
	if !ok || site.Epoch == 0 {
		return false, nil
	}
	frames, err := a.Behind(id, site.Stored.Seq, s.journal, catchUpBytes)
	if err != nil || len(frames) == 0 {
		return false, err
	}
	push := &machine.Push{Site: id, Before: site.Stored, Head: site.Stored, At: s.now()}
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			return false, err
		}
		if f.First != push.Head.Seq+1 || f.Before != push.Head.Hash || len(push.Frames) > 0 && f.Epoch != push.Epoch {
			break
		}
		push.Frames, push.Epoch, push.Head = append(push.Frames, raw), f.Epoch, f.End()
	}
	if len(push.Frames) == 0 || push.Epoch != site.Epoch {
		return false, nil // of a past or a later epoch: the site's hello says which holds
	}
	res, err := s.propose(ctx, machine.Marshal(push), func() {})
	if err := errors.Join(err, res.Err); err != nil {
		return false, err
	}
	now, ok := s.siteNow(id)
	return ok && now.Stored.Seq > site.Stored.Seq, nil
}
