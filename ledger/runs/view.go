package runs

// A View is the set as it stood when it was taken. It belongs to one goroutine and must be closed.
type View struct {
	set *Set
	of  *moment
	b   []byte // the page looked at

	lent []*[]byte // pages that walks have
}

func newPage() []byte { return make([]byte, pageSize) }

// page lends a page until the view is closed.
func (v *View) page() []byte {
	b, ok := v.set.pages.Get().(*[]byte)
	if !ok {
		b = new(newPage())
	}
	v.lent = append(v.lent, b)
	return *b
}

// Find gives the number of a name. A name that was dropped is not there.
func (v *View) Find(n Name) (number uint64, ok bool, err error) {
	if v.b == nil {
		v.b = make([]byte, pageSize)
	}
	for i := len(v.of.runs) - 1; i >= 0; i-- {
		number, ok, err = v.of.runs[i].find(v.set, n, v.b)
		if err != nil || ok {
			return number, err == nil && number > 0, err
		}
	}
	return 0, false, nil
}

// Walk walks the names in their order, or the other way, from the one that comes after the
// given; nil is before all. It is good while the view is.
//
// Names whose number is below floor may be passed over, whole pages of them unread once it is known that there is nothing
// else on them; the number of a name never falls, so what an older run has of such a name is below, too. 0 passes over nothing.
func (v *View) Walk(after *Name, down bool, floor uint64) (*Walk, error) {
	b, err := newBlend(v.of.runs, start{after, down, floor}, v.page)
	return &Walk{b}, err
}

// Check reads all there is, and names the first page at fault.
func (v *View) Check() error {
	for _, r := range v.of.runs {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

// List is what the view is of.
func (v *View) List() []Run { return listOf(v.of.runs) }

// Close lets go of it.
func (v *View) Close() {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	v.set.release(v.of)
	v.of = nil
	for _, b := range v.lent {
		v.set.pages.Put(b)
	}
	v.lent = nil
}

// A Walk gives names in their order.
type Walk struct{ *blend }

// Next gives the next name that is there; ok is false at the end.
func (w *Walk) Next() (r Row, ok bool, err error) {
	for {
		if r, ok, err = w.next(); err != nil || !ok || r.Number > 0 {
			return r, ok && err == nil, err
		}
	}
}
