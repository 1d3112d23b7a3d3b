package runs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// bufferSize is how much is written at a time.
const bufferSize = 256 << 10

// A writer makes one run from rows that come with rising names. What a failure leaves is dropped
// by abandon, or by the next opening.
type writer struct {
	env    Env
	file   *sealed.Pages
	path   string
	number uint64
	foot   footer
	buffer []byte // pages to be written
	at     int64  // page number of the next one
	page   []byte // of rows, being filled
	inPage int
	group  []byte // being filled
	pages  int64  // in the group
	tops   []Name
}

func newWriter(env Env, cfg Config, number uint64, width int) (*writer, error) {
	w := &writer{env: env, path: filepath.Join(cfg.Dir, fileName(number)), number: number,
		foot: footer{layout: layout{width: width}, owner: cfg.Owner},
		page: make([]byte, pageSize), group: make([]byte, pageSize)}
	if _, err := io.ReadFull(env.Random, w.foot.salt[:]); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	err := env.before(ActWrite, w.path)
	if err == nil {
		w.file, err = makePages(env, cfg, w.path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", ActWrite, w.path, err)
	}
	return w, nil
}

// makePages makes the file of a run. Its header may come first: no list names it before all of it is synced.
func makePages(env Env, cfg Config, path string) (*sealed.Pages, error) {
	f, err := env.Disk.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	p, err := sealed.MakePages(f, cfg.Key, kindOf(cfg, path), env.Random)
	if err == nil {
		err = p.Finish()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), env.Disk.Remove(path))
	}
	return p, nil
}

// kindOf is what the pages of a run are bound to, beside their places.
func kindOf(cfg Config, path string) string { return "run of " + cfg.Owner + " " + filepath.Base(path) }

func (w *writer) add(r Row) error {
	if w.foot.rows == 0 {
		w.foot.low = r.Name
	} else if w.foot.high.compare(r.Name) >= 0 {
		panic("runs: names do not rise")
	}
	if widthOf(r.Number) > w.foot.width {
		panic("runs: a number is wider than was said")
	}
	if int64(w.inPage) == w.foot.perPage() {
		if err := w.endPage(); err != nil {
			return err
		}
	}
	if w.inPage == 0 {
		if w.pages == w.foot.groupPages() {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
		if w.pages == 0 {
			w.tops = append(w.tops, r.Name)
		}
		copy(w.group[pageHead+w.pages*nameSize:], r.Name[:])
		w.pages++
	}
	putRow(w.page, w.foot.width, w.inPage, r)
	putName(w.group, w.foot.salt, r.Name)
	w.inPage++
	w.foot.rows++
	w.foot.high = r.Name
	return nil
}

func (w *writer) endPage() error {
	err := w.put(w.page, kindRows, w.foot.width, w.inPage)
	w.inPage = 0
	return err
}

func (w *writer) endGroup() error {
	err := w.put(w.group, kindGroup, w.foot.width, int(w.pages))
	w.pages = 0
	return err
}

// put seals a page, takes it over and clears it.
func (w *writer) put(page []byte, kind byte, width, count int) error {
	sealPage(page, w.foot.salt, w.at, kind, width, count)
	w.buffer = append(w.buffer, page...)
	w.at++
	clear(page)
	if len(w.buffer) < bufferSize {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	err := w.env.before(ActWrite, w.path)
	if err == nil {
		_, err = w.file.WriteAt(w.buffer, w.at*pageSize-int64(len(w.buffer)))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", ActWrite, err)
	}
	w.buffer = w.buffer[:0]
	return nil
}

// sync brings what was written so far to the disk: a merge does so slice by slice, so that no
// sync has much to write.
func (w *writer) sync() error {
	if err := w.flush(); err != nil {
		return err
	}
	err := w.env.before(ActSync, w.path)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		return &syncError{fmt.Errorf("%s: %w", ActSync, err)}
	}
	return nil
}

// A syncError is final, also where the disk was full: what reached it nobody knows.
type syncError struct{ err error }

func (e *syncError) Error() string { return e.err.Error() }
func (e *syncError) Unwrap() error { return e.err }

// finish writes the rest and syncs the file and its name. The run is open for reading.
func (w *writer) finish(level int) (*run, error) {
	if err := w.endPage(); err != nil {
		return nil, err
	}
	if err := w.endGroup(); err != nil {
		return nil, err
	}
	for names := w.tops; len(names) > 0; {
		n := min(len(names), topNames)
		for i, name := range names[:n] {
			copy(w.page[pageHead+i*nameSize:], name[:])
		}
		if err := w.put(w.page, kindTop, 0, n); err != nil {
			return nil, err
		}
		names = names[n:]
	}
	if w.at != w.foot.footerAt() {
		panic("runs: pages are not where the layout has them")
	}
	b := encodeFooter(w.foot)
	w.foot.written = sumOf(w.foot.salt, w.at, b)
	w.buffer = append(w.buffer, b...)
	w.at++
	if err := w.sync(); err != nil {
		return nil, err
	}
	if err := syncDir(w.env, filepath.Dir(w.path)); err != nil {
		return nil, err
	}
	return newRun(w.file, w.path, w.foot, w.tops, Run{File: w.number, Level: level, Rows: w.foot.rows, Sum: w.foot.written}), nil
}

// abandon removes what was written.
func (w *writer) abandon() error {
	return errors.Join(w.file.Close(), remove(w.env, w.path))
}

func remove(env Env, path string) error {
	err := env.before(ActRemove, path)
	if err == nil {
		err = env.Disk.Remove(path)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", ActRemove, err)
	}
	return nil
}

func syncDir(env Env, dir string) error {
	err := env.before(ActSyncDir, dir)
	var d *os.File
	if err == nil {
		d, err = env.Disk.OpenFile(dir, os.O_RDONLY, 0)
	}
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return &syncError{fmt.Errorf("%s %s: %w", ActSyncDir, dir, err)}
	}
	return nil
}
