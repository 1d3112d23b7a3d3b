package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/mapped"
	bolt "go.etcd.io/bbolt"
)

// The acts of the store on the disk, for ledger.Disk.
const (
	ActOpen   ledger.Act = "open journal store"
	ActCommit ledger.Act = "commit journal frames"
)

var (
	// ErrClosed says that the store takes no more.
	ErrClosed = errors.New("journal store is closed")
	// ErrConflict says that other bytes stand where a frame is to stand.
	ErrConflict = errors.New("other bytes stand at this place of the journal")
	// ErrStuck says that the disk has not kept up for Options.BufferWait.
	ErrStuck = errors.New("journal store's buffer stayed full")
)

// Options are the store's bounds. Zero fields take the default.
type Options struct {
	BufferMax  int           // bytes buffered; default 32 MiB. One frame is always let in
	BufferWait time.Duration // how long Append waits for room before the store breaks; default 30s
	Linger     time.Duration // how long the writer gathers before it commits; default 200ms
	MapSize    int           // address space mapped at first, in bytes; default 1 GiB
	LockWait   time.Duration // for another process to let go of the file; default 1s

	// Told hears how far Open is with the stories of lots, where they are made anew (lots_told.go): after each slice of a site's frames. May be nil.
	Told func(Telling)
}

func (o Options) filled() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.BufferWait, 30*time.Second)
	set(&o.Linger, 200*time.Millisecond)
	set(&o.LockWait, time.Second)
	if o.BufferMax == 0 {
		o.BufferMax = 32 << 20
	}
	if o.MapSize == 0 {
		o.MapSize = 1 << 30
	}
	return o
}

// A Record is one frame and its place.
type Record struct {
	Site        ledger.SiteID
	First, Last ledger.Seq // of the frame's entries, both included
	Frame       []byte     // must not be changed
	Lots        bool       // an entry of it may speak of lots (ledger.MayTellLots)
}

// A Store is for any number of goroutines. Run must run for anything to reach the disk.
type Store struct {
	env  ledger.Env
	path string
	opts Options
	db   *bolt.DB

	mu      sync.Mutex // guards what follows; never held during a commit or a read of the disk
	sites   map[ledger.SiteID]*shelf
	bytes   int           // of all pending frames
	taken   uint64        // frames appended since Open
	landed  uint64        // of these, frames on disk
	hurry   bool          // a Flush waits: do not linger
	bell    chan struct{} // holds one: there is something to write
	turn    chan struct{} // closed and replaced whenever landed or err changes
	err     error         // why the store answers no more; set once
	failed  chan struct{}
	stopped bool // Run has returned
}

// A shelf is one site's journal: what is whole, what lies beyond a gap, what is not on disk yet.
type shelf struct {
	whole   ledger.Seq
	last    ledger.Seq
	islands map[ledger.Seq]ledger.Seq // frames beyond the first gap, first -> last
	pending map[ledger.Seq]Record     // by first
}

// Open opens the file at path, or makes it. The directory must exist. It starts no goroutine.
func Open(env ledger.Env, path string, opts Options) (*Store, error) {
	opts = opts.filled()
	if err := env.Disk.Before(ActOpen, path); err != nil {
		return nil, fmt.Errorf("%s %s: %w", ActOpen, path, err)
	}
	db, err := bolt.Open(path, 0o600, boltOptions(env, opts))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", ActOpen, path, err)
	}
	s := &Store{env: env, path: path, opts: opts, db: db, sites: map[ledger.SiteID]*shelf{},
		bell: make(chan struct{}, 1), turn: make(chan struct{}), failed: make(chan struct{})}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s %s: %w", ActOpen, path, err), db.Close())
	}
	if err := s.tellLots(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s %s: %w", ActOpen, path, err), db.Close())
	}
	if err := s.HandBack(); err != nil { // bbolt has walked the whole file
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// HandBack hands the pages of the file that are mapped back to the system: they count as this
// process's memory, and what was written or read once is seldom read again.
func (s *Store) HandBack() error {
	if err := mapped.Release(s.db); err != nil {
		return fmt.Errorf("journal store: %w", err)
	}
	return nil
}

func boltOptions(env ledger.Env, opts Options) *bolt.Options {
	return &bolt.Options{
		Timeout: opts.LockWait, NoFreelistSync: true, FreelistType: bolt.FreelistMapType, InitialMmapSize: opts.MapSize,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			return env.Disk.OpenFile(name, flag, perm)
		},
	}
}

// prepare makes the buckets of a new file and finds where the journals of an old one end.
func (s *Store) prepare() error {
	made := false
	err := s.db.View(func(tx *bolt.Tx) error {
		frames := tx.Bucket(framesBucket())
		if frames == nil {
			made = true
			return nil
		}
		return frames.ForEachBucket(func(name []byte) error {
			site, err := ledger.ParseSite(string(name))
			if err != nil {
				return fmt.Errorf("read journal store: %w", err)
			}
			sh, err := readShelf(tx, site)
			s.sites[site] = sh
			return err
		})
	})
	if err != nil || !made {
		return err
	}
	// The directory comes first: if a crash follows, the next Open finds no bucket and does
	// both again.
	if err := s.syncDir(); err != nil {
		return err
	}
	return s.db.Update(func(tx *bolt.Tx) error {
		_, err1 := tx.CreateBucketIfNotExists(framesBucket())
		_, err2 := tx.CreateBucketIfNotExists(wholeBucket())
		return errors.Join(err1, err2, putTold(tx))
	})
}

func (s *Store) syncDir() error {
	d, err := s.env.Disk.OpenFile(filepath.Dir(s.path), os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("sync directory of %s: %w", s.path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func newShelf() *shelf {
	return &shelf{islands: map[ledger.Seq]ledger.Seq{}, pending: map[ledger.Seq]Record{}}
}

// readShelf walks what lies behind the mark of wholeness: nothing, where there is no gap.
func readShelf(tx *bolt.Tx, site ledger.SiteID) (*shelf, error) {
	sh := newShelf()
	if b := tx.Bucket(wholeBucket()).Get([]byte(site)); len(b) == 8 {
		sh.whole, sh.last = keySeq(b), keySeq(b)
	}
	c := tx.Bucket(framesBucket()).Bucket([]byte(site)).Cursor()
	for k, v := c.Seek(seqKey(sh.whole + 1)); k != nil; k, v = c.Next() {
		r, err := openRecord(site, k, v)
		if err != nil {
			return nil, damaged(site, k, err)
		}
		sh.add(r.First, r.Last)
	}
	return sh, nil
}

// add notes that the frame is there, and closes the gap if it was the missing one.
func (sh *shelf) add(first, last ledger.Seq) {
	sh.last = max(sh.last, last)
	if first != sh.whole+1 {
		sh.islands[first] = last
		return
	}
	sh.whole = last
	for {
		end, ok := sh.islands[sh.whole+1]
		if !ok {
			return
		}
		delete(sh.islands, sh.whole+1)
		sh.whole = end
	}
}

func damaged(site ledger.SiteID, key []byte, why error) error {
	return &ledger.DamageError{Where: fmt.Sprintf("frame %x of %s in the journal store", key, site), Why: why.Error()}
}

// Err is nil while the store works, ErrClosed after Close, and else what broke it.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Failed is closed when the store breaks; Err says why. Close does not close it.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Close closes the file. What Run had not written is gone from here; raft's log has it. A
// second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.err == nil {
		s.err = ErrClosed
		s.ring()
	}
	s.mu.Unlock()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close journal store: %w", err)
	}
	return nil
}

// ring tells all who wait that something has changed. The caller holds mu.
func (s *Store) ring() {
	close(s.turn)
	s.turn = make(chan struct{})
}

// fail breaks the store, unless it already answers no more, and returns why it does not.
func (s *Store) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.failed)
		s.ring()
	}
	return s.err
}

// Flush waits until all that was appended before the call is on disk. A raft snapshot must not
// be finished before it has returned nil.
func (s *Store) Flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	upto := s.taken
	for s.landed < upto {
		if s.err != nil {
			return s.err
		}
		if s.stopped {
			return ErrClosed
		}
		s.hurry = true
		s.knock()
		turn := s.turn
		s.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if err := ctx.Err(); err != nil && s.landed < upto {
			return fmt.Errorf("flush journal store: %w", err)
		}
	}
	return s.err
}

func (s *Store) knock() {
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}
