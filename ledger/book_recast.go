package ledger

import (
	"errors"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// recastStubs bounds the stubs of one slice of a recast.
const recastStubs = 32_768

// recast makes the checkpoint of a trimmed book anew where there is none: the runs were not those that it
// named, and the journal no longer begins at the first entry. The state where the trimming has come to is
// the base; what was answered and which orders were closed before it, the stubs say. The tail is replayed
// behind it as ever. Killed in the middle, it is begun anew: until the last slice the checkpoint stands at
// no entry.
func (b *Book) recast() error {
	var base trimmedTo
	whole := true
	if err := b.view(func(tx *bbolt.Tx) (err error) {
		saved := NewState(b.cfg.Site)
		if _, err := loadPosition(tx, saved); err != nil {
			return err
		}
		trimmed := false
		base, trimmed, err = storedBase(tx)
		whole = saved.Seq > 0 || !trimmed
		return err
	}); err != nil || whole {
		return err
	}
	for after := Seq(0); ; {
		p, last, err := b.recastSlice(after)
		if err != nil {
			return err
		}
		if last == after {
			break
		}
		if err := b.storeParcel(p); err != nil {
			return err
		}
		after = last
	}
	var s *State
	if err := b.view(func(tx *bbolt.Tx) (err error) {
		s, err = loadBase(tx, b.cfg.Site, base)
		return err
	}); err != nil {
		return err
	}
	return b.storeParcel(parcelOf(s))
}

// recastSlice gives what the stubs behind after say, as a parcel that stands at no entry.
func (b *Book) recastSlice(after Seq) (p *parcel, last Seq, err error) {
	p = &parcel{orders: map[OrderID]parcelOrder{}, keys: map[Digest]KeyRef{}}
	last = after
	err = b.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketStubs).Cursor()
		for k, v := c.Seek(seqKey(after + 1)); k != nil && len(p.keys)+len(p.orders) < recastStubs; k, v = c.Next() {
			stubs, err := openStubs(k, v)
			if err != nil {
				return err
			}
			for i := range stubs {
				e, err := stubs[i].open()
				if err != nil {
					return err
				}
				if e.Key != (Digest{}) {
					p.keys[e.Key] = KeyRef{Request: e.Request, Seq: e.Seq}
				}
				for _, beside := range e.besides() {
					p.keys[beside] = KeyRef{Request: e.Request, Seq: e.Seq}
				}
				if o := e.heldOrder(); o != nil { // of one that is open the base's own record decides
					p.orders[o.ID] = parcelOrder{order: &Order{ID: o.ID, Status: o.Status}, last: e.Seq}
				}
				last = e.Seq
			}
		}
		return nil
	})
	return p, last, err
}

// parcelOf is all of a state, as if nothing of it had been written yet.
func parcelOf(s *State) *parcel {
	p := &parcel{at: s.checkpoint(), orders: map[OrderID]parcelOrder{}, served: s.served, returns: s.returns, keys: map[Digest]KeyRef{},
		holdings: s.Holdings(), rehold: true}
	if s.takings.written > 0 {
		p.money = marshalTakings(s.takings)
	}
	for sku, l := range s.levels {
		p.levels = append(p.levels, skuLevel{sku, *l})
	}
	for id, o := range s.orders {
		p.orders[id] = parcelOrder{order: o, open: true, ask: s.asks[id], last: s.Seq}
	}
	return p
}

// forgetCheckpoint leaves what no journal remembers: who the book is, quarantine, items, sites, and of a
// trimmed book what was trimmed.
func forgetCheckpoint(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketLevels, bucketOrders, bucketOpen, bucketServed, bucketReturns, bucketKeys} {
		if err := tx.DeleteBucket(name); err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bucketMeta)
	return errors.Join(dropEnded(tx), meta.Delete(keyEnded), meta.Delete(keyCheckpoint), meta.Delete(keyRuns), meta.Delete(keyHoldings), meta.Delete(keyMoney))
}
