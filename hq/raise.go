package hq

import (
	"context"
	"errors"
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

const (
	raiseEach = time.Second // how often a leader looks whether its servers have been upgraded
	raiseMax  = time.Minute // where that fails again and again
)

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
// one after the other, and each makes itself known as soon as it runs. What was parked until then is read on.
func (s *Server) runRaise(ctx context.Context) {
	waits := ""
	for wait := raiseEach; s.pause(ctx, wait); {
		oldest, err := s.takeUp(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.LogAttrs(ctx, slog.LevelWarn, "what the servers know now not taken up", slog.Any(keyErr, err))
			wait = min(2*wait, raiseMax)
		default:
			wait = raiseEach
		}
		if oldest != waits && oldest != "" {
			s.log.LogAttrs(ctx, slog.LevelInfo, "a server has an older build, the kinds of this one wait for it", slog.String(keyServer, oldest))
		}
		waits = oldest
	}
}

// takeUp is one look of runRaise. It names a server whose build is older than this one's, if there is any.
func (s *Server) takeUp(ctx context.Context) (oldest string, err error) {
	every, oldest, err := s.raiseKnown(ctx)
	if err == nil {
		err = s.begin(ctx, every)
	}
	if err != nil || every.Commands < machine.UnparkCommands {
		return oldest, err
	}
	return oldest, s.readOn(ctx)
}

// begin has head office begin with what the builds of all servers know.
func (s *Server) begin(ctx context.Context, every machine.Build) error {
	return errors.Join(s.firstSettings(ctx, every), s.firstSourcing(ctx, every), s.agree(ctx, every))
}

// firstSettings has head office begin with the default settings when every server knows them. Nothing is learnt of
// demand before: the servers of an older build would hold another state.
func (s *Server) firstSettings(ctx context.Context, every machine.Build) error {
	if every.Commands < machine.PolicyCommands || looked(s, (*machine.Machine).Settings).Version > 0 {
		return nil
	}
	c := machine.DefaultSettings()
	c.By, c.Reason, c.At = "head office", "what it begins with", s.now()
	if err := s.command(ctx, &c); err != nil {
		return fmt.Errorf("give the first settings: %w", err)
	}
	return nil
}

// firstSourcing has head office keep what decides plans, and take what is set of sourcing, when every server knows it.
func (s *Server) firstSourcing(ctx context.Context, every machine.Build) error {
	if every.Commands < machine.SourcingCommands || looked(s, (*machine.Machine).Sourced) {
		return nil
	}
	if err := s.command(ctx, &machine.SetSourcing{By: "head office", Reason: "what it begins with", At: s.now()}); err != nil {
		return fmt.Errorf("begin with sourcing: %w", err)
	}
	return nil
}

// agree has head office go on as the builds of all servers do. Whoever applied a command otherwise before the others would hold another state.
func (s *Server) agree(ctx context.Context, every machine.Build) error {
	if every.Commands < machine.AgreeCommands || every.Commands <= looked(s, (*machine.Machine).Agreed) {
		return nil
	}
	if err := s.command(ctx, &machine.Agree{Commands: every.Commands, At: s.now()}); err != nil {
		return fmt.Errorf("agree on builds up to %d: %w", every.Commands, err)
	}
	return nil
}

// raiseKnown lets the kinds of entries be folded that every server's build knows, and says what that is. Were they raised before, a server of an older build would keep
// what the others fold, and hold another state from there on.
func (s *Server) raiseKnown(ctx context.Context) (every machine.Build, oldest string, err error) {
	every, oldest, err = s.everyBuild()
	s.desk.grouped.Store(err == nil && every.Commands >= machine.GroupCommands)
	if err != nil || every.Entries <= looked(s, (*machine.Machine).Known) {
		return every, oldest, err
	}
	if err := s.command(ctx, &machine.Raise{Kind: every.Entries, At: s.now()}); err != nil {
		return every, oldest, fmt.Errorf("raise the last kind to %d: %w", every.Entries, err)
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "kinds of entries raised", slog.Uint64(keyKind, uint64(every.Entries)))
	return every, oldest, nil
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
