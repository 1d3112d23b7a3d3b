package runs

// A cursor walks one run by name, either way, a page in memory at a time.
type cursor struct {
	run   *run
	down  bool
	floor uint64 // pages all of whose numbers are known to be below are passed over unread
	at    int64  // page of rows
	row   int
	page  []byte
	ok    bool
	cur   Row
}

// newCursor stands at the first row that comes after the name, or at the first of all.
func newCursor(r *run, at start, page []byte) (*cursor, error) {
	after, down := at.after, at.down
	c := &cursor{run: r, down: down, floor: at.floor, page: page}
	switch {
	case after == nil && !down, after != nil && !down && after.compare(r.foot.low) < 0:
		return c, c.load(0, 0)
	case after == nil, down && after.compare(r.foot.high) > 0:
		last := r.foot.rowPages() - 1
		return c, c.load(last, int(r.foot.rowsOf(last))-1)
	}
	g := r.groupOf(*after)
	if g < 0 {
		return c, nil // all of it lies on the other side
	}
	if err := r.readGroup(c.page, g); err != nil {
		return nil, err
	}
	c.at = r.pageOf(c.page, g, *after)
	if err := r.readRows(c.page, c.at); err != nil {
		return nil, err
	}
	c.row = r.rowOf(c.page, c.at, *after)
	if down {
		c.row--
	} else if c.row < int(r.foot.rowsOf(c.at)) && rowAt(c.page, r.foot.width, c.row).Name == *after {
		c.row++
	}
	return c, c.settle()
}

// load reads a page and stands at one of its rows; where the page is passed over, at the row that comes next behind it.
func (c *cursor) load(at int64, row int) error {
	for c.floor > 0 && c.run.peak(at) < c.floor {
		if at, c.ok = c.beside(at); !c.ok {
			return nil
		}
		row = c.firstOf(at)
	}
	if err := c.run.readRows(c.page, at); err != nil {
		return err
	}
	if c.floor > 0 {
		c.run.learn(at, c.page)
	}
	c.at, c.row = at, row
	return c.settle()
}

// beside gives the page that comes next; ok is false where there is none.
func (c *cursor) beside(at int64) (next int64, ok bool) {
	if c.down {
		return at - 1, at > 0
	}
	return at + 1, at+1 < c.run.foot.rowPages()
}

// firstOf gives the row of a page that the walk comes to first.
func (c *cursor) firstOf(at int64) int {
	if c.down {
		return int(c.run.foot.rowsOf(at)) - 1
	}
	return 0
}

// settle reads the row that the cursor stands at, on the next page where it has run off this one.
func (c *cursor) settle() error {
	if c.row >= 0 && c.row < int(c.run.foot.rowsOf(c.at)) {
		c.ok, c.cur = true, rowAt(c.page, c.run.foot.width, c.row)
		return nil
	}
	var at int64
	if at, c.ok = c.beside(c.at); !c.ok {
		return nil
	}
	return c.load(at, c.firstOf(at))
}

func (c *cursor) next() error {
	if c.down {
		c.row--
	} else {
		c.row++
	}
	return c.settle()
}

// A blend walks several runs, from the oldest to the newest, as one: each name once, as the newest
// of them has it.
type blend struct {
	cursors []*cursor
	down    bool
}

// A start says where a walk begins, which way it goes, and what it may pass over.
type start struct {
	after *Name // exclusive; nil: before all
	down  bool
	floor uint64 // what has a smaller number may be passed over; 0: nothing may
}

// newBlend makes the cursors of a walk, each on a page of its own.
func newBlend(of []*run, at start, page func() []byte) (*blend, error) {
	b := &blend{down: at.down}
	for _, r := range of {
		c, err := newCursor(r, at, page())
		if err != nil {
			return nil, err
		}
		if c.ok {
			b.cursors = append(b.cursors, c)
		}
	}
	return b, nil
}

// next gives the next row, also of a name that is gone.
func (b *blend) next() (r Row, ok bool, err error) {
	var best *cursor
	for _, c := range b.cursors {
		if best == nil {
			best = c
			continue
		}
		if d := c.cur.Name.compare(best.cur.Name); d == 0 || d < 0 != b.down {
			best = c
		}
	}
	if best == nil {
		return r, false, nil
	}
	r = best.cur
	left := b.cursors[:0]
	for _, c := range b.cursors {
		if c.cur.Name == r.Name {
			if err := c.next(); err != nil {
				return r, false, err
			}
		}
		if c.ok {
			left = append(left, c)
		}
	}
	b.cursors = left
	return r, true, nil
}
