package tape

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// A Record is what one Append wrote: the numbers First to First+Count-1.
type Record struct {
	First uint64
	Count uint32
	Bytes []byte
}

// Last is the last number of the record.
func (r Record) Last() uint64 { return r.First + uint64(r.Count) - 1 }

// A Tear is what a crash left of one write that nobody was told of.
type Tear struct {
	File     string // full path
	From, To int64  // bytes of it
}

// A Tape is an open tape. Its methods may be called from any goroutine.
type Tape struct {
	cfg      Config
	env      Env
	readOnly bool
	bell     chan struct{} // rung when a spare is needed; a doorbell, never the letter
	done     chan struct{} // closed by Close
	failure  atomic.Pointer[error]
	shelf    shelf
	scanners sync.Pool // of *Cursor, for Read

	trimming sync.Mutex // one Trim at a time

	writing sync.Mutex // guards what stands below: one writer at a time
	file    *os.File   // the current segment
	buf     []byte     // the record being written
	text    []byte     // the same, sealed

	making sync.Mutex // guards what stands below, while a spare is made or used
	spare  *os.File   // nil: none is ready

	mu        sync.RWMutex // guards what stands below; held for no act on the disk
	segments  []*segment   // oldest first, the current one last; replaced, never changed in place
	spareSize int64        // 0: none is ready
	full      bool         // the last try to make a spare found the disk full
	preparing bool
	closed    bool
	// These only the writer changes, who holds writing too, and so may read them without mu.
	current *segment
	end     int64 // of the records in the current segment
	last    uint64
	marks   []mark // of the current segment; only appended to
	torn    *Tear
}

// A segment is one file of the tape. It never changes; a file that replaces it is another.
type segment struct {
	header
	path string
	box  *sealed.Box // nil: its records lie in the clear
}

// A view is the tape at one moment: what was synced then.
type view struct {
	segments []*segment
	end      int64
	last     uint64
	marks    []mark
}

func (t *Tape) view() (view, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return view{}, ErrClosed
	}
	return view{t.segments, t.end, t.last, t.marks}, nil
}

// find gives the index of the segment that holds number. Asking for one that is not held is
// answered by an error.
func (v view) find(number uint64) (int, error) {
	if number < v.segments[0].first {
		return 0, fmt.Errorf("number %d: %w: the tape begins at %d", number, ErrTrimmed, v.segments[0].first)
	}
	if number > v.last {
		return 0, fmt.Errorf("number %d: %w: it ends at %d", number, ErrAhead, v.last)
	}
	return sort.Search(len(v.segments), func(i int) bool { return v.segments[i].first > number }) - 1, nil
}

// limits says where the records of segment i end at the latest, and the number after its last.
func (v view) limits(i int) (end int64, next uint64) {
	if i == len(v.segments)-1 {
		return v.end, v.last + 1
	}
	return v.segments[i].room(), v.segments[i+1].first
}

// First is the first number held; Last()+1 where the tape holds none.
func (t *Tape) First() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.segments[0].first
}

// Last is the last number that is synced; one less than the tape began at where it holds none.
func (t *Tape) Last() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.last
}

// Torn says what Open found of a write that was under way at a crash. It stays on the disk as
// it is, evidence for whoever finds that something answered is missing, until the first Append.
func (t *Tape) Torn() (Tear, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.torn == nil {
		return Tear{}, false
	}
	return *t.torn, true
}

// Size is the bytes of all segments and the spare.
func (t *Tape) Size() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.written() + t.spareSize
}

// written is the bytes of all segments. The caller holds mu.
func (t *Tape) written() (sum int64) {
	for _, s := range t.segments {
		sum += s.size
	}
	return sum
}

// Room is how many bytes can be appended though the disk be full: what is left in the current
// segment and in the spare. A record takes Cost of it. A record that does not fit into the
// current segment leaves the rest of it unused.
func (t *Tape) Room() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	room := t.current.room() - t.end
	if t.spareSize > 0 {
		room += header{size: t.spareSize}.room() - headerSize
	}
	return room
}

// Err is the failure that ended writing, or nil.
func (t *Tape) Err() error {
	if p := t.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// fail notes the first failure for good: what the disk holds of an act that failed cannot be
// known, and memory would be ahead of it.
func (t *Tape) fail(act Act, path string, err error) error {
	err = fmt.Errorf("%s %s: %w", act, path, err)
	t.failure.CompareAndSwap(nil, &err)
	return err
}

// writable says why nothing may be written, if so.
func (t *Tape) writable() error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	switch {
	case t.closed:
		return ErrClosed
	case t.readOnly:
		return ErrReadOnly
	}
	return t.Err()
}

// syncDir makes what was renamed or removed in the folder last.
func (t *Tape) syncDir() error {
	err := t.env.before(ActSyncDir, t.cfg.Dir)
	if err == nil {
		var d *os.File
		if d, err = t.env.Disk.OpenFile(t.cfg.Dir, os.O_RDONLY, 0); err == nil {
			err = errors.Join(d.Sync(), d.Close())
		}
	}
	if err != nil {
		return t.fail(ActSyncDir, t.cfg.Dir, err)
	}
	return nil
}

// trimMax bounds the segments that one call of Trim removes: each costs a sync of the folder.
const trimMax = 8

// Trim removes segments all of whose numbers lie below before, oldest first, and never the
// current one. It removes at most a few a call: more says that there is more to do.
func (t *Tape) Trim(before uint64) (more bool, err error) {
	t.trimming.Lock()
	defer t.trimming.Unlock()
	for range trimMax {
		if err := t.writable(); err != nil {
			return false, err
		}
		old := t.forget(before)
		if old == nil {
			return false, nil
		}
		t.shelf.drop(old)
		err := t.env.before(ActTrim, old.path)
		if err == nil {
			err = t.env.Disk.Remove(old.path)
		}
		if err != nil {
			return false, t.fail(ActTrim, old.path, err)
		}
		// Before the next goes: removals that reach the disk out of turn would leave a hole,
		// which is how damage looks.
		if err := t.syncDir(); err != nil {
			return false, err
		}
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.removable(before), nil
}

// removable says whether the oldest segment lies below before. The caller holds mu.
func (t *Tape) removable(before uint64) bool {
	return len(t.segments) > 1 && t.segments[1].first <= before
}

// forget takes the oldest segment off the list if it lies below before: from here on, reading
// it is ErrTrimmed.
func (t *Tape) forget(before uint64) *segment {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.removable(before) {
		return nil
	}
	old := t.segments[0]
	t.segments = slices.Clone(t.segments[1:])
	return old
}

// Close frees the files. It waits for the append under way; it may be called twice.
func (t *Tape) Close() error {
	t.trimming.Lock()
	defer t.trimming.Unlock()
	t.writing.Lock()
	defer t.writing.Unlock()
	t.making.Lock()
	defer t.making.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	close(t.done)
	errs := []error{t.shelf.close()}
	for _, f := range []*os.File{t.spare, t.file} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	t.spare, t.file, t.spareSize = nil, nil, 0
	return errors.Join(errs...)
}

func (t *Tape) path(name string) string { return filepath.Join(t.cfg.Dir, name) }
