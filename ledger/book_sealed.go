package ledger

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"os"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// Sealing is how books lie on the disk where others must not read them: journal, index and runs sealed under one key.
type Sealing struct {
	Key *sealed.Key // nil: they lie in the clear
	// Memory gives a file that is nowhere but in memory; the index is mapped from there.
	Memory func(name string) (*os.File, error)
	// Lock takes the lock of a file, shared or alone, without waiting; tape's and bbolt's know nothing of it.
	Lock func(f *os.File, alone bool) error
}

// The acts of a sealed index on the disk, beside those of the book: a commit writes what has changed, syncs it, and
// then writes what says so, and syncs that.
const (
	ActSealPages Act = "write sealed pages"
	ActSealSync  Act = "sync sealed pages"
	ActSealMeta  Act = "write sealed meta page"
)

// sealedIndexMax bounds a sealed index, which lies in memory as a whole. One that would grow past it finds no
// room, as on a full disk.
const sealedIndexMax = 8 << 30

// kindIndex is what the pages of an index are bound to.
const kindIndex = "index"

// key gives the key of env's books; nil where they lie in the clear.
func (e Env) key() *sealed.Key {
	if e.Sealing == nil {
		return nil
	}
	return e.Sealing.Key
}

// An indexFile is the bbolt file of a book. Where it is sealed, bbolt has it in memory, and its image on the disk follows
// at the end of each Update.
type indexFile struct {
	*bbolt.DB
	image *image
}

// An image is a sealed index on the disk. bbolt never writes over a page that its last commit needs, and writes the
// meta page last; the image takes the same pages in the same order, so a crash leaves of it what it would have left
// of bbolt's own file.
type image struct {
	env    Env
	path   string
	file   *os.File // locked
	pages  *sealed.Pages
	memory *os.File // what bbolt has
	seed   maphash.Seed
	sums   []uint64 // of each page, as it is on the disk
	behind bool     // a commit is in memory, and the disk had no room for it
	work   []byte
}

// openSealed opens a sealed index and its lock; what is not there, or was begun and never finished, is made. One
// that is only read is not.
func openSealed(env Env, path string, lockWait time.Duration, options *bbolt.Options) (_ *indexFile, err error) {
	m := &image{env: env, path: path, seed: maphash.MakeSeed()}
	flag := os.O_RDWR | os.O_CREATE
	if options.ReadOnly {
		flag = os.O_RDONLY
	}
	if m.file, err = env.Disk.OpenFile(path, flag, 0o600); err != nil {
		return nil, err
	}
	x := &indexFile{image: m}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.Close())
		}
	}()
	if err := lockWithin(env, m.file, !options.ReadOnly, lockWait); err != nil {
		return nil, err
	}
	fresh, bad, err := m.load()
	if err != nil {
		return nil, err
	}
	if fresh && options.ReadOnly {
		return nil, &DamageError{Where: "index " + path, Why: "it is empty"}
	}
	o := *options
	o.ReadOnly, o.PageSize, o.NoSync, o.MaxSize = false, sealed.PageSize, true, int(min(int64(sealedIndexMax), math.MaxInt))
	o.OpenFile = func(string, int, os.FileMode) (*os.File, error) { return m.memory, nil }
	if x.DB, err = bbolt.Open(path, 0o600, &o); err != nil {
		return nil, err
	}
	if err := m.unused(x.DB, bad); err != nil {
		return nil, err
	}
	if fresh {
		return x, m.begin(x.DB)
	}
	return x, nil
}

// lockWithin takes the lock of a file, or gives ErrTimeout of bbolt, whose place it takes.
func lockWithin(env Env, f *os.File, alone bool, wait time.Duration) error {
	const pause = 50 * time.Millisecond
	for until := env.Clock.Mono() + wait; ; {
		err := env.Sealing.Lock(f, alone)
		if err == nil {
			return nil
		}
		if env.Clock.Mono() >= until {
			return fmt.Errorf("%w: another process has it open", ErrClosed)
		}
		fired, stop := env.Clock.After(pause)
		<-fired
		stop()
	}
}

// load brings the image to memory. Fresh says that there is none yet; bad are the pages that do not open.
func (m *image) load() (fresh bool, bad []int64, err error) {
	if m.memory, err = m.env.Sealing.Memory(m.path); err != nil {
		return false, nil, fmt.Errorf("take memory for the sealed index: %w", err)
	}
	random := m.env.Random("seal of the index")
	m.pages, err = sealed.OpenPages(m.file, m.env.key(), kindIndex, random)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		m.pages, err = sealed.MakePages(m.file, m.env.key(), kindIndex, random)
		return true, nil, err
	}
	if errors.Is(err, sealed.ErrCut) && m.begun() {
		m.pages, err = sealed.MakePages(m.file, m.env.key(), kindIndex, random)
		return true, nil, err
	}
	if err != nil {
		return false, nil, sealFault(m.path, err)
	}
	size, err := m.pages.Size()
	if err == nil {
		bad, err = m.read(size)
	}
	if err != nil {
		return false, nil, err
	}
	if why := indexFault(m.memory, size); why != "" {
		return false, nil, &DamageError{Where: "index " + m.path, Why: why + "; " + hintIndex}
	}
	return false, bad, nil
}

// freshPages are those that bbolt makes of an index that has never seen a commit: two meta pages, the free list, an empty leaf.
const freshPages = 4

// begun says whether the file can be no more than one that was just begun: then nothing was ever committed to it, and it may be
// begun again. The first commit makes it larger.
func (m *image) begun() bool {
	n, err := sealed.Count(m.file)
	return err == nil && n <= freshPages
}

// read reads all pages, and gives the numbers of those that do not open: zeros stand in memory for them.
func (m *image) read(size int64) (bad []int64, err error) {
	m.sums = make([]uint64, 0, size/sealed.PageSize)
	b := make([]byte, sealed.PageSize)
	for at := int64(0); at < size; at += sealed.PageSize {
		_, err := m.pages.ReadAt(b, at)
		if _, altered := errors.AsType[*sealed.PageError](err); altered {
			clear(b)
			bad = append(bad, at/sealed.PageSize)
			m.sums = append(m.sums, 0)
		} else if err != nil {
			return nil, err
		} else {
			m.sums = append(m.sums, m.sum(b))
		}
		if _, err := m.memory.WriteAt(b, at); err != nil {
			return nil, fmt.Errorf("take memory for the sealed index: %w", err)
		}
	}
	return bad, nil
}

// sum is never 0, which stands for a page that the disk does not have.
func (m *image) sum(page []byte) uint64 { return maphash.Bytes(m.seed, page) | 1 }

// unused says whether the pages that do not open are such as a write that was cut short may have left: free ones,
// or one of the two meta pages. Any other is damage.
func (m *image) unused(db *bbolt.DB, bad []int64) error {
	return db.View(func(tx *bbolt.Tx) error {
		for _, page := range bad {
			if page < 2 { // the other one opened
				continue
			}
			info, err := tx.Page(int(page))
			if err != nil {
				return err
			}
			if info != nil && info.Type != "free" {
				return &DamageError{Where: "index " + m.path, Why: fmt.Sprintf("its page %d was altered; %s", page, hintIndex)}
			}
		}
		return nil
	})
}

// begin writes the first pages, and the header when they are on the disk.
func (m *image) begin(db *bbolt.DB) error {
	if err := m.flush(db); err != nil {
		return err
	}
	if err := m.env.Disk.Before(ActSealMeta, m.path); err != nil {
		return err
	}
	if err := m.pages.Finish(); err != nil {
		return err
	}
	return m.sync()
}

func (m *image) sync() error {
	if err := m.env.Disk.Before(ActSealSync, m.path); err != nil {
		return err
	}
	return m.pages.Sync()
}

// noRoomError says that the disk had no room for pages of a commit that is in memory. Nothing else is committed
// before it has.
type noRoomError struct{ err error }

func (e *noRoomError) Error() string { return e.err.Error() }
func (e *noRoomError) Unwrap() error { return e.err }

// flush brings what has changed in memory to the disk: pages, sync, meta pages, sync. Which pages they are, bbolt
// does not say: all are looked at, and those whose sum has changed are sealed anew.
func (m *image) flush(db *bbolt.DB) error {
	m.behind = true
	size := int64(0)
	if err := db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
		return err
	}
	written, err := m.write(2*sealed.PageSize, size, ActSealPages)
	if err == nil && written {
		err = m.sync()
	} else if tape.IsFull(err) {
		return &noRoomError{err}
	}
	if err == nil {
		written, err = m.write(0, 2*sealed.PageSize, ActSealMeta)
	}
	if err == nil && written {
		err = m.sync()
	}
	m.behind = err != nil
	return err
}

// flushBytes is how much is read at a time.
const flushBytes = 1 << 20

// write writes the pages from one place to another that have changed.
func (m *image) write(from, to int64, act Act) (written bool, err error) {
	if m.work == nil {
		m.work = make([]byte, flushBytes)
	}
	for at := from; at < to; {
		b := m.work[:min(flushBytes, to-at)]
		if _, err := m.memory.ReadAt(b, at); err != nil {
			return written, fmt.Errorf("read the index in memory: %w", err)
		}
		for done := 0; done < len(b); {
			n := m.changed(b[done:], (at+int64(done))/sealed.PageSize)
			if n == 0 {
				done += sealed.PageSize
				continue
			}
			if err := m.env.Disk.Before(act, m.path); err != nil {
				return written, err
			}
			if _, err := m.pages.WriteAt(b[done:done+n], at+int64(done)); err != nil {
				return written, err
			}
			m.noted(b[done:done+n], (at+int64(done))/sealed.PageSize)
			written, done = true, done+n
		}
		at += int64(len(b))
	}
	return written, nil
}

// changed gives how many bytes from the start of b are pages that differ from the disk's.
func (m *image) changed(b []byte, page int64) (n int) {
	for ; n < len(b); n, page = n+sealed.PageSize, page+1 {
		if page < int64(len(m.sums)) && m.sums[page] == m.sum(b[n:n+sealed.PageSize]) {
			break
		}
	}
	return n
}

func (m *image) noted(b []byte, page int64) {
	for ; len(b) > 0; b, page = b[sealed.PageSize:], page+1 {
		for int64(len(m.sums)) <= page {
			m.sums = append(m.sums, 0)
		}
		m.sums[page] = m.sum(b[:sealed.PageSize])
	}
}

// Update commits f, on the disk too where the index is sealed.
func (x *indexFile) Update(f func(*bbolt.Tx) error) error {
	if x.image == nil {
		return x.DB.Update(f)
	}
	if x.image.behind {
		if err := x.image.flush(x.DB); err != nil {
			return err
		}
	}
	err := x.DB.Update(f)
	if errors.Is(err, bbolterrors.ErrMaxSizeReached) {
		return fmt.Errorf("%w: a sealed index lies in memory, and has at most %d GiB", ErrFull, sealedIndexMax>>30)
	}
	if err != nil {
		return err
	}
	return x.image.flush(x.DB)
}

// Sync brings all that was committed to the disk.
func (x *indexFile) Sync() error {
	if x.image == nil {
		return x.DB.Sync()
	}
	return x.image.flush(x.DB)
}

// settle brings to the disk a commit that found no room there before.
func (x *indexFile) settle() error {
	if x.image == nil || !x.image.behind {
		return nil
	}
	return x.image.flush(x.DB)
}

// Close lets go of the index. It may be called twice.
func (x *indexFile) Close() (err error) {
	if x.DB != nil {
		err = x.DB.Close()
	}
	if m := x.image; m != nil && m.file != nil {
		if m.memory != nil {
			_ = m.memory.Close() // bbolt has closed it, if it has opened it
		}
		err = errors.Join(err, m.file.Close())
		m.file = nil
	}
	return err
}

// sealFault says of a file that cannot be opened as it was sealed what is so.
func sealFault(path string, err error) error {
	if _, altered := errors.AsType[*sealed.PageError](err); altered {
		return &DamageError{Where: path, Why: err.Error() + "; " + hintIndex}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// settle brings to the disk what a sealed index has in memory only, for want of room. ErrFull where there is none yet.
func (b *Book) settle() error {
	b.disk.Lock()
	defer b.disk.Unlock()
	if old := b.failed.Load(); old != nil { // a sync may have failed: nothing is written on top of that
		return fmt.Errorf("%w: %w", ErrClosed, old.err)
	}
	err := b.db.settle()
	if _, waits := errors.AsType[*noRoomError](err); waits {
		return fmt.Errorf("%s: %w", ActSealPages, ErrFull)
	}
	if err != nil {
		return b.fail(fmt.Errorf("%s: %w", ActSealPages, err))
	}
	return nil
}

// ahead says whether a commit is in memory that found no room on the disk.
func (b *Book) ahead() bool {
	b.disk.Lock()
	defer b.disk.Unlock()
	return b.db.image != nil && b.db.image.behind
}
