package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// BookConfig is what an operator may set of a book.
type BookConfig struct {
	Site            SiteID        // required
	Dir             string        // required; holds book.db, book.head, journal/, keys/ and orders/; created 0700
	Queue           int           // requests that may wait for the writer; default 4096
	CheckpointEvery int           // entries between two checkpoints; default 4096
	JournalSize     int64         // bytes of the journal's first files; later ones have up to four times as much; default 4 MiB
	CompactFrom     int64         // bytes from which an index that is more than half empty is written anew at opening; default 16 MiB
	LockWait        time.Duration // how long to wait for another process to let go of the file; default 1s
}

func (c *BookConfig) fill() error {
	if _, err := ParseSite(string(c.Site)); err != nil {
		return err
	}
	if c.Dir == "" {
		return &FormError{Field: "dir", Why: "is empty"}
	}
	if c.Queue == 0 {
		c.Queue = 4096
	}
	if c.CheckpointEvery == 0 {
		c.CheckpointEvery = 4096
	}
	if c.JournalSize == 0 {
		c.JournalSize = 4 << 20
	}
	if c.CompactFrom == 0 {
		c.CompactFrom = 16 << 20
	}
	if c.LockWait == 0 {
		c.LockWait = time.Second
	}
	if c.Queue < 0 || c.CheckpointEvery < 0 || c.JournalSize < 0 || c.CompactFrom < 0 || c.LockWait < 0 {
		return &FormError{Field: "queue, checkpoint, journal size, compact or lock wait", Why: "is below zero: leave it out for what is usual"}
	}
	return nil
}

// A Book is one site's ledger on disk. OpenBook gives one that can be read; Run is its one
// writer. All methods may be called from any goroutine.
type Book struct {
	env     Env
	cfg     BookConfig
	db      *indexFile
	runs    *pastRuns
	tape    *tape.Tape
	witness *os.File
	nodeKey [16]byte
	boot    [16]byte
	silent  bool // it writes no entry at its opening
	queue   chan *waiter

	durable atomic.Pointer[Head]        // last position on disk
	plan    atomic.Pointer[RebuildPlan] // by which it is being rebuilt; nil where it is not
	failed  atomic.Pointer[failure]     // the first failure; nothing is written after it
	closed  atomic.Bool
	running atomic.Bool
	broken  chan struct{}          // closed at the first failure
	stopped chan struct{}          // closed when Run has ended: what is queued later is never decided
	handed  atomic.Pointer[parcel] // the checkpoint that is being written; set under mu, taken away by whoever wrote it
	ready   chan struct{}          // rings when something is handed over; one place
	landed  chan struct{}          // rings when it was written, or cannot be for want of room; one place
	wrecked atomic.Bool            // bbolt has fallen over a damaged page inside a commit
	full    atomic.Bool            // the last checkpoint found no room on the disk
	items   catalogue

	customers clientele
	company   atomic.Pointer[Company] // never nil once the book is open; what it points to never changes
	people    atomic.Pointer[People]  // the same
	since     sinceWhen
	hearing   sync.Mutex // one HearPeople at a time; held before items.writing
	trim      sync.Mutex // one slice of Trim at a time; held before disk

	copying  atomic.Bool  // a backup is under way
	copiedAt atomic.Int64 // since when it keeps the journal from being trimmed, monotonic, plus 1; 0: nothing does

	disk sync.Mutex // held over each commit, so that none begins between a failure and its noting

	landing sync.Mutex // held from the first decision of a group until the disk has all of it; before mu
	record  []byte     // of the group that is being written

	currency atomic.Pointer[string] // of the site's money, once it was asked for and the disk held it; nil before

	news    sync.Mutex    // guards changed; taken last
	changed chan struct{} // closed and replaced at every commit

	mu         sync.RWMutex // guards what stands below
	core       *Core
	past       *bookPast
	decided    *decided // the latest group: readers may see it in memory; nil before the first
	quarantine string   // why nothing is promised; "" when all is well
	kept       bool     // the reason is on the disk
	sinceCheck int      // entries since the last checkpoint was handed over
}

// failure is an error behind an atomic pointer.
type failure struct{ err error }

// The names of the book's files inside its folder.
const (
	BookFile    = "book.db"   // the index: what can be looked up without reading the journal
	WitnessFile = "book.head" // the last head that was shown
	JournalDir  = "journal"   // the journal, of which all but the reference data is made
)

// OpenBook opens the site's book, making it if there is none, replays the journal's tail,
// compares the head with its witness, and writes the boot entry that makes a copy diverge. It
// leaves no goroutine behind. A book behind its witness opens in quarantine, and so does one that was
// in quarantine before: neither gets a boot entry, and its open asks stay open.
//
// A rebuilt book that is whole takes the old one's place first, and goes on under its new epoch.
func OpenBook(env Env, cfg BookConfig) (*Book, error) { return openBook(env, cfg, false) }

// openBook opens a book; a silent one writes no entry at its opening, for it is not in use yet.
func openBook(env Env, cfg BookConfig, silent bool) (*Book, error) {
	if err := cfg.fill(); err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	path := filepath.Join(cfg.Dir, BookFile)
	if err := env.Disk.Before(ActOpen, path); err != nil {
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	if err := env.Disk.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	if err := EndReseal(env, cfg.Dir); err != nil {
		return nil, err
	}
	plan, err := swapRebuilt(env, cfg)
	if err != nil {
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	db, err := openIndex(env, cfg, path)
	if err != nil {
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	b := &Book{env: env, cfg: cfg, db: db, boot: env.Process.Boot(), silent: silent,
		queue: make(chan *waiter, cfg.Queue), changed: make(chan struct{}), broken: make(chan struct{}), stopped: make(chan struct{}),
		ready: make(chan struct{}, 1), landed: make(chan struct{}, 1)}
	b.plan.Store(plan)
	if err := b.load(); err != nil {
		b.fail(err) // so that Close writes no checkpoint of what was loaded in part
		return nil, errors.Join(fmt.Errorf("open book %s: %w", path, err), b.Close())
	}
	return b, nil
}

func (b *Book) load() error {
	fresh, err := b.identify()
	if err != nil {
		return err
	}
	if err := b.dropCopy(); err != nil { // of a backup that a crash ended
		return err
	}
	state := NewState(b.cfg.Site)
	kept := ""
	if fresh {
		err = b.make()
	} else {
		b.db, err = compact(b.env, b.cfg, b.db)
	}
	if err != nil {
		return err
	}
	if err := b.openRuns(); err != nil {
		return err
	}
	if err := b.recast(); err != nil {
		return err
	}
	if err := b.view(func(tx *bbolt.Tx) (err error) {
		if kept, err = storedQuarantine(tx); err != nil {
			return err
		}
		return loadCheckpoint(tx, state)
	}); err != nil {
		return err
	}
	if b.tape == nil {
		if err := b.openJournal(state.Seq, false); err != nil {
			return err
		}
	}
	if err := b.checkTrimmed(); err != nil {
		return err
	}
	b.past = newBookPast(b)
	b.core = NewCore(state, b.past)
	if err := b.replayTail(); err != nil {
		return err
	}
	if err := errors.Join(b.items.load(b), b.customers.load(b), b.loadCompany(), b.loadPeople()); err != nil {
		return err
	}
	b.release()
	head := state.Head()
	b.durable.Store(&head)
	why, err := b.compareWitness()
	if err != nil {
		return err
	}
	b.quarantine, b.kept = cmp.Or(kept, why), kept != ""
	if b.silent || b.quarantine != "" {
		return nil
	}
	if err := b.rejoin(); err != nil {
		return err
	}
	if state.Epoch > 0 {
		b.core.Decide(&Reboot{Boot: b.boot}, b.env.Clock.Wall())
		b.past.done()
		return b.land(b.cut())
	}
	return nil
}

// Close writes a checkpoint, so that the next opening is quick, and lets go of the files. Run
// must have returned. It may be called twice.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Swap(true) {
		return nil
	}
	var errs []error
	if b.failed.Load() == nil {
		errs = append(errs, b.lastCheckpoint())
	}
	if b.running.CompareAndSwap(false, true) { // Run never ran, and will not now
		b.drain()
		close(b.stopped)
	}
	if b.witness != nil {
		errs = append(errs, b.witness.Close())
	}
	if b.tape != nil {
		errs = append(errs, b.tape.Close())
	}
	if b.runs != nil {
		errs = append(errs, b.runs.close())
	}
	if !b.wrecked.Load() { // else bbolt has fallen over inside a commit and would wait for itself
		errs = append(errs, b.db.Close())
	}
	return errors.Join(errs...)
}
