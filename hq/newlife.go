package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// NewLifeFile stands in the folder of a server that was restored, or that is what is left of a
// majority, until it has begun a new life of head office: before that it answers nobody, for the old
// life may have promised what this state does not know.
const NewLifeFile = "new.life"

// newLifeVersion is the one version of that file.
const newLifeVersion = 1

// ErrNewLifeJoins says that a server that is to begin a new life was told to join another.
var ErrNewLifeJoins = errors.New("this folder begins a new life of head office, so it joins none")

// A newLife says which life of head office ends here.
type newLife struct {
	Version   int    `json:"version"`
	After     uint64 `json:"after"`     // the counter of the life that the state is of
	Why       string `json:"why"`       // for people, and for the company's record
	Configure bool   `json:"configure"` // raft does not know this server's own address yet
}

func decodeNewLife(raw []byte) (*newLife, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	var l newLife
	if err := d.Decode(&l); err != nil {
		return nil, fmt.Errorf("read %s: %w", NewLifeFile, err)
	}
	if l.Version != newLifeVersion || l.After == 0 || l.Why == "" {
		return nil, fmt.Errorf("read %s: it is of version %d, after life %d", NewLifeFile, l.Version, l.After)
	}
	return &l, nil
}

// readNewLife gives nil where there is none.
func readNewLife(env ledger.Env, dir string) (*newLife, error) {
	text, err := readSmall(env.Disk, filepath.Join(dir, NewLifeFile))
	if err != nil || text == "" {
		return nil, err
	}
	return decodeNewLife([]byte(text))
}

func (l *newLife) write(env ledger.Env, dir string) error {
	l.Version = newLifeVersion
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write %s: %w", NewLifeFile, err)
	}
	if len(text) > smallFileMax-1 {
		return fmt.Errorf("write %s: %d bytes", NewLifeFile, len(text))
	}
	if err := writeSmall(env.Disk, filepath.Join(dir, NewLifeFile), string(text)); err != nil {
		return err
	}
	return syncDir(env.Disk, dir)
}

// beginLife has a new life begin, if one is due, before this leader answers anybody. What a crash
// leaves: before the command, the file; after it, the file beside a state whose life is a later one.
func (s *Server) beginLife(ctx context.Context) error {
	if s.life == nil {
		return nil
	}
	if looked(s, (*machine.Machine).H).Counter <= s.life.After {
		var random [16]byte
		if _, err := io.ReadFull(s.env.Random("incarnation"), random[:]); err != nil {
			return fmt.Errorf("draw incarnation: %w", err)
		}
		if err := s.command(ctx, &machine.Reincarnate{Random: random, Why: s.life.Why, At: s.now(), Apart: true, Items: true}); err != nil {
			return fmt.Errorf("begin a new life: %w", err)
		}
	}
	err := s.env.Disk.Remove(filepath.Join(s.cfg.Dir, NewLifeFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("begin a new life: %w", err)
	}
	if err := syncDir(s.env.Disk, s.cfg.Dir); err != nil {
		return err
	}
	s.life = nil
	return nil
}

// configure makes this server a cluster of one on the state that a restore has left, under the address
// that it was started with.
func (s *Server) configure(conf *raft.Config, snapshots raft.SnapshotStore) error {
	if s.life == nil || !s.life.Configure {
		return nil
	}
	if err := reconfigure(s.env, conf, s.logStore, s.journal, snapshots, s.RaftAddr()); err != nil {
		return err
	}
	s.life.Configure = false
	return s.life.write(s.env, s.cfg.Dir)
}

// reconfigure makes what lies in a server's files a cluster of one: all entries of its log count as
// committed, for nobody is left who could say which were. The journal store must be running. It may
// be done again after a crash.
func reconfigure(env ledger.Env, conf *raft.Config, log raftFiles, store *journal.Store, snapshots raft.SnapshotStore, addr string) error {
	f := &fsm{journal: store, clock: env.Clock, metrics: newMetrics(), m: machine.New(),
		changed: newBell(), gaps: newBell(), sites: newBells(), broken: make(chan error, 1)}
	_, none := raft.NewInmemTransport(raft.ServerAddress(addr)) // only to write addresses down
	err := raft.RecoverCluster(conf, f, log, log, snapshots, none, raft.Configuration{Servers: []raft.Server{
		{Suffrage: raft.Voter, ID: conf.LocalID, Address: raft.ServerAddress(addr)}}})
	if err != nil {
		return fmt.Errorf("make a cluster of one: %w", err)
	}
	select {
	case err := <-f.broken:
		return err
	default:
		return nil
	}
}

// raftFiles is what a raft log's file is to raft.
type raftFiles interface {
	raft.LogStore
	raft.StableStore
}
