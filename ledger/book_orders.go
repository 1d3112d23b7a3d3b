package ledger

import (
	"errors"

	"go.etcd.io/bbolt"
)

// OrderQuery selects orders by id, which sorts by the moment of making.
type OrderQuery struct {
	After      OrderID           // exclusive; "" from the end that comes first
	Descending bool              // newest first
	Limit      int               // at most 1,000; default 100
	Keep       func(*Order) bool // runs inside a transaction, or under the book's lock: it must not call the book
	State      Status            // one that no order leaves: only orders that ended so; "" for any. What ended otherwise is passed over unread
	Open       bool              // only orders that can still change, drafts among them; what is closed is not looked at
	Since      Seq               // only orders that this entry or a later one holds: what is closed and older is passed over unread
}

// Bounds of what one query looks at for the orders that it keeps.
const (
	lookMax = 500    // orders
	readMax = 150    // closed orders that are read from the journal, some 40 us each
	passMax = 50_000 // closed orders that are passed over unread
	findFor = 10     // as many are passed over in the time that it takes to find out how one of them ended
)

// An orderWork is what one query has done.
type orderWork struct {
	read   int // orders, from the files
	passed int // unread
}

func (q *OrderQuery) limit() int {
	if q.Limit < 1 {
		return 100
	}
	return min(q.Limit, 1000)
}

// Orders lists orders. next is where to go on, or "" at the end.
//
// What memory knows is copied first: taking mu inside a bbolt transaction could wait for a
// writer that waits for that very transaction to end.
func (b *Book) Orders(q OrderQuery) (out []*Order, next OrderID, err error) {
	if q.Open {
		out, next = b.openOrders(q)
		return out, next, nil
	}
	fresh := freshFirst(&q)
	for range stubTries {
		switch out, next, _, err = b.orders(q, fresh); {
		case errors.Is(err, errFewFresh):
			fresh = freshMost
		case !errors.Is(err, errStale):
			return out, next, err
		}
	}
	return nil, "", err
}

// freshMost is how many orders one query can need of memory: as many as it looks at, and one by which it is seen that there are more.
const freshMost = lookMax + 1

// freshFirst is how many orders are copied of memory at first: a page whose orders are mostly wanted needs few of them. Where all of these were looked at and
// the page has room, it is made anew with as many as it can need.
func freshFirst(q *OrderQuery) int {
	if q.State != "" { // most have not ended so
		return freshMost
	}
	return min(2*q.limit(), freshMost)
}

// stubTries bounds how often a list is begun anew because the journal was trimmed under it.
const stubTries = 8

// What a query is begun anew for.
var (
	errStale    = errors.New("the journal was trimmed meanwhile") // its transaction is older than the trimming of an entry that it needs
	errFewFresh = errors.New("too few orders of memory were copied")
)

// staleStub looks in tx, which may be older than the trimming that took the entry's place away.
func staleStub(tx *bbolt.Tx) func(Seq) (*Entry, error) {
	var pack stubPack
	return func(seq Seq) (*Entry, error) {
		e, err := pack.find(tx, seq)
		if err == nil && e == nil {
			err = errors.Join(errStale, noStub(seq))
		}
		return e, err
	}
}

// Bounds of how many open orders one query looks at for those it keeps, and of how many before it lets who sells come in between.
const (
	openLook  = 10_000
	openSlice = 250
)

// openOrders lists orders that can still change: memory has all of them.
func (b *Book) openOrders(q OrderQuery) (out []*Order, next OrderID) {
	next = q.After
	for over, looked := false, 0; !over && looked < openLook; looked += openSlice {
		b.mu.RLock()
		out, next, over = b.core.State.listOpen(q, next, out)
		if !over && looked+openSlice < openLook {
			b.mu.RUnlock()
			continue
		}
		b.seen() // of what was seen before, too: groups land one behind the other
	}
	return out, next
}

// listOpen looks at some of the open orders behind after, and says whether the list is done.
func (s *State) listOpen(q OrderQuery, after OrderID, out []*Order) (more []*Order, next OrderID, over bool) {
	ids := s.openIDs.behind(after, q.Descending)
	for n := range min(len(ids), openSlice) {
		if len(out) == q.limit() {
			return out, after, true
		}
		if after = ids[n]; q.Descending {
			after = ids[len(ids)-1-n]
		}
		if o := s.orders[after]; q.Keep == nil || q.Keep(o) {
			out = append(out, o)
		}
	}
	if len(ids) <= openSlice {
		return out, "", true
	}
	return out, after, false
}

// orders makes a page with what memory has, at most so many orders of it: errFewFresh says that it needs more.
func (b *Book) orders(q OrderQuery, most int) (out []*Order, next OrderID, work orderWork, err error) {
	fresh := b.freshOrders(q, most)
	cut := most < freshMost && len(fresh) == most
	near := b.tape.Lookups()
	defer func() {
		if off := near.Close(); off != nil {
			err = errors.Join(err, off)
		}
	}()
	err = b.viewIndex(func(x *index) error {
		past := rereader{tape: &near, stub: staleStub(x.tx)}
		walk, err := x.walkOrders(fresh, q)
		if err != nil {
			return err
		}
		defer func() { work.passed = walk.passed }()
		for looked := 0; looked < lookMax && work.read < readMax; looked++ {
			if cut && len(walk.fresh) == 0 {
				return errFewFresh // what comes next in memory is not known
			}
			found, ok, err := walk.next()
			if err != nil {
				return err
			}
			if !ok {
				next = walk.rest
				return nil
			}
			if len(out) == q.limit() {
				return nil
			}
			next = found.id
			o := found.order
			if !found.changed {
				if o, err = past.listed(found.id, found.value, found.last); err != nil {
					return err
				}
				work.read++
			}
			if o != nil && (q.State == "" || o.Status == q.State) && (q.Keep == nil || q.Keep(o)) {
				out = append(out, o)
			}
		}
		return nil
	})
	return out, next, work, err
}

// listed gives the order of one value of the bucket orders, or of the last entry that holds it.
func (r *rereader) listed(id OrderID, stored []byte, last Seq) (*Order, error) {
	if last > 0 {
		return r.order(id, last)
	}
	value, err := openValue(bucketOrders, orderKey(id), stored)
	if err != nil {
		return nil, err
	}
	o, last, err := parseOrder(value)
	if err == nil && last > 0 {
		o, err = r.order(id, last)
	}
	return o, err
}

// A freshOrder is one that the file may not hold as it is; order is nil where it was dropped.
type freshOrder struct {
	id    OrderID
	order *Order
}

// freshOrders gives at most so many of these, in the order of their keys, or from the end where q is descending.
func (b *Book) freshOrders(q OrderQuery, most int) []freshOrder {
	b.mu.RLock()
	last := Seq(0) // that changed any of them
	defer func() { b.seenUpTo(last) }()
	s, handed := b.core.State, b.handed.Load()
	older, names := ascending[OrderID]{}, s.dirty.named
	if handed != nil {
		older, names = handed.ids, names || handed.named
	}
	ids := freshIDs(s.dirty.ids, older, names, &q, most)
	out := make([]freshOrder, len(ids))
	for i, id := range ids {
		if seq, changed := s.dirty.orders[id]; changed {
			last = max(last, seq)
			out[i] = freshOrder{id, s.orders[id]}
		} else {
			out[i] = freshOrder{id, handed.orders[id].order}
		}
	}
	return out
}

// freshIDs gives the ids of two lists behind q.After, at most so many, in the order of their keys: ids that are no UUID of version 7 come after all
// that are, wherever they stand as text. Were the first of them by text taken, those beyond would be passed over by the page that begins behind the last by key.
// Where there are no names among them, none is parsed.
func freshIDs(dirty, older ascending[OrderID], names bool, q *OrderQuery, most int) []OrderID {
	var out []OrderID
	for _, named := range [...]bool{q.Descending, !q.Descending} {
		if named && !names {
			continue
		}
		after := q.After
		if after != "" && namedID(after) != named {
			if named == q.Descending {
				continue // all of these lie before it
			}
			after = "" // all of these come behind it
		}
		x, y := dirty.behind(after, q.Descending), older.behind(after, q.Descending)
		if out == nil {
			out = make([]OrderID, 0, min(len(x)+len(y), most))
		}
		for len(out) < most {
			var id OrderID
			var ok bool
			if q.Descending {
				id, ok = mergedLast(&x, &y)
			} else {
				id, ok = mergedFirst(&x, &y)
			}
			if !ok {
				break
			}
			if !names || namedID(id) == named {
				out = append(out, id)
			}
		}
	}
	return out
}
