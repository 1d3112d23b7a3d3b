package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// loadCheckpoint fills a new state with the checkpoint of tx, if there is one.
func loadCheckpoint(tx *bbolt.Tx, s *State) error {
	if err := loadPosition(tx, s); err != nil || s.Seq == 0 {
		return err
	}
	if err := loadLevels(tx, bucketLevels, s); err != nil {
		return err
	}
	if err := eachValue(tx, bucketServed, func(key, value []byte) error {
		v, err := unmarshalServed(value)
		if err != nil {
			return err
		}
		s.served[orderIDOf(key)] = v
		return nil
	}); err != nil {
		return err
	}
	return loadOpenOrders(tx, s)
}

// loadLevels fills s with the levels that a bucket holds, of the checkpoint or of the base.
func loadLevels(tx *bbolt.Tx, bucket []byte, s *State) error {
	return eachValue(tx, bucket, func(key, value []byte) error {
		l, err := UnmarshalLevel(value)
		if err != nil {
			return err
		}
		if err := l.Check(); err != nil {
			return &DamageError{Where: "level of " + string(key), Why: err.Error()}
		}
		s.levels[SKU(key)] = &l
		return nil
	})
}

// loadPosition fills a new state with where the checkpoint stands.
func loadPosition(tx *bbolt.Tx, s *State) error {
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
	return nil
}

func loadOpenOrders(tx *bbolt.Tx, s *State) error {
	if err := eachValue(tx, bucketOpen, func(key, value []byte) error {
		id := orderIDOf(key)
		stored, err := find(tx, bucketOrders, key)
		if err != nil {
			return err
		}
		var o *Order
		if stored != nil {
			o, _, err = parseOrder(stored)
		}
		if err != nil {
			return err
		}
		if o == nil {
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

// replayEvery is how many entries of a long tail are folded between two checkpoints: memory does
// not follow its length, and a crash does not begin it anew.
const replayEvery = 65_536

// replayTail folds the frames behind the checkpoint, whose chain is checked as they are read.
func (b *Book) replayTail() error {
	return eachOpened(b.tape, b.core.State.Seq+1, func(o *Opened) error {
		if err := b.core.Fold(o); err != nil {
			return err
		}
		if b.sinceCheck += len(o.Entries); b.sinceCheck < max(replayEvery, behindMax*b.cfg.CheckpointEvery) {
			return nil
		}
		b.handed.Store(pack(b.core.State))
		b.sinceCheck = 0
		if err := b.landParcel(); err != nil {
			return err
		}
		b.mergeRuns() // else as many files would be open as there are checkpoints
		return b.Err()
	})
}
