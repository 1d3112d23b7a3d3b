package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// returnKey gives a return's key in the buckets.
func returnKey(id ReturnID) []byte { return orderKey(OrderID(id)) }

// storeReturns writes returns as they stand: in one bucket while they are open, in the other once they ended.
func (p *parcel) storeReturns(tx *bbolt.Tx, put func(bucket, key, value []byte) error) error {
	if len(p.returns) == 0 {
		return nil
	}
	for _, name := range [][]byte{bucketReturns, bucketReturned} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(p.returns) {
		r, key := p.returns[id], returnKey(id)
		if r.IsOpen() {
			if err := put(bucketReturns, key, marshalReturn(r)); err != nil {
				return err
			}
			continue
		}
		if err := tx.Bucket(bucketReturns).Delete(key); err != nil {
			return err
		}
		if err := put(bucketReturned, key, marshalReturn(r)); err != nil {
			return err
		}
	}
	return nil
}

// loadReturns fills s with the open returns of a bucket, of the checkpoint or of the base.
func loadReturns(tx *bbolt.Tx, bucket []byte, s *State) error {
	if tx.Bucket(bucket) == nil {
		return nil // there never was one
	}
	return eachValue(tx, bucket, func(key, value []byte) error {
		r, err := unmarshalReturn(value)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			return err
		}
		if string(orderIDOf(key)) != string(r.ID) {
			return &DamageError{Where: "return " + string(r.ID), Why: "it lies under another key"}
		}
		s.returns[r.ID] = r
		return nil
	})
}

// recallReturn loads the return that an entry is about.
func (f *baseFold) recallReturn(e *Entry) error {
	id := e.about()
	if id == "" || f.tx.Bucket(bucketBaseReturns) == nil || !f.first("return "+string(id)) {
		return nil
	}
	value, err := find(f.tx, bucketBaseReturns, returnKey(id))
	if err != nil || value == nil {
		return err
	}
	r, err := unmarshalReturn(value)
	if err == nil {
		f.state.returns[id] = r
	}
	return err
}

// about gives the return that an entry changes, or "".
func (e *Entry) about() ReturnID {
	switch b := e.Body.(type) {
	case *ReturnBody:
		return b.Return.ID
	case *LateBody:
		if b.Return != nil {
			return b.Return.ID
		}
	case *ObeyedBody:
		return b.Command.Return
	}
	return ""
}

// storeReturns writes what the slice has changed of the base's returns.
func (f *baseFold) storeReturns(tx *bbolt.Tx, put func(bucket, key, value []byte) error) error {
	if len(f.state.dirty.returns) == 0 {
		return nil
	}
	if _, err := tx.CreateBucketIfNotExists(bucketBaseReturns); err != nil {
		return err
	}
	for _, id := range sortedKeys(f.state.dirty.returns) {
		var err error
		if r := f.state.returns[id]; !r.IsOpen() {
			err = tx.Bucket(bucketBaseReturns).Delete(returnKey(id))
		} else {
			err = put(bucketBaseReturns, returnKey(id), marshalReturn(r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Return gives goods that came back, as they stand, or ErrReturnUnknown. It must not be changed.
func (b *Book) Return(id ReturnID) (*Return, error) {
	b.mu.RLock()
	r, ok := b.core.State.returns[id]
	since, handed := b.core.State.dirty.returns[id], b.handed.Load()
	b.seenUpTo(since)
	if ok {
		return r, nil
	}
	if handed != nil {
		if r, ok := handed.returns[id]; ok {
			return r, nil
		}
	}
	err := b.view(func(tx *bbolt.Tx) error {
		for _, bucket := range [][]byte{bucketReturns, bucketReturned} {
			if tx.Bucket(bucket) == nil || r != nil {
				continue
			}
			value, err := find(tx, bucket, returnKey(id))
			if err != nil || value == nil {
				if err != nil {
					return err
				}
				continue
			}
			if r, err = unmarshalReturn(value); err != nil {
				return fmt.Errorf("look up return %s: %w", id, err)
			}
		}
		return nil
	})
	if err == nil && r == nil {
		err = ErrReturnUnknown
	}
	return r, err
}

// Returns lists returns to which something can still happen, by id behind after, at most so many. keep runs
// under the book's lock: it must not call the book; nil keeps all.
func (b *Book) Returns(after ReturnID, limit int, keep func(*Return) bool) (out []*Return) {
	b.mu.RLock()
	defer b.seen()
	for _, id := range sortedKeys(b.core.State.returns) {
		if r := b.core.State.returns[id]; id > after && len(out) < limit && r.IsOpen() && (keep == nil || keep(r)) {
			out = append(out, r)
		}
	}
	return out
}
