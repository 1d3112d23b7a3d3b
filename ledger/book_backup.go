package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/backup"
)

// The acts of a backup on the disk.
const (
	ActCopyIndex Act = "copy index for a backup"
	ActRestore   Act = "write restored book"
)

// The parts of a backup that make up a book.
const (
	partIndex   = "book/index"
	partJournal = "book/journal" // frames, each behind its length (uvarint)
)

// copyIndexFile is the index as a backup shows it, while the backup is under way.
const copyIndexFile = BookFile + ".copy"

// copyHold is how long the journal is kept from being trimmed under a backup. A reader that has not
// taken the oldest entries by then may find them gone: the backup fails, and no file grows for it.
const copyHold = 10 * time.Minute

// errCopying says that a backup is under way already. The caller may come again.
var errCopying = fmt.Errorf("%w: a backup is under way", ErrBusy)

// A BookCopy is a book at one moment, to be written to a backup while the book goes on selling. Close
// must be called. There is one at a time.
type BookCopy struct {
	book  *Book
	head  Head
	view  Summary
	first Seq // the journal's first entry
	index *os.File
}

// Copy fixes the book as it is now. The index is copied aside at the disk's own speed: a transaction
// that lasted as long as the backup's reader takes would keep bbolt from using pages again, and the
// file would grow all the while. The journal is only ever appended to, so it is read later, up to the
// head of now; an index is good with any journal that goes on behind it.
func (b *Book) Copy() (*BookCopy, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	if b.Head().Seq == 0 {
		return nil, ErrNotOpened
	}
	if !b.copying.CompareAndSwap(false, true) {
		return nil, errCopying
	}
	c := &BookCopy{book: b}
	if err := c.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("copy book of %s: %w", b.cfg.Site, err), c.Close())
	}
	return c, nil
}

func (c *BookCopy) begin() error {
	b := c.book
	b.trim.Lock() // so that the index and the journal's first entry are of one moment
	defer b.trim.Unlock()
	path := filepath.Join(b.cfg.Dir, copyIndexFile)
	if err := b.env.Disk.Before(ActCopyIndex, path); err != nil {
		return err
	}
	var err error
	if c.index, err = b.env.Disk.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return err
	}
	if err := b.view(func(tx *bbolt.Tx) error {
		return writeIndex(b.env, tx, c.index)
	}); err != nil {
		return err
	}
	c.first = b.Trimmed() + 1
	c.view, c.head = b.View(), b.Head()
	b.copiedAt.Store(int64(b.env.Clock.Mono()) + 1)
	return nil
}

// Head is the last entry that the copy holds.
func (c *BookCopy) Head() Head { return c.head }

// View is the book in a few figures, at that moment or a commit before it.
func (c *BookCopy) View() Summary { return c.view }

// WriteTo writes all that makes up the book to w, and looks at ctx between two frames. It may be
// called once.
func (c *BookCopy) WriteTo(ctx context.Context, w *backup.Writer) error {
	if err := w.Part(partIndex); err != nil {
		return err
	}
	if _, err := c.index.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	if _, err := io.Copy(w, onlyRead{ctx, c.index}); err != nil {
		return fmt.Errorf("back index up: %w", err)
	}
	seal, err := c.beginJournal(w)
	if err != nil {
		return err
	}
	next := c.first
	var size []byte
	err = eachFrame(c.book.tape, c.first, func(raw []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := DecodeFrame(raw)
		if err != nil {
			return err
		}
		if f.First > c.head.Seq {
			return errEnough
		}
		if f.First != next {
			return &DamageError{Where: fmt.Sprintf("entry %d", next), Why: "the journal goes on with another"}
		}
		next = f.End().Seq + 1
		raw = seal.seal(raw)
		size = binary.AppendUvarint(size[:0], uint64(len(raw)))
		_, err1 := w.Write(size)
		_, err2 := w.Write(raw)
		return errors.Join(err1, err2)
	})
	if err == nil && next != c.head.Seq+1 {
		err = &DamageError{Where: fmt.Sprintf("entry %d", next), Why: "the journal ends before its head"}
	}
	if errors.Is(err, ErrTrimmed) {
		err = fmt.Errorf("the journal was trimmed meanwhile; read the backup faster: %w", err)
	}
	if err != nil {
		return fmt.Errorf("back journal up: %w", err)
	}
	return nil
}

// beginJournal begins the part of the journal, and gives what seals its frames.
func (c *BookCopy) beginJournal(w *backup.Writer) (*frameSealer, error) {
	part := partJournal
	if c.book.env.key() != nil {
		part = partJournalSealed
	}
	if err := w.Part(part); err != nil {
		return nil, err
	}
	return newFrameSealer(c.book.env, w)
}

// onlyRead reads until ctx ends, and hides what else the file can do.
type onlyRead struct {
	ctx  context.Context
	from io.Reader
}

func (r onlyRead) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}

// Close lets the book go, and removes the copy of its index. It may be called twice.
func (c *BookCopy) Close() error {
	if c.book == nil {
		return nil
	}
	b := c.book
	c.book = nil
	var errs []error
	if c.index != nil {
		errs = append(errs, c.index.Close(), b.dropCopy())
	}
	b.copiedAt.Store(0)
	b.copying.Store(false)
	return errors.Join(errs...)
}

func (b *Book) dropCopy() error {
	if err := notThere(b.env.Disk.Remove(filepath.Join(b.cfg.Dir, copyIndexFile))); err != nil {
		return fmt.Errorf("remove the copy of a backup: %w", err)
	}
	return nil
}

// copied says whether a backup keeps the journal from being trimmed.
func (b *Book) copied() bool {
	at := b.copiedAt.Load()
	return at != 0 && b.env.Clock.Mono()-time.Duration(at) < copyHold
}
