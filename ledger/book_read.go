package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// bookPast looks for what memory no longer holds.
type bookPast struct{ db *bbolt.DB }

// Key finds the answer of a key; keys are kept for ever.
func (p bookPast) Key(d Digest) (ref KeyRef, ok bool, err error) {
	err = p.db.View(func(tx *bbolt.Tx) error {
		stored := tx.Bucket(bucketKeys).Get(d[:])
		if stored == nil {
			return nil
		}
		ref, err = keyRefOf(d[:], stored)
		ok = err == nil
		return err
	})
	return ref, ok, err
}

func keyRefOf(key, stored []byte) (ref KeyRef, err error) {
	v, err := openValue(bucketKeys, key, stored)
	if err != nil {
		return ref, err
	}
	if len(key) != len(Digest{}) || len(v) != len(ref.Request)+8 {
		return ref, &DamageError{Where: fmt.Sprintf("key %x", key), Why: "its record has the wrong length"}
	}
	copy(ref.Request[:], v)
	ref.Seq = Seq(binary.BigEndian.Uint64(v[len(ref.Request):]))
	return ref, nil
}

// Order finds an order as of the last checkpoint.
func (p bookPast) Order(id OrderID) (o *Order, ok bool, err error) {
	err = p.db.View(func(tx *bbolt.Tx) error {
		o, ok, err = readOrder(tx, id)
		return err
	})
	return o, ok, err
}

// Entry finds one entry by its number.
func (p bookPast) Entry(seq Seq) (e *Entry, err error) {
	err = p.db.View(func(tx *bbolt.Tx) error {
		f, err := frameOf(tx, seq)
		if err != nil {
			return err
		}
		e, err = UnmarshalEntry(f.Entries[seq-f.First])
		return err
	})
	return e, err
}

func readOrder(tx *bbolt.Tx, id OrderID) (*Order, bool, error) {
	stored := tx.Bucket(bucketOrders).Get([]byte(id))
	if stored == nil {
		return nil, false, nil
	}
	value, err := openValue(bucketOrders, []byte(id), stored)
	if err != nil {
		return nil, false, err
	}
	o, err := UnmarshalOrder(value)
	return o, err == nil, err
}

// frameOf finds the frame that holds seq: the last one whose first number is not above it.
// The chain of what is served from disk is checked every time: bbolt has no page checksums.
func frameOf(tx *bbolt.Tx, seq Seq) (*Frame, error) {
	c := tx.Bucket(bucketJournal).Cursor()
	k, v := c.Seek(seqKey(seq))
	if k == nil || Seq(binary.BigEndian.Uint64(k)) != seq {
		k, v = c.Prev()
	}
	if k == nil {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the journal"}
	}
	f, err := DecodeFrame(v)
	if err != nil {
		return nil, err
	}
	if err := f.Verify(); err != nil {
		return nil, err
	}
	if seq < f.First || seq > f.End().Seq {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the journal"}
	}
	return f, nil
}

// Head is the last position on disk. It takes no lock.
func (b *Book) Head() Head { return *b.durable.Load() }

// Changed gives a channel that is closed at the next commit. Take it, then look at what is to
// be seen, then wait: no change is missed.
func (b *Book) Changed() <-chan struct{} {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.changed
}

// NodeKey was drawn when the book was made; Boot when this process opened it.
func (b *Book) NodeKey() [16]byte { return b.nodeKey }

// Boot is this process's random id.
func (b *Book) Boot() [16]byte { return b.boot }

// Level gives a SKU's balances; ok is false where the site never had any.
func (b *Book) Level(sku SKU) (Level, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.core.State.Level(sku)
}

// A Summary is a book at a glance.
type Summary struct {
	Site       SiteID
	Counter    bool
	Standalone bool
	Epoch      Epoch
	HQ         Incarnation
	Commands   Cursor
	Head       Head // durable: a head that was only decided is shown to nobody
	SKUs       int
	OpenOrders int
	OpenAsks   int
	Waiting    int    // orders that wait for goods at this site
	Quarantine string // why nothing is promised; "" when all is well
}

// View gives the book at a glance.
func (b *Book) View() Summary {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.core.State
	return Summary{Site: s.Site, Counter: s.Counter, Standalone: s.Standalone, Epoch: s.Epoch, HQ: s.HQ,
		Commands: s.Commands, Head: b.Head(), SKUs: len(s.levels), OpenOrders: s.open, OpenAsks: len(s.asks),
		Waiting: s.waiting, Quarantine: b.quarantine}
}

// HQ is the incarnation of head office that the book has adopted.
func (b *Book) HQ() Incarnation { return b.View().HQ }

// Cursor says how far the book has come in head office's commands.
func (b *Book) Cursor() Cursor { return b.View().Commands }

// Order gives an order that this book owns, or ErrOrderUnknown. It must not be changed.
func (b *Book) Order(id OrderID) (*Order, error) {
	b.mu.RLock()
	o, ok := b.core.State.orders[id]
	_, changed := b.core.State.dirty.orders[id]
	b.mu.RUnlock()
	if ok {
		return o, nil
	}
	if changed {
		return nil, ErrOrderUnknown // dropped since the last checkpoint
	}
	o, ok, err := bookPast{b.db}.Order(id)
	if err == nil && !ok {
		err = ErrOrderUnknown
	}
	return o, err
}

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

// freshOrders gives the orders changed since the last checkpoint; nil for a dropped one.
func (b *Book) freshOrders() map[OrderID]*Order {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.core.State
	out := make(map[OrderID]*Order, len(s.dirty.orders))
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

// Frames gives whole frames that follow after, verbatim, at least one if there are any, then
// as many as fit in maxBytes. before is the position that the first one follows. Where after
// lies inside a frame, that whole frame comes first.
func (b *Book) Frames(after Seq, maxBytes int) (before Position, frames [][]byte, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		k, v := c.Seek(seqKey(after + 1))
		if k == nil || Seq(binary.BigEndian.Uint64(k)) != after+1 {
			k, v = c.Prev()
		}
		size := 0
		for ; k != nil; k, v = c.Next() {
			f, err := DecodeFrame(v)
			if err != nil {
				return err
			}
			if err := f.Verify(); err != nil {
				return err
			}
			if f.End().Seq <= after {
				continue
			}
			if size += len(v); len(frames) > 0 && size > maxBytes {
				return nil
			}
			if len(frames) == 0 {
				before = f.Start()
			}
			frames = append(frames, slices.Clone(v))
		}
		return nil
	})
	return before, frames, err
}

// Entries gives up to limit entries that follow after, with their hashes.
func (b *Book) Entries(after Seq, limit int) ([]*Entry, []Hash, error) {
	var entries []*Entry
	var hashes []Hash
	last := b.Head().Seq // before the transaction, which then holds at least that much
	err := b.db.View(func(tx *bbolt.Tx) error {
		for after < last && len(entries) < limit {
			f, err := frameOf(tx, after+1)
			if err != nil {
				return err
			}
			opened, err := f.Open()
			if err != nil {
				return err
			}
			for i := int(after + 1 - f.First); i < len(opened) && len(entries) < limit; i++ {
				entries, hashes = append(entries, opened[i]), append(hashes, f.Hashes[i])
				after++
			}
		}
		return nil
	})
	return entries, hashes, err
}
