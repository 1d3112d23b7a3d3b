package hq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	unparkBytes = 384 << 10 // frames of one Unpark, unless the first alone is larger: as of a push
	verifyBytes = 4 << 20   // frames read at once to see where they lead
)

// readOn has the parked streams folded whose kind is raised by now. It is the leader's act. One that cannot be read
// on, for this server's journal store may lack frames that it is fetching, does not keep the others back.
func (s *Server) readOn(ctx context.Context) error {
	var errs []error
	for _, site := range looked(s, (*machine.Machine).Sites) {
		if site.Parked == "" || ctx.Err() != nil {
			continue
		}
		if err := s.readSiteOn(ctx, site); err != nil {
			errs = append(errs, fmt.Errorf("read on what is parked of %s: %w", site.ID, err))
		}
	}
	return errors.Join(errs...)
}

// readSiteOn brings a site's parked frames to the machine, piece after piece. The machine says how far it has come:
// another leader may have brought the piece, and may bring the next.
func (s *Server) readSiteOn(ctx context.Context, site *machine.Site) error {
	due, err := s.knownNow(site)
	if err != nil || !due {
		return err
	}
	if err := s.leadsOn(site); err != nil {
		return err
	}
	for ctx.Err() == nil {
		frames, err := s.journal.Frames(site.ID, site.Folded, unparkBytes)
		if err != nil {
			return err
		}
		res, err := s.propose(ctx, machine.Marshal(&machine.Unpark{Site: site.ID, Frames: frames, At: s.now()}), func() {})
		if err := errors.Join(err, res.Err); err != nil {
			return err
		}
		now, ok := s.siteNow(site.ID)
		switch {
		case !ok:
			return &machine.SiteUnknownError{Site: site.ID}
		case now.Parked == "" || now.Folded == site.Folded: // at the end, or at another kind that nobody knows
			s.log.LogAttrs(ctx, slog.LevelInfo, "parked journal read on", slog.String(keySite, string(site.ID)), slog.Uint64(keySeq, uint64(now.Folded)))
			return nil
		}
		site = now
	}
	return nil
}

// knownNow says whether the entry at which a stream is parked is of a kind that is folded now.
func (s *Server) knownNow(site *machine.Site) (bool, error) {
	frames, err := s.journal.Frames(site.ID, site.Folded, 1)
	if err != nil {
		return false, err
	}
	if len(frames) == 0 {
		return false, fmt.Errorf("the journal store has no entry behind %d yet", site.Folded)
	}
	f, err := ledger.DecodeFrame(frames[0])
	if err != nil {
		return false, err
	}
	at := site.Folded + 1
	if f.Site != site.ID || f.First > at || at > f.End().Seq {
		return false, fmt.Errorf("the journal store has frame %d of %s in the place of entry %d", f.First, f.Site, at)
	}
	e, err := ledger.UnmarshalEntry(f.Entries[at-f.First])
	if err != nil {
		return true, nil // the machine passes over what cannot be read, and tells of it
	}
	return e.Kind <= looked(s, (*machine.Machine).Known), nil
}

// leadsOn follows the chain of what this server's journal store has, from the parked entry to what is stored. Its
// end has the hash that the machine has, so each frame before it is the one that the site has pushed.
func (s *Server) leadsOn(site *machine.Site) error {
	at, begun := ledger.Position{Seq: site.Folded}, false
	for at.Seq < site.Stored.Seq {
		frames, err := s.journal.Frames(site.ID, at.Seq, verifyBytes)
		if err != nil {
			return err
		}
		if len(frames) == 0 {
			return fmt.Errorf("the journal store ends at entry %d, %d are stored", at.Seq, site.Stored.Seq)
		}
		for _, raw := range frames {
			f, err := ledger.DecodeFrame(raw)
			if err == nil {
				err = f.Verify()
			}
			switch {
			case err != nil:
				return err
			case begun && (f.First != at.Seq+1 || f.Before != at.Hash):
				return fmt.Errorf("frame %d does not follow entry %d", f.First, at.Seq)
			}
			if at, begun = f.End(), true; at.Seq == site.Stored.Seq {
				break
			}
		}
	}
	if at.Hash != site.Stored.Hash || at.Seq != site.Stored.Seq {
		return fmt.Errorf("entry %d of the journal store is not the one that is stored", site.Stored.Seq)
	}
	return nil
}
