package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// A Set is all runs of one folder.
type Set struct {
	cfg Config
	env Env

	// Of the one that writes:
	next   uint64         // number of the next file
	merges map[int]*merge // by the level of what is merged
	doomed []*run         // named by the list before this one: removed at the next landing
	failed error          // the first failure; nothing is written after it

	pages sync.Pool // of *[]byte: what walks read into, one for each run

	mu   sync.Mutex // guards what stands below, and of each run: held, refs
	now  *moment
	held int64 // bytes of filters in memory
}

// A moment is the runs of one list, from the oldest to the newest. It never changes.
type moment struct {
	runs []*run
	refs int // views, and one while it is the newest; guarded by Set.mu
}

// Open opens the runs that the list names, from the oldest to the newest, and removes all others.
// Its folder must be the caller's alone.
func Open(cfg Config, env Env, list []Run) (*Set, error) {
	s, err := OpenReadOnly(cfg, env, list)
	if err != nil {
		return nil, err
	}
	if err := s.sweep(list); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenReadOnly opens the runs that the list names and changes nothing. Only View, and Close.
func OpenReadOnly(cfg Config, env Env, list []Run) (*Set, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open runs: %w", err)
	}
	s := &Set{cfg: cfg.withDefaults(), env: env, next: 1, merges: map[int]*merge{}, now: &moment{refs: 1}}
	for i, want := range list {
		r, err := openRun(s.env, s.cfg, want)
		if err == nil && i > 0 && want.Level > list[i-1].Level {
			err = r.damage(r.foot.footerAt(), "the list has it behind one of a lower level")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open runs: %w", err), s.Close())
		}
		r.refs = 1
		s.now.runs = append(s.now.runs, r)
		s.next = max(s.next, want.File+1)
	}
	return s, nil
}

// sweep removes the files that no list names: those of a change that did not land, of a merge
// that was not done, and those that were merged.
func (s *Set) sweep(list []Run) error {
	d, err := s.env.Disk.OpenFile(s.cfg.Dir, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("open runs: %w", err)
	}
	names, err := d.Readdirnames(-1)
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("open runs: %w", err)
	}
	slices.Sort(names)
	for _, name := range names {
		number, ok := parseFileName(name)
		if !ok || slices.ContainsFunc(list, func(r Run) bool { return r.File == number }) {
			continue
		}
		s.next = max(s.next, number+1)
		if err := remove(s.env, filepath.Join(s.cfg.Dir, name)); err != nil {
			return fmt.Errorf("open runs: %w", err)
		}
	}
	return nil
}

// View gives the set as it stands.
func (s *Set) View() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.refs++
	return &View{set: s, of: s.now}
}

// List gives the runs as they landed last.
func (s *Set) List() []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return listOf(s.now.runs)
}

func listOf(of []*run) []Run {
	list := make([]Run, len(of))
	for i, r := range of {
		list[i] = r.Run
	}
	return list
}

// A Change is what the next list has that the last one had not.
type Change struct {
	runs   []*run
	added  *run // nil: no rows
	merged []*merge
}

// List is what the caller commits.
func (c *Change) List() []Run { return listOf(c.runs) }

// Add writes rows, whose names rise, as the newest run, and takes in the merges that are done. When
// it returns nil all that the change's list names is on the disk. Land or Abort comes next.
func (s *Set) Add(rows []Row) (*Change, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	c := &Change{runs: slices.Clone(s.now.runs)}
	for level := range levelMax {
		if m := s.merges[level]; m != nil && m.done {
			c.take(m)
		}
	}
	if len(rows) == 0 {
		return c, nil
	}
	width := 1
	for _, r := range rows {
		width = max(width, widthOf(r.Number))
	}
	w, err := newWriter(s.env, s.cfg, s.number(), width)
	if err != nil {
		return nil, s.fail(err, nil)
	}
	for _, r := range rows {
		if err := w.add(r); err != nil {
			return nil, s.fail(err, w)
		}
	}
	if c.added, err = w.finish(0); err != nil {
		return nil, s.fail(err, w)
	}
	c.runs = append(c.runs, c.added)
	return c, nil
}

func (s *Set) number() uint64 {
	s.next++
	return s.next - 1
}

// take puts a merge in the place of what it was made of.
func (c *Change) take(m *merge) {
	i := slices.Index(c.runs, m.from[0])
	into := []*run{}
	if m.into != nil {
		into = append(into, m.into)
	}
	c.runs = slices.Replace(c.runs, i, i+len(m.from), into...)
	c.merged = append(c.merged, m)
}

// Land says that the caller's commit has the change's list. Views from here on see it. What the
// list no longer names is removed when the next one lands: a caller whose last commit is lost by
// a power cut goes on with the one before.
func (s *Set) Land(c *Change) error {
	if s.failed != nil {
		return s.failed
	}
	s.mu.Lock()
	old := s.now
	s.now = &moment{runs: c.runs, refs: 1}
	for _, r := range c.runs {
		r.refs++
	}
	s.release(old)
	s.mu.Unlock()
	for _, r := range s.doomed {
		if err := remove(s.env, r.path); err != nil {
			return s.fail(err, nil)
		}
	}
	s.doomed = nil
	for _, m := range c.merged {
		delete(s.merges, m.level)
		s.doomed = append(s.doomed, m.from...)
	}
	return nil
}

// Abort says that the caller's commit did not come about, and that nothing has changed.
func (s *Set) Abort(c *Change) error {
	if s.failed != nil || c.added == nil {
		return s.failed
	}
	if err := errors.Join(c.added.file.Close(), remove(s.env, c.added.path)); err != nil {
		return s.fail(err, nil)
	}
	return nil
}

// Leave says that nobody knows yet whether the caller's commit comes about: what was added stays as it is. The next list does
// not name it, and an opening whose list does not removes it.
func (s *Set) Leave(c *Change) error {
	if s.failed != nil || c.added == nil {
		return s.failed
	}
	if err := c.added.file.Close(); err != nil {
		return s.fail(err, nil)
	}
	return nil
}

// fail keeps the first failure. A disk that had no room is none, once what was begun is removed.
func (s *Set) fail(err error, w *writer) error {
	var gone error
	if w != nil {
		gone = w.abandon()
	}
	if _, synced := errors.AsType[*syncError](err); isFull(err) && !synced && gone == nil {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	s.failed = errors.Join(err, gone)
	return s.failed
}

// release counts one less of those who look at a moment. The caller holds mu.
func (s *Set) release(m *moment) {
	if m.refs--; m.refs > 0 {
		return
	}
	for _, r := range m.runs {
		if r.refs--; r.refs == 0 {
			s.drop(r)
			_ = r.file.Close() // it was synced before anybody saw it
		}
	}
}

// hold keeps a copy of a group's page, if there is room for it. The filters of the smaller runs,
// which are the newer, come first: those of a larger one make room. The caller holds nothing.
func (s *Set) hold(r *run, g int64, page []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held+pageSize > s.cfg.Memory {
		var largest *run
		for _, other := range s.now.runs {
			if other.held > 0 && other.Rows > r.Rows && (largest == nil || other.Rows > largest.Rows) {
				largest = other
			}
		}
		if largest == nil {
			return
		}
		s.drop(largest)
	}
	if r.refs > 0 && r.groups[g].Load() == nil {
		b := slices.Clone(page)
		r.groups[g].Store(&b)
		r.held++
		s.held += pageSize
	}
}

// drop lets go of a run's filters. The caller holds mu.
func (s *Set) drop(r *run) {
	for i := range r.groups {
		r.groups[i].Store(nil)
	}
	s.held -= r.held * pageSize
	r.held = 0
}

// Close drops the merges that are not done and lets go of the files. No view may be open. It
// may be called twice.
func (s *Set) Close() error {
	var errs []error
	for _, m := range s.merges {
		if s.failed == nil {
			errs = append(errs, m.abandon())
		} else {
			_ = m.w.file.Close() // the next opening removes it
		}
	}
	s.merges = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(s.now)
	s.now = &moment{refs: 1}
	if s.failed == nil {
		s.failed = ErrClosed
	}
	return errors.Join(errs...)
}
