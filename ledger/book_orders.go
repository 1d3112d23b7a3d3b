package ledger

import (
	"bytes"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// OrderQuery selects orders by id, which sorts by the moment of making.
type OrderQuery struct {
	After      OrderID           // exclusive; "" from the end that comes first
	Descending bool              // newest first
	Limit      int               // at most 1,000; default 100
	Keep       func(*Order) bool // runs inside a transaction, or under the book's lock: it must not call the book
	Open       bool              // only orders that can still change, drafts among them; what is closed is not looked at
	Since      Seq               // only orders that this entry or a later one holds: what is closed and older is passed over unread
}

// Bounds of what one query looks at for the orders that it keeps.
const (
	lookMax = 500    // orders
	missMax = 150    // closed orders that are read from the journal, some 40 us each, and not kept
	passMax = 50_000 // closed orders that are passed over unread
)

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
	for range stubTries {
		if out, next, err = b.orders(q); !errors.Is(err, errStale) {
			return out, next, err
		}
	}
	return nil, "", err
}

// stubTries bounds how often a list is begun anew because the journal was trimmed under it.
const stubTries = 8

// errStale says that a transaction is older than the trimming of an entry that it needs.
var errStale = errors.New("the journal was trimmed meanwhile")

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

// openOrders lists orders that can still change: memory has all of them.
func (b *Book) openOrders(q OrderQuery) (out []*Order, next OrderID) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	ids := b.core.State.openIDs.behind(q.After, q.Descending)
	for n, id := range ids.first(openLook+1, q.Descending) {
		if n == openLook || len(out) == q.limit() {
			return out, next
		}
		next = id
		if o := b.core.State.orders[id]; q.Keep == nil || q.Keep(o) {
			out = append(out, o)
		}
	}
	return out, ""
}

// openLook bounds how many open orders one query looks at for those it keeps.
const openLook = 10_000

func (b *Book) orders(q OrderQuery) (out []*Order, next OrderID, err error) {
	fresh := b.freshOrders(q)
	err = b.viewIndex(func(x *index) error {
		past := rereader{tape: b.tape, stub: staleStub(x.tx)}
		walk, err := x.walkOrders(fresh, q)
		if err != nil {
			return err
		}
		for looked, missed := 0, 0; looked < lookMax && missed < missMax; looked++ {
			id, value, last, ok, err := walk.next()
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
			next = id
			o, changed := fresh[id]
			if !changed {
				if o, err = past.listed(id, value, last); err != nil {
					return err
				}
			}
			if o != nil && (q.Keep == nil || q.Keep(o)) {
				out = append(out, o)
			} else if !changed {
				missed++
			}
		}
		return nil
	})
	return out, next, err
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

// freshOrders gives the orders that the file may not hold as they are, as many as a query may look at; nil for a dropped one.
func (b *Book) freshOrders(q OrderQuery) map[OrderID]*Order {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s, handed := b.core.State, b.handed.Load()
	out := map[OrderID]*Order{}
	if handed != nil {
		for _, id := range handed.ids.behind(q.After, q.Descending).first(lookMax+1, q.Descending) {
			out[id] = handed.orders[id].order
		}
	}
	for _, id := range s.dirty.ids.behind(q.After, q.Descending).first(lookMax+1, q.Descending) {
		out[id] = s.orders[id]
	}
	return out
}

// An orderWalk gives ids in their order: those of memory, of the bucket and of the runs, each once.
// The first of these that has an id decides.
type orderWalk struct {
	before func(x, y []byte) bool
	fresh  [][]byte
	step   func() (key, value []byte) // of the bucket
	key    []byte
	value  []byte
	closed *runs.Walk // nil: none is left
	row    runs.Row
	since  Seq     // closed orders whose last entry is before are passed over
	passed int     // how many were
	rest   OrderID // where to go on behind once passMax were; else ""
}

// walkOrders begins behind q.After. What it gives of an id is the value that the bucket has of it, or
// the last entry that holds it.
func (x *index) walkOrders(memory map[OrderID]*Order, q OrderQuery) (*orderWalk, error) {
	w := &orderWalk{since: q.Since, before: func(x, y []byte) bool { return bytes.Compare(x, y) < 0 }}
	for id := range memory {
		w.fresh = append(w.fresh, orderKey(id))
	}
	if q.Descending {
		w.before = func(x, y []byte) bool { return bytes.Compare(x, y) > 0 }
	}
	slices.SortFunc(w.fresh, func(x, y []byte) int {
		if q.Descending {
			x, y = y, x
		}
		return bytes.Compare(x, y)
	})
	var after []byte
	if q.After != "" {
		after = orderKey(q.After)
	}
	w.seekBucket(x.tx, after, q.Descending)
	for after != nil && w.key != nil && !w.before(after, w.key) {
		w.key, w.value = w.step()
	}
	for len(w.fresh) > 0 && after != nil && !w.before(after, w.fresh[0]) {
		w.fresh = w.fresh[1:]
	}
	if err := w.seekRuns(x.orders, after, q.Descending); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *orderWalk) seekBucket(tx *bbolt.Tx, after []byte, down bool) {
	c := tx.Bucket(bucketOrders).Cursor()
	w.step = c.Next
	if !down {
		w.key, w.value = c.Seek(after)
		return
	}
	w.step = c.Prev
	if after != nil {
		w.key, w.value = c.Seek(after)
	}
	if w.key == nil {
		w.key, w.value = c.Last()
	}
}

// seekRuns begins behind a name. Longer ids, of which there are none in runs, come after all of them.
func (w *orderWalk) seekRuns(v *runs.View, after []byte, down bool) (err error) {
	var name *runs.Name
	if len(after) == len(runs.Name{}) {
		n := runs.Name(after)
		name = &n
	} else if after != nil && !down {
		return nil
	}
	if w.closed, err = v.Walk(name, down); err != nil {
		return damageOf(err)
	}
	return w.nextRow()
}

// nextRow goes on to the next closed order that is not passed over, or to the passMax-th that is.
func (w *orderWalk) nextRow() error {
	for {
		row, ok, err := w.closed.Next()
		if w.row = row; !ok || err != nil {
			w.closed = nil
			return damageOf(err)
		}
		if Seq(row.Number) >= w.since {
			return nil
		}
		if w.passed++; w.passed == passMax {
			w.rest = orderIDOf(row.Name[:])
			return nil
		}
	}
}

func (w *orderWalk) next() (id OrderID, value []byte, last Seq, ok bool, err error) {
	var key []byte
	if len(w.fresh) > 0 {
		key = w.fresh[0]
	}
	if w.key != nil && (key == nil || w.before(w.key, key)) {
		key, value = w.key, w.value
	}
	if w.closed != nil && (key == nil || w.before(w.row.Name[:], key)) {
		if w.rest != "" {
			return "", nil, 0, false, nil
		}
		key, value, last = bytes.Clone(w.row.Name[:]), nil, Seq(w.row.Number)
	}
	if key == nil {
		return "", nil, 0, false, nil
	}
	id = orderIDOf(key)
	if w.closed != nil && bytes.Equal(w.row.Name[:], key) {
		err = w.nextRow()
	}
	if len(w.fresh) > 0 && bytes.Equal(w.fresh[0], key) {
		w.fresh = w.fresh[1:]
	}
	if w.key != nil && bytes.Equal(w.key, key) {
		w.key, w.value = w.step()
	}
	return id, value, last, err == nil, err
}
