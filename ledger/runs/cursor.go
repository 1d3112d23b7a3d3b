package runs

// A cursor walks one run by name, either way, a page in memory at a time.
type cursor struct {
	run  *run
	down bool
	at   int64 // page of rows
	row  int
	page []byte
	ok   bool
	cur  Row
}

// newCursor stands at the first row that comes after the name, or at the first of all.
func newCursor(r *run, after *Name, down bool) (*cursor, error) {
	c := &cursor{run: r, down: down, page: make([]byte, pageSize)}
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
	at := r.pageOf(c.page, g, *after)
	if err := r.readRows(c.page, at); err != nil {
		return nil, err
	}
	c.at = at
	c.row = r.rowOf(c.page, at, *after)
	if down {
		c.row--
	} else if c.row < int(r.foot.rowsOf(at)) && rowAt(c.page, r.foot.width, c.row).Name == *after {
		c.row++
	}
	return c, c.settle()
}

// load reads a page and stands at one of its rows.
func (c *cursor) load(at int64, row int) error {
	if err := c.run.readRows(c.page, at); err != nil {
		return err
	}
	c.at, c.row = at, row
	return c.settle()
}

// settle reads the row that the cursor stands at, on the next page where it has run off this one.
func (c *cursor) settle() error {
	switch foot := &c.run.foot; {
	case c.row >= int(foot.rowsOf(c.at)):
		if c.ok = c.at+1 < foot.rowPages(); !c.ok {
			return nil
		}
		return c.load(c.at+1, 0)
	case c.row < 0:
		if c.ok = c.at > 0; !c.ok {
			return nil
		}
		return c.load(c.at-1, int(foot.rowsOf(c.at-1))-1)
	default:
		c.ok, c.cur = true, rowAt(c.page, foot.width, c.row)
		return nil
	}
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

func newBlend(of []*run, after *Name, down bool) (*blend, error) {
	b := &blend{down: down}
	for _, r := range of {
		c, err := newCursor(r, after, down)
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
