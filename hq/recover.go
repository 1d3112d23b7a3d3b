package hq

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/raftlog"
	"github.com/holdfast-stock/holdfast/ledger"
)

// raftLog is the logger that raft's parts take.
type raftLog = hclog.Logger

// A Survivor is a server's folder whose cluster has lost its majority. No process may have it open.
// Survive opens it, Recover makes it a cluster of one, Close lets go.
type Survivor struct {
	env       ledger.Env
	dir       string
	id        raft.ServerID
	addr      raft.ServerAddress
	log       *raftlog.Store
	store     *journal.Store
	stopStore func() error
	snapshots raft.SnapshotStore
	conf      *raft.Config
	others    []ServerRow
	machine   *machine.Machine
	index     uint64 // of the last entry
	term      uint64
	closed    bool
}

// ErrNoPast says that a folder has never been a server of head office.
var ErrNoPast = errors.New("there is no head office in this folder")

// ErrNotMember says that the cluster had taken this server out before it broke.
var ErrNotMember = errors.New("the cluster had taken this server out before")

// Survive opens a server's folder, and changes nothing in it.
func Survive(env ledger.Env, dir string, log *slog.Logger) (*Survivor, error) {
	v := &Survivor{env: env, dir: filepath.Clean(dir)}
	if err := v.open(raftLogger(log)); err != nil {
		return nil, errors.Join(fmt.Errorf("recover %s: %w", dir, err), v.Close())
	}
	return v, nil
}

func (v *Survivor) open(log raftLog) error {
	had, err := exists(v.env.Disk, filepath.Join(v.dir, RaftFile))
	if err != nil {
		return err
	}
	if !had {
		return ErrNoPast
	}
	if out, err := readDiffers(v.env, v.dir); err != nil || out > 0 {
		return errors.Join(fmt.Errorf("%w: recover another one, or restore a backup", errDiffers), err)
	}
	id, err := readSmall(v.env.Disk, filepath.Join(v.dir, ServerIDFile))
	if err != nil {
		return err
	}
	if id == "" {
		return fmt.Errorf("%w: %s is gone", ErrNoPast, ServerIDFile)
	}
	v.id = raft.ServerID(id)
	v.log, err = raftlog.Open(filepath.Join(v.dir, RaftFile), raftlog.Options{
		OpenFile: v.env.Disk.OpenFile, SyncDir: func(d string) error { return syncDir(v.env.Disk, d) }})
	if err != nil {
		return inUse(err)
	}
	v.store, err = journal.Open(v.env, filepath.Join(v.dir, journal.File), journal.Options{})
	if err != nil {
		return inUse(err)
	}
	v.stopStore = runStore(v.store)
	if v.snapshots, err = raft.NewFileSnapshotStoreWithLogger(v.dir, snapshotsKept, log); err != nil {
		return fmt.Errorf("open snapshots: %w", err)
	}
	v.conf = raft.DefaultConfig()
	v.conf.LocalID, v.conf.Logger, v.conf.NoLegacyTelemetry = v.id, log, true
	return v.look()
}

// look finds the cluster that this server was of, and the state that its files lead to.
func (v *Survivor) look() error {
	m, index, term, err := v.replay()
	if err != nil {
		return err
	}
	v.machine, v.index, v.term = m, index, term
	conf := *v.conf // raft marks the one that it is given
	_, none := raft.NewInmemTransport("")
	at, err := raft.GetConfiguration(&conf, &fsm{m: machine.New(), changed: newBell(), gaps: newBell(), sites: newBells()},
		v.log, v.log, v.snapshots, none)
	if err != nil {
		return fmt.Errorf("read raft's configuration: %w", err)
	}
	for _, s := range at.Servers {
		if s.ID == v.id {
			v.addr = s.Address
			continue
		}
		srv, _ := serverOf(m, string(s.ID))
		v.others = append(v.others, ServerRow{Name: string(s.ID), URL: srv.URL, Raft: string(s.Address), Voter: s.Suffrage == raft.Voter})
	}
	if v.addr == "" {
		return ErrNotMember
	}
	if m.H().Counter == 0 {
		return ErrNoPast
	}
	return nil
}

// replay makes the state from the newest snapshot and the log, as raft's recovery will. Nothing is
// written: what the log has beyond what was committed must not come into the journals by a look.
func (v *Survivor) replay() (m *machine.Machine, index, term uint64, err error) {
	m = machine.New()
	kept, err := v.snapshots.List()
	if err != nil {
		return nil, 0, 0, fmt.Errorf("list snapshots: %w", err)
	}
	if len(kept) > 0 {
		meta, from, err := v.snapshots.Open(kept[0].ID)
		if err != nil {
			return nil, 0, 0, fmt.Errorf("open snapshot %s: %w", kept[0].ID, err)
		}
		m, err = machine.Restore(from)
		if err = errors.Join(err, from.Close()); err != nil {
			return nil, 0, 0, fmt.Errorf("read snapshot %s: %w", meta.ID, err)
		}
		index, term = meta.Index, meta.Term
	}
	last, err := v.log.LastIndex()
	if err != nil {
		return nil, 0, 0, err
	}
	for i := index + 1; i <= last; i++ {
		var l raft.Log
		if err := v.log.GetLog(i, &l); err != nil {
			return nil, 0, 0, fmt.Errorf("read entry %d of the log: %w", i, err)
		}
		if l.Type == raft.LogCommand {
			m.Apply(l.Data)
		}
		index, term = l.Index, l.Term
	}
	return m, index, term, nil
}

// ID is this server's raft id.
func (v *Survivor) ID() string { return string(v.id) }

// Others lists the other servers of the cluster, as this one has heard of them last.
func (v *Survivor) Others() []ServerRow { return v.others }

// Term is the term of the last entry in this server's log. Of several survivors take the one with the
// highest term, and among these the one with the highest index: it has all that the others have.
func (v *Survivor) Term() uint64 { return v.term }

// Stand says what the folder holds.
func (v *Survivor) Stand() Stand { return standOf(v.machine, v.index) }

// Recover makes the server a cluster of one that begins a new life of head office at its next start,
// before it answers anybody. It may be called again after a crash.
func (v *Survivor) Recover() error {
	// The mark comes first: were it second, a crash in between would leave a cluster of one that goes on
	// under the old life, beside others that may come back.
	life := &newLife{After: v.machine.H().Counter, Why: fmt.Sprintf("majority lost, recovered from server %.64s", v.id)}
	if err := life.write(v.env, v.dir); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if err := reconfigure(v.env, v.conf, v.log, v.store, v.snapshots, string(v.addr)); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	return nil
}

// Close lets go of the files. It may be called twice.
func (v *Survivor) Close() error {
	if v.closed {
		return nil
	}
	v.closed = true
	var errs []error
	if v.stopStore != nil {
		errs = append(errs, v.stopStore())
	}
	if v.log != nil {
		errs = append(errs, v.log.Close())
	}
	return errors.Join(errs...)
}
