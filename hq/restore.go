package hq

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
)

// A Stand says what a folder holds of head office.
type Stand struct {
	Life   uint64      `json:"life"`
	Index  uint64      `json:"index"`
	Orders int         `json:"orders"`
	Items  int         `json:"items"`
	Sites  []SiteStand `json:"sites"`

	Customers int `json:"customers"` // who are not erased
}

// A SiteStand says up to where a folder has a site's journal.
type SiteStand struct {
	Site  ledger.SiteID `json:"site"`
	Epoch uint64        `json:"epoch"`
	Seq   uint64        `json:"seq"`
}

func standOf(m *machine.Machine, index uint64) Stand {
	c := m.Counts()
	out := Stand{Life: m.H().Counter, Index: index, Orders: c.Orders, Items: c.Items, Sites: []SiteStand{}, Customers: m.CustomerCount() - m.ErasedCount()}
	for _, s := range m.Sites() {
		out.Sites = append(out.Sites, SiteStand{Site: s.ID, Epoch: uint64(s.Stored.Epoch), Seq: uint64(s.Stored.Seq)})
	}
	return out
}

// restoring is a server's folder while it is made from a backup.
type restoring struct {
	env     ledger.Env
	dir     string
	head    backup.Header
	store   *journal.Store
	machine *machine.Machine
	token   bool
	since   *Since
	again   int // persons who were erased again
}

// A Since is somebody's word on who was erased after a backup was taken: nobody who is not among these. Some may have been before.
type Since struct{ Erased []ledger.CustomerID }

// An UntoldError says that a backup has persons, and that nobody has said who of them asked to be forgotten since: a head office that
// had them back would tell every site of them again.
type UntoldError struct {
	Customers int // who are not erased
	At        time.Time
}

func (e *UntoldError) Error() string {
	return fmt.Sprintf("it has %d customers, and nobody has said who of them was erased after %s", e.Customers, e.At.UTC().Format(time.RFC3339))
}

// Restore writes a server's folder from a backup, whose header has been read. dir is there, empty, and
// called so that nobody starts a server in it before Restore has returned nil: only then was the backup
// whole. The server will be a cluster of one, under a raft id of its own, and begins a new life of head
// office before it answers anybody. Of persons who were erased since nothing comes into the folder; where the backup has
// persons and since is nil, the error is an *UntoldError. The new life's record keeps what was said.
func Restore(ctx context.Context, env ledger.Env, from *backup.Reader, dir string, log *slog.Logger, since *Since) (st Stand, err error) {
	r := &restoring{env: env, dir: dir, head: from.Header(), since: since}
	if r.head.Life == 0 || r.head.Index == 0 {
		return st, fmt.Errorf("restore hq: %w: its header names no life", backup.ErrDamaged)
	}
	stop, err := r.openStore()
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for {
		part, err := from.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = r.part(part, from, raftLogger(log))
		}
		if err != nil {
			return st, fmt.Errorf("restore hq %s: %w", part, err)
		}
	}
	if err := r.complete(); err != nil {
		return st, fmt.Errorf("restore hq: %w", err)
	}
	if err := r.store.Flush(ctx); err != nil {
		return st, err
	}
	life := &newLife{After: r.head.Life, Configure: true,
		Why: fmt.Sprintf("restored from a backup of %.64s of %s", r.head.Name, r.head.At.Format(time.RFC3339)) + r.words()}
	return standOf(r.machine, r.head.Index), life.write(env, dir)
}

// words are for the record of the new life. A list of who was erased has those, too, who were before the backup.
func (r *restoring) words() string {
	switch {
	case r.since == nil:
		return "" // nobody to be erased
	case len(r.since.Erased) == 0:
		return "; nobody was erased since, as whoever restored it says"
	default:
		return fmt.Sprintf("; of %d persons who were erased, as whoever restored it says, it had %d", len(r.since.Erased), r.again)
	}
}

// erased are those who are to be forgotten again.
func (s *Since) erased() []ledger.CustomerID {
	if s == nil {
		return nil
	}
	return s.Erased
}

// openStore makes the journal store and runs its writer until stop.
func (r *restoring) openStore() (stop func() error, err error) {
	r.store, err = journal.Open(r.env, filepath.Join(r.dir, journal.File), journal.Options{})
	if err != nil {
		return nil, err
	}
	return runStore(r.store), nil
}

// runStore runs a store's writer until what it gives is called, which also closes the store.
func runStore(store *journal.Store) (stop func() error) {
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- store.Run(ctx) }()
	return func() error {
		end()
		return errors.Join(<-ended, store.Close())
	}
}

func (r *restoring) part(name string, from io.Reader, log raftLog) error {
	site, isJournal := strings.CutPrefix(name, journalPart)
	switch {
	case name == partOwner:
		token, err := io.ReadAll(io.LimitReader(from, smallFileMax+1))
		if err != nil {
			return err
		}
		text := strings.TrimSpace(string(token))
		if len(token) > smallFileMax || !strings.HasPrefix(text, tokenPrefix) {
			return fmt.Errorf("%w: it is no token", backup.ErrDamaged)
		}
		r.token = true
		return writeSmall(r.env.Disk, filepath.Join(r.dir, OwnerTokenFile), text)
	case name == partRoots:
		raw, err := io.ReadAll(io.LimitReader(from, authority.MarshalMax+1))
		if err != nil {
			return err
		}
		if certs, err := authority.ParseCerts(raw); err != nil || len(certs) == 0 || len(raw) > authority.MarshalMax {
			return fmt.Errorf("%w: it holds no roots", backup.ErrDamaged)
		}
		return enrol.Folder{Env: r.env, Dir: r.dir}.Write(enrol.RootsFile, raw)
	case name == partMachine && r.machine == nil:
		return r.takeMachine(from, log)
	case isJournal:
		id, err := ledger.ParseSite(site)
		if err != nil {
			return err
		}
		return r.takeJournal(id, from)
	default:
		return fmt.Errorf("%w: this build does not know this part", backup.ErrNewer)
	}
}

// takeMachine writes the state as raft's snapshot, and reads it to see that it is one.
func (r *restoring) takeMachine(from io.Reader, log raftLog) (err error) {
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(r.dir, snapshotsKept, log)
	if err != nil {
		return fmt.Errorf("make snapshots: %w", err)
	}
	// Whose address this is, is not known before the first start: it is written anew then.
	_, none := raft.NewInmemTransport("restored")
	sink, err := snapshots.Create(raft.SnapshotVersionMax, r.head.Index, 1, raft.Configuration{Servers: []raft.Server{
		{Suffrage: raft.Voter, ID: "restored", Address: "restored"}}}, 1, none)
	if err != nil {
		return fmt.Errorf("make snapshot: %w", err)
	}
	verbatim := io.Writer(sink)
	if len(r.since.erased()) > 0 {
		verbatim = io.Discard
	}
	in := bufio.NewReaderSize(io.TeeReader(from, verbatim), 64<<10)
	if r.machine, err = machine.Restore(in); err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	if err == nil && r.since == nil {
		if n := r.machine.CustomerCount() - r.machine.ErasedCount(); n > 0 {
			err = &UntoldError{Customers: n, At: r.head.At}
		}
	}
	if err == nil && len(r.since.erased()) > 0 {
		if err = r.eraseAgain(); err == nil {
			err = r.machine.Freeze().Encode(sink)
		}
	}
	if err != nil {
		return errors.Join(err, sink.Cancel())
	}
	if err := sink.Close(); err != nil {
		return fmt.Errorf("finish snapshot: %w", err)
	}
	return nil
}

// eraseAgain forgets those who were erased after the backup: before the state is written anywhere. Nobody else has this state, so it
// may go on from another one than the backup's. One of whom the backup has never heard is taken down as erased, too: a site may have, and may
// have been cut off since. Sites have heard of more than the backup has, so it is told them under versions that no life before gave.
func (r *restoring) eraseAgain() error {
	var gone []ledger.CustomerAccount
	for _, id := range r.since.erased() {
		switch c, known := r.machine.Customer(id); {
		case !known:
			gone = append(gone, (&ledger.CustomerAccount{ID: id}).Forgotten())
		case !c.Erased:
			r.again++
			gone = append(gone, c.Forgotten())
		}
	}
	r.machine.Outlive(r.env.Clock.Wall())
	for some := range slices.Chunk(gone, customersBulkMax) {
		c := &machine.PutCustomers{Customers: some, By: "restore", Reason: "erased after the backup", At: r.env.Clock.Wall().UTC().Truncate(time.Millisecond)}
		if res := r.machine.Apply(machine.Marshal(c)); res.Err != nil {
			return fmt.Errorf("erase again: %w", res.Err)
		}
	}
	return nil
}

// takeJournal gives a site's frames to the store, which checks that they follow from one another.
func (r *restoring) takeJournal(site ledger.SiteID, from io.Reader) error {
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		frame, err := readFrame(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.store.Fill(site, [][]byte{frame}); err != nil {
			return err
		}
	}
}

// complete says whether everything that the state counts on is there.
func (r *restoring) complete() error {
	if r.machine == nil || !r.token {
		return fmt.Errorf("%w: a part of it is missing", backup.ErrDamaged)
	}
	if h := r.machine.H().Counter; h != r.head.Life {
		return fmt.Errorf("%w: its header names life %d, its state %d", backup.ErrDamaged, r.head.Life, h)
	}
	for _, s := range r.machine.Sites() {
		whole, err := r.store.Whole(s.ID)
		if err != nil {
			return err
		}
		if whole != s.Stored {
			return fmt.Errorf("%w: the journal of %s ends at entry %d, and the state counts on %d", backup.ErrDamaged, s.ID, whole.Seq, s.Stored.Seq)
		}
	}
	return nil
}
