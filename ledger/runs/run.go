package runs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// A Run is what the caller's list keeps of a run.
type Run struct {
	File  uint64 // the file's number
	Level int    // 0 as it was added; one more than those that it was merged from
	Rows  uint64
	Sum   uint32 // of its footer
}

// A run is one file, open for reading.
type run struct {
	Run
	file *sealed.Pages
	path string
	foot footer
	tops []Name // first name of each group

	groups []atomic.Pointer[[]byte] // pages of groups that were read and are held
	held   int64                    // how many; guarded by Set.mu
	refs   int                      // versions that have it; guarded by Set.mu

	peaks atomic.Pointer[[]atomic.Uint64] // of pages of rows, as far as walks have met them; nil before the first that asks
}

func newRun(f *sealed.Pages, path string, foot footer, tops []Name, r Run) *run {
	return &run{Run: r, file: f, path: path, foot: foot, tops: tops, groups: make([]atomic.Pointer[[]byte], len(tops))}
}

func (r *run) damage(page int64, why string) error {
	return &DamageError{File: r.path, Page: page, Why: why, Hint: hint}
}

// openRun opens what the list names, and reads what is always in memory: 16 bytes a group.
func openRun(env Env, cfg Config, want Run) (*run, error) {
	path := filepath.Join(cfg.Dir, fileName(want.File))
	f, err := env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrStale, err)
	}
	if err != nil {
		return nil, err
	}
	pages, err := sealed.OpenPages(f, cfg.Key, kindOf(cfg, path), nil)
	if err == nil {
		r := newRun(pages, path, footer{}, nil, want)
		if err = r.load(cfg.Owner); err == nil {
			return r, nil
		}
	}
	return nil, errors.Join(sealFault(path, err), f.Close())
}

func (r *run) load(owner string) error {
	size, err := r.file.Size()
	if err != nil {
		return err
	}
	at := size/pageSize - 1
	if size%pageSize != 0 || at < 2 {
		return r.damage(max(at, 0), "it is cut off")
	}
	b := make([]byte, pageSize)
	if _, err := r.file.ReadAt(b, at*pageSize); err != nil {
		return sealFault(r.path, err)
	}
	if r.foot, err = decodeFooter(b, size); err != nil {
		return r.damage(at, err.Error())
	}
	if r.foot.owner != owner {
		return r.damage(at, "it belongs to "+r.foot.owner)
	}
	if r.foot.written != r.Sum || r.foot.rows != r.Rows {
		return fmt.Errorf("%w: %s is another run", ErrStale, r.path)
	}
	for left := r.foot.groups(); left > 0; left = r.foot.groups() - int64(len(r.tops)) {
		n := min(left, topNames)
		if err := r.read(b, r.foot.topAt()+int64(len(r.tops))/topNames, kindTop, 0, int(n)); err != nil {
			return err
		}
		for i := range n {
			r.tops = append(r.tops, nameAt(b, i))
		}
	}
	r.groups = make([]atomic.Pointer[[]byte], len(r.tops))
	return nil
}

// sealFault names as damage what is not as it was sealed; any other error stays as it is.
func sealFault(path string, err error) error {
	page, altered := errors.AsType[*sealed.PageError](err)
	switch {
	case altered:
		return &DamageError{File: path, Page: page.Page, Why: page.Err.Error(), Hint: hint}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &DamageError{File: path, Why: "it begins with nothing", Hint: hint}
	case errors.Is(err, sealed.ErrSealed), errors.Is(err, sealed.ErrOpen), errors.Is(err, sealed.ErrKey):
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// read reads one page and checks it.
func (r *run) read(b []byte, at int64, kind byte, width, count int) error {
	if _, err := r.file.ReadAt(b, at*pageSize); err == io.EOF {
		return r.damage(at, "it is cut off")
	} else if err != nil {
		return sealFault(r.path, err)
	}
	if why := openPage(b, r.foot.salt, at, kind, width, count); why != "" {
		return r.damage(at, why)
	}
	return nil
}

// groupOf gives the group that alone can hold the name, or -1.
func (r *run) groupOf(n Name) int64 {
	if n.compare(r.foot.low) < 0 || n.compare(r.foot.high) > 0 {
		return -1
	}
	return int64(sort.Search(len(r.tops), func(i int) bool { return r.tops[i].compare(n) > 0 })) - 1
}

func (r *run) readGroup(b []byte, g int64) error {
	return r.read(b, r.foot.groupAt(g), kindGroup, r.foot.width, int(r.foot.pagesOf(g)))
}

func (r *run) readRows(b []byte, i int64) error {
	return r.read(b, r.foot.rowsAt(i), kindRows, r.foot.width, int(r.foot.rowsOf(i)))
}

// pageOf gives the page of rows that alone can hold a name of group g.
func (r *run) pageOf(group []byte, g int64, n Name) int64 {
	pages := r.foot.pagesOf(g)
	i := sort.Search(int(pages), func(i int) bool { return nameAt(group, int64(i)).compare(n) > 0 })
	return g*r.foot.groupPages() + int64(max(i-1, 0))
}

// rowOf gives the first row of a page whose name is not below n.
func (r *run) rowOf(page []byte, i int64, n Name) int {
	size := nameSize + r.foot.width
	return sort.Search(int(r.foot.rowsOf(i)), func(k int) bool {
		at := pageHead + k*size
		return bytes.Compare(page[at:at+nameSize], n[:]) >= 0
	})
}

// find looks for a name in this run alone. Held pages of groups save the first read.
func (r *run) find(s *Set, n Name, b []byte) (number uint64, ok bool, err error) {
	g := r.groupOf(n)
	if g < 0 {
		return 0, false, nil
	}
	var group []byte
	if p := r.groups[g].Load(); p != nil {
		group = *p
	} else {
		if err := r.readGroup(b, g); err != nil {
			return 0, false, err
		}
		s.hold(r, g, b)
		group = b
	}
	if !mayHold(group, r.foot.salt, n) {
		return 0, false, nil
	}
	i := r.pageOf(group, g, n)
	if err := r.readRows(b, i); err != nil {
		return 0, false, err
	}
	k := r.rowOf(b, i, n)
	if k == int(r.foot.rowsOf(i)) {
		return 0, false, nil
	}
	row := rowAt(b, r.foot.width, k)
	return row.Number, row.Name == n, nil
}

// peak is no less than the highest number of a page of rows; what is not known, or drops a name, is beyond all numbers.
func (r *run) peak(at int64) uint64 {
	if p := r.peaks.Load(); p != nil {
		if known := (*p)[at].Load(); known > 0 {
			return known
		}
	}
	return math.MaxUint64
}

// learn keeps a page's highest number: 8 bytes a page, of those runs alone that are walked with a floor.
func (r *run) learn(at int64, page []byte) {
	if r.peaks.Load() == nil {
		fresh := make([]atomic.Uint64, r.foot.rowPages())
		r.peaks.CompareAndSwap(nil, &fresh)
	}
	p := &(*r.peaks.Load())[at]
	if p.Load() > 0 {
		return
	}
	high := uint64(0)
	for k := range int(r.foot.rowsOf(at)) {
		n := rowAt(page, r.foot.width, k).Number
		if n == 0 { // it hides what older runs have of the name
			n = math.MaxUint64
		}
		high = max(high, n)
	}
	p.Store(high)
}

// check reads all of a run: that names rise, that each group knows its pages and names.
func (r *run) check() error {
	group, page := make([]byte, pageSize), make([]byte, pageSize)
	var last Name
	first := true
	for g := range r.foot.groups() {
		if err := r.readGroup(group, g); err != nil {
			return err
		}
		for k := range r.foot.pagesOf(g) {
			i := g*r.foot.groupPages() + k
			if err := r.readRows(page, i); err != nil {
				return err
			}
			for at := range int(r.foot.rowsOf(i)) {
				n := rowAt(page, r.foot.width, at).Name
				if !first && last.compare(n) >= 0 || first && n != r.foot.low {
					return r.damage(r.foot.rowsAt(i), "its names do not rise")
				}
				if at == 0 && nameAt(group, k) != n || at == 0 && k == 0 && r.tops[g] != n || !mayHold(group, r.foot.salt, n) {
					return r.damage(r.foot.groupAt(g), "it does not know a name that it is of")
				}
				last, first = n, false
			}
		}
	}
	if last != r.foot.high {
		return r.damage(r.foot.footerAt(), "its highest name is another")
	}
	return nil
}
