package hq

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/raftlog"
	"github.com/holdfast-stock/holdfast/ledger"
)

// watchdogLooks is how often the watchdog looks at the disk while it waits for HangMax.
const watchdogLooks = 8

// runWatchdog gives up the leadership of a server whose disk hangs. Raft would not: a leader waits for its
// own log in the loop that hears of everything else, while goroutines of their own go on sending
// heartbeats, so the others believe in it and nothing is committed. Nor can it be asked to hand the
// leadership over, in that same loop. So this server keeps apart from the others until its disk has
// answered: they hear nothing and choose another leader. What it was given meanwhile is unsure, as after
// any loss of leadership. Alone in its cluster it goes on waiting: nobody else could lead.
func (s *Server) runWatchdog(ctx context.Context) error {
	var dog watchdog
	for s.pause(ctx, s.cfg.HangMax/watchdogLooks) {
		now := s.env.Clock.Mono()
		hung := dog.look(s.logStore.Writing(), now) >= s.cfg.HangMax
		switch apart := s.lead.hangs.Load(); {
		case hung && !apart && s.raft.State() == raft.Leader && s.replaceable():
			s.lead.hangs.Store(true)
			s.streams.keepApart(true)
			s.metrics.hangs.Inc()
			s.fsm.changed.ring() // whoever waits here must hear that it waits in vain
			s.fsm.sites.ringAll()
			s.log.LogAttrs(ctx, slog.LevelError, "disk hangs, leadership given up", slog.String(keyServer, s.id), slog.Duration(keyTook, now-dog.since))
		case !hung && apart:
			s.streams.keepApart(false)
			s.lead.hangs.Store(false)
			s.log.LogAttrs(ctx, slog.LevelWarn, "disk answers again", slog.String(keyServer, s.id))
		}
	}
	s.streams.keepApart(false) // so that an end under way can hand over
	return nil
}

// replaceable says whether another server could lead.
func (s *Server) replaceable() bool {
	voters, err := s.voters()
	return err == nil && len(voters) > 1
}

// A watchdog remembers since when the same write has been under way. The zero one is ready.
type watchdog struct {
	write uint64
	since time.Duration
}

// look gives how long the write has been seen.
func (d *watchdog) look(write uint64, now time.Duration) time.Duration {
	if write == 0 || write != d.write {
		d.write, d.since = write, now
	}
	return now - d.since
}

// beforeLog passes what raft's log does to the disk through the one door to it.
func (s *Server) beforeLog(act raftlog.Act, landed bool) error {
	if landed {
		return nil
	}
	return s.env.Disk.Before(ledger.Act(act), filepath.Join(s.cfg.Dir, RaftFile))
}
