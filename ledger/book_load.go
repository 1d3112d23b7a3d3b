package ledger

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// loadCheckpoint fills a new state with the checkpoint of tx, if there is one.
func loadCheckpoint(tx *bbolt.Tx, s *State) error {
	c, err := loadPosition(tx, s)
	if err != nil || s.Seq == 0 {
		return err
	}
	if err := loadLevels(tx, bucketLevels, s); err != nil {
		return err
	}
	if err := loadHoldings(tx, keyHoldings, s, c.Holdings); err != nil {
		return err
	}
	if err := loadMoney(tx, keyMoney, s, c.Money); err != nil {
		return err
	}
	if err := eachValue(tx, bucketServed, func(key, value []byte) error {
		v, err := unmarshalServed(value)
		if err != nil {
			return err
		}
		s.serve(v)
		return nil
	}); err != nil {
		return err
	}
	if err := loadReturns(tx, bucketReturns, s); err != nil {
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
		if err := errors.Join(l.Check(), l.checkLots()); err != nil {
			return &DamageError{Where: "level of " + string(key), Why: err.Error()}
		}
		s.setLevel(SKU(key), &l)
		return nil
	})
}

// setLevel puts a level that was stored into s.
func (s *State) setLevel(sku SKU, l *Level) {
	s.levels[sku] = l
	s.count(0, l.Shortfall)
	s.blocks(sku, 0, l.Blocked)
	s.countLotted(false, l.Lots != nil)
	if due := l.nextDue(); due != 0 && (s.due == 0 || due < s.due) {
		s.due = due
	}
}

// loadHoldings fills s with the holdings that a value of meta lists, of the checkpoint or of the
// base, which counts them: bbolt may lose a key.
func loadHoldings(tx *bbolt.Tx, key []byte, s *State, count uint64) error {
	var list []Holding
	if stored := tx.Bucket(bucketMeta).Get(key); stored != nil {
		value, err := openValue(bucketMeta, key, stored)
		if err == nil {
			list, err = unmarshalHoldings(value)
		}
		if err != nil {
			return err
		}
	}
	if uint64(len(list)) != count {
		return &DamageError{Where: "holdings", Why: fmt.Sprintf("there are %d, the checkpoint counts %d", len(list), count)}
	}
	for _, h := range list {
		if s.holdings[holding{h.Site, h.SKU}] = h.Qty; h.Qty < 1 {
			return &DamageError{Where: "holdings", Why: fmt.Sprintf("%d of %s from %s", h.Qty, h.SKU, h.Site)}
		}
	}
	return nil
}

// loadPosition fills a new state with where the checkpoint stands.
func loadPosition(tx *bbolt.Tx, s *State) (c checkpoint, err error) {
	raw := tx.Bucket(bucketMeta).Get(keyCheckpoint)
	if raw == nil {
		return c, nil
	}
	if raw, err = openValue(bucketMeta, keyCheckpoint, raw); err != nil {
		return c, err
	}
	if c, err = unmarshalCheckpoint(raw); err == nil {
		s.standAt(c)
	}
	return c, err
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
			s.opens(o)
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
	defer b.past.done()
	if err := eachOpened(b.tape, b.core.State.Seq+1, func(o *Opened) error {
		if o.Frame.End().Seq <= b.core.State.Seq {
			return nil // a restored journal has records of its own: one may begin before the checkpoint
		}
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
	}); err != nil {
		return err
	}
	return b.core.loadDueIn() // the checkpoint has none of it
}
