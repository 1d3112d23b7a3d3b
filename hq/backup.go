package hq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
)

// The parts of a server's backup. A site's journal is journalPart and the site's name.
const (
	partOwner   = "hq/owner.token"
	partRoots   = "hq/ca.pem" // whom to believe, without a key: an authority.pem of before a rotation is found out by it
	partMachine = "hq/machine"
	journalPart = "journal/"
)

const (
	backupSlice  = 4 << 20         // bytes of frames that are read at a time
	backupSettle = 5 * time.Second // how long the journal store may be behind the state
	backupLook   = 50 * time.Millisecond
)

// errGap says that this server's journal store lacks frames that the state counts as stored.
var errGap = errors.New("journals are still being fetched from the other servers")

// A copied is the state of this server at one moment, frozen, and where each journal ends in it.
type copied struct {
	state *machine.Frozen
	ends  []*machine.Site
	head  backup.Header
}

// freeze fixes the state as it is. It is held while the backup is written: what changes meanwhile is
// kept twice, so at most as much again as the state, however slow the reader.
func (s *Server) freeze() copied {
	s.fsm.mu.Lock()
	defer s.fsm.mu.Unlock()
	m := s.fsm.m
	c := copied{state: m.Freeze(), ends: m.Sites()}
	c.head = backup.Header{Kind: backup.KindHQ, Name: s.cfg.Name, At: s.now(), Life: m.H().Counter, Index: s.raft.AppliedIndex(), Sites: len(c.ends)}
	return c
}

// settled waits until the journal store has all that the state counts as stored: it is given each
// frame just behind the state.
func (s *Server) settled(ctx context.Context, ends []*machine.Site) error {
	for waited := time.Duration(0); ; waited += backupLook {
		behind := ledger.SiteID("")
		for _, site := range ends {
			if s.journal.WholeSeq(site.ID) < site.Stored.Seq {
				behind = site.ID
			}
		}
		switch {
		case behind == "":
			return nil
		case waited >= backupSettle:
			return fmt.Errorf("journal of %s: %w", behind, errGap)
		case !s.pause(ctx, backupLook):
			return ctx.Err()
		}
	}
}

// backUp writes a backup of this server as c has fixed it.
func (s *Server) backUp(ctx context.Context, c copied, to io.Writer) error {
	w, err := backup.NewWriter(to, c.head)
	if err != nil {
		return err
	}
	if err := w.Part(partOwner); err != nil {
		return err
	}
	if _, err := io.WriteString(w, s.token+"\n"); err != nil {
		return err
	}
	if s.trust != nil {
		if err := w.Part(partRoots); err != nil {
			return err
		}
		if _, err := w.Write(rootsPEM(s.trust.now().Trust(s.env.Clock.Wall()))); err != nil {
			return err
		}
	}
	if err := w.Part(partMachine); err != nil {
		return err
	}
	if err := c.state.Encode(w); err != nil {
		return err
	}
	for _, site := range c.ends {
		if err := w.Part(journalPart + string(site.ID)); err != nil {
			return err
		}
		if err := s.backUpJournal(ctx, w, site); err != nil {
			return err
		}
	}
	return w.Close()
}

// backUpJournal writes a site's frames up to where the state has it, a slice at a time: no transaction
// of the journal store is open while a reader is waited for.
func (s *Server) backUpJournal(ctx context.Context, w io.Writer, site *machine.Site) error {
	for at := ledger.Seq(0); at < site.Stored.Seq; {
		if err := ctx.Err(); err != nil {
			return err
		}
		frames, err := s.journal.Frames(site.ID, at, backupSlice)
		if err != nil {
			return err
		}
		before := at
		for i, raw := range frames {
			f, err := ledger.DecodeFrame(raw)
			if err != nil {
				return err
			}
			if f.First > site.Stored.Seq {
				frames = frames[:i]
				break
			}
			at = f.End().Seq
		}
		if at == before {
			return fmt.Errorf("journal of %s behind entry %d: %w", site.ID, at, errGap)
		}
		if err := writeFrames(w, frames); err != nil {
			return err
		}
	}
	return nil
}
