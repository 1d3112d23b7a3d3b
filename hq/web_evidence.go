package hq

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
	"github.com/holdfast-stock/holdfast/sync/anchor"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What an auditor takes away, to check it where there is no database: a site's journal, and what head office signs of it.

const (
	pathSiteJournal = "/v1/journals/{site}"
	pathHeads       = "/v1/heads"
)

// transcriptSlice is how many bytes of frames are read for an export at a time.
const transcriptSlice = 4 << 20

func (s *Server) evidenceRoutes() []route {
	return []route{
		{doc(get, pathSiteJournal, "A site's journal as one file, for holdfast audit"), forOwner, here, true, s.getSiteJournal},
		{doc(get, pathHeads, "Where sites' journals stand, signed by this server, for holdfast audit"), forOwner, readable, false, s.getHeads},
	}
}

func evidence() map[string]contract.Route {
	return map[string]contract.Route{
		"GET " + pathSiteJournal: {Codes: []contract.Code{contract.CodeUnknownSite, contract.CodeNotReady, contract.CodeBusy},
			Answers: media("The journal, entry by entry as the site wrote it, from the first one on; whole only if its last record is there. Two are read at a time.", "application/octet-stream")},
		"GET " + pathHeads: {Query: reads(text("site", "only this site's journal"), contract.Param{Name: "seq", About: "with site: the head at this entry; left out: at the last one that a quorum has", Integer: true}),
			Codes:   []contract.Code{contract.CodeUnknownSite, contract.CodeNotFound, contract.CodeNotSupported, contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField},
			Answers: media("PEM: the statement as text, its signature by this server's certificate, the certificate. It is believed under the company's roots.", "application/x-pem-file")},
	}
}

// getSiteJournal streams a site's journal as it is here. An answer that breaks off has no end, and so is refused by
// whoever reads it.
func (s *Server) getSiteJournal(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	text, err := variable(r, "site")
	if err != nil {
		return err
	}
	var stored ledger.Position
	s.View(func(m *machine.Machine) {
		if err = siteKnown(m, "site", text); err != nil {
			return
		}
		if st, ok := m.Site(ledger.SiteID(text)); ok {
			stored = st.Stored
		}
	})
	if err != nil {
		return err
	}
	site := ledger.SiteID(text)
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errFull
	}
	if err := s.settled(r.Context(), []*machine.Site{{ID: site, SiteAbout: &machine.SiteAbout{Stored: stored}}}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("%s-%d.journal", site, stored.Seq)))
	end, err := s.export(site, stored.Seq, &patient{s, w, http.NewResponseController(w)})
	if err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "journal's export not finished", slog.String(keySite, text), slog.Any(keyErr, err))
		return err
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "journal exported", slog.String(keySite, text), slog.Uint64(keySeq, uint64(end.Seq)))
	return nil
}

// export writes a site's journal up to the frame that holds entry to.
func (s *Server) export(site ledger.SiteID, to ledger.Seq, out *patient) (end ledger.Position, err error) {
	t, err := transcript.NewWriter(out, transcript.Header{Site: site, First: 1, At: s.now().UTC().Truncate(time.Second), From: s.cfg.Name})
	if err != nil {
		return end, err
	}
	for end.Seq < to {
		frames, err := s.journal.Frames(site, end.Seq, transcriptSlice)
		if err != nil {
			return end, err
		}
		if len(frames) == 0 {
			return end, fmt.Errorf("export journal of %s: entry %d: %w", site, end.Seq+1, errGap)
		}
		for _, raw := range frames {
			f, err := ledger.DecodeFrame(raw)
			if err == nil {
				err = t.Frame(raw)
			}
			if err != nil {
				return end, err
			}
			if end = f.End(); end.Seq >= to {
				break
			}
		}
	}
	return end, t.Close(end)
}

// getHeads signs where journals stand. Only what a quorum has is signed.
func (s *Server) getHeads(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "site", "seq")
	if err != nil {
		return err
	}
	if s.trust == nil {
		return errNoAuthority
	}
	var heads []ledger.Head
	s.View(func(m *machine.Machine) {
		if err = siteKnown(m, "site", q.Get("site")); err != nil {
			return
		}
		for _, st := range m.Sites() {
			if (q.Get("site") == "" || q.Get("site") == string(st.ID)) && st.Stored.Seq > 0 {
				heads = append(heads, ledger.Head{Site: st.ID, Position: st.Stored})
			}
		}
	})
	if err == nil && q.Has("seq") {
		heads, err = s.headAt(heads, q.Get("site"), q.Get("seq"))
	}
	if err != nil {
		return err
	}
	now := s.env.Clock.Wall().UTC().Truncate(time.Second)
	raw, err := anchor.Sign(anchor.Statement{Company: s.trust.who.Company, At: now, Heads: heads}, s.trust.keeper.Papers(), s.env.Random("authority"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(raw) // a client that has gone asks again
	return nil
}

// headAt is the head of a journal, which has come to heads, at an entry of it.
func (s *Server) headAt(heads []ledger.Head, site, text string) ([]ledger.Head, error) {
	seq, err := strconv.ParseUint(text, 10, 63)
	if err != nil || seq == 0 || seq > math.MaxInt64 || site == "" {
		return nil, &ledger.FormError{Field: "seq", Why: "is not the number of an entry, from 1, of a site that is named: say site, too"}
	}
	if len(heads) != 1 || heads[0].Seq < ledger.Seq(seq) {
		return nil, contract.NotFound(fmt.Sprintf("Head office has no entry %d of %s that a quorum holds.", seq, site))
	}
	frames, err := s.journal.Frames(heads[0].Site, ledger.Seq(seq)-1, 1)
	if err != nil {
		return nil, err
	}
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			return nil, err
		}
		if f.First <= ledger.Seq(seq) && ledger.Seq(seq) <= f.End().Seq {
			at := ledger.Position{Epoch: f.Epoch, Seq: ledger.Seq(seq), Hash: f.Hashes[ledger.Seq(seq)-f.First]}
			return []ledger.Head{{Site: f.Site, Position: at}}, nil
		}
	}
	return nil, fmt.Errorf("head of %s at entry %d: %w", site, seq, errGap)
}
