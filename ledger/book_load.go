package ledger

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

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
