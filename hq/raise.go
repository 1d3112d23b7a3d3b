package hq

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// headerBuild says, where a server tells the cluster of itself, what its build can apply. It is no field of
// the body: a leader of an older build refuses a body with a field that it does not know, and so the
// server with it.
const headerBuild = "Holdfast-Build"

// raiseEach is how often a leader looks whether its servers have been upgraded.
const raiseEach = time.Second

func writeBuild(b machine.Build) string { return fmt.Sprintf("%d.%d", b.Entries, b.Commands) }

// readBuild reads what writeBuild wrote. Whoever says nothing, or what cannot be read, has an older build.
func readBuild(text string) machine.Build {
	var entries, commands uint16
	if n, err := fmt.Sscanf(text, "%d.%d", &entries, &commands); n != 2 || err != nil {
		return machine.Build{}
	}
	return machine.Build{Entries: ledger.Kind(entries), Commands: int(commands)}
}

// runRaise has head office take up, while this server leads, what every server can apply: the servers are upgraded
// one after the other, and each makes itself known as soon as it runs.
func (s *Server) runRaise(ctx context.Context) {
	waits := ""
	for s.pause(ctx, raiseEach) {
		oldest, err := s.raiseKnown(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "kinds of entries not raised", slog.Any(keyErr, err))
		}
		if oldest != waits && oldest != "" {
			s.log.LogAttrs(ctx, slog.LevelInfo, "a server has an older build, the kinds of this one wait for it", slog.String(keyServer, oldest))
		}
		waits = oldest
	}
}

// raiseKnown lets the kinds of entries be folded that every server's build knows, and names a server whose build
// is older than this one's, if there is any. Were they raised before, a server of an older build would keep
// what the others fold, and hold another state from there on.
func (s *Server) raiseKnown(ctx context.Context) (oldest string, err error) {
	every, oldest, err := s.everyBuild()
	if err != nil {
		return "", err
	}
	if every.Entries <= looked(s, (*machine.Machine).Known) {
		return oldest, nil
	}
	if err := s.command(ctx, &machine.Raise{Kind: every.Entries, At: s.now()}); err != nil {
		return oldest, fmt.Errorf("raise the last kind to %d: %w", every.Entries, err)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "kinds of entries raised", slog.Uint64(keyKind, uint64(every.Entries)))
	return oldest, nil
}

// everyBuild is what the builds of all servers in raft's configuration can apply, as their records say. A
// server without a record, or whose record an older build has written, can apply nothing that is new.
func (s *Server) everyBuild() (every machine.Build, oldest string, err error) {
	servers, err := s.voters()
	if err != nil {
		return machine.Build{}, "", err
	}
	every = s.build
	s.View(func(m *machine.Machine) {
		for _, v := range servers {
			srv, _ := serverOf(m, string(v.ID))
			if least := every.Least(srv.Build); least != every {
				every, oldest = least, string(v.ID)
			}
		}
	})
	return every, oldest, nil
}
