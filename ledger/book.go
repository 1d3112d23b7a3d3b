package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// BookConfig is what an operator may set of a book.
type BookConfig struct {
	Site            SiteID        // required
	Dir             string        // required; holds book.db and book.head; created 0700
	Queue           int           // requests that may wait for the writer; default 4096
	CheckpointEvery int           // entries between two checkpoints; default 4096
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
	if c.LockWait == 0 {
		c.LockWait = time.Second
	}
	if c.Queue < 0 || c.CheckpointEvery < 0 || c.LockWait < 0 {
		return &FormError{Field: "queue, checkpoint or lock wait", Why: "is below zero"}
	}
	return nil
}

// A Book is one site's ledger on disk. OpenBook gives one that can be read; Run is its one
// writer. All methods may be called from any goroutine.
type Book struct {
	env     Env
	cfg     BookConfig
	db      *bbolt.DB
	witness *os.File
	nodeKey [16]byte
	boot    [16]byte
	queue   chan *waiter

	durable atomic.Pointer[Head]    // last position on disk
	failed  atomic.Pointer[failure] // the first failure; nothing is written after it
	closed  atomic.Bool
	running atomic.Bool
	broken  chan struct{}          // closed at the first failure
	stopped chan struct{}          // closed when Run has ended: what is queued later is never decided
	handed  atomic.Pointer[parcel] // the checkpoint that is being written; set under mu, taken away by whoever wrote it
	ready   chan struct{}          // rings when something is handed over; one place
	landed  chan struct{}          // rings when it was written, or cannot be for want of room; one place
	full    atomic.Bool            // the last checkpoint found no room on the disk
	items   catalogue

	disk sync.Mutex // held over each commit, so that none begins between a failure and its noting

	mu         sync.RWMutex // guards what stands below
	core       *Core
	past       *bookPast
	quarantine string        // why nothing is promised; "" when all is well
	changed    chan struct{} // closed and replaced at every commit
	sinceCheck int           // entries since the last checkpoint was handed over
}

// failure is an error behind an atomic pointer.
type failure struct{ err error }

// The names of the book's files inside its folder.
const (
	BookFile    = "book.db"
	WitnessFile = "book.head"
)

// bboltOptions are those that were measured to matter (protocol.md, section 9): a map
// freelist that is not synced, and a mapping large enough not to be remade under readers.
func bboltOptions(env Env, lockWait time.Duration) *bbolt.Options {
	return &bbolt.Options{
		Timeout:         lockWait,
		FreelistType:    bbolt.FreelistMapType,
		NoFreelistSync:  true,
		InitialMmapSize: 1 << 30,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			return env.Disk.OpenFile(name, flag, perm)
		},
	}
}

// OpenBook opens the site's book, making it if there is none, replays the journal's tail,
// compares the head with its witness, and writes the boot entry that makes a copy diverge. It
// starts no goroutine. A book behind its witness opens in quarantine, and so does one that was
// in quarantine before: neither gets a boot entry, and its open asks stay open.
func OpenBook(env Env, cfg BookConfig) (*Book, error) {
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
	db, err := bbolt.Open(path, 0o600, bboltOptions(env, cfg.LockWait))
	if err != nil {
		if errors.Is(err, bbolterrors.ErrTimeout) {
			err = fmt.Errorf("%w: another process has it open", ErrClosed)
		}
		return nil, fmt.Errorf("open book %s: %w", path, err)
	}
	b := &Book{env: env, cfg: cfg, db: db, boot: env.Process.Boot(),
		queue: make(chan *waiter, cfg.Queue), changed: make(chan struct{}), broken: make(chan struct{}), stopped: make(chan struct{}),
		ready: make(chan struct{}, 1), landed: make(chan struct{}, 1)}
	if err := b.load(); err != nil {
		b.fail(err) // so that Close writes no checkpoint of what was loaded in part
		return nil, errors.Join(fmt.Errorf("open book %s: %w", path, err), b.Close())
	}
	return b, nil
}

func (b *Book) load() error {
	if err := b.prepare(); err != nil {
		return err
	}
	state := NewState(b.cfg.Site)
	kept := ""
	if err := b.db.View(func(tx *bbolt.Tx) (err error) {
		if kept, err = storedQuarantine(tx); err != nil {
			return err
		}
		return loadCheckpoint(tx, state)
	}); err != nil {
		return err
	}
	b.past = &bookPast{book: b}
	b.core = NewCore(state, b.past)
	if err := b.replayTail(); err != nil {
		return err
	}
	if err := b.items.load(b.db); err != nil {
		return err
	}
	head := state.Head()
	b.durable.Store(&head)
	why, err := b.compareWitness()
	if err != nil {
		return err
	}
	b.quarantine = cmp.Or(kept, why)
	if state.Epoch > 0 && b.quarantine == "" {
		b.core.Decide(&Reboot{Boot: b.boot}, b.env.Clock.Wall())
		b.past.done()
		return b.land()
	}
	return nil
}

// prepare makes the buckets of a new book, or checks that an old one is ours.
func (b *Book) prepare() error {
	fresh := false
	if err := b.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if fresh = meta == nil || meta.Get(keyFormat) == nil; fresh {
			return nil
		}
		return b.identify(meta)
	}); err != nil || !fresh {
		return err
	}
	// The folders come before the format: if a crash follows, the next opening finds no format
	// and does both again. Without them a power cut could take the file with all it answered.
	if err := b.syncDirs(); err != nil {
		return err
	}
	if _, err := io.ReadFull(b.env.Random("node key"), b.nodeKey[:]); err != nil {
		return fmt.Errorf("draw node key: %w", err)
	}
	return b.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range allBuckets() {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(meta.Put(keyFormat, []byte{bookFormat}), meta.Put(keySite, []byte(b.cfg.Site)),
			meta.Put(keyNode, sealValue(bucketMeta, keyNode, b.nodeKey[:])))
	})
}

// syncDirs makes the name of a new book's file durable, and that of the folder that holds it.
func (b *Book) syncDirs() error {
	dir := filepath.Clean(b.cfg.Dir)
	if err := syncDir(b.env.Disk, dir); err != nil {
		return err
	}
	// A parent that we may not read is one that somebody else has made the folder in.
	if err := syncDir(b.env.Disk, filepath.Dir(dir)); err != nil && !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}

func syncDir(disk Disk, dir string) error {
	if err := disk.Before(ActSyncDir, dir); err != nil {
		return fmt.Errorf("%s %s: %w", ActSyncDir, dir, err)
	}
	d, err := disk.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", ActSyncDir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("%s %s: %w", ActSyncDir, dir, err)
	}
	return nil
}

// identify checks that a book is of this format and site, and takes its node key.
func (b *Book) identify(meta *bbolt.Bucket) error {
	if format := meta.Get(keyFormat); len(format) != 1 || format[0] != bookFormat {
		return &DamageError{Where: "format", Why: fmt.Sprintf("it is %v, this build reads %d", format, bookFormat)}
	}
	for _, name := range allBuckets() {
		if meta.Tx().Bucket(name) == nil {
			return &DamageError{Where: "book", Why: fmt.Sprintf("bucket %s is missing", name)}
		}
	}
	if site := meta.Get(keySite); !bytes.Equal(site, []byte(b.cfg.Site)) {
		return &FormError{Field: "site", Why: fmt.Sprintf("is %s, but the book belongs to %s", b.cfg.Site, site)}
	}
	key, err := openValue(bucketMeta, keyNode, meta.Get(keyNode))
	if err != nil {
		return err
	}
	if n := copy(b.nodeKey[:], key); n != len(b.nodeKey) || n != len(key) {
		return &DamageError{Where: "node key", Why: "it has the wrong length"}
	}
	return nil
}

// Close writes a checkpoint, so that the next opening is quick, and lets go of the file. Run
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
	return errors.Join(append(errs, b.db.Close())...)
}
