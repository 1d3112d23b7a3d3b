package ledger

import (
	"bytes"
	"errors"
	"slices"

	"go.etcd.io/bbolt"
)

// OrderQuery selects orders by id, which sorts by the moment of making.
type OrderQuery struct {
	After      OrderID           // exclusive; "" from the end that comes first
	Descending bool              // newest first
	Limit      int               // at most 1,000; default 100
	Keep       func(*Order) bool // runs inside a transaction: it must not call the book
}

// lookMax bounds how many orders one query looks at for those it keeps.
const lookMax = 20_000

// Orders lists orders. next is where to go on, or "" at the end.
//
// What memory knows is copied first: taking mu inside a bbolt transaction could wait for a
// writer that waits for that very transaction to end.
func (b *Book) Orders(q OrderQuery) (out []*Order, next OrderID, err error) {
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
	return func(seq Seq) (*Entry, error) {
		e, err := stubIn(tx, seq)
		if err == nil && e == nil {
			err = errors.Join(errStale, noStub(seq))
		}
		return e, err
	}
}

func (b *Book) orders(q OrderQuery) (out []*Order, next OrderID, err error) {
	limit := min(max(q.Limit, 0), 1000)
	if limit == 0 {
		limit = 100
	}
	fresh := b.freshOrders()
	err = b.view(func(tx *bbolt.Tx) error {
		past := rereader{tape: b.tape, stub: staleStub(tx)}
		walk := walkOrders(tx, fresh, q)
		for range lookMax {
			id, value, ok := walk()
			if !ok {
				next = ""
				return nil
			}
			if len(out) == limit {
				return nil
			}
			next = id
			o, changed := fresh[id]
			if !changed {
				if o, err = past.listed(id, value); err != nil {
					return err
				}
			}
			if o != nil && (q.Keep == nil || q.Keep(o)) {
				out = append(out, o)
			}
		}
		return nil
	})
	return out, next, err
}

// listed gives the order of one value of the bucket orders.
func (r *rereader) listed(id OrderID, stored []byte) (*Order, error) {
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

// freshOrders gives the orders that the file may not hold as they are; nil for a dropped one.
func (b *Book) freshOrders() map[OrderID]*Order {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s, handed := b.core.State, b.handed.Load()
	out := make(map[OrderID]*Order, len(s.dirty.orders))
	if handed != nil {
		for id, o := range handed.orders {
			out[id] = o.order
		}
	}
	for id := range s.dirty.orders {
		out[id] = s.orders[id]
	}
	return out
}

// walkOrders walks the ids of memory and index together, each once, with the value that the index
// has of it.
func walkOrders(tx *bbolt.Tx, memory map[OrderID]*Order, q OrderQuery) func() (OrderID, []byte, bool) {
	fresh := make([][]byte, 0, len(memory))
	for id := range memory {
		fresh = append(fresh, orderKey(id))
	}
	slices.SortFunc(fresh, bytes.Compare)
	before := func(x, y []byte) bool { return bytes.Compare(x, y) < 0 }
	c := tx.Bucket(bucketOrders).Cursor()
	step := c.Next
	var after, k, v []byte
	if q.After != "" {
		after = orderKey(q.After)
	}
	if q.Descending {
		slices.Reverse(fresh)
		before = func(x, y []byte) bool { return bytes.Compare(x, y) > 0 }
		step = c.Prev
		if k, v = c.Last(); after != nil {
			if k, v = c.Seek(after); k == nil {
				k, v = c.Last()
			}
		}
	} else {
		k, v = c.Seek(after)
	}
	for after != nil && k != nil && !before(after, k) {
		k, v = step()
	}
	for len(fresh) > 0 && after != nil && !before(after, fresh[0]) {
		fresh = fresh[1:]
	}
	return func() (OrderID, []byte, bool) {
		switch {
		case k == nil && len(fresh) == 0:
			return "", nil, false
		case k == nil || len(fresh) > 0 && before(fresh[0], k):
			id := orderIDOf(fresh[0])
			fresh = fresh[1:]
			return id, nil, true
		default:
			id, value := orderIDOf(k), v
			if len(fresh) > 0 && bytes.Equal(fresh[0], k) {
				fresh = fresh[1:]
			}
			k, v = step()
			return id, value, true
		}
	}
}
