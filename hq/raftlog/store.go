package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/mapped"
)

// Options is what the caller supplies. The zero Options is good for tests.
type Options struct {
	// MapSize is how much address space is mapped at first, in bytes; default 1 GiB. While the
	// file is smaller, no reader makes a writer wait for a new mapping. It costs no memory.
	MapSize int

	// TailSize is the size of the tail's file, in bytes, a multiple of 4096; default 2 MiB. A tail that may hold
	// entries keeps its size.
	TailSize int

	// LockWait bounds the wait for a process that still has the file open; default 1s.
	LockWait time.Duration

	// OpenFile opens the tail's file, as os.OpenFile does. It is needed.
	OpenFile func(name string, flag int, perm os.FileMode) (*os.File, error)

	// SyncDir makes a directory's entries durable. It is called once, with the file's
	// directory, when Open made the file: bbolt does not, and a power cut could then take
	// the file away with a vote in it. Nil only where no power cut matters.
	SyncDir func(dir string) error

	// Fault, when not nil, is asked twice at each commit: before it, and when it has landed.
	// An error of its is the commit's error. For tests.
	Fault func(act Act, landed bool) error
}

// An Act names a kind of write, for errors and for Fault.
type Act string

// The acts. Each is a transaction, or an append to the tail; ActDelete is one or more.
const (
	ActCreate Act = "create raft log"
	ActStore  Act = "store raft entries"
	ActDelete Act = "delete raft entries"
	ActSet    Act = "set raft's value"
	ActMove   Act = "move raft entries"
)

// A Store is raft's LogStore, MonotonicLogStore and StableStore. It is for any number of
// goroutines. It starts none.
type Store struct {
	db    *bolt.DB
	fault func(Act, bool) error

	writer sync.Mutex // one write at a time; held while it commits
	tail   *tail      // guarded by writer

	begun, ended atomic.Uint64 // commits; one more begun than ended while one is under way

	mu     sync.RWMutex // guards what follows; never held during a commit
	span   span
	bytes  int64 // of the records of span
	held   held  // the last of span: what the tail holds
	err    error // why the store answers no more; set once
	failed chan struct{}

	// wiped is the last index of a log that was deleted whole since Open, 0 if it was not or
	// was appended to since. See makeRoom in append.go.
	wiped uint64
}

var (
	_ raft.LogStore          = (*Store)(nil)
	_ raft.MonotonicLogStore = (*Store)(nil)
	_ raft.StableStore       = (*Store)(nil)
)

// Open opens the file at path, or makes it. The directory must exist.
func Open(path string, opts Options) (*Store, error) {
	if opts.MapSize == 0 {
		opts.MapSize = 1 << 30
	}
	if opts.TailSize == 0 {
		opts.TailSize = tailBytes
	}
	if opts.LockWait == 0 {
		opts.LockWait = time.Second
	}
	if opts.OpenFile == nil {
		return nil, fmt.Errorf("open raft log %s: no OpenFile is given", path)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:         opts.LockWait,
		NoFreelistSync:  true, // rebuilt when the file is opened; saves a write at each commit
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: opts.MapSize,
	})
	if err != nil {
		return nil, fmt.Errorf("open raft log %s: %w", path, err)
	}
	s := &Store{db: db, fault: opts.Fault, failed: make(chan struct{})}
	if err := s.prepare(path, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("open raft log %s: %w", path, err), s.tail.close(), db.Close())
	}
	if err := s.HandBack(); err != nil { // bbolt and scan have walked the whole file
		return nil, errors.Join(err, s.tail.close(), db.Close())
	}
	return s, nil
}

// prepare makes the buckets of a new file, and the tail, and finds where the log of an old one lies.
func (s *Store) prepare(path string, opts Options) error {
	var found foundTail
	err := s.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(logBucket())
		if b == nil || tx.Bucket(stableBucket()) == nil {
			return nil
		}
		found.look(tx)
		var err error
		s.span, s.bytes, err = scan(b)
		return err
	})
	if err != nil {
		return err
	}
	// The directory comes first: if a crash follows, the next Open finds no buckets and does
	// both again. The other way round it would take the file for an old one.
	err = s.openTail(path, opts, found, func() error {
		if dir := filepath.Dir(path); opts.SyncDir != nil {
			if err := opts.SyncDir(dir); err != nil {
				return fmt.Errorf("sync %s: %w", dir, err)
			}
		}
		return nil
	})
	if err != nil || found.marked {
		return err
	}
	return s.commit(ActCreate, func(tx *bolt.Tx) error {
		for _, name := range [][]byte{logBucket(), stableBucket(), tailBucket()} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return s.mark(tx)
	})
}

// scan walks the keys, not the values, and finds where the log begins and ends and what it weighs.
func scan(b *bolt.Bucket) (sp span, bytes int64, err error) {
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if string(k) == string(markKey()) {
			continue
		}
		bytes += int64(len(v))
		if len(k) != 8 {
			return span{}, 0, fmt.Errorf("read raft log: a key of %d bytes", len(k))
		}
		index := binary.BigEndian.Uint64(k)
		switch {
		case index == 0:
			return span{}, 0, errors.New("read raft log: an entry at index 0")
		case sp.empty():
			sp = span{index, index}
		case index != sp.last+1:
			return span{}, 0, fmt.Errorf("read raft log: %d follows %d: %w", index, sp.last, ErrHole)
		default:
			sp.last = index
		}
	}
	return sp, bytes, nil
}

// IsMonotonic says that this log has no holes. Raft then empties it after it installs a
// snapshot, rather than leaving entries of another history above the snapshot for good.
func (s *Store) IsMonotonic() bool { return true }

// Err is nil while the store works, ErrClosed after Close, and else what broke it.
func (s *Store) Err() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.err
}

// Failed is closed when the store breaks; Err says why. The server must then stop and open the
// file again, for raft itself goes on. Close does not close it.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Writing numbers the write that is under way, from 1; 0 where none is. A number that stays is a disk
// that hangs: raft waits for it in the very loop that would hand the leadership over.
func (s *Store) Writing() uint64 {
	n := s.begun.Load()
	if s.ended.Load() >= n {
		return 0
	}
	return n
}

// HandBack hands the pages of the file that are mapped back to the system: they count as this
// process's memory, and only the newest entries are read again soon.
func (s *Store) HandBack() error {
	if err := mapped.Release(s.db); err != nil {
		return fmt.Errorf("raft log: %w", err)
	}
	return nil
}

// Close waits for the write under way, moves what the tail holds into bbolt, and closes the files. A second Close
// does nothing.
func (s *Store) Close() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	var moved error
	if s.Err() == nil { // a store that broke leaves the tail to the next Open
		moved = s.move(ActMove, 0, nil, func(tx *bolt.Tx) error { return tx.Bucket(logBucket()).Delete(markKey()) })
	}
	s.mu.Lock()
	if s.err == nil {
		s.err = ErrClosed
	}
	s.mu.Unlock()
	if err := errors.Join(moved, s.tail.close(), s.db.Close()); err != nil {
		return fmt.Errorf("close raft log: %w", err)
	}
	return nil
}

// commit runs one write transaction. If anything fails, the store is broken: after a failed
// sync the transaction may be on disk or not, and bbolt itself would go on from it.
// The caller holds writer, or is Open.
func (s *Store) commit(act Act, write func(*bolt.Tx) error) error {
	s.begun.Add(1)
	defer s.ended.Add(1)
	err := s.db.Update(func(tx *bolt.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		if s.fault != nil {
			return s.fault(act, false)
		}
		return nil
	})
	if err == nil && s.fault != nil {
		err = s.fault(act, true)
	}
	if err != nil {
		return s.fail(fmt.Errorf("%s: %w", act, err))
	}
	return nil
}

// fail breaks the store, unless it already answers no more, and returns err.
func (s *Store) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.failed)
	}
	return err
}
