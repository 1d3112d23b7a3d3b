package hq

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/hashicorp/raft"
)

// trimEach is how often the size of raft's log is looked at, and how often the pages of the two
// files that are mapped are handed back.
const trimEach = 2 * time.Second

// runTrim keeps raft's log small in bytes, where raft itself counts entries, and the server's
// mapped files out of its memory.
func (s *Server) runTrim(ctx context.Context) error {
	for s.pause(ctx, min(trimEach, s.cfg.SnapshotEach)) {
		if err := s.trim(ctx); err != nil {
			return fmt.Errorf("trim raft's log: %w", err)
		}
		if err := errors.Join(s.logStore.HandBack(), s.journal.HandBack()); err != nil {
			return err
		}
	}
	return nil
}

// trim makes a snapshot when raft's log has grown beyond its bytes, or beyond the last snapshot
// where that is larger: so what snapshots write stays in proportion to what has come.
func (s *Server) trim(ctx context.Context) error {
	most := ownShare(s.id, max(s.cfg.LogBytes, s.fsm.snapshotBytes.Load()))
	if err := s.keepBehind(most / 2); err != nil || s.logStore.Bytes() <= most {
		return err
	}
	err := s.raft.Snapshot().Error()
	switch {
	case err == nil, errors.Is(err, raft.ErrNothingNewToSnapshot), errors.Is(err, raft.ErrRaftShutdown):
	default: // raft tries again at its own time, and so do we
		s.log.LogAttrs(ctx, slog.LevelWarn, "no snapshot", slog.Any(keyErr, err))
	}
	return nil
}

// ownShare is three to five quarters of bytes, by the server's id: servers get the same entries at the same
// time, and would all write their snapshots at once.
func ownShare(id string, bytes int64) int64 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(id)) // never fails
	const steps = 64
	return bytes/4*3 + bytes/2/steps*int64(sum.Sum32()%(steps+1))
}

// keepBehind has raft keep no more entries behind a snapshot than fit in so many bytes.
func (s *Server) keepBehind(bytes int64) error {
	want := s.cfg.TrailingLogs
	if s.logStore.Bytes() > bytes {
		var err error
		if want, err = s.logStore.Newest(bytes, want); err != nil {
			return err
		}
	}
	rc := s.raft.ReloadableConfig()
	if rc.TrailingLogs == want {
		return nil
	}
	rc.TrailingLogs = want
	return s.raft.ReloadConfig(rc)
}
