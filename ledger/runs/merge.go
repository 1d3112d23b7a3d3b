package runs

import "fmt"

const (
	fanIn     = 8      // runs of a level that are merged into one
	sliceRows = 16_384 // rows of one slice of a merge, some 350 KB: what one sync writes
	levelMax  = 10     // what stands there is merged no further: 8^10 changes
)

// A merge makes one run out of eight neighbours, slice by slice.
type merge struct {
	level int
	from  []*run
	last  bool // from holds the oldest run of all: who is gone is forgotten
	rows  *blend
	w     *writer
	into  *run // nil where nothing was left
	done  bool
}

// plan begins a merge at each level that has enough runs and none under way.
func (s *Set) plan() error {
	count := map[int]int{}
	for i, r := range s.now.runs {
		if count[r.Level]++; count[r.Level] != fanIn || r.Level >= levelMax || s.merges[r.Level] != nil {
			continue
		}
		from := s.now.runs[i+1-fanIn : i+1] // the oldest of their level
		m := &merge{level: r.Level, from: from, last: i+1 == fanIn}
		width := 1
		for _, f := range from {
			width = max(width, f.foot.width)
		}
		var err error
		if m.rows, err = newBlend(from, start{}, newPage); err != nil {
			return s.fail(fmt.Errorf("merge runs: %w", err), nil)
		}
		if m.w, err = newWriter(s.env, s.cfg, s.number(), width); err != nil {
			return s.fail(err, nil)
		}
		s.merges[r.Level] = m
	}
	return nil
}

// Step begins the merges that are due, does one slice of each under way, and says whether there is
// more to do. A caller that does so after each landing keeps up: a merge has as many landings for
// its time as it has rows of one. A full disk ends a merge; a later Step begins it anew. What is
// merged lands with the next Add. Damage that a merge finds ends the set.
func (s *Set) Step() (more bool, err error) {
	if s.failed != nil {
		return false, s.failed
	}
	if err := s.plan(); err != nil {
		return false, err
	}
	for level := range levelMax {
		m := s.merges[level]
		if m == nil || m.done {
			continue
		}
		if err := m.step(); err != nil {
			delete(s.merges, level)
			return false, s.fail(err, m.w)
		}
		more = more || !m.done
	}
	return more, nil
}

func (m *merge) step() error {
	for range sliceRows {
		r, ok, err := m.rows.next()
		if err != nil {
			return fmt.Errorf("merge runs: %w", err)
		}
		if !ok {
			return m.finish()
		}
		if r.Number == 0 && m.last {
			continue
		}
		if err := m.w.add(r); err != nil {
			return err
		}
	}
	return m.w.sync()
}

func (m *merge) finish() (err error) {
	m.rows = nil
	if m.w.foot.rows == 0 {
		err = m.w.abandon()
	} else {
		m.into, err = m.w.finish(m.level + 1)
	}
	m.done = err == nil
	return err
}

// abandon drops a merge that did not land.
func (m *merge) abandon() error {
	if m.done && m.into == nil {
		return nil
	}
	return m.w.abandon()
}
