package hq

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

// toldEach is how often it is said how far the stories of lots are made: a start that takes minutes must not look as if it hung.
const toldEach = 10 * time.Second

// telling logs how far the journal store is with the stories of lots, which it makes anew when it is opened behind a build that made fewer.
// It is called by one goroutine.
func (s *Server) telling() func(journal.Telling) {
	var site ledger.SiteID
	var last time.Duration
	return func(at journal.Telling) {
		now := s.env.Clock.Mono()
		if at.Site == site && at.Next <= at.End && now-last < toldEach {
			return
		}
		site, last = at.Site, now
		s.log.LogAttrs(context.Background(), slog.LevelInfo, "stories of lots are made anew", slog.String(keySite, string(at.Site)), slog.Uint64(keySeq, uint64(at.Next-1)), slog.Uint64(keyEnd, uint64(at.End)))
	}
}
