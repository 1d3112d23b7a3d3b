package trial

// What other products do. All of them sell to a walk-in whatever lies on the shelf as the till sees it.

// Stale promises from the last figures seen, wherever they are from, as a product with one stock
// table and offline tills does.
func Stale() Way { return Way{"stale view", func(j *judge) way { return newViews(j, 0, false) }} }

// Buffer is Stale with so many units of each counter kept out of sight of all but its own till.
func Buffer(units int32) Way {
	return Way{"buffer", func(j *judge) way { return newViews(j, units, false) }}
}

// Freeze promises nothing of a site that is cut off, and nothing but its own shelf there.
func Freeze() Way { return Way{"freeze", func(j *judge) way { return newViews(j, 0, true) }} }

// Oracle is always connected and promises any unit that exists.
func Oracle() Way { return Way{"oracle", func(j *judge) way { return newOracle(j) }} }

// views are what head office and each site believe.
type views struct {
	*judge
	buffer int32
	freeze bool
	head   []int32 // head office's
	shelf  []int32 // each site's of its own shelf
	seen   []view  // by site: a cut-off one's of the others; nil: it is not cut off
}

// view is what a site that is cut off believes of others' shelves where that is not what head office believes by now: as
// it was when the line went, less what the site has promised itself since.
type view map[int]int32

func newViews(j *judge, buffer int32, freeze bool) *views {
	v := &views{judge: j, buffer: buffer, freeze: freeze, seen: make([]view, j.w.Sites())}
	v.head, v.shelf = append(v.head, j.book...), append(v.shelf, j.book...)
	return v
}

func newOracle(j *judge) *views {
	v := newViews(j, 0, false)
	v.head, v.shelf = j.book, j.book // what they believe is what is so
	return v
}

// oracle says whether belief and truth are one; then the line never goes.
func (v *views) oracle() bool { return &v.head[0] == &v.book[0] }

func (v *views) off(site int) bool { return v.seen[site] != nil }

func (v *views) receive(site int, sku, qty int32) {
	if v.oracle() {
		return
	}
	v.shelf[v.at(site, sku)] += qty
	if !v.off(site) {
		v.move(v.at(site, sku), qty)
	}
}

func (v *views) cut(site int) {
	if !v.oracle() {
		v.seen[site] = view{}
	}
}

func (v *views) heal(site int) {
	if v.oracle() {
		return
	}
	v.seen[site] = nil
	for i := site * v.w.SKUs; i < (site+1)*v.w.SKUs; i++ {
		if v.shelf[i] = v.book[i]; v.head[i] != v.book[i] {
			v.move(i, v.book[i]-v.head[i])
		}
	}
}

// move changes what head office believes. Who is cut off goes on believing what was.
func (v *views) move(i int, by int32) {
	if !v.oracle() && !v.freeze { // who promises nothing of others needs no view of them
		for _, seen := range v.seen {
			if _, own := seen[i]; seen != nil && !own {
				seen[i] = v.head[i]
			}
		}
	}
	v.head[i] += by
}

// believed is what head office believes of a shelf, or with alone a site that only remembers.
func (v *views) believed(i int, alone view) int32 {
	if q, own := alone[i]; own {
		return q
	}
	return v.head[i]
}

func (v *views) night(int) {}
func (v *views) stocked()  {}

func (v *views) answer(r *Request) {
	site := int(r.Site)
	if r.Kind == WalkIn {
		for _, l := range r.Lines {
			i := v.at(site, l.SKU)
			had := v.book[i] >= l.Qty
			sold := v.shelf[i] >= l.Qty
			if sold {
				v.take(site, l.SKU, l.Qty, !v.off(site))
			}
			v.walkIn(site, l, sold, had)
		}
		return
	}
	var alone view
	if r.Kind == Delivery {
		alone = v.seen[site]
	}
	sites := map[int]bool{}
	for _, l := range r.Lines {
		if !v.line(r, l, alone, sites) {
			v.refuse(v.exists(l))
			continue
		}
		v.n.Promised++
	}
	if len(sites) > 0 {
		v.n.Orders++
		v.n.Parcels += len(sites)
	}
}

// line promises a line from the fullest sites of a view, whole or not at all. alone is the view of a
// site that only remembers the others.
func (v *views) line(r *Request, l Line, alone view, sites map[int]bool) bool {
	type leg struct {
		site int
		qty  int32
	}
	var legs []leg
	left := l.Qty
	used := map[int]bool{}
	for left > 0 {
		best, has := -1, int32(0)
		for s := range v.w.Sites() {
			n := v.believed(v.at(s, l.SKU), alone)
			own := r.Kind == Delivery && s == int(r.Site)
			switch {
			case own && alone != nil:
				n = v.shelf[v.at(s, l.SKU)]
			case v.freeze && (alone != nil || v.off(s)):
				n = 0
			}
			if s >= v.w.Warehouses && !own {
				n -= v.buffer
			}
			if !used[s] && n > has {
				best, has = s, n
			}
		}
		if best < 0 {
			return false
		}
		q := min(left, has)
		used[best] = true
		legs = append(legs, leg{best, q})
		left -= q
	}
	for _, g := range legs {
		sites[g.site] = true
		i := v.at(g.site, l.SKU)
		if alone != nil {
			if g.site != int(r.Site) {
				alone[i] = v.believed(i, alone) - g.qty
				v.promise(g.site, l.SKU, g.qty) // head office hears of it too late
				continue
			}
			v.take(g.site, l.SKU, g.qty, false)
			continue
		}
		if !v.oracle() { // of which the promise takes it
			v.move(i, -g.qty)
			if !v.off(g.site) {
				v.shelf[i] -= g.qty
			}
		}
		v.promise(g.site, l.SKU, g.qty)
	}
	return true
}

// take takes units off a site's shelf, as the site knows.
func (v *views) take(site int, sku, qty int32, known bool) {
	if !v.oracle() {
		v.shelf[v.at(site, sku)] -= qty
		if known {
			v.move(v.at(site, sku), -qty)
		}
	}
	v.promise(site, sku, qty)
}
