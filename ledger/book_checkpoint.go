package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"
)

// checkpoint writes what has changed since the last one, in one commit. It may be skipped at
// any time: the journal's tail replays it. The caller holds mu and no entry is pending.
func (b *Book) checkpoint() error {
	s := b.core.State
	if err := b.commit(ActCheckpoint, func(tx *bbolt.Tx) error { return storeCheckpoint(tx, s) }); err != nil {
		return err
	}
	s.dirty.reset()
	s.keys = map[Digest]KeyRef{}
	for id, o := range s.orders {
		if _, asking := s.asks[id]; !asking && !o.isOpen() {
			delete(s.orders, id) // bookPast finds it from here on
		}
	}
	b.sinceCheck = 0
	return nil
}

func storeCheckpoint(tx *bbolt.Tx, s *State) error {
	put := func(bucket, key, value []byte) error {
		return tx.Bucket(bucket).Put(key, sealValue(bucket, key, value))
	}
	for _, sku := range sortedKeys(s.dirty.levels) {
		if err := put(bucketLevels, []byte(sku), MarshalLevel(s.levels[sku])); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(s.dirty.orders) {
		if err := storeOrder(tx, s, id, put); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(s.dirty.served) {
		v, ok := s.served[id]
		if !ok {
			if err := tx.Bucket(bucketServed).Delete([]byte(id)); err != nil {
				return err
			}
		} else if err := put(bucketServed, []byte(id), marshalServed(v)); err != nil {
			return err
		}
	}
	if err := storeKeys(s, put); err != nil {
		return err
	}
	c := s.checkpoint()
	return put(bucketMeta, keyCheckpoint, c.marshal())
}

// storeKeys writes the answered keys in their order, which spares bbolt much splitting.
func storeKeys(s *State, put func(bucket, key, value []byte) error) error {
	keys := slices.Collect(maps.Keys(s.keys))
	slices.SortFunc(keys, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	for _, key := range keys {
		ref := s.keys[key]
		value := binary.BigEndian.AppendUint64(append([]byte(nil), ref.Request[:]...), uint64(ref.Seq))
		if err := put(bucketKeys, key[:], value); err != nil {
			return err
		}
	}
	return nil
}

func storeOrder(tx *bbolt.Tx, s *State, id OrderID, put func(bucket, key, value []byte) error) error {
	o, ok := s.orders[id]
	if !ok { // dropped: the id is free again
		if err := tx.Bucket(bucketOrders).Delete([]byte(id)); err != nil {
			return err
		}
		return tx.Bucket(bucketOpen).Delete([]byte(id))
	}
	if err := put(bucketOrders, []byte(id), MarshalOrder(o)); err != nil {
		return err
	}
	if ask, asking := s.asks[id]; asking || o.isOpen() {
		return put(bucketOpen, []byte(id), marshalOpen(ask))
	}
	return tx.Bucket(bucketOpen).Delete([]byte(id))
}

// loadCheckpoint fills a new state with the checkpoint of tx, if there is one.
func loadCheckpoint(tx *bbolt.Tx, s *State) error {
	raw := tx.Bucket(bucketMeta).Get(keyCheckpoint)
	if raw == nil {
		return nil
	}
	raw, err := openValue(bucketMeta, keyCheckpoint, raw)
	if err != nil {
		return err
	}
	c, err := unmarshalCheckpoint(raw)
	if err != nil {
		return err
	}
	s.Counter, s.Standalone, s.HQ, s.Commands, s.Serial = c.Counter, c.Standalone, c.HQ, c.Commands, c.Serial
	s.Epoch, s.Seq, s.Hash = c.Head.Epoch, c.Head.Seq, c.Head.Hash
	if err := eachValue(tx, bucketLevels, func(key, value []byte) error {
		l, err := UnmarshalLevel(value)
		if err != nil {
			return err
		}
		if err := l.Check(); err != nil {
			return &DamageError{Where: "level of " + string(key), Why: err.Error()}
		}
		s.levels[SKU(key)] = &l
		return nil
	}); err != nil {
		return err
	}
	if err := eachValue(tx, bucketServed, func(key, value []byte) error {
		v, err := unmarshalServed(value)
		if err != nil {
			return err
		}
		s.served[OrderID(key)] = v
		return nil
	}); err != nil {
		return err
	}
	return loadOpenOrders(tx, s)
}

func loadOpenOrders(tx *bbolt.Tx, s *State) error {
	if err := eachValue(tx, bucketOpen, func(key, value []byte) error {
		id := OrderID(key)
		o, ok, err := readOrder(tx, id)
		if err != nil {
			return err
		}
		if !ok {
			return &DamageError{Where: "order " + string(id), Why: "it is open but has no record"}
		}
		if s.orders[id] = o; o.isOpen() {
			s.open++
		}
		ask, err := unmarshalOpen(value)
		if err != nil {
			return err
		}
		if ask.Order != "" {
			s.asks[id] = ask
			if ask.Key != (Digest{}) {
				s.askKeys[ask.Key] = id
			}
		}
		return nil
	}); err != nil {
		return err
	}
	s.queueAll()
	return nil
}

func eachValue(tx *bbolt.Tx, bucket []byte, f func(key, value []byte) error) error {
	return tx.Bucket(bucket).ForEach(func(key, stored []byte) error {
		value, err := openValue(bucket, key, stored)
		if err != nil {
			return err
		}
		if err := f(key, value); err != nil {
			return fmt.Errorf("load %s %q: %w", bucket, key, err)
		}
		return nil
	})
}

// replayTail folds the frames behind the checkpoint, checking the chain of each.
func (b *Book) replayTail() error {
	return b.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		for k, v := c.Seek(seqKey(b.core.State.Seq + 1)); k != nil; k, v = c.Next() {
			f, err := DecodeFrame(v)
			if err != nil {
				return fmt.Errorf("frame %d: %w", binary.BigEndian.Uint64(k), err)
			}
			if err := f.Verify(); err != nil {
				return err
			}
			if err := b.core.Replay(f); err != nil {
				return err
			}
			b.sinceCheck += len(f.Entries)
		}
		return nil
	})
}
