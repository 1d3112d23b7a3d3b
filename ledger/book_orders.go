package ledger

import (
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
	limit := min(max(q.Limit, 0), 1000)
	if limit == 0 {
		limit = 100
	}
	fresh := b.freshOrders()
	err = b.db.View(func(tx *bbolt.Tx) error {
		walk := walkOrders(tx, fresh, q)
		for range lookMax {
			id, ok := walk()
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
				if o, _, err = readOrder(tx, id); err != nil {
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

// walkOrders walks the ids of memory and disk together, each once.
func walkOrders(tx *bbolt.Tx, memory map[OrderID]*Order, q OrderQuery) func() (OrderID, bool) {
	fresh := sortedKeys(memory)
	before := func(x, y OrderID) bool { return x < y }
	c := tx.Bucket(bucketOrders).Cursor()
	step := c.Next
	var k []byte
	if q.Descending {
		slices.Reverse(fresh)
		before = func(x, y OrderID) bool { return x > y }
		step = c.Prev
		if k, _ = c.Last(); q.After != "" {
			if k, _ = c.Seek([]byte(q.After)); k == nil {
				k, _ = c.Last()
			}
		}
	} else {
		k, _ = c.Seek([]byte(q.After))
	}
	for q.After != "" && k != nil && !before(q.After, OrderID(k)) {
		k, _ = step()
	}
	for len(fresh) > 0 && q.After != "" && !before(q.After, fresh[0]) {
		fresh = fresh[1:]
	}
	return func() (OrderID, bool) {
		switch {
		case k == nil && len(fresh) == 0:
			return "", false
		case k == nil || len(fresh) > 0 && before(fresh[0], OrderID(k)):
			id := fresh[0]
			fresh = fresh[1:]
			return id, true
		default:
			id := OrderID(k)
			if len(fresh) > 0 && fresh[0] == id {
				fresh = fresh[1:]
			}
			k, _ = step()
			return id, true
		}
	}
}
